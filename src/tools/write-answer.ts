import { isFailure, type WriteAnswer } from "../core/delivery/answer.js";
import { startOf } from "../core/values/values.js";
import { csvBlock, noteLines, plural } from "./text.js";
import type { ToolAnswer } from "./tool.js";

/** What a writing tool says: one line that cannot be misread, then the details. */
export function writeAnswer(
	answer: WriteAnswer,
	extra: { readonly isError?: boolean } = {},
): ToolAnswer {
	const { counts, outcomes, problems } = answer;
	const failed = extra.isError ?? isFailure(answer);
	const said = Object.entries(counts)
		.filter(([, count]) => count > 0)
		.map(([name, count]) => `${count} ${name.replace("_", " ")}`);
	const rest = counts.unknown + counts.not_attempted > 0;
	const verdict =
		answer.would_take !== undefined
			? "DRY RUN"
			: failed
				? answer.change_id === null
					? "REFUSED"
					: rest
						? "NOT FINISHED"
						: "FAILED IN PART"
				: "DONE";
	const written =
		answer.would_take === undefined && answer.change_id === null && failed
			? "nothing was written; "
			: "";
	const ids = answer.ids.filter((id) => id !== null);
	return {
		text: [
			`${verdict}: ${written}${said.join(", ") || "nothing to do"}${answer.change_id === null ? "" : ` (change_id ${answer.change_id})`}`,
			...(answer.would_take === undefined
				? []
				: [
						`it would take ${plural(answer.would_take.calls, "call")} and at least ${answer.would_take.seconds} s`,
					]),
			...(outcomes.length === 0
				? []
				: [`outcomes by input index: ${outcomes.join(" ")}`]),
			...(ids.length === 0
				? []
				: [`ids: ${answer.ids.map((id) => id ?? "-").join(" ")}`]),
			...(problems.length === 0
				? []
				: [
						`${plural(answer.problems_total ?? problems.length, "problem")}${answer.problems_total === undefined ? "" : `, the first ${problems.length}`}:`,
						csvBlock(
							["record", "line", "field", "given", "message"],
							problems.map(({ record, line, field, given, message }) => [
								record,
								line,
								field,
								clipped(given),
								message,
							]),
						),
					]),
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

const GIVEN_CHARACTERS = 200;

/** A given value, short enough to be read. */
export function clipped(given: unknown): unknown {
	const text = typeof given === "string" ? given : JSON.stringify(given);
	return text !== undefined && text.length > GIVEN_CHARACTERS
		? `${startOf(text, GIVEN_CHARACTERS)}…`
		: given;
}
