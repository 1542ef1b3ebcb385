import fc from "fast-check";
import { expect, test } from "vitest";
import {
	MOST_NAMES,
	MOST_VALUES,
	parseJson,
} from "../../../src/core/values/parse-json.js";

/*
 * Long JSON is read by this server itself, in turns: it must come to what the engine makes of it.
 */

const parsed = async (text: string) => {
	try {
		return { value: (await parseJson(Buffer.from(text), 1_000, -1)).value };
	} catch (error) {
		expect(error).toBeInstanceOf(SyntaxError);
		return "not JSON";
	}
};
const byEngine = (text: string) => {
	try {
		return { value: JSON.parse(text) };
	} catch {
		return "not JSON";
	}
};

test("what is long is read as the engine reads it", async () => {
	await fc.assert(
		fc.asyncProperty(fc.json(), fc.boolean(), async (json, isIndented) => {
			const text = isIndented
				? JSON.stringify(JSON.parse(json), undefined, "\t")
				: json;
			const found = await parsed(text);
			expect(found).toStrictEqual({ value: JSON.parse(text) });
			expect(JSON.stringify(found)).toBe(
				JSON.stringify({ value: JSON.parse(text) }),
			);
		}),
		{ numRuns: 300 },
	);
});

test("so is what is not JSON, and what is barely", async () => {
	const part = fc.constantFrom(
		...["[", "]", "{", "}", ",", ":", '"a"', '"b":1', "1", "-", "null", "tru"],
		...[
			'"',
			"\\",
			'"\\u00e9"',
			'"é👍"',
			'"__proto__":',
			"0",
			"1e5",
			".5",
			"\n",
		],
	);
	await fc.assert(
		fc.asyncProperty(fc.array(part, { maxLength: 9 }), async (parts) => {
			const text = parts.join("");
			expect(await parsed(text)).toStrictEqual(byEngine(text));
		}),
		{ numRuns: 3_000 },
	);
});

test.each([
	...[
		"",
		"[1,]",
		'{"a":1,}',
		'{"a"}',
		"[1 2]",
		"[1]]",
		"[1}",
		'{"a":1]',
		"1,2",
	],
	...[
		'["a\nb"]',
		'["\\x"]',
		"[01]",
		"[1",
		'{"a":',
		'["a',
		"[,1]",
		"{,}",
		"nul",
	],
	...[
		'{"__proto__":{"a":1},"a":1,"a":2}',
		'{"2":0,"1":0,"b":0}',
		'"\\""',
		" 1 ",
	],
])("%s", async (text) => {
	expect(await parsed(text)).toStrictEqual(byEngine(text));
});

test("a byte order mark is not part of it", async () => {
	expect(await parsed("\ufeff[1]")).toEqual({ value: [1] });
	expect((await parseJson(Buffer.from("\ufeff[1]"))).value).toEqual([1]);
});

test("what nests too deep stays too deep", async () => {
	const deep = `${"[".repeat(300_000)}${"]".repeat(300_000)}`;
	const { value } = await parseJson(Buffer.from(deep));
	let depth = 0;
	for (let inner = value; Array.isArray(inner); inner = inner[0]) depth++;
	expect(depth).toBeGreaterThan(257);
});

test("of too many values the outermost texts and numbers are kept, wherever they stand", async () => {
	const many = `[${"1,".repeat(MOST_VALUES)}1]`;
	for (const text of [
		`{"id":7,"params":{"a":${many}},"method":"x"}`,
		`{"params":${many},"b":[1,{"c":[{}]}],"id":7,"method":"x"}`,
	]) {
		const { value, isCut } = await parseJson(Buffer.from(text));
		expect(isCut).toBe(true);
		expect(value).toMatchObject({ id: 7, method: "x" });
		expect(JSON.stringify(value).length).toBeLessThan(100);
	}
	expect((await parseJson(Buffer.from(many))).isCut).toBe(true);
	const most = `[${"1,".repeat(MOST_VALUES - 2)}1]`;
	const whole = await parseJson(Buffer.from(most));
	expect(whole.isCut).toBeUndefined();
	expect(whole.value).toHaveLength(MOST_VALUES - 1);
});

test("an object of too many names is too much, wherever it stands", async () => {
	const names = Array.from(
		{ length: MOST_NAMES + 1 },
		(_, n) => `"a${n}":1`,
	).join(",");
	for (const text of [`{"id":7,"params":{${names}}}`, `{"id":7,${names}}`]) {
		const { value, isCut } = await parseJson(Buffer.from(text));
		expect(isCut).toBe(true);
		expect(value).toMatchObject({ id: 7 });
		expect(Object.keys(value as object).length).toBeLessThan(200);
	}
});
