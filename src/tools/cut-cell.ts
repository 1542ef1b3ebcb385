import { startOf } from "../core/values/names.js";
import { CUT_MARK, shownText } from "../core/values/values.js";

/** Characters of one cell in an answer. */
export const CELL_CHARACTERS = 4_000;

/**
 * A shown cell within CELL_CHARACTERS, marked with CUT_MARK where it was cut: a text at its end, a list by its last
 * entry, an object in each of its texts, anything deeper as JSON text. A cell that fits is answered as it is.
 */
export function cutCell(value: unknown): unknown {
	if (typeof value === "string") return cutText(value);
	if (typeof value !== "object" || value === null || fits(value)) return value;
	if (Array.isArray(value)) {
		const kept: unknown[] = [];
		let room = CELL_CHARACTERS;
		for (const item of value) {
			room -= lengthOf(item);
			if (room < 0) break;
			kept.push(item);
		}
		if (kept.length > 0) return [...kept, CUT_MARK];
		const [first] = value;
		return typeof first === "string"
			? [cutText(first)]
			: cutText(JSON.stringify(value));
	}
	const cut = Object.fromEntries(
		Object.entries(value).map(([key, part]) => [
			key,
			typeof part === "string" ? cutText(part) : part,
		]),
	);
	const entries = Object.keys(cut).length;
	return entries <= 4 && lengthOf(cut) <= CELL_CHARACTERS * (entries + 1)
		? cut
		: cutText(JSON.stringify(value));
}

function cutText(text: string): string {
	return text.length <= CELL_CHARACTERS
		? text
		: startOf(text, CELL_CHARACTERS) + CUT_MARK;
}

function fits(value: object): boolean {
	if (!Array.isArray(value)) return lengthOf(value) <= CELL_CHARACTERS;
	let length = 0;
	for (const item of value) {
		length += lengthOf(item);
		if (length > CELL_CHARACTERS) return false;
	}
	return true;
}

function lengthOf(value: unknown): number {
	return typeof value === "string"
		? value.length
		: shownText(value ?? "").length;
}
