import { createHash } from "node:crypto";
import { inTurns } from "./in-turns.js";

/** From so many entries on a list is written entry by entry. */
const LONG_LIST = 100;

/** The text that `JSON.stringify` makes of a value, in pieces: the entries of a long list one by one. */
export function* jsonPieces(value: unknown): Generator<string> {
	if (!Array.isArray(value) || !holdsLongList(value)) {
		yield JSON.stringify(value) ?? "null";
		return;
	}
	let before = "[";
	for (const item of value) {
		yield before;
		yield* jsonPieces(item);
		before = ",";
	}
	yield "]";
}

/** Lists are given inside of short ones. */
function holdsLongList(list: readonly unknown[]): boolean {
	return (
		list.length >= LONG_LIST ||
		list.some((item) => Array.isArray(item) && holdsLongList(item))
	);
}

/** SHA-256 of a value as JSON; lets others run while it goes through long lists. */
export async function hashInTurns(value: unknown): Promise<string> {
	const hash = createHash("sha256");
	if (value !== undefined)
		await inTurns(jsonPieces(value), (piece) => void hash.update(piece));
	return hash.digest("hex");
}
