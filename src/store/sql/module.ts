import init, {
	type Database,
	type Sqlite3Static,
} from "@sqlite.org/sqlite-wasm";
import bytes from "@sqlite.org/sqlite-wasm/sqlite3.wasm";

/** SQLite as it is loaded in a thread. */
export type Sqlite3 = Sqlite3Static;
export type { Database };

/** SQLite, and how often its own clock was asked since it was loaded. */
export interface Engine {
	readonly sqlite: Sqlite3;
	timesAsked(): number;
}

/** Loads it from the bytes at hand; it prints nothing: what it would say of a failed statement is that statement. */
export async function loadEngine(): Promise<Engine> {
	const silent = () => {};
	const load = init as (options: object) => Promise<Sqlite3>;
	const sqlite = await load({
		wasmBinary: bytes,
		print: silent,
		printErr: silent,
	});
	Object.assign(sqlite.config, {
		warn: silent,
		error: silent,
		log: silent,
		debug: silent,
	});
	return { sqlite, timesAsked: watchClock(sqlite) };
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
