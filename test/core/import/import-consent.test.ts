import { expect, test } from "vitest";
import { forgetWrites } from "../../folder.js";
import { connected, type TestClient } from "../../server/client.js";

/** Other people's records, more than two chunks of a file, and a file that overwrites all of them. */
async function others(action: () => "accept" | "decline", count = 1_100) {
	const clockless = { person: () => ({ action: action() }) };
	const client = await connected(clockless);
	const { structured } = await client.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "Key", type: "text" },
			{ name: "Note", type: "text" },
		],
	});
	client.put("old.csv", rows(count, "old"));
	client.put("new.csv", rows(count, "new"));
	const table = structured.table as string;
	await client.ok("import_records", { table, file: "old.csv" });
	forgetWrites(client.folder);
	return { client, table };
}

const rows = (count: number, note: string) =>
	`Key,Note\n${Array.from({ length: count }, (_, index) => `k${index},${note}`).join("\n")}\n`;

async function renewed(client: TestClient, table: string): Promise<number> {
	const { structured } = await client.ok("query_records", {
		table,
		limit: 0,
		filter: { conditions: [{ field: "Note", op: "is", value: "new" }] },
	});
	return structured.total;
}

const NEW = { file: "new.csv", match_on: ["Key"] };

test("a file that is checked as a whole is asked about once, with its whole count, before anything is sent", async () => {
	let action: "accept" | "decline" = "decline";
	const { client, table } = await others(() => action);
	await client.refused("import_records", { table, ...NEW });
	expect(client.asked).toEqual([
		'May I change 1100 records of "Orders" by the file "new.csv"?',
	]);
	expect(await renewed(client, table)).toBe(0);
	action = "accept";
	const done = await client.ok("import_records", { table, ...NEW });
	expect(done.structured.counts).toMatchObject({ updated: 1_100 });
	expect(client.asked).toHaveLength(2);
});

test("a file whose bad rows are skipped is asked about at the chunk that is too much, once, and a resume goes on from there", async () => {
	let action: "accept" | "decline" = "decline";
	const { client, table } = await others(() => action);
	client.put(
		"mixed.csv",
		`${rows(1_100, "new").replace(/k(\d+),new/g, (line, index) => (Number(index) < 500 ? `fresh${index},new` : line))}`,
	);
	const stopped = await client.refused("import_records", {
		table,
		...NEW,
		file: "mixed.csv",
		on_error: "skip",
	});
	expect(stopped.structured.counts).toMatchObject({
		created: 500,
		updated: 0,
		not_attempted: 600,
	});
	expect(stopped.text).toContain("nobody was asked");
	expect(client.asked).toEqual([
		'May I change 500 records of "Orders" by the file "mixed.csv", and those of the rows after them?',
	]);
	action = "accept";
	const resume = stopped.structured.change_id;
	const done = await client.ok("import_records", { table, resume });
	expect(done.structured.counts).toMatchObject({ created: 500, updated: 600 });
	expect(client.asked).toHaveLength(2);
});

test("an agreed import that was stopped is not asked about again by its resume", async () => {
	const cut = new AbortController();
	const { client, table } = await others(() => "accept");
	let begun = 0;
	const call = client.client.callTool(
		{ name: "import_records", arguments: { table, ...NEW } },
		undefined,
		{
			signal: cut.signal,
			onprogress: ({ progress }) => {
				if (progress >= 100 && begun++ === 0) cut.abort();
			},
		},
	);
	await call.catch(() => {});
	await expect
		.poll(async () => {
			const { structured } = await client.ok("list_changes", { table });
			return structured.changes[0]?.status;
		})
		.not.toBe("running");
	const { structured } = await client.ok("list_changes", { table });
	const [change] = structured.changes;
	const resume = change.change_id as string;
	const done = await client.ok("import_records", { table, resume });
	expect(done.structured.counts.updated).toBe(1_100);
	expect(client.asked).toHaveLength(1);
});
