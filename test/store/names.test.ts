import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderFiles } from "../../src/store/files/index.js";
import { numberedName, safeName } from "../../src/store/files/names.js";
import { SEED } from "../core/local-world.js";
import { temporaryFolder } from "../folder.js";

const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}";

describe("a name from outside becomes one that every system takes", () => {
	test.each([
		["photo.png", "photo.png"],
		["漢".repeat(200), "漢".repeat(85)],
		[`${"漢".repeat(200)}.pdf`, `${"漢".repeat(83)}.pdf`],
		[`${FAMILY.repeat(40)}.png`, `${FAMILY.repeat(13)}.png`],
		[`${"e\u0323\u0302\u0301".repeat(200)}.txt`, undefined],
		[`a${"\u0301".repeat(400)}.txt`, undefined],
		[`${"x".repeat(300)}.${"y".repeat(300)}`, "x".repeat(255)],
		[`${"x".repeat(254)}. end`, `${"x".repeat(250)}. end`],
		[`${"x".repeat(300)}.tar.gz`, `${"x".repeat(248)}.tar.gz`],
		["CON", "_CON"],
		["nul.txt", "_nul.txt"],
		["com1.tar.gz", "_com1.tar.gz"],
		["LPT\u00b2.doc", "_LPT\u00b2.doc"],
		["aux .h", "_aux .h"],
		["console.log", "console.log"],
		["name...", "name"],
		["name . . ", "name"],
		[" name", "name"],
		[".bashrc", "_bashrc"],
		["../../etc/passwd", "__.._etc_passwd"],
		['a\\b:c*d?e"f<g>h|i', "a_b_c_d_e_f_g_h_i"],
		["a\0b\nc\u202egpj.exe", "a_b_c_gpj.exe"],
		["\ud800x", "\ufffdx"],
		["", "attachment"],
		["   ", "attachment"],
		["...", "_"],
	])("%j", (given, expected) => {
		const name = safeName(given);
		if (expected !== undefined) expect(name).toBe(expected);
		expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
		writeFileSync(join(temporaryFolder(), name), "");
	});

	test(`whatever it is (seed ${SEED})`, () => {
		fc.assert(
			fc.property(
				fc.string({ unit: "binary", maxLength: 400 }),
				fc.integer({ min: 1, max: 1_000 }),
				(given, number) => {
					const name = safeName(given);
					const numbered = numberedName(name, number);
					for (const made of [name, numbered]) {
						expect(Buffer.byteLength(made)).toBeLessThanOrEqual(255);
						expect(made).toMatch(/^[^./\\\0][^/\\\0]*$/);
					}
					expect(name).not.toMatch(/[.\s]$/);
					expect(safeName(name)).toBe(name);
				},
			),
			{ seed: SEED, numRuns: 300 },
		);
	});
});

async function* bytes(text: string) {
	yield Buffer.from(text);
}

function files() {
	const folder = temporaryFolder();
	const { saveAside, writeAside } = folderFiles(folder, join(folder, "kept"));
	return {
		folder,
		writeAside,
		save: async (name: string, text: string, taken = new Set<string>()) =>
			(await saveAside({ folder: "sub", name, taken }, async () => bytes(text)))
				.path,
		path: (name: string) => join(folder, "sub", name),
		read: (name: string) => readFileSync(join(folder, "sub", name), "utf8"),
	};
}

test("a download replaces no file that is another, and the same one is not doubled", async () => {
	const { save, path, read } = files();
	expect(await save("a.txt", "one")).toBe(path("a.txt"));
	expect(await save("a.txt", "one")).toBe(path("a.txt"));
	writeFileSync(path("a.txt"), "one, edited");
	expect(await save("a.txt", "one")).toBe(path("a-2.txt"));
	expect(await save("a.txt", "one, edited and more")).toBe(path("a-3.txt"));
	expect([read("a.txt"), read("a-2.txt"), read("a-3.txt")]).toEqual([
		"one, edited",
		"one",
		"one, edited and more",
	]);
});

test("two of one name never share a path, even where they are the same", async () => {
	const { save, path } = files();
	const taken = new Set<string>();
	const paths = [
		await save("a.txt", "one", taken),
		await save("a.txt", "one", taken),
		await save("a.txt", "two", taken),
		await save("a/.txt", "one", taken),
		await save("a\\.txt", "one", taken),
	];
	expect(new Set(paths).size).toBe(5);
	// Called again, each finds its own.
	const again = new Set<string>();
	expect(await save("a.txt", "one", again)).toBe(path("a.txt"));
	expect(await save("a.txt", "one", again)).toBe(path("a-2.txt"));
	expect(await save("a.txt", "two", again)).toBe(path("a-3.txt"));
});

test("long names are numbered within what a name may be; a folder in the way stays", async () => {
	const { save, folder, path } = files();
	const long = `${"漢".repeat(200)}.txt`;
	mkdirSync(path(`${"漢".repeat(83)}.txt`), { recursive: true });
	const made = await save(long, "one");
	expect(made).toBe(path(`${"漢".repeat(83)}-2.txt`));
	expect(readdirSync(join(folder, "sub"))).toHaveLength(2);
});

test("the problems of a file whose name is as long as may be have a place", async () => {
	const { writeAside } = files();
	const path = await writeAside(
		`${"漢".repeat(83)}.csv.problems.csv`,
		["line"],
		[[1]],
	);
	expect(readFileSync(path, "utf8")).toContain("1");
});
