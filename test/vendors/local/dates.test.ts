import { expect, test } from "vitest";
import { connected } from "../../server/client.js";

test.each(["Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "UTC"])(
	"the first and the last day that can be kept are kept in %s, and no others",
	async (zone) => {
		const client = await connected({
			environment: { TABLES_MCP_TIME_ZONE: zone },
		});
		const made = await client.ok("create_table", {
			name: "Days",
			fields: [
				{ name: "Title", type: "text" },
				{ name: "Day", type: "date" },
			],
		});
		const { table } = made.structured;
		const days = ["0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31"];
		await client.ok("create_records", {
			table,
			records: days.map((Day) => ({ fields: { Day } })),
		});
		const read = await client.ok("query_records", {
			table,
			fields: ["Day"],
		});
		const rows = read.structured.rows as readonly string[][];
		expect(rows.map((row) => row.at(-1))).toEqual(days);
		for (const Day of ["0000-12-31", "+010000-01-01"]) {
			const { text } = await client.refused("create_records", {
				table,
				records: [{ fields: { Day } }],
			});
			expect(text).toContain("is outside the years 0001 to 9999");
		}
	},
);
