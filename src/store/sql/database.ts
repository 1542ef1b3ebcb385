import type { SqlQuestion, SqlTable } from "../../core/contract/sql.js";
import { asciiLower } from "../../core/values/names.js";
import {
	deviation,
	narrow,
	noSpread,
	type Spread,
	widen,
} from "./deviation.js";
import { functionsOf, type SqlFunction } from "./functions.js";
import type { Database, Engine, Sqlite3 } from "./module.js";
import { type Denied, denied, functionNames } from "./permitted.js";

/** Steps of SQLite's machine between two looks at whether the statement is to end: well below a millisecond. */
const STEPS = 10_000;

/** All that SQLite may keep, for rows, sorting and results. */
const MEMORY_BYTES = 256_000_000;

/** What one statement may be, each far above what one that means something needs. */
const LIMITS = {
	SQLITE_LIMIT_LENGTH: 4_000_000,
	SQLITE_LIMIT_SQL_LENGTH: 100_000,
	SQLITE_LIMIT_EXPR_DEPTH: 200,
	SQLITE_LIMIT_COMPOUND_SELECT: 100,
	SQLITE_LIMIT_FUNCTION_ARG: 100,
	SQLITE_LIMIT_ATTACHED: 0,
	SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
	SQLITE_LIMIT_TRIGGER_DEPTH: 1,
	SQLITE_LIMIT_WORKER_THREADS: 0,
} as const;

/** Tables in memory, and what a statement on them has asked for. */
export interface OpenDatabase {
	readonly db: Database;
	/** What the authorizer refused last. */
	denied(): Denied | undefined;
	/** By the table's name in small letters: the columns that were asked for, in small letters; "" counts rows. */
	readonly read: ReadonlyMap<string, ReadonlySet<string>>;
	/** Functions that were asked for, in small letters. */
	readonly functions: ReadonlySet<string>;
	/** Was this machine's clock or zone asked? */
	askedTime(): boolean;
	/** While the work of the program itself is done, nothing is refused. */
	trusted<T>(work: () => T): T;
	close(): void;
}

/** Empty tables, with functions and limits; `shouldEnd` is asked while a statement runs. */
export function openDatabase(
	{ sqlite, timesAsked }: Engine,
	question: SqlQuestion,
	shouldEnd: () => boolean,
): OpenDatabase {
	const { capi } = sqlite;
	const db = new sqlite.oo1.DB(":memory:", "c");
	const functions = functionsOf(question);
	const known = {
		tables: new Set(question.tables.map(({ as }) => asciiLower(as))),
		functions: functionNames([...functions.map(({ name }) => name), "stddev"]),
	};
	const read = new Map<string, Set<string>>();
	const called = new Set<string>();
	let [last, isTrusted]: [Denied | undefined, boolean] = [undefined, true];
	const askedBefore = timesAsked();
	const askedTime = () => timesAsked() > askedBefore;
	limit(sqlite, db);
	for (const one of functions) register(sqlite, db, one);
	registerDeviation(sqlite, db);
	for (const table of question.tables) db.exec(tableSql(table));
	capi.sqlite3_set_authorizer(
		db.pointer as never,
		(_, action, first, second) => {
			if (isTrusted) return capi.SQLITE_OK;
			const names = [first || "", second || ""] as const;
			const why = denied(action, names, known);
			if (why !== undefined) {
				last = why;
				return capi.SQLITE_DENY;
			}
			if (action === capi.SQLITE_FUNCTION) called.add(asciiLower(names[1]));
			const [table, column] = names.map(asciiLower);
			if (action === capi.SQLITE_READ && table !== undefined)
				read.set(table, (read.get(table) ?? new Set()).add(column ?? ""));
			return capi.SQLITE_OK;
		},
		0 as never,
	);
	capi.sqlite3_progress_handler(
		db.pointer as never,
		STEPS,
		() => Number(!isTrusted && (askedTime() || shouldEnd())),
		0 as never,
	);
	isTrusted = false;
	return {
		db,
		read,
		functions: called,
		denied: () => last,
		askedTime,
		trusted(work) {
			isTrusted = true;
			try {
				return work();
			} finally {
				isTrusted = false;
			}
		},
		close: () => db.close(),
	};
}

function limit({ capi }: Sqlite3, db: Database): void {
	for (const [name, most] of Object.entries(LIMITS))
		capi.sqlite3_limit(
			db.pointer as never,
			capi[name as keyof typeof capi] as never,
			most,
		);
	const config = (option: number, value: number) =>
		capi.sqlite3_db_config(
			db.pointer as never,
			option as never,
			value as never,
			0 as never,
		);
	// A name in double quotes is a name: one that is misspelled must not be a text.
	config(capi.SQLITE_DBCONFIG_DQS_DML, 0);
	config(capi.SQLITE_DBCONFIG_DQS_DDL, 0);
	config(capi.SQLITE_DBCONFIG_DEFENSIVE, 1);
	config(capi.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
	db.exec(
		`pragma journal_mode=off; pragma synchronous=off; pragma temp_store=memory; pragma hard_heap_limit=${MEMORY_BYTES}`,
	);
}

function register(
	{ capi }: Sqlite3,
	db: Database,
	{ name, takes, answer }: SqlFunction,
): void {
	const flags =
		capi.SQLITE_UTF8 | capi.SQLITE_DETERMINISTIC | capi.SQLITE_INNOCUOUS;
	for (const count of takes)
		capi.sqlite3_create_function(
			db.pointer as never,
			name,
			count,
			flags as never,
			0 as never,
			((_: number, ...given: never[]) => answer(...given)) as never,
			0 as never,
			0 as never,
		);
}

/** `stddev`, over a group or a window. */
function registerDeviation({ capi }: Sqlite3, db: Database): void {
	const spreads = new Map<number, Spread>();
	const at = (context: unknown) => {
		const place = Number(
			capi.sqlite3_aggregate_context(context as never, 8 as never),
		);
		const spread = spreads.get(place) ?? noSpread();
		spreads.set(place, spread);
		return { place, spread };
	};
	const value = (context: unknown) => deviation(at(context).spread);
	const final = (context: unknown) => {
		const { place, spread } = at(context);
		spreads.delete(place);
		return deviation(spread);
	};
	capi.sqlite3_create_window_function(
		db.pointer as never,
		"stddev",
		1,
		(capi.SQLITE_UTF8 | capi.SQLITE_INNOCUOUS) as never,
		0 as never,
		((context: unknown, given: never) =>
			widen(at(context).spread, given)) as never,
		final as never,
		value as never,
		((context: unknown, given: never) =>
			narrow(at(context).spread, given)) as never,
		0 as never,
	);
}

function tableSql({ as, columns }: SqlTable): string {
	const list = columns.map(({ name, type }) => `${quotedName(name)} ${type}`);
	return `create table ${quotedName(as)} (${list.join(", ")}) strict`;
}

/** A name as SQL has it. */
export function quotedName(name: string): string {
	return `"${name.replaceAll('"', '""')}"`;
}
