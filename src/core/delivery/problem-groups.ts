import type { Problem } from "../contract/problem.js";
import { inTurns, mapInTurns } from "../values/in-turns.js";

/** Equal problems of several records, said once. */
export interface ProblemGroup extends Problem {
	/** How many have it. Absent: one. */
	readonly count?: number;
	/** Which records, as `0-69, 75`. Absent: `record` alone. */
	readonly records?: string;
	/** The same of the lines of a file. Absent: `line` alone, or no file. */
	readonly lines?: string;
}

/** Where equal problems lie apart from each other, so many stretches of them are named. */
const STRETCHES = 20;

/** How many problems these groups stand for. */
export function countOf(groups: readonly ProblemGroup[]): number {
	return groups.reduce((sum, { count = 1 }) => sum + count, 0);
}

/** Says what is equal once, where it comes first. */
export async function groupProblems(
	problems: readonly Problem[],
): Promise<readonly ProblemGroup[]> {
	const groups = new Map<string, [Problem, ...Problem[]]>();
	await inTurns(problems, (problem, index) => {
		const key =
			problem.record === undefined ? `${index}` : keyOf(problem, index);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [problem]);
		else group.push(problem);
	});
	return mapInTurns([...groups.values()], (group) => {
		const [first] = group;
		if (group.length === 1) return first;
		const lines = group.flatMap(({ line }) => line ?? []);
		return {
			...first,
			count: group.length,
			records: ranges(group.flatMap(({ record }) => record ?? [])),
			...(lines.length === 0 ? {} : { lines: ranges(lines) }),
		};
	});
}

/** Of a longer text its length and so much of its beginning are compared: more of it is never shown. */
const COMPARED_CHARACTERS = 1_000;

/** What is nested too deep to be compared is like nothing else. */
function keyOf({ field, message, given }: Problem, index: number): string {
	const compared =
		typeof given === "string" && given.length > COMPARED_CHARACTERS
			? [given.length, given.slice(0, COMPARED_CHARACTERS)]
			: given;
	try {
		return JSON.stringify([field, message, compared]);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		return `${index}`;
	}
}

/** Each once. Most come in order already. */
function inOrder(numbers: readonly number[]): readonly number[] {
	const isSorted = numbers.every(
		(number, index) => index === 0 || number > (numbers[index - 1] ?? 0),
	);
	return isSorted ? numbers : [...new Set(numbers)].sort((a, b) => a - b);
}

/** `0-2, 5` */
function ranges(numbers: readonly number[]): string {
	const runs: { from: number; to: number }[] = [];
	for (const number of inOrder(numbers)) {
		const last = runs.at(-1);
		if (last?.to === number - 1) last.to = number;
		else runs.push({ from: number, to: number });
	}
	const shown = runs
		.slice(0, STRETCHES)
		.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
	return [...shown, ...(runs.length > STRETCHES ? ["…"] : [])].join(", ");
}
