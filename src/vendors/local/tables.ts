import { TablesError } from "../../core/contract/errors.js";
import type { SchemaMethods } from "../../core/contract/schema.js";
import { RECORD_COLUMNS, recordsOf } from "./layout.js";
import { linksTo } from "./links.js";
import { dropField, makeField } from "./schema.js";
import type { SqlValue } from "./sqlite.js";
import { needBase, needTable, type Store } from "./store.js";

/** Makes, renames and deletes tables. */
export function tableMethods(
	store: Store,
): Pick<SchemaMethods, "createTable" | "renameTable" | "deleteTable"> {
	const { db } = store;
	return {
		async createTable(base, spec) {
			if (spec.folder !== undefined)
				throw new TablesError("unsupported", "the local store has no folders", {
					next: "Leave `folder` out; use another base for order.",
				});
			return db.write(() => {
				needBase(store, base);
				checkFree(store, base, spec.name);
				const table = store.newId("tbl");
				insertTable(store, base, table, {
					name: spec.name,
					description: spec.description ?? null,
					numbered: 0,
				});
				for (const [index, field] of spec.fields.entries())
					makeField(store, { base, table }, field, index === 0);
				return { base, table };
			});
		},
		async renameTable({ ref: { base, table } }, name) {
			await db.write(() => {
				needTable(store, { base, table });
				checkFree(store, base, name, table);
				db.run("UPDATE tables SET name = ? WHERE id = ?", [name, table]);
			});
		},
		async deleteTable({ ref }) {
			await db.write(() => {
				needTable(store, ref);
				for (const { table, field } of linksTo(store, ref))
					if (table !== ref.table) dropField(store, table, field);
				db.run(`DROP TABLE ${recordsOf(ref.table)}`);
				for (const kind of ["fields", "views"])
					db.run(`DELETE FROM ${kind} WHERE table_id = ?`, [ref.table]);
				db.run("DELETE FROM tables WHERE id = ?", [ref.table]);
			});
		},
	};
}

/** Keeps a table without fields. `numbered` = how many rows it has ever numbered. */
export function insertTable(
	{ db }: Store,
	base: string,
	table: string,
	row: Readonly<Record<"name" | "description" | "numbered", SqlValue>>,
): void {
	db.run(
		"INSERT INTO tables (id, base, name, description, numbered) VALUES (?, ?, ?, ?, ?)",
		[table, base, row.name, row.description, row.numbered],
	);
	db.run(`CREATE TABLE ${recordsOf(table)} (${RECORD_COLUMNS})`);
}

/** @throws TablesError bad_argument for the name of another table. */
function checkFree(
	{ db }: Store,
	base: string,
	name: string,
	except = "",
): void {
	if (
		db.all("SELECT 1 FROM tables WHERE base = ? AND name = ? AND id <> ?", [
			base,
			name,
			except,
		]).length > 0
	)
		throw new TablesError(
			"bad_argument",
			`there is a table "${name}" already`,
			{
				next: "Choose another name.",
			},
		);
}
