import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openSqlite, type Sqlite } from "../../../src/vendors/local/sqlite.js";
import { virtualClock } from "../../clock.js";
import { temporaryFolder } from "../../folder.js";
import { BUILT, startServer } from "../../stdio.js";

/* Whoever copies `local.db` alone, once nobody works on it, has everything. */

async function open(file: string): Promise<Sqlite> {
	const db = await openSqlite(file, virtualClock());
	onTestFinished(() => db.close());
	return db;
}

async function countIn(file: string): Promise<unknown> {
	const copy = join(temporaryFolder(), "copy.db");
	copyFileSync(file, copy);
	const db = await open(copy);
	const [row] = db.all("SELECT count(*) AS count FROM things");
	return row?.count;
}

const logSize = (file: string) =>
	statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;

async function made(file: string): Promise<Sqlite> {
	const db = await open(file);
	await db.write(() => db.run("CREATE TABLE things (name TEXT)"));
	return db;
}

const add = (db: Sqlite) =>
	db.write(() => db.run("INSERT INTO things VALUES ('a')"));

test("closing leaves everything in the file", async () => {
	const file = join(temporaryFolder(), "local.db");
	const db = await made(file);
	await add(db);
	db.close();
	expect(logSize(file)).toBe(0);
	expect(await countIn(file)).toBe(1);
});

test("closing one of several leaves everything in the file, and the others go on", async () => {
	const file = join(temporaryFolder(), "local.db");
	const one = await made(file);
	const two = await open(file);
	await add(two);
	await add(one);
	one.close();
	expect(logSize(file)).toBe(0);
	expect(await countIn(file)).toBe(2);
	await add(two);
	expect(two.all("SELECT name FROM things")).toHaveLength(3);
	two.close();
	expect(await countIn(file)).toBe(3);
});

test("one that was idle for a while has everything in the file while it is open", async () => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	onTestFinished(() => void vi.useRealTimers());
	const file = join(temporaryFolder(), "local.db");
	const db = await made(file);
	await add(db);
	expect(logSize(file)).toBeGreaterThan(0);
	await vi.advanceTimersByTimeAsync(5_000);
	expect(logSize(file)).toBe(0);
	expect(await countIn(file)).toBe(1);
	expect(vi.getTimerCount()).toBe(0);
});

test("where another is writing at that moment it is tried again", async () => {
	vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
	onTestFinished(() => void vi.useRealTimers());
	const file = join(temporaryFolder(), "local.db");
	const db = await made(file);
	const other = await open(file);
	await add(db);
	await other.write(() => {
		other.run("INSERT INTO things VALUES ('b')");
		vi.advanceTimersByTime(1_500);
		expect(logSize(file)).toBeGreaterThan(0);
	});
	await vi.advanceTimersByTimeAsync(5_000);
	expect(logSize(file)).toBe(0);
	expect(await countIn(file)).toBe(2);
});

describe("a process that ends in order", () => {
	const table = { name: "Rows", fields: [{ name: "Title", type: "text" }] };
	const records = {
		table: "Rows",
		records: [{ fields: { Title: "kept" } }],
	};

	function expectWhole(folder: string) {
		const file = join(folder, "local.db");
		expect(logSize(file)).toBe(0);
		const other = temporaryFolder();
		copyFileSync(file, join(other, "local.db"));
		expect(call(other, "query_records", { table: "Rows" })).toContain("kept");
		// What was read there is not written anywhere else either.
		expect(existsSync(file)).toBe(true);
		expect(readFileSync(file).length).toBeGreaterThan(4_096);
	}

	function call(folder: string, tool: string, args: object): string {
		return spawnSync(
			process.execPath,
			[BUILT, "call", tool, JSON.stringify(args)],
			{
				encoding: "utf8",
				env: { PATH: process.env.PATH, TABLES_MCP_DATA_DIR: folder },
			},
		).stdout;
	}

	test("`call`", () => {
		const folder = temporaryFolder();
		call(folder, "create_table", table);
		call(folder, "create_records", records);
		expectWhole(folder);
	});

	test.each(["stdin", "SIGTERM"] as const)("%s", async (how) => {
		const folder = temporaryFolder();
		const server = startServer({ TABLES_MCP_DATA_DIR: folder });
		await server.initialize();
		await server.call("create_table", table);
		await server.call("create_records", records);
		if (how === "stdin") await server.end();
		else {
			const ended = once(server.process, "exit");
			server.process.kill("SIGTERM");
			await ended;
		}
		expectWhole(folder);
	});
});
