import { expect, test } from "vitest";
import { connected } from "../server/client.js";

/* What answers say in the words of the arguments, and what a model would else have to guess. */

async function titled() {
	const client = await connected();
	await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Note", type: "text" },
			{ name: "Day", type: "date" },
		],
	});
	return client;
}

test("a changed view says what was changed by the names of the arguments", async () => {
	const client = await titled();
	await client.ok("create_view", { table: "Rows", name: "Short" });
	const { text } = await client.ok("update_view", {
		table: "Rows",
		view: "Short",
		hidden_fields: ["Note"],
	});
	expect(text).toContain(": hidden_fields");
});

test("list_tables says which day it is, as describe_fields does", async () => {
	const client = await titled();
	const listed = await client.ok("list_tables", {});
	const described = await client.ok("describe_fields", { table: "Rows" });
	const { today } = listed.structured;
	expect(today).toBe(described.structured.today);
	expect(listed.text).toContain(`today is ${today}`);
});

test("`today` is a value of a date, and the answer says which day that is", async () => {
	const client = await titled();
	const { structured } = await client.ok("list_tables", {});
	const made = await client.ok("create_records", {
		table: "Rows",
		records: [{ fields: { Title: "a", Day: "today" } }],
	});
	expect(made.text).toContain(`"today" in "Day" is ${structured.today}`);
	const read = await client.ok("query_records", { table: "Rows" });
	expect(read.text).toContain(structured.today);
});

test("the toolsets that are off say what they can do", async () => {
	const client = await titled();
	expect(client.client.getInstructions()).toMatch(
		/Off: bases \(make, copy, share\)/,
	);
});

test("where there is no table yet, the tools that make one are named; a search that finds none says how to see all", async () => {
	const client = await connected();
	const { text, structured } = await client.ok("list_tables");
	for (const said of [text, structured.notes.join("\n")])
		expect(said).toMatch(/create_table .*import_records with `new_table`/);
	const searched = await client.ok("list_tables", { search: "Castles" });
	expect(searched.text).toContain("list_tables without `search`");
	expect(searched.text).not.toContain("create_table");
	const reader = await connected({
		environment: { TABLES_MCP_READ_ONLY: "1" },
	});
	expect((await reader.ok("list_tables")).text).not.toContain("create_table");
});

test("a percent that may be two is refused with values that the same tool takes", async () => {
	const client = await titled();
	const table = "Rows";
	await client.ok("create_field", { table, name: "Rate", type: "percent" });
	const calls: readonly [string, (value: unknown) => object][] = [
		["create_records", (Rate) => ({ table, records: [{ fields: { Rate } }] })],
		[
			"query_records",
			(value) => ({
				table,
				filter: { conditions: [{ field: "Rate", op: "gt", value }] },
			}),
		],
		[
			"update_field",
			(value) => ({ table, field: "Rate", settings: { default: value } }),
		],
	];
	for (const [tool, args] of calls)
		for (const given of [50, 1.5, -20]) {
			const { structured } = await client.refused(tool, args(given));
			const said = JSON.stringify(structured);
			const [, percent = "", other = "", fraction = ""] =
				/give \\+"([^"\\]+)\\+" or \\+"([^"\\]+)\\+", or the first as the fraction (-?[0-9.]+)/.exec(
					said,
				) ?? [];
			expect(percent, said).toBe(`${given}%`);
			expect(Number(fraction)).toBeCloseTo(given / 100);
			for (const taken of [percent, other, Number(fraction)])
				await client.ok(tool, args(taken));
		}
});

test("numbers that cannot become percent have a way there", async () => {
	const client = await titled();
	const table = "Rows";
	await client.ok("create_field", { table, name: "N", type: "number" });
	const made = await client.ok("create_records", {
		table,
		records: [{ fields: { N: 50 } }],
	});
	const change = { table, field: "N", type: "percent" };
	const confirm = "to percent: N";
	const { text } = await client.refused("update_field", { ...change, confirm });
	expect(text).toMatch(/update_records \(0\.5 for 50 %\)/);
	await client.ok("update_records", {
		table,
		records: [{ id: made.structured.ids[0], fields: { N: 0.5 } }],
	});
	await client.ok("update_field", { ...change, confirm });
	const read = await client.ok("query_records", { table, fields: ["N"] });
	expect(read.text).toContain("50%");
});

test("an option that is renamed, an undo of that, and an undo of the undo each say which name it has", async () => {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Deals",
		fields: [
			{ name: "Title", type: "text" },
			{
				name: "Stage",
				type: "single_select",
				settings: { options: [{ name: "Open" }, { name: "Done" }] },
			},
		],
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Title: "a", Stage: "Open" } }],
	});
	const renamed = await client.ok("update_field", {
		table,
		field: "Stage",
		settings: { options: [{ name: "Open", new_name: "Running" }] },
	});
	const stage = async () =>
		(await client.ok("query_records", { table, fields: ["Stage"] })).structured
			.rows[0][1];
	let change = renamed.structured.change_id as string;
	for (const [from, to] of [
		["Running", "Open"],
		["Open", "Running"],
		["Running", "Open"],
	]) {
		expect(await stage()).toBe(from);
		const undone = await client.ok("undo_change", { change_id: change });
		expect(undone.text).toContain(`option "${from}" to "${to}"`);
		expect(await stage()).toBe(to);
		const listed = await client.ok("list_changes", { table });
		const row = (id: unknown) =>
			listed.structured.changes.find(
				(one: { change_id: string }) => one.change_id === id,
			);
		expect(row(change).undo).toBe(`undone by ${undone.structured.change_id}`);
		expect(row(undone.structured.change_id).what).toContain(
			`option "${from}" to "${to}"`,
		);
		change = undone.structured.change_id;
	}
});
