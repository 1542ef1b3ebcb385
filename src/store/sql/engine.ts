import type { Clock } from "../../core/contract/clock.js";
import type {
	SqlEngine,
	SqlStatement,
	SqlWaiting,
} from "../../core/contract/sql.js";
import { ended, startThread, type Thread } from "./thread.js";

/** Statements that are worked on at the same time; the others wait for their turn. */
const MOST_THREADS = 3;

/** A thread without work is ended after this time: the memory of its engine never shrinks. */
const IDLE_MS = 60_000;

/** The engine, whose threads are started from `file` when a statement needs one. */
export function sqlEngine(clock: Clock, file: URL): SqlEngine {
	const threads = openThreads(clock, file);
	return {
		async open(question, waiting) {
			const thread = await threads.take(waiting);
			const release = once(() => threads.give(thread));
			try {
				const { done } = await thread.ask({ do: "open", question }, waiting);
				if ("fault" in done) {
					release();
					return done;
				}
				const { used = [], columns = [], origins = [] } = done;
				const { functions = new Set() } = done;
				const known = { used, columns, functions, origins };
				return statementOn(thread, known, { waiting, release });
			} catch (error) {
				release();
				throw error;
			}
		},
		close: threads.close,
	};
}

function statementOn(
	thread: Thread,
	known: Pick<SqlStatement, "used" | "columns" | "functions" | "origins">,
	{
		waiting,
		release,
	}: { readonly waiting: SqlWaiting; readonly release: () => void },
): SqlStatement {
	let isClosed = false;
	const refuseLate = () => {
		// Another statement may have the thread by now.
		if (isClosed) throw ended();
	};
	return {
		...known,
		async load(table, rows) {
			refuseLate();
			const { done } = await thread.ask({ do: "load", table, rows }, waiting);
			return "fault" in done ? done : undefined;
		},
		async run(most) {
			refuseLate();
			const { rows, done } = await thread.ask({ do: "run", most }, waiting);
			if ("fault" in done) return done;
			return { columns: done.columns ?? [], rows, isCut: done.isCut ?? false };
		},
		close() {
			isClosed = true;
			release();
		},
	};
}

interface Threads {
	/** One that nobody else has. */
	take(waiting: SqlWaiting): Promise<Thread>;
	give(thread: Thread): void;
	close(): Promise<void>;
}

function openThreads(clock: Clock, file: URL): Threads {
	const all = new Set<Thread>();
	const idle: { readonly thread: Thread; readonly kept: AbortController }[] =
		[];
	const waiters: (() => void)[] = [];
	let starting = 0;
	const turn = (signal: AbortSignal | undefined) =>
		new Promise<void>((resolve, reject) => {
			const go = () => {
				signal?.removeEventListener("abort", leave);
				resolve();
			};
			const leave = () => {
				waiters.splice(waiters.indexOf(go), 1);
				reject(signal?.reason);
			};
			waiters.push(go);
			signal?.addEventListener("abort", leave, { once: true });
		});
	const idleThread = () => {
		for (let one = idle.pop(); one !== undefined; one = idle.pop()) {
			one.kept.abort();
			if (one.thread.isAlive()) return one.thread;
			all.delete(one.thread);
		}
		return undefined;
	};
	const forget = async (thread: Thread) => {
		all.delete(thread);
		await thread.end();
	};
	return {
		async take({ signal }) {
			for (;;) {
				signal?.throwIfAborted();
				const kept = idleThread();
				if (kept !== undefined) return kept;
				if (all.size + starting < MOST_THREADS) break;
				await turn(signal);
			}
			starting++;
			try {
				const thread = await startThread(file, clock);
				all.add(thread);
				return thread;
			} finally {
				starting--;
			}
		},
		give(thread) {
			if (thread.isAlive()) {
				const kept = new AbortController();
				const one = { thread, kept };
				idle.push(one);
				forgetTables(thread, clock);
				clock.sleep(IDLE_MS, kept.signal).then(
					() => {
						idle.splice(idle.indexOf(one), 1);
						return forget(thread);
					},
					() => {},
				);
			} else all.delete(thread);
			waiters.shift()?.();
		},
		async close() {
			for (const { kept } of idle.splice(0)) kept.abort();
			await Promise.all([...all].map(forget));
		},
	};
}

/** The next statement finds nothing of this one; a thread that does not answer is ended by it. */
function forgetTables(thread: Thread, clock: Clock): void {
	thread
		.ask({ do: "close" }, { untilMs: clock.now() + IDLE_MS })
		.catch(() => {});
}

function once(work: () => void): () => void {
	let done = false;
	return () => {
		if (done) return;
		done = true;
		work();
	};
}
