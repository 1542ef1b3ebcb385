import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import {
	type ColumnLook,
	type FileFormat,
	formatOf,
	ID_COLUMN,
	type RowWriter,
} from "../core/contract/files.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { attempt } from "../core/delivery/attempt.js";
import { undecidedNotes } from "../core/filter/undecided.js";
import { type Located, locate } from "../core/places/locate.js";
import { type Export, exportRows } from "../core/read/export.js";
import { lookOf } from "../core/read/export-sheet.js";
import { looksOf, rowsForFile, writeRowsOf } from "../core/sql/export-from.js";
import type { StatementInput } from "../core/sql/run-statement.js";
import { cutList, nameList, quoted } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import { sheetName } from "../core/values/sheet-name.js";
import { fromInput, refuseBeside } from "./from-input.js";
import {
	type RowsArguments,
	resolveRows,
	type ShownColumn,
} from "./query-scope.js";
import * as schemas from "./schemas.js";
import { plural, say } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";

export const exportRecordsTool = defineTool({
	name: "export_records",
	toolset: "files",
	title: "Export to a file",
	description:
		"Write all matching records, or a SELECT (`from`), to a CSV, NDJSON or XLSX file in the files folder, exact, of any size. Answers the path.",
	input: z.object({
		table: schemas.table.optional(),
		from: schemas.fromAsInQuerySql.optional(),
		file: z.string().min(1),
		format: z
			.enum(["csv", "ndjson", "xlsx"])
			.optional()
			.describe("Default: by its ending"),
		fields: schemas.fieldNames.optional(),
		filter: schemas.filterAsInQuery.optional(),
		sort: schemas.sort.optional(),
		view: z.string().optional(),
		record_ids: z.array(z.string()).optional(),
		limit: z.int().min(1).max(10_000_000).optional(),
		ids: z.boolean().optional().describe("Default: not in XLSX"),
		sheet: z.string().optional().describe("XLSX: may be added to one of ours"),
		...schemas.confirmOf("export_records"),
	}),
	output: z.looseObject({
		file: z.string(),
		rows: z.number(),
		columns: z.array(z.string()),
		notes: z.array(z.string()),
	}),
	hints: {
		readOnlyHint: false,
		destructiveHint: true,
		idempotentHint: true,
		openWorldHint: true,
	},
	onlyFiles: true,
	async run({ table, file, confirm, ...given }, session, running) {
		const format = formatFor(file, given.format);
		const sheet = sheetFor(given.sheet, format);
		const call = { session, running, target: { file, confirm, sheet, format } };
		const from = fromInput(given.from);
		if (from !== undefined) {
			const { format: _, sheet: __, limit, from: ___, ...others } = given;
			refuseBeside(
				from,
				{ table, ...others },
				"`table` or `from`, one of them",
			);
			return exportStatement(call, from, limit);
		}
		if (table === undefined)
			throw new TablesError("bad_argument", "nothing to export was named", {
				next: "Pass `table`, or `from` with {sql, tables}.",
			});
		const located = await locate(session, table, running);
		return exportTable(call, located, given);
	},
});

/** A call that writes a file. */
interface FileCall {
	readonly session: Session;
	readonly running: Running;
	readonly target: {
		readonly file: string;
		readonly confirm: string | undefined;
		readonly sheet: string | undefined;
		readonly format: FileFormat;
	};
}

/** What is written, and what it says of it. */
interface Content {
	/** What the rows are of. */
	readonly of: string;
	readonly columns: readonly string[];
	readonly looks: readonly ColumnLook[];
	/** What a sheet is called that nobody has named. */
	readonly sheetName: string;
	/** Nothing is replaced but what this server wrote. */
	readonly onlyOwn: boolean;
	readonly notes: readonly string[];
	write(
		writer: RowWriter,
	): Promise<{ readonly rows: number; readonly notes: readonly string[] }>;
}

async function exportTable(
	{ session, running, target }: FileCall,
	located: Located,
	given: RowsArguments & {
		readonly ids?: boolean | undefined;
		readonly limit?: number | undefined;
		readonly record_ids?: readonly string[] | undefined;
	},
): Promise<ToolAnswer> {
	const { format } = target;
	const notes = [...located.notes];
	const call = { session, located, running, notes };
	const { query, shown, hidden } = await resolveRows(call, given);
	const { ids = format !== "xlsx", limit, record_ids: recordIds } = given;
	return writeFile(
		{ session, running, target },
		{
			of: located.table.name,
			...columnsOf(shown, ids),
			sheetName: sheetName(located.table.name),
			onlyOwn: located.connection.policy.readOnly,
			notes: [...notes, ...hiddenNotes(hidden)],
			async write(writer) {
				const rest = { format, ids, limit, recordIds, writer };
				const asked: Export = { query, columns: shown, ...rest };
				const done = await exportRows(session, located, asked, running);
				// Which rows it cannot tell of is known once they are read.
				const undecided = undecidedNotes(query.filter, query.also);
				return { ...done, notes: [...done.notes, ...undecided] };
			},
		},
	);
}

/** Columns and what their cells look like in a sheet, the id's first if it is wanted. */
function columnsOf(
	shown: readonly ShownColumn[],
	ids: boolean,
): Pick<Content, "columns" | "looks"> {
	const columns = shown.map(({ label }) => label);
	const looks = shown.map(lookOf);
	return ids
		? { columns: [ID_COLUMN, ...columns], looks: [{ as: "general" }, ...looks] }
		: { columns, looks };
}

async function exportStatement(
	{ session, running, target }: FileCall,
	from: StatementInput,
	limit: number | undefined,
): Promise<ToolAnswer> {
	const found = await rowsForFile(session, from, limit, running);
	return writeFile(
		{ session, running, target },
		{
			of: "the statement",
			columns: found.columns,
			looks: await looksOf(found),
			sheetName: "Records",
			onlyOwn: found.ofReadOnly,
			notes: found.notes,
			async write(writer) {
				await writeRowsOf(found, target.format, writer);
				return { rows: found.rows.length, notes: [] };
			},
		},
	);
}

async function writeFile(
	{ session, running, target: asked }: FileCall,
	content: Content,
): Promise<ToolAnswer> {
	const { file, confirm, sheet, format } = asked;
	const { columns, looks, onlyOwn, notes, of } = content;
	const options = { confirm, sheet, onlyOwn };
	const target = await session.files.target(file, running, options);
	const { path } = target;
	const name = sheet ?? content.sheetName;
	const look = { name, looks };
	const writer = await session.files.writeRows(target, format, columns, look);
	const written = await attempt(async () => ({
		...(await content.write(writer)),
		bytes: await writer.finish(),
	}));
	if ("error" in written) {
		// What failed first is what is reported.
		await attempt(() => writer.abandon());
		throw written.error;
	}
	const { rows, bytes, notes: found } = written.value;
	return say(
		`wrote ${plural(rows, "row")} of ${of} to ${path} (${bytes} bytes)`,
		{ file: path, rows, bytes, columns },
		[...goneNotes(target.gone), ...notes, ...found],
	);
}

function goneNotes(sheets: readonly string[] = []): readonly string[] {
	return sheets.length === 0
		? []
		: [
				`the file was overwritten whole; it had the sheets ${nameList(sheets)}. With \`sheet\`, a file of this server keeps its other sheets`,
			];
}

/** The view's own columns are what is exported where none are named. */
function hiddenNotes(hidden: readonly string[]): readonly string[] {
	return hidden.length === 0
		? []
		: [
				`not in the file, because the view hides them: ${cutList(hidden)}; name them in \`fields\` to have them`,
			];
}

/** @throws TablesError bad_argument for a sheet of a file that has none, and for a name that no sheet can have. */
function sheetFor(
	wanted: string | undefined,
	format: FileFormat,
): string | undefined {
	if (wanted === undefined) return undefined;
	if (format !== "xlsx")
		throw new TablesError(
			"bad_argument",
			`\`sheet\` is of an XLSX file, and the format is ${format}`,
			{ next: "Leave `sheet` out, or name the file .xlsx." },
		);
	const name = sheetName(wanted);
	if (name === wanted) return wanted;
	throw new TablesError(
		"bad_argument",
		`no sheet can be called ${quoted(oneLine(wanted))}`,
		{
			next: `Call it ${quoted(name)}, for example: at most 31 characters, none of [ ] : * ? / \\, no apostrophe or space at its ends.`,
		},
	);
}

/** @throws TablesError bad_argument for an ending that says none. */
function formatFor(file: string, wanted: FileFormat | undefined): FileFormat {
	const format = wanted ?? formatOf(file);
	if (format !== undefined) return format;
	throw new TablesError(
		"bad_argument",
		`the format of "${file}" is not known by its ending`,
		{ next: "Name it .csv, .ndjson or .xlsx, or pass `format`." },
	);
}
