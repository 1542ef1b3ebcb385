import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { connected, type TestClient } from "../../server/client.js";
import { NOON_MS, openOffice } from "../office/office.js";

/** What a request may cost: its arguments and the text of its answer, in bytes / 4. */
const MOST_TOKENS = 700;

async function office(): Promise<TestClient> {
	const clock = virtualClock(NOON_MS);
	const { environment, dispatcher } = openOffice(clock);
	return connected({ clock, environment, dispatcher });
}

async function cheap(client: TestClient, args: object) {
	const answer = await client.ok("query_sql", args);
	expect(
		Buffer.byteLength(JSON.stringify(args) + answer.text) / 4,
		answer.text,
	).toBeLessThanOrEqual(MOST_TOKENS);
	return answer;
}

/** The reference of a vendor's table, as the listing has it. */
async function referenceOf(
	client: TestClient,
	connection: string,
	name: string,
): Promise<string> {
	const { structured } = await client.ok("list_tables", {
		connection,
		search: name,
	});
	return structured.tables.find(
		(table: { readonly name: string }) => table.name === name,
	).reference;
}

const connectionNames = (client: TestClient) =>
	[...client.session.connections.values()].map(({ name, vendor }) => ({
		name,
		vendor,
	}));

/** The connection of each vendor. */
function vendorsOf(client: TestClient): Readonly<Record<string, string>> {
	return Object.fromEntries(
		connectionNames(client).map(({ name, vendor }) => [vendor, name]),
	);
}

test("飞书和 AITable 的库存对一下: keys that are written differently, over two vendors", async () => {
	const client = await office();
	const { fusion = "", bitable = "" } = vendorsOf(client);
	const [ours, theirs] = [
		await referenceOf(client, bitable, "库存"),
		await referenceOf(client, fusion, "库存"),
	];
	const describe = async (table: string) =>
		(await client.ok("query_records", { table, limit: 1_000, ids: false }))
			.structured;
	const [left, right] = [await describe(ours), await describe(theirs)];
	const stockOf = (
		answer: { columns: readonly string[]; rows: readonly unknown[][] },
		column: string,
	) =>
		new Map(
			answer.rows.map((row) => [
				Number(String(row[answer.columns.indexOf("SKU")]).slice(4)),
				row[answer.columns.indexOf(column)] ?? null,
			]),
		);
	const own = left.columns.find((name: string) =>
		/现有|库存量|^库存$/.test(name),
	);
	const [a, b] = [stockOf(left, own), stockOf(right, "库存")];
	const expected = [...a]
		.filter(([sku, count]) => b.has(sku) && b.get(sku) !== count)
		.map(([sku, count]) => [sku, count, b.get(sku)]);
	const { structured } = await cheap(client, {
		sql: `select cast(substr(f.SKU, 5) as integer) sku, f."${own}", a.库存 from f join a on cast(substr(a.SKU, 5) as integer) = cast(substr(f.SKU, 5) as integer) where f."${own}" is not a.库存 order by 1`,
		tables: [
			{ as: "f", table: ours },
			{ as: "a", table: theirs },
		],
		limit: 100,
	});
	expect(expected.length).toBeGreaterThan(3);
	expect(structured.rows).toEqual(expected);
});

test("which DingTalk customers have unpaid Feishu orders above their AITable credit limit? One call, three vendors", async () => {
	const client = await office();
	const vendors = vendorsOf(client);
	const filled = async (
		vendor: string,
		beside: string,
		name: string,
		fields: readonly object[],
		records: readonly object[],
	) => {
		const connection = vendors[vendor] as string;
		const [, base] =
			/^[^:]+:(.*)\/[^/]*$/.exec(
				await referenceOf(client, connection, beside),
			) ?? [];
		const { structured } = await client.ok("create_table", {
			connection,
			base: decodeURIComponent(String(base)),
			name,
			fields,
		});
		await client.ok("create_records", {
			table: structured.table,
			records: records.map((cells) => ({ fields: cells })),
		});
		return structured.table as string;
	};
	const text = (name: string) => ({ name, type: "text" });
	const number = (name: string) => ({ name, type: "number" });
	const customers = await filled(
		"dingtalk",
		"库存",
		"Clients",
		[text("Name"), text("Code")],
		[
			{ Name: "Alpha", Code: "a" },
			{ Name: "Beta", Code: "b" },
			{ Name: "Gamma", Code: "c" },
		],
	);
	const orders = await filled(
		"bitable",
		"库存",
		"Bills",
		[text("Client"), number("Amount"), { name: "Paid", type: "checkbox" }],
		[
			{ Client: "A ", Amount: 70, Paid: false },
			{ Client: "a", Amount: 50 },
			{ Client: "b", Amount: 500, Paid: true },
			{ Client: "b", Amount: 80, Paid: false },
			{ Client: "c", Amount: 10 },
		],
	);
	const limits = await filled(
		"fusion",
		"库存",
		"Limits",
		[text("Code"), number("Limit")],
		[
			{ Code: "A", Limit: 100 },
			{ Code: "B", Limit: 100 },
		],
	);
	const { structured, text: said } = await cheap(client, {
		sql: 'select c.Name, sum(o.Amount) owed, l."Limit" from c join o on norm(o.Client) = norm(c.Code) join l on norm(l.Code) = norm(c.Code) where not o.Paid group by c._id having owed > l."Limit"',
		tables: [
			{ as: "c", table: customers },
			{ as: "o", table: orders },
			{ as: "l", table: limits },
		],
	});
	expect(structured.rows).toEqual([["Alpha", 120, 100]]);
	expect(structured.read).toEqual({ c: 3, o: 5, l: 2 });
	expect(said).toContain("read: c 3 rows, o 5 rows, l 2 rows");
});

test("duplicate contacts, ignoring case and spaces", async () => {
	const client = await connected();
	const { structured: made } = await client.ok("create_table", {
		name: "Contacts",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Email", type: "email" },
			{ name: "Notes", type: "long_text" },
		],
	});
	await client.ok("create_records", {
		table: made.table,
		records: [
			{ Name: "Ann", Email: "ann@x.example", Notes: "a" },
			{ Name: "ANN", Email: " Ann@X.example", Notes: "b" },
			{ Name: "Bo", Email: "bo@x.example" },
			{ Name: "Cy" },
			{ Name: "Cy" },
		].map((fields) => ({ fields })),
	});
	const { structured } = await cheap(client, {
		sql: "select norm(Email) mail, count(*) n, string_agg(Notes, '; ') notes, json_group_array(_id) ids from c where Email is not null group by 1 having n > 1",
		tables: [{ as: "c", table: made.table }],
	});
	expect(structured.rows).toEqual([
		[
			"ann@x.example",
			2,
			"a; b",
			expect.stringMatching(/^\["rec\w+","rec\w+"\]$/),
		],
	]);
});
