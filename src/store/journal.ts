import {
	type FileHandle,
	mkdir,
	open,
	readdir,
	rm,
	stat,
} from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import type { ActionStart } from "../core/contract/actions.js";
import type { Clock } from "../core/contract/clock.js";
import { TablesError } from "../core/contract/errors.js";
import {
	type ChangeStart,
	type ChangeWriter,
	type Journal,
	KEPT_MS,
	type NewChange,
	type News,
	type Wanted,
} from "../core/contract/journal.js";
import { failureOf } from "../core/contract/machine-failures.js";
import { addTo } from "../core/values/add-to.js";
import { defined } from "../core/values/defined.js";
import { failingAt, hasCode } from "./disk.js";
import { assemble, assembleAction, type Lines } from "./journal-change.js";
import {
	type FileId,
	fewAtOnce,
	isAt,
	type JournalFile,
	parseName,
} from "./journal-files.js";
import {
	AFTER_TORN,
	type Line,
	readFirst,
	readLines,
} from "./journal-lines.js";
import { fileLocks } from "./lock.js";

/**
 * How long and how much is kept; the values of a write go with its file. A change that was not touched for `maxAgeMs`
 * is not there any more, whether or not its file has been removed by then.
 */
export interface JournalLimits {
	readonly maxAgeMs: number;
	readonly maxBytes: number;
}

const JOURNAL_LIMITS: JournalLimits = {
	maxAgeMs: KEPT_MS,
	maxBytes: 100_000_000,
};

/** Files are looked through this often, and after this part of `maxBytes` was written. */
const TIDY_EVERY_MS = 60_000;
const TIDY_AFTER_PART = 10;
/** More than the line that ends a change takes. */
const LAST_LINE_BYTES = 512;

export interface Owner {
	readonly pid: number;
	isAlive(pid: number): boolean;
}

/**
 * JSON lines in `dir`, one file for each change and process that works on it (`<change>.<pid>.<n>.jsonl`, mode 0600):
 * nothing is shared for writing, and a change is the lines of all its files in order. A torn last line is a
 * line that was never acted on, and is left out.
 */
export function fileJournal(
	dir: string,
	clock: Clock,
	owner: Owner,
	limits = JOURNAL_LIMITS,
): Journal {
	const working = new Set<string>();
	const adopting = fileLocks(join(dir, "adopting"), clock, owner);
	/** The folder was there: if it is not any more, what was written is gone, and a new one would hide that. */
	let made = false;
	let tidiedAtMs = Number.NEGATIVE_INFINITY;
	let bytesSince = 0;
	const isOld = (mtimeMs: number) => clock.now() - mtimeMs > limits.maxAgeMs;

	const files = async (change?: string): Promise<readonly JournalFile[]> => {
		const names = await readdir(dir).catch((error: unknown) => {
			if (made) throw removed(error as Error);
			if (hasCode(error, "ENOENT")) return [];
			throw error;
		});
		return names
			.filter((name) => change === undefined || name.startsWith(`${change}.`))
			.flatMap((name) => parseName(name) ?? [])
			.sort((a, b) => a.number - b.number);
	};
	const openFile = async (
		change: string,
	): Promise<{
		readonly handle: FileHandle;
		readonly path: string;
		readonly id: FileId;
	}> => {
		if (!made) await mkdir(dir, { recursive: true, mode: 0o700 });
		made = true;
		await tidy(change);
		const number = 1 + ((await files(change)).at(-1)?.number ?? -1);
		const path = join(dir, `${change}.${owner.pid}.${number}.jsonl`);
		const handle = await open(path, "ax", 0o600);
		return { handle, path, id: await handle.stat({ bigint: true }) };
	};
	/** Its age counts by the clock that was passed in. */
	const stamp = (handle: FileHandle) =>
		handle.utimes(clock.now() / 1000, clock.now() / 1000);
	const writer = async (
		change: string,
	): Promise<
		Omit<ChangeWriter, "append"> & { append(event: Line): Promise<void> }
	> => {
		const { handle, path, id } = await openFile(change);
		working.add(change);
		let last = Promise.resolve();
		let closed = false;
		/** A line broke off: the next one begins behind it. */
		let torn = false;
		return {
			change,
			append(event) {
				const next = last.then(async () => {
					const line = `${torn ? AFTER_TORN : ""}${JSON.stringify(event)}\n`;
					torn = true;
					await failingAt(path, handle.appendFile(line));
					torn = false;
					await failingAt(path, handle.datasync());
					if (!(await isAt(path, id)))
						throw removed(new Error(`${path} is gone`));
					bytesSince += line.length;
				});
				last = next.catch(() => {});
				return next;
			},
			async close() {
				if (closed) return;
				closed = true;
				try {
					await last;
					await stamp(handle);
				} finally {
					working.delete(change);
					await handle.close();
				}
			},
		};
	};
	/** One whose first line cannot be written is closed again. */
	const begun = async (start: ChangeStart | ActionStart) => {
		const made = await writer(start.change);
		try {
			await made.append(start);
		} catch (error) {
			await made.close().catch(() => {});
			throw error;
		}
		return made;
	};
	const load = async (change: string): Promise<Lines | undefined> =>
		isChangeName(change) ? loadLines(change, await files(change)) : undefined;
	const loadLines = async (
		change: string,
		parts: readonly JournalFile[],
		report: Report = () => {},
	): Promise<Lines | undefined> => {
		const latest = parts.at(-1);
		if (latest === undefined) return undefined;
		const alive =
			latest.pid === owner.pid
				? working.has(change)
				: owner.isAlive(latest.pid);
		const info = await stat(join(dir, latest.name)).catch(() => undefined);
		if (info === undefined || (isOld(info.mtimeMs) && !working.has(change)))
			return undefined;
		const events: Line[] = [];
		let damaged = 0;
		for (const { name } of parts) {
			const file = join(dir, name);
			const read = await readLines(file, change);
			for (const event of read.events) events.push(event);
			damaged += read.damaged;
			if (read.damaged > 0)
				report({
					file,
					lines: read.damaged,
					...defined({ failure: read.failure }),
				});
		}
		return { events, facts: { owned: alive, damaged } };
	};
	const byChange = async () => {
		const found = new Map<string, JournalFile[]>();
		for (const file of await files()) addTo(found, file.change, file);
		return found;
	};
	/** How changes began that were read whole once: a file's first line stays what it is. */
	const starts = new LRUCache<string, ChangeStart | ActionStart>({
		maxSize: HELD_BYTES,
	});
	/** How a change began. A short one is read whole at once: then nothing of it has to be read again. */
	const beginningOf = async (
		change: string,
		parts: readonly JournalFile[],
		report?: Report,
	): Promise<Beginning | undefined> => {
		const [first] = parts;
		if (first === undefined) return undefined;
		const path = join(dir, first.name);
		const bytes = await stat(path).then(
			({ size }) => size,
			() => Number.POSITIVE_INFINITY,
		);
		const isShort = parts.length === 1 && bytes <= SHORT_BYTES;
		const lines = isShort ? await loadLines(change, parts, report) : undefined;
		const event = isShort
			? lines?.events.find(isStart)
			: await readFirst(path, change).catch(() => undefined);
		if (event === undefined || !isStart(event)) return undefined;
		if (isShort) starts.set(first.name, event, { size: Math.max(bytes, 1) });
		return { start: event, bytes, ...defined({ lines }) };
	};
	/** Changes that are actions: what a file begins with stays. */
	const actions = new Set<string>();
	const since = async (seen: ReadonlyMap<string, string>): Promise<News> => {
		await tidy("");
		const found = await byChange();
		const isStale = [...seen].some(
			([change, name]) => found.get(change)?.at(-1)?.name !== name,
		);
		for (const change of actions)
			if (!found.has(change)) actions.delete(change);
		const unseen = [...found].filter(
			([change]) => !seen.has(change) && !actions.has(change),
		);
		let heldBytes = 0;
		const newOne = async ([change, parts]: readonly [
			string,
			readonly JournalFile[],
		]): Promise<NewChange | undefined> => {
			const found = await beginningOf(change, parts);
			const last = parts.at(-1);
			if (found === undefined || last === undefined) return undefined;
			const { start, lines, bytes } = found;
			if (start.type === "action") {
				actions.add(change);
				return undefined;
			}
			const isHeld = lines !== undefined && heldBytes + bytes <= HELD_BYTES;
			if (isHeld) heldBytes += bytes;
			const held = isHeld ? lines : undefined;
			const isOver =
				lines === undefined
					? await isIdle(last)
					: !lines.facts.owned ||
						lines.events.some(({ type }) => type === "end");
			return {
				start,
				...(isOver ? { files: last.name } : {}),
				async read() {
					const whole = held ?? (await loadLines(change, parts));
					const known = whole && (await assemble(whole));
					if (known === undefined) return undefined;
					const ended = known.endedAtMs !== undefined || !known.owned;
					return { change: known, ...(ended ? { files: last.name } : {}) };
				},
			};
		};
		const changes = await fewAtOnce(unseen, newOne);
		changes.sort((a, b) => a.start.atMs - b.start.atMs);
		return { changes, isStale };
	};
	const each = async <Taken>(
		wanted: Wanted<Taken>,
		report?: Report,
	): Promise<Taken[]> => {
		await tidy("");
		return fewAtOnce(await byChange(), async ([change, parts]) => {
			const start = starts.get(parts[0]?.name ?? "");
			if (start !== undefined && wanted.start?.(start) === false)
				return undefined;
			const found = wanted.start && (await beginningOf(change, parts, report));
			if (wanted.start !== undefined)
				if (found === undefined || !wanted.start(found.start)) return undefined;
			const lines = found?.lines ?? (await loadLines(change, parts, report));
			if (lines === undefined) return undefined;
			const action = wanted.action && assembleAction(lines);
			const known = wanted.change && (await assemble(lines));
			return (
				(action && wanted.action?.(action)) ??
				(known && (await wanted.change?.(known)))
			);
		});
	};
	/** Nobody works on it: its process is gone, or its change has ended there. */
	const isIdle = async (file: JournalFile): Promise<boolean> => {
		if (working.has(file.change)) return false;
		if (file.pid === owner.pid || !owner.isAlive(file.pid)) return true;
		return endsChange(join(dir, file.name));
	};
	/** Removes what is too old, and the oldest where it is too much. */
	async function tidy(keep: string): Promise<void> {
		if (
			clock.now() - tidiedAtMs < TIDY_EVERY_MS &&
			bytesSince < limits.maxBytes / TIDY_AFTER_PART
		)
			return;
		tidiedAtMs = clock.now();
		bytesSince = 0;
		const kept: {
			readonly name: string;
			readonly size: number;
			readonly mtimeMs: number;
		}[] = [];
		for (const file of await files()) {
			if (file.change === keep || !(await isIdle(file))) continue;
			const { name } = file;
			const info = await stat(join(dir, name)).catch(() => undefined);
			// Files that the journal did not write stay.
			if (!info?.isFile()) continue;
			if (isOld(info.mtimeMs)) await rm(join(dir, name), { force: true });
			else kept.push({ name, size: info.size, mtimeMs: info.mtimeMs });
		}
		let bytes = kept.reduce((sum, { size }) => sum + size, 0);
		for (const { name, size } of kept.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
			if (bytes <= limits.maxBytes) break;
			await rm(join(dir, name), { force: true });
			bytes -= size;
		}
	}

	return {
		begin: begun,
		async adopt(change) {
			const missing = () =>
				new TablesError("not_found", `there is no change ${change}`, {
					next: "Call list_changes; changes are kept for 24 hours.",
				});
			if (!isChangeName(change)) throw missing();
			// Looking at the owner and becoming it is one step for all processes.
			const release = await adopting.acquire(change);
			try {
				const lines = await load(change);
				const found = lines && (await assemble(lines));
				if (found === undefined) throw missing();
				if (found.owned && found.status === "running")
					throw new TablesError(
						"conflict",
						`change ${change} is still being written by another process`,
						{ next: "Wait until it has answered, then call list_changes." },
					);
				if (found.damaged > 0)
					throw new TablesError(
						"broken",
						`the journal of change ${change} is damaged (${found.damaged} lines): what is left of it cannot be told from what was written`,
						{
							next: "undo_change takes back what the journal still names; or compare the table with your records, and write what is missing in a new call.",
						},
					);
				return await writer(change);
			} finally {
				// One that stays behind counts as abandoned soon.
				await release().catch(() => {});
			}
		},
		async read(change) {
			const lines = await load(change);
			return lines && (await assemble(lines));
		},
		async readAction(change) {
			const lines = await load(change);
			return lines && assembleAction(lines);
		},
		async list() {
			const changes = await each({ change: (change) => change });
			return changes.sort((a, b) => b.start.atMs - a.start.atMs);
		},
		each,
		since,
		async act(start) {
			const made = await begun(start);
			const { change } = made;
			return {
				change,
				async end(end) {
					await made.append({ type: "action_end", change, ...end });
					// Short, so that it is found at the end of the file, also by programs that do not know actions.
					const { atMs } = end;
					await made.append({ type: "end", change, atMs, status: "complete" });
				},
				close: () => made.close(),
			};
		},
		async close() {
			working.clear();
		},
	};
}

/** How a change or an action began. */
interface Beginning {
	readonly start: ChangeStart | ActionStart;
	/** Of its first file. */
	readonly bytes: number;
	/** All of it. Absent: it is long. */
	readonly lines?: Lines;
}

function isStart(event: Line): event is ChangeStart | ActionStart {
	return event.type === "start" || event.type === "action";
}

/** What is short is read at once. */
const SHORT_BYTES = 65_536;
/** So much of it is held until somebody asks for it; what is beyond is read again. */
const HELD_BYTES = 8_000_000;

type Report = NonNullable<Parameters<Journal["each"]>[1]>;

function isChangeName(text: string): boolean {
	return /^[0-9a-z-]{1,64}$/i.test(text);
}

/** Is the last line of a file the end of its change? */
async function endsChange(path: string): Promise<boolean> {
	const handle = await open(path, "r").catch(() => undefined);
	if (handle === undefined) return false;
	try {
		const { size } = await handle.stat();
		const bytes = Buffer.alloc(Math.min(size, LAST_LINE_BYTES));
		await handle.read(bytes, 0, bytes.length, size - bytes.length);
		const line = bytes.toString("utf8").trimEnd().split("\n").at(-1) ?? "";
		return (JSON.parse(line) as Partial<Line>).type === "end";
	} catch {
		return false;
	} finally {
		await handle.close();
	}
}

function removed(cause: Error): TablesError {
	return failureOf("REMOVED", "the journal in the data folder", cause);
}
