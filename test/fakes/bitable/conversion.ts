import { isSelect } from "./field-kinds.js";
import type { Cell, Field, Row, Url } from "./model.js";
import { textOfCell } from "./reading.js";

/**
 * What becomes of a cell when its field changes its type. The documents give no rules:
 * text, numbers, options, dates and links' texts carry over where they can be read; anything else is emptied.
 */
export type Converted = (
	field: Field,
	/** The id of an option of that name, made when there is none. */
	optionId: (name: string) => string,
) => Cell | undefined;

/** Reads a cell before the change. */
export function convertCell(field: Field, row: Row): Converted {
	const cell = row.cells.get(field.id);
	const texts = cell === undefined ? [] : textsOf(field, cell);
	const milliseconds =
		field.type === 5 && typeof cell === "number" ? cell : undefined;
	return (to, optionId) => {
		const [first] = texts;
		if (first === undefined) return undefined;
		if (to.type === 1) return texts.join(",");
		if (to.type === 3) return optionId(first);
		if (to.type === 4)
			return texts.flatMap((text) => text.split(",")).map(optionId);
		if (to.type === 2) {
			const number = Number(first);
			return Number.isNaN(number) ? undefined : number;
		}
		if (to.type === 5) return milliseconds;
		if (to.type === 13) return /^\+?\d*$/.test(first) ? first : undefined;
		if (to.type === 15) return { text: first, link: first };
		return undefined;
	};
}

function textsOf(field: Field, cell: Cell): string[] {
	if (field.type === 1) return [textOfCell(cell)];
	if (isSelect(field.type)) {
		const ids = typeof cell === "string" ? [cell] : (cell as readonly string[]);
		return ids.flatMap((id) => field.optionsById.get(id)?.name ?? []);
	}
	if (field.type === 15) return [(cell as Url).text];
	if (field.type === 7) return [cell === true ? "true" : "false"];
	return typeof cell === "string" || typeof cell === "number"
		? [String(cell)]
		: [];
}
