import { quoted } from "../core/values/names.js";
import { type Hints, hintsOf } from "../core/values/near-names.js";
import { DECODED_AT_ONCE, decode, isLongJson } from "./argument-json.js";

/** What is wrong with the form of arguments: the first problems in words, and how many there are. */
export interface Shaping {
	readonly problems: string[];
	count: number;
	/** Characters of JSON texts that were decoded without letting others run. */
	decoded: number;
	readonly hints: Hints;
}

export function nothingWrong(): Shaping {
	return { problems: [], count: 0, decoded: 0, hints: hintsOf() };
}

/** JSON text in it where an object or list is wanted, as far as it is not too long; that is wrong. */
export function decodedAt(
	[value, wanted]: readonly [unknown, "object" | "array"],
	place: string,
	shaping: Shaping,
): unknown {
	if (typeof value !== "string") return value;
	const left = DECODED_AT_ONCE - shaping.decoded;
	if (isLongJson(value, left))
		wrong(
			shaping,
			() =>
				`${place || "arguments"}: ${quoted(value)} was given; wanted: ${wanted === "array" ? "a list" : "an object"} itself: JSON texts inside of arguments are read up to ${DECODED_AT_ONCE} characters together`,
		);
	const found = decode(value, wanted, left);
	if (found !== value) shaping.decoded += value.length;
	return found;
}

const PROBLEMS_SHOWN = 20;

/** `words` are made for as many as are shown. */
export function wrong(shaping: Shaping, words: () => string): void {
	if (shaping.count++ < PROBLEMS_SHOWN) shaping.problems.push(words());
}

export function problemsIn({ problems, count }: Shaping): string {
	const more = count - problems.length;
	return `${problems.join("; ")}${more > 0 ? ` and ${more} more` : ""}`;
}
