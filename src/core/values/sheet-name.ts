import { withoutEnd } from "./ends.js";

/** In UTF-16 units, as spreadsheet programs count. */
const MOST_CHARACTERS = 31;

/** A text as the name of a sheet that every spreadsheet program takes; one that is taken stays as it is. */
export function sheetName(text: string): string {
	const cleaned = text
		.toWellFormed()
		.replace(/[\\/?*[\]:]|\p{Cc}/gu, "_")
		.replace(/^[\s']+/, "");
	const cut = [...cleaned].reduce(
		(name, character) =>
			name.length + character.length <= MOST_CHARACTERS
				? name + character
				: name,
		"",
	);
	const name = withoutEnd(cut, /[\s']/);
	// A sheet of that name is where programs keep changes.
	if (/^history$/i.test(name)) return `${name}_`;
	return name === "" ? "Records" : name;
}
