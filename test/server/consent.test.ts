import { expect, test } from "vitest";
import { virtualClock } from "../clock.js";
import { type ClientOptions, connected, type TestClient } from "./client.js";

const yes = () => ({ action: "accept" as const, content: { agree: true } });

/** A table with twelve records and a view. */
async function prepared(options: ClientOptions = {}) {
	const client = await connected(options);
	const { structured } = await client.ok("create_table", {
		name: "Tasks",
		fields: [
			{ name: "Name", type: "text" },
			{
				name: "Stage",
				type: "single_select",
				settings: { options: [{ name: "Open" }, { name: "Done" }] },
			},
		],
	});
	const table = structured.table as string;
	const made = await client.ok("create_records", {
		table,
		records: Array.from({ length: 12 }, (_, index) => ({
			fields: { Name: `task ${index}`, Stage: "Open" },
		})),
	});
	await client.ok("create_view", { table, name: "Board", type: "kanban" });
	client.put("out.csv", "precious");
	return { client, table, ids: made.structured.ids as string[] };
}

const ALL = {
	filter: { conditions: [{ field: "Name", op: "is_not_empty" }] },
};

/** What must be asked before: the call, what `confirm` must be, how the question reads, and how to see that nothing was done. */
const ASKED: readonly [
	string,
	string,
	object | ((ids: readonly string[]) => object),
	string,
	RegExp,
][] = [
	["deleting a table", "delete_table", {}, "Tasks", /delete .*"?Tasks/],
	[
		"deleting a field",
		"delete_field",
		{ field: "Stage" },
		"Stage",
		/delete .*"Stage"/,
	],
	[
		"deleting a view",
		"delete_view",
		{ view: "Board" },
		"Board",
		/delete .*"Board"/,
	],
	[
		"deleting more than ten records by id",
		"delete_records",
		(ids) => ({ record_ids: ids }),
		"12",
		/delete 12 records of "Tasks"/,
	],
	[
		"deleting more than ten records by filter",
		"delete_records",
		ALL,
		"12",
		/delete 12 records of "Tasks"/,
	],
	[
		"changing more than ten records by filter",
		"update_records",
		{ ...ALL, set: { Stage: "Done" } },
		"12",
		/change 12 records of "Tasks".*Stage/,
	],
	[
		"changing a field's type",
		"update_field",
		{ field: "Stage", type: "text" },
		"Stage",
		/"Stage".*text/,
	],
	[
		"removing an option",
		"update_field",
		{ field: "Stage", settings: { remove_options: ["Done"] } },
		"Stage",
		/"?Done"?/,
	],
	[
		"overwriting a file",
		"export_records",
		{ file: "out.csv" },
		"out.csv",
		/overwrite the file "out.csv"/,
	],
];

async function state(client: TestClient, table: string) {
	const described = await client.call("describe_fields", { table });
	const rows = await client.call("query_records", { table });
	const changes = await client.ok("list_changes");
	return JSON.stringify([
		described.structured.fields,
		described.structured.views,
		rows.structured.rows,
		changes.structured.changes.length,
		client.read("out.csv"),
	]);
}

const argsOf = (
	args: (typeof ASKED)[number][2],
	table: string,
	ids: readonly string[],
) => ({ table, ...(typeof args === "function" ? args(ids) : args) });

test.each(ASKED)(
	"%s: a client that can ask is asked, even with confirm, and a no sends nothing",
	async (_, tool, args, confirm, question) => {
		for (const answer of [
			{ action: "decline" as const },
			{ action: "cancel" as const },
			{ action: "accept" as const, content: { agree: false } },
			{ action: "accept" as const, content: {} },
		]) {
			const { client, table, ids } = await prepared({ person: () => answer });
			const before = await state(client, table);
			const refused = await client.refused(tool, {
				...argsOf(args, table, ids),
				confirm,
			});
			expect(client.asked).toEqual([expect.stringMatching(question)]);
			expect(refused.text).toMatch(/^declined: .*\n.*Nothing was sent/);
			expect(await state(client, table)).toBe(before);
		}
	},
);

test.each(ASKED)(
	"%s: a yes is enough",
	async (_, tool, args, _confirm, question) => {
		const { client, table, ids } = await prepared({ person: yes });
		const before = await state(client, table);
		await client.ok(tool, argsOf(args, table, ids));
		expect(client.asked).toEqual([expect.stringMatching(question)]);
		expect(await state(client, table)).not.toBe(before);
	},
);

test.each(ASKED)(
	"%s: without elicitation `confirm` must be right, and the refusal says what it is",
	async (_, tool, args, confirm) => {
		const { client, table, ids } = await prepared();
		const before = await state(client, table);
		for (const wrong of [undefined, "", "yes", `${confirm}x`]) {
			const refused = await client.refused(tool, {
				...argsOf(args, table, ids),
				...(wrong === undefined ? {} : { confirm: wrong }),
			});
			expect(refused.text).toContain(`confirm: ${JSON.stringify(confirm)}`);
			expect(refused.text).toContain("Ask the person");
			expect(refused.structured.error.code).toBe("declined");
		}
		expect(await state(client, table)).toBe(before);
		await client.ok(tool, { ...argsOf(args, table, ids), confirm });
		expect(client.asked).toEqual([]);
		expect(await state(client, table)).not.toBe(before);
	},
);

test("ten records, a dry run and what changes nothing are not asked about", async () => {
	const { client, table, ids } = await prepared({
		person: () => ({ action: "decline" }),
	});
	await client.ok("delete_records", { table, record_ids: ids, dry_run: true });
	await client.ok("update_records", { table, ...ALL, set: { Stage: "Open" } });
	await client.ok("update_records", {
		table,
		filter: {
			conditions: [{ field: "Name", op: "any_of", values: names(10) }],
		},
		set: { Stage: "Done" },
	});
	await client.ok("delete_records", { table, record_ids: ids.slice(0, 10) });
	await client.ok("update_field", {
		table,
		field: "Stage",
		settings: { options: [{ name: "New" }] },
	});
	await client.ok("export_records", { table, file: "new.csv" });
	expect(client.asked).toEqual([]);
});

const names = (count: number) =>
	Array.from({ length: count }, (_, index) => `task ${index}`);

test("the 45 seconds of a call begin with the person's yes", async () => {
	const clock = virtualClock();
	const { client, table, ids } = await prepared({
		clock,
		person: () => {
			clock.advance(9 * 60_000);
			return yes();
		},
	});
	const answer = await client.ok("delete_records", { table, record_ids: ids });
	expect(answer.structured.counts).toMatchObject({
		deleted: 12,
		not_attempted: 0,
	});
});

test("a question that fails on the client's side counts as no", async () => {
	const { client, table, ids } = await prepared({
		person: () => {
			throw new Error("the window was closed");
		},
	});
	const answer = await client.refused("delete_records", {
		table,
		record_ids: ids,
	});
	expect(answer.text).toMatch(/declined: the person did not answer/);
	expect(
		(await client.ok("query_records", { table, limit: 0 })).structured.total,
	).toBe(12);
});
