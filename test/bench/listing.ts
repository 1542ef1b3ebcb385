import { tools } from "../../src/tools/index.js";
import {
	asListed,
	type ListedTool,
	makeListing,
} from "../../src/tools/listing.js";
import { DEFAULT_TOOLSETS } from "../../src/tools/tool.js";
import type { Measurement } from "./measurement.js";

/** Tokens (bytes / 4) of the default tools, beside those of every toolset. */
export async function measureListing(): Promise<readonly Measurement[]> {
	const listing = makeListing(tools);
	const on = listing.filter(({ toolset }) =>
		DEFAULT_TOOLSETS.includes(toolset),
	);
	const reading = (some: readonly ListedTool[]) =>
		some.filter((tool) => tool.onlyReads);
	const read = (some: readonly ListedTool[]) =>
		tokens(
			some.map(({ name, description, inputSchema }) => ({
				name,
				description,
				inputSchema,
			})),
		);
	const whole = (some: readonly ListedTool[]) => tokens(some.map(asListed));
	const figure = (
		what: string,
		size: (some: readonly ListedTool[]) => number,
		some: readonly ListedTool[],
		budget: number,
	): Measurement => ({
		what,
		unit: "tokens",
		measured: size(some),
		reference: size(some === on ? listing : reading(listing)),
		against: "all toolsets",
		budget,
	});
	return [
		figure("tools/list, what a model reads", read, on, 4_500),
		figure("tools/list, read-only", read, reading(on), 2_000),
		figure("tools/list, the whole listing", whole, on, 6_500),
	];
}

function tokens(value: unknown): number {
	return Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);
}
