import disks from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LOST_UNASKED } from "../../../src/core/contract/losses.js";
import { callTool } from "../../conformance/session.js";
import { localWorld, makeTable } from "../local-world.js";

const disk = { read: [] as string[], written: [0], open: 0, most: 0 };
const { open, writeFile } = disks;

// Modules that another test file has loaded are counted as well, which a mocked module would not do.
beforeEach(() => {
	disk.read.length = 0;
	disk.written.length = 1;
	disk.open = 0;
	disk.most = 0;
	disks.open = async (...args) => {
		if (args[1] !== "r") return open(...args);
		disk.read.push(String(args[0]));
		disk.most = Math.max(disk.most, ++disk.open);
		const handle = await open(...args);
		const close = handle.close.bind(handle);
		handle.close = () => {
			disk.open--;
			return close();
		};
		return handle;
	};
	disks.writeFile = (...args) => {
		disk.written.push(String(args[1]).length);
		return writeFile(...args);
	};
	syncBuiltinESMExports();
});

afterEach(() => {
	Object.assign(disks, { open, writeFile });
	syncBuiltinESMExports();
});

const ROUNDS = 10 * LOST_UNASKED.deleted;

/** Makes a record and deletes it, in two calls. */
async function round(
	session: ReturnType<typeof localWorld>["session"],
	table: string,
) {
	const { structured } = await callTool(session, "create_records", {
		table,
		records: [{ fields: { Title: "a" } }],
	});
	await callTool(session, "delete_records", {
		table,
		record_ids: structured.ids,
	});
}

test("single writes read no file of an earlier change twice, and what they keep of losses does not grow", async () => {
	const { session } = localWorld();
	const table = await makeTable(session, "Own", [
		{ name: "Title", type: "text" },
	]);
	for (let index = 0; index < ROUNDS; index++) await round(session, table);
	const journal = disk.read.filter((file) => file.endsWith(".jsonl"));
	// Past the bound it has to be looked at.
	expect(journal.length).toBeGreaterThan(ROUNDS);
	expect(journal.filter((it, index) => journal.indexOf(it) < index)).toEqual(
		[],
	);
	// An entry takes about a hundred bytes.
	expect(Math.max(...disk.written)).toBeLessThan(
		150 * (LOST_UNASKED.deleted + 2),
	);
}, 120_000);

test("what another process wrote meanwhile is counted in, and read once", async () => {
	const { session, another } = localWorld();
	const table = await makeTable(session, "Both", [
		{ name: "Title", type: "text" },
	]);
	const other = another();
	for (let index = 0; index < ROUNDS / 2; index++) {
		await round(session, table);
		await round(other, table);
	}
	const journal = disk.read.filter((file) => file.endsWith(".jsonl"));
	const times = new Map<string, number>();
	for (const file of journal) times.set(file, 1 + (times.get(file) ?? 0));
	expect(Math.max(...times.values())).toBe(2);
}, 120_000);

test("however many changes there are, few of their files are open at a time", async () => {
	const { session } = localWorld();
	const table = await makeTable(session, "Many", [
		{ name: "Title", type: "text" },
	]);
	for (let index = 0; index < ROUNDS; index++) await round(session, table);
	disk.most = 0;
	const { structured } = await callTool(session, "list_changes", {});
	expect(structured.changes).toHaveLength(20);
	expect(disk.most).toBeGreaterThan(0);
	expect(disk.most).toBeLessThanOrEqual(8);
}, 120_000);
