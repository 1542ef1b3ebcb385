import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import {
	type FileFormat,
	formatOf,
	ID_COLUMN,
} from "../core/contract/files.js";
import { attempt } from "../core/delivery/attempt.js";
import { undecidedNotes } from "../core/filter/undecided.js";
import { locate } from "../core/places/locate.js";
import { type Export, exportRows } from "../core/read/export.js";
import { lookOf } from "../core/read/export-sheet.js";
import { cutList, nameList, quoted } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import { sheetName } from "../core/values/sheet-name.js";
import { resolveRows } from "./query-scope.js";
import * as schemas from "./schemas.js";
import { plural, say } from "./text.js";
import { defineTool } from "./tool.js";

export const exportRecordsTool = defineTool({
	name: "export_records",
	toolset: "files",
	title: "Export to a file",
	description:
		"Write all matching records to a CSV, NDJSON or XLSX file in the files folder, exact and of any size. Answers the path, not the rows.",
	input: z.object({
		table: schemas.table,
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
		const located = await locate(session, table, running);
		const notes = [...located.notes];
		const call = { session, located, running, notes };
		const { query, shown, hidden } = await resolveRows(call, given);
		const target = await session.files.target(file, running, {
			confirm,
			sheet,
			onlyOwn: located.connection.policy.readOnly,
		});
		const { path } = target;
		const { ids = format !== "xlsx" } = given;
		const names = [
			...(ids ? [ID_COLUMN] : []),
			...shown.map(({ label }) => label),
		];
		const looks = shown.map(lookOf);
		const writer = await session.files.writeRows(target, format, names, {
			name: sheet ?? sheetName(located.table.name),
			looks: ids ? [{ as: "general" }, ...looks] : looks,
		});
		const asked: Export = {
			query,
			columns: shown,
			format,
			ids,
			limit: given.limit,
			recordIds: given.record_ids,
			writer,
		};
		const written = await attempt(async () => ({
			...(await exportRows(session, located, asked, running)),
			bytes: await writer.finish(),
		}));
		if ("error" in written) {
			// What failed first is what is reported.
			await attempt(() => writer.abandon());
			throw written.error;
		}
		const { rows, bytes, notes: found } = written.value;
		return say(
			`wrote ${plural(rows, "row")} of ${located.table.name} to ${path} (${bytes} bytes)`,
			{ file: path, rows, bytes, columns: names },
			[
				...notes,
				...goneNotes(target.gone),
				...hiddenNotes(hidden),
				...undecidedNotes(query.filter, query.also),
				...found,
			],
		);
	},
});

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
