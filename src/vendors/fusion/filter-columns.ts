import type { Operand } from "../../core/contract/condition.js";
import type { Cell, Field } from "../../core/contract/field.js";
import { literal, numeral } from "./formula.js";

/** How a field looks to a formula. */
export type Shape =
	| "text"
	| "link_text"
	| "number"
	| "counter"
	| "flag"
	| "options"
	| "people"
	| "files"
	| "date"
	| "links";

const SHAPES: Readonly<Partial<Record<Field["type"], Shape>>> = {
	text: "text",
	long_text: "text",
	email: "text",
	phone: "text",
	single_select: "text",
	url: "link_text",
	number: "number",
	currency: "number",
	percent: "number",
	rating: "number",
	auto_number: "counter",
	checkbox: "flag",
	multi_select: "options",
	user: "people",
	attachment: "files",
	date: "date",
	created_time: "date",
	updated_time: "date",
	link: "links",
};

export interface Column {
	readonly reference: string;
	readonly shape: Shape;
	readonly field: Field;
}

/**
 * How a column looks to the filter; undefined for one that it does not know. A formula is not asked about: no comparison
 * keeps the rows where it is an error, and whether those match is for the core to say.
 */
export function columnOf(operand: Operand | undefined): Column | undefined {
	if (operand?.kind !== "field") return undefined;
	const { field } = operand;
	const shape = SHAPES[field.type];
	return shape === undefined
		? undefined
		: { reference: `{${field.id}}`, shape, field };
}

/** A value as a literal of its shape. */
export function written(
	value: Cell | undefined,
	shape: Shape,
): string | undefined {
	if (shape === "number")
		return typeof value === "number" ? numeral(value) : undefined;
	if (shape === "counter")
		return typeof value === "string" && /^[1-9]\d{0,14}$/.test(value)
			? value
			: undefined;
	return typeof value === "string" ? literal(value) : undefined;
}

/** All of these values as the filter writes them; undefined where one of them cannot be. */
export function writtenAll(
	values: readonly Cell[] | undefined,
	shape: Shape,
): readonly string[] | undefined {
	const texts = (values ?? []).map((value) => written(value, shape));
	return texts.length > 0 && texts.every((text) => text !== undefined)
		? texts
		: undefined;
}
