import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../folder.js";
import { type RawServer, startServer } from "../stdio.js";

/* Processes that are killed in the middle of a write, and others that go on with it. */

/** Seconds are enough where nothing else runs. */
const BUSY_MS = 180_000;

const ROWS = 4_000;
const NAMES = Array.from({ length: ROWS }, (_, index) => `n${index}`);

/** Kills its process the moment a call with this token has told of its progress, however slow or busy the test is. */
const TOKEN = "killed";
const KILL_AT_PROGRESS = `
const { stdout } = process;
const write = stdout.write.bind(stdout);
stdout.write = (chunk, ...rest) => {
	const written = write(chunk, ...rest);
	const text = String(chunk);
	if (text.includes("notifications/progress") && text.includes('"${TOKEN}"'))
		process.kill(process.pid, "SIGKILL");
	return written;
};`;

async function start(folder: string): Promise<RawServer> {
	const server = startServer({
		TABLES_MCP_DATA_DIR: folder,
		NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(KILL_AT_PROGRESS)}`,
	});
	onTestFinished(async () => void (await server.end()));
	await server.initialize();
	return server;
}

/** The process is killed once a call of this tool has told of its progress. */
async function killDuring(
	server: RawServer,
	tool: string,
	args: object,
): Promise<void> {
	const exit = once(server.process, "exit");
	server.send({
		jsonrpc: "2.0",
		id: "killed",
		method: "tools/call",
		params: { name: tool, arguments: args, _meta: { progressToken: TOKEN } },
	});
	expect((await exit)[1]).toBe("SIGKILL");
}

async function table(server: RawServer): Promise<string> {
	const { structured } = await server.call("create_table", {
		name: "T",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Count", type: "number" },
		],
	});
	return structured.table;
}

/** Rows, names that differ, sum of the counts. */
async function totals(server: RawServer, at: string): Promise<unknown> {
	const { structured } = await server.call("query_records", {
		table: at,
		aggregate: [
			{ function: "count" },
			{ function: "distinct", field: "Name" },
			{ function: "sum", field: "Count" },
		],
	});
	return structured.rows[0];
}

const unfinished = async (server: RawServer) => {
	const { structured } = await server.call("list_changes", {});
	expect(structured.changes[0].status).toMatch(/^unfinished/);
	return structured.changes[0].change_id as string;
};

/** Of so many records nothing is read before a resume, so that a person may be asked about all of them. */
async function agreeing(server: RawServer, tool: string, args: object) {
	const answer = await server.call(tool, args);
	const [, confirm] = /confirm: \\?"(\d+)\\?"/.exec(answer.text) ?? [];
	return confirm === undefined
		? answer
		: server.call(tool, { ...args, confirm });
}

const FULL = [ROWS, ROWS, (ROWS * (ROWS - 1)) / 2];
const records = NAMES.map((Name, Count) => ({ fields: { Name, Count } }));

test("records that were being created are there once after resume, and can be undone whole", {
	timeout: BUSY_MS,
}, async () => {
	const folder = temporaryFolder();
	const first = await start(folder);
	const at = await table(first);
	await killDuring(first, "create_records", { table: at, records });
	const second = await start(folder);
	const [arrived] = (await totals(second, at)) as number[];
	expect(arrived).toBeGreaterThan(0);
	expect(arrived).toBeLessThan(ROWS);
	const change = await unfinished(second);
	const other = await second.call("create_records", {
		table: at,
		records: records.slice(1),
		resume: change,
	});
	expect(other.text).toMatch(/differ from those of the change/);
	const resumed = await second.call("create_records", {
		table: at,
		records,
		resume: change,
	});
	expect(resumed.structured.counts).toMatchObject({
		created: ROWS,
		unknown: 0,
	});
	expect(await totals(second, at)).toEqual(FULL);
	const undone = await second.call("undo_change", { change_id: change });
	expect(undone.structured.counts).toMatchObject({ deleted: ROWS });
	expect(await totals(second, at)).toEqual([0, 0, 0]);
});

test("updates and deletions that were broken off are finished, and what was there comes back", {
	timeout: BUSY_MS,
}, async () => {
	const folder = temporaryFolder();
	const first = await start(folder);
	const at = await table(first);
	await first.call("create_records", { table: at, records });
	const all = { conditions: [{ field: "Name", op: "is_not_empty" }] };
	await killDuring(first, "update_records", {
		table: at,
		filter: all,
		set: { Count: 1 },
		confirm: String(ROWS - 1),
	});
	const second = await start(folder);
	const update = await unfinished(second);
	const finished = await agreeing(second, "update_records", {
		table: at,
		resume: update,
	});
	expect(finished.isError, finished.text.slice(0, 300)).toBe(false);
	expect(await totals(second, at)).toEqual([ROWS, ROWS, ROWS]);

	await killDuring(second, "delete_records", {
		table: at,
		filter: all,
		confirm: String(ROWS),
	});
	const third = await start(folder);
	const deletion = await unfinished(third);
	const gone = await agreeing(third, "delete_records", {
		table: at,
		resume: deletion,
	});
	expect(gone.structured.counts).toMatchObject({ deleted: ROWS, failed: 0 });
	expect(await totals(third, at)).toEqual([0, 0, 0]);
	for (const [change, wanted] of [[deletion, [ROWS, ROWS, ROWS]]] as const) {
		const back = await third.call("undo_change", { change_id: change });
		expect(back.isError, back.text.slice(0, 300)).toBe(false);
		expect(await totals(third, at)).toEqual(wanted);
	}
});

test("an import that is killed again and again ends with every row once", {
	timeout: BUSY_MS,
}, async () => {
	const folder = temporaryFolder();
	mkdirSync(join(folder, "files"));
	writeFileSync(
		join(folder, "files", "in.csv"),
		`Name,Count\n${NAMES.map((name, index) => `${name},${index}`).join("\n")}\n`,
	);
	let server = await start(folder);
	const at = await table(server);
	await killDuring(server, "import_records", { table: at, file: "in.csv" });
	const seen: number[] = [];
	for (let kill = 0; kill < 2; kill++) {
		server = await start(folder);
		seen.push(((await totals(server, at)) as number[])[0] as number);
		const change = await unfinished(server);
		await killDuring(server, "import_records", { table: at, resume: change });
	}
	expect(seen).toEqual([...seen].sort((a, b) => a - b));

	// Two that come at once to finish it: it is done once.
	const [one, two] = await Promise.all([start(folder), start(folder)]);
	const change = await unfinished(one);
	const answers = await Promise.all(
		[one, two].map((each) =>
			each.call("import_records", { table: at, resume: change }),
		),
	);
	expect(answers.some(({ isError }) => !isError)).toBe(true);
	for (const { isError, text } of answers)
		if (isError) expect(text).toMatch(/conflict: .*still being written/);
	expect(await totals(one, at)).toEqual(FULL);
	const { structured } = await two.call("list_changes", {});
	expect(structured.changes).toMatchObject([
		{ status: "complete", counts: { created: ROWS } },
		{ tool: "create_table" },
	]);
	expect(readdirSync(join(folder, "imports"))).toEqual([]);
});
