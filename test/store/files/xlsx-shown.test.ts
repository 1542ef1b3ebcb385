import { expect, test } from "vitest";
import {
	numberFormat,
	shownNumber,
} from "../../../src/store/files/xlsx-format.js";
import { shownText } from "../../../src/store/files/xlsx-sections.js";

/* What a person sees of a number, and which part of that is its unit. */

test.each([
	[0.5, '0.0"%"', "0.5%", "%"],
	[0.5, "0.0\\%", "0.5%", "%"],
	[0.5, "0.0%", "50.0%", undefined],
	[5, '[Blue]"+"0;[Red]-0', "+5", undefined],
	[44, 'General"."', "44.", undefined],
	[37.66, '0.0"°C"', "37.7°C", "°C"],
	[1e7, '0.0,,"M€"', "10.0M€", "€"],
	[1234.5, "#\\ ##0.00", "1 234.50", undefined],
	[5, '0" of 10"', "5 of 10", "of 10"],
	[0.05, '0.0%" x"', "5.0% x", "x"],
	[-0.05, "0%;(0%)", "(5%)", undefined],
	[-5, '0" DR";0" CR"', "5 CR", "DR / CR"],
	[-5, '"$"0;-"$"0', "-$5", "$"],
	[5, "[$¥-804]0", "¥5", "CN¥"],
	[5, "[$¥-411]0", "¥5", "JP¥"],
	[5, "[$$-409]0", "$5", "US$"],
])("%d as %s is %s", (value, code, shown, unit) => {
	const format = numberFormat(200, code);
	if (format.kind !== "number") throw new Error(`no number: ${format.kind}`);
	expect([shownNumber(value, format.code), format.unit]).toEqual([shown, unit]);
});

/* The section of each number: by conditions in their order, by the sign where there are none. */

test.each<[string, ...(readonly [number, string])[]]>([
	['[=1]"yes";[=0]"no";General', [1, "yes"], [0, "no"], [7, "7"], [-7, "-7"]],
	['[<0]"neg";"pos"', [-1, "neg"], [0, "pos"], [1, "pos"]],
	['[=1]"low";[=2]"mid";"high"', [1, "low"], [2, "mid"], [3, "high"]],
	['[<=1]"one";[<=3]"few";"many"', [1, "one"], [3, "few"], [4, "many"]],
	["[>100]0.0;0", [200, "200.0"], [5, "5"], [-5, "-5"]],
	["[<0](0);0", [-5, "(5)"], [5, "5"]],
	["[>=0]0;(0)", [-5, "(5)"], [0, "0"]],
	['[=1]"a";[=2]"b"', [1, "a"], [2, "b"], [3, "3"]],
	['[Red][>9]"hot";[Blue]0', [10, "hot"], [9, "9"]],
	['#,##0;[=0]"-"', [0, "-"], [-5, "-5"]],
	["0;-0;;@", [5, "5"], [-5, "-5"], [0, ""]],
	[";;;", [5, ""], [-5, ""]],
	['General;"minus "General', [5, "5"], [-5, "minus 5"]],
	['0;-0;"[;]"', [0, "[;]"]],
	['_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', [0, "-"], [5, "5"], [-5, "-5"]],
])("%s shows each number by its section", (code, ...pairs) => {
	for (const [value, shown] of pairs) {
		const format = numberFormat(200, code);
		if (format.kind !== "number") throw new Error(`no number: ${format.kind}`);
		expect(shownNumber(value, format.code)).toBe(shown);
	}
});

test.each([
	["0\\.00", true],
	['0000"/"00"/"00', true],
	['0"0"', true],
	['"1"000', true],
	['"-"0', true],
	["-0", true],
	["000-00-0000", true],
	['0" of 10"', false],
	['"Q1 "0', false],
	["#\\ ##0.00", false],
	['0;"-"0', false],
	["[<0]-0;0", false],
	["_-* #,##0.00_-;-* #,##0.00_-", false],
	["# ?/?", false],
	["0.00E+00", false],
	['General" kg"', false],
])("%s makes another number of the digits: %s", (code, masked) => {
	const format = numberFormat(200, code);
	expect(format.kind === "number" && format.masked).toBe(masked);
});

test.each([
	['"pre-"@', "x", "pre-x"],
	['"+"@', "491701", "+491701"],
	['@" kg"', "5", "5 kg"],
	['0;0;0;"t:"@', "x", "t:x"],
	["0;-0;0;\\<@\\>", "x", "<x>"],
	["_(@_)", "x", "x"],
	["0.00", "x", "x"],
	["[$-409]d-mmm-yy;@", "x", "x"],
	["[Red]@", "x", "x"],
])("%s shows the text %s as %s", (code, text, shown) => {
	expect(shownText(text, code)).toBe(shown);
});
