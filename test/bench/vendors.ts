import type { VirtualClock } from "../clock.js";
import { createBitableFake } from "../fakes/bitable/index.js";
import { createDingtalkFake } from "../fakes/dingtalk/index.js";
import type { Fake, FaultPlan } from "../fakes/fake.js";
import { createFusionFake } from "../fakes/fusion/index.js";

export type Work = "create" | "update" | "delete" | "read";

/** A vendor's fake that enforces its documented limits, what those limits allow, and how peers do the same work. */
export interface BulkCase {
	readonly what: string;
	/** Its id in `src/vendors/index.ts`; a vendor that is not listed there is said not to be measured. */
	readonly vendor: string;
	readonly callsPerSecond: Readonly<Record<Work, number>>;
	readonly rowsPerCall: Readonly<Record<Work, number>>;
	/** Records written, and records in the table that is read whole. */
	readonly rows: Readonly<Record<"write" | "read", number>>;
	/** How long each answer takes. */
	readonly latencyMs: number;
	open(clock: VirtualClock): OpenedFake;
}

export interface OpenedFake {
	/** By origin. */
	readonly fakes: Readonly<Record<string, Fake>>;
	/** Of its configuration file. */
	readonly connection: Readonly<Record<string, unknown>>;
	/** References of an empty table with Title (text) and Amount (number), of another for the peer, and of a full one. */
	readonly tables: Readonly<Record<"empty" | "peer" | "full", string>>;
	/** Calls refused for their rate so far. */
	throttled(): number;
	readonly peer: PeerOfVendor;
}

/** One HTTP call of a peer. */
export interface PeerCall {
	readonly method: string;
	readonly path: string;
	readonly query?: string;
	readonly json?: unknown;
}

/** How a widely used server for the same vendor works. */
export interface PeerOfVendor {
	readonly origin: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Records or rows of one call. */
	readonly rowsPerCall: Readonly<Record<Work, number>>;
	/** After each answer. */
	readonly pauseMs: number;
	/** In words. */
	readonly habit: Readonly<Record<Work, string>>;
	create(rows: readonly Cells[]): PeerCall;
	update(ids: readonly string[]): PeerCall;
	delete(ids: readonly string[]): PeerCall;
	read(cursor: string | undefined): PeerCall;
	/** Ids of what was made. */
	made(answer: unknown): readonly string[];
	page(
		answer: unknown,
		cursor: string | undefined,
	): { readonly rows: number; readonly next: string | undefined };
	/** Was the call refused for its rate? */
	isThrottled(status: number, answer: unknown): boolean;
}

export type Cells = Readonly<Record<"Title" | "Amount", unknown>>;

export function rowsOf(count: number): Cells[] {
	return Array.from({ length: count }, (_, index) => ({
		Title: `Row ${index}`,
		Amount: index,
	}));
}

const late = (delayMs: number): { readonly fault?: FaultPlan } =>
	delayMs === 0 ? {} : { fault: () => ({ when: "after", delayMs }) };

const PAUSE_MS = 200;
const ONE_BY_ONE = {
	create: "one record a call, 200 ms pause",
	update: "one record a call, 200 ms pause",
	delete: "one record a call, 200 ms pause",
	read: "page after page, 200 ms pause",
} as const;
const IN_BATCHES = {
	create: "100 records a call, 200 ms pause",
	update: "100 records a call, 200 ms pause",
	delete: "100 records a call, 200 ms pause",
	read: "page after page, 200 ms pause",
} as const;
const ANY = (calls: number) => ({
	create: calls,
	update: calls,
	delete: calls,
	read: calls,
});

const field = (value: unknown, name: string): unknown =>
	(value as Record<string, unknown> | null | undefined)?.[name];
const listOf = (value: unknown): readonly unknown[] =>
	Array.isArray(value) ? value : [];

/** Both kinds of APITable server: the built-in 5 calls a second, and a plan with 20. */
function fusionCase(callsPerSecond: number, latencyMs: number): BulkCase {
	const rows = { write: 600 * callsPerSecond, read: 40_000 };
	return {
		what: `APITable, ${callsPerSecond} calls a second`,
		vendor: "fusion",
		callsPerSecond: ANY(callsPerSecond),
		rowsPerCall: { create: 10, update: 10, delete: 10, read: 1_000 },
		rows,
		latencyMs,
		open(clock) {
			const origin = "http://127.0.0.1:18080";
			const fake = createFusionFake({
				clock,
				switches: { callsPerSecond, planRecordsPerTable: 50_000 },
				...late(latencyMs),
			});
			const fields = [
				{ name: "Title", type: "SingleText", property: {} },
				{ name: "Amount", type: "Number", property: { precision: 0 } },
			];
			fake.addTable({ name: "Empty", fields });
			const peer = fake.addTable({ name: "Peer", fields });
			const full = fake.addTable({ name: "Full", fields });
			fake.addRecords(full, rowsOf(rows.read));
			const records = (table: string) =>
				`/fusion/v1/datasheets/${table}/records`;
			return {
				fakes: { [origin]: fake },
				connection: {
					vendor: "fusion",
					product: "apitable",
					token: fake.token,
					base_url: origin,
					qps: callsPerSecond,
				},
				tables: { empty: "Empty", peer, full: "Full" },
				throttled: () => fake.throttled,
				peer: {
					origin,
					headers: { authorization: `Bearer ${fake.token}` },
					rowsPerCall: { create: 1, update: 1, delete: 1, read: 1_000 },
					pauseMs: PAUSE_MS,
					habit: ONE_BY_ONE,
					create: (cells) => ({
						method: "POST",
						path: records(peer),
						json: { records: cells.map((fields) => ({ fields })) },
					}),
					update: (ids) => ({
						method: "PATCH",
						path: records(peer),
						json: {
							records: ids.map((recordId) => ({
								recordId,
								fields: { Amount: 1 },
							})),
						},
					}),
					delete: (ids) => ({
						method: "DELETE",
						path: records(peer),
						query: `recordIds=${ids.join(",")}`,
					}),
					read: (cursor) => ({
						method: "GET",
						path: records(full),
						query: `pageSize=1000&pageNum=${cursor ?? 1}`,
					}),
					made: (answer) =>
						listOf(field(field(answer, "data"), "records")).map((record) =>
							String(field(record, "recordId")),
						),
					page: (answer, cursor) => {
						const data = field(answer, "data");
						const number = Number(cursor ?? 1);
						return {
							rows: listOf(field(data, "records")).length,
							next:
								number * 1_000 < Number(field(data, "total"))
									? String(number + 1)
									: undefined,
						};
					},
					isThrottled: (status) => status === 429,
				},
			};
		},
	};
}

const bitableCase: BulkCase = {
	what: "Feishu, 10 writes and 20 reads a second",
	vendor: "bitable",
	callsPerSecond: { create: 10, update: 10, delete: 10, read: 20 },
	rowsPerCall: { create: 500, update: 500, delete: 500, read: 500 },
	rows: { write: 20_000, read: 50_000 },
	latencyMs: 0,
	open(clock) {
		const origin = "http://127.0.0.1:18081";
		const fake = createBitableFake({ clock });
		const base = fake.addBase({ name: "Work" });
		const fields = [
			{ name: "Title", type: 1 },
			{ name: "Amount", type: 2 },
		];
		fake.addTable(base, { name: "Empty", fields });
		const peer = fake.addTable(base, { name: "Peer", fields });
		const full = fake.addTable(base, { name: "Full", fields });
		fake.addRecords(full, rowsOf(50_000));
		const records = (table: string) =>
			`/open-apis/bitable/v1/apps/${base}/tables/${table}/records`;
		return {
			fakes: { [origin]: fake },
			connection: {
				vendor: "bitable",
				app_id: fake.app.id,
				app_secret: fake.app.secret,
				base_url: origin,
				bases: [base],
			},
			tables: { empty: "Empty", peer, full: "Full" },
			throttled: () => fake.throttled,
			peer: {
				origin,
				headers: { authorization: `Bearer ${fake.tenantToken()}` },
				rowsPerCall: { create: 1, update: 1, delete: 1, read: 500 },
				pauseMs: PAUSE_MS,
				habit: ONE_BY_ONE,
				create: ([fields]) => ({
					method: "POST",
					path: records(peer),
					json: { fields },
				}),
				update: ([id]) => ({
					method: "PUT",
					path: `${records(peer)}/${id}`,
					json: { fields: { Amount: 1 } },
				}),
				delete: ([id]) => ({
					method: "DELETE",
					path: `${records(peer)}/${id}`,
				}),
				read: (cursor) => ({
					method: "POST",
					path: `${records(full)}/search`,
					query: `page_size=500${cursor === undefined ? "" : `&page_token=${cursor}`}`,
					json: {},
				}),
				made: (answer) => [
					String(field(field(field(answer, "data"), "record"), "record_id")),
				],
				page: (answer) => {
					const data = field(answer, "data");
					return {
						rows: listOf(field(data, "items")).length,
						next:
							field(data, "has_more") === true
								? String(field(data, "page_token"))
								: undefined,
					};
				},
				isThrottled: (_, answer) => field(answer, "code") === 99991400,
			},
		};
	},
};

const dingtalkCase: BulkCase = {
	what: "DingTalk, 20 calls a second of each API",
	vendor: "dingtalk",
	callsPerSecond: ANY(20),
	rowsPerCall: ANY(100),
	rows: { write: 8_000, read: 30_000 },
	latencyMs: 0,
	open(clock) {
		const origin = "http://127.0.0.1:18082";
		const fake = createDingtalkFake({
			clock,
			switches: { recordsPerSheet: 50_000 },
		});
		const base = fake.addBase({ name: "Work" });
		const fields = [
			{ name: "Title", type: "text" },
			{ name: "Amount", type: "number" },
		];
		fake.addSheet(base, { name: "Empty", fields });
		const peer = fake.addSheet(base, { name: "Peer", fields });
		const full = fake.addSheet(base, { name: "Full", fields });
		fake.addRecords(base, full, rowsOf(30_000));
		const records = (sheet: string) =>
			`/v1.0/notable/bases/${base}/sheets/${sheet}/records`;
		const query = `operatorId=${fake.operatorId}`;
		return {
			fakes: { [origin]: fake },
			connection: {
				vendor: "dingtalk",
				app_key: fake.app.key,
				app_secret: fake.app.secret,
				operator_id: fake.operatorId,
				base_url: origin,
				bases: [base],
			},
			tables: { empty: "Empty", peer, full: "Full" },
			throttled: () => fake.throttled,
			peer: {
				origin,
				headers: { "x-acs-dingtalk-access-token": fake.token() },
				rowsPerCall: ANY(100),
				pauseMs: PAUSE_MS,
				habit: IN_BATCHES,
				create: (cells) => ({
					method: "POST",
					path: records(peer),
					query,
					json: { records: cells.map((fields) => ({ fields })) },
				}),
				update: (ids) => ({
					method: "PUT",
					path: records(peer),
					query,
					json: { records: ids.map((id) => ({ id, fields: { Amount: 1 } })) },
				}),
				delete: (ids) => ({
					method: "POST",
					path: `${records(peer)}/delete`,
					query,
					json: { recordIds: ids },
				}),
				read: (cursor) => ({
					method: "POST",
					path: `${records(full)}/list`,
					query,
					json: {
						maxResults: 100,
						...(cursor === undefined ? {} : { nextToken: cursor }),
					},
				}),
				made: (answer) =>
					listOf(field(answer, "value")).map((record) =>
						String(field(record, "id")),
					),
				page: (answer) => ({
					rows: listOf(field(answer, "records")).length,
					next:
						field(answer, "hasMore") === true
							? String(field(answer, "nextToken"))
							: undefined,
				}),
				isThrottled: (status) => status === 403,
			},
		};
	},
};

export const BULK_CASES: readonly BulkCase[] = [
	fusionCase(5, 0),
	fusionCase(20, 0),
	fusionCase(20, 150),
	bitableCase,
	dingtalkCase,
];
