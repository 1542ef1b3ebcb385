/**
 * Texts that every store keeps as they are. A NUL ends a text in some, so that a name comes to mean another thing than
 * it says, and half of a character pair becomes a mark.
 */
export function isWholeText(text: string): boolean {
	return !text.includes("\0") && text.isWellFormed();
}

/** What is wrong with one that is not. */
export const BROKEN_TEXT = "has a NUL or half of a character pair";
