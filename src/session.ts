import type { Dispatcher } from "undici";
import type { Config, ConfiguredConnection } from "./config.js";
import type { LogLevel } from "./config-file.js";
import type { Adapter } from "./core/contract/adapter.js";
import type { Clock } from "./core/contract/clock.js";
import type { Journal } from "./core/contract/journal.js";
import {
	type Connection,
	LOCAL_PERSON,
	type Log,
	type OpenedBases,
	type Session,
} from "./core/contract/session.js";
import { countWrites } from "./core/places/count-writes.js";
import { guard } from "./core/places/guard.js";
import { namesBase } from "./core/places/rules.js";
import { withHalvedPages } from "./core/read/halved-pages.js";
import { defined } from "./core/values/defined.js";
import type { Secrets } from "./core/values/secrets.js";
import { tablesInJournal } from "./core/write/journal-tables.js";
import { fenceMemory } from "./store/fence-memory.js";
import { folderFiles } from "./store/files/index.js";
import { fileJournal, type Owner } from "./store/journal.js";
import { fileLocks } from "./store/lock.js";
import { fileLosses } from "./store/losses.js";
import { openedBases } from "./store/opened.js";
import { provenForms } from "./store/proven-forms.js";
import { fileRefusals } from "./store/refusals.js";
import { sqlEngine } from "./store/sql/engine.js";

/** What the program takes from the machine it runs on; tests pass their own. */
export interface Runtime {
	readonly clock: Clock;
	random(): number;
	uuid(): string;
	readonly owner: Owner;
	readonly log: Log;
	readonly secrets: Secrets;
	dispatcher(to?: "vendor" | "links"): Promise<Dispatcher>;
	/** Where the program of the SQL engine's thread is. */
	readonly sqlWorker: URL;
	join(...parts: string[]): string;
}

export interface OpenSession {
	readonly session: Session;
	close(): Promise<void>;
}

/** Everything that lives as long as the process. Vendors load with the first call that needs them. */
export function openSession(config: Config, runtime: Runtime): OpenSession {
	const { clock, log, join } = runtime;
	const opened: Promise<Adapter>[] = [];
	const journal = fileJournal(
		join(config.dataDir, "journal"),
		clock,
		runtime.owner,
	);
	const sql = sqlEngine(clock, runtime.sqlWorker);
	const connections = new Map(
		config.connections.map((configured): [string, Connection] => [
			configured.name,
			connectionOf(configured, config, { ...runtime, journal }, (adapter) =>
				opened.push(adapter),
			),
		]),
	);
	return {
		session: {
			clock,
			random: runtime.random,
			uuid: runtime.uuid,
			log,
			connections,
			person: LOCAL_PERSON,
			journal,
			opened: allowedOnly(openedBases(config.dataDir), connections),
			provenForms: provenForms(config.dataDir, clock),
			locks: fileLocks(join(config.dataDir, "locks"), clock, runtime.owner),
			refusals: fileRefusals(join(config.dataDir, "refusals"), clock),
			zone: config.zone,
			losses: fileLosses(join(config.dataDir, "losses"), clock),
			consent: config.consent,
			files: folderFiles(config.filesDir, join(config.dataDir, "imports")),
			sql,
			dataDir: config.dataDir,
			memory: new Map(),
		},
		async close() {
			await sql.close();
			for (const adapter of await Promise.allSettled(opened))
				if (adapter.status === "fulfilled") await adapter.value.close?.();
			await journal.close();
		},
	};
}

interface ConnectionRuntime extends Runtime {
	readonly journal: Journal;
}

/** A connection whose vendor is loaded with the first call; after a failure the next call tries again. */
function connectionOf(
	configured: ConfiguredConnection,
	config: Config,
	runtime: ConnectionRuntime,
	opening: (adapter: Promise<Adapter>) => void,
): Connection {
	const { name, vendor, config: own, policy, undo, me } = configured;
	let adapter: Promise<Adapter> | undefined;
	let writes = 0;
	const wrote = () => {
		writes++;
	};
	return {
		name,
		vendor: vendor.id,
		title: vendor.title(own),
		capabilities: vendor.capabilities,
		policy,
		undo,
		...defined({ me }),
		adapter() {
			if (adapter === undefined) {
				adapter = connect(configured, config, runtime).then((connected) =>
					countWrites(connected, wrote),
				);
				adapter.catch(() => {
					adapter = undefined;
				});
				opening(adapter);
			}
			return adapter;
		},
		writes: () => writes,
	};
}

async function connect(
	{ name, vendor, config: own, policy }: ConfiguredConnection,
	config: Config,
	{ clock, log, random, dispatcher, journal, secrets }: ConnectionRuntime,
): Promise<Adapter> {
	const adapter = await vendor.connect(own, {
		connection: name,
		clock,
		random,
		log,
		secrets,
		dispatcher,
		dataDir: config.dataDir,
		filesDir: config.filesDir,
		zone: config.zone(),
		knownTables: () => tablesInJournal(journal, name),
	});
	return guard(withHalvedPages(adapter), policy, {
		clock,
		memory: fenceMemory(config.dataDir, name),
		log,
		connection: name,
	});
}

/** Remembered bases without those that the policy does not name: of one that no listing shows only the id is known. */
function allowedOnly(
	opened: OpenedBases,
	connections: ReadonlyMap<string, Connection>,
): OpenedBases {
	return {
		...opened,
		async of(connection) {
			const rules = connections.get(connection)?.policy.bases;
			const all = await opened.of(connection);
			return rules === undefined
				? all
				: all.filter((id) =>
						rules.some((rule) => namesBase(rule, { id, name: null })),
					);
		},
	};
}

const ORDER: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/** Lines for stderr at and above a level, without secrets. */
export function makeLog(
	level: LogLevel,
	redact: (text: string) => string,
	write: (line: string) => void,
): Log {
	return (at, message) => {
		if (ORDER.indexOf(at) >= ORDER.indexOf(level))
			write(`tables-mcp ${at}: ${redact(message)}\n`);
	};
}
