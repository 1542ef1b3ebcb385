import { existsSync } from "node:fs";
import { basename } from "node:path";
import { act, placeOf } from "../../core/contract/consent.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Target } from "../../core/contract/files.js";
import type { Running } from "../../core/contract/running.js";
import { quoted } from "../../core/values/names.js";
import { confirmStanding } from "../../core/write/standing.js";
import { readFormatOf } from "./foreign.js";
import { stampOf } from "./part-file.js";
import type { OwnBook } from "./xlsx-book.js";

/* What is there already under the name that a file is to have: whose it is, and what would go with it. */

/** Of a workbook with more than one sheet: all of them go with it. */
export async function sheetsOf(path: string): Promise<readonly string[]> {
	if (readFormatOf(path) !== "xlsx") return [];
	const { sheetNames } = await import("./xlsx-book.js");
	const names = await sheetNames(path);
	return names.length > 1 ? names : [];
}

/**
 * The workbook there, to which a sheet is to be added.
 * @throws TablesError bad_argument where this server did not write it as it is.
 */
export async function bookAt(path: string): Promise<OwnBook> {
	const { ownBook } = await import("./xlsx-book.js");
	const book = await ownBook(path);
	if (book !== undefined) return book;
	const name = quoted(basename(path));
	throw new TablesError(
		"bad_argument",
		`no sheet can be added to ${name}: this server did not write it, or another program has saved it since`,
		{
			next: "Export to a file of another name; or leave `sheet` out: then a person is asked whether the whole file may be overwritten.",
		},
	);
}

/** A place in a workbook that is there; a sheet of that name goes only if a person agrees. */
export async function intoBook(
	{
		real,
		path,
		sheet,
	}: { readonly real: string; readonly path: string; readonly sheet: string },
	running: Running,
	confirm: string | undefined,
): Promise<Target> {
	const stamp = stampIfThere(real);
	if (stamp === undefined)
		throw new TablesError(
			"conflict",
			`another call is just writing the file ${quoted(path)}`,
			{ next: "Call again when it has answered: then the sheet is added." },
		);
	const book = await bookAt(real);
	const { sheetCalled } = await import("./xlsx-book.js");
	const before = sheetCalled(book.sheets, sheet);
	if (before !== undefined)
		await confirmStanding(
			running,
			{
				kind: "overwrite_file",
				action: act`overwrite the sheet ${before.name} of the file ${path}`,
				expected: before.name,
				given: confirm,
				place: placeOf("file", real, before.name),
			},
			{
				what: `the file "${path}"`,
				seen: { same: { content: stamp } },
				look: async () => ({ same: { content: stampIfThere(real) } }),
			},
		);
	return { path: real, isNew: false, stamp };
}

/** Did this server write a file, and is it as it was left? */
export async function isOwn(
	path: string,
	written: ReadonlyMap<string, string>,
): Promise<boolean> {
	const left = written.get(path);
	if (left !== undefined && left === stampIfThere(path)) return true;
	if (readFormatOf(path) !== "xlsx") return false;
	const { ownBook } = await import("./xlsx-book.js");
	return (await ownBook(path)) !== undefined;
}

/** Why a file is spared, whatever a person says. */
export function notOwn(path: string): TablesError {
	return new TablesError(
		"not_allowed",
		`the file ${quoted(path)} stays as it is: what is exported from is read-only, and then no file is overwritten that this server did not write, or that was changed since`,
		{ next: "Export to a file of another name." },
	);
}

/** What tells that a file has not been changed. undefined: it is not there. */
export function stampIfThere(path: string): string | undefined {
	return existsSync(path) ? stampOf(path) : undefined;
}
