import type { TablesError, VendorFault } from "../core/contract/errors.js";
import { defined } from "../core/values/defined.js";
import type { ToolAnswer } from "../tools/tool.js";
import { clean } from "./clean.js";

/** The answer to a call as MCP has it: the same said once for people and models, and once for programs. */
export interface CallResult {
	readonly content: readonly object[];
	readonly structuredContent: Readonly<Record<string, unknown>>;
	readonly isError?: boolean;
}

/** An answer of a tool; `note` is one thing more to say in both blocks. Secrets leave it at the wire. */
export function resultOf(
	{ text, blocks = [], structured, isError }: ToolAnswer,
	note: string | undefined,
): CallResult {
	const { notes } = structured;
	const noted =
		note === undefined
			? { text, structured }
			: {
					text: `${text}\nnote: ${note}`,
					structured: {
						...structured,
						notes: [...(Array.isArray(notes) ? notes : []), note],
					},
				};
	return {
		content: [{ type: "text", text: clean(noted.text) }, ...blocks],
		structuredContent: noted.structured,
		...(isError ? { isError: true } : {}),
	};
}

/** A call that failed. */
export function failureResult({
	code,
	message,
	next,
	vendor,
}: TablesError): CallResult {
	const said = vendor === undefined ? undefined : vendorText(vendor);
	const text = [
		`${code}: ${message}`,
		...(said === undefined ? [] : [`vendor: ${said}`]),
		...(next === undefined ? [] : [next]),
	].join("\n");
	return {
		content: [{ type: "text", text: clean(text) }],
		structuredContent: {
			error: {
				code,
				message: clean(message),
				...defined({
					next: next === undefined ? undefined : clean(next),
					vendor: said === undefined ? undefined : clean(said),
				}),
			},
		},
		isError: true,
	};
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
