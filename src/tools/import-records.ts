import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { dryImport } from "../core/import/dry-import.js";
import type { ImportAnswer } from "../core/import/import-answer.js";
import type { ImportOptions } from "../core/import/import-columns.js";
import { importFile } from "../core/import/import-file.js";
import { writeProblems } from "../core/import/problems-file.js";
import { resumeImport } from "../core/import/resume-import.js";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { openChange } from "../core/write/resume-change.js";
import * as schemas from "./schemas.js";
import { csvBlock } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";
import { clipped, writeAnswer, writeOutput } from "./write-answer.js";

const input = z.object({
	table: schemas.table,
	file: z.string().min(1).optional(),
	sheet: z.string().optional(),
	header_row: z.int().min(1).max(1_048_576).optional(),
	mapping: z
		.array(
			z.object({
				column: z.string(),
				field: z.string(),
				as: z
					.enum(["percent", "fraction"])
					.optional()
					.describe("Bare numbers for a percent field"),
			}),
		)
		.optional()
		.describe("Only these columns; default: by name"),
	match_on: z
		.array(z.string())
		.min(1)
		.optional()
		.describe("Fields, or $id of an export"),
	on_error: z
		.enum(["skip", "refuse"])
		.optional()
		.describe("Bad rows: skip, or send nothing (default)"),
	empty: z
		.enum(["keep", "clear"])
		.optional()
		.describe("Empty cells: keep what is there (default), or clear it"),
	decimal: z
		.enum([".", ","])
		.optional()
		.describe("Sign before decimals; default: what each column proves"),
	dates: z
		.enum(["dmy", "mdy", "ymd"])
		.optional()
		.describe("Likewise, order of 03/04/2026"),
	delimiter: z.string().optional(),
	encoding: z.string().optional(),
	...schemas.confirmOf("import_records"),
	allow_new_options: schemas.allowNewOptions.optional(),
	dry_run: schemas.dryRun.optional(),
	resume: schemas.resume.optional(),
});

export const importRecordsTool = defineTool({
	name: "import_records",
	toolset: "files",
	title: "Import a file",
	description:
		"Add or update records from a CSV, NDJSON, JSON or XLSX file in the files folder, of any size. Begin with dry_run: it answers columns, fields and problems by line. `match_on` updates what is there, and asks before it overwrites values of more than 50.",
	input,
	output: writeOutput,
	hints: schemas.changeHints,
	needs: ["createBatch"],
	async run(given, session, running) {
		const { table, file, resume } = given;
		if (resume !== undefined) return resumed(given, session, resume, running);
		if (file === undefined)
			throw new TablesError("bad_argument", "`file` is missing", {
				next: `Name a file in ${session.files.folder}.`,
			});
		const located = await locate(session, table, running);
		const path = await session.files.existing(file);
		const options = optionsOf(given);
		const answer = given.dry_run
			? await dryImport(
					session,
					located,
					{ file: await session.files.openRows(path, options), path },
					options,
					running,
				)
			: await importFile(
					session,
					located,
					{ path, confirm: given.confirm },
					options,
					running,
				);
		return importAnswer(session, answer, file);
	},
});

type ImportArguments = z.output<typeof input>;

function optionsOf(given: ImportArguments): ImportOptions {
	const { mapping, sheet, decimal, dates, delimiter, encoding } = given;
	return {
		onError: given.on_error ?? "refuse",
		empty: given.empty ?? "keep",
		allowNewOptions: given.allow_new_options ?? false,
		...defined({
			mapping,
			matchOn: given.match_on,
			sheet,
			headerRow: given.header_row,
			decimal,
			dates,
			delimiter,
			encoding,
		}),
	};
}

async function resumed(
	given: ImportArguments,
	session: Session,
	id: string,
	running: Running,
): Promise<ToolAnswer> {
	const tools = ["import_records"];
	const found = await openChange(session, id, tools, running, {
		table: given.table,
		dryRun: given.dry_run ?? false,
	});
	const answer = await resumeImport(session, found, running, {
		confirm: given.confirm,
	});
	const source = found.change.start.source as { name?: unknown } | undefined;
	return importAnswer(
		session,
		{ ...answer, notes: [...answer.notes, ...unread(given)] },
		String(source?.name ?? "import"),
	);
}

/** A resume has all that it needs; what is given beside it changes nothing, and that is said. */
function unread(input: Readonly<Record<string, unknown>>): readonly string[] {
	const beside = Object.keys(input).filter(
		(name) => !["table", "resume", "dry_run", "confirm"].includes(name),
	);
	return beside.length === 0
		? []
		: [
				`a resume goes on with the file and the options that the import began with; not looked at: ${beside.map((name) => `\`${name}\``).join(", ")}`,
			];
}

/** All problems go into a file beside the imported one; a dry run writes nothing, and has those that it shows. */
async function importAnswer(
	session: Session,
	{ allProblems, columns, broken, ...answer }: ImportAnswer,
	file: string,
): Promise<ToolAnswer> {
	const dry = answer.would_take !== undefined;
	const notes = [
		...answer.notes,
		...(dry ? [] : await writeProblems(session, file, allProblems, answer)),
	];
	const base = writeAnswer({ ...answer, notes }, { isError: broken });
	return dry ? withColumns(base, columns) : base;
}

/** What a dry run answers besides: each column, where it goes, and what it holds. */
function withColumns(
	base: ToolAnswer,
	columns: ImportAnswer["columns"],
): ToolAnswer {
	const shown = columns.map(({ column, field, samples, looksLike }) => ({
		column,
		field: field?.name ?? null,
		type: field?.type ?? null,
		looks_like: looksLike,
		samples: samples.map(clipped),
	}));
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
