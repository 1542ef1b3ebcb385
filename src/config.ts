import {
	check,
	type Environment,
	type FileConfig,
	isForHeader,
	LOG_LEVELS,
	type LogLevel,
	notForHeaders,
	policySchema,
	problem,
	readFileConfig,
} from "./config-file.js";
import { CONSENT_RULES, type ConsentRule } from "./core/contract/consent.js";
import type { Policy } from "./core/contract/policy.js";
import { defined } from "./core/values/defined.js";
import { tryInstead } from "./core/values/near-names.js";
import { isZone } from "./core/values/zone.js";
import { DEFAULT_TOOLSETS, TOOLSETS, type Toolset } from "./tools/tool.js";
import type { Variable, Vendor } from "./vendors/vendor.js";

/** A connection as configured, before its vendor is loaded. */
export interface ConfiguredConnection {
	readonly name: string;
	readonly vendor: Vendor;
	/** Checked by the vendor's own schema. */
	readonly config: unknown;
	readonly policy: Policy;
	readonly toolsets: ReadonlySet<Toolset>;
	readonly undo: boolean;
	readonly me?: string;
}

export interface Config {
	readonly connections: readonly ConfiguredConnection[];
	readonly toolsets: ReadonlySet<Toolset>;
	/** IANA name. Asked late: the machine's own costs 8 MB to find out. */
	zone(): string;
	readonly dataDir: string;
	readonly filesDir: string;
	readonly logLevel: LogLevel;
	/** The bearer token of HTTP. Absent: none is set. */
	readonly httpToken?: string;
	/** When a person is asked before something is done. */
	readonly consent: ConsentRule;
	/** Texts that must never be printed. */
	readonly secrets: readonly string[];
}

/** Variables of the program itself; each vendor adds its own. */
export const VARIABLES: readonly Variable[] = [
	{
		name: "TABLES_MCP_CONFIG",
		title: "Configuration file",
		description:
			"JSON file with named connections, several accounts of one vendor, and policy",
		secret: false,
	},
	{
		name: "TABLES_MCP_DATA_DIR",
		title: "Data folder",
		description:
			"Local store, journal and locks (default: the platform's data folder)",
		secret: false,
	},
	{
		name: "TABLES_MCP_FILES_DIR",
		title: "Files folder",
		description:
			"The only folder that import, export and attachments may touch (default: files in the data folder)",
		secret: false,
	},
	{
		name: "TABLES_MCP_READ_ONLY",
		title: "Read only",
		description: "Set to 1 to allow no writes on any connection",
		secret: false,
	},
	{
		name: "TABLES_MCP_TOOLSETS",
		title: "Toolsets",
		description: `Comma-separated: ${TOOLSETS.join(", ")}; or all (default: ${DEFAULT_TOOLSETS.join(", ")})`,
		secret: false,
	},
	{
		name: "TABLES_MCP_TIME_ZONE",
		title: "Time zone",
		description:
			"IANA name for vendors whose tables have none, such as Asia/Shanghai (default: the machine's)",
		secret: false,
	},
	{
		name: "TABLES_MCP_LOG_LEVEL",
		title: "Log level",
		description: "debug, info, warning or error, on stderr (default: warning)",
		secret: false,
	},
	{
		name: "TABLES_MCP_CONSENT",
		title: "Consent",
		description:
			"ask (default): a person is asked as README's section on safety says; never: nobody is; always: before every write",
		secret: false,
	},
	{
		name: "HTTPS_PROXY",
		title: "HTTPS proxy",
		description: "Proxy for vendor calls",
		secret: false,
	},
	{
		name: "NO_PROXY",
		title: "No proxy",
		description: "Hosts that are called without the proxy",
		secret: false,
	},
];

/** What `loadConfig` reads of the machine; passed in, so that tests need none. */
export interface Machine {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly defaultDataDir: string;
	/** IANA name. */
	zone(): string;
	join(...parts: string[]): string;
	resolve(path: string): string;
	readFile(path: string): string;
}

/**
 * Environment and configuration file together. `local` stands alone when nothing else is configured.
 * @throws TablesError bad_argument: a misspelled key, a wrong value, a missing secret: the program must not start.
 */
export function loadConfig(
	machine: Machine,
	vendors: readonly Vendor[],
): Config {
	const environment = withCredentials(setValues(machine.environment), vendors);
	checkNames(environment, vendors);
	const secrets = secretsOf(environment, vendors);
	const file = readFileConfig(machine, environment, secrets);
	const toolsets = chosenToolsets(
		environment.TABLES_MCP_TOOLSETS,
		file.toolsets,
	);
	const zone = chosenZone(environment, file);
	const logLevel =
		choice("TABLES_MCP_LOG_LEVEL", environment, LOG_LEVELS) ??
		file.log_level ??
		"warning";
	const defaults: ConnectionDefaults = {
		toolsets,
		readOnly:
			flag("TABLES_MCP_READ_ONLY", environment) || (file.read_only ?? false),
	};
	const connections = givenConnections(environment, file, vendors).map(
		(given) => configuredConnection(given, defaults),
	);
	const dataDir = machine.resolve(
		environment.TABLES_MCP_DATA_DIR ?? file.data_dir ?? machine.defaultDataDir,
	);
	return {
		connections,
		toolsets,
		zone: () => zone ?? machine.zone(),
		dataDir,
		filesDir: machine.resolve(
			environment.TABLES_MCP_FILES_DIR ??
				file.files_dir ??
				machine.join(dataDir, "files"),
		),
		logLevel,
		...defined({ httpToken: environment[HTTP_TOKEN] }),
		consent:
			choice("TABLES_MCP_CONSENT", environment, CONSENT_RULES) ??
			file.consent ??
			"ask",
		secrets: [...secrets],
	};
}

/** What holds for a connection whose own policy does not say otherwise. */
type ConnectionDefaults = Pick<Config, "toolsets"> & Pick<Policy, "readOnly">;

/** A connection as a person wrote it. */
interface GivenConnection {
	readonly name: string;
	readonly vendor: Vendor;
	readonly given: Readonly<Record<string, unknown>>;
}

function secretsOf(
	environment: Environment,
	vendors: readonly Vendor[],
): Set<string> {
	const names = [
		HTTP_TOKEN,
		...vendors
			.flatMap(({ variables }) => variables)
			.flatMap(({ name, secret }) => (secret ? [name] : [])),
	];
	return new Set([
		...names.flatMap((name) => environment[name]?.trim() ?? []),
		...Object.entries(environment).flatMap(([name, value]) =>
			/^(https?|all)_proxy$/i.test(name) ? passwordOf(value) : [],
		),
	]);
}

/** Of a proxy's address. */
function passwordOf(address: string): readonly string[] {
	if (!URL.canParse(address)) return [];
	const { password } = new URL(address);
	if (password === "") return [];
	try {
		return [decodeURIComponent(password)];
	} catch {
		return [password];
	}
}

function chosenZone(
	environment: Environment,
	file: FileConfig,
): string | undefined {
	const zone = environment.TABLES_MCP_TIME_ZONE ?? file.time_zone;
	if (zone !== undefined && !isZone(zone))
		throw problem(
			`the time zone "${zone}" (TABLES_MCP_TIME_ZONE or time_zone) does not exist`,
			"Use an IANA name such as Asia/Shanghai.",
		);
	return zone;
}

/**
 * The value of a variable that takes one of a few; undefined where it is not set.
 * @throws TablesError bad_argument for any other value.
 */
function choice<Choice extends string>(
	name: string,
	environment: Environment,
	choices: readonly Choice[],
): Choice | undefined {
	const given = environment[name];
	if (given === undefined) return undefined;
	const known = choices.find((one) => one === given);
	if (known === undefined)
		throw problem(
			`${name} "${given}" is not known`,
			`Use one of ${choices.join(", ")}.`,
		);
	return known;
}

/** Those of the file, then those that variables make and the file does not name. */
function givenConnections(
	environment: Environment,
	file: FileConfig,
	vendors: readonly Vendor[],
): readonly GivenConnection[] {
	const named = Object.entries(file.connections ?? {}).map(
		([name, { vendor, ...given }]): GivenConnection => ({
			name,
			vendor: vendorNamed(vendors, vendor, name),
			given,
		}),
	);
	const connections = new Map(named.map((given) => [given.name, given]));
	for (const vendor of vendors)
		for (const [name, given] of Object.entries(
			vendor.fromEnvironment(environment),
		))
			if (!connections.has(name))
				connections.set(name, {
					name,
					vendor,
					given: given as GivenConnection["given"],
				});
	return connections.size > 0
		? [...connections.values()]
		: [
				{
					name: "local",
					vendor: vendorNamed(vendors, "local", "local"),
					given: {},
				},
			];
}

function configuredConnection(
	{ name, vendor, given }: GivenConnection,
	defaults: ConnectionDefaults,
): ConfiguredConnection {
	const { policy: policyGiven = {}, undo = true, me, ...own } = given;
	const policy = check(
		policySchema,
		policyGiven,
		`connection "${name}": policy`,
	);
	if (undo !== true && undo !== false && undo !== "off" && undo !== "on")
		throw problem(`connection "${name}": undo is "on" or "off"`, "");
	if (me !== undefined && typeof me !== "string")
		throw problem(`connection "${name}": me is a person's id as text`, "");
	return {
		name,
		vendor,
		config: check(vendor.config, own, `connection "${name}"`),
		policy: {
			readOnly: defaults.readOnly || (policy.read_only ?? false),
			hiddenFields: policy.hidden_fields ?? [],
			...defined({ bases: policy.bases, tables: policy.tables }),
		},
		toolsets:
			policy.toolsets === undefined
				? defaults.toolsets
				: new Set(policy.toolsets),
		undo: undo === true || undo === "on",
		...defined({ me }),
	};
}

/** Empty values and a bundle host's unfilled `${user_config.…}` count as unset. */
function setValues(
	environment: Machine["environment"],
): Record<string, string> {
	return Object.fromEntries(
		Object.entries(environment).filter(
			(entry): entry is [string, string] =>
				entry[1] !== undefined &&
				entry[1].trim() !== "" &&
				!/^\$\{user_config\..*\}$/.test(entry[1].trim()),
		),
	);
}

/** Variables with what is shown to a vendor or by a client; pasted, they often bring a line break along. */
function isCredential({ name, secret }: Variable): boolean {
	return secret || /_(APP_ID|APP_KEY|OPERATOR_ID|USER_ID)$/.test(name);
}

/**
 * The same, each credential without what stands around it.
 * @throws TablesError bad_argument naming the variable, never its value, where no header could hold it.
 */
function withCredentials(
	environment: Environment,
	vendors: readonly Vendor[],
): Environment {
	const names = [
		HTTP_TOKEN,
		...vendors
			.flatMap(({ variables }) => variables)
			.flatMap((variable) => (isCredential(variable) ? [variable.name] : [])),
	];
	const cleaned = names.flatMap((name): [string, string][] => {
		const value = environment[name]?.trim();
		if (value === undefined) return [];
		const isFit = name === HTTP_TOKEN ? isToken : isForHeader;
		if (!isFit(value)) throw notForHeaders(name);
		return [[name, value]];
	});
	return { ...environment, ...Object.fromEntries(cleaned) };
}

/** Behind `Bearer` a space would end it (RFC 6750, 2.1). */
function isToken(value: string): boolean {
	return /^[\x21-\x7e]+$/.test(value);
}

/** Of `serve --http` alone. */
const HTTP_TOKEN = "TABLES_MCP_HTTP_TOKEN";

/** A misspelled variable of ours would be a policy that does not hold. */
function checkNames(
	environment: Environment,
	vendors: readonly Vendor[],
): void {
	const known = [
		HTTP_TOKEN,
		...[...VARIABLES, ...vendors.flatMap(({ variables }) => variables)].map(
			({ name }) => name,
		),
	].filter((name) => name.startsWith("TABLES_MCP_"));
	for (const name of Object.keys(environment))
		if (name.startsWith("TABLES_MCP_") && !known.includes(name))
			throw problem(`there is no variable ${name}`, tryInstead(known, name));
}

function chosenToolsets(
	given: string | undefined,
	file: "all" | readonly Toolset[] | undefined,
): ReadonlySet<Toolset> {
	const names =
		given?.split(",").map((name) => name.trim()) ??
		(file === "all" ? ["all"] : file);
	if (names === undefined) return new Set(DEFAULT_TOOLSETS);
	if ((names as readonly string[]).includes("all")) return new Set(TOOLSETS);
	return new Set(
		names
			.filter((name) => name !== "")
			.map((name) => {
				if ((TOOLSETS as readonly string[]).includes(name))
					return name as Toolset;
				throw problem(
					`there is no toolset "${name}"`,
					tryInstead(
						TOOLSETS,
						name,
						`There are: ${TOOLSETS.join(", ")}, or all`,
					),
				);
			}),
	);
}

function flag(name: string, environment: Environment): boolean {
	const value = environment[name];
	if (value === undefined || /^(0|false|no|off)$/i.test(value)) return false;
	if (/^(1|true|yes|on)$/i.test(value)) return true;
	throw problem(`${name} "${value}" is neither on nor off`, "Use 1 or 0.");
}

function vendorNamed(
	vendors: readonly Vendor[],
	id: string,
	connection: string,
): Vendor {
	const found = vendors.find((vendor) => vendor.id === id);
	if (found !== undefined) return found;
	const ids = vendors.map((vendor) => vendor.id);
	throw problem(
		`connection "${connection}": there is no vendor "${id}"`,
		tryInstead(ids, id),
	);
}
