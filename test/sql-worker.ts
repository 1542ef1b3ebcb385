/** The program of the SQL engine's thread as it was built: it needs the engine's bytes, which the build puts into it. */
export const SQL_WORKER = new URL("../dist/sql-worker.mjs", import.meta.url);
