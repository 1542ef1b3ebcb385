import { redactIn, redactor, type Words } from "./redact.js";

/** What is never shown: the configured secrets, and what vendors hand out while the process runs. */
export interface Secrets {
	/** Taken out of every text from now on. Said again with each use: what was not used for the longest is let go of. */
	add(secret: string): void;
	/** Takes all of them out of a text. */
	redact(text: string): string;
	/** The same of every text in a JSON value. */
	redactIn(value: unknown): unknown;
}

/** More than are in use at the same time: a token for each connection, and the links of uploads. */
const MOST_OBTAINED = 200;

/** The secrets of one process. */
export function openSecrets(
	configured: readonly string[],
	own?: Words,
): Secrets {
	const obtained = new Set<string>();
	let redact: ((text: string) => string) | undefined;
	const secrets: Secrets = {
		add(secret) {
			const isKnown = obtained.delete(secret);
			obtained.add(secret);
			if (isKnown) return;
			const [oldest] = obtained;
			if (obtained.size > MOST_OBTAINED && oldest !== undefined)
				obtained.delete(oldest);
			redact = undefined;
		},
		redact(text) {
			redact ??= redactor([...configured, ...obtained], own);
			return redact(text);
		},
		redactIn: (value) => redactIn(value, secrets.redact),
	};
	return secrets;
}
