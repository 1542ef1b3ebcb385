import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { describe, expect, test } from "vitest";
import type { Clock } from "../../src/core/contract/clock.js";
import type { Session } from "../../src/core/contract/session.js";
import type { VendorName } from "../../src/vendors/index.js";
import { virtualClock } from "../clock.js";
import { callTool, seededRandom, sessionOf } from "../conformance/session.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import { listen } from "../fakes/listen.js";
import { networkOf, vendorOf } from "../harness/vendors.js";
import { type RawServer, startServer } from "../stdio.js";
import type { Cells } from "./history.js";
import type { FaultVendor } from "./suite.js";

/** `KILL_RUNS=30` does as many as `npm run test:faults`. */
const RUNS = Number(process.env.KILL_RUNS ?? 6);
const ROWS = 45;
/** The same rows, made by a statement. */
const STATEMENT = `
with recursive n(i) as (select 0 union all select i + 1 from n where i < ${ROWS - 1})
select 'row ' || (i % 15) as Title, i % 7 as Amount, iif(i % 2 = 0, 'a', null) as Tag from n`;
/** The killed process and its vendor take turns. */
const AT_ONCE = 3;

/**
 * The built server is killed at a random request to the vendor, before or after the vendor's work; another session
 * over the same folder then finishes what it began, on a clock that does not wait for what the vendor shows late.
 * In the end every row is there once.
 */
export function describeKills(name: VendorName): void {
	const { faults: vendor } = networkOf(name);
	describe(`${name}: the server is killed`, () => {
		for (let first = 0; first < RUNS; first += 10)
			test(`runs ${first} to ${Math.min(RUNS, first + 10) - 1}`, async () => {
				const seeds = Array.from(
					{ length: Math.min(RUNS - first, 10) },
					(_, offset) => first + offset,
				);
				const limit = pLimit(AT_ONCE);
				await Promise.all(
					seeds.map((seed) =>
						limit(() =>
							killOnce(name, vendor, seed).catch((error: unknown) => {
								throw new Error(
									`kill run ${seed}: ${(error as Error).message}`,
									{
										cause: error,
									},
								);
							}),
						),
					),
				);
			}, 120_000);
	});
}

async function killOnce(
	name: VendorName,
	vendor: FaultVendor,
	seed: number,
): Promise<void> {
	const random = seededRandom(seed + 1);
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-kill-"));
	let server: RawServer | undefined;
	let countdown = Number.POSITIVE_INFINITY;
	let clock: Pick<Clock, "now"> = { now: () => Date.now() };
	const opened = vendor.open({
		clock: { now: () => clock.now() },
		unlimited: true,
		fault() {
			countdown--;
			if (countdown !== 0) return undefined;
			server?.process.kill("SIGKILL");
			return random() < 0.5
				? { when: "before", broken: "no-answer" }
				: { when: "after", broken: "no-answer" };
		},
	});
	const listening = await listen(opened.fake);
	const config = join(folder, "config.json");
	writeFileSync(
		config,
		JSON.stringify({
			connections: {
				[name]: { vendor: name, ...opened.config, base_url: listening.origin },
			},
		}),
	);
	const { table } = opened;
	const rows = Array.from(
		{ length: ROWS },
		(_, index): Cells => ({
			Title: `row ${index % 15}`,
			Amount: index % 7,
			Tag: index % 2 === 0 ? "a" : null,
		}),
	);
	mkdirSync(join(folder, "files"), { recursive: true });
	writeFileSync(
		join(folder, "files", "rows.csv"),
		[
			"Title,Amount,Tag",
			...rows.map(
				({ Title, Amount, Tag }) => `${Title},${Amount},${Tag ?? ""}`,
			),
		].join("\n"),
	);
	const writes = [
		["import_records", { file: "rows.csv" }],
		["create_records", { records: rows.map((fields) => ({ fields })) }],
		["create_records", { from: { sql: STATEMENT, tables: [] } }],
	] as const;
	const [tool, args] = writes[seed % writes.length] ?? writes[0];
	try {
		server = startServer({
			TABLES_MCP_CONFIG: config,
			TABLES_MCP_DATA_DIR: folder,
		});
		await server.initialize();
		countdown = 1 + Math.floor(random() * 9);
		await server
			.call(tool, { table, ...args })
			.catch(() => "the process was killed");
		countdown = Number.POSITIVE_INFINITY;
		await killed(server);
		await listening.close();
		const after = virtualClock(Date.now());
		clock = after;
		const { session, close } = sessionOf({
			vendor: vendorOf(name),
			folder,
			config: opened.config,
			clock: after,
			dispatcher: async () =>
				new FakeDispatcher(
					Object.fromEntries(
						opened.origins.map((origin) => [origin, opened.fake]),
					),
					after,
				),
			seed,
		});
		await finish(session, table, tool, args).finally(close);
		const lines = (all: Iterable<Cells>) =>
			[...all].map((row) => JSON.stringify(row)).sort();
		expect(lines(opened.rows().values())).toEqual(lines(rows));
	} finally {
		server?.process.kill("SIGKILL");
		await listening.close().catch(() => "closed before");
		rmSync(folder, { recursive: true, force: true });
	}
}

async function killed({ process: child }: RawServer): Promise<void> {
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	if (child.exitCode === null && child.signalCode === null) await gone;
}

/** What a person does after a crash: looks at the changes, and resumes what is open or begins again. */
async function finish(
	session: Session,
	table: string,
	tool: string,
	args: Readonly<Record<string, unknown>>,
): Promise<void> {
	const call = async (name: string, given: object): Promise<Answer> => {
		const { structured } = await callTool(session, name, { table, ...given });
		return structured as unknown as Answer;
	};
	const [change] = (await call("list_changes", {})).changes ?? [];
	let answer = await call(
		tool,
		change === undefined ? args : { resume: change.change_id },
	);
	for (let round = 0; openOf(answer) > 0 && round < 3; round++)
		answer = await call(tool, { resume: answer.change_id });
	expect(openOf(answer), JSON.stringify(answer)).toBe(0);
}

interface Answer {
	readonly change_id: string | null;
	readonly changes?: readonly { readonly change_id: string }[];
	readonly counts?: Readonly<Record<string, number>>;
}

/** Records that did not come to a good end. */
function openOf({ counts = {} }: Answer): number {
	const { unknown = 0, not_attempted = 0, failed = 0 } = counts;
	return unknown + not_attempted + failed;
}
