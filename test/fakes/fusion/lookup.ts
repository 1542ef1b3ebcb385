import type { Value, ValueType } from "./formula/value.js";

type Item = number | string | boolean;

const numbersOf = (list: readonly Item[]) =>
	list.filter((item): item is number => typeof item === "number");

interface Rollup {
	readonly type: ValueType;
	of(list: readonly Item[]): Value;
}

const rollups: Readonly<Record<string, Rollup>> = {
	VALUES: { type: "Array", of: (list) => list },
	AVERAGE: {
		type: "Number",
		of: (list) => {
			const found = numbersOf(list);
			return found.length === 0
				? null
				: found.reduce((sum, each) => sum + each, 0) / found.length;
		},
	},
	COUNT: { type: "Number", of: (list) => numbersOf(list).length },
	COUNTA: {
		type: "Number",
		of: (list) => list.filter((item) => item !== "").length,
	},
	COUNTALL: { type: "Number", of: (list) => list.length },
	SUM: {
		type: "Number",
		of: (list) => numbersOf(list).reduce((sum, each) => sum + each, 0),
	},
	MIN: {
		type: "Number",
		of: (list) =>
			numbersOf(list).length === 0 ? null : Math.min(...numbersOf(list)),
	},
	MAX: {
		type: "Number",
		of: (list) =>
			numbersOf(list).length === 0 ? null : Math.max(...numbersOf(list)),
	},
	AND: { type: "Boolean", of: (list) => list.every(Boolean) },
	OR: { type: "Boolean", of: (list) => list.some(Boolean) },
	XOR: {
		type: "Boolean",
		of: (list) => list.filter(Boolean).length % 2 === 1,
	},
	CONCATENATE: { type: "String", of: (list) => list.join("") },
	ARRAYJOIN: { type: "String", of: (list) => list.join(", ") },
	ARRAYUNIQUE: { type: "Array", of: (list) => [...new Set(list)] },
	ARRAYCOMPACT: {
		type: "Array",
		of: (list) => list.filter((item) => item !== ""),
	},
};

export const rollupNames: readonly string[] = Object.keys(rollups);

export const rollupTypes: Readonly<Record<string, ValueType>> =
	Object.fromEntries(
		Object.entries(rollups).map(([name, { type }]) => [name, type]),
	);

/** What a lookup column makes of the linked cells. */
export function rollup(name: string, list: readonly Item[]): Value {
	return rollups[name]?.of(list) ?? null;
}
