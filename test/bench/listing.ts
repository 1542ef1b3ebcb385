import { tools } from "../../src/tools/index.js";
import {
	asListed,
	type ListedTool,
	makeListing,
} from "../../src/tools/listing.js";
import { DEFAULT_TOOLSETS } from "../../src/tools/tool.js";
import type { Measurement } from "./measurement.js";

/** Tokens at most, of the default tools: what a model reads, of those that only read, and the whole listing. */
export const LISTING_BUDGETS = {
	read: 4_900,
	readOnly: 2_400,
	whole: 7_100,
} as const;

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
		figure("tools/list, what a model reads", read, on, LISTING_BUDGETS.read),
		figure(
			"tools/list, read-only",
			read,
			reading(on),
			LISTING_BUDGETS.readOnly,
		),
		figure("tools/list, the whole listing", whole, on, LISTING_BUDGETS.whole),
	];
}

function tokens(value: unknown): number {
	return Math.ceil(Buffer.byteLength(JSON.stringify(value)) / 4);
}
