import { seededRandom } from "../../conformance/session.js";

/** A shop: customers, products, staff, orders, tasks; the same rows in every run. Dates count from the day of `NOW_MS`. */

type Cells = Readonly<Record<string, string | number | boolean>>;

export const NOW_MS = Date.UTC(2026, 10, 27);
export const TODAY = "2026-11-27";
const DAY_MS = 86_400_000;

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

const FIRST =
	"Anna Ben Carla David Elena Farid Grace Hugo Iris Jonas Kavya Liam Mei Noah Olga Pablo Quinn Rosa Sven Tara".split(
		" ",
	);
const LAST =
	"Andersson Brown Chen Dubois Evans Fischer Garcia Müller O'Neil Schmidt".split(
		" ",
	);
const COUNTRIES = [
	["Germany", "EMEA"],
	["France", "EMEA"],
	["United States", "AMER"],
	["Brazil", "AMER"],
	["China", "APAC"],
	["Japan", "APAC"],
] as const;

export interface Shop {
	readonly employees: readonly Cells[];
	readonly customers: readonly Cells[];
	readonly products: readonly Cells[];
	readonly orders: readonly Cells[];
	readonly tasks: readonly Cells[];
}

/** All tables of the shop. */
export function shop(): Shop {
	const random = seededRandom(20_261_127);
	const int = (from: number, to: number) =>
		from + Math.floor(random() * (to - from + 1));
	const pick = <Item>(items: readonly Item[]): Item =>
		items[int(0, items.length - 1)] as Item;
	const times = (count: number, make: (index: number) => Cells) =>
		Array.from({ length: count }, (_, index) => make(index));

	const employees = times(60, (index) => ({
		Name: `${FIRST[index % FIRST.length]} ${LAST[(index * 3 + Math.floor(index / FIRST.length)) % LAST.length]}`,
		Department: pick(["Sales", "Engineering", "Support", "Finance"]),
		Manager: index < 4 ? "" : `Manager ${int(0, 3)}`,
		Birthday: day(Date.UTC(int(1965, 2003), int(0, 11), int(1, 28))),
	}));
	const sales = employees.filter(({ Department }) => Department === "Sales");
	const customers = times(300, (index) => {
		const [Country, Region] = pick(COUNTRIES);
		return {
			"Customer ID": `C${String(index + 1).padStart(3, "0")}`,
			Company: `${pick(["North", "Blue", "Green"])}${pick(["wind", "stone", "leaf"])} ${index}`,
			Country,
			Region,
			Owner: String(pick(sales).Name),
		};
	});
	const products = times(120, (index) => ({
		SKU: `P${String(index + 1).padStart(3, "0")}`,
		Product: `Product ${index + 1}`,
		Price: int(5, 400) + 0.99,
		Stock: random() < 0.1 ? 0 : int(1, 300),
	}));
	const orders = times(2000, (index) => {
		const silent = (at: number) => at % 9 === 4;
		const orderedMs = NOW_MS - int(0, 364) * DAY_MS;
		const isThisQuarter = orderedMs >= Date.UTC(2026, 9, 1);
		let customer = int(0, 299);
		while (isThisQuarter && silent(customer)) customer = int(0, 299);
		const product = products[int(0, 109)] as Cells;
		const quantity = int(1, 20);
		const status = pick(["Paid", "Paid", "Shipped", "Pending", "Refunded"]);
		const isShipped = status === "Shipped" || random() < 0.3;
		const amount =
			Math.round(
				(quantity * Number(product.Price) + (random() < 0.02 ? 5 : 0)) * 100,
			) / 100;
		return {
			"Order no": `SO-${10_001 + index}`,
			Customer: String(customers[customer]?.["Customer ID"]),
			Product: String(product.SKU),
			Quantity: quantity,
			"Unit price": Number(product.Price),
			Amount: amount,
			Status: status,
			"Order date": day(orderedMs),
			"Shipped date": isShipped ? day(orderedMs + int(1, 14) * DAY_MS) : "",
			"Sales rep": String(customers[customer]?.Owner),
		};
	});
	const tasks = times(400, (index) => ({
		Title: `Task ${index + 1}`,
		Assignee:
			random() < 0.07
				? ""
				: String(employees[int(0, employees.length - 1)]?.Name),
		Status: pick(["To do", "In progress", "Blocked", "Done", "Done"]),
	}));
	return { employees, customers, products, orders, tasks };
}
