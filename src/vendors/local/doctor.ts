import type { Finding } from "../../core/contract/finding.js";
import type { Store } from "./store.js";

/** What `doctor` prints: is the SQLite file sound? */
export async function doctorFindings({
	db,
	file,
}: Store): Promise<readonly Finding[]> {
	const [row] = db.all("PRAGMA quick_check(1)");
	const result =
		row === undefined ? "no answer" : String(Object.values(row)[0]);
	return [
		result === "ok"
			? { level: "ok", what: `SQLite file ${file}` }
			: {
					level: "error",
					what: `the SQLite file ${file} is damaged: ${result}`,
					next: "Restore it from a backup, or move it away to start with an empty store.",
				},
	];
}
