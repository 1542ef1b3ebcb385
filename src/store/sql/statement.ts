import type {
	SqlFault,
	SqlMost,
	SqlQuestion,
	SqlStatement,
	SqlValue,
} from "../../core/contract/sql.js";
import { asciiLower } from "../../core/values/names.js";
import { type OpenDatabase, openDatabase, quotedName } from "./database.js";
import { type Failure, faultOf } from "./faults.js";
import type { Done } from "./messages.js";
import type { Engine, Sqlite3 } from "./module.js";
import { type Cursor, openCursor, prepareOnly } from "./prepared.js";

/** Characters of rows that are answered in one piece: read in a few milliseconds. */
const PIECE_CHARACTERS = 200_000;

/** A statement and its tables, in the thread. */
export interface Statement {
	readonly used: SqlStatement["used"];
	readonly functions: SqlStatement["functions"];
	readonly columns: readonly string[];
	readonly origins: SqlStatement["origins"];
	load(table: number, rows: readonly (readonly SqlValue[])[]): Done | SqlFault;
	/** Hands out rows in pieces before it answers. */
	run(
		most: SqlMost,
		piece: (rows: readonly (readonly SqlValue[])[]) => void,
	): Done | SqlFault;
	close(): void;
}

/** Makes the tables and prepares the statement on them. */
export function openStatement(
	engine: Engine,
	question: SqlQuestion,
	shouldEnd: () => boolean,
): Statement | SqlFault {
	const { sqlite } = engine;
	let open: OpenDatabase;
	try {
		open = openDatabase(engine, question, shouldEnd);
	} catch (error) {
		return { fault: "failed", message: String((error as Error).message) };
	}
	const prepared = prepareOnly(sqlite, open, question.sql);
	if (typeof prepared !== "number") {
		open.close();
		return faultOf(prepared, open, question.sql);
	}
	const used = usedOf(question, open);
	const inserts = new Map<number, Cursor>();
	const failure = (): Failure => failureOf(sqlite, open);
	const cursor = openCursor(sqlite, open, prepared);
	const { columns } = cursor;
	const origins = columns.map((_, at) =>
		originOf(engine, question, prepared, at),
	);
	return {
		...{ used, columns, origins, functions: open.functions },
		load(table, rows) {
			const insert =
				inserts.get(table) ??
				open.trusted(() =>
					openCursor(sqlite, open, insertSql(question, table, used)),
				);
			inserts.set(table, insert);
			const isDone = open.trusted(() => insertAll(open, insert, rows));
			return isDone ? {} : faultOf(failure(), open, question.sql);
		},
		run(most, piece) {
			let [count, size, pieceSize] = [0, 0, 0];
			let rows: (readonly SqlValue[])[] = [];
			for (;;) {
				const row = cursor.next();
				if (open.askedTime() || row === "failed")
					return faultOf(failure(), open, question.sql);
				if (row === "end") break;
				const characters = sizeOf(row);
				if (count === most.rows || size + characters > most.characters) {
					piece(rows);
					return { columns, isCut: true };
				}
				rows.push(row);
				count++;
				size += characters;
				pieceSize += characters;
				if (pieceSize > PIECE_CHARACTERS) {
					piece(rows);
					[rows, pieceSize] = [[], 0];
				}
			}
			piece(rows);
			return { columns, isCut: false };
		},
		close() {
			for (const insert of inserts.values()) insert.close();
			sqlite.capi.sqlite3_finalize(prepared as never);
			open.close();
		},
	};
}

/** The column of a table that this one of the statement hands on, if it is one. */
function originOf(
	{ sqlite: { capi } }: Engine,
	{ tables }: SqlQuestion,
	statement: number,
	at: number,
): SqlStatement["origins"][number] {
	const pointer = statement as never;
	const as = capi.sqlite3_column_table_name(pointer, at) ?? "";
	const name = capi.sqlite3_column_origin_name(pointer, at) ?? "";
	const isNamed = (one: string, other: string) =>
		asciiLower(one) === asciiLower(other);
	const table = tables.findIndex((one) => isNamed(one.as, as));
	const column =
		tables[table]?.columns.findIndex((one) => isNamed(one.name, name)) ?? -1;
	return column < 0 ? undefined : { table, column };
}

function failureOf({ capi }: Sqlite3, { db }: OpenDatabase): Failure {
	return {
		code: capi.sqlite3_errcode(db.pointer as never),
		message: capi.sqlite3_errmsg(db.pointer as never),
		offset: -1,
	};
}

/** In one transaction: an insert that is one of its own takes twice as long. */
function insertAll(
	{ db }: OpenDatabase,
	insert: Cursor,
	rows: readonly (readonly SqlValue[])[],
): boolean {
	db.exec("begin");
	const isDone = rows.every((row) => insert.insert(row));
	if (isDone) db.exec("commit");
	return isDone;
}

/** The columns that the authorizer was asked about, and those that a join takes without asking it. */
function usedOf(
	{ sql, tables }: SqlQuestion,
	{ read }: OpenDatabase,
): SqlStatement["used"] {
	const joined = joinedBy(sql);
	return tables.map(({ as, columns }) => {
		const names = read.get(asciiLower(as));
		if (names === undefined && joined === undefined) return undefined;
		return columns.flatMap(({ name }, place) =>
			names?.has(asciiLower(name)) || joined?.(name) ? [place] : [],
		);
	});
}

/**
 * May this column be one by which tables are joined? The authorizer is not asked about those of NATURAL, which may be
 * any, and of USING, whose names stand in the statement; nor about a table of which nothing else is used. A word too
 * many costs reading, one too few a wrong answer. Undefined: no tables are joined so.
 */
function joinedBy(sql: string): ((name: string) => boolean) | undefined {
	const text = asciiLower(sql);
	if (text.includes("natural")) return () => true;
	if (!text.includes("using")) return undefined;
	return (name) =>
		text.includes(asciiLower(name)) ||
		text.includes(asciiLower(name).replaceAll('"', '""')) ||
		text.includes(asciiLower(name).replaceAll("`", "``"));
}

function insertSql(
	{ tables }: SqlQuestion,
	table: number,
	used: SqlStatement["used"],
): string {
	const { as = "", columns = [] } = tables[table] ?? {};
	const names = (used[table] ?? []).flatMap((place) => columns[place] ?? []);
	return names.length === 0
		? `insert into ${quotedName(as)} default values`
		: `insert into ${quotedName(as)} (${names.map(({ name }) => quotedName(name)).join(", ")}) values (${names.map(() => "?").join(", ")})`;
}

/** What a row takes, as far as it matters. */
function sizeOf(row: readonly SqlValue[]): number {
	return row.reduce<number>(
		(sum, value) => sum + (typeof value === "string" ? value.length : 8),
		8,
	);
}
