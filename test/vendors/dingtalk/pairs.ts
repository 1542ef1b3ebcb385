/** Rows that are tried for the next one; the one that holds most pairs is taken. */
const TRIES = 24;

/**
 * Few rows that hold every pair of values of any two factors: each row gives each factor one of its values.
 * Greedy and without chance: the same rows in every run.
 */
export function allPairs<T>(factors: readonly (readonly T[])[]): T[][] {
	const key = (a: number, i: number, b: number, j: number) =>
		a < b ? `${a}.${i}|${b}.${j}` : `${b}.${j}|${a}.${i}`;
	const open = new Set<string>();
	for (const [a, first] of factors.entries())
		for (const [b, second] of factors.entries())
			if (a < b)
				for (const i of first.keys())
					for (const j of second.keys()) open.add(key(a, i, b, j));
	const used = factors.map((values) => values.map(() => 0));

	/** A row that begins with an open pair and takes the factors in an order of its own. */
	const tried = (begin: string, start: number) => {
		const row = new Map<number, number>();
		let gain = 0;
		const gainOf = (a: number, i: number) => {
			let sum = 0;
			for (const [b, j] of row) if (open.has(key(a, i, b, j))) sum++;
			return sum;
		};
		const put = (a: number, i: number) => {
			gain += gainOf(a, i);
			row.set(a, i);
		};
		for (const part of begin.split("|")) {
			const [factor = 0, value = 0] = part.split(".").map(Number);
			put(factor, value);
		}
		for (const step of factors.keys()) {
			const a = (start + step * 7) % factors.length;
			for (const place of [a, step])
				if (!row.has(place)) {
					const values = factors[place] ?? [];
					const [best = 0] = [...values.keys()].sort(
						(i, j) =>
							gainOf(place, j) - gainOf(place, i) ||
							(used[place]?.[i] ?? 0) - (used[place]?.[j] ?? 0),
					);
					put(place, best);
				}
		}
		return { row, gain };
	};

	const rows: T[][] = [];
	while (open.size > 0) {
		const begins = [...open];
		const [best] = Array.from({ length: TRIES }, (_, index) =>
			tried(
				begins[Math.floor((index * begins.length) / TRIES)] as string,
				index,
			),
		).sort((one, other) => other.gain - one.gain);
		const row = best?.row ?? new Map<number, number>();
		for (const [a, i] of row) {
			const counts = used[a];
			if (counts !== undefined) counts[i] = (counts[i] ?? 0) + 1;
			for (const [b, j] of row) if (a !== b) open.delete(key(a, i, b, j));
		}
		rows.push(factors.map((values, a) => values[row.get(a) ?? 0] as T));
	}
	return rows;
}
