/** What is never shown, as this layer needs it: it tells of what it obtains, and shows nothing of it. */
export interface Secrets {
	/** Taken out of every text from now on. */
	add(secret: string): void;
	/** Takes all of them out of a text. */
	redact(text: string): string;
	/** The same of every text in a JSON value. */
	redactIn(value: unknown): unknown;
}
