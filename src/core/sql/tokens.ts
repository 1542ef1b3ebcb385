/** A part of a statement, as far as it matters where it is looked into without SQLite. */
export interface Token {
	/** `text`: in single quotes; `name`: in other quotes, or a bare word; a keyword is a bare word as well. */
	readonly kind: "text" | "name" | "number" | "sign";
	/** Without quotes, as it was written. */
	readonly value: string;
	/** A name that is not in quotes: it may be a keyword. */
	readonly isBare: boolean;
}

const PARTS =
	/(?<space>\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|'(?<text>(?:[^']|'')*)(?:'|$)|"(?<double>(?:[^"]|"")*)(?:"|$)|`(?<back>(?:[^`]|``)*)(?:`|$)|\[(?<square>[^\]]*)(?:\]|$)|(?<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|(?<word>[\p{L}_$\u0080-\u{10ffff}][\p{L}\p{N}_$\u0080-\u{10ffff}]*)|(?<sign>\|\||->>?|<=|>=|<>|!=|==|<<|>>|.)/giu;

/** The parts of a statement, without spaces and comments. */
export function tokensOf(sql: string): readonly Token[] {
	return [...sql.matchAll(PARTS)].flatMap(({ groups = {} }): Token[] => {
		const { text, double, back, square, number, word, sign } = groups;
		const token = (kind: Token["kind"], value: string, isBare = false) => [
			{ kind, value, isBare },
		];
		if (text !== undefined) return token("text", text.replaceAll("''", "'"));
		if (double !== undefined)
			return token("name", double.replaceAll('""', '"'));
		if (back !== undefined) return token("name", back.replaceAll("``", "`"));
		if (square !== undefined) return token("name", square);
		if (number !== undefined) return token("number", number);
		if (word !== undefined) return token("name", word, true);
		return sign === undefined ? [] : token("sign", sign);
	});
}

/** The statement with spaces in place of comments, and empty texts in place of texts and quoted names: they may hold any words. */
export function withoutTexts(sql: string): string {
	return sql.replace(PARTS, (part, ...rest) => {
		const { space, text, double, back, square } = rest.at(-1) as Readonly<
			Record<string, string | undefined>
		>;
		if (space !== undefined) return " ";
		const isQuoted = [text, double, back, square].some(
			(inner) => inner !== undefined,
		);
		return isQuoted ? "''" : part;
	});
}

const JOINING = new Set(["union", "intersect", "except"]);

/** Does it put the rows of several SELECTs together? */
export function joinsSelects(sql: string): boolean {
	return tokensOf(sql).some(
		({ isBare, value }) => isBare && JOINING.has(value.toLowerCase()),
	);
}
