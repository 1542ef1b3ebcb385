import type { Operand } from "../../core/contract/condition.js";
import type { Cell, Field } from "../../core/contract/field.js";
import { isPersonId } from "./cells.js";

/** How a column looks to the vendor's filter. */
export type Shape =
	| "text"
	| "number"
	| "option"
	| "options"
	| "people"
	| "links"
	| "checkbox"
	| "date"
	| "opaque";

const SHAPES: Readonly<Partial<Record<Field["type"], Shape>>> = {
	text: "text",
	long_text: "text",
	phone: "text",
	barcode: "text",
	number: "number",
	currency: "number",
	percent: "number",
	rating: "number",
	progress: "number",
	single_select: "option",
	multi_select: "options",
	user: "people",
	group: "people",
	link: "links",
	checkbox: "checkbox",
	date: "date",
	created_time: "date",
	updated_time: "date",
	created_by: "people",
	updated_by: "people",
	// Their emptiness only.
	email: "opaque",
	url: "opaque",
	location: "opaque",
	attachment: "opaque",
};

export interface Column {
	readonly field: Field;
	readonly shape: Shape;
}

/** System columns have no name that a filter takes. */
export function columnOf(operand: Operand): Column | undefined {
	if (operand.kind !== "field") return undefined;
	const shape = SHAPES[operand.field.type];
	return shape === undefined ? undefined : { field: operand.field, shape };
}

/** A value as the filter writes it; undefined where its reading is not certain. */
export function written(
	value: Cell | undefined,
	shape: Shape,
): string | undefined {
	if (shape === "number")
		return typeof value === "number" &&
			Number.isFinite(value) &&
			!/e/i.test(String(value))
			? String(value)
			: undefined;
	if (typeof value !== "string" || value === "") return undefined;
	if (shape === "people")
		return isPersonId(value) || value.startsWith("oc_") ? value : undefined;
	if (shape === "links") return value.startsWith("rec") ? value : undefined;
	// Whether outer spaces count is not documented.
	return value === value.trim() ? value : undefined;
}

/** All of these values as the filter writes them; undefined where one of them cannot be. */
export function writtenAll(
	values: readonly Cell[] | undefined,
	shape: Shape,
): readonly string[] | undefined {
	const texts = (values ?? []).map((value) => written(value, shape));
	return texts.length > 0 && texts.every((item) => item !== undefined)
		? texts
		: undefined;
}
