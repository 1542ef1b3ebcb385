import { TablesError } from "../core/contract/errors.js";
import type { Connection, Session } from "../core/contract/session.js";
import { reasonsAgainst } from "../core/places/capability.js";
import { quoted } from "../core/values/names.js";
import { tryInstead } from "../core/values/near-names.js";
import {
	type ListedTool,
	type Offered,
	offeredTools,
} from "../tools/listing.js";
import { DEFAULT_TOOLSETS, type Tool, type Toolset } from "../tools/tool.js";

export interface OfferOptions {
	readonly session: Session;
	readonly listing: readonly ListedTool[];
	/** Loads the tools themselves on the first call. */
	loadTools(): Promise<readonly Tool[]>;
	/** What is on, by the name of the connection. */
	readonly toolsets: ReadonlyMap<string, ReadonlySet<Toolset>>;
}

/** A tool that may be run. `incapable`: no connection can do it, and why. */
export interface FoundTool {
	readonly tool: Tool;
	readonly incapable?: TablesError;
}

/** The tools that are on, and on which connections. */
export interface Offer {
	readonly offered: readonly Offered[];
	readonly listed: readonly ListedTool[];
	/** @throws TablesError bad_argument, or unsupported where the configuration keeps the tool away. */
	find(name: unknown): Promise<FoundTool>;
	/** The same session with only the connections that allow this tool's set. */
	sessionFor(tool: Tool): Session;
}

/** What the configuration and the vendors allow. */
export function offerOf(options: OfferOptions): Offer {
	const { session } = options;
	const offered: Offered[] = [...session.connections.values()].map(
		(connection) => ({
			connection,
			toolsets: options.toolsets.get(connection.name) ?? new Set(),
		}),
	);
	const listed = offeredTools(options.listing, offered);
	const allowing = (toolset: Toolset) =>
		offered.filter(({ toolsets }) => toolsets.has(toolset));
	return {
		offered,
		listed,
		async find(name) {
			const known = options.listing.find((tool) => tool.name === name);
			if (known === undefined) throw unknownTool(name, listed);
			const tool = (await options.loadTools()).find(
				(candidate) => candidate.name === name,
			);
			if (tool === undefined)
				throw new TablesError(
					"internal",
					`${known.name} is listed and not there`,
				);
			if (listed.some((other) => other.name === name)) return { tool };
			return { tool, incapable: incapable(known, allowing(known.toolset)) };
		},
		sessionFor({ toolset }) {
			const allowed = allowing(toolset);
			if (allowed.length === offered.length) return session;
			return {
				...session,
				connections: new Map(
					allowed.map(({ connection }): [string, Connection] => [
						connection.name,
						connection,
					]),
				),
			};
		},
	};
}

function unknownTool(
	name: unknown,
	listed: readonly ListedTool[],
): TablesError {
	const names = listed.map((tool) => tool.name);
	const isText = typeof name === "string";
	return new TablesError(
		"bad_argument",
		isText
			? `there is no tool ${quoted(name)}`
			: "`name` of the tool is missing or not a text",
		{
			next: tryInstead(names, isText ? name : "", `Tools: ${names.join(", ")}`),
		},
	);
}

/**
 * Why none of the connections that allow its toolset can do it.
 * @throws TablesError unsupported where a person has turned it off: the tool itself would say less.
 */
function incapable(tool: ListedTool, allowed: readonly Offered[]): TablesError {
	if (allowed.length === 0)
		throw notOn(
			tool,
			`A person can turn its toolset on: TABLES_MCP_TOOLSETS=${[...DEFAULT_TOOLSETS, tool.toolset].join(",")}.`,
		);
	const writable = allowed.filter(
		({ connection }) => tool.onlyReads || !connection.policy.readOnly,
	);
	if (writable.length === 0)
		throw notOn(tool, "All connections that could do it are read-only.");
	return notOn(
		tool,
		reasonsAgainst(
			writable.map(({ connection }) => connection),
			tool.needs,
		).join("\n"),
	);
}

function notOn({ name }: ListedTool, next: string): TablesError {
	return new TablesError(
		"unsupported",
		`the tool ${name} is not offered here`,
		{ next },
	);
}
