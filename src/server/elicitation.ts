/**
 * Clients that show nothing at all for a form without fields, by the name that they give: the person could answer
 * nothing. Visual Studio Code draws one question per field, and the message above the first
 * (microsoft/vscode#300294, PrefectHQ/fastmcp#3910).
 */
const NEEDS_A_FIELD = /^(Visual Studio Code|Code - OSS|VSCodium)/;
const FIELD = "answer";
const NO = "No";

/** The form of a question: none, so that every accept is a yes, with or without content. */
export function formFor(client: string) {
	if (!NEEDS_A_FIELD.test(client))
		return { type: "object" as const, properties: {} };
	return {
		type: "object" as const,
		properties: {
			[FIELD]: {
				type: "string" as const,
				title: "Do it?",
				enum: ["Yes", NO],
			},
		},
		required: [FIELD],
	};
}

/** Did the person choose no in the field of `formFor`? */
export function choseNo(
	content: Readonly<Record<string, unknown>> | undefined,
): boolean {
	return content?.[FIELD] === NO;
}

/**
 * Can it be put a form? The SDK reads an empty capability as one for forms; a client that names only other things,
 * such as opening addresses, is never asked, and the SDK sends it nothing.
 */
export function canAsk(
	elicitation: { readonly form?: unknown } | undefined,
): boolean {
	return elicitation?.form !== undefined;
}
