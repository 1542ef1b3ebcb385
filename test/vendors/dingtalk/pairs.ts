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
	const rows: T[][] = [];
	while (open.size > 0) {
		// The pair that has waited longest begins the row, so that every row covers something.
		const [first = ""] = open;
		const chosen = new Map(
			first.split("|").map((part) => {
				const [factor, value] = part.split(".").map(Number);
				return [factor as number, value as number];
			}),
		);
		for (const [a, values] of factors.entries()) {
			if (chosen.has(a)) continue;
			const gains = Array.from(values.keys(), (i) => {
				let gain = 0;
				for (const [b, j] of chosen) if (open.has(key(a, i, b, j))) gain++;
				return gain;
			});
			chosen.set(a, gains.indexOf(Math.max(...gains)));
		}
		for (const [a, i] of chosen)
			for (const [b, j] of chosen) if (a !== b) open.delete(key(a, i, b, j));
		rows.push(factors.map((values, a) => values[chosen.get(a) as number] as T));
	}
	return rows;
}
