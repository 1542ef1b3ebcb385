import type { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { isTooDeep } from "../core/values/depth.js";
import { LONGEST_NAME } from "../core/values/near-names.js";
import {
	MOST_NAMES,
	MOST_VALUES,
	parseJson,
} from "../core/values/parse-json.js";
import { bare, definitionOf } from "./argument-shape.js";

/** Clients have been seen to encode an argument more than once. */
const JSON_LEVELS = 3;

/** A longer JSON text in place of an object or list is not decoded. */
const MOST_JSON_CHARACTERS = 8_000_000;

/** JSON texts of so many characters together are decoded at once: more would stop everything else meanwhile. */
export const DECODED_AT_ONCE = 500_000;

type Wanted = "object" | "array";

/** JSON text where an object or list is wanted; anything else stays as it is. */
export function decode(
	value: unknown,
	wanted: Wanted,
	most = DECODED_AT_ONCE,
): unknown {
	// What came as an object or list needs no look at its parts: its depth was checked with its message.
	if (typeof value !== "string" || value.length > most) return value;
	let current: unknown = value;
	for (
		let level = 0;
		level < JSON_LEVELS && typeof current === "string";
		level++
	) {
		try {
			current = JSON.parse(current);
		} catch {
			return value;
		}
	}
	return fits(current, wanted) ? current : value;
}

/**
 * As `decode`, and lets others run while a long text is read.
 * @throws TablesError bad_argument for more values than are kept in memory.
 */
async function decodeInTurns(
	value: unknown,
	wanted: Wanted,
	place: string,
): Promise<unknown> {
	if (!isLongJson(value, DECODED_AT_ONCE)) return decode(value, wanted);
	if (value.length > MOST_JSON_CHARACTERS) return value;
	let current: unknown = value;
	for (
		let level = 0;
		level < JSON_LEVELS && typeof current === "string";
		level++
	) {
		const parsed = await parseJson(Buffer.from(current)).catch(() => undefined);
		if (parsed === undefined) return value;
		if (parsed.isCut)
			throw new TablesError(
				"bad_argument",
				`${place}: JSON text of more than ${MOST_VALUES} values, or ${MOST_NAMES} names in an object, was given`,
				{
					next: "Put rows into a file and call import_records, or send them in several calls; nothing was done.",
				},
			);
		current = parsed.value;
	}
	return fits(current, wanted) ? current : value;
}

/** The arguments, and of them what came as long JSON text, decoded in turns. */
export async function decodedLong(
	schema: z.ZodObject,
	given: unknown,
): Promise<unknown> {
	const whole = await decodeInTurns(given, "object", "arguments");
	if (typeof whole !== "object" || whole === null || Array.isArray(whole))
		return whole;
	const held = whole as Readonly<Record<string, unknown>>;
	const decoded: Record<string, unknown> = {};
	for (const [name, part] of Object.entries(schema.shape)) {
		const { type } = definitionOf(bare(part as z.ZodType));
		const isWhole = type === "array" || type === "object" || type === "record";
		const value = Object.hasOwn(held, name) ? held[name] : undefined;
		if (isWhole && isLongJson(value, DECODED_AT_ONCE))
			decoded[name] = await decodeInTurns(
				value,
				type === "array" ? "array" : "object",
				name,
			);
	}
	// A copy of very many names would be work in one piece.
	return Object.keys(decoded).length === 0 ? held : { ...held, ...decoded };
}

/** A record that came as JSON text, or its fields: each may be long. */
export function holdsText(entry: unknown): boolean {
	return (
		isLongJson(entry, LONGEST_NAME) ||
		(typeof entry === "object" &&
			entry !== null &&
			isLongJson((entry as { fields?: unknown }).fields, LONGEST_NAME))
	);
}

/** Is it a text of more characters that may be JSON of a list or object? */
export function isLongJson(value: unknown, most: number): value is string {
	return (
		typeof value === "string" &&
		value.length > most &&
		/^\s{0,100}[[{"]/.test(value)
	);
}

function fits(value: unknown, wanted: Wanted): boolean {
	const isWanted =
		wanted === "array"
			? Array.isArray(value)
			: typeof value === "object" && value !== null && !Array.isArray(value);
	// What is text stays text where it would nest too deep to be looked at.
	return isWanted && !isTooDeep(value);
}
