import type { BucketUse } from "./buckets.js";
import type { Call, Endpoint } from "./endpoint.js";

/** So many calls in a time, as the vendor allows or one connection may use. */
export interface PacedRate {
	readonly calls: number;
	readonly perMs: number;
	readonly per: "account" | "base" | "table";
	readonly kind: "read" | "write" | "any";
	/** Only endpoints that name it are counted; absent: all of its kind. */
	readonly pace?: string;
}

/** What the calls of one account are paced by. */
export interface Paced {
	/** Names this account's buckets; holds no secret. */
	readonly account: string;
	readonly rates: readonly PacedRate[];
}

/** The buckets that a call draws from. */
export function usesOf(
	endpoint: Endpoint,
	call: Call,
	{ account, rates }: Paced,
): readonly BucketUse[] {
	return rates
		.filter(({ kind, pace }) =>
			endpoint.pace === undefined
				? pace === undefined && (kind === "any" || kind === endpoint.kind)
				: pace === endpoint.pace,
		)
		.map((rate) => ({
			name: [
				account,
				rate.pace ?? rate.kind,
				rate.per,
				rate.per === "base"
					? call.base
					: rate.per === "table"
						? call.table
						: "",
			].join("\n"),
			rate,
		}));
}
