import { expect, test } from "vitest";
import { fieldSpec } from "../../src/tools/settings.js";
import { forgetWrites } from "../folder.js";
import { connected } from "../server/client.js";

/* What answers say of changes: what was done, what was not, and what can come back. */

test("changes of a table that is gone are found by the name and the reference that it had", async () => {
	const client = await connected();
	const { table } = (
		await client.ok("create_table", {
			name: "Old Tasks",
			fields: [{ name: "Name", type: "text" }],
		})
	).structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "x" } }],
	});
	await client.ok("create_table", {
		name: "Other",
		fields: [{ name: "Name", type: "text" }],
	});
	await client.ok("delete_table", { table, confirm: "Old Tasks" });
	for (const named of ["old tasks", table]) {
		const { structured } = await client.ok("list_changes", { table: named });
		expect(
			structured.changes.map(({ tool }: { tool: string }) => tool).sort(),
		).toEqual(["create_table", "delete_table"]);
		expect(structured.notes.join()).toContain("one that was called so");
	}
	await client.refused("list_changes", { table: "Never there" });
});

test("what was refused is not listed as done", async () => {
	const client = await connected();
	const { table } = (
		await client.ok("create_table", {
			name: "Tasks",
			fields: [{ name: "Name", type: "text" }],
		})
	).structured;
	await client.refused("create_field", { table, name: "Name", type: "text" });
	const { changes } = (await client.ok("list_changes")).structured;
	const failed = changes.filter(({ status }: { status: string }) =>
		status.startsWith("failed"),
	);
	for (const { what } of failed) expect(what).toMatch(/^not done: /);
	expect(failed).not.toEqual([]);
});

test("a download of records that are not there does not call them empty", async () => {
	const client = await connected();
	await client.ok("create_table", {
		name: "Tasks",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Files", type: "attachment" },
		],
	});
	const { text } = await client.call("download_attachment", {
		table: "Tasks",
		field: "Files",
		record_ids: ["recNone"],
	});
	expect(text).toContain("no such record: recNone");
	expect(text).not.toContain("is empty");
});

test("a type change by a store that loses no cell says nothing of loss", async () => {
	const client = await connected();
	const { table } = (
		await client.ok("create_table", {
			name: "Tasks",
			fields: [
				{ name: "Name", type: "text" },
				{ name: "Count", type: "text" },
			],
		})
	).structured;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "x", Count: "5" } }],
	});
	const { text } = await client.refused("update_field", {
		table,
		field: "Count",
		type: "number",
	});
	expect(text).not.toContain("lost");
	expect(text).toContain("(1 filled, and every cell fits)");
});

test("an update by filter that empties a field asks to empty it", async () => {
	const maker = await connected();
	const table = "Tasks";
	await maker.ok("create_table", {
		name: table,
		fields: ["Name", "Phone", "Note"].map((name) => ({ name, type: "text" })),
	});
	const fields = { Name: "x", Phone: "1", Note: "2" };
	await maker.ok("create_records", {
		table,
		records: Array.from({ length: 51 }, () => ({ fields })),
	});
	// What this person made themselves is overwritten unasked.
	forgetWrites(maker.folder);
	const client = await connected({ folder: maker.folder });
	const filter = { conditions: [{ field: "Name", op: "is", value: "x" }] };
	const set = { Phone: null, Note: "3" };
	const asked = async (values: object) =>
		(await client.refused("update_records", { table, filter, set: values }))
			.text;
	expect(await asked(set)).toContain('set "Note" and empty "Phone"');
	expect(await asked({ Note: [] })).toContain(
		'51 records of "Tasks": empty "Note"',
	);
});

test("the sheets that go with a workbook are named before and after", async () => {
	const client = await connected();
	for (const name of ["One", "Two"]) {
		await client.ok("create_table", {
			name,
			fields: [{ name: "Name", type: "text" }],
		});
		await client.ok("export_records", {
			table: name,
			file: "book.xlsx",
			sheet: name,
		});
	}
	const over = { table: "One", file: "book.xlsx" };
	const asked = await client.refused("export_records", over);
	expect(asked.text).toContain('all of its 2 sheets: "One", "Two"');
	const done = await client.ok("export_records", {
		...over,
		confirm: "book.xlsx",
	});
	expect(done.structured.notes.join()).toContain(
		'it had the sheets "One", "Two"',
	);
});

test("a list in a JSON file that is imported into a new table is shown as it is, with the way to have it", async () => {
	const client = await connected();
	client.put(
		"in.json",
		JSON.stringify([{ Name: "x", Tags: ["a", "b"], More: { c: 1 } }]),
	);
	const { text } = await client.call("import_records", {
		new_table: "Rows",
		file: "in.json",
		dry_run: true,
	});
	expect(text).not.toContain("[object Object]");
	expect(text).toContain("create_table before an import");
	expect(text).toContain("this is an object");
});

test("the color of an option may be a number as a text", async () => {
	const none = async () => undefined as never;
	const color = async (given: unknown) => {
		const { spec } = await fieldSpec(
			{
				name: "Stage",
				type: "single_select",
				settings: { options: [{ name: "Open", color: given }] },
			},
			undefined,
			none,
		);
		return spec.settings.options?.[0]?.color;
	};
	expect(await color("5")).toBe(5);
	expect(await color(5)).toBe(5);
	expect(await color("05")).toBe("05");
	expect(await color("teal_5")).toBe("teal_5");
});
