import type { FieldSpec, ViewChange } from "../../core/adapter.js";
import { TablesError } from "../../core/errors.js";
import type {
	Cell,
	Field,
	FieldSettings,
	FieldType,
} from "../../core/field.js";
import { parseCell } from "../../core/parse.js";
import type {
	FilterInput,
	SortInput,
	TableRef,
	View,
} from "../../core/table.js";
import { cellText, isEmpty, showCell } from "../../core/values.js";
import { columnType, localCodecs, storageOf } from "./fields.js";
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

export const RECORD_COLUMNS =
	"n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, created_by TEXT NOT NULL, updated_by TEXT NOT NULL";

const READ_ONLY: Partial<Record<FieldType, string>> = {
	auto_number: "it is numbered by the store",
	created_time: "the store writes it",
	updated_time: "the store writes it",
	created_by: "the store writes it",
	updated_by: "the store writes it",
};

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
		...(readOnly === undefined ? {} : { readOnly }),
	};
}

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

export function changedDefinition(
	before: Definition,
	change: ViewChange,
): Definition {
	return {
		filter: change.filter === undefined ? before.filter : change.filter,
		sort: change.sort === undefined ? before.sort : change.sort,
		hiddenFields:
			change.hiddenFields === undefined
				? before.hiddenFields
				: (change.hiddenFields ?? []),
		treeBy: change.treeBy === undefined ? before.treeBy : change.treeBy,
	};
}

const PRIMARY_TYPES: ReadonlySet<FieldType> = new Set([
	"text",
	"long_text",
	"email",
	"phone",
	"barcode",
	"url",
	"number",
	"currency",
	"date",
	"auto_number",
]);

/** @throws TablesError bad_argument, unsupported: what the store cannot keep. */
export function checkSpec(spec: FieldSpec, primary: boolean): void {
	const codec = localCodecs[spec.type];
	if ("unsupported" in codec)
		throw new TablesError(
			"unsupported",
			`"${spec.name}": ${codec.unsupported}`,
		);
	if (primary && !PRIMARY_TYPES.has(spec.type))
		throw new TablesError(
			"bad_argument",
			`the first field "${spec.name}" is the primary one and cannot be ${spec.type}`,
			{
				next: `It can be ${[...PRIMARY_TYPES].join(", ")}.`,
			},
		);
	if (spec.settings.numberPattern !== undefined)
		checkPattern(spec.settings.numberPattern);
	const { min, max } = spec.settings;
	if (spec.type === "rating" && max !== undefined && max < 1)
		throw new TablesError(
			"bad_argument",
			`"${spec.name}": a rating with max ${max} has no stars`,
			{ next: "Give max as 1 or more; without it there are 5." },
		);
	if (spec.type === "date") checkDateFormat(spec);
	checkDefault(spec);
	if (min !== undefined && max !== undefined && min > max)
		throw new TablesError(
			"bad_argument",
			`"${spec.name}": min ${min} is above max ${max}`,
		);
	const names = (spec.settings.options ?? []).map(({ name }) => name);
	if (new Set(names).size < names.length)
		throw new TablesError("bad_argument", `"${spec.name}" has an option twice`);
}

/** Year, month and day in any order, with the time of day after them where it is shown. */
const DATE_FORMAT =
	/^(?:y{4}|m{2}|d{2})(?:[-/. ]?(?:y{4}|m{2}|d{2})){0,2}(?:[ T]hh:mm(?::ss)?)?$/i;

function checkDateFormat({ name, settings: { format } }: FieldSpec): void {
	if (format !== undefined && !DATE_FORMAT.test(format))
		throw new TablesError(
			"bad_argument",
			`"${name}": "${format}" is no date format`,
			{
				next: "Write yyyy-MM-dd, or yyyy-MM-dd HH:mm where it shows the time of day.",
			},
		);
}

/** A default is a value of its field like any other: it would stand in every new record. */
function checkDefault({ name, type, settings }: FieldSpec): void {
	if (settings.default === undefined || settings.default === null) return;
	const field: Field = {
		id: "",
		name,
		type,
		wireType: type,
		settings,
		primary: false,
	};
	const parsed = parseCell(settings.default, field, {
		zone: "UTC",
		allowNewOptions: false,
		linked: new Map(),
		people: new Map(),
		isId: () => false,
		newOption: () => {},
		note: () => {},
	});
	if ("problem" in parsed)
		throw new TablesError(
			"bad_argument",
			`default ${JSON.stringify(settings.default)} of "${name}" ${parsed.problem}`,
			{ next: "Mend `default` or leave it out; nothing was changed." },
		);
}

function checkPattern(pattern: string): void {
	if (!/\{0+\}/.test(pattern))
		throw new TablesError(
			"bad_argument",
			`number_pattern "${pattern}" has no place for the number`,
			{
				next: "Write it as zeros in braces: REC-{yyyy}-{0000}; {yyyy}, {MM} and {dd} are the day of creation.",
			},
		);
}

/** `REC-{yyyy}-{0000}` with the number and the day of creation in the table's zone; without a pattern the number itself. */
export function autoNumber(
	pattern: string | undefined,
	number: number,
	day: string,
): string | number {
	if (pattern === undefined) return number;
	const [year = "", month = "", date = ""] = day.split("-");
	return pattern
		.replaceAll("{yyyy}", year)
		.replaceAll("{MM}", month)
		.replaceAll("{dd}", date)
		.replace(/\{(0+)\}/g, (_, zeros: string) =>
			String(number).padStart(zeros.length, "0"),
		);
}

/** Settings as they are kept; options get ids, dates a format that says whether they show time. */
export function keptSettings(spec: FieldSpec, id: () => string): FieldSettings {
	const { settings } = spec;
	const showsTime =
		spec.type === "date"
			? settings.format === undefined
				? (settings.showsTime ?? false)
				: /[Hh]/.test(settings.format)
			: undefined;
	return {
		...settings,
		...(settings.options === undefined
			? {}
			: {
					options: settings.options.map((option) =>
						option.id === "" ? { ...option, id: id() } : option,
					),
				}),
		...(showsTime ? { showsTime } : {}),
		...(spec.type === "rating"
			? { min: settings.min ?? 0, max: settings.max ?? 5 }
			: {}),
		...(spec.type === "single_select" || spec.type === "multi_select"
			? {
					options: (settings.options ?? []).map((option) =>
						option.id === "" ? { ...option, id: id() } : option,
					),
				}
			: {}),
	};
}

/** Rows of a table with one column, read in parts so that a large table stays out of memory. */
export function* eachCell(
	db: Sqlite,
	table: string,
	column: string,
): Iterable<{
	readonly n: number;
	readonly id: string;
	readonly wire: SqlValue;
}> {
	let last = 0;
	for (;;) {
		const rows = db.all(
			`SELECT n, id, ${column} AS wire FROM ${recordsOf(table)} WHERE n > ? AND ${column} IS NOT NULL ORDER BY n LIMIT 1000`,
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

const CONVERSION_PROBLEMS = 20;

/**
 * Turns a column into another type inside the running transaction.
 * @throws TablesError bad_value naming the records whose cells would be lost; nothing has changed then.
 */
export function convertColumn(
	db: Sqlite,
	ref: TableRef,
	before: Field,
	spec: FieldSpec,
	settings: FieldSettings,
	zone: string,
	optionId: () => string,
): FieldSettings {
	const after: Field = { ...before, type: spec.type, settings };
	const codec = localCodecs[spec.type];
	if (!("encode" in codec) || codec.encode === undefined)
		throw new TablesError(
			"unsupported",
			`"${before.name}" cannot become ${spec.type}: the store fills it in by itself`,
		);
	if (
		storageOf(before) === "links" ||
		storageOf(after) === "links" ||
		storageOf(before) === "files" ||
		storageOf(after) === "files" ||
		storageOf(before) === "system" ||
		storageOf(before) === "number_text"
	)
		throw new TablesError(
			"unsupported",
			`"${before.name}" (${before.type}) cannot become ${spec.type}`,
			{ next: "Create another field with create_field and copy the values." },
		);
	const old = localCodecs[before.type];
	if (!("decode" in old))
		throw new TablesError("internal", `no codec for ${before.type}`);
	const problems: string[] = [];
	const made = new Map(
		[
			...(SELECTS.has(before.type) ? (before.settings.options ?? []) : []),
			...(settings.options ?? []),
		].map((option) => [option.name, option]),
	);
	const cells: { readonly n: number; readonly wire: SqlValue }[] = [];
	for (const { n, id, wire } of eachCell(db, ref.table, `"${before.id}"`)) {
		const cell = old.decode(wire as never, before, { zone }) as never;
		if (isEmpty(cell)) continue;
		const parsed = parseCell(givenFrom(cell, before, after, zone), after, {
			zone,
			allowNewOptions: true,
			linked: new Map(),
			people: new Map(),
			isId: () => true,
			newOption: (name) => {
				if (!made.has(name)) made.set(name, { id: optionId(), name });
			},
			note: () => {},
		});
		if ("problem" in parsed) problems.push(`${id}: ${parsed.problem}`);
		else
			cells.push({
				n,
				wire: codec.encode(parsed.cell as never, after, { zone }) as SqlValue,
			});
		if (problems.length > CONVERSION_PROBLEMS) break;
	}
	if (problems.length > 0)
		throw new TablesError(
			"bad_value",
			`"${before.name}" cannot become ${spec.type} without losing cells: ${problems.slice(0, CONVERSION_PROBLEMS).join("; ")}${problems.length > CONVERSION_PROBLEMS ? "; and more" : ""}`,
			{
				next: "Change or clear these cells first; nothing was changed.",
			},
		);
	const table = recordsOf(ref.table);
	db.run(`ALTER TABLE ${table} DROP COLUMN "${before.id}"`);
	db.run(`ALTER TABLE ${table} ADD COLUMN "${before.id}" ${columnType(after)}`);
	for (const { n, wire } of cells)
		db.run(`UPDATE ${table} SET "${before.id}" = ? WHERE n = ?`, [wire, n]);
	return SELECTS.has(spec.type)
		? { ...settings, options: [...made.values()] }
		: settings;
}

const SELECTS: ReadonlySet<FieldType> = new Set([
	"single_select",
	"multi_select",
]);
const LISTS: ReadonlySet<FieldType> = new Set(["multi_select", "user"]);

/** A cell as the new type would be given it: entries of a list stay entries, everything else goes through its text. */
function givenFrom(
	cell: Cell,
	before: Field,
	after: Field,
	zone: string,
): unknown {
	const lists = LISTS.has(after.type) || after.type === "single_select";
	if (lists && LISTS.has(before.type))
		return showCell(cell, before, zone, "compact");
	if (LISTS.has(after.type) && before.type === "single_select") return [cell];
	return cellText(cell, before, zone);
}
