import { MOST_LINE_CHARACTERS } from "./limits.js";

/** Where in a JSON text the records lie. */
export type Where =
	/** One after another, as the whole text. */
	| { readonly depth: 0 }
	/** In one list. */
	| { readonly depth: 1 }
	/** In a list that an object has under this key. */
	| { readonly depth: 2; readonly key: string };

/** A value as text. */
export interface JsonValue {
	/** Of its beginning, from 1. */
	readonly line: number;
	/** undefined: it is longer than a line may be. */
	readonly text: string | undefined;
}

/** What a walk over the whole text finds out. */
export interface Shape {
	/** Values that stand one after another. */
	values: number;
	/** The first character of the first of them. */
	first: string | undefined;
	/** Keys of the first of them, if it is an object. */
	readonly keys: Set<string>;
	/** Those of them that hold a list of objects. */
	readonly lists: Set<string>;
	/** How many lists and objects are open at the end: 0 in a whole text. */
	open: number;
}

export function newShape(): Shape {
	return {
		values: 0,
		first: undefined,
		keys: new Set(),
		lists: new Set(),
		open: 0,
	};
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const LF = 0x0a;

/** Pieces of one value, dropped once they are too many. */
class Piece {
	readonly line: number;
	#pieces: string[] = [];
	#length = 0;

	constructor(line: number) {
		this.line = line;
	}

	add(piece: string): void {
		this.#length += piece.length;
		if (this.#length > MOST_LINE_CHARACTERS) this.#pieces = [];
		else this.#pieces.push(piece);
	}

	get value(): JsonValue {
		const { line } = this;
		return this.#length > MOST_LINE_CHARACTERS
			? { line, text: undefined }
			: { line, text: this.#pieces.join("") };
	}
}

/**
 * The values at one depth of a JSON text of any length; each is as much text as stands between its neighbours, so
 * that one that is damaged is one bad record. Fills in what shape the text has.
 */
export async function* jsonValues(
	parts: AsyncIterable<string>,
	where: Where,
	shape: Shape,
): AsyncIterable<readonly JsonValue[]> {
	const walk = new Walk(where, shape);
	for await (const part of parts) {
		const values = walk.take(part);
		if (values.length > 0) yield values;
	}
	const last = walk.end();
	if (last !== undefined) yield [last];
}

/** Where a walk over the characters is. */
class Walk {
	readonly #where: Where;
	readonly #shape: Shape;
	/** What is open on the outside, to the depth that matters. */
	readonly #open: string[] = [];
	#depth = 0;
	#line = 1;
	#inText = false;
	#escaped = false;
	#key = "";
	/** The last text of an object on the outside, which is a key if a colon follows. */
	#text: string | undefined;
	#piece: Piece | undefined;
	/** Where in this part the value goes on. */
	#from = 0;

	constructor(where: Where, shape: Shape) {
		this.#where = where;
		this.#shape = shape;
	}

	take(part: string): readonly JsonValue[] {
		const found: JsonValue[] = [];
		this.#from = 0;
		for (let at = 0; at < part.length; at++) {
			const code = part.charCodeAt(at);
			if (code === LF) this.#line++;
			if (this.#inText) this.#inside(part, at, code);
			else if (code === QUOTE) this.#quote(at);
			else if (code === 0x7b || code === 0x5b) this.#opens(part, at);
			else if (code === 0x7d || code === 0x5d) this.#closes(part, at, found);
			else this.#between(part, at, code, found);
		}
		this.#piece?.add(part.slice(this.#from));
		return found;
	}

	end(): JsonValue | undefined {
		this.#shape.open = this.#depth;
		return this.#piece?.value;
	}

	#inside(part: string, at: number, code: number): void {
		if (this.#escaped) this.#escaped = false;
		else if (code === BACKSLASH) this.#escaped = true;
		else if (code === QUOTE) {
			this.#inText = false;
			return;
		}
		if (this.#text !== undefined && this.#text.length <= 1_000)
			this.#text += part[at];
	}

	#quote(at: number): void {
		this.#begin(at, '"');
		this.#inText = true;
		this.#text = this.#depth === 1 && this.#open[0] === "{" ? "" : undefined;
	}

	#opens(part: string, at: number): void {
		const mark = part[at] as string;
		this.#begin(at, mark);
		if (this.#depth === 2 && mark === "{" && this.#isList())
			if (this.#shape.values === 1) this.#shape.lists.add(this.#key);
		if (this.#depth < 3) this.#open[this.#depth] = mark;
		this.#depth++;
	}

	#isList(): boolean {
		return this.#open[0] === "{" && this.#open[1] === "[";
	}

	#closes(part: string, at: number, found: JsonValue[]): void {
		if (this.#depth === this.#where.depth) this.#finish(part, at, found);
		this.#depth = Math.max(0, this.#depth - 1);
		if (this.#depth === this.#where.depth) this.#finish(part, at + 1, found);
	}

	#between(part: string, at: number, code: number, found: JsonValue[]): void {
		const isSpace = code <= 0x20 || code === 0xfeff;
		if (code === COLON && this.#depth === 1 && this.#text !== undefined) {
			this.#key = unescaped(this.#text);
			if (this.#shape.values === 1) this.#shape.keys.add(this.#key);
		} else if (isSpace || code === COMMA) {
			if (this.#depth === this.#where.depth) this.#finish(part, at, found);
		} else this.#begin(at, part[at] as string);
	}

	/** A value begins here, unless one has begun. */
	#begin(at: number, mark: string): void {
		if (this.#depth === 0 && this.#piece === undefined) {
			this.#shape.values++;
			this.#shape.first ??= mark;
		}
		if (
			this.#piece !== undefined ||
			this.#depth !== this.#where.depth ||
			!this.#isWanted()
		)
			return;
		this.#piece = new Piece(this.#line);
		this.#from = at;
	}

	#isWanted(): boolean {
		const { depth } = this.#where;
		if (depth === 0) return true;
		if (depth === 1) return this.#open[0] === "[";
		return this.#isList() && this.#key === this.#where.key;
	}

	#finish(part: string, to: number, found: JsonValue[]): void {
		if (this.#piece === undefined) return;
		this.#piece.add(part.slice(this.#from, to));
		found.push(this.#piece.value);
		this.#piece = undefined;
	}
}

function unescaped(text: string): string {
	try {
		return JSON.parse(`"${text}"`) as string;
	} catch {
		return text;
	}
}
