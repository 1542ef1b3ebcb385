import {
	createDingtalkFake,
	faults as ways,
} from "../../fakes/dingtalk/index.js";
import type { FaultVendor } from "../../faults/suite.js";

export const faults: FaultVendor = {
	ways: Object.fromEntries(
		Object.entries(ways)
			// A key that the vendor has not seen before is never answered with "seen before".
			.filter(([name]) => name !== "duplicateToken")
			.map(([name, fault]) => [name, () => fault]),
	),
	open({ clock, fault, unlimited = false }) {
		const fake = createDingtalkFake({
			clock,
			fault,
			switches: {
				monthlyCalls: Number.POSITIVE_INFINITY,
				...(unlimited ? { callsPerSecond: Number.POSITIVE_INFINITY } : {}),
			},
		});
		const base = fake.addBase({ name: "Faults" });
		const table = fake.addSheet(base, {
			name: "Rows",
			fields: [
				{ name: "Title", type: "text" },
				{ name: "Amount", type: "number" },
				{
					name: "Tag",
					type: "singleSelect",
					property: {
						choices: [{ name: "a" }, { name: "b" }, { name: "c" }],
					},
				},
			],
		});
		return {
			fake,
			origins: ["https://api.dingtalk.com", "https://oapi.dingtalk.com"],
			config: {
				app_key: fake.app.key,
				app_secret: fake.app.secret,
				operator_id: fake.operatorId,
				bases: [base],
				...(unlimited ? { qps: 1000 } : {}),
			},
			table: `dingtalk:${base}/${table}`,
			addForeign: (cells) =>
				fake.addRecords(base, table, [
					Object.fromEntries(
						Object.entries(cells).filter(([, value]) => value !== null),
					),
				])[0] as string,
			rows: () =>
				new Map(
					fake.rows(base, table).map(({ id, fields }) => [
						id,
						{
							Title: (fields.Title as string) ?? null,
							Amount:
								fields.Amount === undefined || fields.Amount === null
									? null
									: Number(fields.Amount),
							Tag: (fields.Tag as { name: string } | undefined)?.name ?? null,
						},
					]),
				),
		};
	},
};
