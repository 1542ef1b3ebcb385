import { expect, test } from "vitest";
import type { SqlEngine } from "../../../src/core/contract/sql.js";
import { forgetWrites } from "../../folder.js";
import { connected, type TestClient } from "../../server/client.js";

/* Requests whose rows a statement makes: each as a dry run, then for real, in one call. */

type Fields = Readonly<Record<string, string>>;
type Cells = Readonly<Record<string, unknown>>;

async function table(
	client: TestClient,
	name: string,
	types: Fields,
	records: readonly Cells[],
): Promise<string> {
	const made = await client.ok("create_table", {
		name,
		fields: Object.entries(types).map(([field, type]) => ({
			name: field,
			type,
		})),
	});
	await client.ok("create_records", {
		table: made.structured.table,
		records: records.map((fields) => ({ fields })),
	});
	return made.structured.table;
}

async function rows(client: TestClient, of: string, ...fields: string[]) {
	const { structured } = await client.ok("query_records", {
		table: of,
		ids: false,
		limit: 1_000,
		fields,
	});
	return structured.rows as unknown[][];
}

/** A dry run that writes nothing, then the same call for real. */
async function twice(client: TestClient, tool: string, args: object) {
	const dry = await client.ok(tool, { ...args, dry_run: true });
	expect(dry.structured.change_id).toBeNull();
	const done = await client.ok(tool, args);
	expect(done.structured.counts).toEqual(dry.structured.counts);
	return { dry, done };
}

test("fill in missing product categories by the beginning of their SKU", async () => {
	const client = await connected();
	const products = await table(
		client,
		"Products",
		{ SKU: "text", Category: "text" },
		[
			{ SKU: "K-1", Category: "Kitchen" },
			{ SKU: "K-2" },
			{ SKU: "G-1", Category: "Garden" },
			{ SKU: "G-2" },
		],
	);
	await twice(client, "update_records", {
		table: products,
		from: {
			sql: "select a._id, (select b.Category from p b where substr(b.SKU, 1, 1) = substr(a.SKU, 1, 1) and b.Category is not null) as Category from p a where a.Category is null",
			tables: [{ as: "p", table: products }],
		},
	});
	expect((await rows(client, products, "Category")).flat()).toEqual([
		"Kitchen",
		"Kitchen",
		"Garden",
		"Garden",
	]);
});

test("raise all kitchen prices by 5 %, shown first; a price that was changed in between is not overwritten; undo", async () => {
	const client = await connected();
	const products = await table(
		client,
		"Products",
		{ Product: "text", Brand: "text", Price: "currency" },
		[
			{ Product: "Pan", Brand: "Lumen", Price: 20 },
			{ Product: "Pot", Brand: "Lumen", Price: 19.99 },
			{ Product: "Hoe", Brand: "Other", Price: 10 },
		],
	);
	const raise = {
		table: products,
		from: {
			sql: "select _id, round(Price * 1.05, 2) as Price from p where Brand = 'Lumen'",
			tables: [{ as: "p", table: products }],
		},
	};
	const dry = await client.ok("update_records", { ...raise, dry_run: true });
	expect(dry.text).toContain("Price: 20 → 21");
	const [first] = dry.structured.preview;
	const engine = client.session.sql as { open: SqlEngine["open"] };
	const { open } = engine;
	engine.open = async (question, waiting) => {
		engine.open = open;
		const statement = await open(question, waiting);
		if ("fault" in statement) return statement;
		return {
			...statement,
			async run(most) {
				const result = await statement.run(most);
				const another = await connected({ folder: client.folder });
				await another.ok("update_records", {
					table: products,
					records: [{ id: first.id, fields: { Price: 25 } }],
				});
				return result;
			},
		};
	};
	const part = await client.refused("update_records", raise);
	expect(part.structured.counts).toMatchObject({ updated: 1, failed: 1 });
	expect(part.text).toContain(`record ${first.id} was changed`);
	expect((await rows(client, products, "Price")).flat()).toEqual([
		25, 20.99, 10,
	]);
	await client.ok("undo_change", { change_id: part.structured.change_id });
	expect((await rows(client, products, "Price")).flat()).toEqual([
		25, 19.99, 10,
	]);
});

test("split the name column into first and last name", async () => {
	const client = await connected();
	const people = await table(
		client,
		"People",
		{ Name: "text", First: "text", Last: "text" },
		[{ Name: "Ann Lee" }, { Name: "Mary Ann Evans" }, { Name: "Cher" }],
	);
	await twice(client, "update_records", {
		table: people,
		from: {
			sql: "select _id, iif(instr(Name, ' ') > 0, substr(Name, 1, instr(Name, ' ') - 1), Name) as First, iif(instr(Name, ' ') > 0, substr(Name, instr(Name, ' ') + 1), null) as Last from p",
			tables: [{ as: "p", table: people }],
		},
	});
	expect(await rows(client, people, "First", "Last")).toEqual([
		["Ann", "Lee"],
		["Mary", "Ann Evans"],
		["Cher", null],
	]);
});

test("three more vacation days for Support", async () => {
	const client = await connected();
	const staff = await table(
		client,
		"Staff",
		{ Name: "text", Department: "text", Days: "number" },
		[
			{ Name: "a", Department: "Support", Days: 25 },
			{ Name: "b", Department: "Sales", Days: 25 },
			{ Name: "c", Department: "Support" },
		],
	);
	await twice(client, "update_records", {
		table: staff,
		from: {
			sql: "select _id, coalesce(Days, 0) + 3 as Days from s where Department = 'Support'",
			tables: [{ as: "s", table: staff }],
		},
	});
	expect((await rows(client, staff, "Days")).flat()).toEqual([28, 25, 3]);
});

test("move old cancelled orders to an archive table: two calls", async () => {
	const client = await connected();
	const types = { No: "text", Status: "text", Ordered: "date" };
	const orders = await table(client, "Orders", types, [
		{ No: "1", Status: "Cancelled", Ordered: "2025-03-01" },
		{ No: "2", Status: "Paid", Ordered: "2025-03-01" },
		{ No: "3", Status: "Cancelled", Ordered: "2026-11-01" },
	]);
	const archive = await table(client, "Archive", types, []);
	const old = "from o where Status = 'Cancelled' and Ordered < '2026-01-01'";
	const tables = [{ as: "o", table: orders }];
	await twice(client, "create_records", {
		table: archive,
		from: { sql: `select No, Status, Ordered ${old}`, tables },
	});
	await twice(client, "delete_records", {
		table: orders,
		from: {
			sql: `select o._id ${old} and exists (select 1 from a where a.No = o.No)`,
			tables: [...tables, { as: "a", table: archive }],
		},
	});
	expect((await rows(client, orders, "No")).flat()).toEqual(["2", "3"]);
	expect(await rows(client, archive, "No", "Ordered")).toEqual([
		["1", "2025-03-01"],
	]);
});

test("merge duplicate contacts, ignoring case and spaces: notes of both are kept, a person is asked once", async () => {
	const client = await connected({ person: () => ({ action: "accept" }) });
	const pairs = Array.from({ length: 12 }, (_, index) => [
		{ Name: `P${index}`, Email: `p${index}@x.example`, Notes: "a" },
		{ Name: `p${index}`, Email: ` P${index}@X.example`, Notes: "b" },
	]).flat();
	const contacts = await table(
		client,
		"Contacts",
		{ Name: "text", Email: "email", Notes: "long_text" },
		[...pairs, { Name: "Bo", Email: "bo@x.example", Notes: "c" }],
	);
	forgetWrites(client.folder);
	const tables = [{ as: "c", table: contacts }];
	const { structured } = await client.ok("query_sql", {
		sql: "select count(*) from (select norm(Email) from c group by 1 having count(*) > 1)",
		tables,
	});
	expect(structured.rows).toEqual([[12]]);
	await twice(client, "update_records", {
		table: contacts,
		from: {
			sql: "select min(_id) as _id, string_agg(Notes, '; ' order by Notes) as Notes from c group by norm(Email) having count(*) > 1",
			tables,
		},
	});
	await twice(client, "delete_records", {
		table: contacts,
		from: {
			sql: "select _id from c where _id not in (select min(_id) from c group by norm(Email))",
			tables,
		},
	});
	expect(client.asked).toHaveLength(1);
	expect(client.asked[0]).toContain("delete 12 records");
	expect((await rows(client, contacts, "Notes")).flat().sort()).toEqual([
		...Array.from({ length: 12 }, () => "a; b"),
		"c",
	]);
});
