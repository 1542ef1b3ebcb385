import type {
	Cell,
	Field,
	LinkedRecord,
	SystemColumn,
} from "../contract/field.js";
import { cellText, isEmpty, kindOf } from "./values.js";

/** Ascending: empty first, numbers by value, everything else by its text in code-unit order. */
export function compareCells(
	a: Cell,
	b: Cell,
	column: Field | SystemColumn,
): number {
	const left = isEmpty(a) || a === false;
	const right = isEmpty(b) || b === false;
	if (left || right) return left === right ? 0 : left ? -1 : 1;
	if (typeof a === "number" && typeof b === "number") return a - b;
	const first = orderText(a, column);
	const second = orderText(b, column);
	return first < second ? -1 : first > second ? 1 : 0;
}

/** What an order compares: of links the titles as they are, of which a list's text quotes some. */
function orderText(cell: Cell, column: Field | SystemColumn): string {
	return kindOf(column) === "links" && Array.isArray(cell)
		? (cell as readonly LinkedRecord[])
				.map(({ id, text }) => text ?? id)
				.join(", ")
		: cellText(cell, column, "UTC");
}
