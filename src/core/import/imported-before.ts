import type { Change } from "../contract/journal.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { zone } from "../values/zone.js";
import { ownChanges } from "../write/own-changes.js";
import { isWritten, undoneOf, undosIn } from "../write/present-ids.js";

/**
 * What to say where a file of the same bytes went into the table before, and its rows would be there twice.
 * @param hash of the bytes of the file.
 */
export async function importedBefore(
	session: Session,
	{ connection, table }: Located,
	hash: string,
): Promise<readonly string[]> {
	const changes = await ownChanges(session);
	const undos = undosIn(changes);
	const { base, table: id } = table.ref;
	const before = changes.find(
		(change) =>
			change.start.tool === "import_records" &&
			change.start.hash === hash &&
			change.start.connection === connection.name &&
			change.start.base === base &&
			change.start.table === id &&
			stands(change) &&
			undoneOf(change, undos)?.isWhole !== true,
	);
	if (before === undefined) return [];
	const { change, atMs } = before.start;
	return [
		`the same file (equal bytes) was imported into this table at ${zone(table.zone).moment(atMs)}, by change ${change}: without \`match_on\` its rows are there twice; undo_change takes an import back`,
	];
}

/** Has anything come of it? */
function stands({ results }: Change): boolean {
	return [...results.values()].some(isWritten);
}
