import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import type {
	ContactInfo,
	ContactMethods,
} from "../../core/contract/contacts.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Attachment, Field, Person } from "../../core/contract/field.js";
import type { Finding } from "../../core/contract/finding.js";
import type { Limits } from "../../core/contract/limits.js";
import type {
	WireCells,
	WireQuery,
	WrittenRow,
} from "../../core/contract/records.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import type {
	Page,
	Table,
	TableRef,
	View,
	WireRow,
} from "../../core/contract/table.js";
import { download, upload } from "../../http/download.js";
import { fileBody, multipart } from "../../http/multipart.js";
import { type Loose, list, loose, number, probed, text } from "../kit/cloud.js";
import type { Services } from "../vendor.js";
import { type Api, CALLS_PER_SECOND, openApi } from "./api.js";
import * as calls from "./calls.js";
import type { FusionConfig } from "./config.js";
import { contactMethods } from "./contacts.js";
import { attachmentCodec, codecs, fieldOf, newField } from "./fields.js";
import { dialect } from "./filter.js";
import { formulaReferences } from "./formula.js";
import { type Nodes, openNodes, resolveUrl } from "./nodes.js";

/** Source: developers.aitable.ai "Get records", "Create records"; measured. */
const PAGE = 1000;
const BATCH = 10;
/** Ids go into the request line, which proxies commonly cap at 8 KB. */
const IDS = 300;
const MOST_NAMED_FIELDS = 100;
/** Source: the API's own limit of a file. */
const MAX_FILE_BYTES = 1024 ** 3;
/** The server takes bodies up to 100 MiB; larger files go to the storage by a signed link. */
const MAX_BODY_BYTES = 90 * 1024 ** 2;

const SORTABLE: ReadonlySet<Field["type"]> = new Set([
	"text",
	"long_text",
	"email",
	"phone",
	"number",
	"currency",
	"percent",
	"rating",
	"checkbox",
	"date",
	"created_time",
	"updated_time",
]);

export async function connect(
	config: FusionConfig,
	services: Services,
): Promise<Adapter> {
	const api = await openApi(config, services);
	const nodes = openNodes(api);
	const contacts = contactMethods(api, nodes);
	const sent = new Map<string, string>();
	return {
		limits: limitsOf(config),
		codecs: {
			...codecs,
			attachment: attachmentCodec((token) => sent.get(token)),
		},
		dialect,
		systemColumns: ["$created_at", "$updated_at", "$url"],
		sortable: (field) => typeof field !== "string" && SORTABLE.has(field.type),
		pagesShift: true,
		viewRule: "vendor",
		idempotent: { create: false, update: false, delete: false },
		atomicBatches: true,
		createsOptions: true,
		...catalogMethods(api, nodes),
		...recordMethods(api),
		...schemaMethods(api),
		...fileMethods(api, sent),
		...contacts,
		formulaReferences,
		readDashboards: async (base, _cursor, context) => ({
			items: (await nodes.nodes(base, ["dashboard"], context)).map(
				({ id, name }) => ({ id, name }),
			),
		}),
		...peopleMethods(api, contacts),
		clockOffsetMs: api.clockOffsetMs,
		check: (context) => check(api, nodes, context),
	};
}

function limitsOf({ qps = CALLS_PER_SECOND }: FusionConfig): Limits {
	return {
		page: PAGE,
		ids: IDS,
		batch: { create: BATCH, update: BATCH, delete: BATCH },
		rates: [{ calls: qps, perMs: 1_000, per: "table", kind: "any" }],
		writes: "parallel",
	};
}

const at = ({ table }: TableRef) => ({ params: { table }, table });

function catalogMethods(
	api: Api,
	nodes: Nodes,
): Pick<
	Adapter,
	"readBases" | "readNodes" | "readTable" | "readView" | "resolveUrl"
> {
	return {
		readBases: async (_cursor, context) => ({
			items: await nodes.spaces(context),
		}),
		readNodes: async (base, { kinds }, _cursor, context) => ({
			items: await nodes.nodes(base, kinds, context),
		}),
		async readTable(ref, context) {
			const [node, { fields }, { views }] = await Promise.all([
				nodes.table(ref.base, ref.table, context),
				api.call(calls.listFields, at(ref), context),
				api.call(calls.listViews, at(ref), context),
			]);
			const wires = list(fields);
			const found = wires.map((wire) => fieldOf(wire, wires));
			return {
				ref,
				name: node.name,
				fields: found,
				byId: new Map(found.map((field) => [field.id, field])),
				views: list(views).map((view) => viewOf(api, ref, view)),
				zone: api.services.zone,
				readAtMs: api.services.clock.now(),
				...(node.url === undefined ? {} : { url: node.url }),
				...(node.access === undefined ? {} : { access: node.access }),
			} satisfies Table;
		},
		/** The vendor tells a view's columns, not its filter and order. */
		async readView(table, id, context) {
			const view = table.views.find((candidate) => candidate.id === id);
			if (view === undefined)
				throw new TablesError("not_found", `there is no view ${id}`);
			const { fields } = await api.call(
				calls.listFields,
				{ ...at(table.ref), query: [["viewId", id]] },
				context,
			);
			const shown = new Set(list(fields).map((field) => field.id));
			return {
				...view,
				hiddenFields: table.fields
					.filter((field) => !shown.has(field.id))
					.map((field) => field.id),
			};
		},
		resolveUrl: (url, context) => resolveUrl(api, nodes, url, context),
	};
}

const VIEW_TYPES: Readonly<Record<string, View["type"]>> = {
	Grid: "grid",
	Gallery: "gallery",
	Kanban: "kanban",
	Gantt: "gantt",
	Calendar: "calendar",
};

function viewOf(api: Api, ref: TableRef, wire: Loose): View {
	const id = text(wire.id) ?? "";
	const type = text(wire.type) ?? "unknown";
	return {
		id,
		name: text(wire.name) ?? "",
		type: VIEW_TYPES[type] ?? type,
		url: `${api.pages}/workbench/${ref.table}/${id}`,
	};
}

function recordMethods(
	api: Api,
): Pick<
	Adapter,
	| "readPage"
	| "pageCursor"
	| "readByIds"
	| "createBatch"
	| "updateBatch"
	| "deleteBatch"
> {
	const read = async (
		table: Table,
		query: Pick<WireQuery, "fields" | "system">,
		rest: readonly (readonly [string, string | undefined])[],
		context: CallContext,
	) => {
		const data = await api.call(
			calls.listRecords,
			{
				...at(table.ref),
				query: [
					["fieldKey", "id"],
					["fields", namedFields(table, query.fields)],
					...rest,
				],
			},
			context,
		);
		return {
			data,
			rows: list(data.records).map((record) =>
				rowOf(api, table, query, record),
			),
		};
	};

	const write = async (
		endpoint: typeof calls.createRecords | typeof calls.updateRecords,
		table: Table,
		records: readonly object[],
		context: CallContext,
	): Promise<readonly WrittenRow[]> => {
		const data = await api.call(
			endpoint,
			{ ...at(table.ref), json: { records, fieldKey: "id" } },
			context,
		);
		return list(data.records).map((record) => ({
			id: text(record.recordId) ?? "",
			stored: loose(record.fields),
		}));
	};

	return {
		pageCursor: (index) => String(index + 1),
		async readPage(table, query, cursor, context) {
			const page = Number(cursor ?? 1);
			const sort = (query.sort ?? []).flatMap(({ field, descending }, index) =>
				typeof field === "string"
					? []
					: [
							[`sort[${index}][field]`, field.id] as const,
							[`sort[${index}][order]`, descending ? "desc" : "asc"] as const,
						],
			);
			const { data, rows } = await read(
				table,
				query,
				[
					["pageSize", String(query.pageSize)],
					["pageNum", String(page)],
					["viewId", query.view],
					["filterByFormula", query.filter as string | undefined],
					...sort,
				],
				context,
			);
			// The answer's own `pageSize` is the number of its rows.
			const total = number(data.total);
			const more =
				total === undefined
					? rows.length === query.pageSize
					: page * query.pageSize < total;
			return {
				items: rows,
				...(more ? { next: String(page + 1) } : {}),
				...(total === undefined ? {} : { total }),
			} satisfies Page<WireRow>;
		},
		async readByIds(table, ids, query, context) {
			const { rows } = await read(
				table,
				query,
				[
					["recordIds", ids.join(",")],
					["pageSize", String(Math.max(1, ids.length))],
				],
				context,
			);
			return rows;
		},
		createBatch: async (table, rows, context) =>
			write(
				calls.createRecords,
				table,
				rows.map((cells) => ({ fields: notEmpty(api, table, cells) })),
				context,
			),
		async updateBatch(table, rows, context) {
			const written = await write(
				calls.updateRecords,
				table,
				rows.map(({ id, cells }) => ({ recordId: id, fields: cells })),
				context,
			);
			// No document promises the order of the answer.
			const byId = new Map(written.map((row) => [row.id, row]));
			return rows.flatMap(({ id }) => byId.get(id) ?? []);
		},
		async deleteBatch(table, ids, context) {
			await api.call(
				calls.deleteRecords,
				{ ...at(table.ref), query: [["recordIds", ids.join(",")]] },
				context,
			);
		},
	};
}

/** Absent: all. Without any wanted field the primary one, since an empty list means all to the vendor. */
function namedFields(
	table: Table,
	fields: readonly Field[],
): string | undefined {
	const wanted =
		fields.length > 0 ? fields : table.fields.filter(({ primary }) => primary);
	return wanted.length >= table.fields.length ||
		wanted.length > MOST_NAMED_FIELDS
		? undefined
		: wanted.map(({ id }) => id).join(",");
}

function rowOf(
	api: Api,
	table: Table,
	{ system }: Pick<WireQuery, "system">,
	record: Loose,
): WireRow {
	const id = text(record.recordId) ?? "";
	const view = table.views[0];
	return {
		id,
		cells: loose(record.fields),
		system: {
			...(system.includes("$created_at")
				? { $created_at: number(record.createdAt) ?? null }
				: {}),
			...(system.includes("$updated_at")
				? { $updated_at: number(record.updatedAt) ?? null }
				: {}),
			...(system.includes("$url") && view !== undefined
				? { $url: `${api.pages}/workbench/${table.ref.table}/${view.id}/${id}` }
				: {}),
		},
	};
}

/**
 * The vendor refuses a record without any field; a cleared one is the same.
 * @throws TablesError not_allowed where this account may write no field.
 */
function notEmpty(api: Api, table: Table, cells: WireCells): WireCells {
	if (Object.keys(cells).length > 0) return cells;
	const writable = table.fields.find(
		(field) => field.readOnly === undefined && "encode" in codecs[field.type],
	);
	if (writable === undefined)
		throw new TablesError(
			"not_allowed",
			`${api.title}: this account may write no field of "${table.name}"`,
			{
				next: "Ask a manager of the datasheet for more rights, or use another account's token.",
			},
		);
	return { [writable.id]: null };
}

function schemaMethods(
	api: Api,
): Required<Pick<Adapter, "createTable" | "createField" | "deleteField">> {
	const addField = async (
		{ base, table }: TableRef,
		spec: FieldSpec,
		fields: readonly Field[],
		context: CallContext,
	) => {
		const { id } = await api.call(
			calls.createField,
			{
				params: { space: base, table },
				base,
				table,
				json: newField(spec, fields),
			},
			context,
		);
		return text(id) ?? "";
	};
	return {
		async createTable(base, spec, context) {
			const { first, formulas } = inOrder(spec.fields);
			const data = await api.call(
				calls.createDatasheet,
				{
					params: { space: base },
					base,
					json: {
						name: spec.name,
						...(spec.description === undefined
							? {}
							: { description: spec.description }),
						...(spec.folder === undefined ? {} : { folderId: spec.folder }),
						fields: first.map((field) => newField(field, [])),
					},
				},
				context,
			);
			const ref = { base, table: text(data.id) ?? "" };
			const finish = async () => {
				for (const formula of formulas) {
					const { fields } = await api.call(calls.listFields, at(ref), context);
					const made = list(fields).map((field, _, all) => fieldOf(field, all));
					await addField(ref, formula, made, context);
				}
				await removeBlankRows(api, ref, context);
			};
			await finish().catch((error: unknown) => {
				throw error instanceof TablesError
					? new TablesError(
							error.code,
							`the datasheet ${ref.table} was made, but not finished: ${error.message}`,
							{
								next: "Look at it with describe_fields and add what is missing; it may hold blank rows.",
								cause: error,
								...(error.vendor === undefined ? {} : { vendor: error.vendor }),
							},
						)
					: error;
			});
			return ref;
		},
		createField: (table, spec, context) =>
			addField(table.ref, spec, table.fields, context),
		async deleteField({ ref }, field, context) {
			await api.call(
				calls.deleteField,
				{
					params: { space: ref.base, table: ref.table, field: field.id },
					base: ref.base,
					table: ref.table,
					// The other side of a two-way link stays, as text.
					json: { conversion: "keepText" },
				},
				context,
			);
		},
	};
}

/**
 * A formula names its fields by id, which they get with the datasheet: it is added afterwards.
 * @throws TablesError bad_argument, before anything is made.
 */
function inOrder(fields: readonly FieldSpec[]): {
	readonly first: readonly FieldSpec[];
	readonly formulas: readonly FieldSpec[];
} {
	const first = fields.filter(({ type }) => type !== "formula");
	const formulas = fields.filter(({ type }) => type === "formula");
	if (fields[0]?.type === "formula")
		throw new TablesError(
			"bad_argument",
			`"${fields[0].name}" cannot be the first field: a formula is added after the datasheet is made`,
			{ next: "Put the field that names the records first." },
		);
	const named = [...first];
	for (const formula of formulas) {
		newField(
			formula,
			named.map(({ name }) => ({ id: name, name }) as Field),
		);
		named.push(formula);
	}
	return { first, formulas };
}

/** A new datasheet comes with three blank records. */
async function removeBlankRows(
	api: Api,
	ref: TableRef,
	context: CallContext,
): Promise<void> {
	const { records } = await api.call(
		calls.listRecords,
		{ ...at(ref), query: [["pageSize", String(BATCH)]] },
		context,
	);
	const ids = list(records).flatMap((record) => text(record.recordId) ?? []);
	if (ids.length === 0) return;
	await api.call(
		calls.deleteRecords,
		{ ...at(ref), query: [["recordIds", ids.join(",")]] },
		context,
	);
}

/** `sent`: token to name of every file that was sent. */
function fileMethods(
	api: Api,
	sent: Map<string, string>,
): Required<
	Pick<Adapter, "maxFileBytes" | "uploadFile" | "readFileLink" | "downloadFile">
> {
	const links = async (context: CallContext) => ({
		dispatcher: await api.services.dispatcher(),
		guarded: await api.services.dispatcher("links"),
		trusted: [new URL(api.origin).origin],
		...(context.signal === undefined ? {} : { signal: context.signal }),
	});
	return {
		maxFileBytes: MAX_FILE_BYTES,
		async uploadFile({ ref }, _field, file, context, progress) {
			const watched = {
				...file,
				async read(start: number, end: number) {
					const bytes = await file.read(start, end);
					progress(end);
					return bytes;
				},
			};
			if (file.size > MAX_BODY_BYTES) {
				const { results } = await api.call(
					calls.presignUpload,
					{ ...at(ref), query: [["count", "1"]] },
					context,
				);
				const prepared = list(results)[0] ?? {};
				const token = text(prepared.token) ?? "";
				await upload(
					text(prepared.uploadUrl) ?? "",
					fileBody(watched),
					await links(context),
				);
				sent.set(token, file.name);
				return {
					name: file.name,
					size: file.size,
					type: file.type,
					token,
					url: null,
				};
			}
			const boundary = `tables-mcp-${Array.from({ length: 4 }, () => Math.floor(api.services.random() * 0xffffffff).toString(16)).join("")}`;
			const data = await api.call(
				calls.uploadAttachment,
				{
					...at(ref),
					body: multipart({}, { ...watched, field: "file" }, boundary),
				},
				context,
			);
			const name = text(data.name) ?? file.name;
			const token = text(data.token) ?? "";
			sent.set(token, name);
			return {
				name,
				size: number(data.size) ?? file.size,
				type: text(data.mimeType) ?? file.type,
				token,
				url: text(data.url) ?? null,
			};
		},
		readFileLink: async (_table, { attachment }) => attachment.url ?? undefined,
		downloadFile: async (_table, { attachment }, context) =>
			download(linkOf(attachment), await links(context)),
	};
}

function linkOf({ name, url }: Attachment): string {
	if (url !== null) return url;
	throw new TablesError("not_found", `the vendor gives no link for "${name}"`);
}

/**
 * People and teams by name. A column tells those that it ever held, by the id of its cells; the contacts, where the
 * plan opens them, everyone else, by another id. The same name on both sides is one person only if each has it once.
 */
function peopleMethods(
	api: Api,
	contacts: ContactMethods,
): Required<Pick<Adapter, "findPeople">> {
	let closedUntilMs = 0;
	const members = async (context: CallContext) => {
		const found: ContactInfo[] = [];
		let cursor: string | undefined;
		do {
			const page = await contacts.readContacts(
				{ kind: "member" },
				cursor,
				context,
			);
			found.push(...page.items);
			cursor = page.next;
		} while (cursor !== undefined);
		return found;
	};
	return {
		async findPeople(table, _field, texts, context) {
			const known = usedPeople(table.fields.map(({ wire }) => loose(wire)));
			if (texts.every((id) => known.has(id))) return [...known.values()];
			// Whoever was written since the fields were read has the id of a cell by now.
			const { fields } = await api.call(
				calls.listFields,
				at(table.ref),
				context,
			);
			const used = usedPeople(list(fields));
			const listed =
				api.services.clock.now() < closedUntilMs
					? []
					: await members(context).catch((error: unknown) => {
							if (!(error instanceof TablesError) || !CLOSED.has(error.code))
								throw error;
							closedUntilMs = api.services.clock.now() + STAYS_CLOSED_MS;
							return [];
						});
			const once = (names: readonly (string | null)[], name: string | null) =>
				names.filter((other) => other === name).length === 1;
			const usedNames = [...used.values()].map(({ name }) => name);
			const listedNames = listed.map(({ name }) => name);
			const same = (name: string | null) =>
				name !== null && once(usedNames, name) && once(listedNames, name);
			const emails = new Map(listed.map(({ name, email }) => [name, email]));
			return [
				...[...used.values()].map((person) => {
					const email = same(person.name) ? emails.get(person.name) : undefined;
					return email === undefined ? person : { ...person, email };
				}),
				...listed
					.filter(({ name }) => !same(name))
					.map(({ id, name, email }) => ({
						id: id.split("/").at(-1) as string,
						name,
						...(email === undefined ? {} : { email }),
					})),
			];
		},
	};
}

/** Everyone whom a column ever held, by the id of its cells. */
function usedPeople(fields: readonly Loose[]): Map<string, Person> {
	return new Map(
		fields
			.filter(({ type }) => type === "Member")
			.flatMap(({ property }) => list(loose(property).options))
			.flatMap((option): [string, Person][] => {
				const id = text(option.id);
				return id === undefined
					? []
					: [[id, { id, name: text(option.name) ?? null }]];
			}),
	);
}

/** Contacts that a plan keeps closed are not asked for again for so long. */
const STAYS_CLOSED_MS = 300_000;

/** Codes of an account or plan to which the contacts are not open. */
const CLOSED: ReadonlySet<string> = new Set([
	"unsupported",
	"not_allowed",
	"not_found",
]);

async function check(
	api: Api,
	nodes: Nodes,
	context: CallContext,
): Promise<readonly Finding[]> {
	const { finding, found: spaces } = await probed(
		nodes.spaces(context),
		(found): Finding =>
			found.length > 0
				? {
						level: "ok",
						what: `token accepted; spaces: ${found.map(({ id, name }) => `${name ?? ""} [${id}]`).join(", ")}`,
					}
				: {
						level: "warning",
						what: "the token is accepted, but there is no space",
						next: "Make or join a space in the app.",
					},
	);
	const missing = (api.config.bases ?? []).filter(
		(wanted) =>
			!spaces?.some(({ id, name }) => id === wanted || name === wanted),
	);
	const perSpace = await Promise.all(
		(spaces ?? []).flatMap(({ id, name }) => [
			probed(
				nodes.nodes(id, ["table"], context),
				(tables): Finding => ({
					level: "ok",
					what: `${name ?? id}: ${tables.length} datasheets`,
				}),
			),
			probed(
				api.call(
					calls.listTeams,
					{
						params: { space: id, unit: "0" },
						base: id,
						query: [["pageSize", "1"]],
					},
					context,
				),
				(): Finding => ({ level: "ok", what: `${name ?? id}: contacts` }),
				(error): Finding => ({
					level: "warning",
					what: `${name ?? id}: contacts are not open: ${error.message}`,
					next: "People can be written by id, or by name once a column uses them.",
				}),
			),
		]),
	);
	return [
		finding,
		...(spaces === undefined
			? []
			: missing.map(
					(wanted): Finding => ({
						level: "error",
						what: `there is no space "${wanted}" for this account`,
						next: `Correct \`bases\`: ${spaces.map(({ id }) => id).join(", ") || "none"}.`,
					}),
				)),
		...perSpace.map((probe) => probe.finding),
	];
}
