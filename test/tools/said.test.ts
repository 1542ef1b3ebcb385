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
