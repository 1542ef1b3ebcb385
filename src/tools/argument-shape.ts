import type { z } from "zod";
import { SPELLED } from "./schemas.js";

/** What is looked at of a schema. */
interface Definition {
	readonly type: string;
	readonly innerType?: z.ZodType;
	readonly element?: z.ZodType;
}

/** What a schema is, without what may be left out around it. */
export function bare(schema: z.ZodType): z.ZodType {
	const { type, innerType } = definitionOf(schema);
	return (type === "optional" || type === "nullable" || type === "default") &&
		innerType !== undefined
		? bare(innerType)
		: schema;
}

/** The definition that zod keeps of a schema. */
export function definitionOf<T extends Definition = Definition>(
	schema: z.ZodType,
): T {
	return (schema as unknown as { def: T }).def;
}

/** How deep objects are written out: a condition of a group of a filter. */
const DEEPEST = 5;

/** How an object or a list is written, such as `{match, conditions: [{field, op, value}]}`; undefined for other values. */
export function shapeOf(schema: z.ZodType): string | undefined {
	const { type } = definitionOf(spelled(schema));
	return type === "object" || type === "array" || type === "record"
		? written(schema, DEEPEST)
		: undefined;
}

/** The schema at a path into the arguments; undefined where there is none of its own. */
export function schemaAt(
	schema: z.ZodType,
	path: readonly PropertyKey[],
): z.ZodType | undefined {
	const [key, ...rest] = path;
	if (key === undefined) return schema;
	const inner = spelled(schema);
	const part =
		typeof key === "number"
			? definitionOf(inner).element
			: partsOf(inner)[String(key)];
	return part === undefined ? undefined : schemaAt(part, rest);
}

function spelled(schema: z.ZodType): z.ZodType {
	const inner = bare(schema);
	return SPELLED.get(inner) ?? inner;
}

function partsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
	return definitionOf(schema).type === "object"
		? ((schema as z.ZodObject).shape as Record<string, z.ZodType>)
		: {};
}

function written(schema: z.ZodType, deep: number): string {
	const inner = spelled(schema);
	const { type, element } = definitionOf(inner);
	switch (type) {
		case "array":
			return `[${element === undefined ? "…" : written(element, deep)}, …]`;
		case "record":
			return "{name: value, …}";
		case "object": {
			const parts = Object.entries(partsOf(inner));
			if (parts.length === 0) return "{name: value, …}";
			return deep === 0
				? "{…}"
				: `{${parts.map(([name, part]) => entry(name, part, deep)).join(", ")}}`;
		}
		default:
			return type === "string" ? '"text"' : type === "unknown" ? "value" : type;
	}
}

/** For anything but an object or a list the name says enough. */
function entry(name: string, schema: z.ZodType, deep: number): string {
	const { type } = definitionOf(spelled(schema));
	return type === "object" || type === "array" || type === "record"
		? `${name}: ${written(schema, deep - 1)}`
		: name;
}
