import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pLimit from "p-limit";
import { describe, expect, test } from "vitest";
import type { VendorName } from "../../src/vendors/index.js";
import { seededRandom } from "../conformance/session.js";
import { listen } from "../fakes/listen.js";
import { networkOf } from "../harness/vendors.js";
import { type CallAnswer, type RawServer, startServer } from "../stdio.js";
import type { Cells } from "./history.js";
import type { FaultVendor } from "./suite.js";

/** `KILL_RUNS=30` does as many as `npm run test:faults`. */
const RUNS = Number(process.env.KILL_RUNS ?? 6);
const ROWS = 45;
/** Most of a run is spent waiting for what the vendor may show late. */
const AT_ONCE = 3;

/**
 * The built server is killed at a random request to the vendor, before or after the vendor's work; another process
 * then finishes what it began. In the end every row is there once.
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
	name: string,
	vendor: FaultVendor,
	seed: number,
): Promise<void> {
	const random = seededRandom(seed + 1);
	const folder = mkdtempSync(join(tmpdir(), "tables-mcp-kill-"));
	let server: RawServer | undefined;
	let countdown = Number.POSITIVE_INFINITY;
	const opened = vendor.open({
		clock: { now: () => Date.now() },
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
	const start = async () => {
		const started = startServer({
			TABLES_MCP_CONFIG: config,
			TABLES_MCP_DATA_DIR: folder,
		});
		await started.initialize();
		return started;
	};
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
	const [tool, args] =
		seed % 2 === 0
			? (["import_records", { file: "rows.csv" }] as const)
			: ([
					"create_records",
					{ records: rows.map((fields) => ({ fields })) },
				] as const);
	try {
		server = await start();
		countdown = 1 + Math.floor(random() * 9);
		await server
			.call(tool, { table, ...args })
			.catch(() => "the process was killed");
		countdown = Number.POSITIVE_INFINITY;
		server.process.kill("SIGKILL");
		server = await start();
		await finish(server, table, tool, args);
		const lines = (all: Iterable<Cells>) =>
			[...all].map((row) => JSON.stringify(row)).sort();
		expect(lines(opened.rows().values())).toEqual(lines(rows));
	} finally {
		server?.process.kill("SIGKILL");
		await listening.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

/** What a person does after a crash: looks at the changes, and resumes what is open or begins again. */
async function finish(
	server: RawServer,
	table: string,
	tool: string,
	args: Readonly<Record<string, unknown>>,
): Promise<void> {
	const listed = await server.call("list_changes", { table });
	const change = listed.structured.changes[0] as
		| { readonly change_id: string }
		| undefined;
	let answer: CallAnswer = await server.call(
		tool,
		change === undefined
			? { table, ...args }
			: { table, resume: change.change_id },
	);
	for (let round = 0; answer.isError && round < 3; round++)
		answer = await server.call(tool, {
			table,
			resume: answer.structured.change_id,
		});
	expect(answer.isError, answer.text).toBe(false);
}
