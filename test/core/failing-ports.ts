import type { Adapter } from "../../src/core/contract/adapter.js";
import type { Files, RowFile } from "../../src/core/contract/files.js";
import type {
	ChangeWriter,
	JournalEvent,
} from "../../src/core/contract/journal.js";
import type { Connection, Session } from "../../src/core/contract/session.js";

/** Failures of the operating system, as Node makes them. */
export const DISK = {
	full: () =>
		Object.assign(new Error("ENOSPC: no space left on device, write"), {
			code: "ENOSPC",
			syscall: "write",
		}),
	readOnly: () =>
		Object.assign(new Error("EROFS: read-only file system, open"), {
			code: "EROFS",
			syscall: "open",
		}),
	tooMany: () =>
		Object.assign(new Error("EMFILE: too many open files, open"), {
			code: "EMFILE",
			syscall: "open",
		}),
	noMemory: () => new RangeError("Array buffer allocation failed"),
} as const;

/** What fails, and when; the rest goes to the real port. */
export interface Failing {
	readonly files?: Partial<Files>;
	/** Throws in place of writing the entry. */
	append?(event: JournalEvent): void;
	/** Throws once the file is closed. */
	close?(): void;
	/** Throws once the lock is released. */
	release?(name: string): void;
	adapter?(adapter: Adapter): Partial<Adapter>;
	log?: Session["log"];
}

/** The same session, with ports that fail. */
export function failing(session: Session, how: Failing): Session {
	const wrapped = (writer: ChangeWriter): ChangeWriter => ({
		change: writer.change,
		async append(event) {
			how.append?.(event);
			await writer.append(event);
		},
		async close() {
			await writer.close();
			how.close?.();
		},
	});
	const connection = (real: Connection): Connection => ({
		...real,
		async adapter() {
			const adapter = await real.adapter();
			const own = how.adapter?.(adapter) ?? {};
			return new Proxy(adapter, {
				get: (target, name) =>
					own[name as keyof Adapter] ?? target[name as keyof Adapter],
			});
		},
	});
	return {
		...session,
		...(how.log === undefined ? {} : { log: how.log }),
		files: { ...session.files, ...how.files },
		journal: {
			...session.journal,
			begin: async (start) => wrapped(await session.journal.begin(start)),
			adopt: async (change) => wrapped(await session.journal.adopt(change)),
		},
		locks: {
			async acquire(name, signal) {
				const release = await session.locks.acquire(name, signal);
				return async () => {
					await release();
					how.release?.(name);
				};
			},
		},
		connections: new Map(
			[...session.connections].map(([name, real]) => [name, connection(real)]),
		),
	};
}

/** The n-th time (from 1) that something is tried, and each time after it up to `until`. */
export function nth(
	number: number,
	error: () => Error,
	until = number,
): () => void {
	let count = 0;
	return () => {
		count++;
		if (count >= number && count <= until) throw error();
	};
}

/** A file whose rows end in a failure, or just end, after `good` of them; in the n-th pass over it (from 1) and later. */
export function breaksOff(
	file: RowFile,
	from: { readonly pass: () => number; readonly first: number },
	good: number,
	error?: () => Error,
): RowFile {
	return {
		...file,
		async *rows(fromRecord) {
			const broken = from.pass() >= from.first;
			for await (const row of file.rows(fromRecord)) {
				if (broken && row.record >= good) {
					if (error !== undefined) throw error();
					return;
				}
				yield row;
			}
		},
	};
}
