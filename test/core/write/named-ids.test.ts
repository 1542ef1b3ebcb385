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

test("one id that is not there among others refuses all of them, however many they are, and names it", async () => {
	const { session, another } = localWorld();
	const table = await makeTable(session, "Rows", [
		{ name: "Title", type: "text" },
	]);
	const made: string[] = [];
	for (const count of [20, 1_000]) {
		const { structured } = await callTool(session, "create_records", {
			table,
			records: Array.from({ length: count }, () => ({
				fields: { Title: "a" },
			})),
		});
		made.push(...(structured.ids as string[]));
		const call = { table, record_ids: ["recNone", ...made] };
		for (const more of [{ dry_run: true }, { confirm: String(made.length) }]) {
			const { structured: said } = await callTool(another(), "delete_records", {
				...call,
				...more,
			});
			expect(said.change_id).toBe(null);
			expect(said.counts).toMatchObject({
				deleted: 0,
				failed: 1,
				not_attempted: made.length,
			});
			expect(said.problems).toEqual([
				{ record: 0, message: "there is no record recNone" },
			]);
		}
		const { structured: left } = await callTool(session, "query_records", {
			table,
			limit: 0,
		});
		expect(left.total).toBe(made.length);
	}
});
