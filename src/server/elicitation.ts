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
export function choseNo(content: unknown): boolean {
	return (
		typeof content === "object" &&
		content !== null &&
		(content as Record<string, unknown>)[FIELD] === NO
	);
}

/**
 * Can it be put a form, by what it declared at `initialize`? `{}` says so, and whatever some language makes of that:
 * `[]`, `true`, members that are null. One that names addresses to open and no form cannot.
 */
export function declaresForms(elicitation: unknown): boolean {
	if (typeof elicitation !== "object" || elicitation === null)
		return elicitation === true;
	const { form, url } = elicitation as { form?: unknown; url?: unknown };
	if (isDeclared(form)) return true;
	return form !== false && !isDeclared(url);
}

function isDeclared(part: unknown): boolean {
	return part === true || (typeof part === "object" && part !== null);
}
