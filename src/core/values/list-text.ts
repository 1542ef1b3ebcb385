/**
 * `a, b`; an item with a comma, quote, line break or outer space is quoted, and all of them are where the text would be
 * a list in JSON, such as `[]`.
 */
export function joinList(items: readonly string[]): string {
	const text = items
		.map((item) => (/[,"\r\n]|^\s|\s$|^$/.test(item) ? inQuotes(item) : item))
		.join(", ");
	return isJsonList(text) ? items.map(inQuotes).join(", ") : text;
}

function inQuotes(item: string): string {
	return `"${item.replaceAll('"', '""')}"`;
}

function isJsonList(text: string): boolean {
	if (!text.startsWith("[") || !text.endsWith("]")) return false;
	try {
		return Array.isArray(JSON.parse(text));
	} catch {
		return false;
	}
}

/** Titles that have more commas are found only as the whole text of a cell. */
const MOST_COMMAS = 9;

/**
 * What may be a title in a text without quotes: one or several of the items that stand side by side. Each with the
 * items that it begins and ends with; empty where the text is no list of several.
 */
export function runsOf(
	text: string,
): readonly { readonly from: number; readonly to: number; text: string }[] {
	const pieces = text.includes('"') ? [] : text.split(",");
	if (pieces.length < 2) return [];
	return pieces.flatMap((_, from) =>
		pieces
			.slice(from, from + MOST_COMMAS + 1)
			.map((_piece, more) => ({
				from,
				to: from + more,
				text: pieces
					.slice(from, from + more + 1)
					.join(",")
					.trim(),
			}))
			.filter((run) => run.text !== ""),
	);
}

/** The first two ways to read a text without quotes as titles of which each is one. */
export function readingsOf(
	text: string,
	isTitle: (run: string, isWhole: boolean) => boolean,
): readonly (readonly string[])[] {
	const runs = runsOf(text).filter((run) =>
		isTitle(run.text, run.from === run.to),
	);
	const end = text.split(",").length;
	const found: (readonly string[])[] = isTitle(text, false) ? [[text]] : [];
	// From the end on, so that each place is looked at once.
	const ways: (readonly string[])[][] = [];
	ways[end] = [[]];
	for (let at = end - 1; at >= 0; at--)
		ways[at] = runs
			.filter(({ from }) => from === at)
			.flatMap((run) =>
				(ways[run.to + 1] ?? []).map((rest) => [run.text, ...rest]),
			)
			.slice(0, 2);
	const others = (ways[0] ?? []).filter(
		(way) => way.length > 1 || found.length === 0,
	);
	return [...found, ...others].slice(0, 2);
}

/**
 * `joinList` of names of options: what is read back is the list, and not an option that has the text of the list for its
 * name.
 */
export function joinNames(
	names: readonly string[],
	isName: (text: string) => boolean,
): string {
	const [only, ...others] = names;
	let text = joinList(names);
	if (others.length === 0 && text === only) return text;
	const items = names.map(inQuotes);
	for (let comma = ","; isName(text); comma += ",") {
		// Empty items are none, also after a single one; outer space might be lost.
		text = items.length === 1 ? `${items[0]}${comma}` : items.join(comma);
	}
	return text;
}

/** The items of `joinList`; undefined where a quote is left open. */
export function splitList(text: string): string[] | undefined {
	const items: string[] = [];
	let at = 0;
	for (;;) {
		const start = skipSpace(text, at);
		if (text[start] === '"') {
			const end = endOfQuoted(text, start);
			if (end === undefined) return undefined;
			items.push(text.slice(start + 1, end).replaceAll('""', '"'));
			at = skipSpace(text, end + 1);
			if (at < text.length && text[at] !== ",") return undefined;
		} else {
			const comma = text.indexOf(",", start);
			at = comma < 0 ? text.length : comma;
			const item = text.slice(start, at).trim();
			if (item !== "") items.push(item);
		}
		if (at >= text.length) return items;
		at++;
	}
}

/** The place of the first character from `start` on that is not space; each is looked at once. */
function skipSpace(text: string, start: number): number {
	let at = start;
	while (at < text.length && isSpace(text[at] as string)) at++;
	return at;
}

function isSpace(character: string): boolean {
	return character.trim() === "";
}

/** The place of the quote that ends the one at `start`: not one of two. */
function endOfQuoted(text: string, start: number): number | undefined {
	for (let at = text.indexOf('"', start + 1); at >= 0; ) {
		if (text[at + 1] !== '"') return at;
		at = text.indexOf('"', at + 2);
	}
	return undefined;
}
