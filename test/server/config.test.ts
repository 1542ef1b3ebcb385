import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { type Config, loadConfig, VARIABLES } from "../../src/config.js";
import { TablesError } from "../../src/core/contract/errors.js";
import { redactor } from "../../src/core/values/redact.js";
import { DEFAULT_TOOLSETS, TOOLSETS } from "../../src/tools/tool.js";
import { vendors } from "../../src/vendors/index.js";
import { NETWORKED } from "../harness/vendors.js";

type Environment = Record<string, string | undefined>;

function load(environment: Environment, file?: unknown): Config {
	return loadConfig(
		{
			environment: {
				...environment,
				...(file === undefined ? {} : { TABLES_MCP_CONFIG: "/config.json" }),
			},
			defaultDataDir: "/default",
			zone: () => "Europe/Berlin",
			join,
			resolve,
			readFile(path) {
				if (path !== "/config.json")
					throw new Error("ENOENT: no such file or directory");
				return typeof file === "string" ? file : JSON.stringify(file);
			},
		},
		vendors,
	);
}

/** What a start that must fail says. */
function failure(environment: Environment, file?: unknown): string {
	try {
		load(environment, file);
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		expect(error.code).toBe("bad_argument");
		return `${error.message}\n${error.next ?? ""}`;
	}
	throw new Error("it has started");
}

const one = (config: Config) => {
	const [connection, ...others] = config.connections;
	expect(others).toEqual([]);
	if (connection === undefined) throw new Error("there is no connection");
	return connection;
};

describe("variables", () => {
	/** Each variable of the program: a value, and where it is seen. */
	const SEEN: Readonly<
		Record<string, readonly [string, (config: Config) => unknown, unknown]>
	> = {
		TABLES_MCP_CONFIG: ["", ({ connections }) => connections.length, 1],
		TABLES_MCP_DATA_DIR: ["/data", ({ dataDir }) => dataDir, "/data"],
		TABLES_MCP_FILES_DIR: ["/files", ({ filesDir }) => filesDir, "/files"],
		TABLES_MCP_READ_ONLY: ["1", (config) => one(config).policy.readOnly, true],
		TABLES_MCP_TOOLSETS: [
			"records, roles",
			(config) => [...one(config).toolsets],
			["records", "roles"],
		],
		TABLES_MCP_TIME_ZONE: [
			"Asia/Tokyo",
			(config) => config.zone(),
			"Asia/Tokyo",
		],
		TABLES_MCP_LOG_LEVEL: ["debug", ({ logLevel }) => logLevel, "debug"],
		TABLES_MCP_CONSENT: ["always", ({ consent }) => consent, "always"],
		// Read by the HTTP client itself, from the environment.
		HTTPS_PROXY: ["http://proxy", (config) => one(config).name, "local"],
		NO_PROXY: ["example.com", (config) => one(config).name, "local"],
	};

	test("each of them is tried here", () => {
		expect(Object.keys(SEEN).sort()).toEqual(
			VARIABLES.map(({ name }) => name).sort(),
		);
	});

	test.each(Object.entries(SEEN))("%s", (name, [value, look, wanted]) => {
		expect(look(load({ [name]: value }))).toEqual(wanted);
		if (wanted === 1 || wanted === "local") return;
		expect(look(load({}))).not.toEqual(wanted);
	});

	test("without any there is the local store, with everything on by default", () => {
		const config = load({});
		expect(one(config)).toMatchObject({
			name: "local",
			policy: { readOnly: false, hiddenFields: [] },
			undo: true,
		});
		expect([...one(config).toolsets]).toEqual(DEFAULT_TOOLSETS);
		expect(config).toMatchObject({
			dataDir: "/default",
			filesDir: "/default/files",
			logLevel: "warning",
			consent: "ask",
			secrets: [],
		});
		expect(config.zone()).toBe("Europe/Berlin");
	});

	const ALL = [
		...VARIABLES,
		...vendors.flatMap(({ variables }) => variables),
	].map(({ name }) => name);

	test.each(ALL)("%s counts as unset when a host left it unfilled", (name) => {
		for (const value of ["", "  ", `\${user_config.${name.toLowerCase()}}`])
			expect(load({ [name]: value })).toEqual({
				...load({}),
				zone: expect.any(Function),
			});
	});

	const WRONG: readonly [string, Environment, RegExp][] = [
		[
			"a misspelled variable of ours",
			{ TABLES_MCP_READONLY: "1" },
			/no variable TABLES_MCP_READONLY\nNearest: TABLES_MCP_READ_ONLY/,
		],
		[
			"a flag that is neither on nor off",
			{ TABLES_MCP_READ_ONLY: "please" },
			/TABLES_MCP_READ_ONLY "please"/,
		],
		[
			"a misspelled toolset",
			{ TABLES_MCP_TOOLSETS: "records,veiws" },
			/no toolset "veiws"\nNearest: views/,
		],
		[
			"a time zone that does not exist",
			{ TABLES_MCP_TIME_ZONE: "Asia/Beijing2" },
			/"Asia\/Beijing2"/,
		],
		[
			"a log level that does not exist",
			{ TABLES_MCP_LOG_LEVEL: "loud" },
			/"loud" is not known[\s\S]*debug, info/,
		],
		[
			"a configuration file that is not there",
			{ TABLES_MCP_CONFIG: "/none.json" },
			/\/none\.json cannot be read/,
		],
	];
	test.each(WRONG)("%s stops the start", (_, environment, says) => {
		expect(failure(environment)).toMatch(says);
	});

	test.each(["0", "false", "no", "OFF"])("a flag of %s is off", (value) => {
		expect(one(load({ TABLES_MCP_READ_ONLY: value })).policy.readOnly).toBe(
			false,
		);
	});

	test.each(["1", "true", "YES", "on"])("a flag of %s is on", (value) => {
		expect(one(load({ TABLES_MCP_READ_ONLY: value })).policy.readOnly).toBe(
			true,
		);
	});

	test("all toolsets at once, and a list with gaps", () => {
		expect([...load({ TABLES_MCP_TOOLSETS: "all" }).toolsets]).toEqual(
			TOOLSETS,
		);
		expect([
			...load({ TABLES_MCP_TOOLSETS: "views,,records," }).toolsets,
		]).toEqual(["views", "records"]);
	});
});

describe("connections by the environment", () => {
	const SETS: Readonly<Record<string, Environment>> = Object.assign(
		{},
		...NETWORKED.map(({ environments }) => environments),
	);

	test.each(Object.entries(SETS))(
		"%s stands alone, with its secrets kept back",
		(name, environment) => {
			const config = load(environment);
			expect(config.connections.map((each) => each.name)).toEqual([name]);
			expect([...config.secrets].sort()).toEqual(
				Object.values(environment)
					.filter((value) => value?.endsWith("-secret"))
					.sort(),
			);
			const words = redactor(config.secrets)(Object.values(environment).join());
			expect(words).not.toContain("-secret");
			expect(
				load({ ...environment, TABLES_MCP_LOCAL: "1" }).connections.map(
					(each) => each.name,
				),
			).toContain("local");
		},
	);

	test("all of them at once", () => {
		const all = Object.assign({}, ...Object.values(SETS)) as Environment;
		expect(
			load(all)
				.connections.map(({ name }) => name)
				.sort(),
		).toEqual(Object.keys(SETS).sort());
	});

	test("every variable of a vendor is of one set, or goes with it", () => {
		const prefixes = Object.keys(SETS).map((name) => name.toUpperCase());
		for (const { name } of vendors.flatMap(({ variables }) => variables))
			expect(
				name === "TABLES_MCP_LOCAL" ||
					prefixes.some((prefix) => name.startsWith(`${prefix}_`)),
				name,
			).toBe(true);
	});

	const HALF: readonly [string, Environment, RegExp][] = [
		[
			"an app without its secret",
			{ FEISHU_APP_ID: "cli_a" },
			/feishu.*secret/i,
		],
		[
			"a secret without its app",
			{ DINGTALK_APP_SECRET: "x" },
			/dingtalk.*key/i,
		],
		[
			"a server without its token",
			{ VIKA_BASE_URL: "https://tables.example.com" },
			/vika.*token is missing/i,
		],
		[
			"bases without an app",
			{ DINGTALK_BASES: "b1" },
			/dingtalk.*AppKey.*missing/i,
		],
		[
			"a server that is not reached safely",
			{ AITABLE_TOKEN: "usk-x", AITABLE_BASE_URL: "http://tables.example.com" },
			/aitable.*base_url.*https/i,
		],
		[
			"a server that is not an address",
			{ AITABLE_TOKEN: "usk-x", AITABLE_BASE_URL: "tables" },
			/aitable.*base_url/i,
		],
	];
	test.each(HALF)("%s stops the start", (_, environment, says) => {
		expect(failure(environment)).toMatch(says);
	});

	test("several accounts of one vendor have names of their own, and secrets from the environment", () => {
		const config = load(
			{ MY_TOKEN: "usk-mine-secret" },
			{
				connections: {
					mine: {
						vendor: "fusion",
						product: "vika",
						token: { env: "MY_TOKEN" },
					},
					theirs: { vendor: "fusion", token: "usk-theirs-secret" },
				},
			},
		);
		expect(config.connections.map(({ name }) => name)).toEqual([
			"mine",
			"theirs",
		]);
		expect([...config.secrets].sort()).toEqual([
			"usk-mine-secret",
			"usk-theirs-secret",
		]);
	});
});

describe("the configuration file", () => {
	/** Each key at the top: a value, and where it is seen. */
	const KEYS: readonly [
		string,
		unknown,
		(config: Config) => unknown,
		unknown,
	][] = [
		[
			"connections",
			{ mine: { vendor: "local" } },
			(config) => one(config).name,
			"mine",
		],
		["read_only", true, (config) => one(config).policy.readOnly, true],
		["toolsets", ["views"], (config) => [...config.toolsets], ["views"]],
		["toolsets", "all", (config) => [...config.toolsets], [...TOOLSETS]],
		["time_zone", "Asia/Tokyo", (config) => config.zone(), "Asia/Tokyo"],
		[
			"data_dir",
			"/d",
			({ dataDir, filesDir }) => [dataDir, filesDir],
			["/d", "/d/files"],
		],
		["files_dir", "/f", ({ filesDir }) => filesDir, "/f"],
		["log_level", "error", ({ logLevel }) => logLevel, "error"],
		["consent", "never", ({ consent }) => consent, "never"],
	];
	test.each(KEYS)("%s", (key, value, look, wanted) => {
		expect(look(load({}, { [key]: value }))).toEqual(wanted);
	});

	/** Each key of a connection and of its policy. */
	const OWN: readonly [string, object, (config: Config) => unknown, unknown][] =
		[
			["undo", { undo: "off" }, (config) => one(config).undo, false],
			["me", { me: "ann" }, (config) => one(config).me, "ann"],
			[
				"file",
				{ file: "/x.db", user: "ann" },
				(config) => one(config).config,
				{ file: "/x.db", user: "ann" },
			],
			[
				"policy.read_only",
				{ policy: { read_only: true } },
				(config) => one(config).policy.readOnly,
				true,
			],
			[
				"policy.bases",
				{ policy: { bases: ["a"] } },
				(config) => one(config).policy.bases,
				["a"],
			],
			[
				"policy.tables",
				{ policy: { tables: ["t"] } },
				(config) => one(config).policy.tables,
				["t"],
			],
			[
				"policy.hidden_fields",
				{ policy: { hidden_fields: ["f"] } },
				(config) => one(config).policy.hiddenFields,
				["f"],
			],
			[
				"policy.toolsets",
				{ policy: { toolsets: ["views"] } },
				(config) => [...one(config).toolsets],
				["views"],
			],
		];
	test.each(OWN)("a connection's %s", (_, own, look, wanted) => {
		expect(
			look(load({}, { connections: { mine: { vendor: "local", ...own } } })),
		).toEqual(wanted);
	});

	test("the environment goes before the file, and read-only anywhere holds everywhere", () => {
		const file = {
			time_zone: "Asia/Tokyo",
			data_dir: "/file",
			read_only: true,
			connections: {
				one: { vendor: "local", policy: { read_only: false } },
				two: { vendor: "local" },
			},
		};
		const config = load(
			{ TABLES_MCP_TIME_ZONE: "Asia/Shanghai", TABLES_MCP_DATA_DIR: "/env" },
			file,
		);
		expect(config.zone()).toBe("Asia/Shanghai");
		expect(config.dataDir).toBe("/env");
		expect(config.connections.map(({ policy }) => policy.readOnly)).toEqual([
			true,
			true,
		]);
	});

	test("local stands beside others only when it is named", () => {
		const file = { connections: { mine: { vendor: "local" } } };
		expect(load({}, file).connections.map(({ name }) => name)).toEqual([
			"mine",
		]);
		expect(
			load({ TABLES_MCP_LOCAL: "1" }, file).connections.map(({ name }) => name),
		).toEqual(["mine", "local"]);
	});

	const local = (own: object) => ({
		connections: { mine: { vendor: "local", ...own } },
	});
	const WRONG: readonly [string, unknown, RegExp][] = [
		[
			"a misspelled key",
			{ read_olny: true },
			/no key "read_olny"; nearest: read_only/,
		],
		[
			"a misspelled key of a connection",
			local({ flie: "/x" }),
			/connection "mine": there is no key "flie"; nearest: file/,
		],
		[
			"a misspelled key of a policy",
			local({ policy: { hiden_fields: ["x"] } }),
			/connection "mine": policy: there is no key "hiden_fields"; nearest: hidden_fields/,
		],
		[
			"a policy key beside its policy",
			local({ hidden_fields: ["x"] }),
			/no key "hidden_fields"/,
		],
		[
			"a misspelled vendor",
			{ connections: { mine: { vendor: "locale" } } },
			/no vendor "locale"\nNearest: local/,
		],
		[
			"a connection without a vendor",
			{ connections: { mine: {} } },
			/connections\.mine\.vendor/,
		],
		[
			"a connection's name with blanks",
			{ connections: { "My base": { vendor: "local" } } },
			/lower case letters, digits and hyphens/,
		],
		["a toolset that does not exist", { toolsets: ["veiws"] }, /toolsets/],
		["a value of the wrong type", { read_only: "yes" }, /read_only/],
		[
			"undo that is neither on nor off",
			local({ undo: "maybe" }),
			/undo is "on" or "off"/,
		],
		["a list at the top", [], /config\.json/],
		["not JSON", "{half", /is not JSON/],
		[
			"a secret that the environment does not have",
			local({ user: { env: "MY_USER" } }),
			/connections\.mine\.user: the environment has no MY_USER/,
		],
	];
	test.each(WRONG)("%s stops the start", (_, file, says) => {
		expect(failure({}, file)).toMatch(says);
	});

	test("a secret comes from the environment and is taken out of every text", () => {
		const config = load(
			{ MY_USER: "hunter2-secret" },
			local({ user: { env: "MY_USER" } }),
		);
		expect(one(config).config).toEqual({ user: "hunter2-secret" });
		expect(redactor(config.secrets)("as hunter2-secret said")).toBe(
			"as [secret] said",
		);
		expect(
			failure(
				{ MY_USER: "hunter2-secret" },
				{
					...local({ user: { env: "MY_USER" } }),
					log_level: "x",
				},
			),
		).not.toContain("hunter2");
	});
});

describe("what a header must hold", () => {
	const CREDENTIALS: readonly Environment[] = [
		...["AITABLE", "APITABLE", "VIKA"].map((product) => ({
			[`${product}_TOKEN`]: "uskGood",
		})),
		...["FEISHU", "LARK"].flatMap((product) => [
			{
				[`${product}_APP_ID`]: "cli_good",
				[`${product}_APP_SECRET`]: "goodsecret",
			},
			{ [`${product}_USER_ACCESS_TOKEN`]: "u-good" },
		]),
		{
			DINGTALK_APP_KEY: "dinggood",
			DINGTALK_APP_SECRET: "goodsecret",
			DINGTALK_OPERATOR_ID: "goodid",
		},
		{
			DINGTALK_APP_KEY: "dinggood",
			DINGTALK_APP_SECRET: "goodsecret",
			DINGTALK_USER_ID: "goodid",
		},
		{ TABLES_MCP_HTTP_TOKEN: "goodtoken" },
	];
	const each = CREDENTIALS.flatMap((environment) =>
		Object.keys(environment).map((name) => ({ name, environment })),
	);

	test.each(each)("$name is trimmed", ({ name, environment }) => {
		const padded = { ...environment, [name]: ` ${environment[name]}\r\n` };
		const settings = ({ connections, httpToken, secrets }: Config) =>
			JSON.stringify([connections, httpToken, secrets]);
		expect(settings(load(padded))).toBe(settings(load(environment)));
	});

	test.each(each)("$name is refused by its name", ({ name, environment }) => {
		for (const wrong of [
			"se\ncret",
			"密码secret",
			"se\tcret",
			"se\u200bcret",
		]) {
			const said = failure({ ...environment, [name]: wrong });
			expect(said).toContain(`${name} holds characters`);
			expect(said).not.toContain("cret");
		}
	});

	const named = (own: object) => ({
		connections: { mine: { vendor: "fusion", token: "uskGood", ...own } },
	});

	test("a secret of the file is trimmed, and refused by its place", () => {
		expect(one(load({}, named({ token: " uskGood\n" }))).config).toEqual(
			one(load({}, named({}))).config,
		);
		const said = failure({}, named({ token: "usk\nsecret" }));
		expect(said).toMatch(/"mine": token: holds characters/);
		expect(said).not.toContain("secret");
	});

	test("a secret that the file takes from a variable is refused by the variable's name", () => {
		const file = named({ token: { env: "MY_OWN" } });
		expect(failure({ MY_OWN: "usk密码" }, file)).toMatch(/^MY_OWN holds/);
		expect(one(load({ MY_OWN: "uskGood\n" }, file)).config).toEqual(
			one(load({}, named({}))).config,
		);
	});

	test("headers of the file are checked, name and value", () => {
		const headers = (given: object) => named({ headers: given });
		expect(failure({}, headers({ "X-A": "se\ncret" }))).toMatch(
			/headers\.X-A: holds characters/,
		);
		expect(failure({}, headers({ "X-A": "密码" }))).not.toContain("密码");
		expect(failure({}, headers({ "X A": "x" }))).toMatch(
			/is not the name of a header/,
		);
		const file = headers({ "X-A": { env: "MY_OWN" } });
		expect(failure({ MY_OWN: "a\nb" }, file)).toMatch(/^MY_OWN holds/);
		expect(one(load({ MY_OWN: "Bearer ab\n" }, file)).config).toMatchObject({
			headers: { "X-A": "Bearer ab" },
		});
	});
});
