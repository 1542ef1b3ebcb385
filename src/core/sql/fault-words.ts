import { type ErrorCode, TablesError } from "../contract/errors.js";
import type { SqlFault, SqlFaultCode, SqlTable } from "../contract/sql.js";
import { asciiLower, cutList, quoted, startOf } from "../values/names.js";
import { hintsOf } from "../values/near-names.js";
import { waysHere } from "./habits.js";

/** Characters of the statement that are shown where it is wrong. */
const SHOWN = 30;

/** Functions that statements have besides SQLite's own. */
const OWN_FUNCTIONS: readonly string[] = [
	"today()",
	"now()",
	"days_between(from, to)",
	"seconds_between(from, to)",
	"norm(text)",
	"regexp(pattern, text)",
	"regexp_replace(text, pattern, by)",
	"stddev(x)",
	'has("<field>_ids", id)',
];

const CODES = {
	syntax: "bad_argument",
	no_table: "bad_argument",
	no_column: "bad_argument",
	no_function: "bad_argument",
	forbidden: "bad_argument",
	now: "bad_argument",
	failed: "bad_argument",
	too_large: "too_large",
	late: "busy",
} as const satisfies Record<SqlFaultCode, ErrorCode>;

/** What is wrong with a statement, its place, what there is, and what to do. */
export function faultError(
	fault: SqlFault,
	sql: string,
	tables: readonly SqlTable[],
): TablesError {
	return new TablesError(
		CODES[fault.fault],
		`\`sql\`: ${sentence(fault)}${place(fault, sql)}`,
		{ next: nextStep(fault, sql, tables) },
	);
}

function sentence({ fault, message, subject = "" }: SqlFault): string {
	switch (fault) {
		case "no_table":
			return `there is no table ${quoted(subject)}`;
		case "no_column":
			return `there is no column ${quoted(subject)}`;
		case "no_function":
			return `there is no function ${quoted(subject)}`;
		case "now":
			return "the clock and the zone that SQLite asks for are this machine's, and the dates here are wall-clock times of the tables' zone";
		case "too_large":
			return `a value or all of them together are too large: ${message}`;
		default:
			return message;
	}
}

function place({ at }: SqlFault, sql: string): string {
	if (at === undefined) return "";
	const rest = sql.slice(at).trimStart();
	if (rest === "") return " (at its end)";
	const shown = startOf(rest, SHOWN);
	return ` (character ${at + 1}: ${shown}${shown.length < rest.length ? "…" : ""})`;
}

/** Faults that the ways of another dialect may be behind. */
const OF_DIALECTS: ReadonlySet<SqlFaultCode> = new Set([
	"syntax",
	"no_column",
	"no_function",
	"no_table",
	"forbidden",
	"failed",
]);

function nextStep(
	fault: SqlFault,
	sql: string,
	tables: readonly SqlTable[],
): string {
	const here = OF_DIALECTS.has(fault.fault) ? waysHere(sql) : "";
	return here === ""
		? stepOf(fault, tables)
		: `${here} ${stepOf(fault, tables)}`;
}

function stepOf(
	{ fault, subject = "" }: SqlFault,
	tables: readonly SqlTable[],
): string {
	switch (fault) {
		case "no_table":
			if (tables.length === 0)
				return `\`tables\` is empty: pass there each table that the statement names, such as [{"as": "${subject}", "table": "<reference of list_tables>"}].`;
			return near(
				tables.map(({ as }) => as),
				subject,
				"Tables have the names of `as` in `tables`",
			);
		case "no_column":
			return columnStep(subject, tables);
		case "no_function":
			return `Use SQLite's own functions, or ${OWN_FUNCTIONS.join(", ")}.`;
		case "forbidden":
			return "Pass one SELECT (WITH is allowed) over the tables of `tables`; to change records use update_records.";
		case "now":
			return "Use today() or now() in place of 'now', CURRENT_DATE and dates without an argument; leave out 'localtime' and 'utc'.";
		case "too_large":
			return "Select less: shorter texts, fewer rows; narrow the tables with `filter`.";
		case "late":
			return "Narrow the tables with `filter`, join on columns that are equal, or select less.";
		default:
			return "Correct the statement: SQLite's SQL, names in double quotes, texts in single quotes.";
	}
}

/** The nearest columns of all tables; else those that there are, table by table. */
function columnStep(subject: string, tables: readonly SqlTable[]): string {
	const own = tables.find(({ as }) =>
		asciiLower(subject).startsWith(`${asciiLower(as)}.`),
	);
	const name = subject.slice(subject.indexOf(".") + 1);
	const looked = own === undefined ? tables : [own];
	const all = [
		...new Set(looked.flatMap(({ columns }) => columns.map((one) => one.name))),
	];
	const several = severalStep(name, looked);
	if (several !== undefined) return several;
	const hints = hintsOf();
	const close = [
		...new Set([
			...hints.nearest(all, name),
			...(name === subject ? [] : hints.nearest(all, subject)),
		]),
	];
	if (close.length > 0)
		return `Nearest: ${close
			.map((one) => {
				const holder = looked.find(({ columns }) =>
					columns.some((column) => column.name === one),
				);
				return `"${one}" of ${holder?.as}`;
			})
			.join(", ")}. Texts stand in single quotes.`;
	return `${looked
		.map(
			({ as, columns }) =>
				`${as} has ${cutList(columns, ", ", (column) => `"${column.name}"`)}`,
		)
		.join("; ")}.`;
}

/** `X_id` where X may hold several: there is only their list. */
function severalStep(
	name: string,
	tables: readonly SqlTable[],
): string | undefined {
	if (!asciiLower(name).endsWith("_id")) return undefined;
	const list = asciiLower(`${name}s`);
	for (const { as, columns } of tables)
		for (const column of columns)
			if (asciiLower(column.name) === list)
				return `"${column.name.slice(0, -"_ids".length)}" of ${as} may hold several: join with has(${as}."${column.name}", c._id), or take them apart with json_each(${as}."${column.name}").`;
	return undefined;
}

function near(names: readonly string[], text: string, there: string): string {
	const close = hintsOf().nearest(names, text);
	return `${close.length > 0 ? `Nearest: ${close.join(", ")}. ` : ""}${there}: ${cutList(names)}.`;
}
