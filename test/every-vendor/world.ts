import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Adapter } from "../../src/core/contract/adapter.js";
import type { Clock } from "../../src/core/contract/clock.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type {
	Fake,
	FakeRequest,
	FakeResponse,
	Fault,
	FaultPlan,
} from "../fakes/fake.js";
import { temporaryFolder } from "../folder.js";
import { HARNESSES, VENDOR_NAMES } from "../harness/vendors.js";
import {
	type Answer,
	type ClientOptions,
	connected,
	type TestClient,
} from "../server/client.js";

export type Cells = Readonly<Record<string, unknown>>;
export type Write = "create" | "update" | "delete";

/** What a vendor answers in place of doing anything, in its own form. */
export interface Failures {
	/** Called too often; told to wait for so many seconds where the vendor tells it at all. */
	throttled(seconds: number): Fault;
	/** A failure inside HTTP 200: the outcome of a write is not known, or nothing was done. */
	inside200(write: Write): Fault;
	/** The credential's right does not suffice. */
	forbidden: Fault;
	/** No more records fit. */
	readonly full: Fault;
	/** The plan's calls are used up. */
	quotaSpent: Fault;
	/** The token was refused. */
	tokenRefused: Fault;
	/** Someone else writes, or the data is not ready: nothing was done. */
	conflict?: Fault;
}

/** A vendor's account, and what can be done to it past its API. */
export interface Site {
	/** Of one connection in the configuration file. */
	readonly config: object;
	/** Id of the base where tables are made. */
	readonly base: string;
	/** Absent: no network. */
	readonly fake?: Fake;
	readonly origins?: readonly string[];
	/** What must never be kept or printed. */
	readonly secrets: readonly string[];
	/** Cells of a table by record id, in the order of creation, as they are stored; empty ones are null. */
	rows(table: string): Promise<ReadonlyMap<string, Cells>>;
	/** Makes Ann, whom a cell can hold; answers what names her in a write. */
	person(): string;
	/** Someone else writes. */
	add(table: string, cells: Cells): Promise<string>;
	change(table: string, id: string, cells: Cells): Promise<void>;
	remove(table: string, id: string): Promise<void>;
	/** What the connection's configuration needs to be an account that may only read the table. */
	reader?(table: string): object;
	/** Requests refused because they came too fast. */
	throttled?(): number;
}

/** How a vendor joins every test here. */
export interface PeerOfVendor {
	open(given: {
		readonly clock: Clock;
		readonly fault: FaultPlan;
		/** The plan with the fewest calls, and a configuration that knows it. */
		readonly slowest: boolean;
		/** Takes what closes the account after the test. */
		readonly atEnd: (close: () => Promise<void>) => void;
	}): Site;
	/** Absent: it is not called over a network. */
	readonly network?: {
		/** What a batch takes on the slowest plan, or where none is slow, on a bad day. */
		readonly slowWriteMs: number;
		/** Which write a request is, if it is one of records. */
		writeOf(request: FakeRequest): Write | undefined;
		/** Does it read rows? */
		readsRows(request: FakeRequest): boolean;
		readonly failures: Failures;
	};
}

export type Peer = PeerOfVendor & { readonly id: string };

export const PEERS: readonly Peer[] = VENDOR_NAMES.map((id) => ({
	id,
	...HARNESSES[id].everyVendor,
}));

/** Every vendor that the program has. */
export function eachPeer(
	title: string,
	run: (peer: Peer) => Promise<void>,
	timeoutMs?: number,
): void {
	describe(title, () => {
		for (const peer of PEERS) test(peer.id, () => run(peer), timeoutMs);
	});
}

export type CloudPeer = Peer & {
	readonly network: NonNullable<Peer["network"]>;
};

/** Those that are called over a network. */
export function eachCloudPeer(
	title: string,
	run: (peer: CloudPeer) => Promise<void>,
	timeoutMs?: number,
): void {
	describe(title, () => {
		for (const peer of PEERS)
			if (peer.network !== undefined)
				test(peer.id, () => run(peer as CloudPeer), timeoutMs);
	});
}

export interface World {
	readonly peer: Peer;
	readonly site: Site;
	readonly clock: VirtualClock;
	readonly client: TestClient;
	readonly folder: string;
	/** Reference of a table with `FIELDS`. */
	readonly table: string;
	/** Largest batches and the rest of the vendor's facts. */
	readonly adapter: Adapter;
	/** Changes every JSON answer of the vendor from now on. */
	rewrite(change: (body: unknown) => unknown): void;
	/** Decides about the requests from now on. */
	faulty(plan: FaultPlan | undefined): void;
	/** Another window of the same person: another process over the same folder, or over its own. */
	another(folder?: string, more?: Partial<ClientOptions>): Promise<TestClient>;
	/** Titles as they are stored, in the order of creation. */
	titles(): Promise<readonly unknown[]>;
	/** Writes of records that reached the vendor since the world was opened. */
	writes(kind?: Write): number;
}

const FIELDS = [
	{ name: "Title", type: "text" },
	{ name: "Amount", type: "number" },
	{
		name: "Tag",
		type: "single_select",
		settings: { options: [{ name: "a" }, { name: "b" }, { name: "c" }] },
	},
	{
		name: "Tags",
		type: "multi_select",
		settings: { options: [{ name: "x" }, { name: "y" }, { name: "z" }] },
	},
	{ name: "Day", type: "date" },
	{ name: "Done", type: "checkbox" },
] as const;

export async function openWorld(
	peer: Peer,
	options: {
		readonly config?: object;
		readonly person?: ClientOptions["person"];
		readonly environment?: ClientOptions["environment"];
		readonly log?: NonNullable<ClientOptions["log"]>;
		/** In place of time that moves only when everyone sleeps. */
		readonly clock?: VirtualClock;
		readonly slowest?: boolean;
	} = {},
): Promise<World> {
	const clock = options.clock ?? virtualClock();
	let plan: FaultPlan | undefined;
	let rewriting: ((body: unknown) => unknown) | undefined;
	const site = peer.open({
		clock,
		fault: (request) => plan?.(request),
		slowest: options.slowest ?? false,
		atEnd: (close) => onTestFinished(close),
	});
	const folder = temporaryFolder();
	const { fake } = site;
	const dispatcher =
		fake === undefined
			? undefined
			: new FakeDispatcher(
					Object.fromEntries(
						(site.origins ?? []).map((origin) => [
							origin,
							{
								log: fake.log,
								handle: (request: FakeRequest) =>
									rewritten(fake.handle(request), rewriting),
							},
						]),
					),
					clock,
				);
	const connect = (at: string, more: Partial<ClientOptions> = {}) =>
		connected({
			folder: at,
			clock,
			config: {
				connections: {
					[peer.id]: { vendor: peer.id, ...site.config, ...options.config },
				},
			},
			...(dispatcher === undefined ? {} : { dispatcher }),
			...(options.person === undefined ? {} : { person: options.person }),
			...(options.environment === undefined
				? {}
				: { environment: options.environment }),
			...(options.log === undefined ? {} : { log: options.log }),
			...more,
		});
	const client = await connect(folder);
	const made = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name: "Rows",
		fields: FIELDS,
	});
	const table = made.structured.table as string;
	const connection = client.session.connections.get(peer.id);
	if (connection === undefined) throw new Error(`no connection ${peer.id}`);
	return {
		peer,
		site,
		clock,
		client,
		folder,
		table,
		adapter: await connection.adapter(),
		rewrite: (change) => {
			rewriting = change;
		},
		faulty: (given) => {
			plan = given;
		},
		another: (at = folder, more) => connect(at, more),
		titles: async () =>
			[...(await site.rows(table)).values()].map(({ Title }) => Title),
		writes: (kind) =>
			(fake?.log ?? []).filter(({ request }) => {
				const write = peer.network?.writeOf(request);
				return write !== undefined && (kind === undefined || write === kind);
			}).length,
	};
}

function rewritten(
	response: FakeResponse,
	change: ((body: unknown) => unknown) | undefined,
): FakeResponse {
	if (change === undefined || typeof response.body !== "string")
		return response;
	try {
		return {
			...response,
			body: JSON.stringify(change(JSON.parse(response.body))),
		};
	} catch {
		return response;
	}
}

/** `count` records with different titles. */
export function recordsOf(count: number, more: Cells = {}) {
	return Array.from({ length: count }, (_, index) => ({
		fields: { Title: `row ${index}`, Amount: index, ...more },
	}));
}

/** `row 0`, `row 1`, … */
export const titlesOf = (count: number) =>
	Array.from({ length: count }, (_, index) => `row ${index}`);

/** An answer lists at most this many ids. */
const LISTED_IDS = 2_000;

/** Creates records and answers their ids. */
export async function created(
	{ client, table }: Pick<World, "client" | "table">,
	records: readonly object[],
): Promise<readonly string[]> {
	const ids: string[] = [];
	for (let from = 0; from < records.length; from += LISTED_IDS) {
		const { structured } = await untilDone(
			client,
			"create_records",
			{ records: records.slice(from, from + LISTED_IDS) },
			table,
		);
		ids.push(...(structured.ids as string[]));
	}
	return ids;
}

/** The fault at the n-th request (from 1) that fits; `also` the others up to it and after. */
export function atRequest(
	number: number,
	fits: (request: FakeRequest) => boolean,
	fault: Fault,
	until = number,
): FaultPlan {
	let count = 0;
	return (request) => {
		if (!fits(request)) return undefined;
		count++;
		return count >= number && count <= until ? fault : undefined;
	};
}

/** A page of a server between us and the vendor. `after`: the vendor did its work. */
export const gateway = (status: number, when: Fault["when"]): Fault => ({
	when,
	response: {
		status,
		headers: { "content-type": "text/html" },
		body: `<html><body><h1>${status} Bad Gateway</h1></body></html>`,
	},
});

/** Calls until nothing is left open, through the answer's own `resume`. */
export async function untilDone(
	client: TestClient,
	tool: string,
	args: object,
	table: string,
): Promise<Answer & { readonly calls: number }> {
	let answer = await client.call(tool, { table, ...args });
	for (let calls = 1; ; calls++) {
		const { counts, change_id: resume } = answer.structured;
		if (counts === undefined)
			throw new Error(`${tool} was refused: ${answer.text}`);
		if (counts.unknown + counts.not_attempted === 0)
			return { ...answer, calls };
		expect(calls, answer.text).toBeLessThan(200);
		answer = await client.call(tool, { table, resume });
	}
}

/** Every file under a folder. */
export function filesUnder(folder: string): readonly string[] {
	return readdirSync(folder).flatMap((name) => {
		const path = join(folder, name);
		return statSync(path).isDirectory() ? filesUnder(path) : [path];
	});
}
