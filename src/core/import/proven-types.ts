import { type RowFile, SheetCell } from "../contract/files.js";
import { readDateText } from "../values/date-text.js";
import { isYearFirst } from "../values/parse-date.js";
import type { Proof } from "../values/unit-votes.js";
import { zone } from "../values/zone.js";
import {
	isEvidentNumber,
	isEvidentPercent,
	isTypedNumber,
	isTypedPercent,
} from "./evident-numbers.js";
import { isLinked } from "./left-out.js";

/* Which types a cell of a file proves, and what is said of the cells that are not of the type which others have. */

/** Types that a column may prove, likeliest first: the first that all of its cells fit is taken. */
export const PROVEN = [
	"number",
	"percent",
	"date",
	"checkbox",
	"email",
	"url",
] as const;

export type ProvenType = (typeof PROVEN)[number];

/** Of cells that are not of a type; a column that has more, and few that are before them, is not looked at for that. */
export const MOST_ERRORS = 50;

/** Types that a column may have with errors in it: up to which share of the cells, and what is said of those. */
export const ERRING = {
	date: { share: 0.2, one: "a date", several: "dates" },
	number: { share: 0.4, one: "a plain number", several: "plain numbers" },
	percent: { share: 0.4, one: "a percentage", several: "percentages" },
} as const;

export type ErringType = keyof typeof ERRING;
export const ERRING_TYPES = Object.keys(ERRING) as readonly ErringType[];

/** Cells that are not of a type, of a column that may be one of that type with errors in it. */
export interface Errors {
	count: number;
	first: Proof | undefined;
	/** Are they too many? Then they are not counted any more. */
	tooMany: boolean;
}

export const ERRS: ReadonlySet<ProvenType> = new Set(ERRING_TYPES);

/** How a person has numbers of what may be something else. */
export const AS_NUMBERS =
	"for numbers make the table first with a number field, then import into it";

/** Types whose values a text does not stand for, in the words of a note. */
export const NOT_TEXTS: Partial<Readonly<Record<ProvenType, string>>> = {
	number: "numbers",
	percent: "percentages",
	date: "dates",
	checkbox: "yes and no",
};

/** What a person reads in a cell; undefined: the cell is not a text. */
export function textIn(cell: unknown): string | undefined {
	if (cell instanceof SheetCell)
		return typeof cell.value === "string" ? cell.value.trim() : undefined;
	return typeof cell === "string" ? cell.trim() : undefined;
}

const JSON_FORMATS: ReadonlySet<RowFile["format"]> = new Set([
	"json",
	"ndjson",
]);

/** As programs write it: in JSON, which programs write, a text is a date in no other form. People type into sheets. */
const WRITTEN =
	/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** Three short numbers of which the last has one digit, as versions have: nobody writes a year so, and a day seldom. */
const VERSION = /^\d{1,2}([-/.])\d{1,2}\1\d$/;

/** Does a cell that is not empty fit the type, however its column is read? */
export const FITS: Readonly<
	Record<
		Exclude<ProvenType, "checkbox">,
		(cell: unknown, file: Pick<RowFile, "format">) => boolean
	>
> = {
	number: (cell, { format }) =>
		format === "csv"
			? isEvidentNumber(textIn(cell) ?? "")
			: isTypedNumber(cell),
	percent: (cell, { format }) =>
		format === "csv"
			? isEvidentPercent(textIn(cell) ?? "")
			: isTypedPercent(cell),
	date: (cell, { format }) => {
		const text = textIn(cell);
		if (text === undefined || VERSION.test(text)) return false;
		if (JSON_FORMATS.has(format) && !WRITTEN.test(text)) return false;
		return isYearFirst(text)
			? !("problem" in zone("UTC").parse(text))
			: readDateText(text) !== undefined;
	},
	email: (cell) =>
		/^[^\s@<>"',;:()[\]\\]+@[^\s@<>"',;:()[\]\\]+\.[^\s@<>"',;:()[\]\\.]+$/.test(
			textIn(cell) ?? "",
		),
	url: (cell) => {
		const text = isLinked(cell) ? cell.link : textIn(cell);
		return text !== undefined && isAddress(text);
	},
};

function isAddress(text: string): boolean {
	return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}
