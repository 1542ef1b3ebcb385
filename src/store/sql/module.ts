import init, {
	type Database,
	type Sqlite3Static,
} from "@sqlite.org/sqlite-wasm";
import bytes from "@sqlite.org/sqlite-wasm/sqlite3.wasm";
import { withPlainNumbers } from "./plain-numbers.js";

/** SQLite as it is loaded in a thread. */
export type Sqlite3 = Sqlite3Static;
export type { Database };

/** SQLite, and how often this machine's clock or zone was asked since it was loaded. */
export interface Engine {
	readonly sqlite: Sqlite3;
	timesAsked(): number;
}

type Imports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Received = (instance: WebAssembly.Instance) => void;

/** The import by which `localtime` and `utc` learn this machine's zone. */
const ZONE = "_localtime_js";

/** Loads it from the bytes at hand; it prints nothing: what it would say of a failed statement is that statement. */
export async function loadEngine(): Promise<Engine> {
	const silent = () => {};
	const program = withPlainNumbers(bytes);
	let zonesAsked = 0;
	/** With an import that counts who asks for the zone. */
	const instantiateWasm = ({ env, ...others }: Imports, received: Received) => {
		const zone = env?.[ZONE];
		if (typeof zone !== "function") throw new Error(`SQLite has no ${ZONE}`);
		const counted = (...of: unknown[]): unknown => {
			zonesAsked++;
			return zone(...of);
		};
		const imports = { ...others, env: { ...env, [ZONE]: counted } };
		void WebAssembly.instantiate(program, imports).then(({ instance }) =>
			received(instance),
		);
	};
	const load = init as (options: object) => Promise<Sqlite3>;
	const sqlite = await load({
		instantiateWasm,
		print: silent,
		printErr: silent,
	});
	Object.assign(sqlite.config, {
		warn: silent,
		error: silent,
		log: silent,
		debug: silent,
	});
	const clockAsked = watchClock(sqlite);
	return { sqlite, timesAsked: () => clockAsked() + zonesAsked };
}

/** SQLite's own clock is that of another zone: who asks it gets nothing, and is counted. */
function watchClock({ capi }: Sqlite3): () => number {
	let asked = 0;
	// Kept for ever: what is installed goes with it.
	const system = new capi.sqlite3_vfs(capi.sqlite3_vfs_find(null as never));
	system.installMethod("xCurrentTimeInt64", () => {
		asked++;
		return capi.SQLITE_ERROR;
	});
	return () => (system.pointer === undefined ? 0 : asked);
}
