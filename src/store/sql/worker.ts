import { parentPort, workerData } from "node:worker_threads";
import type { SqlFault } from "../../core/contract/sql.js";
import type { Done, Reply, Request, ThreadData } from "./messages.js";
import { type Engine, loadEngine } from "./module.js";
import { openStatement, type Statement } from "./statement.js";

main();

/** The engine's thread: one statement at a time, from its tables to its rows. */
function main(): void {
	const { flag } = workerData as ThreadData;
	const stop = new Int32Array(flag);
	const shouldEnd = () => Atomics.load(stop, 0) !== 0;
	const post = (reply: Reply) => parentPort?.postMessage(reply);
	const loading = loadEngine();
	let statement: Statement | undefined;
	const close = () => {
		statement?.close();
		statement = undefined;
	};
	const answer = (engine: Engine, request: Request): Done | SqlFault => {
		if (request.do !== "open") {
			if (request.do === "load")
				return statement?.load(request.table, request.rows) ?? {};
			if (request.do === "run")
				return statement?.run(request.most, (rows) => post({ rows })) ?? {};
			close();
			return {};
		}
		close();
		const opened = openStatement(engine, request.question, shouldEnd);
		if ("fault" in opened) return opened;
		statement = opened;
		const { used, columns, functions, origins } = opened;
		return { used, columns, functions, origins };
	};
	parentPort?.on("message", async (request: Request) => {
		const engine = await loading;
		post({ done: answer(engine, request) });
	});
}
