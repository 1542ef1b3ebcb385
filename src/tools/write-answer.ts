import { z } from "zod";
import { isFailure, type WriteAnswer } from "../core/delivery/answer.js";
import { startOf } from "../core/values/names.js";
import { groupProblems, type ProblemGroup } from "./problem-groups.js";
import { csvBlock, noteLines, plural } from "./text.js";
import type { ToolAnswer } from "./tool.js";

export const writeOutput = z.looseObject({
	change_id: z.string().nullable(),
	counts: z.looseObject({}),
	ids: z.array(z.string().nullable()),
	outcomes: z.array(z.string()),
	problems: z.array(z.looseObject({ message: z.string() })),
	notes: z.array(z.string()),
});

/** What a writing tool says: one line that cannot be misread, then the details. */
export function writeAnswer(
	given: WriteAnswer,
	extra: {
		readonly isError?: boolean;
		/** The records were not named in the call: their ids are listed only where something went wrong with some. */
		readonly unnamed?: boolean;
	} = {},
): ToolAnswer {
	const failed = extra.isError ?? isFailure(given);
	const answer = extra.unnamed && !failed ? withoutIds(given) : given;
	const { outcomes } = answer;
	const problems = groupProblems(answer.problems);
	return {
		text: [
			headline(answer, failed),
			...estimateLines(answer),
			...(outcomes.length === 0
				? []
				: [`outcomes by input index: ${outcomes.join(" ")}`]),
			...(answer.ids.every((id) => id === null)
				? []
				: [`ids: ${answer.ids.map((id) => id ?? "-").join(" ")}`]),
			...problemLines(answer, problems),
			...noteLines(answer.notes),
		].join("\n"),
		structured: {
			...answer,
			problems: problems.map((problem) =>
				"given" in problem
					? { ...problem, given: clipped(problem.given) }
					: problem,
			),
		},
		isError: failed,
	};
}

/** Records that are made have ids that nobody knows yet. */
function withoutIds(answer: WriteAnswer): WriteAnswer {
	return answer.counts.created > 0 ? answer : { ...answer, ids: [] };
}

function headline(answer: WriteAnswer, failed: boolean): string {
	const { counts, change_id: change } = answer;
	const refused = answer.would_take === undefined && change === null && failed;
	const said = Object.entries(counts)
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${count} ${name.replace("_", " ")}`);
	return `${verdict(answer, failed)}: ${refused ? "nothing was written; " : ""}${said.join(", ") || "nothing to do"}${change === null ? "" : ` (change_id ${change})`}`;
}

function verdict(
	{ would_take, change_id, counts, in_part: parts = 0 }: WriteAnswer,
	failed: boolean,
): string {
	if (would_take !== undefined) return "DRY RUN";
	if (failed && change_id === null) return "REFUSED";
	const { failed: bad, unchanged, ...others } = counts;
	const isNothing = Object.values(others).every((count) => count === 0);
	if (bad > 0 && parts === 0 && isNothing) return "NOTHING WRITTEN";
	if (!failed) return "DONE";
	return counts.unknown + counts.not_attempted > 0
		? "NOT FINISHED"
		: "FAILED IN PART";
}

function estimateLines({ would_take: estimate }: WriteAnswer): string[] {
	return estimate === undefined
		? []
		: [
				`it would take ${plural(estimate.calls, "call")} and at least ${estimate.seconds} s`,
			];
}

function problemLines(
	{ problems, problems_total }: WriteAnswer,
	groups: readonly ProblemGroup[],
): string[] {
	if (problems.length === 0) return [];
	const total = plural(problems_total ?? problems.length, "problem");
	const first =
		problems_total === undefined ? "" : `, the first ${problems.length}`;
	return [
		`${total}${first}:`,
		csvBlock(
			["record", "line", "field", "given", "message"],
			groups.map(({ record, records, line, lines, field, given, message }) => [
				records ?? record,
				lines ?? line,
				field,
				clipped(given),
				message,
			]),
		),
	];
}

const GIVEN_CHARACTERS = 200;

/** What is nested too deep to be written down is named. */
function jsonOf(given: unknown): string | undefined {
	try {
		return JSON.stringify(given);
	} catch (error) {
		if (!(error instanceof RangeError)) throw error;
		return `${"[".repeat(GIVEN_CHARACTERS)}[`;
	}
}

/** A given value, short enough to be read. */
export function clipped(given: unknown): unknown {
	const text = typeof given === "string" ? given : jsonOf(given);
	return text !== undefined && text.length > GIVEN_CHARACTERS
		? `${startOf(text, GIVEN_CHARACTERS)}…`
		: given;
}
