import type { Session } from "../contract/session.js";

/** What a dry run says of a question that the write itself would ask. */
interface DryConsent {
	/** What `confirm` would have to hold. Absent: it would not count. */
	readonly confirm?: string;
	readonly notes: readonly string[];
}

/**
 * Whether the rule of the session asks a person, and whether `confirm` may stand for them; `about` is what they would be
 * asked, where the answer does not say it yet.
 */
export function dryConsent(
	{ consent }: Pick<Session, "consent">,
	confirm: string | undefined,
	about?: string,
): DryConsent {
	if (confirm === undefined || consent === "never") return { notes: [] };
	const asked = `a person would be asked first${about === undefined ? "" : `: ${about}`}`;
	return consent === "always"
		? {
				notes: [
					`${asked}; TABLES_MCP_CONSENT is always, so \`confirm\` does not count: it needs a client that can ask`,
				],
			}
		: {
				confirm,
				notes: [
					`${asked}; where that is not possible, it needs confirm: "${confirm}"`,
				],
			};
}
