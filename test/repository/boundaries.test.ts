import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import pkg from "../../package.json" with { type: "json" };
import { vendors } from "../../src/vendors/index.js";
import { filesUnder, type Module, ROOT, readModule } from "./sources.js";

const modules = filesUnder("src", /\.ts$/).map(readModule);
const named = modules.map((module): [string, Module] => [module.path, module]);

/** Parts of the program, most special first; each with the parts that it may know. */
const PARTS: readonly {
	readonly name: string;
	readonly files: RegExp;
	readonly knows: readonly string[];
	/** Built-in modules of Node that it may use: what is pure has none. */
	readonly builtins: readonly string[];
	/** Packages that it may use. Absent: none. */
	readonly packages?: readonly string[];
}[] = [
	{
		name: "cli",
		files: /^src\/cli(-arguments)?\.ts$/,
		knows: ["config", "core", "http", "server", "session", "tools", "vendors"],
		builtins: ["node:crypto", "node:fs", "node:os", "node:path"],
	},
	{
		name: "server",
		files: /^src\/server\//,
		knows: ["core", "tools"],
		builtins: ["node:buffer", "node:crypto", "node:http"],
		packages: ["@modelcontextprotocol/sdk", "zod"],
	},
	{
		name: "session",
		files: /^src\/session\.ts$/,
		knows: ["config", "core", "store"],
		builtins: [],
		packages: ["undici"],
	},
	{
		name: "config",
		files: /^src\/config(-file|-paths)?\.ts$/,
		knows: ["core", "tools", "vendors"],
		builtins: [],
		packages: ["zod"],
	},
	{
		name: "manifest",
		files: /^src\/manifest\.ts$/,
		knows: ["config", "tools", "vendors"],
		builtins: [],
	},
	{
		name: "tools",
		files: /^src\/tools\//,
		knows: ["core"],
		builtins: [],
		packages: ["zod"],
	},
	{
		name: "core",
		files: /^src\/core\//,
		knows: [],
		builtins: ["node:crypto"],
		packages: [
			"lru-cache",
			"p-limit",
			"fastest-levenshtein",
			"@date-fns/tz",
			"date-fns",
		],
	},
	{
		name: "vendors",
		files: /^src\/vendors\//,
		knows: ["core", "http"],
		builtins: ["node:crypto", "node:fs", "node:path"],
		packages: ["zod", "lru-cache", "libsql", "undici"],
	},
	{
		name: "http",
		files: /^src\/http\//,
		knows: ["core"],
		builtins: [
			"node:crypto",
			"node:dns",
			"node:events",
			"node:fs",
			"node:net",
			"node:path",
			"node:stream",
		],
		packages: ["undici"],
	},
	{
		name: "store",
		files: /^src\/store\//,
		knows: ["core"],
		builtins: [
			"node:crypto",
			"node:fs",
			"node:path",
			"node:stream",
			"node:util",
			"node:worker_threads",
			"node:zlib",
		],
		packages: ["mrmime", "hucre", "lru-cache", "@sqlite.org/sqlite-wasm"],
	},
];

const partOf = (path: string) => PARTS.find(({ files }) => files.test(path));

test("every file belongs to a part, and every part has a file", () => {
	expect(modules.filter(({ path }) => partOf(path) === undefined)).toEqual([]);
	for (const { name, files } of PARTS)
		expect(
			modules.some(({ path }) => files.test(path)),
			name,
		).toBe(true);
});

test.each(named)(
	"%s imports only what its part may know",
	(path, { imports }) => {
		const part = partOf(path);
		for (const { own, to } of imports) {
			if (!own) {
				if (to.startsWith("node:")) expect(part?.builtins).toContain(to);
				continue;
			}
			expect(existsSync(join(ROOT, to)), to).toBe(true);
			const other = partOf(to)?.name as string;
			if (other !== part?.name) expect(part?.knows, to).toContain(other);
		}
	},
);

/** The core's wings: each may know those before it, and of its own row only itself. */
const WINGS: readonly (readonly string[])[] = [
	["contract"],
	["values"],
	["filter", "places"],
	["read"],
	["delivery"],
	["write"],
	["import"],
	["sql"],
];

test("the core's wings know each other in one direction only", () => {
	const wingOf = (path: string) => /^src\/core\/([^/]+)\//.exec(path)?.[1];
	const floorOf = (wing: string | undefined) =>
		WINGS.findIndex((floor) => wing !== undefined && floor.includes(wing));
	const core = modules.filter(({ path }) => path.startsWith("src/core/"));
	expect(new Set(core.map(({ path }) => wingOf(path)))).toEqual(
		new Set(WINGS.flat()),
	);
	const wrong = core.flatMap(({ path, imports }) =>
		imports
			.filter(({ own, to }) => {
				const [from, other] = [wingOf(path), wingOf(to)];
				return own && from !== other && floorOf(other) >= floorOf(from);
			})
			.map(({ to }) => `${path} -> ${to}`),
	);
	expect(wrong).toEqual([]);
});

test("the HTTP layer knows of the core only its errors, and how long JSON is read", () => {
	expect(
		new Set(
			modules
				.filter(({ path }) => path.startsWith("src/http/"))
				.flatMap(({ imports }) => imports.map(({ to }) => to))
				.filter((to) => to.startsWith("src/core/")),
		),
	).toEqual(
		new Set(["src/core/contract/errors.ts", "src/core/values/parse-json.ts"]),
	);
});

test("a vendor knows no other vendor, and only the list of vendors knows them all", () => {
	for (const { path, imports } of modules) {
		const own = /^src\/vendors\/([^/]+)\//.exec(path)?.[1];
		for (const { to } of imports) {
			const other = /^src\/vendors\/([^/]+)\//.exec(to)?.[1];
			if (other !== undefined && other !== own && other !== "kit")
				expect(path).toBe("src/vendors/index.ts");
		}
	}
});

test("only the file of a protocol era knows the MCP SDK", () => {
	expect(
		modules
			.filter(({ imports }) =>
				imports.some(({ to }) => to.startsWith("@modelcontextprotocol/")),
			)
			.map(({ path }) => path),
	).toEqual(["src/server/era-2025.ts"]);
});

test("only cli.ts touches the process, and nothing prints past it", () => {
	const using = (name: string) =>
		modules.filter(({ globals }) => globals.has(name)).map(({ path }) => path);
	expect(using("process")).toEqual(["src/cli.ts"]);
	expect(using("console")).toEqual([]);
	expect(using("globalThis")).toEqual([]);
	for (const builtin of ["node:process", "node:child_process", "process"])
		expect(
			modules.filter(({ imports }) => imports.some(({ to }) => to === builtin)),
		).toEqual([]);
});

/** What hides an input: time, chance, the network, code from a text. Who may use which; they are passed in elsewhere. */
const AMBIENT: Readonly<Record<string, readonly string[]>> = {
	// Of files that processes share: the times of a file are of the clock of the machine.
	"Date.now": ["src/cli.ts", "src/http/buckets.ts", "src/store/lock.ts"],
	"Math.random": ["src/cli.ts"],
	"new Date()": ["src/store/lock.ts"],
	// Where the program was unpacked: the thread of the SQL engine is a file beside it.
	"import.meta": ["src/cli.ts"],
	// A module of Node that older ones lack: a bundler must not look for it.
	"import(name)": ["src/vendors/local/sqlite.ts"],
	performance: ["src/core/values/in-turns.ts", "src/store/lock.ts"],
	setImmediate: [
		"src/cli.ts",
		"src/core/values/in-turns.ts",
		"src/http/send.ts",
	],
	setInterval: ["src/server/running-call.ts", "src/store/lock.ts"],
	setTimeout: ["src/cli.ts", "src/vendors/local/sqlite.ts"],
	queueMicrotask: [],
	fetch: [],
	WebSocket: [],
	XMLHttpRequest: [],
	EventSource: [],
	navigator: [],
	crypto: [],
	global: [],
	require: [],
	eval: [],
	Function: [],
	__dirname: [],
	__filename: [],
};

test.each(Object.entries(AMBIENT))(
	"%s is used by whom it is given to alone",
	(name, allowed) => {
		expect(
			modules
				.filter(({ globals, impure }) => globals.has(name) || impure.has(name))
				.map(({ path }) => path),
		).toEqual(allowed);
	},
);

test.each(named)("%s uses only packages of its part", (path, { imports }) => {
	const allowed = partOf(path)?.packages ?? [];
	for (const { own, to } of imports)
		if (!own && !to.startsWith("node:")) expect(allowed).toContain(to);
});

test("a package that a part may use is used by it", () => {
	const idle = PARTS.flatMap(({ name, files, packages = [] }) =>
		packages
			.filter(
				(one) =>
					!modules.some(
						({ path, imports }) =>
							files.test(path) && imports.some(({ to }) => to === one),
					),
			)
			.map((one) => `${name}: ${one}`),
	);
	expect(idle).toEqual([]);
});

test("all of the program is in files that these rules read", () => {
	expect(
		filesUnder("src", /\.[cm]?[jt]sx?$/)
			.map(({ path }) => path)
			.filter((path) => !path.endsWith(".ts")),
	).toEqual([]);
	expect(
		filesUnder("test", /\.test\.[^.]+$/)
			.map(({ path }) => path)
			.filter((path) => !path.endsWith(".test.ts")),
	).toEqual([]);
});

/** What is started: the command, and the thread of the SQL engine. */
const PROGRAMS = ["src/cli.ts", "src/store/sql/worker.ts"];

test.each(named)(
	"%s does nothing on import and keeps no variable",
	(path, { effects }) => {
		expect(effects).toEqual(
			PROGRAMS.includes(path) ? [expect.stringMatching(/^main\(/)] : [],
		);
	},
);

test("there is no circle of files", () => {
	const graph = new Map(
		modules.map(({ path, text }): [string, readonly string[]] => {
			// Types are gone when the program runs: only what is loaded can go in a circle.
			const values = text.replace(/^import type [^;]*;/gm, "");
			return [
				path,
				readModule({ path, text: values }).imports.flatMap(
					({ own, lazy, to }) => (own && !lazy ? [to] : []),
				),
			];
		}),
	);
	const done = new Set<string>();
	const circles: string[] = [];
	const walk = (path: string, way: readonly string[]) => {
		if (way.includes(path)) {
			circles.push([...way.slice(way.indexOf(path)), path].join(" -> "));
			return;
		}
		if (done.has(path)) return;
		for (const next of graph.get(path) ?? []) walk(next, [...way, path]);
		done.add(path);
	};
	for (const path of graph.keys()) walk(path, []);
	expect(circles).toEqual([]);
});

describe("names of vendors", () => {
	/** Ids of the vendors, and the products that their variables name; `local` is a word of its own. */
	const NAMES = [
		...new Set(
			vendors.flatMap(({ id, variables }) => [
				id,
				...variables.map(({ name }) => name.split("_")[0]?.toLowerCase() ?? ""),
			]),
		),
	].filter((name) => name !== "local" && name !== "tables");
	const VENDORS = new RegExp(`\\b\\w*(${NAMES.join("|")})\\w*\\b`, "gi");

	test("are derived from the list of vendors", () => {
		expect(NAMES.length).toBeGreaterThan(vendors.length);
	});

	test("stand in the vendors' folders alone", () => {
		const elsewhere = Object.fromEntries(
			modules
				.filter(({ path }) => !path.startsWith("src/vendors/"))
				.flatMap(({ path, text }) => {
					const names = text.match(VENDORS) ?? [];
					return names.length === 0 ? [] : [[path, names]];
				}),
		);
		expect(elsewhere).toEqual({});
	});
});

test("every package that is imported is a dependency, and every dependency is used", () => {
	const scripts = [
		...filesUnder(".build", /\.mjs$/),
		...filesUnder(".ci", /./),
		...filesUnder("test", /\.ts$/),
	];
	const own = new Set([
		...Object.keys(pkg.devDependencies),
		...Object.keys(pkg.peerDependencies),
	]);
	const used = new Set(
		[
			...modules,
			...scripts.filter(({ path }) => /\.(ts|mjs)$/.test(path)).map(readModule),
		]
			.flatMap(({ imports }) => imports)
			.flatMap(({ own: mine, to }) =>
				mine || to.startsWith("node:") ? [] : [to],
			),
	);
	for (const name of used) expect([...own], name).toContain(name);
	const texts = [
		JSON.stringify(pkg.scripts),
		...scripts.map(({ text }) => text),
	];
	const idle = [...own].filter(
		(name) =>
			!used.has(name) &&
			!(name in TOOLING) &&
			!texts.some((text) => text.includes(name)),
	);
	expect(idle).toEqual([]);
});

/** Dependencies that are named nowhere, and what they are for. */
const TOOLING: Readonly<Record<string, string>> = {
	"@biomejs/biome": "the command `biome`",
	"@types/node": "types of Node",
	knip: "the command `knip`",
	typescript: "the command `tsc`",
	vite: "fixes the version under vitest",
};

test("a person is asked where what was asked about is looked at again, and nowhere else", () => {
	const asking = filesUnder("src", /\.ts$/).flatMap(({ path, text }) =>
		/\brunning\.confirm\(/u.test(text) ? [path] : [],
	);
	expect(asking).toEqual([
		"src/core/write/standing.ts",
		// Before every call, where the configuration says so: nothing is known yet but its arguments.
		"src/server/calls.ts",
	]);
});
