/** The build puts the bytes of the engine into the file of its thread: there is nothing to find, and nothing to forget. */
declare module "@sqlite.org/sqlite-wasm/sqlite3.wasm" {
	const bytes: Uint8Array;
	export default bytes;
}

/** What this program uses of it; Node's own types leave it out. */
declare namespace WebAssembly {
	interface Instance {
		readonly exports: object;
	}
	function instantiate(
		bytes: Uint8Array,
		imports: object,
	): Promise<{ readonly instance: Instance }>;
}
