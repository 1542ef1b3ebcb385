import { TablesError } from "../../core/contract/errors.js";
import type {
	Field,
	FieldSettings,
	FieldType,
} from "../../core/contract/field.js";
import type {
	FilterInput,
	SortInput,
	View,
} from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import type { Sqlite, SqlRow, SqlValue } from "./sqlite.js";

const LAYOUT = [
	"CREATE TABLE IF NOT EXISTS bases (id TEXT PRIMARY KEY, name TEXT NOT NULL, time_zone TEXT)",
	"CREATE TABLE IF NOT EXISTS tables (id TEXT PRIMARY KEY, base TEXT NOT NULL, name TEXT NOT NULL, description TEXT, numbered INTEGER NOT NULL DEFAULT 0)",
	"CREATE TABLE IF NOT EXISTS fields (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, table_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, settings TEXT NOT NULL, description TEXT, is_primary INTEGER NOT NULL)",
	"CREATE INDEX IF NOT EXISTS fields_of ON fields (table_id, n)",
	"CREATE TABLE IF NOT EXISTS views (n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, table_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, definition TEXT NOT NULL)",
	"CREATE TABLE IF NOT EXISTS write_keys (key TEXT PRIMARY KEY, ids TEXT NOT NULL, at_ms INTEGER NOT NULL)",
	"CREATE TABLE IF NOT EXISTS files (token TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL, type TEXT NOT NULL)",
	"INSERT OR IGNORE INTO bases (id, name, time_zone) VALUES ('main', 'main', NULL)",
] as const;

/** The layout's number in the file; a newer file is refused, not misread. */
const VERSION = 2;

/**
 * Lays out a new file and brings an older one up to date.
 * @throws TablesError unsupported
 */
export async function prepareFile(db: Sqlite): Promise<void> {
	const version = Number(db.all("PRAGMA user_version")[0]?.user_version ?? 0);
	if (version > VERSION)
		throw new TablesError(
			"unsupported",
			`the local store was written by a newer tables-mcp (layout ${version}, this one knows ${VERSION})`,
			{ next: "Update tables-mcp." },
		);
	if (version === VERSION) return;
	await db.write(() => {
		for (const sql of LAYOUT) db.run(sql);
		db.run(`PRAGMA user_version = ${VERSION}`);
	});
}

/** Name of the SQLite table that holds a table's records. */
export function recordsOf(table: string): string {
	return `"records_${table}"`;
}

/** How a table of records begins: `ROW_COLUMNS` as SQLite makes them. */
export const RECORD_COLUMNS =
	"n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL";

/** Columns that stand in every row before those of the fields. */
export const ROW_COLUMNS = [
	"n",
	"id",
	"created_at",
	"updated_at",
	"created_by",
	"updated_by",
] as const;

const READ_ONLY: Partial<Record<FieldType, string>> = {
	auto_number: "it is numbered by the store",
	created_time: "the store writes it",
	updated_time: "the store writes it",
	created_by: "the store writes it",
	updated_by: "the store writes it",
};

/** Fields of a table in their order, the primary one first. */
export function readFields(db: Sqlite, table: string): readonly Field[] {
	return db
		.all(
			"SELECT id, name, type, settings, description, is_primary FROM fields WHERE table_id = ? ORDER BY n",
			[table],
		)
		.map(fieldOf);
}

function fieldOf(row: SqlRow): Field {
	const type = row.type as FieldType;
	const readOnly = READ_ONLY[type];
	return {
		id: row.id as string,
		name: row.name as string,
		type,
		primary: row.is_primary === 1,
		settings: JSON.parse(row.settings as string) as FieldSettings,
		wireType: type,
		...(row.description === null
			? {}
			: { description: row.description as string }),
		...defined({ readOnly }),
	};
}

/** Views of a table in the order in which they were made, with their definitions. */
export function readViews(db: Sqlite, table: string): readonly View[] {
	return db
		.all(
			"SELECT id, name, type, definition FROM views WHERE table_id = ? ORDER BY n",
			[table],
		)
		.map((row) => ({
			id: row.id as string,
			name: row.name as string,
			type: row.type as string,
			...(JSON.parse(row.definition as string) as Definition),
		}));
}

/** A view's definition as it is kept: nothing set = nothing there. */
export interface Definition {
	readonly filter: FilterInput | null;
	readonly sort: readonly SortInput[] | null;
	readonly hiddenFields: readonly string[];
	readonly treeBy: string | null;
}

/** Cells of a field that are not empty, read in parts so that a large table stays out of memory. */
export function* eachCell(
	db: Sqlite,
	table: string,
	field: string,
): Iterable<{
	readonly n: number;
	readonly id: string;
	readonly wire: SqlValue;
}> {
	let last = 0;
	for (;;) {
		const rows = db.all(
			`SELECT n, id, "${field}" AS wire FROM ${recordsOf(table)} WHERE n > ? AND "${field}" IS NOT NULL ORDER BY n LIMIT 1000`,
			[last],
		);
		for (const row of rows)
			yield {
				n: row.n as number,
				id: row.id as string,
				wire: row.wire ?? null,
			};
		const end = rows.at(-1);
		if (end === undefined) return;
		last = end.n as number;
	}
}
