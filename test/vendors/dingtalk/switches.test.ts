import { describe, expect, onTestFinished, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import type { FilterInput } from "../../../src/core/contract/table.js";
import { resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import { locate } from "../../../src/core/places/locate.js";
import { lookupsOf } from "../../../src/core/read/lookups.js";
import { virtualClock } from "../../clock.js";
import { callTool, runningOf } from "../../conformance/session.js";
import { allRows, fileOf, plainValue } from "../../conformance/world.js";
import {
	createDingtalkFake,
	type DingtalkFake,
	type DingtalkSwitches,
} from "../../fakes/dingtalk/index.js";
import { temporaryFolder } from "../../folder.js";
import { dingtalkSession } from "./dingtalk-session.js";
import {
	CRIPPLING,
	HARMLESS,
	joined,
	type Part,
	togetherFlipped,
} from "./flips.js";

/*
 * What no document tells, both ways: the same work of a day must end the same way whatever the vendor does. Switches are
 * flipped in few runs that hold any two of them in every combination; those that make a part of the work impossible
 * are flipped by themselves, and on top of such a run.
 */

interface Day {
	readonly fake: DingtalkFake;
	readonly session: Session;
	readonly base: string;
	readonly parts: ReadonlySet<Part>;
}

function dayWith(
	switches: Partial<DingtalkSwitches>,
	without: readonly Part[],
) {
	const folder = temporaryFolder();
	const clock = virtualClock();
	const fake = createDingtalkFake({
		clock,
		switches: { monthlyCalls: Number.POSITIVE_INFINITY, ...switches },
	});
	fake.addUser({ name: "Ann" });
	const base = fake.addBase({ name: "Day" });
	fake.addSheet(base, {
		name: "First",
		fields: [{ name: "Title", type: "text" }],
	});
	const { session, close } = dingtalkSession({
		fake,
		clock,
		folder,
		bases: [base],
		zone: "Asia/Shanghai",
	});
	onTestFinished(close);
	return { fake, session, base, parts: new Set(without) } satisfies Day;
}

const COUNT = 9;

async function work({ session, base, parts }: Day): Promise<void> {
	const call = async (tool: string, args: Record<string, unknown>) => {
		const answer = await callTool(session, tool, args);
		expect([tool, answer.isError ?? false, answer.text]).toEqual([
			tool,
			false,
			answer.text,
		]);
		// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
		return answer.structured as any;
	};
	const make = async (name: string, fields: readonly object[]) =>
		(await call("create_table", { connection: "dingtalk", base, name, fields }))
			.table as string;
	const undocumented = !parts.has("undocumented");

	const goals = await make("Goals", [{ name: "Title", type: "text" }]);
	const table = await make("Tasks", [
		{ name: "Title", type: "text" },
		{ name: "Amount", type: "number" },
		{
			name: "State",
			type: "single_select",
			settings: { options: [{ name: "Open" }, { name: "Done" }] },
		},
		{
			name: "Tags",
			type: "multi_select",
			settings: { options: [{ name: "a" }, { name: "b" }, { name: "c" }] },
		},
		{ name: "Due", type: "date" },
		{ name: "Who", type: "user" },
		{ name: "Page", type: "url" },
		{ name: "Files", type: "attachment" },
		...(undocumented
			? [
					{ name: "Phone", type: "phone" },
					{ name: "Urgent", type: "checkbox" },
				]
			: []),
	]);
	for (const reference of [goals, table])
		expect(
			(await call("query_records", { table: reference, limit: 0 })).total,
		).toBe(0);
	const goalIds = (
		await call("create_records", {
			table: goals,
			records: ["Grow", "Save"].map((Title) => ({ fields: { Title } })),
		})
	).ids;
	const titled = await call("query_records", {
		table: goals,
		record_ids: goalIds,
	});
	expect((titled.rows as string[][]).map(([, title]) => title)).toEqual([
		"Grow",
		"Save",
	]);

	await call("create_field", {
		table,
		name: "Goal",
		type: "link",
		settings: {
			link_table: goals,
			two_way: true,
			...(parts.has("reverse") ? {} : { reverse_name: "Tasks" }),
		},
	});
	const given = Array.from({ length: COUNT }, (_, index) => ({
		fields: {
			Title: `Task ${index}`,
			...(index % 4 === 3 ? {} : { Amount: index * 1.5 - 3 }),
			...(index % 3 === 2 ? {} : { State: index % 2 === 0 ? "Open" : "Done" }),
			...(index % 3 === 0
				? {}
				: { Tags: index % 2 === 0 ? ["a", "c"] : ["b"] }),
			...(index % 4 === 1 ? {} : { Due: `2026-11-${15 + index}` }),
			...(index % 2 === 0 ? { Who: ["Ann"] } : {}),
			...(index === 1 ? { Page: "https://example.com/1" } : {}),
			...(index % 5 === 0 ? { Goal: [index === 0 ? goalIds[0] : "Save"] } : {}),
			...(undocumented && index % 2 === 1
				? { Phone: `138${index}`, Urgent: true }
				: {}),
		},
	}));
	const ids = (await call("create_records", { table, records: given })).ids;
	const plain = [
		"Title",
		"Amount",
		"State",
		"Tags",
		"Due",
		"Who",
		"Page",
		...(undocumented ? ["Phone", "Urgent"] : []),
	] as const;
	const shown = await call("query_records", {
		table,
		fields: [...plain, "Goal"],
		record_ids: ids,
	});
	const asGiven = (shown.rows as unknown[][]).map((row) => row.map(plainValue));
	expect(asGiven).toEqual(
		given.map(({ fields }, index) => [
			ids[index],
			...plain.map((name) => (fields as Record<string, unknown>)[name] ?? null),
			"Goal" in fields ? [index === 0 ? "Grow" : "Save"] : null,
		]),
	);
	if (!parts.has("mirror")) {
		const { rows } = await call("query_records", {
			table: goals,
			fields: ["Tasks"],
			record_ids: goalIds,
		});
		expect(rows).toEqual([
			[goalIds[0], ["Task 0"]],
			[goalIds[1], ["Task 5"]],
		]);
	}

	await compare(session, table);

	const system = await call("query_records", {
		table,
		fields: ["Title", "$created_by"],
		limit: 1,
	});
	expect((system.rows as unknown[][])[0]?.[2]).toEqual(["Owner"]);

	const updated = await call("update_records", {
		table,
		records: [
			{ id: ids[0], fields: { Amount: null, Due: null, State: null } },
			{ id: ids[1], fields: { Page: null, Tags: null, Title: "Other" } },
			{ id: ids[2], fields: { Who: { remove: ["Ann"] }, Amount: 99 } },
		],
	});
	expect(updated.counts).toMatchObject({ updated: 3, failed: 0 });
	const changed = await call("query_records", {
		table,
		fields: ["Title", "Amount", "Due", "State", "Page", "Tags", "Who"],
		record_ids: ids.slice(0, 3),
	});
	expect(changed.rows).toEqual([
		[ids[0], "Task 0", null, null, null, null, null, ["Ann"]],
		[ids[1], "Other", -1.5, null, "Done", null, null, null],
		[ids[2], "Task 2", 99, "2026-11-17", null, null, ["a", "c"], null],
	]);
	const keyed = await call("update_records", {
		table,
		match_on: ["Title"],
		upsert: true,
		records: [
			{ fields: { Title: "Task 3", Amount: 7 } },
			{ fields: { Title: "New", Amount: 8 } },
		],
	});
	expect(keyed.counts).toMatchObject({ updated: 1, created: 1 });
	const undone = await call("undo_change", { change_id: updated.change_id });
	expect(undone.counts).toMatchObject({ updated: 3, failed: 0 });
	const restored = await call("query_records", {
		table,
		fields: [...plain, "Goal"],
		record_ids: ids.slice(0, 3),
	});
	expect(restored.rows).toEqual(shown.rows.slice(0, 3));

	if (!parts.has("new option")) {
		const made = await call("create_records", {
			table,
			allow_new_options: true,
			records: [{ fields: { Title: "Blocked one", State: "Blocked" } }],
		});
		expect(made.counts).toMatchObject({ created: 1, failed: 0 });
	}
	if (!parts.has("rename option")) {
		await call("update_field", {
			table,
			field: "State",
			settings: { options: [{ name: "Open", new_name: "To do" }] },
		});
		const { rows } = await call("query_records", {
			table,
			fields: ["State"],
			record_ids: [ids[0], ids[3]],
		});
		expect(rows).toEqual([
			[ids[0], "To do"],
			[ids[3], "Done"],
		]);
	}
	if (!parts.has("remove option")) {
		await call("update_field", {
			table,
			field: "State",
			settings: { remove_options: ["Done"] },
			confirm: "without Done: State",
		});
		const { rows } = await call("query_records", {
			table,
			fields: ["State"],
			record_ids: [ids[3]],
		});
		expect(rows).toEqual([[ids[3], null]]);
	}

	const running = runningOf(session);
	const located = await locate(session, table, running, { maxAgeMs: 0 });
	const files = located.table.fields.find(({ name }) => name === "Files");
	const send = async (name: string) =>
		(
			await located.adapter.uploadFile?.(
				located.table,
				files as never,
				fileOf(name, name),
				running.call,
				() => {},
			)
		)?.token;
	for (const name of ["a.txt", "b.txt"])
		await call("update_records", {
			table,
			records: [
				{
					id: ids[0],
					fields: { Files: { add: [{ token: await send(name) }] } },
				},
			],
		});
	const content = await call("download_attachment", {
		table,
		field: "Files",
		record_ids: [ids[0]],
		as: "content",
	});
	expect(content.attachments).toMatchObject([
		{ name: "a.txt", shown: true },
		{ name: "b.txt", shown: true },
	]);

	const removed = await call("delete_records", {
		table,
		filter: {
			conditions: [{ field: "Title", op: "starts_with", value: "Task" }],
		},
		dry_run: true,
	});
	expect(removed.counts).toMatchObject({ deleted: COUNT });
	await call("delete_records", { table, record_ids: ids.slice(0, 4) });
	expect(
		(
			await call("query_records", {
				table,
				limit: 0,
				filter: {
					conditions: [{ field: "Title", op: "starts_with", value: "Task" }],
				},
			})
		).total,
	).toBe(COUNT - 4);
	await call("update_table", { table, name: "Work" });
	await call("delete_field", { table, field: "Page", confirm: "Page" });
	await call("delete_table", { table, confirm: "Work" });
}

const one = (
	field: string,
	op: FilterInput["conditions"][number]["op"],
	value?: string | number,
): FilterInput => ({
	match: "all",
	conditions: [{ field, op, ...(value === undefined ? {} : { value }) }],
});

const FILTERS: readonly FilterInput[] = [
	one("Title", "is", "task 1"),
	one("Title", "contains", "Task"),
	one("Title", "search", "TASK 2"),
	one("Amount", "is", 1.5),
	one("Amount", "gt", 0),
	one("Amount", "is_empty"),
	one("State", "is", "Open"),
	one("State", "is_not", "Open"),
	one("Tags", "contains", "a"),
	one("Tags", "not_contains", "b"),
	one("Due", "gte", "2026-11-20"),
	one("Due", "within", "this_week"),
	one("Due", "is", "2026-11-20"),
	one("Who", "contains", "Ann"),
	one("Who", "is_empty"),
	{
		match: "any",
		conditions: [
			{ field: "State", op: "is_not", value: "Done" },
			{ field: "Due", op: "lt", value: "2026-11-18" },
		],
		groups: [
			{
				match: "all",
				conditions: [
					{ field: "Amount", op: "between", values: [0, 5] },
					{ field: "Tags", op: "has_all", values: ["a", "c"] },
				],
			},
		],
	},
	{
		match: "all",
		conditions: [
			{ field: "Title", op: "any_of", values: ["Task 1", "Task 2"] },
		],
		groups: [
			{
				match: "any",
				conditions: [
					{ field: "State", op: "none_of", values: ["Open"] },
					{ field: "Amount", op: "lte", value: 0 },
				],
			},
		],
	},
];

/** The same rows as the evaluator alone. */
async function compare(session: Session, reference: string): Promise<void> {
	const running = runningOf(session);
	const located = await locate(session, reference, running);
	const rows = await allRows({ session }, located);
	for (const filter of FILTERS) {
		const resolved = await resolveFilter(filter, located.table, {
			zone: located.table.zone,
			nowMs: session.clock.now(),
			lookups: lookupsOf(session, located, running),
			systemColumns: located.adapter.systemColumns,
		});
		const expected = rows
			.filter((row) => matches(resolved.filter, row, located.table))
			.map(({ id }) => id);
		const { structured } = await callTool(session, "query_records", {
			table: reference,
			fields: ["Title"],
			filter,
			limit: 100,
		});
		const found = (structured.rows as string[][]).map(([id]) => id);
		expect([filter, found.toSorted()]).toEqual([filter, expected.toSorted()]);
	}
}

describe("a day's work, whatever the vendor does", () => {
	const rows = togetherFlipped();

	test("as the documents say", () => work(dayWith({}, [])));

	test("the rows hold any two switches in every combination", () => {
		for (const [a, first] of HARMLESS.entries())
			for (const [b, second] of HARMLESS.entries())
				for (const one of a < b ? first : [])
					for (const other of second)
						expect(rows.some((row) => row[a] === one && row[b] === other)).toBe(
							true,
						);
	});

	test.each(rows.map((row, index) => ({ index, row })))(
		"switches flipped together, $index",
		({ row }) => work(dayWith(joined(row), [])),
	);

	test.each(CRIPPLING)("$name", ({ switches, without }) =>
		work(dayWith(switches, without ?? [])),
	);

	test.each(CRIPPLING.map((each, index) => ({ ...each, index })))(
		"$name, among others",
		({ switches, without, index }) =>
			work(
				dayWith(
					{ ...joined(rows[index % rows.length] ?? []), ...switches },
					// Without ids of options nothing but the write itself could make one.
					"choiceIds" in switches
						? [...(without ?? []), "new option"]
						: (without ?? []),
				),
			),
	);
});
