import { TablesError } from "../contract/errors.js";
import {
	type Field,
	SYSTEM_COLUMNS,
	type SystemColumn,
} from "../contract/field.js";
import type { Table } from "../contract/table.js";
import { addTo } from "./add-to.js";
import { foldName, type Hints, hintsOf, LONGEST_NAME } from "./near-names.js";

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
	hints: Hints = hintsOf(),
): Resolved<T> {
	const found = findNamed(items, text);
	const [only, ...others] = found.items;
	if (only === undefined) {
		const names = namesOf(items);
		const close = hints.nearest(names, text);
		throw new TablesError("not_found", `there is no ${what} ${quoted(text)}`, {
			next:
				close.length > 0
					? `Nearest: ${close.map(quoted).join(", ")}.`
					: names.length === 0
						? "There are none at all."
						: `There are: ${nameList(names)}.`,
		});
	}
	if (others.length > 0)
		throw new TablesError(
			"bad_argument",
			`${quoted(text)} names ${found.items.length} ${what}s: ${cutList(found.items.map(({ id, name }) => `${shortened(name)} [${id}]`))}`,
			{
				next: "Use the id.",
			},
		);
	return found.exact
		? { item: only }
		: { item: only, note: `"${text}" was understood as "${only.name}"` };
}

/** What a list holds: its names, and its items by id, by name and by what the name is to a reader; each made when it is first asked for. */
interface NameIndex {
	byId?: ReadonlyMap<string, Named>;
	byName?: ReadonlyMap<string, readonly Named[]>;
	byFolded?: ReadonlyMap<string, readonly Named[]>;
	names?: readonly string[];
}

/** By the list itself, which nobody changes: a thousand names of one call are looked up in it. */
const INDEXES = new WeakMap<readonly Named[], NameIndex>();

/**
 * Those of `items` that `text` names: by id, else by exact name, else by a name that is the same after NFKC, trimming
 * and case folding. `exact`: to the letter. `items` must not change any more.
 */
export function findNamed<T extends Named>(
	items: readonly T[],
	text: string,
): { readonly items: readonly T[]; readonly exact: boolean } {
	const index = indexOf(items);
	index.byId ??= new Map([...items].reverse().map((item) => [item.id, item]));
	const byId = text === "" ? undefined : index.byId.get(text);
	if (byId !== undefined) return { items: [byId as T], exact: true };
	const exact = byNameIn(index, items).get(text);
	if (exact !== undefined) return { items: exact as readonly T[], exact: true };
	if (text.length > LONGEST_NAME) return { items: [], exact: false };
	index.byFolded ??= grouped(items, ({ name }) =>
		name.length > LONGEST_NAME ? name : foldName(name),
	);
	const near = index.byFolded.get(foldName(text)) ?? [];
	return { items: near as readonly T[], exact: false };
}

/** Has one of `items`, which must not change any more, this name to the letter? */
export function isName(items: readonly Named[], text: string): boolean {
	return byNameIn(indexOf(items), items).has(text);
}

function byNameIn(
	index: NameIndex,
	items: readonly Named[],
): NonNullable<NameIndex["byName"]> {
	index.byName ??= grouped(items, ({ name }) => name);
	return index.byName;
}

function indexOf(items: readonly Named[]): NameIndex {
	const index = INDEXES.get(items) ?? {};
	INDEXES.set(items, index);
	return index;
}

/** The names of a list that must not change any more; the same array each time, as hints want it. */
export function namesOf(items: readonly Named[]): readonly string[] {
	const index = indexOf(items);
	index.names ??= items.map(({ name }) => name);
	return index.names;
}

function grouped(
	items: readonly Named[],
	keyOf: (item: Named) => string,
): ReadonlyMap<string, readonly Named[]> {
	const groups = new Map<string, Named[]>();
	for (const item of items) addTo(groups, keyOf(item), item);
	return groups;
}

/** More than this are counted, not listed. */
const LISTED = 20;

/** Longer names are cut: they are data, and may be of any length. */
const NAME_CHARACTERS = 100;

/** Names in quotes: the first ones, and how many more there are. */
export function nameList(names: readonly string[]): string {
	return cutList(names, ", ", (name) => `"${shortened(name)}"`);
}

/** The end of a problem: the nearest of the names, or all of them as what they are. */
export function nearOrAll(
	names: readonly string[],
	text: string,
	what: string,
	hints: Hints,
): string {
	const close = hints.nearest(names, text);
	return close.length > 0
		? `nearest: ${nameList(close)}`
		: `${what}: ${nameList(names)}`;
}

/** The beginning of a name that is longer than a message has room for. */
export function shortened(name: string, most = NAME_CHARACTERS): string {
	return name.length > most ? `${startOf(name, most)}…` : name;
}

/** The first characters of a text, never half of a pair: not every reader of JSON takes such a text. */
export function startOf(text: string, characters: number): string {
	const last = text.charCodeAt(characters - 1);
	return text.slice(
		0,
		last >= 0xd800 && last <= 0xdbff ? characters - 1 : characters,
	);
}

/** A given text for a message: in quotes, and of a long one its beginning and its length. */
export function quoted(text: string): string {
	return text.length > NAME_CHARACTERS
		? `"${shortened(text)}" (${text.length} characters)`
		: `"${text}"`;
}

/** The same of a text of which only the beginning is at hand. */
export function quotedStart(beginning: string, characters: number): string {
	return `"${startOf(beginning, NAME_CHARACTERS)}…" (${characters} characters)`;
}

/** The first of `texts`, and how many more there are; `show` makes texts of those that are not. */
export function cutList<T>(
	texts: readonly T[],
	separator = ", ",
	show: (item: T) => string = String,
): string {
	const shown = texts.slice(0, LISTED).map(show).join(separator);
	return texts.length > LISTED
		? `${shown} and ${texts.length - LISTED} more`
		: shown;
}

/** A field of the table by id or name. */
export function fieldNamed(
	table: Pick<Table, "fields">,
	text: string,
	hints?: Hints,
): Resolved<Field> {
	return resolveName(table.fields, text, "field", hints);
}

/** A field, or a system column that this vendor has. */
export function columnNamed(
	table: Pick<Table, "fields">,
	text: string,
	system: readonly SystemColumn[],
	hints?: Hints,
): Resolved<Field | SystemColumn> {
	if (
		!text.startsWith("$") ||
		table.fields.some(({ id, name }) => id === text || name === text)
	)
		return fieldNamed(table, text, hints);
	const column =
		text.length > LONGEST_NAME
			? undefined
			: system.find((name) => name === foldName(text));
	if (column !== undefined) return { item: column };
	const known = (SYSTEM_COLUMNS as readonly string[]).includes(text);
	throw new TablesError(
		"not_found",
		known ? `this vendor has no ${text}` : `there is no column ${quoted(text)}`,
		{
			next: `Columns that are not fields: ${system.join(", ") || "none here"}.`,
		},
	);
}

/** As SQL compares names: letters beyond ASCII have no case for it. */
export function asciiLower(name: string): string {
	return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
