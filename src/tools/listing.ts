import { z } from "zod";
import type { Capability } from "../core/contract/methods.js";
import type { Connection } from "../core/contract/session.js";
import { anyCapable } from "../core/places/capability.js";
import { onlyReads, type Tool, type Toolset } from "./tool.js";

/** A tool as a client reads it, and what decides whether it is listed. */
export interface ListedTool {
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly inputSchema: Readonly<Record<string, unknown>>;
	readonly outputSchema: Readonly<Record<string, unknown>>;
	readonly annotations: Readonly<Record<string, boolean | string>>;
	readonly toolset: Toolset;
	readonly needs: readonly Capability[];
	/** Nothing of a connection is changed by it. */
	readonly onlyReads: boolean;
}

/** A tool as it is sent to a client. */
export function asListed({
	toolset: _toolset,
	needs: _needs,
	onlyReads: _onlyReads,
	...tool
}: ListedTool): object {
	return tool;
}

/** The listing made by the build, so that starting converts no schema. */
declare const BUILT_LISTING: readonly ListedTool[] | undefined;

/** Every tool with its JSON Schemas: from the build, else made now. */
export async function loadListing(): Promise<readonly ListedTool[]> {
	if (typeof BUILT_LISTING !== "undefined") return BUILT_LISTING;
	const { tools } = await import("./index.js");
	return makeListing(tools);
}

export function makeListing(tools: readonly Tool[]): readonly ListedTool[] {
	return tools.map((tool) => ({
		name: tool.name,
		title: tool.title,
		description: tool.description,
		inputSchema: jsonSchema(tool.input),
		outputSchema: withoutRequired(jsonSchema(tool.output)),
		annotations: { title: tool.title, ...tool.hints },
		toolset: tool.toolset,
		needs: tool.needs ?? [],
		onlyReads: onlyReads(tool),
	}));
}

/** zod's own JSON Schema without what it adds for nothing and what some clients reject. */
function jsonSchema(schema: z.ZodType): Record<string, unknown> {
	return tidy(z.toJSONSchema(schema, { io: "input" })) as Record<
		string,
		unknown
	>;
}

/** Clients hold errors against this schema too, and an error has none of a tool's properties: `{error}`. */
function withoutRequired({
	required: _required,
	...schema
}: Record<string, unknown>): Record<string, unknown> {
	return schema;
}

const LARGEST = Number.MAX_SAFE_INTEGER;

function tidy(node: unknown): unknown {
	if (Array.isArray(node)) return node.map(tidy);
	if (typeof node !== "object" || node === null) return node;
	const kept: Record<string, unknown> = {};
	for (const [key, value] of Object.entries(node)) {
		if (key === "$schema" || key === "propertyNames") continue;
		// An object with any keys.
		if (
			key === "properties" &&
			isEmptyObject(value) &&
			"additionalProperties" in node &&
			isEmptyObject(node.additionalProperties)
		)
			continue;
		if (
			key === "additionalProperties" &&
			(value === false || isEmptyObject(value))
		)
			continue;
		if (
			(key === "maximum" && value === LARGEST) ||
			(key === "minimum" && value === -LARGEST)
		)
			continue;
		if (key === "minLength" || key === "minItems") continue;
		// What may be null has no type: a list of types, or a union, is more than some clients take.
		if (key === "anyOf" && Array.isArray(value) && value.some(isNullType))
			continue;
		if (key === "type" && Array.isArray(value)) continue;
		kept[key] =
			key === "properties"
				? Object.fromEntries(
						Object.entries(value as object).map(([name, part]) => [
							name,
							tidy(part),
						]),
					)
				: tidy(value);
	}
	return kept;
}

function isNullType(part: unknown): boolean {
	return (part as { type?: unknown }).type === "null";
}

function isEmptyObject(value: unknown): boolean {
	return (
		typeof value === "object" &&
		value !== null &&
		Object.keys(value).length === 0
	);
}

/** Toolsets of a connection; absent = those that are on for all. */
export interface Offered {
	readonly connection: Connection;
	readonly toolsets: ReadonlySet<Toolset>;
}

/** Tools that some connection supports and its policy allows. */
export function offeredTools(
	listing: readonly ListedTool[],
	offered: readonly Offered[],
): readonly ListedTool[] {
	return listing.filter((tool) => {
		const able = offered
			.filter(
				({ connection, toolsets }) =>
					toolsets.has(tool.toolset) &&
					(tool.onlyReads || !connection.policy.readOnly),
			)
			.map(({ connection }) => connection);
		return (
			able.length > 0 &&
			(tool.needs.length === 0 || anyCapable(able, tool.needs))
		);
	});
}
