import type { Field } from "../contract/field.js";
import type { ValueNote } from "./given-values.js";

/** So many of the records that a note is about are named. */
const NAMED = 5;

/** Takes what is to be said of the values of a statement, and says it once for each field. */
export function valueNotes(zone: string): {
	/** For one record or row, in words. */
	of(record: string): (what: ValueNote, field: Field, value: string) => void;
	/** `hasTexts`: may links have been shown by texts that are lost? */
	texts(hasTexts: boolean): readonly string[];
} {
	const noted = new Map<string, Noted>();
	return {
		of: (record) => (what, field, value) => {
			const key = `${what} ${field.id}`;
			const one = noted.get(key) ?? { what, field, value, records: [] };
			noted.set(key, one);
			one.records.push(record);
		},
		texts: (hasTexts) =>
			[...noted.values()]
				.filter(({ what }) => what !== "bare link" || hasTexts)
				.map((one) => TEXTS[one.what](one, zone)),
	};
}

interface Noted {
	readonly what: ValueNote;
	readonly field: Field;
	/** The first one. */
	readonly value: string;
	readonly records: string[];
}

const TEXTS = {
	twice: ({ field, value, records }, zone) =>
		`"${field.name}" was given a time that clocks in ${zone} show twice on that day, such as ${value}: the earlier one is taken in ${firstOf(records)}; for the later one give the offset, as a text in the statement`,
	"bare link": ({ field, records }) =>
		`"${field.name}" was given links without the texts that people read in ${firstOf(records)}: there the link itself is the text; json_object('text', …, 'link', …) gives both, the text of a column U is U_text`,
} as const satisfies Record<ValueNote, (noted: Noted, zone: string) => string>;

function firstOf(records: readonly string[]): string {
	const more = records.length - NAMED;
	return `${records.slice(0, NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
