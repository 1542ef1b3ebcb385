import { randomUUID } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import {
	isNothing,
	LOSS_KINDS,
	LOSS_WINDOW_MS,
	LOST_UNASKED,
	type LossEntry,
	type Losses,
	type LossKind,
	leastOf,
} from "../core/contract/losses.js";
import { onThisMachine } from "../core/contract/machine-failures.js";
import { parsedJson } from "../core/values/parsed-json.js";
import { agesBy } from "./ages.js";
import { hasCode } from "./disk.js";
import { filesIn, hashOf, replaceFile, watchedFolder } from "./small-files.js";

/** What is reserved counts from the end of its call; of a process that was killed nobody knows when that was. */
const CALL_MS = 120_000;
/** A mark of what was cleared outlives what it clears. */
const MARK_MS = 3_600_000;
/** A file is removed long after anything in it counts, when its process will hardly write it at that moment. */
const REMOVED_AFTER_MS = 86_400_000;

interface Kept extends LossEntry {
	/** Rises within a file. */
	readonly number: number;
	readonly atMs: number;
	/** Its call is not over. */
	readonly open: boolean;
}

/** Up to which number the entries of another file, or of its own, were cleared. */
interface Mark {
	readonly file: string;
	readonly kind: LossKind;
	readonly upTo: number;
	readonly atMs: number;
}

interface Content {
	readonly entries: readonly Kept[];
	readonly marks: readonly Mark[];
	/** A time, ms: what it holds, last written then, cannot be read. Absent: all of it is read. */
	readonly damagedMs?: number;
}

const EMPTY: Content = { entries: [], marks: [] };

/** In front of what fails on this machine. */
const DOING =
	"counting what was lost lately, so that a person is asked in time";

/** In place of a process: what was in a folder that has gone. */
const GONE = "gone";

/** What cannot be read may be as much as is lost unasked: whoever takes more is asked. Its own number is 0, as no other's is. */
function unreadEntry(atMs: number, number = 0): Kept {
	return { number, atMs, open: true, loss: LOST_UNASKED, unread: true };
}

/**
 * One small file for each table and process, `<hash>.<process>` with numbers in it: processes never write into each
 * other's, and no name is kept. Each writes its own and then reads all of them, so that of two calls at once at least
 * one sees the other. What this process has once read counts even if its file vanishes or is damaged.
 */
export function fileLosses(dir: string, clock: Clock): Losses {
	const me: string = randomUUID();
	const mine = new Map<string, Content>();
	const folder = watchedFolder(dir);
	/** What was last read of other processes' files, by name. */
	const seen = new Map<string, Content>();
	/** The folder went, whatever was in it; the last time alone counts. */
	let gone = EMPTY;
	const queues = new Map<string, Promise<unknown>>();
	let number = 0;
	let tidied = false;

	const age = agesBy(clock);
	const counts = (file: string, { atMs, open, number }: Kept) =>
		age(`${file} ${number} ${atMs}`, atMs) <
		LOSS_WINDOW_MS + (open ? CALL_MS : 0);

	const write = async (place: string, content: Content): Promise<void> => {
		const kept: Content = {
			// The file does not grow by what took nothing away.
			entries: content.entries.filter(
				(entry) => counts(me, entry) && (entry.open || !isNothing(entry.loss)),
			),
			marks: content.marks.filter(
				({ atMs }) => age(`mark ${atMs}`, atMs) < MARK_MS,
			),
		};
		mine.set(place, kept);
		await lookAtFolder();
		await replaceFile(dir, `${hashOf(place)}.${me}`, JSON.stringify(kept));
		await folder.look();
		if (!tidied) await tidy();
		tidied = true;
	};
	const tidy = async () => {
		for (const name of await filesIn(dir)) {
			const {
				entries,
				marks,
				damagedMs = 0,
			} = await contentOf(join(dir, name));
			const last = Math.max(
				damagedMs,
				...[...entries, ...marks].map((it) => it.atMs),
			);
			if (age(`${name} ${last}`, last) >= REMOVED_AFTER_MS)
				await rm(join(dir, name), { force: true });
		}
	};
	/** Of a damaged file, what was read of it before counts as well as that it is damaged. */
	const withSeen = (name: string, now: Content): Content => {
		if (now.damagedMs === undefined) return now;
		const { entries, marks } = seen.get(name) ?? EMPTY;
		const isDamage = ({ number }: Kept) => number === 0;
		return {
			entries: [
				...entries.filter((entry) => !isDamage(entry)),
				unreadEntry(now.damagedMs),
			],
			marks: [...marks, ...now.marks],
		};
	};
	/** Before anything is written: what makes the folder anew hides that it was gone. */
	const lookAtFolder = async () => {
		const times = await folder.look();
		if (times === 0) gone = EMPTY;
		else if (gone.entries[0]?.number !== times)
			gone = { entries: [unreadEntry(clock.now(), times)], marks: [] };
	};
	const all = async (place: string): Promise<ReadonlyMap<string, Content>> => {
		await lookAtFolder();
		const prefix = `${hashOf(place)}.`;
		for (const name of await filesIn(dir))
			if (name.startsWith(prefix) && name !== `${prefix}${me}`)
				seen.set(name, withSeen(name, await contentOf(join(dir, name))));
		const found = new Map([[me, mine.get(place) ?? EMPTY]]);
		for (const [name, content] of seen) {
			const file = name.slice(prefix.length);
			if (!content.entries.some((entry) => counts(file, entry))) {
				const isMarked = content.marks.some(
					({ atMs }) => age(`mark ${atMs}`, atMs) < MARK_MS,
				);
				if (!isMarked) seen.delete(name);
			}
			if (name.startsWith(prefix)) found.set(file, content);
		}
		return gone.entries.length === 0 ? found : found.set(GONE, gone);
	};
	const counted = async (place: string, but?: number) => {
		const files = await all(place);
		const marks = [...files.values()].flatMap((content) => content.marks);
		const uncleared = (file: string, entry: Kept): Kept => {
			const isCleared = (kind: LossKind) =>
				marks.some(
					(mark) =>
						mark.file === file &&
						mark.kind === kind &&
						mark.upTo >= entry.number,
				);
			const loss = Object.fromEntries(
				LOSS_KINDS.map((kind) => [
					kind,
					isCleared(kind) ? 0 : entry.loss[kind],
				]),
			) as Kept["loss"];
			const { unread, ...rest } = entry;
			// A person who agreed was told of it.
			return unread === undefined || isNothing(loss)
				? { ...rest, loss }
				: { ...rest, loss, unread };
		};
		return [...files].flatMap(([file, { entries }]) =>
			entries
				.filter(
					(entry) =>
						counts(file, entry) && !(file === me && entry.number === but),
				)
				.map((entry) => uncleared(file, entry)),
		);
	};
	/** One after the other for each table: each writes the whole file. */
	const inTurn = <T>(place: string, work: () => Promise<T>): Promise<T> => {
		const next = (queues.get(place) ?? Promise.resolve()).then(work);
		const settled = next.catch(() => {});
		queues.set(place, settled);
		void settled.then(() => {
			if (queues.get(place) === settled) queues.delete(place);
		});
		return next;
	};
	const turn = <T>(place: string, work: () => Promise<T>): Promise<T> =>
		onThisMachine(DOING, () => inTurn(place, work));
	const put = (place: string, entry: Kept) => {
		const { entries, marks } = mine.get(place) ?? EMPTY;
		const others = entries.filter((one) => one.number !== entry.number);
		return write(place, { entries: [...others, entry], marks });
	};

	/** Where reserving fails nothing is sent: what was reserved must not count, here nor, as far as it can be written, elsewhere. */
	const orTakeBack = async <T>(
		place: string,
		failed: number,
		reserve: () => Promise<T>,
	): Promise<T> => {
		try {
			return await reserve();
		} catch (error) {
			const { entries, marks } = mine.get(place) ?? EMPTY;
			const others = entries.filter(({ number }) => number !== failed);
			await write(place, { entries: others, marks }).catch(() => {});
			throw error;
		}
	};

	return {
		reserve: (place, loss) =>
			turn(place, async () => {
				const key = { number: ++number };
				const others = await orTakeBack(place, key.number, async () => {
					await put(place, { ...key, loss, atMs: clock.now(), open: true });
					return counted(place, key.number);
				});
				return {
					others,
					settle: (entry) =>
						turn(place, () =>
							put(place, { ...entry, ...key, atMs: clock.now(), open: false }),
						),
				};
			}),
		of: (place) => onThisMachine(DOING, () => counted(place)),
		lower: (place, exact) =>
			turn(place, async () => {
				const { entries, marks } = mine.get(place) ?? EMPTY;
				const lowered = entries.map((entry) => {
					const loss = entry.change && exact.get(entry.change);
					return loss ? { ...entry, loss: leastOf(entry.loss, loss) } : entry;
				});
				const isLower = lowered.some(({ loss }, index) =>
					LOSS_KINDS.some((kind) => loss[kind] !== entries[index]?.loss[kind]),
				);
				if (isLower) await write(place, { entries: lowered, marks });
			}),
		clear: (place, kinds) =>
			turn(place, async () => {
				const files = await all(place);
				const atMs = clock.now();
				const marks = [...files].flatMap(([file, { entries }]) => {
					const upTo = Math.max(0, ...entries.map((entry) => entry.number));
					return kinds.map((kind): Mark => ({ file, kind, upTo, atMs }));
				});
				const own = mine.get(place) ?? EMPTY;
				await write(place, { ...own, marks: [...own.marks, ...marks] });
			}),
	};
}

/** Processes replace their files as a whole, and remove none that counts: one that is not what they write is damaged. */
async function contentOf(path: string): Promise<Content> {
	try {
		const text = await readFile(path, "utf8");
		const damaged = async () => ({
			...EMPTY,
			damagedMs: (await stat(path)).mtimeMs,
		});
		const { entries, marks } = (parsedJson(text) ?? {}) as Readonly<
			Record<"entries" | "marks", unknown>
		>;
		if (!Array.isArray(entries) || !Array.isArray(marks)) return damaged();
		return entries.every(isKept) && marks.every(isMark)
			? { entries, marks }
			: damaged();
	} catch (error) {
		if (hasCode(error, "ENOENT")) return EMPTY;
		throw error;
	}
}

function isKept(value: unknown): value is Kept {
	const { number, atMs, loss } = (value ?? {}) as Partial<Kept>;
	return [number, atMs, loss?.deleted, loss?.overwritten].every(
		(part) => typeof part === "number",
	);
}

function isMark(value: unknown): value is Mark {
	const { file, upTo, atMs } = (value ?? {}) as Partial<Mark>;
	return (
		typeof file === "string" &&
		typeof upTo === "number" &&
		typeof atMs === "number"
	);
}
