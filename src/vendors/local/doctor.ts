import type { Finding } from "../../core/contract/finding.js";
import { cutList } from "../../core/values/names.js";
import type { Store } from "./store.js";

/** What `doctor` prints: is the SQLite file sound? */
export async function doctorFindings({
	db,
	file,
	missingTables,
}: Store): Promise<readonly Finding[]> {
	const [row] = db.all("PRAGMA quick_check(1)");
	const result =
		row === undefined ? "no answer" : String(Object.values(row)[0]);
	const missing = await missingTables();
	return [
		...(missing.length === 0
			? []
			: [
					{
						level: "warning" as const,
						what: `the journal has changes of ${missing.length} table${missing.length === 1 ? "" : "s"} that the store does not have: ${cutList(missing)}`,
						next: "If the store was not replaced on purpose (a backup of before, for example), put the right file back.",
					},
				]),
		result === "ok"
			? { level: "ok", what: `SQLite file ${file}` }
			: {
					level: "error",
					what: `the SQLite file ${file} is damaged: ${result}`,
					next: "Restore it from a backup, or move it away to start with an empty store.",
				},
	];
}
