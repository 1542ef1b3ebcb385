import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { BatchSent, Op, Settled } from "../contract/journal.js";
import { stopsEverything } from "../contract/machine-failures.js";
import type { WrittenRow } from "../contract/records.js";
import { defined } from "../values/defined.js";
import { type Batch, planBatches } from "./batches.js";
import { BLAMES_RECORD, HOPELESS, LEAVES_UNKNOWN, STOPS } from "./failures.js";
import { findOutcome, leaveUnknown } from "./find-outcome.js";
import { LAG_MS } from "./just-made.js";
import type { LiveChange } from "./live-change.js";
import { sendOnce } from "./send-once.js";
import {
	type KeptValues,
	type ValuesBefore,
	valuesBefore,
} from "./values-before.js";
import { verifyAnswer } from "./verify-answer.js";
import { lockForWrite } from "./write-locks.js";

/** How the ops of a change are sent. */
export interface SendOptions extends KeptValues {
	/** Imports: the ops go into the journal with their batch. */
	readonly carriesOps?: boolean;
	/** Called after each batch with how many ops it settled. */
	settled?(count: number): void;
}

/** Sends ops batch by batch until done, stopped, cancelled or out of time. */
export async function sendOps(
	change: LiveChange,
	ops: readonly Op[],
	options: SendOptions,
): Promise<void> {
	const readBefore = await valuesBefore(
		change.located,
		ops,
		options,
		change.running.call,
	);
	for (const batch of planBatches(change.located, ops)) {
		if (change.stopped === undefined) change.stopInTime();
		if (change.stopped !== undefined) return;
		await sendBatch(
			change,
			{ ...batch, carriesOps: options.carriesOps ?? false },
			readBefore,
		);
		if (change.stopped === undefined) options.settled?.(batch.ops.length);
	}
}

/** A batch that an earlier call sent and that was never answered: finds out, and sends what is missing. */
export async function settleEarlier(
	change: LiveChange,
	sent: BatchSent,
	ops: readonly Op[],
): Promise<void> {
	const release = await lockForWrite(change);
	try {
		await findOutcome(change, sent, ops);
	} finally {
		await release();
	}
}

/** A batch on its way, with what its entry in the journal needs. */
interface Delivery extends Batch {
	readonly carriesOps: boolean;
	readonly before?: BatchSent["before"];
	/** Records that were not found have been given time to appear. */
	readonly waited?: true;
}

async function sendBatch(
	change: LiveChange,
	batch: Delivery,
	readBefore: ValuesBefore,
): Promise<void> {
	let delivery: Delivery;
	let release: () => Promise<void>;
	try {
		delivery = await withValuesBefore(change, batch, readBefore);
		if (delivery.ops.length === 0) return;
		release = await lockForWrite(change);
	} catch (error) {
		// Nothing of this batch was sent; what was done before it must still be reported.
		if (!change.isCancelled && error instanceof TablesError)
			change.stopBy(error);
		else if (change.isCancelled) change.stopInTime();
		else throw error;
		return;
	}
	try {
		await deliver(change, delivery);
	} finally {
		await release();
	}
}

/** Reads what undo will need, and leaves out the ops that this has settled. */
async function withValuesBefore(
	change: LiveChange,
	batch: Delivery,
	readBefore: ValuesBefore,
): Promise<Delivery> {
	const read = await readBefore(batch.kind, batch.ops);
	const settled = read?.settled ?? [];
	if (settled.length > 0) await change.recordUnsent(settled);
	const done = new Set(settled.map(({ index }) => index));
	const ops = batch.ops.filter(({ index }) => !done.has(index));
	return { ...batch, ops, ...defined({ before: read?.cells }) };
}

/** Journals a batch, sends it, and finds out what became of it. The lock is held. */
async function deliver(change: LiveChange, delivery: Delivery): Promise<void> {
	const { kind, ops, carriesOps, before } = delivery;
	const sent = await change.enterSent({
		kind,
		indexes: ops.map(({ index }) => index),
		...defined({ before, ops: carriesOps ? ops : undefined }),
	});
	let written: readonly WrittenRow[] | undefined;
	let results: readonly Settled[];
	try {
		written = await sendOnce(change, delivery, sent.key);
		results = await verifyAnswer(change, delivery, written);
	} catch (error) {
		if (!(error instanceof TablesError))
			leaveUnknown(change, ops, error, written);
		else if (written !== undefined || LEAVES_UNKNOWN.has(error.code))
			await findOutcome(change, sent, ops, { cause: error, written });
		else await refusedBatch(change, delivery, sent.batch, error);
		return;
	}
	await change.record(sent.batch, results);
}

/** The vendor did nothing of a batch, and said why. */
async function refusedBatch(
	change: LiveChange,
	delivery: Delivery,
	batch: number,
	error: TablesError,
): Promise<void> {
	const { kind, ops, carriesOps } = delivery;
	const { atomicBatches } = change.located.adapter;
	if (STOPS.has(error.code) || stopsEverything(error)) {
		await change.record(batch, sameFor(ops, "not_attempted"));
		change.stopBy(error);
	} else if (mayStillAppear(change, delivery, error)) {
		await change.record(batch, []);
		await change.session.clock
			.sleep(LAG_MS, change.running.call.signal)
			.catch(() => {});
		await deliver(change, { kind, ops, carriesOps, waited: true });
	} else if (BLAMES_RECORD.has(error.code) && ops.length > 1 && atomicBatches) {
		await change.record(batch, []);
		await deliverHalves(change, delivery);
	} else {
		await change.record(batch, sameFor(ops, "failed", wordsOf(error)));
		if (HOPELESS.has(error.code)) change.giveUp(error);
	}
}

/** Records that were made just now may not have reached every server of the vendor. */
function mayStillAppear(
	change: LiveChange,
	{ kind, waited }: Delivery,
	error: TablesError,
): boolean {
	return (
		error.code === "not_found" &&
		kind !== "create" &&
		!waited &&
		change.located.adapter.atomicBatches &&
		change.hasTime(LAG_MS)
	);
}

/** Nothing of the batch was done: halves of it find the record that is to blame. */
async function deliverHalves(
	change: LiveChange,
	{ kind, ops, carriesOps, waited }: Delivery,
): Promise<void> {
	const middle = Math.ceil(ops.length / 2);
	for (const half of [ops.slice(0, middle), ops.slice(middle)])
		if (change.stopped === undefined)
			await deliver(change, {
				kind,
				ops: half,
				carriesOps,
				...defined({ waited }),
			});
}

/** One outcome for all ops of a batch. */
function sameFor(
	ops: readonly Op[],
	outcome: Settled["outcome"],
	message?: string,
): readonly Settled[] {
	return ops.map(({ index, id }) => ({
		index,
		outcome,
		...defined({ message, id }),
	}));
}
