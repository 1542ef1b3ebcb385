import { expect, test } from "vitest";
import { connected } from "../server/client.js";

/* Links that are written by the titles of records, whatever spaces stand in these. */

const TITLES = [
	" Lead",
	"Trail ",
	"Two  spaces",
	"Hard\u00a0space",
	"Plain",
	"Cut, in two ",
	"ＷＩＤＥ",
];

async function world(titles: readonly string[] = TITLES) {
	const client = await connected();
	const customers = await client.ok("create_table", {
		name: "Customers",
		fields: [{ name: "Company", type: "text" }],
	});
	await client.ok("create_records", {
		table: customers.structured.table,
		records: titles.map((Company) => ({ fields: { Company } })),
	});
	const orders = await client.ok("create_table", {
		name: "Orders",
		fields: [
			{ name: "No", type: "text" },
			{ name: "Customer", type: "link", settings: { link_table: "Customers" } },
		],
	});
	const table = orders.structured.table as string;
	return {
		client,
		table,
		create: (Customer: unknown) =>
			client.call("create_records", {
				...{ table, records: [{ fields: { No: "1", Customer } }] },
			}),
		async linked() {
			const { structured } = await client.ok("query_records", {
				...{ table, fields: ["Customer"], detail: "full", ids: false },
			});
			return structured.rows.map((row: [{ text: string }[] | null]) =>
				(row[0] ?? []).map(({ text }) => text),
			);
		},
	};
}

const asRead = (title: string) =>
	title.normalize("NFKC").trim().replace(/\s+/g, " ");

test("each title is found as it is, as a text, in a list and among others", async () => {
	const { create, linked } = await world();
	for (const title of TITLES) {
		for (const given of [title, [title]]) {
			const { isError, text } = await create(given);
			expect(isError, `${JSON.stringify(given)}: ${text}`).toBe(false);
			expect(text).not.toContain("understood");
		}
	}
	expect(await linked()).toEqual(TITLES.flatMap((title) => [[title], [title]]));
});

test("each title is found as a reader sees it, which is noted", async () => {
	const { create, linked } = await world();
	const titles = TITLES.filter((title) => title !== asRead(title));
	for (const title of titles) {
		const { isError, text } = await create([asRead(title).toLowerCase()]);
		expect(isError, text).toBe(false);
		expect(text).toContain(`was understood as "${title}"`);
	}
	expect(await linked()).toEqual(titles.map((title) => [title]));
});

test("updates and imports find them as well, also by many", async () => {
	const many = Array.from({ length: 80 }, (_, at) => `Company ${at} `);
	const { client, table, linked } = await world([...TITLES, ...many]);
	const csv = (titles: readonly string[]) =>
		["No,Customer", ...titles.map((title, at) => `n${at},"${title}"`)].join(
			"\n",
		);
	const own = [" Lead", "Trail ", "two spaces", "hard space", "plain"];
	const meant = [" Lead", "Trail ", "Two  spaces", "Hard\u00a0space", "Plain"];
	client.put(
		"in.csv",
		csv([...own, ...many, ...many.map((one) => one.trim())]),
	);
	await client.ok("import_records", { table, file: "in.csv" });
	expect(await linked()).toEqual(
		[...meant, ...many, ...many].slice(0, 50).map((title) => [title]),
	);
	client.put("again.csv", csv(own.map((title) => title.trim().toUpperCase())));
	const again = await client.ok("import_records", {
		...{ table, file: "again.csv", match_on: ["No"] },
	});
	expect(again.structured.counts).toMatchObject({ unchanged: own.length });
});

test("the exact title is taken before one that differs in space or case", async () => {
	const { create, linked } = await world(["acme", "Acme", "Acme "]);
	for (const title of ["Acme", "Acme ", "acme"])
		expect((await create([title])).isError).toBe(false);
	expect(await linked()).toEqual([["Acme"], ["Acme "], ["acme"]]);
	const { isError, text } = await create("ACME");
	expect(isError).toBe(true);
	expect(text).toMatch(/"ACME"" names 3 records/);
});

test("a title that nobody has is refused with the field that was compared and the nearest", async () => {
	const { create } = await world(["Acme", "Globex"]);
	const { structured } = await create("Acmee");
	expect(structured.problems[0].message).toContain(
		'found no record of the table that "Customer" links to "Acmee"; compared with its field "Company", nearest: "Acme"',
	);
});
