import type { Cell, Field } from "../contract/field.js";
import type { Located } from "../places/locate.js";
import { cutList, quoted } from "../values/names.js";
import { cellText, isEmpty, matchKeyOf } from "../values/values.js";

type Cells = Readonly<Record<string, Cell>>;

/** What a record is found by: the values of its key fields, in their order. */
export function keyOfCells(
	{ table }: Located,
	keys: readonly Field[],
	cells: Cells,
): string {
	return keys
		.map((field) => matchKeyOf(cells[field.id], field, table.zone))
		.join("\u0000");
}

/** Why nothing can be found by the key of a record; undefined where it has a value in each key field. */
export function emptyKey(
	keys: readonly Field[],
	cells: Cells,
): string | undefined {
	const empty = keys.filter((field) => isEmpty(cells[field.id]));
	return empty.length === 0
		? undefined
		: `its key ${empty.map(({ name }) => `"${name}"`).join(", ")} is empty`;
}

/** Which records a key matches, where it is more than one. */
export function matchesMany(ids: readonly string[]): string {
	return `its key matches ${ids.length} records: ${cutList(ids)}`;
}

/** A key as it is shown, of several fields with commas between them. */
export function keyText(
	{ table }: Located,
	keys: readonly Field[],
	cells: Cells,
): string {
	return keys
		.map((field) => cellText(cells[field.id] ?? null, field, table.zone))
		.join(", ");
}

/** A key for a message: `Name = "Ann" and City = "Bonn"`. */
export function keyWords(
	located: Located,
	keys: readonly Field[],
	cells: Cells,
): string {
	return keys
		.map(
			(field) => `${field.name} = ${quoted(keyText(located, [field], cells))}`,
		)
		.join(" and ");
}
