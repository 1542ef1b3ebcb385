import type { Problem } from "../contract/problem.js";
import { inTurns } from "../values/in-turns.js";

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

/** Equal problems, said once each. */
export interface Grouped {
	/** The first of them, in the order in which each came first. */
	readonly groups: readonly ProblemGroup[];
	/** How many problems there are in all. */
	readonly total: number;
	/** Does each stand in `groups`, for itself? */
	readonly isWhole: boolean;
}

/** Problems that are equal so far. */
interface Open {
	readonly first: Problem;
	count: number;
	readonly records: number[];
	readonly lines: number[];
}

/** Says what is equal once, where it comes first. Of more groups than `most` nothing is kept but their number. */
export async function groupProblems(
	problems: Iterable<Problem>,
	most: number,
): Promise<Grouped> {
	const open = new Map<string, Open>();
	let total = 0;
	let isWhole = true;
	await inTurns(problems, (problem, index) => {
		total++;
		const { record, line } = problem;
		const key = record === undefined ? `${index}` : keyOf(problem, index);
		let group = open.get(key);
		if (group !== undefined || open.size >= most) isWhole = false;
		if (group === undefined) {
			if (open.size >= most) return;
			group = { first: problem, count: 0, records: [], lines: [] };
			open.set(key, group);
		}
		group.count++;
		if (record !== undefined) group.records.push(record);
		if (line !== undefined) group.lines.push(line);
	});
	const groups = [...open.values()].map(grouped);
	return { groups, total, isWhole };
}

function grouped({ first, count, records, lines }: Open): ProblemGroup {
	if (count === 1) return first;
	return {
		...{ ...first, count },
		records: ranges(records),
		...(lines.length === 0 ? {} : { lines: ranges(lines) }),
	};
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
