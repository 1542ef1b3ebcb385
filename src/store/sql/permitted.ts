import { asciiLower } from "../../core/values/names.js";

/*
 * What a statement may do: an allow-list, because a build of SQLite may hold more than its documents say.
 */

/** Functions of SQLite that work on nothing but their arguments; those of this program stand beside them. */
const OF_SQLITE = `
	abs acos acosh asin asinh atan atan2 atanh avg ceil ceiling char coalesce concat concat_ws cos cosh count cume_dist
	date datetime degrees dense_rank exp first_value floor format glob group_concat hex ifnull if iif instr json
	json_array json_array_insert json_array_length json_error_position json_extract json_group_array json_group_object
	json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid
	julianday lag last_value lead length likelihood likely ln log log10 log2 ltrim max median min mod nth_value ntile
	nullif octet_length percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians random
	rank replace round row_number rtrim sign sin sinh sqrt strftime string_agg substr substring sum tan tanh time timediff total
	trim trunc typeof unhex unicode unixepoch unlikely zeroblob -> ->>
`;

/** The words that SQLite itself takes for the current time in UTC. */
const CURRENT: ReadonlySet<string> = new Set([
	"current_date",
	"current_time",
	"current_timestamp",
]);

/** Tables that are made of an argument: a list as rows. */
const OF_ARGUMENTS: ReadonlySet<string> = new Set(["json_each", "json_tree"]);

/** What the engine asks before it prepares a statement, by its number in SQLite. */
const ACTION = {
	read: 20,
	select: 21,
	function: 31,
	recursive: 33,
} as const;

/** Why a statement is refused. */
export interface Denied {
	readonly what: "function" | "now" | "table" | "statement";
	/** The function or table. Absent: a statement of another kind. */
	readonly subject?: string;
}

/** May this be? Undefined: yes. `first` and `second` are as SQLite's authorizer has them. */
export function denied(
	action: number,
	[first, second]: readonly [string, string],
	known: {
		/** Tables of the question, in small letters. */
		readonly tables: ReadonlySet<string>;
		readonly functions: ReadonlySet<string>;
	},
): Denied | undefined {
	switch (action) {
		case ACTION.select:
		case ACTION.recursive:
			return undefined;
		case ACTION.function: {
			const name = asciiLower(second);
			if (CURRENT.has(name)) return { what: "now", subject: second };
			return known.functions.has(name)
				? undefined
				: { what: "function", subject: second };
		}
		case ACTION.read: {
			const name = asciiLower(first);
			if (known.tables.has(name) || OF_ARGUMENTS.has(name)) return undefined;
			// The rows of a part of the statement are counted under the name that it has there.
			return second === "" && !isOwn(name)
				? undefined
				: { what: "table", subject: first };
		}
		default:
			return { what: "statement" };
	}
}

/** Tables that SQLite makes of itself: of its schema, its settings, its pages. */
function isOwn(name: string): boolean {
	return /^(sqlite_|pragma_|dbstat$|bytecode$|tables_used$|fts5|rtree)/.test(
		name,
	);
}

/** Names of the functions that a statement may use. */
export function functionNames(own: readonly string[]): ReadonlySet<string> {
	return new Set([...OF_SQLITE.trim().split(/\s+/), ...own]);
}
