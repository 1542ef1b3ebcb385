/** Whatever some reader takes for the end of a line. */
const BREAK = /[\n\r\t\v\f\x85\u2028\u2029]/;
const BLANKS = /[\s\x85]+/g;

/**
 * A text that may stand in a line of an answer: names are what others have typed, and a line break in one would begin
 * a line that looks like the server's own.
 */
export function oneLine(text: string): string {
	return text.replace(BLANKS, (blanks) => (BREAK.test(blanks) ? " " : blanks));
}
