// Writes manifest.json from package.json, the variables and the tools; a test holds the file against them.
import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;
const file = join(tmpdir(), `tables-mcp-manifest-${process.pid}.mjs`);
await build({
	absWorkingDir: root,
	stdin: {
		contents: 'export { makeManifest } from "./src/manifest.ts";',
		resolveDir: root,
		loader: "ts",
	},
	bundle: true,
	platform: "node",
	format: "esm",
	external: ["libsql"],
	banner: {
		js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);",
	},
	outfile: file,
	logLevel: "warning",
});
const { makeManifest } = await import(pathToFileURL(file).href);
await rm(file);
const pkg = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
await writeFile(
	join(root, "manifest.json"),
	`${JSON.stringify(makeManifest(pkg), null, "\t")}\n`,
);
spawnSync("npx", ["biome", "format", "--write", "manifest.json"], {
	cwd: root,
	stdio: "inherit",
});
