import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { SqlValue } from "../contract/sql.js";
import type { Located } from "../places/locate.js";
import { inTurns, mapInTurns } from "../values/in-turns.js";
import { asciiLower, fieldNamed, quoted } from "../values/names.js";
import { hintsOf } from "../values/near-names.js";
import { whyReadOnly } from "../values/validate.js";
import { kindOf } from "../values/values.js";
import { sourceTable } from "./columns.js";
import { givenFor } from "./given-values.js";
import type { StatementResult } from "./statement-result.js";
import { valueNotes } from "./value-notes.js";
import { KEPT, type WholeCells } from "./whole-cells.js";

/** So many of what is wrong are named. */
const NAMED = 5;

/** What the rows of a statement are for. */
export interface RowsFor {
	/** They name records by a column with their ids. */
	readonly byId: boolean;
	/** They set fields. */
	readonly sets: boolean;
	/** Fields that records are found by. Empty: they are not. */
	readonly matchOn: readonly string[];
}

/** Rows of a statement as records of a table. */
export interface FromRecords {
	readonly records: readonly {
		readonly id?: string;
		readonly fields: Readonly<Record<string, unknown>>;
	}[];
	readonly notes: readonly string[];
}

/**
 * The rows of a statement as the records that a write takes; where they name records that are there, equal rows are one.
 * @throws TablesError bad_argument for columns that are not fields, and for ids that are empty or come twice with
 * different values.
 */
export async function fromRecords(
	located: Located,
	result: StatementResult,
	wanted: RowsFor,
	/** What the statement saw. */
	seen: Pick<WholeCells, "rowOf" | "hasTexts">,
): Promise<FromRecords> {
	const columns = columnsOf(located, result.columns, wanted);
	// Two equal rows are two new records; of a record that is found they say the same thing twice.
	const isFound = wanted.byId || wanted.matchOn.length > 0;
	const { rows, doubles } = isFound
		? await eachOnce(result.rows)
		: { rows: result.rows, doubles: 0 };
	if (columns.id !== undefined) {
		await refuseEmptyIds(columns, result.rows);
		await refuseDoubles(columns, rows);
	}
	const zones = { statement: result.zone, table: located.table.zone };
	const notes = valueNotes(zones.statement);
	const records = await mapInTurns(rows, (row, index) => {
		const id = columns.id === undefined ? undefined : String(row[columns.id]);
		const whole = seen.rowOf(row, id, zones);
		const note = notes.of(id === undefined ? `row ${index}` : `record ${id}`);
		const fields: Record<string, unknown> = {};
		for (const { at, field } of columns.fields) {
			const value = row[at] ?? null;
			const cell = whole(at, field);
			const given =
				cell === undefined
					? givenFor(value, field, { ...zones, note })
					: cell === KEPT
						? undefined
						: cell.given;
			if (given === undefined) continue;
			fields[field.id] = given;
			if (kindOf(field) === "url" && typeof given === "string")
				note("bare link", field, given);
		}
		return id === undefined ? { fields } : { id, fields };
	});
	return {
		records,
		notes: [
			...notes.texts(seen.hasTexts()),
			...(doubles === 0
				? []
				: [
						`${doubles} ${doubles === 1 ? "row is" : "rows are"} equal to an earlier one and count${doubles === 1 ? "s" : ""} once with it: records are numbered without ${doubles === 1 ? "it" : "them"}`,
					]),
		],
	};
}

/** Where in a row what is. */
interface Columns {
	/** What the column with the ids is called. */
	readonly idName: string;
	/** Absent: it is not wanted. */
	readonly id?: number;
	readonly fields: readonly { readonly at: number; readonly field: Field }[];
}

function columnsOf(
	located: Located,
	names: readonly string[],
	{ byId, sets, matchOn }: RowsFor,
): Columns {
	const source = sourceTable("", located);
	const [own] = source.columns;
	const idName = own?.name ?? "_id";
	const isId = (name: string) => asciiLower(name) === asciiLower(idName);
	const ids = names.flatMap((name, at) => (isId(name) ? [at] : []));
	const [id] = ids;
	if (byId && (id === undefined || ids.length > 1))
		throw wrong(
			id === undefined
				? `the statement has no column ${idName}, by which records are found`
				: `the statement has ${ids.length} columns ${idName}`,
			`Select ${idName} of the table that is written${sets ? ", or pass `match_on` with key fields" : ""}.`,
		);
	const rest = names.flatMap((name, at) =>
		byId && isId(name) ? [] : [{ name, at }],
	);
	if (!sets && rest.length > 0)
		throw wrong(
			`the statement has columns beside ${idName}: ${firstOf(rest.map(({ name }) => quoted(name)))}`,
			`Select ${idName} alone: of a record that is deleted nothing is set.`,
		);
	const fields = fieldsOf(located, source, rest);
	refuseTwice(fields);
	if (sets && fields.length === 0)
		throw wrong(
			"the statement has no column that is a field",
			"Name its columns as the fields that they set, with AS.",
		);
	refuseMissingKeys(located, matchOn, fields);
	return { idName, fields, ...(byId && id !== undefined ? { id } : {}) };
}

type NamedColumn = { readonly name: string; readonly at: number };
type FieldColumn = NamedColumn & { readonly field: Field };

/** @throws TablesError bad_argument for those that are not fields, or cannot be written. */
function fieldsOf(
	located: Located,
	source: ReturnType<typeof sourceTable>,
	columns: readonly NamedColumn[],
): readonly FieldColumn[] {
	const problems: string[] = [];
	const found: FieldColumn[] = [];
	const hints = hintsOf();
	for (const { name, at } of columns) {
		const made = source.columns.find(
			(one) => asciiLower(one.name) === asciiLower(name),
		);
		try {
			const field = fieldNamed(located.table, name, hints).item;
			const reason = whyReadOnly(field, located.adapter.codecs);
			if (reason === undefined) found.push({ name, at, field });
			else problems.push(`${quoted(name)} is read only: ${reason}`);
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			const of = made?.from;
			problems.push(
				typeof of === "object"
					? `${quoted(name)} is made of the field "${of.name}": select it AS "${of.name}"`
					: `${error.message}${error.next === undefined ? "" : ` (${error.next.replace(/\.$/, "")})`}`,
			);
		}
	}
	if (problems.length > 0)
		throw wrong(
			`columns of the statement that cannot be written to "${located.table.name}": ${firstOf(problems, "; ")}`,
			"Name its columns as the fields that they set, with AS, and leave the others out.",
		);
	return found;
}

function refuseTwice(columns: readonly FieldColumn[]): void {
	const before = new Map<Field, string>();
	for (const { name, field } of columns) {
		const other = before.get(field);
		if (other !== undefined)
			throw wrong(
				`two columns of the statement are the field "${field.name}": ${quoted(other)} and ${quoted(name)}`,
				"Select one of them.",
			);
		before.set(field, name);
	}
}

function refuseMissingKeys(
	{ table }: Located,
	matchOn: readonly string[],
	columns: readonly FieldColumn[],
): void {
	const missing = matchOn
		.map((name) => fieldNamed(table, name).item)
		.filter((key) => !columns.some(({ field }) => field.id === key.id));
	if (missing.length > 0)
		throw wrong(
			`the statement has no column for ${firstOf(missing.map(({ name }) => `"${name}"`))} of \`match_on\``,
			"Select the key fields as well.",
		);
}

type Rows = StatementResult["rows"];

async function eachOnce(
	all: Rows,
): Promise<{ readonly rows: Rows; readonly doubles: number }> {
	const once = new Map<string, readonly SqlValue[]>();
	await inTurns(all, (row) => {
		const key = JSON.stringify(row);
		if (!once.has(key)) once.set(key, row);
	});
	return { rows: [...once.values()], doubles: all.length - once.size };
}

async function refuseEmptyIds(
	{ id = 0, idName }: Columns,
	rows: Rows,
): Promise<void> {
	const empty: number[] = [];
	await inTurns(rows, (row, index) => {
		if (row[id] === null || row[id] === "") empty.push(index);
	});
	if (empty.length > 0)
		throw wrong(
			`${idName} is NULL in ${empty.length === 1 ? "row" : "rows"} ${firstOf(empty.map(String))} of the statement, counted from 0`,
			`Leave them out, as with WHERE ${idName} IS NOT NULL; create_records makes new records.`,
		);
}

async function refuseDoubles(
	{ id = 0, idName }: Columns,
	rows: Rows,
): Promise<void> {
	const seen = new Set<SqlValue>();
	const twice = new Set<string>();
	await inTurns(rows, (row) => {
		const one = row[id] ?? null;
		if (seen.has(one)) twice.add(quoted(String(one)));
		seen.add(one);
	});
	if (twice.size > 0)
		throw wrong(
			`${idName} comes more than once with different values: ${firstOf([...twice])}`,
			"A join may have doubled them: let each record come in one row, as with GROUP BY.",
		);
}

/** The first few, and how many more there are. */
function firstOf(texts: readonly string[], separator = ", "): string {
	const more = texts.length - NAMED;
	return `${texts.slice(0, NAMED).join(separator)}${more > 0 ? ` and ${more} more` : ""}`;
}

function wrong(message: string, next: string): TablesError {
	return new TablesError("bad_argument", `\`from\`: ${message}`, {
		next: `${next} Nothing was sent.`,
	});
}
