import type { TablesError } from "../core/contract/errors.js";

/** What came back, before the vendor's table of failures has looked at it. */
export interface Answer {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** The parsed JSON; undefined when it is not JSON. */
	readonly json: unknown;
	readonly text: string;
}

/** What it means by the vendor's table of failures. */
export type Judged =
	| { readonly ok: unknown }
	| {
			readonly failure: TablesError;
			/** The token was refused: another token may be accepted. */
			readonly token?: true;
			/** It is not in the vendor's form: something else may have answered in its place, and proves nothing. */
			readonly foreign?: true;
	  };

/** Headers with names in lower case, one text each. */
export function flat(
	headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			Array.isArray(value) ? value.join(", ") : (value ?? ""),
		]),
	);
}

/** undefined for what is not JSON. */
export function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const CLIP = 200;

/** The start of a text without markup, for a message. */
export function clip(text: string): string {
	// Markup is looked for where it may be shown, not in megabytes that will not be.
	const plain = text
		.slice(0, 20 * CLIP)
		.replace(/<[^<>]*>/g, " ")
		.replace(/\s+/g, " ")
		.trim();
	return plain.length > CLIP ? `${plain.slice(0, CLIP)}…` : plain;
}
