import { TablesError } from "../contract/errors.js";
import type { ColumnLook, FileFormat, RowWriter } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { SqlValue } from "../contract/sql.js";
import { locate } from "../places/locate.js";
import { guardText } from "../values/coerce.js";
import { inTurns } from "../values/in-turns.js";
import { quoted } from "../values/names.js";
import { ownNumber } from "../values/number-text.js";
import { runStatement, type StatementInput } from "./run-statement.js";
import type { StatementResult } from "./statement-result.js";
import { readNote, refuseCut } from "./write-from.js";

/** All rows of a statement, for a file. */
export interface RowsForFile {
	/** As the statement names its columns. */
	readonly columns: readonly string[];
	readonly rows: StatementResult["rows"];
	readonly notes: readonly string[];
	/** Does a connection that may only be read have part of them? */
	readonly ofReadOnly: boolean;
}

/**
 * Runs a statement for a file.
 * @throws TablesError bad_argument where two columns have one name; too_large where it has more rows than one call reads.
 */
export async function rowsForFile(
	session: Session,
	from: StatementInput,
	limit: number | undefined,
	running: Running,
): Promise<RowsForFile> {
	const result = await runStatement(session, from, running);
	const { columns } = result;
	refuseSameNames(columns);
	const most = limit ?? Number.POSITIVE_INFINITY;
	const rows = result.rows.slice(0, most);
	if (rows.length < most) refuseCut(result);
	let ofReadOnly = false;
	for (const { table } of from.tables) {
		const { connection } = await locate(session, table, running);
		ofReadOnly ||= connection.policy.readOnly;
	}
	return {
		...{ columns, rows, ofReadOnly },
		notes: [
			...new Set(result.notes),
			...(await clockNote(columns, rows, result.zone)),
			...(rows.length < result.rows.length || result.isCut
				? [
						`the statement has more rows: the file ends at \`limit\`, ${rows.length}`,
					]
				: []),
			readNote(result),
		],
	};
}

/** The texts do not say it themselves. */
async function clockNote(
	columns: StatementResult["columns"],
	rows: StatementResult["rows"],
	zone: string,
): Promise<readonly string[]> {
	const timed = new Set<number>();
	await inTurns(rows, (row) => {
		for (const [at, value] of row.entries())
			if (value !== null && lookOf(value) === "moment") timed.add(at);
	});
	const names = columns.filter((_, at) => timed.has(at)).map(quoted);
	return names.length === 0
		? []
		: [
				`${names.join(", ")} ${names.length === 1 ? "holds" : "hold"} times of day on the clock of ${zone}, without offset`,
			];
}

function refuseSameNames(columns: readonly string[]): void {
	const twice = columns.find((name, at) => columns.indexOf(name) < at);
	if (twice !== undefined)
		throw new TablesError(
			"bad_argument",
			`\`from\`: two columns of the statement are called ${quoted(twice)}`,
			{ next: "Give each a name of its own, with AS." },
		);
}

/** Writes the rows as an export writes those of a table: texts of a CSV are guarded, numbers stay numbers. */
export async function writeRowsOf(
	{ rows }: RowsForFile,
	format: FileFormat,
	writer: RowWriter,
): Promise<void> {
	const cell = (value: SqlValue) =>
		format !== "csv" || value === null
			? value
			: typeof value === "number"
				? ownNumber(String(value))
				: guardText(value);
	for (const row of rows) await writer.write(row.map(cell));
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/;

/** How people see each column of a sheet: one that holds nothing but days, or moments, has dates. */
export async function looksOf({
	columns,
	rows,
}: RowsForFile): Promise<readonly ColumnLook[]> {
	const kinds = columns.map(() => new Set<"day" | "moment" | "general">());
	await inTurns(rows, (row) => {
		for (const [at, value] of row.entries())
			if (value !== null) kinds[at]?.add(lookOf(value));
	});
	return kinds.map((kind) => {
		const [only, ...others] = kind;
		return { as: others.length === 0 ? (only ?? "general") : "general" };
	});
}

function lookOf(value: string | number): "day" | "moment" | "general" {
	if (typeof value === "number") return "general";
	if (DAY.test(value)) return "day";
	return MOMENT.test(value) ? "moment" : "general";
}
