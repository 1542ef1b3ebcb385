import type { FieldCodec, FieldCodecs } from "../contract/codec.js";
import type { Cell, Field, FieldType } from "../contract/field.js";
import type { Problem } from "../contract/problem.js";
import type { Table } from "../contract/table.js";
import type { Unsupported } from "../contract/unsupported.js";
import { defined } from "./defined.js";
import { type Draft, draftsOf } from "./drafts.js";
import { mapInTurns, sortInTurns } from "./in-turns.js";
import { editOf, type GivenEdit } from "./list-edit.js";
import { type Hints, hintsOf } from "./near-names.js";
import { isClear, parseCell, parseCellOf } from "./parse.js";
import type { ParseContext } from "./parsed.js";
import {
	type FoundTexts,
	type HeldIds,
	heldFor,
	type Lookups,
	lookUp,
	type ShownItems,
} from "./text-lookups.js";
import { KINDS } from "./values.js";

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
	/** By the id of a field of `cells`: why its value is refused, unless the record holds exactly this already. */
	readonly unlessHeld?: Readonly<Record<string, string>>;
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
	/** Physical lines, for files; same order as the records. */
	readonly lines?: readonly number[];
	/** What `today` is counted from. Absent, as for a file: such words are not dates. */
	readonly nowMs?: number;
	/** Of all records that are checked part by part; absent: these are all. */
	readonly hints?: Hints;
}

const NO_TEXTS: ReadonlyMap<string, never> = new Map<string, never>();

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** How the values of a field become cells; the same for all records. */
interface CellWriter {
	readonly context: ParseContext;
	check(cell: Cell): string | undefined;
}

/** How a field is written, or why it is not. */
type Writer = CellWriter | { readonly readOnly: string };

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
	const hints = options.hints ?? hintsOf();
	const found = { problems, notes, hints };
	const drafts = await draftsOf(table, given, options.lines, found);
	const texts = await lookUp(drafts, options.codecs, lookups);
	const writing: Writing = {
		held: await heldFor(drafts, texts, lookups),
		mode: options.mode,
		problems,
		notes,
		writerOf: writers({
			table,
			options,
			texts,
			notes,
			newOptions,
			hints,
			me: lookups.me,
			besides: options.lines === undefined ? titlesIn(drafts) : NO_TITLES,
		}),
	};
	const records = await mapInTurns(drafts, (draft) =>
		validRecord(draft, writing),
	);
	return {
		records,
		problems: await sortInTurns(
			problems,
			(a, b) => (a.record ?? 0) - (b.record ?? 0),
		),
		notes: [...notes],
		newOptions: new Map([...newOptions].map(([id, names]) => [id, [...names]])),
	};
}

/** What the writers of all fields share, and where they report. */
interface Writers {
	readonly table: Table;
	readonly options: ValidateOptions;
	readonly texts: FoundTexts;
	readonly me: string | undefined;
	readonly hints: Hints;
	/** The records of the call by title; of a file they are linked afterwards. */
	readonly besides: ReadonlyMap<string, number>;
	readonly notes: Set<string>;
	readonly newOptions: Map<string, Set<string>>;
}

const NO_TITLES: ReadonlyMap<string, number> = new Map<string, number>();

/** The first record of each title that is to be made. */
function titlesIn(drafts: readonly Draft[]): ReadonlyMap<string, number> {
	const titles = new Map<string, number>();
	for (const { id, index, values } of drafts) {
		const title = values.find(({ field }) => field.primary)?.given;
		if (id === undefined && typeof title === "string" && !titles.has(title))
			titles.set(title, index);
	}
	return titles;
}

/** The writer of each field, made once. */
function writers(shared: Writers): (field: Field) => Writer {
	const known = new Map<string, Writer>();
	return (field) => {
		const before = known.get(field.id);
		if (before !== undefined) return before;
		const reason = whyReadOnly(field, shared.options.codecs);
		const made =
			reason === undefined ? writerOf(field, shared) : { readOnly: reason };
		known.set(field.id, made);
		return made;
	};
}

function writerOf(
	field: Field,
	{ table, options, texts, me, notes, newOptions, hints, besides }: Writers,
): CellWriter {
	const codec = options.codecs[field.type] as FieldCodec<FieldType>;
	return {
		context: {
			zone: table.zone,
			allowNewOptions: options.allowNewOptions,
			ofFile: options.lines !== undefined,
			linked: texts.links.get(field.id) ?? NO_TEXTS,
			besides:
				field.settings.linkTable === table.ref.table ? besides : NO_TITLES,
			titles: titlesOf(texts.titles.get(field.id)),
			people: texts.people.get(field.id) ?? NO_TEXTS,
			...defined({ me, nowMs: options.nowMs }),
			hints,
			isId: (text) => codec.isId?.(text) ?? false,
			newOption(name) {
				const names = newOptions.get(field.id) ?? new Set();
				newOptions.set(field.id, names.add(name));
			},
			note: (text) => notes.add(text),
		},
		check: (cell) =>
			cell === null
				? undefined
				: codec.check?.(cell as never, field, table.zone),
	};
}

function titlesOf(shown: ShownItems | undefined): ParseContext["titles"] {
	return shown?.titleField === undefined
		? undefined
		: {
				field: shown.titleField,
				names: [...shown.texts.values()].flatMap((title) => title ?? []),
			};
}

/** How the values of records are read, and where it is written what is wrong with them. */
interface Writing {
	readonly mode: ValidateOptions["mode"];
	readonly held: HeldIds;
	readonly problems: Problem[];
	readonly notes: Set<string>;
	readonly writerOf: (field: Field) => Writer;
}

/** A record under construction. */
interface OpenRecord extends Mutable<Omit<ValidRecord, "cells">> {
	readonly cells: Record<string, Cell>;
}

/** Most records have none: one for all of them. */
const NONE = Object.freeze({});

function validRecord(draft: Draft, writing: Writing): ValidRecord {
	const record: OpenRecord = {
		index: draft.index,
		cells: {},
		edits: NONE,
		readOnly: NONE,
	};
	if (draft.id !== undefined) record.id = draft.id;
	if (draft.line !== undefined) record.line = draft.line;
	for (const value of draft.values) addValue(record, value, writing);
	return record;
}

function addValue(
	record: OpenRecord,
	{ field, given }: Draft["values"][number],
	{ mode, held, problems, notes, writerOf }: Writing,
): void {
	const writer = writerOf(field);
	if ("readOnly" in writer) {
		if (mode === "update")
			record.readOnly = { ...record.readOnly, [field.id]: given };
		else if (!isClear(given))
			notes.add(
				`"${field.name}" is read only and was left out: ${writer.readOnly}`,
			);
		return;
	}
	const inCell = record.id && held.get(record.id)?.get(field.id);
	const read = readValue(
		given,
		field,
		inCell
			? { ...writer, context: { ...writer.context, held: inCell } }
			: writer,
		mode,
	);
	if ("cell" in read) {
		record.cells[field.id] = read.cell;
		if (read.unlessHeld !== undefined)
			record.unlessHeld = {
				...record.unlessHeld,
				[field.id]: `"${field.name}" ${read.unlessHeld}`,
			};
	} else if ("add" in read) {
		if (mode === "create") record.cells[field.id] = read.add;
		else record.edits = { ...record.edits, [field.id]: read };
	} else
		for (const message of read.problems)
			problems.push({
				record: record.index,
				...defined({ line: record.line }),
				field: field.name,
				given,
				message: `"${field.name}" ${message}`,
			});
}

/** What a value comes to: a whole cell, a change of a list, or what is wrong with it. */
type ReadValue =
	| { readonly cell: Cell; readonly unlessHeld?: string | undefined }
	| ListEdit
	| { readonly problems: readonly string[] };

function readValue(
	given: unknown,
	field: Field,
	{ context, check }: CellWriter,
	mode: ValidateOptions["mode"],
): ReadValue {
	const edit = editOf(given);
	if (edit !== undefined) return readEdit(edit, field, context);
	const parsed = (mode === "create" ? parseCell : parseCellOf)(
		given,
		field,
		context,
	);
	if ("problem" in parsed) return { problems: [parsed.problem] };
	const { cell, unlessHeld } = parsed;
	const problem = check(cell);
	if (problem !== undefined) return { problems: [problem] };
	return {
		cell: Array.isArray(cell) && cell.length === 0 ? null : cell,
		unlessHeld,
	};
}

function readEdit(
	edit: GivenEdit,
	field: Field,
	context: ParseContext,
): ReadValue {
	if (!LIST_KINDS.has(KINDS[field.type]))
		return { problems: [`is ${field.type}: {add, remove} is for lists`] };
	const add = parseCell(edit.add ?? [], field, context);
	const remove = parseCell(edit.remove ?? [], field, {
		...context,
		allowNewOptions: false,
	});
	if ("cell" in add && "cell" in remove)
		return { add: add.cell, remove: remove.cell };
	return {
		problems: [add, remove].flatMap((part) =>
			"problem" in part ? [part.problem] : [],
		),
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
