import type { Problem } from "../core/contract/problem.js";

/** Equal problems of several records, said once. */
export interface ProblemGroup extends Problem {
	/** Which records have it, as `0-69, 75`. Absent: `record` alone. */
	readonly records?: string;
	/** The same of the lines of a file. Absent: `line` alone, or no file. */
	readonly lines?: string;
}

/** Says what is equal once, where it comes first. */
export function groupProblems(
	problems: readonly Problem[],
): readonly ProblemGroup[] {
	const groups = new Map<string, [Problem, ...Problem[]]>();
	for (const [index, problem] of problems.entries()) {
		const { record, line, ...same } = problem;
		const key = record === undefined ? `${index}` : keyOf(same, index);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [problem]);
		else group.push(problem);
	}
	return [...groups.values()].map((group) => {
		const [first] = group;
		if (group.length === 1) return first;
		const lines = group.flatMap(({ line }) => line ?? []);
		return {
			...first,
			records: ranges(group.flatMap(({ record }) => record ?? [])),
			...(lines.length === 0 ? {} : { lines: ranges(lines) }),
		};
	});
}

/** What is nested too deep to be compared is like nothing else. */
function keyOf(
	problem: Omit<Problem, "record" | "line">,
	index: number,
): string {
	try {
		return JSON.stringify([problem.field, problem.message, problem.given]);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		return `${index}`;
	}
}

/** `0-2, 5` */
function ranges(numbers: readonly number[]): string {
	const runs: { from: number; to: number }[] = [];
	for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
		const last = runs.at(-1);
		if (last?.to === number - 1) last.to = number;
		else runs.push({ from: number, to: number });
	}
	return runs
		.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`))
		.join(", ");
}
