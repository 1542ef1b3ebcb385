/** Long work lets everything else run after this time; a tenth of what may be noticed. */
const TURN_MS = 20;

/** Lets everything else run once the work since the last time has been long enough; else goes on at once. */
export interface Turns {
	/** Undefined: there is time left. A promise that nobody awaits lets nobody run. */
	pause(): Promise<void> | undefined;
}

/** From this time on one step of a long row of steps is worth a turn of the event loop. */
const STEP_MS = 2;

/** One step of many whose work may be done at once, without waiting for anything: lets others run after it. */
export async function asStep<T>(work: () => Promise<T>): Promise<T> {
	const startMs = performance.now();
	const value = await work();
	if (performance.now() - startMs > STEP_MS) await letOthersRun();
	return value;
}

/** For one piece of long work. */
function turns(): Turns {
	let untilMs = performance.now() + TURN_MS;
	return {
		pause() {
			if (performance.now() < untilMs) return undefined;
			return letOthersRun().then(() => {
				untilMs = performance.now() + TURN_MS;
			});
		},
	};
}

/** A turn of the event loop: timers fire, messages arrive, other calls go on. */
export function letOthersRun(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/** Does something with each item, and lets others run in between, and after it: many such rows follow each other. */
export async function inTurns<T>(
	items: Iterable<T>,
	work: (item: T, index: number) => void,
): Promise<void> {
	const { pause } = turns();
	let index = 0;
	await asStep(async () => {
		for (const item of items) {
			work(item, index++);
			const turn = pause();
			if (turn !== undefined) await turn;
		}
	});
}

/** As `map`, and lets others run in between. */
export async function mapInTurns<T, R>(
	items: Iterable<T>,
	work: (item: T, index: number) => R,
): Promise<R[]> {
	const results: R[] = [];
	await inTurns(items, (item, index) => {
		results.push(work(item, index));
	});
	return results;
}

/** As `map` without what comes to undefined, and lets others run in between. */
export async function pickInTurns<T, R>(
	items: Iterable<T>,
	work: (item: T, index: number) => R | undefined,
): Promise<R[]> {
	const results: R[] = [];
	await inTurns(items, (item, index) => {
		const result = work(item, index);
		if (result !== undefined) results.push(result);
	});
	return results;
}

/** As `new Map`, and lets others run in between. */
export async function mapOfInTurns<T, Key, Value>(
	items: Iterable<T>,
	entryOf: (item: T) => readonly [Key, Value] | undefined,
): Promise<Map<Key, Value>> {
	const map = new Map<Key, Value>();
	await inTurns(items, (item) => {
		const entry = entryOf(item);
		if (entry !== undefined) map.set(entry[0], entry[1]);
	});
	return map;
}

/** As `sort`, stable, and lets others run in between: runs that are sorted at once are merged. */
export async function sortInTurns<T>(
	items: readonly T[],
	compare: (a: T, b: T) => number,
): Promise<T[]> {
	const { pause } = turns();
	let runs: T[][] = [];
	for (let start = 0; start < items.length; start += SORTED_AT_ONCE) {
		runs.push(items.slice(start, start + SORTED_AT_ONCE).sort(compare));
		await pause();
	}
	while (runs.length > 1) {
		const merged: T[][] = [];
		for (let index = 0; index < runs.length; index += 2)
			merged.push(
				await merge(runs[index] ?? [], runs[index + 1] ?? [], compare, pause),
			);
		runs = merged;
	}
	return runs[0] ?? [];
}

const SORTED_AT_ONCE = 1_000;

async function merge<T>(
	left: readonly T[],
	right: readonly T[],
	compare: (a: T, b: T) => number,
	pause: Turns["pause"],
): Promise<T[]> {
	const merged: T[] = [];
	let [i, j] = [0, 0];
	while (i < left.length || j < right.length) {
		const takesLeft =
			j >= right.length ||
			(i < left.length && compare(left[i] as T, right[j] as T) <= 0);
		merged.push((takesLeft ? left[i++] : right[j++]) as T);
		if (merged.length % SORTED_AT_ONCE === 0) await pause();
	}
	return merged;
}
