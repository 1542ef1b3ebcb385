import { z } from "zod";
import type { Filter, GivenCondition } from "../core/contract/condition.js";
import type { FilterInput } from "../core/contract/table.js";
import { resolveFilter } from "../core/filter/filter.js";
import { lookupsOf } from "../core/read/lookups.js";
import { parseArguments } from "./arguments.js";
import * as schemas from "./schemas.js";
import type { TableCall } from "./table-call.js";

/**
 * A filter as the tools take it, checked for its form down to the last key: one that is misspelled would
 * pick other rows. Names and values are checked against the table later. A filter without a condition means
 * none: undefined.
 * @throws TablesError bad_argument naming the place.
 */
export function filterInput(
	given: unknown,
	place = "filter",
): FilterInput | undefined {
	if (given === undefined || given === null) return undefined;
	const parsed = parseArguments(
		z.object({ [place]: schemas.filter }),
		{ [place]: given },
		"the filter",
	)[place] as z.infer<typeof schemas.filter>;
	const { match = "all", conditions = [] } = parsed;
	const groups = (parsed.groups ?? []).filter(
		(group) => group.conditions.length > 0,
	);
	if (conditions.length + groups.length === 0) return undefined;
	return {
		match,
		conditions: conditions as FilterInput["conditions"],
		...(groups.length === 0
			? {}
			: {
					groups: groups.map((group) => ({
						match: group.match ?? "all",
						conditions: group.conditions as FilterInput["conditions"],
					})),
				}),
	};
}

/** A filter's names and values, resolved against the table. */
export async function filterOf(
	{ session, located, running, notes }: TableCall,
	input: FilterInput,
): Promise<Filter<GivenCondition>> {
	const { table } = located;
	const resolved = await resolveFilter(input, table, {
		zone: table.zone,
		nowMs: session.clock.now(),
		lookups: lookupsOf(session, located, running),
		systemColumns: located.adapter.systemColumns,
	});
	notes.push(...resolved.notes);
	return resolved.filter;
}
