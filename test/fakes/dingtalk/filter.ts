import type { Field, Row, Sheet } from "./model.js";
import { refusals } from "./refusal.js";
import { resolved, type Store } from "./store.js";
import { dateTextMs } from "./values.js";

const OPERATORS = [
	"equal",
	"notEqual",
	"greater",
	"greaterEqual",
	"less",
	"lessEqual",
	"contain",
	"notContain",
	"empty",
	"notEmpty",
] as const;
type Operator = (typeof OPERATORS)[number];

export type Test = (row: Row) => boolean;

/** What a cell is compared by; undefined where it is empty. */
type Compare = (cell: unknown) => boolean;

interface Family {
	readonly operators: readonly Operator[];
	/** The test of cells that are not empty for a positive operator; undefined: the value does not fit. */
	compare(
		operator: Operator,
		values: readonly unknown[],
		field: Field,
		store: Store,
	): Compare | undefined;
}

const EMPTINESS: readonly Operator[] = ["empty", "notEmpty"];
const EQUALITY: readonly Operator[] = ["equal", "notEqual"];
const INCLUSION: readonly Operator[] = ["contain", "notContain"];
const ORDER: readonly Operator[] = [
	"greater",
	"greaterEqual",
	"less",
	"lessEqual",
];

const text: Family = {
	operators: [...EQUALITY, ...INCLUSION, ...EMPTINESS],
	compare(operator, values, _field, { switches }) {
		const folded = (value: unknown) =>
			switches.textCase === "sensitive"
				? String(value)
				: String(value).toLowerCase();
		const wanted = values.map(folded);
		return operator === "equal"
			? (cell) => wanted.includes(folded(cell))
			: (cell) => wanted.some((value) => folded(cell).includes(value));
	},
};

const COMPARISONS: Readonly<
	Partial<Record<Operator, (left: number, right: number) => boolean>>
> = {
	greater: (left, right) => left > right,
	greaterEqual: (left, right) => left >= right,
	less: (left, right) => left < right,
	lessEqual: (left, right) => left <= right,
};

const number: Family = {
	operators: [...EQUALITY, ...ORDER, ...EMPTINESS],
	compare(operator, values, _field, { switches }) {
		const wanted = values.map(Number);
		if (wanted.some(Number.isNaN)) return undefined;
		if (operator === "equal")
			return switches.numberEqual === "text"
				? (cell) => values.some((value) => String(value) === cell)
				: (cell) => wanted.includes(Number(cell));
		const compare = COMPARISONS[operator];
		const [first] = wanted;
		if (compare === undefined || first === undefined) return undefined;
		return (cell) => compare(Number(cell), first);
	},
};

const select: Family = {
	operators: [...EQUALITY, ...INCLUSION, ...EMPTINESS],
	compare(operator, values, field) {
		const choices = field.property?.choices ?? [];
		const wanted = new Set(
			values.map(
				(value) =>
					choices.find(({ id, name }) => name === value || id === value)?.id ??
					"",
			),
		);
		return members(operator, wanted, field.type === "multipleSelect");
	},
};

/** equal: the same set (one of them where a cell holds one); contain: any of. */
function members(
	operator: Operator,
	wanted: ReadonlySet<string>,
	isList: boolean,
): Compare {
	if (!isList) return (cell) => wanted.has(cell as string);
	return operator === "equal"
		? (cell) => {
				const ids = cell as readonly string[];
				return ids.length === wanted.size && ids.every((id) => wanted.has(id));
			}
		: (cell) => (cell as readonly string[]).some((id) => wanted.has(id));
}

const user: Family = {
	operators: [...EQUALITY, ...INCLUSION, ...EMPTINESS],
	compare(operator, values, _field, store) {
		const wanted = new Set<string>();
		for (const value of values) {
			const { uid, unionId } = (value ?? {}) as {
				uid?: string;
				unionId?: string;
			};
			const { userFilterKey } = store.switches;
			const found =
				(userFilterKey === "unionId"
					? undefined
					: store.userIds.get(`${uid}`)) ??
				(userFilterKey === "uid" ? undefined : unionId);
			if (found === undefined) return undefined;
			wanted.add(found);
		}
		return members(operator, wanted, true);
	},
};

const department: Family = {
	operators: [...EQUALITY, ...INCLUSION, ...EMPTINESS],
	compare(operator, values) {
		const wanted = new Set(
			values.map((value) => String((value as { deptId?: unknown })?.deptId)),
		);
		return members(operator, wanted, true);
	},
};

const DAY_MS = 86_400_000;

/** Days since 1970 in the zone of filters. */
const dayOf = (ms: number, store: Store) =>
	Math.floor((ms + store.switches.filterZone * 3_600_000) / DAY_MS);

/** The first and the last day of a relative span. */
function span(
	type: string,
	store: Store,
): readonly [number, number] | undefined {
	const { clock, switches } = store;
	const today = dayOf(clock.now(), store);
	const weekday = (today + (switches.weekStart === "monday" ? 3 : 4)) % 7;
	const monday = today - weekday;
	const date = new Date(today * DAY_MS);
	const monthStart = (offset: number) =>
		Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset, 1) / DAY_MS;
	const shift = switches.rollingWithToday ? 0 : 1;
	const spans: Readonly<Record<string, readonly [number, number]>> = {
		today: [today, today],
		tomorrow: [today + 1, today + 1],
		yesterday: [today - 1, today - 1],
		thisWeek: [monday, monday + 6],
		lastWeek: [monday - 7, monday - 1],
		thisMonth: [monthStart(0), monthStart(1) - 1],
		lastMonth: [monthStart(-1), monthStart(0) - 1],
		next7Days: [today + shift, today + shift + 6],
		last7Days: [today - shift - 6, today - shift],
		next30Days: [today + shift, today + shift + 29],
		last30Days: [today - shift - 29, today - shift],
	};
	return Object.hasOwn(spans, type) ? spans[type] : undefined;
}

function days(
	value: unknown,
	store: Store,
): readonly [number, number] | undefined {
	if (typeof value === "object" && value !== null)
		return span(String((value as { type?: unknown }).type), store);
	const ms =
		typeof value === "number"
			? value
			: /^\d{9,}$/.test(String(value))
				? Number(value)
				: dateTextMs(String(value), store.switches.filterZone);
	if (ms === undefined) return undefined;
	const day = dayOf(ms, store);
	return [day, day];
}

/** Compares whole days. */
const date: Family = {
	operators: ["equal", "greater", "less", ...EMPTINESS],
	compare(operator, values, _field, store) {
		const spans = values.map((value) => days(value, store));
		const first = spans[0];
		if (first === undefined || spans.includes(undefined)) return undefined;
		if (operator === "greater")
			return (cell) => dayOf(cell as number, store) > first[1];
		if (operator === "less")
			return (cell) => dayOf(cell as number, store) < first[0];
		return (cell) => {
			const day = dayOf(cell as number, store);
			return spans.some(
				(each) => each !== undefined && day >= each[0] && day <= each[1],
			);
		};
	},
};

/** Types with a documented filter. */
const FAMILIES: Readonly<Record<string, Family>> = {
	text,
	number,
	singleSelect: select,
	multipleSelect: select,
	date,
	user,
	department,
};

const NEGATIVE: Readonly<Partial<Record<Operator, Operator>>> = {
	notEqual: "equal",
	notContain: "contain",
};

/**
 * The test of a `filter` body.
 * @throws Refusal 400 on a wrong shape; an operator or value that does not fit follows the switch `unfitOperator`
 */
export function filterTest(store: Store, sheet: Sheet, given: unknown): Test {
	if (given === undefined || given === null) return () => true;
	if (typeof given !== "object" || Array.isArray(given))
		throw refusals.badInput("filter must be an object");
	const { combination = store.switches.combination, conditions } =
		given as Readonly<Record<string, unknown>>;
	if (combination !== "and" && combination !== "or")
		throw refusals.badInput(
			`filter.combination '${String(combination)}' is invalid, accepted: and, or`,
		);
	if (!Array.isArray(conditions))
		throw refusals.badInput("filter.conditions must be an array");
	const tests = conditions.map((condition) =>
		conditionTest(store, sheet, condition),
	);
	if (tests.length === 0) return () => true;
	return combination === "and"
		? (row) => tests.every((test) => test(row))
		: (row) => tests.some((test) => test(row));
}

function conditionTest(store: Store, sheet: Sheet, condition: unknown): Test {
	const { switches } = store;
	const {
		field: name,
		operator,
		value,
	} = (condition ?? {}) as Readonly<Record<string, unknown>>;
	if (typeof name !== "string")
		throw refusals.badInput("a condition needs a field");
	const field = resolved(store, sheet.fields, name);
	if (field === undefined)
		throw refusals.badInput(`the field '${name}' of the filter does not exist`);
	if (!OPERATORS.includes(operator as Operator))
		throw refusals.badInput(
			`the operator '${String(operator)}' is invalid, accepted: ${OPERATORS.join(", ")}`,
		);
	const isEmpty: Test = (row) => row.cells.get(field.id) === undefined;
	const unfit = (): Test => {
		if (switches.unfitOperator === "reject")
			throw refusals.badInput(
				`the operator '${String(operator)}' does not fit the field '${field.name}'`,
			);
		return () => switches.unfitOperator === "all";
	};
	const family = FAMILIES[field.type];
	const wanted = operator as Operator;
	if (family === undefined || !family.operators.includes(wanted))
		return unfit();
	if (wanted === "empty") return isEmpty;
	if (wanted === "notEmpty") return (row) => !isEmpty(row);
	if (!Array.isArray(value))
		throw refusals.badInput(
			`the value of the condition on '${field.name}' must be an array`,
		);
	// For inclusion several values are documented: any of them.
	const values =
		switches.severalValues === "first" && EQUALITY.includes(wanted)
			? value.slice(0, 1)
			: value;
	const compare = family.compare(
		NEGATIVE[wanted] ?? wanted,
		values,
		field,
		store,
	);
	if (compare === undefined) return unfit();
	if (NEGATIVE[wanted] === undefined)
		return (row) => !isEmpty(row) && compare(row.cells.get(field.id));
	return (row) =>
		isEmpty(row)
			? switches.negativeMatchesEmpty
			: !compare(row.cells.get(field.id));
}
