/** Rows that are tried for the next one; the one that holds most pairs is taken. */
const TRIES = 24;

/** A value of a factor, by the number that it has among all values of all factors. */
type Value = number;

/**
 * Few rows that hold every pair of values of any two factors: each row gives each factor one of its values.
 * Greedy and without chance: the same rows in every run.
 */
export function allPairs<T>(factors: readonly (readonly T[])[]): T[][] {
	const starts: number[] = [];
	let count = 0;
	for (const values of factors) {
		starts.push(count);
		count += values.length;
	}
	const valuesOf = factors.map((values, a) =>
		values.map((_, i): Value => (starts[a] ?? 0) + i),
	);
	const factorOf = valuesOf.flatMap((values, a) => values.map(() => a));
	/** 1 at `one * count + other`, and the other way round: no row holds the two yet. */
	const open = new Uint8Array(count * count);
	const isOpen = (one: Value, other: Value) => open[one * count + other] ?? 0;
	const mark = (one: Value, other: Value, to: 0 | 1) => {
		open[one * count + other] = to;
		open[other * count + one] = to;
	};
	let left: (readonly [Value, Value])[] = [];
	for (const [a, first] of valuesOf.entries())
		for (const second of valuesOf.slice(a + 1))
			for (const one of first)
				for (const other of second) {
					mark(one, other, 1);
					left.push([one, other]);
				}
	const used = new Uint32Array(count);

	/** A row that begins with an open pair and takes the factors in an order of its own. */
	const tried = (begin: readonly [Value, Value], start: number) => {
		const row: (Value | undefined)[] = factors.map(() => undefined);
		const taken: Value[] = [];
		let gain = 0;
		const gainOf = (value: Value) => {
			let sum = 0;
			for (const other of taken) sum += isOpen(value, other);
			return sum;
		};
		const put = (value: Value) => {
			gain += gainOf(value);
			row[factorOf[value] ?? 0] = value;
			taken.push(value);
		};
		for (const value of begin) put(value);
		for (const step of factors.keys()) {
			const a = (start + step * 7) % factors.length;
			for (const place of [a, step])
				if (row[place] === undefined) {
					const gains = (valuesOf[place] ?? []).map(
						(value) => [value, gainOf(value), used[value] ?? 0] as const,
					);
					const [best] = gains.sort((i, j) => j[1] - i[1] || i[2] - j[2]);
					if (best !== undefined) put(best[0]);
				}
		}
		return { taken, row, gain };
	};

	const rows: T[][] = [];
	for (;;) {
		left = left.filter(([one, other]) => isOpen(one, other) === 1);
		if (left.length === 0) return rows;
		const [best] = Array.from({ length: TRIES }, (_, index) =>
			tried(
				left[Math.floor((index * left.length) / TRIES)] as [Value, Value],
				index,
			),
		).sort((one, other) => other.gain - one.gain);
		const { taken = [], row = [] } = best ?? {};
		for (const value of taken) {
			used[value] = (used[value] ?? 0) + 1;
			for (const other of taken) mark(value, other, 0);
		}
		rows.push(
			factors.map((values, a) => {
				const start = starts[a] ?? 0;
				return values[(row[a] ?? start) - start] as T;
			}),
		);
	}
}
