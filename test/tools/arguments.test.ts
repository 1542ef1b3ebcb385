import { expect, test } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import { parseArguments } from "../../src/tools/arguments.js";
import { tools } from "../../src/tools/index.js";
import { makeListing } from "../../src/tools/listing.js";
import { connected } from "../server/client.js";

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

test("an object that is given as something else is answered with its form", () => {
	const condition = "{field, op, value, values: [value, …], other_field}";
	const conditions = `conditions: [${condition}, …]`;
	const filter = `{match, ${conditions}, groups: [{match, ${conditions}}, …]}`;
	for (const [tool, more] of [
		["query_records", {}],
		["delete_records", {}],
		["export_records", { file: "a.csv" }],
	] as const)
		expect(refusal(tool, { table: "T", filter: 5, ...more })).toContain(
			`filter: the number 5 was given; wanted: an object ${filter}`,
		);
	expect(
		refusal("query_records", { table: "T", filter: { conditions: ["a"] } }),
	).toContain(`wanted: an object ${condition}`);
	expect(refusal("query_records", { table: "T", sort: "Name" })).toContain(
		"wanted: a list [{field, direction}, …]",
	);
	expect(refusal("create_table", { name: "T", fields: "a" })).toContain(
		"wanted: a list [{name, type, settings: {description, options: [{name, new_name, color}, …]",
	);
	expect(
		refusal("update_records", { table: "T", ...{ set: "Name" } }),
	).toContain("set: the text");
});

/** Paths of all objects and lists among the arguments of a tool. */
function structures(
	schema: Record<string, unknown>,
	at: readonly PropertyKey[] = [],
): readonly (readonly PropertyKey[])[] {
	const own =
		at.length > 0 && (schema.type === "object" || schema.type === "array")
			? [at]
			: [];
	const parts = Object.entries((schema.properties ?? {}) as object).flatMap(
		([name, part]) => structures(part, [...at, name]),
	);
	const items = schema.items as Record<string, unknown> | undefined;
	return [...own, ...parts, ...(items ? structures(items, [...at, 0]) : [])];
}

/** Arguments that hold a number at the path, and nothing else. */
function wrongAt([key, ...rest]: readonly PropertyKey[]): unknown {
	if (key === undefined) return 5;
	return typeof key === "number"
		? [wrongAt(rest)]
		: { [key as string]: wrongAt(rest) };
}

const LISTED = makeListing(tools).flatMap(({ name, inputSchema }) =>
	structures(inputSchema as Record<string, unknown>).map(
		(path) => [`${name}: ${path.map(String).join(".")}`, name, path] as const,
	),
);

test.each(LISTED)("%s: the refusal shows its form", (_, tool, path) => {
	expect(LISTED.length).toBeGreaterThan(60);
	const message = refusal(tool, wrongAt(path) as object);
	expect(message).toMatch(
		/the number 5 was given; wanted: (a list \[.+\]|an object \{.+\})/,
	);
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

const NAMED: Readonly<Record<string, (name: string) => object>> = {
	create_table: (name) => ({ name, fields: [{ name: "A", type: "text" }] }),
	"create_table, a field": (name) => ({
		name: "T",
		fields: [{ name, type: "text" }],
	}),
	update_table: (name) => ({ table: "T", name }),
	create_field: (name) => ({ table: "T", name, type: "text" }),
	"create_field, an option": (name) => ({
		table: "T",
		name: "A",
		type: "single_select",
		settings: { options: [{ name }] },
	}),
	update_field: (name) => ({ table: "T", field: "A", name }),
	create_view: (name) => ({ table: "T", name }),
	update_view: (name) => ({ table: "T", view: "V", name }),
	create_base: (name) => ({ connection: "local", name }),
	update_base: (name) => ({ base: "main", name }),
	create_role: (name) => ({ base: "main", name }),
	update_form: (name) => ({ table: "T", form: "F", name }),
	save_contact: (name) => ({ connection: "c", kind: "team", name }),
};

test.each(Object.entries(NAMED))(
	"%s: a name with a NUL or half a character in it is not another name",
	(title, args) => {
		const [tool = ""] = title.split(",", 1);
		for (const name of ["Salary\0x", "Salary\ud800", "\udc00"])
			expect(refusal(tool, args(name))).toMatch(
				/ame: .*has a NUL or half of a character pair/,
			);
		expect(refusal(tool, args("薪资 😀"))).toBe("taken");
	},
);

test("an option's name is checked as well where settings are not spelled out", async () => {
	const client = await connected();
	const options = [{ name: "paid\0x" }];
	const fields = [
		{ name: "State", type: "single_select", settings: { options } },
	];
	expect(
		(await client.refused("create_table", { name: "T", fields })).text,
	).toMatch(/settings.options.0.name of "State": has a NUL/);
	const { structured } = await client.ok("create_table", {
		name: "T",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "State", type: "single_select" },
		],
	});
	expect(
		(
			await client.refused("update_field", {
				table: structured.table,
				field: "State",
				settings: { options },
			})
		).text,
	).toMatch(/has a NUL/);
	expect(
		(
			await client.refused("create_records", {
				table: structured.table,
				records: [{ fields: { State: "new\0x" } }],
				allow_new_options: true,
			})
		).text,
	).toMatch(/NUL/);
});
