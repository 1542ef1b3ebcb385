import type { FieldCodec, FieldCodecs } from "../contract/codec.js";
import { TablesError } from "../contract/errors.js";
import type {
	Cell,
	Field,
	FieldType,
	LinkedRecord,
	Person,
} from "../contract/field.js";
import type { Problem } from "../contract/problem.js";
import type { Table } from "../contract/table.js";
import type { Unsupported } from "../contract/unsupported.js";
import { defined } from "./defined.js";
import { fieldNamed, nearest } from "./names.js";
import { isClear, parseCell } from "./parse.js";
import { lookupText } from "./parse-list.js";
import type { ParseContext } from "./parsed.js";
import { KINDS, splitList } from "./values.js";

/** How texts become ids; by reading, outside of this module. */
export interface Lookups {
	linkedByText(
		field: Field,
		texts: readonly string[],
	): Promise<ReadonlyMap<string, readonly LinkedRecord[]>>;
	people(
		field: Field,
		texts: readonly string[],
	): Promise<ReadonlyMap<string, readonly Person[]>>;
	readonly me?: string;
}

/** A change of a list cell. */
export interface ListEdit {
	readonly add: Cell;
	readonly remove: Cell;
}

export interface ValidRecord {
	readonly index: number;
	readonly id?: string;
	readonly line?: number;
	/** By field id; null clears. */
	readonly cells: Readonly<Record<string, Cell>>;
	readonly edits: Readonly<Record<string, ListEdit>>;
	/** Given values of fields that cannot be written, to be compared with what is stored. */
	readonly readOnly: Readonly<Record<string, unknown>>;
}

export interface Validated {
	readonly records: readonly ValidRecord[];
	readonly problems: readonly Problem[];
	readonly notes: readonly string[];
	/** Options to be made, by field id; filled only when that is allowed. */
	readonly newOptions: ReadonlyMap<string, readonly string[]>;
}

export interface ValidateOptions {
	readonly mode: "create" | "update";
	readonly allowNewOptions: boolean;
	readonly codecs: FieldCodecs;
	/** `index` of the first record; for input that comes in parts. */
	readonly firstIndex?: number;
	/** Physical lines, for files; same order as the records. */
	readonly lines?: readonly number[];
}

interface Draft {
	readonly index: number;
	readonly id?: string;
	readonly line?: number;
	readonly values: readonly {
		readonly field: Field;
		readonly given: unknown;
	}[];
}

const NO_TEXTS: ReadonlyMap<string, never> = new Map<string, never>();

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What is the same for all values of a field: how it is written, or why it is not. */
type Writer =
	| {
			readonly context: ParseContext;
			check(cell: Cell): string | undefined;
	  }
	| { readonly readOnly: string };

/**
 * Checks every record against the table's fields and answers all problems of all records at once.
 * `{id?, fields: {name: value}}`, or a bare `{name: value}`, which is noted.
 */
export async function validateRecords(
	table: Table,
	given: readonly unknown[],
	options: ValidateOptions,
	lookups: Lookups,
): Promise<Validated> {
	const problems: Problem[] = [];
	const notes = new Set<string>();
	const newOptions = new Map<string, Set<string>>();
	const names = namedFields(table);
	const drafts = given.flatMap((record, offset) =>
		draftOf(
			record,
			{
				index: (options.firstIndex ?? 0) + offset,
				line: options.lines?.[offset],
			},
			{ table, names, problems, notes },
		),
	);
	const texts = await lookUp(drafts, options.codecs, lookups);
	const writers = new Map<string, Writer>();
	const writerOf = (field: Field): Writer => {
		const known = writers.get(field.id);
		if (known !== undefined) return known;
		const codec = options.codecs[field.type] as FieldCodec<FieldType>;
		const reason = whyReadOnly(field, options.codecs);
		const made: Writer =
			reason !== undefined
				? { readOnly: reason }
				: {
						context: {
							zone: table.zone,
							allowNewOptions: options.allowNewOptions,
							linked: texts.links.get(field.id) ?? NO_TEXTS,
							people: texts.people.get(field.id) ?? NO_TEXTS,
							...defined({ me: lookups.me }),
							isId: (text) => codec.isId?.(text) ?? false,
							newOption(name) {
								const names = newOptions.get(field.id) ?? new Set();
								newOptions.set(field.id, names.add(name));
							},
							note: (text) => notes.add(text),
						},
						check: (cell) =>
							cell === null ? undefined : codec.check?.(cell as never, field),
					};
		writers.set(field.id, made);
		return made;
	};
	const records = drafts.map((draft): ValidRecord => {
		const cells: Record<string, Cell> = {};
		const edits: Record<string, ListEdit> = {};
		const readOnly: Record<string, unknown> = {};
		const place = {
			record: draft.index,
			...defined({ line: draft.line }),
		};
		const fail = (field: Field, given: unknown, message: string) =>
			problems.push({
				...place,
				field: field.name,
				given,
				message: `"${field.name}" ${message}`,
			});
		for (const { field, given: value } of draft.values) {
			const writer = writerOf(field);
			if ("readOnly" in writer) {
				if (options.mode === "create" && !isClear(value))
					notes.add(
						`"${field.name}" is read only and was left out: ${writer.readOnly}`,
					);
				else if (options.mode === "update") readOnly[field.id] = value;
				continue;
			}
			const { context, check } = writer;
			const edit = editOf(value);
			if (edit !== undefined) {
				if (!LIST_KINDS.has(KINDS[field.type])) {
					fail(field, value, `is ${field.type}: {add, remove} is for lists`);
					continue;
				}
				const add = parseCell(edit.add ?? [], field, context);
				const remove = parseCell(edit.remove ?? [], field, {
					...context,
					allowNewOptions: false,
				});
				for (const part of [add, remove])
					if ("problem" in part) fail(field, value, part.problem);
				if (!("cell" in add) || !("cell" in remove)) continue;
				if (options.mode === "create") cells[field.id] = add.cell;
				else edits[field.id] = { add: add.cell, remove: remove.cell };
				continue;
			}
			const parsed = parseCell(value, field, context);
			const problem = "problem" in parsed ? parsed.problem : check(parsed.cell);
			if (problem !== undefined) fail(field, value, problem);
			else if ("cell" in parsed)
				cells[field.id] =
					Array.isArray(parsed.cell) && parsed.cell.length === 0
						? null
						: parsed.cell;
		}
		const valid: Mutable<ValidRecord> = {
			index: draft.index,
			cells,
			edits,
			readOnly,
		};
		if (draft.id !== undefined) valid.id = draft.id;
		if (draft.line !== undefined) valid.line = draft.line;
		return valid;
	});
	return {
		records,
		problems: problems.sort((a, b) => (a.record ?? 0) - (b.record ?? 0)),
		notes: [...notes],
		newOptions: new Map([...newOptions].map(([id, names]) => [id, [...names]])),
	};
}

/** Why cells of a field cannot be written; undefined: they can. */
export function whyReadOnly(
	field: Field,
	codecs: FieldCodecs,
): string | undefined {
	if (field.readOnly !== undefined) return field.readOnly;
	const codec = codecs[field.type] as FieldCodec<FieldType> | Unsupported;
	if (!("decode" in codec)) return codec.unsupported;
	return codec.encode === undefined ? "the vendor computes it" : undefined;
}

const LIST_KINDS: ReadonlySet<string> = new Set([
	"options",
	"people",
	"links",
	"files",
]);

function editOf(
	given: unknown,
): { readonly add?: unknown; readonly remove?: unknown } | undefined {
	if (typeof given !== "object" || given === null || Array.isArray(given))
		return undefined;
	const keys = Object.keys(given);
	return keys.length > 0 &&
		keys.every((key) => key === "add" || key === "remove")
		? given
		: undefined;
}

/** What reading the form of records works with, and where it writes what it finds. */
interface Drafting {
	readonly table: Table;
	readonly names: NamedFields;
	readonly problems: Problem[];
	readonly notes: Set<string>;
}

/** A record with its fields found; none where its form is wrong. */
function draftOf(
	record: unknown,
	{
		index,
		line,
	}: { readonly index: number; readonly line: number | undefined },
	{ table, names, problems, notes }: Drafting,
): Draft[] {
	const place = { record: index, ...defined({ line }) };
	if (typeof record !== "object" || record === null || Array.isArray(record)) {
		problems.push({
			...place,
			given: record,
			message: "a record is an object {fields: {name: value}}",
		});
		return [];
	}
	const whole = record as Record<string, unknown>;
	let fields = whole.fields;
	let id = whole.id;
	if (!("fields" in whole)) {
		const { id: bareId, ...rest } = whole;
		const owns = table.fields.some(({ name }) => name === "id");
		fields = owns ? whole : rest;
		id = owns ? undefined : bareId;
		notes.add("records without `fields` were read as {name: value}");
	} else
		for (const key of Object.keys(whole))
			if (key !== "fields" && key !== "id")
				problems.push({
					...place,
					field: key,
					given: whole[key],
					message: `"${key}" stands beside \`fields\`: put it inside`,
				});
	if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
		problems.push({
			...place,
			given: fields,
			message: "`fields` must be an object {name: value}",
		});
		return [];
	}
	if (id !== undefined && id !== null && typeof id !== "string") {
		problems.push({ ...place, given: id, message: "`id` must be a text" });
		return [];
	}
	const values: { field: Field; name: string; given: unknown }[] = [];
	for (const name of Object.keys(fields)) {
		const given = (fields as Record<string, unknown>)[name];
		const found = names.named(name);
		if ("problem" in found) {
			problems.push({ ...place, field: name, given, message: found.problem });
			continue;
		}
		const { field, note } = found;
		if (note !== undefined) notes.add(note);
		const before = names.isAliased(field)
			? values.find((value) => value.field === field)
			: undefined;
		if (before !== undefined) {
			problems.push({
				...place,
				field: name,
				given,
				message: `"${name}" and "${before.name}" are the same field`,
			});
			continue;
		}
		values.push({ field, name, given });
	}
	const draft: Mutable<Draft> = { index, values };
	if (typeof id === "string") draft.id = id;
	if (line !== undefined) draft.line = line;
	return [draft];
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

function namedFields(table: Table): NamedFields {
	const known = new Map<string, NamedField>();
	const named = new Set<Field>();
	const aliased = new Set<Field>();
	return {
		named(name) {
			const before = known.get(name);
			if (before !== undefined) return before;
			const found = namedField(table, name);
			known.set(name, found);
			if ("field" in found)
				(named.has(found.field) ? aliased : named).add(found.field);
			return found;
		},
		isAliased: (field) => aliased.has(field),
	};
}

function namedField(table: Table, name: string): NamedField {
	try {
		const { item, note } = fieldNamed(table, name);
		return { field: item, ...defined({ note }) };
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		if (error.code !== "not_found") return { problem: error.message };
		const close = nearest(
			table.fields.map((field) => field.name),
			name,
		);
		return {
			problem: `there is no field "${name}"${
				close.length > 0
					? `; nearest: ${close.map((text) => `"${text}"`).join(", ")}`
					: `; fields: ${table.fields
							.slice(0, 20)
							.map((field) => `"${field.name}"`)
							.join(", ")}`
			}`,
		};
	}
}

/** Looks up every title and name of every record, once per field. */
async function lookUp(
	drafts: readonly Draft[],
	codecs: FieldCodecs,
	lookups: Lookups,
) {
	const wanted = new Map<
		string,
		{
			readonly field: Field;
			readonly kind: "people" | "links";
			readonly texts: Set<string>;
		}
	>();
	for (const draft of drafts)
		for (const { field, given } of draft.values) {
			const kind = KINDS[field.type];
			if (kind !== "people" && kind !== "links") continue;
			if (field.readOnly !== undefined) continue;
			const codec = codecs[field.type] as Partial<FieldCodec<FieldType>>;
			for (const item of itemsOf(given)) {
				const text = lookupText(
					item,
					kind,
					(candidate) => codec.isId?.(candidate) ?? false,
				);
				if (text === undefined) continue;
				const entry = wanted.get(field.id) ?? {
					field,
					kind,
					texts: new Set<string>(),
				};
				entry.texts.add(text);
				wanted.set(field.id, entry);
			}
		}
	const links = new Map<string, ReadonlyMap<string, readonly LinkedRecord[]>>();
	const people = new Map<string, ReadonlyMap<string, readonly Person[]>>();
	for (const { field, kind, texts } of wanted.values())
		if (kind === "links")
			links.set(field.id, await lookups.linkedByText(field, [...texts]));
		else people.set(field.id, await lookups.people(field, [...texts]));
	return { links, people };
}

function itemsOf(given: unknown): readonly unknown[] {
	if (isClear(given)) return [];
	const edit = editOf(given);
	if (edit !== undefined)
		return [...itemsOf(edit.add), ...itemsOf(edit.remove)];
	if (Array.isArray(given)) return given;
	if (typeof given === "string") return splitList(given) ?? [given];
	return [given];
}
