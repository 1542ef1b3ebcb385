import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	realpathSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Running } from "../../src/core/contract/running.js";
import { failingAt } from "../../src/store/disk.js";
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
			() => files.writeAside(wanted, ["a"], []),
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
	await expect(
		files.target("door/deep/new.csv", running()),
	).rejects.toMatchObject({
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
	expect(existsSync(join(outside, "not-yet.csv"))).toBe(false);
	symlinkSync(join(folder, "round.csv"), join(folder, "round.csv"));
	await expect(files.target("round.csv", running())).rejects.toMatchObject({
		code: "not_allowed",
	});
});

test("two writers of one name that may be overwritten do not mix, and what the first to finish wrote is not lost", async () => {
	const { files, folder, running } = fenced();
	const path = join(folder, "out.csv");
	writeFileSync(path, "before");
	const [one, two] = await Promise.all(
		["one", "two"].map(async (name) =>
			files.writeRows(await files.target(path, running()), "csv", [name]),
		),
	);
	await two?.write(["2"]);
	await one?.write(["1"]);
	await one?.finish();
	await expect(two?.finish()).rejects.toMatchObject({ code: "conflict" });
	await two?.abandon();
	expect(readFileSync(path, "utf8")).toBe("\ufeffone\r\n1\r\n");
});

test.each(["csv", "ndjson", "xlsx"] as const)(
	"a %s file whose loss was agreed to is overwritten only as it was then",
	async (format) => {
		const { files, folder, asked, running } = fenced();
		const begin = async () => {
			writeFileSync(join(folder, `old.${format}`), "before");
			const target = await files.target(`old.${format}`, running());
			const writer = await files.writeRows(target, format, ["a"]);
			await writer.write(["b"]);
			return { path: target.path, writer };
		};
		const changed = await begin();
		expect(asked).toHaveLength(1);
		writeFileSync(changed.path, "somebody else's");
		await expect(changed.writer.finish()).rejects.toMatchObject({
			code: "conflict",
			message: expect.stringContaining("was left as it is"),
		});
		await changed.writer.abandon();
		expect(readFileSync(changed.path, "utf8")).toBe("somebody else's");
		const same = await begin();
		await same.writer.finish();
		expect(readFileSync(same.path, "utf8")).not.toBe("before");
		const gone = await begin();
		rmSync(gone.path);
		await gone.writer.finish();
		expect(existsSync(gone.path)).toBe(true);
		expect(
			readdirSync(folder).filter((name) => name.endsWith(".part")),
		).toEqual([]);
	},
);

test("of calls at once that write one new name one is not asked, and the others are asked about overwriting it", async () => {
	const { files, asked, running } = fenced();
	const targets = await Promise.all(
		[1, 2, 3].map(() => files.target("out.csv", running())),
	);
	expect(targets.map(({ isNew }) => isNew).sort()).toEqual([
		false,
		false,
		true,
	]);
	expect(asked).toHaveLength(2);
	const [first] = targets.filter(({ isNew }) => isNew);
	const writer = await files.writeRows(first as never, "csv", ["a"]);
	await writer.finish();
	await files.target("out.csv", running());
	expect(asked).toHaveLength(3);
	// A name that was given up is new again.
	const given = await files.target("other.csv", running());
	await (await files.writeRows(given, "csv", ["a"])).abandon();
	expect(await files.target("other.csv", running())).toMatchObject({
		isNew: true,
	});
	expect(asked).toHaveLength(3);
});

test.each(["csv", "ndjson", "xlsx"] as const)(
	"a new %s file does not take the place of one that another process made meanwhile",
	async (format) => {
		const { files, folder, running } = fenced();
		const target = await files.target(`new.${format}`, running());
		const writer = await files.writeRows(target, format, ["a"]);
		await writer.write(["b"]);
		writeFileSync(target.path, "somebody else's");
		await expect(writer.finish()).rejects.toMatchObject({
			code: "conflict",
			message: expect.stringContaining("was left as it is"),
		});
		await writer.abandon();
		expect(readFileSync(target.path, "utf8")).toBe("somebody else's");
		expect(
			readdirSync(folder).filter((name) => name.endsWith(".part")),
		).toEqual([]);
	},
);

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
	expect(await files.target("new/deep/out.csv", running())).toEqual({
		path: join(folder, "new", "deep", "out.csv"),
		isNew: true,
	});
	expect(asked).toEqual([]);
	await files.target("in.csv", running(), { confirm: "in.csv" });
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
		const target = { path, isNew: true };
		const writer = await files.writeRows(target, format, ["a", "b"]);
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
	await expect(
		files.saveAside(
			{ folder: "", name: "photo.png", taken: new Set() },
			async () => broken(),
		),
	).rejects.toThrow("connection lost");
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

test("a format is recognised by the ending, or refused", async () => {
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

describe("a file that nobody asked for by its name", () => {
	const COLUMNS = ["line", "message"];
	const rows = (count: number) =>
		Array.from({ length: count }, (_, index) => [index + 2, "is wrong"]);
	const NAME = "in.csv.problems.csv";

	test("is written whole, for its owner alone, in the folder of the file", async () => {
		const { files, folder } = fenced();
		const path = await files.writeAside(`sub/${NAME}`, COLUMNS, rows(2));
		expect(path).toBe(join(folder, "sub", NAME));
		expect(readFileSync(path, "utf8")).toBe(
			"\ufeffline,message\r\n2,is wrong\r\n3,is wrong\r\n",
		);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(readdirSync(join(folder, "sub"))).toEqual([NAME]);
	});

	test("takes the first name after it where one holds anything else, and leaves that alone", async () => {
		const { files, folder } = fenced();
		writeFileSync(join(folder, NAME), "what a person wrote");
		mkdirSync(join(folder, "in.csv.problems-2.csv"));
		symlinkSync(
			join(folder, "..", "elsewhere.csv"),
			join(folder, "in.csv.problems-3.csv"),
		);
		symlinkSync(
			join(folder, "..", "secret.csv"),
			join(folder, "in.csv.problems-4.csv"),
		);
		const path = await files.writeAside(NAME, COLUMNS, rows(1));
		expect(path).toBe(join(folder, "in.csv.problems-5.csv"));
		expect(readFileSync(join(folder, NAME), "utf8")).toBe(
			"what a person wrote",
		);
		expect(existsSync(join(folder, "..", "elsewhere.csv"))).toBe(false);
		expect(readFileSync(join(folder, "..", "secret.csv"), "utf8")).toBe(
			"a\n1\n",
		);
	});

	test("takes the place of one that it begins with, so that nothing is lost", async () => {
		const { files, folder } = fenced();
		const many = 20_000;
		for (const count of [many, many, many + 1]) {
			const path = await files.writeAside(NAME, COLUMNS, rows(count));
			expect(path).toBe(join(folder, NAME));
		}
		// One that is shorter, and one with a word of a person's at its end or within.
		const fewer = await files.writeAside(NAME, COLUMNS, rows(3));
		expect(fewer).toBe(join(folder, "in.csv.problems-2.csv"));
		for (const edit of [
			(text: string) => `${text}done`,
			(text: string) => text.replace("2,is wrong", "2,is right"),
			(text: string) => `${text.slice(0, -"is wrong\r\n".length)}is right\r\n`,
		]) {
			rmSync(folder, { recursive: true });
			const first = await files.writeAside(NAME, COLUMNS, rows(many));
			const edited = edit(readFileSync(first, "utf8"));
			writeFileSync(first, edited);
			const second = await files.writeAside(NAME, COLUMNS, rows(many + 1));
			expect(second).toBe(join(folder, "in.csv.problems-2.csv"));
			expect(readFileSync(first, "utf8")).toBe(edited);
		}
		writeFileSync(join(folder, "empty.csv"), "");
		expect(await files.writeAside("empty.csv", COLUMNS, rows(1))).toBe(
			join(folder, "empty-2.csv"),
		);
	});

	test("that fails leaves nothing behind", async () => {
		const { files, folder } = fenced();
		const broken = function* () {
			yield [1, "x"];
			throw new Error("no more rows");
		};
		await expect(files.writeAside(NAME, COLUMNS, broken())).rejects.toThrow(
			"no more rows",
		);
		// A file's name is cut, a folder's is not.
		const long = `${"x".repeat(256)}/problems.csv`;
		await expect(files.writeAside(long, COLUMNS, rows(1))).rejects.toThrow(
			"ENAMETOOLONG",
		);
		expect(readdirSync(folder).sort()).toEqual(["in.csv", "sub"]);
	});

	test("two at once do not share a path", async () => {
		const { files } = fenced();
		const paths = await Promise.all(
			[1, 2, 3].map((number) =>
				files.writeAside(NAME, COLUMNS, [[number, `of ${number}`]]),
			),
		);
		expect(new Set(paths).size).toBe(3);
		expect(
			paths.map((path) => /of (\d)/.exec(readFileSync(path, "utf8"))?.[1]),
		).toEqual(["1", "2", "3"]);
	});
});

test("a file with a name as long as names may be is written", async () => {
	const { files, folder } = fenced();
	for (const format of ["csv", "ndjson", "xlsx"] as const) {
		const name = `${"x".repeat(255 - format.length - 1)}.${format}`;
		const writer = await files.writeRows(
			{ path: join(folder, name), isNew: true },
			format,
			["a"],
		);
		await writer.write(["b"]);
		expect(await writer.finish()).toBe(statSync(join(folder, name)).size);
	}
	const bytes = async function* () {
		yield Buffer.from("photo");
	};
	const name = "y".repeat(255);
	expect(
		await files.saveAside({ folder: "", name, taken: new Set() }, async () =>
			bytes(),
		),
	).toEqual({ path: join(folder, name), size: 5 });
});

test("an old copy that cannot be removed is not a reason to refuse a new one", async () => {
	const { files, folder, outside } = fenced();
	await files.keep(join(folder, "in.csv"), "change-1");
	mkdirSync(join(outside, "kept", "a-folder.csv"));
	const kept = await files.keep(
		join(folder, "in.csv"),
		"change-2",
		Number.POSITIVE_INFINITY,
	);
	expect(readdirSync(join(outside, "kept")).sort()).toEqual([
		"a-folder.csv",
		"change-2.csv",
	]);
	expect(readFileSync(kept.file, "utf8")).toBe("a\n1\n");
});

test("what goes through an open file fails with the file's path", async () => {
	const full = Object.assign(new Error("ENOSPC: no space left, write"), {
		syscall: "write",
	});
	await expect(
		failingAt("/data/x.jsonl", Promise.reject(full)),
	).rejects.toMatchObject({ path: "/data/x.jsonl", syscall: "write" });
	const named = Object.assign(new Error("ENOENT"), { path: "/other" });
	await expect(
		failingAt("/data/x.jsonl", Promise.reject(named)),
	).rejects.toMatchObject({ path: "/other" });
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
