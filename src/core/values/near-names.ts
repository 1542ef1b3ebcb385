import { distance } from "fastest-levenshtein";
import { oneLine } from "./one-line.js";

/**
 * Longer texts are compared to the letter only: no vendor takes a name of this length, what is said to be like one is
 * pasted data, and likeness costs its square.
 */
export const LONGEST_NAME = 500;

/** Names that differ only by width, case or outer spaces are the same name to a reader. */
export function foldName(text: string): string {
	return oneLine(text.normalize("NFKC").trim()).toLowerCase();
}

/** Titles that a reader takes for one: they differ in width, case and space alone. */
export function foldTitle(title: string): string {
	return foldName(title).replace(/\s+/g, " ");
}

/** Texts that a reader takes for one: like names, and ß is ss, ς is σ and a ligature its letters. */
export function foldText(text: string): string {
	// A dotless ı has the capital of another letter.
	const parts = foldName(text).split("ı");
	return parts
		.map((part) => part.toUpperCase().toLowerCase().replaceAll("ς", "σ"))
		.join("ı");
}

/**
 * What the hints of one call may cost, in comparisons of short names: some tens of milliseconds. A call with more
 * wrong names than that has other troubles than spelling.
 */
const HINT_BUDGET = 40_000;

/** Two names of this many letters together are compared at the price of one comparison. */
const LETTERS_A_COMPARISON = 1_024;

/** Finds near names for one call, until its budget is spent; then there are none. */
export interface Hints {
	/** At most three of `names` that a person may have meant, nearest first. `names` must not change any more. */
	nearest(names: readonly string[], text: string): readonly string[];
}

/** A name as it is compared. */
interface Candidate {
	readonly name: string;
	readonly folded: string;
}

/** The hints of one call. */
export function hintsOf(): Hints {
	let left = HINT_BUDGET;
	const lists = new Map<readonly string[], readonly Candidate[]>();
	const known = new Map<readonly string[], Map<string, readonly string[]>>();
	const candidatesOf = (names: readonly string[]) => {
		const made =
			lists.get(names) ??
			[...new Set(names)]
				.filter((name) => name.length <= LONGEST_NAME)
				.slice(0, left)
				.map((name) => ({ name, folded: foldName(name) }));
		lists.set(names, made);
		return made;
	};
	return {
		nearest(names, text) {
			if (left <= 0 || text.length > LONGEST_NAME) return [];
			const before = known.get(names) ?? new Map<string, readonly string[]>();
			known.set(names, before);
			const found = before.get(text);
			if (found !== undefined) return found;
			const candidates = candidatesOf(names);
			left -= costOf(candidates, text);
			const near = nearestOf(candidates, text);
			before.set(text, near);
			return near;
		},
	};
}

/** As the hints of a call that needs one. */
export function nearest(
	names: readonly string[],
	text: string,
): readonly string[] {
	return hintsOf().nearest(names, text);
}

/** What to do about a name that is none of a few: the nearest ones, and `there`: all of them. */
export function tryInstead(
	names: readonly string[],
	text: string,
	there = `There are: ${names.join(", ")}`,
): string {
	return `Nearest: ${nearest(names, text).join(", ") || "none"}. ${there}.`;
}

function costOf(candidates: readonly Candidate[], text: string): number {
	let letters = 0;
	for (const { folded } of candidates) letters += folded.length;
	return (
		candidates.length +
		Math.ceil((letters * text.length) / LETTERS_A_COMPARISON)
	);
}

function nearestOf(
	candidates: readonly Candidate[],
	text: string,
): readonly string[] {
	const wanted = foldName(text);
	const scored = candidates.flatMap(({ name, folded }) => {
		const score = scoreOf(folded, wanted);
		return score === undefined ? [] : [{ name, score }];
	});
	return scored
		.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name))
		.slice(0, 3)
		.map(({ name }) => name);
}

/** How far two names are from each other; undefined: further than a slip. */
function scoreOf(folded: string, wanted: string): number | undefined {
	const inside =
		wanted.length >= 2 &&
		folded.length >= 2 &&
		(folded.includes(wanted) || wanted.includes(folded));
	const allowed = allowedEdits(Math.max(folded.length, wanted.length));
	if (!inside && Math.abs(folded.length - wanted.length) > allowed)
		return undefined;
	const edits = distance(folded, wanted);
	// Letters that have changed places are the likeliest slip of the hand.
	const swapped =
		edits > 1 &&
		folded.length === wanted.length &&
		letters(folded) === letters(wanted)
			? 1
			: edits;
	if (!inside && swapped > allowed) return undefined;
	return inside ? Math.min(swapped, 1.5) : swapped;
}

function letters(text: string): string {
	return [...text].sort().join("");
}

/** Two letters may be swapped in a name of four; more in longer ones. */
function allowedEdits(length: number): number {
	return Math.max(length < 4 ? 1 : 2, Math.floor(length / 3));
}
