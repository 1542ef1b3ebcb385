import type { Change } from "../contract/journal.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { zone } from "../values/zone.js";
import { ownUndos } from "../write/own-changes.js";
import { isWritten, undoneOf, undosIn } from "../write/present-ids.js";

/**
 * What to say where a file of the same bytes went into the table before, and its rows would be there twice.
 * @param hashed Answers the hash of the bytes of the file; not asked where the table is yet to be made.
 */
export async function importedBefore(
	session: Session,
	{ connection, table }: Located,
	hashed: () => Promise<string> | string,
): Promise<readonly string[]> {
	const { base, table: id } = table.ref;
	if (id === "") return [];
	const hash = await hashed();
	const same: Change[] = [];
	const parts = await ownUndos(
		session,
		(start) =>
			start.tool === "import_records" &&
			start.hash === hash &&
			start.connection === connection.name &&
			start.base === base &&
			start.table === id,
		(change) => {
			if (stands(change)) same.push(change);
		},
	);
	const undos = undosIn(parts);
	for (const change of same.sort((a, b) => b.start.atMs - a.start.atMs)) {
		const undone = await undoneOf(change, undos);
		if (undone?.isWhole === true) continue;
		const at = zone(table.zone).moment(change.start.atMs);
		return [
			`the same file (equal bytes) was imported into this table at ${at}, by change ${change.start.change}: without \`match_on\` its rows are there twice; undo_change takes an import back`,
		];
	}
	return [];
}

/** Has anything come of it? */
function stands({ results }: Change): boolean {
	return [...results.values()].some(isWritten);
}
