import { expect, test } from "vitest";
import { fusionHarness } from "../../harness/fusion/index.js";
import { createFusionFake, type FusionFake } from "./index.js";
import {
	addMeasured,
	MEASURED_STORAGE,
	MEASURED_TABLE,
	measuredAnswers,
} from "./measured.js";

/* The fake beside the vendor's own server: one table, its columns, its cells, and the rows of 817 filters. */

const fake = createFusionFake({
	clock: { now: () => Date.UTC(2026, 10, 27, 12) },
	switches: {
		callsPerSecond: Number.POSITIVE_INFINITY,
		storageOrigin: MEASURED_STORAGE,
	},
});
addMeasured(fake);
const { fields, records, filters } = measuredAnswers();

function ask(path: string, query: Readonly<Record<string, string>> = {}) {
	const answer = fake.handle({
		method: "GET",
		origin: "https://api.example.com",
		path: `/fusion/v1/datasheets/${MEASURED_TABLE}/${path}`,
		query: new URLSearchParams(query).toString(),
		headers: { authorization: `Bearer ${fake.token}` },
		body: Buffer.from(""),
	});
	return JSON.parse(String(answer.body)).data as {
		readonly fields: readonly { readonly id: string }[];
		readonly records: readonly {
			readonly recordId: string;
			readonly fields: Record<string, unknown>;
		}[];
	};
}

const withoutEntryIds = (value: unknown): unknown =>
	JSON.parse(JSON.stringify(value).replace(/"id":"atc\w{10}"/g, '"id":"atc"'));

test.each(fields)("column $name is shown as recorded", (field) => {
	expect(ask("fields").fields.find(({ id }) => id === field.id)).toEqual(field);
});

test("every cell that was recorded reads back", () => {
	const read = ask("records", { fieldKey: "id", pageSize: "1000" }).records;
	expect(read.map(({ recordId }) => recordId)).toEqual(
		records.map(({ recordId }) => recordId),
	);
	for (const [index, record] of records.entries()) {
		const shown = read[index]?.fields ?? {};
		const wanted =
			index < 6
				? shown
				: Object.fromEntries(
						Object.keys(record.fields).map((id) => [id, shown[id]]),
					);
		expect(withoutEntryIds(wanted), String(index)).toEqual(
			withoutEntryIds(record.fields),
		);
	}
});

test.each([...filters])("%s", (formula, rows) => {
	const answer = ask("records", {
		fieldKey: "id",
		pageSize: "1000",
		filterByFormula: formula,
	});
	const numbers = new Map(
		records.map(({ recordId }, index) => [recordId, index]),
	);
	expect(answer.records.map(({ recordId }) => numbers.get(recordId))).toEqual(
		rows,
	);
});

test("the fake decides by its own evaluator, but for a record that was not there when it was asked", () => {
	const unseen = fake.store.tables.get(MEASURED_TABLE)?.unseen ?? new Map();
	expect(filters.size).toBe(817);
	expect(unseen.size).toBe(18);
	expect([...unseen.values()].every(({ size }) => size === 1)).toBe(true);
});

test("`npm run fakes` shows it", () => {
	const { network } = fusionHarness;
	if (network === "none") throw new Error("a fake was expected");
	const { fake } = network.sample({
		clock: { now: () => Date.UTC(2026, 10, 27) },
	});
	expect((fake as FusionFake).rows(MEASURED_TABLE)).toHaveLength(
		records.length,
	);
});
