/** What a formula computes with. A list is a multi-select, link, member, attachment or lookup cell, by its visible texts. */
export type Value =
	| number
	| string
	| boolean
	| null
	| ErrorValue
	| readonly (number | string | boolean | null)[];

export type ValueType = "String" | "Number" | "Boolean" | "DateTime" | "Array";

/** An error as a value: what a formula column holds where its computation failed. */
export class ErrorValue {
	constructor(readonly message: string) {}
	toString(): string {
		return this.message;
	}
}

/** A computation that fails for one row; in a filter that row is kept. */
export class RowFault extends Error {}

export const notANumber = () => new ErrorValue("#Error: NaN");

/** One value out of a cell: lists by their joined texts. */
export function scalar(
	value: Value,
): number | string | boolean | null | ErrorValue {
	return isList(value) ? value.map((item) => item ?? "").join(", ") : value;
}

export function isList(
	value: Value,
): value is readonly (number | string | boolean | null)[] {
	return Array.isArray(value);
}

export function items(
	value: Value,
): readonly (number | string | boolean | null)[] {
	if (isList(value)) return value;
	return [value instanceof ErrorValue ? value.message : value];
}
