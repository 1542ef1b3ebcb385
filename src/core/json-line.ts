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
