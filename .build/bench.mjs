// Bundles the bench as dist is bundled, since a loader of TypeScript would be measured along, and runs it.
import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
// One folder below the root, like dist: its modules find the root and the packages by that.
const file = join(root, ".cache", "bench.mjs");
await build({
	absWorkingDir: root,
	entryPoints: ["test/bench/bench.ts"],
	bundle: true,
	platform: "node",
	target: "node20.19",
	format: "esm",
	minify: true,
	legalComments: "none",
	logLevel: "warning",
	external: ["libsql", "esbuild"],
	banner: {
		js: "import{createRequire as __require}from'node:module';const require=__require(import.meta.url);",
	},
	outfile: file,
});
const { status } = spawnSync(
	process.execPath,
	[file, ...process.argv.slice(2)],
	{ stdio: "inherit" },
);
await rm(file);
process.exit(status ?? 1);
