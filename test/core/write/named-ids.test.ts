import { expect, test } from "vitest";
import { callTool } from "../../conformance/session.js";
import { localWorld, makeTable } from "../local-world.js";

test("ids that are not there are refused before a person is asked, however many they are", async () => {
	const { session, another } = localWorld();
	const people = await makeTable(session, "People", [
		{ name: "Name", type: "text" },
	]);
	for (const count of [101, 1_001]) {
		const answer = await callTool(another(), "delete_records", {
			table: people,
			record_ids: Array.from({ length: count }, (_, one) => `recNone${one}`),
		});
		expect(answer.structured.counts).toMatchObject({ failed: count });
		expect(answer.structured.change_id).toBe(null);
	}
});

test("of more ids than are held at once those that are there are deleted once a person agrees", async () => {
	const { session, another } = localWorld();
	const table = await makeTable(session, "Rows", [
		{ name: "Title", type: "text" },
	]);
	const { structured } = await callTool(session, "create_records", {
		table,
		records: Array.from({ length: 20 }, () => ({ fields: { Title: "a" } })),
	});
	const ids = [
		...(structured.ids as string[]),
		...Array.from({ length: 1_000 }, (_, one) => `recNone${one}`),
	];
	const call = { table, record_ids: ids };
	const dry = await callTool(another(), "delete_records", {
		...call,
		dry_run: true,
	});
	const answer = await callTool(another(), "delete_records", {
		...call,
		confirm: "20",
	});
	for (const { structured: said } of [dry, answer])
		expect(said.counts).toMatchObject({ deleted: 20, failed: 1_000 });
});
