import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { VENDOR_NAMES } from "../harness/vendors.js";
import { filesUnder, ROOT } from "./sources.js";

/*
 * What a vendor's folder states about the vendor can be looked up: a note `Source: "title"` names a page of the table
 * in the folder's README, which has its address and the day it was checked, or gives an https:// address itself.
 */

/** Files whose facts come from outside: each says where from, if the vendor has it. */
const STATES_FACTS = [
	"api",
	"calls",
	"cells",
	"failures",
	"failure-rows",
	"fields",
	"files",
	"filter",
	"new-fields",
	"records",
];
/** Their facts stand in another file of the folder, or are the kind that has none. */
const WITHOUT: Readonly<Record<string, string>> = {
	"bitable/failures.ts": "judges by the rows of failure-rows.ts",
};

const CITED = String.raw`(?:"[^"]+"|https://[^\s,;)]+[^\s,;).])`;
const NOTE = new RegExp(`Source: (${CITED}(?:, ${CITED})*)`, "g");
const ROW =
	/^\| (?<title>[^|]+?) +\| (?<address>https:\/\/[^|]+?) +\| (?<checked>\d{4}-\d{2}-\d{2}) +\|$/;
/** A fact that was found by asking a server, and not one that was not. */
const MEASURED = /(?<!not )\bmeasured\b/i;
const VERSION = /\b\d+\.\d+/;

/** Each comment's words on one line; `//` lines that follow each other are one comment. */
function commentsOf(text: string): readonly string[] {
	const found: string[] = [];
	let endOfLast = -1;
	for (const { type, value, start, end } of parseSync("file.ts", text)
		.comments) {
		const words = value.replace(/\s*\n\s*\*?\s*/g, " ").trim();
		const follows =
			type === "Line" && /^\s*$/.test(text.slice(endOfLast, start));
		if (follows && found.length > 0)
			found.push(`${found.pop() ?? ""} ${words}`);
		else found.push(words);
		endOfLast = type === "Line" ? end : Number.POSITIVE_INFINITY;
	}
	return found;
}

const citedIn = (comment: string): readonly string[] =>
	[...comment.matchAll(NOTE)].flatMap(
		([, cited = ""]) => cited.match(new RegExp(CITED, "g")) ?? [],
	);

/** Vendors that document themselves: `local` is this program's own. */
const DOCUMENTED = VENDOR_NAMES.filter((name) => name !== "local");

describe.each(DOCUMENTED)("sources of %s", (vendor) => {
	const files = filesUnder(`src/vendors/${vendor}`, /\.ts$/).map(
		({ path, text }) => ({
			place: join(vendor, basename(path)),
			comments: commentsOf(text),
		}),
	);
	const table = readFileSync(
		join(ROOT, "src/vendors", vendor, "README.md"),
		"utf8",
	)
		.split("\n")
		.filter((line) => /^\| (?!page |-)/.test(line));
	const pages = new Map(
		table.map((line) => {
			const {
				title = line,
				address = "",
				checked = "",
			} = ROW.exec(line)?.groups ?? {};
			return [`"${title}"`, { address, checked }];
		}),
	);
	const notes = files.flatMap(({ place, comments }) =>
		comments.flatMap((comment) => ({ place, comment })),
	);

	test("each row has a title, an address and the day it was checked", () => {
		expect(table.filter((line) => !ROW.test(line))).toEqual([]);
		expect(pages.size).toBe(table.length);
	});

	test("each note names pages of the table, or an address", () => {
		const lost = notes.flatMap(({ place, comment }) => {
			const cited = citedIn(comment);
			const unknown = cited.filter(
				(name) => name.startsWith('"') && !pages.has(name),
			);
			const said = comment.match(/\bSources?:/g)?.length ?? 0;
			const read = [...comment.matchAll(NOTE)].length;
			return said === read && unknown.length === 0
				? []
				: [`${place}: ${unknown.join(", ") || comment}`];
		});
		expect(lost).toEqual([]);
	});

	test("each page of the table is cited", () => {
		const cited = new Set(notes.flatMap(({ comment }) => citedIn(comment)));
		expect([...pages.keys()].filter((title) => !cited.has(title))).toEqual([]);
	});

	test("a measured fact says on which server and version", () => {
		const vague = notes.filter(
			({ comment }) =>
				MEASURED.test(comment) &&
				!citedIn(comment).some((name) => VERSION.test(name)),
		);
		expect(vague).toEqual([]);
	});

	test("each file that states facts of the vendor says where they are from", () => {
		const silent = files.filter(
			({ place, comments }) =>
				STATES_FACTS.includes(basename(place, ".ts")) &&
				WITHOUT[place] === undefined &&
				!comments.some((comment) => citedIn(comment).length > 0),
		);
		expect(silent.map(({ place }) => place)).toEqual([]);
		expect(
			Object.keys(WITHOUT).filter(
				(place) =>
					dirname(place) === vendor &&
					!files.some((file) => file.place === place),
			),
		).toEqual([]);
	});
});
