import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { callTool } from "../../conformance/session.js";
import { localWorld, makeTable, peopleAndTasks } from "../local-world.js";

/* Rows of a file that link one record which holds one link only: however far apart, the second one is refused. */

function file(folder: string, rows: readonly object[]): { file: string } {
	mkdirSync(join(folder, "files"), { recursive: true });
	writeFileSync(join(folder, "files", "f.json"), JSON.stringify(rows));
	return { file: "f.json" };
}

test.each([2, 1_200])(
	"rows that claim one record are refused but for the first, %i rows apart",
	async (apart) => {
		const { session, folder } = localWorld();
		const { people, tasks, make } = await peopleAndTasks(session, {
			multiple: false,
		});
		await make(tasks, [{ Title: "t0" }]);
		const rows = Array.from({ length: apart + 1 }, (_, one) => ({
			Name: `p${one}`,
			...(one % apart === 0 ? { Tasks: ["t0"] } : {}),
		}));
		const args = {
			...{ table: people, on_error: "skip" },
			...file(folder, rows),
		};
		for (const more of [{ dry_run: true }, {}]) {
			const { structured } = await callTool(session, "import_records", {
				...args,
				...more,
			});
			expect(structured.counts).toMatchObject({ created: apart, failed: 1 });
			expect(JSON.stringify(structured.problems)).toMatch(
				/as record 0 does, and .*link it once/,
			);
		}
		const held = await callTool(session, "query_records", {
			table: tasks,
			fields: ["Who"],
		});
		expect(JSON.stringify(held.structured.rows)).toContain("p0");
	},
);

test("rows that claim a row of the same file are refused but for the first", async () => {
	const { session, folder } = localWorld();
	const table = await makeTable(session, "Parts", [
		{ name: "Name", type: "text" },
	]);
	await callTool(session, "create_field", {
		table,
		name: "Next",
		type: "link",
		settings: {
			...{ link_table: table, two_way: true, reverse_name: "Before" },
			multiple: true,
		},
	});
	await callTool(session, "update_field", {
		table,
		field: "Before",
		settings: { multiple: false },
	});
	const { structured } = await callTool(session, "import_records", {
		...{ table, on_error: "skip" },
		...file(folder, [
			{ Name: "a", Next: ["c"] },
			{ Name: "b", Next: ["c"] },
			{ Name: "c" },
		]),
	});
	expect(structured.counts).toMatchObject({ created: 2, failed: 1 });
	expect(JSON.stringify(structured.problems)).toMatch(/link it once/);
});
