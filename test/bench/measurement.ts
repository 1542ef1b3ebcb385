/** One figure beside its reference, which was measured in the same run. */
export interface Measurement {
	readonly what: string;
	readonly unit: string;
	readonly measured: number;
	readonly reference: number;
	/** What the reference is. */
	readonly against: string;
	/** The most that `measured` may be; with `atLeast`, the least. Absent: told, not judged. */
	readonly budget?: number;
	readonly atLeast?: true;
}

export function isWithin({ measured, budget, atLeast }: Measurement): boolean {
	if (budget === undefined) return true;
	return atLeast ? measured >= budget : measured <= budget;
}

export function median(numbers: readonly number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/**
 * Milliseconds of `work` once warm: the least of `rounds`, because whatever else the machine does can only add.
 */
export async function steadyMs(
	rounds: number,
	work: () => Promise<unknown>,
): Promise<number> {
	let least = Number.POSITIVE_INFINITY;
	for (let round = 0; round < rounds * 2; round++) {
		const startedMs = performance.now();
		await work();
		if (round >= rounds) least = Math.min(least, performance.now() - startedMs);
	}
	return least;
}
