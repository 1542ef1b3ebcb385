/**
 * JSON on one line for every reader: besides CR and LF, which JSON escapes, some break lines at three more characters
 * (Node 24 among them).
 */
export function jsonLine(value: unknown): string {
	return JSON.stringify(value).replace(
		/[\u0085\u2028\u2029]/g,
		(character) =>
			`\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/**
 * The same for a message: half of a character pair, which a vendor's cell may hold, becomes U+FFFD, because some
 * readers refuse the whole line for it.
 */
export function messageLine(value: unknown): string {
	const line = jsonLine(value);
	return line.includes("\\ud")
		? line.replace(
				/(\\\\)|\\ud[89a-f][0-9a-f]{2}/g,
				(_, backslash: string | undefined) => backslash ?? "\\ufffd",
			)
		: line;
}
