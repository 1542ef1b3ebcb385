import { expect, test } from "vitest";
import { connected } from "../../server/client.js";

/* What becomes of views when their table changes. */

async function withView(conditions: readonly object[], type = "single_select") {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Sales",
		fields: [
			{ name: "No", type: "text" },
			{
				name: "Town",
				type,
				settings: {
					options: [{ name: "Köln" }, { name: "Bonn" }, { name: "Trier" }],
				},
			},
		],
	});
	const { table } = structured;
	await client.ok("create_records", {
		table,
		records: [
			{ fields: { No: "1", Town: "Köln" } },
			{ fields: { No: "2", Town: "Bonn" } },
			{ fields: { No: "3", Town: "Trier" } },
		],
	});
	await client.ok("create_view", {
		table,
		name: "West",
		filter: { match: "all", conditions },
	});
	const shown = async () => {
		const read = await client.ok("query_records", {
			...{ table, view: "West", ids: false, fields: ["No"] },
		});
		return (read.structured.rows as string[][]).flat();
	};
	return { client, table, shown };
}

const renamed = (...options: readonly (readonly [string, string])[]) => ({
	field: "Town",
	settings: {
		options: options.map(([name, new_name]) => ({ name, new_name })),
	},
});

test.each([
	["is", { op: "is", value: "Köln" }, ["1"]],
	["is, spelled otherwise", { op: "is", value: "köln" }, ["1"]],
	["any_of", { op: "any_of", values: ["Köln", "Trier"] }, ["1", "3"]],
	["none_of", { op: "none_of", values: ["Köln"] }, ["2", "3"]],
])(
	"the filter of a view (%s) follows the new name of an option, and its undo",
	async (_, condition, rows) => {
		const { client, table, shown } = await withView([
			{ field: "Town", ...condition },
		]);
		expect(await shown()).toEqual(rows);
		const { structured } = await client.ok("update_field", {
			...{ table, ...renamed(["Köln", "Cologne"]) },
		});
		expect(await shown()).toEqual(rows);
		await client.ok("undo_change", { change_id: structured.change_id });
		expect(await shown()).toEqual(rows);
	},
);

test("a list in the filter of a view follows as well", async () => {
	const { client, table, shown } = await withView(
		[{ field: "Town", op: "has_all", values: ["Köln"] }],
		"multi_select",
	);
	await client.ok("update_field", {
		...{ table, ...renamed(["Köln", "Cologne, Rhine"]) },
	});
	expect(await shown()).toEqual(["1"]);
});

test("a view whose filter cannot be read any more is named, with the tool that changes it", async () => {
	const { client, table } = await withView([
		{ field: "Town", op: "is", value: "Köln" },
	]);
	await client.ok("update_field", {
		...{ table, field: "Town", settings: { remove_options: ["Köln"] } },
		confirm: "without Köln: Town",
	});
	const refused = await client.refused("query_records", {
		...{ table, view: "West" },
	});
	expect(refused.text).toContain('the filter of view "West" cannot be read');
	expect(refused.text).toContain("update_view");
});
