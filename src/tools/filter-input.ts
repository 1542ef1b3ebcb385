import { z } from "zod";
import type { FilterInput } from "../core/contract/table.js";
import { parseArguments } from "./arguments.js";
import * as schemas from "./schemas.js";

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
