import type { Field } from "../contract/field.js";
import { SheetCell } from "../contract/files.js";
import { isMoney } from "../values/currency.js";
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

/** What a field of numbers does not keep of how a number is shown. */
class OtherThanShown {
	#dressed = 0;
	#hidden = 0;
	readonly #first = { dressed: "", hidden: "" };
	readonly #field: Field;
	readonly #isNew: boolean;

	/** @param isNew the table is yet to be made: its units were said when its types were found. */
	constructor(field: Field, isNew: boolean) {
		this.#field = field;
		this.#isNew = isNew;
	}

	see(cell: SheetCell, line: number): void {
		const { value } = cell;
		if (typeof value !== "number" || KINDS[this.#field.type] !== "number")
			return;
		if (this.#isOther(cell)) {
			if (this.#dressed++ === 0)
				this.#first.dressed = `row ${line}: ${quoted(cell.shown)} as ${value}`;
		} else if (cell.whole !== undefined && cell.shown === "") {
			if (this.#hidden++ === 0) this.#first.hidden = `row ${line}: ${value}`;
		}
	}

	#isOther({ unit, isMasked }: SheetCell): boolean {
		if (isMasked) return true;
		if (unit === undefined || this.#isNew) return false;
		return this.#field.type !== "currency" || !isMoney(unit);
	}

	notes(column: string): readonly string[] {
		const { name, type } = this.#field;
		const start = `column ${quoted(column)}:`;
		const takes = `"${name}" (${type}) takes`;
		const { dressed, hidden } = this.#first;
		return [
			...(this.#dressed === 0
				? []
				: [
						`${start} ${cells(this.#dressed, "shows", "show")} a unit or signs beside the number, and ${takes} the number alone; the first on ${dressed}`,
					]),
			...(this.#hidden === 0
				? []
				: [
						`${start} ${cells(this.#hidden, "shows", "show")} nothing, by its format, and ${takes} the number that is there; the first on ${hidden}`,
					]),
		];
	}
}

function cells(count: number, one: string, many: string): string {
	return count === 1 ? `1 cell ${one}` : `${count} cells ${many}`;
}

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
	const other = new OtherThanShown(field, isNew);
	let [links, firstLink] = [0, 0];
	let [cut, firstCut] = [0, ""];
	return {
		column,
		see(cell, line) {
			if (!(cell instanceof SheetCell)) return;
			if (!keepsLinks && isLinked(cell) && links++ === 0) firstLink = line;
			other.see(cell, line);
			const { whole } = cell;
			if (whole !== undefined && isCut(cell) && cut++ === 0)
				firstCut = `row ${line}: ${quoted(whole)} as ${quoted(cell.shown)}`;
		},
		notes: () => [
			...other.notes(column),
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
