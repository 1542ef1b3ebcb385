import type { Worker } from "node:worker_threads";
import type { Clock } from "../../core/contract/clock.js";
import { TablesError } from "../../core/contract/errors.js";
import type {
	SqlFault,
	SqlValue,
	SqlWaiting,
} from "../../core/contract/sql.js";
import type { Done, Reply, Request, ThreadData } from "./messages.js";

/**
 * A statement that is told to end has this long: inside one operation, such as a regular expression, the engine does
 * not listen, and its thread is ended.
 */
const GRACE_MS = 200;

/** What JavaScript values in the thread may take; the engine's own memory is limited beside it. */
const HEAP_MB = 256;

/** What a request came to. */
export interface Answered {
	readonly rows: readonly (readonly SqlValue[])[];
	readonly done: Done | SqlFault;
}

/** One thread with the engine in it. */
export interface Thread {
	/** false: it has ended, and a new one is needed. */
	isAlive(): boolean;
	/** One request at a time: the next one waits. */
	ask(request: Request, waiting: SqlWaiting): Promise<Answered>;
	end(): Promise<void>;
}

/** Starts a thread; it keeps the process alive only while a request is under way. */
export async function startThread(file: URL, clock: Clock): Promise<Thread> {
	const { Worker } = await import("node:worker_threads");
	const flag = new SharedArrayBuffer(4);
	const worker = new Worker(file, {
		workerData: { flag } satisfies ThreadData,
		resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
		env: {},
		stdout: true,
		stderr: true,
	});
	worker.unref();
	let alive = true;
	worker.once("exit", () => {
		alive = false;
	});
	// Without a listener it would end the process; who asks hears of it as well.
	worker.on("error", () => {});
	const stop = new Int32Array(flag);
	const end = async () => {
		alive = false;
		await worker.terminate();
	};
	let last: Promise<unknown> = Promise.resolve();
	return {
		isAlive: () => alive,
		end,
		ask(request, waiting) {
			const answer = last.then(() =>
				asked(
					{ worker, stop, clock, end, alive: () => alive },
					request,
					waiting,
				),
			);
			last = answer.catch(() => {});
			return answer;
		},
	};
}

interface Running {
	readonly worker: Worker;
	readonly stop: Int32Array;
	readonly clock: Clock;
	alive(): boolean;
	end(): Promise<void>;
}

async function asked(
	running: Running,
	request: Request,
	{ signal, untilMs }: SqlWaiting,
): Promise<Answered> {
	signal?.throwIfAborted();
	if (!running.alive()) throw ended();
	const { worker, stop, clock } = running;
	const over = new AbortController();
	const toEnd = () => endStatement(running, over.signal);
	Atomics.store(stop, 0, 0);
	clock.sleep(untilMs - clock.now(), over.signal).then(toEnd, () => {});
	signal?.addEventListener("abort", toEnd, { once: true });
	worker.ref();
	try {
		const answered = await answerOf(worker, request);
		signal?.throwIfAborted();
		return answered;
	} catch (error) {
		signal?.throwIfAborted();
		if (Atomics.load(stop, 0) !== 0) return { rows: [], done: LATE };
		throw error;
	} finally {
		over.abort();
		signal?.removeEventListener("abort", toEnd);
		worker.unref();
	}
}

const LATE: SqlFault = {
	fault: "late",
	message: "the statement was still running when its time was over",
};

/** Asks the statement to end, then ends its thread. */
function endStatement({ stop, clock, end }: Running, over: AbortSignal): void {
	if (over.aborted) return;
	Atomics.store(stop, 0, 1);
	clock.sleep(GRACE_MS, over).then(end, () => {});
}

function answerOf(worker: Worker, request: Request): Promise<Answered> {
	return new Promise((resolve, reject) => {
		const rows: (readonly SqlValue[])[] = [];
		const heard = (reply: Reply) => {
			if ("rows" in reply) {
				for (const row of reply.rows) rows.push(row);
				return;
			}
			finish();
			resolve({ rows, done: reply.done });
		};
		const failed = (error: Error & { readonly code?: string }) => {
			finish();
			if (error.code === "ERR_WORKER_OUT_OF_MEMORY")
				resolve({ rows: [], done: NO_ROOM });
			else reject(failing(error));
		};
		const exited = () => {
			finish();
			reject(ended());
		};
		const finish = () => {
			worker.off("message", heard);
			worker.off("error", failed);
			worker.off("exit", exited);
		};
		worker.on("message", heard);
		worker.on("error", failed);
		worker.on("exit", exited);
		worker.postMessage(request);
	});
}

const NO_ROOM: SqlFault = {
	fault: "too_large",
	message: "the statement needs more memory than it may have",
};

/** The statement's thread is gone. */
export function ended(): TablesError {
	return new TablesError("busy", "the SQL engine was ended", {
		next: "Call again.",
	});
}

function failing(cause: Error): TablesError {
	return new TablesError("broken", `the SQL engine failed: ${cause.message}`, {
		next: "Put the statement in other words, or use query_records.",
		cause,
	});
}
