import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Problem } from "../contract/problem.js";
import type { Table } from "../contract/table.js";
import { defined } from "./defined.js";
import { pickInTurns } from "./in-turns.js";
import { isObject } from "./json-object.js";
import { fieldNamed, namesOf, nearOrAll, quoted, shortened } from "./names.js";
import type { Hints } from "./near-names.js";

/** A record as it was given, with its fields found; its values are not read yet. */
export interface Draft {
	readonly index: number;
	readonly id?: string;
	readonly line?: number;
	readonly values: readonly {
		readonly field: Field;
		readonly given: unknown;
	}[];
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What reading the form of records works with, and where it writes what it finds. */
interface Drafting {
	readonly table: Table;
	readonly names: NamedFields;
	readonly problems: Problem[];
	readonly notes: Set<string>;
}

/** Which record a problem is about. */
interface Place {
	readonly record: number;
	readonly line?: number;
}

/** The records whose form is right; `lines`: where they stand in their file, in the same order. */
export async function draftsOf(
	table: Table,
	given: readonly unknown[],
	lines: readonly number[] | undefined,
	found: Pick<Drafting, "problems" | "notes"> & { readonly hints: Hints },
): Promise<readonly Draft[]> {
	const drafting = { ...found, table, names: namedFields(table, found.hints) };
	return pickInTurns(given, (record, index) =>
		draftOf(
			record,
			{ record: index, ...defined({ line: lines?.[index] }) },
			drafting,
		),
	);
}

/** A record may misspell some; one that names so many more than there are is not a record of this table. */
const MOST_FIELDS = 1_000;

/** None where the record's form is wrong. */
function draftOf(
	record: unknown,
	place: Place,
	drafting: Drafting,
): Draft | undefined {
	const { problems } = drafting;
	const wrong = (given: unknown, message: string) => {
		problems.push({ ...place, given, message });
		return undefined;
	};
	if (!isObject(record))
		return wrong(record, "a record is an object {fields: {name: value}}");
	const { fields, id } =
		"fields" in record
			? wrapped(record, place, problems)
			: bare(record, drafting);
	if (!isObject(fields))
		return wrong(fields, "`fields` must be an object {name: value}");
	if (id !== undefined && id !== null && typeof id !== "string")
		return wrong(id, "`id` must be a text");
	const count = Object.keys(fields).length;
	const most = Math.max(MOST_FIELDS, 2 * drafting.table.fields.length);
	if (count > most)
		return wrong(
			undefined,
			`names ${count} fields, and the table has ${drafting.table.fields.length}`,
		);
	const draft: Mutable<Draft> = {
		index: place.record,
		values: valuesOf(fields, place, drafting),
	};
	if (typeof id === "string") draft.id = id;
	if (place.line !== undefined) draft.line = place.line;
	return draft;
}

/** What a record says, before its form is checked. */
interface Parts {
	readonly fields: unknown;
	readonly id: unknown;
}

/** `{id?, fields: {name: value}}`. */
function wrapped(
	record: Readonly<Record<string, unknown>>,
	place: Place,
	problems: Problem[],
): Parts {
	for (const key of Object.keys(record))
		if (key !== "fields" && key !== "id")
			problems.push({
				...place,
				field: shortened(key),
				given: record[key],
				message: `${quoted(key)} stands beside \`fields\`: put it inside`,
			});
	return { fields: record.fields, id: record.id };
}

/** `{name: value}`; `id` is the record's, unless the table has a field of this name. */
function bare(
	record: Readonly<Record<string, unknown>>,
	{ table, notes }: Drafting,
): Parts {
	notes.add("records without `fields` were read as {name: value}");
	if (table.fields.some(({ name }) => name === "id"))
		return { fields: record, id: undefined };
	const { id, ...fields } = record;
	return { fields, id };
}

/** The values whose fields are found, each field once. */
function valuesOf(
	fields: Readonly<Record<string, unknown>>,
	place: Place,
	{ names, problems, notes }: Drafting,
): Draft["values"] {
	const values: { field: Field; name: string; given: unknown }[] = [];
	for (const name of Object.keys(fields)) {
		const given = fields[name];
		const found = names.named(name);
		if ("problem" in found) {
			problems.push({
				...place,
				field: shortened(name),
				given,
				message: found.problem,
			});
			continue;
		}
		const { field, note } = found;
		if (note !== undefined) notes.add(note);
		const before = names.isAliased(field)
			? values.find((value) => value.field === field)
			: undefined;
		if (before === undefined) values.push({ field, name, given });
		else
			problems.push({
				...place,
				field: name,
				given,
				message: `"${name}" and "${before.name}" are the same field`,
			});
	}
	return values;
}

type NamedField =
	| { readonly field: Field; readonly note?: string }
	| { readonly problem: string };

/** Names of fields, each resolved once for all records. */
interface NamedFields {
	named(name: string): NamedField;
	/** Has the field been named in more than one way so far? */
	isAliased(field: Field): boolean;
}

function namedFields(table: Table, hints: Hints): NamedFields {
	const known = new Map<string, NamedField>();
	const named = new Set<Field>();
	const aliased = new Set<Field>();
	return {
		named(name) {
			const before = known.get(name);
			if (before !== undefined) return before;
			const found = namedField(table, name, hints);
			known.set(name, found);
			if ("field" in found)
				(named.has(found.field) ? aliased : named).add(found.field);
			return found;
		},
		isAliased: (field) => aliased.has(field),
	};
}

function namedField(table: Table, name: string, hints: Hints): NamedField {
	try {
		const { item, note } = fieldNamed(table, name, hints);
		return { field: item, ...defined({ note }) };
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		if (error.code !== "not_found") return { problem: error.message };
		const near = nearOrAll(namesOf(table.fields), name, "fields", hints);
		return { problem: `there is no field ${quoted(name)}; ${near}` };
	}
}
