import { expect, test } from "vitest";
import {
	numberFormat,
	shownNumber,
} from "../../../src/store/files/xlsx-format.js";

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
])("%d as %s is %s", (value, code, shown, unit) => {
	const format = numberFormat(200, code);
	if (format.kind !== "number") throw new Error(`no number: ${format.kind}`);
	expect([shownNumber(value, format.code), format.unit]).toEqual([shown, unit]);
});
