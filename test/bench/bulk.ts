import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vendors } from "../../src/vendors/index.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { Fake } from "../fakes/fake.js";
import { createFusionFake } from "../fakes/fusion/index.js";
import { type InProcess, openInProcess } from "./in-process.js";
import type { Measurement } from "./measurement.js";

const ALLOWED_SHARE = 0.95;
/** Calls besides the batches themselves: names, schemas, values for undo. */
const ALLOWED_CALLS = 1.1;
/** Turns of the event loop without news after which time moves: a flush to disk takes many. */
const IDLE_TURNS = 2_000;
const NAMES = ["Title", "Amount"] as const;

type Work = "create" | "update" | "delete" | "read";

/** A vendor's fake that enforces its documented limits, and what those limits allow. */
interface BulkCase {
	readonly what: string;
	/** Its id in `src/vendors/index.ts`; a vendor that is not listed there is said not to be measured. */
	readonly vendor: string;
	readonly callsPerSecond: number;
	readonly rowsPerCall: Readonly<Record<Work, number>>;
	/** Records written, and records in the table that is read whole. */
	readonly rows: Readonly<Record<"write" | "read", number>>;
	open(clock: VirtualClock): OpenedFake;
}

interface OpenedFake {
	/** By origin. */
	readonly fakes: Readonly<Record<string, Fake>>;
	/** Variables that point the server at the fake. */
	readonly environment: Readonly<Record<string, string>>;
	/** References of an empty table with Title (text) and Amount (number), and of a full one. */
	readonly tables: Readonly<Record<"empty" | "full", string>>;
	/** Calls refused for their rate so far. */
	throttled(): number;
}

const FUSION_ORIGIN = "http://127.0.0.1:18080";

const BULK_CASES: readonly BulkCase[] = [
	{
		what: "APITable, 5 calls a second",
		vendor: "fusion",
		callsPerSecond: 5,
		rowsPerCall: { create: 10, update: 10, delete: 10, read: 1_000 },
		rows: { write: 3_000, read: 40_000 },
		open(clock) {
			const fake = createFusionFake({
				clock,
				switches: { callsPerSecond: 5, planRecordsPerTable: 50_000 },
			});
			const fields = [
				{ name: "Title", type: "SingleText", property: {} },
				{ name: "Amount", type: "Number", property: { precision: 0 } },
			];
			fake.addTable({ name: "Empty", fields });
			const full = fake.addTable({ name: "Full", fields });
			fake.addRecords(full, rowsOf(40_000));
			return {
				fakes: { [FUSION_ORIGIN]: fake },
				environment: {
					APITABLE_TOKEN: fake.token,
					APITABLE_BASE_URL: FUSION_ORIGIN,
				},
				tables: { empty: "Empty", full: "Full" },
				throttled: () => fake.throttled,
			};
		},
	},
];

/**
 * Rows per second of virtual time against a fake that enforces the documented rate, beside what that rate allows
 * when every call is a full batch; the calls made beside the fewest that could do; and the calls that the fake had to
 * refuse, of which there may be none.
 */
export async function measureBulk(): Promise<readonly Measurement[]> {
	const figures: Measurement[] = [];
	for (const one of BULK_CASES) {
		const vendor = vendors.find(({ id }) => id === one.vendor);
		if (vendor === undefined)
			console.log(
				`--   ${one.what}: not measured, src/vendors/index.ts does not list "${one.vendor}"`,
			);
		else figures.push(...(await measureCase(one, vendor)));
	}
	return figures;
}

async function measureCase(
	one: BulkCase,
	vendor: (typeof vendors)[number],
): Promise<readonly Measurement[]> {
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-bench-"));
	const clock = virtualClock(undefined, IDLE_TURNS);
	const { fakes, environment, tables, throttled } = one.open(clock);
	const server = await openInProcess({
		vendor,
		folder,
		environment,
		clock,
		dispatcher: async () => new FakeDispatcher(fakes, clock),
	});
	try {
		for (const table of Object.values(tables))
			await settled(server, "describe_fields", { table });
		const figures: Measurement[] = [];
		const callsSoFar = () =>
			Object.values(fakes).reduce((sum, { log }) => sum + log.length, 0);
		const time = async (work: Work, rows: number, run: () => Promise<void>) => {
			const startedMs = clock.now();
			const callsBefore = callsSoFar();
			await run();
			const seconds = (clock.now() - startedMs) / 1_000;
			const calls = callsSoFar() - callsBefore;
			const allowed = one.callsPerSecond * one.rowsPerCall[work];
			const needed = Math.ceil(rows / one.rowsPerCall[work]);
			figures.push(
				{
					what: `${work}, ${one.what}`,
					unit: "rows/s",
					measured: rows / seconds,
					reference: allowed,
					against: "what the rate allows",
					budget: allowed * ALLOWED_SHARE,
					atLeast: true,
				},
				{
					what: `${work}, calls`,
					unit: "calls",
					measured: calls,
					reference: needed,
					against: "its batches or pages alone",
					budget: needed * ALLOWED_CALLS,
				},
			);
		};
		const { write, read } = one.rows;
		const table = tables.empty;
		let ids: readonly string[] = [];
		await time("create", write, async () => {
			await settled(server, "create_records", {
				table,
				records: rowsOf(write).map((fields) => ({ fields })),
			});
		});
		ids = await idsOf(server, table, write);
		await time("update", write, async () => {
			await settled(server, "update_records", {
				table,
				records: ids.map((id, index) => ({
					id,
					fields: { Amount: index + 1 },
				})),
			});
		});
		await time("delete", write, async () => {
			await settled(server, "delete_records", {
				table,
				record_ids: ids,
				confirm: String(write),
			});
		});
		await time("read", read, async () => {
			const { structuredContent } = await settled(server, "query_records", {
				table: tables.full,
				aggregate: [
					{ function: "count" },
					{ function: "sum", field: "Amount" },
				],
			});
			if (structuredContent.rows[0]?.[0] !== read)
				throw new Error(JSON.stringify(structuredContent).slice(0, 500));
		});
		figures.push({
			what: `throttled calls, ${one.what}`,
			unit: "calls",
			measured: throttled(),
			reference: callsSoFar(),
			against: "all calls",
			budget: 0,
		});
		return figures;
	} finally {
		await server.close();
		await rm(folder, { recursive: true, force: true });
	}
}

/** A call, and as often as it says that it is not finished, the same with `resume`. */
async function settled(server: InProcess, name: string, args: object) {
	let answer = await server.call(name, args);
	while ((answer.structuredContent?.counts?.not_attempted ?? 0) > 0) {
		const { change_id: resume } = answer.structuredContent;
		if (resume === null) break;
		const { table } = args as { table?: string };
		answer = await server.call(name, { table, resume });
	}
	if (answer.isError) throw new Error(answer.content[0]?.text);
	return answer;
}

async function idsOf(
	server: InProcess,
	table: string,
	count: number,
): Promise<string[]> {
	const ids: string[] = [];
	let cursor: string | undefined;
	do {
		const { structuredContent } = await settled(server, "query_records", {
			table,
			fields: [NAMES[0]],
			limit: count,
			...(cursor === undefined ? {} : { cursor }),
		});
		ids.push(...structuredContent.rows.map(([id]: [string]) => id));
		cursor = structuredContent.next_cursor ?? undefined;
	} while (cursor !== undefined);
	if (ids.length !== count)
		throw new Error(`${ids.length} records in place of ${count}`);
	return ids;
}

function rowsOf(count: number): Record<(typeof NAMES)[number], unknown>[] {
	return Array.from({ length: count }, (_, index) => ({
		Title: `Row ${index}`,
		Amount: index,
	}));
}
