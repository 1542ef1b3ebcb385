import { describe, expect, test } from "vitest";
import { calling } from "./calling.js";
import { createDingtalkFake, type DingtalkSwitches } from "./index.js";

/** Friday 2026-11-20, 12:00 in China. */
const NOW = Date.UTC(2026, 10, 20, 4);
const DAY_MS = 86_400_000;
/** Midnight of that day in China. */
const TODAY = NOW - DAY_MS / 2;

const fake = createDingtalkFake({
	clock: { now: () => NOW },
	switches: {
		callsPerSecond: Number.POSITIVE_INFINITY,
		monthlyCalls: Number.POSITIVE_INFINITY,
	},
});
const call = calling(fake);
const choices = { choices: [{ name: "red" }, { name: "blue" }, { name: "x" }] };
const base = fake.addBase({ name: "Filters" });
fake.addSheet(base, {
	name: "S",
	fields: [
		{ name: "Text", type: "text", id: "fldText" },
		{ name: "Num", type: "number" },
		{ name: "One", type: "singleSelect", property: choices },
		{ name: "Many", type: "multipleSelect", property: choices },
		{ name: "Date", type: "date" },
		{ name: "User", type: "user" },
		{ name: "Dep", type: "department" },
		{ name: "Price", type: "currency" },
		{ name: "Check", type: "checkbox" },
	],
});
const ann = fake.addUser({ name: "Ann", userId: "ann" }).unionId;
const bob = fake.addUser({ name: "Bob", userId: "bob" }).unionId;
const team = String(fake.addDepartment({ name: "Team" }));
const person = (...ids: string[]) => ids.map((unionId) => ({ unionId }));
/** Rows a, b and c; the last is empty. */
fake.addRecords(
	base,
	"S",
	[
		{
			Text: "Apple",
			Num: 5,
			One: "red",
			Many: ["red", "blue"],
			Date: TODAY + 36_000_000,
			User: person(ann),
			Dep: [{ deptId: team }],
			Price: 5,
			Check: true,
		},
		{
			Text: "apple pie",
			Num: "12.0",
			One: "blue",
			Many: ["red"],
			Date: TODAY - 8 * DAY_MS,
			User: person(ann, bob),
		},
		{},
	],
	{ ids: ["a", "b", "c"] },
);

function found(
	filter: unknown,
	switches: Partial<DingtalkSwitches> = {},
): string | { code: string } {
	const before = { ...fake.store.switches };
	fake.set(switches);
	const { body } = call(
		"POST",
		`/v1.0/notable/bases/${base}/sheets/S/records/list`,
		{ body: { filter } },
	);
	fake.set(before);
	return body.records === undefined
		? body.code
		: body.records.map(({ id }: { id: string }) => id).join("");
}

const one = (field: string, operator: string, value?: unknown) => ({
	conditions: [{ field, operator, ...(value === undefined ? {} : { value }) }],
});

const INVALID = "invalidRequest.inputArgs.invalid";
const redId = fake.fields(base, "S")[2]?.property?.choices?.[0]?.id;

describe("operators", () => {
	test.each([
		["Text", "equal", ["Apple"], "a"],
		["fldText", "equal", ["Apple", "apple pie"], "ab"],
		["Text", "notEqual", ["Apple"], "bc"],
		["Text", "contain", ["pp"], "ab"],
		["Text", "contain", ["Apple"], "a"],
		["Text", "notContain", ["pie"], "ac"],
		["Text", "empty", undefined, "c"],
		["Text", "notEmpty", undefined, "ab"],
		["Num", "equal", [12], "b"],
		["Num", "equal", ["5"], "a"],
		["Num", "notEqual", [5], "bc"],
		["Num", "greater", ["5"], "b"],
		["Num", "greaterEqual", ["5"], "ab"],
		["Num", "less", [12], "a"],
		["Num", "lessEqual", [12], "ab"],
		["Num", "empty", undefined, "c"],
		["One", "equal", ["red"], "a"],
		["One", "equal", [redId], "a"],
		["One", "equal", ["red", "blue"], "ab"],
		["One", "notEqual", ["red"], "bc"],
		["One", "contain", ["blue", "x"], "b"],
		["Many", "equal", ["red"], "b"],
		["Many", "equal", ["blue", "red"], "a"],
		["Many", "contain", ["blue", "x"], "a"],
		["Many", "notContain", ["blue"], "bc"],
		["Many", "empty", undefined, "c"],
		["Date", "equal", ["2026-11-20 23:00"], "a"],
		["Date", "equal", [TODAY], "a"],
		["Date", "equal", [TODAY - 1], ""],
		["Date", "greater", ["2026-11-12"], "a"],
		["Date", "less", ["2026-11-20"], "b"],
		["Date", "equal", [{ type: "today" }], "a"],
		["Date", "equal", [{ type: "thisWeek" }], "a"],
		["Date", "equal", [{ type: "lastWeek" }], "b"],
		["Date", "equal", [{ type: "thisMonth" }], "ab"],
		["Date", "equal", [{ type: "lastMonth" }], ""],
		["Date", "equal", [{ type: "last7Days" }], "a"],
		["Date", "equal", [{ type: "next30Days" }], "a"],
		["Date", "less", [{ type: "yesterday" }], "b"],
		["Date", "greater", [{ type: "yesterday" }], "a"],
		["Date", "empty", undefined, "c"],
		["User", "equal", [{ uid: "ann" }], "a"],
		["User", "contain", [{ uid: "bob" }], "b"],
		["User", "notContain", [{ uid: "bob" }], "ac"],
		["Dep", "contain", [{ deptId: team }], "a"],
		// What does not fit: no rows and no error.
		["Num", "contain", ["1"], ""],
		["Text", "greater", ["A"], ""],
		["Date", "notEqual", ["2026-11-20"], ""],
		["Date", "greaterEqual", ["2026-11-20"], ""],
		["Num", "equal", ["five"], ""],
		["Date", "equal", [{ type: "someday" }], ""],
		["Price", "equal", [5], ""],
		["Check", "equal", [true], ""],
		["User", "equal", [{ unionId: ann }], ""],
	])("%s %s %j", (field, operator, value, expected) => {
		expect(found(one(field, operator, value))).toBe(expected);
	});

	test.each([
		[one("None", "equal", ["x"])],
		[one("Text", "like", ["x"])],
		[one("Text", "equal", "Apple")],
		[one("Text", "equal")],
		[{ combination: "xor", conditions: [] }],
		[{ conditions: {} }],
		[[]],
		[{ conditions: [{ operator: "empty" }] }],
	])("refused: %j", (filter) => {
		expect(found(filter)).toBe(INVALID);
	});

	test("combinations", () => {
		const both = [
			{ field: "Num", operator: "less", value: [10] },
			{ field: "One", operator: "equal", value: ["blue"] },
		];
		expect(found({ combination: "or", conditions: both })).toBe("ab");
		expect(found({ combination: "and", conditions: both })).toBe("");
		expect(found({ conditions: both })).toBe("");
		expect(found({ conditions: both }, { combination: "or" })).toBe("ab");
		expect(found({ conditions: [] })).toBe("abc");
	});
});

describe("switches", () => {
	test.each([
		[{ textCase: "insensitive" }, one("Text", "contain", ["APPLE"]), "ab"],
		[{ severalValues: "first" }, one("Num", "equal", [5, 12]), "a"],
		[{ numberEqual: "text" }, one("Num", "equal", [12]), ""],
		[{ numberEqual: "text" }, one("Num", "equal", ["12.0"]), "b"],
		[{ unfitOperator: "all" }, one("Check", "equal", [true]), "abc"],
		[{ unfitOperator: "reject" }, one("Check", "equal", [true]), INVALID],
		[
			{ userFilterKey: "unionId" },
			one("User", "equal", [{ unionId: ann }]),
			"a",
		],
		[{ userFilterKey: "unionId" }, one("User", "equal", [{ uid: "ann" }]), ""],
		[{ userFilterKey: "both" }, one("User", "equal", [{ uid: "ann" }]), "a"],
		[{ userFilterKey: "both" }, one("User", "equal", [{ unionId: ann }]), "a"],
		[{ negativeMatchesEmpty: false }, one("Num", "notEqual", [5]), "b"],
		[
			{ weekStart: "sunday" },
			one("Date", "equal", [{ type: "lastWeek" }]),
			"b",
		],
		[{ filterZone: -8 }, one("Date", "equal", ["2026-11-19"]), "a"],
		[
			{ rollingWithToday: false },
			one("Date", "equal", [{ type: "next7Days" }]),
			"",
		],
		[
			{ rollingWithToday: true },
			one("Date", "equal", [{ type: "next7Days" }]),
			"a",
		],
	] as const)("%j", (switches, filter, expected) => {
		expect(found(filter, switches as Partial<DingtalkSwitches>)).toBe(expected);
	});

	test("a week that starts on Sunday", () => {
		const sunday = fake.addRecords(base, "S", [{ Date: TODAY - 5 * DAY_MS }], {
			ids: ["s"],
		});
		const filter = one("Date", "equal", [{ type: "thisWeek" }]);
		expect(found(filter)).toBe("a");
		expect(found(filter, { weekStart: "sunday" })).toBe("as");
		fake.removeRecords(base, "S", sunday);
	});
});
