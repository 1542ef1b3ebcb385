import type { Row } from "../contract/table.js";
import { quoted } from "../values/names.js";
import type { SourceColumn } from "./columns.js";

/** Watches the texts of lists in one table: a name that holds a comma, and several names, may look alike. */
export interface ListTexts {
	look(row: Row): void;
	notes(): readonly string[];
}

/** Of these columns. */
export function listTexts(columns: readonly SourceColumn[]): ListTexts {
	const watched = columns.flatMap(({ isListText, from, name, listColumn }) =>
		isListText && typeof from === "object"
			? [{ id: from.id, name, listColumn, names: 0, lists: 0 }]
			: [],
	);
	return {
		look({ cells }) {
			for (const column of watched) {
				const cell = cells[column.id];
				if (!Array.isArray(cell)) continue;
				if (cell.length > 1) column.lists++;
				else if (nameIn(cell[0]).includes(",")) column.names++;
			}
		},
		notes: () =>
			watched
				.filter(({ names, lists }) => names > 0 && lists > 0)
				.map(
					({ name, listColumn }) =>
						`${quoted(name)} holds single names with a comma, as they are, and lists of several: ${
							listColumn === undefined
								? "the text does not tell them apart"
								: `"${listColumn}" tells them apart`
						}`,
				),
	};
}

/** The name of one item. */
function nameIn(item: unknown): string {
	if (typeof item === "string") return item;
	if (typeof item !== "object" || item === null) return "";
	const { name, text } = item as Readonly<Record<string, unknown>>;
	return String(name ?? text ?? "");
}
