import type { SqlFault } from "../../core/contract/sql.js";
import type { OpenDatabase } from "./database.js";

/** What SQLite says when it refuses or fails. */
export interface Failure {
	/** SQLite's number. */
	readonly code: number;
	readonly message: string;
	/** Where in the statement, in bytes; -1: nowhere in particular. */
	readonly offset: number;
	/** It is a statement, and not one that can be run here. */
	readonly isForbidden?: true;
}

/** Numbers of SQLite. */
const NO_MEMORY = 7;
const INTERRUPTED = 9;
const TOO_BIG = 18;

/** SQLite's sentences about a name, and what they are about. */
const ABOUT: readonly (readonly [RegExp, SqlFault["fault"]])[] = [
	[/^no such table: (.*)$/s, "no_table"],
	[
		/^no such column: (.*?)(?: - should this be a string literal.*)?$/s,
		"no_column",
	],
	[/^no such function: (.*)$/s, "no_function"],
];

/** A failure in the terms of the contract. */
export function faultOf(
	{ code, message, offset, isForbidden }: Failure,
	open: Pick<OpenDatabase, "denied" | "askedTime">,
	sql: string,
): SqlFault {
	const place = offset < 0 ? {} : { at: charactersIn(sql, offset) };
	if (open.askedTime())
		return { fault: "now", message: "this machine's clock or zone" };
	const denied = open.denied();
	if (denied !== undefined) {
		const { what, subject = "" } = denied;
		const about = { ...place, subject };
		if (what === "now") return { fault: "now", message: subject, ...about };
		if (what === "function") return { fault: "no_function", message, ...about };
		if (what === "table") return { fault: "no_table", message, ...about };
		return { fault: "forbidden", message: "only a SELECT can be run" };
	}
	if (isForbidden) return { fault: "forbidden", message, ...place };
	if (code === INTERRUPTED) return { fault: "late", message };
	if (code === NO_MEMORY || code === TOO_BIG)
		return { fault: "too_large", message };
	for (const [sentence, fault] of ABOUT) {
		const subject = sentence.exec(message)?.[1];
		if (subject !== undefined)
			return { fault, message, subject: unquoted(subject), ...place };
	}
	return { fault: offset < 0 ? "failed" : "syntax", message, ...place };
}

/** `o."Amount"` and `"Amount"` without the quotes of SQL. */
function unquoted(name: string): string {
	return /^"(.*)"$/s.exec(name)?.[1]?.replaceAll('""', '"') ?? name;
}

function charactersIn(sql: string, bytes: number): number {
	return new TextDecoder().decode(
		new TextEncoder().encode(sql).subarray(0, bytes),
	).length;
}
