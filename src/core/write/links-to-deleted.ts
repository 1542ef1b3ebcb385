import { type Act, act } from "../contract/consent.js";
import type { Cell, Field, LinkedRecord } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { tableAt } from "./other-sides.js";

/*
 * Cells of other records that link to records which are deleted: they lose the link. The records' own column of a
 * two-way link shows them; one-way links to them cannot be seen from here.
 */

/** Counts the links to records as these are read. */
export interface LinkCount {
	/** The columns that show them. */
	readonly fields: readonly Field[];
	/** Takes note of the links to one record. */
	add(cells: Readonly<Record<string, Cell>>): void;
	/** What was counted, for the question and for the answer; none: nothing links to the records. */
	told(
		session: Session,
		running: Running,
	): Promise<{ readonly question?: Act; readonly notes: readonly string[] }>;
}

/** Counts the cells that link to records of this table. */
export function countLinks(located: Located): LinkCount {
	const { table } = located;
	const fields = table.fields.filter(
		({ type, settings }) => type === "link" && settings.twoWay === true,
	);
	const linking = new Map<string, Set<string>>();
	return {
		fields,
		add(cells) {
			for (const { id } of fields) {
				const known = linking.get(id) ?? new Set();
				const cell = cells[id];
				if (!Array.isArray(cell)) continue;
				for (const item of cell as readonly LinkedRecord[]) known.add(item.id);
				linking.set(id, known);
			}
		},
		async told(session, running) {
			const counts: { count: number; name: string }[] = [];
			for (const { id, settings } of fields) {
				const count = linking.get(id)?.size ?? 0;
				if (count === 0) continue;
				const { linkTable } = settings;
				const other =
					linkTable === undefined
						? undefined
						: await tableAt(session, located, linkTable, running);
				counts.push({ count, name: other?.name ?? "another table" });
			}
			if (counts.length === 0) return { notes: [] };
			const parts = counts.map(
				({ count, name }) =>
					act`, to which ${{ count, noun: "cell" }} of ${name} link`,
			);
			const back = located.connection.undo
				? "; undo_change writes these links back"
				: "";
			return {
				question: parts.join("") as Act,
				notes: counts.map(
					({ count, name }) =>
						`${count} cell${count === 1 ? "" : "s"} of "${name}" linked to these records and ${count === 1 ? "loses" : "lose"} that link${back}`,
				),
			};
		},
	};
}
