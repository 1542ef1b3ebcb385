import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Fake } from "../fake.js";
import { createFusionFake, type FusionFake, type SeedField } from "./index.js";

/** Recorded numbers as JSON sends them: -0 and 1e-06 are not spelled the same, but read the same. */
function fixture<Content>(name: string): Content {
	return JSON.parse(
		readFileSync(
			new URL(`../../fixtures/fusion/${name}.json`, import.meta.url),
			"utf8",
		),
	) as Content;
}

interface Reply {
	readonly status: number;
	readonly body: {
		readonly success: boolean;
		readonly code: number;
		readonly message: string;
		readonly data?: {
			readonly records: { recordId: string; fields: Record<string, unknown> }[];
		};
	};
}

function ask(
	fake: Fake & { readonly token: string },
	method: string,
	path: string,
	body?: string,
): Reply {
	const [, route = "", query = ""] = /^([^?]*)\??(.*)$/s.exec(path) ?? [];
	const answer = fake.handle({
		method,
		origin: "https://api.example.com",
		path: route,
		query,
		headers: {
			authorization: `Bearer ${fake.token}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
		},
		body: Buffer.from(body ?? ""),
	});
	return { status: answer.status, body: JSON.parse(String(answer.body)) };
}

const OWNER = "1631185151234567001";
const READER = "1631185151234567002";
const DESIGN = "1631185151234567004";

/** The people of the measured server. */
function people(fake: FusionFake): void {
	fake.addPerson({
		name: "Owner One",
		id: OWNER,
		unitId: "unitowner01",
		uuid: "uuidowner00000000000000000000001",
		token: "uskOwner",
		isAdmin: true,
	});
	fake.addPerson({
		name: "Reader Two",
		id: READER,
		unitId: "unitreader2",
		permission: 3,
	});
	fake.addTeam({ name: "Design team", id: DESIGN, unitId: "unitdesign1" });
}

function measured(nowMs: number): FusionFake {
	const fake = createFusionFake({
		clock: { now: () => nowMs },
		switches: {
			callsPerSecond: Number.POSITIVE_INFINITY,
			storageOrigin: "https://s1.example.invalid",
		},
	});
	people(fake);
	return Object.defineProperty(fake, "token", { value: "uskOwner" });
}

interface ValueVector {
	readonly fieldType: string;
	readonly property?: unknown;
	readonly write?: unknown;
	readonly writeRaw?: string;
	readonly accepted: boolean;
	readonly readPresent?: boolean;
	readonly read?: unknown;
	readonly readStringPresent?: boolean;
	readonly readString?: string;
	readonly error?: string;
	readonly status?: number;
	readonly code?: number;
	readonly postEcho?: unknown;
	readonly optionNamesAfter?: readonly string[];
}

interface Values {
	readonly _about: {
		readonly attachmentToken: string;
		readonly foreign: {
			readonly datasheetId: string;
			readonly records: readonly { recordId: string; Title: string }[];
		};
	};
	readonly vectors: readonly ValueVector[];
}

const values = fixture<Values>("values");
const shorten = (text: string | undefined) => (text ?? "").slice(0, 60);
/** Entry ids of attachments are random; their presence is checked by shape. */
const withoutEntryIds = (value: unknown): unknown =>
	JSON.parse(
		JSON.stringify(value ?? null).replace(/"id":"atc\w{10}"/g, '"id":"atc"'),
	);

describe("values", () => {
	const fake = measured(Date.UTC(2026, 10, 20));
	fake.addAttachment({
		name: "a.txt",
		bytes: Buffer.from("hello vendor"),
		token: values._about.attachmentToken,
	});
	const { foreign } = values._about;
	fake.addTable({
		name: "Linked",
		id: foreign.datasheetId,
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	fake.addRecords(
		foreign.datasheetId,
		foreign.records.map(({ Title }) => ({ Title })),
		{ ids: foreign.records.map(({ recordId }) => recordId) },
	);
	const table = fake.addTable({
		name: "Values",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	/** The measured columns are made once per property, but select columns once per vector. */
	const columns = new Map<string, string>();
	/** Units are known to the echo once they were written into any column of the sheet. */
	const columnOf = (vector: ValueVector, index: number): string => {
		const fresh = vector.fieldType.endsWith("Select");
		const key = `${vector.fieldType} ${JSON.stringify(vector.property ?? null)}${fresh ? index : ""}`;
		let name = columns.get(key);
		if (name === undefined) {
			const named = /^(?:field:)?(\w+ \d+)\b/.exec(vector.error ?? "")?.[1];
			name = named ?? `${vector.fieldType} of ${index}`;
			const same = values.vectors.find(
				(other) =>
					!fresh &&
					other.fieldType === vector.fieldType &&
					JSON.stringify(other.property) === JSON.stringify(vector.property) &&
					/^(?:field:)?\w+ \d+ /.test(other.error ?? ""),
			);
			name = /^(?:field:)?(\w+ \d+) /.exec(same?.error ?? "")?.[1] ?? name;
			fake.addField(table, {
				name,
				type: vector.fieldType,
				property: vector.property ?? undefined,
			});
			columns.set(key, name);
		}
		return name;
	};

	test.each(
		values.vectors.map((vector, index) => ({
			vector,
			index,
			label: `${vector.fieldType} ${shorten(vector.writeRaw ?? JSON.stringify(vector.write))}`,
		})),
	)("$index $label", ({ vector, index }) => {
		const column = columnOf(vector, index);
		const written = vector.writeRaw ?? JSON.stringify(vector.write);
		const path = `/fusion/v1/datasheets/${table}/records`;
		const posted = ask(
			fake,
			"POST",
			path,
			`{"records":[{"fields":{"Title":"v",${JSON.stringify(column)}:${written}}}]}`,
		);
		const names = () =>
			fake
				.fields(table)
				.find(({ name }) => name === column)
				?.settings.options?.map(({ name }) => name);
		if (!vector.accepted) {
			expect(posted.body).toEqual({
				success: false,
				code: vector.code,
				message: vector.error,
			});
			expect(posted.status).toBe(vector.status);
			if (vector.optionNamesAfter)
				expect(names()).toEqual(vector.optionNamesAfter);
			return;
		}
		expect(posted.body.message).toBe("SUCCESS");
		const made = posted.body.data?.records[0];
		const read = (format: string) =>
			ask(
				fake,
				"GET",
				`${path}?recordIds=${made?.recordId}&cellFormat=${format}`,
			).body.data?.records[0]?.fields ?? {};
		const json = read("json");
		expect(Object.hasOwn(json, column)).toBe(vector.readPresent);
		expect(withoutEntryIds(json[column])).toEqual(withoutEntryIds(vector.read));
		const text = read("string");
		expect(Object.hasOwn(text, column)).toBe(vector.readStringPresent);
		expect(text[column] ?? null).toEqual(vector.readString ?? null);
		const echo =
			vector.postEcho === undefined
				? vector.read
				: vector.postEcho === "<absent>"
					? undefined
					: vector.postEcho;
		expect(withoutEntryIds(made?.fields[column])).toEqual(
			withoutEntryIds(echo),
		);
		if (vector.optionNamesAfter)
			expect(names()).toEqual(vector.optionNamesAfter);
	});
});

interface FormulaVector {
	readonly table: string;
	readonly formula: string;
	readonly result: readonly number[] | { readonly error: unknown };
	readonly nowMs?: number;
}

interface Formulas {
	readonly _about: {
		readonly linked: {
			readonly datasheetId: string;
			readonly records: Readonly<Record<string, string>>;
		};
	};
	readonly tables: Readonly<
		Record<
			string,
			{
				readonly fields: readonly (SeedField & { readonly id: string })[];
				readonly rows: readonly Record<string, unknown>[];
				readonly read: readonly Record<string, unknown>[];
				readonly recordIds: readonly string[];
				readonly nowMsWhenMade?: number;
			}
		>
	>;
	readonly vectors: readonly FormulaVector[];
}

describe("formulas", () => {
	const formulas = fixture<Formulas>("formulas");
	const { linked } = formulas._about;
	let nowMs = 0;
	const clock = { now: () => nowMs };
	const fake = createFusionFake({
		clock,
		switches: {
			callsPerSecond: Number.POSITIVE_INFINITY,
			storageOrigin: "https://s1.example.invalid",
		},
	});
	people(fake);
	fake.addTable({
		name: "FLinked",
		id: linked.datasheetId,
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	fake.addRecords(
		linked.datasheetId,
		Object.values(linked.records).map((Title) => ({ Title })),
		{ ids: Object.keys(linked.records) },
	);
	const attachments = new Set(
		JSON.stringify(formulas.tables).match(
			/space\/\d{4}\/\d\d\/\d\d\/[0-9a-f]{32}/g,
		),
	);
	for (const token of attachments)
		fake.addAttachment({
			name: "a.txt",
			bytes: Buffer.from("hello vendor"),
			token,
		});
	const tables = new Map<string, string>();
	for (const [name, table] of Object.entries(formulas.tables)) {
		const id = fake.addTable({ name, fields: table.fields });
		tables.set(name, id);
		for (const [index, row] of table.rows.entries()) {
			nowMs = Number(
				table.read[index]?.Made ?? table.nowMsWhenMade ?? 1_795_210_690_000,
			);
			fake.addRecords(id, [row], {
				ids: [table.recordIds[index] ?? ""],
				by: "uuidowner00000000000000000000001",
			});
		}
	}

	test.each(Object.entries(formulas.tables))(
		"the rows of %s read back",
		(name, table) => {
			const rows = ask(
				fake,
				"GET",
				`/fusion/v1/datasheets/${tables.get(name)}/records`,
			).body.data?.records;
			expect(withoutEntryIds(rows?.map(({ fields }) => fields))).toEqual(
				withoutEntryIds(table.read),
			);
		},
	);

	test.each(
		formulas.vectors.map((vector, index) => ({
			vector,
			index,
			label: shorten(vector.formula),
		})),
	)("$index $label", ({ vector }) => {
		const table = formulas.tables[vector.table];
		nowMs = vector.nowMs ?? table?.nowMsWhenMade ?? 1_795_210_700_000;
		const answer = ask(
			fake,
			"GET",
			`/fusion/v1/datasheets/${tables.get(vector.table)}/records?pageSize=1000&filterByFormula=${encodeURIComponent(vector.formula)}`,
		);
		if (!Array.isArray(vector.result)) {
			expect(answer).toEqual({
				status: 200,
				body: { success: false, code: 400, message: "" },
			});
			return;
		}
		expect(answer.body.message).toBe("SUCCESS");
		const found = answer.body.data?.records.map(({ recordId }) =>
			table?.recordIds.indexOf(recordId),
		);
		expect(found).toEqual(vector.result);
	});
});
