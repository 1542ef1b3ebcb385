import type { CallContext, FieldCodec, WrittenRow } from "./adapter.js";
import { need } from "./capability.js";
import type { Located } from "./catalog.js";
import { TablesError } from "./errors.js";
import type { Cell, Field, FieldType } from "./field.js";
import type {
	BatchSent,
	Change,
	ChangeWriter,
	Op,
	OpKind,
	Outcome,
	Settled,
} from "./journal.js";
import { readRowsById, rowsInParts } from "./read.js";
import type { Running, Session } from "./session.js";
import { readBack } from "./settle.js";
import { decodeRow, encodeCells, equalCells } from "./values.js";

/** How the records of a change ended, so far. */
export interface Ledger {
	readonly results: Map<number, Settled>;
	readonly notes: Set<string>;
	/** Number of the next batch. */
	batches: number;
	/** Why the rest was not attempted; absent = nothing stopped it. */
	stopped: string | undefined;
	/** A cancelled call gets no answer; the journal tells. */
	cancelled: boolean;
}

export function newLedger(change?: Change): Ledger {
	return {
		results: new Map(change?.results),
		notes: new Set(),
		batches:
			1 + Math.max(-1, ...(change?.sent ?? []).map(({ batch }) => batch)),
		stopped: undefined,
		cancelled: false,
	};
}

/** A batch is begun only when this much time is left to answer. */
const BATCH_MARGIN_MS = 6_000;
/** A batch under way is waited for until this long before the answer. */
const ANSWER_MARGIN_MS = 1_500;
/** How long a vendor's servers may take to agree on what exists. */
const LAG_MS = 2_500;
const SETTLE_ROUNDS = 5;
const FIRST_WAIT_MS = 1_000;

/** Failures that stop the whole change with nothing done: another call can go on. */
const STOPS: ReadonlySet<string> = new Set([
	"throttled",
	"busy",
	"auth",
	"quota_spent",
	"unreachable",
	"cancelled",
	"conflict",
]);
/** Failures that one record of a batch may have caused. */
const BLAMES_RECORD: ReadonlySet<string> = new Set([
	"bad_value",
	"bad_argument",
	"not_found",
	"too_large",
]);
/** Failures that every further batch would meet as well. */
const HOPELESS: ReadonlySet<string> = new Set([
	"not_allowed",
	"limit_reached",
	"unsupported",
	"broken",
	"internal",
]);

const DONE: Readonly<Record<OpKind, Outcome>> = {
	create: "created",
	update: "updated",
	delete: "deleted",
};

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

export interface RunOptions {
	/** Keeps values from before for undo. */
	readonly undo: boolean;
	/** Rows that were read before anyway, by id. */
	readonly before?: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
	/** Imports: the ops go into the journal with their batch, and the offset behind it. */
	readonly carriesOps?: boolean;
	readonly offset?: number;
	/** Told after each batch how many ops it settled. */
	settled?(count: number): void;
	/** Records that were not found have been given time to appear. */
	readonly waited?: true;
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
		await release();
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
			await settleUnsent(writer, ledger, read.settled);
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
		await release();
	}
}

/** Records about which nothing need be sent. */
async function settleUnsent(
	writer: ChangeWriter,
	ledger: Ledger,
	results: readonly Settled[],
): Promise<void> {
	await writer.append({
		type: "done",
		change: writer.change,
		batch: ledger.batches++,
		results,
	});
	for (const result of results) ledger.results.set(result.index, result);
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
	await writer.append(sent);
	let written: readonly WrittenRow[] | undefined;
	try {
		written = await call(session, located, kind, ops, running, sent.key);
		await finish(
			writer,
			ledger,
			sent,
			await judge(located, kind, ops, written, running.call),
		);
	} catch (error) {
		if (written !== undefined && error instanceof TablesError)
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
	}
}

type BeforeReader = (
	kind: OpKind,
	ops: readonly Op[],
) => Promise<
	| {
			readonly cells: NonNullable<BatchSent["before"]>;
			/** Records that are not there, or hold already what they should. */
			readonly settled: readonly Settled[];
	  }
	| undefined
>;

/**
 * Values from before a write, for undo. They are read for as many of the coming records as one call takes,
 * so that small batches do not cost a read each, and no earlier than that, so that they are not stale.
 */
function beforeReader(
	located: Located,
	all: readonly Op[],
	options: RunOptions,
	context: CallContext,
): BeforeReader {
	const { adapter, table } = located;
	const { limits } = adapter;
	const known = new Map(options.before);
	/** Of records to be deleted these are whole. */
	const read = new Set(known.keys());
	const named = new Set(all.flatMap(({ cells }) => Object.keys(cells)));
	const touched = table.fields.filter(({ id }) => named.has(id));
	const places = new Map(all.map((op, place) => [op, place]));
	const isKnown = ({ id }: Op) => read.has(id as string);
	const parts = new Map<OpKind, ReturnType<typeof rowsInParts>>();

	/** Where a call by ids gives less than a page, or than a batch needs, pages may take fewer. */
	const readerOf = (kind: OpKind) => {
		const fields = kind === "delete" ? table.fields : touched;
		if (limits.ids >= Math.max(limits.batch[kind], limits.page))
			return (ids: readonly string[]) =>
				readRowsById(located, ids, { fields }, context);
		const made =
			parts.get(kind) ??
			rowsInParts(
				located,
				all.flatMap((op) =>
					op.kind === kind && !isKnown(op) ? [op.id as string] : [],
				),
				{ fields, removing: kind === "delete" },
				context,
			);
		parts.set(kind, made);
		return made;
	};

	const readAhead = async (kind: OpKind, ops: readonly Op[]) => {
		if (ops.every(isKnown)) return;
		const first = places.get(ops[0] as Op) ?? 0;
		const coming: string[] = [];
		const most = Math.max(limits.ids, ops.length);
		for (
			let place = first;
			place < all.length && coming.length < most;
			place++
		) {
			const op = all[place] as Op;
			if (op.kind === kind && !isKnown(op)) coming.push(op.id as string);
		}
		const rows = await readerOf(kind)(coming);
		for (const id of coming) {
			const row = rows.get(id);
			if (row !== undefined) known.set(id, row.cells);
			read.add(id);
		}
	};

	return async (kind, ops) => {
		if (!options.undo || kind === "create") return undefined;
		await readAhead(kind, ops);
		const before: Record<string, Readonly<Record<string, Cell>>> = {};
		const settled: Settled[] = [];
		for (const op of ops) {
			const id = op.id as string;
			const cells = known.get(id);
			known.delete(id);
			const result = options.before?.has(id)
				? undefined
				: settledBy(located, op, cells);
			if (result !== undefined) settled.push(result);
			else
				before[id] = Object.fromEntries(
					(kind === "delete"
						? [...table.byId.keys()]
						: Object.keys(op.cells)
					).map((field) => [field, cells?.[field] ?? null]),
				);
		}
		return { cells: before, settled };
	};
}

/** What becomes of an op whose record was read just now, where nothing need be sent. */
function settledBy(
	{ table }: Located,
	{ index, kind, id = "", cells }: Op,
	current: Readonly<Record<string, Cell>> | undefined,
): Settled | undefined {
	if (current === undefined)
		return {
			index,
			outcome: "failed",
			id,
			message: `there is no record ${id}`,
		};
	return kind === "update" &&
		Object.entries(cells).every(([field, cell]) =>
			equalCells(
				current[field],
				cell,
				table.byId.get(field) as Field,
				table.zone,
			),
		)
		? { index, outcome: "unchanged", id }
		: undefined;
}

/**
 * Sends one batch. It is waited for until the call must answer: a person's cancellation stops the batch after it,
 * so that what became of this one is known.
 */
async function call(
	session: Session,
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	running: Running,
	idempotencyKey: string,
): Promise<readonly WrittenRow[]> {
	const waiting = new AbortController();
	const late = new AbortController();
	session.clock
		.sleep(
			running.deadlineMs() - ANSWER_MARGIN_MS - session.clock.now(),
			waiting.signal,
		)
		.then(
			() =>
				late.abort(
					new TablesError("busy", "the time of one call was over", {
						next: "Call again with `resume`.",
					}),
				),
			() => {},
		);
	try {
		return await send(located, kind, ops, {
			priority: running.call.priority,
			signal: late.signal,
			idempotencyKey,
		});
	} finally {
		waiting.abort();
	}
}

async function send(
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	context: CallContext,
): Promise<readonly WrittenRow[]> {
	const { adapter, table } = located;
	if (kind === "delete") {
		const ids = ops.map(({ id }) => id as string);
		await need(located, "deleteBatch")(table, ids, context);
		return ids.map((id) => ({ id }));
	}
	const rows = ops.map((op) => ({
		id: op.id as string,
		cells: encodeCells(adapter, table, op.cells),
	}));
	const written =
		kind === "create"
			? await need(located, "createBatch")(
					table,
					rows.map(({ cells }) => cells),
					context,
				)
			: await need(located, "updateBatch")(table, rows, context);
	if (written.length !== ops.length)
		throw new TablesError(
			"outcome_unknown",
			`${ops.length} records were sent and ${written.length} answered`,
			{ cause: MISCOUNTED },
		);
	return written;
}

/** The vendor answered, and not for every record: sending the same again would be answered the same. */
const MISCOUNTED = Symbol("miscounted");

/** "Success" is believed as far as it is proven: what the vendor shows as stored, and types that are proved by reading. */
async function judge(
	located: Located,
	kind: OpKind,
	ops: readonly Op[],
	written: readonly WrittenRow[],
	context: CallContext,
): Promise<readonly Settled[]> {
	const { adapter, table } = located;
	const proved = table.fields.filter((field) => {
		const { prove } = adapter.codecs[field.type] as Partial<
			FieldCodec<FieldType>
		>;
		return (
			prove !== undefined &&
			ops.some(
				({ cells }) =>
					field.id in cells &&
					(prove === true || prove(field, (cells[field.id] ?? null) as never)),
			)
		);
	});
	const stored =
		proved.length > 0 && kind !== "delete"
			? await readRowsById(
					located,
					written.map(({ id }) => id),
					{ fields: proved },
					context,
				)
			: undefined;
	return ops.map((op, position) => {
		const row = written[position] as WrittenRow;
		const id = kind === "create" ? row.id : (op.id as string);
		const shown =
			row.stored === undefined
				? undefined
				: decodeRow(adapter, table, { id, cells: row.stored }, table.fields)
						.cells;
		const lost = Object.entries(op.cells).flatMap(([fieldId, cell]) => {
			const field = table.byId.get(fieldId) as Field;
			const seen = proved.includes(field) ? stored?.get(id)?.cells : shown;
			if (seen === undefined || !comparable(located, field)) return [];
			return equalCells(seen[fieldId], cell, field, table.zone)
				? []
				: [field.name];
		});
		if (lost.length === 0) return { index: op.index, outcome: DONE[kind], id };
		return {
			index: op.index,
			outcome: "failed",
			id,
			message: `the vendor answered success, but ${lost.map((name) => `"${name}"`).join(", ")} ${lost.length === 1 ? "does" : "do"} not hold what was sent${kind === "create" ? "; the record was made" : ""}: the account may lack the right to edit`,
		};
	});
}

/** Fields whose stored form can be compared: people and files may come back with more or less than was sent. */
function comparable(located: Located, field: Field): boolean {
	const codec = located.adapter.codecs[field.type] as Partial<
		FieldCodec<FieldType>
	>;
	return (
		codec.encode !== undefined &&
		!["user", "group", "department", "attachment", "url"].includes(field.type)
	);
}

async function finish(
	writer: ChangeWriter,
	ledger: Ledger,
	sent: BatchSent,
	results: readonly Settled[],
): Promise<void> {
	await writer.append({
		type: "done",
		change: sent.change,
		batch: sent.batch,
		results,
	});
	for (const result of results) ledger.results.set(result.index, result);
}

async function fail(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	sent: BatchSent,
	ops: readonly Op[],
	running: Running,
	error: unknown,
	options: RunOptions,
): Promise<void> {
	if (!(error instanceof TablesError)) {
		if (running.call.signal?.aborted) {
			ledger.cancelled = true;
			ledger.stopped =
				"the call was cancelled while a batch was under way: resume finds out what became of it";
			return;
		}
		throw error;
	}
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

/**
 * The outcome is unknown: with an idempotency key the same batch is sent again under the same key; without one
 * the table is read, and only what is proven missing is sent. Where the vendor answered (`written`) and only the
 * proof is lacking, nothing is sent again.
 */
async function settle(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	sent: BatchSent,
	ops: readonly Op[],
	running: Running,
	cause: TablesError | undefined,
	written?: readonly WrittenRow[],
): Promise<void> {
	const { adapter } = located;
	let open = ops;
	let reason =
		cause === undefined ? "its answer was never seen" : sentence(cause);
	/** The vendor has seen the key: an earlier attempt was accepted, and another one would tell nothing. */
	let taken = cause?.code === "duplicate_token" || cause?.cause === MISCOUNTED;
	const settled: Settled[] = [];
	const others =
		sent.kind === "create" ? await madeByOthers(session, located) : [];
	const own = () =>
		new Set([
			...others,
			...createdIds([...ledger.results.values(), ...settled]),
		]);
	for (let round = 0; round < SETTLE_ROUNDS && open.length > 0; round++) {
		if (
			running.call.signal?.aborted ||
			session.clock.now() > running.deadlineMs() - BATCH_MARGIN_MS
		)
			break;
		const waitMs = Math.max(
			round > 0 || cause !== undefined ? FIRST_WAIT_MS * 2 ** round : 0,
			sent.atMs +
				(adapter.idempotent[sent.kind] ? 0 : LAG_MS) -
				session.clock.now(),
		);
		if (waitMs > 0) await session.clock.sleep(waitMs, running.call.signal);
		try {
			if (written !== undefined) {
				settled.push(
					...(await judge(located, sent.kind, ops, written, running.call)),
				);
				open = [];
				break;
			}
			const made =
				sent.kind === "create"
					? await adapter.readCreated?.(located.table, sent.key, running.call)
					: undefined;
			if (made !== undefined && made.length === ops.length) {
				settled.push(
					...ops.map(({ index }, position) => ({
						index,
						outcome: "created" as const,
						id: made[position] as string,
					})),
				);
				open = [];
				break;
			}
			if (adapter.idempotent[sent.kind] && open === ops && !taken) {
				const again = await call(
					session,
					located,
					sent.kind,
					ops,
					running,
					sent.key,
				);
				settled.push(
					...(await judge(located, sent.kind, ops, again, running.call)),
				);
				open = [];
				break;
			}
			const found = await readBack(located, sent, open, own(), running.call);
			settled.push(...found.settled, ...found.unsure);
			open = found.missing;
			if (open.length === 0) break;
			const rest = await call(
				session,
				located,
				sent.kind,
				open,
				running,
				session.uuid(),
			);
			settled.push(
				...(await judge(located, sent.kind, open, rest, running.call)),
			);
			open = [];
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			reason = sentence(error);
			taken ||= error.code === "duplicate_token" || error.cause === MISCOUNTED;
			if (BLAMES_RECORD.has(error.code) || HOPELESS.has(error.code)) {
				settled.push(
					...open.map(({ index, id }) => ({
						index,
						outcome: "failed" as const,
						message: reason,
						...(id === undefined ? {} : { id }),
					})),
				);
				open = [];
			}
		}
	}
	const rest = open.map(({ index, id }) => ({
		index,
		outcome: "unknown" as const,
		message: `it is not known whether it was written (${reason}); resume finds out`,
		...(id === undefined ? {} : { id }),
	}));
	for (const result of [...settled, ...rest])
		ledger.results.set(result.index, result);
	if (rest.length > 0) {
		ledger.stopped = `the outcome of ${rest.length} records is not known yet: ${reason}`;
		return;
	}
	await writer.append({
		type: "done",
		change: sent.change,
		batch: sent.batch,
		results: settled,
	});
}

function createdIds(results: Iterable<Settled>): string[] {
	return [...results].flatMap(({ outcome, id }) =>
		outcome === "created" && id !== undefined ? [id] : [],
	);
}

/** Ids that the journal's other changes made in this table: no evidence for a record of this one. */
async function madeByOthers(
	session: Session,
	{ connection, table }: Located,
): Promise<readonly string[]> {
	return (await session.journal.list())
		.filter(
			({ start }) =>
				start.connection === connection.name &&
				start.base === table.ref.base &&
				start.table === table.ref.table,
		)
		.flatMap(({ results }) => createdIds(results.values()));
}

function sentence(error: TablesError): string {
	const { vendor } = error;
	const said =
		vendor === undefined
			? ""
			: ` (vendor code ${vendor.code ?? vendor.status ?? "?"}${vendor.logId === undefined ? "" : `, log id ${vendor.logId}`})`;
	return `${error.message}${said}`;
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
