/** `a, b`; an item with a comma, quote, line break or outer space is quoted. */
export function joinList(items: readonly string[]): string {
	return items
		.map((item) =>
			/[,"\r\n]|^\s|\s$|^$/.test(item)
				? `"${item.replaceAll('"', '""')}"`
				: item,
		)
		.join(", ");
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
	const items = names.map((name) => `"${name.replaceAll('"', '""')}"`);
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
