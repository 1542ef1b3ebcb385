import type { RowFile } from "../contract/files.js";
import type { Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import { tellProgress } from "../contract/progress.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { summarize } from "../delivery/answer.js";
import { DONE } from "../delivery/batches.js";
import { callsToSend, wouldTake } from "../delivery/estimate.js";
import type { Proven } from "../delivery/proof.js";
import type { Located } from "../places/locate.js";
import type { ImportAnswer } from "./import-answer.js";
import { byLine, chunks, type ImportOptions } from "./import-columns.js";
import { mapColumns } from "./import-mapping.js";
import {
	CHECK_MARGIN_MS,
	checkChunk,
	planChunk,
	readKeys,
} from "./import-plan.js";

/** What an import would do: the columns, and the counts over the whole file. */
export async function dryImport(
	session: Session,
	given: Located,
	file: RowFile,
	options: ImportOptions,
	running: Running,
): Promise<ImportAnswer> {
	const notes = new Set([
		"dry run: nothing was written",
		...given.notes,
		...file.notes,
	]);
	const mapped = await mapColumns(session, given, file, options, running);
	const { located, columns } = mapped;
	for (const note of mapped.notes) notes.add(note);
	const target = { session, located, columns, options, running };
	const keys = await readKeys(session, located, options.matchOn, running);
	const results = new Map<number, Settled>();
	/** A file may have millions of rows, and of most only the outcome is reported: they share it. */
	const shared = (outcome: Settled["outcome"]): Settled => {
		const known = same.get(outcome) ?? { index: -1, outcome };
		same.set(outcome, known);
		return known;
	};
	const same = new Map<Settled["outcome"], Settled>();
	const problems: Problem[] = [];
	const proven: Proven = new Set();
	let calls = 0;
	let total = 0;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		if (session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS) {
			notes.add(
				`only the first ${total} rows were checked: one call may take no longer; the import itself checks them all`,
			);
			break;
		}
		const checked = await checkChunk(target, rows);
		for (const note of checked.notes) notes.add(note);
		const plan = await planChunk(located, checked.records, keys, running);
		problems.push(...byLine([...checked.problems, ...plan.problems]));
		for (const result of plan.settled)
			results.set(
				result.index,
				result.message === undefined ? shared(result.outcome) : result,
			);
		for (const op of plan.ops) results.set(op.index, shared(DONE[op.kind]));
		calls += callsToSend(
			located,
			plan.ops,
			{ undo: located.connection.undo, before: plan.before },
			proven,
		);
		total += rows.length;
		tellProgress({ session, running }, total, undefined, "rows checked");
	}
	for (const { record } of problems)
		if (record !== undefined) results.set(record, shared("failed"));
	const answer = summarize(null, total, results, [...notes], problems);
	return {
		...answer,
		ids: [],
		would_take: wouldTake(located, calls),
		allProblems: problems,
		columns,
		broken: false,
	};
}
