import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import { SheetCell } from "../../../src/core/contract/files.js";
import {
	type SheetExport,
	sheetCell,
	sheetNotes,
} from "../../../src/core/read/export-sheet.js";
import { sheetName } from "../../../src/core/values/sheet-name.js";
import { zone } from "../../../src/core/values/zone.js";
import { dateText, serialOf } from "../../../src/store/files/xlsx-days.js";

const field = (
	type: Field["type"],
	settings: Field["settings"] = {},
): Field => ({
	id: "f",
	name: "F",
	type,
	primary: false,
	settings,
	wireType: type,
});

const sheetIn = (zoneName: string): SheetExport => ({
	zone: zoneName,
	ids: true,
	links: 0,
	unlinked: { form: 0, length: 0, count: 0 },
	hasTimes: false,
});

describe.each(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"])(
	"moments in %s",
	(name) => {
		const shown = (ms: number) =>
			String(
				sheetCell(
					{ id: "r", cells: { f: ms } },
					{ column: field("date", { showsTime: true }), asIds: false },
					sheetIn(name),
				),
			);

		test("are numbers that read back to the same moment, or text that does", () => {
			fc.assert(
				fc.property(
					fc.integer({
						min: Date.UTC(1850, 0, 1),
						max: Date.UTC(9999, 11, 30),
					}),
					(ms) => {
						const text = shown(ms);
						const serial = serialOf(text);
						const format = { kind: "date", timed: true, decimals: 3 } as const;
						const read =
							serial === undefined ? text : dateText(serial, format, false);
						expect(zone(name).parse(String(read))).toMatchObject({ ms });
					},
				),
				{ numRuns: 1_000 },
			);
		});
	},
);

test("an hour that a clock shows twice is told apart", () => {
	const cell = (ms: number) =>
		sheetCell(
			{ id: "r", cells: { f: ms } },
			{ column: field("date", { showsTime: true }), asIds: false },
			sheetIn("Europe/Berlin"),
		);
	const first = Date.UTC(2026, 9, 25, 0, 30);
	expect(cell(first)).toBe("2026-10-25T02:30:00");
	expect(cell(first + 3_600_000)).toBe("2026-10-25T02:30:00+01:00");
});

test.each([
	["https://example.com/a?b=1&c=2#d", true],
	["mailto:ann@example.com", true],
	["javascript:alert(1)", false],
	["file:///etc/passwd", false],
	["https://example.com/a b", false],
	["www.example.com", false],
	[`https://example.com/${"x".repeat(2_079)}`, false],
])("%s leads somewhere: %s", (link, leads) => {
	const sheet = sheetIn("UTC");
	const cell = sheetCell(
		{ id: "r", cells: { f: { text: link, link } } },
		{ column: field("url"), asIds: false },
		sheet,
	);
	expect(cell instanceof SheetCell ? cell.link : cell).toBe(link);
	expect(cell instanceof SheetCell).toBe(leads);
	const isLong = link.length > 2_079;
	expect(sheet.links).toBe(leads ? 1 : 0);
	expect(sheet.unlinked).toEqual({
		form: leads || isLong ? 0 : 1,
		length: isLong ? 1 : 0,
		count: 0,
	});
	expect(sheetNotes(sheet).join()).toBe(
		leads
			? ""
			: `addresses that stand in the sheet as text alone: 1 ${isLong ? "have more than the 2079 characters of a link" : "are not of a form that spreadsheet programs open"}`,
	);
});

test("more links than a sheet holds are text, and counted", () => {
	const sheet = { ...sheetIn("UTC"), links: 65_530 };
	const link = "https://example.com/";
	expect(
		sheetCell(
			{ id: "r", cells: { f: { text: "T", link } } },
			{ column: field("url"), asIds: false },
			sheet,
		),
	).toBe(JSON.stringify({ text: "T", link }));
	expect(sheet.unlinked).toEqual({ form: 0, length: 0, count: 1 });
	expect(sheetNotes(sheet).join()).toContain("1 are beyond the 65530 links");
});

test("a name of a sheet is one that it keeps", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
			const name = sheetName(text);
			expect(name.length).toBeGreaterThan(0);
			expect(name.length).toBeLessThanOrEqual(31);
			expect(name).not.toMatch(/[\\/?*[\]:]|^'|'$/);
			expect(sheetName(name)).toBe(name);
		}),
	);
	expect(sheetName("History")).toBe("History_");
});
