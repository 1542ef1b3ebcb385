import { describe, expect, test } from "vitest";
import type { FieldCodec } from "../../../src/core/contract/codec.js";
import { TablesError } from "../../../src/core/contract/errors.js";
import {
	FIELD_TYPES,
	type Field,
	type FieldSettings,
	type FieldType,
} from "../../../src/core/contract/field.js";
import type { FieldSpec } from "../../../src/core/contract/schema.js";
import { codecs } from "../../../src/vendors/dingtalk/cells.js";
import { fieldOf } from "../../../src/vendors/dingtalk/fields.js";
import {
	fileToken,
	mediaType,
	readFileToken,
} from "../../../src/vendors/dingtalk/file-token.js";
import { newField } from "../../../src/vendors/dingtalk/new-fields.js";

const ZONE = { zone: "Asia/Shanghai" };
const field = (type: string, property?: unknown): Field => {
	const wire = { id: "f", name: "F", type, property };
	return fieldOf(wire, 1, [wire]);
};
const codecOf = ({ type }: Field) => codecs[type] as FieldCodec<FieldType>;
const decode = (of: Field, wire: unknown) => codecOf(of).decode(wire, of, ZONE);
const encode = (of: Field, value: unknown) =>
	codecOf(of).encode?.(value as never, of, ZONE);

const CHOICES = {
	choices: [
		{ id: "o1", name: "A" },
		{ id: "o2", name: "B" },
	],
};
const MIDNIGHT = Date.UTC(2026, 10, 19, 16);

/** What a cell is read as, what it means, and what is written for it. */
const CELLS: readonly {
	readonly type: string;
	readonly property?: unknown;
	readonly as: FieldType;
	readonly read: unknown;
	readonly value: unknown;
	/** Absent: as it is read. */
	readonly written?: unknown;
	readonly empty: unknown;
}[] = [
	{ type: "text", as: "text", read: "a\nb", value: "a\nb", empty: "" },
	{
		type: "richText",
		as: "long_text",
		read: { markdown: "**a**" },
		value: "**a**",
		empty: { markdown: "" },
	},
	{ type: "telephone", as: "phone", read: "138", value: "138", empty: "" },
	{ type: "email", as: "email", read: "a@b.c", value: "a@b.c", empty: "" },
	{ type: "barcode", as: "barcode", read: "69", value: "69", empty: "" },
	{ type: "idCard", as: "text", read: "11X", value: "11X", empty: "" },
	{
		type: "number",
		property: { formatter: "FLOAT_2" },
		as: "number",
		read: "12.50",
		value: 12.5,
		written: 12.5,
		empty: null,
	},
	{ type: "number", as: "number", read: 32, value: 32, empty: null },
	{
		type: "number",
		property: { formatter: "PERCENT" },
		as: "percent",
		read: "0.12",
		value: 0.12,
		written: 0.12,
		empty: null,
	},
	{
		type: "number",
		property: { formatter: "PERCENT_FLOAT" },
		as: "percent",
		read: "12%",
		value: 0.12,
		written: 0.12,
		empty: null,
	},
	{
		type: "currency",
		property: { currencyType: "CNY", formatter: "INT" },
		as: "currency",
		read: "-3",
		value: -3,
		written: -3,
		empty: null,
	},
	{ type: "rating", as: "rating", read: 3, value: 3, empty: null },
	{ type: "progress", as: "progress", read: 0.5, value: 0.5, empty: null },
	{ type: "checkbox", as: "checkbox", read: true, value: true, empty: false },
	{
		type: "singleSelect",
		property: CHOICES,
		as: "single_select",
		read: { id: "o1", name: "A" },
		value: "A",
		written: "A",
		empty: null,
	},
	{
		type: "multipleSelect",
		property: CHOICES,
		as: "multi_select",
		read: [
			{ id: "o2", name: "B" },
			{ id: "o1", name: "A" },
		],
		value: ["B", "A"],
		written: ["B", "A"],
		empty: [],
	},
	{
		type: "date",
		property: { formatter: "YYYY-MM-DD" },
		as: "date",
		read: MIDNIGHT + 36_000_000,
		value: MIDNIGHT,
		written: MIDNIGHT,
		empty: null,
	},
	{
		type: "date",
		property: { formatter: "YYYY/MM/DD HH:mm" },
		as: "date",
		read: String(MIDNIGHT + 36_000_000),
		value: MIDNIGHT + 36_000_000,
		written: MIDNIGHT + 36_000_000,
		empty: null,
	},
	{
		type: "user",
		as: "user",
		read: [{ unionId: "u1" }],
		value: [{ id: "u1", name: null }],
		empty: [],
	},
	{
		type: "department",
		as: "department",
		read: [{ deptId: "7" }],
		value: [{ id: "7", name: null }],
		empty: [],
	},
	{
		type: "bidirectionalLink",
		property: { linkedSheetId: "s2" },
		as: "link",
		read: { linkedRecordIds: ["r1", "r2"] },
		value: [
			{ id: "r1", text: null },
			{ id: "r2", text: null },
		],
		empty: { linkedRecordIds: [] },
	},
	{
		type: "url",
		as: "url",
		read: { text: "Home", link: "https://example.com" },
		value: { text: "Home", link: "https://example.com" },
		empty: null,
	},
	{
		type: "geolocation",
		as: "location",
		read: { address: "Beijing", name: "Beijing", location: [116.39, 39.9] },
		value: { lnglat: "116.39,39.9", address: "Beijing" },
		empty: null,
	},
];

describe("cells both ways", () => {
	test.each(CELLS)(
		"$type $property",
		({ type, property, as, read, value, empty, ...rest }) => {
			const of = field(type, property);
			expect(of.type).toBe(as);
			expect(of.readOnly).toBeUndefined();
			expect(decode(of, read)).toEqual(value);
			expect(encode(of, value)).toEqual(
				"written" in rest ? rest.written : read,
			);
			// What is sent is read as the same.
			expect(decode(of, encode(of, value))).toEqual(value);
			expect(encode(of, null)).toEqual(empty);
		},
	);

	test.each([
		["text", 5],
		["number", "a lot"],
		["number", "9007199254740993"],
		["currency", {}],
		["checkbox", "yes"],
		["singleSelect", 7],
		["multipleSelect", "A"],
		["multipleSelect", [{ id: "o1" }]],
		["date", "soon"],
		["user", [{ cid: "c" }]],
		["unidirectionalLink", { ids: [] }],
		["attachment", {}],
		["url", { text: "no link" }],
		["geolocation", { address: "x" }],
		["formula", {}],
		["primaryDoc", { any: 1 }],
	])("%s that no page shows stays raw: %j", (type, wire) => {
		expect(decode(field(type), wire)).toEqual({ raw: wire });
	});

	test("an empty text is an empty cell", () => {
		for (const type of ["text", "number", "singleSelect", "date", "url"])
			expect(decode(field(type), "")).toBeNull();
	});

	test("people come as lists and as one object, by any of their keys", () => {
		const creator = field("creator");
		expect(creator.type).toBe("created_by");
		for (const wire of [{ unionId: "u1" }, [{ unionId: "u1" }]])
			expect(decode(creator, wire)).toEqual([{ id: "u1", name: null }]);
		expect(decode(field("user"), [{ uid: 12, name: "Ann" }])).toEqual([
			{ id: "12", name: "Ann" },
		]);
	});

	test("an attachment is read by name and link, and written by its token", () => {
		const of = field("attachment");
		expect(
			decode(of, [
				{ filename: "a.xlsx", size: 9, type: "xls", url: "https://f/a" },
			]),
		).toEqual([
			{
				name: "a.xlsx",
				size: 9,
				type: expect.stringContaining("spreadsheetml"),
				token: null,
				url: "https://f/a",
			},
		]);
		const file = {
			filename: "图 1.png",
			size: 3,
			type: "image/png",
			url: "/core/api/resources/img/x",
			resourceId: "id-1",
		};
		const token = fileToken(file);
		expect(readFileToken(token, "")).toEqual(file);
		expect(
			encode(of, [{ token, name: "b.png", size: null, type: null, url: null }]),
		).toEqual([{ ...file, filename: "b.png" }]);
		const { check } = codecs.attachment as FieldCodec<"attachment">;
		const given = { name: "x", size: null, type: null, url: null };
		expect(check?.([{ ...given, token: "someone's" }], of, "UTC")).toContain(
			"upload_attachment",
		);
		expect(check?.([{ ...given, token }], of, "UTC")).toBeUndefined();
	});

	test.each([
		["a.PNG", "png", "image/png"],
		["a", "jpg", "image/jpeg"],
		["a.xyz", "xyz", "xyz"],
		["a", undefined, null],
		["a.txt", "image/webp", "image/webp"],
	])("the type of %s, which the vendor calls %s, is %s", (name, word, type) => {
		expect(mediaType(name, word)).toBe(type);
	});
});

describe("fields as the vendor tells them", () => {
	test.each<[string, unknown, FieldSettings]>([
		["number", { formatter: "INT" }, { format: "INT" }],
		[
			"currency",
			{ currencyType: "USD", formatter: "FLOAT_2" },
			{ format: "FLOAT_2", currency: "USD" },
		],
		["rating", { min: 1, max: 10 }, { min: 1, max: 10 }],
		[
			"singleSelect",
			CHOICES,
			{
				options: [
					{ id: "o1", name: "A" },
					{ id: "o2", name: "B" },
				],
			},
		],
		[
			"multipleSelect",
			{ choices: [{ name: "A" }] },
			{ options: [{ id: "", name: "A" }] },
		],
		[
			"date",
			{ formatter: "YYYY-MM-DD HH:mm" },
			{ format: "YYYY-MM-DD HH:mm", showsTime: true },
		],
		["date", undefined, { showsTime: false }],
		["user", { multiple: false }, { multiple: false }],
		["department", { multiple: true }, {}],
		[
			"bidirectionalLink",
			{ multiple: false, linkedSheetId: "s", linkedFieldId: "f" },
			{ linkTable: "s", multiple: false, twoWay: true, reverseField: "f" },
		],
		["unidirectionalLink", { linkedSheetId: "s" }, { linkTable: "s" }],
		["text", undefined, {}],
	])("%s %j", (type, property, settings) => {
		expect(field(type, property).settings).toEqual(settings);
	});

	test("types that no page names are unknown and read only", () => {
		for (const type of ["aiText", "lookup", "filterUp", "", "constructor"])
			expect(field(type).type).toBe("unknown");
		expect(codecs.unknown).not.toHaveProperty("encode");
	});

	test("a column filled in by AI cannot be written", () => {
		expect(field("text", { decorator: "ai-agent" }).readOnly).toContain("AI");
	});

	test("columns of one name cannot be written, since records go by name", () => {
		const twin = { id: "a", name: "F", type: "text" };
		const all = [twin, { ...twin, id: "b" }];
		expect(fieldOf(twin, 0, all).readOnly).toContain(
			'two fields are named "F"',
		);
	});

	test("the first column is the primary one", () => {
		const all = ["a", "b"].map((id) => ({ id, name: id, type: "text" }));
		expect(all.map(fieldOf).map(({ primary }) => primary)).toEqual([
			true,
			false,
		]);
	});
});

describe("fields to be made", () => {
	const spec = (
		type: FieldType,
		settings: FieldSettings = {},
		description?: string,
	): FieldSpec => ({
		name: "F",
		type,
		settings,
		...(description === undefined ? {} : { description }),
	});

	test.each<[FieldType, FieldSettings, string, unknown]>([
		["text", {}, "text", undefined],
		["long_text", {}, "richText", undefined],
		["phone", {}, "telephone", undefined],
		["email", {}, "email", undefined],
		["barcode", {}, "barcode", undefined],
		["url", {}, "url", undefined],
		["number", {}, "number", undefined],
		["number", { format: "0.00" }, "number", { formatter: "FLOAT_2" }],
		["number", { format: "THOUSAND" }, "number", { formatter: "THOUSAND" }],
		["number", { format: "#,##0" }, "number", { formatter: "THOUSAND" }],
		["percent", {}, "number", { formatter: "PERCENT" }],
		["percent", { format: "0.00%" }, "number", { formatter: "PERCENT_FLOAT" }],
		["percent", { format: "0.00" }, "number", { formatter: "PERCENT_FLOAT" }],
		["currency", {}, "currency", { currencyType: "CNY", formatter: "FLOAT_2" }],
		[
			"currency",
			{ currency: "usd", format: "0" },
			"currency",
			{ currencyType: "USD", formatter: "INT" },
		],
		["rating", { max: 10 }, "rating", { max: 10 }],
		["progress", {}, "progress", undefined],
		["checkbox", {}, "checkbox", undefined],
		[
			"single_select",
			{ options: [{ id: "", name: "A" }] },
			"singleSelect",
			{ choices: [{ name: "A" }] },
		],
		["multi_select", {}, "multipleSelect", { choices: [] }],
		["date", {}, "date", { formatter: "YYYY-MM-DD" }],
		[
			"date",
			{ format: "yyyy/mm/dd hh:mm" },
			"date",
			{ formatter: "YYYY/MM/DD HH:mm" },
		],
		["user", {}, "user", { multiple: true }],
		["department", { multiple: false }, "department", { multiple: false }],
		[
			"link",
			{ linkTable: "s" },
			"unidirectionalLink",
			{ multiple: true, linkedSheetId: "s" },
		],
		[
			"link",
			{ linkTable: "s", twoWay: true, multiple: false, reverseName: "R" },
			"bidirectionalLink",
			{ multiple: false, linkedSheetId: "s" },
		],
		["attachment", {}, "attachment", undefined],
		["location", {}, "geolocation", undefined],
		["created_time", {}, "createdTime", undefined],
		["updated_time", {}, "lastModifiedTime", undefined],
		["created_by", {}, "creator", undefined],
		["updated_by", {}, "lastModifier", undefined],
	])("%s %j", (type, settings, wire, property) => {
		expect(newField(spec(type, settings))).toEqual({
			name: "F",
			type: wire,
			...(property === undefined ? {} : { property }),
		});
	});

	const refusal = (given: FieldSpec): TablesError => {
		try {
			newField(given);
		} catch (error) {
			if (error instanceof TablesError) return error;
			throw error;
		}
		throw new Error("it was made");
	};

	test.each<[FieldSpec, RegExp]>([
		[spec("number", { format: "0.00000" }), /"0.00000" is not one/],
		[spec("date", { format: "DD.MM.YYYY" }), /"DD.MM.YYYY" is not one/],
		[spec("currency", { currency: "BTC" }), /"BTC" is not one/],
		[spec("text", {}, "words"), /cannot set `description`/],
		[spec("number", { min: 1, default: 2 }), /cannot set `default`, `min`/],
		[spec("date", { autoFill: true }), /cannot set `auto_fill`/],
		[
			spec("link", { linkTable: "s", reverseName: "R" }),
			/cannot set `reverse_name`/,
		],
	])("refused: %j", (given, message) => {
		const error = refusal(given);
		expect(error.message).toMatch(message);
		expect(error.message).toContain('"F"');
		expect(error.next).toEqual(expect.any(String));
	});

	test("every other type is refused with the way round", () => {
		const made = FIELD_TYPES.filter((type) => {
			try {
				return newField(spec(type, { linkTable: "s" })) !== undefined;
			} catch {
				return false;
			}
		});
		const refused = FIELD_TYPES.filter((type) => !made.includes(type));
		expect(refused).toEqual([
			"group",
			"formula",
			"lookup",
			"auto_number",
			"button",
			"unknown",
		]);
		for (const type of refused)
			expect(refusal(spec(type)).message).toMatch(
				/cannot be made as .*: .{10}/,
			);
	});
});
