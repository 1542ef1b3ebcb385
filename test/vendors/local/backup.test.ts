import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { backupStore } from "../../../src/vendors/local/backup.js";
import { openSqlite } from "../../../src/vendors/local/sqlite.js";
import { virtualClock } from "../../clock.js";
import { callTool, failureOf } from "../../conformance/session.js";
import { localWorld, makeTable } from "../../core/local-world.js";
import { temporaryFolder } from "../../folder.js";
import { BUILT, startServer } from "../../stdio.js";

const clock = virtualClock();

/** A store with a table of one record that has an attachment. */
async function filled() {
	const world = localWorld();
	const table = await makeTable(world.session, "Rows", [
		{ name: "Title", type: "text" },
		{ name: "Papers", type: "attachment" },
	]);
	mkdirSync(join(world.folder, "files"), { recursive: true });
	writeFileSync(join(world.folder, "files", "paper.txt"), "what it says");
	const { structured } = await callTool(world.session, "create_records", {
		table,
		records: [{ fields: { Title: "one" } }, { fields: { Title: "two" } }],
	});
	const [record] = structured.ids as string[];
	await callTool(world.session, "upload_attachment", {
		table,
		field: "Papers",
		files: [{ record_id: record, file: "paper.txt" }],
	});
	const target = temporaryFolder();
	const backup = (to = join(target, "copy.db")) =>
		backupStore({}, { clock, dataDir: world.folder }, to);
	return { ...world, table, target, backup };
}

test("a copy is whole, its owner's alone, and says what is in it", async () => {
	const { target, backup, folder } = await filled();
	const made = await backup();
	const file = join(target, "copy.db");
	const papers = join(target, "copy.db.attachments");
	expect(made).toMatchObject({
		from: join(folder, "local.db"),
		file,
		bytes: statSync(file).size,
		bases: 1,
		tables: 1,
		records: 2,
		attachments: { folder: papers, count: 1, bytes: 12, missing: 0 },
	});
	expect(readdirSync(target).sort()).toEqual([
		"copy.db",
		"copy.db.attachments",
	]);
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(statSync(papers).mode & 0o777).toBe(0o700);
	const [name = ""] = readdirSync(papers);
	expect(statSync(join(papers, name)).mode & 0o777).toBe(0o600);
	expect(readFileSync(join(papers, name), "utf8")).toBe("what it says");
});

test("put in the store's place it is the store", async () => {
	const { target, backup, table } = await filled();
	await backup();
	const world = localWorld();
	renameSync(join(target, "copy.db"), join(world.folder, "local.db"));
	renameSync(
		join(target, "copy.db.attachments"),
		join(world.folder, "attachments"),
	);
	const { structured } = await callTool(world.session, "query_records", {
		table,
		fields: ["Title"],
	});
	const rows = structured.rows as string[][];
	expect(rows.map(([, title]) => title)).toEqual(["one", "two"]);
	const shown = await callTool(world.session, "download_attachment", {
		table,
		field: "Papers",
		record_ids: [rows[0]?.[0]],
		as: "content",
	});
	expect(shown.text).toContain("what it says");
});

test("an attachment whose file is gone is counted, and the rest is copied", async () => {
	const { folder, backup } = await filled();
	renameSync(join(folder, "attachments"), join(folder, "elsewhere"));
	expect((await backup()).attachments).toMatchObject({ count: 0, missing: 1 });
});

describe("what is in the way is left alone, and nothing is left behind", () => {
	test.each(["a file", "a folder", "a dangling link", "attachments"])(
		"%s",
		async (kind) => {
			const { target, backup } = await filled();
			const file = join(target, "copy.db");
			if (kind === "a file") writeFileSync(file, "mine");
			if (kind === "a folder") mkdirSync(file);
			if (kind === "a dangling link")
				symlinkSync(join(target, "nowhere"), file);
			if (kind === "attachments") mkdirSync(`${file}.attachments`);
			const before = readdirSync(target);
			const refused = await failureOf(backup());
			expect(refused.code).toBe("bad_argument");
			expect(refused.message).toContain("is there already");
			expect(readdirSync(target)).toEqual(before);
			if (kind === "a file") expect(readFileSync(file, "utf8")).toBe("mine");
		},
	);

	test("no folder", async () => {
		const { target, backup } = await filled();
		const refused = await failureOf(backup(join(target, "no", "copy.db")));
		expect(refused.message).toContain("there is no folder");
		expect(readdirSync(target)).toEqual([]);
	});

	test("a damaged store", async () => {
		const { folder, target, backup, session } = await filled();
		await (await session.connections.get("local")?.adapter())?.close?.();
		truncateSync(join(folder, "local.db"), 8_192);
		const refused = await failureOf(backup());
		expect(refused.code).toBe("broken");
		expect(refused.next).toContain("backup");
		expect(readdirSync(target)).toEqual([]);
	});

	test("no store", async () => {
		const refused = await failureOf(
			backupStore(
				{},
				{ clock, dataDir: temporaryFolder() },
				join(temporaryFolder(), "copy.db"),
			),
		);
		expect(refused.code).toBe("not_found");
	});

	test("a folder without rights", async (context) => {
		if (process.getuid?.() === 0) {
			const reason = "not run as root, who may write into every folder";
			console.info(reason);
			context.skip(reason);
			return;
		}
		const { target, backup } = await filled();
		chmodSync(target, 0o500);
		onTestFinished(() => chmodSync(target, 0o700));
		const refused = await failureOf(backup());
		expect(refused.machine).toBe("EACCES");
		expect(readdirSync(target)).toEqual([]);
	});
});

test("the command copies while another process writes, and the copy is of one moment", async () => {
	const folder = temporaryFolder();
	const target = join(temporaryFolder(), "copy.db");
	const server = startServer({ TABLES_MCP_DATA_DIR: folder });
	await server.initialize();
	await server.call("create_table", {
		name: "Rows",
		fields: [{ name: "Title", type: "text" }],
	});
	const batch = {
		table: "Rows",
		records: Array.from({ length: 10 }, (_, index) => ({
			fields: { Title: `row ${index}` },
		})),
	};
	let written = 0;
	const write = async () => {
		const answer = await server.call("create_records", batch);
		expect(answer.isError).toBe(false);
		written += 10;
	};
	await write();
	const before = written;
	const command = spawn(process.execPath, [BUILT, "backup", target], {
		env: { PATH: process.env.PATH, TABLES_MCP_DATA_DIR: folder },
		stdio: ["ignore", "pipe", "inherit"],
	});
	let said = "";
	command.stdout.on("data", (text) => {
		said += text;
	});
	const ended = once(command, "exit");
	while (command.exitCode === null) await write();
	expect(await ended).toEqual([0, null]);
	expect(await server.end()).toBe(0);
	const records = Number(/records (\d+)/.exec(said)?.[1]);
	expect(said).toContain(`${target} (${statSync(target).size} bytes)`);
	expect(said).toMatch(/bases 1, tables 1, /);
	expect(said).toMatch(/journal/);
	expect(records % 10).toBe(0);
	expect(records).toBeGreaterThanOrEqual(before);
	expect(records).toBeLessThanOrEqual(written);
	const copy = await openSqlite(target, clock);
	expect(copy.all("PRAGMA integrity_check")).toEqual([
		expect.objectContaining({ integrity_check: "ok" }),
	]);
	copy.close();
});

test.each([
	[[], "needs a file"],
	[["--help-me"], 'has no option "--help-me"'],
	[["a.db", "b", "c"], '"c" is too much'],
	[["a.db", "feishu"], '"feishu" is not a store'],
	[["a.db"], "there is no local store"],
])("backup %j is refused: %s", (args, words) => {
	const folder = temporaryFolder();
	const { status, stderr } = spawnSync(
		process.execPath,
		[BUILT, "backup", ...args],
		{
			cwd: folder,
			encoding: "utf8",
			env: { PATH: process.env.PATH, TABLES_MCP_DATA_DIR: folder },
		},
	);
	expect(status).toBe(args[0] === "a.db" && args.length < 3 ? 1 : 2);
	expect(stderr).toContain(words);
	expect(existsSync(join(folder, "a.db"))).toBe(false);
});
