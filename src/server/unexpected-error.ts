import { type ErrorCode, TablesError } from "../core/contract/errors.js";
import type { Log } from "../core/contract/session.js";

/** What the operating system says of a file or folder, by our code; anything else is a defect. */
const DISK_FAILURES: Readonly<Record<string, ErrorCode>> = {
	EACCES: "not_allowed",
	EPERM: "not_allowed",
	EROFS: "not_allowed",
	ENOTDIR: "not_found",
	ENOENT: "not_found",
	EEXIST: "not_found",
	EISDIR: "not_found",
	ENAMETOOLONG: "bad_argument",
	ENOSPC: "limit_reached",
	EDQUOT: "limit_reached",
	EMFILE: "busy",
	ENFILE: "busy",
};

/** An error that no part of the program made: of the disk, or a defect. Both are logged. */
export function unexpectedError(
	error: unknown,
	tool: string,
	log: Log,
): TablesError {
	const disk = diskFailure(error, tool);
	if (disk !== undefined) {
		log("error", disk.message);
		return disk;
	}
	const message = error instanceof Error ? error.message : String(error);
	log(
		"error",
		`${tool}: ${error instanceof Error ? (error.stack ?? message) : message}`,
	);
	return new TablesError("internal", `${tool} failed: ${message}`, {
		next: "This is a defect of tables-mcp. Tell the person. Before repeating a write, call list_changes: it says what was done.",
	});
}

/** A folder that cannot be written or a full disk: not a defect, and a person can fix it. */
function diskFailure(error: unknown, tool: string): TablesError | undefined {
	if (!(error instanceof Error) || !("syscall" in error)) return undefined;
	const { code, path } = error as NodeJS.ErrnoException;
	const known = code === undefined ? undefined : DISK_FAILURES[code];
	if (known === undefined || path === undefined) return undefined;
	return new TablesError(known, `${tool} on this machine: ${error.message}`, {
		next: "The same call would fail in the same way. A person can run `tables-mcp doctor`, make room or rights there, or choose other folders with TABLES_MCP_DATA_DIR and TABLES_MCP_FILES_DIR.",
		cause: error,
	});
}
