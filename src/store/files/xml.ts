/*
 * XML as a stream of tags and texts: what the parts of a workbook need, and no more, and strict in that: every element
 * must be closed in its order, and the text must end with the root's end. Entities of a document's own are not known,
 * so that none can grow.
 */

export interface XmlHandlers {
	/**
	 * @param name without its prefix.
	 * @param attributes as written, to be asked by `attribute`.
	 */
	open(name: string, attributes: string): void;
	close(name: string): void;
	/** A piece of text; a long one comes in several. */
	text(text: string): void;
}

/** XML that is not well formed; the message says how, as the end of a sentence. */
export class XmlFault extends Error {}

/** Longer tags are not of any spreadsheet, and would be looked at again with each piece. */
const MOST_TAG_CHARACTERS = 1024 * 1024;

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
	return name.slice(name.indexOf(":") + 1);
}

function shortened(name: string): string {
	return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

/** A walk over a document that comes in parts. */
export interface XmlWalk {
	/** @throws XmlFault */
	take(part: string): void;
	/** @throws XmlFault where elements are still open, or there is none. */
	end(): void;
}

/** Tells the handlers what a document holds, part by part. */
export function xmlWalk(handlers: XmlHandlers): XmlWalk {
	const tags = openTags(handlers);
	let rest = "";
	return {
		take(part) {
			rest = walkText(rest + part, handlers, tags.take);
			if (rest.length > MOST_TAG_CHARACTERS)
				throw new XmlFault("has a tag that does not end");
		},
		end() {
			tags.end();
			if (rest !== "") throw new XmlFault("ends inside of a tag");
		},
	};
}

/** The elements that are open, from the root on. */
function openTags(handlers: XmlHandlers): {
	take(content: string): void;
	end(): void;
} {
	const open: string[] = [];
	let hasRoot = false;
	const close = (name: string) => {
		const expected = open.pop();
		if (expected !== name)
			throw new XmlFault(
				`has </${shortened(name)}> where ${expected === undefined ? "nothing is open" : `</${shortened(expected)}> belongs`}`,
			);
		handlers.close(localName(name));
	};
	return {
		take(content) {
			if (content.startsWith("/")) {
				close(content.slice(1).trimEnd());
				return;
			}
			const isEmpty = content.endsWith("/");
			const inside = isEmpty ? content.slice(0, -1) : content;
			const space = inside.search(/\s/);
			const name = space < 0 ? inside : inside.slice(0, space);
			if (open.length === 0 && hasRoot)
				throw new XmlFault(`goes on behind its end with <${shortened(name)}>`);
			hasRoot = true;
			open.push(name);
			handlers.open(localName(name), space < 0 ? "" : inside.slice(space));
			if (isEmpty) close(name);
		},
		end() {
			const inside = open.at(-1);
			if (inside !== undefined)
				throw new XmlFault(`ends inside of <${shortened(inside)}>`);
			if (!hasRoot) throw new XmlFault("has nothing in it");
		},
	};
}

/** What does not end in this part is given back. */
function walkText(
	text: string,
	handlers: XmlHandlers,
	take: (content: string) => void,
): string {
	let at = 0;
	for (;;) {
		const tag = text.indexOf("<", at);
		if (tag < 0) return textEnd(text, at, handlers);
		if (tag > at) handlers.text(decodedText(text.slice(at, tag)));
		const mark = text[tag + 1];
		if (mark === "!" || mark === "?") at = declarationAt(text, tag, handlers);
		else {
			const end = tagEnd(text, tag + 1);
			if (end >= 0) take(text.slice(tag + 1, end));
			at = end < 0 ? -1 : end + 1;
		}
		if (at < 0) return text.slice(tag);
	}
}

/** Text may go on in the next part, also in the middle of an entity. */
function textEnd(text: string, at: number, handlers: XmlHandlers): string {
	const entity = text.lastIndexOf("&");
	const end = entity >= at && text.length - entity < 16 ? entity : text.length;
	if (end > at) handlers.text(decodedText(text.slice(at, end)));
	return text.slice(end);
}

const [DOUBLE, SINGLE, END] = [0x22, 0x27, 0x3e];

/** The mark that ends a tag: not one in the quotes of an attribute. -1: it does not end here. */
function tagEnd(text: string, from: number): number {
	let quote = 0;
	for (let at = from; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (quote !== 0) {
			if (code === quote) quote = 0;
		} else if (code === END) return at;
		else if (code === DOUBLE || code === SINGLE) quote = code;
	}
	return -1;
}

const CDATA = "<![CDATA[";

/** What begins so ends so; each is looked for in this order. */
const DECLARATIONS = [
	["<!--", "-->"],
	[CDATA, "]]>"],
	["<?", "?>"],
	["<!", ">"],
] as const;

/** Behind a comment, a declaration or a text that is taken as it is; -1: it does not end here. */
function declarationAt(
	text: string,
	tag: number,
	handlers: XmlHandlers,
): number {
	const head = text.slice(tag, tag + CDATA.length);
	for (const [begin, end] of DECLARATIONS) {
		if (head.length < begin.length && begin.startsWith(head)) return -1;
		if (!head.startsWith(begin)) continue;
		const stop = text.indexOf(end, tag + begin.length);
		if (stop < 0) return -1;
		if (begin === CDATA) handlers.text(text.slice(tag + begin.length, stop));
		return stop + end.length;
	}
	return -1;
}

/** `_x000D_` stands for a character in the texts of a workbook. */
export function unescapedText(text: string): string {
	return text.includes("_x")
		? text.replace(/_x([0-9a-f]{4})_/gi, (_, code: string) =>
				String.fromCharCode(Number.parseInt(code, 16)),
			)
		: text;
}

/** What XML cannot hold or would change, and what would be taken for one of these escapes. */
const UNFIT = /_(?=x[0-9a-f]{4}_)|(?![\t\n])\p{Cc}|[\ufffe\uffff]|\p{Cs}/giu;
const TEXT_MARKS = /[&<>]/g;
const MARKS: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
};

/** The text of a cell; `unescapedText` reads it back. */
export function escapedText(text: string): string {
	return text
		.replace(UNFIT, (mark) => {
			const code = mark.charCodeAt(0).toString(16).toUpperCase();
			return `_x${code.padStart(4, "0")}_`;
		})
		.replace(TEXT_MARKS, (mark) => MARKS[mark] as string);
}

/** The value of an attribute, to stand between double quotes. */
export function escapedAttribute(text: string): string {
	return text
		.replace(/[&<>"]/g, (mark) => MARKS[mark] as string)
		.replace(/\s/g, (space) => `&#${space.charCodeAt(0)};`)
		.replaceAll("&#32;", " ");
}

/** Before the root of a part. */
export const XML_HEAD =
	'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
