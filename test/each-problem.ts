/** A problem as an answer has it: of one record, or of several. */
interface Group {
	readonly record?: number;
	readonly records?: string;
	readonly line?: number;
	readonly lines?: string;
}

/** The problems of an answer, one for each record that has one. */
export function eachProblem<P extends Group>(
	groups: readonly P[],
): readonly P[] {
	return groups.flatMap((group) => {
		if (group.records === undefined) return [group];
		const lines = group.lines === undefined ? [] : numbersIn(group.lines);
		return numbersIn(group.records).map((record, index) => {
			const line = lines[index];
			return { ...group, record, ...(line === undefined ? {} : { line }) };
		});
	});
}

/** Of `0-2, 5`: 0, 1, 2 and 5. */
function numbersIn(ranges: string): readonly number[] {
	return ranges.split(", ").flatMap((range) => {
		const [from = 0, to = from] = range.split("-").map(Number);
		return Array.from({ length: to - from + 1 }, (_, index) => from + index);
	});
}
