import type { Cell, Field } from "../contract/field.js";
import type { Located } from "../places/locate.js";
import { isEmpty, matchKeyOf } from "../values/values.js";

type Cells = Readonly<Record<string, Cell>>;

/** So many of the records that have the same key are named. */
const IDS_SHOWN = 5;

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
	return `its key matches ${ids.length} records: ${ids.slice(0, IDS_SHOWN).join(", ")}`;
}
