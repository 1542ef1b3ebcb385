import { expect, test } from "vitest";
import type { z } from "zod";
import { bare, definitionOf } from "../../src/tools/argument-shape.js";
import { parseArguments } from "../../src/tools/arguments.js";
import { tools } from "../../src/tools/index.js";
import { EMPTY_SAYS } from "../../src/tools/schemas.js";
import { connected } from "../server/client.js";

/* Models fill arguments that they have nothing to say in with "". */

const partsOf = (schema: z.ZodType) =>
	(definitionOf(schema).type === "object"
		? (schema as z.ZodObject).shape
		: {}) as Readonly<Record<string, z.ZodType>>;

const isOptional = (schema: z.ZodType) =>
	definitionOf(schema).type === "optional";

/** A value that fits, of what has to be there alone. */
function sample(schema: z.ZodType): unknown {
	const inner = bare(schema);
	const { type, element } = definitionOf(inner);
	switch (type) {
		case "object":
			return Object.fromEntries(
				Object.entries(partsOf(inner)).flatMap(([name, part]) =>
					isOptional(part) ? [] : [[name, sample(part)]],
				),
			);
		case "array":
			return element === undefined ? [] : [sample(element)];
		case "record":
			return {};
		case "boolean":
			return true;
		case "number":
			return 1;
		case "enum":
			return (inner as unknown as { options: readonly string[] }).options[0];
		default:
			return "x";
	}
}

/** Every optional argument of a tool, with a call that fits and the same one where it is "". */
interface Empty {
	readonly place: string;
	readonly part: z.ZodType;
	readonly without: unknown;
	readonly empty: unknown;
}

/** Of an object, and of the objects in its lists. */
function emptiesOf(schema: z.ZodType, place: string): readonly Empty[] {
	const whole = sample(schema) as object;
	return Object.entries(partsOf(schema)).flatMap(([name, part]): Empty[] => {
		const at = place === "" ? name : `${place}.${name}`;
		const inner = bare(part);
		const { type, element } = definitionOf(inner);
		const own = {
			...{ place: at, part: inner, without: whole },
			empty: { ...whole, [name]: "" },
		};
		const within =
			type === "array" && element !== undefined
				? emptiesOf(bare(element), `${at}[]`).map((one) => ({
						...one,
						without: { ...whole, [name]: [one.without] },
						empty: { ...whole, [name]: [one.empty] },
					}))
				: type === "object"
					? emptiesOf(inner, at).map((one) => ({
							...one,
							without: { ...whole, [name]: one.without },
							empty: { ...whole, [name]: one.empty },
						}))
					: [];
		return [...(isOptional(part) ? [own] : []), ...within];
	});
}

/** An empty text says something here: no tree, no description, before all others. */
const SAYING = [
	"create_view tree_by",
	"update_form description",
	"update_form questions[].after",
	"update_form questions[].description",
	"update_view tree_by",
];

test('every optional argument that is "" counts as left out, but where that says something', () => {
	const saying: string[] = [];
	let tried = 0;
	for (const { name, input } of tools)
		for (const { place, part, without, empty } of emptiesOf(input, "")) {
			const { type } = definitionOf(part);
			const isPart = place.includes(".") || place.includes("[");
			// A cell or a value is what it is, and a list in a list is not a text.
			if (type === "unknown" || (isPart && /object|array|record/.test(type)))
				continue;
			tried++;
			if (EMPTY_SAYS.has(part)) saying.push(`${name} ${place}`);
			else
				expect(
					parseArguments(input, empty, name),
					`${name} ${place} (${type})`,
				).toEqual(parseArguments(input, without, name));
		}
	expect(saying.sort()).toEqual(SAYING);
	expect(tried).toBeGreaterThan(150);
});

test('what has to be there is still missed where it is ""', () => {
	for (const { name, input } of tools)
		for (const [argument, part] of Object.entries(partsOf(input)))
			if (!isOptional(part) && ["table", "base"].includes(argument))
				expect(
					() =>
						parseArguments(
							input,
							{ ...(sample(input) as object), [argument]: "" },
							name,
						),
					`${name} ${argument}`,
				).toThrow(argument);
});

test('a cell that is "" is not left out: it clears', async () => {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		...{ connection: "", base: "", folder: "", description: "" },
		name: "Rows",
		fields: [{ name: "Name", type: "text" }],
	});
	const { table } = structured;
	const made = await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "a" } }],
		resume: "",
		dry_run: "",
	});
	await client.ok("update_records", {
		...{ table, resume: "", confirm: "", filter: "", set: "", match_on: "" },
		records: [{ id: made.structured.ids[0], fields: { Name: "" } }],
	});
	const rows = await client.ok("query_records", {
		...{ table, cursor: "", view: "", detail: "", limit: "", fields: "" },
		filter: { conditions: [{ field: "Name", op: "is_empty" }] },
	});
	expect(rows.structured.returned).toBe(1);
});
