import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../../src/core/contract/session.js";
import { callTool, runningOf } from "../../conformance/session.js";
import {
	type LocalWorld,
	localWorld,
	makeTable,
	peopleAndTasks,
} from "../local-world.js";

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

/** Imports until so many rows are done, and goes on in another process. */
async function inTwo(
	{ session, another }: LocalWorld,
	args: Readonly<Record<string, unknown>>,
	done: number,
) {
	const stop = new AbortController();
	const running = runningOf(session);
	await callTool(session, "import_records", args, {
		...running,
		call: { ...running.call, signal: stop.signal },
		progress(count) {
			if (count >= done) stop.abort();
		},
	}).catch(() => {});
	const { structured } = await callTool(session, "list_changes", {});
	const [change] = structured.changes as { change_id: string }[];
	expect(JSON.stringify(change)).toMatch(/unfinished/);
	return callTool(another(), "import_records", {
		table: args.table,
		resume: change?.change_id,
	});
}

test("an import that is resumed knows what the rows before it claimed", async () => {
	const world = localWorld();
	const { session, folder } = world;
	const { people, tasks, make } = await peopleAndTasks(session, {
		multiple: false,
	});
	await make(tasks, [{ Title: "t0" }]);
	const rows = Array.from({ length: 1_300 }, (_, one) => ({
		Name: `p${one}`,
		...([0, 1_299].includes(one) ? { Tasks: ["t0"] } : {}),
	}));
	const { structured } = await inTwo(
		world,
		{ table: people, on_error: "skip", ...file(folder, rows) },
		500,
	);
	expect(structured.counts).toMatchObject({ created: 1_299, failed: 1 });
	expect(JSON.stringify(structured.problems)).toMatch(
		/as record 0 does, and .*link it once/,
	);
});

test("an import that is resumed knows which rows of its file the rows before it claimed", async () => {
	const world = localWorld();
	const { session, folder } = world;
	const table = await parts(session);
	const rows = Array.from({ length: 1_300 }, (_, one) => ({
		Name: `p${one}`,
		...([0, 1_298].includes(one) ? { Next: ["p1299"] } : {}),
	}));
	const { structured } = await inTwo(
		world,
		{ table, on_error: "skip", ...file(folder, rows) },
		500,
	);
	expect(structured.counts).toMatchObject({ created: 1_299, failed: 1 });
	expect(JSON.stringify(structured.problems)).toMatch(
		/as record 0 does, and .*link it once/,
	);
});

/** Parts that lead to the next one, each at most once. */
async function parts(session: Session): Promise<string> {
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
	return table;
}

test("rows that claim a row of the same file are refused but for the first", async () => {
	const { session, folder } = localWorld();
	const table = await parts(session);
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
