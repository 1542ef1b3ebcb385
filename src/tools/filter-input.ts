import { TablesError } from "../core/errors.js";
import type { FilterInput } from "../core/table.js";
import * as schemas from "./schemas.js";

/**
 * A filter as the tools take it, checked for its form; names and values are checked against the table later.
 * An empty filter means none: undefined.
 * @throws TablesError bad_argument naming the place.
 */
export function filterInput(
	given: unknown,
	place = "filter",
): FilterInput | undefined {
	if (given === undefined || given === null) return undefined;
	const parsed = schemas.filter.strict().safeParse(given);
	if (!parsed.success)
		throw new TablesError(
			"bad_argument",
			parsed.error.issues
				.map((issue) => `${[place, ...issue.path].join(".")}: ${issue.message}`)
				.join("; "),
			{
				next: 'A filter is {match: "all"|"any", conditions: [{field, op, value}], groups?}; operators: see query_records.',
			},
		);
	const { match = "all", conditions = [], groups = [] } = parsed.data;
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
