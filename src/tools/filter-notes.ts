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
	return [
		...undecidedNotes(filter, also),
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

function nameOf({ operand }: Condition): string {
	return operand.kind === "field" ? quoted(operand.field.name) : "";
}
