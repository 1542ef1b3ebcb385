import type { FileRow, RowFile } from "../contract/files.js";
import type { Change, Op, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import { cutProblems } from "../delivery/answer.js";
import type { LiveChange } from "../delivery/live-change.js";
import { sendOps } from "../delivery/send-batches.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { endNotes, endsDone } from "../write/link-ends.js";
import type { Rows } from "../write/loss.js";
import { enterOptions, madeNotes, makeOptions } from "../write/write-plan.js";
import { claimLater } from "./earlier-claims.js";
import { dropCopy, readable, WITHOUT_COPY } from "./file-copy.js";
import { hasRefused, type ImportAnswer } from "./import-answer.js";
import {
	byLine,
	type ImportSource,
	type MappedColumn,
} from "./import-columns.js";
import {
	agreedPart,
	fileName,
	type ImportAgreement,
} from "./import-consent.js";
import {
	type Checked,
	type ChunkPlan,
	checkChunk,
	type KeyIndex,
	markKeys,
	noteMade,
	optionsNamed,
	planChunk,
} from "./import-plan.js";
import type { Target } from "./import-target.js";
import { linkRows, sumUpLinks } from "./link-rows.js";
import { linkProblems } from "./refused-rows.js";
import { type FileLinks, firstWrites, noteMadeRows } from "./self-links.js";
import { type TotalRow, watchTotal } from "./total-row.js";

/** An import under way. */
export interface LiveImport {
	readonly change: LiveChange;
	/** The call; the change itself sends in bulk. */
	readonly running: Running;
	readonly source: ImportSource;
	readonly notes: Set<string>;
	readonly agreement: ImportAgreement;
	/** Links that were written, or sent, after the rows, by the index of that write; grows. */
	readonly second: Map<number, Op>;
}

/** Its file, open, and where the rows go. */
export interface Opened {
	readonly target: Target;
	readonly file: RowFile;
	readonly keys: KeyIndex | undefined;
}

/** An import whose file is open. */
export interface OpenImport extends LiveImport, Opened {
	readonly totalRow: TotalRow;
	readonly problems: Problem[];
}

/** An import's calls give way to those of people who wait. */
export function inBulk(running: Running): Running {
	return { ...running, call: { ...running.call, priority: "bulk" } };
}

/** Sends the rows from an offset on, and answers for the whole import, whatever fails meanwhile. */
export async function importRows(
	work: LiveImport,
	from: Pick<Change, "offset" | "problems">,
	/** undefined: no row is left to be read. */
	open: () => Promise<Opened | undefined>,
): Promise<ImportAnswer> {
	const { change, source, notes } = work;
	const problems = [...from.problems];
	let columns: readonly MappedColumn[] = [];
	let links: FileLinks | undefined;
	let read = Math.min(from.offset, source.total);
	await change.carryOut(async () => {
		const opened = await open();
		if (opened === undefined) return;
		({ columns, links } = opened.target);
		const totalRow = watchTotal(columns);
		const importing = { ...work, ...opened, totalRow, problems };
		if (from.offset < source.total || source.total === 0) {
			await retake(importing, from.offset);
			await importFrom(importing, from.offset, (count) => {
				read = count;
			});
		}
		if (change.stopped === undefined)
			await linkRows(importing, Math.max(0, from.offset - source.total));
	});
	const unlinked = sumUpLinks(work, links);
	await work.agreement.settle?.(change.results, change.writer.change);
	const left = change.isComplete
		? await dropCopy(change.session, source.file)
		: [];
	const answer = await change.answer(Math.max(source.total, read), [
		...notes,
		...endNotes(work.agreement.ends),
		...left,
		...unlinked,
	]);
	return {
		...answer,
		...(await allProblems(problems, answer.problems)),
		ids: [],
		columns,
		broken:
			hasRefused(change.results) ||
			answer.counts.unknown + answer.counts.not_attempted > 0 ||
			change.stopped !== undefined ||
			(source.onError === "refuse" && answer.counts.failed > 0),
	};
}

/** Those that the rows have, and those of other records, of which only a result is known. */
async function allProblems(
	ofRows: readonly Problem[],
	ofResults: readonly Problem[],
): Promise<Pick<ImportAnswer, "problems" | "problems_total" | "allProblems">> {
	const reported = new Set(ofRows.map(({ record }) => record));
	const all = await byLine([
		...ofRows,
		...ofResults.filter(({ record }) => !reported.has(record)),
	]);
	return { ...(await cutProblems(all)), allProblems: all };
}

/** Keys and claims of the rows before, which an earlier call has seen to. */
async function retake(work: OpenImport, offset: number): Promise<void> {
	if (offset === 0 || !hasEarlier(work)) return;
	for await (const rows of readable(work, 0)) {
		await takeUp(
			work,
			rows.filter(({ record }) => record < offset),
		);
		if ((rows.at(-1) as FileRow).record >= offset) return;
	}
}

/** Do rows say anything that counts for later ones? */
function hasEarlier({ keys, target }: OpenImport): boolean {
	return keys !== undefined || target.links !== undefined;
}

async function takeUp(
	work: OpenImport,
	rows: readonly FileRow[],
): Promise<void> {
	const { keys, target, change } = work;
	if (!hasEarlier(work) || rows.length === 0) return;
	const checked = await checkChunk(target, rows);
	if (keys !== undefined) markKeys(keys, checked);
	claimLater(target, checked, change.results);
}

/** Chunk by chunk to the end of the file, or until something stops. */
async function importFrom(
	work: OpenImport,
	offset: number,
	/** Called with how many rows of the file were read. */
	read: (count: number) => void,
): Promise<void> {
	const { change, source } = work;
	const tell = (done: number) =>
		tellProgress(
			change,
			done,
			source.total,
			`${done} of ${source.total} rows of ${source.name}`,
		);
	let done = offset;
	if (change.stopped !== undefined) return;
	for await (const rows of readable(work, offset)) {
		done = (rows.at(-1) as FileRow).record + 1;
		read(done);
		await takeUp(
			work,
			rows.filter(({ record }) => !change.isOpen(record)),
		);
		await importChunk(work, rows, (left) => tell(done - left));
		if (change.stopped !== undefined) return;
		tell(done);
	}
	const total = work.totalRow.note();
	if (total !== undefined) work.notes.add(total);
	if (change.stopped === undefined && done < source.total)
		change.stop(
			`the server's copy of the file ends after row ${done}, and it had ${source.total}`,
			WITHOUT_COPY,
		);
}

/** A chunk that is checked and planned. */
interface PlannedChunk {
	readonly ops: readonly Op[];
	/** What is known of its rows without a call. */
	readonly settled: readonly Settled[];
	readonly problems: readonly Problem[];
	/** The rows that have these problems. */
	readonly blamed: ReadonlySet<number>;
	readonly before: Rows;
	readonly ends: ChunkPlan["ends"];
	readonly newOptions: Checked["newOptions"];
	readonly located: Located;
}

async function importChunk(
	work: OpenImport,
	rows: readonly FileRow[],
	/** Called after each batch with how many rows of the chunk are still to be written. */
	left: (count: number) => void,
): Promise<void> {
	const { change, target, keys } = work;
	const planned = await prepareChunk(work, rows);
	change.located = planned.located;
	const agreed = await agreedPart(
		change,
		work.agreement,
		fileName(work.source.name),
		planned,
	);
	const plan = firstWrites(agreed?.chunk ?? planned, target.links);
	change.know(plan.settled);
	let found = plan.problems;
	try {
		if (agreed !== undefined) await sendChunk(work, plan, left);
	} finally {
		await agreed?.settle?.(change.results, change.writer.change);
		const refused = refusedRows(change, rows, plan.blamed);
		found = await byLine([...plan.problems, ...refused]);
		work.problems.push(...found);
	}
	if (keys !== undefined)
		noteMade(keys, target.located, plan.ops, change.results);
	if (target.links !== undefined)
		noteMadeRows(
			target.links.made,
			plan.ops.map(({ index }) => change.results.get(index)),
		);
	if (change.stopped === undefined)
		await change.enter({
			type: "offset",
			change: change.writer.change,
			offset: (rows.at(-1) as FileRow).record + 1,
			results: plan.settled,
			problems: found,
		});
}

/** Checks and plans those rows of a chunk that are still to be written. */
async function prepareChunk(
	{ change, target, keys, notes, totalRow }: OpenImport,
	rows: readonly FileRow[],
): Promise<PlannedChunk> {
	const open = rows.filter(({ record }) => change.isOpen(record));
	const checked = await checkChunk(target, open);
	for (const note of checked.notes) notes.add(note);
	totalRow.take(open, checked.records);
	const { located, newOptions } = checked;
	const plan = await planChunk(target, checked, keys);
	const own = [...checked.problems, ...plan.problems];
	const badOnes = new Set(own.map(({ record }) => record));
	const hanging = await linkProblems(target, open, badOnes, change.results);
	const problems = [...own, ...hanging];
	const blamed = new Set(problems.map(({ record }) => record as number));
	const isGood = ({ index }: Pick<Op, "index">) => !blamed.has(index);
	const failed = [...blamed].map(
		(index): Settled => ({ index, outcome: "failed" }),
	);
	const ops = plan.ops.filter(isGood);
	return {
		...plan,
		ops,
		ends: endsDone(plan.ends, (index) => isGood({ index })),
		settled: [...failed, ...plan.settled.filter(isGood)],
		problems,
		blamed,
		newOptions:
			problems.length === 0 ? newOptions : optionsNamed(newOptions, ops),
		located,
	};
}

async function sendChunk(
	{ change, target, running, notes }: OpenImport,
	{ ops, before, newOptions, located }: PlannedChunk,
	left: (count: number) => void,
): Promise<void> {
	await enterOptions(change.writer, newOptions);
	await makeOptions(change.session, located, newOptions, running);
	for (const note of madeNotes(located, newOptions)) notes.add(note);
	let unsent = ops.length;
	await sendOps(change, ops, {
		undo: target.located.connection.undo,
		carriesOps: true,
		...defined({ before }),
		settled(count) {
			unsent -= count;
			left(unsent);
		},
	});
}

/** Rows that were good by our checks, and failed; also those of a call before this one. */
function refusedRows(
	change: LiveChange,
	rows: readonly FileRow[],
	blamed: ReadonlySet<number>,
): readonly Problem[] {
	return rows.flatMap(({ record, line }): Problem[] => {
		const result = change.results.get(record);
		return result?.outcome === "failed" && !blamed.has(record)
			? [
					{
						record,
						line,
						message: result.message ?? "the vendor refused it",
					},
				]
			: [];
	});
}
