import type { Attachment, Cell, Field } from "../contract/field.js";
import type { Problem } from "../contract/problem.js";
import type { Located } from "../places/locate.js";
import { quoted, shortened } from "../values/names.js";

type Cells = Readonly<Record<string, Cell>>;

/** Attachments named without a token are fine only where the cell has them already: never in a new record. */
export function loneNames(
	{ index, cells }: { readonly index: number; readonly cells: Cells },
	located: Located,
): Problem[] {
	return filesWithoutToken(cells, located).map(({ field, name }) => ({
		record: index,
		field: field.name,
		given: shortened(name),
		message: `"${field.name}" has no attachment ${quoted(name)} yet: upload_attachment gives a token`,
	}));
}

/** Attachments of a record that are named without a token. */
export function filesWithoutToken(
	cells: Cells,
	located: Located,
): { readonly field: Field; readonly name: string }[] {
	return Object.entries(cells).flatMap(([id, cell]) => {
		const field = located.table.byId.get(id) as Field;
		if (field.type !== "attachment" || !Array.isArray(cell)) return [];
		return (cell as readonly Attachment[])
			.filter(({ token }) => token === null)
			.map(({ name }) => ({ field, name }));
	});
}
