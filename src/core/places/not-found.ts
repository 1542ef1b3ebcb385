import { TablesError } from "../contract/errors.js";

/** Is it a failure to find what was named, so that another reading of the name may be tried? */
export function isNotFound(error: unknown): boolean {
	return error instanceof TablesError && error.code === "not_found";
}

/** The same text for what is not there and for what the policy hides. */
export function nothingAt(url: URL, cause: unknown): TablesError {
	return new TablesError(
		"not_found",
		`there is nothing at ${url.href} that this account can see`,
		{
			next: "Check the address, or call list_tables for the references there are.",
			cause,
		},
	);
}

/** No table, or none that may be seen, under a reference. */
export function tableMissing(reference: string, cause: unknown): TablesError {
	return new TablesError(
		"not_found",
		`there is no table ${reference}, or this account cannot see it`,
		{
			next: "Call list_tables for the references there are.",
			cause,
		},
	);
}
