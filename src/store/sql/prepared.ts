import type { SqlValue } from "../../core/contract/sql.js";
import type { OpenDatabase } from "./database.js";
import type { Failure } from "./faults.js";
import type { Sqlite3 } from "./module.js";

/** A prepared statement that is stepped through, close to SQLite's own functions: its comfortable ones take four times as long. */
export interface Cursor {
	readonly columns: readonly string[];
	next(): readonly SqlValue[] | "end" | "failed";
	/** Binds the values and runs it; false: it failed. */
	insert(values: readonly SqlValue[]): boolean;
	close(): void;
}

/** Functions of SQLite without the comfort around them; a pointer is a number. */
interface Raw {
	sqlite3_column_int64(statement: number, column: number): bigint;
	sqlite3_column_text(statement: number, column: number): number;
	sqlite3_column_blob(statement: number, column: number): number;
	sqlite3_bind_text(
		...given: [
			statement: number,
			at: number,
			start: number,
			bytes: number,
			free: 0,
		]
	): number;
	sqlite3_bind_double(statement: number, at: number, value: number): number;
	sqlite3_bind_null(statement: number, at: number): number;
}

/** A statement of the program itself, or one that `prepareOnly` has prepared. */
export function openCursor(
	{ capi, wasm }: Sqlite3,
	{ db }: OpenDatabase,
	prepared: string | number,
): Cursor {
	const own = typeof prepared === "string" ? db.prepare(prepared) : undefined;
	const statement = (own?.pointer ?? prepared) as never;
	const text = textSpace(wasm);
	const count = capi.sqlite3_column_count(statement);
	const columns = Array.from(
		{ length: count },
		(_, column) => capi.sqlite3_column_name(statement, column) ?? "",
	);
	const decoder = new TextDecoder();
	const raw = wasm.exports as unknown as Raw;
	const bytesAt = (column: number, start: number) =>
		wasm
			.heap8u()
			.subarray(start, start + capi.sqlite3_column_bytes(statement, column));
	const value = (column: number): SqlValue => {
		switch (capi.sqlite3_column_type(statement, column)) {
			case capi.SQLITE_INTEGER: {
				const integer = raw.sqlite3_column_int64(statement, column);
				const number = Number(integer);
				return Number.isSafeInteger(number) ? number : String(integer);
			}
			case capi.SQLITE_FLOAT:
				return finite(capi.sqlite3_column_double(statement, column));
			case capi.SQLITE_TEXT: {
				const start = raw.sqlite3_column_text(statement, column);
				return decoder.decode(bytesAt(column, start));
			}
			case capi.SQLITE_BLOB: {
				const start = raw.sqlite3_column_blob(statement, column);
				return `x'${Buffer.from(bytesAt(column, start)).toString("hex")}'`;
			}
			default:
				return null;
		}
	};
	return {
		columns,
		next() {
			const code = capi.sqlite3_step(statement);
			if (code === capi.SQLITE_DONE) return "end";
			if (code !== capi.SQLITE_ROW) return "failed";
			return columns.map((_, column) => value(column));
		},
		insert(values) {
			const places = text.put(values);
			values.forEach((one, index) => {
				const place = places[index];
				if (place !== undefined)
					raw.sqlite3_bind_text(statement, index + 1, ...place, 0);
				else if (typeof one === "number")
					raw.sqlite3_bind_double(statement, index + 1, one);
				else raw.sqlite3_bind_null(statement, index + 1);
			});
			const code = capi.sqlite3_step(statement);
			capi.sqlite3_reset(statement);
			return code === capi.SQLITE_DONE;
		},
		close() {
			own?.finalize();
			text.free();
		},
	};
}

/** What JSON cannot hold as a number is given as a text. */
function finite(number: number): SqlValue {
	return Number.isFinite(number) ? number : String(number);
}

/** Bytes that one character of a text takes at most. */
const MOST_BYTES = 3;

/** Room in the engine's memory for the texts of one row: they stay where they are until the row is stored. */
function textSpace(wasm: Sqlite3["wasm"]): {
	/** Where each text is, and its bytes. */
	put(
		values: readonly SqlValue[],
	): readonly (readonly [start: number, bytes: number] | undefined)[];
	free(): void;
} {
	const encoder = new TextEncoder();
	let [start, size] = [0, 0];
	return {
		put(values) {
			let needed = 0;
			for (const value of values)
				if (typeof value === "string") needed += value.length * MOST_BYTES;
			if (needed > size) {
				if (size > 0) wasm.dealloc(start as never);
				size = needed * 2;
				start = Number(wasm.alloc(size));
			}
			const heap = wasm.heap8u();
			let at = start;
			return values.map((value) => {
				if (typeof value !== "string") return undefined;
				const { written } = encoder.encodeInto(
					value,
					heap.subarray(at, start + size),
				);
				const place = [at, written] as const;
				at += written;
				return place;
			});
		},
		free() {
			if (size > 0) wasm.dealloc(start as never);
		},
	};
}

/**
 * The one SELECT of a text; else why it is none. What follows it must be nothing: SQLite takes the first statement and
 * is silent about the rest.
 */
export function prepareOnly(
	{ capi, wasm }: Sqlite3,
	{ db }: OpenDatabase,
	sql: string,
): number | Failure {
	const bytes = new TextEncoder().encode(sql);
	const text = Number(wasm.alloc(bytes.length + 1 + 16));
	const out = text + ((bytes.length + 1 + 7) & ~7);
	wasm.heap8u().set(bytes, text);
	wasm.heap8u()[text + bytes.length] = 0;
	const prepare = (from: number) => {
		const code = capi.sqlite3_prepare_v3(
			db.pointer as never,
			from as never,
			bytes.length - (from - text),
			0,
			out as never,
			(out + 4) as never,
		);
		const failure: Failure | undefined =
			code === capi.SQLITE_OK
				? undefined
				: {
						code,
						message: capi.sqlite3_errmsg(db.pointer as never),
						offset: capi.sqlite3_error_offset(db.pointer as never),
					};
		const statement = Number(wasm.peekPtr(out as never));
		const rest = Number(wasm.peekPtr((out + 4) as never));
		return { failure, statement, rest };
	};
	const other = (message: string, offset: number): Failure => ({
		code: capi.SQLITE_ERROR,
		message,
		offset,
		isForbidden: true,
	});
	try {
		const { failure, statement, rest } = prepare(text);
		if (failure !== undefined) return failure;
		if (statement === 0) return other("there is no statement", 0);
		const refuse = (failed: Failure) => {
			capi.sqlite3_finalize(statement as never);
			return failed;
		};
		const pointer = statement as never;
		if (
			capi.sqlite3_column_count(pointer) === 0 ||
			capi.sqlite3_stmt_readonly(pointer) === 0 ||
			capi.sqlite3_stmt_isexplain(pointer) !== 0
		)
			return refuse(other("only a SELECT can be run", 0));
		if (capi.sqlite3_bind_parameter_count(pointer) > 0)
			return refuse(
				other("there are parameters (?, :name), and nothing fills them", 0),
			);
		const after = prepare(rest);
		if (after.statement !== 0) capi.sqlite3_finalize(after.statement as never);
		return after.statement === 0 && after.failure === undefined
			? statement
			: refuse(other("there is more than one statement", rest - text));
	} finally {
		wasm.dealloc(text as never);
	}
}
