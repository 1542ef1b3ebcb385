import type { CallContext } from "../contract/call-context.js";
import { sentence } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type {
	BatchSent,
	ChangeWriter,
	Op,
	OpKind,
	Settled,
} from "../contract/journal.js";
import type { WrittenRow } from "../contract/records.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { type BeforeReader, beforeReader } from "./before.js";
import { released } from "./carry-out.js";
import type { RunOptions } from "./ledger.js";
import { enter, finish, type Ledger } from "./ledger.js";
import { call, judge } from "./send.js";
import {
	BATCH_MARGIN_MS,
	BLAMES_RECORD,
	HOPELESS,
	LAG_MS,
	leaveUnknown,
	settle,
} from "./settle.js";

/** Failures that stop the whole change with nothing done: another call can go on. */
export const STOPS: ReadonlySet<string> = new Set([
	"throttled",
	"busy",
	"auth",
	"quota_spent",
	"unreachable",
	"cancelled",
	"conflict",
]);

/** Splits by kind and by the vendor's maximum and body size; order is kept. */
export function planBatches(
	located: Located,
	ops: readonly Op[],
): readonly { readonly kind: OpKind; readonly ops: readonly Op[] }[] {
	const { limits } = located.adapter;
	const batches: { kind: OpKind; ops: Op[] }[] = [];
	let bytes = 0;
	for (const op of ops) {
		const last = batches.at(-1);
		const size =
			limits.bodyBytes === undefined
				? 0
				: Buffer.byteLength(JSON.stringify(op.cells)) + 64;
		if (
			last !== undefined &&
			last.kind === op.kind &&
			last.ops.length < limits.batch[op.kind] &&
			bytes + size <= (limits.bodyBytes ?? Number.POSITIVE_INFINITY)
		) {
			last.ops.push(op);
			bytes += size;
		} else {
			batches.push({ kind: op.kind, ops: [op] });
			bytes = size;
		}
	}
	return batches;
}

/** Sends ops batch by batch until done, stopped, cancelled or out of time. */
export async function runOps(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	ops: readonly Op[],
	running: Running,
	options: RunOptions,
): Promise<void> {
	const batches = planBatches(located, ops);
	const before = beforeReader(located, ops, options, running.call);
	for (const { kind, ops: part } of batches) {
		if (ledger.stopped !== undefined) return;
		if (running.call.signal?.aborted) {
			ledger.cancelled = true;
			ledger.stopped = "the call was cancelled";
			return;
		}
		if (session.clock.now() > running.deadlineMs() - BATCH_MARGIN_MS) {
			ledger.stopped = "the time of one call was over";
			return;
		}
		await sendBatch(
			session,
			located,
			writer,
			ledger,
			kind,
			part,
			running,
			options,
			before,
		);
		if (ledger.stopped === undefined) options.settled?.(part.length);
	}
}

/** A batch that an earlier call sent and that was never answered: finds out, and sends what is missing. */
export async function settleBatch(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	batch: BatchSent,
	ops: readonly Op[],
	running: Running,
): Promise<void> {
	const release = await lock(session, located, running.call);
	try {
		await settle(
			session,
			located,
			writer,
			ledger,
			batch,
			ops,
			running,
			undefined,
		);
	} finally {
		await released(session, release, (note) => ledger.notes.add(note));
	}
}

async function sendBatch(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	kind: OpKind,
	ops: readonly Op[],
	running: Running,
	options: RunOptions,
	readBefore: BeforeReader,
): Promise<void> {
	let before: BatchSent["before"];
	let there = ops;
	let release: () => Promise<void>;
	try {
		const read = await readBefore(kind, ops);
		before = read?.cells;
		if (read !== undefined && read.settled.length > 0) {
			const settled = new Set(read.settled.map(({ index }) => index));
			there = ops.filter(({ index }) => !settled.has(index));
			await finish(
				writer,
				ledger,
				{ change: writer.change, batch: ledger.batches++ },
				read.settled,
			);
		}
		if (there.length === 0) return;
		release = await lock(session, located, running.call);
	} catch (error) {
		// Nothing of this batch was sent; what was done before it must still be told.
		if (running.call.signal?.aborted) {
			ledger.cancelled = true;
			ledger.stopped = "the call was cancelled";
		} else if (error instanceof TablesError) ledger.stopped = sentence(error);
		else throw error;
		return;
	}
	try {
		await deliver(
			session,
			located,
			writer,
			ledger,
			kind,
			there,
			running,
			options,
			before,
		);
	} finally {
		await released(session, release, (note) => ledger.notes.add(note));
	}
}

/** Journals a batch, sends it, and finds out what became of it. The lock is held. */
async function deliver(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	kind: OpKind,
	ops: readonly Op[],
	running: Running,
	options: RunOptions,
	before?: BatchSent["before"],
): Promise<void> {
	const sent: BatchSent = {
		type: "sent",
		change: writer.change,
		batch: ledger.batches++,
		kind,
		indexes: ops.map(({ index }) => index),
		key: session.uuid(),
		atMs: session.clock.now(),
		...(before === undefined ? {} : { before }),
		...(options.carriesOps ? { ops } : {}),
		...(options.offset === undefined ? {} : { offset: options.offset }),
	};
	await enter(writer, sent);
	let written: readonly WrittenRow[] | undefined;
	let results: readonly Settled[];
	try {
		written = await call(session, located, kind, ops, running, sent.key);
		results = await judge(
			{ located, kind, proven: ledger.proven, context: running.call },
			ops,
			written,
		);
	} catch (error) {
		if (!(error instanceof TablesError))
			leaveUnknown({ session, running, ledger }, ops, error, written);
		else if (written !== undefined)
			await settle(
				session,
				located,
				writer,
				ledger,
				sent,
				ops,
				running,
				error,
				written,
			);
		else
			await fail(
				session,
				located,
				writer,
				ledger,
				sent,
				ops,
				running,
				error,
				options,
			);
		return;
	}
	await finish(writer, ledger, sent, results);
}

async function fail(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	sent: BatchSent,
	ops: readonly Op[],
	running: Running,
	error: TablesError,
	options: RunOptions,
): Promise<void> {
	if (error.code === "outcome_unknown" || error.code === "duplicate_token") {
		await settle(session, located, writer, ledger, sent, ops, running, error);
		return;
	}
	if (STOPS.has(error.code)) {
		await finish(
			writer,
			ledger,
			sent,
			ops.map(({ index, id }) => ({
				index,
				outcome: "not_attempted",
				...(id === undefined ? {} : { id }),
			})),
		);
		ledger.stopped = sentence(error);
		return;
	}
	if (
		error.code === "not_found" &&
		sent.kind !== "create" &&
		!options.waited &&
		located.adapter.atomicBatches &&
		session.clock.now() + LAG_MS < running.deadlineMs() - BATCH_MARGIN_MS
	) {
		// Records that were made just now may not have reached every server of the vendor.
		await finish(writer, ledger, sent, []);
		await session.clock.sleep(LAG_MS, running.call.signal).catch(() => {});
		const { offset: _, ...again } = options;
		await deliver(session, located, writer, ledger, sent.kind, ops, running, {
			...again,
			waited: true,
		});
		return;
	}
	if (
		BLAMES_RECORD.has(error.code) &&
		ops.length > 1 &&
		located.adapter.atomicBatches
	) {
		// Nothing of the batch was done: halves of it find the record that is to blame.
		await finish(writer, ledger, sent, []);
		const middle = Math.ceil(ops.length / 2);
		const { offset: _, ...bisected } = options;
		for (const half of [ops.slice(0, middle), ops.slice(middle)])
			if (ledger.stopped === undefined)
				await deliver(
					session,
					located,
					writer,
					ledger,
					sent.kind,
					half,
					running,
					bisected,
				);
		return;
	}
	await finish(
		writer,
		ledger,
		sent,
		ops.map(({ index, id }) => ({
			index,
			outcome: "failed",
			message: sentence(error),
			...(id === undefined ? {} : { id }),
		})),
	);
	if (HOPELESS.has(error.code)) ledger.stopped = sentence(error);
}

/** One write at a time where the vendor asks for it, over all processes of this person. */
async function lock(
	session: Session,
	located: Located,
	context: CallContext,
): Promise<() => Promise<void>> {
	const { writes } = located.adapter.limits;
	if (writes === "parallel") return async () => {};
	const { base, table } = located.table.ref;
	const name = [
		located.connection.name,
		base,
		...(writes === "serial-per-table" ? [table] : []),
	].join("\n");
	return session.locks.acquire(name, context.signal);
}
