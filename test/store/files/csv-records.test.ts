import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TablesError } from "../../../src/core/contract/errors.js";
import {
	type CsvRecord,
	csvRecords,
} from "../../../src/store/files/csv-records.js";

async function records(
	parts: readonly string[],
	delimiter: string,
): Promise<readonly CsvRecord[]> {
	const source = async function* () {
		yield* parts;
	};
	const all: CsvRecord[] = [];
	for await (const found of csvRecords(source(), delimiter, 1))
		all.push(...found);
	return all;
}

/** The records, or the words in which a text without an end of a quote is refused. */
function recordsOrRefusal(
	parts: readonly string[],
	delimiter: string,
): Promise<readonly CsvRecord[] | string> {
	return records(parts, delimiter).catch((error: unknown) => {
		if (error instanceof TablesError) return error.message;
		throw error;
	});
}

/** A text in parts that end anywhere, as a disk gives them. */
function cutAt(text: string, places: readonly number[]): readonly string[] {
	const cuts = [...new Set(places.map((place) => place % (text.length + 1)))];
	cuts.sort((a, b) => a - b);
	return [0, ...cuts].map((from, index) => text.slice(from, cuts[index]));
}

const character = fc.constantFrom(...'"",;\t \r\nab\'é');
const anything = fc.string({ unit: character, maxLength: 40 });
const places = fc.array(fc.nat(200), { maxLength: 6 });
const delimiters = fc.constantFrom(",", ";", "\t");

test("where a part of the text ends makes no difference, and no line is lost", async () => {
	await fc.assert(
		fc.asyncProperty(anything, places, delimiters, async (text, at, mark) => {
			const whole = await recordsOrRefusal([text], mark);
			expect(await recordsOrRefusal(cutAt(text, at), mark)).toEqual(whole);
			if (typeof whole === "string") return;
			const lines = text.split(/\r\n|\r|\n/);
			let last = 0;
			for (const { line } of whole) {
				expect(line).toBeGreaterThan(last);
				expect(line).toBeLessThanOrEqual(lines.length);
				last = line;
			}
		}),
		{ numRuns: 500 },
	);
});

test("tables with every cell that needs it in quotes are read as another program reads them", async () => {
	const cell = fc
		.string({ unit: character, maxLength: 6 })
		.map((text) => `x${text}`);
	const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), {
		minLength: 1,
		maxLength: 5,
	});
	const ends = fc.constantFrom("\n", "\r\n", "\r");
	await fc.assert(
		fc.asyncProperty(table, delimiters, ends, async (rows, mark, end) => {
			const text = rows
				.map((row) =>
					row.map((one) => `"${one.replaceAll('"', '""')}"`).join(mark),
				)
				.join(end);
			const read = await records([text], mark);
			expect(read.map(({ cells }) => cells)).toEqual(
				parse(text, { delimiter: mark, record_delimiter: end }),
			);
		}),
		{ numRuns: 200 },
	);
});

test("a record that is longer than a line may be is refused where it begins", async () => {
	const long = "a".repeat(1024 * 1024);
	await expect(
		records(["a\n", `b,"`, ...Array.from({ length: 5 }, () => long)], ","),
	).rejects.toMatchObject({
		code: "bad_argument",
		message: expect.stringMatching(
			/at line 2: .* longer than 4194304 characters/,
		),
	});
});
