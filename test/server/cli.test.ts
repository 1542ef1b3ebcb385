import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import pkg from "../../package.json" with { type: "json" };
import { readCommand, UsageError } from "../../src/cli-arguments.js";
import { temporaryFolder } from "../folder.js";
import { BUILT } from "../stdio.js";

function run(
	args: readonly string[],
	environment: Record<string, string> = {},
	input = "",
) {
	const folder = environment.TABLES_MCP_DATA_DIR ?? temporaryFolder();
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[BUILT, ...args],
		{
			encoding: "utf8",
			input,
			env: {
				PATH: process.env.PATH,
				TABLES_MCP_DATA_DIR: folder,
				...environment,
			},
		},
	);
	return { status, stdout, stderr, folder };
}

test("help and version are reported without touching anything", () => {
	const help = run(["--help"]);
	expect(help).toMatchObject({ status: 0, stderr: "" });
	for (const command of ["serve --http", "call", "tools", "doctor", "backup"])
		expect(help.stdout).toContain(`tables-mcp ${command}`);
	expect(run(["--version"]).stdout).toBe(`${pkg.version}\n`);
	expect(readdirSync(help.folder)).toEqual([]);
});

test.each([
	[["sevre"], /no command "sevre"\nNearest: serve\. Try tables-mcp --help/],
	[["srve"], /no command "srve"\nNearest: serve\./],
	[["--hlep"], /no option "--hlep"\nNearest: --help\./],
	[["constructor"], /no command "constructor"/],
	[["serve", "--hots", "0.0.0.0"], /no option "--hots"\nNearest: --host/],
	[["serve", "--port", "80"], /no option "--port"\nNearest: --/],
	[["serve", "--http", "0", "--hots", "x"], /"--hots"\nNearest: --host/],
	[["serve", "--http"], /--http needs a value/],
	[["serve", "--http", "--host", "x"], /--http needs a value/],
	[["serve", "--http", "-1"], /port from 0 to 65535, not "-1"/],
	[["serve", "--http", "0", "--http=1"], /--http is given twice/],
	[["serve", "--host", "0.0.0.0"], /--host goes with --http/],
	[["serve", "http"], /"http" is too much for serve/],
	[["serve", "--http", "0", "80"], /"80" is too much for serve/],
	[["call"], /call needs the name of a tool/],
	[["call", "--json", "{}"], /no option "--json"/],
	[
		["call", "list_tables", "{bad"],
		/the arguments of list_tables are not JSON: "\{bad"; write an object/,
	],
	[["call", "x", ""], /the arguments of x are not JSON: ""/],
	[["call", "list_tables", "{}", "{}"], /"{}" is too much for call/],
	[["tools", "all"], /"all" is too much for tools/],
	[["doctor", "--verbose"], /no option "--verbose"/],
] as const)("%j is refused by name", (args, says) => {
	expect(refusalOf(args)).toMatch(says);
});

test.each([
	["sevre"],
	["serve", "--http", "-1"],
	["call", "list_tables", "{bad"],
])(
	"a command line that is refused makes nothing and ends with exit code 2: %s",
	(...args) => {
		const answer = run(args);
		expect(answer).toMatchObject({
			status: 2,
			stdout: "",
			stderr: `tables-mcp: ${refusalOf(args)}\n`,
		});
		expect(readdirSync(answer.folder)).toEqual([]);
	},
);

/** What is said of a command line that the program cannot follow. */
function refusalOf(args: readonly string[]): string {
	try {
		readCommand(args);
	} catch (error) {
		if (error instanceof UsageError) return `${error.message}\n${error.next}`;
		throw error;
	}
	throw new Error(`${JSON.stringify(args)} was taken`);
}

test("a secret that cannot be taken out of answers is told at the start, and not named", () => {
	const { stderr } = run(["tools"], { TABLES_MCP_HTTP_TOKEN: "abc" });
	expect(stderr).toMatch(/warning: 1 of the configured secrets cannot be/);
	expect(run(["tools"], { TABLES_MCP_HTTP_TOKEN: "open-sesame" }).stderr).toBe(
		"",
	);
});

test("tools lists those that are on, by toolset", () => {
	const all = run(["tools"], { TABLES_MCP_TOOLSETS: "all" });
	const reading = run(["tools"], { TABLES_MCP_READ_ONLY: "1" });
	expect(all.status).toBe(0);
	expect(all.stdout).toMatch(/^query_records +records +Query records$/m);
	expect(all.stdout).toMatch(/^copy_base +bases /m);
	expect(reading.stdout).not.toMatch(/^(create|update|delete|import)_/m);
});

describe("call", () => {
	test("prints the answer, and the exit code tells whether it worked", () => {
		const made = run([
			"call",
			"create_table",
			JSON.stringify({ name: "T", fields: [{ name: "Name", type: "text" }] }),
		]);
		expect(made).toMatchObject({ status: 0, stderr: "" });
		const same = { TABLES_MCP_DATA_DIR: made.folder };
		const wrote = run(
			["call", "create_records", '{"table":"T","records":[{"Name":"x"}]}'],
			same,
		);
		expect(wrote.stdout).toMatch(/^DONE: 1 created/);
		const read = run(["call", "query_records", '{"table":"T"}'], same);
		expect(read.stdout).toMatch(/^1 row of 1 from T .*\nid,Name\nrec\w+,x\n/);
		const wrong = run(["call", "query_records", '{"table":"Tt"}'], same);
		expect(wrong.status).toBe(1);
		expect(wrong.stdout).toMatch(/^not_found: /);
		expect(run(["call", "list_tables"], same).stdout).toContain("T");
	});

	test.each([
		["with a misspelled tool", ["list_table"], /Nearest: list_tables/],
		[
			"with JSON of another kind",
			["list_tables", '"half"'],
			/must be an object/,
		],
	] as const)("%s is refused in words", (_, args, says) => {
		const { status, stdout, stderr } = run(["call", ...args]);
		expect(status).toBe(1);
		expect(stdout + stderr).toMatch(says);
	});
});

describe("doctor", () => {
	test("tells of each folder and connection that it is well", () => {
		const { status, stdout, stderr } = run(["doctor"]);
		expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
		expect(stdout).toMatch(/^ok +tables-mcp .* on Node \d+/);
		expect(stdout).toMatch(/^ok +data folder /m);
		expect(stdout).toMatch(/^ok +files folder /m);
		expect(stdout).toMatch(/^ok +connection local: Local store$/m);
		expect(stdout).not.toMatch(/^(error|warning)/m);
	});

	test("names what is wrong and what to do, and fails", () => {
		const folder = temporaryFolder();
		writeFileSync(join(folder, "taken"), "a file, no folder");
		const { status, stdout } = run(["doctor"], {
			TABLES_MCP_FILES_DIR: join(folder, "taken", "files"),
		});
		expect(status).toBe(1);
		expect(stdout).toMatch(
			/^error +files folder .*\n +Set TABLES_MCP_DATA_DIR/m,
		);
	});

	test("a rule of the policy that names nothing is an error, one that names something in another spelling is not", () => {
		const folder = temporaryFolder();
		run(
			[
				"call",
				"create_table",
				JSON.stringify({
					name: "Customers",
					fields: [
						{ name: "Name", type: "text" },
						{ name: "Phone", type: "phone" },
					],
				}),
			],
			{ TABLES_MCP_DATA_DIR: folder },
		);
		const config = join(folder, "config.json");
		writeFileSync(
			config,
			JSON.stringify({
				connections: {
					local: {
						vendor: "local",
						policy: {
							bases: ["Main", "elsewhere"],
							tables: ["ＣＵＳＴＯＭＥＲＳ", "Order"],
							hidden_fields: [
								"customers/phone",
								"Phon",
								"Phone ",
								"Customers/Fax",
							],
						},
					},
				},
			}),
		);
		const { status, stdout, stderr } = run(["doctor"], {
			TABLES_MCP_DATA_DIR: folder,
			TABLES_MCP_CONFIG: config,
		});
		expect({ status, stderr }).toMatchObject({ status: 1 });
		expect(
			[...stdout.matchAll(/^error +policy: (\w+) holds "(.*?)"/gm)].map(
				([, part, rule]) => `${part} ${rule}`,
			),
		).toEqual([
			"bases elsewhere",
			"tables Order",
			"hidden_fields Phon",
			"hidden_fields Customers/Fax",
		]);
	});

	test("a store that is not a store is reported, not misread", () => {
		const folder = temporaryFolder();
		writeFileSync(
			join(folder, "local.db"),
			"this is not a database ".repeat(100),
		);
		const { status, stdout } = run(["doctor"], { TABLES_MCP_DATA_DIR: folder });
		expect(status).toBe(1);
		expect(stdout).toMatch(/^error +.*not a database/m);
	});
});

test("a start that fails says why in two lines on stderr, and makes nothing", () => {
	const folder = join(temporaryFolder(), "new");
	const answer = run([], {
		TABLES_MCP_DATA_DIR: folder,
		TABLES_MCP_TOOLSETS: "recrods",
	});
	expect(answer).toMatchObject({ status: 1, stdout: "" });
	expect(answer.stderr).toMatch(
		/^tables-mcp: there is no toolset "recrods"\nNearest: records\..*\n$/,
	);
	expect(existsSync(folder)).toBe(false);
});

test("without a data folder set it lies where the platform keeps such things", () => {
	const home = temporaryFolder();
	const { stdout } = run(["doctor"], {
		TABLES_MCP_DATA_DIR: "",
		HOME: home,
		XDG_DATA_HOME: join(home, "data"),
		APPDATA: home,
	});
	expect(stdout).toContain(`data folder ${home}`);
	expect(stdout).toContain("tables-mcp");
});

test("a reader that leaves early is not a failure", async () => {
	const child = spawn(process.execPath, [BUILT, "tools"], {
		env: { PATH: process.env.PATH, TABLES_MCP_DATA_DIR: temporaryFolder() },
		stdio: ["ignore", "pipe", "pipe"],
	});
	child.stdout.destroy();
	let said = "";
	child.stderr.on("data", (chunk) => {
		said += chunk;
	});
	const [code] = await once(child, "exit");
	expect({ code, said }).toEqual({ code: 0, said: "" });
});
