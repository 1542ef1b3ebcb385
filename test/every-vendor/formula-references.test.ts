import { describe, expect, test } from "vitest";
import { formulaReferences as bitable } from "../../src/vendors/bitable/formula.js";
import { formulaReferences as fusion } from "../../src/vendors/fusion/formula.js";

const WIRE = "bitable::$table[tblA].$field[fldB]";

describe("what a formula names is found", () => {
	test.each([
		["{Price} * 2", [{ field: "Price" }]],
		[
			"IF({A b}>=1.5, SUM({C},{D}), TRUE)",
			["A b", "C", "D"].map((field) => ({ field })),
		],
		["{a\\}b}", [{ field: "a}b" }]],
		[`CONCATENATE("it's", {N})`, [{ field: "N" }]],
		[WIRE, [{ table: "tblA", field: "fldB" }]],
		[
			`${WIRE}+bitable::$table[tblOwn].$field[fldC]`,
			[{ table: "tblA", field: "fldB" }, { field: "fldC" }],
		],
		["1 + 2", []],
	])("bitable: %s", (formula, references) => {
		expect(bitable(formula, "tblOwn")).toEqual(
			expect.arrayContaining(references),
		);
		expect(bitable(formula, "tblOwn")).toHaveLength(references.length);
	});

	test.each([
		["{fldA}&'x \"y\" z'", [{ field: "fldA" }]],
		['DATEADD({Day}, 1, "days")', [{ field: "Day" }]],
	])("fusion: %s", (formula, references) => {
		expect(fusion(formula)).toEqual(references);
	});
});

describe("what cannot be read with certainty is not read at all", () => {
	test.each([
		"Salary * 2",
		"[Secret].[Salary]",
		"bitable::$table[tblA].COUNTIF(CurrentValue.[Salary]>1)",
		"bitable::$table[tblA]",
		'"\\" & bitable::$table[tblA].$field[fldB] & "\\"',
		'"bitable::$table[tblA].$field[fldB]"',
		'"a',
		"'a",
		"“{Salary}”",
		'"“" & {A} & "”"',
		"{Unclosed",
		"A}",
		"薪资+1",
		"$field[fldB]",
		"{A}.SUM()",
	])("%s", (formula) => {
		expect(bitable(formula, "tblOwn")).toBeUndefined();
		expect(fusion(formula)).toBeUndefined();
	});
});
