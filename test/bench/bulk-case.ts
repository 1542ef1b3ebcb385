import type { VirtualClock } from "../clock.js";
import type { Fake, FaultPlan } from "../fakes/fake.js";

export type Work = "create" | "update" | "delete" | "read";

/** A vendor's fake that enforces its documented limits, what those limits allow, and how peers do the same work. */
export interface BulkCase {
	readonly what: string;
	readonly callsPerSecond: Readonly<Record<Work, number>>;
	readonly rowsPerCall: Readonly<Record<Work, number>>;
	/** Records written, and records in the table that is read whole. */
	readonly rows: Readonly<Record<"write" | "read", number>>;
	/** How long each answer takes. */
	readonly latencyMs: number;
	open(clock: VirtualClock): OpenedFake;
}

export interface OpenedFake {
	/** By origin. */
	readonly fakes: Readonly<Record<string, Fake>>;
	/** Of its configuration file, beside the vendor. */
	readonly connection: Readonly<Record<string, unknown>>;
	/** References of an empty table with Title (text) and Amount (number), of another for the peer, and of a full one. */
	readonly tables: Readonly<Record<"empty" | "peer" | "full", string>>;
	/** Calls refused for their rate so far. */
	throttled(): number;
	readonly peer: PeerOfVendor;
}

/** One HTTP call of a peer. */
export interface PeerCall {
	readonly method: string;
	readonly path: string;
	readonly query?: string;
	readonly json?: unknown;
}

/** How a widely used server for the same vendor works. */
export interface PeerOfVendor {
	readonly origin: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Records or rows of one call. */
	readonly rowsPerCall: Readonly<Record<Work, number>>;
	/** After each answer. */
	readonly pauseMs: number;
	/** In words. */
	readonly habit: Readonly<Record<Work, string>>;
	create(rows: readonly Cells[]): PeerCall;
	update(ids: readonly string[]): PeerCall;
	delete(ids: readonly string[]): PeerCall;
	read(cursor: string | undefined): PeerCall;
	/** Ids of what was made. */
	made(answer: unknown): readonly string[];
	page(
		answer: unknown,
		cursor: string | undefined,
	): { readonly rows: number; readonly next: string | undefined };
	/** Was the call refused for its rate? */
	isThrottled(status: number, answer: unknown): boolean;
}

export type Cells = Readonly<Record<"Title" | "Amount", unknown>>;

export function rowsOf(count: number): Cells[] {
	return Array.from({ length: count }, (_, index) => ({
		Title: `Row ${index}`,
		Amount: index,
	}));
}

export const late = (delayMs: number): { readonly fault?: FaultPlan } =>
	delayMs === 0 ? {} : { fault: () => ({ when: "after", delayMs }) };

export const PAUSE_MS = 200;
export const ONE_BY_ONE = {
	create: "one record a call, 200 ms pause",
	update: "one record a call, 200 ms pause",
	delete: "one record a call, 200 ms pause",
	read: "page after page, 200 ms pause",
} as const;
export const IN_BATCHES = {
	create: "100 records a call, 200 ms pause",
	update: "100 records a call, 200 ms pause",
	delete: "100 records a call, 200 ms pause",
	read: "page after page, 200 ms pause",
} as const;
export const ANY = (calls: number) => ({
	create: calls,
	update: calls,
	delete: calls,
	read: calls,
});

export const field = (value: unknown, name: string): unknown =>
	(value as Record<string, unknown> | null | undefined)?.[name];
export const listOf = (value: unknown): readonly unknown[] =>
	Array.isArray(value) ? value : [];
