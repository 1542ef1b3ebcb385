import type { Journal } from "../contract/journal.js";

/**
 * Ids of a connection's tables that were there by what the journal has, and were not deleted through it since.
 * @throws what the file system throws where the journal cannot be read.
 */
export async function tablesInJournal(
	journal: Journal,
	connection: string,
): Promise<ReadonlySet<string>> {
	const { changes, actions } = await journal.all();
	const tables = new Set<string>();
	for (const { start } of changes)
		if (start.connection === connection) tables.add(start.table);
	const own = actions.filter(({ start }) => start.connection === connection);
	for (const { start, end } of own) {
		if (start.table !== undefined) tables.add(start.table);
		if (start.deed.kind === "create_table" && end?.made?.id !== undefined)
			tables.add(end.made.id);
	}
	// One that may have been deleted is not known to be there.
	for (const { start, end } of own)
		if (start.deed.kind === "delete_table" && end?.outcome !== "failed")
			tables.delete(start.table ?? "");
	return tables;
}
