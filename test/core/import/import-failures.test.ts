import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { TablesError } from "../../../src/core/contract/errors.js";
import type { Session } from "../../../src/core/contract/session.js";
import type { WriteAnswer } from "../../../src/core/delivery/answer.js";
import type { ToolAnswer } from "../../../src/tools/tool.js";
import {
	callTool,
	failureOf,
	runningOf,
	sessionOf,
} from "../../conformance/session.js";
import {
	breaksOff,
	DISK,
	type Failing,
	failing,
	nth,
} from "../failing-ports.js";
import { FAILURES, type Script } from "../scripted-adapter.js";
import {
	named,
	type ScriptedWorld,
	scriptedWorld,
} from "../scripted-session.js";

/*
 * Once rows were sent an import answers for them, whatever fails afterwards: counts, change_id, problems, and what to
 * do. An error in their place makes people import the file a second time.
 */

interface Imports extends ScriptedWorld {
	/** Imports the file, with ports that fail. */
	run(how?: Failing, args?: object, file?: string): Promise<Told>;
	/** Goes on in another process, with all in order. */
	resume(change: string | null): Promise<Told>;
	put(table: string, cells: Readonly<Record<string, unknown>>): string;
}

interface Told extends WriteAnswer {
	readonly text: string;
	readonly isError: boolean;
	readonly all: string;
}

const told = ({ text, structured, isError }: ToolAnswer): Told => ({
	...(structured as unknown as WriteAnswer),
	text,
	isError: isError ?? false,
	all: (structured.notes as string[]).join("\n"),
});

const ROWS = 1_200;
const TITLES = named(ROWS);

/** Rows that are good, but for those of the numbers in `bad`. */
const csv = (titles = TITLES, bad: readonly number[] = []) =>
	`Title,Count\n${titles.map((title, index) => `${title},${bad.includes(index) ? "many" : index}`).join("\n")}\n`;

async function imports(
	options: Parameters<typeof scriptedWorld>[0] = {},
	content: string | Buffer = csv(),
): Promise<Imports> {
	const world = await scriptedWorld({ batch: 100, page: 500, ...options });
	const files = join(world.folder, "files");
	mkdirSync(files, { recursive: true });
	writeFileSync(join(files, "in.csv"), content);
	const call = async (session: Session, args: object) =>
		told(
			await callTool(
				session,
				"import_records",
				{ table: world.table, ...args },
				runningOf(session),
			),
		);
	return {
		...world,
		run: (how = {}, args = {}, file = "in.csv") =>
			call(failing(world.session, how), { file, ...args }),
		resume: (change) => call(world.another(), { resume: change }),
	};
}

/** All of it is there once, and a second resume has nothing to do. */
async function endsWell(
	world: Imports,
	first: Told,
	titles: readonly string[] = TITLES,
): Promise<Told> {
	const second = await world.resume(first.change_id);
	expect(second.counts, second.text).toMatchObject({
		created: titles.length,
		unknown: 0,
		not_attempted: 0,
	});
	expect([...world.titles()].sort()).toEqual([...titles].sort());
	const third = await world.resume(first.change_id);
	expect(third.all).toContain("complete already");
	expect(world.titles()).toHaveLength(titles.length);
	return second;
}

const without = (bad: readonly number[]) =>
	TITLES.filter((_, index) => !bad.includes(index));

describe("the problems file", () => {
	const bad = [3, 700];

	test.each(["full", "readOnly"] as const)(
		"that cannot be written (%s) is a note beside what was done",
		async (kind) => {
			const world = await imports({}, csv(TITLES, bad));
			const rejects = async () => {
				throw DISK[kind]();
			};
			const answer = await world.run(
				{ files: { writeAside: rejects, writeRows: rejects } },
				{ on_error: "skip" },
			);
			expect(answer.counts).toMatchObject({ created: ROWS - 2, failed: 2 });
			expect(answer.change_id).toMatch(/^[0-9a-f-]{36}$/);
			expect(answer.problems).toMatchObject([{ line: 5, lines: "5, 702" }]);
			expect(answer.isError).toBe(false);
			expect(answer.all).toContain(DISK[kind]().message);
			expect(answer.all).toMatch(/in\.csv\.problems\.csv.*all of them are in/);
			expect(answer.all).toContain(`resume: "${answer.change_id}"`);
			const sent = world.sent("createBatch").length;
			const again = await world.resume(answer.change_id);
			expect(again.all).toMatch(/all 2 problems by line: .*problems\.csv/);
			expect(world.sent("createBatch")).toHaveLength(sent);
		},
	);

	test("that cannot be written leaves the problems and their number", async () => {
		const many = Array.from({ length: 150 }, (_, index) => index);
		const world = await imports({}, csv(TITLES, many));
		const answer = await world.run(
			{
				files: {
					writeAside: async () => {
						throw DISK.full();
					},
				},
			},
			{ on_error: "skip" },
		);
		expect(answer.counts).toMatchObject({ created: 1_050, failed: 150 });
		expect(answer.problems).toMatchObject([{ records: "0-149" }]);
		expect(answer.problems_total).toBe(150);
		expect(answer.all).toContain("all of them are in this answer");
	});

	test("of a file that was refused is a note as well, and says to call again", async () => {
		const world = await imports({}, csv(TITLES, bad));
		const answer = await world.run({
			files: {
				writeAside: async () => {
					throw DISK.full();
				},
			},
		});
		expect(answer.change_id).toBeNull();
		expect(answer.isError).toBe(true);
		expect(answer.counts.failed).toBe(2);
		expect(answer.all).toMatch(/ENOSPC.*call again/);
		expect(world.sent("createBatch")).toEqual([]);
	});

	test("with a name that would be too long is cut", async () => {
		const world = await imports({}, csv(TITLES, bad));
		const file = `${"x".repeat(244)}.csv`;
		writeFileSync(join(world.folder, "files", file), csv(TITLES, bad));
		const answer = await world.run({}, { on_error: "skip" }, file);
		expect(answer.counts).toMatchObject({ created: ROWS - 2, failed: 2 });
		const name = `${"x".repeat(242)}.problems.csv`;
		expect(answer.all).toContain(join(world.folder, "files", name));
		expect(existsSync(join(world.folder, "files", name))).toBe(true);
		expect(answer.isError).toBe(false);
	});

	test("in a folder that has vanished meanwhile", async () => {
		let folder = "";
		const world = await imports(
			{
				script: ({ method, number }) => {
					if (method === "createBatch" && number === 5)
						rmSync(join(folder, "files"), { recursive: true });
					return undefined;
				},
			},
			csv(TITLES, bad),
		);
		folder = world.folder;
		const answer = await world.run({}, { on_error: "skip" });
		expect(answer.counts).toMatchObject({ created: ROWS - 2, failed: 2 });
		expect(answer.problems).toMatchObject([{ lines: "5, 702" }]);
		expect(answer.all).toContain("problems");
	});

	test("of an import that is gone on with is one file that has all", async () => {
		const world = await imports(
			{
				script: ({ method, number }) =>
					method === "createBatch" && number === 6
						? { refuse: FAILURES.throttled() }
						: undefined,
			},
			csv(TITLES, [3, 700, 1_100]),
		);
		const first = await world.run({}, { on_error: "skip" });
		expect(first.counts.not_attempted).toBeGreaterThan(0);
		const second = await world.resume(first.change_id);
		expect(second.counts).toMatchObject({ created: ROWS - 3, failed: 3 });
		expect(readdirSync(join(world.folder, "files")).sort()).toEqual([
			"in.csv",
			"in.csv.problems.csv",
		]);
		expect(second.all).toContain("all 3 problems by line");
	});
});

describe("the copy of the file", () => {
	test("that cannot be removed is named, and nothing else is different", async () => {
		const world = await imports();
		const answer = await world.run({
			files: {
				drop: async () => {
					throw DISK.readOnly();
				},
			},
		});
		expect(answer.counts.created).toBe(ROWS);
		expect(answer.isError).toBe(false);
		expect(answer.text).toMatch(/^DONE: 1200 created \(change_id /);
		expect(answer.all).toMatch(/could not be removed.*EROFS.*imports/);
	});

	/** The rows break off in the pass that sends them: names and samples and the check are over by then. */
	const fromSending = (session: Session, good: number, error?: () => Error) => {
		let passes = 0;
		let opened = 0;
		return {
			async openRows(path: string, options: object) {
				opened++;
				const file = await session.files.openRows(path, options);
				return breaksOff(file, { pass: () => ++passes, first: 3 }, good, error);
			},
			opened: () => opened,
		};
	};

	test("that cannot be read on stops the import, and resume goes on", async () => {
		const world = await imports();
		const { openRows } = fromSending(world.session, 700, () =>
			Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" }),
		);
		const answer = await world.run({ files: { openRows } });
		expect(answer.counts).toMatchObject({ created: 500, not_attempted: 700 });
		expect(answer.isError).toBe(true);
		expect(answer.text).toMatch(/^NOT FINISHED: 500 created/);
		expect(answer.all).toMatch(/could not be read on: EIO/);
		expect(answer.all).toContain(`resume: "${answer.change_id}"`);
		await endsWell(world, answer);
	});

	test("that is gone meanwhile: what was done is reported, and that resume cannot help", async () => {
		const world = await imports();
		let passes = 0;
		const answer = await world.run({
			files: {
				async openRows(path, options) {
					const file = await world.session.files.openRows(path, options);
					return {
						...file,
						async *rows(fromRecord) {
							passes++;
							for await (const row of file.rows(fromRecord)) {
								if (passes === 3 && row.record === 700) {
									rmSync(path);
									throw new TablesError("bad_argument", "ENOENT: it is gone");
								}
								yield row;
							}
						},
					};
				},
			},
		});
		expect(answer.counts).toMatchObject({ created: 500, not_attempted: 700 });
		expect(answer.change_id).not.toBeNull();
		expect(answer.all).toMatch(/resume cannot help.*match_on/);
		expect(answer.all).not.toContain("call again with resume");
		const second = await world.resume(answer.change_id);
		expect(second.isError).toBe(true);
		expect(second.counts).toMatchObject({ created: 500, not_attempted: 700 });
		expect(second.change_id).toBe(answer.change_id);
		expect(second.all).toMatch(/copy of the file cannot be opened/);
		expect(second.all).toMatch(/resume cannot help/);
		expect(world.titles()).toHaveLength(500);
	});

	/** An import that stopped halfway, for want of anything but its copy. */
	const stopped = async () => {
		const world = await imports();
		const { openRows } = fromSending(world.session, 700, DISK.tooMany);
		const answer = await world.run({ files: { openRows } });
		expect(answer.counts).toMatchObject({ created: 500, not_attempted: 700 });
		return { world, answer };
	};

	test.each([
		["tooMany", /too many files open.*ulimit -n/],
		["noMemory", /no file or memory left.*Call again in a minute/],
		["full", /the disk is full.*make room/],
	] as const)(
		"that this machine cannot open (%s) is not lost: its failure is said, and resume goes on",
		async (kind, words) => {
			const { world, answer } = await stopped();
			expect(answer.all).toMatch(/too many files open/);
			expect(answer.all).not.toContain("those rows are gone");
			const openRows = async () => {
				throw DISK[kind]();
			};
			const second = told(
				await callTool(
					failing(world.another(), { files: { openRows } }),
					"import_records",
					{ resume: answer.change_id },
				),
			);
			expect(second.all).toMatch(words);
			expect(second.all).not.toContain("those rows are gone");
			expect(second.all).toContain(`resume: "${answer.change_id}"`);
			await endsWell(world, answer);
		},
	);

	test("is found where its folder was moved to, and a folder that is away is named", async () => {
		const { world, answer } = await stopped();
		const kept = join(world.folder, "imports");
		renameSync(kept, `${kept}.away`);
		const away = await world.resume(answer.change_id);
		expect(away.all).toMatch(/ENOENT.*imports.*put it back/);
		expect(away.all).not.toContain("those rows are gone");
		expect(away.all).toContain(`resume: "${answer.change_id}"`);
		renameSync(`${kept}.away`, kept);
		await endsWell(world, answer);
	});

	test("is found in a data folder that was moved as a whole", async () => {
		const { world, answer } = await stopped();
		const at = `${world.folder}-moved`;
		cpSync(world.folder, at, { recursive: true });
		onTestFinished(() => rmSync(at, { recursive: true, force: true }));
		rmSync(join(world.folder, "imports"), { recursive: true });
		const { session, close } = sessionOf({
			vendor: world.vendor,
			folder: at,
			clock: world.clock,
		});
		onTestFinished(close);
		const second = told(
			await callTool(session, "import_records", { resume: answer.change_id }),
		);
		expect(second.counts).toMatchObject({ created: ROWS, not_attempted: 0 });
	});

	test("that has become shorter is not taken for the whole", async () => {
		const world = await imports();
		const { openRows } = fromSending(world.session, 600);
		const answer = await world.run({ files: { openRows } });
		expect(answer.counts).toMatchObject({ created: 600, not_attempted: 600 });
		expect(answer.isError).toBe(true);
		expect(answer.all).toMatch(/ends after row 600, and it had 1200/);
		expect(answer.all).toMatch(/resume cannot help/);
	});

	const lines = csv(named(6_000).map((title) => `${title} é`)).split("\n");
	test.each([
		["bytes of no text", Buffer.from([0x62, 0xc3, 0x28, 0x2c, 0x31])],
		["a line that is too long", Buffer.alloc(4 * 1024 * 1024 + 1, "x")],
	])(
		"with %s far down is refused before anything is sent",
		async (_, broken) => {
			const world = await imports(
				{},
				Buffer.concat(
					lines.flatMap((line, index) => [
						index === 5_000 ? broken : Buffer.from(line),
						Buffer.from("\n"),
					]),
				),
			);
			const failure = await failureOf(world.run({}, { on_error: "skip" }));
			expect(failure.message).toMatch(/line 500\d/);
			expect(world.sent("createBatch")).toEqual([]);
			expect(await world.session.journal.list()).toEqual([]);
			expect(readdirSync(join(world.folder, "imports"))).toEqual([]);
		},
	);
});

test("a row with a wrong quote is one bad row, and the rest is imported", async () => {
	const lines = csv(named(6_000)).split("\n");
	lines[5_000] = `"broken "quote,1`;
	const world = await imports({}, lines.join("\n"));
	const answer = await world.run({}, { on_error: "skip" });
	expect(answer.counts).toMatchObject({ created: 5_999, failed: 1 });
	expect(answer.problems).toEqual([
		expect.objectContaining({
			line: 5_001,
			message: expect.stringContaining("behind a closing quote"),
		}),
	]);
});

describe("the journal", () => {
	test("that cannot take the end of a complete import: all is reported, and resume ends it", async () => {
		const world = await imports();
		const answer = await world.run({
			append: ({ type }) => {
				if (type === "end") throw DISK.full();
			},
		});
		expect(answer.counts.created).toBe(ROWS);
		expect(answer.isError).toBe(false);
		expect(answer.all).toMatch(
			/all was done.*unfinished.*ENOSPC.*resume: .*nothing is written twice/,
		);
		await endsWell(world, answer);
		expect(existsSync(join(world.folder, "imports"))).toBe(true);
		expect(readdirSync(join(world.folder, "imports"))).toEqual([]);
	});

	test.each([
		["what is to be sent", "sent", 4, 300],
		["what was sent", "done", 4, 400],
		["how far the file was read", "offset", 1, 500],
	] as const)(
		"that cannot take %s: nothing more is sent, and what was is reported",
		async (_, type, number, created) => {
			const world = await imports();
			const fails = nth(number, DISK.full, Number.POSITIVE_INFINITY);
			const answer = await world.run({
				append: (event) => {
					if (event.type === type) fails();
				},
			});
			expect(answer.counts).toMatchObject({
				created,
				unknown: 0,
				not_attempted: ROWS - created,
			});
			expect(world.titles()).toHaveLength(created);
			expect(answer.isError).toBe(true);
			expect(answer.all).toMatch(/the journal.*cannot be written.*ENOSPC/);
			expect(answer.all).toContain(`resume: "${answer.change_id}"`);
			await endsWell(world, answer);
		},
	);

	test("that breaks off in the last rows: all is reported to be done", async () => {
		const world = await imports();
		const fails = nth(3, DISK.full, Number.POSITIVE_INFINITY);
		const answer = await world.run({
			append: (event) => {
				if (event.type === "offset") fails();
			},
		});
		expect(answer.counts.created).toBe(ROWS);
		expect(answer.all).toMatch(/no record is left.*unfinished/);
		await endsWell(world, answer);
	});

	test("whose file cannot be closed changes nothing", async () => {
		const world = await imports();
		const answer = await world.run({
			close: () => {
				throw DISK.full();
			},
		});
		expect(answer.text).toMatch(/^DONE: 1200 created/);
		expect(answer.isError).toBe(false);
	});

	test("that cannot even begin: nothing is sent, and no copy is left", async () => {
		const world = await imports();
		const session = {
			...world.session,
			journal: {
				...world.session.journal,
				begin: async () => {
					throw DISK.full();
				},
			},
		};
		await expect(
			callTool(session, "import_records", {
				table: world.table,
				file: "in.csv",
			}),
		).rejects.toThrow("ENOSPC");
		expect(world.titles()).toEqual([]);
		expect(readdirSync(join(world.folder, "imports"))).toEqual([]);
	});
});

test.each([
	["of a batch", "serial-per-table", {}],
	["of the keys", "parallel", { match_on: ["Title"] }],
] as const)(
	"a lock %s that cannot be released is said, and takes nothing away",
	async (_, writes, args) => {
		const world = await imports({ writes });
		const answer = await world.run(
			{
				release: () => {
					throw DISK.readOnly();
				},
			},
			args,
		);
		expect(answer.counts.created).toBe(ROWS);
		expect(answer.isError).toBe(false);
		expect(answer.all).toMatch(/lock.*EROFS.*may have to wait/);
		const next = await world.run({}, args);
		expect(next.counts.created + next.counts.unchanged).toBe(ROWS);
	},
);

test("progress that cannot be reported ends nothing", async () => {
	const world = await imports();
	const { session } = world;
	const running = runningOf(session, {
		progress: () => {
			throw new Error("the pipe is closed");
		},
	});
	for (const dry_run of [true, false]) {
		const answer = await callTool(
			session,
			"import_records",
			{ table: world.table, file: "in.csv", dry_run },
			running,
		);
		expect(answer.isError).toBe(false);
		expect(answer.structured.counts).toMatchObject({ created: ROWS });
	}
});

describe("reading between the batches", () => {
	const inChunk =
		(method: string, from: number, step: ReturnType<Script>): Script =>
		(call) =>
			call.method === method && call.number >= from ? step : undefined;

	test.each([
		["that the vendor refuses", { refuse: FAILURES.unreachable() }],
		["that is a defect", { refuse: new TypeError("undefined is not a row") }],
	] as const)("of the rows of keys, %s", async (_, step) => {
		const world = await imports({
			script: inChunk("readByIds", 0, step),
		});
		for (const index of [600, 601])
			world.put(world.table, { Title: `t${index}` });
		const answer = await world.run(
			{},
			{ match_on: ["Title"], on_error: "skip" },
		);
		expect(answer.counts).toMatchObject({ created: 500, not_attempted: 700 });
		expect(answer.isError).toBe(true);
		expect(answer.all).toContain(`stopped: ${step.refuse.message}`);
		expect(answer.all).toContain(`resume: "${answer.change_id}"`);
	});

	test("of the schema", async () => {
		const world = await imports(
			{
				script: ({ method }) =>
					method === "createBatch" ? { takesMs: 3_000 } : undefined,
			},
			csv().replace("t700,700", "t700,9007199254740993"),
		);
		const fails = nth(1, FAILURES.unreachable, Number.POSITIVE_INFINITY);
		const answer = await world.run(
			{
				adapter: (adapter) => ({
					async readTable(...args) {
						if (world.sent("createBatch").length > 0) fails();
						return adapter.readTable(...args);
					},
				}),
			},
			{ on_error: "skip" },
		);
		expect(answer.counts).toMatchObject({ created: 500, not_attempted: 700 });
		expect(answer.all).toContain("stopped: no connection");
		const second = await endsWell(world, answer, without([700]));
		expect(second.problems).toMatchObject([{ line: 702, field: "Count" }]);
	});

	test("of people and of options that are to be made", async () => {
		for (const [method, field, type] of [
			["findPeople", "Who", "user"],
			["addOptions", "Stage", "single_select"],
		] as const) {
			const world = await imports();
			const { structured } = await callTool(world.session, "create_table", {
				base: "base1",
				name: `With ${field}`,
				fields: [
					{ name: "Title", type: "text" },
					{ name: field, type },
				],
			});
			writeFileSync(
				join(world.folder, "files", "in.csv"),
				`Title,${field}\n${TITLES.map((title, index) => `${title},${index < 700 ? "" : "Ann"}`).join("\n")}\n`,
			);
			const table = structured.table as string;
			// The check before sending reads people too, and the sending itself for the second time.
			let reads = 0;
			const answer = await world.run(
				{
					adapter: (adapter) => ({
						[method]: async (...args: never[]) => {
							reads++;
							if (world.cells(table).length > 0) throw FAILURES.unreachable();
							return (adapter[method] as (...args: never[]) => unknown)(
								...args,
							);
						},
					}),
				},
				{ table, on_error: "skip", allow_new_options: true },
			);
			expect(reads).toBeGreaterThan(0);
			expect(answer.counts).toMatchObject({ created: 500, not_attempted: 700 });
			expect(answer.all).toContain("stopped: no connection");
			const second = await callTool(world.another(), "import_records", {
				table,
				resume: answer.change_id,
			});
			expect(second.structured.counts).toMatchObject({ created: ROWS });
			expect(world.cells(table)).toHaveLength(ROWS);
		}
	});

	test("to prove what was lost: it is unknown, not unattempted, and resume finds out", async () => {
		const lostOnce: Script = ({ method, number }) =>
			method === "createBatch" && number === 2
				? { lose: FAILURES.lost() }
				: undefined;
		for (const atomic of [true, false]) {
			let armed = true;
			const world = await imports({
				timed: true,
				atomic,
				script: (call) =>
					armed && call.method === "readPage"
						? { refuse: new TypeError("undefined is not a page") }
						: lostOnce(call),
			});
			const answer = await world.run();
			armed = false;
			expect(answer.counts).toMatchObject({
				created: 200,
				unknown: 100,
				not_attempted: 900,
			});
			expect(answer.text).toMatch(/^NOT FINISHED: 200 created/);
			expect(answer.all).toContain(`resume: "${answer.change_id}"`);
			await endsWell(world, answer);
		}
	});

	test("to prove what was answered: it stays open for a resume", async () => {
		let armed = true;
		const world = await imports({
			timed: true,
			proves: ["number"],
			script: ({ method }) =>
				armed && method.startsWith("read")
					? { refuse: new TypeError("undefined is not a row") }
					: undefined,
		});
		const answer = await world.run();
		armed = false;
		expect(answer.counts).toMatchObject({
			created: 0,
			unknown: 100,
			not_attempted: 1_100,
		});
		const { structured } = await callTool(world.session, "list_changes", {
			table: world.table,
		});
		expect(structured.changes).toMatchObject([
			{ status: expect.stringMatching(/^unfinished/) },
			{ tool: "create_table" },
		]);
		await endsWell(world, answer);
	});
});

test("a defect of the vendor's own code while a batch is under way leaves that batch unknown", async () => {
	const logged: string[] = [];
	const world = await imports({
		timed: true,
		script: ({ method, number }) =>
			method === "createBatch" && number === 2
				? { lose: new TypeError("undefined is not an answer") }
				: undefined,
	});
	const answer = await world.run({
		log: (level, text) => void logged.push(`${level}: ${text}`),
	});
	expect(answer.counts).toMatchObject({
		created: 200,
		unknown: 100,
		not_attempted: 900,
	});
	expect(answer.all).toContain("undefined is not an answer");
	expect(logged.join("\n")).toMatch(
		/^error: TypeError: undefined is not an answer\n\s+at /m,
	);
	await endsWell(world, answer);
});

test("a call that is cancelled between two batches answers for what was done", async () => {
	const stop = new AbortController();
	const world = await imports({
		script: ({ method, number }) => {
			if (method === "readByIds" && number === 1) stop.abort();
			return undefined;
		},
	});
	for (const index of [0, 600]) world.put(world.table, { Title: `t${index}` });
	const answer = told(
		await callTool(
			world.session,
			"import_records",
			{
				table: world.table,
				file: "in.csv",
				match_on: ["Title"],
				on_error: "skip",
			},
			runningOf(world.session, { signal: stop.signal }),
		),
	);
	expect(answer.counts.created + answer.counts.updated).toBe(500);
	expect(answer.all).toContain("cancelled");
	const second = await world.resume(answer.change_id);
	expect(second.counts).toMatchObject({ created: 1_198, updated: 2 });
});

test("a field that is deleted meanwhile: a resume tells what was done, and which column", async () => {
	const world = await imports({
		script: ({ method, number }) =>
			method === "createBatch" && number === 2
				? { refuse: FAILURES.throttled() }
				: undefined,
	});
	const answer = await world.run();
	expect(answer.counts).toMatchObject({ created: 200, not_attempted: 1_000 });
	await callTool(world.session, "delete_field", {
		table: world.table,
		field: "Count",
		confirm: "Count",
	});
	const second = await world.resume(answer.change_id);
	expect(second.isError).toBe(true);
	expect(second.counts).toMatchObject({ created: 200, not_attempted: 1_000 });
	expect(second.all).toMatch(/not there any more.*"Count"/);
	expect(second.all).toMatch(/resume can only help once they are back/);
	expect(second.all).not.toContain("call again with resume");
});
