import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import type {
	ConditionInput,
	FilterInput,
} from "../../../src/core/contract/table.js";
import { resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import { locate } from "../../../src/core/places/locate.js";
import { lookupsOf } from "../../../src/core/read/lookups.js";
import { readRows } from "../../../src/core/read/read.js";
import {
	literal,
	mapReferences,
	numeral,
} from "../../../src/vendors/fusion/formula.js";
import { namedReference } from "../../../src/vendors/kit/formula.js";
import { virtualClock } from "../../clock.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { compile } from "../../fakes/fusion/formula/compile.js";
import { createFusionFake, type FusionFake } from "../../fakes/fusion/index.js";
import { zoneNamed } from "../../fakes/fusion/zone.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";
import { recordedFormulas } from "./recorded.js";

/** What a formula without fields comes to, by the fake's own reader. */
function evaluated(formula: string): unknown {
	return compile(formula, {
		field: () => undefined,
		now: () => 0,
		zone: zoneNamed("Etc/UTC"),
		recordId: () => "",
		createdMs: () => null,
		modifiedMs: () => null,
	}).run(undefined);
}

/** The literals of a recorded formula, evaluated; those of its wrapping left out. */
function literalsOf(formula: string): string[] {
	const piece = `"(?:\\\\.|[^"\\\\])*"|'(?:\\\\.|[^'\\\\])*'`;
	const found = formula.match(
		new RegExp(`\\((?:${piece})(?:&(?:${piece}))+\\)|${piece}`, "gs"),
	);
	return (found ?? [])
		.map((text) => String(evaluated(text)))
		.filter((text) => text !== ", ");
}

const unwrapped = (text: string) => text.replace(/^, | *, *$/g, "");

function numbersOf(formula: string): number[] {
	return [...formula.matchAll(/[=<>](-?\d+(?:\.\d+)?)/g)].map(([, number]) =>
		Number(number),
	);
}

type Asked = readonly ConditionInput[];
type Ask = (field: string, formula: string) => Asked;

const text =
	(op: ConditionInput["op"]): Ask =>
	(field, formula) => [{ field, op, value: literalsOf(formula)[0] ?? "" }];
/** One value for both text and number. */
const scalar =
	(op: ConditionInput["op"]): Ask =>
	(field, formula) => [
		{ field, op, value: literalsOf(formula)[0] ?? numbersOf(formula)[0] ?? "" },
	];
const option =
	(op: ConditionInput["op"]): Ask =>
	(field, formula) => [
		{ field, op, value: unwrapped(literalsOf(formula)[0] ?? "") },
	];
/** A list of one: quoted, as its commas would make more of it. */
const only: Ask = (field, formula) => [
	{
		field,
		op: "is",
		value: `"${unwrapped(literalsOf(formula)[0] ?? "").replaceAll('"', '""')}"`,
	},
];
/** The whole title of a linked record: a part of one is asked with `contains`. */
const titled: Ask = (field, formula) => [
	{ field, op: "any_of", values: [unwrapped(literalsOf(formula)[0] ?? "")] },
];
const many =
	(op: ConditionInput["op"]): Ask =>
	(field, formula) => [
		{ field, op, values: literalsOf(formula).map(unwrapped) },
	];
const bare =
	(op: ConditionInput["op"]): Ask =>
	(field) => [{ field, op }];
const guarded =
	(ask: Ask): Ask =>
	(field, formula) => [{ field, op: "is_not_empty" }, ...ask(field, formula)];
const day =
	(op: ConditionInput["op"]): Ask =>
	(field) => [{ field, op, value: "2024-03-05" }];
const within =
	(value: string): Ask =>
	(field) => [{ field, op: "within", value }];

/** What a recorded template means in our words. */
const MEANINGS: Readonly<Record<string, Ask>> = {
	is: scalar("is"),
	"is guarded": guarded(scalar("is")),
	"is_not (empties match)": scalar("is_not"),
	"is_not (empties out)": guarded(scalar("is_not")),
	is_empty: bare("is_empty"),
	is_not_empty: bare("is_not_empty"),
	"> bare": scalar("gt"),
	"> guarded": scalar("gt"),
	">= bare": scalar("gte"),
	">= guarded": scalar("gte"),
	"< bare": scalar("lt"),
	"< guarded": scalar("lt"),
	"<= bare": scalar("lte"),
	"<= guarded": scalar("lte"),
	"contains (case-sensitive)": text("contains"),
	"contains (any case)": text("search"),
	"not_contains (empties match)": text("not_contains"),
	any_of: many("any_of"),
	"any_of (COUNTIF)": many("any_of"),
	"none_of (COUNTIF)": many("none_of"),
	"is true": (field) => [{ field, op: "is", value: true }],
	"is false": (field) => [{ field, op: "is", value: false }],
	"contains option (plain FIND)": option("contains"),
	"contains option (wrapped FIND)": option("contains"),
	"contains option (COUNTIF)": option("contains"),
	"lacks option": option("not_contains"),
	"lacks option (COUNTIF=0)": option("not_contains"),
	"lacks option (COUNTIF, empties match)": option("not_contains"),
	"is exactly one option": only,
	"contains (wrapped FIND)": option("contains"),
	"contains (COUNTIF)": option("contains"),
	"contains record titled (wrapped FIND)": titled,
	"contains record titled (COUNTIF)": titled,
	"is only": only,
	"has file name (FIND)": text("contains"),
	"has file name (COUNTIF)": text("contains"),
	"on day": day("is"),
	"before day": day("lt"),
	"after day": day("gt"),
	today: within("today"),
	"this week (Mon)": within("this_week"),
	"last 7 days incl. today (calendar)": within("last_7_days"),
};

const NOT_OURS: Readonly<Record<string, string>> = {
	"is (order)": "our lists are equal as sets; the order is not part of it",
	"last 7 full days before today": "`within` has no such word",
};

describe("recorded templates", () => {
	const { fake, tables, vectors, idOf, at } = recordedFormulas();
	let folder = "";
	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), "tables-mcp-"));
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));
	const meant = vectors.flatMap((vector, index) => {
		const { template } = vector;
		if (template === undefined) return [];
		const [, column = "", phrase = ""] = /^(\w+) (.*)$/.exec(template) ?? [];
		const field = vector.table === "multi" && column === "Mul" ? "M" : column;
		return [{ vector, index, field, phrase }];
	});

	test("each is one of ours, or named with a reason", () => {
		const phrases = new Set(meant.map(({ phrase }) => phrase));
		expect([...phrases].toSorted()).toEqual(
			[...Object.keys(MEANINGS), ...Object.keys(NOT_OURS)].toSorted(),
		);
		expect(meant.length).toBe(333);
	});

	const asked = meant.filter(({ phrase }) => phrase in MEANINGS);
	/** Answered by the core alone, or by reading the other table first. */
	const unpushed = new Set<number>();

	const sessions = new Map<number, Session>();
	/** One session for all vectors of one moment. */
	const sessionAt = (nowMs: number): Session => {
		const known =
			sessions.get(nowMs) ??
			fusionSession({
				fake,
				token: fake.token,
				clock: virtualClock(nowMs),
				folder,
				zone: "Etc/UTC",
				config: { qps: 1000 },
			}).session;
		sessions.set(nowMs, known);
		return known;
	};

	test.each(asked)(
		"$index $vector.template: $vector.formula",
		async ({ vector, index, field, phrase }) => {
			const session = sessionAt(at(vector));
			const before = fake.log.length;
			const conditions = MEANINGS[phrase]?.(field, vector.formula) ?? [];
			const answer = callTool(session, "query_records", {
				table: `fusion:${fake.spaceId}/${idOf(vector.table)}`,
				fields: [tables[vector.table]?.fields[0]?.name],
				filter: { conditions },
				limit: 100,
			});
			const options = fake
				.fields(idOf(vector.table))
				.find(({ name }) => name === field)?.settings.options;
			const value = String(conditions[0]?.value).replace(/^"|"$/g, "");
			if (
				/option/.test(phrase) &&
				!options?.some(({ name }) => name === value.replaceAll('""', '"'))
			) {
				// The vendor finds nothing; we say that there is no such option.
				await expect(answer).rejects.toThrow("has no option");
				return;
			}
			if (/titled/.test(phrase) && vector.wanted?.length === 0) {
				// As for options.
				await expect(answer).rejects.toThrow("has no record called");
				return;
			}
			const { structured } = await answer;
			const place = (id: unknown) =>
				tables[vector.table]?.recordIds.indexOf(id as string);
			const rows = (structured.rows as [string][]).map(([id]) => place(id));
			expect(rows).toEqual(vector.wanted);
			const sent = fake.log
				.slice(before)
				.filter(({ request }) =>
					request.path.includes(`${idOf(vector.table)}/records`),
				);
			const pushed = sent.filter(({ request }) =>
				request.query.includes("filterByFormula"),
			);
			if (pushed.length === 0) unpushed.add(index);
			// The vendor's part is at least what is wanted.
			for (const { response } of pushed) {
				const body = JSON.parse(String(response.body));
				expect(body.success).toBe(true);
				const got = body.data.records.map(
					({ recordId }: { recordId: string }) => place(recordId),
				);
				expect(got).toEqual(expect.arrayContaining([...(vector.wanted ?? [])]));
			}
		},
	);

	test("nearly all of them went to the vendor", () => {
		const left = asked.filter(({ index }) => unpushed.has(index));
		expect([
			...new Set(left.map(({ field, phrase }) => `${field} ${phrase}`)),
		]).toMatchInlineSnapshot(`
			[
			  "Url is",
			  "T contains (any case)",
			  "Url contains (any case)",
			  "Url any_of",
			  "Lnk contains record titled (wrapped FIND)",
			  "Lnk contains record titled (COUNTIF)",
			]
		`);
		expect(left.length).toBeLessThan(asked.length / 10);
	});
});

describe("literals", () => {
	const HOSTILE = [
		"plain",
		'say "hi"',
		"it's",
		'it\'s "both"',
		"a {x} b",
		"{",
		"}{",
		"\\",
		"\\\\",
		"a\\b",
		"\\n",
		'\\"',
		"\\\"'\\",
		"{a}\\{b}",
		"line\nbreak",
		"\r\n\t",
		"\n",
		" ",
		"  spaced  ",
		"“curly” ‘both’",
		"‘",
		"”",
		"'”'",
		"中文，（全角）",
		"😀👩‍👩‍👧",
		"é",
		"﷽",
		",;&|!=<>+-*/%^~`",
		"()",
		"AND(1,2)",
		'"&"',
		"',BLANK()",
		'") + RECORD_ID() & ("',
		"TRUE()",
		"0",
		"=1",
		"//",
		"--",
	];

	test.each(HOSTILE)("%j reads back", (text) => {
		const written = literal(text);
		expect(written).toBeDefined();
		expect(evaluated(written ?? "")).toBe(text);
	});

	test("any text reads back, or is left to the core", () => {
		const nasty = fc.string({
			unit: fc.constantFrom(
				..."\"'“”‘’\\{}()&,nrt \n\r\tab=中😀".split(/(?:)/u),
			),
			maxLength: 12,
		});
		let sent = 0;
		fc.assert(
			fc.property(
				fc.oneof(nasty, fc.string(), fc.string({ unit: "binary" })),
				(text) => {
					const written = literal(text);
					if (written === undefined) {
						expect(
							text === "" || /[\p{Cc}\u2028\u2029\p{Cs}]/u.test(text),
						).toBe(true);
						return;
					}
					sent++;
					expect(evaluated(written)).toBe(text);
				},
			),
			{ numRuns: 500, seed: 11 },
		);
		expect(sent).toBeGreaterThan(200);
	});

	test.each([
		[0, "0"],
		[-1.5, "-1.5"],
		[0.000_001, "0.000001"],
		[123_456_789_012, "123456789012"],
		[1e21, undefined],
		[1e-7, undefined],
		[Number.NaN, undefined],
		[Number.POSITIVE_INFINITY, undefined],
	])("the number %d is %s", (value, written) => {
		expect(numeral(value)).toBe(written);
		if (written !== undefined) expect(evaluated(written)).toBe(value);
	});

	test("references are found outside of texts only, names unescaped", () => {
		const seen: string[] = [];
		const mapped = mapReferences(
			"IF({a}=\"{b}\",{c\\{d\\}},'{e}'&{f\\\\g})",
			(name) => {
				seen.push(name);
				return namedReference(`x${name}`);
			},
		);
		expect(seen).toEqual(["a", "c{d}", "f\\g"]);
		expect(mapped).toBe("IF({xa}=\"{b}\",{xc\\{d\\}},'{e}'&{xf\\\\g})");
	});
});

/** Columns of every kind, and small sets of values that meet often. */
const TEXTS = [
	"a",
	"b",
	"A",
	"ab",
	'q"x',
	"{a}",
	"it's",
	"b\\s",
	"x\ny",
	" a",
	"0",
];
const NUMBERS = [0, 1, -1, 0.5, 3, 5, 1000];
const OPTIONS = ["a", "b", "bb", "c, d", "A"];
const DAY_MS = 86_400_000;

interface World {
	readonly fake: FusionFake;
	readonly session: Session;
	readonly table: string;
	readonly fill: (rows: readonly Record<string, unknown>[]) => void;
}

function mixedWorld(): World {
	const clock = virtualClock();
	const fake = createFusionFake({
		clock,
		switches: { callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const people = ["Ann", "Bo", "Ann Lee"].map((name) =>
		fake.addPerson({ name }),
	);
	const target = fake.addTable({
		name: "Targets",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	const targets = fake.addRecords(
		target,
		["L1", "L, 2", "l1"].map((Title) => ({ Title })),
	);
	const options = { options: OPTIONS.map((name) => ({ name })) };
	const table = fake.addTable({
		name: "Mixed",
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Long", type: "Text" },
			{ name: "Mail", type: "Email" },
			{ name: "Site", type: "URL" },
			{ name: "Num", type: "Number", property: { precision: 2 } },
			{ name: "Other", type: "Number", property: { precision: 2 } },
			{ name: "Rate", type: "Rating", property: { icon: "star", max: 5 } },
			{ name: "Pct", type: "Percent", property: { precision: 2 } },
			{ name: "Done", type: "Checkbox", property: { icon: "star" } },
			{ name: "Sel", type: "SingleSelect", property: options },
			{ name: "Mul", type: "MultiSelect", property: options },
			{ name: "Day", type: "DateTime", property: { dateFormat: "YYYY-MM-DD" } },
			{
				name: "When",
				type: "DateTime",
				property: {
					dateFormat: "YYYY-MM-DD",
					timeFormat: "HH:mm",
					includeTime: true,
				},
			},
			{ name: "Who", type: "Member", property: {} },
			{
				name: "Link",
				type: "OneWayLink",
				property: { foreignDatasheetId: target },
			},
		],
	});
	const numeric = fake.fields(table).find(({ name }) => name === "Num")?.id;
	fake.addField(table, {
		name: "Half",
		type: "Formula",
		property: { expression: `1/{${numeric}}` },
	});
	const { session } = fusionSession({
		fake,
		token: fake.token,
		clock,
		folder: temporaryFolder(),
		config: { qps: 1000 },
	});
	return {
		fake,
		session,
		table: `fusion:${fake.spaceId}/${table}`,
		fill(rows) {
			fake.removeRecords(
				table,
				fake.rows(table).map(({ recordId }) => recordId),
			);
			fake.addRecords(
				table,
				rows.map(({ Day, When, Who, Link, ...plain }) => ({
					...plain,
					// Any moment of the day: the column shows none.
					...(Day === undefined
						? {}
						: { Day: clock.now() + (Day as number) * DAY_MS }),
					...(When === undefined
						? {}
						: { When: clock.now() + (When as number) * 7_200_000 }),
					...(Who === undefined
						? {}
						: {
								Who: (Who as number[]).map((index) => ({
									id: people[index]?.id,
								})),
							}),
					...(Link === undefined
						? {}
						: { Link: (Link as number[]).map((index) => targets[index]) }),
				})),
			);
		},
	};
}

const maybe = <T>(value: fc.Arbitrary<T>) =>
	fc.option(value, { nil: undefined, freq: 2 });
const someOf = <T>(values: readonly T[]) =>
	fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });
const row = fc
	.record({
		Title: maybe(fc.constantFrom(...TEXTS)),
		Long: maybe(fc.constantFrom(...TEXTS)),
		Mail: maybe(fc.constantFrom("a@b.co", "A@b.co")),
		Site: maybe(
			fc.constantFrom("https://a.co", {
				text: "https://b.co/?q={1}",
				title: "B",
			}),
		),
		Num: maybe(fc.constantFrom(...NUMBERS)),
		Other: maybe(fc.constantFrom(...NUMBERS)),
		Rate: maybe(fc.constantFrom(1, 3, 5)),
		Pct: maybe(fc.constantFrom(0, 0.5, 1)),
		Done: maybe(fc.constant(true)),
		Sel: maybe(fc.constantFrom(...OPTIONS)),
		Mul: maybe(someOf(OPTIONS)),
		Day: maybe(fc.integer({ min: -10, max: 10 })),
		When: maybe(fc.integer({ min: -30, max: 30 })),
		Who: maybe(someOf([0, 1, 2])),
		Link: maybe(someOf([0, 1, 2])),
	})
	.map((cells) =>
		Object.fromEntries(
			Object.entries(cells).filter(([, value]) => value !== undefined),
		),
	);

const asks = (
	fields: readonly string[],
	ops: readonly ConditionInput["op"][],
	value: fc.Arbitrary<string | number | boolean>,
): fc.Arbitrary<ConditionInput> =>
	fc.record({
		field: fc.constantFrom(...fields),
		op: fc.constantFrom(...ops),
		value,
	});
const lists = (
	fields: readonly string[],
	ops: readonly ConditionInput["op"][],
	values: readonly (string | number)[],
): fc.Arbitrary<ConditionInput> =>
	fc.record({
		field: fc.constantFrom(...fields),
		op: fc.constantFrom(...ops),
		values: someOf(values.map(String)),
	});
const ORDER = ["is", "is_not", "gt", "gte", "lt", "lte"] as const;
const days = fc.constantFrom("2026-11-20", "2026-11-18", "2026-11-25");
const condition: fc.Arbitrary<ConditionInput> = fc.oneof(
	asks(
		["Title", "Long", "Sel"],
		["is", "is_not", "contains", "not_contains", "starts_with", "search"],
		fc.constantFrom(...OPTIONS.slice(0, 3)),
	),
	asks(
		["Title", "Long"],
		["is", "is_not", "contains", "not_contains", "starts_with", "search"],
		fc.constantFrom(...TEXTS),
	),
	asks(
		["Mail", "Site"],
		["is", "is_not", "contains", "not_contains", "starts_with", "search"],
		fc.constantFrom("a@b.co", "https://a.co", "https://b.co/?q={1}", "b.co"),
	),
	asks(["Num", "Other", "Half"], ORDER, fc.constantFrom(...NUMBERS)),
	asks(["Rate"], ORDER, fc.constantFrom(1, 3, 4)),
	asks(["Pct"], ORDER, fc.constantFrom("50%", "0%", "0.5")),
	asks(["Done"], ["is", "is_not"], fc.boolean()),
	asks(["Day", "When"], ORDER, days),
	asks(
		["When"],
		ORDER,
		fc.constantFrom("2026-11-20T12:00:00+08:00", "2026-11-20T10:00"),
	),
	asks(
		["Day", "When"],
		["within"],
		fc.constantFrom("today", "this_week", "last_3_days", "next_7_days"),
	),
	lists(["Title", "Sel"], ["any_of", "none_of"], OPTIONS.slice(0, 3)),
	lists(["Num"], ["any_of", "none_of"], NUMBERS),
	lists(["Rate"], ["any_of", "none_of"], [1, 3, 4]),
	lists(["Mul"], ["any_of", "none_of", "has_all"], OPTIONS),
	lists(["Who"], ["any_of", "none_of", "has_all"], ["Ann", "Bo"]),
	lists(["Link"], ["any_of", "none_of", "has_all"], ["L1", "L, 2"]),
	asks(
		["Mul"],
		["is", "is_not"],
		fc.constantFrom(...OPTIONS.map((name) => `"${name}"`), "a, bb"),
	),
	asks(["Mul"], ["contains", "not_contains"], fc.constantFrom(...OPTIONS)),
	asks(
		["Who"],
		["is", "is_not", "contains", "not_contains"],
		fc.constantFrom("Ann", "Bo"),
	),
	fc.record({
		field: fc.constantFrom("Num", "Half"),
		op: fc.constant("between" as const),
		values: fc.constant(["-1", "3"]),
	}),
	fc.record({
		field: fc.constantFrom("Day", "When"),
		op: fc.constant("between" as const),
		values: fc.constant(["2026-11-18", "2026-11-21"]),
	}),
	fc.record({
		field: fc.constant("Num"),
		op: fc.constantFrom(...ORDER),
		other_field: fc.constantFrom("Other", "Rate", "Half"),
	}),
	fc.record({
		field: fc.constant("Title"),
		op: fc.constantFrom("is" as const, "is_not" as const),
		other_field: fc.constant("Long"),
	}),
	fc.record({
		field: fc.constantFrom(
			"Title",
			"Long",
			"Site",
			"Num",
			"Rate",
			"Sel",
			"Mul",
			"Day",
			"Who",
			"Link",
			"Half",
		),
		op: fc.constantFrom("is_empty" as const, "is_not_empty" as const),
	}),
	fc.record({
		field: fc.constant("*"),
		op: fc.constant("search" as const),
		value: fc.constantFrom("a", "L1", "2026"),
	}),
);
const filters: fc.Arbitrary<FilterInput> = fc.record({
	match: fc.constantFrom("all" as const, "any" as const),
	conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
	groups: fc.array(
		fc.record({
			match: fc.constantFrom("all" as const, "any" as const),
			conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
		}),
		{ maxLength: 2 },
	),
});

test("random filters over random rows pick what the evaluator alone picks", async () => {
	const { fake, session, table, fill } = mixedWorld();
	// Names of people are known to a column once it held them.
	fill([{ Title: "a", Who: [0, 1, 2] }]);
	let pushed = 0;
	let runs = 0;
	await fc.assert(
		fc.asyncProperty(
			fc.array(row, { minLength: 5, maxLength: 15 }),
			fc.array(filters, { minLength: 5, maxLength: 5 }),
			async (rows, some) => {
				fill(rows);
				const running = runningOf(session);
				const located = await locate(session, table, running);
				const stored = [];
				for await (const part of readRows(
					located,
					{
						fields: located.table.fields,
						system: located.adapter.systemColumns,
					},
					running.call,
				))
					stored.push(...part);
				for (const filter of some) {
					const { filter: resolved } = await resolveFilter(
						filter,
						located.table,
						{
							zone: located.table.zone,
							nowMs: session.clock.now(),
							lookups: lookupsOf(session, located, running),
							systemColumns: located.adapter.systemColumns,
						},
					);
					const expected = stored
						.filter((each) => matches(resolved, each, located.table))
						.map(({ id }) => id);
					const from = fake.log.length;
					const { structured } = await callTool(session, "query_records", {
						table,
						fields: ["Title"],
						filter,
						limit: 100,
					});
					runs++;
					if (
						fake.log
							.slice(from)
							.some(({ request }) => request.query.includes("filterByFormula"))
					)
						pushed++;
					expect(
						(structured.rows as [string][]).map(([id]) => id),
						JSON.stringify(filter),
					).toEqual(expected);
				}
			},
		),
		{ numRuns: 25, seed: 7 },
	);
	expect(pushed).toBeGreaterThan(runs / 3);
	const refused = fake.log.filter(
		({ request, response }) =>
			request.path.endsWith("/records") && response.status !== 200,
	);
	expect(refused).toEqual([]);
});
