import { beforeAll, describe, expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import {
	type ConditionInput,
	OPERATORS,
	type Operator,
	type Row,
} from "../../../src/core/contract/table.js";
import { resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import { pushDown } from "../../../src/core/filter/push-down.js";
import { type Located, locate } from "../../../src/core/places/locate.js";
import { lookupsOf } from "../../../src/core/read/lookups.js";
import { readRows } from "../../../src/core/read/read.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { measuredAnswers } from "../../fakes/fusion/measured.js";
import { measuredTable } from "./measured-table.js";

/*
 * Conditions over every column, operator and hostile value are asked of the recorded table. Whatever formula of the
 * vendor's own answers goes out, the answer is that of the evaluator over the whole table, which never saw the vendor.
 */

const { fake, table, sessionIn, numbersOf } = measuredTable();
const { fields, filters } = measuredAnswers();

const TEXTS = [
	...["Alpha", "alpha", 'Beta "q"', "it's", "Gamma {x}", "a,b"],
	...["back\\slash", "line\nbreak", " lead space", "Ünïcode", "日本語"],
	...["tab\tx", "“curly”", "100%", "0", "null", "=SUM(1)"],
	...["\u00e9", "e\u0301", "nothing such", "u4@x.test", "+49 7", "Acme"],
	...["alpha!", "!", " ", "_", "%", "'", '"', "\\", "{", "}", "1", "ALPHA"],
	...["Comma, Inc", ",", "Title 5", "ÜNÏ", "\\n", "&", '("x")', "TRUE()"],
	...["‘x’", "a\u00a0b", "😀", "x.test"],
];
const NUMBERS = [
	...[0, 1, -1, 0.5, -0.5, 0.1, 0.3, 7.5, 0, 10, 10.5, 1234567.891],
	...[1000, 2, 300, 99999999999, 3, 5, 4, 21],
];
const OPTIONS = {
	Stage: ["Lead", "Won", "Lost", "lead", "A, B", 'Q "x"', "B{r}"],
	Tags: ["b", "bb", "a, b", 'c "q"', "d{e}", "B"],
};
const PEOPLE = [
	"Olga Owner",
	"Edi Editor",
	"Rita Reader",
	"Sam Seeder",
	"Team Blue",
];
const DAYS = [
	...["2026-10-14", "2026-11-01", "2026-11-05", "2026-11-06", "2026-11-27"],
	...["2026-12-01", "2026-12-30", "2026-12-31"],
	...["2026-10-14T13:00:01", "2026-11-27T13:00:00", "2026-11-05T00:00"],
];
const WITHIN = ["today", "yesterday", "this_week", "last_7_days", "next_month"];

/** Values that a column of this type is asked for. */
function valuesOf(name: string, type: string): readonly string[] {
	if (name in OPTIONS) return OPTIONS[name as keyof typeof OPTIONS];
	switch (type) {
		case "Number":
		case "Currency":
		case "Rating":
		case "AutoNumber":
			return NUMBERS.map(String);
		case "Percent":
			return NUMBERS.map(
				(value) => `${Number((value * 100).toPrecision(15))}%`,
			);
		case "Checkbox":
			return ["true", "false"];
		case "DateTime":
		case "CreatedTime":
		case "LastModifiedTime":
			return DAYS;
		case "Member":
		case "CreatedBy":
		case "LastModifiedBy":
			return [...PEOPLE, "1200000000000000004"];
		case "URL":
			return [
				"https://x.test/1",
				"https://x.test/4",
				"Page",
				"Page 4",
				"x.test",
			];
		case "Attachment":
			return ["doc.txt", "none.txt"];
		case "TwoWayLink":
		case "OneWayLink":
			return ["Acme", "Comma, Inc", "Main customer"];
		case "SingleText":
		case "Text":
		case "Email":
		case "Phone":
		case "Cascader":
			return TEXTS;
		default:
			return ["Acme", "1", "true", "2026-11-05"];
	}
}

/** Lists of the values of a column: neighbours, two and three at a time. */
function listsOf(values: readonly string[]): readonly (readonly string[])[] {
	return [2, 3].flatMap((step) =>
		Array.from({ length: Math.ceil(values.length / step) }, (_, index) =>
			values.slice(index * step, (index + 1) * step),
		),
	);
}

/** Operators whose formula is much the same for every text: a few texts of each are enough. */
const FEW: ReadonlySet<Operator> = new Set([
	"is_not",
	"not_contains",
	"starts_with",
	"none_of",
	"has_all",
]);

function conditionsOn(name: string, type: string): readonly ConditionInput[] {
	const values = valuesOf(name, type);
	return OPERATORS.flatMap((op): readonly ConditionInput[] => {
		const some = FEW.has(op) ? values.slice(0, 7) : values;
		switch (op) {
			case "is_empty":
			case "is_not_empty":
				return [{ field: name, op }];
			case "any_of":
			case "none_of":
			case "has_all":
				return listsOf(some).map((list) => ({ field: name, op, values: list }));
			case "between":
				return some.flatMap((from, index) =>
					some
						.slice(index + 1, index + 4)
						.map((to) => ({ field: name, op, values: [from, to] })),
				);
			case "within":
				return WITHIN.map((value) => ({ field: name, op, value }));
			default:
				return some.map((value) => ({ field: name, op, value }));
		}
	});
}

interface Asked {
	readonly session: Session;
	readonly located: Located;
	readonly rows: readonly Row[];
}

async function open(zone: string): Promise<Asked> {
	const session = sessionIn(zone);
	const running = runningOf(session);
	const located = await locate(session, table, running);
	const rows: Row[] = [];
	for await (const part of readRows(
		located,
		{ fields: located.table.fields },
		running.call,
	))
		rows.push(...part);
	return { session, located, rows };
}

/** What the condition means, and the formula that goes out for it; undefined: it is refused. */
async function meaning({ session, located, rows }: Asked, one: ConditionInput) {
	const { table, adapter } = located;
	const resolved = await resolveFilter(
		{ match: "all", conditions: [one] },
		table,
		{
			zone: table.zone,
			nowMs: session.clock.now(),
			lookups: lookupsOf(session, located, runningOf(session)),
			systemColumns: adapter.systemColumns,
		},
	).catch(() => undefined);
	if (resolved === undefined) return undefined;
	const { expr, exact } = pushDown(resolved.filter, adapter.dialect, {
		zone: table.zone,
	});
	return {
		formula: expr as string | undefined,
		exact,
		wanted: numbersOf(
			rows
				.filter((row) => matches(resolved.filter, row, table))
				.map(({ id }) => [id]),
		),
	};
}

const reached = new Set<string>();

describe.each(["Etc/UTC", "America/New_York", "Asia/Shanghai"])(
	"in %s",
	(zone) => {
		let asked: Asked;
		beforeAll(async () => {
			asked = await open(zone);
		});
		const dated = (type: string) => /Time$/.test(type);
		test.each(fields.filter(({ type }) => zone === "Etc/UTC" || dated(type)))(
			"$name",
			async ({ name, type }) => {
				for (const one of conditionsOn(name, type)) {
					const meant = await meaning(asked, one);
					const recorded = filters.get(meant?.formula ?? "");
					if (meant?.formula === undefined || recorded === undefined) continue;
					reached.add(meant.formula);
					const { structured } = await callTool(
						asked.session,
						"query_records",
						{
							table,
							fields: ["Title"],
							filter: { conditions: [one] },
							limit: 300,
						},
					);
					const sent = new URLSearchParams(fake.log.at(-1)?.request.query);
					const label = `${JSON.stringify(one)} ${meant.formula}`;
					expect(sent.get("filterByFormula"), label).toBe(meant.formula);
					const rows = numbersOf(structured.rows as [string][]);
					if (meant.exact) expect(rows, label).toEqual(recorded);
					else expect(recorded, label).toEqual(expect.arrayContaining(rows));
					const left = fake.store.tables
						.get("dstMeasured")
						?.unseen.get(meant.formula);
					if (left === undefined) expect(rows, label).toEqual(meant.wanted);
				}
			},
		);
	},
);

test("most of the recorded formulas went out", () => {
	expect(filters.size).toBe(817);
	expect(reached.size).toBeGreaterThanOrEqual(600);
});
