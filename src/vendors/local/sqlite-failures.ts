import type { TablesError } from "../../core/contract/errors.js";
import {
	failureOf,
	type MachineCode,
	machineFailure,
} from "../../core/contract/machine-failures.js";

/** SQLite's primary result codes that are failures of the machine, https://sqlite.org/rescode.html (2026-11). */
const RESULTS: ReadonlyMap<number, MachineCode> = new Map([
	[3, "SQLITE_PERM"],
	[5, "SQLITE_BUSY"],
	[6, "SQLITE_LOCKED"],
	[7, "SQLITE_NOMEM"],
	[8, "SQLITE_READONLY"],
	[10, "SQLITE_IOERR"],
	[11, "SQLITE_CORRUPT"],
	[13, "SQLITE_FULL"],
	[14, "SQLITE_CANTOPEN"],
	[15, "SQLITE_PROTOCOL"],
	[26, "SQLITE_NOTADB"],
]);

/** Which of them an error of either driver is; undefined for any other. */
export function resultName(error: unknown): MachineCode | undefined {
	if (!(error instanceof Error)) return undefined;
	const { errcode, rawCode } = error as {
		readonly errcode?: unknown;
		readonly rawCode?: unknown;
	};
	// libsql says in words alone why it cannot open a file.
	const number =
		errcode ??
		rawCode ??
		/^ConnectionFailed\(.*: (\d+)"\)$/.exec(error.message)?.[1];
	// The extended codes have the primary one in their lowest byte.
	return number === undefined ? undefined : RESULTS.get(Number(number) & 0xff);
}

/** A failure of SQLite or of the file system as what it is for a person; undefined for anything else. */
export function sqliteFailure(
	error: unknown,
	doing: string,
): TablesError | undefined {
	const name = resultName(error);
	return name === undefined
		? machineFailure(error, doing)
		: failureOf(name, doing, error as Error);
}
