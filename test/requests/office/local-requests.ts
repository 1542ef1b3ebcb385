import { deepEqual, equal, ok } from "node:assert/strict";
import type { Agent, Request } from "./replay.js";
import {
	contacts,
	customers,
	day,
	employees,
	LEADS,
	monthsAgo,
	orders,
	products,
	TODAY,
	tasks,
} from "./tables.js";

const where = (field: string, op: string, value?: string) => ({
	field,
	op,
	...(value === undefined ? {} : { value }),
});

/** How many of a list have each key; the empty ones under null. */
function counted(
	keys: readonly (string | null)[],
): ReadonlyMap<unknown, number> {
	const counts = new Map<unknown, number>();
	for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
	return counts;
}

/** The groups of an answer that has one key and a count. */
function groupsOf(answer: {
	readonly structured: { readonly rows: readonly (readonly unknown[])[] };
}): ReadonlyMap<unknown, unknown> {
	return new Map(answer.structured.rows.map(([key, count]) => [key, count]));
}

/** Rows that a file holds, as an import reads them. */
async function rowsIn(
	{ look }: Agent,
	file: string,
	sheet?: string,
): Promise<{ readonly rows: number; readonly columns: readonly string[] }> {
	const { structured } = await look("import_records", {
		new_table: `Back from ${file}`,
		connection: "local",
		file,
		...(sheet === undefined ? {} : { sheet }),
		dry_run: true,
	});
	return {
		rows: structured.counts.created,
		columns: structured.columns.map(({ column }: { column: string }) => column),
	};
}

const isLate = ({ Due, Status }: (typeof tasks)[number]) =>
	Due < TODAY && Status !== "Done";

/** What people ask of the tables on this machine. */
export const LOCAL_REQUESTS: readonly Request[] = [
	{
		ask: "orders that were shipped before they were ordered",
		async run({ call, tables }) {
			const { structured } = await call("query_records", {
				table: tables.Orders,
				fields: ["Order no", "Order date", "Shipped date"],
				filter: {
					conditions: [
						{ field: "Shipped date", op: "lt", other_field: "Order date" },
					],
				},
				ids: false,
			});
			deepEqual(
				structured.rows,
				orders
					.filter(
						({ "Order date": ordered, "Shipped date": shipped }) =>
							shipped !== null && shipped < ordered,
					)
					.map((row) => [
						row["Order no"],
						row["Order date"],
						row["Shipped date"],
					]),
			);
			equal(structured.rows.length, 12);
		},
	},
	{
		ask: "what must be reordered, as Excel, with the supplier",
		async run(agent) {
			const { structured } = await agent.call("export_records", {
				table: agent.tables.Products,
				file: "reorder.xlsx",
				fields: ["SKU", "Product", "Stock", "Reorder level", "Supplier"],
				filter: {
					conditions: [
						{ field: "Stock", op: "lt", other_field: "Reorder level" },
						where("Discontinued", "is", "false"),
					],
				},
			});
			const expected = products.filter(
				(row) => row.Stock < row["Reorder level"] && !row.Discontinued,
			).length;
			ok(expected > 5);
			equal(structured.rows, expected);
			deepEqual(await rowsIn(agent, "reorder.xlsx"), {
				rows: expected,
				columns: ["SKU", "Product", "Stock", "Reorder level", "Supplier"],
			});
		},
	},
	{
		ask: "rename the status Paid to Completed",
		async run({ call, look, tables, kept }) {
			const { structured } = await call("update_field", {
				table: tables.Orders,
				field: "Status",
				settings: { options: [{ name: "Paid", new_name: "Completed" }] },
			});
			kept.set("rename", structured.change_id);
			const { structured: now } = await look("query_records", {
				table: tables.Orders,
				filter: { conditions: [where("Status", "is", "Completed")] },
				limit: 0,
			});
			equal(now.total, orders.filter(({ Status }) => Status === "Paid").length);
		},
	},
	{
		ask: "undo that, and undo the price rise",
		async run({ call, look, tables, kept }) {
			const table = tables.Products;
			const lumen = products.filter(({ Supplier }) => Supplier === "Lumen SpA");
			// The rise itself is a request for another tool.
			const { structured: raised } = await look("update_records", {
				table,
				match_on: ["SKU"],
				records: lumen.map(({ SKU, Price }) => ({
					fields: { SKU, Price: Price + 1 },
				})),
			});
			await call("undo_change", { change_id: kept.get("rename") });
			const { structured } = await call("undo_change", {
				change_id: raised.change_id,
			});
			equal(structured.counts.updated, lumen.length);
			const { structured: after } = await look("query_records", {
				table,
				fields: ["SKU", "Price"],
				limit: products.length,
				ids: false,
			});
			deepEqual(
				after.rows,
				products.map(({ SKU, Price }) => [SKU, Price]),
			);
			const { structured: status } = await look("query_records", {
				table: tables.Orders,
				filter: { conditions: [where("Status", "is", "Paid")] },
				limit: 0,
			});
			equal(
				status.total,
				orders.filter(({ Status }) => Status === "Paid").length,
			);
		},
	},
	{
		ask: "contacts without a city or a source, by company",
		async run({ call, tables }) {
			const answer = await call("query_records", {
				table: tables.Contacts,
				filter: {
					match: "any",
					conditions: [where("City", "is_empty"), where("Source", "is_empty")],
				},
				group_by: [{ field: "Company" }],
			});
			const expected = counted(
				contacts
					.filter(({ City, Source }) => City === null || Source === null)
					.map(({ Company }) => Company),
			);
			ok(expected.size > 10);
			deepEqual(groupsOf(answer), expected);
		},
	},
	{
		ask: "birthdays next month",
		async run({ call, tables }) {
			const { structured } = await call("query_records", {
				table: tables.Employees,
				fields: ["Name", "Birthday"],
				filter: { conditions: [where("Birthday", "search", "-12-")] },
				ids: false,
			});
			deepEqual(
				structured.rows,
				employees
					.filter(({ Birthday }) => Birthday.slice(5, 7) === "12")
					.map(({ Name, Birthday }) => [Name, Birthday]),
			);
			equal(structured.rows.length, 6);
		},
	},
	{
		ask: "谁的直属下属最多？",
		async run({ call, tables }) {
			const { structured } = await call("query_records", {
				table: tables.Employees,
				filter: { conditions: [where("Manager", "is_not_empty")] },
				group_by: [{ field: "Manager" }],
				limit: 3,
			});
			const [most] = [
				...counted(
					employees.flatMap(({ Manager }) =>
						Manager === null ? [] : [Manager],
					),
				),
			].sort((a, b) => b[1] - a[1]);
			deepEqual(structured.rows[0], most);
		},
	},
	{
		ask: "入职满三年的员工导出 Excel",
		async run(agent) {
			const { structured } = await agent.call("export_records", {
				table: agent.tables.Employees,
				file: "三年.xlsx",
				filter: { conditions: [where("Hire date", "lte", "3 years ago")] },
			});
			const expected = employees.filter(
				(row) => row["Hire date"] <= monthsAgo(36),
			).length;
			ok(expected > 30);
			equal(structured.rows, expected);
			equal((await rowsIn(agent, "三年.xlsx")).rows, expected);
		},
	},
	{
		ask: "overdue tasks by assignee",
		async run({ call, tables }) {
			const answer = await call("query_records", {
				table: tables.Tasks,
				filter: {
					conditions: [
						where("Due", "lt", "today"),
						where("Status", "is_not", "Done"),
					],
				},
				group_by: [{ field: "Assignee" }],
			});
			const expected = counted(
				tasks.filter(isLate).map(({ Assignee }) => Assignee),
			);
			equal(expected.size, 26);
			deepEqual(groupsOf(answer), expected);
		},
	},
	{
		ask: "a kanban view of what is high, open and due in the next 14 days",
		async run({ call, look, tables }) {
			await call("create_view", {
				table: tables.Tasks,
				name: "Urgent",
				type: "kanban",
				filter: {
					conditions: [
						where("Priority", "is", "High"),
						where("Status", "is_not", "Done"),
						{ field: "Due", op: "between", values: ["today", day(14)] },
					],
				},
			});
			const { structured } = await look("query_records", {
				table: tables.Tasks,
				view: "Urgent",
				fields: ["Title"],
				ids: false,
			});
			const expected = tasks
				.filter(
					({ Priority, Status, Due }) =>
						Priority === "High" &&
						Status !== "Done" &&
						Due >= TODAY &&
						Due <= day(14),
				)
				.map(({ Title }) => [Title]);
			ok(expected.length > 2);
			deepEqual(structured.rows, expected);
		},
	},
	{
		ask: "share the unassigned tasks among three people",
		async run({ call, look, tables }) {
			const unassigned = {
				conditions: [where("Assignee", "is_empty")],
			};
			const { structured } = await call("query_records", {
				table: tables.Tasks,
				fields: ["Assignee"],
				filter: unassigned,
			});
			const ids = (structured.rows as [string][]).map(([id]) => id);
			equal(ids.length, 21);
			const people = ["Anna Andersson", "Ben Brown", "Carla Chen"];
			const { structured: changed } = await call("update_records", {
				table: tables.Tasks,
				records: ids.map((id, index) => ({
					id,
					fields: { Assignee: people[index % people.length] },
				})),
			});
			equal(changed.counts.updated, ids.length);
			const { structured: left } = await look("query_records", {
				table: tables.Tasks,
				filter: unassigned,
				limit: 0,
			});
			equal(left.total, 0);
		},
	},
	{
		ask: "one Excel with the orders and the customers",
		async run(agent) {
			for (const [sheet, expected] of [
				["Orders", orders.length],
				["Customers", customers.length],
			] as const) {
				await agent.call("export_records", {
					table: agent.tables[sheet],
					file: "report.xlsx",
					sheet,
				});
				equal((await rowsIn(agent, "report.xlsx", sheet)).rows, expected);
			}
			equal((await rowsIn(agent, "report.xlsx", "Orders")).rows, orders.length);
		},
	},
	{
		ask: "tasks that are due before they start",
		async run({ call, tables }) {
			const { structured } = await call("query_records", {
				table: tables.Tasks,
				fields: ["Title", "Start", "Due"],
				filter: {
					conditions: [{ field: "Due", op: "lt", other_field: "Start" }],
				},
				ids: false,
			});
			deepEqual(
				structured.rows,
				tasks
					.filter(({ Start, Due }) => Due < Start)
					.map(({ Title, Start, Due }) => [Title, Start, Due]),
			);
			equal(structured.rows.length, 17);
		},
	},
	{
		ask: "import the leads, and undo that import",
		async run({ call, look }) {
			const { structured } = await call("import_records", {
				new_table: "Leads",
				connection: "local",
				file: "leads.csv",
			});
			equal(structured.counts.created, LEADS);
			const { structured: back } = await call("undo_change", {
				change_id: structured.change_id,
			});
			equal(back.counts.deleted, LEADS);
			const { structured: left } = await look("query_records", {
				table: structured.table,
				limit: 0,
			});
			equal(left.total, 0);
		},
	},
	{
		ask: "how many contacts are older than 6 months?",
		async run({ call, tables }) {
			const { structured } = await call("query_records", {
				table: tables.Contacts,
				filter: { conditions: [where("Added", "lt", "6 months ago")] },
				limit: 0,
			});
			equal(
				structured.total,
				contacts.filter(({ Added }) => Added < monthsAgo(6)).length,
			);
		},
	},
	{
		ask: "tag what is for a client and urgent as vip",
		async run({ call, look, tables }) {
			const { structured } = await call("update_records", {
				table: tables.Tasks,
				filter: {
					conditions: [
						{ field: "Tags", op: "has_all", values: ["client", "urgent"] },
					],
				},
				set: { Tags: { add: ["vip"] } },
				allow_new_options: true,
			});
			equal(structured.counts.updated, 17);
			const { structured: tagged } = await look("query_records", {
				table: tables.Tasks,
				filter: {
					conditions: [
						{
							field: "Tags",
							op: "has_all",
							values: ["client", "urgent", "vip"],
						},
					],
				},
				limit: 0,
			});
			equal(tagged.total, 17);
		},
	},
	{
		ask: "what is pending but shipped is shipped",
		async run({ call, tables }) {
			const { structured } = await call("update_records", {
				table: tables.Orders,
				filter: {
					conditions: [
						where("Status", "is", "Pending"),
						where("Shipped date", "is_not_empty"),
					],
				},
				set: { Status: "Shipped" },
			});
			const expected = orders.filter(
				(row) => row.Status === "Pending" && row["Shipped date"] !== null,
			).length;
			ok(expected > 3);
			equal(structured.counts.updated, expected);
		},
	},
	{
		ask: "everything about customer C288",
		async run({ call, tables }) {
			const { structured: customer } = await call("query_records", {
				table: tables.Customers,
				filter: { conditions: [where("Customer ID", "is", "C288")] },
				ids: false,
			});
			deepEqual(
				customer.rows,
				customers
					.filter((row) => row["Customer ID"] === "C288")
					.map((row) => Object.values(row)),
			);
			const of = { conditions: [where("Customer", "is", "C288")] };
			const shown = [
				"Order no",
				"Order date",
				"Product",
				"Amount",
				"Status",
			] as const;
			const { structured: list } = await call("query_records", {
				table: tables.Orders,
				fields: shown,
				filter: of,
				ids: false,
			});
			const theirs = orders.filter(({ Customer }) => Customer === "C288");
			equal(theirs.length, 16);
			deepEqual(
				list.rows,
				theirs.map((row) =>
					shown.map((name) =>
						name === "Status" &&
						row["Shipped date"] !== null &&
						row.Status === "Pending"
							? "Shipped"
							: row[name],
					),
				),
			);
			const { structured: sum } = await call("query_records", {
				table: tables.Orders,
				filter: of,
				aggregate: [{ function: "sum", field: "Amount" }],
			});
			const cents = theirs.reduce(
				(total, { Amount }) => total + Math.round(Amount * 100),
				0,
			);
			equal(Math.round(sum.rows[0][0] * 100), cents);
		},
	},
	{
		ask: "a clinic: doctors, and appointments with them",
		async run({ call, look }) {
			await call("create_table", {
				connection: "local",
				name: "Doctors",
				fields: [
					{ name: "Name", type: "text" },
					{ name: "Specialty", type: "text" },
				],
			});
			await call("create_table", {
				connection: "local",
				name: "Appointments",
				fields: [
					{ name: "Patient", type: "text" },
					{
						name: "When",
						type: "date",
						settings: { format: "YYYY-MM-DD HH:mm" },
					},
					{ name: "Doctor", type: "link", settings: { link_table: "Doctors" } },
				],
			});
			await call("create_records", {
				table: "Doctors",
				records: [
					{ fields: { Name: "Dr. Ito", Specialty: "Eyes" } },
					{ fields: { Name: "Dr. Khan", Specialty: "Skin" } },
				],
			});
			await call("create_records", {
				table: "Appointments",
				records: [
					["Mia", "2026-12-01T09:00", "Dr. Ito"],
					["Leo", "2026-12-01T09:30", "Dr. Khan"],
					["Emma", "2026-12-01T10:00", "Dr. Ito"],
				].map(([Patient, When, Doctor]) => ({
					fields: { Patient, When, Doctor: [Doctor] },
				})),
			});
			const answer = await look("query_records", {
				table: "Appointments",
				group_by: [{ field: "Doctor" }],
			});
			deepEqual(
				groupsOf(answer),
				new Map([
					["Dr. Ito", 2],
					["Dr. Khan", 1],
				]),
			);
		},
	},
	{
		ask: "a school: attendance of class 3B today, and who is missing",
		async run({ call }) {
			await call("create_table", {
				connection: "local",
				name: "Attendance 3B",
				fields: [
					{ name: "Pupil", type: "text" },
					{ name: "Day", type: "date" },
					{ name: "Present", type: "checkbox" },
				],
			});
			const pupils = ["Ada", "Bo", "Cem", "Dina", "Eli", "Fay", "Gus", "Hana"];
			const missing = ["Cem", "Gus"];
			await call("create_records", {
				table: "Attendance 3B",
				records: pupils.map((Pupil) => ({
					fields: { Pupil, Day: "today", Present: !missing.includes(Pupil) },
				})),
			});
			const { structured } = await call("query_records", {
				table: "Attendance 3B",
				fields: ["Pupil"],
				filter: {
					conditions: [
						where("Day", "is", "today"),
						where("Present", "is", "false"),
					],
				},
				ids: false,
			});
			deepEqual(
				structured.rows,
				missing.map((name) => [name]),
			);
		},
	},
];
