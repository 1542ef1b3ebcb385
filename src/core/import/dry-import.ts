import type { FileRow, RowFile } from "../contract/files.js";
import type { Op, Outcome, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize } from "../delivery/answer.js";
import { DONE } from "../delivery/batches.js";
import { callsToSend, wouldTake } from "../delivery/estimate.js";
import { type Proven, provenOf } from "../delivery/proof.js";
import type { Located } from "../places/locate.js";
import { withConfirm } from "../write/ask-and-write.js";
import { wouldAsk } from "../write/ask-for-loss.js";
import { endsDone } from "../write/link-ends.js";
import { toMakeNotes } from "../write/write-plan.js";
import { type ImportAnswer, NO_ROW } from "./import-answer.js";
import { byLine, chunks, type ImportOptions } from "./import-columns.js";
import { FileChanges, fileName } from "./import-consent.js";
import {
	CHECK_MARGIN_MS,
	type ChunkPlan,
	checkChunk,
	type KeyIndex,
	optionsNamed,
	planChunk,
	readKeys,
} from "./import-plan.js";
import { endNotes, type Target, targetOf } from "./import-target.js";
import { importedBefore } from "./imported-before.js";
import { linkProblems, withRefused } from "./refused-rows.js";
import { fileLinks, firstWrites, secondWrites } from "./self-links.js";
import { type TotalRow, watchTotal } from "./total-row.js";

/** A dry run, and what it has found so far. */
interface DryRun {
	readonly target: Target;
	readonly keys: KeyIndex | undefined;
	readonly totalRow: TotalRow;
	readonly notes: Set<string>;
	readonly results: Map<number, Settled>;
	/** A file may have millions of rows, and of most only the outcome is reported: they share it. */
	readonly shared: Map<Outcome, Settled>;
	readonly problems: Problem[];
	readonly proven: Proven;
	readonly changes: FileChanges;
	/** Options that the import would make, by field id. */
	readonly newOptions: Map<string, Set<string>>;
	/** Bad rows are skipped: then it would be asked about chunk by chunk. */
	readonly skips: boolean;
	readonly name: string;
	/** What `confirm` would have to hold. */
	confirm: string | undefined;
	/** That the import would take. */
	calls: number;
	/** Rows that were checked. */
	total: number;
}

/** What an import would do: the columns, and the counts over the whole file. */
export async function dryImport(
	session: Session,
	given: Located,
	{ file, path }: { readonly file: RowFile; readonly path: string },
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const { target, notes } = await targetOf(
		session,
		given,
		file,
		options,
		running,
	);
	const keys = await readKeys(
		session,
		target.located,
		options.matchOn,
		running,
	);
	const named = await fileLinks(target, file, keys);
	const linking = { ...target, links: named };
	const links =
		options.onError === "skip" ? await withRefused(linking, file, keys) : named;
	const dry: DryRun = {
		target: { ...linking, links },
		keys,
		totalRow: watchTotal(target.columns),
		notes: new Set([
			"dry run: nothing was written",
			...notes,
			...(options.matchOn === undefined
				? await importedBefore(session, target.located, () =>
						session.files.hashOf(path),
					)
				: []),
		]),
		results: new Map(),
		shared: new Map(),
		problems: [],
		proven: await provenOf(session, target.located),
		changes: new FileChanges(),
		newOptions: new Map(),
		skips: options.onError === "skip",
		name: fileName(path),
		confirm: undefined,
		calls: 0,
		total: 0,
	};
	await checkFile(dry, file);
	for (const note of endNotes(file)) dry.notes.add(note);
	if (!dry.skips) await lookWhetherAsked(dry);
	for (const note of dry.changes.notes()) dry.notes.add(note);
	const made = [...dry.newOptions].map(
		([id, names]) => [id, [...names]] as const,
	);
	for (const note of toMakeNotes(dry.target.located, new Map(made)))
		dry.notes.add(note);
	return withConfirm(session, await dryAnswer(dry), dry.confirm);
}

/** Chunk by chunk, as far as the time of one call reaches. */
async function checkFile(dry: DryRun, file: RowFile): Promise<void> {
	const { session, running } = dry.target;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		if (session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS) {
			dry.notes.add(
				`only the first ${dry.total} rows were checked: one call may take no longer; the import itself checks them all`,
			);
			return;
		}
		await checkRows(dry, rows);
		dry.total += rows.length;
		tellProgress({ session, running }, dry.total, undefined, "rows checked");
	}
	const total = dry.totalRow.note();
	if (total !== undefined) dry.notes.add(total);
}

async function checkRows(dry: DryRun, rows: readonly FileRow[]): Promise<void> {
	const { target, results } = dry;
	const { located } = target;
	const checked = await checkChunk(target, rows);
	for (const note of checked.notes) dry.notes.add(note);
	dry.totalRow.take(rows, checked.records);
	const whole = await planChunk(target, checked, dry.keys);
	const own = [...checked.problems, ...whole.problems];
	const badOnes = new Set(own.map(({ record }) => record));
	const hanging = await linkProblems(target, rows, badOnes);
	const plan = without(whole, hanging);
	await countChanges(dry, plan);
	for (const [id, names] of optionsNamed(checked.newOptions, plan.ops))
		dry.newOptions.set(
			id,
			new Set([...(dry.newOptions.get(id) ?? []), ...names]),
		);
	dry.problems.push(...(await byLine([...own, ...hanging])));
	for (const result of plan.settled)
		results.set(
			result.index,
			result.message === undefined ? shared(dry, result.outcome) : result,
		);
	for (const op of plan.ops) results.set(op.index, shared(dry, DONE[op.kind]));
	const { links } = target;
	for (const ops of [
		firstWrites(plan, links).ops,
		secondWrites(plan.ops, links),
	])
		dry.calls += await callsToSend(
			located,
			ops,
			{ undo: located.connection.undo, before: plan.before },
			dry.proven,
		);
}

/** A plan without the rows of these problems. */
function without(
	plan: Awaited<ReturnType<typeof planChunk>>,
	problems: readonly Problem[],
): typeof plan {
	const bad = new Set(problems.map(({ record }) => record));
	const isGood = ({ index }: Pick<Op, "index">) => !bad.has(index);
	return {
		...plan,
		ops: plan.ops.filter(isGood),
		settled: plan.settled.filter(isGood),
		ends: endsDone(plan.ends, (index) => isGood({ index })),
	};
}

/** What the import would count, when it would. */
async function countChanges(dry: DryRun, plan: ChunkPlan): Promise<void> {
	dry.changes.add(dry.target.located, plan);
	if (dry.skips && dry.confirm === undefined) await lookWhetherAsked(dry);
}

async function lookWhetherAsked(dry: DryRun): Promise<void> {
	const { session, located, running } = dry.target;
	const { changes, name, skips } = dry;
	if (!changes.takes) return;
	const losing = changes.losing(located, name, skips ? "rest" : "file");
	dry.confirm = (await wouldAsk(session, losing, running)).confirm;
}

function shared({ shared: known }: DryRun, outcome: Outcome): Settled {
	const one = known.get(outcome) ?? { index: -1, outcome };
	known.set(outcome, one);
	return one;
}

async function dryAnswer(dry: DryRun): Promise<ImportAnswer> {
	const { target, results, problems, notes } = dry;
	for (const { record } of problems)
		if (record !== undefined) results.set(record, shared(dry, "failed"));
	const isAnyGood = [...results.values()].some(
		({ outcome }) => outcome !== "failed",
	);
	if (problems.length > 0 && !isAnyGood) notes.add(NO_ROW);
	else if (problems.length > 0 && !dry.skips)
		notes.add(
			'as it stands nothing would be written: correct these rows, or pass on_error: "skip" to leave them out',
		);
	return {
		...(await summarize(null, dry.total, results, [...notes], problems)),
		ids: [],
		would_take: wouldTake(target.located, dry.calls),
		allProblems: problems,
		columns: target.columns,
		broken: false,
	};
}
