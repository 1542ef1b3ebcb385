import type { Outcome, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import { addTo } from "../values/add-to.js";
import { inTurns } from "../values/in-turns.js";
import { groupProblems, type ProblemGroup } from "./problem-groups.js";

export interface Counts {
	created: number;
	updated: number;
	unchanged: number;
	deleted: number;
	failed: number;
	not_attempted: number;
	unknown: number;
}

/** What every writing tool answers. */
export interface WriteAnswer {
	/** null when nothing was written. */
	readonly change_id: string | null;
	readonly counts: Counts;
	/** How many of the failed ones were written in part. Absent: none. */
	readonly in_part?: number;
	/** In input order; null where there is none. Left out where there are too many to list. */
	readonly ids: readonly (string | null)[];
	/** `created:0-99`, in input order. */
	readonly outcomes: readonly string[];
	/** Equal ones of several records once. */
	readonly problems: readonly ProblemGroup[];
	/** Of all records, shown or not. Absent: each stands in `problems`, for one record. */
	readonly problems_total?: number;
	readonly notes: readonly string[];
	/** Of a dry run: what the write would take. */
	readonly would_take?: { readonly calls: number; readonly seconds: number };
	/** Of a dry run by a statement: the first records that would be written. */
	readonly preview?: readonly ShownOp[];
	/** Of a dry run by a statement: how many cells would be emptied. */
	readonly cells_cleared?: number;
	/** Of a dry run: what `confirm` would have to hold where a person cannot be asked. Absent: nobody would be asked. */
	readonly confirm?: string;
}

/** A record before and after it is written, by the names of the fields. */
export interface ShownOp {
	/** null: it is to be made. */
	readonly id: string | null;
	/** null: it is not there yet. */
	readonly before: Readonly<Record<string, unknown>> | null;
	/** null: it is deleted. */
	readonly after: Readonly<Record<string, unknown>> | null;
}

/** How many groups of equal problems are shown. */
const GROUPS_SHOWN = 20;
/** More ids than this are not listed: query the table. */
const IDS_SHOWN = 2_000;

function noCounts(): Counts {
	return {
		created: 0,
		updated: 0,
		unchanged: 0,
		deleted: 0,
		failed: 0,
		not_attempted: 0,
		unknown: 0,
	};
}

/** Nothing was sent, because something is wrong with the input. */
export async function refused(
	total: number,
	problems: readonly Problem[],
	notes: readonly string[],
): Promise<WriteAnswer> {
	const counts = noCounts();
	const blamed = new Set<number>();
	await inTurns(problems, ({ record }) => {
		if (record !== undefined) blamed.add(record);
	});
	counts.failed = blamed.size;
	counts.not_attempted = Math.max(0, total - blamed.size);
	return {
		change_id: null,
		counts,
		ids: [],
		outcomes: [],
		...(await cutProblems(problems)),
		notes: ["nothing was sent", ...notes],
	};
}

/** Sums up how every record ended; those without a result were not attempted. */
export async function summarize(
	change: string | null,
	total: number,
	results: ReadonlyMap<number, Settled>,
	notes: readonly string[],
	problems: readonly Problem[] = [],
): Promise<WriteAnswer> {
	const { counts, parts, ids, runs } = await countEnds(total, results);
	const listed = total <= IDS_SHOWN;
	return {
		change_id: change,
		counts,
		...(parts === 0 ? {} : { in_part: parts }),
		ids: listed ? ids : [],
		outcomes: outcomesOf(runs),
		...(await cutProblems(allProblems(problems, total, results))),
		notes: listed
			? notes
			: [...notes, `the ${total} ids are not listed: query the table`],
	};
}

async function countEnds(total: number, results: ReadonlyMap<number, Settled>) {
	const counts = noCounts();
	let parts = 0;
	const ids: (string | null)[] = [];
	const runs: Run[] = [];
	await inTurns(indexesTo(total), (index) => {
		const end: Settled = results.get(index) ?? {
			index,
			outcome: "not_attempted",
		};
		counts[end.outcome]++;
		if (end.lost !== undefined) parts++;
		if (total <= IDS_SHOWN) ids.push(end.id ?? null);
		extend(runs, end.outcome, index);
	});
	return { counts, parts, ids, runs };
}

/** Those of the call, and of the records that have something to say of how they ended. */
function* allProblems(
	problems: readonly Problem[],
	total: number,
	results: ReadonlyMap<number, Settled>,
): Iterable<Problem> {
	yield* problems;
	for (const record of indexesTo(total)) {
		const message = results.get(record)?.message;
		if (message !== undefined) yield { record, message };
	}
}

function* indexesTo(total: number): Iterable<number> {
	for (let index = 0; index < total; index++) yield index;
}

/** Records that follow each other and ended the same. */
interface Run {
	readonly outcome: Outcome;
	readonly from: number;
	to: number;
}

function extend(runs: Run[], outcome: Outcome, index: number): void {
	const last = runs.at(-1);
	if (last?.outcome === outcome) last.to = index;
	else runs.push({ outcome, from: index, to: index });
}

/** Above this many runs, those that ended the same share one line. */
const MOST_RUNS = 12;

/** In input order, such as `created:0-99`; of many runs one entry per outcome, such as `created:0-3,7,9-12`. */
function outcomesOf(runs: readonly Run[]): readonly string[] {
	if (runs.length <= MOST_RUNS)
		return runs.map((run) => `${run.outcome}:${range(run)}`);
	const ranges = new Map<Outcome, string[]>();
	for (const run of runs) addTo(ranges, run.outcome, range(run));
	return [...ranges].map(([outcome, all]) => `${outcome}:${all.join(",")}`);
}

function range({ from, to }: Run): string {
	return from === to ? `${from}` : `${from}-${to}`;
}

/** The problems as an answer holds them. */
export async function cutProblems(
	problems: Iterable<Problem>,
): Promise<Pick<WriteAnswer, "problems" | "problems_total">> {
	const { groups, total, isWhole } = await groupProblems(
		problems,
		GROUPS_SHOWN,
	);
	return {
		problems: groups,
		...(isWhole ? {} : { problems_total: total }),
	};
}

/** Did anything fail, stay unknown or go unattempted? */
export function isFailure({
	counts,
	change_id,
	problems,
}: WriteAnswer): boolean {
	return (
		counts.failed + counts.unknown + counts.not_attempted > 0 ||
		(change_id === null && problems.length > 0)
	);
}

export function emptyAnswer(notes: readonly string[]): WriteAnswer {
	return {
		change_id: null,
		counts: noCounts(),
		ids: [],
		outcomes: [],
		problems: [],
		notes,
	};
}
