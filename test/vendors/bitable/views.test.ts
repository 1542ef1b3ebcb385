import { describe, expect, test } from "vitest";
import type { ConditionInput } from "../../../src/core/contract/table.js";
import { decodeFilter } from "../../../src/vendors/bitable/view-filter.js";
import type { SeedField } from "../../fakes/bitable/index.js";
import { CALL, openWorld } from "./world.js";

const FIELDS: readonly SeedField[] = [
	{ name: "Title", type: 1, id: "fldTitle" },
	{ name: "Amount", type: 2, id: "fldAmount" },
	{
		name: "State",
		type: 3,
		id: "fldState",
		property: {
			options: [{ name: "Open" }, { name: "Opened" }, { name: "Done" }],
		},
	},
	{
		name: "Tags",
		type: 4,
		id: "fldTags",
		property: { options: [{ name: "red" }, { name: "blue" }] },
	},
	{ name: "Due", type: 5, id: "fldDue" },
	{
		name: "At",
		type: 5,
		id: "fldAt",
		property: { date_formatter: "yyyy-MM-dd HH:mm" },
	},
	{ name: "Paid", type: 7, id: "fldPaid" },
	{ name: "Owner", type: 11, id: "fldOwner" },
	{ name: "Files", type: 17, id: "fldFiles" },
	{
		name: "Twice",
		type: 20,
		id: "fldTwice",
		property: {
			formula_expression: "bitable::$table[tblX].$field[fldAmount]*2",
		},
	},
];

async function world() {
	const made = await openWorld({ fields: FIELDS });
	const table = made.fake.table(made.table);
	const option = (field: string, name: string) =>
		[...table.fields.values()]
			.find((each) => each.name === field)
			?.options.find((each) => each.name === name)?.id;
	return { ...made, option };
}

const D = String(Date.UTC(2026, 10, 19, 16));
const later = (days: number) => String(Number(D) + days * 86_400_000);

type Kept = readonly [
	field: string,
	operator: string,
	value?: readonly string[],
];

test.each([
	[true, [], undefined],
	[true, [{ field_id: "fldTitle", operator: "isEmpty" }], undefined],
	[false, [], null],
	[null, [], null],
])(
	"a filter with condition_omitted %s and conditions %j is read as %s",
	async (omitted, conditions, filter) => {
		const { read } = await world();
		expect(
			decodeFilter(await read(), {
				condition_omitted: omitted,
				conditions,
				conjunction: "and",
			}),
		).toBe(filter);
	},
);

describe("a view's filter", () => {
	/** What is asked, what the vendor keeps (`opt:Name` stands for an option's id), and what is read of it. */
	const CASES: readonly (readonly [
		ConditionInput,
		readonly Kept[],
		ConditionInput | "not reported" | "same",
		"or"?,
	])[] = [
		[
			{ field: "Title", op: "is", value: "a" },
			[["fldTitle", "is", ["a"]]],
			"same",
		],
		[
			{ field: "Title", op: "not_contains", value: "a" },
			[["fldTitle", "doesNotContain", ["a"]]],
			"same",
		],
		[{ field: "Title", op: "is_empty" }, [["fldTitle", "isEmpty"]], "same"],
		[
			{ field: "Amount", op: "gte", value: 10.5 },
			[["fldAmount", "isGreaterEqual", ["10.5"]]],
			{ field: "fldAmount", op: "gte", value: "10.5" },
		],
		[
			{ field: "Amount", op: "between", values: [1, 2] },
			[
				["fldAmount", "isGreaterEqual", ["1"]],
				["fldAmount", "isLessEqual", ["2"]],
			],
			"not reported",
		],
		[
			{ field: "State", op: "is", value: "Open" },
			[["fldState", "is", ["opt:Open"]]],
			"same",
		],
		[
			{ field: "State", op: "starts_with", value: "Open" },
			[
				["fldState", "is", ["opt:Open"]],
				["fldState", "is", ["opt:Opened"]],
			],
			"not reported",
			"or",
		],
		[
			{ field: "State", op: "none_of", values: ["Open", "Done"] },
			[
				["fldState", "isNot", ["opt:Open"]],
				["fldState", "isNot", ["opt:Done"]],
			],
			"not reported",
		],
		[
			{ field: "Tags", op: "contains", value: "red" },
			[["fldTags", "contains", ["opt:red"]]],
			"same",
		],
		[
			{ field: "Tags", op: "has_all", values: ["red", "blue"] },
			[
				["fldTags", "contains", ["opt:red"]],
				["fldTags", "contains", ["opt:blue"]],
			],
			"not reported",
		],
		[
			{ field: "Paid", op: "is_not", value: true },
			[["fldPaid", "is", ["false"]]],
			{ field: "fldPaid", op: "is", value: false },
		],
		[
			{ field: "Owner", op: "contains", value: "ou_abc" },
			[["fldOwner", "contains", ["ou_abc"]]],
			"same",
		],
		[
			{ field: "Due", op: "is", value: "2026-11-20" },
			[["fldDue", "is", ["ExactDate", D]]],
			"same",
		],
		[
			{ field: "Due", op: "within", value: "this_week" },
			[["fldDue", "is", ["CurrentWeek"]]],
			"same",
		],
		[
			{ field: "Due", op: "within", value: "last_7_days" },
			[["fldDue", "is", ["TheLastWeek"]]],
			"same",
		],
		[
			{ field: "Due", op: "is", value: "today" },
			[["fldDue", "is", ["Today"]]],
			{ field: "fldDue", op: "within", value: "today" },
		],
		[
			{ field: "Due", op: "gte", value: "today" },
			[["fldDue", "isGreater", ["Yesterday"]]],
			{ field: "fldDue", op: "gt", value: "yesterday" },
		],
		[
			{ field: "Due", op: "lt", value: "today" },
			[["fldDue", "isLess", ["Today"]]],
			"same",
		],
		[
			{ field: "Due", op: "gt", value: "2026-11-20" },
			[["fldDue", "isGreater", ["ExactDate", D]]],
			"same",
		],
		[
			{ field: "Due", op: "gte", value: "2026-11-20" },
			[["fldDue", "isGreater", ["ExactDate", later(-1)]]],
			{ field: "fldDue", op: "gt", value: "2026-11-19" },
		],
		[
			{ field: "Due", op: "lte", value: "2026-11-20" },
			[["fldDue", "isLess", ["ExactDate", later(1)]]],
			{ field: "fldDue", op: "lt", value: "2026-11-21" },
		],
		[
			{ field: "Files", op: "is_not_empty" },
			[["fldFiles", "isNotEmpty"]],
			"same",
		],
	];

	test.each(
		CASES.map(
			([condition, kept, told, conjunction = "and"]) =>
				[condition, kept, told, conjunction] as const,
		),
	)("%j", async (condition, kept, told, conjunction) => {
		const {
			tool,
			fake,
			table: id,
			reference,
			adapter,
			read,
			option,
		} = await world();
		const made = await tool("create_view", {
			table: reference,
			name: "V",
			filter: { conditions: [condition] },
		});
		const stored = fake.table(id).views.get(made.structured.view as string);
		expect(stored?.filter?.conjunction).toBe(conjunction);
		expect(
			stored?.filter?.conditions.map(({ field_id, operator, values }) => [
				field_id,
				operator,
				...(values?.length ? [values.map(String)] : []),
			]),
		).toEqual(
			kept.map(([field, operator, values]) => [
				field,
				operator,
				...(values === undefined
					? []
					: [
							values.map((value) =>
								value.startsWith("opt:")
									? option(condition.field, value.slice(4))
									: value,
							),
						]),
			]),
		);
		const view = await adapter.readView?.(
			await read(),
			made.structured.view as string,
			CALL,
		);
		const several = kept.length > 1;
		if (told === "not reported" && !several)
			expect(view?.filter).toBeUndefined();
		else if (!several)
			expect(view?.filter).toEqual({
				match: "all",
				conditions: [
					told === "same" ? { ...condition, field: kept[0]?.[0] } : told,
				],
			});
		else expect(view?.filter?.conditions.length).toBe(kept.length);
	});

	test.each([
		[
			{ field: "Title", op: "search", value: "a" },
			/text fields have no such condition/,
		],
		[
			{ field: "Due", op: "within", value: "last_5_days" },
			/date fields have no such condition/,
		],
		[
			{ field: "At", op: "gt", value: "2026-11-20T12:00" },
			/date fields have no such condition/,
		],
		[{ field: "Twice", op: "is_empty" }, /formula fields cannot be filtered/],
		[
			{ field: "Amount", op: "gt", other_field: "Amount" },
			/compares two fields/,
		],
		[
			{ field: "$created_at", op: "within", value: "today" },
			/it is not a field; create_field/,
		],
		[{ field: "Tags", op: "is", value: "red, blue" }, /no such condition/],
	])("%j cannot be kept, and nothing is made", async (condition, why) => {
		const { refused, fake, table, reference } = await world();
		const error = await refused("create_view", {
			table: reference,
			name: "V",
			filter: { conditions: [condition] },
		});
		expect(error.code).toBe("unsupported");
		expect(error.message).toMatch(why);
		expect(fake.table(table).views.size).toBe(1);
	});

	test("several conditions are joined as asked, or refused where they cannot be", async () => {
		const { tool, refused, fake, table, reference } = await world();
		const any = {
			match: "any",
			conditions: [
				{ field: "Title", op: "is", value: "a" },
				{ field: "State", op: "any_of", values: ["Open", "Done"] },
			],
		};
		const made = await tool("create_view", {
			table: reference,
			name: "V",
			filter: any,
		});
		expect(
			fake.table(table).views.get(made.structured.view as string)?.filter,
		).toMatchObject({ conjunction: "or", conditions: [{}, {}, {}] });
		expect(
			(
				await refused("create_view", {
					table: reference,
					name: "W",
					filter: { ...any, match: "all" },
				})
			).message,
		).toMatch(/any must hold.*joined differently/);
		expect(
			(
				await refused("create_view", {
					table: reference,
					name: "W",
					filter: { ...any, groups: [any] },
				})
			).message,
		).toMatch(/one level/);
	});
});

test("what is not named stays, empty clears", async () => {
	const { tool, fake, table, reference } = await world();
	const made = await tool("create_view", {
		table: reference,
		name: "V",
		filter: { conditions: [{ field: "Title", op: "is", value: "a" }] },
		hidden_fields: ["Amount", "Due"],
	});
	const view = () =>
		fake.table(table).views.get(made.structured.view as string);
	expect([...(view()?.hiddenFields ?? [])]).toEqual(["fldAmount", "fldDue"]);
	await tool("update_view", { table: reference, view: "V", name: "W" });
	expect(view()).toMatchObject({ name: "W", filter: { conditions: [{}] } });
	await tool("update_view", {
		table: reference,
		view: "W",
		filter: {},
		hidden_fields: [],
		confirm: "W",
	});
	expect(view()?.filter?.conditions ?? []).toEqual([]);
	expect([...(view()?.hiddenFields ?? [])]).toEqual([]);
});

test("a tree, and what the API does not set", async () => {
	const { tool, refused, fake, table, reference } = await world();
	fake.addField(table, {
		name: "Parent",
		type: 18,
		property: { table_id: table },
	});
	const made = await tool("create_view", {
		table: reference,
		name: "Tree",
		tree_by: "Parent",
	});
	const described = await tool("describe_fields", {
		table: reference,
		view: "Tree",
	});
	expect(described.text).toContain('"tree_by":"Parent"');
	await tool("update_view", {
		table: reference,
		view: made.structured.view,
		tree_by: "",
	});
	const order = await refused("update_view", {
		table: reference,
		view: "Tree",
		sort: [{ field: "Title" }],
	});
	expect([order.code, order.message]).toEqual([
		"unsupported",
		expect.stringMatching(/order of a view: in the app/),
	]);
	const calendar = await refused("create_view", {
		table: reference,
		name: "C",
		type: "calendar",
	});
	expect(calendar.next).toMatch(/grid, kanban, gallery, gantt, form/);
});

test("reading through a view: the vendor's own filter alone, joined with one beside it", async () => {
	const { tool, fake, table, reference, sent } = await world();
	fake.addRecords(
		table,
		Array.from({ length: 12 }, (_, index) => ({
			Title: `t${index % 3}`,
			Amount: index,
			State: index % 2 ? "Open" : "Done",
		})),
	);
	await tool("create_view", {
		table: reference,
		name: "V",
		filter: { conditions: [{ field: "State", op: "is", value: "Open" }] },
		hidden_fields: ["Amount"],
	});
	const alone = await tool("query_records", { table: reference, view: "V" });
	expect(alone.structured.returned).toBe(6);
	expect(alone.structured.columns).not.toContain("Amount");
	sent();
	const both = await tool("query_records", {
		table: reference,
		view: "V",
		fields: ["Title", "Amount"],
		filter: { conditions: [{ field: "Title", op: "is", value: "t1" }] },
	});
	expect(
		(both.structured.rows as unknown[][]).map(([, , amount]) => amount),
	).toEqual([1, 7]);
	expect(both.structured.notes).toEqual([
		expect.stringMatching(/joined with the given one/),
	]);
});
