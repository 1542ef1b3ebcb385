// Packs dist, manifest, README and LICENSE into a bundle: tables-mcp-<version>.mcpb.
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const { version } = JSON.parse(
	await readFile(join(root, "package.json"), "utf8"),
);
const folder = await mkdtemp(join(tmpdir(), "tables-mcp-pack-"));
for (const part of ["dist", "manifest.json", "README.md", "LICENSE"])
	await cp(join(root, part), join(folder, part), { recursive: true });
const out = join(root, `tables-mcp-${version}.mcpb`);
await rm(out, { force: true });
const { status } = spawnSync(
	process.execPath,
	[
		join(root, "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"),
		"pack",
		folder,
		out,
	],
	{ stdio: "inherit" },
);
await rm(folder, { recursive: true, force: true });
process.exit(status ?? 1);
