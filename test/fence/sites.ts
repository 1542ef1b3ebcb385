import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import type { VirtualClock } from "../clock.js";
import { callTool, sessionOf } from "../conformance/session.js";
import { createBitableFake } from "../fakes/bitable/index.js";
import { changed } from "../fakes/bitable/store.js";
import { createDingtalkFake } from "../fakes/dingtalk/index.js";
import {
	type Fake,
	type FakeRequest,
	type FakeResponse,
	type FaultPlan,
	jsonResponse,
} from "../fakes/fake.js";
import { createFusionFake } from "../fakes/fusion/index.js";

/** What a person makes in the app; a field that the vendor does not have is left out of the table. */
export type Kind =
	| "text"
	| "attachment"
	| { readonly options: readonly string[] }
	/** `reverse`: two-way, with this name on the other side. */
	| { readonly link: string; readonly reverse?: string }
	/** Joins the texts of a field of the same table. */
	| { readonly formulaOf: string }
	/** The values of another table's field, through a link of this one; ids. */
	| { readonly lookup: { readonly link: string; readonly field: string } };

export type Cells = Readonly<Record<string, string | readonly string[]>>;

export interface Snapshot {
	readonly name: string;
	/** Names by id. */
	readonly fields: Readonly<Record<string, string>>;
	/** Cells as they are stored, by field id, by record. */
	readonly rows: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * A vendor's account, and what people do in its app: nothing here goes through the server that is tested.
 * Tables and fields go by id.
 */
export interface Site {
	/** Of the connection; `bases` are those that a person would list. */
	config(bases: readonly string[]): object;
	/** Absent: no network. */
	readonly fake?: Fake;
	readonly origins: readonly string[];
	addBase(name: string): Promise<string>;
	addTable(base: string, name: string, primary: string): Promise<string>;
	/** Answers its id; undefined where the vendor has no such field. */
	addField(
		base: string,
		table: string,
		name: string,
		kind: Kind,
	): Promise<string | undefined>;
	/** Cells by field name: texts, and lists of record ids for links. */
	addRecords(
		base: string,
		table: string,
		records: readonly Cells[],
	): Promise<readonly string[]>;
	/** Puts a text file into an empty cell; the field goes by its name. */
	attach(
		base: string,
		table: string,
		record: string,
		field: string,
		file: { readonly name: string; readonly text: string },
	): Promise<void>;
	/** A view that is filtered by a text in a field, and sorted by it. */
	addView?(
		base: string,
		table: string,
		view: {
			readonly name: string;
			readonly field: string;
			readonly text: string;
		},
	): Promise<string>;
	addForm?(base: string, table: string, name: string): Promise<string>;
	renameBase(base: string, name: string): Promise<void>;
	renameTable(base: string, table: string, name: string): Promise<void>;
	renameField(
		base: string,
		table: string,
		field: string,
		name: string,
	): Promise<void>;
	snapshot(base: string, table: string): Promise<Snapshot>;
	tables(base: string): Promise<readonly string[]>;
	/** Names of the bases that there are. */
	bases(): Promise<readonly string[]>;
	/** The address bar's URL. */
	url?(base: string, table?: string): string;
	/** A link to a base that only the vendor can resolve. */
	wiki?(base: string): string;
	/** A reference in a formula, in the vendor's own words, where formulas can be made at all. */
	readonly references?: (
		table: string,
		field: string,
		names: { readonly table: string; readonly field: string },
	) => readonly string[];
	/** Does this request only list the bases that are configured or resolve a link? It may name any base. */
	lists?(request: FakeRequest): boolean;
	/** Does it read only, whatever its method? */
	reads?(request: FakeRequest): boolean;
	/** A refusal with this text. */
	refusal?(text: string): FakeResponse;
	readonly tokenRefused?: FakeResponse;
}

/** One entry makes a vendor part of every test of the fence. */
export interface SiteOfVendor {
	readonly id: string;
	open(given: {
		readonly clock: VirtualClock;
		readonly fault: FaultPlan;
	}): Site;
}

const lost = (what: string): never => {
	throw new Error(`there is no ${what}`);
};

const local: SiteOfVendor = {
	id: "local",
	open({ clock }) {
		const folder = mkdtempSync(join(tmpdir(), "tables-mcp-store-"));
		const file = join(folder, "shared.db");
		const person = sessionOf({
			vendor: localVendor as Vendor,
			folder,
			config: { file },
			clock,
		});
		onTestFinished(async () => {
			await person.close();
			rmSync(folder, { recursive: true, force: true });
		});
		const call = async (
			tool: string,
			args: Readonly<Record<string, unknown>>,
		) =>
			(await callTool(person.session, tool, args)).structured as Record<
				string,
				// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
				any
			>;
		const at = (base: string, table: string) => `local:${base}/${table}`;
		const fields = async (
			base: string,
			table: string,
		): Promise<{ id: string; name: string }[]> => {
			clock.advance(600_000);
			return (await call("describe_fields", { table: at(base, table) })).fields;
		};
		let first = true;
		return {
			config: () => ({ file }),
			origins: [],
			async addBase(name) {
				if (first) {
					// The store's own base is one of them.
					first = false;
					await call("update_base", { base: "main", name });
					return "main";
				}
				return (await call("create_base", { connection: "local", name })).base;
			},
			addTable: async (base, name, primary) =>
				(
					await call("create_table", {
						connection: "local",
						base,
						name,
						fields: [{ name: primary, type: "text" }],
					})
				).table.split("/")[1],
			async addField(base, table, name, kind) {
				const spec =
					typeof kind === "string"
						? { type: kind }
						: "options" in kind
							? {
									type: "single_select",
									settings: {
										options: kind.options.map((each) => ({ name: each })),
									},
								}
							: "link" in kind
								? {
										type: "link",
										settings: {
											link_table: at(base, kind.link),
											...(kind.reverse === undefined
												? {}
												: { two_way: true, reverse_name: kind.reverse }),
										},
									}
								: undefined;
				if (spec === undefined) return undefined;
				return (
					await call("create_field", { table: at(base, table), name, ...spec })
				).field;
			},
			addRecords: async (base, table, records) =>
				(
					await call("create_records", {
						table: at(base, table),
						records: records.map((fields) => ({ fields })),
					})
				).ids,
			async attach(base, table, record_id, field, { name, text }) {
				mkdirSync(join(folder, "files"), { recursive: true });
				writeFileSync(join(folder, "files", name), text);
				await call("upload_attachment", {
					table: at(base, table),
					field,
					files: [{ file: name, record_id }],
				});
			},
			addView: async (base, table, { name, field, text }) =>
				(
					await call("create_view", {
						table: at(base, table),
						name,
						filter: { conditions: [{ field, op: "contains", value: text }] },
						sort: [{ field }],
					})
				).view,
			renameBase: async (base, name) =>
				void (await call("update_base", { base, name })),
			renameTable: async (base, table, name) =>
				void (await call("update_table", { table: at(base, table), name })),
			renameField: async (base, table, field, name) =>
				void (await call("update_field", {
					table: at(base, table),
					field,
					name,
				})),
			async snapshot(base, table) {
				const named = await fields(base, table);
				const { columns, rows } = await call("query_records", {
					table: at(base, table),
					limit: 1_000,
					fields: named.map(({ id }) => id),
				});
				const { name } = await call("describe_fields", {
					table: at(base, table),
				});
				return {
					name,
					fields: Object.fromEntries(
						named.map(({ id, name: each }) => [id, each]),
					),
					rows: Object.fromEntries(
						(rows as unknown[][]).map((row) => [
							row[columns.indexOf("id")],
							Object.fromEntries(
								named.map(({ id }, index) => [id, row[index + 1]]),
							),
						]),
					),
				};
			},
			async tables(base) {
				clock.advance(600_000);
				const { tables } = await call("list_tables", { base, limit: 200 });
				return (tables as { reference: string }[]).map(
					({ reference }) => reference.split("/")[1] as string,
				);
			},
			async bases() {
				const connection = person.session.connections.get("local");
				const adapter = await connection?.adapter();
				const page = await adapter?.readBases(undefined, {
					priority: "interactive",
				});
				return (page?.items ?? []).map(({ name }) => name ?? "");
			},
		};
	},
};

const fusion: SiteOfVendor = {
	id: "fusion",
	open({ clock, fault }) {
		const fake = createFusionFake({
			clock,
			fault,
			switches: {
				plan: "enterprise",
				callsPerSecond: Number.POSITIVE_INFINITY,
			},
		});
		const { store } = fake;
		const tableOf = (id: string) => store.tables.get(id) ?? lost(`table ${id}`);
		const fieldOf = (table: string, id: string) =>
			tableOf(table).fields.get(id) ?? lost(`field ${id}`);
		const fresh = () => {
			for (const table of store.tables.values()) table.formulas.clear();
		};
		let first = true;
		return {
			config: (bases) => ({ token: fake.token, bases }),
			fake,
			origins: ["https://aitable.ai"],
			async addBase(name) {
				const id = first ? fake.spaceId : fake.addSpace({ name });
				first = false;
				const space = store.spaces.get(id) ?? lost(`space ${id}`);
				space.name = name;
				space.members.set(store.tokens.get(fake.token) as string, {
					permission: 0,
					isAdmin: true,
				});
				return id;
			},
			addTable: async (spaceId, name, primary) =>
				fake.addTable({
					spaceId,
					name,
					fields: [{ name: primary, type: "SingleText", property: {} }],
				}),
			async addField(_base, table, name, kind) {
				if (typeof kind === "string")
					return fake.addField(
						table,
						kind === "text"
							? { name, type: "SingleText", property: {} }
							: { name, type: "Attachment" },
					);
				if ("options" in kind)
					return fake.addField(table, {
						name,
						type: "SingleSelect",
						property: { options: kind.options.map((each) => ({ name: each })) },
					});
				if ("formulaOf" in kind)
					return fake.addField(table, {
						name,
						type: "Formula",
						property: { expression: `{${kind.formulaOf}}&"!"` },
					});
				if ("lookup" in kind)
					return fake.addField(table, {
						name,
						type: "MagicLookUp",
						property: {
							relatedLinkFieldId: kind.lookup.link,
							targetFieldId: kind.lookup.field,
						},
					});
				const made = fake.addField(table, {
					name,
					type: kind.reverse === undefined ? "OneWayLink" : "TwoWayLink",
					property: { foreignDatasheetId: kind.link },
				});
				const twin = fieldOf(table, made).settings.brotherFieldId;
				if (kind.reverse !== undefined && twin !== undefined)
					fieldOf(kind.link, twin).name = kind.reverse;
				return made;
			},
			addRecords: async (_base, table, records) =>
				fake.addRecords(table, records),
			async attach(spaceId, table, record, field, { name, text }) {
				const token = fake.addAttachment({
					name,
					bytes: Buffer.from(text),
					spaceId,
				});
				fake.updateRecord(table, record, { [field]: [{ token, name }] });
			},
			addView: async (_base, table, { name, field, text }) =>
				fake.addView(table, {
					name,
					filter: `FIND("${text}",{${field}})>0`,
					sort: [{ field }],
				}),
			async renameBase(base, name) {
				(store.spaces.get(base) ?? lost(base)).name = name;
			},
			async renameTable(_base, table, name) {
				(store.nodes.get(table) ?? lost(table)).name = name;
			},
			async renameField(_base, table, field, name) {
				fieldOf(table, field).name = name;
				fresh();
			},
			snapshot: async (_base, table) => ({
				name: store.nodes.get(table)?.name ?? "",
				fields: Object.fromEntries(
					fake.fields(table).map(({ id, name }) => [id, name]),
				),
				rows: Object.fromEntries(
					fake
						.rows(table, "id")
						.map(({ recordId, fields }) => [recordId, fields]),
				),
			}),
			tables: async (base) =>
				[...store.tables.values()]
					.filter(({ spaceId }) => spaceId === base)
					.map(({ id }) => id),
			bases: async () => [...store.spaces.values()].map(({ name }) => name),
			url: (base, table) =>
				table === undefined
					? `https://aitable.ai/workbench?spaceId=${base}`
					: `https://aitable.ai/workbench/${table}`,
			references: (_table, field, { field: name }) => [
				`{${field}}`,
				`{${name}}`,
			],
			refusal: (message) =>
				jsonResponse(200, { success: false, code: 400, message }),
			tokenRefused: jsonResponse(401, {
				success: false,
				code: 401,
				message: "Unauthorized",
			}),
		};
	},
};

const bitable: SiteOfVendor = {
	id: "bitable",
	open({ clock, fault }) {
		const fake = createBitableFake({
			clock,
			fault,
			switches: { rates: false },
		});
		let configured: readonly string[] = [];
		const rename = (
			base: string,
			table: string,
			field: string,
			name: string,
		) => {
			const place = fake.table(table, base);
			const found = place.fields.get(field) ?? lost(`field ${field}`);
			place.fieldIds.delete(found.name);
			place.fieldIds.set(name, field);
			found.name = name;
			changed(fake.base(base), place);
		};
		return {
			config(bases) {
				configured = bases;
				return { app_id: fake.app.id, app_secret: fake.app.secret, bases };
			},
			fake,
			origins: ["https://open.feishu.cn"],
			addBase: async (name) => fake.addBase({ name }),
			addTable: async (base, name, primary) =>
				fake.addTable(base, { name, fields: [{ name: primary, type: 1 }] }),
			async addField(base, table, name, kind) {
				if (typeof kind === "string")
					return fake.addField(
						table,
						{ name, type: kind === "text" ? 1 : 17 },
						base,
					);
				if ("options" in kind)
					return fake.addField(
						table,
						{
							name,
							type: 3,
							property: {
								options: kind.options.map((each) => ({ name: each })),
							},
						},
						base,
					);
				if ("formulaOf" in kind) {
					const of = fake.table(table, base).fieldIds.get(kind.formulaOf);
					return fake.addField(
						table,
						{
							name,
							type: 20,
							property: {
								formula_expression: `bitable::$table[${table}].$field[${of}]`,
							},
						},
						base,
					);
				}
				if ("lookup" in kind) {
					const link = fake.table(table, base).fields.get(kind.lookup.link);
					const target = fake
						.table(link?.linkTable ?? "", base)
						.fields.get(kind.lookup.field);
					return fake.addField(
						table,
						{
							name,
							type: 19,
							lookup: { link: link?.name ?? "", field: target?.name ?? "" },
						},
						base,
					);
				}
				return fake.addField(
					table,
					kind.reverse === undefined
						? { name, type: 18, property: { table_id: kind.link } }
						: {
								name,
								type: 21,
								property: {
									table_id: kind.link,
									back_field_name: kind.reverse,
								},
							},
					base,
				);
			},
			addRecords: async (base, table, records) =>
				fake.addRecords(table, records, { baseToken: base }),
			async attach(baseToken, table, record, field, { name, text }) {
				const file_token = fake.addMedia(baseToken, {
					name,
					bytes: Buffer.from(text),
				});
				fake.updateRecord(
					table,
					record,
					{ [field]: [{ file_token }] },
					{ baseToken },
				);
			},
			addView: async (_base, table, { name, field, text }) =>
				fake.addView(table, {
					name,
					filter: {
						conjunction: "and",
						conditions: [{ field, operator: "contains", values: [text] }],
					},
					sort: [{ field }],
				}),
			addForm: async (_base, table, name) =>
				fake.addView(table, { name, type: "form" }),
			async renameBase(base, name) {
				fake.base(base).name = name;
				changed(fake.base(base));
			},
			async renameTable(base, table, name) {
				fake.table(table, base).name = name;
				changed(fake.base(base), fake.table(table, base));
			},
			renameField: async (base, table, field, name) =>
				rename(base, table, field, name),
			async snapshot(base, table) {
				const found = fake.table(table, base);
				const ids = new Map(
					[...found.fields.values()].map(({ id, name }) => [name, id]),
				);
				return {
					name: found.name,
					fields: Object.fromEntries([...ids].map(([name, id]) => [id, name])),
					rows: Object.fromEntries(
						fake
							.rows(table, base)
							.map(({ recordId, fields }) => [
								recordId,
								Object.fromEntries(
									Object.entries(fields).map(([name, cell]) => [
										ids.get(name),
										cell,
									]),
								),
							]),
					),
				};
			},
			tables: async (base) => [...fake.base(base).tables.keys()],
			bases: async () => [...fake.store.bases.values()].map(({ name }) => name),
			url: (base, table) =>
				`https://example.feishu.cn/base/${base}${table === undefined ? "" : `?table=${table}`}`,
			wiki: (base) =>
				`https://example.feishu.cn/wiki/${fake.addWikiNode(base)}`,
			references: (table, field, names) => [
				`bitable::$table[${table}].$field[${field}]`,
				`bitable::$table[${table}].$column[${field}]`,
				`[${names.table}].[${names.field}]`,
				`{${names.field}}`,
				`{${field}}`,
			],
			lists: ({ method, path }) =>
				/\/wiki\//.test(path) ||
				(method === "GET" &&
					configured.some((base) => path.endsWith(`/bitable/v1/apps/${base}`))),
			reads: ({ path }) =>
				/\/records\/(search|batch_get)$|\/auth\/|\/batch_get_tmp/.test(path),
			refusal: (msg) => jsonResponse(200, { code: 1254014, msg }),
			tokenRefused: jsonResponse(400, {
				code: 99991663,
				msg: "Invalid access token for authorization",
			}),
		};
	},
};

const dingtalk: SiteOfVendor = {
	id: "dingtalk",
	open({ clock, fault }) {
		const fake = createDingtalkFake({
			clock,
			fault,
			switches: {
				monthlyCalls: Number.POSITIVE_INFINITY,
				callsPerSecond: Number.POSITIVE_INFINITY,
				callsPerMinute: Number.POSITIVE_INFINITY,
			},
		});
		let configured: readonly string[] = [];
		const sheetOf = (base: string, id: string) =>
			fake.sheets(base).find((sheet) => sheet.id === id) ?? lost(`sheet ${id}`);
		const fieldOf = (base: string, table: string, id: string) =>
			sheetOf(base, table).fields.get(id) ?? lost(`field ${id}`);
		return {
			config(bases) {
				configured = bases;
				return {
					app_key: fake.app.key,
					app_secret: fake.app.secret,
					operator_id: fake.operatorId,
					bases,
				};
			},
			fake,
			origins: ["https://api.dingtalk.com", "https://oapi.dingtalk.com"],
			addBase: async (name) => fake.addBase({ name }),
			addTable: async (base, name, primary) =>
				fake.addSheet(base, {
					name,
					fields: [{ name: primary, type: "text" }],
				}),
			async addField(base, table, name, kind) {
				if (typeof kind === "string")
					return fake.addField(base, table, { name, type: kind });
				if ("options" in kind)
					return fake.addField(base, table, {
						name,
						type: "singleSelect",
						property: { choices: kind.options.map((each) => ({ name: each })) },
					});
				// What a formula computes from, the API does not tell, and the fake does not compute it.
				if (!("link" in kind)) return undefined;
				const made = fake.addField(base, table, {
					name,
					type:
						kind.reverse === undefined
							? "unidirectionalLink"
							: "bidirectionalLink",
					property: { multiple: true, linkedSheetId: kind.link },
				});
				const twin = fieldOf(base, table, made).property?.linkedFieldId;
				if (kind.reverse !== undefined && twin !== undefined)
					fieldOf(base, kind.link, twin).name = kind.reverse;
				return made;
			},
			addRecords: async (base, table, records) =>
				fake.addRecords(
					base,
					table,
					records.map((cells) =>
						Object.fromEntries(
							Object.entries(cells).map(([name, cell]) => [
								name,
								typeof cell === "string" ? cell : { linkedRecordIds: cell },
							]),
						),
					),
				),
			async attach(base, table, record, field, { name, text }) {
				const item = fake.addAttachment(base, {
					name,
					bytes: Buffer.from(text),
				});
				fake.updateRecord(base, table, record, { [field]: [item] });
			},
			async renameBase(base, name) {
				(fake.store.bases.get(base) ?? lost(base)).name = name;
				const node = fake.store.nodes.get(base) ?? lost(base);
				fake.store.nodes.set(base, { ...node, name });
			},
			async renameTable(base, table, name) {
				sheetOf(base, table).name = name;
			},
			async renameField(base, table, field, name) {
				fieldOf(base, table, field).name = name;
			},
			async snapshot(base, table) {
				const ids = new Map(
					fake.fields(base, table).map(({ id, name }) => [name, id]),
				);
				return {
					name: sheetOf(base, table).name,
					fields: Object.fromEntries([...ids].map(([name, id]) => [id, name])),
					rows: Object.fromEntries(
						fake
							.rows(base, table)
							.map(({ id, fields }) => [
								id,
								Object.fromEntries(
									Object.entries(fields).map(([name, cell]) => [
										ids.get(name),
										cell,
									]),
								),
							]),
					),
				};
			},
			tables: async (base) => fake.sheets(base).map(({ id }) => id),
			bases: async () => [...fake.store.bases.values()].map(({ name }) => name),
			url: (base, table) =>
				`https://alidocs.dingtalk.com/i/nodes/${base}${table === undefined ? "" : `?iframeQuery=${encodeURIComponent(`sheetId=${table}`)}`}`,
			lists: ({ method, path }) =>
				(method === "GET" &&
					configured.some((base) => path.endsWith(`/wiki/nodes/${base}`))) ||
				/queryByUrl|\/dentries\/search/i.test(path),
			reads: ({ path }) =>
				/\/records\/list$|\/workflows$|oauth2|queryByUrl|\/search/i.test(path),
			refusal: (message) =>
				jsonResponse(400, { code: "invalidRequest", message, requestid: "1" }),
			tokenRefused: jsonResponse(401, {
				code: "InvalidAuthentication",
				message: "The token is not valid",
				requestid: "1",
			}),
		};
	},
};

/** Every vendor that the program has. */
export const SITES: readonly SiteOfVendor[] = [
	local,
	fusion,
	bitable,
	dingtalk,
];
