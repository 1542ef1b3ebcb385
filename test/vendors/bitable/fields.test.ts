import { describe, expect, test } from "vitest";
import type { FieldCodec } from "../../../src/core/contract/codec.js";
import type { Field, FieldType } from "../../../src/core/contract/field.js";
import type { FieldSpec } from "../../../src/core/contract/schema.js";
import { codecs } from "../../../src/vendors/bitable/cells.js";
import { fieldOf } from "../../../src/vendors/bitable/fields.js";
import {
	namedFormula,
	wireFormula,
} from "../../../src/vendors/bitable/formula.js";
import {
	checkFirst,
	type NewFieldContext,
	newField,
} from "../../../src/vendors/bitable/new-fields.js";
import {
	patternOf,
	serialOf,
} from "../../../src/vendors/bitable/number-pattern.js";

const ZONE = { zone: "Asia/Shanghai" };
const NAMES = new Map([["fldAmount", "Amount"]]);

const field = (
	type: number,
	ui_type?: string,
	property: unknown = null,
): Field =>
	fieldOf(
		{
			field_id: "fldX",
			field_name: "X",
			type,
			property,
			...(ui_type === undefined ? {} : { ui_type }),
		},
		"tblX",
		NAMES,
	);

const decode = (of: Field, wire: unknown) =>
	(codecs[of.type] as FieldCodec<FieldType>).decode(wire, of, ZONE);
const encode = (of: Field, value: unknown) =>
	(codecs[of.type] as FieldCodec<FieldType>).encode?.(value as never, of, ZONE);

const ANN = { id: "ou_ann", name: "Ann", en_name: "Ann", email: "a@b.cn" };
const ANN_READ = { id: "ou_ann", name: "Ann", email: "a@b.cn" };
const DAY = Date.UTC(2026, 10, 19, 16);

/** Field, as search sends it, as the older list sends it, what it means, how it is written. */
const CELLS: readonly (readonly [
	name: string,
	of: Field,
	search: unknown,
	legacy: unknown,
	means: unknown,
	written: unknown,
])[] = [
	["text", field(1), [{ type: "text", text: "a" }], "a", "a", "a"],
	[
		"barcode",
		field(1, "Barcode"),
		[{ type: "text", text: "FS1" }],
		"FS1",
		"FS1",
		"FS1",
	],
	[
		"email",
		field(1, "Email"),
		[{ type: "url", text: "a@b", link: "mailto:a@b" }],
		"a@b",
		"a@b",
		"a@b",
	],
	["number", field(2), 2323.2, "2323.2", 2323.2, 2323.2],
	["zero", field(2), 0, "0", 0, 0],
	[
		"percent",
		field(2, "Number", { formatter: "0.00%" }),
		0.12,
		"0.12",
		0.12,
		0.12,
	],
	["currency", field(2, "Currency"), 9.99, "9.99", 9.99, 9.99],
	["progress", field(2, "Progress"), 0.66, "0.66", 0.66, 0.66],
	["rating", field(2, "Rating"), 3, "3", 3, 3],
	["single_select", field(3), "A", "A", "A", "A"],
	["multi_select", field(4), ["A", "B"], ["A", "B"], ["A", "B"], ["A", "B"]],
	["date", field(5), DAY + 3_600_000, DAY, DAY, DAY],
	[
		"moment",
		field(5, "DateTime", { date_formatter: "yyyy-MM-dd HH:mm" }),
		DAY + 3_600_000,
		DAY + 3_600_000,
		DAY + 3_600_000,
		DAY + 3_600_000,
	],
	["checkbox", field(7), true, true, true, true],
	["user", field(11), [ANN], [ANN], [ANN_READ], [{ id: "ou_ann" }]],
	[
		"phone",
		field(13),
		"13800138000",
		"13800138000",
		"13800138000",
		"13800138000",
	],
	[
		"url",
		field(15),
		{ text: "t", link: "https://x.y" },
		{ text: "t", link: "https://x.y" },
		{ text: "t", link: "https://x.y" },
		{ text: "t", link: "https://x.y" },
	],
	[
		"link",
		field(18, "SingleLink", { table_id: "tblY" }),
		{ link_record_ids: ["rec1"] },
		[{ record_ids: ["rec1"], table_id: "tblY", text: "A", text_arr: ["A"] }],
		[{ id: "rec1", text: null }],
		["rec1"],
	],
	[
		"group",
		field(23),
		[{ id: "oc_1", name: "Team" }],
		[{ id: "oc_1", name: "Team" }],
		[{ id: "oc_1", name: "Team" }],
		[{ id: "oc_1" }],
	],
	[
		"location",
		field(22),
		{ location: "116.39,39.90", full_address: "Beijing", name: "Gate" },
		{ location: "116.39,39.90", full_address: "Beijing" },
		{ lnglat: "116.39,39.90", address: "Beijing" },
		"116.39,39.90",
	],
	[
		"attachment",
		field(17),
		[
			{
				file_token: "t1",
				name: "a.png",
				size: 3,
				type: "image/png",
				url: "https://f",
			},
		],
		[
			{
				file_token: "t1",
				name: "a.png",
				size: 3,
				type: "image/png",
				url: "https://f",
			},
		],
		[
			{
				token: "t1",
				name: "a.png",
				size: 3,
				type: "image/png",
				url: "https://f",
			},
		],
		[{ file_token: "t1" }],
	],
];

describe("cells", () => {
	test.each(CELLS)(
		"%s is read in both shapes and written in one",
		(name, of, search, legacy, means, written) => {
			expect(decode(of, search)).toEqual(means);
			expect(decode(of, legacy)).toEqual(
				name === "link" ? [{ id: "rec1", text: "A" }] : means,
			);
			expect(encode(of, means)).toEqual(written);
			expect(encode(of, null)).toBeNull();
		},
	);

	test.each([
		["created_by", field(1003), [ANN], [ANN_READ]],
		["created_by of the older list", field(1003), ANN, [ANN_READ]],
		["updated_by", field(1004), [ANN], [ANN_READ]],
		[
			"created_time",
			field(1001, "CreatedTime", { date_formatter: "yyyy/MM/dd HH:mm" }),
			DAY + 5,
			DAY + 5,
		],
		["created_time as a day", field(1001), DAY + 5, DAY],
		[
			"updated_time",
			field(1002, "ModifiedTime", { date_formatter: "yyyy/MM/dd HH:mm" }),
			DAY,
			DAY,
		],
		["auto_number", field(1005), "017no20230201", "017no20230201"],
		["button", field(3001), { any: 1 }, null],
		["stage", field(24), "doing", { raw: "doing" }],
		["a type of tomorrow", field(4711), [1], { raw: [1] }],
	] as const)("%s is read only", (_, of, wire, means) => {
		expect(decode(of, wire)).toEqual(means);
		expect(encode(of, means)).toBeUndefined();
	});

	test.each([
		[
			"mentions and links",
			[
				{ type: "text", text: "to " },
				{ type: "mention", text: "@A", token: "ou_1" },
				{ type: "url", text: "t", link: "https://x" },
			],
			"to @At",
		],
		["no segment", [], null],
		["an empty text", "", null],
		["a shape of tomorrow", [{ emoji: 1 }], { raw: [{ emoji: 1 }] }],
	])("text of %s", (_, wire, means) => {
		expect(decode(field(1), wire)).toEqual(means);
	});

	test("an empty link cell is an empty object", () => {
		expect(decode(field(21), {})).toBeNull();
		expect(decode(field(21), { other: 1 })).toEqual({ raw: { other: 1 } });
		const titles = [{ text: "A", type: "text" }];
		expect(decode(field(21), titles)).toEqual({ raw: titles });
		expect(decode(field(18), [])).toEqual([]);
	});

	/** A formula's or lookup's value, and the field that says what it computes. */
	const numberFormula = field(20, "Formula", { formatter: "0.00" });
	const plainFormula = field(20, "Formula", { formatter: "" });
	const typedFormula = field(20, "Formula", {
		type: {
			data_type: 5,
			ui_type: "DateTime",
			ui_property: { date_formatter: "yyyy/MM/dd" },
		},
	});
	test.each([
		["a number", numberFormula, { type: 2, value: [4.5] }, 4.5],
		[
			"a date that the field tells",
			typedFormula,
			{ type: 5, value: [DAY + 9] },
			DAY,
		],
		[
			"a text",
			plainFormula,
			{
				type: 1,
				value: [
					{ type: "text", text: "a" },
					{ type: "text", text: "b" },
				],
			},
			"ab",
		],
		[
			"a number that the field does not tell",
			plainFormula,
			{ type: 2, value: [7] },
			7,
		],
		["yes or no", plainFormula, { type: 7, value: [true] }, true],
		["people", plainFormula, { type: 11, value: [ANN] }, "Ann"],
		[
			"a date that the field does not tell",
			plainFormula,
			{ type: 5, value: [DAY] },
			"2026-11-20",
		],
		["nothing", plainFormula, { type: 1, value: [] }, ""],
		[
			"the older list",
			plainFormula,
			[{ type: "text", text: "false" }],
			"false",
		],
		[
			"texts of a lookup",
			field(19),
			{
				type: 1,
				value: [
					{ type: "text", text: "a" },
					{ type: "text", text: "b" },
				],
			},
			"a, b",
		],
		["numbers of a lookup", field(19), { type: 2, value: [1, 2] }, "1, 2"],
		["options of a lookup", field(19), { type: 3, value: ["A", "B"] }, "A, B"],
		["an empty lookup", field(19), {}, null],
		[
			"a value of tomorrow",
			plainFormula,
			{ type: 4711, value: [1] },
			{ raw: { type: 4711, value: [1] } },
		],
	] as const)("a formula computes %s", (_, of, wire, means) => {
		expect(decode(of, wire)).toEqual(means);
	});

	test("a new option that stands twice is sent once", () => {
		expect(encode(field(4), ["x", "x", "y"])).toEqual(["x", "y"]);
	});

	test.each([
		["phone", field(13), "+86 10 1234", "+86101234"],
		["phone", field(13), "abc", "a number"],
		["text", field(1), "x".repeat(100_001), "100001 characters"],
		[
			"user",
			field(11, "User", { multiple: false }),
			[{ id: "ou_1" }, { id: "ou_2" }],
			"one person only",
		],
		[
			"group",
			field(23),
			Array.from({ length: 11 }, (_, index) => ({ id: `oc_${index}` })),
			"at most 10 groups",
		],
		[
			"link",
			field(18),
			Array.from({ length: 501 }, (_, index) => ({ id: `rec${index}` })),
			"at most 500 records",
		],
	] as const)(
		"%s: what the vendor would refuse is refused before",
		(_, of, value, why) => {
			const codec = codecs[of.type] as FieldCodec<FieldType>;
			expect(codec.check?.(value as never, of, "UTC")).toContain(why);
		},
	);

	test("ids are distinguished from names by their beginning", () => {
		const is = (of: Field, text: string) =>
			(codecs[of.type] as FieldCodec<FieldType>).isId?.(text);
		expect(is(field(11), "ou_5fb00e0112212cc7012fe3a697336989")).toBe(true);
		expect(is(field(11), "Ann")).toBe(false);
		expect(is(field(23), "oc_1")).toBe(true);
		expect(is(field(18), "recHTLvO7x")).toBe(true);
		expect(is(field(18), "receipts")).toBe(false);
	});
});

describe("fields", () => {
	test.each([
		[1, undefined, null, "text", {}],
		[2, "Number", { formatter: "0.00" }, "number", { format: "0.00" }],
		[2, "Number", { formatter: "%" }, "percent", { format: "%" }],
		[
			2,
			"Currency",
			{ formatter: "0.00", currency_code: "EUR" },
			"currency",
			{ format: "0.00", currency: "EUR" },
		],
		[
			2,
			"Progress",
			{ formatter: "0%", min: 0, max: 1 },
			"progress",
			{ format: "0%", min: 0, max: 1 },
		],
		[
			2,
			"Rating",
			{ formatter: "0", min: 1, max: 5, rating: { symbol: "star" } },
			"rating",
			{ min: 1, max: 5 },
		],
		[
			2,
			"Rating",
			{ formatter: "0", min: 1, max: 5, rating: { symbol: "heart" } },
			"rating",
			{ format: "heart", min: 1, max: 5 },
		],
		[
			22,
			"Location",
			{ location: { input_type: "only_mobile" } },
			"location",
			{ format: "only_mobile" },
		],
		[
			3,
			"SingleSelect",
			{ options: [{ id: "opt1", name: "A", color: 3 }] },
			"single_select",
			{ options: [{ id: "opt1", name: "A", color: 3 }] },
		],
		[
			5,
			"DateTime",
			{ date_formatter: "yyyy-MM-dd HH:mm", auto_fill: true },
			"date",
			{ format: "yyyy-MM-dd HH:mm", showsTime: true, autoFill: true },
		],
		[11, "User", { multiple: false }, "user", { multiple: false }],
		[
			18,
			"SingleLink",
			{ table_id: "tblY", multiple: true },
			"link",
			{ linkTable: "tblY" },
		],
		[
			21,
			"DuplexLink",
			{
				table_id: "tblY",
				multiple: true,
				back_field_name: "Back",
				back_field_id: "fldB",
			},
			"link",
			{
				linkTable: "tblY",
				twoWay: true,
				reverseName: "Back",
				reverseField: "fldB",
			},
		],
		[
			20,
			"Formula",
			{
				formatter: "0",
				formula_expression: "bitable::$table[tblX].$field[fldAmount]*2",
			},
			"formula",
			{ format: "0", formula: "{Amount}*2" },
		],
		[
			1005,
			"AutoNumber",
			{
				auto_serial: {
					type: "custom",
					options: [
						{ type: "fixed_text", value: "REC-" },
						{ type: "created_time", value: "yyyy" },
						{ type: "system_number", value: "4" },
					],
				},
			},
			"auto_number",
			{ numberPattern: "REC-{yyyy}{0000}" },
		],
		[3001, "Button", null, "button", {}],
		[1, "Signature", null, "unknown", {}],
	] as const)(
		"type %i %s reads as ours",
		(type, ui, property, ours, settings) => {
			const read = field(type, ui, property);
			expect([read.type, read.settings]).toEqual([ours, settings]);
		},
	);

	test.each([
		["a text", "why"],
		["segments", [{ type: "text", text: "why" }]],
		["what a create echoes", { text: "why", disable_sync: true }],
	])("a description as %s", (_, description) => {
		expect(
			fieldOf(
				{ field_id: "f", field_name: "X", type: 1, description },
				"t",
				NAMES,
			).description,
		).toBe("why");
	});
});

const CONTEXT: NewFieldContext = {
	table: "tblX",
	fields: [{ id: "fldAmount", name: "Amount" }],
	formulaType: 1,
	currency: "CNY",
};
const spec = (
	type: FieldType,
	settings: FieldSpec["settings"] = {},
): FieldSpec => ({ name: "X", type, settings });

describe("fields to be made", () => {
	test.each([
		["text", {}, 1, "Text", undefined],
		["long_text", {}, 1, "Text", undefined],
		["email", {}, 1, "Email", undefined],
		["barcode", {}, 1, "Barcode", undefined],
		["phone", {}, 13, "Phone", undefined],
		["url", {}, 15, "Url", undefined],
		["number", {}, 2, "Number", undefined],
		["number", { format: "0.00" }, 2, "Number", { formatter: "0.00" }],
		["percent", { format: "0%" }, 2, "Number", { formatter: "%" }],
		[
			"currency",
			{ currency: "usd" },
			2,
			"Currency",
			{ formatter: "0.00", currency_code: "USD" },
		],
		[
			"currency",
			{},
			2,
			"Currency",
			{ formatter: "0.00", currency_code: "CNY" },
		],
		[
			"rating",
			{ max: 10 },
			2,
			"Rating",
			{ formatter: "0", min: 1, max: 10, rating: { symbol: "star" } },
		],
		[
			"progress",
			{},
			2,
			"Progress",
			{ formatter: "0%", range_customize: false },
		],
		[
			"progress",
			{ min: 0, max: 100, format: "0" },
			2,
			"Progress",
			{ formatter: "0", range_customize: true, min: 0, max: 100 },
		],
		["checkbox", {}, 7, "Checkbox", undefined],
		[
			"single_select",
			{
				options: [
					{ id: "", name: "A" },
					{ id: "", name: "B", color: 5 },
				],
			},
			3,
			"SingleSelect",
			{ options: [{ name: "A" }, { name: "B", color: 5 }] },
		],
		[
			"date",
			{ format: "yyyy-MM-dd HH:mm", autoFill: true },
			5,
			"DateTime",
			{ date_formatter: "yyyy-MM-dd HH:mm", auto_fill: true },
		],
		["user", { multiple: false }, 11, "User", { multiple: false }],
		["group", {}, 23, "GroupChat", { multiple: true }],
		[
			"link",
			{ linkTable: "tblY" },
			18,
			"SingleLink",
			{ table_id: "tblY", multiple: true },
		],
		[
			"link",
			{ linkTable: "tblY", twoWay: true, reverseName: "Back" },
			21,
			"DuplexLink",
			{ table_id: "tblY", multiple: true, back_field_name: "Back" },
		],
		["attachment", {}, 17, "Attachment", undefined],
		["location", {}, 22, "Location", { location: { input_type: "not_limit" } }],
		[
			"formula",
			{ formula: "{Amount}*2", format: "0" },
			20,
			"Formula",
			{
				formula_expression: "bitable::$table[tblX].$field[fldAmount]*2",
				formatter: "0",
			},
		],
		[
			"auto_number",
			{ numberPattern: "A-{0000}" },
			1005,
			"AutoNumber",
			{
				auto_serial: {
					type: "custom",
					options: [
						{ type: "fixed_text", value: "A-" },
						{ type: "system_number", value: "4" },
					],
				},
			},
		],
		[
			"auto_number",
			{},
			1005,
			"AutoNumber",
			{ auto_serial: { type: "auto_increment_number" } },
		],
		[
			"created_time",
			{},
			1001,
			"CreatedTime",
			{ date_formatter: "yyyy/MM/dd HH:mm" },
		],
		["updated_by", {}, 1004, "ModifiedUser", undefined],
	] as const)("%s %j", (type, settings, number, ui, property) => {
		expect(newField(spec(type, settings), CONTEXT)).toEqual({
			field_name: "X",
			type: number,
			ui_type: ui,
			...(property === undefined ? {} : { property }),
		});
	});

	test("a formula of a base that wants types states its own", () => {
		const typed = { ...CONTEXT, formulaType: 2 };
		const property = (format?: string) =>
			newField(
				spec("formula", { formula: "1", ...(format ? { format } : {}) }),
				typed,
			).property;
		expect(property("0.00")).toMatchObject({
			type: {
				data_type: 2,
				ui_type: "Number",
				ui_property: { formatter: "0.00" },
			},
		});
		expect(property("yyyy/MM/dd")).toMatchObject({
			type: {
				data_type: 5,
				ui_type: "DateTime",
				ui_property: { date_formatter: "yyyy/MM/dd" },
			},
		});
		expect(property()).toMatchObject({
			type: { data_type: 1, ui_type: "Text" },
		});
	});

	test.each([
		["number", { format: "0,0" }, /format "0,0".*product/],
		["currency", { currency: "XXX" }, /currency "XXX"/],
		["rating", { max: 11 }, /max 11.*1 to 10/],
		["rating", { min: 2 }, /min 2.*0 to 1/],
		[
			"single_select",
			{ options: [{ id: "", name: "A", color: "reddish" }] },
			/color "reddish" of option "A" is not one/,
		],
		[
			"single_select",
			{ options: [{ id: "", name: "A", color: 55 }] },
			/color 55 of option "A" is not one/,
		],
		["number", { format: "0.00%" }, /shows percent, and the field is a number/],
		["rating", { format: "moon" }, /format "moon" is not one/],
		["location", { format: "0.0" }, /format "0.0" is not one/],
		["number", { default: 1 }, /cannot set `default`/],
		["formula", { formula: "{Nothing}" }, /\{Nothing\}.*does not have/],
		["auto_number", { numberPattern: "REC-" }, /the number itself is missing/],
		["auto_number", { numberPattern: "{0}{w}" }, /\{w\} is not known/],
		["auto_number", { numberPattern: `{0}${"x".repeat(21)}` }, /more than 20/],
		["auto_number", { numberPattern: "{0" }, /"\{" stands alone/],
		["lookup", {}, /cannot make lookups/],
		["button", {}, /cannot make buttons/],
		["department", {}, /no such type/],
	] as const)("%s %j is refused before it is sent", (type, settings, why) => {
		expect(() => newField(spec(type, settings as never), CONTEXT)).toThrow(why);
	});

	test.each([
		["rating", 2, "Rating", { rating: { symbol: "heart" }, min: 1, max: 5 }],
		["location", 22, "Location", { location: { input_type: "only_mobile" } }],
	] as const)(
		"a %s that is renamed stays as it is shown",
		(type, number, ui, property) => {
			const current = field(number, ui, property);
			const body = newField(spec(type, current.settings), CONTEXT, current);
			expect(body.property).toMatchObject(property);
		},
	);

	test("a change sends back what the field has beside our settings", () => {
		const current = field(21, "DuplexLink", {
			table_id: "tblY",
			multiple: true,
			back_field_name: "Back",
			back_field_id: "fldB",
			table_name: "Y",
			later: 1,
		});
		expect(
			newField(
				{
					...spec("link", { ...current.settings, multiple: false }),
					name: "New",
					description: "why",
				},
				CONTEXT,
				current,
			),
		).toEqual({
			field_name: "New",
			type: 21,
			ui_type: "DuplexLink",
			property: {
				table_id: "tblY",
				multiple: false,
				back_field_name: "Back",
				later: 1,
			},
			description: { text: "why", disable_sync: true },
		});
	});

	test("another type forgets the old one's property", () => {
		const current = field(2, "Number", { formatter: "0.00%" });
		expect(newField(spec("number"), CONTEXT, current).property).toBeUndefined();
		expect(
			newField(spec("percent", { format: "%" }), CONTEXT, current).property,
		).toEqual({ formatter: "%" });
	});

	test("a lookup can be renamed with its property as it came", () => {
		const current = field(19, "Lookup", {
			filter_info: { target_table: "tblY" },
		});
		expect(
			newField({ ...spec("lookup"), name: "New" }, CONTEXT, current),
		).toEqual({
			field_name: "New",
			type: 19,
			ui_type: "Lookup",
			property: { filter_info: { target_table: "tblY" } },
		});
	});

	test("options keep their ids, new ones have none", () => {
		const current = field(3, "SingleSelect", {
			options: [{ id: "opt1", name: "A", color: 0 }],
		});
		expect(
			newField(
				spec("single_select", {
					options: [
						{ id: "opt1", name: "B", color: 0 },
						{ id: "", name: "C" },
					],
				}),
				CONTEXT,
				current,
			).property,
		).toEqual({
			options: [{ id: "opt1", name: "B", color: 0 }, { name: "C" }],
		});
	});

	test.each([
		"single_select",
		"link",
		"user",
		"attachment",
		"checkbox",
		"auto_number",
	] as const)("%s cannot come first in a table", (type) => {
		expect(() => checkFirst(spec(type, { linkTable: "t" }))).toThrow(
			/which cannot/,
		);
	});
});

test("a pattern of numbers goes both ways", () => {
	for (const pattern of ["{0}", "REC-{yyyy}-{0000}", "{yyyyMMdd}{000000000}x"])
		expect(patternOf(serialOf(pattern, "X"))).toBe(pattern);
	expect(patternOf(serialOf(undefined, "X"))).toBeUndefined();
});

test("formulas leave texts and other tables' fields alone", () => {
	const wire =
		'IF(bitable::$table[tblX].$field[fldAmount]>1,"bitable::$table[tblX].$field[fldAmount] {Amount}",bitable::$table[tblY].$field[fldZ])';
	const named =
		'IF({Amount}>1,"bitable::$table[tblX].$field[fldAmount] {Amount}",bitable::$table[tblY].$field[fldZ])';
	expect(namedFormula(wire, "tblX", NAMES)).toBe(named);
	expect(wireFormula(named, "tblX", CONTEXT.fields, "X")).toBe(wire);
	const braces = new Map([["fldB", "a{b}\\c"]]);
	const escaped = namedFormula("bitable::$table[t].$field[fldB]", "t", braces);
	expect(escaped).toBe("{a\\{b\\}\\\\c}");
	expect(
		wireFormula(escaped, "t", [{ id: "fldB", name: "a{b}\\c" }], "X"),
	).toBe("bitable::$table[t].$field[fldB]");
});
