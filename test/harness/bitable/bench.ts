import {
	type BulkCase,
	field,
	listOf,
	ONE_BY_ONE,
	PAUSE_MS,
	rowsOf,
} from "../../bench/bulk-case.js";
import { createBitableFake } from "../../fakes/bitable/index.js";

const bulkCase: BulkCase = {
	what: "Feishu, 10 writes and 20 reads a second",
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

export const bench: readonly BulkCase[] = [bulkCase];
