import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	realpathSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Running } from "../../src/core/contract/running.js";
import { folderFiles } from "../../src/store/files/index.js";
import { temporaryFolder } from "../folder.js";

function fenced() {
	const outside = realpathSync(temporaryFolder());
	const folder = join(outside, "files");
	mkdirSync(join(folder, "sub"), { recursive: true });
	writeFileSync(join(outside, "secret.csv"), "a\n1\n");
	writeFileSync(join(folder, "in.csv"), "a\n1\n");
	const asked: string[] = [];
	const running = (agreed = true): Running => ({
		call: { priority: "interactive" },
		deadlineMs: () => 0,
		progress: () => {},
		async confirm({ action, expected, given }) {
			asked.push(`${action} | ${expected} | ${given}`);
			if (!agreed) throw new Error("no");
			return { answer: "confirm" };
		},
	});
	return {
		outside,
		folder,
		asked,
		running,
		files: folderFiles(folder, join(outside, "kept")),
	};
}

const OUTSIDE: readonly [string, (outside: string) => string][] = [
	["two dots", () => "../secret.csv"],
	["two dots further in", () => "sub/../../secret.csv"],
	["an absolute path", (outside) => join(outside, "secret.csv")],
	["a path of the system", () => "/etc/passwd"],
	["the folder's name with more", (outside) => `${outside}/files-2/x.csv`],
	["the folder above", () => ".."],
	["the folder itself", () => "."],
];

test.each(OUTSIDE)(
	"%s is outside, for reading and for writing",
	async (_, path) => {
		const { files, outside, running, asked } = fenced();
		const wanted = path(outside);
		for (const attempt of [
			() => files.existing(wanted),
			() => files.target(wanted, running()),
			() => files.ownFile(wanted),
		])
			await expect(attempt()).rejects.toMatchObject({
				code: "not_allowed",
				message: expect.stringContaining("outside of the files folder"),
				next: expect.stringContaining("TABLES_MCP_FILES_DIR"),
			});
		expect(asked).toEqual([]);
	},
);

test.each(["", "  ", "a\0.csv"])("the name %j is refused", async (path) => {
	await expect(fenced().files.existing(path)).rejects.toMatchObject({
		code: "bad_argument",
	});
});

test("links that lead out are followed and refused, links inside are fine", async () => {
	const { files, outside, folder, running } = fenced();
	symlinkSync(join(outside, "secret.csv"), join(folder, "link.csv"));
	symlinkSync(outside, join(folder, "door"));
	symlinkSync(join(folder, "in.csv"), join(folder, "alias.csv"));
	for (const path of ["link.csv", "door/secret.csv"])
		await expect(files.existing(path)).rejects.toMatchObject({
			code: "not_allowed",
		});
	await expect(files.target("door/new.csv", running())).rejects.toMatchObject({
		code: "not_allowed",
	});
	await expect(files.ownFile("door/deep/new.csv")).rejects.toMatchObject({
		code: "not_allowed",
	});
	expect(await files.existing("alias.csv")).toBe(join(folder, "in.csv"));
});

test("a link to nothing outside cannot be used to make a file there", async () => {
	const { files, outside, folder, running } = fenced();
	symlinkSync(join(outside, "not-yet.csv"), join(folder, "dangling.csv"));
	await expect(files.target("dangling.csv", running())).rejects.toMatchObject({
		code: "not_allowed",
	});
	await expect(files.ownFile("dangling.csv")).rejects.toMatchObject({
		code: "not_allowed",
	});
	expect(existsSync(join(outside, "not-yet.csv"))).toBe(false);
	symlinkSync(join(folder, "round.csv"), join(folder, "round.csv"));
	await expect(files.ownFile("round.csv")).rejects.toMatchObject({
		code: "not_allowed",
	});
});

test("two writers of one name do not mix, and the last to finish wins", async () => {
	const { files, folder } = fenced();
	const path = join(folder, "out.csv");
	const [one, two] = await Promise.all([
		files.writeRows(path, "csv", ["one"]),
		files.writeRows(path, "csv", ["two"]),
	]);
	await two.write(["2"]);
	await one.write(["1"]);
	await one.finish();
	await two.finish();
	expect(readFileSync(path, "utf8")).toBe("\ufefftwo\r\n2\r\n");
});

test("absolute paths and names inside are the same file", async () => {
	const { files, folder } = fenced();
	expect(await files.existing(join(folder, "in.csv"))).toBe(
		await files.existing("sub/../in.csv"),
	);
});

test("a file that is missing is answered with those that are there", async () => {
	const { files } = fenced();
	await expect(files.existing("out.csv")).rejects.toMatchObject({
		code: "not_found",
		next: expect.stringContaining("in.csv"),
	});
	await expect(files.existing("sub")).rejects.toMatchObject({
		code: "not_found",
	});
});

test("overwriting asks by the file's name; a new file and its folder do not", async () => {
	const { files, folder, asked, running } = fenced();
	expect(await files.target("new/deep/out.csv", running())).toBe(
		join(folder, "new", "deep", "out.csv"),
	);
	expect(asked).toEqual([]);
	await files.target("in.csv", running(), "in.csv");
	expect(asked).toEqual(['overwrite the file "in.csv" | in.csv | in.csv']);
	await expect(files.target("in.csv", running(false))).rejects.toThrow("no");
	expect(readFileSync(join(folder, "in.csv"), "utf8")).toBe("a\n1\n");
	await expect(files.target("sub", running())).rejects.toMatchObject({
		message: expect.stringContaining("is a folder"),
	});
});

test("a file appears under its name only when it is whole", async () => {
	const { files, folder } = fenced();
	for (const format of ["csv", "ndjson", "xlsx"] as const) {
		const path = join(folder, `out.${format}`);
		const writer = await files.writeRows(path, format, ["a", "b"]);
		await writer.write(["x", 1]);
		expect(existsSync(path)).toBe(false);
		await writer.finish();
		expect(statSync(path).mode & 0o777).toBe(0o600);
	}
	expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual(
		[],
	);
	expect(readFileSync(join(folder, "out.csv"), "utf8")).toBe(
		"\ufeffa,b\r\nx,1\r\n",
	);
	expect(readFileSync(join(folder, "out.ndjson"), "utf8")).toBe(
		'{"a":"x","b":1}\n',
	);
});

test("a download that breaks off leaves neither file nor part", async () => {
	const { files, folder } = fenced();
	const broken = async function* () {
		yield Buffer.from("half");
		throw new Error("connection lost");
	};
	await expect(files.save(join(folder, "photo.png"), broken())).rejects.toThrow(
		"connection lost",
	);
	expect(readdirSync(folder).sort()).toEqual(["in.csv", "sub"]);
});

test("an import's copy stays as it was and its hash tells", async () => {
	const { files, folder } = fenced();
	const first = await files.keep(join(folder, "in.csv"), "change-1");
	writeFileSync(join(folder, "in.csv"), "a\n2\n");
	const second = await files.keep(join(folder, "in.csv"), "change-2");
	expect(readFileSync(first.file, "utf8")).toBe("a\n1\n");
	expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
	expect(second.hash).not.toBe(first.hash);
	await files.drop(first.file);
	expect(existsSync(first.file)).toBe(false);
});

test("a format is told by the ending, or refused", async () => {
	const { files, folder } = fenced();
	writeFileSync(join(folder, "in.tsv"), "a\tb\n1\t2\n");
	writeFileSync(join(folder, "in.jsonl"), '{"a":1}\n');
	writeFileSync(join(folder, "in.docx"), "x");
	expect((await files.openRows(join(folder, "in.tsv"), {})).columns).toEqual([
		"a",
		"b",
	]);
	expect((await files.openRows(join(folder, "in.jsonl"), {})).format).toBe(
		"ndjson",
	);
	await expect(
		files.openRows(join(folder, "in.docx"), {}),
	).rejects.toMatchObject({ next: expect.stringContaining(".ndjson") });
});

test("a part of a file is read as bytes, not beyond its end", async () => {
	const { files, folder } = fenced();
	writeFileSync(join(folder, "photo.png"), "0123456789");
	const source = await files.source(join(folder, "photo.png"));
	expect(source).toMatchObject({
		name: "photo.png",
		size: 10,
		type: "image/png",
	});
	expect(Buffer.from(await source.read(2, 5)).toString()).toBe("234");
	expect(Buffer.from(await source.read(8, 50)).toString()).toBe("89");
});
