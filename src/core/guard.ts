import type { Adapter, Capability } from "./adapter.js";
import { TablesError } from "./errors.js";
import type { Field } from "./field.js";
import type { Policy } from "./policy.js";
import type { FilterInput, NodeInfo, Table, TableRef, View } from "./table.js";

/** Methods that change something at the vendor. */
const WRITES = [
	"createBatch",
	"updateBatch",
	"deleteBatch",
	"addOptions",
	"createTable",
	"renameTable",
	"deleteTable",
	"createField",
	"updateField",
	"deleteField",
	"createView",
	"updateView",
	"deleteView",
	"uploadFile",
	"createBase",
	"updateBase",
	"copyBase",
	"shareBase",
	"updateForm",
	"updateQuestion",
	"copyDashboard",
	"createRole",
	"updateRole",
	"deleteRole",
	"addRoleMembers",
	"removeRoleMembers",
	"saveContact",
	"deleteContact",
	"switchAutomation",
] as const satisfies readonly (Capability | "addOptions")[];

/** Methods whose second argument is a base. */
const ON_BASE = [
	"updateBase",
	"copyBase",
	"shareBase",
	"readDashboards",
	"copyDashboard",
	"readRoles",
	"createRole",
	"updateRole",
	"deleteRole",
	"readRoleMembers",
	"addRoleMembers",
	"removeRoleMembers",
	"readAutomations",
	"switchAutomation",
] as const satisfies readonly Capability[];

/** Methods that make sense only where the whole base is open: they show or change tables beyond the allowed ones. */
const WHOLE_BASE = [
	"copyBase",
	"readDashboards",
	"copyDashboard",
	"readRoles",
	"createRole",
	"updateRole",
	"deleteRole",
	"createTable",
	"createBase",
] as const satisfies readonly Capability[];

type Method = (...args: unknown[]) => unknown;

/**
 * The one gate: an adapter that shows only what the policy allows. Forbidden bases and tables and hidden fields
 * are left out of every answer, so that nothing above can name, filter, sort or export them; asking for one fails
 * as a misspelled name does.
 */
export function guard(adapter: Adapter, policy: Policy): Adapter {
	const restricted =
		policy.tables !== undefined || policy.hiddenFields.length > 0;
	if (!policy.readOnly && !restricted && policy.bases === undefined)
		return adapter;

	const baseNames = new Map<string, string | null>();
	const linkedTables = new Map<string, Promise<Table | undefined>>();

	const baseAllowed = (base: string) =>
		policy.bases === undefined ||
		policy.bases.includes(base) ||
		policy.bases.includes(baseNames.get(base) ?? base);
	const tableAllowed = (base: string, table: { id: string; name: string }) =>
		policy.tables === undefined ||
		[table.id, table.name].some(
			(name) =>
				policy.tables?.includes(name) ||
				[base, baseNames.get(base)].some((owner) =>
					policy.tables?.includes(`${owner}/${name}`),
				),
		);
	const hidden = (table: { id: string; name: string }, field: Field) =>
		[field.id, field.name].some(
			(name) =>
				policy.hiddenFields.includes(name) ||
				policy.hiddenFields.includes(`${table.id}/${name}`) ||
				policy.hiddenFields.includes(`${table.name}/${name}`),
		);
	const missing = () => new TablesError("not_found", "no such table");
	const named = async (
		base: string,
		call: Parameters<Adapter["readBases"]>[1],
	) => {
		if (
			policy.bases === undefined ||
			policy.bases.includes(base) ||
			baseNames.has(base)
		)
			return;
		let cursor: string | undefined;
		do {
			const page = await adapter.readBases(cursor, call);
			for (const info of page.items) baseNames.set(info.id, info.name);
			cursor = page.next;
		} while (cursor !== undefined);
	};
	const openBase = async (
		base: string,
		call: Parameters<Adapter["readBases"]>[1],
	) => {
		await named(base, call);
		if (!baseAllowed(base)) throw new TablesError("not_found", "no such base");
	};
	const openTable = (table: Table) => {
		if (
			!baseAllowed(table.ref.base) ||
			!tableAllowed(table.ref.base, { id: table.ref.table, name: table.name })
		)
			throw missing();
	};
	/** The table at the other end of a link if the agent may see what stands for its records: its primary field. */
	const linked = (ref: TableRef, call: Parameters<Adapter["readTable"]>[1]) => {
		const key = `${ref.base}\n${ref.table}`;
		const known = linkedTables.get(key);
		if (known !== undefined) return known;
		const reading = adapter.readTable(ref, call).then(
			(table) => {
				const self = { id: ref.table, name: table.name };
				const primary = table.fields.find((field) => field.primary);
				return tableAllowed(ref.base, self) &&
					!(primary && hidden(self, primary))
					? table
					: undefined;
			},
			() => undefined,
		);
		linkedTables.set(key, reading);
		return reading;
	};
	const prune = async (
		table: Table,
		call: Parameters<Adapter["readTable"]>[1],
	): Promise<Table> => {
		const self = { id: table.ref.table, name: table.name };
		const shown = table.fields.filter((field) => !hidden(self, field));
		const gone = table.fields.filter((field) => hidden(self, field));
		const fields = await Promise.all(
			shown.map(async (field) => {
				const { linkTable, reverseName, reverseField, formula, ...rest } =
					field.settings;
				const open =
					field.type !== "link" ||
					linkTable === undefined ||
					(await linked({ base: table.ref.base, table: linkTable }, call)) !==
						undefined;
				const tells =
					formula !== undefined &&
					!gone.some(
						(other) =>
							formula.includes(other.name) || formula.includes(other.id),
					);
				return {
					...field,
					settings: {
						...rest,
						...(open && linkTable !== undefined ? { linkTable } : {}),
						...(open && reverseName !== undefined ? { reverseName } : {}),
						...(open && reverseField !== undefined ? { reverseField } : {}),
						...(tells ? { formula } : {}),
					},
				};
			}),
		);
		const byId = new Map(fields.map((field) => [field.id, field]));
		return {
			...table,
			fields,
			byId,
			views: table.views.map((view) =>
				pruneView(view, new Set(gone.map(({ id }) => id))),
			),
		};
	};

	const guarded: Record<string, unknown> = { ...adapter };
	const around = <Name extends keyof Adapter>(
		name: Name,
		wrap: (inner: Method) => Method,
	) => {
		const inner = adapter[name];
		if (typeof inner === "function") guarded[name] = wrap(inner as Method);
	};

	for (const name of WRITES)
		if (policy.readOnly)
			around(name, () => async () => {
				throw new TablesError("not_allowed", "this connection is read-only", {
					next: "Nothing was sent. A person can lift `read_only` in the configuration.",
				});
			});
	const after = (
		name: keyof Adapter,
		check: (args: unknown[]) => Promise<void> | void,
	) => {
		const current = guarded[name];
		if (typeof current !== "function") return;
		guarded[name] = async (...args: unknown[]) => {
			await check(args);
			return (current as Method)(...args);
		};
	};
	for (const name of ON_BASE)
		after(name, (args) => openBase(args[0] as string, args.at(-1) as never));
	if (restricted)
		for (const name of WHOLE_BASE)
			after(name, () => {
				throw new TablesError(
					"not_allowed",
					`${name} is off while the configuration limits tables or fields`,
					{
						next: "A person can widen `tables` and `hidden_fields` in the configuration.",
					},
				);
			});

	const readTable: Adapter["readTable"] = async (ref, call) => {
		await openBase(ref.base, call);
		const table = await adapter.readTable(ref, call);
		openTable(table);
		return restricted ? prune(table, call) : table;
	};
	const overrides: { -readonly [Name in keyof Adapter]?: Adapter[Name] } = {
		readTable,
		async readBases(cursor, call) {
			const page = await adapter.readBases(cursor, call);
			for (const info of page.items) baseNames.set(info.id, info.name);
			return {
				...page,
				items: page.items.filter((info) => baseAllowed(info.id)),
			};
		},
		...(adapter.findBases === undefined
			? {}
			: {
					async findBases(text, call) {
						const found = await adapter.findBases?.(text, call);
						for (const info of found ?? []) baseNames.set(info.id, info.name);
						return (found ?? []).filter((info) => baseAllowed(info.id));
					},
				}),
		async readNodes(base, query, cursor, call) {
			await openBase(base, call);
			const { total, ...page } = await adapter.readNodes(
				base,
				query,
				cursor,
				call,
			);
			const items = page.items.filter((node) => nodeAllowed(node));
			return {
				...page,
				items,
				...(total !== undefined && items.length === page.items.length
					? { total }
					: {}),
			};
		},
	};
	const nodeAllowed = (node: NodeInfo) =>
		baseAllowed(node.base) &&
		(node.kind === "table"
			? tableAllowed(node.base, node)
			: node.kind === "folder" || !restricted);
	if (adapter.readView) {
		const readView = adapter.readView.bind(adapter);
		overrides.readView = async (table, view, call) => {
			openTable(table);
			const whole = await readView(table, view, call);
			return pruneView(whole, undefined, table);
		};
	}
	for (const name of [
		"readPage",
		"readByIds",
		"createBatch",
		"updateBatch",
		"deleteBatch",
	] as const) {
		if (adapter[name] === undefined) continue;
		after(name, (args) => openTable(args[0] as Table));
	}
	if (restricted && "decode" in adapter.codecs.link) {
		const link = adapter.codecs.link;
		overrides.codecs = {
			...adapter.codecs,
			link: {
				...link,
				decode(wire, field, context) {
					const value = link.decode(wire, field, context);
					return field.settings.linkTable !== undefined || !Array.isArray(value)
						? value
						: value.map((item) => ({ ...item, text: null }));
				},
			},
		};
	}
	return Object.assign(guarded, overrides) as unknown as Adapter;
}

/** A view without what it says about fields that do not exist for the agent. */
function pruneView(
	view: View,
	gone: ReadonlySet<string> | undefined,
	table?: Table,
): View {
	const shows = (id: string) =>
		gone
			? !gone.has(id)
			: id.startsWith("$") || table === undefined || table.byId.has(id);
	const filter = view.filter && pruneFilter(view.filter, shows);
	return {
		...view,
		...(view.filter === undefined ? {} : { filter: filter ?? null }),
		...(view.sort
			? { sort: view.sort.filter(({ field }) => shows(field)) }
			: {}),
		...(view.hiddenFields
			? { hiddenFields: view.hiddenFields.filter(shows) }
			: {}),
		...(view.treeBy ? { treeBy: shows(view.treeBy) ? view.treeBy : null } : {}),
	};
}

function pruneFilter(
	filter: FilterInput,
	shows: (id: string) => boolean,
): FilterInput | null {
	const keep = (conditions: FilterInput["conditions"]) =>
		conditions.filter(
			({ field, other_field }) =>
				(field === "*" || shows(field)) &&
				(other_field === undefined || shows(other_field)),
		);
	const conditions = keep(filter.conditions);
	const groups = (filter.groups ?? [])
		.map((group) => ({ ...group, conditions: keep(group.conditions) }))
		.filter((group) => group.conditions.length > 0);
	return conditions.length + groups.length === 0
		? null
		: { ...filter, conditions, groups };
}
