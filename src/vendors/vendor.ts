import type { Dispatcher } from "undici";
import type { z } from "zod";
import type { Adapter } from "../core/contract/adapter.js";
import type { Clock } from "../core/contract/clock.js";
import type { Capabilities } from "../core/contract/methods.js";
import type { Log } from "../core/contract/session.js";
import type { Secrets } from "../core/values/secrets.js";

/** A variable that a person sets; README, the manifest and the configuration are made from these. */
export interface Variable {
	readonly name: string;
	readonly title: string;
	readonly description: string;
	readonly secret: boolean;
}

/** What a vendor gets from the program; everything impure comes in here. */
export interface Services {
	/** Name of the connection. */
	readonly connection: string;
	readonly clock: Clock;
	random(): number;
	readonly log: Log;
	/** Takes every token and ticket that the vendor hands out, as soon as there is one. */
	readonly secrets: Secrets;
	/**
	 * undici, loaded when first asked for; a test passes a fake one.
	 * The one for `links` connects to no private address: for URLs that come from outside.
	 */
	dispatcher(to?: "vendor" | "links"): Promise<Dispatcher>;
	/** Absolute; rate buckets and locks of all processes of this person live in it. */
	readonly dataDir: string;
	readonly filesDir: string;
	/**
	 * Ids of this connection's tables that the journal has changes of, and that it has not deleted since.
	 * Absent: there is no journal.
	 */
	knownTables?(): Promise<ReadonlySet<string>>;
	/** IANA name: configured, else the machine's. */
	readonly zone: string;
}

/** The data sheet's cover. Light to load: the adapter itself comes with `connect`. */
export interface Vendor<Config = unknown> {
	readonly id: string;
	/** Strict: a misspelled key stops the start. */
	readonly config: z.ZodType<Config>;
	readonly variables: readonly Variable[];
	/** What a person searches for in a list of extensions. */
	readonly keywords: readonly string[];
	/** The connections that the environment asks for: name → input of `config`. Empty values count as unset. */
	fromEnvironment(
		environment: Readonly<Record<string, string | undefined>>,
	): Readonly<Record<string, unknown>>;
	/** Product name of this configuration, for people. */
	title(config: Config): string;
	readonly capabilities: Capabilities;
	connect(config: Config, services: Services): Promise<Adapter>;
	/**
	 * A copy of a store that is kept on this machine, at an absolute path where nothing is yet.
	 * Absent: the tables are with a vendor, which keeps its own copies.
	 */
	backup?(
		config: Config,
		services: Pick<Services, "clock" | "dataDir">,
		to: string,
	): Promise<StoreBackup>;
}

/** A copy of a store, and what is in it. */
export interface StoreBackup {
	/** Absolute path of the store's file. */
	readonly from: string;
	/** Absolute path of the copy. */
	readonly file: string;
	readonly bytes: number;
	readonly bases: number;
	readonly tables: number;
	readonly records: number;
	readonly attachments: {
		/** Folder of the store's attachments. */
		readonly from: string;
		/** Folder of the copies. Absent: there are none. */
		readonly folder?: string;
		readonly count: number;
		readonly bytes: number;
		/** Known to the store, and their files are gone. */
		readonly missing: number;
	};
}
