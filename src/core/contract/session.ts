import type { Adapter } from "./adapter.js";
import type { Clock } from "./clock.js";
import type { Refusals } from "./consent.js";
import type { Files } from "./files.js";
import type { Journal } from "./journal.js";
import type { Capabilities } from "./methods.js";
import type { Policy } from "./policy.js";

/** Lines on stderr: shapes and ids, never cell values or secrets. */
export type Log = (
	level: "debug" | "info" | "warning" | "error",
	message: string,
) => void;

/** One configured account. */
export interface Connection {
	readonly name: string;
	/** Id of the vendor, for messages. */
	readonly vendor: string;
	/** Product name for people. */
	readonly title: string;
	readonly capabilities: Capabilities;
	readonly policy: Policy;
	/** `me` of the configuration: the account's own person id, for `@me`. */
	readonly me?: string;
	/** Keep values from before a write, so that it can be undone. */
	readonly undo: boolean;
	/** Loads the vendor on first use; already behind the policy's guard. */
	adapter(): Promise<Adapter>;
}

/** Bases once opened by URL, for vendors that cannot list them; kept in the data folder. */
export interface OpenedBases {
	of(connection: string): Promise<readonly string[]>;
	add(connection: string, base: string): Promise<void>;
}

/** Locks over all processes of this person; one that is held by a killed process becomes free. */
export interface Locks {
	/** Waits for its turn. Call the answer to release. */
	acquire(name: string, signal?: AbortSignal): Promise<() => Promise<void>>;
}

/** Everything that lives as long as the process; made by `cli.ts`, passed to every tool. */
export interface Session {
	readonly clock: Clock;
	/** 0 ≤ x < 1. */
	random(): number;
	/** A new UUID v4. */
	uuid(): string;
	readonly log: Log;
	/** In the order of configuration. */
	readonly connections: ReadonlyMap<string, Connection>;
	readonly journal: Journal;
	readonly opened: OpenedBases;
	readonly locks: Locks;
	readonly refusals: Refusals;
	/** The only folder that files may touch. */
	readonly files: Files;
	/** Absolute path of the data folder. */
	readonly dataDir: string;
	/** State that caches hang on, keyed by the module that owns it; lives and dies with the session. */
	readonly memory: Map<symbol, unknown>;
}
