import { VARIABLES } from "./config.js";
import { tools } from "./tools/index.js";
import { DEFAULT_TOOLSETS } from "./tools/tool.js";
import { vendors } from "./vendors/index.js";

/** Set by the machine, not by a person in a bundle's settings. */
const NOT_ASKED: ReadonlySet<string> = new Set(["HTTPS_PROXY", "NO_PROXY"]);
const FOLDERS: ReadonlySet<string> = new Set([
	"TABLES_MCP_DATA_DIR",
	"TABLES_MCP_FILES_DIR",
]);
const FILES: ReadonlySet<string> = new Set(["TABLES_MCP_CONFIG"]);

/** The MCPB manifest (version 0.3): one setting for each variable that a person sets, and the tools that are on by default. */
export function makeManifest(pkg: {
	readonly name: string;
	readonly version: string;
	readonly description: string;
	readonly license: string;
	readonly engines: { readonly node: string };
}) {
	const variables = [
		...vendors.flatMap((vendor) => vendor.variables),
		...VARIABLES,
	].filter(({ name }) => !NOT_ASKED.has(name));
	return {
		manifest_version: "0.3",
		name: pkg.name,
		display_name: "Tables",
		version: pkg.version,
		description: pkg.description,
		author: { name: "The tables-mcp authors" },
		license: pkg.license,
		keywords: [
			"tables",
			"database",
			"spreadsheet",
			...vendors.flatMap((vendor) => vendor.keywords),
		],
		server: {
			type: "node",
			entry_point: "dist/tables-mcp.cjs",
			mcp_config: {
				command: "node",
				// biome-ignore lint/suspicious/noTemplateCurlyInString: the bundle host fills these in
				args: ["${__dirname}/dist/tables-mcp.cjs"],
				env: Object.fromEntries(
					variables.map(({ name }) => [
						name,
						`\${user_config.${name.toLowerCase()}}`,
					]),
				),
			},
		},
		compatibility: {
			platforms: ["darwin", "win32", "linux"],
			runtimes: { node: pkg.engines.node },
		},
		user_config: Object.fromEntries(
			variables.map(({ name, title, description, secret }) => [
				name.toLowerCase(),
				{
					type: FOLDERS.has(name)
						? "directory"
						: FILES.has(name)
							? "file"
							: "string",
					title,
					description,
					required: false,
					...(secret ? { sensitive: true } : {}),
				},
			]),
		),
		tools: tools
			.filter((tool) => DEFAULT_TOOLSETS.includes(tool.toolset))
			.map(({ name, description }) => ({ name, description })),
		tools_generated: true,
	};
}
