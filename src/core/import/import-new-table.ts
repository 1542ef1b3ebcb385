import { reworded, TablesError } from "../contract/errors.js";
import { ID_COLUMN, type RowFile } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { LocatedBase } from "../places/bases.js";
import { need } from "../places/capability.js";
import { checkPolicy } from "../places/guard.js";
import { listNodes } from "../places/listing.js";
import type { Located } from "../places/locate.js";
import { fieldNamed, quoted } from "../values/names.js";
import { foldName } from "../values/near-names.js";
import { oneLine } from "../values/one-line.js";
import { whyReadOnly } from "../values/validate.js";
import { makeTable } from "../write/make-table.js";
import { dryImport } from "./dry-import.js";
import {
	columnsOf,
	guessColumns,
	type NewColumn,
	newField,
} from "./guess-columns.js";
import type { ImportAnswer } from "./import-answer.js";
import type { ImportOptions } from "./import-columns.js";
import { importFile } from "./import-file.js";

/** A table that is to be made from a file. */
export interface TableFromFile {
	readonly place: LocatedBase;
	readonly name: string;
	readonly path: string;
	readonly file: RowFile;
}

/** What an import into a new table answers. */
export interface NewTableAnswer {
	readonly answer: ImportAnswer;
	/** Reference of the table that was made. undefined: none was. */
	readonly table: string | undefined;
}

/**
 * Makes a table of the file's columns and imports its rows. What is wrong with the file is found before the table is
 * made.
 * @throws TablesError what `importFile` throws; where the table was made by then, the message names it.
 */
export async function importIntoNew(
	session: Session,
	from: TableFromFile,
	options: ImportOptions,
	running: Running,
): Promise<NewTableAnswer> {
	const planned = await planTable(session, from, options, running);
	const create = need(from.place, "createTable");
	let made: Awaited<ReturnType<typeof makeTable>> | undefined;
	const make = async () => {
		try {
			made = await makeTable(
				session,
				{
					tool: "import_records",
					place: from.place,
					spec: {
						name: from.name,
						fields: planned.columns.map(({ spec }) => spec),
					},
					create,
				},
				running,
			);
		} catch (error) {
			throw await withTaken(session, from, error, running);
		}
		return made.value;
	};
	try {
		const answer = await importFile(
			session,
			planned.located,
			{ path: from.path, make },
			planned.options,
			running,
		);
		const notes =
			made === undefined
				? ["the table was not made", ...planned.notes]
				: [
						`made the table "${made.value.table.name}": ${made.value.reference} with ${fieldWords(planned.columns)}; ${wayBack(from, made.change)}`,
						...made.notes,
						...planned.notes,
					];
		return {
			answer: { ...answer, notes: [...notes, ...answer.notes] },
			table: made?.value.reference,
		};
	} catch (error) {
		if (!(error instanceof TablesError) || made === undefined) throw error;
		throw reworded(
			error,
			`${error.message} (the table "${from.name}" was made before: ${made.value.reference}; ${wayBack(from, made.change)})`,
		);
	}
}

/** How the table goes again, where the vendor deletes tables. */
function wayBack({ place }: TableFromFile, change: string): string {
	const { undo, title, capabilities } = place.connection;
	if (capabilities.deleteTable !== true)
		return `${title} deletes no table through this server: a person deletes it in the app`;
	return undo
		? `undo_change ${change} deletes it with what is in it`
		: "delete_table deletes it with what is in it";
}

/** What that would make: the columns with their types and what they hold, and every bad row. */
export async function dryNewTable(
	session: Session,
	from: TableFromFile,
	options: ImportOptions,
	running: Running,
): Promise<NewTableAnswer> {
	const planned = await planTable(session, from, options, running);
	const answer = await dryImport(
		session,
		planned.located,
		{ file: from.file, path: from.path },
		planned.options,
		running,
	);
	const taken = await nameTaken(session, from, running);
	const note = `would make the table "${from.name}" in ${from.place.connection.name}:${from.place.base.name ?? from.place.base.id} with ${fieldWords(planned.columns)}`;
	return {
		answer: {
			...answer,
			notes: [note, ...taken, ...planned.notes, ...answer.notes],
		},
		table: undefined,
	};
}

/** A refusal to make the table, with the table that has its name, where one has. */
async function withTaken(
	session: Session,
	from: TableFromFile,
	error: unknown,
	running: Running,
): Promise<unknown> {
	if (!(error instanceof TablesError) || error.code !== "bad_argument")
		return error;
	const [taken] = await nameTaken(session, from, running).catch(() => []);
	return taken === undefined
		? error
		: reworded(error, `${error.message} (${taken})`);
}

/** Has the base a table of that name already? */
async function nameTaken(
	session: Session,
	{ place: { connection, base }, name }: TableFromFile,
	running: Running,
): Promise<readonly string[]> {
	const { nodes } = await listNodes(session, running.call, {
		connection: connection.name,
		base: base.id,
		kinds: ["table"],
	});
	const same = nodes.filter((node) => foldName(node.name) === foldName(name));
	return same.length === 0
		? []
		: [
				`the name is taken: ${same.map((node) => `${node.reference} is called ${quoted(node.name)}`).join(", ")}; to add the rows to that table pass its reference as \`table\`, else choose another name`,
			];
}

interface PlannedTable {
	/** As if it were there, so that the file can be checked against it. */
	readonly located: Located;
	readonly columns: readonly NewColumn[];
	readonly options: ImportOptions;
	readonly notes: readonly string[];
}

async function planTable(
	session: Session,
	{ place, name, file }: TableFromFile,
	options: ImportOptions,
	running: Running,
): Promise<PlannedTable> {
	need(place, "createTable");
	need(place, "createBatch");
	checkPolicy(place.connection.policy, "createTable");
	if (options.matchOn !== undefined)
		throw new TablesError(
			"bad_argument",
			"`match_on` finds records that are there, and a new table has none",
			{ next: "Leave it out, or name a `table`; nothing was made." },
		);
	const { codecs } = place.adapter;
	const taken = takenColumns(file, options);
	const { columns, notes } = await guessColumns(
		session,
		file,
		{
			...options,
			columns: taken,
			takes: (type) => whyReadOnly(newField(type, type), codecs) === undefined,
		},
		running,
	);
	const fields = columns.map(({ spec }, index) => ({
		...newField(spec.name, spec.type, index === 0),
		settings: spec.settings,
	}));
	return {
		located: {
			connection: place.connection,
			adapter: place.adapter,
			table: {
				ref: { base: place.base.id, table: "" },
				name,
				fields,
				byId: new Map(fields.map((field) => [field.id, field])),
				views: [],
				zone: session.zone(),
				readAtMs: session.clock.now(),
			},
			reference: name,
			notes: [],
		},
		columns,
		options: {
			...options,
			mapping: columns.map(({ column, spec }) => ({
				column,
				field: spec.name,
				as: options.mapping?.find((entry) => entry.column === column)?.as,
			})),
		},
		notes: [...brokenNames(options, taken), ...notes, ...idsLeftOut(file)],
	};
}

/** The columns that are taken, with the names of their fields. */
function takenColumns(
	file: RowFile,
	{ mapping }: Pick<ImportOptions, "mapping">,
): NonNullable<ImportOptions["mapping"]> {
	const there = columnsOf(file);
	if (mapping === undefined)
		return distinct(
			there.map((column) => ({ column, field: oneLine(column) })),
		);
	const columns = {
		fields: there.map((name) => newField(name, "text")),
	};
	return distinct(
		mapping.map((entry) => ({
			...entry,
			column: fieldNamed(columns, entry.column).item.name,
		})),
	);
}

/** What is said of columns whose names have a line break, which no name of a field keeps on all vendors. */
function brokenNames(
	{ mapping }: Pick<ImportOptions, "mapping">,
	taken: NonNullable<ImportOptions["mapping"]>,
): readonly string[] {
	return mapping !== undefined
		? []
		: taken.flatMap(({ column, field }) =>
				field === column
					? []
					: [
							`column ${JSON.stringify(column)} has a line break in its name: its field is called ${quoted(field)}`,
						],
			);
}

/** @throws TablesError bad_argument where no table can have these fields. */
function distinct(
	taken: NonNullable<ImportOptions["mapping"]>,
): NonNullable<ImportOptions["mapping"]> {
	const nameless = taken.filter(({ field }) => field.trim() === "");
	const twice = taken.filter(
		({ field }, index) => taken.findIndex((one) => one.field === field) < index,
	);
	const problems = [
		...(taken.length === 0 ? ["no column is left for the new table"] : []),
		...nameless.map(
			({ column }) => `column ${quoted(column)} has no name for its field`,
		),
		...twice.map(({ field }) => `two fields would be named ${quoted(field)}`),
	];
	if (problems.length > 0)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Name each column with the field that it becomes in `mapping`; nothing was made.",
		});
	return taken;
}

function fieldWords(columns: readonly NewColumn[]): string {
	return columns
		.map(({ spec: { name, type } }) => `${name} (${type})`)
		.join(", ");
}

/** What the columns of the file besides `mapping` are is said where they are mapped. */
function idsLeftOut({ columns }: RowFile): readonly string[] {
	return columns.includes(ID_COLUMN)
		? [
				`the column "${ID_COLUMN}" holds record ids of another table, and is left out`,
			]
		: [];
}
