import type { z } from "zod";
import { schemaAt, shapeOf } from "./argument-shape.js";

/* What is wrong with arguments, in words. */

/** The place of a part of what stands at a place. */
export function join(place: string, key: string): string {
	return place === "" ? key : `${place}.${key}`;
}

type Issue = z.core.$ZodIssue;

/** A problem that the schema found, with what was given there. */
export function sentence(
	issue: Issue,
	whole: unknown,
	schema: z.ZodType,
): string {
	const place = issue.path.reduce<string>(
		(text, key) =>
			typeof key === "number" ? `${text}[${key}]` : join(text, String(key)),
		"",
	);
	const given = issue.path.reduce<unknown>(
		(value, key) =>
			typeof value === "object" && value !== null
				? (value as Record<PropertyKey, unknown>)[key]
				: undefined,
		whole,
	);
	return `${place || "arguments"}: ${given === undefined ? "is missing" : `${describe(given)} was given`}; ${accepted(issue, schema)}`;
}

/** A message that no schema of ours has given. */
const OF_ZOD = /^Invalid /;

/** Of an object or a list also how it is written: its name alone is a dead end. */
function accepted(issue: Issue, schema: z.ZodType): string {
	switch (issue.code) {
		case "invalid_type": {
			const part = schemaAt(schema, issue.path);
			const form = part && shapeOf(part);
			const wanted =
				form === undefined
					? issue.expected
					: issue.expected === "array"
						? "a list"
						: "an object";
			return `wanted: ${wanted}${form === undefined ? "" : ` ${form}`}`;
		}
		case "invalid_value":
			return `wanted: one of ${issue.values.map(String).join(", ")}${OF_ZOD.test(issue.message) ? "" : `; ${issue.message}`}`;
		case "too_big":
			return `wanted: at most ${issue.maximum}${issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : ""}`;
		case "too_small":
			return `wanted: at least ${issue.minimum}${issue.origin === "string" ? " character" : issue.origin === "array" ? " entry" : ""}`;
		default:
			return issue.message;
	}
}

/** A given value, as far as it is told back. */
export function describe(value: unknown): string {
	if (value === null) return "null";
	if (Array.isArray(value)) return `a list of ${value.length}`;
	if (typeof value === "object") return "an object";
	// Of a text of many megabytes only the beginning is written out.
	const text =
		typeof value === "string"
			? JSON.stringify(value.slice(0, 61))
			: String(value);
	return `${typeof value === "string" ? "the text" : `the ${typeof value}`} ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`;
}
