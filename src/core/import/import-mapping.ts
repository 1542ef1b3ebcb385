import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import { ID_COLUMN, type RowFile } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { type Located, reload } from "../places/locate.js";
import { justRead } from "../places/schema-cache.js";
import { defined } from "../values/defined.js";
import {
	cutList,
	fieldNamed,
	type Named,
	nameList,
	quoted,
} from "../values/names.js";
import { foldName, type Hints, hintsOf } from "../values/near-names.js";
import { whyReadOnly } from "../values/validate.js";
import { KINDS } from "../values/values.js";
import type {
	ColumnAs,
	ImportOptions,
	ImportSource,
	MappedColumn,
} from "./import-columns.js";
import { lookAtColumns } from "./look-at-columns.js";
import { idColumnOf, idKeyProblem, matchesById } from "./record-ids.js";
import { zoneNotes } from "./sheet-zone.js";

/** Which columns are taken, and the table as it is by then. */
export interface Mapped {
	readonly located: Located;
	/** All of the file, in its order. */
	readonly columns: readonly MappedColumn[];
	readonly notes: readonly string[];
	/** Of the file, where all of it was looked at. */
	readonly total: number | undefined;
}

/**
 * Finds a field for each column: with `mapping` for those that it names and no others, else by name. What is refused
 * or left out for want of a field is looked up in a fresh schema first.
 * @throws TablesError bad_argument naming everything that is wrong with the mapping and the keys, or all that a person
 * has to say about columns that can be read in several ways.
 */
export async function mapColumns(
	session: Session,
	located: Located,
	file: RowFile,
	options: MappingOptions,
	running: Running,
): Promise<Mapped> {
	if (options.mapping?.length === 0)
		throw new TablesError(
			"bad_argument",
			"`mapping` is empty, and only the columns that it names are imported",
			{
				next: "Name columns in it, or leave `mapping` out to take each column that has a field's name; nothing was sent.",
			},
		);
	const first = place(located, file, options);
	const finds =
		first.problems.length === 0 &&
		first.missing.length === 0 &&
		first.unknownKey === undefined;
	const certain = finds || justRead(session, located);
	const at = certain ? located : await reload(session, located, running);
	const placed = certain ? first : place(at, file, options);
	checkPlaced(placed, at, file);
	const looked = await lookAtColumns(
		session,
		file,
		{ ...options, goals: placed.goals, isNew: at.table.ref.table === "" },
		running,
	);
	return {
		located: at,
		...looked,
		notes: [
			...notesOf(file, options, placed),
			...looked.notes,
			...zoneNotes(
				file,
				placed.goals.flatMap(({ column, field }) =>
					KINDS[field.type] === "date" && field.settings.showsTime
						? [column]
						: [],
				),
				at,
			),
		],
	};
}

/** What of the options says where columns go and how they are read. */
export type MappingOptions = Pick<
	ImportSource,
	"mapping" | "matchOn" | "decimal" | "dates" | "readings"
>;

/** @throws TablesError bad_argument, with all that is wrong. */
function checkPlaced(
	{ unknownKey, problems, goals }: Placed,
	{ table }: Located,
	{ columns, hint }: RowFile,
): void {
	if (unknownKey !== undefined) throw unknownKey;
	if (problems.length > 0)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Correct the arguments and call again; nothing was sent.",
		});
	if (goals.length === 0)
		throw new TablesError(
			"bad_argument",
			`none of the columns ${nameList(columns)} can be written to ${table.name}`,
			{
				next: [
					...(hint === undefined ? [] : [`${hint}.`]),
					`Fields: ${nameList(table.fields.map(({ name }) => name))}. Map them with \`mapping\`; the first row must name the columns.`,
				].join(" "),
			},
		);
}

/** Columns and keys by the ids of their fields: a resume takes the same ones, whatever they are called by then. */
export function asTaken(
	{ located, columns }: Pick<Mapped, "located" | "columns">,
	{ matchOn }: ImportOptions,
): Pick<ImportSource, "mapping" | "matchOn" | "readings"> {
	return {
		mapping: columns.flatMap(({ column, field }) =>
			field === undefined ? [] : [{ column, field: field.id }],
		),
		readings: Object.fromEntries(
			columns.map(({ column, reading }) => [column, reading]),
		),
		...defined({
			matchOn: matchesById(matchOn, located.table)
				? [ID_COLUMN]
				: matchOn?.map((name) => fieldNamed(located.table, name).item.id),
		}),
	};
}

/** A column and the field that it goes to. */
export interface Goal {
	readonly column: string;
	readonly field: Field;
	readonly as?: ColumnAs | undefined;
	/** It was found by a name that is not the field's, or the column's, to the letter. */
	readonly loose: boolean;
}

interface Placed {
	readonly goals: readonly Goal[];
	/** Columns that no field has the name of. */
	readonly missing: readonly string[];
	/** Columns of a field that cannot be written, with the reason. */
	readonly readOnly: readonly string[];
	readonly problems: readonly string[];
	readonly unknownKey: TablesError | undefined;
}

function place(
	located: Located,
	file: RowFile,
	{ mapping, matchOn }: Pick<ImportOptions, "mapping" | "matchOn">,
): Placed {
	const problems: string[] = [];
	const missing: string[] = [];
	const readOnly: string[] = [];
	const goals =
		mapping === undefined
			? goalsByName(located, file, {
					problems,
					missing,
					readOnly,
					idKey: matchesById(matchOn, located.table),
				})
			: goalsByMapping(located, file, mapping, problems);
	const taken = new Map<Field, string>();
	for (const { column, field } of goals) {
		const other = taken.get(field);
		if (other !== undefined)
			problems.push(
				`columns "${other}" and "${column}" both go to "${field.name}"`,
			);
		taken.set(field, column);
	}
	const unknownKey = checkKeys(located, file, {
		goals,
		mapped: mapping !== undefined,
		matchOn: matchOn ?? [],
		problems,
	});
	return { goals, missing, readOnly, problems, unknownKey };
}

/** Each column of a field's name, or id. */
function goalsByName(
	{ table, adapter }: Located,
	file: RowFile,
	noted: {
		readonly problems: string[];
		readonly missing: string[];
		readonly readOnly: string[];
		/** The records are found by their ids. */
		readonly idKey: boolean;
	},
): readonly Goal[] {
	const fields = named(table.fields);
	const ids = noted.idKey ? idColumnOf(file, table) : ID_COLUMN;
	return file.columns.flatMap((column): Goal[] => {
		const { found, candidates } = fields(column);
		if (candidates.length > 1)
			noted.problems.push(
				`column "${column}" may be each of the fields ${candidates.map(({ id, name }) => `"${name}" [${id}]`).join(", ")}: name columns and fields in \`mapping\``,
			);
		else if (found === undefined) {
			if (column !== ids) noted.missing.push(column);
		} else {
			const reason = whyReadOnly(found, adapter.codecs);
			if (reason === undefined)
				return [{ column, field: found, loose: !isNamed(found, column) }];
			noted.readOnly.push(
				`"${column}" is read only and was left out: ${reason}`,
			);
		}
		return [];
	});
}

/** What a mapping says, and what is wrong with it. */
function goalsByMapping(
	located: Located,
	file: RowFile,
	mapping: NonNullable<ImportOptions["mapping"]>,
	problems: string[],
): readonly Goal[] {
	const columns = named(
		file.columns.map((column) => ({ id: column, name: column })),
	);
	const first = new Map<string, string>();
	const hints = hintsOf();
	const goalOrProblem = (entry: Mapping): Goal | string => {
		const { column: given, field } = entry;
		const { found, candidates } = columns(given);
		if (found === undefined) return noColumn(file, given, candidates, hints);
		const column = found.name;
		const before = first.get(column);
		if (before !== undefined)
			return `column "${column}" is named twice, for "${before}" and "${field}"`;
		first.set(column, field);
		return field.trim() === ""
			? `column "${given}" names no field; \`mapping\` takes only the columns that it names: leave the entry out`
			: mappedGoal(located, entry, column, hints);
	};
	return mapping.flatMap((entry): Goal[] => {
		const goal = goalOrProblem(entry);
		if (typeof goal !== "string") return [goal];
		problems.push(goal);
		return [];
	});
}

const PERCENT_TYPES: ReadonlySet<string> = new Set(["percent", "progress"]);

type Mapping = NonNullable<ImportOptions["mapping"]>[number];

function noColumn(
	{ columns }: RowFile,
	given: string,
	candidates: readonly Named[],
	hints: Hints,
): string {
	return candidates.length > 1
		? `column "${given}" may be each of ${candidates.map(({ name }) => `"${name}"`).join(", ")}: write it as in the file`
		: `the file has no column ${quoted(given)}; nearest: ${nameList(hints.nearest(columns, given)) || nameList(columns)}`;
}

/** The field that a mapping names for a column of the file, or why it cannot go there. */
function mappedGoal(
	{ table, adapter }: Located,
	given: Mapping,
	column: string,
	hints: Hints,
): Goal | string {
	try {
		const field = fieldNamed(table, given.field, hints).item;
		const reason = whyReadOnly(field, adapter.codecs);
		if (reason !== undefined)
			return `column "${column}": "${field.name}" is read only: ${reason}`;
		const loose = column !== given.column || !isNamed(field, given.field);
		if (given.as !== undefined && !takesAs(field, given.as))
			return `column "${column}": ${given.as === "text" ? '`as`: "text" is for fields of text' : "`as` is for fields of percent"}, and "${field.name}" is ${field.type}${field.primary && given.as !== "text" ? ", because the first field of a table names its records: put another column first" : ""}`;
		return { column, field, loose, as: given.as };
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return `column "${column}": ${error.message}${error.next === undefined ? "" : `. ${error.next}`}`;
	}
}

function takesAs({ type }: Field, as: ColumnAs): boolean {
	return as === "text" ? KINDS[type] === "text" : PERCENT_TYPES.has(type);
}

/** What is asked of the keys. */
interface KeyCheck {
	readonly goals: readonly Goal[];
	readonly mapped: boolean;
	readonly matchOn: readonly string[];
	readonly problems: string[];
}

/** A key that gets no value would refuse every row. Answers the failure where it is not even a field. */
function checkKeys(
	located: Located,
	file: RowFile,
	given: KeyCheck,
): TablesError | undefined {
	if (matchesById(given.matchOn, located.table)) {
		const problem = idKeyProblem(file, given.matchOn, located.table);
		if (problem !== undefined) given.problems.push(problem);
		return undefined;
	}
	for (const name of given.matchOn) {
		const field = keyField(located, name, given.goals);
		if (field instanceof TablesError) return field;
		if (!given.goals.some((goal) => goal.field === field))
			given.problems.push(keyWithoutColumn(located, file, field, given.mapped));
	}
	return undefined;
}

function keyField(
	{ table }: Located,
	name: string,
	goals: readonly Goal[],
): Field | TablesError {
	try {
		return fieldNamed(table, name).item;
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		const goal = goals.find(
			({ column }) => foldName(column) === foldName(name),
		);
		return goal === undefined
			? error
			: new TablesError(
					"bad_argument",
					`\`match_on\` names fields, and "${name}" is a column`,
					{ next: `It goes to "${goal.field.name}": name that.` },
				);
	}
}

function keyWithoutColumn(
	{ adapter }: Located,
	{ columns }: RowFile,
	field: Field,
	mapped: boolean,
): string {
	const reason = whyReadOnly(field, adapter.codecs);
	const key = `"${field.name}" of \`match_on\``;
	if (reason !== undefined)
		return `${key} is read only, and a file's values of it are not taken: ${reason}`;
	const column = columns.find(
		(candidate) => foldName(candidate) === foldName(field.name),
	);
	return mapped && column !== undefined
		? `${key} gets no column: add ${JSON.stringify({ column, field: field.name })} to \`mapping\``
		: `${key} gets no column: name the one that holds it in \`mapping\`; columns: ${nameList(columns)}`;
}

/** Finds by id, by exact name, or by the only name that is the same to a reader. */
function named<T extends Named>(
	items: readonly T[],
): (text: string) => {
	readonly found: T | undefined;
	/** More than one: which of them is not known. */
	readonly candidates: readonly T[];
} {
	const exact = new Map<string, T[]>();
	const folded = new Map<string, T[]>();
	const add = (map: Map<string, T[]>, key: string, item: T) =>
		map.set(key, [...(map.get(key) ?? []), item]);
	for (const item of items) {
		add(exact, item.name, item);
		add(folded, foldName(item.name), item);
	}
	const byId = new Map(items.map((item) => [item.id, item]));
	return (text) => {
		const known = byId.get(text);
		const candidates =
			known !== undefined
				? [known]
				: (exact.get(text) ?? folded.get(foldName(text)) ?? []);
		return {
			found: candidates.length === 1 ? candidates[0] : undefined,
			candidates,
		};
	};
}

function isNamed({ id, name }: Field, text: string): boolean {
	return text === name || text === id;
}

function notesOf(
	file: RowFile,
	{ mapping }: Pick<ImportOptions, "mapping">,
	{ goals, missing, readOnly }: Placed,
): readonly string[] {
	const taken = new Set(goals.map(({ column }) => column));
	const loose = goals
		.filter(({ loose: is }) => is)
		.map(({ column, field }) => `"${column}" as "${field.name}"`);
	const others = file.columns.filter(
		(column) => !taken.has(column) && column !== ID_COLUMN,
	);
	return [
		...(loose.length === 0 ? [] : [`understood: ${cutList(loose)}`]),
		...(mapping !== undefined
			? others.length === 0
				? []
				: [
						`left out, because \`mapping\` does not name them: ${nameList(others)}`,
					]
			: [
					...(missing.length === 0
						? []
						: [
								`left out, because the table has no such field: ${missingList(file, missing)}; add the fields, or name every column that is to be taken in \`mapping\``,
							]),
					...(readOnly.length === 0 ? [] : [cutList(readOnly, "; ")]),
				]),
	];
}

/** With how many records have a value there, where that was counted. */
function missingList({ filled }: RowFile, missing: readonly string[]): string {
	return filled === undefined
		? nameList(missing)
		: cutList(
				missing.map((column) => {
					const count = filled.get(column) ?? 0;
					return `${quoted(column)} (in ${count} ${count === 1 ? "record" : "records"})`;
				}),
			);
}
