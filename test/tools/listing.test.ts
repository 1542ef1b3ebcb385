import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { QUESTIONS } from "../../src/core/contract/consent.js";
import type { Capabilities } from "../../src/core/contract/methods.js";
import type { Connection } from "../../src/core/contract/session.js";
import { tools } from "../../src/tools/index.js";
import {
	asListed,
	type ListedTool,
	makeListing,
	offeredTools,
} from "../../src/tools/listing.js";
import { DEFAULT_TOOLSETS, TOOLSETS } from "../../src/tools/tool.js";
import { localVendor } from "../../src/vendors/local/index.js";
import { LISTING_BUDGETS } from "../bench/listing.js";

const listing = makeListing(tools);
const named = listing.map((tool): [string, ListedTool] => [tool.name, tool]);

/** Bytes / 4 of what a model reads. */
function tokens(tool: readonly ListedTool[]): number {
	return Math.ceil(
		Buffer.byteLength(
			JSON.stringify(
				tool.map(({ name, description, inputSchema }) => ({
					name,
					description,
					inputSchema,
				})),
			),
		) / 4,
	);
}

const on = listing.filter(({ toolset }) => DEFAULT_TOOLSETS.includes(toolset));

test("the listing keeps its budgets", () => {
	expect(tokens(on)).toBeLessThanOrEqual(LISTING_BUDGETS.read);
	expect(tokens(on.filter((tool) => tool.onlyReads))).toBeLessThanOrEqual(
		LISTING_BUDGETS.readOnly,
	);
	expect(tokens(listing)).toBeLessThanOrEqual(7_100);
	const whole = on.map(asListed);
	expect(Buffer.byteLength(JSON.stringify(whole)) / 4).toBeLessThanOrEqual(
		LISTING_BUDGETS.whole,
	);
});

test("names are unique, and every toolset has a tool", () => {
	expect(new Set(listing.map(({ name }) => name)).size).toBe(listing.length);
	expect([...new Set(listing.map(({ toolset }) => toolset))]).toEqual(TOOLSETS);
});

test.each(named)("%s is named, described and hinted", (name, tool) => {
	expect(name).toMatch(/^[a-z]+(_[a-z]+)+$/);
	expect(name.length).toBeLessThanOrEqual(40);
	expect(tool.title).toMatch(/^[A-Z]/);
	expect(tool.description).toMatch(/^[A-Z].*[.)]$/s);
	expect(tool.description.length).toBeLessThanOrEqual(1_024);
	expect(Object.keys(tool.annotations).sort()).toEqual([
		"destructiveHint",
		"idempotentHint",
		"openWorldHint",
		"readOnlyHint",
		"title",
	]);
	if (tool.annotations.readOnlyHint)
		expect(tool.annotations.destructiveHint).toBe(false);
	expect(tool.annotations.readOnlyHint).toBe(
		/^(list|describe|query)_/.test(name),
	);
	expect(tool.onlyReads).toBe(
		/^(list|describe|query|download|export)_/.test(name),
	);
	if (/^(delete|remove)_/.test(name))
		expect(tool.annotations.destructiveHint).toBe(true);
	// What a person is asked about takes something away.
	if (Object.values(QUESTIONS).some((question) => question.tool === name))
		expect(tool.annotations).toMatchObject({
			readOnlyHint: false,
			destructiveHint: true,
		});
});

/** The words that Claude, OpenAI and Gemini all take in a tool's parameters. */
const TAKEN = [
	"type",
	"description",
	"properties",
	"required",
	"items",
	"enum",
	"minimum",
	"maximum",
];
const TYPES = ["object", "array", "string", "number", "integer", "boolean"];

type Node = Readonly<Record<string, unknown>>;

function faults(node: Node, place: string): string[] {
	const found: string[] = [];
	for (const word of Object.keys(node))
		if (!TAKEN.includes(word)) found.push(`${place}: ${word}`);
	if (!TYPES.includes(node.type as string))
		found.push(`${place}: type ${JSON.stringify(node.type)}`);
	if (node.type === "array") {
		if (node.items === undefined) found.push(`${place}: array without items`);
		else found.push(...faults(node.items as Node, `${place}[]`));
	}
	if (
		node.type === "integer" &&
		(node.minimum === undefined || node.maximum === undefined)
	)
		found.push(`${place}: integer without bounds`);
	if (
		node.enum !== undefined &&
		(node.type !== "string" ||
			(node.enum as unknown[]).some(
				(value) => typeof value !== "string" || value === "",
			))
	)
		found.push(`${place}: enum of other than texts`);
	for (const name of (node.required as string[] | undefined) ?? [])
		if (!Object.hasOwn((node.properties as Node | undefined) ?? {}, name))
			found.push(`${place}: requires "${name}", which it does not have`);
	for (const [name, part] of Object.entries(node.properties ?? {})) {
		if (!/^[a-z_]{1,64}$/.test(name)) found.push(`${place}: name "${name}"`);
		found.push(...faults(part as Node, `${place}.${name}`));
	}
	return found;
}

test.each(named)("%s takes arguments that every client accepts", (_, tool) => {
	expect(tool.inputSchema.type).toBe("object");
	expect(faults(tool.inputSchema, "arguments")).toEqual([]);
	expect(depth(tool.inputSchema)).toBeLessThanOrEqual(5);
});

/** Levels of objects; OpenAI takes five. */
function depth(node: Node): number {
	const inside = [
		...Object.values((node.properties as Node | undefined) ?? {}),
		...(node.items === undefined ? [] : [node.items]),
	].map((part) => depth(part as Node));
	return (node.type === "object" ? 1 : 0) + Math.max(0, ...inside);
}

test.each(named)("%s has a loose output schema", (_, tool) => {
	expect(tool.outputSchema.type).toBe("object");
	// An error's `{error}` must fit as well: clients check errors too.
	expect(tool.outputSchema.required).toBeUndefined();
	const text = JSON.stringify(tool.outputSchema);
	expect(text).not.toMatch(
		/\$ref|\$schema|propertyNames|anyOf|oneOf|allOf|"additionalProperties":false|"type":\[/,
	);
});

test.each(named)("%s is as reviewed", async (name, { needs, ...tool }) => {
	await expect(
		`${JSON.stringify({ ...tool, needs }, null, "\t")}\n`,
	).toMatchFileSnapshot(`../snapshots/${name}.json`);
});

test("there is a reviewed snapshot for each tool and none besides", () => {
	expect(
		readdirSync(new URL("../snapshots", import.meta.url))
			.filter((file) => file.endsWith(".json"))
			.map((file) => file.replace(/\.json$/, ""))
			.sort(),
	).toEqual(listing.map(({ name }) => name).sort());
});

function connection(readOnly: boolean, capabilities: Capabilities): Connection {
	return {
		name: "one",
		vendor: "any",
		title: "Any",
		capabilities,
		policy: { readOnly, hiddenFields: [] },
		undo: true,
		adapter: () => Promise.reject(new Error("not needed for a listing")),
		writes: () => 0,
	};
}

const { capabilities } = localVendor;
const all = new Set(TOOLSETS);

test("a tool that no connection supports is not listed", () => {
	const without = { why: "none here", next: "go elsewhere" } as never;
	const names = (able: Capabilities) =>
		offeredTools(listing, [
			{ connection: connection(false, able), toolsets: all },
		]).map(({ name }) => name);
	expect(names({ ...capabilities, updateView: true })).toContain("update_view");
	expect(names({ ...capabilities, updateView: without })).not.toContain(
		"update_view",
	);
});

test("read-only leaves the reading tools, and a toolset that is off is not listed", () => {
	const reading = offeredTools(listing, [
		{ connection: connection(true, capabilities), toolsets: all },
	]);
	expect(reading.length).toBeGreaterThan(3);
	expect(reading.filter(({ onlyReads }) => !onlyReads)).toEqual([]);
	expect(
		offeredTools(listing, [
			{
				connection: connection(false, capabilities),
				toolsets: new Set(["records"]),
			},
		]).map(({ toolset }) => toolset),
	).not.toContain("views");
});
