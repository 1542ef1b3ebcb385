import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { type BitableSwitches, createBitableFake } from "./index.js";

/** Friday 2026-11-20, 12:00 in Shanghai. */
const NOW = Date.UTC(2026, 10, 20, 4);
const HOUR = 3_600_000;
/** Midnight in Shanghai, that many days from today. */
const day = (shift: number, hours = 0) =>
	Date.UTC(2026, 10, 19 + shift, 16) + hours * HOUR;

function set(
	switches: Partial<BitableSwitches> = {},
	timeZone = "Asia/Shanghai",
) {
	const clock = virtualClock(NOW);
	const fake = createBitableFake({
		clock,
		switches: { rates: false, ...switches },
	});
	const li = fake.addPerson({ name: "李雷" });
	const han = fake.addPerson({ name: "韩梅" });
	const base = fake.addBase({ name: "Base", timeZone });
	const other = fake.addTable(base, {
		name: "Other",
		fields: [{ name: "Name", type: 1 }],
	});
	const [one = "", two = ""] = fake.addRecords(other, [
		{ Name: "One" },
		{ Name: "Two" },
	]);
	const file = fake.addMedia(base, {
		name: "a.png",
		bytes: Buffer.from("png"),
	});
	const table = fake.addTable(base, {
		name: "All",
		fields: [
			{ name: "Name", type: 1 },
			{ name: "Number", type: 2 },
			{ name: "State", type: 3 },
			{ name: "Tags", type: 4 },
			{ name: "Due", type: 5 },
			{ name: "Done", type: 7 },
			{ name: "Who", type: 11 },
			{ name: "Site", type: 15 },
			{ name: "Files", type: 17 },
			{ name: "Link", type: 18, property: { table_id: other } },
			{
				name: "Calc",
				type: 20,
				property: { formula_expression: "CurrentValue.[Number]+1" },
			},
			{ name: "Created", type: 1001 },
			{ name: "Creator", type: 1003 },
			{
				name: "Serial",
				type: 1005,
				property: {
					auto_serial: {
						type: "custom",
						options: [
							{ type: "fixed_text", value: "no" },
							{ type: "system_number", value: "3" },
						],
					},
				},
			},
		],
	});
	fake.addRecords(
		table,
		[
			{
				Name: "a",
				Number: 1,
				State: "open",
				Tags: ["x"],
				Due: day(0, 23),
				Done: true,
				Who: [{ id: li.openId }],
				Site: { text: "Home", link: "https://example.com" },
				Link: [one],
				Files: [{ file_token: file }],
			},
			{
				Name: "b",
				Number: 10,
				State: "closed",
				Tags: ["x", "y"],
				Due: day(1),
				Who: [{ id: li.openId }, { id: han.openId }],
				Link: [one, two],
			},
			{
				Name: "Abc",
				Number: 2.5,
				State: "open",
				Tags: ["y"],
				Due: day(-1, 23),
				Done: false,
				Who: [{ id: han.openId }],
			},
			{ Name: "d", Due: day(-7) },
			{},
		],
		{
			by: (index) => (index < 2 ? li.openId : han.openId),
			atMs: (index) => NOW - index * 24 * HOUR,
		},
	);
	const call = fakeClient(fake, clock);
	const T = `/open-apis/bitable/v1/apps/${base}/tables/${table}`;
	const name = (item: { fields: { Name?: [{ text: string }] } }) =>
		item.fields.Name?.[0].text ?? "-";
	const search = (filter: unknown, more: Record<string, unknown> = {}) => {
		const answer = call("POST", `${T}/records/search`, { filter, ...more });
		return answer.code === 0
			? answer.data.items.map(name).join("")
			: answer.code;
	};
	const legacy = (filter: string, more = "") => {
		const answer = call(
			"GET",
			`${T}/records?filter=${encodeURIComponent(filter)}${more}`,
		);
		return answer.code === 0
			? answer.data.items
					.map((item: { fields: { Name?: string } }) => item.fields.Name ?? "-")
					.join("")
			: answer.code;
	};
	const condition = (
		field_name: string,
		operator: string,
		...value: string[]
	) =>
		search({
			conjunction: "and",
			conditions: [{ field_name, operator, value }],
		});
	return {
		clock,
		fake,
		base,
		table,
		other,
		call,
		T,
		li,
		han,
		one,
		two,
		search,
		legacy,
		condition,
	};
}

const ms = (value: number) => String(value);

const rows: readonly (readonly [
	string,
	string,
	readonly string[],
	string | number,
])[] = [
	["Name", "is", ["a"], "a"],
	["Name", "is", ["A"], ""],
	["Name", "isNot", ["a"], "bAbcd-"],
	["Name", "contains", ["b"], "bAbc"],
	["Name", "doesNotContain", ["b"], "ad-"],
	["Name", "isEmpty", [], "-"],
	["Name", "isNotEmpty", [], "abAbcd"],
	["Site", "is", ["Home"], "a"],
	["Number", "is", ["10.0"], "b"],
	["Number", "isNot", ["10"], "aAbcd-"],
	["Number", "isGreater", ["2.5"], "b"],
	["Number", "isGreaterEqual", ["2.5"], "bAbc"],
	["Number", "isLess", ["2.5"], "a"],
	["Number", "isLessEqual", ["2.5"], "aAbc"],
	["Number", "contains", ["1"], "ab"],
	["Number", "is", ["ten"], 1254018],
	["State", "is", ["open"], "aAbc"],
	["State", "isNot", ["open"], "bd-"],
	["State", "contains", ["open", "closed"], "abAbc"],
	["State", "doesNotContain", ["open", "closed"], "d-"],
	["Tags", "is", ["x"], "a"],
	["Tags", "contains", ["x"], "ab"],
	["Tags", "doesNotContain", ["x"], "Abcd-"],
	["Due", "is", ["Today"], "a"],
	["Due", "is", ["Tomorrow"], "b"],
	["Due", "is", ["Yesterday"], "Abc"],
	["Due", "is", ["CurrentWeek"], "abAbc"],
	["Due", "is", ["LastWeek"], "d"],
	["Due", "is", ["CurrentMonth"], "abAbcd"],
	["Due", "is", ["LastMonth"], ""],
	["Due", "is", ["TheLastWeek"], "aAbc"],
	["Due", "is", ["TheNextWeek"], "ab"],
	["Due", "is", ["TheLastMonth"], "aAbcd"],
	["Due", "is", ["TheNextMonth"], "ab"],
	["Due", "is", ["ExactDate", ms(day(0, 5))], "a"],
	["Due", "isGreater", ["ExactDate", ms(day(0))], "b"],
	["Due", "isLess", ["ExactDate", ms(day(0, 23))], "Abcd"],
	["Due", "isGreater", ["Today"], "b"],
	["Due", "isEmpty", [], "-"],
	["Created", "is", ["Today"], "a"],
	["Done", "is", ["true"], "a"],
	["Done", "is", ["false"], "bAbcd-"],
	["Files", "isNotEmpty", [], "a"],
	["Serial", "is", ["2"], "b"],
	["Serial", "isGreater", ["3"], "d-"],
	// What the documents exclude.
	["Name", "isGreater", ["a"], 1254018],
	["Name", "is", ["a", "b"], 1254018],
	["Name", "is", [], 1254018],
	["Name", "isEmpty", ["a"], 1254018],
	["Name", "like", ["a"], 1254018],
	["Name", "in", ["a"], 1254018],
	["State", "is", ["open", "closed"], 1254018],
	["State", "isGreater", ["open"], 1254018],
	["Due", "isNot", ["Today"], 1254018],
	["Due", "contains", ["Today"], 1254018],
	["Due", "isGreaterEqual", ["Today"], 1254018],
	["Due", "isGreater", ["CurrentWeek"], 1254018],
	["Due", "is", ["Someday"], 1254018],
	["Due", "is", ["ExactDate"], 1254018],
	["Due", "is", ["ExactDate", "2026-11-20"], 1254018],
	["Done", "isNot", ["true"], 1254018],
	["Done", "isEmpty", [], 1254018],
	["Done", "is", ["1"], 1254018],
	["Files", "is", ["a.png"], 1254018],
	["Calc", "is", ["2"], 1254018],
	["Missing", "is", ["2"], 1254045],
];

test.each(rows)("%s %s %j", (field, operator, value, expected) => {
	expect(set().condition(field, operator, ...value)).toBe(expected);
});

test("people and links are named by id", () => {
	const { condition, search, call, T, li, han, one, two } = set();
	expect(condition("Who", "is", li.openId)).toBe("a");
	expect(condition("Who", "contains", li.openId, han.openId)).toBe("abAbc");
	expect(condition("Who", "doesNotContain", li.openId)).toBe("Abcd-");
	expect(condition("Who", "is", "李雷")).toBe("");
	expect(condition("Creator", "is", han.openId)).toBe("Abcd-");
	expect(condition("Link", "contains", two)).toBe("b");
	expect(condition("Link", "is", one)).toBe("a");
	expect(search(undefined)).toBe("abAbcd-");
	const filter = {
		conjunction: "and",
		conditions: [{ field_name: "Who", operator: "is", value: [li.unionId] }],
	};
	expect(
		call("POST", `${T}/records/search?user_id_type=union_id`, { filter }).data
			.total,
	).toBe(1);
});

test("groups, one level deep; what is malformed is refused", () => {
	const { search } = set();
	const is = (value: string) => ({
		field_name: "Name",
		operator: "is",
		value: [value],
	});
	const or = (...names: string[]) => ({
		conjunction: "or",
		conditions: names.map(is),
	});
	const open = { field_name: "State", operator: "is", value: ["open"] };
	expect(search(or("a", "d"))).toBe("ad");
	expect(
		search({
			conjunction: "and",
			conditions: [open],
			children: [or("a", "b")],
		}),
	).toBe("a");
	expect(
		search({
			conjunction: "or",
			children: [or("a"), { conjunction: "and", conditions: [open] }],
		}),
	).toBe("aAbc");
	expect(search({ conjunction: "and", conditions: [] })).toBe("abAbcd-");
	expect(search({})).toBe("abAbcd-");
	expect(search({ conditions: [open] })).toBe(1254018);
	expect(search({ conjunction: "xor", conditions: [open] })).toBe(1254018);
	expect(
		search({ conjunction: "and", conditions: [{ ...open, value: "open" }] }),
	).toBe(1254018);
	expect(
		search({ conjunction: "and", conditions: [{ ...open, value: [1] }] }),
	).toBe(1254018);
	expect(
		search({
			conjunction: "and",
			conditions: [{ field_name: "Name", operator: "isEmpty" }],
		}),
	).toBe(1254018);
	expect(
		search({
			conjunction: "and",
			children: [{ ...or("a"), children: [or("b")] }],
		}),
	).toBe(1254018);
	expect(search("x")).toBe(1254018);
});

test("arrays that are too long have one of two codes", () => {
	const { search, fake } = set();
	const condition = { field_name: "State", operator: "contains", value: ["a"] };
	const long = {
		conjunction: "and",
		conditions: Array.from({ length: 51 }, () => condition),
	};
	const wide = {
		conjunction: "and",
		conditions: [
			{ ...condition, value: Array.from({ length: 11 }, () => "a") },
		],
	};
	const names = { field_names: Array.from({ length: 201 }, () => "Name") };
	const sort = {
		sort: Array.from({ length: 101 }, () => ({ field_name: "Name" })),
	};
	const codes = () => [
		search(long),
		search(wide),
		search({}, names),
		search({}, sort),
	];
	expect(codes()).toEqual(Array.from({ length: 4 }, () => 99992402));
	fake.set({ tooLongSearch: 1254018 });
	expect(codes()).toEqual(Array.from({ length: 4 }, () => 1254018));
	expect(search({}, { field_names: ["Name", "Nope"] })).toBe(1254024);
	expect(search({}, { sort: [{ field_name: "Nope" }] })).toBe(1254045);
	expect(search({}, { sort: [{ desc: true }] })).toBe(1254016);
});

test("days are those of the base's time zone, across a change of the clock", () => {
	const { fake, table, condition } = set({}, "America/New_York");
	fake.removeRecords(
		table,
		fake.rows(table).map((row) => row.recordId),
	);
	const at = (...given: [number, number, number, number, number]) =>
		Date.UTC(...given);
	fake.addRecords(table, [
		{ Name: "a", Due: at(2026, 10, 1, 3, 59) },
		{ Name: "b", Due: at(2026, 10, 1, 4, 0) },
		{ Name: "c", Due: at(2026, 10, 2, 4, 59) },
		{ Name: "d", Due: at(2026, 10, 2, 5, 0) },
	]);
	expect(condition("Due", "is", "ExactDate", ms(at(2026, 10, 1, 12, 0)))).toBe(
		"bc",
	);
	expect(
		condition("Due", "isLess", "ExactDate", ms(at(2026, 10, 1, 12, 0))),
	).toBe("a");
	expect(
		condition("Due", "isGreater", "ExactDate", ms(at(2026, 10, 1, 12, 0))),
	).toBe("d");
});

test("text may ignore case, and negations may pass over empty cells", () => {
	const { condition, fake } = set({ textMatching: "ignore-case" });
	expect(condition("Name", "contains", "a")).toBe("aAbc");
	fake.set({ negationsIncludeEmpty: false });
	expect(condition("Name", "isNot", "d")).toBe("abAbc");
	expect(condition("State", "isNot", "open")).toBe("b");
	expect(condition("Number", "isNot", "1")).toBe("bAbc");
});

test("sorting: by several keys, options in their order, stable", () => {
	const { search } = set();
	const by = (...keys: [string, boolean?][]) =>
		search(undefined, {
			sort: keys.map(([field_name, desc = false]) => ({ field_name, desc })),
		});
	expect(by(["Number"])).toBe("d-aAbcb");
	expect(by(["Number", true])).toBe("bAbcad-");
	expect(by(["State"], ["Number", true])).toBe("d-Abcab");
	expect(by(["Due", true])).toBe("baAbcd-");
});

test("pages: total, tokens only while there is more, bound to their query", () => {
	const { call, T, fake, table } = set();
	fake.addRecords(
		table,
		Array.from({ length: 40 }, (_, index) => ({ Name: `n${index}` })),
	);
	const page = (token?: string, body: unknown = {}) =>
		call(
			"POST",
			`${T}/records/search?page_size=20${token === undefined ? "" : `&page_token=${token}`}`,
			body,
		);
	const first = page().data;
	expect(first).toMatchObject({
		has_more: true,
		total: 45,
		page_token: expect.any(String),
	});
	const second = page(first.page_token).data;
	const third = page(second.page_token).data;
	expect(third).toEqual({
		has_more: false,
		total: 45,
		items: expect.any(Array),
	});
	const ids = [first, second, third].flatMap(({ items }) =>
		items.map((item: { record_id: string }) => item.record_id),
	);
	expect(ids).toEqual(fake.rows(table).map((row) => row.recordId));
	expect(page(first.page_token, { sort: [{ field_name: "Name" }] }).code).toBe(
		1254030,
	);
	fake.removeRecords(table, [ids[0]]);
	expect(page(first.page_token).data.items[0].record_id).toBe(ids[21]);
	const listed = call("GET", `${T}/records?page_size=500`).data;
	expect(listed.has_more).toBe(false);
	expect(listed).not.toHaveProperty("page_token");
});

test("a view counts only where there is neither filter nor sort", () => {
	const { search, legacy, fake, table } = set();
	const open =
		fake.table(table).fields.get(fake.table(table).fieldIds.get("State") ?? "")
			?.options[0]?.id ?? "";
	const view = fake.addView(table, {
		name: "Open",
		filter: {
			conjunction: "and",
			conditions: [{ field: "State", operator: "is", values: [open] }],
		},
		sort: [{ field: "Number", desc: true }],
		hidden: ["Number"],
	});
	const view_id = view;
	expect(search(undefined, { view_id })).toBe("Abca");
	expect(search({ conjunction: "and", conditions: [] }, { view_id })).toBe(
		"Abca",
	);
	expect(
		search(
			{
				conjunction: "and",
				conditions: [{ field_name: "Name", operator: "isNotEmpty", value: [] }],
			},
			{ view_id },
		),
	).toBe("abAbcd");
	expect(search(undefined, { view_id, sort: [{ field_name: "Name" }] })).toBe(
		"-Abcabd",
	);
	expect(search(undefined, { view_id: "vewnope" })).toBe(1254042);
	expect(legacy("", `&view_id=${view}`)).toBe("Abca");
	expect(legacy('CurrentValue.[Name]="b"', `&view_id=${view}`)).toBe("b");
});

const formulas: readonly (readonly [string, string | number])[] = [
	['CurrentValue.[Name] =""', "-"],
	['NOT(CurrentValue.[Name] ="")', "abAbcd"],
	['CurrentValue.[Name] = "b"', "b"],
	['CurrentValue.[Name] != "b"', "aAbcd-"],
	['CurrentValue.[Name] <= "a"', "aAbc"],
	["CurrentValue.[Number] >= 2.5", "bAbc"],
	["CurrentValue.[Number] = 10", "b"],
	['CurrentValue.[Name].contains("b")', "bAbc"],
	['NOT(CurrentValue.[Name].contains("b"))', "ad-"],
	['CurrentValue.[State]="open"', "aAbc"],
	['CurrentValue.[Tags]="x"', "ab"],
	['CurrentValue.[Who]="李雷"', "ab"],
	['CurrentValue.[Creator]="韩梅"', "Abcd-"],
	["CurrentValue.[Done]=1", "a"],
	["CurrentValue.[Done]=0", "bAbcd-"],
	['CurrentValue.[Site]="Home"', "a"],
	['CurrentValue.[Files]="a.png"', "a"],
	['CurrentValue.[Link]="One"', "ab"],
	['CurrentValue.[Serial]="no002"', "b"],
	["CurrentValue.[Calc]=11", "b"],
	["CurrentValue.[Due] = TODAY()", "a"],
	["CurrentValue.[Due] = TODAY()-1", "Abc"],
	["CurrentValue.[Due] = today()+1", "b"],
	["TODAY()-3 <= CurrentValue.[Due]", "abAbc"],
	[
		"AND(TODAY()-(WEEKDAY(TODAY(),2)-1)<=CurrentValue.[Due], CurrentValue.[Due]<=TODAY()+(7-WEEKDAY(TODAY(),2)))",
		"abAbc",
	],
	[
		"AND(DATE(YEAR(TODAY()),MONTH(TODAY()),1)<=CurrentValue.[Due], CurrentValue.[Due]<=DATE(YEAR(TODAY()),MONTH(TODAY())+1,0))",
		"abAbcd",
	],
	["today()-7+1 <= CurrentValue.[Due]&&CurrentValue.[Due] <= today()", "aAbc"],
	[
		'CurrentValue.[Due] > TODATE("2026-11-18")&&CurrentValue.[Due] < TODATE("2026-11-21")',
		"aAbc",
	],
	["CurrentValue.[Created]>TODAY()-2", "ab"],
	['OR(CurrentValue.[Name]="a",CurrentValue.[Name]="d")', "ad"],
	['AND(CurrentValue.[Name].contains("b"),CurrentValue.[State]="open")', "Abc"],
	['CurrentValue.[Name]="a"||CurrentValue.[Name]="d"', 1254018],
	['CurrentValue.[Nope]="a"', 1254018],
	['currentvalue.[Name]="a"', 1254018],
	["AND(", 1254018],
	["NOPE(1)", 1254018],
	[`CurrentValue.[Name]="${"x".repeat(2_000)}"`, 1254107],
];

test.each(formulas)("formula %s", (filter, expected) => {
	expect(set().legacy(filter)).toBe(expected);
});

test("legacy sort", () => {
	const { legacy } = set();
	const sorted = (text: string) =>
		legacy("", `&sort=${encodeURIComponent(text)}`);
	expect(sorted('["Number DESC"]')).toBe("bAbcad-");
	expect(sorted('["State ASC","Number DESC"]')).toBe("d-Abcab");
	expect(sorted('["Calc DESC"]')).toBe(1254016);
	expect(sorted('["Link DESC"]')).toBe(1254016);
	expect(sorted('["Number"]')).toBe(1254016);
	expect(sorted("Number DESC")).toBe(1254016);
	expect(sorted(JSON.stringify([`${"x".repeat(1_000)} DESC`]))).toBe(1254108);
});
