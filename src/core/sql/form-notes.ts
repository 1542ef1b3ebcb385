import type { SqlValue } from "../contract/sql.js";
import { asciiLower, quoted } from "../values/names.js";
import { kindOf, showsTime } from "../values/values.js";
import type { SourceColumn, SourceTable } from "./columns.js";
import { type Token, tokensOf } from "./tokens.js";

/*
 * SQL compares and computes whatever it is given: a literal in another form than its column's fits no row, and of a
 * text a sum takes the digits in front. Both are silent there, and said here as far as the statement's own words show
 * it beyond doubt: where a name may be that of a column which the statement makes itself, nothing is said.
 */

/** Looks at the values that a statement computes with, and says what it cannot mean. */
export interface FormLook {
	/** Values of these columns of one table. */
	look(
		columns: readonly string[],
		rows: readonly (readonly SqlValue[])[],
	): void;
	notes(): readonly string[];
}

/** Of a statement over these tables. */
export function formLook(
	sql: string,
	sources: readonly SourceTable[],
): FormLook {
	const tokens = tokensOf(sql);
	const named = namesIn(tokens, sources);
	const computed = new Map<string, Computed>();
	for (const name of named)
		if (name.columns.every(({ type }) => type === "TEXT")) {
			const by = computesWith(tokens, name);
			const key = asciiLower(name.columns[0]?.name ?? "");
			if (by !== undefined && !computed.has(key))
				computed.set(key, { by, column: name.columns[0] as SourceColumn });
		}
	return {
		look(columns, rows) {
			for (const [at, column] of columns.entries()) {
				const one = computed.get(asciiLower(column));
				if (one === undefined || one.first !== undefined) continue;
				const first = rows.find((row) => isNoNumber(row[at] ?? null));
				if (first !== undefined) one.first = String(first[at]);
			}
		},
		notes: () => [
			...new Set([
				...named.flatMap((name) => literalNotes(tokens, name)),
				...[...computed.values()].flatMap(digitNotes),
			]),
		],
	};
}

/** A column that is named in a statement: the tokens from `from` to before `to`. */
interface Named {
	readonly from: number;
	readonly to: number;
	/** It may be one of these. */
	readonly columns: readonly SourceColumn[];
}

function namesIn(
	tokens: readonly Token[],
	sources: readonly SourceTable[],
): readonly Named[] {
	const own = new Set(
		tokens.flatMap(({ kind, value }, at) => {
			const before = tokens[at - 1];
			// `x as name`, `f(x) name`
			return kind === "name" &&
				before !== undefined &&
				(isWord(before, "as") || before.value === ")")
				? [asciiLower(value)]
				: [];
		}),
	);
	return tokens.flatMap(({ kind, value }, at): Named[] => {
		if (kind !== "name" || own.has(asciiLower(value))) return [];
		if (tokens[at + 1]?.value === "(" || tokens[at + 1]?.value === ".")
			return [];
		const isQualified = tokens[at - 1]?.value === ".";
		const table = isQualified ? asciiLower(tokens[at - 2]?.value ?? "") : "";
		const exact = sources.filter(({ as }) => asciiLower(as) === table);
		const columns = (exact.length > 0 ? exact : sources).flatMap(
			({ columns: all }) =>
				all.filter(({ name }) => asciiLower(name) === asciiLower(value)),
		);
		return columns.length === 0
			? []
			: [{ from: isQualified ? at - 2 : at, to: at + 1, columns }];
	});
}

function isWord(token: Token | undefined, word: string): boolean {
	return token?.isBare === true && token.value.toLowerCase() === word;
}

const AGGREGATES = new Set(["sum", "avg", "total", "median", "stddev"]);
const ARITHMETIC = new Set(["+", "-", "*", "/", "%"]);
const NUMBERS = new Set(["real", "integer", "int", "numeric", "float"]);

interface Computed {
	readonly by: string;
	readonly column: SourceColumn;
	/** The first value that is not a number. */
	first?: string;
}

/** What makes a number of the column. */
function computesWith(
	tokens: readonly Token[],
	{ from, to }: Named,
): string | undefined {
	const [before, after] = [tokens[from - 1], tokens[to]];
	const isDistinct = isWord(before, "distinct");
	const call = tokens[from - (isDistinct ? 3 : 2)];
	const opens = (isDistinct ? tokens[from - 2] : before)?.value === "(";
	const name = call?.value.toLowerCase() ?? "";
	if (opens && call?.isBare && AGGREGATES.has(name) && after?.value === ")")
		return `${name}()`;
	if (
		opens &&
		isWord(call, "cast") &&
		isWord(after, "as") &&
		NUMBERS.has(tokens[to + 1]?.value.toLowerCase() ?? "")
	)
		return "cast()";
	for (const sign of [before, after])
		if (sign?.kind === "sign" && ARITHMETIC.has(sign.value)) return sign.value;
	return undefined;
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

function isNoNumber(value: SqlValue): boolean {
	return typeof value === "string" && !NUMBER.test(value.trim());
}

function digitNotes({ by, column, first }: Computed): readonly string[] {
	if (first === undefined) return [];
	const way =
		column.from !== undefined && kindOf(column.from) === "date"
			? "days_between(from, to) and date(d, '+7 days') compute with dates"
			: "take out what is not a digit first, as cast(replace(replace(x, '$', ''), ',', '') as real)";
	return [
		`${quoted(column.name)} is text, of which ${by} takes the digits in front only, or 0: ${quoted(first)} is not a plain number; ${way}`,
	];
}

const COMPARES = new Set(["=", "==", "<>", "!=", "<", ">", "<=", ">="]);
const EQUALS = new Set(["=", "==", "<>", "!=", "in"]);

/** Literals that are compared with a column and have not its form. */
function literalNotes(
	tokens: readonly Token[],
	{ from, to, columns }: Named,
): readonly string[] {
	const found: { readonly by: string; readonly text: string }[] = [];
	const take = (by: Token | undefined, literal: Token | undefined) => {
		if (by?.kind === "sign" && COMPARES.has(by.value))
			if (literal?.kind === "text")
				found.push({ by: by.value, text: literal.value });
	};
	take(tokens[to], tokens[to + 1]);
	take(tokens[from - 1], tokens[from - 2]);
	const at = isWord(tokens[to], "not") ? to + 1 : to;
	if (isWord(tokens[at], "in") && tokens[at + 1]?.value === "(")
		for (let one = at + 2; tokens[one]?.kind === "text"; one += 2)
			found.push({ by: "in", text: tokens[one]?.value ?? "" });
	return found.flatMap(({ by, text }) => {
		const forms = columns.map((column) => wrongForm(column, by, text));
		const [form] = forms;
		return form === undefined || forms.includes(undefined)
			? []
			: [
					`'${text}' never fits ${quoted(columns[0]?.name ?? "")}, which ${form}`,
				];
	});
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/;
/** A form, or its beginning. */
const FROM_THE_LEFT =
	/^(?:\d{1,4}|\d{4}-(?:\d{0,2}|\d\d-(?:\d{0,2}|\d\d (?:\d{0,2}|\d\d:(?:\d{0,2}|\d\d:\d{0,2}(?:\.\d*)?)))))$/;

/** What the column holds in place of such a literal; undefined: it may fit. */
function wrongForm(
	{ type, from }: SourceColumn,
	by: string,
	text: string,
): string | undefined {
	if (type === "INTEGER") return NUMBER.test(text) ? undefined : "is 1 or 0";
	if (type === "REAL")
		return NUMBER.test(text)
			? undefined
			: typeof from === "object" &&
					(from.value?.type ?? from.type) === "percent"
				? "is a number, a fraction: 0.125 is 12.5%"
				: "is a number";
	if (from === undefined || kindOf(from) !== "date" || isOfList(from))
		return undefined;
	const isTimed = showsTime(from);
	const fits = EQUALS.has(by)
		? (isTimed ? MOMENT : DAY).test(text)
		: FROM_THE_LEFT.test(text);
	if (fits) return undefined;
	return isTimed
		? "is a text like '2024-01-31 14:00:00'; date(x) is its day"
		: "is a text like '2024-01-31'";
}

function isOfList(from: NonNullable<SourceColumn["from"]>): boolean {
	return typeof from === "object" && from.value?.list === true;
}
