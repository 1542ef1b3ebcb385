import { expect, test } from "vitest";
import type { Cell } from "../../../src/core/contract/field.js";
import type { ConditionInput } from "../../../src/core/contract/table.js";
import { resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import {
	arityOf,
	COMPARES_COLUMNS,
	operatorsOf,
} from "../../../src/core/filter/operators.js";
import { undecidedNotes } from "../../../src/core/filter/undecided.js";
import { kindOf } from "../../../src/core/values/values.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { openWorld, PEERS } from "../../every-vendor/world.js";
import { field, knows, options, tableOf } from "../fields.js";
import { scriptedWorld } from "../scripted-session.js";

/*
 * A cell that could not be read decides nothing: no condition on it is true or false, and the answer says so. Only
 * whether there is something, and what is shown, can be told.
 */

const list = { value: { type: "number", list: true } } as const;
const FIELDS = [
	field("title", "text"),
	field("count", "number"),
	field("count2", "number"),
	field("share", "percent"),
	field("done", "checkbox"),
	field("done2", "checkbox"),
	field("status", "single_select", options("a", "b")),
	field("tags", "multi_select", options("a", "b")),
	field("due", "date"),
	field("due2", "date"),
	field("owner", "user"),
	field("parent", "link", { linkTable: "t2" }),
	field("files", "attachment"),
	field("url", "url"),
	field("place", "location"),
	field("number", "auto_number"),
	field("sum", "formula", {}, { value: { type: "number", list: false } }),
	field("sums", "lookup", {}, list),
];
const table = tableOf([...FIELDS, field("other", "text")]);
const context = {
	zone: "Asia/Shanghai",
	nowMs: Date.UTC(2026, 10, 20),
	lookups: knows({ a: ["u1"], b: ["u2"] }, { a: ["r1"], b: ["r2"] }),
	systemColumns: [],
};

const RAW = { raw: { message: "#Error" } } as unknown as Cell;

const VALUES: Readonly<Record<string, readonly [string, string]>> = {
	number: ["1", "2"],
	checkbox: ["true", "false"],
	date: ["2026-11-20", "2026-11-21"],
};

function conditionsOn(one: (typeof FIELDS)[number]): ConditionInput[] {
	const [first, second] =
		one.type === "percent"
			? ["10%", "20%"]
			: one.type === "auto_number"
				? ["1", "2"]
				: (VALUES[kindOf(one)] ?? ["a", "b"]);
	return operatorsOf(one).flatMap((op): ConditionInput[] => {
		const of = { field: one.name, op };
		const twin = FIELDS.find(({ name }) => name === `${one.name}2`);
		const compared =
			twin !== undefined && COMPARES_COLUMNS.includes(op)
				? [{ ...of, other_field: twin.name }]
				: [];
		switch (arityOf(op)) {
			case "one":
				return [{ ...of, value: first }, ...compared];
			case "many":
			case "two":
				return [{ ...of, values: [first, second] }];
			case "word":
				return [{ ...of, value: "today" }];
			default:
				return [of];
		}
	});
}

const TELLS = new Set(["is_empty", "is_not_empty", "search"]);

const CASES = FIELDS.flatMap((one) =>
	conditionsOn(one).map(
		(condition) => [JSON.stringify(condition), condition, one] as const,
	),
);

test("every operator is asked of every kind of field", () => {
	const asked = new Set(CASES.map(([, { op }]) => op));
	expect([...asked].sort()).toEqual(
		[...new Set(FIELDS.flatMap((one) => operatorsOf(one)))].sort(),
	);
	expect(CASES.length).toBeGreaterThan(100);
});

test.each(CASES)("%s", async (_, condition, { id, name }) => {
	const resolve = async (
		conditions: readonly ConditionInput[],
		match: "all" | "any" = "all",
	) => (await resolveFilter({ match, conditions }, table, context)).filter;
	for (const cell of [
		RAW,
		...(name === "sums" ? [[1, RAW] as unknown as Cell] : []),
	]) {
		const row = { id: "rec1", cells: { [id]: cell, f_other: "x" } };
		const alone = await resolve([condition]);
		const picked = matches(alone, row, table);
		if (TELLS.has(condition.op)) {
			expect(undecidedNotes(alone)).toEqual([]);
			continue;
		}
		expect(picked).toBe(false);
		expect(undecidedNotes(alone)).toEqual([
			expect.stringMatching(
				`"${name}" of 1 record \\(rec1\\) holds a value that could not be read`,
			),
		]);
		// What decides without it decides.
		for (const [match, value, ends] of [
			["any", "x", true],
			["any", "y", undefined],
			["all", "y", false],
			["all", "x", undefined],
		] as const) {
			const both = await resolve(
				[condition, { field: "other", op: "is", value }],
				match,
			);
			expect(matches(both, row, table)).toBe(ends ?? false);
			expect(undecidedNotes(both)).toHaveLength(ends === undefined ? 1 : 0);
		}
	}
});

test("the other side of a comparison leaves it open too", async () => {
	const { filter } = await resolveFilter(
		{
			match: "all",
			conditions: [{ field: "count", op: "lt", other_field: "count2" }],
		},
		table,
		context,
	);
	expect(
		matches(filter, { id: "r", cells: { f_count: 1, f_count2: RAW } }, table),
	).toBe(false);
	expect(undecidedNotes(filter)[0]).toContain('"count2" of 1 record');
});

const OPEN =
	/"Count" of 2 records \([^)]+\) holds a value that could not be read/;

test("each answer to a filter says what it could not decide, and a write leaves it alone", async () => {
	const world = await scriptedWorld({ page: 3 });
	const { session, table: here } = world;
	for (const Count of [1, { raw: "#NUM" }, 7, null, { raw: "#DIV" }])
		world.put(here, { Title: "t", ...(Count === null ? {} : { Count }) });
	const call = async (tool: string, args: object) => {
		const answer = await callTool(
			session,
			tool,
			{ table: here, ...args },
			runningOf(session),
		);
		// biome-ignore lint/suspicious/noExplicitAny: answers of several tools are looked into
		return { text: answer.text, structured: answer.structured as any };
	};
	const filter = { conditions: [{ field: "Count", op: "is_not", value: 7 }] };
	const rows = await call("query_records", { filter });
	expect(rows.structured).toMatchObject({ returned: 2, total: 2 });
	expect(rows.text).toMatch(OPEN);
	const sorted = await call("query_records", {
		filter,
		sort: [{ field: "Title" }],
	});
	expect(sorted.text).toMatch(OPEN);
	const count = await call("query_records", { filter, limit: 0 });
	expect(count.structured.total).toBe(2);
	expect(count.text).toMatch(OPEN);
	const groups = await call("query_records", {
		filter,
		group_by: [{ field: "Title" }],
	});
	expect(groups.text).toMatch(OPEN);
	const ids = (await call("query_records", {})).structured.rows.map(
		([id]: [string]) => id,
	);
	const named = await call("query_records", { filter, record_ids: ids });
	expect(named.text).toMatch(OPEN);
	const file = await call("export_records", { filter, file: "out.csv" });
	expect(file.structured.rows).toBe(2);
	expect(file.text).toMatch(OPEN);
	const update = await call("update_records", {
		filter,
		set: { Title: "new" },
	});
	expect(update.structured.counts.updated).toBe(2);
	expect(update.text).toMatch(OPEN);
	const gone = await call("delete_records", { filter });
	expect(gone.structured.counts.deleted).toBe(2);
	expect(gone.text).toMatch(OPEN);
	expect(world.cells(here)).toHaveLength(3);
});

test("sums, averages and groups say what they could not count", async () => {
	const world = await scriptedWorld({ page: 3 });
	const { session, table: here } = world;
	for (const Count of [1, { raw: "#NUM" }, 7])
		world.put(here, { Title: "t", Count });
	const call = async (args: object) => {
		const answer = await callTool(
			session,
			"query_records",
			{ table: here, ...args },
			runningOf(session),
		);
		// biome-ignore lint/suspicious/noExplicitAny: answers of several tools are looked into
		return { text: answer.text, structured: answer.structured as any };
	};
	const all = await call({
		aggregate: ["sum", "avg", "min", "max", "count"].map((name) => ({
			function: name,
			field: "Count",
		})),
	});
	expect(all.structured.rows).toEqual([[8, 4, 1, 7, 3]]);
	for (const name of ["sum", "avg", "min", "max"])
		expect(all.text).toContain(
			`${name} Count: 1 row holds a value there that could not be read`,
		);
	expect(all.text).not.toContain("count Count:");
	const grouped = await call({ group_by: [{ field: "Count" }] });
	expect(grouped.structured.rows).toHaveLength(3);
	expect(grouped.text).toContain("could not be read (such as");
});

test("a formula that fails is undecided, whatever the vendor's own filter says of it", async () => {
	const world = await openWorld(
		PEERS.find(({ id }) => id === "fusion") as (typeof PEERS)[number],
	);
	const { client, table: here } = world;
	await client.ok("create_field", {
		table: here,
		name: "Share",
		type: "formula",
		settings: { formula: "1/{Amount}" },
	});
	await client.ok("create_records", {
		table: here,
		records: [0, 4].map((Amount) => ({
			fields: { Title: `t${Amount}`, Amount },
		})),
	});
	const asked = (op: string) =>
		client.ok("query_records", {
			table: here,
			filter: { conditions: [{ field: "Share", op, value: 0.25 }] },
		});
	for (const [op, found] of [
		["is", 1],
		["lt", 0],
		["is_not", 0],
		["gte", 1],
	] as const) {
		const { structured, text } = await asked(op);
		expect(structured, text).toMatchObject({ returned: found, total: found });
		expect(text).toContain('"Share" of 1 record');
	}
});
