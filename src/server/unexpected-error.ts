import { TablesError } from "../core/contract/errors.js";
import { machineFailure } from "../core/contract/machine-failures.js";
import type { Log } from "../core/contract/session.js";

/** An error that no part of the program made: of this machine, or a defect. Both are logged. */
export function unexpectedError(
	error: unknown,
	tool: string,
	log: Log,
): TablesError {
	const failure = machineFailure(error, `${tool} on this machine`);
	if (failure !== undefined) {
		log("error", failure.message);
		return failure;
	}
	const message = error instanceof Error ? error.message : String(error);
	log(
		"error",
		`${tool}: ${error instanceof Error ? (error.stack ?? message) : message}`,
	);
	return new TablesError("internal", `${tool} failed: ${message}`, {
		next: "This is a defect of tables-mcp. Tell the person. Before repeating a write, call list_changes: it says what was done.",
	});
}
