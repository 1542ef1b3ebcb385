import type { Clock } from "../../core/contract/clock.js";
import { TablesError } from "../../core/contract/errors.js";

/** What SQLite takes and gives: no booleans, no dates, whole numbers only where a double holds them. */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The small part of SQLite that the store uses; the same over both drivers. */
export interface Sqlite {
	all(sql: string, values?: readonly SqlValue[]): readonly SqlRow[];
	/** Number of rows changed. */
	run(sql: string, values?: readonly SqlValue[]): number;
	/** All or nothing, short, begun as a writer; waits for other writers and never fails because of them within a minute. */
	write<T>(work: () => T): Promise<T>;
	close(): void;
}

interface Statement {
	all(...values: SqlValue[]): unknown[];
	run(...values: SqlValue[]): { readonly changes: number | bigint };
}

interface Driver {
	exec(sql: string): void;
	prepare(sql: string): Statement;
	close(): void;
}

/** A writer that keeps the file longer than this, in all tries together, is taken for stuck. */
const BUSY_MS = 60_000;
const STATEMENTS = 200;

/**
 * Opens or makes the file. Node's own SQLite where it has one (22.13 and later), else the package `libsql`.
 * @throws TablesError unsupported when there is neither.
 */
export async function openSqlite(file: string, clock: Clock): Promise<Sqlite> {
	const driver = await openDriver(file);
	// Locks are waited for without blocking the event loop for long: short here, repeated in `write`.
	driver.exec("PRAGMA busy_timeout = 500");
	await retryBusy(clock, () => driver.exec("PRAGMA journal_mode = WAL"));
	driver.exec("PRAGMA synchronous = NORMAL");
	driver.exec("PRAGMA foreign_keys = OFF");
	const statements = new Map<string, Statement>();
	const prepare = (sql: string): Statement => {
		const known = statements.get(sql);
		if (known !== undefined) return known;
		if (statements.size >= STATEMENTS) statements.clear();
		const made = driver.prepare(sql);
		statements.set(sql, made);
		return made;
	};
	return {
		all: (sql, values = []) =>
			prepare(sql).all(...values.map(checked)) as SqlRow[],
		run: (sql, values = []) =>
			Number(prepare(sql).run(...values.map(checked)).changes),
		write: (work) =>
			retryBusy(clock, () => {
				driver.exec("BEGIN IMMEDIATE");
				try {
					const result = work();
					driver.exec("COMMIT");
					return result;
				} catch (error) {
					try {
						driver.exec("ROLLBACK");
					} catch {
						// The failure that led here has ended the transaction already.
					}
					throw error;
				}
			}),
		close() {
			statements.clear();
			driver.close();
		},
	};
}

/** libsql ends the whole process on a value it does not know, so nothing else may reach it. */
function checked(value: SqlValue): SqlValue {
	if (value === null || typeof value === "string") return value;
	if (typeof value === "number" && Number.isFinite(value)) return value;
	throw new TablesError("internal", `a ${typeof value} cannot be stored`);
}

async function retryBusy<T>(clock: Clock, work: () => T): Promise<T> {
	const endMs = clock.now() + BUSY_MS;
	for (let waitMs = 5; ; waitMs = Math.min(waitMs * 2, 200)) {
		try {
			return work();
		} catch (error) {
			if (!isBusy(error) || clock.now() > endMs) throw error;
			await clock.sleep(waitMs);
		}
	}
}

function isBusy(error: unknown): boolean {
	const { code, errcode, message } = error as {
		code?: unknown;
		errcode?: unknown;
		message?: unknown;
	};
	return (
		(typeof code === "string" && /SQLITE_(BUSY|LOCKED)/.test(code)) ||
		errcode === 5 ||
		errcode === 6 ||
		/database (table )?is locked/.test(String(message))
	);
}

/** Node 20 has no such module, and neither have its types. */
const NODE_SQLITE: string = "node:sqlite";

async function openDriver(file: string): Promise<Driver> {
	try {
		const { DatabaseSync } = (await import(NODE_SQLITE)) as {
			DatabaseSync: new (path: string) => Driver;
		};
		return new DatabaseSync(file);
	} catch (error) {
		if (!isMissing(error)) throw error;
	}
	try {
		const { default: Database } = (await import("libsql")) as unknown as {
			default: new (path: string) => Driver;
		};
		return new Database(file);
	} catch (error) {
		if (!isMissing(error)) throw error;
	}
	throw new TablesError(
		"unsupported",
		`the local store needs SQLite, and this Node has none`,
		{
			next: "Use Node 22.13 or later, or install the package `libsql` beside tables-mcp (npm install libsql).",
		},
	);
}

function isMissing(error: unknown): boolean {
	const { code } = error as { code?: unknown };
	return (
		code === "ERR_UNKNOWN_BUILTIN_MODULE" ||
		code === "ERR_MODULE_NOT_FOUND" ||
		code === "MODULE_NOT_FOUND" ||
		code === "ENOENT"
	);
}
