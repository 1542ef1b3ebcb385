/** What is told of an XML text while it is read. Names come without their prefix. */
export interface XmlEvents {
	open(name: string, attributes: string): void;
	close(name: string): void;
	/** A piece of text between tags, entities not replaced. */
	text(text: string): void;
}

/** Reads XML piece by piece. */
interface XmlScan {
	/** @throws XmlFault */
	feed(piece: string): void;
	/** @throws XmlFault where elements are still open, or there is none. */
	end(): void;
}

/** XML that is not well formed; the message says how, as the end of a sentence. */
export class XmlFault extends Error {}

/** Longer tags are not of any spreadsheet, and would be looked at again with each piece. */
const MOST_TAG_CHARACTERS = 1024 * 1024;

/** What begins so ends so; each is looked for in this order. */
const SPECIAL = [
	{ begin: "<!--", end: "-->" },
	{ begin: "<![CDATA[", end: "]]>" },
	{ begin: "<?", end: "?>" },
	{ begin: "<!", end: ">" },
] as const;

const LONGEST_BEGIN = 9;

/** A strict reader of tags: every element must be closed in its order, and the text must end with the root's end. */
export function xmlScan(events: XmlEvents): XmlScan {
	const open: string[] = [];
	let carried = "";
	let hasRoot = false;
	const tag = (content: string) => {
		if (content.startsWith("/")) {
			const name = content.slice(1).trim();
			const expected = open.pop();
			if (expected !== name)
				throw new XmlFault(
					`has </${shortened(name)}> where ${expected === undefined ? "nothing is open" : `</${shortened(expected)}> belongs`}`,
				);
			events.close(localName(name));
			return;
		}
		const isEmpty = content.endsWith("/");
		const [name = "", attributes = ""] = nameAndRest(
			isEmpty ? content.slice(0, -1) : content,
		);
		if (open.length === 0 && hasRoot)
			throw new XmlFault(`goes on behind its end with <${shortened(name)}>`);
		hasRoot = true;
		events.open(localName(name), attributes);
		if (isEmpty) events.close(localName(name));
		else open.push(name);
	};
	/** The place behind what begins at `at`; undefined: it does not end here. */
	const markup = (text: string, at: number): number | undefined => {
		const head = text.slice(at, at + LONGEST_BEGIN);
		for (const { begin, end } of SPECIAL) {
			if (head.length < begin.length && begin.startsWith(head))
				return undefined;
			if (!head.startsWith(begin)) continue;
			const stop = text.indexOf(end, at + begin.length);
			if (stop < 0) return undefined;
			if (begin === "<![CDATA[")
				events.text(text.slice(at + begin.length, stop));
			return stop + end.length;
		}
		const stop = endOfTag(text, at + 1);
		if (stop < 0) return undefined;
		tag(text.slice(at + 1, stop));
		return stop + 1;
	};
	return {
		feed(piece) {
			const text = carried + piece;
			carried = "";
			for (let at = 0; at < text.length; ) {
				const next = text.indexOf("<", at);
				const stop = next < 0 ? text.length : next;
				if (stop > at) events.text(text.slice(at, stop));
				if (next < 0) return;
				const behind = markup(text, next);
				if (behind === undefined) {
					carried = text.slice(next);
					if (carried.length > MOST_TAG_CHARACTERS)
						throw new XmlFault("has a tag that does not end");
					return;
				}
				at = behind;
			}
		},
		end() {
			const inside = open.at(-1);
			if (inside !== undefined)
				throw new XmlFault(`ends inside of <${shortened(inside)}>`);
			if (carried !== "") throw new XmlFault("ends inside of a tag");
			if (!hasRoot) throw new XmlFault("has nothing in it");
		},
	};
}

/** Reads the value of one attribute, as numbers, ids and names have it; undefined: there is none. */
export function attribute(
	name: string,
): (attributes: string) => string | undefined {
	const pattern = new RegExp(
		`(?:^|\\s)(?:[\\w.-]+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`,
	);
	return (attributes) => {
		const found = pattern.exec(attributes);
		return found?.[1] ?? found?.[2];
	};
}

const QUOTES: ReadonlySet<number> = new Set([0x22, 0x27]);

/** A `>` in the quotes of an attribute does not end its tag. */
function endOfTag(text: string, from: number): number {
	let quote = 0;
	for (let at = from; at < text.length; at++) {
		const code = text.charCodeAt(at);
		if (quote !== 0) {
			if (code === quote) quote = 0;
		} else if (code === 0x3e) return at;
		else if (QUOTES.has(code)) quote = code;
	}
	return -1;
}

function nameAndRest(content: string): readonly string[] {
	const space = content.search(/\s/);
	return space < 0
		? [content]
		: [content.slice(0, space), content.slice(space)];
}

function localName(name: string): string {
	return name.slice(name.indexOf(":") + 1);
}

function shortened(name: string): string {
	return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}
