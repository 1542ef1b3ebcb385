import { stat } from "node:fs/promises";

/* The files of a journal by their names, and how many of them are open at a time. */

/** A file of one change and of one process that worked on it. */
export interface JournalFile {
	readonly name: string;
	readonly change: string;
	readonly pid: number;
	readonly number: number;
}

/** None for the name of anything else. */
export function parseName(name: string): JournalFile[] | undefined {
	const match = /^([0-9a-z-]+)\.(\d+)\.(\d+)\.jsonl$/i.exec(name);
	return match === null
		? undefined
		: [
				{
					name,
					change: match[1] as string,
					pid: Number(match[2]),
					number: Number(match[3]),
				},
			];
}

/** So many files are open at a time: a system gives out so many and no more, and each is held whole. */
const AT_ONCE = 4;

/** What comes of each, a few of them at a time; in their order, without what comes to undefined. */
export async function fewAtOnce<T, R>(
	items: Iterable<T>,
	work: (item: T) => Promise<R | undefined>,
): Promise<R[]> {
	const left = items[Symbol.iterator]();
	const results: (R | undefined)[] = [];
	let taken = 0;
	const one = async () => {
		for (let next = left.next(); !next.done; next = left.next()) {
			const index = taken++;
			results[index] = await work(next.value);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, one));
	return results.filter((result) => result !== undefined) as R[];
}

/** Which file it is on this machine, whatever it is called. */
export interface FileId {
	readonly dev: bigint;
	readonly ino: bigint;
}

/** Is it still the file at this path? One that was deleted can be written through its handle, and nobody finds it again. */
export async function isAt(
	path: string,
	{ dev, ino }: FileId,
): Promise<boolean> {
	const named = await stat(path, { bigint: true }).catch(() => undefined);
	return named?.ino === ino && named.dev === dev;
}
