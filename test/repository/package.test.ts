import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import manifest from "../../manifest.json" with { type: "json" };
import pkg from "../../package.json" with { type: "json" };
import { makeManifest } from "../../src/manifest.js";
import { tools } from "../../src/tools/index.js";
import { DEFAULT_TOOLSETS } from "../../src/tools/tool.js";
import { filesUnder, ROOT } from "./sources.js";

const run = (command: string, ...args: string[]) =>
	execFileSync(command, args, {
		cwd: ROOT,
		encoding: "utf8",
		stdio: ["ignore", "pipe", "ignore"],
	});

test("manifest.json is what the code makes of it", () => {
	expect(manifest).toEqual(JSON.parse(JSON.stringify(makeManifest(pkg))));
});

test("the manifest lists exactly the tools that are on by default", () => {
	expect(manifest.tools.map(({ name }) => name)).toEqual(
		tools
			.filter(({ toolset }) => DEFAULT_TOOLSETS.includes(toolset))
			.map(({ name }) => name),
	);
});

test("every setting of the manifest is a variable that it passes on, and secrets are marked", () => {
	expect(Object.keys(manifest.user_config).sort()).toEqual(
		Object.values(manifest.server.mcp_config.env)
			.map((value) => /^\$\{user_config\.(\w+)\}$/.exec(value)?.[1] ?? value)
			.sort(),
	);
	for (const [name, setting] of Object.entries(manifest.user_config))
		expect("sensitive" in setting, name).toBe(
			/token|secret/.test(name) && !/base_url/.test(name),
		);
});

test("the package brings no dependency and starts what it ships", () => {
	expect(pkg).not.toHaveProperty("dependencies");
	expect(pkg).not.toHaveProperty("optionalDependencies");
	expect(Object.keys(pkg.peerDependencies)).toEqual(
		Object.keys(pkg.peerDependenciesMeta),
	);
	expect(pkg.bin).toEqual({ "tables-mcp": manifest.server.entry_point });
	expect(manifest.compatibility.runtimes.node).toBe(pkg.engines.node);
	expect(manifest.version).toBe(pkg.version);
});

test("a published package holds the program, its papers and nothing else", () => {
	const [{ files }] = JSON.parse(
		run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"),
	) as [{ files: { path: string }[] }];
	const paths = files.map(({ path }) => path);
	const others = paths.filter(
		(path) => !/^dist\/[\w-]+\.(mjs|cjs)$/.test(path),
	);
	expect(others.sort()).toEqual([
		"LICENSE",
		"README.md",
		"manifest.json",
		"package.json",
	]);
	expect(paths).toContain("dist/tables-mcp.cjs");
});

test("the top holds what everyone looks for there, and no more", () => {
	const top = new Set(
		run("git", "ls-files")
			.split("\n")
			.flatMap((path) => path.split("/")[0] || []),
	);
	expect([...top].filter((name) => !name.startsWith(".")).sort()).toEqual([
		"LICENSE",
		"README.md",
		"manifest.json",
		"package-lock.json",
		"package.json",
		"src",
		"test",
		"tsconfig.json",
	]);
});

const tests = filesUnder("test", /\.test\.ts$/);

test.each(tools.map(({ name }) => name))("the tool %s has a test", (name) => {
	expect(
		tests.filter(
			({ path, text }) =>
				path !== "test/repository/package.test.ts" &&
				new RegExp(`\\b${name}\\b`).test(text),
		),
	).not.toEqual([]);
});

/** Who may leave a test out, and what says so there. */
const LEAVES_OUT: Readonly<Record<string, RegExp>> = {
	"test/conformance/suite.ts": /not here: \$\{reason\}/,
	"test/live/vendors.test.ts": /console\.info\(reason\)/,
	"test/system/spreadsheets.test.ts": /isThere\(/,
	"test/system/sqlite.test.ts": /isThere\(/,
	"test/vendors/local/backup.test.ts": /console\.info\(reason\)/,
};

test("no test is left out without a word, alone, or yet to be written", () => {
	const suspect =
		/\.(?:skip|skipIf|runIf|only|todo)\s*\(|\b(?:test|it|describe)\.fails\b|\b(?:only|todo): true|\bx(?:it|test|describe)\(/;
	const found = filesUnder("test", /\.ts$/).filter(
		({ path, text }) =>
			path !== "test/repository/package.test.ts" && suspect.test(text),
	);
	expect(found.map(({ path }) => path).sort()).toEqual(
		Object.keys(LEAVES_OUT).sort(),
	);
	for (const { path, text } of found)
		expect(text, path).toMatch(LEAVES_OUT[path] as RegExp);
});

test("nothing waits for the clock on the wall", () => {
	const waits = /\bsetTimeout\(|node:timers/;
	expect(
		tests
			.filter(({ text }) => waits.test(text))
			.map(({ path }) => path)
			.filter((path) => path !== "test/repository/package.test.ts"),
	).toEqual([]);
});

test("nothing is promised for later", () => {
	const found = [
		...filesUnder("src", /\.ts$/),
		...filesUnder(".build", /./),
		...filesUnder(".ci", /./),
		...tests.filter(({ path }) => path !== "test/repository/package.test.ts"),
		{ path: "README.md", text: readFileSync(join(ROOT, "README.md"), "utf8") },
	].flatMap(({ path, text }) =>
		(text.match(/\b(?:TODO|FIXME|HACK)\b/g) ?? []).map(
			(words) => `${path}: ${words}`,
		),
	);
	expect(found).toEqual([]);
});

test("every variable is in the README, and every tool", () => {
	const readme = readFileSync(join(ROOT, "README.md"), "utf8");
	const missing = [
		...Object.keys(manifest.server.mcp_config.env),
		...tools.map(({ name }) => name),
	].filter((name) => !readme.includes(name));
	expect(missing).toEqual([]);
});
