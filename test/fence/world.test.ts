import { expect } from "vitest";
import {
	closing,
	eachSite,
	filesOf,
	leaksIn,
	secretsOf,
	wholeOf,
} from "./world.js";

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
	for (const file of ["out.csv", "out.ndjson", "out.xlsx"])
		await client.ok("export_records", { table: staff.reference, file });
	const cells = ["Name", "Pay", "Grade", "Team"].map(
		(field) => staff.fields[field]?.mark ?? "",
	);
	const files = filesOf(client);
	expect(files.map(([name]) => name).sort()).toEqual([
		"out.csv",
		"out.ndjson",
		"out.xlsx",
	]);
	for (const [name, text] of files)
		expect(leaksIn(text, cells), name).toEqual(cells);
	const file = staff.fields.File;
	const text = await client.ok("download_attachment", {
		table: staff.reference,
		field: file?.name,
		record_ids: [staff.records[0]],
		as: "content",
	});
	expect(wholeOf(text)).toContain(`inside c0 ${file?.mark}`);
	const seen = answers.map(wholeOf).join("\n");
	const all = secretsOf(
		closing(world, {
			bases: Object.values(world.bases),
			fields: Object.keys(staff.fields).map((field) => `staff.${field}`),
		}),
	);
	expect(leaksIn(seen, all)).toEqual(all);
});
