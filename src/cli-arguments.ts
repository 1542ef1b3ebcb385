import { TablesError } from "./core/contract/errors.js";
import { quoted } from "./core/values/names.js";
import { nearest } from "./core/values/near-names.js";

/** What the program is asked to do. */
export type Command =
	| { readonly name: "help" | "version" | "stdio" | "tools" | "doctor" }
	| { readonly name: "http"; readonly port: number; readonly host: string }
	| { readonly name: "call"; readonly tool: string; readonly json: string }
	| {
			readonly name: "backup";
			readonly file: string;
			/** Absent: the only store of the configuration. */
			readonly connection?: string | undefined;
	  };

/** Each command with its options; all of them take a value. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
	serve: ["--http", "--host"],
	call: [],
	tools: [],
	doctor: [],
	backup: [],
	help: [],
};
const HELP = ["--help", "-h", "help"];
const VERSION = ["--version", "-v"];

/** A command line that says nothing that the program could do; no other error is of this class. */
export class UsageError extends TablesError {
	constructor(message: string, near?: string) {
		super("bad_argument", message, {
			next: `${near === undefined ? "" : `Nearest: ${near}. `}Try tables-mcp --help.`,
		});
	}
}

/**
 * The command line as a command. What is misspelled or too much is refused by name: a server that starts without an
 * option that a person gave is not the one that they asked for.
 * @throws UsageError
 */
export function readCommand(args: readonly string[]): Command {
	const [command, ...rest] = args;
	if (command === undefined) return { name: "stdio" };
	if (HELP.includes(command)) return { name: "help" };
	if (VERSION.includes(command)) return { name: "version" };
	const known = Object.hasOwn(COMMANDS, command)
		? COMMANDS[command]
		: undefined;
	if (known === undefined)
		throw command.startsWith("-")
			? unknownOption(command, "tables-mcp", ["--help", "--version"])
			: new UsageError(
					`there is no command "${command}"`,
					near(Object.keys(COMMANDS), command),
				);
	if (rest.some((word) => word === "--help" || word === "-h"))
		return { name: "help" };
	// JSON may begin with a hyphen (a wrong one, which the tool refuses); the name of a tool does not.
	const { options, words } = parted(
		command === "call" ? rest.slice(0, 1) : rest,
		command,
		known,
	);
	const given = command === "call" ? [...words, ...rest.slice(1)] : words;
	const most = command === "call" || command === "backup" ? 2 : 0;
	const surplus = given[most];
	if (surplus !== undefined)
		throw new UsageError(`"${surplus}" is too much for ${command}`);
	switch (command) {
		case "serve":
			return served(options);
		case "call":
			return called(given);
		case "backup":
			return backedUp(given);
		default:
			return { name: command as "tools" | "doctor" };
	}
}

function served(options: ReadonlyMap<string, string>): Command {
	const given = options.get("--http");
	const host = options.get("--host");
	if (given === undefined) {
		if (host !== undefined)
			throw new UsageError("--host goes with --http <port>: stdio has no host");
		return { name: "stdio" };
	}
	const port = Number(given);
	if (!/^\d+$/.test(given) || port > 65_535)
		throw new UsageError(
			`serve --http needs a port from 0 to 65535, not "${given}"`,
		);
	if (host === "") throw new UsageError("serve --host needs an address");
	return { name: "http", port, host: host ?? "127.0.0.1" };
}

function called([tool, json = "{}"]: readonly string[]): Command {
	if (tool === undefined || tool === "")
		throw new UsageError("call needs the name of a tool");
	if (!isJson(json))
		throw new UsageError(
			`the arguments of ${tool} are not JSON: ${quoted(json)}; write an object in single quotes, such as '{"table": "Orders"}'`,
		);
	return { name: "call", tool, json };
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

function backedUp([file, connection]: readonly string[]): Command {
	if (file === undefined || file === "")
		throw new UsageError(
			"backup needs a file, and a connection where there are several",
		);
	return { name: "backup", file, connection };
}

/** Options with their values (`--name value` or `--name=value`), and the other words. */
function parted(
	args: readonly string[],
	command: string,
	known: readonly string[],
): {
	readonly options: ReadonlyMap<string, string>;
	readonly words: readonly string[];
} {
	const options = new Map<string, string>();
	const words: string[] = [];
	for (let at = 0; at < args.length; at++) {
		const word = args[at] as string;
		if (!word.startsWith("-")) {
			words.push(word);
			continue;
		}
		const [name = "", inside] = word.split(/=(.*)/s);
		if (!known.includes(name)) throw unknownOption(name, command, known);
		if (options.has(name)) throw new UsageError(`${name} is given twice`);
		const value = inside ?? args[++at];
		if (value === undefined || (inside === undefined && known.includes(value)))
			throw new UsageError(`${name} needs a value`);
		options.set(name, value);
	}
	return { options, words };
}

function unknownOption(
	name: string,
	command: string,
	known: readonly string[],
): UsageError {
	return new UsageError(
		`${command} has no option "${name}"`,
		near(known, name) ?? (known.length > 0 ? known.join(", ") : undefined),
	);
}

function near(known: readonly string[], given: string): string | undefined {
	return nearest(known, given).join(", ") || undefined;
}
