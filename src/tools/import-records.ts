import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { WriteAnswer } from "../core/delivery/answer.js";
import { dryImport } from "../core/import/dry-import.js";
import type { ImportAnswer } from "../core/import/import-answer.js";
import type {
	ImportOptions,
	ImportSource,
} from "../core/import/import-columns.js";
import { importFile } from "../core/import/import-file.js";
import { dryNewTable, importIntoNew } from "../core/import/import-new-table.js";
import { writeProblems } from "../core/import/problems-file.js";
import { resumeImport } from "../core/import/resume-import.js";
import { locateBase } from "../core/places/bases.js";
import { locate } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { nameList, shortened } from "../core/values/names.js";
import { openChange } from "../core/write/resume-change.js";
import * as schemas from "./schemas.js";
import { csvBlock, plural } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";
import { clipped, writeAnswer, writeOutput } from "./write-answer.js";

const input = z.object({
	table: schemas.table.optional(),
	new_table: z
		.string()
		.min(1)
		.optional()
		.describe("In place of `table`: made from the file, under this name"),
	connection: schemas.connection.optional(),
	base: schemas.base.optional(),
	file: z.string().min(1).optional(),
	sheet: z.string().optional(),
	header_row: z.int().min(1).max(1_048_576).optional(),
	mapping: z
		.array(
			z.object({
				column: z.string(),
				field: z.string(),
				as: z
					.enum(["percent", "fraction", "text"])
					.optional()
					.describe("Of bare numbers; or text"),
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
		.describe("Bad rows; default: refuse"),
	empty: z
		.enum(["keep", "clear"])
		.optional()
		.describe("Empty cells; default: keep"),
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
		"Add or update records from a CSV, NDJSON, JSON or XLSX file in the files folder, of any size, also into a new table. Begin with dry_run: it answers columns, fields and problems by line. `match_on` updates what is there, adds the rest, and asks to overwrite values of more than 50.",
	input,
	output: writeOutput,
	hints: schemas.changeMoreHints,
	needs: ["createBatch"],
	async run(given, session, running) {
		const { file, resume } = given;
		if (resume !== undefined) return resumed(given, session, resume, running);
		if (file === undefined)
			throw new TablesError("bad_argument", "`file` is missing", {
				next: `Name a file in ${session.files.folder}.`,
			});
		checkWhere(given);
		const path = await session.files.existing(file);
		const options = optionsOf(given);
		if (given.new_table !== undefined)
			return intoNew(given, session, { file, path, options }, running);
		const located = await locate(session, given.table as string, running);
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
		return importAnswer(session, answer, { file, matchOn: given.match_on });
	},
});

type ImportArguments = z.output<typeof input>;

/** @throws TablesError bad_argument where it is not one table that is named. */
function checkWhere({
	table,
	new_table,
	connection,
	base,
}: ImportArguments): void {
	if ((table === undefined) === (new_table === undefined))
		throw new TablesError(
			"bad_argument",
			table === undefined
				? "neither `table` nor `new_table` is named"
				: "`table` and `new_table` are both named",
			{
				next: "Name a `table` that is there, or with `new_table` one that is made from the file.",
			},
		);
	const beside = Object.entries({ connection, base }).flatMap(
		([name, value]) => (value === undefined ? [] : [`\`${name}\``]),
	);
	if (table !== undefined && beside.length > 0)
		throw new TablesError(
			"bad_argument",
			`${beside.join(" and ")} say where a \`new_table\` goes`,
			{ next: "Leave them out: `table` says where it is." },
		);
}

/** An import into a table that is made from the file. */
async function intoNew(
	given: ImportArguments,
	session: Session,
	{
		file,
		path,
		options,
	}: {
		readonly file: string;
		readonly path: string;
		readonly options: ImportOptions;
	},
	running: Running,
): Promise<ToolAnswer> {
	const { connection, base, new_table: name = "", dry_run: dry } = given;
	const from = {
		place: await locateBase(session, { connection, base }, running.call),
		name,
		path,
		file: await session.files.openRows(path, options),
	};
	const run = dry ? dryNewTable : importIntoNew;
	const { answer, table } = await run(session, from, options, running);
	const shown = await importAnswer(session, answer, { file });
	return table === undefined
		? shown
		: { ...shown, structured: { ...shown.structured, table } };
}

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
	const source = found.change.start.source as Partial<ImportSource> | undefined;
	return importAnswer(
		session,
		{ ...answer, notes: [...answer.notes, ...unread(given)] },
		{ file: source?.name ?? "import", matchOn: source?.matchOn },
	);
}

/** A resume has all that it needs; what is given beside it changes nothing, and that is said. */
function unread(input: Readonly<Record<string, unknown>>): readonly string[] {
	const beside = Object.keys(input).filter(
		(name) =>
			!["table", "new_table", "connection", "base"].includes(name) &&
			!["resume", "dry_run", "confirm"].includes(name),
	);
	return beside.length === 0
		? []
		: [
				`a resume goes on with the file and the options that the import began with; not looked at: ${beside.map((name) => `\`${name}\``).join(", ")}`,
			];
}

/** What an answer says of the file. */
interface ImportedFile {
	readonly file: string;
	readonly matchOn?: readonly string[] | undefined;
}

/** Rows that have the key of no record are new ones, and that is said with their number. */
function unmatched(
	{
		counts: { created },
		would_take,
	}: Pick<WriteAnswer, "counts" | "would_take">,
	matchOn: readonly string[] | undefined,
	columns: ImportAnswer["columns"],
): readonly string[] {
	if (matchOn === undefined || created === 0) return [];
	// What a resume has of an import names its keys by id.
	const keys = matchOn.map(
		(key) => columns.find(({ field }) => field?.id === key)?.field?.name ?? key,
	);
	const rows = `${plural(created, "row")} that ${created === 1 ? "matches" : "match"} no record by ${nameList(keys)}`;
	return [
		would_take === undefined ? `created: ${rows}` : `would create: ${rows}`,
	];
}

/** All problems go into a file beside the imported one; a dry run writes nothing, and has those that it shows. */
async function importAnswer(
	session: Session,
	{ allProblems, columns, broken, ...answer }: ImportAnswer,
	{ file, matchOn }: ImportedFile,
): Promise<ToolAnswer> {
	const dry = answer.would_take !== undefined;
	const notes = [
		...unmatched(answer, matchOn, columns),
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
					column.samples.map(sampleText).join(" | "),
				]),
			),
		].join("\n"),
		structured: { ...base.structured, columns: shown },
		isError: false,
	};
}

/** A list or an object of a JSON file as it stands there. */
function sampleText(sample: unknown): string {
	return typeof sample === "object" && sample !== null
		? shortened(JSON.stringify(sample))
		: String(sample);
}
