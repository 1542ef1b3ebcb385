import {
	closeSync,
	copyFileSync,
	ftruncateSync,
	mkdirSync,
	openSync,
	renameSync,
	rmSync,
	statSync,
	truncateSync,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { failureOf as failureOn } from "../../../src/core/contract/machine-failures.js";
import { openSqlite, type Sqlite } from "../../../src/vendors/local/sqlite.js";
import { virtualClock } from "../../clock.js";
import { callTool, failureOf } from "../../conformance/session.js";
import { failing, nth } from "../../core/failing-ports.js";
import { localWorld, makeTable } from "../../core/local-world.js";
import { temporaryFolder } from "../../folder.js";
import { connected } from "../../server/client.js";

/* The machine fails in ways that are neither a vendor's nor a defect: each has its own words and a next step. */

const TABLE = { name: "Rows", fields: [{ name: "Title", type: "text" }] };
const ROW = { table: "Rows", records: [{ fields: { Title: "one" } }] };

/** The store of somebody who has worked before, in a folder where nothing has it open. */
async function used() {
	const first = await connected();
	await first.ok("create_table", TABLE);
	await first.ok("create_records", ROW);
	await (await first.session.connections.get("local")?.adapter())?.close?.();
	const file = join(temporaryFolder(), "local.db");
	copyFileSync(join(first.folder, "local.db"), file);
	return file;
}

function expectTold(text: string, ...words: readonly string[]) {
	for (const word of words) expect(text).toContain(word);
	expect(text).not.toContain("defect");
	expect(text).not.toContain("    at ");
}

describe("a damaged file is said when it is opened, and stays as it is", () => {
	test.each([
		["garbage", Buffer.from("not a database at all ".repeat(400))],
		["zeros", Buffer.alloc(8_192)],
		["the half", "half"],
		["100 bytes", 100],
		["nothing, and its log is there", 0],
	] as const)("%s", async (what, content) => {
		const file = await used();
		if (content === "half") truncateSync(file, statSync(file).size >> 1);
		else if (typeof content === "number") truncateSync(file, content);
		else writeFileSync(file, content);
		if (what.startsWith("nothing")) writeFileSync(`${file}-wal`, "frames");
		const size = statSync(file).size;
		const later = await connected({ folder: join(file, "..") });
		for (const [tool, args] of [
			["query_records", { table: "Rows" }],
			["create_records", ROW],
		] as const) {
			const { text } = await later.refused(tool, args);
			expectTold(text, file, "damaged", "put a backup in its place");
		}
		expect(statSync(file).size).toBe(size);
	});
});

/** What is there is empty or another, and the journal knows of tables. */
describe("a store that was lost between two runs is said", () => {
	const worked = async () => {
		const first = await connected();
		const { structured } = await first.ok("create_table", TABLE);
		await first.ok("create_records", ROW);
		await (await first.session.connections.get("local")?.adapter())?.close?.();
		return { ...first, table: structured.table as string };
	};

	test.each(["removed", "emptied", "replaced by an empty one"])(
		"%s",
		async (how) => {
			const { folder } = await worked();
			const file = join(folder, "local.db");
			rmSync(file);
			if (how === "emptied") writeFileSync(file, "");
			if (how.startsWith("replaced")) {
				const other = await connected();
				await other.ok("list_tables", {});
				await (
					await other.session.connections.get("local")?.adapter()
				)?.close?.();
				copyFileSync(join(other.folder, "local.db"), file);
			}
			for (const run of [1, 2]) {
				const later = await connected({ folder });
				for (const [tool, args] of [
					["list_tables", {}],
					["create_table", TABLE],
				] as const) {
					const { text } = await later.refused(tool, args);
					expectTold(text, file, `the store is empty`, "put the store's file");
				}
				expect(run).toBeLessThan(3);
			}
			rmSync(join(folder, "journal"), { recursive: true });
			const anew = await connected({ folder });
			await anew.ok("create_table", TABLE);
		},
	);

	test("not where its tables were deleted here, or undone", async () => {
		const { folder, table } = await worked();
		const second = await connected({ folder });
		await second.ok("delete_table", { table, confirm: "Rows" });
		const { structured } = await second.ok("create_table", TABLE);
		await second.ok("undo_change", { change_id: structured.change_id });
		await (await second.session.connections.get("local")?.adapter())?.close?.();
		const third = await connected({ folder });
		await third.ok("list_tables", {});
	});

	test("doctor names tables that are missing beside others", async () => {
		const { folder } = await worked();
		const other = await connected();
		await other.ok("create_table", { ...TABLE, name: "Others" });
		await (await other.session.connections.get("local")?.adapter())?.close?.();
		copyFileSync(join(other.folder, "local.db"), join(folder, "local.db"));
		const later = await connected({ folder });
		const adapter = await later.session.connections.get("local")?.adapter();
		const findings = await adapter?.check({ priority: "interactive" });
		expect(findings).toContainEqual(
			expect.objectContaining({
				level: "warning",
				what: expect.stringContaining("1 table that the store does not have"),
			}),
		);
	});
});

test("a folder in place of the store is called that", async () => {
	const folder = temporaryFolder();
	mkdirSync(join(folder, "local.db"));
	const client = await connected({ folder });
	const { text } = await client.refused("list_tables", {});
	expectTold(text, join(folder, "local.db"), "it is a folder", "move away");
});

test.each([0, 4_096])(
	"a file that is cut to %d bytes while it is open is said",
	async (length) => {
		const client = await connected();
		const { structured } = await client.ok("create_table", TABLE);
		await client.ok("create_records", ROW);
		const file = join(client.folder, "local.db");
		const db = await openSqlite(file, virtualClock());
		db.close();
		await client.ok("query_records", { table: structured.table });
		expect(statSync(file).size).toBeGreaterThan(4_096);
		truncateSync(file, length);
		for (const [tool, args] of [
			["query_records", { table: structured.table }],
			["list_tables", {}],
			["create_records", ROW],
		] as const) {
			const { text } = await client.refused(tool, args);
			expectTold(text, file, `to ${length} bytes`, "put it back");
		}
	},
);

test("a file that is damaged while it is open is said", async () => {
	const client = await connected();
	await client.ok("create_table", TABLE);
	for (let index = 0; index < 5; index++)
		await client.ok("create_records", {
			table: "Rows",
			records: Array.from({ length: 100 }, () => ({
				fields: { Title: "x".repeat(400) },
			})),
		});
	const file = join(client.folder, "local.db");
	const other = await openSqlite(file, virtualClock());
	other.close();
	const handle = openSync(file, "r+");
	ftruncateSync(handle, 16_384);
	closeSync(handle);
	const { text } = await client.refused("query_records", {
		table: "Rows",
		filter: {
			conditions: [{ field: "Title", op: "contains", value: "y" }],
		},
	});
	expectTold(text, file);
	expect(text).toMatch(/damaged|disk failed/);
});

test("a file of a newer version is left alone", async () => {
	const file = await used();
	const db = await openSqlite(file, virtualClock());
	await db.write(() => db.run("PRAGMA user_version = 99"));
	db.close();
	const later = await connected({ folder: join(file, "..") });
	const { text } = await later.refused("query_records", { table: "Rows" });
	expectTold(text, "newer tables-mcp", "Update tables-mcp");
});

describe("what was removed while the server runs is noticed, by reads and writes", () => {
	test.each([
		["the folder", (folder: string) => rmSync(folder, { recursive: true })],
		["the file", (folder: string) => unlinkSync(join(folder, "local.db"))],
		["its log", (folder: string) => unlinkSync(join(folder, "local.db-wal"))],
		[
			"another file in its place",
			(folder: string) => {
				const file = join(folder, "local.db");
				copyFileSync(file, `${file}.copy`);
				renameSync(`${file}.copy`, file);
			},
		],
	])("%s", async (_, remove) => {
		const client = await connected();
		await client.ok("create_table", TABLE);
		await client.ok("create_records", ROW);
		remove(client.folder);
		onTestFinished(() => {
			mkdirSync(client.folder, { recursive: true });
		});
		const read = await client.refused("query_records", { table: "Rows" });
		expectTold(read.text, "removed or replaced", "start tables-mcp again");
		const written = await client.refused("create_records", ROW);
		expectTold(written.text, "removed or replaced", "start tables-mcp again");
	});
});

test("a folder that is removed during an import is the reason given, with what was done", async () => {
	const world = localWorld();
	const table = await makeTable(world.session, "Rows", TABLE.fields);
	const files = join(world.folder, "files");
	mkdirSync(files, { recursive: true });
	writeFileSync(
		join(files, "in.csv"),
		`Title\n${Array.from({ length: 3_000 }, (_, index) => `row ${index}`).join("\n")}\n`,
	);
	let batches = 0;
	const session = failing(world.session, {
		append: ({ type }) => {
			if (type === "sent" && ++batches === 3)
				rmSync(world.folder, { recursive: true });
		},
	});
	const { structured, text } = await callTool(session, "import_records", {
		table,
		file: "in.csv",
	});
	expect(structured.counts).toMatchObject({ created: 1_000 });
	expect(structured.change_id).toMatch(/-/);
	expectTold(text, "removed or replaced");
	expect(text).not.toContain("cancelled");
});

describe("a full disk", () => {
	const full = () =>
		failureOn(
			"SQLITE_FULL",
			"the local store",
			new Error("database or disk is full"),
		);

	test("leaves what was not written to a resume", async () => {
		const world = localWorld();
		const table = await makeTable(world.session, "Rows", TABLE.fields);
		const records = Array.from({ length: 1_200 }, (_, index) => ({
			fields: { Title: `row ${index}` },
		}));
		const third = nth(3, full);
		const session = failing(world.session, {
			adapter: (adapter) => ({
				createBatch: async (...args) => {
					third();
					return (
						adapter.createBatch as NonNullable<typeof adapter.createBatch>
					)(...args);
				},
			}),
		});
		const { structured, text } = await callTool(session, "create_records", {
			table,
			records,
		});
		expect(structured.counts).toMatchObject({
			created: 1_000,
			not_attempted: 200,
			failed: 0,
		});
		expectTold(text, "the disk is full", "resume", "has to make room");
		const again = await callTool(
			failing(world.another(), {
				adapter: () => ({
					createBatch: async () => {
						throw full();
					},
				}),
			}),
			"create_records",
			{ table, records, resume: structured.change_id },
		);
		expectTold(again.text, "the disk is full", "resume", "has to make room");
		const resumed = await callTool(world.another(), "create_records", {
			table,
			records,
			resume: structured.change_id,
		});
		expect(resumed.structured.counts).toMatchObject({ created: 1_200 });
	});

	test("takes back the transaction, and the store goes on when there is room", async () => {
		const db = await grown();
		const [{ page_count: pages }] = db.all("PRAGMA page_count") as [
			{ page_count: number },
		];
		db.all(`PRAGMA max_page_count = ${pages + 2}`);
		const failure = await failureOf(add(db, 500));
		expect(failure).toMatchObject({
			code: "limit_reached",
			machine: "SQLITE_FULL",
		});
		expectTold(
			`${failure.message} ${failure.next}`,
			"the disk is full",
			"room",
		);
		expect(db.all("SELECT count(*) AS n FROM things")).toEqual([
			expect.objectContaining({ n: 1 }),
		]);
		db.all("PRAGMA max_page_count = 1000000");
		await add(db, 500);
	});
});

test("another program that keeps the file is named after the wait, in time for an answer", async () => {
	const file = join(temporaryFolder(), "local.db");
	const clock = virtualClock();
	const [one, two] = [
		await openSqlite(file, clock),
		await openSqlite(file, clock),
	];
	await one.write(() => one.run("CREATE TABLE things (name TEXT)"));
	two.all("PRAGMA busy_timeout = 0");
	const began = clock.now();
	one.run("BEGIN IMMEDIATE");
	const failure = await failureOf(add(two, 1));
	one.run("ROLLBACK");
	expect(failure).toMatchObject({ code: "busy", machine: "SQLITE_BUSY" });
	expect(failure.message).toContain("another program is using the file");
	expect(clock.now() - began).toBeLessThan(40_000);
	one.close();
	two.close();
});

async function grown(): Promise<Sqlite> {
	const db = await openSqlite(
		join(temporaryFolder(), "local.db"),
		virtualClock(),
	);
	onTestFinished(() => db.close());
	await db.write(() => db.run("CREATE TABLE things (name TEXT)"));
	await add(db, 1);
	return db;
}

function add(db: Sqlite, count: number): Promise<void> {
	return db.write(() => {
		for (let index = 0; index < count; index++)
			db.run("INSERT INTO things VALUES (?)", ["x".repeat(400)]);
	});
}
