import { expect, test } from "vitest";
import type {
	FieldCodec,
	FieldCodecs,
} from "../../../src/core/contract/codec.js";
import {
	FIELD_TYPES,
	type FieldType,
} from "../../../src/core/contract/field.js";
import type { Lookups } from "../../../src/core/values/text-lookups.js";
import {
	type ValidateOptions,
	validateRecords,
} from "../../../src/core/values/validate.js";
import { field, knows, options, tableOf } from "../fields.js";

const codecs = Object.fromEntries(
	FIELD_TYPES.map((type) => [
		type,
		type === "formula"
			? { wireTypes: [type], decode: (wire: unknown) => wire }
			: type === "button"
				? { unsupported: "this vendor presses no buttons" }
				: ({
						wireTypes: [type],
						decode: (wire: unknown) => wire,
						encode: (value: unknown) => value,
						isId: (text: string) => /^(u|rec)\d+$/.test(text),
						check: (value: unknown) =>
							type === "phone" && value !== null && !/^\d+$/.test(String(value))
								? "takes digits only"
								: undefined,
					} as unknown as FieldCodec<FieldType>),
	]),
) as unknown as FieldCodecs;

const table = tableOf([
	field("Title", "text"),
	field("Count", "number"),
	field("Status", "single_select", options("To do", "Done")),
	field("Tags", "multi_select", options("red", "green")),
	field("Due", "date"),
	field("Owner", "user"),
	field("Parent", "link", { linkTable: "t" }),
	field("Phone", "phone"),
	field("Sum", "formula"),
	field("Made", "text", {}, { readOnly: "it is synchronised from elsewhere" }),
	field("Press", "button"),
]);

const id = (name: string) => `f_${name}`;

const check = (
	given: readonly unknown[],
	more: Partial<ValidateOptions> = {},
	lookups: Lookups = knows(
		{ Ann: ["u1"], Bo: ["u2", "u3"] },
		{ Report: ["rec1"] },
	),
) =>
	validateRecords(
		table,
		given,
		{ mode: "create", allowNewOptions: false, codecs, ...more },
		lookups,
	);

test("all problems of all records are reported at once, in order", async () => {
	const { problems } = await check([
		{ fields: { Titel: "x", Count: "many" } },
		{ fields: { Title: "fine" } },
		"not a record",
		{ fields: { Status: "Don", Tags: ["red", "blue"], Due: "soon" } },
		{ fields: [] },
		{ fields: { Owner: ["Bo"], Parent: ["Nothing"], Phone: "+86" } },
		{ id: 7, fields: {} },
		{ fields: { Title: "x" }, Count: 1 },
		{ fields: { Title: "x", title: "y" } },
		{ fields: { Count: { add: [1] } } },
		null,
	]);
	expect(
		problems.map(({ record, field: name, message }) => [record, name, message]),
	).toEqual([
		[
			0,
			"Titel",
			expect.stringMatching(/^there is no field "Titel"; nearest: "Title"/),
		],
		[0, "Count", '"Count" takes a number'],
		[2, undefined, expect.stringContaining("a record is an object")],
		[
			3,
			"Status",
			expect.stringContaining('has no option "Don"; nearest: "Done"'),
		],
		[3, "Tags", expect.stringContaining('has no option "blue"')],
		[3, "Due", expect.stringContaining("is not a date")],
		[4, undefined, expect.stringContaining("`fields` must be an object")],
		[5, "Owner", expect.stringContaining('"Bo" names 2 people')],
		[5, "Parent", expect.stringContaining("found no record")],
		[5, "Phone", '"Phone" takes digits only'],
		[6, undefined, "`id` must be a text"],
		[7, "Count", expect.stringContaining("put it inside")],
		[
			8,
			"title",
			expect.stringMatching(/"title" and "Title" are the same field/),
		],
		[9, "Count", '"Count" is number: {add, remove} is for lists'],
		[10, undefined, expect.stringContaining("a record is an object")],
	]);
	expect(problems[1]).toMatchObject({ given: "many" });
});

test("names go by id, letter and fold; the fold is noted", async () => {
	const { records, problems, notes } = await check([
		{ fields: { [id("Title")]: "a", " COUNT ": 3 } },
	]);
	expect(problems).toEqual([]);
	expect(records[0]?.cells).toEqual({ [id("Title")]: "a", [id("Count")]: 3 });
	expect(notes).toEqual(['" COUNT " was understood as "Count"']);
});

test("a bare record is taken, and said so; its id is its id", async () => {
	const { records, notes } = await check([{ id: "rec7", Title: "a" }], {
		mode: "update",
	});
	expect(records).toEqual([
		{
			index: 0,
			id: "rec7",
			cells: { [id("Title")]: "a" },
			edits: {},
			readOnly: {},
		},
	]);
	expect(notes.join()).toContain("{name: value}");
});

test("a column named id is a column in a bare record", async () => {
	const own = tableOf([field("id", "text"), field("Count", "number")]);
	const { records } = await validateRecords(
		own,
		[{ id: "x", Count: 1 }],
		{ mode: "create", allowNewOptions: false, codecs },
		knows(),
	);
	expect(records[0]).toMatchObject({ cells: { f_id: "x", f_Count: 1 } });
	expect(records[0]).not.toHaveProperty("id");
});

test("an option that does not exist is made only where that is allowed, each once", async () => {
	const given = [
		{ fields: { Status: "Blocked", Tags: ["blue", "red"] } },
		{
			fields: { Status: "Blocked", Tags: { add: ["blue"], remove: ["green"] } },
		},
	];
	const refused = await check(given);
	expect(refused.problems).toHaveLength(4);
	expect([...refused.newOptions]).toEqual([]);
	const allowed = await check(given, { allowNewOptions: true, mode: "update" });
	expect(allowed.problems).toEqual([]);
	expect(Object.fromEntries(allowed.newOptions)).toEqual({
		[id("Status")]: ["Blocked"],
		[id("Tags")]: ["blue"],
	});
	expect(allowed.records[1]?.edits).toEqual({
		[id("Tags")]: { add: ["blue"], remove: ["green"] },
	});
	const removal = await check([{ fields: { Tags: { remove: ["nowhere"] } } }], {
		allowNewOptions: true,
		mode: "update",
	});
	expect(removal.problems).toHaveLength(1);
});

test("fields that cannot be written are noted on create, and kept for comparison on update", async () => {
	const given = [
		{ id: "rec1", fields: { Title: "a", Sum: 3, Made: "x", Press: "y" } },
	];
	const created = await check(given);
	expect(created.problems).toEqual([]);
	expect(Object.keys(created.records[0]?.cells ?? {})).toEqual([id("Title")]);
	expect(created.notes).toEqual([
		expect.stringContaining(
			'"Sum" is read only and was left out: the vendor computes it',
		),
		expect.stringContaining("synchronised from elsewhere"),
		expect.stringContaining("presses no buttons"),
	]);
	const updated = await check(given, { mode: "update" });
	expect(updated.records[0]?.readOnly).toEqual({
		[id("Sum")]: 3,
		[id("Made")]: "x",
		[id("Press")]: "y",
	});
	const empty = await check([{ fields: { Title: "a", Sum: null } }]);
	expect(empty.notes).toEqual([]);
});

test("titles and names are looked up once a field, over all records", async () => {
	const asked: [string, readonly string[]][] = [];
	const lookups: Lookups = {
		async people({ name }, texts) {
			asked.push([name, [...texts]]);
			return new Map([["Ann", [{ id: "u1", name: "Ann" }]]]);
		},
		async linkedByText({ name }, texts) {
			asked.push([name, [...texts]]);
			return new Map([["Report", [{ id: "rec1", text: "Report" }]]]);
		},
		shownIn: async () => ({ texts: new Map() }),
		isId: () => false,
	};
	const { records, problems } = await check(
		[
			{ fields: { Owner: "Ann", Parent: ["Report", "rec9"] } },
			{ fields: { Owner: ["Ann", "u7"], Parent: "Report [rec1]" } },
			{ fields: { Owner: { add: ["Ann"] } } },
			{ fields: { Owner: null } },
		],
		{},
		lookups,
	);
	expect(problems).toEqual([]);
	expect(asked).toEqual([
		["Owner", ["Ann"]],
		["Parent", ["Report"]],
	]);
	expect(records[1]?.cells[id("Parent")]).toEqual([{ id: "rec1", text: null }]);
	expect(records[2]?.cells[id("Owner")]).toEqual([{ id: "u1", name: "Ann" }]);
	expect(records[3]?.cells[id("Owner")]).toBeNull();
});

test("records of a file keep their lines", async () => {
	const { problems, records } = await check(
		[{ fields: { Count: "1" } }, { fields: { Count: "x" } }],
		{ lines: [55, 57] },
	);
	expect(records[0]).toMatchObject({ index: 0, line: 55 });
	expect(problems).toEqual([expect.objectContaining({ record: 1, line: 57 })]);
});

test("a __proto__ key is a name like any other", async () => {
	const given = JSON.parse(
		'[{"fields": {"__proto__": {"polluted": 1}, "constructor": 2}}]',
	) as unknown[];
	const { problems } = await check(given);
	expect(problems.map(({ field: name }) => name)).toEqual([
		"__proto__",
		"constructor",
	]);
	expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
