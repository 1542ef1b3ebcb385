import {
	ANY,
	type BulkCase,
	field,
	late,
	listOf,
	ONE_BY_ONE,
	PAUSE_MS,
	rowsOf,
} from "../../bench/bulk-case.js";
import { createFusionFake } from "../../fakes/fusion/index.js";

/** Both kinds of APITable server: the built-in 5 calls a second, and a plan with 20. */
function bulkCase(callsPerSecond: number, latencyMs: number): BulkCase {
	const rows = { write: 600 * callsPerSecond, read: 40_000 };
	return {
		what: `APITable, ${callsPerSecond} calls a second`,
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

export const bench: readonly BulkCase[] = [
	bulkCase(5, 0),
	bulkCase(20, 0),
	bulkCase(20, 150),
];
