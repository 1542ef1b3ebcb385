import { z } from "zod";
import type { Filter, GivenCondition } from "../core/contract/condition.js";
import type { FilterInput } from "../core/contract/table.js";
import { filterOf } from "../core/read/resolve-filter.js";
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
		z.object({ [place]: schemas.wholeFilter }),
		{ [place]: given },
		"the filter",
	)[place] as z.infer<typeof schemas.wholeFilter>;
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

/** A filter as it is resolved against the table of the call, which takes the notes. */
export async function filterOfCall(
	{ session, located, running, notes }: TableCall,
	input: FilterInput,
	purpose: "read" | "write" | "kept" = "read",
): Promise<Filter<GivenCondition>> {
	const resolved = await filterOf(session, located, input, running, {
		purpose,
	});
	notes.push(...resolved.notes);
	return resolved.filter;
}
