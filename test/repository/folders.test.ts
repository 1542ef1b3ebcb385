import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesUnder, ROOT } from "./sources.js";

/** Folders whose README says of each file what is looked for in it. */
const FOLDERS = [
	...[
		"contract",
		"values",
		"filter",
		"places",
		"read",
		"delivery",
		"write",
		"import",
	].map((wing) => `src/core/${wing}`),
	"src/server",
	"src/store",
	"src/store/files",
	"src/http",
	"src/tools",
	"src/vendors/kit",
];

describe.each(FOLDERS)("the README of %s", (folder) => {
	const readme = readFileSync(join(ROOT, folder, "README.md"), "utf8");
	const files = filesUnder(folder, /\.ts$/).filter(
		({ path }) => dirname(path) === folder,
	);
	const named = new Set(
		[...readme.matchAll(/`([\w-]+\.ts)`/g)].map(([, name]) => name),
	);

	test("names each file, but for tools: those have the names of their calls", () => {
		const wanted = files
			.filter(({ text }) => !/= defineTool\(\{/.test(text))
			.map(({ path }) => basename(path));
		expect(wanted.filter((name) => !named.has(name))).toEqual([]);
	});

	test("names no file that is not there", () => {
		const there = new Set(
			filesUnder("src", /\.ts$/).map(({ path }) => basename(path)),
		);
		expect([...named].filter((name) => !there.has(String(name)))).toEqual([]);
	});
});
