import { describe, expect, test } from "vitest";
import { connected } from "../server/client.js";

async function titled() {
	const client = await connected();
	await client.ok("create_table", {
		name: "Rows",
		fields: [{ name: "Title", type: "text" }],
	});
	return client;
}

describe("the local store refuses settings that mean nothing", () => {
	test.each([
		["number", { default: "many" }, /default "many" of "It" takes a number/],
		["number", { default: 9, max: 3 }, /above the greatest value 3/],
		[
			"single_select",
			{ options: [{ name: "A" }], default: "B" },
			/has no option "B"/,
		],
		["checkbox", { default: "perhaps" }, /takes true or false/],
		["rating", { max: 0 }, /has no stars/],
		["date", { format: "whatever" }, /"whatever" is not a date format/],
		["date", { format: "2026-11-20 14:00" }, /is not a date format/],
	])("%s %j", async (type, settings, said) => {
		const client = await titled();
		const field = { name: "It", type, settings };
		const { text } = await client.refused("create_field", {
			table: "Rows",
			...field,
		});
		expect(text).toMatch(said);
		await client.refused("create_table", {
			name: "Others",
			fields: [{ name: "Title", type: "text" }, field],
		});
	});
});

test.each([
	["options", ["A"], "single_select"],
	["link_table", "Rows", "link"],
	["max", 5, "rating"],
	["currency", "EUR", "currency"],
])(
	"a setting beside the settings is told where it belongs: %s",
	async (key, value, type) => {
		const client = await titled();
		const { text } = await client.refused("create_table", {
			name: "Others",
			fields: [
				{ name: "Title", type: "text" },
				{ name: "It", type, [key]: value },
			],
		});
		expect(text).toContain(
			`fields[1].${key} is not known; it is a setting: give it as fields[1].settings.${key}`,
		);
		const one = await client.refused("create_field", {
			table: "Rows",
			name: "It",
			type,
			[key]: value,
		});
		expect(one.text).toContain(`settings.${key}`);
	},
);

test("a default goes with its option: under a new name, and away", async () => {
	const client = await titled();
	await client.ok("create_field", {
		table: "Rows",
		name: "Stage",
		type: "single_select",
		settings: { options: [{ name: "New" }, { name: "Old" }], default: "New" },
	});
	const stage = async () => {
		const { structured } = await client.ok("create_records", {
			table: "Rows",
			records: [{ fields: { Title: "x" } }],
		});
		const read = await client.ok("query_records", {
			table: "Rows",
			record_ids: structured.ids,
			fields: ["Stage"],
		});
		return read.structured.rows[0][1];
	};
	expect(await stage()).toBe("New");
	await client.ok("update_field", {
		table: "Rows",
		field: "Stage",
		settings: { options: [{ name: "New", new_name: "Fresh" }] },
	});
	expect(await stage()).toBe("Fresh");
	await client.ok("update_field", {
		table: "Rows",
		field: "Stage",
		settings: { remove_options: ["Fresh"] },
		confirm: "without Fresh: Stage",
	});
	expect(await stage()).toBeNull();
});
