import { describe, expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { calling, fileCall, ORIGIN } from "./calling.js";
import {
	createDingtalkFake,
	type DingtalkSwitches,
	type SeedField,
} from "./index.js";

const INVALID = "invalidRequest.inputArgs.invalid";
const NO_RESOURCE = "invalidRequest.resource.notFound";
const refusal = (status: number, code: string) => ({ status, body: { code } });

function setup(
	switches: Partial<DingtalkSwitches> = {},
	fields: readonly SeedField[] = [{ name: "T", type: "text" }],
) {
	const clock = virtualClock();
	const fake = createDingtalkFake({
		clock,
		switches: { callsPerSecond: Number.POSITIVE_INFINITY, ...switches },
	});
	const base = fake.addBase({ name: "Base" });
	fake.addSheet(base, { name: "S", fields });
	const path = `/v1.0/notable/bases/${base}`;
	const call = calling(fake);
	const records = `${path}/sheets/S/records`;
	return {
		clock,
		fake,
		base,
		path,
		call,
		records,
		insert: (...rows: Record<string, unknown>[]) =>
			call("POST", records, {
				body: { records: rows.map((fields) => ({ fields })) },
			}),
		list: (body: object = {}) => call("POST", `${records}/list`, { body }),
		stored: () => fake.rows(base, "S").map(({ fields }) => fields),
	};
}

describe("sheets", () => {
	test("ids, names and their rules", () => {
		const { path, call, fake, base } = setup();
		const sheets = `${path}/sheets`;
		const made = call("POST", sheets, { body: { name: "新表 1/2" } });
		expect(made).toEqual({
			status: 200,
			body: { id: expect.stringMatching(/^[A-Za-z0-9]{7}$/), name: "新表 1/2" },
		});
		const encoded = `${sheets}/${encodeURIComponent("新表 1/2")}`;
		expect(call("GET", encoded)).toEqual(made);
		expect(call("GET", `${sheets}/${made.body.id}`)).toEqual(made);
		expect(fake.fields(base, "新表 1/2")).toMatchObject([{ type: "text" }]);
		expect(call("PUT", encoded, { body: { name: "B" } }).body.name).toBe("B");
		expect(call("PUT", `${sheets}/B`, { body: {} })).toMatchObject(
			refusal(400, "Missingname"),
		);
		expect(call("DELETE", `${sheets}/B`).body).toEqual({ success: true });
		expect(call("GET", `${sheets}/B`)).toMatchObject(refusal(404, NO_RESOURCE));
		expect(call("DELETE", `${sheets}/S`)).toMatchObject(refusal(400, INVALID));
		fake.set({ refusedDeletion: "forbidden.operationIllegal" });
		expect(call("DELETE", `${sheets}/S`)).toMatchObject(
			refusal(403, "forbidden.operationIllegal"),
		);
		fake.set({ encodedSlash: "separator" });
		expect(call("GET", encoded)).toMatchObject(
			refusal(404, "InvalidAction.NotFound"),
		);
	});

	test.each([
		["number", 200, "S 1"],
		["reject", 400, undefined],
		["allow", 200, "S"],
	] as const)("duplicateSheetName %s", (duplicateSheetName, status, name) => {
		const { path, call } = setup({ duplicateSheetName });
		const made = call("POST", `${path}/sheets`, { body: { name: "S" } });
		expect([made.status, made.body.name]).toEqual([status, name]);
	});

	test("a sheet with a bad field leaves nothing behind", () => {
		const { path, call, fake, base } = setup();
		const bad = {
			name: "Bad",
			fields: [
				{ name: "T", type: "text" },
				{ name: "X", type: "Text" },
			],
		};
		expect(call("POST", `${path}/sheets`, { body: bad })).toMatchObject(
			refusal(400, INVALID),
		);
		const primary = { fields: [{ name: "A", type: "attachment" }] };
		expect(call("POST", `${path}/sheets`, { body: primary })).toMatchObject(
			refusal(400, INVALID),
		);
		expect(fake.sheets(base)).toHaveLength(1);
	});

	test("defaultPrimary, newSheetRows, sheetsPerBase, resolveFirst", () => {
		const { path, call, fake, base } = setup({
			defaultPrimary: false,
			newSheetRows: 3,
			sheetsPerBase: 2,
		});
		const made = call("POST", `${path}/sheets`, { body: {} });
		expect(made.body.name).toBe("Sheet");
		expect(fake.fields(base, "Sheet")).toEqual([]);
		expect(fake.rows(base, "Sheet")).toHaveLength(3);
		expect(call("POST", `${path}/sheets`, { body: {} })).toMatchObject(
			refusal(400, INVALID),
		);
		const [first] = fake.sheets(base);
		call("PUT", `${path}/sheets/Sheet`, { body: { name: first?.id } });
		const byId = call("GET", `${path}/sheets/${first?.id}`);
		fake.set({ resolveFirst: "name" });
		const byName = call("GET", `${path}/sheets/${first?.id}`);
		expect([byId.body.id, byName.body.id]).toEqual([first?.id, made.body.id]);
	});
});

describe("fields", () => {
	const field = (call: ReturnType<typeof setup>["call"], path: string) => ({
		create: (body: object) => call("POST", `${path}/sheets/S/fields`, { body }),
		update: (name: string, body: object) =>
			call("PUT", `${path}/sheets/S/fields/${encodeURIComponent(name)}`, {
				body,
			}),
		remove: (name: string) =>
			call("DELETE", `${path}/sheets/S/fields/${encodeURIComponent(name)}`),
	});

	test.each([
		["number", {}, { formatter: "INT" }],
		["number", { formatter: "PERCENT_FLOAT" }, { formatter: "PERCENT_FLOAT" }],
		["currency", {}, { currencyType: "CNY", formatter: "FLOAT_2" }],
		[
			"currency",
			{ currencyType: "EUR", formatter: "INT" },
			{ currencyType: "EUR", formatter: "INT" },
		],
		[
			"date",
			{ formatter: "YYYY/MM/DD HH:mm" },
			{ formatter: "YYYY/MM/DD HH:mm" },
		],
		["user", {}, { multiple: true }],
		["department", { multiple: false }, { multiple: false }],
		[
			"singleSelect",
			{ choices: [{ name: "A" }] },
			{ choices: [{ id: expect.any(String), name: "A" }] },
		],
		["rating", { max: 10 }, { min: 1, max: 10 }],
	])("%s with %j", (type, property, effective) => {
		const { call, path } = setup();
		expect(
			field(call, path).create({ name: "F", type, property }).body,
		).toEqual({ id: expect.any(String), name: "F", type, property: effective });
	});

	test.each([
		["number", { formatter: "PRESENT" }],
		["currency", { currencyType: "XXX" }],
		["date", { formatter: "DD.MM.YYYY" }],
		["singleSelect", { choices: [{ name: "A" }, { name: "A" }] }],
		["singleSelect", { choices: ["A"] }],
		["user", { multiple: "yes" }],
		["unidirectionalLink", { linkedSheetId: "none" }],
		["bidirectionalLink", { linkedFieldId: "x" }],
		["text ", {}],
	])("%s refuses %j", (type, property) => {
		const { call, path, fake, base } = setup();
		expect(
			field(call, path).create({ name: "F", type, property }),
		).toMatchObject(refusal(400, INVALID));
		expect(fake.fields(base, "S")).toHaveLength(1);
	});

	test("names, the primary field, types that stay", () => {
		const { call, path, fake, base } = setup();
		const api = field(call, path);
		expect(api.create({ name: "T", type: "text" })).toMatchObject(
			refusal(400, INVALID),
		);
		expect(api.create({ name: "F" })).toMatchObject(
			refusal(400, "Missingtype"),
		);
		api.create({ name: "F", type: "text" });
		expect(api.update("F", { type: "number", name: "G" }).body).toEqual({
			id: fake.fields(base, "S")[1]?.id,
		});
		expect(fake.fields(base, "S")[1]).toMatchObject({
			name: "G",
			type: "text",
		});
		expect(api.update("G", {})).toMatchObject(refusal(400, "Missingname"));
		expect(api.update("G", { name: "T" })).toMatchObject(refusal(400, INVALID));
		expect(api.update("none", { name: "T" })).toMatchObject(
			refusal(404, NO_RESOURCE),
		);
		fake.set({ typeInUpdate: "reject", duplicateFieldName: "number" });
		expect(api.update("G", { name: "G", type: "text" })).toMatchObject(
			refusal(400, INVALID),
		);
		api.update("G", { name: "T" });
		expect(fake.fields(base, "S")[1]?.name).toBe("T 1");
		expect(api.remove("T")).toMatchObject(refusal(400, INVALID));
		expect(api.remove("T 1").body).toEqual({ success: true });
		fake.set({ fieldsPerSheet: 1 });
		expect(api.create({ name: "F", type: "text" })).toMatchObject(
			refusal(400, INVALID),
		);
	});

	test.each([
		["replace", ["B", "C"], [undefined, { id: expect.any(String), name: "B" }]],
		[
			"replace-by-name",
			["B", "C", "A"],
			[
				{ id: expect.any(String), name: "A" },
				{ id: expect.any(String), name: "B" },
			],
		],
		[
			"merge",
			["A", "B", "C"],
			[
				{ id: expect.any(String), name: "A" },
				{ id: expect.any(String), name: "B" },
			],
		],
	] as const)("choices of an update: %s", (choicesUpdate, names, cells) => {
		const { call, path, fake, base, stored } = setup({ choicesUpdate }, [
			{ name: "T", type: "text" },
			{
				name: "C",
				type: "singleSelect",
				property: { choices: [{ name: "A" }, { name: "B" }] },
			},
		]);
		fake.addRecords(base, "S", [{ C: "A" }, { C: "B" }]);
		const choices = fake.fields(base, "S")[1]?.property?.choices ?? [];
		const kept = { id: choices[1]?.id, name: "B" };
		field(call, path).update("C", {
			name: "C",
			property: {
				choices: [
					kept,
					{ name: "C" },
					...(choicesUpdate === "replace-by-name" ? [{ name: "A" }] : []),
				],
			},
		});
		const after = fake.fields(base, "S")[1]?.property?.choices ?? [];
		expect(after.map(({ name }) => name)).toEqual(names);
		expect(stored().map(({ C }) => C)).toEqual(cells);
	});

	test("choices without ids on read", () => {
		const { call, path } = setup({ choiceIds: false }, [
			{
				name: "C",
				type: "singleSelect",
				property: { choices: [{ name: "A" }] },
			},
		]);
		expect(
			call("GET", `${path}/sheets/S/fields`).body.value[0].property,
		).toEqual({ choices: [{ name: "A" }] });
	});

	test("undocumented types", () => {
		const { call, path, fake, base } = setup({}, [
			{ name: "T", type: "text" },
			{ name: "AI", type: "aiSummary", property: { decorator: "ai-agent" } },
		]);
		expect(call("GET", `${path}/sheets/S/fields`).body.value[1]).toMatchObject({
			type: "aiSummary",
			property: { decorator: "ai-agent" },
		});
		fake.set({ undocumentedTypes: "reject" });
		expect(
			field(call, path).create({ name: "C", type: "checkbox" }),
		).toMatchObject(refusal(400, INVALID));
		expect(fake.fields(base, "S")).toHaveLength(2);
	});

	test("primaryTypes and numberFormatter", () => {
		const { call, path, fake, base } = setup({
			primaryTypes: ["number"],
			numberFormatter: "FLOAT_2",
		});
		const sheet = (type: string) =>
			call("POST", `${path}/sheets`, {
				body: { name: "New", fields: [{ name: "A", type }] },
			});
		expect(sheet("text")).toMatchObject(refusal(400, INVALID));
		expect(sheet("number").status).toBe(200);
		expect(fake.fields(base, "New")).toMatchObject([
			{ property: { formatter: "FLOAT_2" } },
		]);
	});

	test("a two-way link without mirror", () => {
		const { fake, base, insert } = setup({ mirrorLinks: false });
		const other = fake.addSheet(base, {
			name: "O",
			fields: [{ name: "Name", type: "text" }],
		});
		const [goal = ""] = fake.addRecords(base, "O", [{ Name: "grow" }]);
		fake.addField(base, "S", {
			name: "Goal",
			type: "bidirectionalLink",
			property: { linkedSheetId: other },
		});
		insert({ Goal: { linkedRecordIds: [goal] } });
		expect(fake.rows(base, "O")[0]?.fields).toEqual({ Name: "grow" });
	});

	test("a two-way link has another side; both go together", () => {
		const { call, path, fake, base } = setup();
		const other = fake.addSheet(base, {
			name: "O",
			fields: [{ name: "Name", type: "text" }],
		});
		const [goal = ""] = fake.addRecords(base, "O", [{ Name: "grow" }]);
		const [row = "", more = ""] = fake.addRecords(base, "S", [{}, {}]);
		field(call, path).create({
			name: "Goal",
			type: "bidirectionalLink",
			property: { linkedSheetId: other },
		});
		const [link] = fake.fields(base, "S").slice(-1);
		const [back] = fake.fields(base, "O").slice(-1);
		expect(link?.property?.linkedFieldId).toBe(back?.id);
		expect(back).toMatchObject({
			name: "S",
			type: "bidirectionalLink",
			property: { multiple: true, linkedFieldId: link?.id },
		});
		const update = (id: string, linkedRecordIds: string[]) =>
			call("PUT", `${path}/sheets/S/records`, {
				body: { records: [{ id, fields: { Goal: { linkedRecordIds } } }] },
			});
		const links = () => fake.rows(base, "O")[0]?.fields.S;
		update(row, [goal]);
		update(more, [goal]);
		expect(links()).toEqual({ linkedRecordIds: [row, more] });
		update(row, []);
		expect(links()).toEqual({ linkedRecordIds: [more] });
		fake.removeRecords(base, "S", [more]);
		expect(links()).toBeUndefined();
		expect(update(row, ["none"])).toMatchObject(refusal(400, INVALID));
		field(call, path).remove("Goal");
		expect(fake.fields(base, "O")).toHaveLength(1);
		fake.set({ reverseField: false });
		field(call, path).create({
			name: "Alone",
			type: "bidirectionalLink",
			property: { linkedSheetId: other },
		});
		expect(fake.fields(base, "O")).toHaveLength(1);
	});
});

describe("values", () => {
	const typed = (type: string, property?: unknown): SeedField => ({
		name: "V",
		type,
		...(property === undefined ? {} : { property }),
	});
	const choices = { choices: [{ name: "A" }, { name: "B" }] };

	test.each([
		["text", "abc", "abc"],
		["number", 123, "123"],
		["number", "1.5", "1.5"],
		["number", " +01.50 ", "1.5"],
		["number", 1e21, "1000000000000000000000"],
		["number", "9007199254740993", "9007199254740993"],
		["currency", 0.1, "0.1"],
		["date", 1_688_601_600_000, 1_688_601_600_000],
		["date", "2023-12-20 03:00", Date.UTC(2023, 11, 19, 19)],
		["date", "2023/12/20", Date.UTC(2023, 11, 19, 16)],
		["date", "2023-12-20T03:00:00+01:00", Date.UTC(2023, 11, 20, 2)],
		[
			"url",
			{ text: "DingTalk", link: "https://dingtalk.com" },
			{ text: "DingTalk", link: "https://dingtalk.com" },
		],
		["checkbox", true, true],
		["checkbox", false, false],
		["progress", 0.5, 0.5],
		["rating", 5, 5],
		["telephone", "138", "138"],
		["richText", { markdown: "# a" }, { markdown: "# a" }],
		["group", [{ cid: "c" }], [{ cid: "c" }]],
	])("%s %j", (type, value, shown) => {
		const { insert, list } = setup({}, [
			{ name: "T", type: "text" },
			typed(type),
		]);
		expect(insert({ V: value }).status).toBe(200);
		expect(list().body.records[0].fields).toEqual({ V: shown });
	});

	test.each([
		["text", 1],
		["text", ["a"]],
		["number", "12 km"],
		["number", true],
		["date", "tomorrow"],
		["date", "2023-02-31"],
		["date", 1.5],
		["singleSelect", ["A"]],
		["singleSelect", { name: "A" }],
		["multipleSelect", "A"],
		["user", [{ unionId: "none" }]],
		["user", "none"],
		["department", [{ deptId: "99" }]],
		["url", "https://dingtalk.com"],
		["url", { text: "x" }],
		["attachment", [{ filename: "a", size: 1, type: "txt", url: "https://x" }]],
		["checkbox", "true"],
		["progress", 2],
		["rating", 6],
		["richText", "plain"],
		["geolocation", { address: "x" }],
		["createdTime", 1],
		["formula", "1"],
		["aiSummary", "x"],
	])("%s refuses %j", (type, value) => {
		const { insert, stored } = setup({}, [
			{ name: "T", type: "text" },
			typed(type),
		]);
		expect(insert({ T: "good" }, { V: value })).toMatchObject({
			status: 400,
			body: { code: INVALID, message: expect.stringContaining("'V'") },
		});
		expect(stored()).toEqual([]);
	});

	test("selects are names on write, options on read; unknown ones are made", () => {
		const { fake, base, insert, list } = setup({}, [
			typed("singleSelect", choices),
			{ name: "M", type: "multipleSelect", property: choices },
		]);
		const option = (name: string) => ({ id: expect.any(String), name });
		const [a] = fake.fields(base, "S")[0]?.property?.choices ?? [];
		insert({ V: "A", M: ["A", "new", "A"] }, { V: a?.id }, { V: "", M: [] });
		expect(list().body.records).toMatchObject([
			{ fields: { V: option("A"), M: [option("A"), option("new")] } },
			{ fields: { V: option("A") } },
			{ fields: {} },
		]);
		expect(fake.fields(base, "S")[1]?.property?.choices).toHaveLength(3);
		fake.set({ unknownOption: "ignore", writeByOptionId: false });
		insert({ V: a?.id });
		expect(list().body.records[3].fields).toEqual({});
		fake.set({ unknownOption: "reject" });
		expect(insert({ V: "other" })).toMatchObject(refusal(400, INVALID));
	});

	test("a batch that is refused makes no options", () => {
		const { fake, base, insert } = setup({}, [
			typed("singleSelect", choices),
			{ name: "N", type: "number" },
		]);
		expect(insert({ V: "new" }, { N: "x" }).status).toBe(400);
		expect(fake.fields(base, "S")[0]?.property?.choices).toHaveLength(2);
	});

	test("people and departments", () => {
		const { fake, insert, list } = setup({}, [
			{ name: "T", type: "text" },
			typed("user"),
			{ name: "D", type: "department", property: { multiple: false } },
		]);
		const { unionId, userId } = fake.addUser({ name: "Ann" });
		insert(
			{ V: [{ unionId }], D: [{ deptId: "1" }] },
			{ V: [{ staffId: userId }] },
		);
		expect(list().body.records).toMatchObject([
			{ fields: { V: [{ unionId }], D: [{ deptId: "1" }] } },
			{ fields: { V: [{ unionId }] } },
		]);
		const id = fake.addDepartment({ name: "Two" });
		expect(
			insert({ D: [{ deptId: "1" }, { deptId: String(id) }] }),
		).toMatchObject(refusal(400, INVALID));
		fake.set({ userKeys: ["unionId"] });
		expect(insert({ V: [{ staffId: userId }] })).toMatchObject(
			refusal(400, INVALID),
		);
	});

	test("automatic columns", () => {
		const { clock, fake, base, call, records, list } = setup({}, [
			{ name: "T", type: "text" },
			{ name: "C", type: "createdTime" },
			{ name: "M", type: "lastModifiedTime" },
			{ name: "By", type: "creator" },
			{ name: "Sum", type: "formula" },
		]);
		const [id] = fake.addRecords(base, "S", [{ T: "a", Sum: "raw" }]);
		const made = clock.now();
		clock.advance(1000);
		call("PUT", records, { body: { records: [{ id, fields: { T: "b" } }] } });
		const unionId = fake.operatorId;
		expect(list().body.records).toEqual([
			{
				id,
				fields: {
					T: "b",
					C: made,
					M: made + 1000,
					By: [{ unionId }],
					Sum: "raw",
				},
				createdBy: { unionId },
				createdTime: made,
				lastModifiedBy: { unionId },
				lastModifiedTime: made + 1000,
			},
		]);
		fake.set({ calcFields: "hide", personCell: "object" });
		expect(list().body.records[0].fields).toEqual({ T: "b" });
		expect(list({ calcFields: true }).body.records[0].fields).toMatchObject({
			Sum: "raw",
			By: { unionId },
		});
	});

	test.each([
		[{ numbersAs: "number" }, { N: 5 }, 200, { N: 5 }],
		[{ emptyCells: "null" }, { N: 5 }, 200, { T: null, N: "5" }],
		[{ nullValue: "reject" }, { N: null }, 400, undefined],
		[{ nullValue: "ignore" }, { N: null }, 200, {}],
		[{ unknownField: "ignore" }, { N: 1, X: 1 }, 200, { N: "1" }],
		[{ unknownField: "reject" }, { N: 1, X: 1 }, 400, undefined],
		[{ unknownField: "internalError" }, { X: 1 }, 500, undefined],
		[{ wrongValue: "internalError" }, { N: "x" }, 500, undefined],
		[{ writeByFieldId: false, unknownField: "ignore" }, { fldN: 1 }, 200, {}],
		[{}, { fldN: 1 }, 200, { N: "1" }],
		[{ readOnlyField: "ignore" }, { N: 1, F: 1 }, 200, { N: "1" }],
		[{ undocumentedWrites: "ignore" }, { C: true }, 200, {}],
		[{ undocumentedWrites: "reject" }, { C: true }, 400, undefined],
		[{ richTextString: "accept" }, { R: "a" }, 200, { R: { markdown: "a" } }],
		[{ dateText: "reject" }, { D: "2026-01-01" }, 400, undefined],
		[
			{ dateTextZone: 0 },
			{ D: "2026-01-01" },
			200,
			{ D: Date.UTC(2026, 0, 1) },
		],
	] as const)("%j: writing %j", (switches, fields, status, stored) => {
		const at = setup(switches as Partial<DingtalkSwitches>, [
			{ name: "T", type: "text" },
			{ name: "N", type: "number", id: "fldN" },
		]);
		for (const [name, type] of [
			["F", "formula"],
			["C", "checkbox"],
			["R", "richText"],
			["D", "date"],
		] as const)
			if (name in fields) at.fake.addField(at.base, "S", { name, type });
		expect(at.insert(fields).status).toBe(status);
		expect(at.stored()).toEqual(stored === undefined ? [] : [stored]);
	});

	test("null clears in an update, other cells stay", () => {
		const { fake, base, call, records, stored } = setup({}, [
			{ name: "T", type: "text" },
			{ name: "N", type: "number" },
		]);
		const [id] = fake.addRecords(base, "S", [{ T: "a", N: 1 }]);
		call("PUT", records, { body: { records: [{ id, fields: { N: null } }] } });
		expect(stored()).toEqual([{ T: "a" }]);
		fake.set({ nullValue: "ignore" });
		call("PUT", records, { body: { records: [{ id, fields: { T: null } }] } });
		expect(stored()).toEqual([{ T: "a" }]);
	});
});

describe("records", () => {
	const many = (count: number) =>
		Array.from({ length: count }, (_, index) => ({ T: `row ${index}` }));

	test("insert answers ids in order; get, update, delete", () => {
		const { call, records, insert, fake, base, stored } = setup();
		const ids = insert(...many(3)).body.value.map(
			({ id }: { id: string }) => id,
		);
		expect(ids).toEqual(fake.rows(base, "S").map(({ id }) => id));
		expect(ids[0]).toMatch(/^[A-Za-z0-9]{10}$/);
		expect(call("GET", `${records}/${ids[1]}`).body).toMatchObject({
			id: ids[1],
			fields: { T: "row 1" },
		});
		expect(call("GET", `${records}/list`)).toMatchObject(
			refusal(404, NO_RESOURCE),
		);
		const update = (id: string) => ({
			body: {
				records: [
					{ id: ids[0], fields: { T: "x" } },
					{ id, fields: {} },
				],
			},
		});
		expect(call("PUT", records, update("none"))).toMatchObject(
			refusal(404, NO_RESOURCE),
		);
		expect(stored()[0]).toEqual({ T: "row 0" });
		expect(call("PUT", records, update(ids[1])).body.value).toEqual([
			{ id: ids[0] },
			{ id: ids[1] },
		]);
		const remove = (...recordIds: string[]) =>
			call("POST", `${records}/delete`, { body: { recordIds } });
		expect(remove(ids[0], "none")).toMatchObject(refusal(404, NO_RESOURCE));
		expect(stored()).toHaveLength(3);
		expect(remove(ids[0], ids[2]).body).toEqual({ success: true });
		expect(stored()).toEqual([{ T: "row 1" }]);
		fake.set({ deleteUnknownRecord: "ignore", updateUnknownRecord: "skip" });
		expect(remove("none", ids[1]).body).toEqual({ success: true });
		expect(call("PUT", records, update("none")).body.value).toEqual([]);
	});

	test("batches: 100 at most, none empty", () => {
		const { call, records, insert, fake, stored } = setup();
		expect(insert(...many(101))).toMatchObject(refusal(400, INVALID));
		expect(insert(...many(100)).status).toBe(200);
		fake.set({ tooManyRecords: "invalidRequest.inputArgs.overLimit" });
		expect(insert(...many(101))).toMatchObject(
			refusal(400, "invalidRequest.inputArgs.overLimit"),
		);
		expect(insert()).toMatchObject(refusal(400, INVALID));
		for (const [method, path, body] of [
			["PUT", records, { records: [] }],
			["POST", `${records}/delete`, { recordIds: [] }],
		] as const)
			expect(call(method, path, { body })).toMatchObject(refusal(400, INVALID));
		fake.set({ emptyBatch: "accept", recordsPerSheet: 100 });
		expect(insert().body).toEqual({ value: [] });
		expect(insert(...many(1))).toMatchObject(refusal(400, INVALID));
		expect(stored()).toHaveLength(100);
		fake.set({ missingArgument: "invalidRequest.inputArgs.invalid" });
		expect(call("POST", records, { body: {} })).toMatchObject(
			refusal(400, INVALID),
		);
	});

	test("a body that is not a JSON object", () => {
		const { fake, records } = setup();
		for (const body of ["{", "[]", "null", "{'records':[]}"]) {
			const answer = fake.handle({
				method: "POST",
				origin: ORIGIN,
				path: records,
				query: `operatorId=${fake.operatorId}`,
				headers: { "x-acs-dingtalk-access-token": fake.token() },
				body: Buffer.from(body),
			});
			expect(JSON.parse(String(answer.body)).code).toBe(INVALID);
		}
	});

	test("insertAtomicity partial, insertedOrder reversed", () => {
		const { insert, stored, fake, base } = setup({
			insertAtomicity: "partial",
			insertedOrder: "reversed",
		});
		const answer = insert({ T: "a" }, { T: 1 }, { T: "b" });
		expect(stored()).toEqual([{ T: "a" }, { T: "b" }]);
		const ids = fake.rows(base, "S").map(({ id }) => ({ id }));
		expect(answer.body.value).toEqual(ids.reverse());
		expect(insert({ T: 1 })).toMatchObject(refusal(400, INVALID));
	});

	test("pages: 100 at most, an empty token at both ends", () => {
		const { fake, base, call, records, list } = setup();
		const ids = fake.addRecords(base, "S", many(250));
		const seen: string[] = [];
		const sizes: number[] = [];
		let nextToken = "";
		do {
			const { body } = list({ nextToken });
			seen.push(...body.records.map(({ id }: { id: string }) => id));
			sizes.push(body.records.length);
			nextToken = body.nextToken;
			expect(body.hasMore).toBe(nextToken !== "");
		} while (nextToken !== "");
		expect(seen).toEqual(ids);
		expect(sizes).toEqual([100, 100, 50]);
		for (const maxResults of [0, 101, 1.5, "x"])
			expect(list({ maxResults })).toMatchObject(refusal(400, INVALID));
		expect(list({ nextToken: "made up" })).toMatchObject(refusal(400, INVALID));
		const get = call("GET", records, { query: { maxResults: "2" } });
		expect(get.body).toMatchObject({ hasMore: true, records: [{}, {}] });
		expect(
			call("GET", records, { query: { nextToken: get.body.nextToken } }).body
				.records[0].id,
		).toBe(ids[2]);
		expect(
			call("GET", records, { query: { maxResults: "101" } }),
		).toMatchObject(refusal(400, INVALID));
		fake.set({ maxResultsOutOfRange: "clamp", pageRows: 7 });
		expect(list({ maxResults: 0 }).body.records).toHaveLength(1);
		expect(list({ maxResults: 500 }).body.records).toHaveLength(7);
	});

	test.each([
		["anchor", ["row 2", "row 3"]],
		["offset", ["row 3", "row 4"]],
	] as const)("pages while rows go: %s", (pagePosition, expected) => {
		const { fake, base, list } = setup({ pagePosition });
		const ids = fake.addRecords(base, "S", many(6));
		const { nextToken } = list({ maxResults: 2 }).body;
		fake.removeRecords(base, "S", ids.slice(0, 1));
		const rows = list({ maxResults: 2, nextToken }).body.records;
		expect(
			rows.map(({ fields }: { fields: { T: string } }) => fields.T),
		).toEqual(expected);
	});

	test("newest first, page tokens that expire", () => {
		const { clock, fake, base, list } = setup({
			rowOrder: "newest-first",
			pageTokenLifetimeMs: 1000,
		});
		fake.addRecords(base, "S", many(5));
		const first = list({ maxResults: 2 }).body;
		expect(first.records).toMatchObject([
			{ fields: { T: "row 4" } },
			{ fields: { T: "row 3" } },
		]);
		const next = { maxResults: 2, nextToken: first.nextToken };
		expect(list(next).body.records[0].fields.T).toBe("row 2");
		clock.advance(1000);
		expect(list(next)).toMatchObject(refusal(400, INVALID));
	});

	test("fieldIdOrNames and dataNotReady", () => {
		const { clock, fake, base, list, call, records } = setup({}, [
			{ name: "T", type: "text", id: "fldT" },
			{ name: "N", type: "number" },
		]);
		fake.addRecords(base, "S", [{ T: "a", N: 1 }]);
		expect(list({ fieldIdOrNames: ["fldT"] }).body.records[0].fields).toEqual({
			T: "a",
		});
		const unknown = { fieldIdOrNames: ["N", "X"] };
		expect(list(unknown)).toMatchObject(refusal(404, NO_RESOURCE));
		fake.set({ unknownListField: "ignore" });
		expect(list(unknown).body.records[0].fields).toEqual({ N: "1" });
		expect(
			list({ fieldIdOrNames: Array.from({ length: 101 }, () => "N") }),
		).toMatchObject(refusal(400, INVALID));
		fake.setBase(base, { listNotReadyMs: 1000 });
		expect(list()).toMatchObject(refusal(400, "invalidRequest.dataNotReady"));
		expect(call("GET", records).status).toBe(200);
		clock.advance(1000);
		expect(list().status).toBe(200);
	});

	test("truncate, and 404 without it", () => {
		const { fake, base, call, records, stored } = setup();
		fake.addRecords(base, "S", many(5));
		fake.set({ truncate: false });
		expect(call("POST", `${records}/truncate`)).toMatchObject(
			refusal(404, "InvalidAction.NotFound"),
		);
		fake.set({ truncate: true });
		expect(call("POST", `${records}/truncate`).body).toEqual({ success: true });
		expect(stored()).toEqual([]);
	});
});

describe("client tokens", () => {
	const ONE = "550e8400-e29b-41d4-a716-446655440000";
	const CONFLICT = refusal(409, "invalidRequest.duplicateClientToken");
	const inserting = (at: ReturnType<typeof setup>) => ({
		send: (
			clientToken: string,
			fields: object = { T: "a" },
			path = at.records,
		) =>
			at.call("POST", path, {
				query: { clientToken },
				body: { records: [{ fields }] },
			}),
	});

	test("a repeat is a conflict until the memory ends; an empty token is none", () => {
		const at = setup();
		const { send } = inserting(at);
		expect(send(ONE).status).toBe(200);
		expect(send(ONE, { T: "other" })).toMatchObject(CONFLICT);
		expect([send("").status, send("").status]).toEqual([200, 200]);
		at.clock.advance(86_399_999);
		expect(send(ONE)).toMatchObject(CONFLICT);
		at.clock.advance(1);
		expect(send(ONE).status).toBe(200);
		at.fake.set({ tokenRetentionMs: 1000 });
		at.clock.advance(1000);
		expect(send(ONE).status).toBe(200);
		expect(at.stored()).toHaveLength(5);
		expect(send("not-a-uuid")).toMatchObject(refusal(400, INVALID));
		at.fake.set({ tokenFormat: "any" });
		expect(send("not-a-uuid").status).toBe(200);
	});

	test("a refused request leaves its token free, or not", () => {
		const at = setup();
		const { send } = inserting(at);
		expect(send(ONE, { T: 1 }).status).toBe(400);
		expect(send(ONE).status).toBe(200);
		at.fake.set({ tokenKeptOnFailure: true });
		const other = "550e8400-e29b-41d4-a716-446655440001";
		expect(send(other, { T: 1 }).status).toBe(400);
		expect(send(other)).toMatchObject(CONFLICT);
	});

	test("replay answers the first ids", () => {
		const at = setup({ repeatedToken: "replay" });
		const { send } = inserting(at);
		expect(send(ONE).body).toEqual(send(ONE).body);
		expect(at.stored()).toHaveLength(1);
	});

	test.each([
		["base", 200, 409],
		["app", 409, 409],
		["operator", 200, 200],
	] as const)("scope %s", (tokenScope, otherBase, otherOperator) => {
		const at = setup({ tokenScope });
		const { send } = inserting(at);
		const second = at.fake.addBase({ name: "Other" });
		at.fake.addSheet(second, {
			name: "S",
			fields: [{ name: "T", type: "text" }],
		});
		const guest = at.fake.addUser({ name: "Guest" }).unionId;
		at.fake.setAccess(at.base, guest, "edit");
		send(ONE);
		const path = at.records.replace(at.base, second);
		expect(send(ONE, { T: "a" }, path).status).toBe(otherBase);
		expect(
			at.call("POST", at.records, {
				operator: guest,
				query: { clientToken: ONE },
				body: { records: [{ fields: { T: "a" } }] },
			}).status,
		).toBe(otherOperator);
	});

	test("the lookup of changed records, in its shapes", () => {
		const at = setup();
		const { send } = inserting(at);
		const [{ id }] = send(ONE).body.value;
		const lookup = (clientToken?: string) =>
			at.call("POST", `${at.path}/changedRecordIds/query`, {
				body: { clientToken },
			});
		expect(lookup(ONE).body).toEqual({ changedRecordIds: [id] });
		expect(lookup("other").body).toEqual({ changedRecordIds: [] });
		expect(lookup()).toMatchObject(refusal(400, "MissingclientToken"));
		at.fake.set({ changedRecordIds: "by-sheet" });
		expect(lookup(ONE).body.changedRecordIds).toEqual({
			[at.fake.sheets(at.base)[0]?.id ?? ""]: [id],
		});
		at.fake.set({ changedRecordIds: "absent" });
		expect(lookup(ONE)).toMatchObject(refusal(404, "InvalidAction.NotFound"));
	});
});

describe("files", () => {
	test("three steps, a signed link that expires", () => {
		const { clock, fake, base, insert, call, list } = setup({}, [
			{ name: "T", type: "text" },
			{ name: "F", type: "attachment" },
		]);
		const info = call(
			"POST",
			`/v1.0/doc/docs/resources/${base}/uploadInfos/query`,
			{ body: { size: 5, mediaType: "text/plain", resourceName: "a.xlsx" } },
		).body;
		expect(info).toEqual({
			success: true,
			result: {
				uploadUrl: expect.stringContaining("Expires="),
				resourceId: expect.any(String),
				resourceUrl: expect.stringContaining("/core/api/resources/img/"),
			},
		});
		const { uploadUrl, resourceId, resourceUrl: url } = info.result;
		const item = { filename: "a.xlsx", size: 5, type: "text/plain", url };
		expect(insert({ F: [{ ...item, resourceId }] })).toMatchObject(
			refusal(400, INVALID),
		);
		const put = (type: string) =>
			fileCall(fake, uploadUrl, { type, bytes: "hello" }).status;
		expect([put("image/png"), put("text/plain")]).toEqual([403, 200]);
		expect(
			insert({ F: [{ ...item, resourceId, url: uploadUrl }] }).status,
		).toBe(400);
		expect(insert({ F: [{ ...item, resourceId }] }).status).toBe(200);
		const [cell] = list().body.records[0].fields.F;
		expect(cell).toEqual({
			filename: "a.xlsx",
			size: 5,
			type: "xls",
			url: expect.stringContaining("Signature="),
		});
		expect(insert({ F: [cell] }).status).toBe(400);
		expect(String(fileCall(fake, cell.url).body)).toBe("hello");
		expect(fileCall(fake, cell.url.replace(/.$/, "!")).status).toBe(403);
		clock.advance(7_200_000);
		expect(fileCall(fake, cell.url).status).toBe(403);
		expect(put("text/plain")).toBe(403);
	});

	test("links to another host, short ones, cells that are sent back", () => {
		const { clock, fake, base, call, insert, list } = setup(
			{
				fileOrigin: "https://files.example.com",
				linkLifetimeMs: 5000,
				uploadLifetimeMs: 1000,
			},
			[{ name: "F", type: "attachment" }],
		);
		const item = fake.addAttachment(base, {
			name: "a.txt",
			bytes: Buffer.from("hello"),
		});
		insert({ F: [item] });
		const [cell] = list().body.records[0].fields.F;
		expect(cell.url).toMatch(/^https:\/\/files\.example\.com\//);
		clock.advance(4999);
		expect(fileCall(fake, cell.url).status).toBe(200);
		clock.advance(1);
		expect(fileCall(fake, cell.url).status).toBe(403);
		const { uploadUrl } = call(
			"POST",
			`/v1.0/doc/docs/resources/${base}/uploadInfos/query`,
			{ body: { size: 1, mediaType: "text/plain", resourceName: "b" } },
		).body.result;
		const put = () =>
			fileCall(fake, uploadUrl, { type: "text/plain", bytes: "b" }).status;
		expect(put()).toBe(200);
		clock.advance(1000);
		expect(put()).toBe(403);
		expect(insert({ F: [cell] }).status).toBe(400);
		fake.set({ attachmentReadBack: "accept" });
		expect(insert({ F: [cell, item] }).status).toBe(200);
		expect(list().body.records[1].fields.F).toHaveLength(2);
	});

	test("refusals of the upload call; an online document", () => {
		const { fake, base, call, list } = setup({ attachmentBytes: 10 }, [
			{ name: "F", type: "attachment" },
		]);
		const ask = (doc: string, body: object, operator = fake.operatorId) =>
			call("POST", `/v1.0/doc/docs/resources/${doc}/uploadInfos/query`, {
				body,
				operator,
			});
		const good = { size: 5, mediaType: "text/plain", resourceName: "a" };
		for (const bad of [
			{ ...good, size: "5" },
			{ ...good, mediaType: "" },
			{ size: 5, mediaType: "text/plain" },
			{ ...good, size: 11 },
		])
			expect(ask(base, bad)).toMatchObject(refusal(400, "paramError"));
		expect(ask("none", good)).toMatchObject(refusal(404, "docNotExist"));
		const guest = fake.addUser({ name: "Guest" }).unionId;
		fake.setAccess(base, guest, "read");
		expect(ask(base, good, guest)).toMatchObject(
			refusal(403, "permissionDenied"),
		);
		fake.withhold("Storage.File.Read");
		expect(ask(base, good)).toMatchObject(
			refusal(403, "Forbidden.AccessDenied.AccessTokenPermissionDenied"),
		);
		const [row = ""] = fake.addRecords(base, "S", [{}]);
		const document = { name: "Plan", url: "https://alidocs.dingtalk.com/i/x" };
		fake.attachDocument(base, "S", row, "F", document);
		expect(list().body.records[0].fields.F).toEqual([
			{ filename: "Plan", size: 0, type: "adoc", url: document.url },
		]);
	});
});

describe("documents", () => {
	test("a new base may be initializing for a while", () => {
		const { clock, fake, call } = setup({ initializingMs: 3000 });
		const path = `/v1.0/doc/workspaces/${fake.workspaceId}/docs`;
		const body = { name: "New", docType: "BASE", operatorId: fake.operatorId };
		const made = call("POST", path, { body, operator: null }).body;
		expect(made).toMatchObject({
			nodeId: made.dentryUuid,
			url: `https://alidocs.dingtalk.com/i/nodes/${made.nodeId}`,
		});
		const sheets = `/v1.0/notable/bases/${made.nodeId}/sheets`;
		expect(call("GET", sheets)).toMatchObject(
			refusal(400, "invalidRequest.document.stillInitializing"),
		);
		clock.advance(3000);
		expect(call("GET", sheets).body.value).toHaveLength(1);
		expect(
			call("POST", path, { body: { ...body, operatorId: undefined } }),
		).toMatchObject(refusal(400, "MissingoperatorId"));
		expect(
			call("POST", path, { body: { ...body, docType: "X" } }),
		).toMatchObject(refusal(400, "paramError"));
	});

	test("nodes are paged, hidden bases are not listed, share links not found", () => {
		const { fake, call } = setup();
		const folder = fake.addNode({ name: "Folder" });
		for (let index = 0; index < 3; index++)
			fake.addBase({ name: `B${index}`, parentId: folder.id });
		fake.addBase({ name: "Hidden", parentId: folder.id, access: {} });
		const list = (query: Record<string, string>) =>
			call("GET", "/v2.0/wiki/nodes", { query }).body;
		const first = list({ parentNodeId: folder.id, maxResults: "2" });
		expect(first.nodes).toMatchObject([{ name: "B0" }, { name: "B1" }]);
		const rest = list({
			parentNodeId: folder.id,
			nextToken: first.nextToken,
		});
		expect(rest.nodes).toMatchObject([{ name: "B2", extension: "able" }]);
		expect(rest).not.toHaveProperty("nextToken");
		expect(list({ parentNodeId: "none" }).code).toBe("nodeNotExist");
		expect(list({}).code).toBe("MissingparentNodeId");
		expect(list({ parentNodeId: folder.id, maxResults: "51" }).code).toBe(
			"paramError",
		);
		expect(
			call("POST", "/v2.0/wiki/nodes/queryByUrl", {
				body: { url: "https://alidocs.dingtalk.com/i/p/abc/docs/def" },
			}),
		).toMatchObject(refusal(404, "nodeNotExist"));
		expect(
			call("POST", "/v2.0/storage/dentries/search", {
				body: { keyword: "hidden" },
			}).body,
		).toEqual({ items: [] });
	});
});

describe("undocumented calls", () => {
	test("workflows", () => {
		const { fake, base, path, call } = setup();
		const { flowId, versionId } = fake.addWorkflow(base, { name: "Remind" });
		const flows = () => call("POST", `${path}/workflows`, { body: {} }).body;
		expect(flows()).toMatchObject({
			total: 1,
			workflows: [{ flowId, name: "Remind", status: "ENABLED" }],
		});
		call("POST", `${path}/workflows/${flowId}/disable`);
		expect(flows().workflows[0].status).toBe("DISABLED");
		call("POST", `${path}/workflows/${flowId}/enable`);
		const copied = call("POST", `${path}/workflows/copy`, {
			body: { flowId, flowVersionId: versionId, sourceBaseId: base },
		}).body;
		expect(flows().workflows).toMatchObject([
			{ status: "ENABLED" },
			{ flowId: copied.flowId, status: "DISABLED" },
		]);
		call("POST", `${path}/workflows/${flowId}/delete`);
		expect(flows().total).toBe(1);
		expect(call("POST", `${path}/workflows/none/enable`)).toMatchObject(
			refusal(404, NO_RESOURCE),
		);
		fake.set({ workflows: false });
		expect(call("POST", `${path}/workflows`)).toMatchObject(
			refusal(404, "InvalidAction.NotFound"),
		);
	});

	test("roles and their members", () => {
		const { fake, base, call } = setup();
		const role = `/v1.0/notable/auth/role/${base}`;
		const members = `/v1.0/notable/auth/role/member/${base}`;
		const setting = `/v1.0/notable/auth/${base}`;
		expect(call("GET", setting).body).toEqual({ enabled: false });
		expect(call("PUT", setting, { body: { value: true } }).body).toEqual({
			enabled: true,
		});
		const subRoles = [{ bizType: "sheet", authLevel: 1, config: {} }];
		const { id } = call("POST", role, { body: { name: "R", subRoles } }).body;
		const add = (memberId: string) => ({
			body: { roleMemberList: [{ memberId, memberType: "user", roleId: id }] },
		});
		call("POST", members, add("u1"));
		call("POST", members, add("u2"));
		expect(call("GET", members).body.roles).toMatchObject([
			{
				id,
				subRoles: [{ bizType: "sheet", gmtCreate: expect.any(Number) }],
				members: [{ memberId: "u1" }, { memberId: "u2" }],
			},
		]);
		call("PUT", members, add("u3"));
		expect(call("GET", role, { query: { unionId: "u1" } }).body.roles).toEqual(
			[],
		);
		expect(
			call("GET", role, { query: { unionId: "u3" } }).body.roles,
		).toMatchObject([{ id }]);
		call("PUT", role, { body: { id, name: "Renamed" } });
		expect(call("GET", members).body.roles).toMatchObject([
			{ name: "Renamed", subRoles: [] },
		]);
		const guest = fake.addUser({ name: "Guest" }).unionId;
		fake.setAccess(base, guest, "edit");
		expect(
			call("POST", role, { body: { name: "X" }, operator: guest }),
		).toMatchObject(refusal(403, "forbidden.operationIllegal"));
		expect(call("DELETE", role, { body: { roleId: id } }).body).toEqual({
			success: true,
		});
		expect(call("GET", members).body.roles).toEqual([]);
		fake.set({ roles: false });
		expect(call("GET", setting)).toMatchObject(
			refusal(404, "InvalidAction.NotFound"),
		);
	});

	test("imports of CSV: a new sheet, an old one, what cannot be read", () => {
		const { fake, base, path, call, stored } = setup({}, [
			{ name: "T", type: "text" },
			{ name: "N", type: "number" },
		]);
		const run = (extension: string, csv: string, more: object = {}) => {
			const job = call("POST", `${path}/import/uploadUrl`, {
				body: { fileName: "leads.csv", fileExtension: extension, fileSize: 1 },
			}).body;
			fileCall(fake, job.uploadUrl, { type: "text/csv", bytes: csv });
			const { importId } = job;
			call("POST", `${path}/import/execute`, { body: { importId, ...more } });
			return call("GET", `${path}/import/status`, { query: { importId } }).body;
		};
		expect(run("csv", "Name,Phone\nA,1\nB,2")).toMatchObject({
			status: "SUCCESS",
			count: 2,
			tableIds: [expect.any(String)],
		});
		expect(fake.rows(base, "leads").map(({ fields }) => fields)).toEqual([
			{ Name: "A", Phone: "1" },
			{ Name: "B", Phone: "2" },
		]);
		const tableId = fake.sheets(base)[0]?.id;
		run("csv", "Title,N\nx,3", {
			appendConfig: { tableId, fieldMapping: { Title: "T" } },
		});
		expect(stored()).toEqual([{ T: "x", N: "3" }]);
		expect(run("xlsx", "x")).toMatchObject({
			status: "FAILED",
			errorCode: "unsupportedFile",
		});
		expect(run("csv", "x", { encryption: {} }).status).toBe("FAILED");
		const key = call("GET", "/v1.0/notable/import/encryptPublicKey").body;
		expect(key.publicKeyPem).toContain("BEGIN PUBLIC KEY");
	});

	test("outside authority over sheets", () => {
		const { fake, base, path, call } = setup();
		const id = fake.sheets(base)[0]?.id;
		const mark = `${path}/sheets/S/externalAuth/mark`;
		const marked = () => call("GET", `${path}/externalAuth/sheets`).body.sheets;
		expect(call("POST", mark)).toMatchObject(
			refusal(400, "MissingexternalAuthType"),
		);
		call("POST", mark, { body: { externalAuthType: "crm" } });
		expect(marked()).toEqual([{ sheetId: id, externalAuthType: "crm" }]);
		expect(call("DELETE", mark).body).toEqual({ success: true, sheetId: id });
		expect(marked()).toEqual([]);
		fake.set({ externalAuth: false, imports: false, richText: false });
		for (const [method, gone] of [
			["POST", mark],
			["POST", `${path}/import/uploadUrl`],
			["POST", `${path}/prepareSetRichText`],
		] as const)
			expect(call(method, gone)).toMatchObject(
				refusal(404, "InvalidAction.NotFound"),
			);
	});
});
