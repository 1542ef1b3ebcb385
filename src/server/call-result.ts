import { nextOf } from "../core/contract/error-words.js";
import type { TablesError, VendorFault } from "../core/contract/errors.js";
import { defined } from "../core/values/defined.js";
import { shortened } from "../core/values/names.js";
import { oneLine } from "../core/values/one-line.js";
import type { ToolAnswer } from "../tools/tool.js";
import { clean } from "./clean.js";

/** The answer to a call as MCP has it: the same said once for people and models, and once for programs. */
export interface CallResult {
	readonly content: readonly object[];
	readonly structuredContent: Readonly<Record<string, unknown>>;
	readonly isError?: boolean;
}

/** An answer of a tool; `said` is what more there is to say in both blocks. Secrets leave it at the wire. */
export function resultOf(
	{ text, blocks = [], structured, isError }: ToolAnswer,
	said: readonly string[],
): CallResult {
	const { notes } = structured;
	const noted =
		said.length === 0
			? { text, structured }
			: {
					text: [text, ...said.map((note) => `note: ${oneLine(note)}`)].join(
						"\n",
					),
					structured: {
						...structured,
						notes: [...(Array.isArray(notes) ? notes : []), ...said],
					},
				};
	return {
		content: [{ type: "text", text: clean(noted.text) }, ...blocks],
		structuredContent: noted.structured,
		...(isError ? { isError: true } : {}),
	};
}

/** A call that failed. */
export function failureResult(error: TablesError): CallResult {
	const { code, message, vendor } = error;
	const next = nextOf(error);
	const readable = (text: string) => clean(oneLine(beginning(text)));
	const said = vendor === undefined ? undefined : beginning(vendorText(vendor));
	const text = [
		`${code}: ${beginning(message)}`,
		...(said === undefined ? [] : [`vendor: ${said}`]),
		...(next === undefined ? [] : [beginning(next)]),
	]
		.map(oneLine)
		.join("\n");
	return {
		content: [{ type: "text", text: clean(text) }],
		structuredContent: {
			error: {
				code,
				message: readable(message),
				...defined({
					next: next === undefined ? undefined : readable(next),
					vendor: said === undefined ? undefined : clean(said),
				}),
			},
		},
		isError: true,
	};
}

/** Characters of a message: whoever needs more has asked too much at once, or was sent data in place of a name. */
const MESSAGE_CHARACTERS = 8_000;

/** A message quotes what was given, and what was given may be of any length. */
function beginning(text: string): string {
	return text.length > MESSAGE_CHARACTERS
		? `${shortened(text, MESSAGE_CHARACTERS)} (${text.length} characters)`
		: text;
}

function vendorText({ code, status, message, logId }: VendorFault): string {
	return [
		code === undefined ? undefined : `code ${code}`,
		status === undefined ? undefined : `HTTP ${status}`,
		message,
		logId === undefined ? undefined : `log id ${logId}`,
	]
		.filter((part) => part !== undefined && part !== "")
		.join(", ");
}
