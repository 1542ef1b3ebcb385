import { describe, expect, test } from "vitest";
import { groupProblems } from "../../src/core/delivery/problem-groups.js";
import { connected } from "../server/client.js";

async function tasks(count: number) {
	const client = await connected();
	const made = await client.ok("create_table", {
		name: "Tasks",
		fields: [
			{ name: "Name", type: "text" },
			{
				name: "Tag",
				type: "single_select",
				settings: { options: [{ name: "a" }] },
			},
			{ name: "Due", type: "date" },
		],
	});
	const { table } = made.structured;
	await client.ok("create_records", {
		table,
		records: Array.from({ length: count }, (_, index) => ({
			fields: { Name: `task ${index}` },
		})),
	});
	return { client, table };
}

const ALL = {
	filter: { conditions: [{ field: "Name", op: "is_not_empty" }] },
};

test("a write by filter and its undo answer counts, and no ids", async () => {
	const { client, table } = await tasks(70);
	const set = await client.ok("update_records", {
		table,
		...ALL,
		set: { Tag: "a" },
	});
	expect(set.structured).toMatchObject({ counts: { updated: 70 }, ids: [] });
	expect(set.text.length).toBeLessThan(300);
	const { change_id } = set.structured;
	const undone = await client.ok("undo_change", { change_id });
	expect(undone.structured).toMatchObject({ counts: { updated: 70 }, ids: [] });
	expect(undone.text.length).toBeLessThan(300);
	const gone = await client.ok("delete_records", { table, ...ALL });
	expect(gone.structured).toMatchObject({ counts: { deleted: 70 }, ids: [] });
	expect(gone.text.length).toBeLessThan(300);
});

test("where part of many cannot be taken back the text has the first ids, their number, and where all of them are", async () => {
	const { client, table } = await tasks(70);
	const set = await client.ok("update_records", {
		table,
		...ALL,
		set: { Tag: "a" },
	});
	const { structured } = await client.ok("query_records", { table, limit: 1 });
	const id = structured.rows[0][0];
	await client.ok("update_records", {
		table,
		records: [{ id, fields: { Tag: null } }],
	});
	const { change_id } = set.structured;
	const undone = await client.call("undo_change", { change_id });
	expect(undone.structured.counts).toMatchObject({ updated: 69, failed: 1 });
	expect(undone.structured.ids).toHaveLength(70);
	expect(undone.structured.ids).toContain(id);
	const [line = ""] = undone.text.match(/^ids: .*$/m) ?? [];
	expect(line.match(/\brec\w+/g)).toEqual(undone.structured.ids.slice(0, 20));
	expect(line).toMatch(
		/ and 50 more: all 70 are in `ids` of the structured content$/,
	);
});

test("a problem that many records share is said once, with their numbers", async () => {
	const { client, table } = await tasks(0);
	const { text, structured } = await client.refused("create_records", {
		table,
		records: Array.from({ length: 70 }, (_, index) => ({
			fields: { Name: `x ${index}`, Due: index === 30 ? "soon" : "someday" },
		})),
	});
	expect(structured.problems).toMatchObject([
		{ record: 0, records: "0-29, 31-69", field: "Due", given: "someday" },
		{ record: 30, given: "soon" },
	]);
	expect(text).toContain("70 problems");
	expect(text.match(/someday/g)?.length).toBeLessThanOrEqual(2);
	expect(text).toContain("0-29, 31-69");
});

test("problems of a file are grouped with their lines; what is about no record is not grouped", async () => {
	const equal = { field: "A", message: "is not a number", given: "x" };
	const whole = { message: "the file ends here" };
	expect(
		await groupProblems(
			[
				{ record: 0, line: 2, ...equal },
				whole,
				{ record: 1, line: 4, ...equal },
				whole,
				{ record: 2, line: 5, ...equal, given: "y" },
			],
			20,
		),
	).toEqual({
		total: 5,
		isWhole: false,
		groups: [
			{
				...{ record: 0, records: "0-1", line: 2, lines: "2, 4", count: 2 },
				...equal,
			},
			whole,
			whole,
			{ record: 2, line: 5, ...equal, given: "y" },
		],
	});
});

describe("options that a write lets come into being are named, counted and cut", () => {
	test("by create_records", async () => {
		const { client, table } = await tasks(0);
		const { text } = await client.ok("create_records", {
			table,
			allow_new_options: true,
			records: ["a", "b", "c"].map((Tag) => ({ fields: { Tag } })),
		});
		expect(text).toContain('2 new options of "Tag": "b", "c"');
		const many = await client.ok("create_records", {
			table,
			allow_new_options: true,
			records: Array.from({ length: 60 }, (_, index) => ({
				fields: { Tag: `option ${index}` },
			})),
		});
		expect(many.text).toMatch(/60 new options of "Tag": .* and \d+ more/);
		const none = await client.ok("create_records", {
			table,
			allow_new_options: true,
			records: [{ fields: { Tag: "b" } }],
		});
		expect(none.text).not.toContain("new option");
	});

	test("by a filter and by a file", async () => {
		const { client, table } = await tasks(2);
		const set = await client.ok("update_records", {
			table,
			...ALL,
			set: { Tag: "z" },
			allow_new_options: true,
		});
		expect(set.text).toContain('1 new option of "Tag": "z"');
		client.put("in.csv", "Name,Tag\nx,q\n");
		const { text } = await client.ok("import_records", {
			table,
			file: "in.csv",
			allow_new_options: true,
		});
		expect(text).toContain('1 new option of "Tag": "q"');
	});
});
