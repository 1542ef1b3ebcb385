import { type BinaryToTextEncoding, createHash } from "node:crypto";
import { inTurns } from "./in-turns.js";
import { isObject } from "./json-object.js";

/** From so many entries on a list is written entry by entry. */
const LONG_LIST = 100;

/** The text that `JSON.stringify` makes of a value, in pieces: the entries of a long list one by one. */
function* jsonPieces(value: unknown): Generator<string> {
	if (!holdsLongList(value)) yield JSON.stringify(value) ?? "null";
	else if (Array.isArray(value)) {
		let before = "[";
		for (const item of value) {
			yield before;
			yield* jsonPieces(item);
			before = ",";
		}
		yield "]";
	} else {
		let before = "{";
		for (const [key, part] of Object.entries(value as object)) {
			if (part === undefined) continue;
			yield `${before}${JSON.stringify(key)}:`;
			yield* jsonPieces(part);
			before = ",";
		}
		yield "}";
	}
}

/** Is it one, or does it hold one, as arguments of a call do? */
function holdsLongList(value: unknown): boolean {
	if (Array.isArray(value))
		return (
			value.length >= LONG_LIST ||
			value.some((item) => Array.isArray(item) && holdsLongList(item))
		);
	return (
		isObject(value) &&
		Object.values(value).some(
			(part) => Array.isArray(part) && holdsLongList(part),
		)
	);
}

/** The beginning of a value as JSON: at least so many characters of it, where there are so many. */
export function jsonStart(value: unknown, characters: number): string {
	let text = "";
	for (const piece of jsonPieces(value)) {
		text += piece;
		if (text.length >= characters) break;
	}
	return text;
}

/** SHA-256 of a value as JSON; lets others run while it goes through long lists. */
export async function hashInTurns(
	value: unknown,
	encoding: BinaryToTextEncoding = "hex",
): Promise<string> {
	const hash = createHash("sha256");
	if (value !== undefined)
		await inTurns(jsonPieces(value), (piece) => void hash.update(piece));
	return hash.digest(encoding);
}
