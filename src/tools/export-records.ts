import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import {
	type FileFormat,
	formatOf,
	ID_COLUMN,
} from "../core/contract/files.js";
import { attempt } from "../core/delivery/attempt.js";
import { locate } from "../core/places/locate.js";
import { exportRows } from "../core/read/export.js";
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
			.describe("Default: by the name's ending"),
		fields: schemas.fieldNames.optional(),
		filter: schemas.filterAsInQuery.optional(),
		sort: schemas.sort.optional(),
		view: z.string().optional(),
		...schemas.confirmOf("export_records"),
	}),
	output: z.looseObject({
		file: z.string(),
		rows: z.number(),
		columns: z.array(z.string()),
		notes: z.array(z.string()),
	}),
	hints: {
		readOnlyHint: true,
		destructiveHint: false,
		idempotentHint: true,
		openWorldHint: true,
	},
	async run(
		{ table, file, format: wanted, confirm, ...given },
		session,
		running,
	) {
		const format = formatFor(file, wanted);
		const located = await locate(session, table, running);
		const notes = [...located.notes];
		const { query, shown } = await resolveRows(
			{ session, located, running, notes },
			given,
		);
		const target = await session.files.target(file, running, confirm);
		const { path } = target;
		const names = [ID_COLUMN, ...shown.map(({ label }) => label)];
		const writer = await session.files.writeRows(target, format, names);
		const written = await attempt(async () => ({
			...(await exportRows(
				session,
				located,
				{ query, columns: shown, format, writer },
				running,
			)),
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
			[...notes, ...found],
		);
	},
});

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
