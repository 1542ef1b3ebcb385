import type { Field } from "../contract/field.js";
import { SheetCell } from "../contract/files.js";
import { quoted } from "../values/names.js";
import { KINDS } from "../values/values.js";

/* What a cell of a spreadsheet holds besides what a person sees in it, and its field does not keep. */

/** A column, of whose cells that is counted. */
interface LeftOut {
	readonly column: string;
	see(cell: unknown, line: number): void;
	/** After the last cell. */
	notes(): readonly string[];
}

/** Does it lead to an address that what it shows does not tell? */
export function isLinked(
	cell: unknown,
): cell is SheetCell & { readonly link: string } {
	if (!(cell instanceof SheetCell) || cell.link === undefined) return false;
	const shown = cell.shown.trim();
	return cell.link !== shown && cell.link !== `mailto:${shown}`;
}

/** Kinds that take the value of a number or a moment, whatever its format shows of it. */
const TAKES_VALUE = {
	number: ["number", "checkbox"],
	string: ["date"],
} as const satisfies Record<string, readonly string[]>;

/** @param isNew the table is yet to be made: what becomes of addresses was said when its types were found. */
export function leftOut(
	{ column, field }: { readonly column: string; readonly field: Field },
	isNew: boolean,
): LeftOut {
	const kind = KINDS[field.type];
	const keepsLinks = kind === "url" || isNew;
	const isCut = ({ value }: SheetCell) =>
		!TAKES_VALUE[typeof value === "number" ? "number" : "string"].some(
			(one) => one === kind,
		);
	let [links, firstLink] = [0, 0];
	let [cut, firstCut] = [0, ""];
	return {
		column,
		see(cell, line) {
			if (!(cell instanceof SheetCell)) return;
			if (!keepsLinks && isLinked(cell) && links++ === 0) firstLink = line;
			const { whole } = cell;
			if (whole !== undefined && isCut(cell) && cut++ === 0)
				firstCut = `row ${line}: ${quoted(whole)} as ${quoted(cell.shown)}`;
		},
		notes: () => [
			...(cut === 0
				? []
				: [
						`column ${quoted(column)}: ${cut} ${cut === 1 ? "cell holds" : "cells hold"} more than a person sees in ${cut === 1 ? "it" : "them"}, and "${field.name}" (${field.type}) takes what is seen; the first on ${firstCut}`,
					]),
			...(links === 0
				? []
				: [
						`column ${quoted(column)}: ${links} ${links === 1 ? "cell leads" : "cells lead"} to an address that "${field.name}" (${field.type}) does not keep, the first on row ${firstLink}; a url field does`,
					]),
		],
	};
}
