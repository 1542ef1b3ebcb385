import type { RowFile } from "../contract/files.js";
import type { Located } from "../places/locate.js";
import { nameList } from "../values/names.js";

/** A sheet keeps no zone, and may come from where another is in use; `columns`: those with times. */
export function zoneNotes(
	{ format }: RowFile,
	columns: readonly string[],
	{ table: { zone } }: Located,
): readonly string[] {
	return format !== "xlsx" || columns.length === 0
		? []
		: [
				`times of ${nameList(columns)} without an offset are read as those of a clock in ${zone}: a sheet keeps no zone`,
			];
}
