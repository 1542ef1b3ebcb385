import { expect, test } from "vitest";
import type { ConditionInput } from "../../../src/core/contract/table.js";
import { measuredTable } from "./measured-table.js";

/* What is asked of the recorded table, and who is in its cells. */

const { where, query, fake, numbersOf } = measuredTable();
const every = (step: number, ...from: readonly number[]) =>
	Array.from({ length: 300 }, (_, index) => index).filter((index) =>
		from.includes(index % step),
	);
const all = every(1, 0);
const without = (left: readonly number[]) =>
	all.filter((index) => !left.includes(index));
const acme = every(6, 0);
const labelled = every(6, 0, 1);
const comma = every(6, 4);
const samFour = every(5, 2);

const ASKED: readonly (readonly [ConditionInput, readonly number[]])[] = [
	// A formula sees names only: an id never goes out in their place.
	[{ field: "Team", op: "contains", value: "1200000000000000004" }, samFour],
	[{ field: "Team", op: "any_of", values: ["1200000000000000004"] }, samFour],
	[
		{
			field: "Team",
			op: "has_all",
			values: ["1200000000000000001", "1200000000000000004"],
		},
		samFour,
	],
	[{ field: "Lead", op: "is", value: "1200000000000000004" }, every(28, 3)],
	// Who made a record is held by another id than a member is.
	[{ field: "MadeBy", op: "is", value: "Sam Seeder" }, all],
	[{ field: "MadeBy", op: "is_not", value: "Sam Seeder" }, []],
	[{ field: "MadeBy", op: "any_of", values: ["Sam Seeder"] }, all],
	[{ field: "MadeBy", op: "none_of", values: ["Edi Editor"] }, all],
	[{ field: "EditedBy", op: "is", value: "Sam Seeder" }, all],
	[{ field: "MadeBy", op: "contains", value: "Sam" }, all],
	[
		{ field: "MadeBy", op: "is", value: "a79bc74e47f5358cf76e6d31df95a6bf" },
		all,
	],
	// Lookups by what comes: a flat list of names, of a joined text too.
	[{ field: "LookLabels", op: "contains", value: "vip" }, labelled],
	[{ field: "LookLabels", op: "any_of", values: ["vip"] }, labelled],
	[{ field: "LookLabels", op: "is", value: "vip" }, acme],
	[
		{ field: "LookLabels", op: "not_contains", value: "vip" },
		without(labelled),
	],
	[
		{ field: "LookLabels", op: "has_all", values: ["vip", "a, b"] },
		every(6, 1),
	],
	[{ field: "LookJoin", op: "contains", value: "Acme" }, acme],
	[{ field: "LookJoin", op: "not_contains", value: "Acme" }, without(acme)],
	[{ field: "LookJoin", op: "is", value: "Bolt" }, every(6, 1)],
	[{ field: "LookName", op: "contains", value: "Acme" }, acme],
	// A whole title before its parts.
	[{ field: "Customer", op: "is", value: "Comma, Inc" }, comma],
	[{ field: "Customer", op: "is_not", value: "Comma, Inc" }, without(comma)],
	[{ field: "Customer", op: "is", value: "Acme, Brace {x}" }, acme],
	// Numbers of records by their value, however it is spelled.
	[{ field: "No", op: "lte", value: "1e3" }, all],
	[{ field: "No", op: "gt", value: "2.9e2" }, all.slice(290)],
	[{ field: "No", op: "is", value: "3e1" }, [29]],
	[{ field: "No", op: "any_of", values: ["1e1", "2"] }, [1, 9]],
	[{ field: "No", op: "between", values: ["9", "1.1e1"] }, [8, 9, 10]],
];

test.each(ASKED)("%j", async (condition, wanted) => {
	expect(await where(condition)).toEqual(wanted);
});

test("a part of a link that nobody has is refused with what there is", async () => {
	await expect(
		where({ field: "Customer", op: "is", value: "Acme, Nobody" }),
	).rejects.toThrow('has no record called "Nobody"');
});

test("an order by a link is that of the titles", async () => {
	const { rows } = await query({
		fields: ["Customer"],
		sort: [{ field: "Customer", direction: "asc" }],
	});
	const ids = rows.slice(0, 150).map(([id]) => id);
	const titles = rows.map(([, title]) => String(title));
	const filled = titles.filter((title) => title !== "" && title !== "null");
	expect(filled).toEqual([...filled].sort());
	expect(new Set(filled).size).toBe(4);
	expect(numbersOf(rows)).toHaveLength(300);
	const named = await query({
		fields: ["Customer"],
		sort: [{ field: "Customer", direction: "asc" }],
		record_ids: [...ids].reverse(),
	});
	expect(named.rows.map(([, title]) => String(title))).toEqual(
		titles.slice(0, 150),
	);
});

test("no filter with an id of a person went out", () => {
	expect(
		fake.log.filter(({ request }) =>
			/filterByFormula=.*1200000/.test(request.query),
		),
	).toEqual([]);
});
