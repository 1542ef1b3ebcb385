import { existsSync, statSync } from "node:fs";
import type { Clock } from "../../core/contract/clock.js";
import { TablesError } from "../../core/contract/errors.js";
import { failureOf } from "../../core/contract/machine-failures.js";
import { resultName, sqliteFailure } from "./sqlite-failures.js";

/** What SQLite takes and gives: no booleans, no dates, whole numbers only where a double holds them. */
export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The small part of SQLite that the store uses; the same over both drivers. */
export interface Sqlite {
	all(sql: string, values?: readonly SqlValue[]): readonly SqlRow[];
	/** Number of rows changed. */
	run(sql: string, values?: readonly SqlValue[]): number;
	/** All or nothing, short, begun as a writer; waits for other writers and never fails because of them within half a minute. */
	write<T>(work: () => T): Promise<T>;
	/** A whole copy as of now, while others go on writing. `to` must not exist. */
	copyTo(to: string): void;
	/** Leaves everything in the one file. A second time does nothing. */
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

/** A writer that keeps the file longer than this, in all tries together, is taken for stuck; a call has to answer in 45 s. */
const BUSY_MS = 30_000;
/** How long one statement waits for a lock: without blocking the event loop for long. */
const WAIT_MS = 500;
const STATEMENTS = 200;
/** After so long without a write the log beside the file is folded into it, so that a copy of the file is whole. */
const FOLD_AFTER_MS = 1_000;

/**
 * Opens or makes the file. Node's own SQLite where it has one (22.13 and later), else the package `libsql`.
 * @throws TablesError unsupported when there is neither.
 */
export async function openSqlite(file: string, clock: Clock): Promise<Sqlite> {
	const translated = translating(`the local store ${file}`);
	const driver = await translated(() => openDriver(file));
	try {
		await translated(() => setUp(driver, clock));
	} catch (error) {
		driver.close();
		throw error;
	}
	const statements = statementsOf(driver);
	const stillThere = presence(file);
	const fold = folding(driver);
	let inside = false;
	let closed = false;
	const begin = () => {
		stillThere();
		driver.exec("BEGIN IMMEDIATE");
		inside = true;
	};
	const transaction = <T>(work: () => T): T => {
		begin();
		try {
			const result = work();
			driver.exec("COMMIT");
			stillThere();
			return result;
		} catch (error) {
			rollBack(driver);
			throw error;
		} finally {
			inside = false;
		}
	};
	return {
		all: (sql, values = []) =>
			translated(() => {
				if (!inside) stillThere();
				return statements.get(sql).all(...values.map(checked)) as SqlRow[];
			}),
		run: (sql, values = []) =>
			translated(() =>
				Number(statements.get(sql).run(...values.map(checked)).changes),
			),
		async write(work) {
			const result = await translated(() =>
				retryBusy(clock, () => transaction(work)),
			);
			fold.soon();
			return result;
		},
		copyTo: (to) =>
			translated(() => {
				stillThere();
				driver.prepare("VACUUM INTO ?").run(to);
			}),
		close() {
			if (closed) return;
			closed = true;
			fold.atEnd();
			statements.clear();
			driver.close();
		},
	};
}

/** Work of which every failure of this machine is said as what it is. */
function translating(doing: string): <T>(work: () => T) => T {
	const said = (error: unknown) => sqliteFailure(error, doing) ?? error;
	return <T>(work: () => T): T => {
		try {
			const result = work();
			return result instanceof Promise
				? (result.catch((error: unknown) => {
						throw said(error);
					}) as T)
				: result;
		} catch (error) {
			throw said(error);
		}
	};
}

async function setUp(driver: Driver, clock: Clock): Promise<void> {
	driver.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
	await retryBusy(clock, () => driver.exec("PRAGMA journal_mode = WAL"));
	driver.exec("PRAGMA synchronous = NORMAL");
	driver.exec("PRAGMA foreign_keys = OFF");
}

function statementsOf(driver: Driver): {
	get(sql: string): Statement;
	clear(): void;
} {
	const made = new Map<string, Statement>();
	return {
		get(sql) {
			const known = made.get(sql);
			if (known !== undefined) return known;
			if (made.size >= STATEMENTS) made.clear();
			const statement = driver.prepare(sql);
			made.set(sql, statement);
			return statement;
		},
		clear: () => made.clear(),
	};
}

function rollBack(driver: Driver): void {
	try {
		driver.exec("ROLLBACK");
	} catch {
		// The failure that led here has ended the transaction already.
	}
}

/**
 * A file that was deleted or replaced can still be written through its open handle, and what is written is gone with
 * the process. So is what goes to a deleted log beside it.
 */
function presence(file: string): () => void {
	const identity = () => {
		const info = statSync(file, { bigint: true, throwIfNoEntry: false });
		largest = info !== undefined && info.size > largest ? info.size : largest;
		size = info?.size ?? 0n;
		return info === undefined ? undefined : `${info.dev}.${info.ino}`;
	};
	let [largest, size] = [0n, 0n];
	const opened = identity();
	const log = `${file}-wal`;
	let hadLog = false;
	return () => {
		const hasLog = existsSync(log);
		const why =
			identity() !== opened
				? `${file} is not the file that was opened`
				: hadLog && !hasLog
					? `${log} is gone`
					: // Nothing here makes it smaller: what it held is gone, and SQLite reads on as if it had never been.
						size < largest
						? `${file} was cut from ${largest} to ${size} bytes`
						: undefined;
		hadLog ||= hasLog;
		if (why !== undefined)
			throw failureOf(
				"REMOVED",
				`the local store ${file}`,
				new Error(opened === undefined ? `${file} is gone` : why),
			);
	};
}

/**
 * What was written last lies in the log beside the file until it is folded in. Several processes share both: only the
 * last that closes would fold by itself, libsql never does, and a process that is killed leaves it to others. So
 * whoever has written does it, once it has been idle; where another is just reading or writing it is tried again.
 */
function folding(driver: Driver): { soon(): void; atEnd(): void } {
	const fold = (waitMs: number): boolean => {
		try {
			driver.exec(`PRAGMA busy_timeout = ${waitMs}`);
			const [row] = driver.prepare("PRAGMA wal_checkpoint(TRUNCATE)").all();
			driver.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
			return (row as { readonly busy?: unknown } | undefined)?.busy === 0;
		} catch {
			// Nothing is lost: it stays in the log, and the next one who opens the file has it.
			return true;
		}
	};
	let timer: NodeJS.Timeout | undefined;
	const soon = () => {
		if (timer === undefined) {
			timer = setTimeout(() => {
				timer = undefined;
				if (!fold(0)) soon();
			}, FOLD_AFTER_MS);
			timer.unref();
		} else timer.refresh();
	};
	return {
		soon,
		atEnd() {
			clearTimeout(timer);
			fold(WAIT_MS);
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
	const name = error instanceof TablesError ? error.machine : resultName(error);
	return name === "SQLITE_BUSY" || name === "SQLITE_LOCKED";
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
