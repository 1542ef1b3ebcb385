/*
 * XML as a stream of tags and texts: what the parts of a workbook need, and no more. Entities of a document's own are
 * not known, so that none can grow.
 */

export interface XmlHandlers {
	/** @param attributes as written, to be asked by `attribute`. */
	open(name: string, attributes: string): void;
	close(name: string): void;
	/** A piece of text; a long one comes in several. */
	text(text: string): void;
}

const ENTITIES: Readonly<Record<string, string>> = {
	amp: "&",
	lt: "<",
	gt: ">",
	quot: '"',
	apos: "'",
};

function decodedText(text: string): string {
	if (!text.includes("&")) return text;
	return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
		if (!name.startsWith("#")) return ENTITIES[name] ?? whole;
		const code = /^#x/i.test(name)
			? Number.parseInt(name.slice(2), 16)
			: Number.parseInt(name.slice(1), 10);
		return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
	});
}

const PATTERNS = new Map<string, RegExp>();

/** The value of an attribute; the name may be a pattern. */
export function attribute(
	attributes: string,
	name: string,
): string | undefined {
	let pattern = PATTERNS.get(name);
	if (pattern === undefined) {
		pattern = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`);
		PATTERNS.set(name, pattern);
	}
	const found = pattern.exec(attributes);
	return found === null ? undefined : decodedText(found[1] ?? found[2] ?? "");
}

/** A name without its prefix. */
function localName(name: string): string {
	const colon = name.indexOf(":");
	return colon < 0 ? name : name.slice(colon + 1);
}

/** A walk over a document that comes in parts. */
export function xmlWalk(handlers: XmlHandlers): {
	take(part: string): void;
	/** Is nothing left that was begun? */
	end(): boolean;
} {
	let rest = "";
	const take = (part: string) => {
		rest = walkText(rest + part, handlers);
	};
	return { take, end: () => rest.trim() === "" };
}

/** What does not end in this part is given back. */
function walkText(text: string, handlers: XmlHandlers): string {
	let at = 0;
	for (;;) {
		const tag = text.indexOf("<", at);
		if (tag < 0) return textEnd(text, at, handlers);
		if (tag > at) handlers.text(decodedText(text.slice(at, tag)));
		const next = tagAt(text, tag, handlers);
		if (next < 0) return text.slice(tag);
		at = next;
	}
}

/** Text may go on in the next part, also in the middle of an entity. */
function textEnd(text: string, at: number, handlers: XmlHandlers): string {
	const entity = text.lastIndexOf("&");
	const end = entity >= at && text.length - entity < 16 ? entity : text.length;
	if (end > at) handlers.text(decodedText(text.slice(at, end)));
	return text.slice(end);
}

/** Behind the tag; -1: it does not end here. */
function tagAt(text: string, tag: number, handlers: XmlHandlers): number {
	const mark = text[tag + 1];
	if (mark === undefined) return -1;
	if (mark === "!") return declarationAt(text, tag, handlers);
	if (mark === "?") return behind(text, "?>", tag);
	const end = tagEnd(text, tag);
	if (end < 0) return -1;
	if (mark === "/") {
		handlers.close(localName(text.slice(tag + 2, end).trimEnd()));
		return end + 1;
	}
	const isEmpty = text[end - 1] === "/";
	const inside = text.slice(tag + 1, isEmpty ? end - 1 : end);
	const space = inside.search(/\s/);
	const name = localName(space < 0 ? inside : inside.slice(0, space));
	handlers.open(name, space < 0 ? "" : inside.slice(space));
	if (isEmpty) handlers.close(name);
	return end + 1;
}

/** The mark that ends a tag: not one in the quotes of an attribute. */
function tagEnd(text: string, tag: number): number {
	let end = text.indexOf(">", tag);
	for (; end >= 0; end = text.indexOf(">", end + 1)) {
		const inside = text.slice(tag, end).replace(/"[^"]*"|'[^']*'/g, "");
		if (!/["']/.test(inside)) return end;
	}
	return -1;
}

function declarationAt(
	text: string,
	tag: number,
	handlers: XmlHandlers,
): number {
	if (text.startsWith("<!--", tag)) return behind(text, "-->", tag + 4);
	const opening = "<![CDATA[";
	if (opening.startsWith(text.slice(tag, tag + opening.length))) {
		const from = tag + opening.length;
		const next = behind(text, "]]>", from);
		if (next >= 0) handlers.text(text.slice(from, next - 3));
		return next;
	}
	const end = text.indexOf(">", tag);
	return end < 0 ? -1 : end + 1;
}

function behind(text: string, mark: string, from: number): number {
	const end = text.indexOf(mark, from);
	return end < 0 ? -1 : end + mark.length;
}

/** `_x000D_` stands for a character in the texts of a workbook. */
export function unescapedText(text: string): string {
	return text.includes("_x")
		? text.replace(/_x([0-9a-f]{4})_/gi, (_, code: string) =>
				String.fromCharCode(Number.parseInt(code, 16)),
			)
		: text;
}
