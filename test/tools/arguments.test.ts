import { expect, test } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import { parseArguments } from "../../src/tools/arguments.js";
import { tools } from "../../src/tools/index.js";

/** The same value, and how often what is in it was looked at. */
function watched<T extends object>(target: T) {
	const seen = { looks: 0 };
	const value = new Proxy(target, {
		get(object, key) {
			if (key !== "length" && typeof key === "string") seen.looks++;
			return Reflect.get(object, key);
		},
	});
	return { value, seen };
}

function refusal(tool: string, given: object): string {
	const { input } = tools.find(({ name }) => name === tool) as {
		input: Parameters<typeof parseArguments>[0];
	};
	try {
		parseArguments(input, given, tool);
	} catch (error) {
		if (error instanceof TablesError) return error.message;
		throw error;
	}
	return "taken";
}

test("a list that is too long is refused before its entries are looked at", () => {
	const { value, seen } = watched(Array.from({ length: 20_001 }, String));
	expect(
		refusal("query_records", {
			table: "Orders",
			filter: { conditions: [{ field: "a", op: "any_of", values: value }] },
		}),
	).toMatch(/values: a list of 20001 was given/);
	expect(seen.looks).toBe(0);
});

test("an object of too many names is refused before its values are looked at", () => {
	const { value, seen } = watched(
		Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`s${n}`, n])),
	);
	expect(
		refusal("create_field", {
			table: "Orders",
			name: "New",
			type: "text",
			settings: value,
		}),
	).toMatch(/settings: an object of 2001 names was given/);
	expect(seen.looks).toBe(0);
});
