import { TablesError } from "../../core/contract/errors.js";

/**
 * Of one line or record of a file, in characters: two cells of the longest kind, forty of the longest that a vendor
 * holds, and little enough to be read in one piece.
 */
export const MOST_LINE_CHARACTERS = 4 * 1024 * 1024;

/** As many as a spreadsheet has; no vendor's table has a tenth of them. */
export const MOST_COLUMNS = 16_384;

/** Names in one line of JSON, those of objects in its cells with them. */
export const MOST_NAMES = 2 * MOST_COLUMNS;

/** @throws TablesError too_large */
export function checkColumns(count: number): void {
	if (count > MOST_COLUMNS)
		throw new TablesError(
			"too_large",
			`the file has ${count > MOST_COLUMNS + 1 ? count : `more than ${MOST_COLUMNS}`} columns; at most ${MOST_COLUMNS} are taken`,
			{
				next: "Look at the delimiter and at what the records have as names; split the file by columns.",
			},
		);
}
