import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { VendorName } from "../../src/vendors/index.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import { NETWORKED, vendorOf } from "../harness/vendors.js";
import {
	type BulkCase,
	type OpenedFake,
	type PeerCall,
	rowsOf,
	type Work,
} from "./bulk-case.js";
import { type InProcess, openInProcess } from "./in-process.js";
import type { Measurement } from "./measurement.js";

const ALLOWED_SHARE = 0.95;
/** Turns of the event loop without news after which time moves: a flush to disk takes many. */
const IDLE_TURNS = 200;
const PEER_CALLS = 50;
const THROTTLED_WAIT_MS = 1_000;

/**
 * Rows per second of virtual time against a fake that enforces the documented rate, beside what that rate allows
 * when every call is a full batch, and beside the same work as a peer does it; and the calls that the fake had to
 * refuse, of which there may be none. Everything between question and answer counts: names, schemas, values for undo.
 */
export async function measureBulk(): Promise<readonly Measurement[]> {
	const figures: Measurement[] = [];
	for (const { id, bench } of NETWORKED)
		for (const one of bench) figures.push(...(await measureCase(one, id)));
	return figures;
}

/** What doing something to so many rows took. */
interface Taken {
	readonly rows: number;
	readonly seconds: number;
	readonly calls: number;
}

async function measureCase(
	one: BulkCase,
	name: VendorName,
): Promise<readonly Measurement[]> {
	const folder = await mkdtemp(join(tmpdir(), "tables-mcp-bench-"));
	const clock = virtualClock(undefined, IDLE_TURNS);
	const opened = one.open(clock);
	const server = await openInProcess({
		vendor: vendorOf(name),
		folder,
		connection: { vendor: name, ...opened.connection },
		clock,
		dispatcher: async () => new FakeDispatcher(opened.fakes, clock),
	});
	try {
		const ours = await workOf(one, opened, clock, server);
		const throttled = opened.throttled();
		const all = callsTo(opened);
		const peer = await peerWork(one, opened, clock);
		const what = `${one.what}${one.latencyMs === 0 ? "" : `, answers take ${one.latencyMs} ms`}`;
		const figures = WORKS.flatMap((work): Measurement[] => {
			const allowed = one.callsPerSecond[work] * one.rowsPerCall[work];
			const measured = rowsPerSecond(one, ours[work]);
			const waits = one.latencyMs > 0 && work !== "read";
			return [
				{
					what: `${work}, ${what}`,
					unit: "rows/s",
					measured,
					reference: allowed,
					against: waits
						? "what the rate allows; a batch waits for the one before"
						: "what the rate allows",
					...(waits ? {} : { budget: allowed * ALLOWED_SHARE }),
					atLeast: true,
				},
				{
					what: `${work}, all calls`,
					unit: "calls",
					measured: ours[work].calls,
					reference: Math.ceil(ours[work].rows / one.rowsPerCall[work]),
					against: "its batches or pages alone",
				},
				{
					what: `${work}, as peers do it`,
					unit: "rows/s",
					measured,
					reference: rowsPerSecond(one, peer[work]),
					against: opened.peer.habit[work],
					budget: rowsPerSecond(one, peer[work]),
					atLeast: true,
				},
			];
		});
		return [
			...figures,
			{
				what: `throttled calls, ${what}`,
				unit: "calls",
				measured: throttled,
				reference: all,
				against: "all calls",
				budget: 0,
			},
		];
	} finally {
		await server.close();
		await rm(folder, { recursive: true, force: true });
	}
}

const WORKS = [
	"create",
	"update",
	"delete",
	"read",
] as const satisfies readonly Work[];
const WINDOW_SECONDS = 1;

/** Where answers take no time the first window's calls go at once: it counts as if it had been waited for. */
function rowsPerSecond({ latencyMs }: BulkCase, { rows, seconds }: Taken) {
	return rows / (seconds + (latencyMs === 0 ? WINDOW_SECONDS : 0));
}

function callsTo({ fakes }: OpenedFake): number {
	return Object.values(fakes).reduce((sum, { log }) => sum + log.length, 0);
}

async function workOf(
	one: BulkCase,
	opened: OpenedFake,
	clock: VirtualClock,
	server: InProcess,
): Promise<Readonly<Record<Work, Taken>>> {
	const { empty: table, full } = opened.tables;
	const { write, read } = one.rows;
	let ids: readonly string[] = [];
	const steps: Readonly<Record<Work, () => Promise<unknown>>> = {
		create: () =>
			settled(server, "create_records", {
				table,
				records: rowsOf(write).map((fields) => ({ fields })),
			}),
		update: () =>
			settled(server, "update_records", {
				table,
				records: ids.map((id, index) => ({
					id,
					fields: { Amount: index + 1 },
				})),
				confirm: String(write),
			}),
		delete: () =>
			settled(server, "delete_records", {
				table,
				record_ids: ids,
				confirm: String(write),
			}),
		async read() {
			const { structuredContent } = await settled(server, "query_records", {
				table: full,
				aggregate: [
					{ function: "count" },
					{ function: "sum", field: "Amount" },
				],
			});
			if (structuredContent.rows[0]?.[0] !== read)
				throw new Error(JSON.stringify(structuredContent).slice(0, 500));
		},
	};
	const taken = {} as Record<Work, Taken>;
	for (const work of WORKS) {
		// As an agent does: first the fields. Whatever came before has left its windows.
		await settled(server, "describe_fields", {
			table: work === "read" ? full : table,
		});
		clock.advance(5_000);
		const startedMs = clock.now();
		const before = callsTo(opened);
		await steps[work]();
		taken[work] = {
			rows: work === "read" ? read : write,
			seconds: (clock.now() - startedMs) / 1_000,
			calls: callsTo(opened) - before,
		};
		if (work === "create") ids = await idsOf(server, table, write);
	}
	return taken;
}

/** The same work as a peer does it, call after call; a refused call is repeated after a second. */
async function peerWork(
	one: BulkCase,
	{ fakes, peer }: OpenedFake,
	clock: VirtualClock,
): Promise<Readonly<Record<Work, Taken>>> {
	const fake = fakes[peer.origin];
	if (fake === undefined) throw new Error(`no fake at ${peer.origin}`);
	let calls = 0;
	const send = async (call: PeerCall): Promise<unknown> => {
		for (;;) {
			calls++;
			const response = fake.handle({
				method: call.method,
				origin: peer.origin,
				path: call.path,
				query: call.query ?? "",
				headers: {
					...peer.headers,
					"content-type": "application/json; charset=utf-8",
				},
				body: Buffer.from(
					call.json === undefined ? "" : JSON.stringify(call.json),
				),
			});
			clock.advance(response.delayMs ?? 0);
			const answer = JSON.parse(String(response.body)) as unknown;
			const throttled = peer.isThrottled(response.status, answer);
			clock.advance(throttled ? THROTTLED_WAIT_MS : peer.pauseMs);
			if (!throttled) return answer;
		}
	};
	const timed = async (work: () => Promise<number>): Promise<Taken> => {
		clock.advance(60_000);
		const startedMs = clock.now();
		calls = 0;
		const rows = await work();
		return { rows, calls, seconds: (clock.now() - startedMs) / 1_000 };
	};
	const { rowsPerCall } = peer;
	const ids: string[] = [];
	const inParts = (size: number, part: (ids: readonly string[]) => PeerCall) =>
		timed(async () => {
			for (let from = 0; from < ids.length; from += size)
				await send(part(ids.slice(from, from + size)));
			return ids.length;
		});
	return {
		create: await timed(async () => {
			const rows = rowsOf(rowsPerCall.create * PEER_CALLS);
			for (let from = 0; from < rows.length; from += rowsPerCall.create)
				ids.push(
					...peer.made(
						await send(
							peer.create(rows.slice(from, from + rowsPerCall.create)),
						),
					),
				);
			if (ids.length !== rows.length)
				throw new Error(`${one.what}: a peer made ${ids.length} records`);
			return rows.length;
		}),
		update: await inParts(rowsPerCall.update, peer.update),
		delete: await inParts(rowsPerCall.delete, peer.delete),
		read: await timed(async () => {
			let rows = 0;
			let cursor: string | undefined;
			do {
				const page = peer.page(await send(peer.read(cursor)), cursor);
				rows += page.rows;
				cursor = page.next;
			} while (cursor !== undefined);
			if (rows !== one.rows.read)
				throw new Error(`${one.what}: a peer read ${rows} rows`);
			return rows;
		}),
	};
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
			fields: ["Title"],
			limit: 10_000,
			...(cursor === undefined ? {} : { cursor }),
		});
		ids.push(...structuredContent.rows.map(([id]: [string]) => id));
		cursor = structuredContent.next_cursor ?? undefined;
	} while (cursor !== undefined);
	if (ids.length !== count)
		throw new Error(`${ids.length} records in place of ${count}`);
	return ids;
}
