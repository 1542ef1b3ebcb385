import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CodecContext } from "../../../src/core/contract/codec.js";
import type { Filter } from "../../../src/core/contract/condition.js";
import type {
	ConditionInput,
	FilterInput,
	Row,
	Table,
} from "../../../src/core/contract/table.js";
import { resolveFilter } from "../../../src/core/filter/filter.js";
import { matches } from "../../../src/core/filter/matches.js";
import { pushDown } from "../../../src/core/filter/push-down.js";
import { decodeRow } from "../../../src/core/values/values.js";
import { DAY_MS } from "../../../src/core/values/zone.js";
import { dialect, type Expr } from "../../../src/vendors/bitable/filter.js";
import { wireFilter } from "../../../src/vendors/bitable/records.js";
import type { BitableSwitches, SeedField } from "../../fakes/bitable/index.js";
import { CALL, openWorld, type World } from "./world.js";

const FIELDS: readonly SeedField[] = [
	{ name: "Title", type: 1 },
	{ name: "Amount", type: 2 },
	{ name: "Share", type: 2, property: { formatter: "0.00%" } },
	{
		name: "State",
		type: 3,
		property: { options: [{ name: "Open" }, { name: "Done" }] },
	},
	{
		name: "Tags",
		type: 4,
		property: {
			options: [{ name: "red" }, { name: "blue" }, { name: "dark blue" }],
		},
	},
	{ name: "Due", type: 5 },
	{ name: "At", type: 5, property: { date_formatter: "yyyy-MM-dd HH:mm" } },
	{ name: "Paid", type: 7 },
	{ name: "Owner", type: 11 },
	{ name: "Phone", type: 13 },
	{ name: "Site", type: 15 },
	{ name: "Files", type: 17 },
	{ name: "Number", type: 1005 },
	{ name: "Made", type: 1001 },
	{ name: "Maker", type: 1003 },
];

async function filled(switches: Partial<BitableSwitches> = {}) {
	const world = await openWorld({ fields: FIELDS, switches });
	const ann = world.fake.addPerson({ name: "Ann" }).openId;
	const bo = world.fake.addPerson({ name: "Bo" }).openId;
	const file = world.fake.addMedia(world.base, {
		name: "a.txt",
		bytes: Buffer.from("a"),
	});
	const today =
		Math.floor((world.clock.now() + 8 * 3_600_000) / DAY_MS) * DAY_MS -
		8 * 3_600_000;
	world.fake.addRecords(
		world.table,
		Array.from({ length: 40 }, (_, index) => ({
			...(index % 5 === 4
				? {}
				: { Title: ["Ann", "ann", "Anna", "a b", "b"][index % 7] ?? "x" }),
			...(index % 4 === 3
				? {}
				: { Amount: [0, -1.5, 42, 0.25, 1e21][index % 5] }),
			...(index % 3 === 2 ? {} : { Share: [0, 0.5, 1][index % 7] ?? 0.12 }),
			...(index % 6 === 5 ? {} : { State: index % 2 ? "Open" : "Done" }),
			...(index % 5 === 0
				? {}
				: { Tags: [["red"], ["blue", "red"], ["dark blue"]][index % 3] }),
			...(index % 4 === 1
				? {}
				: {
						Due: today + ((index % 9) - 4) * DAY_MS + (index % 3) * 7_200_000,
					}),
			...(index % 4 === 2
				? {}
				: { At: today + ((index % 7) - 3) * 43_200_000 }),
			...(index % 3 === 1 ? { Paid: index % 2 === 0 } : {}),
			...(index % 4 === 0
				? {}
				: {
						Owner: [[{ id: ann }], [{ id: bo }, { id: ann }], [{ id: bo }]][
							index % 3
						],
					}),
			...(index % 3 === 0 ? { Phone: `138000000${index}` } : {}),
			...(index % 3 === 0 ? { Site: { text: "t", link: "https://x.y" } } : {}),
			...(index % 7 === 0 ? { Files: [{ file_token: file }] } : {}),
		})),
	);
	return { ...world, ann, bo };
}

const resolve = (world: World, table: Table, input: FilterInput) =>
	resolveFilter(input, table, {
		zone: table.zone,
		nowMs: world.clock.now(),
		lookups: {
			linkedByText: async () => new Map(),
			people: async () => new Map(),
			shownIn: async () => ({ texts: new Map() }),
			isId: () => true,
		},
		systemColumns: world.adapter.systemColumns,
	});

describe("what is sent", () => {
	const and = (...conditions: readonly unknown[]) => ({
		conjunction: "and",
		conditions,
	});
	const leaf = (field_name: string, operator: string, ...value: string[]) => ({
		field_name,
		operator,
		value,
	});
	const or = (...conditions: readonly unknown[]) => ({
		conjunction: "or",
		conditions,
	});
	const day = (ms: number) => String(ms);
	const D = Date.UTC(2026, 10, 19, 16);

	/** One condition, the vendor's filter, and whether its rows are ours; undefined: looked through here. */
	const CASES: readonly (readonly [
		FilterInput["conditions"][number],
		unknown,
		boolean?,
	])[] = [
		[
			{ field: "Title", op: "is", value: "Ann" },
			and(leaf("Title", "is", "Ann")),
			false,
		],
		[
			{ field: "Title", op: "contains", value: "n" },
			and(leaf("Title", "contains", "n")),
			false,
		],
		[
			{ field: "Title", op: "starts_with", value: "A" },
			and(leaf("Title", "contains", "A")),
			false,
		],
		[
			{ field: "Title", op: "any_of", values: ["a", "b"] },
			or(leaf("Title", "is", "a"), leaf("Title", "is", "b")),
			false,
		],
		[{ field: "Title", op: "is", value: " a" }, undefined],
		[{ field: "Title", op: "is_not", value: "a" }, undefined],
		[{ field: "Title", op: "not_contains", value: "a" }, undefined],
		[{ field: "Title", op: "search", value: "a" }, undefined],
		[{ field: "Title", op: "is_empty" }, and(leaf("Title", "isEmpty")), true],
		[
			{ field: "Amount", op: "is", value: 42 },
			and(leaf("Amount", "is", "42")),
			true,
		],
		[{ field: "Amount", op: "is", value: 1e-9 }, undefined],
		[
			{ field: "Amount", op: "is_not", value: 42 },
			or(leaf("Amount", "isNot", "42"), leaf("Amount", "isEmpty")),
			true,
		],
		[
			{ field: "Amount", op: "gt", value: 1 },
			and(leaf("Amount", "isNotEmpty"), leaf("Amount", "isGreater", "1")),
			true,
		],
		[
			{ field: "Amount", op: "lte", value: 1 },
			and(leaf("Amount", "isNotEmpty"), leaf("Amount", "isLessEqual", "1")),
			true,
		],
		[
			{ field: "Amount", op: "between", values: [1, 2] },
			and(
				leaf("Amount", "isNotEmpty"),
				leaf("Amount", "isGreaterEqual", "1"),
				leaf("Amount", "isLessEqual", "2"),
			),
			true,
		],
		[
			{ field: "Share", op: "is", value: "12%" },
			and(leaf("Share", "is", "0.12")),
			true,
		],
		[
			{ field: "State", op: "is", value: "Open" },
			and(leaf("State", "is", "Open")),
			true,
		],
		[
			{ field: "State", op: "is_not", value: "Open" },
			or(leaf("State", "isNot", "Open"), leaf("State", "isEmpty")),
			true,
		],
		[
			{ field: "State", op: "none_of", values: ["Open", "Done"] },
			{
				conjunction: "and",
				children: [
					or(leaf("State", "isNot", "Open"), leaf("State", "isEmpty")),
					or(leaf("State", "isNot", "Done"), leaf("State", "isEmpty")),
				],
			},
			true,
		],
		[{ field: "State", op: "contains", value: "pe" }, undefined],
		[
			{ field: "Tags", op: "contains", value: "red" },
			and(leaf("Tags", "contains", "red")),
			true,
		],
		[
			{ field: "Tags", op: "has_all", values: ["red", "blue"] },
			and(leaf("Tags", "contains", "red"), leaf("Tags", "contains", "blue")),
			true,
		],
		[
			{ field: "Tags", op: "is", value: "red, blue" },
			and(leaf("Tags", "contains", "red"), leaf("Tags", "contains", "blue")),
			false,
		],
		[
			{ field: "Tags", op: "not_contains", value: "red" },
			or(leaf("Tags", "doesNotContain", "red"), leaf("Tags", "isEmpty")),
			true,
		],
		[
			{ field: "Paid", op: "is", value: true },
			and(leaf("Paid", "is", "true")),
			true,
		],
		[{ field: "Paid", op: "is", value: false }, undefined],
		[
			{ field: "Paid", op: "is_not", value: false },
			and(leaf("Paid", "is", "true")),
			true,
		],
		[
			{ field: "Owner", op: "contains", value: "ou_abc" },
			and(leaf("Owner", "contains", "ou_abc")),
			true,
		],
		[{ field: "Owner", op: "contains", value: "Ann" }, undefined],
		[
			{ field: "Maker", op: "any_of", values: ["ou_a", "ou_b"] },
			or(leaf("Maker", "contains", "ou_a"), leaf("Maker", "contains", "ou_b")),
			true,
		],
		[
			{ field: "Due", op: "is", value: "2026-11-20" },
			and(
				leaf("Due", "isGreater", "ExactDate", day(D - DAY_MS - 1)),
				leaf("Due", "isLess", "ExactDate", day(D + 3 * DAY_MS)),
			),
			false,
		],
		[
			{ field: "Due", op: "gt", value: "2026-11-20" },
			and(leaf("Due", "isGreater", "ExactDate", day(D - 1))),
			false,
		],
		[
			{ field: "Due", op: "lt", value: "2026-11-20" },
			and(leaf("Due", "isLess", "ExactDate", day(D + 2 * DAY_MS))),
			false,
		],
		[{ field: "Made", op: "is_not", value: "2026-11-20" }, undefined],
		[{ field: "Site", op: "contains", value: "x" }, undefined],
		[
			{ field: "Site", op: "is_not_empty" },
			and(leaf("Site", "isNotEmpty")),
			true,
		],
		[{ field: "Files", op: "contains", value: "a.txt" }, undefined],
		[{ field: "Files", op: "is_empty" }, and(leaf("Files", "isEmpty")), true],
		[{ field: "Number", op: "is", value: "1" }, undefined],
		[{ field: "Amount", op: "is", other_field: "Share" }, undefined],
		[{ field: "$created_at", op: "within", value: "today" }, undefined],
	];

	test.each(CASES)("%j", async (condition, sent, exact = false) => {
		const world = await openWorld({ fields: FIELDS });
		const table = await world.read();
		const { filter } = await resolve(world, table, {
			match: "all",
			conditions: [condition as ConditionInput],
		});
		const pushed = pushDown(
			filter,
			dialect as never,
			{ zone: table.zone } as CodecContext,
		);
		expect({
			sent:
				pushed.expr === undefined
					? undefined
					: JSON.parse(JSON.stringify(wireFilter(pushed.expr as Expr))),
			exact: pushed.exact,
		}).toEqual({ sent, exact });
	});

	test("conditions and groups together become children, and what nests deeper is left to the core", async () => {
		const world = await openWorld({ fields: FIELDS });
		const table = await world.read();
		const send = async (input: FilterInput) => {
			const { filter } = await resolve(world, table, input);
			const { expr } = pushDown(filter, dialect as never, { zone: table.zone });
			return expr === undefined ? undefined : wireFilter(expr as Expr);
		};
		const amount = { field: "Amount", op: "is", value: 1 } as const;
		const state = { field: "State", op: "is", value: "Open" } as const;
		const paid = { field: "Paid", op: "is", value: true } as const;
		expect(
			await send({
				match: "all",
				conditions: [amount],
				groups: [{ match: "any", conditions: [state, paid] }],
			}),
		).toEqual({
			conjunction: "and",
			children: [
				and(leaf("Amount", "is", "1")),
				or(leaf("State", "is", "Open"), leaf("Paid", "is", "true")),
			],
		});
		expect(
			await send({
				match: "all",
				conditions: [amount],
				groups: [{ match: "all", conditions: [state, paid] }],
			}),
		).toEqual(
			and(
				leaf("Amount", "is", "1"),
				leaf("State", "is", "Open"),
				leaf("Paid", "is", "true"),
			),
		);
		const not = { field: "State", op: "is_not", value: "Open" } as const;
		expect(
			await send({
				match: "any",
				conditions: [amount],
				groups: [{ match: "all", conditions: [not, paid] }],
			}),
		).toBeUndefined();
		expect(
			await send({
				match: "all",
				conditions: Array.from({ length: 51 }, (_, value) => ({
					...amount,
					value,
				})),
			}),
		).toBeUndefined();
	});
});

/** The vendor's own choices that no document settles. */
const READINGS: readonly Partial<BitableSwitches>[] = [
	{ textMatching: "exact", negationsIncludeEmpty: true },
	{ textMatching: "ignore-case", negationsIncludeEmpty: false },
];

describe.each(READINGS)(
	"the same rows as the evaluator, when the vendor reads it as %j",
	(switches) => {
		test("every type, every operator, alone and joined", async () => {
			const world = await filled({ ...switches, rates: false });
			const table = await world.read();
			const read = async (expr?: unknown): Promise<Row[]> => {
				const { items, next } = await world.adapter.readPage(
					table,
					{
						fields: table.fields,
						system: world.adapter.systemColumns.filter(
							(column) => column !== "$url",
						),
						pageSize: 500,
						...(expr === undefined ? {} : { filter: expr }),
					},
					undefined,
					CALL,
				);
				expect(next).toBeUndefined();
				return items.map((row) =>
					decodeRow(world.adapter, table, row, table.fields),
				);
			};
			const rows = await read();
			expect(rows.length).toBe(40);
			const pick = (...values: readonly unknown[]) =>
				fc.constantFrom(...values);
			const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
				Title: pick("Ann", "ann", "a b", "b", "n", " a"),
				Amount: pick(0, -1.5, 42, 0.25, 7),
				Share: pick("0%", "50%", "12%"),
				State: pick("Open", "Done"),
				Tags: pick("red", "blue", "dark blue"),
				Due: pick("2026-11-20", "2026-11-18", "today"),
				At: pick("2026-11-20", "2026-11-20T12:00", "2026-11-19T00:00"),
				Paid: pick(true, false),
				Owner: pick(world.ann, world.bo, "Ann"),
				Phone: pick("1380000000", "138"),
				Site: pick("t", "https://x.y"),
				Files: pick("a.txt"),
				Number: pick("1", "12"),
				Made: pick("2026-11-20", "today"),
				Maker: pick(world.ann, "Tables app"),
			};
			const condition = fc
				.record({
					field: fc.constantFrom(...Object.keys(VALUES)),
					op: fc.constantFrom(
						"is",
						"is_not",
						"contains",
						"not_contains",
						"starts_with",
						"search",
						"any_of",
						"none_of",
						"has_all",
						"gt",
						"gte",
						"lt",
						"lte",
						"between",
						"within",
						"is_empty",
						"is_not_empty",
					),
					word: pick(
						"today",
						"this_week",
						"last_7_days",
						"next_3_days",
						"yesterday",
					),
					seed: fc.integer({ min: 0, max: 99 }),
				})
				.chain(({ field, op, word }): fc.Arbitrary<unknown> => {
					const value = VALUES[field] as fc.Arbitrary<unknown>;
					if (op === "is_empty" || op === "is_not_empty")
						return fc.constant({ field, op });
					if (op === "within") return fc.constant({ field, op, value: word });
					if (op === "any_of" || op === "none_of" || op === "has_all")
						return fc
							.array(value, { minLength: 1, maxLength: 3 })
							.map((values) => ({ field, op, values: values.map(String) }));
					if (op === "between")
						return fc
							.tuple(value, value)
							.map((values) => ({ field, op, values: values.map(String) }));
					return value.map((one) => ({ field, op, value: one }));
				});
			const group = fc.record({
				match: fc.constantFrom("all", "any"),
				conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
			});
			const filter = fc.record({
				match: fc.constantFrom("all", "any"),
				conditions: fc.array(condition, { minLength: 1, maxLength: 3 }),
				groups: fc.array(group, { maxLength: 2 }),
			});
			let pushed = 0;
			await fc.assert(
				fc.asyncProperty(filter, async (input) => {
					let resolved: Filter;
					try {
						({ filter: resolved } = await resolve(
							world,
							table,
							input as unknown as FilterInput,
						));
					} catch {
						// An operator that does not fit the type is refused before anything is sent.
						return;
					}
					const { expr, exact } = pushDown(resolved, world.adapter.dialect, {
						zone: table.zone,
					});
					const expected = rows
						.filter((row) => matches(resolved, row, table))
						.map(({ id }) => id);
					if (expr === undefined) return;
					pushed++;
					const found = (await read(expr)).map(({ id }) => id);
					expect(found).toEqual(expect.arrayContaining(expected));
					if (exact) expect(found.toSorted()).toEqual(expected.toSorted());
				}),
				{ numRuns: 400, seed: 20_261_120 },
			);
			expect(pushed).toBeGreaterThan(30);
		});
	},
);
