/** Rows of an office, the same in every run: of a shop with staff, and the tasks that they have. */

const DAY_MS = 86_400_000;
/** The day on which everybody asks. */
export const TODAY = "2026-11-27";
const TODAY_MS = Date.parse(TODAY);

/** The date so many days from today. */
export function day(shift: number): string {
	return new Date(TODAY_MS + shift * DAY_MS).toISOString().slice(0, 10);
}

/** The date as many months before today. */
export function monthsAgo(months: number): string {
	const date = new Date(TODAY_MS);
	date.setUTCMonth(date.getUTCMonth() - months);
	return date.toISOString().slice(0, 10);
}

/** One of a list, in turn. */
function turn<Item>(list: readonly Item[], index: number): Item {
	return list[index % list.length] as Item;
}

function rows<Row>(count: number, row: (index: number) => Row): readonly Row[] {
	return Array.from({ length: count }, (_, index) => row(index));
}

const padded = (number: number, digits = 3) =>
	String(number).padStart(digits, "0");

const FIRST =
	"Anna Ben Carla David Elena Farid Grace Hugo Iris Jonas Kavya Liam Mei Noah Olga Pablo Quinn Rosa Sven Tara".split(
		" ",
	);
const LAST = "Andersson Brown Chen Dubois Evans Fischer Garcia".split(" ");
const CITIES = ["Berlin", "Paris", "Madrid", "Boston", "Toronto", "Tokyo"];
const COUNTRIES = [
	"Germany",
	"France",
	"Spain",
	"United States",
	"Canada",
	"Japan",
];

// 20 and 7 have no factor in common: the first 140 names differ.
const personName = (index: number) =>
	`${turn(FIRST, index)} ${turn(LAST, index)}`;

const companyName = (index: number) =>
	`${turn(["North", "Blue", "Green", "Silver", "Prime"], index)}${turn(["wind", "stone", "leaf", "field", "gate", "point", "works"], index)} ${turn(["GmbH", "Ltd", "Inc", "Group"], index)}`;

export const employees = rows(60, (index) => ({
	Name: personName(index),
	Department: turn(
		["Sales", "Engineering", "Support", "Finance", "HR", "Operations"],
		index,
	),
	Title: turn(["Manager", "Specialist", "Director", "Intern"], index),
	"Hire date": day(-20 - ((index * 61) % 3_580)),
	Salary: 28_000 + index * 1_000,
	// The first has the most: every fifth one as well.
	Manager: index < 6 ? null : personName(index % 5 === 0 ? 0 : (index * 7) % 6),
	Birthday: `${1965 + (index % 38)}-${padded(index % 10 === 3 ? 12 : (index % 11) + 1, 2)}-${padded((index % 28) + 1, 2)}`,
	"Vacation days": index % 31,
}));

export const customers = rows(300, (index) => ({
	"Customer ID": `C${padded(index + 1)}`,
	Company: companyName(index),
	Contact: personName(index * 3),
	Country: turn(COUNTRIES, index),
	City: turn(CITIES, index),
	Segment: turn(["Enterprise", "SMB", "Consumer"], index),
	Industry:
		index % 8 === 0 ? null : turn(["Retail", "Health", "Logistics"], index),
	Email: `c${index + 1}@shop.example`,
	Phone: `+49 30 ${1_000_000 + index * 7_919}`,
	Since: day(-10 - ((index * 53) % 1_990)),
	"Account owner": personName((index % 10) * 6),
}));

export const products = rows(120, (index) => ({
	SKU: `P${padded(index + 1)}`,
	Product: `${turn(["Classic", "Eco", "Pro", "Mini", "Ultra"], index)} ${turn(["Lamp", "Desk", "Chair", "Mug", "Notebook", "Backpack", "Tent"], index)}`,
	Price: 5.99 + ((index * 37) % 400),
	"Reorder level": 5 + (index % 55),
	Stock: index % 14 === 2 ? index % 5 : 60 + index,
	Supplier: turn(
		["Hanse Import", "东方贸易", "Acme Supply", "Lumen SpA"],
		index,
	),
	Discontinued: index % 11 === 5,
}));

export const orders = rows(600, (index) => {
	const status =
		index % 150 === 4
			? "Pending"
			: turn(
					[
						"Paid",
						"Paid",
						"Shipped",
						"Shipped",
						"Pending",
						"Refunded",
						"Cancelled",
					],
					index,
				);
	const ordered = -((index * 97) % 365);
	const early = index % 50 === 5;
	const shipped =
		early || status === "Shipped" || index % 150 === 4
			? day(ordered + (early ? -2 : 1 + (index % 14)))
			: null;
	return {
		"Order no": `SO-${10_001 + index}`,
		// What falls to the 288th otherwise goes to the 289th.
		Customer: `C${padded(index % 38 === 0 ? 288 : ((index * 7) % 300) + ((index * 7) % 300 === 287 ? 2 : 1))}`,
		Product: `P${padded(((index * 11) % 120) + 1)}`,
		Quantity: 1 + (index % 20),
		Amount: ((1 + (index % 20)) * (599 + ((index * 37) % 400) * 100)) / 100,
		Status: status,
		"Order date": day(ordered),
		"Shipped date": shipped,
		"Sales rep": personName((index % 10) * 6),
	};
});

export const tasks = rows(400, (index) => {
	const start = -((index * 37) % 200) + (index % 10);
	return {
		Title: `${turn(["Write", "Review", "Fix", "Plan", "Update", "Call"], index)} ${turn(["landing page", "invoice batch", "login bug", "Q4 forecast", "supplier list"], index)} #${index + 1}`,
		Assignee:
			index % 19 === 3
				? null
				: personName((index * 7 + Math.floor(index / 25)) % 25),
		Status: turn(["To do", "In progress", "Blocked", "Done", "Done"], index),
		Priority: turn(["High", "Medium", "Low"], index),
		Tags:
			index % 24 === 9
				? ["client", "urgent"]
				: [turn(["bug", "docs", "urgent", "internal"], index), "q4"],
		Project: turn(["Apollo", "Borealis", "Cobalt", "Dune"], index),
		Start: day(start),
		Due: day(index % 24 === 7 ? start - 3 : start + 1 + ((index * 11) % 40)),
	};
});

export const contacts = rows(110, (index) => ({
	Name: personName(index),
	Email: `contact${index}@example.org`,
	Phone: `+49 15${50 + (index % 30)} ${1_000_000 + index * 7_919}`,
	Company: companyName(index * 2),
	Source: index % 11 === 5 ? null : turn(["Web", "Fair", "Referral"], index),
	Added: day(-((index * 29) % 400)),
	City: index % 7 === 4 ? null : turn(CITIES, index),
}));

/** A file as a fair's organiser sends it. */
export const LEADS = 126;

export function leadsFile(): string {
	return [
		"Name,Email,Company,Met on",
		...rows(LEADS, (index) =>
			[
				personName(index),
				`lead${index}@example.com`,
				companyName(index),
				day(-3),
			].join(","),
		),
	].join("\n");
}

const text = (name: string) => ({ name, type: "text" });
const number = (name: string) => ({ name, type: "number" });
const date = (name: string) => ({ name, type: "date" });
const options = (...names: string[]) => ({
	settings: { options: names.map((name) => ({ name })) },
});
const select = (name: string, ...names: string[]) => ({
	name,
	type: "single_select",
	...options(...names),
});

/** The tables of the local store, with their fields and rows. */
export const LOCAL_TABLES = {
	Employees: {
		fields: [
			text("Name"),
			select(
				"Department",
				"Sales",
				"Engineering",
				"Support",
				"Finance",
				"HR",
				"Operations",
			),
			text("Title"),
			date("Hire date"),
			number("Salary"),
			text("Manager"),
			date("Birthday"),
			number("Vacation days"),
		],
		rows: employees,
	},
	Customers: {
		fields: [
			text("Customer ID"),
			text("Company"),
			text("Contact"),
			text("Country"),
			text("City"),
			select("Segment", "Enterprise", "SMB", "Consumer"),
			select("Industry", "Retail", "Health", "Logistics"),
			{ name: "Email", type: "email" },
			{ name: "Phone", type: "phone" },
			date("Since"),
			text("Account owner"),
		],
		rows: customers,
	},
	Products: {
		fields: [
			text("SKU"),
			text("Product"),
			number("Price"),
			number("Reorder level"),
			number("Stock"),
			text("Supplier"),
			{ name: "Discontinued", type: "checkbox" },
		],
		rows: products,
	},
	Orders: {
		fields: [
			text("Order no"),
			text("Customer"),
			text("Product"),
			number("Quantity"),
			number("Amount"),
			select("Status", "Paid", "Shipped", "Pending", "Refunded", "Cancelled"),
			date("Order date"),
			date("Shipped date"),
			text("Sales rep"),
		],
		rows: orders,
	},
	Tasks: {
		fields: [
			text("Title"),
			text("Assignee"),
			select("Status", "To do", "In progress", "Blocked", "Done"),
			select("Priority", "High", "Medium", "Low"),
			{
				name: "Tags",
				type: "multi_select",
				...options("bug", "docs", "urgent", "internal", "client", "q4"),
			},
			select("Project", "Apollo", "Borealis", "Cobalt", "Dune"),
			date("Start"),
			date("Due"),
		],
		rows: tasks,
	},
	Contacts: {
		fields: [
			text("Name"),
			{ name: "Email", type: "email" },
			{ name: "Phone", type: "phone" },
			text("Company"),
			select("Source", "Web", "Fair", "Referral"),
			date("Added"),
			text("City"),
		],
		rows: contacts,
	},
} as const satisfies Record<
	string,
	{ readonly fields: readonly object[]; readonly rows: readonly object[] }
>;

export type LocalTable = keyof typeof LOCAL_TABLES;
