import { z } from "zod";
import { CONSENT_RULES } from "./core/contract/consent.js";
import { TablesError } from "./core/contract/errors.js";
import { nearest } from "./core/values/near-names.js";
import { TOOLSETS } from "./tools/tool.js";

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A rule with an empty part would name nothing, and hide nothing. */
const rule = z
	.string()
	.refine(
		(text) => text.split("/").every((part) => part.trim() !== ""),
		"a rule is an id or a name, or several with one slash between them, such as Customers/Phone",
	);

/** What a connection may be used for. */
export const policySchema = z.strictObject({
	read_only: z.boolean().optional(),
	bases: z.array(rule).optional(),
	tables: z.array(rule).optional(),
	hidden_fields: z.array(rule).optional(),
	toolsets: z.array(z.enum(TOOLSETS)).optional(),
});

const fileSchema = z.strictObject({
	connections: z
		.record(
			z
				.string()
				.regex(
					/^[a-z][a-z0-9-]*$/,
					"a connection's name is lower case letters, digits and hyphens",
				),
			z.looseObject({ vendor: z.string() }),
		)
		.optional(),
	read_only: z.boolean().optional(),
	toolsets: z.union([z.literal("all"), z.array(z.enum(TOOLSETS))]).optional(),
	time_zone: z.string().optional(),
	data_dir: z.string().optional(),
	files_dir: z.string().optional(),
	log_level: z.enum(LOG_LEVELS).optional(),
	consent: z.enum(CONSENT_RULES).optional(),
});

/** Variables that are set. */
export type Environment = Readonly<Record<string, string>>;
/** What the file says, checked. */
export type FileConfig = z.infer<typeof fileSchema>;

/** How the file is read. */
interface Reader {
	resolve(path: string): string;
	readFile(path: string): string;
}

/**
 * The configuration file, empty where none is named; secrets in it are added to `secrets`.
 * @throws TablesError bad_argument.
 */
export function readFileConfig(
	reader: Reader,
	environment: Environment,
	secrets: Set<string>,
): FileConfig {
	const path = environment.TABLES_MCP_CONFIG;
	if (path === undefined) return {};
	const parsed = readJson(reader, path);
	return check(
		fileSchema,
		withSecrets(parsed, environment, secrets, path),
		path,
	);
}

function readJson(reader: Reader, path: string): unknown {
	let text: string;
	try {
		text = reader.readFile(reader.resolve(path));
	} catch (cause) {
		throw new TablesError(
			"bad_argument",
			`the configuration file ${path} cannot be read: ${(cause as Error).message}`,
			{ next: "Correct TABLES_MCP_CONFIG.", cause },
		);
	}
	try {
		return JSON.parse(text);
	} catch (cause) {
		throw new TablesError(
			"bad_argument",
			`the configuration file ${path} is not JSON: ${(cause as Error).message}`,
			{ cause },
		);
	}
}

/** `{"env": "NAME"}` anywhere stands for the variable's value, which is kept out of every message. */
function withSecrets(
	value: unknown,
	environment: Environment,
	secrets: Set<string>,
	place: string,
): unknown {
	if (Array.isArray(value))
		return value.map((item, index) =>
			withSecrets(item, environment, secrets, `${place}[${index}]`),
		);
	if (typeof value !== "object" || value === null) return value;
	const keys = Object.keys(value);
	if (keys.length === 1 && keys[0] === "env") {
		const name = (value as { env: unknown }).env;
		const found = typeof name === "string" ? environment[name] : undefined;
		if (found === undefined)
			throw problem(
				`${place}: the environment has no ${String(name)}`,
				"Set it, or write the value in its place.",
			);
		keep(secrets, found);
		// What a header gets may have spaces inside, as `Bearer …` has.
		if (goesIntoHeader(place) && !isForHeader(found.trim()))
			throw notForHeaders(String(name));
		return found.trim();
	}
	return Object.fromEntries(
		Object.entries(value).map(([key, entry]) => {
			if (typeof entry === "string" && SECRET_KEY.test(key))
				keep(secrets, entry);
			return [key, withSecrets(entry, environment, secrets, `${place}.${key}`)];
		}),
	);
}

const SECRET_KEY = /token|secret|key|password|auth|cookie|credential/i;

function goesIntoHeader(place: string): boolean {
	const [key = "", parent = ""] = place.split(".").reverse();
	return parent === "headers" || SECRET_KEY.test(key);
}

/** What a header's value may be: printable, of ASCII or the older half of Latin-1 (RFC 9110, 5.5). */
export function isForHeader(value: string): boolean {
	return /^[\x20-\x7e\xa0-\xff]*$/.test(value);
}

/** @returns the error that names the variable, and not what it holds. */
export function notForHeaders(name: string): TablesError {
	return problem(
		`${name} holds characters that no Authorization header can hold`,
		"Use letters, digits and signs of ASCII, without spaces and line breaks: copy the value again, without what stands around it.",
	);
}

/** A header's secret stands behind the name of its kind: `Bearer …`. */
function keep(secrets: Set<string>, value: string): void {
	const text = value.trim();
	if (text !== "") secrets.add(text);
	const [, behind] = /^[A-Za-z]+\s+(\S{8,})$/.exec(text) ?? [];
	if (behind !== undefined) secrets.add(behind);
}

/** The value as its schema has it. @throws TablesError bad_argument, with each key that is wrong. */
export function check<Schema extends z.ZodType>(
	schema: Schema,
	given: unknown,
	place: string,
): z.infer<Schema> {
	const parsed = schema.safeParse(given);
	if (parsed.success) return parsed.data;
	const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
	const issues = parsed.error.issues.map((issue) => {
		const at = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
		if (issue.code === "invalid_key")
			return `${at}${issue.issues.map(({ message }) => message).join("; ")}`;
		if (issue.code !== "unrecognized_keys") return `${at}${issue.message}`;
		return issue.keys
			.map(
				(key) =>
					`${at}there is no key "${key}"; nearest: ${nearest(known, key).join(", ") || known.join(", ")}`,
			)
			.join("; ");
	});
	throw problem(
		`${place}: ${issues.join("; ")}`,
		"Correct the configuration; the server does not start with a key that it would ignore.",
	);
}

/** A configuration with which the program must not start. */
export function problem(message: string, next: string): TablesError {
	return new TablesError("bad_argument", message, next === "" ? {} : { next });
}
