import type { Filter, GivenCondition } from "../contract/condition.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput } from "../contract/table.js";
import { resolveFilter } from "../filter/filter.js";
import type { FilterContext } from "../filter/operands.js";
import type { Located } from "../places/locate.js";
import { lookupsOf } from "./lookups.js";

/** A filter's names and values, resolved against the table; the notes say how they were understood. */
export async function filterOf(
	session: Session,
	located: Located,
	input: FilterInput,
	running: Running,
	{
		nowMs = session.clock.now(),
		purpose = "read",
	}: {
		/** Clock time, ms, that relative dates count from. */
		readonly nowMs?: number;
		readonly purpose?: FilterContext["purpose"] & string;
	} = {},
): Promise<{
	readonly filter: Filter<GivenCondition>;
	readonly notes: readonly string[];
}> {
	const { adapter, table } = located;
	return resolveFilter(input, table, {
		zone: table.zone,
		nowMs,
		lookups: lookupsOf(session, located, running),
		systemColumns: adapter.systemColumns,
		purpose,
	});
}
