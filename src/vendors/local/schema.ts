import type { Adapter } from "../../core/contract/adapter.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Field, FieldSettings } from "../../core/contract/field.js";
import type { FieldSpec, SchemaMethods } from "../../core/contract/schema.js";
import type { Table, TableRef } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { changeOptions, checkHoldsOne, convertColumn } from "./conversion.js";
import { readFields, recordsOf } from "./layout.js";
import { numberRows } from "./numbering.js";
import { checkSpec, keptSettings } from "./settings.js";
import { columnType, storageOf } from "./storage.js";
import { loadTable, needTable, type Store } from "./store.js";
import { leaveViews, renameInViews } from "./views.js";

/** Makes, changes and deletes tables and fields, as far as the API can. */
export function schemaMethods(
	store: Store,
): Pick<SchemaMethods, "createField" | "updateField" | "deleteField"> &
	Required<Pick<Adapter, "addOptions" | "checkUpdateField">> {
	const { db } = store;
	return {
		async createField(table, spec) {
			return db.write(() => {
				needTable(store, table.ref);
				const id = makeField(store, table.ref, spec, false);
				if (spec.type === "auto_number") {
					const fresh = loadTable(store, table.ref);
					numberRows(store, fresh, needField(fresh.fields, id));
				}
				return id;
			});
		},
		async updateField(table, field, spec) {
			await db.write(() => {
				const fresh = loadTable(store, table.ref);
				const current = needField(fresh.fields, field.id);
				changeField(store, fresh, current, spec);
			});
		},
		async checkUpdateField(table, field, spec) {
			await db
				.write(() => {
					const fresh = loadTable(store, table.ref);
					changeField(store, fresh, needField(fresh.fields, field.id), spec);
					throw new NotKept();
				})
				.catch((error: unknown) => {
					if (!(error instanceof NotKept)) throw error;
				});
		},
		async deleteField(table, field) {
			await db.write(() => {
				const { ref, fields } = loadTable(store, table.ref);
				const current = needField(fields, field.id);
				if (current.primary)
					throw new TablesError(
						"bad_argument",
						`"${current.name}" is the primary field and cannot be deleted`,
					);
				dropField(store, ref.table, current);
				const other = reverseOf(store, current);
				if (other !== undefined) dropField(store, other.table, other.field);
			});
		},
		async addOptions(table, field, names) {
			return db.write(() => {
				const current = needField(readFields(db, table.ref.table), field.id);
				const options = [...(current.settings.options ?? [])];
				for (const name of names)
					if (!options.some((option) => option.name === name))
						options.push({ id: store.newId("opt"), name });
				keepSettings(store, current.id, { ...current.settings, options });
				return options;
			});
		},
	};
}

/** Ends the transaction of a change that was only tried: nothing of it stays. */
class NotKept extends Error {}

/** @throws TablesError not_found */
function needField(fields: readonly Field[], id: string): Field {
	const found = fields.find((field) => field.id === id);
	if (found === undefined) throw new TablesError("not_found", `no field ${id}`);
	return found;
}

/**
 * Adds a field and, where a link goes both ways, the field on the other side; answers the id.
 * @throws TablesError bad_argument, unsupported, not_found
 */
export function makeField(
	store: Store,
	ref: TableRef,
	spec: FieldSpec,
	primary: boolean,
): string {
	checkSpec(spec, primary);
	checkFree(store, ref.table, spec.name);
	const id = store.newId("fld");
	const reverse = reverseFor(store, ref, spec, id);
	const settings = {
		...keptSettings(store, spec),
		...defined({ reverseField: reverse?.id, reverseName: reverse?.spec.name }),
	};
	insertField(store, ref.table, id, { ...spec, settings }, primary);
	if (reverse !== undefined)
		insertField(store, reverse.table, reverse.id, reverse.spec, false);
	return id;
}

/** The other side that a new two-way link needs: by its given name or this table's, numbered where that is taken. */
function reverseFor(
	store: Store,
	ref: TableRef,
	{ name, type, settings: { linkTable, twoWay, reverseName } }: FieldSpec,
	id: string,
):
	| { readonly table: string; readonly id: string; readonly spec: FieldSpec }
	| undefined {
	if (type !== "link" || linkTable === undefined || !twoWay) return undefined;
	needTable(store, { base: ref.base, table: linkTable });
	const own = needTable(store, ref);
	return {
		table: linkTable,
		id: store.newId("fld"),
		spec: {
			name: freeName(store, linkTable, reverseName ?? (own.name as string)),
			type: "link",
			settings: {
				linkTable: ref.table,
				twoWay: true,
				reverseField: id,
				reverseName: name,
			},
		},
	};
}

/** Adds a field as it stands, and its column. */
export function insertField(
	{ db }: Store,
	table: string,
	id: string,
	spec: FieldSpec,
	primary: boolean,
): void {
	db.run(
		"INSERT INTO fields (id, table_id, name, type, settings, description, is_primary) VALUES (?, ?, ?, ?, ?, ?, ?)",
		[
			id,
			table,
			spec.name,
			spec.type,
			JSON.stringify(spec.settings),
			spec.description ?? null,
			primary ? 1 : 0,
		],
	);
	if (storageOf(spec) !== "system")
		db.run(
			`ALTER TABLE ${recordsOf(table)} ADD COLUMN "${id}" ${columnType(spec)}`,
		);
}

function changeField(
	store: Store,
	table: Table,
	current: Field,
	spec: FieldSpec,
): void {
	checkSpec(spec, current.primary);
	checkFree(store, table.ref.table, spec.name, current.id);
	if (
		current.type === "link" &&
		spec.settings.linkTable !== current.settings.linkTable
	)
		throw new TablesError(
			"unsupported",
			`"${current.name}" cannot point to another table`,
			{ next: "Create another link with create_field." },
		);
	const settings = changeCells(store, table, current, spec);
	if (settings.options !== undefined)
		renameInViews(store, table.ref.table, current, settings.options);
	store.db.run(
		"UPDATE fields SET name = ?, type = ?, settings = ?, description = ? WHERE id = ?",
		[
			spec.name,
			spec.type,
			JSON.stringify(settings),
			spec.description ?? null,
			current.id,
		],
	);
	const other =
		spec.name === current.name ? undefined : reverseOf(store, current);
	if (other !== undefined)
		keepSettings(store, other.field.id, {
			...other.field.settings,
			reverseName: spec.name,
		});
	if (
		spec.type === "auto_number" &&
		settings.numberPattern !== current.settings.numberPattern
	)
		numberRows(store, table, { ...current, settings });
}

/** Brings the cells into the new type or under the new options; answers the settings to keep. */
function changeCells(
	store: Store,
	table: Table,
	current: Field,
	spec: FieldSpec,
): FieldSettings {
	const settings = keptSettings(store, spec);
	const changesColumn =
		spec.type !== current.type ||
		storageOf(current) !== storageOf({ type: spec.type, settings });
	if (changesColumn)
		return convertColumn(store, table, current, spec, settings);
	if (settings.multiple === false && current.settings.multiple !== false)
		checkHoldsOne(store, table, current);
	if (current.settings.options !== undefined)
		changeOptions(store, table.ref.table, current, settings.options ?? []);
	return settings;
}

function keepSettings(
	{ db }: Store,
	field: string,
	settings: FieldSettings,
): void {
	db.run("UPDATE fields SET settings = ? WHERE id = ?", [
		JSON.stringify(settings),
		field,
	]);
}

/** The other side of a two-way link. */
function reverseOf(
	{ db }: Store,
	{ settings: { linkTable: table, reverseField } }: Field,
): { readonly table: string; readonly field: Field } | undefined {
	if (table === undefined || reverseField === undefined) return undefined;
	const field = readFields(db, table).find(({ id }) => id === reverseField);
	return field === undefined ? undefined : { table, field };
}

/** Removes a field with its column, and from the views. */
export function dropField(store: Store, table: string, field: Field): void {
	if (storageOf(field) !== "system")
		store.db.run(`ALTER TABLE ${recordsOf(table)} DROP COLUMN "${field.id}"`);
	store.db.run("DELETE FROM fields WHERE id = ?", [field.id]);
	leaveViews(store, table, field.id);
}

function freeName({ db }: Store, table: string, wanted: string): string {
	const names = new Set(readFields(db, table).map(({ name }) => name));
	if (!names.has(wanted)) return wanted;
	for (let number = 2; ; number++)
		if (!names.has(`${wanted} ${number}`)) return `${wanted} ${number}`;
}

/** @throws TablesError bad_argument for the name of another field. */
function checkFree(
	{ db }: Store,
	table: string,
	name: string,
	except?: string,
): void {
	if (
		readFields(db, table).some(
			(field) => field.name === name && field.id !== except,
		)
	)
		throw new TablesError(
			"bad_argument",
			`there is a field "${name}" already`,
			{
				next: "Choose another name.",
			},
		);
}
