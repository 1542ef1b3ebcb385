import {
	ANY,
	type BulkCase,
	field,
	IN_BATCHES,
	listOf,
	PAUSE_MS,
	rowsOf,
} from "../../bench/bulk-case.js";
import { createDingtalkFake } from "../../fakes/dingtalk/index.js";

const bulkCase: BulkCase = {
	what: "DingTalk, 20 calls a second of each API",
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

export const bench: readonly BulkCase[] = [bulkCase];
