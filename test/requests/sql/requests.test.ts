import { describe, expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import {
	type Answer,
	connected,
	type TestClient,
} from "../../server/client.js";
import { NOW_MS, type Shop, shop, TODAY } from "./world.js";

/** What a request may cost: its arguments and the text of its answer, in bytes / 4. */
const MOST_TOKENS = 700;

type Cells = Shop["orders"][number];

const SHOP = shop();

const TYPES: Readonly<Record<string, string>> = {
	Amount: "number",
	Quantity: "number",
	"Unit price": "number",
	Price: "number",
	Stock: "number",
	"Order date": "date",
	"Shipped date": "date",
	Birthday: "date",
};

interface Moved {
	readonly client: TestClient;
	readonly tables: Readonly<Record<keyof Shop, string>>;
}

async function moveIn(): Promise<Moved> {
	const client = await connected({
		clock: virtualClock(NOW_MS + 3_600_000),
		environment: { TABLES_MCP_TIME_ZONE: "Europe/Berlin" },
	});
	const tables: Record<string, string> = {};
	for (const [name, rows] of Object.entries(SHOP) as [
		keyof Shop,
		readonly Cells[],
	][]) {
		const made = await client.ok("create_table", {
			name,
			fields: Object.keys(rows[0] ?? {}).map((field) => ({
				name: field,
				type: TYPES[field] ?? "text",
			})),
		});
		tables[name] = made.structured.table;
		for (let start = 0; start < rows.length; start += 1_000)
			await client.ok("create_records", {
				table: tables[name],
				records: rows.slice(start, start + 1_000).map((fields) => ({ fields })),
			});
	}
	return { client, tables: tables as Moved["tables"] };
}

describe("one statement, right and at most 700 tokens", () => {
	let moved: Moved;
	const requests: [asked: string, run: () => Promise<void>][] = [];
	const request = (asked: string, run: () => Promise<void>) =>
		requests.push([asked, run]);

	async function ask(
		sql: string,
		names: readonly (keyof Shop)[],
		more: object = {},
	): Promise<Answer> {
		const args = {
			sql,
			tables: names.map((as) => ({ as, table: moved.tables[as] })),
			...more,
		};
		const answer = await moved.client.ok("query_sql", args);
		const bytes = Buffer.byteLength(JSON.stringify(args) + answer.text);
		expect(bytes / 4, answer.text).toBeLessThanOrEqual(MOST_TOKENS);
		return answer;
	}

	const companyOf = (id: unknown) =>
		SHOP.customers.find((one) => one["Customer ID"] === id);
	const sumBy = (rows: readonly Cells[], key: (row: Cells) => unknown) => {
		const sums = new Map<unknown, number>();
		for (const row of rows)
			sums.set(key(row), (sums.get(key(row)) ?? 0) + Number(row.Amount));
		return sums;
	};
	const cents = (value: unknown) => Math.round(Number(value) * 100);

	request(
		"top 10 customers by revenue this year, with their country",
		async () => {
			const { structured } = await ask(
				`select c.Company, c.Country, round(sum(o.Amount), 2) Revenue from orders o join customers c on c."Customer ID" = o.Customer where o."Order date" >= '2026-01-01' and o.Status in ('Paid', 'Shipped') group by c."Customer ID" order by Revenue desc limit 10`,
				["orders", "customers"],
			);
			const right = [
				...sumBy(
					SHOP.orders.filter(
						(one) =>
							String(one["Order date"]) >= "2026-01-01" &&
							["Paid", "Shipped"].includes(String(one.Status)),
					),
					({ Customer }) => Customer,
				),
			]
				.sort(([, a], [, b]) => b - a)
				.slice(0, 10)
				.map(([id, sum]) => {
					const { Company, Country } = companyOf(id) ?? {};
					return [Company, Country, cents(sum)];
				});
			expect(
				structured.rows.map(([a, b, sum]: unknown[]) => [a, b, cents(sum)]),
			).toEqual(right);
		},
	);

	request("which customers have no order this quarter?", async () => {
		const { structured } = await ask(
			`select "Customer ID" from customers c where not exists (select 1 from orders o where o.Customer = c."Customer ID" and o."Order date" >= '2026-10-01') order by 1`,
			["customers", "orders"],
			{ limit: 200 },
		);
		const buying = new Set(
			SHOP.orders
				.filter((one) => String(one["Order date"]) >= "2026-10-01")
				.map(({ Customer }) => Customer),
		);
		expect(structured.rows.flat()).toEqual(
			SHOP.customers
				.map((one) => one["Customer ID"])
				.filter((id) => !buying.has(id as string)),
		);
	});

	request("average days from order to shipping, per rep", async () => {
		const { structured } = await ask(
			`select "Sales rep", round(avg(days_between("Order date", "Shipped date")), 4) days from orders where "Shipped date" is not null group by 1 order by 1`,
			["orders"],
		);
		const days = new Map<string, number[]>();
		for (const one of SHOP.orders)
			if (one["Shipped date"] !== "") {
				const spent =
					(Date.parse(String(one["Shipped date"])) -
						Date.parse(String(one["Order date"]))) /
					86_400_000;
				const rep = String(one["Sales rep"]);
				days.set(rep, [...(days.get(rep) ?? []), spent]);
			}
		expect(structured.rows).toEqual(
			[...days]
				.sort(([a], [b]) => (a < b ? -1 : 1))
				.map(([rep, all]) => [
					rep,
					expect.closeTo(all.reduce((a, b) => a + b) / all.length, 3),
				]),
		);
	});

	request("running total of paid revenue 2026", async () => {
		const { structured } = await ask(
			`select substr("Order date", 1, 7) month, round(sum(sum(Amount)) over (order by substr("Order date", 1, 7)), 2) total from orders where Status = 'Paid' and "Order date" >= '2026-01-01' group by 1 order by 1`,
			["orders"],
		);
		const months = [
			...sumBy(
				SHOP.orders.filter(
					(one) =>
						one.Status === "Paid" && String(one["Order date"]) >= "2026-01-01",
				),
				(one) => String(one["Order date"]).slice(0, 7),
			),
		].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
		let total = 0;
		expect(
			structured.rows.map(([month, sum]: unknown[]) => [month, cents(sum)]),
		).toEqual(
			months.map(([month, sum]) => {
				total += sum;
				return [month, cents(total)];
			}),
		);
	});

	request("birthdays next month", async () => {
		const { structured } = await ask(
			`select Name, Birthday from employees where strftime('%m', Birthday) = strftime('%m', today(), 'start of month', '+1 month') order by strftime('%d', Birthday), Name`,
			["employees"],
		);
		expect(structured.rows.map(([name]: unknown[]) => name).sort()).toEqual(
			SHOP.employees
				.filter(({ Birthday }) => String(Birthday).slice(5, 7) === "12")
				.map(({ Name }) => Name)
				.sort(),
		);
		expect(structured.as_of.slice(0, 10)).toBe(TODAY);
	});

	request("median order value", async () => {
		const { structured } = await ask(
			`select median(Amount) from orders where Status in ('Paid', 'Shipped')`,
			["orders"],
		);
		const values = SHOP.orders
			.filter(({ Status }) => ["Paid", "Shipped"].includes(String(Status)))
			.map(({ Amount }) => Number(Amount))
			.sort((a, b) => a - b);
		const middle = values.length / 2;
		const right =
			values.length % 2 === 1
				? values[Math.floor(middle)]
				: (Number(values[middle - 1]) + Number(values[middle])) / 2;
		expect(structured.rows[0][0]).toBeCloseTo(Number(right), 9);
	});

	request("revenue by country", async () => {
		const { structured } = await ask(
			`select c.Country, round(sum(o.Amount), 2) from orders o join customers c on c."Customer ID" = o.Customer group by 1 order by 1`,
			["orders", "customers"],
		);
		expect(
			structured.rows.map(([country, sum]: unknown[]) => [country, cents(sum)]),
		).toEqual(
			[...sumBy(SHOP.orders, ({ Customer }) => companyOf(Customer)?.Country)]
				.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
				.map(([country, sum]) => [country, cents(sum)]),
		);
	});

	request("orders whose amount is not quantity times price", async () => {
		const { structured } = await ask(
			`select "Order no", Amount, round(Quantity * "Unit price", 2) due from orders where abs(Amount - Quantity * "Unit price") > 0.005 order by 1`,
			["orders"],
		);
		const wrong = SHOP.orders.filter(
			(one) =>
				Math.abs(
					Number(one.Amount) - Number(one.Quantity) * Number(one["Unit price"]),
				) > 0.005,
		);
		expect(wrong.length).toBeGreaterThan(10);
		expect(structured.rows.map(([no]: unknown[]) => no)).toEqual(
			wrong.map((one) => one["Order no"]),
		);
	});

	request("open tasks of a manager's team", async () => {
		const { structured } = await ask(
			`select t.Title, t.Assignee, t.Status from tasks t join employees e on e.Name = t.Assignee where e.Manager = 'Manager 1' and t.Status <> 'Done' order by t.Title`,
			["tasks", "employees"],
		);
		const team = new Set(
			SHOP.employees
				.filter(({ Manager }) => Manager === "Manager 1")
				.map(({ Name }) => Name),
		);
		const right = SHOP.tasks.filter(
			({ Assignee, Status }) =>
				team.has(Assignee as string) && Status !== "Done",
		);
		expect(structured.total).toBe(right.length);
		expect(structured.rows.map(([title]: unknown[]) => title)).toEqual(
			right
				.map(({ Title }) => Title)
				.sort()
				.slice(0, structured.returned),
		);
	});

	request("products never sold", async () => {
		const { structured } = await ask(
			`select SKU, Product from products where SKU not in (select Product from orders) order by 1`,
			["products", "orders"],
		);
		const sold = new Set(SHOP.orders.map(({ Product }) => Product));
		expect(structured.rows.map(([sku]: unknown[]) => sku)).toEqual(
			SHOP.products
				.map(({ SKU }) => SKU)
				.filter((sku) => !sold.has(sku as string)),
		);
		expect(structured.rows.length).toBeGreaterThan(5);
	});

	// One store for all: nothing here writes.
	test("are answered", async () => {
		moved = await moveIn();
		expect(requests.length).toBe(10);
		for (const [asked, run] of requests)
			await run().catch((cause) => {
				throw new Error(`not answered: ${asked}: ${cause.message}`, { cause });
			});
	});
});
