import { distance } from "fastest-levenshtein";
import { TablesError } from "../contract/errors.js";
import {
	type Field,
	SYSTEM_COLUMNS,
	type SystemColumn,
} from "../contract/field.js";
import type { Table } from "../contract/table.js";

/** Names that differ only by width, case or outer spaces are the same name to a reader. */
export function foldName(text: string): string {
	return text.normalize("NFKC").trim().toLowerCase();
}

/** At most three of `names` that a person may have meant, nearest first. */
export function nearest(names: Iterable<string>, text: string): string[] {
	const wanted = foldName(text);
	const scored: { name: string; score: number }[] = [];
	for (const name of new Set(names)) {
		const folded = foldName(name);
		const inside =
			wanted.length >= 2 &&
			folded.length >= 2 &&
			(folded.includes(wanted) || wanted.includes(folded));
		// Letters that have changed places are the likeliest slip of the hand.
		const edits =
			letters(folded) === letters(wanted)
				? Math.min(1, distance(folded, wanted))
				: distance(folded, wanted);
		if (inside || edits <= allowedEdits(Math.max(folded.length, wanted.length)))
			scored.push({ name, score: inside ? Math.min(edits, 1.5) : edits });
	}
	return scored
		.sort((a, b) => a.score - b.score || a.name.localeCompare(b.name))
		.slice(0, 3)
		.map(({ name }) => name);
}

function letters(text: string): string {
	return [...text].sort().join("");
}

/** Two letters may be swapped in a name of four; more in longer ones. */
function allowedEdits(length: number): number {
	return Math.max(length < 4 ? 1 : 2, Math.floor(length / 3));
}

export interface Named {
	readonly id: string;
	readonly name: string;
}

export interface Resolved<T> {
	readonly item: T;
	/** How the name was understood, when not to the letter. */
	readonly note?: string;
}

/**
 * The one of `items` that `text` names: by id, then by exact name, then by a name that is the same after
 * NFKC, trimming and case folding.
 * @throws TablesError bad_argument with the candidates of an ambiguous name, not_found with the nearest names.
 */
export function resolveName<T extends Named>(
	items: readonly T[],
	text: string,
	what: string,
): Resolved<T> {
	const byId = items.find(({ id }) => id === text);
	if (byId !== undefined) return { item: byId };
	const exact = items.filter(({ name }) => name === text);
	const near = exact.length > 0 ? exact : sameFolded(items, text);
	const [only, ...others] = near;
	if (only === undefined) {
		const names = items.map(({ name }) => name);
		const close = nearest(names, text);
		throw new TablesError("not_found", `there is no ${what} "${text}"`, {
			next:
				close.length > 0
					? `Nearest: ${close.map((name) => `"${name}"`).join(", ")}.`
					: names.length === 0
						? "There are none at all."
						: `There are: ${nameList(names)}.`,
		});
	}
	if (others.length > 0)
		throw new TablesError(
			"bad_argument",
			`"${text}" names ${near.length} ${what}s: ${near.map(({ id, name }) => `${name} [${id}]`).join(", ")}`,
			{
				next: "Use the id.",
			},
		);
	return exact.length > 0
		? { item: only }
		: { item: only, note: `"${text}" was understood as "${only.name}"` };
}

function sameFolded<T extends Named>(items: readonly T[], text: string): T[] {
	const folded = foldName(text);
	return items.filter(({ name }) => foldName(name) === folded);
}

/** More than this are counted, not listed. */
const LISTED = 20;

/** Longer names are cut: they are data, and may be of any length. */
const NAME_CHARACTERS = 100;

/** Names in quotes: the first ones, and how many more there are. */
export function nameList(names: readonly string[]): string {
	return cutList(
		names.map((name) =>
			name.length > NAME_CHARACTERS
				? `"${name.slice(0, NAME_CHARACTERS).replace(/[\ud800-\udbff]$/, "")}…"`
				: `"${name}"`,
		),
	);
}

/** The first of `texts`, and how many more there are. */
export function cutList(texts: readonly string[], separator = ", "): string {
	const shown = texts.slice(0, LISTED).join(separator);
	return texts.length > LISTED
		? `${shown} and ${texts.length - LISTED} more`
		: shown;
}

/** A field of the table by id or name. */
export function fieldNamed(
	table: Pick<Table, "fields">,
	text: string,
): Resolved<Field> {
	return resolveName(table.fields, text, "field");
}

/** A field, or a system column that this vendor has. */
export function columnNamed(
	table: Pick<Table, "fields">,
	text: string,
	system: readonly SystemColumn[],
): Resolved<Field | SystemColumn> {
	if (
		!text.startsWith("$") ||
		table.fields.some(({ id, name }) => id === text || name === text)
	)
		return fieldNamed(table, text);
	const column = system.find((name) => name === foldName(text));
	if (column !== undefined) return { item: column };
	const known = (SYSTEM_COLUMNS as readonly string[]).includes(text);
	throw new TablesError(
		"not_found",
		known ? `this vendor has no ${text}` : `there is no column "${text}"`,
		{
			next: `Columns that are not fields: ${system.join(", ") || "none here"}.`,
		},
	);
}
