import { expect, test } from "vitest";
import { isTooDeep, MAX_DEPTH } from "../../../src/core/values/depth.js";
import { bounded } from "../../bounds/world.js";

const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown =>
	Array.from({ length: levels }).reduce<unknown>(wrap, "x");

test.each([
	["lists", (inner: unknown) => [1, inner, []]],
	["objects", (inner: unknown) => ({ a: 1, inner, b: {} })],
])("%s may nest as deep as is read, and no deeper", (_, wrap) => {
	expect(isTooDeep(nested(MAX_DEPTH, wrap))).toBe(false);
	expect(isTooDeep(nested(MAX_DEPTH + 1, wrap))).toBe(true);
	expect(isTooDeep(nested(100_000, wrap))).toBe(true);
});

test.each(["text", 1, true, null, undefined, [], {}])(
	"%j is not deep",
	(flat) => expect(isTooDeep(flat)).toBe(false),
);

test("100,000 names are looked at in little time", async () => {
	const names = Object.fromEntries(
		Array.from({ length: 100_000 }, (_, n) => [`f${n}`, n]),
	);
	const message = { params: { arguments: { records: [{ fields: names }] } } };
	await bounded("depth of 100,000 names", async () =>
		expect(isTooDeep(message)).toBe(false),
	);
});
