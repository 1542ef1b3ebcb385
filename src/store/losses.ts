import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/contract/clock.js";
import {
	isNothing,
	LOSS_KINDS,
	LOSS_WINDOW_MS,
	type LossEntry,
	type Losses,
	type LossKind,
	leastOf,
} from "../core/contract/losses.js";
import { agesBy } from "./ages.js";
import { filesIn, hashOf, replaceFile } from "./small-files.js";

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
}

const EMPTY: Content = { entries: [], marks: [] };

/**
 * One small file for each table and process, `<hash>.<process>` with numbers in it: processes never write into each
 * other's, and no name is kept. Each writes its own and then reads all of them, so that of two calls at once at least
 * one sees the other.
 */
export function fileLosses(dir: string, clock: Clock): Losses {
	const me: string = randomUUID();
	const mine = new Map<string, Content>();
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
		await replaceFile(dir, `${hashOf(place)}.${me}`, JSON.stringify(kept));
		if (!tidied) await tidy();
		tidied = true;
	};
	const tidy = async () => {
		for (const name of await filesIn(dir)) {
			const { entries, marks } = await contentOf(join(dir, name));
			const last = Math.max(0, ...[...entries, ...marks].map((it) => it.atMs));
			if (age(`${name} ${last}`, last) >= REMOVED_AFTER_MS)
				await rm(join(dir, name), { force: true });
		}
	};
	const all = async (place: string): Promise<ReadonlyMap<string, Content>> => {
		const prefix = `${hashOf(place)}.`;
		const found = new Map([[me, mine.get(place) ?? EMPTY]]);
		for (const name of await filesIn(dir)) {
			const file = name.slice(prefix.length);
			if (name.startsWith(prefix) && file !== me)
				found.set(file, await contentOf(join(dir, name)));
		}
		return found;
	};
	const counted = async (place: string, but?: number) => {
		const files = await all(place);
		const marks = [...files.values()].flatMap((content) => content.marks);
		const uncleared = (file: string, entry: Kept): Kept => ({
			...entry,
			loss: Object.fromEntries(
				LOSS_KINDS.map((kind) => [
					kind,
					marks.some(
						(mark) =>
							mark.file === file &&
							mark.kind === kind &&
							mark.upTo >= entry.number,
					)
						? 0
						: entry.loss[kind],
				]),
			) as Kept["loss"],
		});
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
			inTurn(place, async () => {
				const key = { number: ++number };
				const others = await orTakeBack(place, key.number, async () => {
					await put(place, { ...key, loss, atMs: clock.now(), open: true });
					return counted(place, key.number);
				});
				return {
					others,
					settle: (entry) =>
						inTurn(place, () =>
							put(place, { ...entry, ...key, atMs: clock.now(), open: false }),
						),
				};
			}),
		of: (place) => counted(place),
		lower: (place, exact) =>
			inTurn(place, async () => {
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
			inTurn(place, async () => {
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

/** A file that is gone or damaged says nothing: processes replace theirs as a whole. */
async function contentOf(path: string): Promise<Content> {
	try {
		const { entries, marks } = JSON.parse(await readFile(path, "utf8"));
		return {
			entries: (entries as unknown[]).filter(isKept),
			marks: (marks as unknown[]).filter(isMark),
		};
	} catch (error) {
		const { code } = error as { readonly code?: string };
		if (code === undefined || code === "ENOENT") return EMPTY;
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
