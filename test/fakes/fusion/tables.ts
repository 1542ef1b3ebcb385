import { linkedIds, readers } from "./cells.js";
import type {
	Cell,
	Field,
	FieldType,
	Row,
	Settings,
	Table,
	View,
} from "./model.js";
import { refusals, tip } from "./refusal.js";
import { addNode, fieldNamed, orderedRows, type Store } from "./store.js";
import { defaultCell, writeCell } from "./writes.js";

/** An empty datasheet with one grid view and its node; columns and rows come afterwards. */
export function newTable(
	store: Store,
	given: {
		readonly spaceId: string;
		readonly name: string;
		readonly id?: string;
		readonly viewId?: string;
		readonly parentId?: string;
		readonly after?: string;
		readonly last?: boolean;
	},
): Table {
	const id = given.id ?? store.identifiers.next("dst");
	const table: Table = {
		id,
		spaceId: given.spaceId,
		fields: new Map(),
		views: new Map(),
		rows: new Map(),
		ordered: undefined,
		deleted: [],
		formulas: new Map(),
		unseen: new Map(),
		usedUnits: new Set(),
	};
	store.tables.set(id, table);
	const { viewId: _view, ...node } = given;
	addNode(store, { ...node, id, type: "Datasheet" });
	newView(store, table, {
		name: "Grid view",
		type: "Grid",
		...(given.viewId === undefined ? {} : { id: given.viewId }),
	});
	return table;
}

export interface NewView {
	readonly name: string;
	readonly type?: string;
	readonly id?: string;
	readonly hidden?: readonly string[];
	readonly order?: readonly string[];
	readonly filter?: string;
	readonly group?: View["group"];
	readonly sort?: View["sort"];
}

export function newView(store: Store, table: Table, given: NewView): View {
	const view: View = {
		id: given.id ?? store.identifiers.next("viw"),
		name: given.name,
		...(given.type === undefined ? {} : { type: given.type }),
		hidden: new Set(given.hidden),
		order: given.order ?? [],
		...(given.filter === undefined ? {} : { filter: given.filter }),
		group: given.group ?? [],
		sort: given.sort ?? [],
	};
	table.views.set(view.id, view);
	return view;
}

export interface NewField {
	readonly name: string;
	readonly type: FieldType;
	readonly settings: Settings;
	readonly id?: string;
	readonly description?: string;
}

/** Adds a column whose settings are checked; a two-way link gets its twin in the other sheet. */
export function newField(store: Store, table: Table, given: NewField): Field {
	const field = placeField(store, table, given);
	const other = store.tables.get(given.settings.foreignDatasheetId ?? "");
	if (given.type === "TwoWayLink" && other !== undefined && other !== table) {
		const twin = placeField(store, other, {
			name: freeName(other, store.nodes.get(table.id)?.name ?? "Link"),
			type: "TwoWayLink",
			settings: { foreignDatasheetId: table.id, brotherFieldId: field.id },
		});
		field.settings.brotherFieldId = twin.id;
	}
	return field;
}

function placeField(store: Store, table: Table, given: NewField): Field {
	const field: Field = {
		id: given.id ?? store.identifiers.next("fld"),
		name: given.name,
		type: given.type,
		settings: { ...given.settings },
		...(given.description === undefined
			? {}
			: { description: given.description }),
		usedUnits: new Set(),
		usedUsers: new Set(),
		nextNumber: 1,
		access: new Map(),
	};
	table.fields.set(field.id, field);
	forgetFormulas(store);
	if (field.type === "AutoNumber")
		for (const row of orderedRows(table))
			row.numbers.set(field.id, field.nextNumber++);
	return field;
}

function freeName(table: Table, wanted: string): string {
	if (fieldNamed(table, wanted) === undefined) return wanted;
	for (let count = 2; ; count++)
		if (fieldNamed(table, `${wanted} ${count}`) === undefined)
			return `${wanted} ${count}`;
}

/** A lookup of another sheet may lead to the changed column, so all sheets forget. */
function forgetFormulas(store: Store): void {
	for (const table of store.tables.values()) table.formulas.clear();
}

/** Takes a column away; the twin of a two-way link goes too, or stays as a text column. */
export function removeField(
	store: Store,
	table: Table,
	field: Field,
	conversion: unknown,
): void {
	const other = store.tables.get(field.settings.foreignDatasheetId ?? "");
	const twin =
		field.type === "TwoWayLink"
			? other?.fields.get(field.settings.brotherFieldId ?? "")
			: undefined;
	if (other !== undefined && twin !== undefined) {
		if (conversion === "delete") dropField(other, twin);
		else becomeText(store, other, twin);
	}
	dropField(table, field);
	forgetFormulas(store);
}

function dropField(table: Table, field: Field): void {
	table.fields.delete(field.id);
	for (const row of table.rows.values()) {
		row.cells.delete(field.id);
		row.numbers.delete(field.id);
	}
}

function becomeText(store: Store, table: Table, field: Field): void {
	const sight = { store, table, origin: "" };
	for (const row of table.rows.values()) {
		if (linkedIds(row, field, store).length === 0) continue;
		const text = readers[field.type].text(row, field, sight);
		if (text === undefined) row.cells.delete(field.id);
		else row.cells.set(field.id, text);
	}
	field.type = "Text";
	field.settings = {};
}

/** Refuses rows beyond the hard cap and the plan's caps. @throws Refusal */
export function checkRoom(store: Store, table: Table, count: number): void {
	const { switches } = store;
	const size = table.rows.size + count;
	if (size > switches.recordsPerTable)
		throw refusals.tableFull(switches.recordsPerTable);
	if (size > switches.planRecordsPerTable)
		throw refusals.planRows(
			"max_rows_per_sheet",
			switches.planRecordsPerTable,
			size,
			305,
		);
	const inSpace = (store.spaces.get(table.spaceId)?.rowCount ?? 0) + count;
	if (inSpace > switches.planRecordsPerSpace)
		throw refusals.planRows(
			"max_rows_in_space",
			switches.planRecordsPerSpace,
			inSpace,
			309,
		);
}

/** Adds one row at the end. Columns outside `cells` take their defaults; null keeps a column empty. */
export function newRow(
	store: Store,
	table: Table,
	cells: ReadonlyMap<string, Cell | null>,
	by: string,
	options: {
		readonly id?: string;
		readonly defaults?: boolean;
		/** The moment of creation; default now. */
		readonly atMs?: number;
	} = {},
): Row {
	const now = options.atMs ?? store.clock.now();
	const row: Row = {
		id: options.id ?? store.identifiers.next("rec"),
		cells: new Map(),
		numbers: new Map(),
		createdMs: now,
		createdBy: by,
		updatedMs: now,
		modifiedMs: null,
		modifiedBy: null,
		touched: new Map(),
	};
	table.rows.set(row.id, row);
	table.ordered?.push(row);
	const space = store.spaces.get(table.spaceId);
	if (space !== undefined) space.rowCount++;
	for (const field of table.fields.values()) {
		if (field.type === "AutoNumber") {
			row.numbers.set(field.id, field.nextNumber++);
			continue;
		}
		if (field.type === "CreatedBy") field.usedUsers.add(by);
		const given = cells.get(field.id);
		const cell =
			given !== undefined || options.defaults === false
				? (given ?? null)
				: defaultCell(field, store);
		if (cell !== null) writeCell(store, table, row, field, cell, by);
	}
	row.updatedMs = now;
	if (row.modifiedMs !== null) row.modifiedMs = now;
	return row;
}

/** Takes rows away, and their ids out of the cells that link to them. */
export function removeRows(
	store: Store,
	table: Table,
	ids: readonly string[],
	by: string,
): void {
	for (const id of ids) {
		const row = table.rows.get(id);
		if (row === undefined) continue;
		for (const field of table.fields.values())
			if (field.type === "TwoWayLink" && row.cells.has(field.id))
				writeCell(store, table, row, field, null, by);
		table.rows.delete(id);
		table.deleted.push(id);
		const space = store.spaces.get(table.spaceId);
		if (space !== undefined) space.rowCount--;
	}
	table.ordered = undefined;
}

/**
 * Whether a new column's name is taken. The vendor looks it up with LIKE,
 * so that `_` and `%` of the new name are wildcards.
 */
export function nameTaken(table: Table, name: string): boolean {
	const pattern = new RegExp(
		`^${name
			.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
			.replaceAll("%", ".*")
			.replaceAll("_", ".")}$`,
		"su",
	);
	for (const field of table.fields.values())
		if (pattern.test(field.name)) return true;
	return false;
}

/** Refuses links and lookups that lead nowhere. @throws Refusal */
export function checkReferences(
	store: Store,
	table: Table,
	type: FieldType,
	settings: Settings,
): void {
	if (type === "TwoWayLink" || type === "OneWayLink") {
		if (!store.tables.has(settings.foreignDatasheetId ?? ""))
			throw refusals.noNode();
		return;
	}
	if (type !== "MagicLookUp") return;
	const { relatedLinkFieldId = "", targetFieldId = "" } = settings;
	const link = table.fields.get(relatedLinkFieldId);
	if (link === undefined)
		throw tip(
			`The link field ID "${relatedLinkFieldId}" associated with the lookup field does not exist.`,
		);
	if (link.type !== "TwoWayLink" && link.type !== "OneWayLink")
		throw tip(
			`The field ID "${relatedLinkFieldId}" associated with the lookup field is not a link field.`,
		);
	const there = store.tables.get(link.settings.foreignDatasheetId ?? "");
	if (there?.fields.has(targetFieldId) !== true)
		throw tip(
			`The field ID "${targetFieldId}" referenced by the lookup field does not exist.`,
		);
}
