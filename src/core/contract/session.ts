import type { Adapter } from "./adapter.js";
import type { Clock } from "./clock.js";
import type { ConsentRule, Refusals } from "./consent.js";
import type { Files } from "./files.js";
import type { Journal } from "./journal.js";
import type { Losses } from "./losses.js";
import type { Capabilities } from "./methods.js";
import type { Policy } from "./policy.js";
import type { SqlEngine } from "./sql.js";

/** Lines on stderr: shapes and ids, never cell values or secrets. */
export type Log = (
	level: "debug" | "info" | "warning" | "error",
	message: string,
) => void;

/** One configured account. */
export interface Connection {
	/** As the configuration and every reference name it; unique. */
	readonly name: string;
	/** Id of the vendor, for messages. */
	readonly vendor: string;
	/** Product name for people. */
	readonly title: string;
	/** What the vendor can do, known before its adapter is loaded. */
	readonly capabilities: Capabilities;
	/** What the adapter's guard enforces; looked at elsewhere only to explain. */
	readonly policy: Policy;
	/**
	 * `me` of the configuration: the account's own person id, for `@me`.
	 * Absent: `@me` is refused with how to set it.
	 */
	readonly me?: string;
	/** Keep values from before a write, so that it can be undone. */
	readonly undo: boolean;
	/**
	 * Loads the vendor on first use; the same adapter every time, already behind the policy's guard. A failure is not
	 * kept: the next call tries again.
	 * @throws TablesError auth or broken where the connection cannot be made from its configuration.
	 */
	adapter(): Promise<Adapter>;
	/** Goes up when a write is begun through this connection and when it has ended: what was read at another number may be old. */
	writes(): number;
}

/** Bases once opened by URL, for vendors that cannot list them; kept in the data folder. */
export interface OpenedBases {
	/** Base ids of one connection, oldest first, those that the policy does not allow left out. Never throws: what cannot be read is empty. */
	of(connection: string): Promise<readonly string[]>;
	/**
	 * Remembers a base; one that is known already costs nothing.
	 * @throws what the file system throws where the data folder cannot be written: the server reports it as a failure of this machine.
	 */
	add(connection: string, base: string): Promise<void>;
}

/** Forms of cells that vendors were seen to keep, so that their answers are believed; kept in the data folder. */
export interface ProvenForms {
	/** Those of one connection of the last 30 days. Never throws: what cannot be read is not proven. */
	of(connection: string): Promise<ReadonlySet<string>>;
	/**
	 * Remembers forms that a read has just shown.
	 * @throws what the file system throws where the data folder cannot be written.
	 */
	add(connection: string, forms: readonly string[]): Promise<void>;
}

/** Locks over all processes of this person; one that is held by a killed process becomes free. */
export interface Locks {
	/**
	 * Waits for its turn, first come first served within a process. Call the answer to release.
	 * @throws the signal's reason where it aborts before the turn, mostly a TablesError cancelled.
	 */
	acquire(name: string, signal?: AbortSignal): Promise<() => Promise<void>>;
}

/** `Session.person` where the server cannot tell its callers apart: whoever may use this process. */
export const LOCAL_PERSON = "local";

/** Everything that lives as long as the process; made by `openSession`, passed to every tool. */
export interface Session {
	/** For all waiting, ages and deadlines. */
	readonly clock: Clock;
	/** 0 ≤ x < 1. */
	random(): number;
	/** A new UUID v4. */
	uuid(): string;
	/** For people who look for a fault; the agent does not see it. */
	readonly log: Log;
	/** By name, in the order of configuration. */
	readonly connections: ReadonlyMap<string, Connection>;
	/** Who calls: a name or hash that is entered with each change, so that nobody sees or undoes another's. */
	readonly person: string;
	/** What was written, for `resume` and undo. */
	readonly journal: Journal;
	/** Bases that no vendor lists. */
	readonly opened: OpenedBases;
	/** How far vendors' answers to writes are believed. */
	readonly provenForms: ProvenForms;
	/** For writes that must not overlap with those of other processes. */
	readonly locks: Locks;
	/** What people said no to lately, over all processes of the data folder. */
	readonly refusals: Refusals;
	/** What was lost in tables lately, over all processes of the data folder. */
	readonly losses: Losses;
	/** When a person is asked; a configuration decides it. */
	readonly consent: ConsentRule;
	/** The only folder that files may touch. */
	readonly files: Files;
	/** Runs statements over rows that were read; loaded when the first one comes. */
	readonly sql: SqlEngine;
	/** IANA name of the zone for times that belong to no table. */
	zone(): string;
	/** Absolute path of the data folder. */
	readonly dataDir: string;
	/** State that caches hang on, keyed by the module that owns it; lives and dies with the session. */
	readonly memory: Map<symbol, unknown>;
}

/** What one module keeps with the session, made when it is first asked for. */
export function remembered<State>(
	{ memory }: Pick<Session, "memory">,
	owner: symbol,
	make: () => State,
): State {
	if (!memory.has(owner)) memory.set(owner, make());
	return memory.get(owner) as State;
}
