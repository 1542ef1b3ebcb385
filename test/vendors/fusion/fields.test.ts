import fc from "fast-check";
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
import { decodeRow, encodeCells } from "../../../src/core/values/values.js";
import { attachmentCodec, codecs } from "../../../src/vendors/fusion/cells.js";
import { fieldOf } from "../../../src/vendors/fusion/fields.js";
import { newField } from "../../../src/vendors/fusion/new-fields.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { recordedValues } from "./recorded.js";

const clock = { now: () => Date.UTC(2026, 10, 20) };

interface Reply {
	readonly code: number;
	readonly message: string;
	readonly data?: {
		readonly id: string;
		readonly fields: Record<string, unknown>[];
		readonly records: { recordId: string; fields: Record<string, unknown> }[];
	};
}

function asker({
	handle,
	token,
}: Pick<ReturnType<typeof createFusionFake>, "handle" | "token">) {
	return (method: string, path: string, body?: unknown): Reply => {
		const [, route = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(path) ?? [];
		const { body: answer } = handle({
			method,
			origin: "https://aitable.ai",
			path: `/fusion/v1${route}`,
			query,
			headers: {
				authorization: `Bearer ${token}`,
				"content-type": "application/json",
			},
			body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
		});
		return JSON.parse(String(answer)) as Reply;
	};
}

describe("recorded values", () => {
	const { fake, table, vectors } = recordedValues(clock);
	const ask = asker(fake);
	const records = `/datasheets/${table}/records`;
	const fieldFor = (type: string, property: unknown, index: number): Field => {
		const id = fake.addField(table, {
			name: `${type} of ${index}`,
			type,
			property: property ?? undefined,
		});
		const all = ask("GET", `/datasheets/${table}/fields`).data?.fields ?? [];
		return fieldOf(all.find((field) => field.id === id) ?? {}, all);
	};
	const read = (id: string, field: Field) =>
		ask("GET", `${records}?fieldKey=id&recordIds=${id}`).data?.records[0]
			?.fields[field.id];

	/** A URL without a favicon is read with an empty one, and skipped at the save if it is written with one. */
	const sent = (wire: unknown) => {
		if (typeof wire !== "object" || wire === null || !("favicon" in wire))
			return wire;
		const { favicon, ...rest } = wire;
		return favicon === "" ? rest : wire;
	};

	/** Entry ids of attachments are new in every write. */
	const withoutEntryIds = (wire: unknown) =>
		JSON.parse(JSON.stringify(wire).replace(/"id":"atc\w{10}"/g, '"id":"atc"'));

	/** Sent as they are read: an attachment by token and name only, a person by id, a choice's cascade not at all. */
	const ALIKE = new Set([
		"SingleText",
		"Text",
		"Email",
		"Phone",
		"Number",
		"Currency",
		"Percent",
		"Rating",
		"Checkbox",
		"SingleSelect",
		"MultiSelect",
		"URL",
		"OneWayLink",
		"MagicLink",
	]);

	test.each(
		vectors.flatMap((vector, index) =>
			vector.accepted
				? [
						{
							vector,
							index,
							label:
								`${vector.fieldType} ${vector.writeRaw ?? JSON.stringify(vector.write)}`.slice(
									0,
									80,
								),
						},
					]
				: [],
		),
	)("$index $label", ({ vector, index }) => {
		const field = fieldFor(vector.fieldType, vector.property, index);
		const shape = { zone: "Asia/Shanghai", byId: new Map([[field.id, field]]) };
		const decoded = (wire: unknown) =>
			decodeRow({ codecs }, shape, { id: "", cells: { [field.id]: wire } }, [
				field,
			]).cells[field.id] ?? null;
		const cell = decoded(vector.read);
		if (!vector.readPresent) {
			expect(cell).toBeNull();
			return;
		}
		expect(cell).not.toBeNull();
		expect(cell).not.toHaveProperty("raw");
		if (field.readOnly !== undefined) {
			expect(vector.fieldType).toBe("Cascader");
			return;
		}
		const wire = encodeCells({ codecs }, shape, { [field.id]: cell });
		const posted = ask("POST", records, {
			records: [{ fields: wire }],
			fieldKey: "id",
		});
		expect(posted.message).toBe("SUCCESS");
		const id = posted.data?.records[0]?.recordId ?? "";
		const stored = read(id, field);
		expect(decoded(stored)).toEqual(cell);
		// A column of days is given the first moment of the day in the table's zone, whatever hour was read.
		const again =
			field.type === "date" && !field.settings.showsTime ? cell : vector.read;
		expect(withoutEntryIds(stored)).toEqual(withoutEntryIds(again));
		if (ALIKE.has(vector.fieldType))
			expect(wire[field.id]).toEqual(sent(vector.read));
		const cleared = encodeCells({ codecs }, shape, { [field.id]: null });
		const patched = ask("PATCH", records, {
			records: [{ recordId: id, fields: cleared }],
			fieldKey: "id",
		});
		expect(patched.message).toBe("SUCCESS");
		expect(read(id, field)).toBeUndefined();
	});
});

describe("fields as the vendor tells them", () => {
	const property = (type: string, settings: unknown) =>
		fieldOf({ id: "fldA", name: "A", type, property: settings }, [
			{ id: "fldB", name: "b{c}", type: "Number" },
		]);

	test.each([
		["TwoWayLink", "link"],
		["MagicLink", "link"],
		["OneWayLink", "link"],
		["Cascader", "text"],
		["WorkDoc", "unknown"],
		["NotSupport", "unknown"],
		["SomethingNew", "unknown"],
	])("%s is %s", (wire, type) => {
		expect(property(wire, {}).type).toBe(type);
	});

	test("settings come in the words of create_field", () => {
		expect(
			property("TwoWayLink", {
				foreignDatasheetId: "dst1",
				brotherFieldId: "fld9",
				limitSingleRecord: true,
			}).settings,
		).toEqual({
			linkTable: "dst1",
			multiple: false,
			twoWay: true,
			reverseField: "fld9",
		});
		expect(
			property("OneWayLink", { foreignDatasheetId: "d" }).settings,
		).toEqual({ linkTable: "d" });
		expect(
			property("Currency", { symbol: "¥", precision: 2, defaultValue: "1.5" })
				.settings,
		).toEqual({ currency: "¥", format: "0.00", default: 1.5 });
		expect(property("Number", { precision: 0 }).settings).toEqual({
			format: "0",
		});
		expect(property("Rating", { icon: "star", max: 10 }).settings).toEqual({
			min: 1,
			max: 10,
		});
		expect(
			property("DateTime", { format: "YYYY-MM-DD HH:mm", includeTime: true })
				.settings,
		).toEqual({ format: "YYYY-MM-DD HH:mm", showsTime: true });
		expect(property("Member", { isMulti: false }).settings).toEqual({
			multiple: false,
		});
		expect(
			property("SingleSelect", {
				options: [{ id: "opt1", name: "x", color: { name: "red_0" } }],
			}).settings,
		).toEqual({ options: [{ id: "opt1", name: "x", color: "red_0" }] });
		expect(
			property("Formula", { expression: '{fldB}*2&"{fldB}"&{fldGone}' })
				.settings,
		).toEqual({ formula: '{b\\{c\\}}*2&"{fldB}"&{fldGone}' });
	});

	test("what a column computes is reported, and decoded so", () => {
		const context = { zone: "UTC" };
		const decode = (field: Field, wire: unknown) =>
			decodeRow({ codecs }, context, { id: "", cells: { fldA: wire } }, [field])
				.cells.fldA ?? null;
		const formula = (valueType: string) => property("Formula", { valueType });
		expect(decode(formula("Number"), 4)).toBe(4);
		expect(decode(formula("String"), "x")).toBe("x");
		expect(decode(formula("Boolean"), true)).toBe(true);
		expect(decode(formula("DateTime"), 86_400_000)).toBe(86_400_000);
		expect(decode(formula("Number"), { message: "#Error: NaN" })).toEqual({
			raw: { message: "#Error: NaN" },
		});
		const lookup = (rollupFunction: string, type: string, valueType?: string) =>
			property("MagicLookUp", {
				rollupFunction,
				valueType,
				entityField: { datasheetId: "d", field: { type } },
			});
		expect(decode(lookup("VALUES", "SingleSelect"), ["a", "b"])).toEqual([
			"a",
			"b",
		]);
		expect(
			decode(lookup("VALUES", "MultiSelect"), [["a", "b"], ["c"]]),
		).toEqual(["a", "b", "c"]);
		expect(
			decode(lookup("VALUES", "OneWayLink"), [["rec1"], ["rec2"]]),
		).toEqual([
			{ id: "rec1", text: null },
			{ id: "rec2", text: null },
		]);
		expect(decode(lookup("SUM", "Number", "Number"), 7)).toBe(7);
		expect(decode(lookup("VALUES", "Formula"), ["x"])).toEqual({ raw: ["x"] });
		expect(decode(property("WorkDoc", null), [{ title: "t" }])).toEqual({
			raw: [{ title: "t" }],
		});
		expect(
			decode(property("CreatedBy", null), { id: "u1", name: "Ann" }),
		).toEqual([{ id: "u1", name: "Ann" }]);
	});

	test("a column that this account may not edit says so", () => {
		expect(
			fieldOf({ id: "f", name: "n", type: "Number", editable: false }, [])
				.readOnly,
		).toContain("may not edit");
		expect(
			fieldOf({ id: "f", name: "n", type: "Formula", editable: false }, [])
				.readOnly,
		).toBeUndefined();
	});

	test("a shape that nobody has seen is shown raw, never guessed", () => {
		const context = { zone: "UTC" };
		for (const type of FIELD_TYPES) {
			const codec = codecs[type];
			if (!("decode" in codec) || type === "button" || type === "unknown")
				continue;
			const odd = { something: ["new"] };
			expect(
				(codec.decode as (...given: unknown[]) => unknown)(
					odd,
					fieldOf({ id: "f", name: "n", type: codec.wireTypes[0] }, []),
					context,
				),
				type,
			).toEqual({ raw: odd });
		}
	});
});

describe("people and files", () => {
	const field = fieldOf({ id: "f", name: "Owner", type: "Member" }, []);
	const codec = codecs.user as FieldCodec<"user">;

	test("are written by the id of a cell or of the contacts", () => {
		const people = [
			{ id: "1631185151234567001", name: null },
			{ id: "a".repeat(32), name: null },
		];
		expect(codec.encode?.(people, field, { zone: "UTC" })).toEqual([
			{ id: "1631185151234567001" },
			{ unitId: "a".repeat(32) },
		]);
	});

	test.each([
		["1631185151234567001", true],
		["abcdef0123456789abcdef0123456789", true],
		["Ann", false],
		["13800138000 x", false],
		["ann@example.com", false],
	])("%s is an id: %s", (text, yes) => {
		expect(codec.isId?.(text)).toBe(yes);
	});

	test("a file goes by token and name; a name that nobody knows is asked for", () => {
		const codec = attachmentCodec((token) =>
			token === "t1" ? "sent.txt" : undefined,
		);
		const file = (token: string | null, name: string) => ({
			token,
			name,
			size: null,
			type: null,
			url: null,
		});
		const column = fieldOf({ id: "f", name: "Files", type: "Attachment" }, []);
		const written = (...files: ReturnType<typeof file>[]) =>
			codec.encode?.(files, column, { zone: "UTC" });
		expect(written(file("t1", ""), file("t2", "own.txt"))).toEqual([
			{ token: "t1", name: "sent.txt" },
			{ token: "t2", name: "own.txt" },
		]);
		expect(() => written(file("t3", ""))).toThrow(
			/"Files": .*give \{token, name\}/,
		);
	});
});

const SETTINGS: { readonly [T in FieldType]?: FieldSettings } = {
	text: { default: "none" },
	number: { format: "0.000", default: 3 },
	currency: { currency: "EUR", format: "0.00" },
	percent: { format: "0.0" },
	rating: { min: 1, max: 7 },
	single_select: {
		options: [
			{ id: "", name: "a" },
			{ id: "", name: "b" },
		],
		default: "a",
	},
	multi_select: { options: [{ id: "", name: "x" }], default: ["x"] },
	date: { format: "yyyy/MM/dd hh:mm", autoFill: true },
	user: { multiple: false },
	formula: { formula: '{Title}&"!"' },
	created_time: { format: "YYYY-MM-DD HH:mm" },
};

describe("a new field", () => {
	const fake = createFusionFake({
		clock,
		switches: { callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const ask = asker(fake);
	const other = fake.addTable({
		name: "Other",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	const table = fake.addTable({
		name: "Table",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	const fields = () => {
		const all = ask("GET", `/datasheets/${table}/fields`).data?.fields ?? [];
		return all.map((field) => fieldOf(field, all));
	};
	const make = (spec: FieldSpec) =>
		ask(
			"POST",
			`/spaces/${fake.spaceId}/datasheets/${table}/fields`,
			newField(spec, fields()),
		);
	const creatable = FIELD_TYPES.filter((type) => {
		try {
			newField(
				{
					name: "x",
					type,
					settings: type === "formula" ? { formula: "1" } : {},
				},
				[],
			);
			return true;
		} catch (error) {
			if (error instanceof TablesError && error.code === "unsupported")
				return false;
			throw error;
		}
	});

	test("can be of these types", () => {
		expect(creatable).toMatchInlineSnapshot(`
			[
			  "text",
			  "long_text",
			  "email",
			  "phone",
			  "url",
			  "number",
			  "currency",
			  "percent",
			  "rating",
			  "checkbox",
			  "single_select",
			  "multi_select",
			  "date",
			  "user",
			  "link",
			  "attachment",
			  "formula",
			  "auto_number",
			  "created_time",
			  "updated_time",
			  "created_by",
			  "updated_by",
			  "button",
			]
		`);
	});

	test.each(creatable.filter((type) => type !== "link"))(
		"%s is made with its settings, and read back as asked",
		(type) => {
			const settings = SETTINGS[type] ?? {};
			for (const [name, given] of [
				[`a ${type}`, settings],
				[`bare ${type}`, type === "formula" ? settings : {}],
			] as const) {
				const made = make({ name, type, settings: given });
				expect(made.message).toBe("SUCCESS");
				const field = fields().find(({ id }) => id === made.data?.id);
				expect(field).toMatchObject({ name, type });
				const { options, default: _, ...rest } = given;
				expect(field?.settings).toMatchObject(
					type === "currency" && given.currency !== undefined
						? { ...rest, currency: "€" }
						: "format" in rest && type !== "number" && type !== "percent"
							? {
									showsTime: true,
									format: rest.format?.replace(/y/g, "Y").replace(/d/g, "D"),
								}
							: rest,
				);
				if (options !== undefined)
					expect(field?.settings.options?.map((option) => option.name)).toEqual(
						options.map((option) => option.name),
					);
			}
			const stored = fake
				.fields(table)
				.find(({ name }) => name === `a ${type}`);
			if (settings.default !== undefined)
				expect(stored?.settings.defaultValue).toEqual(
					typeof settings.default === "number"
						? String(settings.default)
						: settings.default,
				);
		},
	);

	test("a link points one way, or both", () => {
		for (const twoWay of [false, true]) {
			const made = make({
				name: `link ${twoWay}`,
				type: "link",
				settings: { linkTable: other, twoWay, multiple: false },
			});
			expect(made.message).toBe("SUCCESS");
			expect(
				fields().find(({ id }) => id === made.data?.id)?.settings,
			).toMatchObject({ linkTable: other, multiple: false });
		}
		expect(fake.fields(other).map(({ type }) => type)).toEqual([
			"SingleText",
			"TwoWayLink",
		]);
	});

	test("a formula names fields by name, and keeps texts as they are", () => {
		const body = newField(
			{
				name: "f",
				type: "formula",
				settings: { formula: 'IF({Title}="{Title}",{Title},"no")' },
			},
			fields(),
		);
		const id = fields()[0]?.id;
		expect(body).toMatchObject({
			property: { expression: `IF({${id}}="{Title}",{${id}},"no")` },
		});
		expect(() =>
			newField(
				{ name: "f", type: "formula", settings: { formula: "{Nope}+{Titel}" } },
				fields(),
			),
		).toThrow(/"f" names \{Nope\}, \{Titel\}, which the table does not have/);
	});

	test.each(FIELD_TYPES.filter((type) => !creatable.includes(type)))(
		"%s is refused with the reason",
		(type) => {
			expect(() => newField({ name: "x", type, settings: {} }, [])).toThrow(
				new RegExp(`"x" cannot be made as ${type}: .{15,}`),
			);
		},
	);

	test.each([
		["description", { description: "why" }, {}],
		["number_pattern", {}, { numberPattern: "A-{0000}" }],
		["reverse_name", {}, { reverseName: "back" }],
		["min", {}, { min: 0 }],
	] as const)(
		"%s cannot be set, and is not dropped",
		(name, more, settings) => {
			expect(() =>
				newField({ name: "x", type: "number", ...more, settings }, []),
			).toThrow(`this API cannot set \`${name}\` of a field`);
		},
	);

	test("a format that the product lacks is refused with those that it has", () => {
		for (const format of ["MMM d", "YYYY-MM-DD HH:mm:ss", "dd.mm.yyyy"])
			expect(() =>
				newField({ name: "d", type: "date", settings: { format } }, []),
			).toThrow(`the format "${format}" is not one that this product has`);
	});

	test("any name goes through as it is", () => {
		fc.assert(
			fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (name) => {
				expect(newField({ name, type: "text", settings: {} }, []).name).toBe(
					name,
				);
			}),
			{ numRuns: 50 },
		);
	});
});
