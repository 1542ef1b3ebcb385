/*
 * The sections of a number format, of which each number has one: by the conditions in their order, by its sign where
 * they have none. Where the section is one of negative numbers alone, the minus sign is shown only as it says so.
 */

const PIECE = /"[^"]*"|\\.|[_*].|\[[^[\]]*\]|[^"\\_*[]/gsu;

/** The sections of a code as they are written. */
function sectionsOf(code: string): readonly string[] {
	const sections = [""];
	for (const [piece] of code.matchAll(PIECE))
		if (piece === ";") sections.push("");
		else sections[sections.length - 1] += piece;
	return sections;
}

/** The sections that numbers have: without the one of texts. */
export function numberSections(code: string): readonly string[] {
	const sections = sectionsOf(code);
	const last = sections.at(-1) ?? "";
	const hasText = sections.length > 3 || isOfText(last);
	return hasText
		? sections.slice(0, Math.min(sections.length - 1, 3))
		: sections;
}

/** The section of texts; undefined: they are shown as they are. */
function textSection(code: string): string | undefined {
	const last = sectionsOf(code).slice(0, 4).at(-1) ?? "";
	return isOfText(last) ? last : undefined;
}

function isOfText(section: string): boolean {
	return /@/.test(section.replace(/"[^"]*"|\\.|[_*].|\[[^[\]]*\]/gsu, ""));
}

/** What a person sees of a text: with what its format puts around it. */
export function shownText(text: string, code: string): string {
	const section = textSection(code);
	if (section === undefined) return text;
	return [...section.matchAll(PIECE)]
		.map(([piece]) => {
			if (piece === "@") return text;
			if (/^".*"$/s.test(piece)) return piece.slice(1, -1);
			if (piece.startsWith("\\")) return piece.slice(1);
			return /^(?:[_*].|\[.*\])$/s.test(piece) ? "" : piece;
		})
		.join("");
}

interface Condition {
	readonly op: string;
	readonly limit: number;
}

const CONDITION = /\[(<=|>=|<>|=|<|>)\s*([-+]?[\d.]+(?:e[+-]?\d+)?)\]/i;

const HOLDS: Readonly<
	Record<string, (value: number, limit: number) => boolean>
> = {
	"<": (value, limit) => value < limit,
	"<=": (value, limit) => value <= limit,
	"=": (value, limit) => value === limit,
	">=": (value, limit) => value >= limit,
	">": (value, limit) => value > limit,
	"<>": (value, limit) => value !== limit,
};

function holds(value: number, { op, limit }: Condition): boolean {
	return HOLDS[op]?.(value, limit) ?? false;
}

function conditionIn(section: string): Condition | undefined {
	const [, op, limit] =
		CONDITION.exec(section.replace(/"[^"]*"|\\.|[_*]./gsu, "")) ?? [];
	return op === undefined ? undefined : { op, limit: Number(limit) };
}

/** Of a section without one of its own; undefined: it has what the others leave. */
function usualCondition(
	at: number,
	own: readonly (Condition | undefined)[],
): Condition | undefined {
	const isLast = at === own.length - 1;
	if (isLast) return undefined;
	if (at > 0) return { op: "<", limit: 0 };
	const isOfTwo = own.length === 2 && own[1] === undefined;
	return { op: isOfTwo ? ">=" : ">", limit: 0 };
}

/** The section that shows a number, without its condition, and the number that it shows. */
export function sectionFor(
	value: number,
	code: string,
): { readonly code: string; readonly value: number } {
	if (!/[;[]/.test(code)) return { code, value };
	const sections = numberSections(code);
	const own = sections.map(conditionIn);
	const all = own.map((one, at) => one ?? usualCondition(at, own));
	const met = all.findIndex((one) => one === undefined || holds(value, one));
	// Where no section is left for it, one that says nothing of its numbers has it.
	const at = met >= 0 ? met : own.indexOf(undefined);
	const section = sections[at];
	if (section === undefined) return { code: "General", value };
	return {
		code: section.replace(CONDITION, ""),
		value: isBelowZero(all, at) ? Math.abs(value) : value,
	};
}

/** Has the section none but numbers below zero, so that it says how their sign looks? */
function isBelowZero(
	all: readonly (Condition | undefined)[],
	at: number,
): boolean {
	const condition = all[at];
	if (condition !== undefined) {
		const { op, limit } = condition;
		return op === "<" ? limit <= 0 : /^(?:<=|=)$/.test(op) && limit < 0;
	}
	const [first] = all;
	return (
		at === 1 && first !== undefined && /^>/.test(first.op) && first.limit <= 0
	);
}
