import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { functionsOf, quantile } from "./shape.js";
import { filesUnder, ROOT } from "./sources.js";

const files = filesUnder("src", /\.ts$/);
const functions = files.flatMap(functionsOf);

/** What is larger than it should be, how large it may be, and why: an entry that is not needed any more fails. */
type Known = Readonly<Record<string, readonly [most: number, why: string]>>;

const PARAMETERS = 5;
const LINES = 450;
const OWN_LINES = 31;

const MANY_PARAMETERS: Known = {};

const LONG_FILES: Known = {};

/** Of these sizes by file, those above `most`: beyond what is known, and what is known and has shrunk. */
function against(
	known: Known,
	sizes: readonly (readonly [path: string, size: number])[],
	most: number,
): readonly string[] {
	const largest = new Map<string, number>();
	for (const [path, size] of sizes)
		if (size > most) largest.set(path, Math.max(size, largest.get(path) ?? 0));
	return [
		...[...largest]
			.filter(([path, size]) => size > (known[path]?.[0] ?? most))
			.map(([path, size]) => `${path}: ${size}, at most ${most}`),
		...Object.keys(known)
			.filter((path) => !largest.has(path))
			.map((path) => `${path}: is not needed in the list any more`),
	];
}

test("sizes beyond the most, and entries that are not needed, are found", () => {
	expect(against({}, [["a.ts", 6]], 5)).toEqual(["a.ts: 6, at most 5"]);
	expect(against({ "a.ts": [6, "why"] }, [["a.ts", 7]], 5)).toHaveLength(1);
	expect(against({ "a.ts": [6, "why"] }, [["a.ts", 5]], 5)).toHaveLength(1);
	expect(against({ "a.ts": [6, "why"] }, [["a.ts", 6]], 5)).toEqual([]);
});

test("a function takes at most five positional parameters", () => {
	expect(
		against(
			MANY_PARAMETERS,
			functions.map(({ path, parameters }) => [path, parameters]),
			PARAMETERS,
		),
	).toEqual([]);
});

test("no file is longer than 450 lines", () => {
	expect(against(LONG_FILES, files.map(lineCount), LINES)).toEqual([]);
});

test("half of the files have at most 120 lines", () => {
	expect(
		quantile(
			files.map((file) => lineCount(file)[1]),
			0.5,
		),
	).toBeLessThanOrEqual(120);
});

test.each(["src/core/", "src/tools/", "src/vendors/"])(
	"95 of 100 functions in %s have at most 31 lines of their own",
	(part) => {
		const own = functions.filter(({ path }) => path.startsWith(part));
		expect(own.length).toBeGreaterThan(100);
		expect(
			quantile(
				own.map(({ ownLines }) => ownLines),
				0.95,
			),
		).toBeLessThanOrEqual(OWN_LINES);
	},
);

test.each(["src", "test"])("each folder of %s says what it is", (top) => {
	const folders = readdirSync(join(ROOT, top), {
		recursive: true,
		withFileTypes: true,
	})
		.filter((entry) => entry.isDirectory())
		.map(({ parentPath, name }) => join(parentPath, name));
	expect(folders.length).toBeGreaterThan(3);
	expect(
		folders.filter((folder) => !existsSync(join(folder, "README.md"))),
	).toEqual([]);
});

function lineCount({
	path,
	text,
}: {
	readonly path: string;
	readonly text: string;
}): readonly [path: string, lines: number] {
	return [path, text.split("\n").length - 1];
}
