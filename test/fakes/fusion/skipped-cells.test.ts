import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createFusionFake, type FusionFake, type SeedField } from "./index.js";

/* Cells that the server's answer to a write shows, and that it skips at the save. */

type Cells = Record<string, unknown>;

interface Reply {
	readonly status: number;
	readonly body: {
		readonly success: boolean;
		readonly data: { records: { recordId: string; fields: Cells }[] };
	};
}

interface Exchanges {
	readonly exchanges: readonly {
		readonly name: string;
		readonly request: {
			readonly method: string;
			readonly path: string;
			readonly body: { readonly records: { readonly fields: Cells }[] };
		};
		readonly response: Reply;
		/** Columns that a read right after does not have. */
		readonly absentWhenRead: readonly string[];
	}[];
}

const { exchanges } = JSON.parse(
	readFileSync(
		new URL("../../fixtures/fusion/exchanges.json", import.meta.url),
		"utf8",
	),
) as Exchanges;

function ask(
	fake: FusionFake,
	method: string,
	url: string,
	body?: unknown,
): Reply {
	const [path = "", query = ""] = url.split(/\?(.*)/s);
	const answer = fake.handle({
		method,
		origin: "https://api.example.com",
		path,
		query,
		headers: {
			authorization: `Bearer ${fake.token}`,
			"content-type": "application/json",
		},
		body: Buffer.from(body === undefined ? "" : JSON.stringify(body)),
	});
	return { status: answer.status, body: JSON.parse(String(answer.body)) };
}

const quiet = () =>
	createFusionFake({
		clock: { now: () => Date.UTC(2026, 10, 27) },
		switches: { callsPerSecond: Number.POSITIVE_INFINITY },
	});

/** The datasheet that the recorded calls went to. */
function recordedTable(path: string): FusionFake {
	const fake = quiet();
	for (const [id, unitId] of [
		["1200000000000000001", "unitofone"],
		["1200000000000000002", "e27d60558825bafc0127dec1b9accd3x"],
	] as const)
		fake.addPerson({ name: `Person ${id}`, id, unitId });
	const linked = fake.addTable({
		name: "Linked",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	fake.addRecords(linked, [{}, {}, {}], {
		ids: ["rect9740F6SYp", "recl69TBeOySA", "recwXNPgfjnmN"],
	});
	const columns: Readonly<Record<string, Omit<SeedField, "name" | "id">>> = {
		fld3gggnbkXib: { type: "SingleText", property: {} },
		fldPU1O3rt5KW: { type: "Text" },
		fldLZnfH0Z2EI: { type: "Number", property: { precision: 3 } },
		fldipf8OPYehF: { type: "Currency", property: {} },
		fldc0VoOCjFff: { type: "Percent", property: { precision: 0 } },
		fldspFeuZy0uy: { type: "Rating", property: { icon: "star", max: 5 } },
		fldo3bUgkkzcY: { type: "Checkbox", property: { icon: "star" } },
		fldhTtIKLUeFG: {
			type: "SingleSelect",
			property: { options: [{ name: "x" }] },
		},
		fldtHpCsAHeAG: {
			type: "MultiSelect",
			property: { options: [{ name: "m1" }, { name: "m, 3" }] },
		},
		fldMzyZSOHZIC: {
			type: "DateTime",
			property: { dateFormat: "YYYY-MM-DD" },
		},
		fldmy0h9TlK3U: {
			type: "DateTime",
			property: { dateFormat: "YYYY-MM-DD", includeTime: true },
		},
		fldNjkiuDvOKr: { type: "Email" },
		fld4Gh2LW4teD: { type: "Phone" },
		fldqnlmJZ7UIo: { type: "URL" },
		fld9qJhq8qOn8: { type: "Member", property: { isMulti: true } },
		fldN4yh3Wk1UK: { type: "Member", property: { isMulti: false } },
		fldDQcHHpyZCz: {
			type: "OneWayLink",
			property: { foreignDatasheetId: linked },
		},
		fldi0bibLQOlj: {
			type: "OneWayLink",
			property: { foreignDatasheetId: linked, limitSingleRecord: true },
		},
		fldKZCjlYbDJ1: {
			type: "MagicLink",
			property: { foreignDatasheetId: linked },
		},
		fldGM3Ry9YWfq: { type: "AutoNumber" },
		fld7vOvud4P6h: {
			type: "Formula",
			property: { expression: "{fldLZnfH0Z2EI}*2" },
		},
	};
	const table = fake.addTable({
		name: "Recorded",
		id: /dst\w+/.exec(path)?.[0] ?? "",
		fields: Object.entries(columns).map(([id, column]) => ({
			...column,
			id,
			name: `Column ${id}`,
		})),
	});
	fake.addRecords(table, [{}, {}, {}]);
	return fake;
}

test.each(exchanges)("recorded: $name", (exchange) => {
	const { request, response, absentWhenRead } = exchange;
	const fake = recordedTable(request.path);
	const answer = ask(fake, request.method, request.path, request.body);
	expect(answer.status).toBe(response.status);
	const [made] = answer.body.data.records;
	const [recorded] = response.body.data.records;
	expect(made?.fields).toEqual(recorded?.fields);
	const read = ask(
		fake,
		"GET",
		`${request.path}?fieldKey=id&recordIds=${made?.recordId}`,
	).body.data.records[0]?.fields;
	const sent = request.body.records[0]?.fields ?? {};
	expect(Object.keys(sent).filter((id) => !(id in (read ?? {})))).toEqual(
		absentWhenRead,
	);
});

describe("a URL cell", () => {
	const fake = quiet();
	const table = fake.addTable({
		name: "Addresses",
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Site", type: "URL" },
		],
	});
	const records = `/fusion/v1/datasheets/${table}/records`;
	const site = ({ body }: Reply) => body.data.records[0]?.fields.Site;
	const read = (id: string) =>
		site(ask(fake, "GET", `${records}?recordIds=${id}`));
	const shown = (title: string, text: string, favicon = "") => ({
		title,
		text,
		favicon,
	});

	const old = shown("https://old.test", "https://old.test");
	const seeded = () => {
		const [id = ""] = fake.addRecords(table, [{ Site: old.text }]);
		return id;
	};

	test.each([
		["a text", "https://a.test", shown("https://a.test", "https://a.test")],
		["an address alone", { text: "a" }, shown("a", "a")],
		["with a title", { text: "a", title: "T" }, shown("T", "a")],
		[
			"with both",
			{ text: "a", title: "T", favicon: "https://a.test/f.ico" },
			shown("T", "a", "https://a.test/f.ico"),
		],
	])("%s is kept", (_, Site, kept) => {
		const body = { records: [{ fields: { Site } }] };
		const made = ask(fake, "POST", records, body);
		expect(site(made)).toEqual(kept);
		expect(read(made.body.data.records[0]?.recordId ?? "")).toEqual(kept);
		const recordId = seeded();
		const patch = { records: [{ recordId, fields: { Site } }] };
		expect(site(ask(fake, "PATCH", records, patch))).toEqual(kept);
		expect(read(recordId)).toEqual(kept);
	});

	test.each([
		[
			"an empty favicon",
			{ text: "a", title: "T", favicon: "" },
			shown("T", "a"),
		],
		["an empty favicon alone", { text: "a", favicon: "" }, shown("a", "a")],
		["no favicon but null", { text: "a", favicon: null }, shown("a", "a")],
		["an empty title", { text: "a", title: "" }, shown("a", "a")],
		["no title but null", { text: "a", title: null }, shown("a", "a")],
		["a title that is a number", { text: "a", title: 5 }, shown("a", "a")],
		["an address that is a number", { text: 5 }, shown("5", "5")],
	])("with %s is answered and skipped", (_, Site, echo) => {
		const body = { records: [{ fields: { Title: "kept", Site } }] };
		const made = ask(fake, "POST", records, body);
		expect(made.status).toBe(201);
		expect(site(made)).toEqual(echo);
		const id = made.body.data.records[0]?.recordId ?? "";
		expect(read(id)).toBeUndefined();
		expect(fake.rows(table).find(({ recordId }) => recordId === id)).toEqual(
			expect.objectContaining({ fields: { Title: "kept" } }),
		);

		const recordId = seeded();
		const patch = {
			records: [{ recordId, fields: { Title: "changed", Site } }],
		};
		expect(site(ask(fake, "PATCH", records, patch))).toEqual(echo);
		expect(read(recordId)).toEqual(old);
		expect(
			fake.rows(table).find((row) => row.recordId === recordId)?.fields.Title,
		).toBe("changed");
		expect(() => fake.addRecords(table, [{ Site }])).toThrow(/not keep/);
	});

	test("skipped and then given again in one call, it is kept", () => {
		const recordId = seeded();
		const answer = ask(fake, "PATCH", records, {
			records: [
				{ recordId, fields: { Site: { text: "lost", favicon: "" } } },
				{ recordId, fields: { Site: "kept" } },
			],
		});
		expect(site(answer)).toEqual(shown("kept", "kept"));
		expect(read(recordId)).toEqual(shown("kept", "kept"));
	});

	test("is cleared by null and by an empty text", () => {
		for (const Site of [null, ""]) {
			const recordId = seeded();
			const body = { records: [{ recordId, fields: { Site } }] };
			expect(site(ask(fake, "PATCH", records, body))).toBeUndefined();
			expect(read(recordId)).toBeUndefined();
		}
	});
});
