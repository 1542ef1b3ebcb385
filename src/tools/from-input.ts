import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { StatementInput } from "../core/sql/run-statement.js";
import { statementOf } from "../core/sql/write-from.js";
import { defined } from "../core/values/defined.js";
import { hashInTurns } from "../core/values/json-pieces.js";
import { parseArguments } from "./arguments.js";
import { filterInput } from "./filter-input.js";
import * as schemas from "./schemas.js";

/** The tables of a statement, with their filters checked for their form. */
export function statementInput(
	{ sql, tables }: z.output<typeof schemas.wholeStatement>,
	place = "",
): StatementInput {
	return {
		sql,
		tables: tables.map(({ as, table, filter }, index) => ({
			as,
			table,
			...defined({
				filter: filterInput(filter, `${place}tables[${index}].filter`),
			}),
		})),
	};
}

/**
 * `from` as the tools take it, checked for its form. undefined: there is none.
 * @throws TablesError bad_argument naming the place.
 */
export function fromInput(given: unknown): StatementInput | undefined {
	if (given === undefined || given === null) return undefined;
	const { from } = parseArguments(
		z.object({ from: schemas.wholeStatement }),
		{ from: given },
		"from",
	);
	return statementInput(from, "from.");
}

/** What the journal knows records by that a statement makes, with what else decides what is written. */
export function hashOfFrom(
	from: StatementInput | undefined,
	whole: (asked: unknown) => unknown = (asked) => asked,
): Promise<string> | undefined {
	return from && hashInTurns(whole(statementOf(from)));
}

/**
 * Of the ways to say which records are meant exactly one may be used.
 * @throws TablesError bad_argument naming those that were, and all there are.
 */
export function refuseBeside(
	from: StatementInput | undefined,
	others: Readonly<Record<string, unknown>>,
	instead: string,
): void {
	if (from === undefined) return;
	const beside = Object.keys(others).filter(
		(name) => others[name] !== undefined,
	);
	if (beside.length === 0) return;
	const names = beside.map((name) => `\`${name}\``).join(", ");
	throw new TablesError(
		"bad_argument",
		`\`from\` makes the rows by itself, and ${names} ${beside.length === 1 ? "was" : "were"} given as well`,
		{ next: `Pass ${instead}.` },
	);
}
