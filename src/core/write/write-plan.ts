import type { Filter, GivenCondition } from "../contract/condition.js";
import type { Consent } from "../contract/consent.js";
import { reworded, TablesError } from "../contract/errors.js";
import type { Cell, Field } from "../contract/field.js";
import type {
	ChangePlan,
	ChangeStart,
	ChangeWriter,
	Op,
	Settled,
} from "../contract/journal.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize, type WriteAnswer } from "../delivery/answer.js";
import { DONE } from "../delivery/batches.js";
import { callsToSend, wouldTake } from "../delivery/estimate.js";
import { closeWriter, LiveChange } from "../delivery/live-change.js";
import { provenOf } from "../delivery/proof.js";
import { sendOps } from "../delivery/send-batches.js";
import { givenFilter } from "../filter/filter.js";
import type { Located } from "../places/locate.js";
import { forget } from "../places/schema-cache.js";
import { defined } from "../values/defined.js";
import { asStep, inTurns, letOthersRun } from "../values/in-turns.js";
import { hashInTurns } from "../values/json-pieces.js";
import { nameList } from "../values/names.js";
import type { Agreement } from "./ask-for-loss.js";
import { type Chosen, comparedWith, type Seen } from "./look-again.js";
import { shownOf } from "./show-ops.js";

export interface WriteOptions {
	readonly allowNewOptions?: boolean;
	readonly dryRun?: boolean;
}

/** Ops ready to be sent, and what is settled without a call. */
export interface Plan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	/** Those that are left alone, which says nothing against the others. Absent: none. */
	readonly left?: readonly Settled[];
	readonly total: number;
	readonly notes: readonly string[];
	readonly before?: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
	/** What was seen of the records, by id, so that they are known again. Absent: nothing but `before`. */
	readonly seen?: Seen;
	/** The filter that named them. Absent: they were named otherwise. */
	readonly filter?: Filter<GivenCondition>;
	/** Ids of the fields that they were found by, or that their new values were made of. Absent: none. */
	readonly keys?: readonly string[];
	/** They must still be as `seen` just before they are sent. Absent: only while a person is asked. */
	readonly compares?: true;
}

/** A planned write. */
export interface PlannedWrite extends WriteOptions {
	readonly located: Located;
	readonly tool: string;
	/** What a repeat is known by. */
	readonly given: unknown;
	readonly plan: Plan;
	/** How a person agreed, where one was asked. */
	readonly consent?: Consent | undefined;
	/** Counts what was lost, once it is known. Absent: nothing is counted. */
	readonly settle?: Agreement["settle"];
	readonly newOptions?: ReadonlyMap<string, readonly string[]>;
	/** Id of the change that this one undoes. */
	readonly undoes?: string;
	/** A dry run shows the first records before and after. */
	readonly shows?: boolean;
}

/** The common end of every write: dry run, journal, send, sum up. */
export async function writePlan(
	session: Session,
	planned: PlannedWrite,
	running: Running,
): Promise<WriteAnswer> {
	const { plan, settle } = planned;
	await letOthersRun();
	if (planned.dryRun) return dryAnswer(session, planned, running);
	let ended: ReadonlyMap<number, Settled> = new Map();
	let change: string | undefined;
	try {
		if (plan.ops.length === 0)
			return await summarize(
				null,
				plan.total,
				await byIndex(plan.settled),
				plan.notes,
			);
		return await sendPlan(session, planned, running, (live) => {
			change = live.writer.change;
			ended = live.results;
		});
	} finally {
		await settle?.(ended, change);
	}
}

async function sendPlan(
	session: Session,
	planned: PlannedWrite,
	running: Running,
	/** Called once nothing more is sent. */
	over: (change: LiveChange) => void,
): Promise<WriteAnswer> {
	const { located, plan, undoes, consent } = planned;
	const start = startOf(session, located, {
		tool: planned.tool,
		hash: await hashInTurns(planned.given),
		total: plan.total,
		...defined({ undoes, consent }),
	});
	const writer = await session.journal.begin(start);
	try {
		await enterOptions(writer, planned.newOptions);
		await makeOptions(session, located, planned.newOptions, running);
	} catch (error) {
		await endUnsent(session, writer);
		throw error;
	}
	const change = new LiveChange({ session, located, running, writer });
	await inTurns(plan.settled, (result) => change.know([result]));
	await enterPlan(change, plan);
	await change.carryOut(() => sendWithProgress(change, plan));
	over(change);
	return change.answer(
		plan.total,
		[...plan.notes, ...madeNotes(located, planned.newOptions)],
		undoes,
	);
}

/** A change that failed before its first record: what options it made can still be taken back. */
async function endUnsent(
	session: Session,
	writer: ChangeWriter,
): Promise<void> {
	const { change } = writer;
	const atMs = session.clock.now();
	await writer
		.append({ type: "end", change, atMs, status: "complete" })
		.catch(() => {});
	await closeWriter(session, writer);
}

/**
 * Enters the options that a write is about to make.
 * @throws where the journal cannot be written: nothing was sent by then.
 */
export async function enterOptions(
	writer: ChangeWriter,
	newOptions: ReadonlyMap<string, readonly string[]> | undefined,
): Promise<void> {
	if (newOptions === undefined || newOptions.size === 0) return;
	const options = Object.fromEntries(newOptions);
	await writer.append({ type: "options", change: writer.change, options });
}

/** So many records of a plan are entered at once: a longer line would keep everything else from running. */
const PLANNED_AT_ONCE = 2_000;

/** @throws where the journal cannot be written: nothing was sent by then, and nothing could be resumed. */
async function enterPlan(
	{ session, writer }: LiveChange,
	plan: Plan,
): Promise<void> {
	const most = Math.max(plan.ops.length, plan.settled.length);
	try {
		for (let start = 0; start < most; start += PLANNED_AT_ONCE) {
			const end = start + PLANNED_AT_ONCE;
			await asStep(() =>
				writer.append({
					...{ type: "plan", change: writer.change },
					...partOf(plan, start, end),
					...(end < most ? { more: true } : restOf(plan)),
				}),
			);
		}
	} catch (error) {
		await closeWriter(session, writer);
		throw error;
	}
}

function partOf(
	plan: Plan,
	start: number,
	end: number,
): Pick<ChangePlan, "ops" | "settled" | "seen"> {
	const ops = plan.ops.slice(start, end);
	const settled = plan.settled.slice(start, end);
	const sent = ops.flatMap(({ id = "" }) => {
		const digest = plan.seen?.get(id);
		return digest === undefined ? [] : [[id, digest]];
	});
	return {
		...{ ops, settled },
		...(sent.length === 0 ? {} : { seen: Object.fromEntries(sent) }),
	};
}

function restOf({
	filter,
	keys,
	compares,
}: Plan): Pick<ChangePlan, "filter" | "keys" | "compares"> {
	return defined({ filter: filter && givenFilter(filter), keys, compares });
}

/** The first entry of a change in the journal. */
export function startOf(
	session: Session,
	located: Located,
	asked: Pick<ChangeStart, "tool" | "hash"> & Partial<ChangeStart>,
): ChangeStart {
	return {
		type: "start",
		change: session.uuid(),
		by: session.person,
		connection: located.connection.name,
		base: located.table.ref.base,
		table: located.table.ref.table,
		tableName: located.table.name,
		atMs: session.clock.now(),
		...asked,
	};
}

/**
 * Options that the write may make, where the vendor does not make them by itself.
 * @throws the failure of one, with the names of those that were made before it.
 */
export async function makeOptions(
	session: Session,
	located: Located,
	newOptions: ReadonlyMap<string, readonly string[]> | undefined,
	running: Running,
): Promise<void> {
	const { adapter, connection, table } = located;
	if (newOptions === undefined || newOptions.size === 0) return;
	const made: string[] = [];
	try {
		if (adapter.addOptions !== undefined)
			for (const [id, names] of newOptions) {
				const field = table.byId.get(id) as Field;
				await adapter.addOptions(table, field, names, running.call);
				made.push(`${nameList(names)} in "${field.name}"`);
			}
	} catch (error) {
		if (!(error instanceof TablesError) || made.length === 0) throw error;
		throw reworded(
			error,
			`${error.message} (the options ${made.join("; ")} were made before)`,
		);
	} finally {
		forget(session, connection.name, table.ref);
	}
}

/** Which options a write let come into being, by field: counted, and cut where there are many. */
export function madeNotes(
	{ table }: Located,
	newOptions: ReadonlyMap<string, readonly string[]> | undefined,
): readonly string[] {
	return [...(newOptions ?? [])]
		.filter(([, names]) => names.length > 0)
		.map(
			([id, names]) =>
				`${names.length} new option${names.length === 1 ? "" : "s"} of "${table.byId.get(id)?.name ?? id}": ${nameList(names)}`,
		);
}

/** The same of a dry run. */
export function toMakeNotes(
	{ table }: Located,
	newOptions: ReadonlyMap<string, readonly string[]> | undefined,
): readonly string[] {
	return [...(newOptions ?? [])]
		.filter(([, names]) => names.length > 0)
		.map(
			([id, names]) =>
				`"${table.byId.get(id)?.name ?? id}" would get the options ${nameList(names)}`,
		);
}

/** Sends ops, and reports how far the whole plan is. */
export async function sendWithProgress(
	change: LiveChange,
	plan: Pick<Plan, "ops" | "total" | "before" | "compares"> & Chosen,
): Promise<void> {
	const { ops, total, before } = plan;
	const { located } = change;
	const compared = plan.compares && (await comparedWith(located, plan));
	let done = total - ops.length;
	await sendOps(change, ops, {
		undo: located.connection.undo,
		...defined({ before, compared }),
		settled(count) {
			done += count;
			tellProgress(change, done, total, `${done} of ${total} records`);
		},
	});
}

async function dryAnswer(
	session: Session,
	{ located, plan, newOptions, shows }: PlannedWrite,
	running: Running,
): Promise<WriteAnswer> {
	const results = await byIndex(plan.settled);
	await inTurns(plan.ops, ({ index, kind, id }) => {
		const outcome = DONE[kind];
		results.set(index, { index, outcome, ...defined({ id }) });
	});
	const compared = plan.compares && (await comparedWith(located, plan));
	const calls = await callsToSend(
		located,
		plan.ops,
		{
			undo: located.connection.undo,
			...defined({ before: plan.before, compared }),
		},
		await provenOf(session, located),
	);
	const shown = shows ? await shownOf(session, located, plan, running) : {};
	await letOthersRun();
	return {
		...(await summarize(null, plan.total, results, [
			"dry run: nothing was written",
			...plan.notes,
			...toMakeNotes(located, newOptions),
		])),
		...shown,
		would_take: wouldTake(located, calls),
	};
}

async function byIndex(
	results: readonly Settled[],
): Promise<Map<number, Settled>> {
	const found = new Map<number, Settled>();
	await inTurns(results, (result) => void found.set(result.index, result));
	return found;
}
