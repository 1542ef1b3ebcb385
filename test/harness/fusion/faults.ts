import { createFusionFake } from "../../fakes/fusion/index.js";
import { instead } from "../../faults/schedule.js";
import type { FaultVendor } from "../../faults/suite.js";

export const faults: FaultVendor = {
	ways: {
		"429 throttled": instead(429, {
			success: false,
			code: 429,
			message: "Operate too often",
		}),
		"401 refused token": instead(401, {
			success: false,
			code: 401,
			message: "Unauthorized",
		}),
		"403 spent quota": instead(403, {
			success: false,
			code: 403,
			message: "The API usage exceeds the monthly rate",
		}),
		"500 in JSON before": instead(500, {
			success: false,
			code: 500,
			message: "SERVER_ERROR",
		}),
		"211 failed to write": (request) =>
			request.method === "GET"
				? undefined
				: instead(200, {
						success: false,
						code: { POST: 211, PATCH: 212, DELETE: 214 }[request.method] ?? 211,
						message: "",
					})(),
	},
	open({ clock, fault, unlimited = false }) {
		const fake = createFusionFake({
			clock,
			fault,
			...(unlimited
				? { switches: { callsPerSecond: Number.POSITIVE_INFINITY } }
				: {}),
		});
		const table = fake.addTable({
			name: "Rows",
			fields: [
				{ name: "Title", type: "SingleText", property: {} },
				{ name: "Amount", type: "Number", property: { precision: 0 } },
				{
					name: "Tag",
					type: "SingleSelect",
					property: { options: [{ name: "a" }, { name: "b" }, { name: "c" }] },
				},
			],
		});
		return {
			fake,
			origins: ["https://aitable.ai"],
			config: { token: fake.token, ...(unlimited ? { qps: 1000 } : {}) },
			table: `fusion:${fake.spaceId}/${table}`,
			addForeign: (cells) => fake.addRecords(table, [cells])[0] as string,
			rows: () =>
				new Map(
					fake.rows(table).map(({ recordId, fields }) => [
						recordId,
						{
							Title: (fields.Title as string) ?? null,
							Amount: (fields.Amount as number) ?? null,
							Tag: (fields.Tag as string) ?? null,
						},
					]),
				),
		};
	},
};
