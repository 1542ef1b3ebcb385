import { createBitableFake, failure } from "../../fakes/bitable/index.js";
import type { FakeRequest, Fault } from "../../fakes/fake.js";
import type { FaultVendor } from "../../faults/suite.js";

const isWrite = ({ method, path }: FakeRequest) =>
	method !== "GET" && /batch_(create|update|delete)$/.test(path);

/** The vendor's refusal in place of doing anything; `writes`: only of record writes. */
const refusal =
	(code: Parameters<typeof failure>[0], writes = false) =>
	(request: FakeRequest): Fault | undefined =>
		writes && !isWrite(request)
			? undefined
			: { when: "before", response: failure(code) };

export const faults: FaultVendor = {
	ways: {
		"99991400 throttled": (): Fault => ({
			when: "before",
			response: failure(99991400, {
				family: 4,
				status: 429,
				headers: { "x-ogw-ratelimit-reset": "1" },
			}),
		}),
		"1254290 too many requests": refusal(1254290),
		"1254291 write conflict": refusal(1254291, true),
		"1254607 data not ready": refusal(1254607),
		"1255040 time-out": refusal(1255040),
		"1254040-like lag of a token": (): Fault => ({
			when: "before",
			response: failure(99991663, { family: 4, status: 400 }),
		}),
	},
	open({ clock, fault, unlimited = false, variant = 0 }) {
		const fake = createBitableFake({
			clock,
			fault,
			switches: {
				...[{}, { replicaLagMs: 2_000 }, { settlingMsPerThousand: 60_000 }][
					variant
				],
				...(unlimited ? { rates: false, writeMs: 0 } : {}),
			},
		});
		const base = fake.addBase({ name: "Faults" });
		const table = fake.addTable(base, {
			name: "Rows",
			fields: [
				{ name: "Title", type: 1 },
				{ name: "Amount", type: 2, property: { formatter: "0" } },
				{
					name: "Tag",
					type: 3,
					property: { options: [{ name: "a" }, { name: "b" }, { name: "c" }] },
				},
			],
		});
		return {
			fake,
			origins: ["https://open.feishu.cn"],
			config: {
				app_id: fake.app.id,
				app_secret: fake.app.secret,
				bases: [base],
				...(unlimited ? { qps: 1000 } : {}),
			},
			table: `bitable:${base}/${table}`,
			addForeign: (cells) =>
				fake.addRecords(table, [
					Object.fromEntries(
						Object.entries(cells).filter(([, value]) => value !== null),
					),
				])[0] as string,
			rows: () =>
				new Map(
					fake.rows(table).map(({ recordId, fields }) => [
						recordId,
						{
							Title:
								(fields.Title as { text: string }[] | undefined)
									?.map(({ text }) => text)
									.join("") ?? null,
							Amount: (fields.Amount as number) ?? null,
							Tag: (fields.Tag as string) ?? null,
						},
					]),
				),
		};
	},
};
