import type { CodecContext } from "../../core/contract/codec.js";
import { TablesError } from "../../core/contract/errors.js";
import type {
	Cell,
	Field,
	FieldSettings,
	FieldType,
	SelectOption,
	UrlValue,
} from "../../core/contract/field.js";
import type { FieldSpec } from "../../core/contract/schema.js";
import type { Table } from "../../core/contract/table.js";
import { cutList } from "../../core/values/names.js";
import { parseCell } from "../../core/values/parse.js";
import {
	cellText,
	isEmpty,
	kindOf,
	showCell,
} from "../../core/values/values.js";
import { codecs } from "./cells.js";
import { eachCell, recordsOf } from "./layout.js";
import type { SqlValue } from "./sqlite.js";
import { columnType, type Storage, storageOf } from "./storage.js";
import type { Store } from "./store.js";

/* What the change of a field does to the cells that are there. */

const MOST_PROBLEMS = 20;

/** These hold more than a value, or none that is written. */
const NEVER_CONVERTED: ReadonlySet<Storage> = new Set([
	"links",
	"files",
	"system",
	"number_text",
]);

const SELECTS: ReadonlySet<FieldType> = new Set([
	"single_select",
	"multi_select",
]);
const LISTS: ReadonlySet<FieldType> = new Set(["multi_select", "user"]);

/** A cell as it will stand in the row `n`. */
interface NewCell {
	readonly n: number;
	readonly wire: SqlValue;
}

/**
 * Turns a column into another type inside the running transaction.
 * @returns the settings, with the options that the cells needed.
 * @throws TablesError unsupported where no cell of the old type becomes one of the new; bad_value naming the records
 * whose cells would be lost. Nothing has changed then.
 */
export function convertColumn(
	store: Store,
	table: Table,
	before: Field,
	spec: FieldSpec,
	settings: FieldSettings,
): FieldSettings {
	const after: Field = { ...before, type: spec.type, settings };
	const options = new Map(
		[
			...(SELECTS.has(before.type) ? (before.settings.options ?? []) : []),
			...(settings.options ?? []),
		].map((option) => [option.name, option]),
	);
	const cells = convertedCells(store, table, before, after, options);
	const records = recordsOf(table.ref.table);
	store.db.run(`ALTER TABLE ${records} DROP COLUMN "${before.id}"`);
	store.db.run(
		`ALTER TABLE ${records} ADD COLUMN "${before.id}" ${columnType(after)}`,
	);
	writeCells(store, table.ref.table, before, cells);
	return SELECTS.has(spec.type)
		? { ...settings, options: [...options.values()] }
		: settings;
}

/** @throws TablesError bad_value naming the records whose cells hold more than the one entry that they are to hold. */
export function checkHoldsOne(
	{ db }: Store,
	{ ref }: Table,
	{ id: field, name }: Field,
): void {
	const more: string[] = [];
	for (const { id, wire } of eachCell(db, ref.table, field))
		if (typeof wire === "string" && JSON.parse(wire).length > 1) more.push(id);
	if (more.length > 0)
		throw new TablesError(
			"bad_value",
			`"${name}" cannot hold one entry only: cells of ${more.length} records hold more: ${cutList(more)}`,
			{ next: "Leave one entry in these cells first; nothing was changed." },
		);
}

/** Every cell in the new form; options that come up are added to `options`. */
function convertedCells(
	store: Store,
	{ ref, zone }: Table,
	before: Field,
	after: Field,
	options: Map<string, SelectOption>,
): readonly NewCell[] {
	const converted = converter(store, before, after, zone, options);
	const cells: NewCell[] = [];
	const problems: string[] = [];
	for (const { n, id, wire } of eachCell(store.db, ref.table, before.id)) {
		const made = converted(wire);
		if (made === undefined) continue;
		if ("problem" in made) problems.push(`${id}: ${made.problem}`);
		else cells.push({ n, wire: made.wire });
		if (problems.length > MOST_PROBLEMS) break;
	}
	if (problems.length > 0)
		throw new TablesError(
			"bad_value",
			`"${before.name}" cannot become ${after.type} without losing cells: ${problems.slice(0, MOST_PROBLEMS).join("; ")}${problems.length > MOST_PROBLEMS ? "; and more" : ""}`,
			{ next: wayOut(before, after) },
		);
	return cells;
}

/** What can be done about cells that the new type does not take, with the values that the old one does. */
function wayOut(before: Field, after: Field): string {
	return kindOf(before) === "number" && after.type === "percent"
		? "Write these numbers as fractions first, with update_records (0.5 for 50 %), and call again; or create_field a percent field and write the values there. Nothing was changed."
		: "Change or clear these cells first; nothing was changed.";
}

/** From one column's cell to the other's; undefined for an empty one. */
function converter(
	{ newId }: Store,
	before: Field,
	after: Field,
	zone: string,
	options: Map<string, SelectOption>,
): (
	wire: SqlValue,
) => Pick<NewCell, "wire"> | { readonly problem: string } | undefined {
	const encode = encoderOf(before, after);
	const from = codecs[before.type];
	if (!("decode" in from))
		throw new TablesError("internal", `no codec for ${before.type}`);
	const context = {
		zone,
		allowNewOptions: true,
		linked: new Map(),
		people: new Map(),
		isId: () => true,
		newOption: (name: string) => {
			if (!options.has(name)) options.set(name, { id: newId("opt"), name });
		},
		note: () => {},
	};
	return (wire) => {
		const cell = from.decode(wire as never, before, { zone }) as never;
		if (isEmpty(cell)) return undefined;
		const lost = lostIn(cell, before, after);
		if (lost !== undefined) return { problem: lost };
		const parsed = parseCell(
			givenFrom(cell, before, after, zone),
			after,
			context,
		);
		return "problem" in parsed
			? parsed
			: {
					wire: encode(parsed.cell as never, after, { zone }) as SqlValue,
				};
	};
}

/** What the new type has no place for, though the cell can be read as one of it; undefined: nothing. */
function lostIn(cell: Cell, before: Field, after: Field): string | undefined {
	if (isUrl(cell) && after.type !== "url" && cell.link !== cell.text)
		return `"${cell.text}" leads to ${cell.link}, and ${after.type} has no place for that`;
	const text = isUrl(cell) ? cell.text : cell;
	return kindOf(after) === "number" &&
		kindOf(before) !== "number" &&
		typeof text === "string" &&
		/^\s*[-+]?0\d|^\s*\+/.test(text)
		? `"${text}" would lose what stands before its first digit that counts`
		: undefined;
}

function isUrl(cell: Cell): cell is UrlValue {
	return typeof cell === "object" && cell !== null && "link" in cell;
}

/** @throws TablesError unsupported */
function encoderOf(
	before: Field,
	after: Field,
): (cell: never, field: Field, context: CodecContext) => unknown {
	const codec = codecs[after.type];
	if (!("encode" in codec) || codec.encode === undefined)
		throw new TablesError(
			"unsupported",
			`"${before.name}" cannot become ${after.type}: the store fills it in by itself`,
		);
	if ([before, after].some((field) => NEVER_CONVERTED.has(storageOf(field))))
		throw new TablesError(
			"unsupported",
			`"${before.name}" (${before.type}) cannot become ${after.type}`,
			{ next: "Create another field with create_field and copy the values." },
		);
	return codec.encode;
}

/** A cell as the new type would be given it: entries of a list stay entries, everything else goes through its text. */
function givenFrom(
	cell: Cell,
	before: Field,
	after: Field,
	zone: string,
): unknown {
	const lists = LISTS.has(after.type) || after.type === "single_select";
	if (lists && LISTS.has(before.type))
		return showCell(cell, before, zone, "compact");
	if (LISTS.has(after.type) && before.type === "single_select") return [cell];
	if (kindOf(before) === "number" && kindOf(after) === "number") return cell;
	return cellText(cell, before, zone);
}

/** Renames and removals of options, carried into every cell. */
export function changeOptions(
	store: Store,
	table: string,
	field: Field,
	after: readonly SelectOption[],
): void {
	const names = new Map(after.map(({ id, name }) => [id, name]));
	const moves = new Map(
		(field.settings.options ?? []).flatMap(({ id, name }) =>
			names.get(id) === name ? [] : [[name, names.get(id) ?? null] as const],
		),
	);
	if (moves.size === 0) return;
	const changes: NewCell[] = [];
	for (const { n, wire } of eachCell(store.db, table, field.id)) {
		const moved = movedOptions(field, wire, moves);
		if (moved !== undefined) changes.push({ n, wire: moved });
	}
	writeCells(store, table, field, changes);
}

/** The cell with its options' new names, null = empty now; undefined where it stays as it is. */
function movedOptions(
	field: Field,
	wire: SqlValue,
	moves: ReadonlyMap<string, string | null>,
): SqlValue | undefined {
	if (field.type === "single_select") return moves.get(wire as string);
	const before = JSON.parse(wire as string) as string[];
	if (!before.some((name) => moves.has(name))) return undefined;
	const left = before.flatMap((name) => {
		const moved = moves.get(name);
		return moved === null ? [] : [moved ?? name];
	});
	return left.length === 0 ? null : JSON.stringify(left);
}

function writeCells(
	{ db }: Store,
	table: string,
	field: Field,
	cells: readonly NewCell[],
): void {
	for (const { n, wire } of cells)
		db.run(`UPDATE ${recordsOf(table)} SET "${field.id}" = ? WHERE n = ?`, [
			wire,
			n,
		]);
}
