import { FormulaFault, type Mark, type Token, tokens } from "./lexer.js";

export type Expression =
	| { readonly kind: "constant"; readonly value: number | string }
	| { readonly kind: "field"; readonly name: string }
	| {
			readonly kind: "prefix";
			readonly mark: "+" | "-" | "!";
			readonly operand: Expression;
	  }
	| {
			readonly kind: "infix";
			readonly mark: Infix;
			readonly left: Expression;
			readonly right: Expression;
	  }
	| {
			readonly kind: "call";
			readonly name: string;
			readonly operands: readonly Expression[];
	  };

export type Infix = Exclude<Mark, "(" | ")" | "," | "!">;

/** From the loosest to the tightest; `&` is the loosest of all, `&&` and `||` share one level and read from the left. */
const LEVELS: readonly (readonly Infix[])[] = [
	["&"],
	["&&", "||"],
	["=", "!="],
	[">", ">=", "<", "<="],
	["+", "-"],
	["*", "/", "%"],
];

/** Parses one formula. @throws FormulaFault on anything the vendor's parser refuses. */
export function parse(source: string): Expression {
	const list = tokens(source);
	let at = 0;
	const peek = (): Token | undefined => list[at];
	const isMark = (mark: Mark) => {
		const token = peek();
		return token?.kind === "mark" && token.mark === mark;
	};
	/** The last closing bracket may be missing. */
	const close = () => {
		if (isMark(")")) at++;
		else if (at < list.length) throw new FormulaFault("expected )");
	};
	const level = (depth: number): Expression => {
		const marks = LEVELS[depth];
		if (marks === undefined) return prefixed();
		let left = level(depth + 1);
		for (;;) {
			const token = peek();
			const mark =
				token?.kind === "mark"
					? marks.find((candidate) => candidate === token.mark)
					: undefined;
			if (mark === undefined) return left;
			at++;
			left = { kind: "infix", mark, left, right: level(depth + 1) };
		}
	};
	const prefixed = (): Expression => {
		const token = peek();
		if (
			token?.kind === "mark" &&
			(token.mark === "+" || token.mark === "-" || token.mark === "!")
		) {
			at++;
			return { kind: "prefix", mark: token.mark, operand: prefixed() };
		}
		return primary();
	};
	const primary = (): Expression => {
		const token = peek();
		at++;
		switch (token?.kind) {
			case "text":
			case "number":
				return { kind: "constant", value: token.value };
			case "field":
			case "name":
				return { kind: "field", name: token.name };
			case "call":
				at++;
				return {
					kind: "call",
					name: token.name.toUpperCase(),
					operands: operands(),
				};
			case "mark":
				if (token.mark === "(") {
					const inner = level(0);
					close();
					return inner;
				}
				throw new FormulaFault(`unexpected ${token.mark}`);
			default:
				throw new FormulaFault("unexpected end");
		}
	};
	const operands = (): Expression[] => {
		if (isMark(")")) {
			at++;
			return [];
		}
		const found = [level(0)];
		while (isMark(",")) {
			at++;
			found.push(level(0));
		}
		close();
		return found;
	};
	const whole = level(0);
	if (at < list.length) throw new FormulaFault("unexpected text at the end");
	return whole;
}
