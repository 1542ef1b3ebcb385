import { createHash } from "node:crypto";
import type { Consent } from "../contract/consent.js";
import { reworded, TablesError } from "../contract/errors.js";
import type { Cell, Field } from "../contract/field.js";
import type {
	ChangeStart,
	ChangeWriter,
	Op,
	Settled,
} from "../contract/journal.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize, type WriteAnswer } from "../delivery/answer.js";
import { carryOut, closed } from "../delivery/carry-out.js";
import { type Ledger, newLedger } from "../delivery/ledger.js";
import { proofCalls } from "../delivery/proof.js";
import { planBatches, runOps } from "../delivery/run.js";
import type { Located } from "../places/locate.js";
import { forget } from "../places/schema-cache.js";
import { nameList } from "../values/names.js";

export interface WriteOptions {
	readonly allowNewOptions?: boolean;
	readonly dryRun?: boolean;
}

/** Ops ready to be sent, and what is settled without a call. */
export interface Plan {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
	readonly total: number;
	readonly notes: readonly string[];
	readonly before?: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
}

interface WriteExtras extends WriteOptions {
	/** How a person agreed, where one was asked. */
	readonly consent?: Consent | undefined;
	readonly newOptions?: ReadonlyMap<string, readonly string[]>;
	readonly undoes?: string;
}

/** The common end of every write: dry run, journal, send, sum up. `given`: what a repeat is known by. */
export async function write(
	session: Session,
	located: Located,
	tool: string,
	given: unknown,
	plan: Plan,
	extras: WriteExtras,
	running: Running,
): Promise<WriteAnswer> {
	if (extras.dryRun) return dryAnswer(located, plan, extras);
	const settled = new Map(plan.settled.map((result) => [result.index, result]));
	if (plan.ops.length === 0)
		return summarize(null, plan.total, settled, plan.notes);
	const start = startOf(session, located, tool, hashOf(given), {
		total: plan.total,
		...(extras.undoes === undefined ? {} : { undoes: extras.undoes }),
		...(extras.consent === undefined ? {} : { consent: extras.consent }),
	});
	await makeOptions(session, located, extras.newOptions, running);
	const writer = await session.journal.begin(start);
	const ledger = newLedger();
	for (const result of plan.settled) ledger.results.set(result.index, result);
	try {
		await writer.append({
			type: "plan",
			change: start.change,
			ops: plan.ops,
			settled: plan.settled,
		});
	} catch (error) {
		// Nothing was sent, and nothing could be resumed.
		await closed(session, writer);
		throw error;
	}
	await carryOut({ session, running, writer, ledger }, () =>
		runWithProgress(session, located, writer, ledger, plan, running),
	);
	return finalAnswer(
		start.change,
		plan.total,
		ledger,
		plan.notes,
		extras.undoes,
	);
}

export function startOf(
	session: Session,
	located: Located,
	tool: string,
	hash: string,
	more: Partial<ChangeStart> = {},
): ChangeStart {
	return {
		type: "start",
		change: session.uuid(),
		tool,
		connection: located.connection.name,
		base: located.table.ref.base,
		table: located.table.ref.table,
		tableName: located.table.name,
		atMs: session.clock.now(),
		hash,
		...more,
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

export async function runWithProgress(
	session: Session,
	located: Located,
	writer: ChangeWriter,
	ledger: Ledger,
	plan: Pick<Plan, "ops" | "total" | "before">,
	running: Running,
): Promise<void> {
	let done = plan.total - plan.ops.length;
	await runOps(session, located, writer, ledger, plan.ops, running, {
		undo: located.connection.undo,
		...(plan.before === undefined ? {} : { before: plan.before }),
		settled(count) {
			done += count;
			tellProgress(
				{ session, running },
				done,
				plan.total,
				`${done} of ${plan.total} records`,
			);
		},
	});
}

export function finalAnswer(
	change: string,
	total: number,
	ledger: Ledger,
	notes: readonly string[],
	undoes?: string,
): WriteAnswer {
	const answer = summarize(change, total, ledger.results, [
		...notes,
		...ledger.notes,
	]);
	const { stopped, unended } = ledger;
	const left = answer.counts.not_attempted + answer.counts.unknown > 0;
	const goOn =
		undoes === undefined
			? `call again with resume: "${change}"`
			: `call undo_change with change_id: "${undoes}" again, and it goes on`;
	const ends = [
		...(stopped === undefined
			? []
			: [
					`stopped: ${stopped}; ${left ? (ledger.next ?? goOn) : `no record is left, and list_changes shows the change as unfinished: ${goOn}`}`,
				]),
		...(unended === undefined
			? []
			: [
					`all was done, and list_changes shows the change as unfinished: ${unended}. Once that is put right, ${goOn}: nothing is written twice`,
				]),
	];
	return { ...answer, notes: [...answer.notes, ...ends] };
}

function dryAnswer(
	located: Located,
	plan: Plan,
	extras: WriteExtras,
): WriteAnswer {
	const { limits } = located.adapter;
	const batches = planBatches(located, plan.ops);
	const results = new Map(plan.settled.map((result) => [result.index, result]));
	for (const op of plan.ops)
		results.set(op.index, {
			index: op.index,
			outcome:
				op.kind === "create"
					? "created"
					: op.kind === "update"
						? "updated"
						: "deleted",
			...(op.id === undefined ? {} : { id: op.id }),
		});
	const changed = plan.ops.filter(({ kind }) => kind !== "create").length;
	const reads =
		located.connection.undo && plan.before === undefined
			? Math.ceil(changed / limits.ids)
			: 0;
	const calls = batches.length + reads + proofCalls(located, batches);
	const slowest = Math.max(
		0,
		...limits.rates
			.filter(({ kind }) => kind !== "read")
			.map(({ calls: allowed, perMs }) => (calls / allowed) * perMs),
	);
	const made = [...(extras.newOptions ?? [])].map(
		([id, names]) =>
			`"${located.table.byId.get(id)?.name}" would get the options ${names.map((name) => `"${name}"`).join(", ")}`,
	);
	return {
		...summarize(null, plan.total, results, [
			"dry run: nothing was written",
			...plan.notes,
			...made,
		]),
		would_take: { calls, seconds: Math.ceil(slowest / 1000) },
	};
}

export function hashOf(given: unknown): string {
	return createHash("sha256")
		.update(JSON.stringify(given) ?? "")
		.digest("hex");
}
