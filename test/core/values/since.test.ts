import { expect, test } from "vitest";
import { parseSince } from "../../../src/core/values/since.js";

const ZONE = "Asia/Shanghai";
const NOW = Date.parse("2026-11-27T09:30:00+08:00");
const at = (text: string) => Date.parse(text);

test.each([
	["today", at("2026-11-27T00:00:00+08:00")],
	[" Today ", at("2026-11-27T00:00:00+08:00")],
	["yesterday", at("2026-11-26T00:00:00+08:00")],
	["this_week", at("2026-11-23T00:00:00+08:00")],
	["last_7_days", at("2026-11-21T00:00:00+08:00")],
	["PT30M", NOW - 1_800_000],
	["pt2h", NOW - 7_200_000],
	["P1DT1H1M1S", NOW - 90_061_000],
	["P1W", NOW - 604_800_000],
	["2026-11-27", at("2026-11-27T00:00:00+08:00")],
	["2026-11-27T08:15", at("2026-11-27T08:15:00+08:00")],
	["2026-11-27T08:15:00Z", at("2026-11-27T08:15:00Z")],
])("%j is a moment", (text, ms) => {
	expect(parseSince(text, NOW, ZONE)).toEqual({ ms });
});

test.each([
	"",
	"P",
	"PT",
	"P1H",
	"1D",
	"-P1D",
	"recently",
	"2026-02-30",
	"last_0_days",
])("%j is not, and what is accepted is said", (text) => {
	expect(parseSince(text, NOW, ZONE)).toEqual({
		problem: expect.stringMatching(/2026-11-20.*today, yesterday.*PT30M/),
	});
});
