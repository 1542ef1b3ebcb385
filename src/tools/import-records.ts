import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { Session } from "../core/contract/session.js";
import {
	dryImport,
	type ImportAnswer,
	importFile,
	resumeImport,
} from "../core/import/import.js";
import type { ImportOptions } from "../core/import/import-columns.js";
import { locate } from "../core/places/locate.js";
import { openChange } from "../core/write/resume.js";
import { writeOutput } from "./create-records.js";
import * as schemas from "./schemas.js";
import { csvBlock } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";
import { clipped, writeAnswer } from "./write-answer.js";

export const importRecordsTool = defineTool({
	name: "import_records",
	toolset: "files",
	title: "Import a file",
	description:
		"Add or update records from a CSV, NDJSON or XLSX file in the files folder, of any size. Begin with dry_run: it answers the columns, their fields and what is wrong by line. `match_on` updates what is there.",
	input: z.object({
		table: schemas.table,
		file: z.string().min(1).optional(),
		sheet: z.string().optional(),
		mapping: z
			.array(z.object({ column: z.string(), field: z.string() }))
			.optional(),
		match_on: z.array(z.string()).min(1).optional(),
		on_error: z
			.enum(["skip", "refuse"])
			.optional()
			.describe("Bad rows: skip them, or send nothing (default)"),
		empty: z
			.enum(["keep", "clear"])
			.optional()
			.describe("Empty cells: keep what is there (default), or clear it"),
		delimiter: z.string().optional(),
		encoding: z.string().optional(),
		allow_new_options: schemas.allowNewOptions.optional(),
		dry_run: schemas.dryRun.optional(),
		resume: schemas.resume.optional(),
	}),
	output: writeOutput,
	hints: schemas.changeHints,
	needs: ["createBatch"],
	async run(
		{
			table,
			file,
			sheet,
			mapping,
			match_on,
			on_error = "refuse",
			empty = "keep",
			delimiter,
			encoding,
			allow_new_options = false,
			dry_run = false,
			resume,
		},
		session,
		running,
	) {
		if (resume !== undefined) {
			const found = await openChange(
				session,
				resume,
				["import_records"],
				running,
			);
			return importAnswer(
				session,
				await resumeImport(session, found, running),
				String(
					(found.change.start.source as { name?: unknown })?.name ?? "import",
				),
			);
		}
		if (file === undefined)
			throw new TablesError("bad_argument", "`file` is missing", {
				next: `Name a file in ${session.files.folder}.`,
			});
		const located = await locate(session, table, running);
		const path = await session.files.existing(file);
		const options: ImportOptions = {
			onError: on_error,
			empty,
			allowNewOptions: allow_new_options,
			...(mapping === undefined ? {} : { mapping }),
			...(match_on === undefined ? {} : { matchOn: match_on }),
			...(sheet === undefined ? {} : { sheet }),
			...(delimiter === undefined ? {} : { delimiter }),
			...(encoding === undefined ? {} : { encoding }),
		};
		const answer = dry_run
			? await dryImport(
					session,
					located,
					await session.files.openRows(path, options),
					options,
					running,
				)
			: await importFile(session, located, path, options, running);
		return importAnswer(session, answer, file);
	},
});

/** Problems beyond those shown go into a file beside the imported one. */
async function importAnswer(
	session: Session,
	{ allProblems, columns, broken, ...answer }: ImportAnswer,
	file: string,
): Promise<ToolAnswer> {
	const notes = [...answer.notes];
	if (allProblems.length > 0) {
		const name = `${file}.problems.csv`;
		const path = await session.files.ownFile(name);
		const writer = await session.files.writeRows(path, "csv", [
			"line",
			"record",
			"field",
			"given",
			"message",
		]);
		for (const { line, record, field, given, message } of [...allProblems].sort(
			(a, b) => (a.line ?? 0) - (b.line ?? 0),
		))
			await writer.write([
				line,
				record,
				field,
				typeof given === "string" || given === undefined
					? given
					: JSON.stringify(given),
				message,
			]);
		await writer.finish();
		notes.push(`all ${allProblems.length} problems by line: ${path}`);
	}
	const shown = columns.map(({ column, field, samples, looksLike }) => ({
		column,
		field: field?.name ?? null,
		type: field?.type ?? null,
		looks_like: looksLike,
		samples: samples.map(clipped),
	}));
	const base = writeAnswer({ ...answer, notes }, { isError: broken });
	if (answer.would_take === undefined) return base;
	return {
		...base,
		text: [
			base.text,
			"columns:",
			csvBlock(
				["column", "field", "type", "looks_like", "samples"],
				shown.map((column) => [
					column.column,
					column.field,
					column.type,
					column.looks_like,
					column.samples.map(String).join(" | "),
				]),
			),
		].join("\n"),
		structured: { ...base.structured, columns: shown },
		isError: false,
	};
}
