import {
	type Call,
	isJson,
	type Json,
	listOf,
	optionalText,
	pageById,
	paged,
} from "./call.js";
import { Refusal } from "./codes.js";
import { addField, checkedPlan, dropField, mayBePrimary } from "./fields.js";
import type { Base, Table } from "./model.js";
import { setCell } from "./rows.js";
import {
	changed,
	FIXED_LIMITS,
	isVisible,
	type Store,
	tableAt,
} from "./store.js";
import { newView } from "./views.js";

/** An empty table with its index field and one grid. */
export function newTable(
	store: Store,
	base: Base,
	given: {
		readonly name: string;
		readonly id?: string;
		readonly primaryName?: string;
		readonly primaryId?: string;
		readonly viewName?: string;
		readonly viewId?: string;
		readonly synced?: boolean;
	},
): Table {
	const primaryId = given.primaryId ?? store.identifiers.next("fld");
	const table: Table = {
		id: given.id ?? store.identifiers.next("tbl"),
		name: given.name,
		revision: 1,
		createdAtMs: store.clock.now(),
		fields: new Map(),
		fieldIds: new Map(),
		primaryId,
		views: new Map(),
		rows: new Map(),
		synced: given.synced ?? false,
		deleted: [],
		cache: new Map(),
		cachedAt: -1,
	};
	base.tables.set(table.id, table);
	addField(
		store,
		base,
		table,
		{
			name: given.primaryName ?? "Text",
			type: 1,
			uiType: "Text",
			property: null,
			options: [],
			description: undefined,
		},
		{ id: primaryId },
	);
	newView(store, table, {
		name: given.viewName ?? "Grid",
		...(given.viewId === undefined ? {} : { id: given.viewId }),
	});
	return table;
}

const NAME = /^[^[\]:\\/?*]+$/;

/** @throws Refusal 1254001 bad name, 1254013 duplicate */
function checkedName(
	base: Base,
	given: unknown,
	taken: ReadonlySet<string>,
): string {
	const name = typeof given === "string" ? given.trim() : "";
	if (name === "" || name.length > 100 || !NAME.test(name))
		throw new Refusal(1254001, "Invalid request parameter: 'name'");
	if (taken.has(name)) throw new Refusal(1254013);
	for (const table of base.tables.values())
		if (table.name === name) throw new Refusal(1254013);
	return name;
}

/** Tables and dashboards count together. @throws Refusal 1254100 */
function checkTableCount(base: Base, more: number): void {
	if (base.tables.size + base.dashboards.size + more > FIXED_LIMITS.tables)
		throw new Refusal(1254100);
}

export function listTables(call: Call): Json {
	const tables = [...call.base.tables.values()].filter((table) =>
		isVisible(call.store, table.createdAtMs),
	);
	return paged(
		pageById(call, tables, (table) => table.id, 20, 100),
		({ id, revision, name }) => ({ table_id: id, revision, name }),
	);
}

const MOST_FIELDS = 300;

export function createTable(call: Call): Json {
	const { store, base } = call;
	const given = call.body.table;
	if (!isJson(given))
		throw new Refusal(1254001, "Invalid request parameter: 'table'");
	const name = checkedName(base, given.name, new Set());
	const fields = given.fields ?? undefined;
	const viewName = optionalText(given, "default_view_name")?.trim();
	if (fields !== undefined && !Array.isArray(fields))
		throw new Refusal(1254001);
	if (fields?.length === 0 || (viewName !== undefined && fields === undefined))
		throw new Refusal(1254001, "Invalid request parameter: 'table.fields'");
	if (viewName !== undefined && (viewName === "" || /[[\]]/.test(viewName)))
		throw new Refusal(1254022);
	if (
		fields !== undefined &&
		fields.length > Math.min(MOST_FIELDS, store.limits().fields)
	)
		throw new Refusal(1254105);
	const plans = (fields ?? []).map((field) => {
		if (!isJson(field)) throw new Refusal(1254001);
		return checkedPlan(store, base, field);
	});
	const [first, ...others] = plans;
	if (first !== undefined && !mayBePrimary(first.type))
		throw new Refusal(1254012);
	if (new Set(plans.map((plan) => plan.name)).size < plans.length)
		throw new Refusal(1254014);
	if (
		plans.filter((plan) => plan.type === 20).length > FIXED_LIMITS.formulaFields
	)
		throw new Refusal(1254105);
	checkTableCount(base, 1);
	const table = newTable(store, base, {
		name,
		...(viewName === undefined ? {} : { viewName }),
	});
	const primary = table.fields.get(table.primaryId);
	if (first !== undefined && primary !== undefined) {
		table.fields.delete(primary.id);
		table.fieldIds.delete(primary.name);
		addField(store, base, table, first, { id: table.primaryId });
		for (const plan of others) addField(store, base, table, plan);
	}
	changed(base);
	return {
		table_id: table.id,
		...(fields === undefined
			? {}
			: {
					default_view_id: [...table.views.keys()][0],
					field_id_list: [...table.fields.keys()],
				}),
	};
}

export function createTables(call: Call): Json {
	const { store, base } = call;
	const given = listOf(call.body, "tables");
	const taken = new Set<string>();
	const names = given.map((each) => {
		if (!isJson(each)) throw new Refusal(1254001);
		const name = checkedName(base, each.name, taken);
		taken.add(name);
		return name;
	});
	if (names.length === 0) throw new Refusal(1254001);
	checkTableCount(base, names.length);
	const made = names.map((name) => newTable(store, base, { name }).id);
	changed(base);
	return { table_ids: made };
}

export function renameTable(call: Call): Json {
	const { base, table } = call;
	const given = optionalText(call.body, "name")?.trim() ?? "";
	if (given !== "" && given !== table.name) {
		table.name = checkedName(base, given, new Set());
		changed(base, table);
	}
	return { name: table.name };
}

/** Links to a table that goes: mirrors go with it, one-way links are emptied. */
function removeTable(base: Base, table: Table): void {
	for (const other of base.tables.values()) {
		if (other === table) continue;
		for (const field of [...other.fields.values()]) {
			if (field.linkTable !== table.id) continue;
			if (field.type === 21) dropField(other, field);
			else
				for (const row of other.rows.values())
					setCell(base, row, field, undefined);
		}
	}
	base.tables.delete(table.id);
}

export function deleteTable(call: Call): Json {
	const { base, table } = call;
	if (base.tables.size === 1) throw new Refusal(1254034);
	removeTable(base, table);
	changed(base);
	return {};
}

export function deleteTables(call: Call): Json {
	const { store, base } = call;
	const ids = listOf(call.body, "table_ids");
	if (ids.length === 0 || ids.length > FIXED_LIMITS.tableBatchDelete)
		throw new Refusal(1254001, "Invalid request parameter: 'table_ids'");
	const tables = new Set(ids.map((id) => tableAt(store, base, String(id))));
	if (tables.size >= base.tables.size) throw new Refusal(1254034);
	for (const table of tables) removeTable(base, table);
	changed(base);
	return {};
}
