// Packs, unpacks elsewhere without node_modules beside it, and starts the server found there.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const run = (command, args, options = {}) => {
	const { status } = spawnSync(command, args, {
		cwd: root,
		stdio: "inherit",
		...options,
	});
	if (status !== 0) process.exit(status ?? 1);
};
run(process.execPath, [".build/pack.mjs"]);
const bundle = readdirSync(root).find((name) => name.endsWith(".mcpb"));
const folder = mkdtempSync(join(tmpdir(), "tables-mcp-bundle-"));
const cli = join(root, "node_modules/@anthropic-ai/mcpb/dist/cli/cli.js");
run(process.execPath, [cli, "unpack", join(root, bundle), folder]);
const started = spawnSync(
	process.execPath,
	[join(folder, "dist/tables-mcp.cjs"), "tools"],
	{
		cwd: folder,
		encoding: "utf8",
		env: { PATH: process.env.PATH, TABLES_MCP_DATA_DIR: join(folder, "data") },
	},
);
if (started.status !== 0 || !started.stdout.includes("query_records")) {
	console.error(started.stderr);
	process.exit(1);
}
const dependencies = JSON.parse(
	spawnSync("npm", ["pkg", "get", "dependencies"], {
		cwd: root,
		encoding: "utf8",
	}).stdout || "{}",
);
if (Object.keys(dependencies).length > 0) {
	console.error(
		`the package brings dependencies: ${Object.keys(dependencies).join(", ")}`,
	);
	process.exit(1);
}
rmSync(folder, { recursive: true, force: true });
rmSync(join(root, bundle));
console.log(
	"the bundle starts after unpacking, and the package brings no dependency",
);
