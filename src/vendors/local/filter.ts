import type {
	Condition,
	Operand,
	Pushed,
} from "../../core/contract/condition.js";
import type { FilterDialect } from "../../core/contract/dialect.js";
import type { Field, SystemColumn } from "../../core/contract/field.js";
import type { Operator } from "../../core/contract/table.js";
import type { Unsupported } from "../../core/contract/unsupported.js";
import { type Zone, zone } from "../../core/values/zone.js";
import { unsupported } from "../kit/codecs.js";
import { type Push as Compile, first } from "../kit/filter.js";
import type { SqlValue } from "./sqlite.js";
import { columnSql, type Storage, storageOf } from "./storage.js";

/** A piece of SQL that is true, false or null for a row, with its parameters. */
export interface Fragment {
	readonly sql: string;
	readonly values: readonly SqlValue[];
}

interface Column {
	readonly sql: string;
	readonly storage: Storage;
}

const SYSTEM: Readonly<Record<SystemColumn, Column | undefined>> = {
	$created_at: { sql: "created_at", storage: "moment" },
	$updated_at: { sql: "updated_at", storage: "moment" },
	$created_by: undefined,
	$updated_by: undefined,
	$url: undefined,
};

/** How a column looks to the filter; undefined for one that it does not know. */
function columnOf(operand: Operand | undefined): Column | undefined {
	if (operand?.kind === "system") return SYSTEM[operand.column];
	return operand?.kind === "field" ? columnOfField(operand.field) : undefined;
}

function columnOfField(field: Field): Column | undefined {
	if (field.type === "created_time" || field.type === "updated_time")
		return { sql: columnSql(field), storage: "moment" };
	const storage = storageOf(field);
	return storage === "system" || storage === undefined
		? undefined
		: { sql: columnSql(field), storage };
}

const exactly = (sql: string, ...values: SqlValue[]): Pushed<Fragment> => ({
	expr: { sql, values },
	exact: true,
});
const roughly = (
	pushed: Pushed<Fragment> | undefined,
): Pushed<Fragment> | undefined => pushed && { ...pushed, exact: false };
const marks = (values: readonly unknown[]) => values.map(() => "?").join(",");

type Push = Compile<Fragment>;

/** One value of a text, number or flag column. */
function single(
	compile: (column: string, value: SqlValue) => Pushed<Fragment>,
	storages: readonly Storage[],
): Push {
	return ({ operand, value }) => {
		const column = columnOf(operand);
		if (
			column === undefined ||
			!storages.includes(column.storage) ||
			(typeof value !== "string" && typeof value !== "number")
		)
			return undefined;
		return compile(column.sql, value);
	};
}

const SCALAR: readonly Storage[] = ["text", "real"];

const flag =
	(wanted: boolean): Push =>
	({ operand, value, other }) => {
		const column = columnOf(operand);
		if (
			column?.storage !== "flag" ||
			other !== undefined ||
			typeof value !== "boolean"
		)
			return undefined;
		return value === wanted
			? exactly(`${column.sql} = 1`)
			: exactly(`${column.sql} IS NULL`);
	};

/** A boundary in time against a moment or a day: `>=` it, or before it. */
function boundary(
	column: Column,
	ms: number,
	side: ">=" | "<",
	where: Zone,
): Fragment {
	if (column.storage === "moment")
		return { sql: `${column.sql} ${side} ?`, values: [ms] };
	const start = where.startOfDay(ms);
	return {
		sql: `${column.sql} ${side} ?`,
		values: [where.day(start === ms ? ms : where.endOfDay(ms))],
	};
}

const dated =
	(
		compile: (
			from: (side: ">=" | "<") => Fragment,
			to: (side: ">=" | "<") => Fragment,
			column: string,
		) => Pushed<Fragment>,
	): Push =>
	({ operand, span }, { zone: name }) => {
		const column = columnOf(operand);
		if (
			column === undefined ||
			span === undefined ||
			(column.storage !== "moment" && column.storage !== "day")
		)
			return undefined;
		const where = zone(name);
		return compile(
			(side) => boundary(column, span.fromMs, side, where),
			(side) => boundary(column, span.toMs, side, where),
			column.sql,
		);
	};

const both = (a: Fragment, b: Fragment): Pushed<Fragment> =>
	exactly(`(${a.sql} AND ${b.sql})`, ...a.values, ...b.values);
const inside: Push = dated((from, to) => both(from(">="), to("<")));
const outside: Push = dated((from, to, column) => {
	const before = from("<");
	const after = to(">=");
	return exactly(
		`(${column} IS NULL OR ${before.sql} OR ${after.sql})`,
		...before.values,
		...after.values,
	);
});
const alone = (fragment: Fragment): Pushed<Fragment> => ({
	expr: fragment,
	exact: true,
});

/** Values of one condition: SQLite takes 32,766 parameters in a statement, and a file is asked for by two. */
const MOST_TEXTS = 10_000;

/** Lists: a row's items among the values. Titles of links are not in the column, so only ids can be asked for. */
function among(
	column: Column,
	values: readonly unknown[],
): Fragment | undefined {
	const texts = values.map(String);
	if (texts.length > MOST_TEXTS) return undefined;
	if (column.storage === "list" || column.storage === "people")
		return {
			sql: `EXISTS(SELECT 1 FROM json_each(${column.sql}) WHERE value IN (${marks(texts)}))`,
			values: texts,
		};
	if (column.storage === "links")
		return texts.every((text) => /^rec[0-9A-Za-z]{14}$/.test(text))
			? {
					sql: `EXISTS(SELECT 1 FROM json_each(${column.sql}) WHERE value IN (${marks(texts)}))`,
					values: texts,
				}
			: undefined;
	if (column.storage === "files")
		return {
			sql: `EXISTS(SELECT 1 FROM json_each(${column.sql}) AS item WHERE json_extract(item.value, '$.name') IN (${marks(texts)}) OR json_extract(item.value, '$.token') IN (${marks(texts)}))`,
			values: [...texts, ...texts],
		};
	return undefined;
}

const listed =
	(
		compile: (
			column: Column,
			values: readonly unknown[],
			condition: Condition,
		) => Pushed<Fragment> | undefined,
	): Push =>
	(condition) => {
		const column = columnOf(condition.operand);
		return column === undefined || condition.values === undefined
			? undefined
			: compile(column, condition.values, condition);
	};

const someOf: Push = listed((column, values) => {
	const found = among(column, values);
	return found && alone(found);
});
const noneOf: Push = listed((column, values) => {
	const found = among(column, values);
	return found && exactly(`NOT ${found.sql}`, ...found.values);
});
const allOf: Push = listed((column, values, { texts }) => {
	if (texts !== undefined) return undefined;
	const found = values.map((value) => among(column, [value]));
	if (found.some((part) => part === undefined)) return undefined;
	const parts = found as Fragment[];
	return exactly(
		`(${parts.map(({ sql }) => sql).join(" AND ")})`,
		...parts.flatMap((part) => part.values),
	);
});

/** A link stands as `{text, link}`; either may be asked for. */
const url =
	(
		compile: (link: string, text: string, value: string) => Pushed<Fragment>,
	): Push =>
	({ operand, value }) => {
		const column = columnOf(operand);
		if (column?.storage !== "url" || typeof value !== "string")
			return undefined;
		return compile(
			`json_extract(${column.sql}, '$.link')`,
			`json_extract(${column.sql}, '$.text')`,
			value,
		);
	};

const COMPARABLE: readonly Storage[] = [
	"text",
	"real",
	"flag",
	"moment",
	"day",
];

/** Two columns of the same storage. */
const columns =
	(sign: string): Push =>
	({ operand, other }) => {
		const left = columnOf(operand);
		const right = columnOf(other);
		if (
			left === undefined ||
			right === undefined ||
			left.storage !== right.storage ||
			!COMPARABLE.includes(left.storage)
		)
			return undefined;
		return exactly(`(${left.sql} ${sign} ${right.sql})`);
	};

const ordered = (sign: string, when: Push): Push =>
	first(
		columns(sign),
		single((column, value) => exactly(`${column} ${sign} ?`, value), ["real"]),
		when,
	);

const operators = {
	is: first(
		columns("IS"),
		flag(true),
		single((column, value) => exactly(`${column} = ?`, value), SCALAR),
		inside,
		url((link, text, value) =>
			exactly(`(${link} = ? OR ${text} = ?)`, value, value),
		),
		(condition, context) => roughly(allOf(condition, context)),
	),
	is_not: first(
		columns("IS NOT"),
		flag(false),
		single(
			(column, value) =>
				exactly(`(${column} IS NULL OR ${column} <> ?)`, value),
			SCALAR,
		),
		outside,
		url((link, text, value) =>
			exactly(
				`(${link} IS NULL OR (${link} <> ? AND ${text} <> ?))`,
				value,
				value,
			),
		),
	),
	contains: first(
		single(
			(column, value) => exactly(`instr(${column}, ?) > 0`, value),
			["text"],
		),
		url((link, _, value) => exactly(`instr(${link}, ?) > 0`, value)),
		someOf,
	),
	not_contains: first(
		single(
			(column, value) =>
				exactly(`(${column} IS NULL OR instr(${column}, ?) = 0)`, value),
			["text"],
		),
		url((link, _, value) =>
			exactly(`(${link} IS NULL OR instr(${link}, ?) = 0)`, value),
		),
		noneOf,
	),
	starts_with: first(
		single(
			(column, value) => exactly(`instr(${column}, ?) = 1`, value),
			["text"],
		),
		url((link, _, value) => exactly(`instr(${link}, ?) = 1`, value)),
	),
	search: unsupported("SQLite folds case for ASCII only"),
	any_of: first(
		listed(({ sql, storage }, values) =>
			SCALAR.includes(storage)
				? exactly(`${sql} IN (${marks(values)})`, ...(values as SqlValue[]))
				: undefined,
		),
		someOf,
	),
	none_of: first(
		listed(({ sql, storage }, values) =>
			SCALAR.includes(storage)
				? exactly(
						`(${sql} IS NULL OR ${sql} NOT IN (${marks(values)}))`,
						...(values as SqlValue[]),
					)
				: undefined,
		),
		noneOf,
	),
	has_all: allOf,
	gt: ordered(
		">",
		dated((_, to) => alone(to(">="))),
	),
	gte: ordered(
		">=",
		dated((from) => alone(from(">="))),
	),
	lt: ordered(
		"<",
		dated((from) => alone(from("<"))),
	),
	lte: ordered(
		"<=",
		dated((_, to) => alone(to("<"))),
	),
	between: first(
		listed(({ sql, storage }, [from, to]) =>
			storage === "real"
				? exactly(`${sql} BETWEEN ? AND ?`, from as number, to as number)
				: undefined,
		),
		inside,
	),
	within: inside,
	is_empty: ({ operand }) => {
		const column = columnOf(operand);
		return (
			column &&
			(column.storage === "flag"
				? exactly("0")
				: exactly(`${column.sql} IS NULL`))
		);
	},
	is_not_empty: ({ operand }) => {
		const column = columnOf(operand);
		return (
			column &&
			(column.storage === "flag"
				? exactly("1")
				: exactly(`${column.sql} IS NOT NULL`))
		);
	},
} as const satisfies { readonly [O in Operator]: Push | Unsupported };

function joined(word: "AND" | "OR") {
	return (parts: readonly Fragment[]): Fragment => ({
		sql: `(${parts.map(({ sql }) => `coalesce(${sql}, 0)`).join(` ${word} `)})`,
		values: parts.flatMap(({ values }) => values),
	});
}

export const dialect: FilterDialect<Fragment> = {
	operators,
	all: joined("AND"),
	any: joined("OR"),
	nests: true,
	// SQLite takes 32,766 parameters and an expression depth of 1,000.
	maxConditions: 500,
};
