/** The text is not a formula of this language. The vendor answers HTTP 200, code 400 and an empty message. */
export class FormulaFault extends Error {}

export type Token =
	| { readonly kind: "field"; readonly name: string }
	| { readonly kind: "name"; readonly name: string }
	| { readonly kind: "call"; readonly name: string }
	| { readonly kind: "text"; readonly value: string }
	| { readonly kind: "number"; readonly value: number }
	| { readonly kind: "mark"; readonly mark: Mark };

export type Mark =
	| "("
	| ")"
	| ","
	| "+"
	| "-"
	| "*"
	| "/"
	| "%"
	| "&"
	| "&&"
	| "||"
	| "!"
	| "="
	| "!="
	| ">"
	| ">="
	| "<"
	| "<=";

const MARKS: readonly (readonly [string, Mark])[] = [
	["&&", "&&"],
	["||", "||"],
	["!=", "!="],
	[">=", ">="],
	["<=", "<="],
	["(", "("],
	["（", "("],
	[")", ")"],
	["）", ")"],
	[",", ","],
	["，", ","],
	["+", "+"],
	["-", "-"],
	["*", "*"],
	["/", "/"],
	["%", "%"],
	["&", "&"],
	["!", "!"],
	["=", "="],
	[">", ">"],
	["<", "<"],
];

/** A quote mark closes any mark of its own family. */
const QUOTES: Readonly<Record<string, string>> = {
	'"': '"“”',
	"“": '"“”',
	"”": '"“”',
	"'": "'‘’",
	"‘": "'‘’",
	"’": "'‘’",
};

const BARE = /[^\s+\-|=*/><()!&%'"^\\`~,{“”‘’（），]+/y;
const NUMBER = /\d+(?:\.\d*)?|\.\d+/y;

export function tokens(source: string): Token[] {
	const found: Token[] = [];
	let at = 0;
	while (at < source.length) {
		const character = source.charAt(at);
		if (/\s/.test(character)) {
			at++;
			continue;
		}
		if (character === "{") {
			const [name, next] = fieldName(source, at);
			found.push({ kind: "field", name });
			at = next;
			continue;
		}
		if (QUOTES[character] !== undefined) {
			const [value, next] = literal(source, at);
			found.push({ kind: "text", value });
			at = next;
			continue;
		}
		NUMBER.lastIndex = at;
		const number = NUMBER.exec(source)?.[0];
		if (number !== undefined) {
			found.push({ kind: "number", value: Number(number) });
			at += number.length;
			continue;
		}
		const mark = MARKS.find(([text]) => source.startsWith(text, at));
		if (mark !== undefined) {
			found.push({ kind: "mark", mark: mark[1] });
			at += mark[0].length;
			continue;
		}
		BARE.lastIndex = at;
		const name = BARE.exec(source)?.[0];
		if (name === undefined)
			throw new FormulaFault(`unexpected ${character} at ${at}`);
		at += name.length;
		const opens = source.charAt(at) === "(" || source.charAt(at) === "（";
		found.push({ kind: opens ? "call" : "name", name });
	}
	return found;
}

/** `{…}`: a backslash takes the next character literally, a bare `{` inside is an error. */
function fieldName(source: string, start: number): [string, number] {
	let name = "";
	for (let at = start + 1; at < source.length; at++) {
		const character = source.charAt(at);
		if (character === "\\") {
			at++;
			name += source.charAt(at);
		} else if (character === "}") return [name, at + 1];
		else if (character === "{") break;
		else name += character;
	}
	throw new FormulaFault(`the field reference at ${start} is not closed`);
}

/**
 * A string literal. The vendor's handling of escapes is partial, and measured to be so:
 * unescaped `{…}` is taken for a field reference, a raw line break ends the literal,
 * and an escaped quote is an escape only in a literal whose escapes before it are all escaped quotes.
 */
function literal(source: string, start: number): [string, number] {
	const closing = QUOTES[source.charAt(start)] ?? "";
	let otherEscape = false;
	for (let at = start + 1; at < source.length; at++) {
		const character = source.charAt(at);
		if (character === "\\" && at + 1 < source.length) {
			const next = source.charAt(at + 1);
			if (!closing.includes(next)) {
				otherEscape = true;
				at++;
			} else if (!otherEscape) at++;
			continue;
		}
		if (closing.includes(character))
			return [unescaped(source.slice(start + 1, at)), at + 1];
		if (character === "\n" || character === "\r") break;
		if (character === "{" && closesLater(source, at))
			throw new FormulaFault(
				`a field reference inside the literal at ${start}`,
			);
	}
	throw new FormulaFault(`the literal at ${start} is not closed`);
}

function closesLater(source: string, from: number): boolean {
	for (let at = from + 1; at < source.length; at++) {
		if (source.charAt(at) === "\\") at++;
		else if (source.charAt(at) === "}") return true;
	}
	return false;
}

/** Line breaks and tabs first, whatever stands before the backslash; then every escaped character is itself. */
function unescaped(text: string): string {
	return text
		.replaceAll("\\n", "\n")
		.replaceAll("\\r", "\r")
		.replaceAll("\\t", "\t")
		.replace(/\\(.)/gu, "$1");
}
