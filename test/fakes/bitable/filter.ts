import { type IdKind, isJson, type Json } from "./call.js";
import { Refusal } from "./codes.js";
import { textOfValue } from "./expression.js";
import { type Family, kind } from "./field-kinds.js";
import type {
	Cell,
	Field,
	RecordRule,
	Row,
	Table,
	Url,
	View,
} from "./model.js";
import { plainReader, type Sight, textOfCell } from "./reading.js";
import { cellsSeen } from "./rows.js";
import { fieldNamed, personNamed } from "./store.js";
import { calendarDay, dayNumber, weekday } from "./zone.js";

export type Test = (row: Row) => boolean;

/** How many values an operator takes; a missing row is refused. */
type Count = "one" | "several" | "none" | "date";

const EMPTINESS = { isEmpty: "none", isNotEmpty: "none" } as const;
const EQUALITY = { is: "one", isNot: "one" } as const;

/** The documented operators by family. `like` and `in` are listed there as not supported yet. */
const OPERATORS: Readonly<Record<Family, Readonly<Record<string, Count>>>> = {
	text: { ...EQUALITY, contains: "one", doesNotContain: "one", ...EMPTINESS },
	number: {
		...EQUALITY,
		contains: "one",
		doesNotContain: "one",
		...EMPTINESS,
		isGreater: "one",
		isLess: "one",
		isGreaterEqual: "one",
		isLessEqual: "one",
	},
	select: {
		...EQUALITY,
		contains: "several",
		doesNotContain: "several",
		...EMPTINESS,
	},
	entity: {
		...EQUALITY,
		contains: "several",
		doesNotContain: "several",
		...EMPTINESS,
	},
	date: { is: "date", ...EMPTINESS, isGreater: "date", isLess: "date" },
	checkbox: { is: "one" },
	attachment: EMPTINESS,
	computed: {},
	none: {},
};

const refuse = (detail: string): never => {
	throw new Refusal(1254018, detail);
};

export interface Matching {
	readonly sight: Sight;
	/** How persons are named. */
	readonly idKind: IdKind;
	/** Options are named by id (views, roles) or by name (search). */
	readonly optionsBy: "id" | "name";
}

/** One condition on one field. @throws Refusal 1254018 */
export function compileCondition(
	at: Matching,
	field: Field,
	operator: string,
	values: readonly (string | number)[],
): Test {
	const family = kind(field).family;
	const count =
		field.type === 1005 && (operator === "isGreater" || operator === "isLess")
			? "one"
			: OPERATORS[family][operator];
	if (count === undefined)
		return refuse(
			`The operator '${operator}' is not supported by the field '${field.name}'.`,
		);
	if (count === "none" && values.length > 0)
		refuse(`'${operator}' of '${field.name}' takes an empty value.`);
	if (count === "one" && values.length !== 1)
		refuse(`'${operator}' of '${field.name}' takes exactly one value.`);
	if (count === "several" && values.length === 0)
		refuse(`'${operator}' of '${field.name}' takes at least one value.`);
	const has = presence(at.sight, field);
	if (operator === "isEmpty") return (row) => !has(row);
	if (operator === "isNotEmpty") return has;
	if (field.type === 1005) return serialTest(at, field, operator, values);
	switch (family) {
		case "number":
			return numberTest(at, field, operator, values);
		case "select":
		case "entity":
			return listTest(at, field, operator, values);
		case "date":
			return dateTest(at, field, operator, values);
		case "checkbox":
			return checkboxTest(at, field, values);
		default:
			return textTest(at, operator, values, (row) =>
				textOfField(at.sight, field, row),
			);
	}
}

function presence(sight: Sight, field: Field): Test {
	if (field.type >= 1001 && field.type <= 1004) return () => true;
	return (row) => cellsSeen(row, sight.nowMs).has(field.id);
}

function textOfField(sight: Sight, field: Field, row: Row): string | undefined {
	const cell = cellsSeen(row, sight.nowMs).get(field.id);
	if (cell === undefined) return undefined;
	if (field.type === 1) return textOfCell(cell);
	if (field.type === 15) return (cell as Url).text;
	if (field.type === 22) return textOfValue(plainReader(sight, field)(row));
	return String(cell);
}

function textTest(
	{ sight }: Matching,
	operator: string,
	values: readonly (string | number)[],
	read: (row: Row) => string | undefined,
): Test {
	const { textMatching, negationsIncludeEmpty } = sight.store.switches;
	const fold =
		textMatching === "exact"
			? (text: string) => text
			: (text: string) => text.toLowerCase();
	const wanted = fold(String(values[0]));
	const positive = operator === "is" || operator === "contains";
	const whole = operator === "is" || operator === "isNot";
	return (row) => {
		const text = read(row);
		if (text === undefined) return !positive && negationsIncludeEmpty;
		const given = fold(text);
		return (whole ? given === wanted : given.includes(wanted)) === positive;
	};
}

function parsedNumber(
	field: Field,
	value: string | number | undefined,
): number {
	const text = String(value).trim();
	if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
		refuse(`The value of '${field.name}' is not a number.`);
	return Number(text);
}

const COMPARED: Readonly<
	Record<string, (value: number, wanted: number) => boolean>
> = {
	is: (value, wanted) => value === wanted,
	isNot: (value, wanted) => value !== wanted,
	isGreater: (value, wanted) => value > wanted,
	isLess: (value, wanted) => value < wanted,
	isGreaterEqual: (value, wanted) => value >= wanted,
	isLessEqual: (value, wanted) => value <= wanted,
};

function numberTest(
	at: Matching,
	field: Field,
	operator: string,
	values: readonly (string | number)[],
): Test {
	const { sight } = at;
	const read = (row: Row) =>
		cellsSeen(row, sight.nowMs).get(field.id) as number | undefined;
	const compare = COMPARED[operator];
	if (compare === undefined)
		return textTest(at, operator, values, (row) => {
			const value = read(row);
			return value === undefined ? undefined : String(value);
		});
	const wanted = parsedNumber(field, values[0]);
	return (row) => {
		const value = read(row);
		if (value === undefined)
			return operator === "isNot" && sight.store.switches.negationsIncludeEmpty;
		return compare(value, wanted);
	};
}

/** Only the part that counts up; fixed text must be dropped. */
function serialTest(
	at: Matching,
	field: Field,
	operator: string,
	values: readonly (string | number)[],
): Test {
	const read = (row: Row) =>
		cellsSeen(row, at.sight.nowMs).get(field.id) as number | undefined;
	const compare = COMPARED[operator];
	if (compare === undefined)
		return textTest(at, operator, values, (row) => String(read(row)));
	const wanted = parsedNumber(field, values[0]);
	return (row) => compare(read(row) ?? 0, wanted);
}

/** What a select, person, group or link cell holds, as internal ids. */
function members(sight: Sight, field: Field): (row: Row) => readonly string[] {
	if (field.type === 1003) return (row) => [row.createdBy];
	if (field.type === 1004) return (row) => [row.modifiedBy];
	const read = (row: Row): Cell | undefined =>
		cellsSeen(row, sight.nowMs).get(field.id);
	if (field.type === 3)
		return (row) => {
			const cell = read(row);
			return cell === undefined ? [] : [cell as string];
		};
	return (row) => (read(row) ?? []) as readonly string[];
}

/** The internal ids that a value names; several options may share a name. */
function named(at: Matching, field: Field, value: string): readonly string[] {
	if (field.type === 3 || field.type === 4)
		return at.optionsBy === "id"
			? [value]
			: field.options
					.filter((option) => option.name === value)
					.map((option) => option.id);
	if (field.type === 11 || field.type === 1003 || field.type === 1004) {
		const person = personNamed(at.sight.store, value, at.idKind);
		return person === undefined ? [] : [person.openId];
	}
	return [value];
}

function listTest(
	at: Matching,
	field: Field,
	operator: string,
	values: readonly (string | number)[],
): Test {
	const read = members(at.sight, field);
	const wanted = new Set(
		values.flatMap((value) => named(at, field, String(value))),
	);
	const { negationsIncludeEmpty } = at.sight.store.switches;
	const whole = operator === "is" || operator === "isNot";
	const positive = operator === "is" || operator === "contains";
	return (row) => {
		const list = read(row);
		if (list.length === 0) return !positive && negationsIncludeEmpty;
		const found = whole
			? list.every((id) => wanted.has(id)) && wanted.size > 0
			: list.some((id) => wanted.has(id));
		return found === positive;
	};
}

/** First and last day of a keyword, today included in the rolling ones; weeks begin on Monday. */
const KEYWORDS: Readonly<
	Record<string, (today: number) => readonly [number, number]>
> = {
	Today: (today) => [today, today],
	Tomorrow: (today) => [today + 1, today + 1],
	Yesterday: (today) => [today - 1, today - 1],
	CurrentWeek: (today) => weekOf(today, 0),
	LastWeek: (today) => weekOf(today, -1),
	CurrentMonth: (today) => monthOf(today, 0),
	LastMonth: (today) => monthOf(today, -1),
	TheLastWeek: (today) => [today - 6, today],
	TheNextWeek: (today) => [today, today + 6],
	TheLastMonth: (today) => [today - 29, today],
	TheNextMonth: (today) => [today, today + 29],
};
const SINGLE_DAYS: readonly string[] = ["Today", "Tomorrow", "Yesterday"];

function weekOf(today: number, shift: number): readonly [number, number] {
	const monday = today - weekday(today) + 7 * shift;
	return [monday, monday + 6];
}

function monthOf(today: number, shift: number): readonly [number, number] {
	const { year, month } = calendarDay(today);
	return [
		dayNumber(year, month + shift, 1),
		dayNumber(year, month + shift + 1, 0),
	];
}

function dateTest(
	{ sight }: Matching,
	field: Field,
	operator: string,
	values: readonly (string | number)[],
): Test {
	const { zone } = sight.base;
	const keyword = String(values[0]);
	let range: readonly [number, number];
	if (keyword === "ExactDate") {
		if (values.length !== 2 || !/^-?\d+$/.test(String(values[1])))
			refuse(`'ExactDate' of '${field.name}' takes a time in milliseconds.`);
		const day = zone.dayOf(Number(values[1]));
		range = [day, day];
	} else {
		const of = KEYWORDS[keyword];
		if (of === undefined || values.length !== 1)
			return refuse(`The date value of '${field.name}' is not known.`);
		if (operator !== "is" && !SINGLE_DAYS.includes(keyword))
			refuse(`'${keyword}' of '${field.name}' goes with 'is' only.`);
		range = of(zone.dayOf(sight.nowMs));
	}
	const [first, last] = range;
	const read =
		field.type === 1001
			? (row: Row) => row.createdAtMs
			: field.type === 1002
				? (row: Row) => row.modifiedAtMs
				: (row: Row) =>
						cellsSeen(row, sight.nowMs).get(field.id) as number | undefined;
	return (row) => {
		const ms = read(row);
		if (ms === undefined) return false;
		const day = zone.dayOf(ms);
		if (operator === "isGreater") return day > last;
		if (operator === "isLess") return day < first;
		return day >= first && day <= last;
	};
}

function checkboxTest(
	{ sight }: Matching,
	field: Field,
	values: readonly (string | number)[],
): Test {
	const wanted = String(values[0]);
	if (wanted !== "true" && wanted !== "false")
		refuse(`The value of '${field.name}' must be 'true' or 'false'.`);
	return (row) =>
		(cellsSeen(row, sight.nowMs).get(field.id) === true) ===
		(wanted === "true");
}

const all = (tests: readonly Test[], conjunction: unknown): Test =>
	conjunction === "or"
		? (row) => tests.some((test) => test(row))
		: (row) => tests.every((test) => test(row));

const MOST_CONDITIONS = 50;
const MOST_VALUES = 10;
const MOST_NAME = 1_000;

/** The filter of a search; `undefined` when it holds no condition. @throws Refusal */
export function compileFilter(at: Matching, filter: unknown): Test | undefined {
	if (filter === undefined || filter === null) return undefined;
	if (!isJson(filter)) return refuse("The filter is not an object.");
	const conditions = group(at, filter);
	const children = filter.children ?? [];
	if (!Array.isArray(children)) return refuse("'children' is not an array.");
	const tests = [...conditions];
	for (const child of children) {
		if (!isJson(child))
			return refuse("A child of the filter is not an object.");
		if (Array.isArray(child.children) && child.children.length > 0)
			refuse("Children of children are not supported.");
		const inner = group(at, child);
		if (inner.length > 0) tests.push(all(inner, child.conjunction));
	}
	return tests.length === 0 ? undefined : all(tests, filter.conjunction);
}

export function isEmptyFilter(filter: unknown): boolean {
	if (!isJson(filter)) return true;
	const { conditions, children } = filter;
	return (
		(!Array.isArray(conditions) || conditions.length === 0) &&
		(!Array.isArray(children) || children.length === 0)
	);
}

function group(at: Matching, given: Json): Test[] {
	const { conjunction, conditions = [] } = given;
	if (!Array.isArray(conditions))
		return refuse("'conditions' is not an array.");
	const isEmpty = isEmptyFilter(given) && conjunction === undefined;
	if (!isEmpty && conjunction !== "and" && conjunction !== "or")
		refuse("'conjunction' must be 'and' or 'or'.");
	if (conditions.length > MOST_CONDITIONS)
		throw new Refusal(
			at.sight.store.switches.tooLongSearch,
			`At most ${MOST_CONDITIONS} conditions.`,
		);
	return conditions.map((condition) => {
		if (!isJson(condition)) return refuse("A condition is not an object.");
		const { field_name: name, operator, value } = condition;
		if (typeof name !== "string" || name.length > MOST_NAME)
			return refuse("A condition has no 'field_name'.");
		const field = fieldNamed(at.sight.table, name);
		if (field === undefined)
			throw new Refusal(
				1254045,
				`Invalid request parameter: 'filter.conditions.field_name'. The field '${name}' does not exist.`,
			);
		if (
			!Array.isArray(value) ||
			value.some((element) => typeof element !== "string")
		)
			return refuse(`The value of '${name}' must be an array of strings.`);
		if (value.length > MOST_VALUES)
			throw new Refusal(
				at.sight.store.switches.tooLongSearch,
				`At most ${MOST_VALUES} values.`,
			);
		return compileCondition(at, field, String(operator), value);
	});
}

/** The filter of a view; conditions on deleted fields are passed over. */
export function compileViewFilter(
	at: Matching,
	filter: View["filter"],
): Test | undefined {
	if (filter === null || filter.conditions.length === 0) return undefined;
	const tests = filter.conditions.flatMap((condition) => {
		const field = at.sight.table.fields.get(condition.field_id);
		return field === undefined
			? []
			: [
					compileCondition(
						{ ...at, optionsBy: "id" },
						field,
						condition.operator,
						condition.values ?? [],
					),
				];
	});
	return all(tests, filter.conjunction);
}

/** The rows of a role, for one visitor. */
export function compileRule(
	at: Matching,
	table: Table,
	rule: RecordRule,
	visitor: string,
): Test {
	const tests = rule.conditions.flatMap((condition): Test[] => {
		if (condition.field_name === "")
			return [(row) => row.createdBy === visitor];
		const field = fieldNamed(table, condition.field_name);
		if (field === undefined) return [];
		const values = condition.value ?? [];
		if (values.length === 0 && kind(field).family === "entity") {
			const read = members(at.sight, field);
			return [(row) => read(row).includes(visitor)];
		}
		return [
			compileCondition(
				{ ...at, optionsBy: "id" },
				field,
				values.length > 1 ? "contains" : condition.operator,
				values,
			),
		];
	});
	return all(tests, rule.conjunction);
}
