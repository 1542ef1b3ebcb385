import { TablesError } from "./errors.js";
import { machineFailure } from "./machine-failures.js";

/** What the vendor said, with the code that its support asks for; of a failure of this machine also what a person can do. */
export function sentence(error: TablesError): string {
	return error.machine === undefined ? said(error) : withNext(error);
}

/** The same with what to do about it, behind a full stop. */
function withNext(error: TablesError): string {
	return `${said(error)}${error.next === undefined ? "" : `. ${error.next}`}`;
}

/** A vendor's failure is looked up by its code and log id: without them nobody there can help. */
function said(error: TablesError): string {
	const { vendor } = error;
	const code =
		vendor === undefined
			? ""
			: ` (vendor code ${vendor.code ?? vendor.status ?? "?"}${vendor.logId === undefined ? "" : `, log id ${vendor.logId}`})`;
	return `${error.message}${code}`;
}

/** What any failure says, on one line, with its next step where it has one. */
export function wordsOf(error: unknown): string {
	if (error instanceof TablesError) return withNext(error);
	const failure = machineFailure(error, "on this machine");
	if (failure !== undefined) return wordsOf(failure);
	const words = error instanceof Error ? error.message : String(error);
	return words.replace(/\s+/g, " ").trim() || "no reason was given";
}
