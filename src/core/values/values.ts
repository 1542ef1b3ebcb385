import type { Adapter } from "../contract/adapter.js";
import type { FieldCodec } from "../contract/codec.js";
import { TablesError } from "../contract/errors.js";
import type {
	Attachment,
	Cell,
	Field,
	FieldType,
	LinkedRecord,
	LocationValue,
	Person,
	RawValue,
	SelectOption,
	SystemColumn,
	UrlValue,
} from "../contract/field.js";
import type { WireCells } from "../contract/records.js";
import type { Row, Table, WireRow } from "../contract/table.js";
import { joinNames } from "./list-text.js";
import { isName } from "./names.js";
import {
	percentText,
	SHORT_ITEM,
	type ShownIds,
	showUrl,
} from "./show-item.js";
import { zone as zoneNamed } from "./zone.js";

export type Detail = "compact" | "full" | "raw";

/** Ends a text that was cut for an answer; such a text is refused when it is sent back. */
export const CUT_MARK = "…[cut]";

/** What kind of value a type holds; everything below goes by kind. */
export type Kind =
	| "text"
	| "number"
	| "checkbox"
	| "option"
	| "options"
	| "date"
	| "people"
	| "links"
	| "files"
	| "url"
	| "location"
	| "none";

export const KINDS = {
	text: "text",
	long_text: "text",
	email: "text",
	phone: "text",
	barcode: "text",
	url: "url",
	number: "number",
	currency: "number",
	percent: "number",
	rating: "number",
	progress: "number",
	checkbox: "checkbox",
	single_select: "option",
	multi_select: "options",
	date: "date",
	user: "people",
	group: "people",
	department: "people",
	link: "links",
	attachment: "files",
	location: "location",
	formula: "none",
	lookup: "none",
	auto_number: "text",
	created_time: "date",
	updated_time: "date",
	created_by: "people",
	updated_by: "people",
	button: "none",
	unknown: "none",
} as const satisfies Record<FieldType, Kind>;

const SYSTEM_KINDS = {
	$created_at: "date",
	$updated_at: "date",
	$created_by: "people",
	$updated_by: "people",
	$url: "text",
} as const satisfies Record<SystemColumn, Kind>;

/** The kind of a column's values; of a formula or lookup, of what it computes. */
export function kindOf(column: Field | SystemColumn): Kind {
	if (typeof column === "string") return SYSTEM_KINDS[column];
	return column.value === undefined
		? KINDS[column.type]
		: KINDS[column.value.type];
}

/** Does the cell hold a list? Of a lookup, of whatever it computes. */
export function isList(column: Field | SystemColumn): boolean {
	if (typeof column !== "string" && column.value?.list) return true;
	const kind = kindOf(column);
	return (
		kind === "options" ||
		kind === "people" ||
		kind === "links" ||
		kind === "files"
	);
}

/** Does the column show a time of day? */
export function showsTime(column: Field | SystemColumn): boolean {
	return (
		typeof column === "string" ||
		(column.settings.showsTime ??
			(column.type === "created_time" || column.type === "updated_time"))
	);
}

/** Of a cell, or of what was given for one. */
export function isEmpty(cell: unknown): boolean {
	return (
		cell === null ||
		cell === undefined ||
		cell === "" ||
		(Array.isArray(cell) && cell.length === 0)
	);
}

/** The cell of a row in a column: a checkbox that was never set is false. */
export function cellOf(row: Row, column: Field | SystemColumn): Cell {
	if (typeof column === "string") return row.cells[column] ?? null;
	const cell = row.cells[column.id] ?? null;
	return cell === null && column.type === "checkbox" ? false : cell;
}

export function isRaw(cell: unknown): cell is RawValue {
	return (
		typeof cell === "object" &&
		cell !== null &&
		!Array.isArray(cell) &&
		"raw" in cell
	);
}

/** Is there a value that could not be read? Of an unknown type, the raw value is all that there is. */
export function isUnread(cell: Cell, column: Field | SystemColumn): boolean {
	return isRaw(cell) && kindOf(column) !== "none";
}

/** A vendor's row in neutral form. Empty cells have no key. */
export function decodeRow(
	{ codecs }: Pick<Adapter, "codecs">,
	table: Pick<Table, "zone">,
	wire: WireRow,
	fields: readonly Field[],
	options: { readonly raw?: boolean } = {},
): Row {
	const cells: Record<string, Cell> = {};
	const context = { zone: table.zone };
	for (const field of fields) {
		const given = wire.cells[field.id];
		if (given === undefined || given === null) continue;
		const codec = codecs[field.type];
		const cell =
			"decode" in codec
				? ((codec as FieldCodec<FieldType>).decode(
						given,
						field,
						context,
					) as Cell)
				: { raw: given };
		if (!isEmpty(cell)) cells[field.id] = cell;
	}
	for (const [column, cell] of Object.entries(wire.system ?? {}))
		if (!isEmpty(cell)) cells[column] = cell as Cell;
	return options.raw
		? { id: wire.id, cells, raw: wire.cells }
		: { id: wire.id, cells };
}

/**
 * Neutral cells as the vendor takes them.
 * @throws TablesError internal for a field that cannot be written: validation refuses those before.
 */
export function encodeCells(
	{ codecs }: Pick<Adapter, "codecs">,
	table: Pick<Table, "byId" | "zone">,
	cells: Readonly<Record<string, Cell>>,
): WireCells {
	const wire: Record<string, unknown> = {};
	for (const [id, cell] of Object.entries(cells)) {
		const field = table.byId.get(id);
		const codec = field && (codecs[field.type] as FieldCodec<FieldType>);
		if (
			field === undefined ||
			codec === undefined ||
			!("encode" in codec) ||
			codec.encode === undefined
		)
			throw new TablesError("internal", `field ${id} cannot be written`);
		wire[id] = codec.encode((isEmpty(cell) ? null : cell) as never, field, {
			zone: table.zone,
		});
	}
	return wire;
}

/** A cell as JSON for the agent. `compact` has names, with ids where `ids` says so, and `37.3%`; `full` the whole objects and fractions. */
export function showCell(
	cell: Cell,
	column: Field | SystemColumn,
	zone: string,
	detail: "compact" | "full",
	ids?: ShownIds,
): unknown {
	if (isEmpty(cell)) return null;
	if (isRaw(cell)) return cell.raw;
	if (typeof column !== "string" && column.value?.list && Array.isArray(cell))
		return showComputedList(cell as readonly Cell[], column, (item, element) =>
			showCell(item, element, zone, detail, ids),
		);
	const kind = kindOf(column);
	switch (kind) {
		case "date":
			if (typeof cell !== "number") return cell;
			return showsTime(column)
				? zoneNamed(zone).moment(cell)
				: zoneNamed(zone).day(cell);
		case "people":
		case "links":
		case "files":
			return Array.isArray(cell) && detail === "compact"
				? cell.map((item) => SHORT_ITEM[kind](item, ids))
				: cell;
		case "url":
			return showUrl(cell, detail);
		case "number":
			return typeof cell === "number" &&
				detail === "compact" &&
				typeOf(column) === "percent"
				? percentText(cell)
				: cell;
		default:
			return cell;
	}
}

/** A list that a formula or lookup computes, each item as its own type is shown. */
function showComputedList(
	items: readonly Cell[],
	column: Field,
	show: (item: Cell, element: Field) => unknown,
): unknown {
	const element = elementOf(column);
	const ofLists = ["people", "links", "files"].includes(kindOf(element));
	const shown = items.map((item) =>
		show(
			ofLists && !Array.isArray(item) ? ([item] as unknown as Cell) : item,
			element,
		),
	);
	return shown.every((item) => Array.isArray(item)) ? shown.flat() : shown;
}

function typeOf(column: Field | SystemColumn): FieldType | undefined {
	return typeof column === "string"
		? undefined
		: (column.value?.type ?? column.type);
}

/** One item of a list that a formula or lookup computes. */
function elementOf(field: Field): Field {
	const { value, ...rest } = field;
	return value === undefined
		? field
		: { ...rest, value: { type: value.type, list: false } };
}

/** A cell as one text: what a CSV, a link's title and a group show. */
export function cellText(
	cell: Cell,
	column: Field | SystemColumn,
	zone: string,
): string {
	return shownText(showCell(cell, column, zone, "compact"), column);
}

/** A list cell of one entry as that entry's own text, with no quotes of a list around it: it can be filtered by. */
export function entryText(
	cell: Cell,
	column: Field | SystemColumn,
	zone: string,
	ids?: ShownIds,
): string {
	const shown = showCell(cell, column, zone, "compact", ids);
	return shownText(
		Array.isArray(shown) && shown.length === 1 ? shown[0] : shown,
		column,
	);
}

/** What `showCell` gave for a cell of the column, as text. A list is inner CSV, so that it can be read back. */
export function shownText(
	shown: unknown,
	column?: Field | SystemColumn,
): string {
	if (shown === null || shown === undefined) return "";
	if (typeof shown === "string") return shown;
	if (Array.isArray(shown)) {
		const items = shown.map((item) => shownText(item));
		return joinNames(items, (text) => isName(optionsOf(column), text));
	}
	if (typeof shown === "object") return JSON.stringify(shown);
	return String(shown);
}

const NO_OPTIONS: readonly SelectOption[] = [];

function optionsOf(
	column: Field | SystemColumn | undefined,
): readonly SelectOption[] {
	return typeof column === "object"
		? (column.settings.options ?? NO_OPTIONS)
		: NO_OPTIONS;
}

/** What a cell is found by as a key of records: as `keyOf`, but an address is the same whatever its title. */
export function matchKeyOf(
	cell: Cell | undefined,
	column: Field | SystemColumn,
	zone: string,
): string {
	return kindOf(column) === "url" && isUrl(cell)
		? `u${cell.link}`
		: keyOf(cell, column, zone);
}

function isUrl(cell: Cell | undefined): cell is UrlValue {
	return typeof cell === "object" && cell !== null && "link" in cell;
}

/**
 * Equal cells have equal keys: null, absent, "" and [] are equal, unset and false are equal, numbers by value,
 * dates at the precision shown, lists as sets (links and attachments in order), text untrimmed.
 */
export function keyOf(
	cell: Cell | undefined,
	column: Field | SystemColumn,
	zone: string,
): string {
	if (isEmpty(cell) || cell === false || cell === undefined || cell === null)
		return "";
	if (isRaw(cell)) return `r${JSON.stringify(cell.raw)}`;
	if (typeof column !== "string" && column.value?.list && Array.isArray(cell)) {
		const element = elementOf(column);
		return `[${[...new Set((cell as readonly Cell[]).map((item) => keyOf(item, element, zone)))].sort().join("\u0000")}`;
	}
	if (typeof cell === "number")
		return kindOf(column) === "date" && !showsTime(column)
			? `d${zoneNamed(zone).day(cell)}`
			: `n${cell === 0 ? 0 : cell}`;
	if (typeof cell === "boolean") return `b${cell}`;
	if (typeof cell === "string") return `t${cell}`;
	if (Array.isArray(cell)) {
		const keys = (
			cell as readonly (string | Person | LinkedRecord | Attachment)[]
		).map(itemKey);
		const kind = kindOf(column);
		return kind === "links" || kind === "files"
			? `(${keys.join("\u0000")}`
			: `[${[...new Set(keys)].sort().join("\u0000")}`;
	}
	if ("link" in cell) return `u${cell.link}\u0000${cell.text}`;
	return `l${(cell as LocationValue).lnglat}\u0000${(cell as LocationValue).address}`;
}

/** What one entry of a list is known by. */
export function itemKey(
	item: string | number | Person | LinkedRecord | Attachment,
): string {
	if (typeof item !== "object") return String(item);
	if ("token" in item) return item.token ?? `${item.name}\u0001${item.size}`;
	return item.id;
}

export function equalCells(
	a: Cell | undefined,
	b: Cell | undefined,
	column: Field | SystemColumn,
	zone: string,
): boolean {
	return keyOf(a, column, zone) === keyOf(b, column, zone);
}

/** Was this given value what the reader shows for the cell? Then a read-only field was sent back unchanged. */
export function isShown(
	given: unknown,
	cell: Cell | undefined,
	field: Field,
	zone: string,
): boolean {
	const current = cell ?? null;
	if (isEmpty(given)) return isEmpty(current) || current === false;
	if (isMembers(given, current, field)) return true;
	const text = shownText(given);
	return (["compact", "full"] as const).some((detail) => {
		const shown = showCell(current, field, zone, detail);
		return (
			JSON.stringify(shown) === JSON.stringify(given) ||
			(shown !== null && shownText(shown) === text)
		);
	});
}

/** Are these the people or linked records of the cell, each with its id or without? */
function isMembers(given: unknown, cell: Cell, field: Field): boolean {
	const kind = kindOf(field);
	if (kind !== "people" && kind !== "links") return false;
	if (!Array.isArray(given) || !Array.isArray(cell)) return false;
	return (
		given.length === cell.length &&
		cell.every((item, index) => {
			const { id } = item as Person;
			const text = given[index];
			return (
				SHORT_ITEM[kind](item) === text ||
				SHORT_ITEM[kind](item, new Set([id])) === text
			);
		})
	);
}
