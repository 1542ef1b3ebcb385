import type { Journal } from "../contract/journal.js";

/**
 * Ids of a connection's tables that were there by what the journal has, and were not deleted through it since.
 * @throws what the file system throws where the journal cannot be read.
 */
export async function tablesInJournal(
	journal: Journal,
	connection: string,
): Promise<ReadonlySet<string>> {
	const tables = new Set<string>();
	const own = await journal.each({
		start(start) {
			if (start.connection !== connection) return false;
			if (start.type === "start") tables.add(start.table);
			return start.type === "action";
		},
		action: (action) => action,
	});
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
