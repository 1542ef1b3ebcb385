import { isTooDeep } from "../core/values/depth.js";

/** Clients have been seen to encode an argument more than once. */
const JSON_LEVELS = 3;

/** A longer JSON text in place of an object or list is not decoded: that would stop everything else meanwhile. */
const MOST_JSON_CHARACTERS = 8_000_000;

/** JSON text where an object or list is wanted; anything else stays as it is. */
export function decode(value: unknown, wanted: "object" | "array"): unknown {
	// What came as an object or list needs no look at its parts: its depth was checked with its message.
	if (typeof value !== "string" || value.length > MOST_JSON_CHARACTERS)
		return value;
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
	const fits =
		wanted === "array"
			? Array.isArray(current)
			: typeof current === "object" &&
				current !== null &&
				!Array.isArray(current);
	// What is text stays text where it would nest too deep to be looked at.
	return fits && !isTooDeep(current) ? current : value;
}
