import {
	ANY_TOOL,
	confirms,
	QUESTIONS,
	shownName,
} from "../core/contract/consent.js";
import type { ToolAnswer } from "../tools/tool.js";
import type { RunningCall } from "./running-call.js";

/** A call that had `confirm`, and was not refused. */
export interface ConfirmedCall {
	readonly confirm: string;
	readonly answer: Pick<ToolAnswer, "structured">;
	readonly running: Pick<RunningCall, "agreed">;
}

/**
 * Where nobody had to rely on `confirm` it was compared with nothing: says so, and where it names something else than
 * what was asked about. Whoever gave it may have meant another thing than was done.
 */
export function confirmNotes(
	{ confirm, answer, running }: ConfirmedCall,
	redact: (text: string) => string,
): readonly string[] {
	const agreed = running
		.agreed()
		.filter(({ kind }) => QUESTIONS[kind].tool !== ANY_TOOL);
	// A dry run says what it would have to hold.
	const { confirm: wouldBe } = answer.structured;
	const expected = [
		...agreed.map((question) => question.expected),
		...(typeof wouldBe === "string" ? [wouldBe] : []),
	];
	const given = JSON.stringify(shownName(confirm));
	if (expected.length === 0)
		return [
			`confirm: ${given} was compared with nothing: no question of this call needed it`,
		];
	const isNamed = expected.some((name) =>
		[name, redact(shownName(name))].some((one) => confirms(confirm, one)),
	);
	if (isNamed) return [];
	const names = expected.map((name) => JSON.stringify(shownName(name)));
	return [
		`confirm was ${given}, which is not what this is about: ${names.join(", ")}`,
	];
}
