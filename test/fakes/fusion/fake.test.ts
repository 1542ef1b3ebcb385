import { request } from "undici";
import { describe, expect, test } from "vitest";
import { type VirtualClock, virtualClock } from "../../clock.js";
import { FakeDispatcher } from "../dispatcher.js";
import type { FakeResponse } from "../fake.js";
import {
	createFusionFake,
	type FusionFake,
	type FusionFakeOptions,
} from "./index.js";
import { createFusionSample } from "./sample.js";

interface Reply {
	readonly status: number;
	readonly code: number;
	readonly success: boolean;
	readonly message: string;
	// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
	readonly data?: any;
}

interface Asked {
	readonly token?: string;
	readonly body?: unknown;
	readonly headers?: Record<string, string>;
	readonly raw?: Buffer;
}

const ORIGIN = "https://api.example.com";

function raw(
	fake: FusionFake,
	method: string,
	url: string,
	asked: Asked = {},
): FakeResponse {
	const [path = "", query = ""] = url.split(/\?(.*)/s);
	return fake.handle({
		method,
		origin: ORIGIN,
		path,
		query,
		headers: {
			authorization: `Bearer ${asked.token ?? fake.token}`,
			...(asked.body === undefined
				? {}
				: { "content-type": "application/json" }),
			...asked.headers,
		},
		body:
			asked.raw ??
			Buffer.from(asked.body === undefined ? "" : JSON.stringify(asked.body)),
	});
}

function ask(
	fake: FusionFake,
	method: string,
	url: string,
	asked: Asked = {},
): Reply {
	const answer = raw(fake, method, url, asked);
	return { status: answer.status, ...JSON.parse(String(answer.body)) };
}

const fast = { callsPerSecond: Number.POSITIVE_INFINITY };

function made(options: Partial<FusionFakeOptions> = {}): {
	fake: FusionFake;
	clock: VirtualClock;
	table: string;
	records: string;
	fields: string;
} {
	const clock = virtualClock();
	const fake = createFusionFake({ clock, switches: fast, ...options });
	const table = fake.addTable({
		name: "Main",
		fields: [
			{ name: "Name", type: "SingleText", property: {} },
			{ name: "Count", type: "Number", property: { precision: 0 } },
			{
				name: "Stage",
				type: "SingleSelect",
				property: { options: [{ name: "Lead" }] },
			},
		],
	});
	return {
		fake,
		clock,
		table,
		records: `/fusion/v1/datasheets/${table}/records`,
		fields: `/fusion/v1/spaces/${fake.spaceId}/datasheets/${table}/fields`,
	};
}

const denied = {
	status: 200,
	success: false,
	code: 602,
	message: "Operation denied",
};

describe("permissions", () => {
	const { fake, table, records, fields } = made();
	const [first = ""] = fake.addRecords(table, [{ Name: "a", Count: 1 }]);
	const token = (permission: 1 | 2 | 3) =>
		fake.addPerson({ name: `level ${permission}`, permission }).token;
	const tokens = { editor: token(1), updater: token(2), reader: token(3) };
	const create = { records: [{ fields: { Name: "new" } }] };
	const update = (value: unknown) => ({
		records: [{ recordId: first, fields: { Stage: value } }],
	});

	test.each(["updater", "reader"] as const)(
		"a %s creates and deletes nothing",
		(who) => {
			expect(
				ask(fake, "POST", records, { token: tokens[who], body: create }),
			).toEqual(denied);
			expect(
				ask(fake, "DELETE", `${records}?recordIds=${first}`, {
					token: tokens[who],
				}),
			).toEqual(denied);
			expect(fake.rows(table)).toHaveLength(1);
		},
	);
	test("a reader's update succeeds without effect and shows the old values", () => {
		const body = { records: [{ recordId: first, fields: { Count: 9 } }] };
		const answer = ask(fake, "PATCH", records, { token: tokens.reader, body });
		expect(answer).toMatchObject({ status: 200, success: true });
		expect(answer.data.records[0].fields.Count).toBe(1);
		expect(fake.rows(table)[0]?.fields.Count).toBe(1);
	});
	test("only a manager makes options by writing them", () => {
		expect(
			ask(fake, "PATCH", records, {
				token: tokens.editor,
				body: update("New"),
			}),
		).toEqual(denied);
		expect(
			ask(fake, "PATCH", records, {
				token: tokens.editor,
				body: update("Lead"),
			}).success,
		).toBe(true);
		expect(ask(fake, "PATCH", records, { body: update("New") }).success).toBe(
			true,
		);
		expect(
			fake.fields(table)[2]?.settings.options?.map(({ name }) => name),
		).toEqual(["Lead", "New"]);
	});
	test("only a manager makes and deletes columns", () => {
		const body = { name: "x", type: "Text" };
		expect(ask(fake, "POST", fields, { token: tokens.editor, body })).toEqual(
			denied,
		);
		const id = fake.addField(table, { name: "y", type: "Text" });
		expect(
			ask(fake, "DELETE", `${fields}/${id}`, { token: tokens.editor }),
		).toEqual(denied);
		expect(ask(fake, "DELETE", `${fields}/${id}`)).toMatchObject({
			success: true,
			data: {},
		});
	});
	test("a column that the user may not edit is dropped from an update", () => {
		fake.restrictField(table, "Count", tokens.editor, "read");
		const body = {
			records: [{ recordId: first, fields: { Count: 7, Name: "b" } }],
		};
		expect(
			ask(fake, "PATCH", records, { token: tokens.editor, body }).success,
		).toBe(true);
		expect(fake.rows(table)[0]?.fields).toMatchObject({ Count: 1, Name: "b" });
	});
	test("a narrower node is not there", () => {
		const { token: hidden } = fake.addPerson({ name: "hidden" });
		fake.restrictNode(table, hidden, -1);
		expect(ask(fake, "GET", records, { token: hidden }).code).toBe(301);
		expect(
			ask(fake, "GET", `/fusion/v1/spaces/${fake.spaceId}/nodes`, {
				token: hidden,
			}).data.nodes,
		).toEqual([]);
	});
	test("a revoked token is nobody's", () => {
		const { token: gone } = fake.addPerson({ name: "gone" });
		expect(ask(fake, "GET", records, { token: gone }).success).toBe(true);
		fake.revoke(gone);
		expect(ask(fake, "GET", records, { token: gone })).toMatchObject({
			status: 401,
			code: 401,
		});
	});
});

describe("limits", () => {
	test("a second has as many calls as the plan, per token and datasheet, and a refused call does nothing", () => {
		const { fake, clock, table, records } = made({
			switches: { plan: "free" },
		});
		const body = { records: [{ fields: { Name: "x" } }] };
		const codes = () => ask(fake, "POST", records, { body }).code;
		expect([codes(), codes(), codes()]).toEqual([200, 200, 429]);
		expect(fake.rows(table)).toHaveLength(2);
		expect(fake.throttled).toBe(1);
		expect(fake.throttledBy.get(table)).toBe(1);
		const other = fake.addPerson({ name: "other" }).token;
		expect(ask(fake, "POST", records, { body, token: other }).code).toBe(200);
		clock.advance(999);
		expect(codes()).toBe(429);
		clock.advance(1);
		expect(codes()).toBe(200);
	});
	test("version 2 of the node search is not limited", () => {
		const { fake } = made({ switches: { plan: "free" } });
		for (let count = 0; count < 10; count++)
			expect(
				ask(
					fake,
					"GET",
					`/fusion/v2/spaces/${fake.spaceId}/nodes?type=Datasheet`,
				).code,
			).toBe(200);
	});
	test("the monthly quota is a 403 until the next month, and spaces are not counted", () => {
		const { fake, clock, records } = made({
			switches: { ...fast, monthlyCalls: 1 },
		});
		expect(ask(fake, "GET", records).code).toBe(200);
		expect(ask(fake, "GET", records)).toMatchObject({ status: 403, code: 403 });
		expect(ask(fake, "GET", "/fusion/v1/spaces").code).toBe(200);
		clock.advance(31 * 86_400_000);
		expect(ask(fake, "GET", records).code).toBe(200);
	});
	test("a full table is HTTP 500 with code 304, a plan's cap a JSON text", () => {
		const { fake, table, records } = made({
			switches: { ...fast, recordsPerTable: 2, planRecordsPerTable: 1 },
		});
		const body = (count: number) => ({
			records: Array.from({ length: count }, () => ({ fields: { Name: "x" } })),
		});
		expect(ask(fake, "POST", records, { body: body(3) })).toMatchObject({
			status: 500,
			code: 304,
		});
		const planned = ask(fake, "POST", records, { body: body(2) });
		expect(planned).toMatchObject({ status: 200, code: 305 });
		expect(JSON.parse(planned.message)).toEqual({
			key: "max_rows_per_sheet",
			specification: 1,
			usage: 2,
		});
		fake.set({ planRecordsPerTable: 100, planRecordsPerSpace: 1 });
		expect(ask(fake, "POST", records, { body: body(2) }).code).toBe(309);
		expect(fake.rows(table)).toEqual([]);
	});
	test("columns end at two hundred", () => {
		const { fake, fields } = made({ switches: { ...fast, fieldsPerTable: 4 } });
		expect(
			ask(fake, "POST", fields, { body: { name: "d", type: "Text" } }).code,
		).toBe(200);
		expect(
			ask(fake, "POST", fields, { body: { name: "e", type: "Text" } }).code,
		).toBe(304);
	});
});

describe("queries", () => {
	const { fake, table, records } = made();
	fake.addRecords(table, [
		{ Name: "a,b", Count: 3 },
		{ Name: "c" },
		{ Name: "d", Count: 1 },
	]);
	fake.addField(table, { name: "x,y", type: "Text" });
	const names = (query: string) =>
		ask(fake, "GET", `${records}?${query}`).data?.records.map(
			({ fields }: { fields: { Name: string } }) => fields.Name,
		);

	test("empty cells come first ascending and last descending", () => {
		expect(names("sort[0][field]=Count&sort[0][order]=asc")).toEqual([
			"c",
			"d",
			"a,b",
		]);
		expect(names("sort[0][field]=Count&sort[0][order]=desc")).toEqual([
			"a,b",
			"d",
			"c",
		]);
	});
	test("a page size of 1.5 is taken", () =>
		expect(names("pageSize=1.5")).toEqual(["a,b"]));
	test("a name with a comma needs brackets or a repeated key", () => {
		const code = (query: string) =>
			ask(fake, "GET", `${records}?${query}`).code;
		expect(code("fields=x%2Cy")).toBe(400);
		expect(code("fields[]=x%2Cy")).toBe(200);
		expect(code("fields=x%2Cy&fields=x%2Cy")).toBe(200);
	});
	test("the words null and undefined are not names", () =>
		expect(
			ask(fake, "GET", `${records}?fields=null,undefined&recordIds=`).data
				.total,
		).toBe(3));
	test("JSON sorts joined by a comma are two keys", () => {
		const sort = encodeURIComponent(
			'{"field":"Count","order":"asc"},{"field":"Name","order":"desc"}',
		);
		expect(names(`sort=${sort}`)).toEqual(["c", "d", "a,b"]);
	});
	test("the list of JSON sorts works only where the switch says so", () => {
		const sort = encodeURIComponent('[{"field":"Count","order":"desc"}]');
		expect(ask(fake, "GET", `${records}?sort=${sort}`).code).toBe(400);
		fake.set({ jsonArraySort: true });
		expect(names(`sort=${sort}`)).toEqual(["a,b", "d", "c"]);
	});
	test("a view hides columns and rows, and orders rows unless ids are named", () => {
		const view = fake.addView(table, {
			name: "Filled",
			hidden: ["Count"],
			filter: "{Count}!=BLANK()",
			sort: [{ field: "Count" }],
		});
		expect(names(`viewId=${view}`)).toEqual(["d", "a,b"]);
		const answer = ask(
			fake,
			"GET",
			`${records}?viewId=${view}&fields=Name,Count`,
		);
		expect(
			answer.data.records.map(({ fields }: { fields: object }) =>
				Object.keys(fields),
			),
		).toEqual([["Name"], ["Name"]]);
		const ids = fake.rows(table).map(({ recordId }) => recordId);
		expect(names(`viewId=${view}&recordIds=${ids.join(",")}`)).toEqual([
			"a,b",
			"d",
		]);
		expect(
			names(`recordIds=${ids.join(",")}&filterByFormula=%7BCount%7D=1`),
		).toEqual(["d"]);
		const listed = ask(
			fake,
			"GET",
			`/fusion/v1/datasheets/${table}/fields?viewId=${view}`,
		).data.fields;
		expect(listed.map(({ name }: { name: string }) => name)).toEqual([
			"Name",
			"Stage",
			"x,y",
		]);
	});
});

describe("literals in formulas", () => {
	const { fake, table, records } = made();
	const texts = [
		"a {x} b",
		'say "hi"',
		'it\'s "x"',
		"new\nline",
		"a\\b",
		"ab",
		"x “y” z",
		"\\n",
		"{",
		"plain",
	];
	fake.addRecords(
		table,
		texts.map((Name) => ({ Name })),
	);
	const found = (literal: string) => {
		const answer = ask(
			fake,
			"GET",
			`${records}?filterByFormula=${encodeURIComponent(`{Name}=${literal}`)}`,
		);
		return answer.success
			? answer.data.records.map(
					({ fields }: { fields: { Name: string } }) => fields.Name,
				)
			: "error";
	};
	/** The vendor's safe spelling: quotes in the other kind of quotes, single backslashes alone, pieces joined in brackets. */
	const safe = (text: string) => {
		const pieces = (text.match(/["“”]+|\\|[^"“”\\]+/g) ?? []).map((piece) => {
			if (/^["“”]/.test(piece)) return `'${piece}'`;
			if (piece === "\\") return '"\\\\"';
			return `"${piece.replaceAll("{", "\\{").replaceAll("}", "\\}").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`;
		});
		return `(${pieces.join("&")})`;
	};
	test.each(texts)("%j in its safe spelling", (text) =>
		expect(found(safe(text))).toEqual([text]),
	);
	test.each([
		['"a {x} b"', "error"],
		['"a \\{x\\} b"', ["a {x} b"]],
		['"say "hi""', "error"],
		["'say \"hi\"'", ['say "hi"']],
		['"say \\"hi\\""', ['say "hi"']],
		['("it\'s "&\'"\'&"x"&\'"\')', ['it\'s "x"']],
		['"it\\\'s \\"x\\""', "error"],
		['"new\nline"', "error"],
		['"new\\nline"', ["new\nline"]],
		['"a\\b"', ["ab"]],
		['"a\\\\b"', ["a\\b"]],
		['"x “y” z"', "error"],
		['"x \\“y\\” z"', ["x “y” z"]],
		['("\\\\"&"n")', ["\\n"]],
		['"\\\\n"', []],
	])("%s", (literal, expected) => expect(found(literal)).toEqual(expected));
});

describe("columns", () => {
	const property = (type: string, given?: unknown, name = "New") => {
		const { fake, table, fields } = made();
		const answer = ask(fake, "POST", fields, {
			body: { name, type, ...(given === undefined ? {} : { property: given }) },
		});
		const shown = ask(
			fake,
			"GET",
			`/fusion/v1/datasheets/${table}/fields`,
		).data?.fields?.at(-1);
		return answer.success ? shown?.property : answer.message;
	};
	test.each([
		["Number", {}, '"precision" is required'],
		["Number", { precision: "3" }, { precision: 3 }],
		[
			"Number",
			{ precision: 2, commaStyle: "," },
			'"commaStyle" is not allowed',
		],
		[
			"Number",
			{ precision: 1001 },
			'"precision" must be less than or equal to 1000',
		],
		[
			"Percent",
			{ precision: -1 },
			'"precision" must be greater than or equal to 0',
		],
		[
			"Currency",
			{ precision: 0 },
			{ precision: 2, symbol: "$", symbolAlign: "Default" },
		],
		[
			"Currency",
			{ symbol: "€", precision: 3, symbolAlign: "Right" },
			{ symbol: "€", precision: 3, symbolAlign: "Right" },
		],
		["SingleText", undefined, '"value" must be of type object'],
		[
			"SingleSelect",
			{ options: [{ id: "optMine", name: "a" }] },
			'"options[0].color" is required',
		],
		["SingleSelect", { options: [{}] }, '"options[0].name" is required'],
		[
			"DateTime",
			{ dateFormat: "D/M/Y" },
			'"dateFormat" must be one of [YYYY/MM/DD, YYYY-MM-DD, DD/MM/YYYY, YYYY-MM, MM-DD, YYYY, MM, DD]',
		],
		[
			"DateTime",
			{ dateFormat: "YYYY-MM-DD", timeZone: "Asia/Tokyo", autoFill: true },
			{ format: "YYYY-MM-DD", includeTime: false, autoFill: true },
		],
		["Checkbox", { icon: "star" }, { icon: "⭐" }],
		[
			"Rating",
			{ icon: "star", max: 11 },
			'"max" must be less than or equal to 10',
		],
		[
			"Member",
			{},
			{ options: [], isMulti: true, shouldSendMsg: true, subscription: false },
		],
		["Attachment", {}, "Attachment not support set property"],
		[
			"CreatedTime",
			{ dateFormat: "YYYY", includeTime: true, timeFormat: "hh:mm" },
			{ format: "YYYY hh:mm", includeTime: true },
		],
		[
			"Formula",
			{ expression: "{Count}*2" },
			{ expression: "{Count}*2", valueType: "String", hasError: true },
		],
		[
			"MagicLookUp",
			{ relatedLinkFieldId: "fldNone", targetFieldId: "fldNone" },
			'The link field ID "fldNone" associated with the lookup field does not exist.',
		],
	])("%s %j", (type, given, expected) =>
		expect(property(type, given)).toEqual(expected),
	);

	test("the name of a new column is looked up with wildcards", () => {
		expect(property("Text", undefined, "Nam_")).toBe("name must be unique");
		expect(property("Text", undefined, "%")).toBe("name must be unique");
		expect(property("Text", undefined, "name")).toBeUndefined();
	});
	test("a colour number beyond the palette is stored and breaks the reading of columns", () => {
		const { fake, table, fields } = made();
		const body = {
			name: "c",
			type: "SingleSelect",
			property: { options: [{ name: "a", color: 999 }] },
		};
		expect(ask(fake, "POST", fields, { body }).success).toBe(true);
		expect(
			ask(fake, "GET", `/fusion/v1/datasheets/${table}/fields`).status,
		).toBe(500);
	});
	test("colour names are taken where the switch says so", () => {
		const { fake, table, fields } = made({
			switches: { ...fast, colorNames: true },
		});
		const body = {
			name: "c",
			type: "MultiSelect",
			property: { options: [{ name: "a", color: "indigo_1" }] },
		};
		expect(ask(fake, "POST", fields, { body }).success).toBe(true);
		const shown = ask(
			fake,
			"GET",
			`/fusion/v1/datasheets/${table}/fields`,
		).data.fields.at(-1);
		expect(shown.property.options[0].color.name).toBe("indigo_1");
	});
	test("formula columns name others by id and show their type", () => {
		const { fake, table } = made();
		const count = fake.fields(table)[1]?.id;
		fake.addField(table, {
			name: "Twice",
			type: "Formula",
			property: { expression: `{${count}}*2` },
		});
		fake.addField(table, {
			name: "Failed",
			type: "Formula",
			property: { expression: `1/{${count}}` },
		});
		fake.addRecords(table, [{ Count: 4 }, { Count: 0 }]);
		expect(fake.rows(table).map(({ fields }) => fields)).toEqual([
			{ Count: 4, Twice: 8, Failed: 0.25 },
			{ Count: 0, Twice: 0, Failed: { message: "#Error: NaN" } },
		]);
	});
	test("formula columns that need each other end in an error, not in a loop", () => {
		const { fake, table } = made();
		fake.addField(table, {
			name: "One",
			type: "Formula",
			id: "fldOne",
			property: { expression: "{fldTwo}+1" },
		});
		fake.addField(table, {
			name: "Two",
			type: "Formula",
			id: "fldTwo",
			property: { expression: "{fldOne}+1" },
		});
		fake.addRecords(table, [{ Count: 4 }]);
		expect(JSON.stringify(fake.rows(table))).toContain("#Error");
	});
});

describe("links", () => {
	const linked = (type: string) => {
		const { fake, table, records, fields } = made();
		const other = fake.addTable({
			name: "Other",
			fields: [{ name: "Title", type: "SingleText", property: {} }],
		});
		const answer = ask(fake, "POST", fields, {
			body: { name: "Link", type, property: { foreignDatasheetId: other } },
		});
		const ids = fake.addRecords(other, [{ Title: "one" }, { Title: "two" }]);
		const [here = ""] = fake.addRecords(table, [{ Name: "here", Link: ids }]);
		return {
			fake,
			table,
			other,
			records,
			fields,
			ids,
			here,
			link: String(answer.data.id),
		};
	};
	test("what is written on one side of a two-way link stands on the other", () => {
		const { fake, table, other, records, ids, here } = linked("MagicLink");
		expect(fake.rows(other).map(({ fields }) => fields.Main)).toEqual([
			[here],
			[here],
		]);
		const change = (value: unknown) =>
			ask(fake, "PATCH", records, {
				body: { records: [{ recordId: here, fields: { Link: value } }] },
			});
		expect(change([ids[1]]).success).toBe(true);
		expect(fake.rows(other).map(({ fields }) => fields.Main)).toEqual([
			undefined,
			[here],
		]);
		fake.updateRecord(other, ids[0] ?? "", { Main: [here] });
		expect(fake.rows(table)[0]?.fields.Link).toEqual([ids[1], ids[0]]);
		fake.removeRecords(other, [ids[1] ?? ""]);
		expect(fake.rows(table)[0]?.fields.Link).toEqual([ids[0]]);
	});
	test("a one-way link has no twin", () => {
		const { fake, other } = linked("OneWayLink");
		expect(fake.fields(other).map(({ name }) => name)).toEqual(["Title"]);
	});
	test.each([
		[{ conversion: "delete" }, ["Title"], undefined],
		[undefined, ["Title", "Main"], "here"],
	])(
		"deleting the column with %j leaves the other sheet",
		(body, names, text) => {
			const { fake, other, fields, link } = linked("TwoWayLink");
			expect(ask(fake, "DELETE", `${fields}/${link}`, { body }).success).toBe(
				true,
			);
			expect(fake.fields(other).map(({ name }) => name)).toEqual(names);
			expect(fake.rows(other)[0]?.fields.Main).toBe(text);
		},
	);
	test("lookups show and roll up the linked cells", () => {
		const { fake, table, other, ids, link } = linked("TwoWayLink");
		const points = fake.addField(other, {
			name: "Points",
			type: "Number",
			property: { precision: 0 },
		});
		fake.updateRecord(other, ids[0] ?? "", { Points: 3 });
		fake.updateRecord(other, ids[1] ?? "", { Points: 4 });
		const lookup = (name: string, rollupFunction?: string) =>
			fake.addField(table, {
				name,
				type: "MagicLookUp",
				property: {
					relatedLinkFieldId: link,
					targetFieldId: points,
					...(rollupFunction ? { rollupFunction } : {}),
				},
			});
		lookup("All");
		lookup("Sum", "SUM");
		lookup("Most", "MAX");
		expect(fake.rows(table)[0]?.fields).toMatchObject({
			All: [3, 4],
			Sum: 7,
			Most: 4,
		});
		const kept = ask(
			fake,
			"GET",
			`/fusion/v1/datasheets/${table}/records?filterByFormula=%7BSum%7D=7`,
		);
		expect(kept.data.total).toBe(1);
	});
	test("the older name of two-way links is a switch", () => {
		const { fake, table } = linked("TwoWayLink");
		fake.set({ twoWayLinkName: "MagicLink" });
		expect(
			ask(fake, "GET", `/fusion/v1/datasheets/${table}/fields`).data.fields.at(
				-1,
			).type,
		).toBe("MagicLink");
	});
});

describe("datasheets and nodes", () => {
	test("a new datasheet has three blank rows, and deleted ones are in the time machine", () => {
		const { fake } = made();
		const body = {
			name: "Fresh",
			fields: [{ name: "Title", type: "SingleText", property: {} }],
		};
		const { id } = ask(
			fake,
			"POST",
			`/fusion/v1/spaces/${fake.spaceId}/datasheets`,
			{ body },
		).data;
		const rows = fake.rows(id);
		expect(rows.map(({ fields }) => fields)).toEqual([{}, {}, {}]);
		const ids = rows.map(({ recordId }) => recordId);
		const gone = ask(
			fake,
			"DELETE",
			`/fusion/v1/datasheets/${id}/records?recordIds=${ids.join(",")}`,
		);
		expect(gone).toEqual({
			status: 200,
			code: 200,
			success: true,
			message: "SUCCESS",
		});
		expect(
			ask(fake, "GET", `/fusion/v1/timemachine/${id}`).data.sort(),
		).toEqual([...ids].sort());
	});
	test("a datasheet whose columns fail is gone again", () => {
		const { fake } = made();
		const body = {
			name: "Broken",
			fields: [
				{ name: "T", type: "Text" },
				{
					name: "L",
					type: "OneWayLink",
					property: { foreignDatasheetId: "dstNone" },
				},
			],
		};
		const path = `/fusion/v1/spaces/${fake.spaceId}`;
		expect(ask(fake, "POST", `${path}/datasheets`, { body }).code).toBe(600);
		expect(
			ask(fake, "GET", `${path}/nodes`).data.nodes.map(
				({ name }: { name: string }) => name,
			),
		).toEqual(["Main"]);
	});
	test("a datasheet goes into its folder, after its neighbour", () => {
		const { fake } = made();
		const folder = fake.addNode({ type: "Folder", name: "F" });
		const path = `/fusion/v1/spaces/${fake.spaceId}`;
		const make = (name: string, more: object) =>
			ask(fake, "POST", `${path}/datasheets`, {
				body: { name, folderId: folder, ...more },
			});
		const first = make("first", {}).data.id;
		make("second", { preNodeId: first });
		expect(make("lost", { folderId: "fodNone" }).message).toBe(
			"Invalid value for folderId",
		);
		const { children } = ask(fake, "GET", `${path}/nodes/${folder}`).data;
		expect(children.map(({ name }: { name: string }) => name)).toEqual([
			"first",
			"second",
		]);
	});
	test("the root folder is of no known type", () => {
		const { fake } = made();
		const root = fake.store.spaces.get(fake.spaceId)?.rootId;
		expect(ask(fake, "GET", `/fusion/v1/nodes/${root}`).data.type).toBe(
			"ERROR NODE TYPE",
		);
	});
	test("a node of another space has no permission", () => {
		const { fake, table } = made();
		const { token } = fake.addPerson({ name: "far", permission: null });
		expect(
			ask(fake, "GET", `/fusion/v1/nodes/${table}`, { token }).data.permission,
		).toBe(-1);
		expect(
			ask(fake, "GET", `/fusion/v1/datasheets/${table}/fields`, { token })
				.status,
		).toBe(403);
	});
});

describe("files", () => {
	test("a presigned URL takes the bytes, and only then the token fits a cell", () => {
		const { fake, table, records } = made();
		fake.addField(table, { name: "Files", type: "Attachment" });
		const { results } = ask(
			fake,
			"GET",
			`/fusion/v1/datasheets/${table}/attachments/presignedUrl?count=2`,
		).data;
		expect(results).toHaveLength(2);
		const { token, uploadUrl } = results[0];
		const body = {
			records: [{ fields: { Files: [{ token, name: "n.txt" }] } }],
		};
		expect(ask(fake, "POST", records, { body }).message).toBe(
			"The attachment specified by the token does not exist",
		);
		const place = uploadUrl.slice(ORIGIN.length);
		expect(
			raw(fake, "PUT", place, {
				raw: Buffer.from("bytes"),
				headers: { "content-type": "text/plain" },
			}).status,
		).toBe(200);
		const cell = ask(fake, "POST", records, { body }).data.records[0].fields
			.Files[0];
		expect(cell).toMatchObject({
			token,
			name: "n.txt",
			size: 5,
			mimeType: "text/plain",
		});
		expect(String(raw(fake, "GET", cell.url.slice(ORIGIN.length)).body)).toBe(
			"bytes",
		);
		expect(
			raw(fake, "GET", new URL(results[1].uploadUrl).pathname).status,
		).toBe(404);
	});
	test("files beyond a size, or beyond the space, are refused", () => {
		const { fake, table } = made({ switches: { ...fast, attachmentBytes: 4 } });
		const upload = (headers: Record<string, string>, text: string) =>
			ask(fake, "POST", `/fusion/v1/datasheets/${table}/attachments`, {
				headers,
				raw: Buffer.from(text),
			});
		const part =
			'--B\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nhello\r\n--B--\r\n';
		const multipart = { "content-type": "multipart/form-data; boundary=B" };
		expect(upload(multipart, part).code).toBe(426);
		fake.set({ attachmentBytes: 5 });
		expect(upload(multipart, part)).toMatchObject({
			status: 201,
			data: { name: "f.txt", size: 5 },
		});
		fake.set({ storageBytes: 9 });
		expect(upload(multipart, part).code).toBe(426);
		expect(upload({ "content-type": "application/json" }, "{}").message).toBe(
			"Attachment name can't be empty",
		);
	});
	test("an upload without a file is never answered", () => {
		const { fake, table } = made();
		const answer = raw(
			fake,
			"POST",
			`/fusion/v1/datasheets/${table}/attachments`,
			{
				headers: { "content-type": "multipart/form-data; boundary=B" },
				raw: Buffer.from("--B--\r\n"),
			},
		);
		expect(answer).toMatchObject({ broken: "no-answer" });
	});
});

describe("contacts", () => {
	test("are absent in the open source and refused below the enterprise plan", () => {
		const { fake } = made();
		const path = `/fusion/v1/spaces/${fake.spaceId}/roles`;
		expect(ask(fake, "GET", path).status).toBe(404);
		fake.set({ plan: "pro" });
		expect(ask(fake, "GET", path)).toMatchObject({ status: 200, code: 1503 });
	});
	test("teams, roles and members", () => {
		const { fake } = made({ switches: { ...fast, plan: "enterprise" } });
		const path = `/fusion/v1/spaces/${fake.spaceId}`;
		const ann = fake.addPerson({
			name: "Ann",
			email: "ann@example.com",
			mobile: { areaCode: "+1", number: "555" },
		});
		const { team } = ask(fake, "POST", `${path}/teams`, {
			body: { name: "Design" },
		}).data;
		const { role } = ask(fake, "POST", `${path}/roles`, {
			body: { name: "Lead" },
		}).data;
		expect(
			ask(fake, "POST", `${path}/teams`, { body: { name: "Design" } }).code,
		).toBe(1506);
		expect(
			ask(fake, "POST", `${path}/roles`, { body: { name: "Lead" } }).code,
		).toBe(1509);
		const put = ask(fake, "PUT", `${path}/members/${ann.unitId}`, {
			body: { teams: [team.unitId], roles: [role.unitId] },
		});
		expect(put.data.member).toMatchObject({
			name: "Ann",
			teams: [{ name: "Design" }],
			roles: [{ name: "Lead" }],
		});
		expect(put.data.member.email).toBeUndefined();
		expect(ask(fake, "DELETE", `${path}/teams/${team.unitId}`).code).toBe(1507);
		expect(ask(fake, "DELETE", `${path}/roles/${role.unitId}`).code).toBe(1520);
		expect(
			ask(fake, "GET", `${path}/roles/${role.unitId}/units`).data.members,
		).toHaveLength(1);
		const members = ask(
			fake,
			"GET",
			`${path}/teams/0/members?sensitiveData=true&pageSize=1&pageNum=2`,
		).data;
		expect(members).toMatchObject({
			total: 2,
			pageSize: 1,
			members: [{ name: "Ann", email: "ann@example.com" }],
		});
		expect(
			ask(fake, "GET", `${path}/teams/0/children`).data.teams,
		).toMatchObject([{ name: "Design", parentUnitId: "0" }]);
		expect(
			ask(fake, "PUT", `${path}/teams/${team.unitId}`, {
				token: ann.token,
				body: { name: "x" },
			}).code,
		).toBe(1504);
		const gone = ask(fake, "DELETE", `${path}/members/${ann.unitId}`);
		expect(gone).toEqual({
			status: 200,
			code: 200,
			success: true,
			message: "SUCCESS",
		});
		expect(ask(fake, "DELETE", `${path}/teams/${team.unitId}`).code).toBe(200);
		const owner = ask(fake, "GET", `${path}/teams/0/members`).data.members[0];
		expect(ask(fake, "DELETE", `${path}/members/${owner.unitId}`).code).toBe(
			1524,
		);
	});
});

describe("times", () => {
	test("texts are read in the server's zone, offsets are turned into UTC digits first", () => {
		const { fake, table, records } = made({ timeZone: "Asia/Singapore" });
		fake.addField(table, {
			name: "At",
			type: "DateTime",
			property: {
				dateFormat: "YYYY-MM-DD",
				timeFormat: "HH:mm",
				includeTime: true,
			},
		});
		const stored = (At: unknown) => {
			const id = ask(fake, "POST", records, {
				body: { records: [{ fields: { At } }] },
			}).data.records[0].recordId;
			const shown = (format: string) =>
				ask(fake, "GET", `${records}?recordIds=${id}&cellFormat=${format}`).data
					.records[0].fields.At;
			return [
				new Date(shown("json")).toISOString().slice(0, 16),
				shown("string"),
			];
		};
		expect(stored("2024-03-05T12:30:00Z")).toEqual([
			"2024-03-05T04:30",
			"2024-03-05 12:30",
		]);
		expect(stored("2024-03-05T12:30:00+02:00")).toEqual([
			"2024-03-05T02:30",
			"2024-03-05 10:30",
		]);
		expect(stored("2024-03-05 12:30")).toEqual([
			"2024-03-05T04:30",
			"2024-03-05 12:30",
		]);
		expect(stored(1709641800000)).toEqual([
			"2024-03-05T12:30",
			"2024-03-05 20:30",
		]);
		const kept = ask(
			fake,
			"GET",
			`${records}?filterByFormula=${encodeURIComponent('IS_SAME({At},"2024-03-05","days")')}`,
		);
		expect(kept.data.total).toBe(4);
	});
	test("an update shows the time stamp from before it, and none for the same values", () => {
		const { fake, clock, table, records } = made();
		const [id = ""] = fake.addRecords(table, [{ Count: 1 }]);
		const update = (Count: number) =>
			ask(fake, "PATCH", records, {
				body: { records: [{ recordId: id, fields: { Count } }] },
			}).data.records[0].updatedAt;
		const start = clock.now();
		clock.advance(5000);
		expect(update(1)).toBe(start);
		expect(update(2)).toBe(start);
		expect(update(3)).toBe(start + 5000);
	});
});

describe("faults and transport", () => {
	test("a create whose answer is lost has happened", async () => {
		const clock = virtualClock();
		const lost = { when: "after", broken: "no-answer" } as const;
		const fake = createFusionFake({
			clock,
			switches: fast,
			fault: ({ method }) => (method === "POST" ? lost : undefined),
		});
		const table = fake.addTable({
			name: "T",
			fields: [{ name: "Name", type: "Text" }],
		});
		const dispatcher = new FakeDispatcher({ [ORIGIN]: fake }, clock);
		const sent = request(`${ORIGIN}/fusion/v1/datasheets/${table}/records`, {
			dispatcher,
			method: "POST",
			headers: {
				authorization: `Bearer ${fake.token}`,
				"content-type": "application/json",
			},
			body: JSON.stringify({ records: [{ fields: { Name: "x" } }] }),
		});
		await expect(sent).rejects.toThrow();
		expect(fake.rows(table)).toHaveLength(1);
		expect(fake.log).toHaveLength(1);
	});
	test("the stock build hangs on a bad shape where the switch says so", () => {
		const { fake, records } = made({
			switches: { ...fast, hangsOnBadShape: true },
		});
		expect(raw(fake, "GET", `${records}?pageSize=0`)).toMatchObject({
			broken: "no-answer",
		});
	});
	test("answers carry the vendor's headers", () => {
		const { fake, records } = made();
		expect(raw(fake, "GET", records).headers).toMatchObject({
			"request-id": expect.stringMatching(/^\w{32}$/),
			"cache-control": "no-cache,no-store,must-revalidate",
		});
	});
	test("the same seed makes the same ids", () =>
		expect(made().table).toBe(made().table));
});

describe("sample", () => {
	const clock = virtualClock();
	const sample = createFusionSample({ clock, contacts: 500, switches: fast });
	const { fake, tables } = sample;

	test("two calendars of one name stand in different folders", () => {
		const found = ask(
			fake,
			"GET",
			`/fusion/v2/spaces/${fake.spaceId}/nodes?type=Datasheet&query=Content`,
		).data.nodes;
		expect(found).toHaveLength(2);
		expect(
			new Set(found.map(({ parentId }: { parentId: string }) => parentId)).size,
		).toBe(2);
	});
	test("sprint 14 has 240 tasks, and some phone numbers repeat", () => {
		const sprint = fake
			.rows(tables.tasks)
			.filter(({ fields }) => fields.Sprint === "Sprint 14");
		expect(sprint).toHaveLength(240);
		const phones = fake
			.rows(tables.contacts)
			.flatMap(({ fields }) => fields.Phone ?? []);
		expect(phones.length - new Set(phones).size).toBe(5);
	});
	test("its environment is enough to read it", () => {
		const { AITABLE_TOKEN: token = "", AITABLE_BASE_URL: origin } =
			sample.environment(ORIGIN);
		expect(origin).toBe(ORIGIN);
		expect(
			ask(fake, "GET", "/fusion/v1/spaces", { token }).data.spaces,
		).toHaveLength(1);
		for (const table of Object.values(tables))
			expect(
				ask(fake, "GET", `/fusion/v1/datasheets/${table}/fields`, { token })
					.success,
			).toBe(true);
	});
});
