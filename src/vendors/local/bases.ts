import type { BaseMethods } from "../../core/contract/bases.js";
import { TablesError } from "../../core/contract/errors.js";
import type { BaseInfo } from "../../core/contract/table.js";
import { baseInfo } from "./catalog.js";
import { ROW_COLUMNS, readFields, readViews, recordsOf } from "./layout.js";
import { insertField } from "./schema.js";
import { storageOf } from "./storage.js";
import { needBase, type Store } from "./store.js";
import { insertTable } from "./tables.js";
import { insertView } from "./views.js";

/** Makes and changes bases. */
export function baseMethods(
	store: Store,
): Pick<BaseMethods, "createBase" | "updateBase" | "copyBase"> {
	const { db } = store;
	return {
		async createBase({ name, folder, timeZone }) {
			if (folder !== undefined)
				throw new TablesError("unsupported", "the local store has no folders", {
					next: "Leave `folder` out.",
				});
			return db.write(() => {
				if (db.all("SELECT 1 FROM bases WHERE name = ?", [name]).length > 0)
					throw new TablesError(
						"bad_argument",
						`there is a base "${name}" already`,
						{ next: "Choose another name." },
					);
				return insertBase(store, name, timeZone ?? null);
			});
		},
		async updateBase(base, { name, advancedPermissions }) {
			if (advancedPermissions !== undefined)
				throw new TablesError(
					"unsupported",
					"the local store has no advanced permissions",
					{ next: "Leave `advanced_permissions` out." },
				);
			return db.write(() => {
				needBase(store, base);
				if (name !== undefined)
					db.run("UPDATE bases SET name = ? WHERE id = ?", [name, base]);
				return baseInfo(needBase(store, base));
			});
		},
		async copyBase(base, { name, structureOnly }) {
			return db.write(() => {
				const { time_zone } = needBase(store, base);
				const made = insertBase(store, name, time_zone as string | null);
				copyTables(store, base, made.id, structureOnly);
				return made;
			});
		},
	};
}

function insertBase(
	store: Store,
	name: string,
	timeZone: string | null,
): BaseInfo {
	const id = store.newId("bas");
	store.db.run("INSERT INTO bases (id, name, time_zone) VALUES (?, ?, ?)", [
		id,
		name,
		timeZone,
	]);
	return baseInfo(needBase(store, id));
}

/** Tables and fields with new ids; record ids stay, so that links inside the copy hold. */
function copyTables(
	store: Store,
	from: string,
	to: string,
	structureOnly: boolean,
): void {
	const tables = store.db.all(
		"SELECT id, name, description, numbered FROM tables WHERE base = ? ORDER BY rowid",
		[from],
	);
	const ids = newIds(
		store,
		tables.map(({ id }) => id as string),
	);
	for (const { id, name, description, numbered } of tables) {
		const old = id as string;
		insertTable(store, to, ids.get(old) as string, {
			name: name ?? null,
			description: description ?? null,
			numbered: structureOnly ? 0 : (numbered ?? 0),
		});
		copyDefinitions(store, old, ids);
		if (!structureOnly) copyRecords(store, old, ids);
	}
}

/** The new id of every table and field, by the old one. */
function newIds(
	{ db, newId }: Store,
	tables: readonly string[],
): ReadonlyMap<string, string> {
	const ids = new Map<string, string>();
	for (const table of tables) {
		ids.set(table, newId("tbl"));
		for (const { id } of readFields(db, table)) ids.set(id, newId("fld"));
	}
	return ids;
}

/** Fields and views; what they say of each other is said with the new ids. */
function copyDefinitions(
	store: Store,
	old: string,
	ids: ReadonlyMap<string, string>,
): void {
	const table = ids.get(old) as string;
	const renamed = (json: string) =>
		json.replace(/\b(?:tbl|fld)[0-9A-Za-z]{10}\b/g, (id) => ids.get(id) ?? id);
	for (const field of readFields(store.db, old)) {
		const settings = JSON.parse(renamed(JSON.stringify(field.settings)));
		insertField(
			store,
			table,
			ids.get(field.id) as string,
			{ ...field, settings },
			field.primary,
		);
	}
	for (const { id: _id, name, type, ...definition } of readViews(store.db, old))
		insertView(
			store,
			table,
			{ name, type },
			renamed(JSON.stringify(definition)),
		);
}

function copyRecords(
	{ db }: Store,
	old: string,
	ids: ReadonlyMap<string, string>,
): void {
	const fields = readFields(db, old).filter(
		(field) => storageOf(field) !== "system",
	);
	const columns = (idOf: (id: string) => string | undefined) =>
		[...ROW_COLUMNS, ...fields.map(({ id }) => `"${idOf(id)}"`)].join(", ");
	db.run(
		`INSERT INTO ${recordsOf(ids.get(old) as string)} (${columns((id) => ids.get(id))}) SELECT ${columns((id) => id)} FROM ${recordsOf(old)}`,
	);
}
