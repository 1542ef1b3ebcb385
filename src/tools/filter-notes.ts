import type { Condition, Filter } from "../core/contract/condition.js";
import { undecidedNotes } from "../core/filter/undecided.js";
import { quoted } from "../core/values/names.js";
import { KINDS } from "../core/values/values.js";

/** Operators that tell capitals from small letters. */
const EXACT: ReadonlySet<Condition["op"]> = new Set([
	"is",
	"contains",
	"starts_with",
]);

/**
 * What is easily taken for another meaning of a filter: of exact texts where nothing was found, and of whole lists; and
 * which records it could not decide about.
 */
export function filterNotes(
	filter: Filter | undefined,
	found: number | null,
	also?: Filter,
): readonly string[] {
	if (filter === undefined) return undecidedNotes(also);
	const all = [
		...filter.conditions,
		...filter.groups.flatMap(({ conditions }) => conditions),
	];
	const isOf = ({ operand }: Condition, kind: string) =>
		operand.kind === "field" && KINDS[operand.field.type] === kind;
	const isExact = all.some(
		(condition) => isOf(condition, "text") && EXACT.has(condition.op),
	);
	const phrases = all.flatMap(({ op, value }) =>
		op === "search" ? [String(value)] : [],
	);
	return [
		...undecidedNotes(filter, also),
		...(found === 0 ? phrases.map(phraseNote) : []),
		...(found === 0 && isExact
			? [
					"is, contains and starts_with tell capitals from small letters; search does not",
				]
			: []),
		...all.flatMap((condition) =>
			condition.op === "is" &&
			condition.other === undefined &&
			isOf(condition, "options")
				? [
						`${nameOf(condition)} is: the lists that hold exactly this; any_of: those that hold it among others`,
					]
				: [],
		),
	];
}

/** What a text was looked for as, where it is nowhere. */
function phraseNote(phrase: string): string {
	const words = phrase.trim().split(/\s+/);
	const many =
		words.length < 2
			? ""
			: `, as one phrase; for rows that hold the words apart or in several cells give each word a search of its own, with match "all"`;
	return `search looked for its value inside one cell as it is shown, whatever its case and width${many}`;
}

function nameOf({ operand }: Condition): string {
	return operand.kind === "field" ? quoted(operand.field.name) : "";
}
