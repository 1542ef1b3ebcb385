import { ID_COLUMN, type RowFile, SheetCell } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Table } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { readRowsById } from "../read/read.js";
import { quoted } from "../values/names.js";
import { foldName } from "../values/near-names.js";

/*
 * The ids of records that an export has written: a file that holds them can change those records, and says when it
 * would add them a second time.
 */

/** Is this the ids' name, and not a field's? */
function isIdName(name: string, { fields }: Table): boolean {
	const folded = foldName(name);
	return (
		folded === ID_COLUMN ||
		(folded === "id" &&
			!fields.some(
				(field) => field.id === name || foldName(field.name) === folded,
			))
	);
}

/** Do the keys name the record's id, which is alone then? */
export function matchesById(
	matchOn: readonly string[] | undefined,
	table: Table,
): boolean {
	return matchOn?.some((name) => isIdName(name, table)) ?? false;
}

/** The column of a file that holds ids. undefined: it has none. */
export function idColumnOf(
	{ columns }: Pick<RowFile, "columns">,
	table: Table,
): string | undefined {
	return columns.includes(ID_COLUMN)
		? ID_COLUMN
		: columns.find((column) => isIdName(column, table));
}

/** What is wrong with keys of which one is the record's id. */
export function idKeyProblem(
	file: Pick<RowFile, "columns">,
	matchOn: readonly string[],
	table: Table,
): string | undefined {
	if (matchOn.length > 1)
		return `"${ID_COLUMN}" of \`match_on\` finds a record alone: name no other key beside it`;
	return idColumnOf(file, table) === undefined
		? `"${ID_COLUMN}" of \`match_on\` needs the column "${ID_COLUMN}" of an export, and the file does not have it`
		: undefined;
}

/** The id that a cell holds. undefined: none. */
export function idOf(cell: unknown): string | undefined {
	if (cell === null || cell === undefined) return undefined;
	const text = String(cell instanceof SheetCell ? cell.shown : cell).trim();
	return text === "" ? undefined : text;
}

/** How many ids are looked up to see whether they are of this table. */
const LOOKED_UP = 20;

/** What to say of ids in a file that is not asked to match by them. */
export async function idNotes(
	located: Located,
	file: RowFile,
	hasKeys: boolean,
	running: Running,
): Promise<readonly string[]> {
	if (!file.columns.includes(ID_COLUMN)) return [];
	if (hasKeys)
		return [
			`the column "${ID_COLUMN}" holds record ids and is left out, because \`match_on\` names other keys`,
		];
	const ids = new Set<string>();
	for await (const { cells } of file.rows(0)) {
		const id = idOf(cells[ID_COLUMN]);
		if (id !== undefined) ids.add(id);
		if (ids.size >= LOOKED_UP) break;
	}
	const of = `the column "${ID_COLUMN}" holds record ids`;
	// A vendor may refuse ids that are not its own.
	const found =
		ids.size === 0
			? undefined
			: await readRowsById(
					located,
					[...ids],
					{ fields: [] },
					running.call,
				).catch(() => undefined);
	if (found === undefined || found.size === 0)
		return [`${of}, of other records than those of this table: it is left out`];
	const [first = ""] = found.keys();
	return [
		`${of}, and ${found.size} of the first ${ids.size} (such as ${quoted(first)}) are in this table already: without \`match_on\`: ["${ID_COLUMN}"] their rows are added a second time`,
	];
}
