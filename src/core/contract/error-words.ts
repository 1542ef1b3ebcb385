import { TablesError } from "./errors.js";
import { machineFailure } from "./machine-failures.js";

/** What the vendor said, with the code that its support asks for. */
export function sentence(error: TablesError): string {
	const { vendor } = error;
	const said =
		vendor === undefined
			? ""
			: ` (vendor code ${vendor.code ?? vendor.status ?? "?"}${vendor.logId === undefined ? "" : `, log id ${vendor.logId}`})`;
	return `${error.message}${said}`;
}

/** What any failure says, on one line, with its next step where it has one. */
export function wordsOf(error: unknown): string {
	if (error instanceof TablesError)
		return `${sentence(error)}${error.next === undefined ? "" : `. ${error.next}`}`;
	const failure = machineFailure(error, "on this machine");
	if (failure !== undefined) return wordsOf(failure);
	const said = error instanceof Error ? error.message : String(error);
	return said.replace(/\s+/g, " ").trim() || "no reason was given";
}
