/** An argument that no tool has and no model chose. */
interface HostArgument {
	/** Who adds it. */
	readonly host: string;
	/** Where it is recorded that and why. */
	readonly source: string;
	/** Only with this value; absent = any. For a name that a model might make up as well. */
	readonly value?: string;
}

/**
 * Arguments that hosts add by themselves to every call, whatever a tool's schema says. They mean something to the
 * host alone and are ignored; all other unknown arguments are refused.
 */
export const HOST_ARGUMENTS: Readonly<Record<string, HostArgument>> = {
	wait_for_previous: {
		host: "gemini-cli",
		source: "https://github.com/google-gemini/gemini-cli/pull/21933",
	},
	random_string: {
		host: "Cursor",
		source: "https://github.com/mondaycom/mcp/pull/15",
	},
	toolCallId: {
		host: "n8n",
		source: "https://github.com/n8n-io/n8n/issues/21500",
	},
	sessionId: {
		host: "n8n",
		source: "https://github.com/sansan0/TrendRadar/issues/768",
	},
	chatInput: {
		host: "n8n",
		source: "https://github.com/sansan0/TrendRadar/issues/768",
	},
	action: {
		host: "n8n",
		source: "https://github.com/sansan0/TrendRadar/issues/768",
		value: "sendMessage",
	},
};

/** The host that adds this argument; undefined = it is not known to come from one. */
export function hostOf(name: string, value: unknown): string | undefined {
	const known = Object.hasOwn(HOST_ARGUMENTS, name)
		? HOST_ARGUMENTS[name]
		: undefined;
	return known === undefined ||
		(known.value !== undefined && known.value !== value)
		? undefined
		: known.host;
}
