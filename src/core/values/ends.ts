/**
 * The text without the characters of `taken` at its end. A regular expression for that, such as `/[.,]+$/`, takes the
 * square of a long run of them that is not at the end.
 */
export function withoutEnd(text: string, taken: RegExp): string {
	let end = text.length;
	while (end > 0 && taken.test(text[end - 1] as string)) end--;
	return text.slice(0, end);
}

/** The digits at the end of a text; "" where there are none. */
export function digitsAtEnd(text: string): string {
	return text.slice(withoutEnd(text, /[0-9]/).length);
}
