import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
	ANY_TOOL,
	act,
	confirms,
	keyOf,
	placeOf,
	QUESTIONS,
	type Question,
	shownName,
} from "../../../src/core/contract/consent.js";
import { tools } from "../../../src/tools/index.js";
import { makeListing } from "../../../src/tools/listing.js";

describe("the table of questions", () => {
	test("a tool takes `confirm` if and only if it can ask", () => {
		expect(
			tools
				.filter(({ input }) => "confirm" in input.shape)
				.map(({ name }) => name)
				.sort(),
		).toEqual(
			[...new Set(Object.values(QUESTIONS).map(({ tool }) => tool))]
				.filter((tool) => tool !== ANY_TOOL)
				.sort(),
		);
	});

	test("`confirm` is described the same way everywhere, and is never required", () => {
		for (const { name, inputSchema } of makeListing(tools)) {
			const { properties = {}, required = [] } = inputSchema as {
				properties?: Record<string, unknown>;
				required?: string[];
			};
			if (!("confirm" in properties)) continue;
			expect(properties.confirm, name).toEqual({
				type: "string",
				description:
					"The name, or the number from `dry_run`; may be sent in the first call if the person has asked for exactly this",
			});
			expect(required).not.toContain("confirm");
		}
	});
});

/** Controls, line ends, direction marks, and what has no width. */
const UNSEEN =
	/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}|\u034f|\u115f|\u1160|\u3164|\uffa0|[\ufe00-\ufe0f]/u;

describe("names in a question", () => {
	const nasty = fc
		.array(
			fc.oneof(
				fc.string({ unit: "binary" }),
				fc.constantFrom(
					'"',
					"“",
					"”",
					"\n",
					"\r\n",
					"\t",
					"\u0000",
					"\u001b[31m",
					"\u0085",
					"\u00ad",
					"\u061c",
					"\u200b",
					"\u200d",
					"\u200e",
					"\u2028",
					"\u2029",
					"\u202e",
					"\u2066",
					"\ufeff",
					"\u{e0041}",
					"\ufe0f",
					"\u3164",
					"\u2800",
					"\ud800",
					"  ",
				),
			),
		)
		.map((parts) => parts.join(""));

	test("are one quoted line of what can be seen, and cut", () => {
		fc.assert(
			fc.property(nasty, (name) => {
				const text = act`delete ${name} now`;
				const [, inner = ""] = /^delete "([^"“”„‟″＂]*)" now$/.exec(text) ?? [];
				expect(text).toBe(`delete "${inner}" now`);
				expect(inner).not.toMatch(UNSEEN);
				expect([...inner].length).toBeLessThanOrEqual(80);
				expect(inner).toBe(inner.trim());
			}),
			{ numRuns: 500 },
		);
	});

	test.each([
		["Orders", '"Orders"'],
		["客户 订单", '"客户 订单"'],
		["  two\n lines\u2028here ", '"two lines here"'],
		['Orders"? Yes, and "more', `"Orders'? Yes, and 'more"`],
		["gpj\u202eexe.\u200b", '"gpjexe."'],
		["", '""'],
		["x".repeat(80), `"${"x".repeat(80)}"`],
		["x".repeat(81), `"${"x".repeat(79)}…"`],
		["😀".repeat(81), `"${"😀".repeat(79)}…"`],
	])("%j is %s", (name, shown) => {
		expect(act`${name}`).toBe(shown);
	});

	test("lists are cut with their count, and numbers come with their noun", () => {
		expect(act`remove ${["a", "b\n"]}`).toBe('remove "a", "b"');
		expect(
			act`remove ${Array.from({ length: 13 }, (_, index) => `o${index}`)}`,
		).toMatch(/^remove "o0", .*"o9" and 3 more$/);
		expect(act`delete ${{ count: 1, noun: "record" }}`).toBe("delete 1 record");
		expect(act`delete ${{ count: 2, noun: "record" }}`).toBe(
			"delete 2 records",
		);
	});

	test("what a refusal asks for as `confirm` can be sent back, and so can the whole name", () => {
		fc.assert(
			fc.property(nasty, (name) => {
				expect(shownName(name)).not.toMatch(UNSEEN);
				expect(confirms(shownName(name), name)).toBe(true);
				expect(confirms(name, name)).toBe(true);
			}),
		);
	});

	test.each([
		["tasks", "Tasks"],
		["Task", "Tasks"],
		["Tasks!", "Tasks"],
		["1", "12"],
		["012", "12"],
		["yes", "Tasks"],
		["x".repeat(79), "x".repeat(100)],
		[`${"x".repeat(99)}y`, "x".repeat(100)],
	])("%j does not confirm %j", (given, expected) => {
		expect(confirms(given, expected)).toBe(false);
	});
});

describe("what is the same", () => {
	test("a place minds neither case nor space, and its parts are not confused", () => {
		expect(placeOf("fusion", "dstAbC")).toBe(placeOf("fusion", " DSTabc "));
		expect(placeOf("a", "b", "c")).not.toBe(placeOf("a", "b,c"));
		expect(placeOf('a","b')).not.toBe(placeOf("a", "b"));
	});

	test("a question, if nothing of it differs but `confirm` and its words", () => {
		const question: Question = {
			kind: "delete_records",
			action: act`delete ${{ count: 12, noun: "record" }} of ${"Tasks"}`,
			expected: "12",
			place: placeOf("local", "t1"),
			about: ["r1", "r2"],
		};
		const key = keyOf(question);
		expect(keyOf({ ...question, given: "12" })).toBe(key);
		// The same records are the same, whatever is said of them; where nothing else says it, the words do.
		const otherWords = { action: act`delete ${"other"}` };
		expect(keyOf({ ...question, ...otherWords })).toBe(key);
		const bare = { ...question, about: undefined };
		expect(keyOf({ ...bare, ...otherWords })).not.toBe(keyOf(bare));
		for (const other of [
			{ kind: "change_records" as const },
			{ expected: "13" },
			{ place: placeOf("local", "t2") },
			{ about: ["r1", "r3"] },
			{ about: undefined },
		])
			expect(keyOf({ ...question, ...other })).not.toBe(key);
	});
});
