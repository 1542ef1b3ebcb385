import { expect } from "vitest";
import { closing, eachSite, leaksIn, secretsOf, wholeOf } from "./world.js";

eachSite("without a policy everything is there to be seen", async (world) => {
	const client = await world.connect();
	const { staff } = world.tables;
	const answers = [];
	for (const { reference } of Object.values(world.tables)) {
		answers.push(await client.ok("describe_fields", { table: reference }));
		answers.push(
			await client.ok("query_records", { table: reference, detail: "full" }),
		);
	}
	answers.push(await client.ok("list_tables"));
	const seen = answers.map(wholeOf).join("\n");
	const all = secretsOf(
		closing(world, {
			bases: Object.values(world.bases),
			fields: Object.keys(staff.fields).map((field) => `staff.${field}`),
		}),
	);
	expect(leaksIn(seen, all)).toEqual(all);
});
