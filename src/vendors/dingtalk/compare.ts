import type { FieldCodec } from "../../core/contract/codec.js";
import type { Cell, Field, FieldType } from "../../core/contract/field.js";
import type { WireCells } from "../../core/contract/records.js";
import type { Table } from "../../core/contract/table.js";
import { isEmpty, keyOf } from "../../core/values/values.js";
import { codecs } from "./cells.js";

/* What was sent beside what is read: a codec reads both forms. */

/** A cell as it was sent, or is read, in neutral form. */
function decoded(table: Table, id: string, wire: unknown): Cell {
	const field = table.byId.get(id);
	if (field === undefined || wire === undefined || wire === null) return null;
	const codec = codecs[field.type] as FieldCodec<FieldType>;
	return codec.decode(wire, field, { zone: table.zone }) as Cell;
}

/** Is a cell of the wire an empty one of ours? */
export function isEmptyCell(table: Table, id: string, wire: unknown): boolean {
	const cell = decoded(table, id, wire);
	return isEmpty(cell) || cell === false;
}

/** Equal rows have equal keys. Files are left out: they come back otherwise than they were sent. */
export function keyOfCells(
	table: Table,
	cells: WireCells,
	ids: readonly string[] = Object.keys(cells).toSorted(),
): string {
	return ids
		.flatMap((id) => {
			const field: Field | undefined = table.byId.get(id);
			return field === undefined || field.type === "attachment"
				? []
				: [keyOf(decoded(table, id, cells[id]), field, table.zone)];
		})
		.join("\u0000");
}
