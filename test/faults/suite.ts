import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import type { Clock } from "../../src/core/contract/clock.js";
import type { VendorName } from "../../src/vendors/index.js";
import { virtualClock } from "../clock.js";
import { seededRandom, sessionOf } from "../conformance/session.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { Fake, FaultPlan } from "../fakes/fake.js";
import { networkOf, vendorOf } from "../harness/vendors.js";
import { type Cells, FOREIGN, PATIENCE_MS, runHistory } from "./history.js";
import { type Misbehaviour, NETWORK, schedule } from "./schedule.js";

/** How a vendor joins the fault suite. */
export interface FaultVendor {
	/** What it does beyond the network's misbehaviour. */
	readonly ways: Readonly<Record<string, Misbehaviour>>;
	/** `unlimited`: neither the fake nor the configuration paces calls. */
	open(given: {
		readonly clock: Pick<Clock, "now">;
		readonly fault: FaultPlan;
		readonly unlimited?: boolean;
		/** 0 to 2: behaviour that a vendor may or may not show. */
		readonly variant?: number;
	}): {
		readonly fake: Fake;
		readonly origins: readonly string[];
		readonly config: Readonly<Record<string, unknown>>;
		readonly table: string;
		rows(): ReadonlyMap<string, Cells>;
		/** Someone else adds a row, past the API; answers its id. */
		addForeign(cells: Cells): string;
	};
}

/** All that there are: `npm run test:faults` runs every one. */
const ALL = 2_000;
/** `FAULT_SEED=17` runs one schedule, `FAULT_SCHEDULES=2000` all, `FAULT_FROM=340` those from there on. */
const SEED = process.env.FAULT_SEED;
const SCHEDULES = Number(process.env.FAULT_SCHEDULES ?? 200);
/** Where the part that runs begins: another one each time, so that many runs see them all. */
const FROM = Number(
	process.env.FAULT_FROM ??
		(SCHEDULES >= ALL ? 0 : Math.floor(Math.random() * ALL)),
);
const PART = 100;

/** The vendor's schedules of misbehaviour. */
export function describeFaults(name: VendorName): void {
	const { faults: vendor } = networkOf(name);
	describe(`${name} misbehaves`, () => {
		if (SEED !== undefined) {
			test(`schedule ${SEED}`, () => runSchedule(name, vendor, Number(SEED)));
			return;
		}
		console.log(
			`${name}: ${SCHEDULES} of ${ALL} schedules, FAULT_FROM=${FROM} runs the same`,
		);
		for (let first = 0; first < SCHEDULES; first += PART)
			test(`schedules ${FROM + first} and on`, async () => {
				const end = Math.min(SCHEDULES, first + PART);
				for (let seed = FROM + first; seed < FROM + end; seed++)
					await runSchedule(name, vendor, seed % ALL).catch(
						(error: unknown) => {
							throw new Error(
								`FAULT_SEED=${seed % ALL} replays it: ${(error as Error).message}`,
								{ cause: error },
							);
						},
					);
			}, 120_000);
	});
}

/** Memory is as good as a disk here, and a hundred times faster to flush. */
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

async function runSchedule(
	name: VendorName,
	vendor: FaultVendor,
	seed: number,
): Promise<void> {
	const random = seededRandom(seed);
	const clock = virtualClock();
	const faults = schedule(
		random,
		{ ...NETWORK, ...vendor.ways },
		[0.05, 0.15, 0.3][seed % 3] as number,
	);
	const foreign = new Set<string>();
	// In a quarter of the schedules someone else writes into the same table.
	const others = seed % 4 === 3;
	const opened = vendor.open({
		clock,
		variant: Math.floor(seed / 4) % 3,
		fault(request) {
			if (others && random() < 0.05)
				foreign.add(
					opened.addForeign({ Title: FOREIGN, Amount: null, Tag: "a" }),
				);
			return faults.plan(request);
		},
	});
	// What was made just now may not be found yet: the table has been there for a while.
	clock.advance(60_000);
	const folder = mkdtempSync(join(PLACE, "tables-mcp-faults-"));
	const dispatcher = new FakeDispatcher(
		Object.fromEntries(opened.origins.map((origin) => [origin, opened.fake])),
		clock,
	);
	const open = (number: number) =>
		sessionOf({
			vendor: vendorOf(name),
			folder,
			config: opened.config,
			clock,
			dispatcher: async () => dispatcher,
			seed: seed * 2 + number,
		});
	const [first, second] = [open(0), open(1)];
	try {
		await runHistory(
			{
				sessions: [first.session, second.session],
				filesDir: join(folder, "files"),
				table: opened.table,
				rows: opened.rows,
				foreign,
				wait: () => clock.advance(PATIENCE_MS),
			},
			faults,
			random,
		);
	} catch (error) {
		if (SEED !== undefined) console.error(faults.done.join("\n"));
		throw error;
	} finally {
		await first.close();
		await second.close();
		rmSync(folder, { recursive: true, force: true });
	}
}
