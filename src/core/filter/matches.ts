import {
	type Column,
	type Condition,
	columnOf,
	type Filter,
	idOfColumn,
	type Operand,
	type TimeSpan,
} from "../contract/condition.js";
import type { Cell } from "../contract/field.js";
import type { Operator, Row, Table } from "../contract/table.js";
import {
	cellText,
	isEmpty,
	isList,
	isRaw,
	isUnread,
	keyOf,
	kindOf,
	showsTime,
} from "../values/values.js";
import { zone } from "../values/zone.js";
import { noteUndecided } from "./undecided.js";

/**
 * The definition of every filter: does the row pass? A row of which that cannot be told does not, and is taken down:
 * see `undecided.ts`.
 */
export function matches(filter: Filter, row: Row, table: Table): boolean {
	const end = verdictOf(
		filter.match,
		[...filter.conditions, ...filter.groups],
		(part) =>
			"conditions" in part
				? verdictOf(part.match, part.conditions, (one) =>
						verdict(one, row, table),
					)
				: verdict(part, row, table),
	);
	if (typeof end === "boolean") return end;
	noteUndecided(filter, row.id, end);
	return false;
}

/** Does a part of a filter hold? Else the columns whose cells leave it open. */
type Verdict = boolean | readonly Column[];

/** What is open decides nothing where another part does. */
function verdictOf<Part>(
	match: Filter["match"],
	parts: readonly Part[],
	judge: (part: Part) => Verdict,
): Verdict {
	if (parts.length === 0) return true;
	const decides = match === "any";
	const open: Column[] = [];
	for (const part of parts) {
		const end = judge(part);
		if (end === decides) return decides;
		if (typeof end !== "boolean") open.push(...end);
	}
	return open.length > 0 ? open : !decides;
}

/** These look at whether there is something, or at what is shown. */
const TAKES_RAW: ReadonlySet<Operator> = new Set([
	"is_empty",
	"is_not_empty",
	"search",
]);

/** A list is open where one of its entries is. */
function isOpen(cell: Cell, column: Column): boolean {
	return (
		isUnread(cell, column) ||
		(Array.isArray(cell) &&
			(cell as readonly Cell[]).some((item) => isUnread(item, column)))
	);
}

function verdict(condition: Condition, row: Row, table: Table): Verdict {
	const { operand, op, other } = condition;
	if (!TAKES_RAW.has(op) && operand.kind !== "any") {
		const open = [operand, ...(other === undefined ? [] : [other])].flatMap(
			(side) => {
				const column = columnOf(side);
				return column !== undefined && isOpen(cellOf(side, row), column)
					? [column]
					: [];
			},
		);
		if (open.length > 0) return open;
	}
	return holds(condition, row, table);
}

function cellOf(operand: Operand, row: Row): Cell {
	const column = columnOf(operand);
	return column === undefined ? null : (row.cells[idOfColumn(column)] ?? null);
}

/** A column with its cell in the row. */
interface Side {
	readonly cell: Cell;
	readonly column: Column;
}

/** Folding for `search`: full Unicode lower case of the NFKC form, so that the width of characters is one; accents count. */
function foldText(text: string): string {
	return text.normalize("NFKC").toLowerCase();
}

function holds(condition: Condition, row: Row, table: Table): boolean {
	const { operand, op } = condition;
	if (operand.kind === "any") return holdsAnywhere(condition, row, table);
	const column = columnOf(operand) as Column;
	const cell = cellOf(operand, row);
	if (condition.other !== undefined)
		return holdsBetween(
			op,
			{ cell, column },
			{
				cell: cellOf(condition.other, row),
				column: columnOf(condition.other) as Column,
			},
			table,
		);
	const kind = kindOf(column);
	if (op === "is_empty") return kind !== "checkbox" && isEmpty(cell);
	if (op === "is_not_empty") return kind === "checkbox" || !isEmpty(cell);
	if (op === "search")
		return foldText(cellText(cell, column, table.zone)).includes(
			foldedOf(condition),
		);
	if (kind === "date" && !(typeof column !== "string" && column.value?.list))
		return holdsDate(op, cell, condition.span as TimeSpan);
	return isList(column)
		? holdsList({ cell, column }, condition, table)
		: holdsValue({ cell, column }, condition);
}

/** `search` over all columns: is the text in any cell? */
function holdsAnywhere(condition: Condition, row: Row, table: Table): boolean {
	const wanted = foldedOf(condition);
	return table.fields.some((field) =>
		foldText(cellText(row.cells[field.id] ?? null, field, table.zone)).includes(
			wanted,
		),
	);
}

function holdsValue({ cell, column }: Side, condition: Condition): boolean {
	const { op, values = [] } = condition;
	const wanted = condition.value ?? null;
	const isAny = () =>
		values.length > FEW_VALUES && typeof cell === "string"
			? wantedOf(condition).all.has(cell)
			: values.some((value) => same(cell, value, column));
	const contains = () => plain(cell, column).includes(String(wanted));
	switch (op) {
		case "is":
			return same(cell, wanted, column);
		case "is_not":
			return !same(cell, wanted, column);
		case "any_of":
			return isAny();
		case "none_of":
			return !isAny();
		case "contains":
			return contains();
		case "not_contains":
			return !contains();
		case "starts_with":
			return !isEmpty(cell) && plain(cell, column).startsWith(String(wanted));
		case "gt":
		case "gte":
		case "lt":
		case "lte":
			return ordered(op, cell, wanted);
		case "between":
			return (
				ordered("gte", cell, values[0] ?? null) &&
				ordered("lte", cell, values[1] ?? null)
			);
		default:
			return false;
	}
}

/** A single value as the text that text operators look at. */
function plain(cell: Cell, column: Column): string {
	if (isEmpty(cell)) return "";
	if (typeof cell === "object" && cell !== null && "link" in cell)
		return cell.link;
	if (typeof cell === "object" && cell !== null && "lnglat" in cell)
		return `${cell.lnglat} ${cell.address}`;
	return typeof cell === "string" ? cell : cellText(cell, column, "UTC");
}

function same(cell: Cell, wanted: Cell, column: Column): boolean {
	if (kindOf(column) === "checkbox")
		return (cell === true) === (wanted === true);
	if (isEmpty(cell)) return false;
	if (typeof cell === "number" && typeof wanted === "number")
		return cell === wanted;
	if (typeof cell === "object" && cell !== null && "link" in cell)
		return cell.link === wanted || cell.text === wanted;
	return plain(cell, column) === String(wanted);
}

function ordered(
	op: "gt" | "gte" | "lt" | "lte",
	cell: Cell,
	wanted: Cell,
): boolean {
	if (isEmpty(cell) || isEmpty(wanted)) return false;
	// A value of an unknown type comes before and after nothing.
	if (isRaw(cell) || isRaw(wanted)) return false;
	const numbers = [cell, wanted].map(numberOf);
	const both = numbers.every((number) => number !== undefined);
	const [left, right] = (both ? numbers : [String(cell), String(wanted)]) as [
		string | number,
		string | number,
	];
	switch (op) {
		case "gt":
			return left > right;
		case "gte":
			return left >= right;
		case "lt":
			return left < right;
		case "lte":
			return left <= right;
	}
}

/** Numbers of records are texts in some vendors, and go by value where they are plain numbers. */
function numberOf(cell: Cell): number | undefined {
	if (typeof cell === "number") return cell;
	return typeof cell === "string" && /^-?\d+(\.\d+)?$/.test(cell)
		? Number(cell)
		: undefined;
}

function holdsDate(op: Operator, cell: Cell, span: TimeSpan): boolean {
	if (typeof cell !== "number") return op === "is_not";
	const inside = cell >= span.fromMs && cell < span.toMs;
	switch (op) {
		case "is":
		case "within":
		case "between":
			return inside;
		case "is_not":
			return !inside;
		case "gt":
			return cell >= span.toMs;
		case "gte":
			return cell >= span.fromMs;
		case "lt":
			return cell < span.fromMs;
		case "lte":
			return cell < span.toMs;
		default:
			return false;
	}
}

/** Every text by which an item of a list can be named: option, id, name, title, file name. */
function namesOf(item: unknown): readonly string[] {
	if (typeof item !== "object" || item === null) return [String(item)];
	const { id, name, text, token, email, link } = item as Record<
		string,
		unknown
	>;
	return [id, name, text, token, email, link].filter(
		(value): value is string => typeof value === "string" && value !== "",
	);
}

function holdsList(side: Side, condition: Condition, table: Table): boolean {
	const items = namesOfItems(side, table);
	const { all, groups } = wantedOf(condition);
	const isWanted = (item: readonly string[]) =>
		item.some((name) => all.has(name));
	const hasAll = () => {
		const names = new Set(items.flat());
		return groups.every((group) => group.some((value) => names.has(value)));
	};
	const isExactly = () => items.length > 0 && items.every(isWanted) && hasAll();
	switch (condition.op) {
		case "contains":
		case "any_of":
			return items.some(isWanted);
		case "not_contains":
		case "none_of":
			return !items.some(isWanted);
		case "has_all":
			return hasAll();
		case "is":
			return isExactly();
		case "is_not":
			return !isExactly();
		default:
			return false;
	}
}

/** From here on a set of the values is worth its making. */
const FEW_VALUES = 20;

/** What a condition asks for, made once for all rows. */
interface Wanted {
	readonly all: ReadonlySet<string>;
	readonly groups: readonly (readonly string[])[];
}

const FOLDED = new WeakMap<Condition, string>();

/** What `search` looks for, folded once for all rows. */
function foldedOf(condition: Condition): string {
	const folded = FOLDED.get(condition) ?? foldText(String(condition.value));
	FOLDED.set(condition, folded);
	return folded;
}

const WANTED = new WeakMap<Condition, Wanted>();

function wantedOf(condition: Condition): Wanted {
	const known = WANTED.get(condition);
	if (known !== undefined) return known;
	const texts = wantedTexts(condition);
	const wanted = {
		all: new Set(texts),
		groups: wantedGroups(texts, condition.texts),
	};
	WANTED.set(condition, wanted);
	return wanted;
}

/** Every text by which each item can be named. */
function namesOfItems(
	{ cell, column }: Side,
	table: Table,
): readonly (readonly string[])[] {
	if (isEmpty(cell)) return [];
	const where = zone(table.zone);
	const isDate = kindOf(column) === "date";
	const items: readonly unknown[] = Array.isArray(cell) ? cell : [cell];
	return items.map((item) =>
		isDate && typeof item === "number"
			? [where.day(item), where.moment(item)]
			: namesOf(item),
	);
}

function wantedTexts({ values, value }: Condition): readonly string[] {
	if (values !== undefined) return values.map(String);
	if (value === null || value === undefined) return [];
	return Array.isArray(value) ? value.map(String) : [String(value)];
}

/** Ids that came from one name stand for that one name: any of them will do. */
function wantedGroups(
	values: readonly string[],
	texts: ReadonlyMap<string, string> | undefined,
): readonly (readonly string[])[] {
	if (texts === undefined) return values.map((value) => [value]);
	const groups = new Map<string, string[]>();
	for (const value of values) {
		const key = texts.get(value) ?? value;
		groups.set(key, [...(groups.get(key) ?? []), value]);
	}
	return [...groups.values()];
}

function holdsBetween(
	op: Operator,
	left: Side,
	right: Side,
	table: Table,
): boolean {
	if (op === "is") return equal(left, right, table);
	if (op === "is_not") return !equal(left, right, table);
	return ordered(op as "gt", left.cell, right.cell);
}

/** Two empty cells are equal, an unticked box among them; dates by their day unless both show a time. */
function equal(left: Side, right: Side, table: Table): boolean {
	const [a, b] = [left.cell, right.cell];
	const nothing = (cell: Cell) => isEmpty(cell) || cell === false;
	if (nothing(a) || nothing(b)) return nothing(a) && nothing(b);
	if (
		typeof a === "number" &&
		typeof b === "number" &&
		kindOf(left.column) === "date" &&
		!(showsTime(left.column) && showsTime(right.column))
	)
		return zone(table.zone).day(a) === zone(table.zone).day(b);
	if (isList(left.column))
		return (
			keyOf(a, left.column, table.zone) === keyOf(b, right.column, table.zone)
		);
	return typeof a === "number" || typeof a === "boolean"
		? a === b
		: plain(a, left.column) === plain(b, right.column);
}
