import type { Action } from "../core/contract/actions.js";
import type {
	BatchSent,
	Change,
	ChangePlan,
	ChangeStart,
	JournalEvent,
	Op,
	SeenRecords,
	Settled,
} from "../core/contract/journal.js";
import type { Problem } from "../core/contract/problem.js";
import { rowOf, withSecond } from "../core/contract/second-writes.js";
import { defined } from "../core/values/defined.js";
import { inTurns } from "../core/values/in-turns.js";
import type { Line } from "./journal-lines.js";

/** What the files of one change say. */
export interface Lines {
	readonly events: readonly Line[];
	readonly facts: Pick<Change, "owned" | "damaged">;
}

/** An action by its events; undefined where they are not of one. */
export function assembleAction({ events, facts }: Lines): Action | undefined {
	const start = events.find((event) => event.type === "action");
	if (start === undefined) return undefined;
	return {
		start,
		end: events.find((event) => event.type === "action_end"),
		owned: facts.owned,
	};
}

/** A plan as far as it was read. */
interface PlanParts {
	readonly ops: Op[];
	readonly settled: Settled[];
}

/** A change of records by its events; undefined where they are not of one. */
export async function assemble({
	events,
	facts,
}: Lines): Promise<Change | undefined> {
	const start = events.find((event) => event.type === "start");
	if (start === undefined) return undefined;
	let plan: ChangePlan | undefined;
	let planned: PlanParts = { ops: [], settled: [] };
	let { consent } = start;
	let offset = 0;
	const problems: Problem[] = [];
	let status: Change["status"] = "running";
	let endedAtMs: number | undefined;
	const options = new Map<string, Set<string>>();
	const seen = new Map<string, string>();
	const see = (records: SeenRecords = {}) => {
		for (const [id, digest] of Object.entries(records)) seen.set(id, digest);
	};
	const sent = new Map<number, Extract<JournalEvent, { type: "sent" }>>();
	const results = new Map<number, Settled>();
	const answered = new Set<number>();
	await inTurns(events, (event) => {
		switch (event.type) {
			case "start":
				break;
			case "plan":
				see(event.seen);
				for (const op of event.ops) planned.ops.push(op);
				for (const result of event.settled) planned.settled.push(result);
				if (event.more) break;
				// One that broke off was never acted on.
				plan = { ...event, ...planned };
				for (const result of planned.settled) results.set(result.index, result);
				planned = { ops: [], settled: [] };
				break;
			case "sent":
				status = "running";
				sent.set(event.batch, event);
				break;
			case "done":
				answered.add(event.batch);
				for (const result of event.results) results.set(result.index, result);
				break;
			case "offset":
				offset = event.offset;
				for (const problem of event.problems) problems.push(problem);
				for (const result of event.results) results.set(result.index, result);
				break;
			case "agreed":
				consent = event.consent;
				see(event.seen);
				break;
			case "options":
				for (const [field, names] of Object.entries(event.options))
					options.set(
						field,
						new Set([...(options.get(field) ?? []), ...names]),
					);
				break;
			case "end":
				status = event.status;
				endedAtMs = event.atMs;
				break;
		}
	});
	return {
		start: { ...start, ...defined({ consent }) },
		plan,
		sent: [...sent.values()],
		...withSecondWrites(start, [...sent.values()], results),
		answered,
		offset,
		problems,
		options,
		seen,
		endedAtMs,
		status,
		...facts,
	};
}

/** Results of an import's rows, each with what its second write came to, and those of the second writes. */
function withSecondWrites(
	{ source, total }: ChangeStart,
	sent: readonly BatchSent[],
	found: ReadonlyMap<number, Settled>,
): Pick<Change, "results" | "second"> {
	if (source === undefined || total === undefined)
		return { results: found, second: new Map() };
	const results = new Map<number, Settled>();
	const second = new Map<number, Settled>();
	for (const [index, result] of found)
		(index < total ? results : second).set(index, result);
	for (const op of sent.flatMap(({ ops = [] }) => ops)) {
		const row = results.get(rowOf(op.index, total));
		if (op.index >= total && row !== undefined)
			results.set(row.index, withSecond(row, second.get(op.index), op));
	}
	return { results, second };
}
