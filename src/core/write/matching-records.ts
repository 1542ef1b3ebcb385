import type { Filter } from "../contract/condition.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRows } from "../read/read.js";
import { inTurns } from "../values/in-turns.js";
import { cellText } from "../values/values.js";

/** All records that match a filter, with the cells of these fields, or what `take` makes of each. */
export async function readMatching<Taken = Row>(
	session: Session,
	located: Located,
	query: {
		readonly fields: readonly Field[];
		readonly filter: Filter;
		readonly take?: (row: Row) => Taken;
	},
	running: Running,
): Promise<readonly Taken[]> {
	const { take = (row) => row as Taken } = query;
	const found: Taken[] = [];
	await readInTime(
		session,
		running,
		"the records that match the filter",
		async (call) => {
			for await (const rows of readRows(located, query, call))
				await inTurns(rows, (row) => {
					found.push(take(row));
				});
		},
	);
	return found;
}

/** Records by what people call them; those without a title are left out. */
export function titlesOf(
	rows: readonly Row[],
	{ table }: Located,
): readonly string[] {
	const primary = table.fields.find((field) => field.primary);
	return primary === undefined
		? []
		: rows.flatMap(({ cells }) => {
				const title = cellText(cells[primary.id] ?? null, primary, table.zone);
				return title.trim() === "" ? [] : [title];
			});
}
