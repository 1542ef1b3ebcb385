import {
	chmod,
	mkdtemp,
	readFile,
	rename,
	rm,
	writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
const { version } = JSON.parse(
	await readFile(join(root, "package.json"), "utf8"),
);
/** Built beside its place and moved into it whole: a server that starts meanwhile finds the old or the new. */
const dist = await mkdtemp(join(root, ".dist-"));

/**
 * Modules that a start would load and nothing uses: zod's messages in 50 languages (ours are sentences of our own)
 * and the SDK's default schema validator (the server passes its own).
 */
const LEFT_OUT = {
	name: "left-out",
	setup({ onLoad }) {
		onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
			contents: 'export { default as en } from "./en.js";',
			loader: "js",
		}));
		onLoad({ filter: /validation[\\/]ajv-provider\.js$/ }, () => ({
			contents: `export class AjvJsonSchemaValidator {
				constructor() { throw new Error("pass a jsonSchemaValidator"); }
			}`,
			loader: "js",
		}));
	},
};

const common = {
	absWorkingDir: root,
	bundle: true,
	platform: "node",
	target: "node20.19",
	format: "esm",
	minify: true,
	legalComments: "none",
	logLevel: "warning",
	external: ["libsql"],
	plugins: [LEFT_OUT],
	// CommonJS packages inside an ES module still ask for `require`.
	banner: {
		js: "import{createRequire as __require}from'node:module';const require=__require(import.meta.url);",
	},
};

/** The listing is made once here, so that a start converts no schema. */
async function listing() {
	const file = join(tmpdir(), `tables-mcp-listing-${process.pid}.mjs`);
	await build({
		...common,
		stdin: {
			contents:
				'import { makeListing } from "./src/tools/listing.ts"; import { tools } from "./src/tools/index.ts"; export default makeListing(tools);',
			resolveDir: root,
			loader: "ts",
		},
		outfile: file,
	});
	try {
		return (await import(pathToFileURL(file).href)).default;
	} finally {
		await rm(file, { force: true });
	}
}

await build({
	...common,
	entryPoints: { main: "src/cli.ts" },
	outdir: dist,
	outExtension: { ".js": ".mjs" },
	splitting: true,
	chunkNames: "chunk-[hash]",
	define: {
		BUILT_LISTING: JSON.stringify(await listing()),
		BUILT_VERSION: JSON.stringify(version),
	},
});
/** The thread of the SQL engine is a program of its own: what it shares with the server would be one more file to load at every start. */
await build({
	...common,
	entryPoints: { "sql-worker": "src/store/sql/worker.ts" },
	outdir: dist,
	outExtension: { ".js": ".mjs" },
	loader: { ".wasm": "binary" },
});
/**
 * Once it has started, the heap grows by halves and its nursery no more: a server that waits most of the time keeps no
 * more memory than it uses. Both are hints to V8 that take effect at once; `npm run bench` shows what they bring.
 */
await writeFile(
	join(dist, "tables-mcp.cjs"),
	`#!/usr/bin/env node
"use strict";
require("node:module").enableCompileCache?.();
import("./main.mjs").then(() => {
	const { setFlagsFromString } = require("node:v8");
	setFlagsFromString("--heap-growing-percent=50");
	setFlagsFromString("--semi-space-growth-factor=1");
});
`,
	{ mode: 0o755 },
);

await chmod(dist, 0o755);
const place = join(root, "dist");
await rm(`${dist}-old`, { recursive: true, force: true });
await rename(place, `${dist}-old`).catch(() => {});
await rename(dist, place);
await rm(`${dist}-old`, { recursive: true, force: true });
