import { type ErrorCode, TablesError } from "./errors.js";

/*
 * Failures of this machine: a full disk, missing rights, a damaged file. They are neither a vendor's nor a defect of the
 * program, a person can do something about them, and the agent can only pass that on. Every part that meets the
 * machine says them in the words of this one table; what is not in it is a defect.
 */

/** What a failure of this machine means, and what a person can do about it. */
interface MachineFailure {
	/** What the program decides by. */
	readonly code: ErrorCode;
	/** What is wrong, in words; the system's own words follow. */
	readonly what: string;
	/** What a person can do; the agent passes it on. */
	readonly next: string;
	/** It is about one file: the next one may fare better. Absent: everything meets the same. */
	readonly ofOneFile?: true;
}

/** Nothing was written: what does not fit is not begun, or taken back. */
const ROOM: MachineFailure = {
	code: "limit_reached",
	what: "the disk is full",
	next: "Another call would fail in the same way: a person has to make room on that disk, or choose other folders with TABLES_MCP_DATA_DIR and TABLES_MCP_FILES_DIR.",
};
/** Also a folder that another user has made, for example with sudo. */
const RIGHTS: MachineFailure = {
	code: "not_allowed",
	what: "this program may not read or write there",
	next: "Another call would fail in the same way: a person has to give the user that runs tables-mcp the right to read and write there (`tables-mcp doctor` checks the folders), or choose other folders with TABLES_MCP_DATA_DIR and TABLES_MCP_FILES_DIR.",
};
/** Also a file where a folder has to be. */
const GONE: MachineFailure = {
	code: "not_found",
	what: "a file or folder that tables-mcp needs is not there, or something else is in its place",
	next: "A person has to put it back or move away what is in its place, then start tables-mcp again; TABLES_MCP_DATA_DIR and TABLES_MCP_FILES_DIR say which folders it uses.",
	ofOneFile: true,
};
/** What is written to a deleted file through its open handle looks done and is gone with the process. */
const REMOVED: MachineFailure = {
	code: "unreachable",
	what: "the store was removed or replaced while tables-mcp was running",
	next: "A person has to put it back (a backup is put in place of it while tables-mcp is not running), then start tables-mcp again; started without it, it begins with an empty one.",
};
/** A new one would be begun without a word, in place of what people believe to be there. */
const EMPTIED: MachineFailure = {
	code: "broken",
	what: "the store is empty, and the journal has changes of tables that were in it",
	next: "A person has to stop tables-mcp and put the store's file, or a backup of it, back in its place. To begin with an empty store on purpose, they move away the folder `journal` in the data folder too.",
};
/** Passes by itself, mostly. */
const OPEN: MachineFailure = {
	code: "busy",
	what: "this machine has no file or memory left to give",
	next: "Call again in a minute; if that does not help, a person has to close programs or raise the limit of open files (ulimit -n).",
};
/** Whatever is read from it may be wrong: nothing is guessed. */
const DAMAGED: MachineFailure = {
	code: "broken",
	what: "the store's file is damaged",
	next: "A person has to stop tables-mcp and put a backup in its place (`tables-mcp backup` makes one), or move the file away to begin with an empty store; `tables-mcp doctor` names the file.",
};
/** The hardware, or the network behind a drive. */
const DISK: MachineFailure = {
	code: "broken",
	what: "the disk failed while reading or writing",
	next: "A person has to check that disk and the connection to it (a network drive, a stick that was pulled out); `tables-mcp doctor` checks the store.",
};
/** Waited for already when it is said. */
const LOCKED: MachineFailure = {
	code: "busy",
	what: "another program is using the file and did not let go of it in time",
	next: "Call again. If it stays so, a person has to end the program that has the file open, such as a database viewer with unsaved changes.",
};

/** By the code of the operating system, and of SQLite where it is the store that fails. */
const MACHINE_FAILURES = {
	ENOSPC: ROOM,
	EDQUOT: {
		...ROOM,
		what: "the quota of this user on that disk is used up",
		next: "Another call would fail in the same way: a person has to make room or ask for a larger quota, or choose other folders with TABLES_MCP_DATA_DIR and TABLES_MCP_FILES_DIR.",
	},
	EFBIG: { ...ROOM, what: "the file would be larger than that disk allows" },
	EACCES: { ...RIGHTS, ofOneFile: true },
	EPERM: { ...RIGHTS, ofOneFile: true },
	EROFS: {
		...RIGHTS,
		what: "that disk can only be read",
	},
	ENOENT: GONE,
	ENOTDIR: GONE,
	EEXIST: GONE,
	EISDIR: GONE,
	ENOTEMPTY: GONE,
	ELOOP: GONE,
	// A network drive whose server has gone, or was mounted again.
	ESTALE: REMOVED,
	ENODEV: REMOVED,
	// The process, the machine, its memory.
	EMFILE: { ...OPEN, what: "tables-mcp has too many files open" },
	ENFILE: { ...OPEN, what: "this machine has too many files open" },
	ENOMEM: OPEN,
	ENAMETOOLONG: {
		code: "bad_argument",
		what: "a name is longer than that disk allows",
		next: "Choose a shorter name.",
		ofOneFile: true,
	},
	EIO: DISK,
	ENXIO: DISK,
	EBUSY: { ...LOCKED, ofOneFile: true },
	ETXTBSY: { ...LOCKED, ofOneFile: true },
	// Not codes of the system, which does not notice.
	REMOVED,
	EMPTIED,
	SQLITE_FULL: ROOM,
	SQLITE_CORRUPT: DAMAGED,
	SQLITE_NOTADB: {
		...DAMAGED,
		what: "the store's file is damaged or not a SQLite file",
	},
	SQLITE_PERM: RIGHTS,
	SQLITE_READONLY: { ...RIGHTS, what: "the store's file can only be read" },
	SQLITE_CANTOPEN: {
		...RIGHTS,
		what: "the store's file cannot be opened",
	},
	SQLITE_IOERR: DISK,
	SQLITE_BUSY: LOCKED,
	SQLITE_LOCKED: LOCKED,
	SQLITE_PROTOCOL: LOCKED,
	SQLITE_NOMEM: OPEN,
} as const satisfies Readonly<Record<string, MachineFailure>>;

/** A way in which the machine fails, not the program and not a vendor. */
export type MachineCode = keyof typeof MACHINE_FAILURES;

const CODES: ReadonlyMap<string, MachineFailure> = new Map(
	Object.entries(MACHINE_FAILURES),
);

/** The same names mean something else where they come from a connection. */
const OF_NETWORK: ReadonlySet<unknown> = new Set([
	"connect",
	"bind",
	"listen",
	"getaddrinfo",
]);

/**
 * A failure of this machine as an error of ours, `doing` in front of it; undefined for anything else. One that is
 * such an error already stays as it is.
 */
export function machineFailure(
	error: unknown,
	doing: string,
): TablesError | undefined {
	if (error instanceof TablesError)
		return error.machine === undefined ? undefined : error;
	const code = systemCode(error);
	if (code === undefined) return undefined;
	return failureOf(code, doing, error as Error);
}

/** A failure of this machine by its code; `cause` has the system's own words. */
export function failureOf(
	machine: MachineCode,
	doing: string,
	cause: Error,
): TablesError {
	const { code, what, next } = MACHINE_FAILURES[machine];
	return new TablesError(code, `${doing}: ${what} (${cause.message})`, {
		next,
		machine,
		cause,
	});
}

/** Would everything that follows meet the same, so that nothing more is to be tried? */
export function stopsEverything(error: unknown): boolean {
	const code = machineFailure(error, "")?.machine;
	return code !== undefined && CODES.get(code)?.ofOneFile !== true;
}

/** Does the work; where the machine fails, that is what is said. */
export async function onThisMachine<T>(
	doing: string,
	work: () => Promise<T>,
): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw machineFailure(error, doing) ?? error;
	}
}

/** The system's code, where an error of the file system has one that is in the table. */
function systemCode(error: unknown): MachineCode | undefined {
	if (!(error instanceof Error)) return undefined;
	// What the engine says where the machine gives it no memory for a buffer.
	if (error instanceof RangeError && /allocation failed/i.test(error.message))
		return "ENOMEM";
	const { code, syscall } = error as {
		readonly code?: unknown;
		readonly syscall?: unknown;
	};
	if (typeof code !== "string" || !CODES.has(code)) return undefined;
	return typeof syscall !== "string" || OF_NETWORK.has(syscall)
		? undefined
		: (code as MachineCode);
}
