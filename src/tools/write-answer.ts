import { z } from "zod";
import {
	isFailure,
	type ShownOp,
	type WriteAnswer,
} from "../core/delivery/answer.js";
import { countOf } from "../core/delivery/problem-groups.js";
import { startOf } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import { cutCell } from "./cut-cell.js";
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
		/** The call named the records by their ids: the text repeats them only where something went wrong with some. */
		readonly byId?: boolean;
	} = {},
): ToolAnswer {
	const failed = extra.isError ?? isFailure(given);
	const answer = extra.unnamed && !failed ? withoutIds(given) : given;
	return {
		text: [
			headline(answer, failed),
			...estimateLines(answer),
			...previewLines(answer),
			...outcomeLines(answer),
			...(extra.byId && !failed
				? []
				: idLines(answer, extra.byId || extra.unnamed)),
			...problemLines(answer),
			...noteLines(answer.notes),
		].join("\n"),
		structured: {
			...answer,
			...(answer.preview === undefined
				? {}
				: { preview: answer.preview.map(cutShown) }),
			problems: answer.problems.map((problem) =>
				"given" in problem
					? { ...problem, given: clipped(problem.given) }
					: problem,
			),
		},
		isError: failed,
	};
}

/** Where all records ended the same, the first line says how. */
function outcomeLines({ outcomes }: WriteAnswer): string[] {
	return outcomes.length < 2
		? []
		: [`outcomes by input index: ${outcomes.join(" ")}`];
}

/** So many ids stand in a text that is not about them. */
const IDS_IN_TEXT = 20;

function idLines({ ids, counts }: WriteAnswer, isCut = false): string[] {
	if (ids.every((id) => id === null)) return [];
	// Ids of new records are known from the answer alone.
	const most = isCut && counts.created === 0 ? IDS_IN_TEXT : ids.length;
	const shown = ids.slice(0, most).map((id) => id ?? "-");
	const more = ids.length - shown.length;
	return [
		`ids: ${shown.join(" ")}${more > 0 ? ` and ${more} more: all ${ids.length} are in \`ids\` of the structured content` : ""}`,
	];
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
	const { created, updated, deleted, unknown } = counts;
	const written = created + updated + deleted + unknown + parts;
	if (counts.failed > 0 && written === 0) return "NOTHING WRITTEN";
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

/** The first records before and after, each on one line, and what would be emptied. */
function previewLines({ preview, cells_cleared }: WriteAnswer): string[] {
	if (preview === undefined) return [];
	const lines = preview.map(cutShown).map(({ id, before, after }) => {
		const cells = Object.keys(after ?? before ?? {}).map((name) => {
			const shown = [before, after].flatMap((part) =>
				part === null ? [] : [shownAs(part[name])],
			);
			return `${name}: ${shown.join(" → ")}`;
		});
		return oneLine([id ?? "new", ...cells].join("; "));
	});
	return [
		...(lines.length === 0 ? [] : ["the first records:", ...lines]),
		...(cells_cleared
			? [`${plural(cells_cleared, "cell")} would be cleared`]
			: []),
	];
}

function shownAs(value: unknown): string {
	if (value === null || value === undefined) return "(empty)";
	return typeof value === "string" && !/["\n;→]/u.test(value)
		? value
		: JSON.stringify(value);
}

function cutShown({ id, before, after }: ShownOp): ShownOp {
	const cut = (cells: ShownOp["before"]) =>
		cells &&
		Object.fromEntries(
			Object.entries(cells).map(([name, value]) => [name, cutCell(value)]),
		);
	return { id, before: cut(before), after: cut(after) };
}

function problemLines({
	problems,
	problems_total: total = problems.length,
}: WriteAnswer): string[] {
	if (problems.length === 0) return [];
	const isCut = countOf(problems) < total;
	return [
		`${plural(total, "problem")}${isCut ? `, the first ${problems.length} kinds of them` : ""}:`,
		csvBlock(
			["record", "line", "field", "given", "message"],
			problems.map(
				({ record, records, line, lines, field, given, message }) => [
					records ?? record,
					lines ?? line,
					field,
					clipped(given),
					message,
				],
			),
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
