import {
	ASK_ABOVE,
	act,
	asksLately,
	RECORDS_NAMED,
	tablePlace,
} from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Cell } from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput, Row } from "../contract/table.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRows, readRowsById } from "../read/read.js";
import {
	filterOf,
	keptSince,
	LOOKED_UP,
	MATCHING,
	NAMED,
	titlesOf,
	twice,
} from "./input-checks.js";
import { type WriteOptions, writePlan } from "./write-plan.js";

export async function deleteRecords(
	session: Session,
	located: Located,
	input: {
		readonly recordIds?: readonly string[] | undefined;
		readonly filter?: FilterInput | undefined;
		readonly confirm?: string | undefined;
	},
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "deleteBatch");
	if ((input.recordIds === undefined) === (input.filter === undefined))
		throw new TablesError(
			"bad_argument",
			"pass `record_ids` or `filter`, one of them",
			{
				next: "record_ids come from query_records; a filter needs at least one condition.",
			},
		);
	const notes = [...located.notes];
	let ids: readonly string[];
	/** The look whether they exist also keeps their values for undo. */
	const keeps = located.connection.undo && !options.dryRun;
	let before: Map<string, Readonly<Record<string, Cell>>> | undefined;
	const settled: Settled[] = [];
	const named: Row[] = [];
	if (input.filter !== undefined) {
		const resolved = await filterOf(session, located, input.filter, running);
		notes.push(...resolved.notes);
		const found: string[] = [];
		const primary = located.table.fields.filter((field) => field.primary);
		await readInTime(session, running, MATCHING, async (call) => {
			for await (const rows of readRows(
				located,
				{ fields: primary, filter: resolved.filter },
				call,
			)) {
				found.push(...rows.map(({ id }) => id));
				named.push(...rows.slice(0, RECORDS_NAMED - named.length));
			}
		});
		ids = found;
		notes.push(`${ids.length} records match`);
	} else {
		ids = input.recordIds ?? [];
		const problems = twice(
			ids.map((key, index) => ({ index, key })),
			(id) => `record ${id} is named twice`,
		);
		if (problems.length > 0) return refused(ids.length, problems, notes);
		if (!keeps || ids.length <= LOOKED_UP) {
			const there = await readInTime(session, running, NAMED, (call) =>
				readRowsById(
					located,
					ids,
					{ fields: keeps ? located.table.fields : [] },
					call,
				),
			);
			if (keeps)
				before = new Map([...there].map(([id, { cells }]) => [id, cells]));
			for (const [index, id] of ids.entries())
				if (!there.has(id))
					settled.push({
						index,
						outcome: "failed",
						id,
						message: `there is no record ${id}`,
					});
		}
	}
	const gone = new Set(settled.map(({ index }) => index));
	const ops = ids.flatMap((id, index): Op[] =>
		gone.has(index) ? [] : [{ index, kind: "delete", id, cells: {} }],
	);
	const readAtMs = session.clock.now();
	const asked = { kind: "delete_records", place: tablePlace(located) } as const;
	const consent =
		!options.dryRun &&
		ops.length > 0 &&
		(ops.length > ASK_ABOVE || (await asksLately(session, asked.place)))
			? await running.confirm({
					...asked,
					action: act`delete ${{ count: ops.length, noun: "record" }} of ${located.table.name}${{ first: titlesOf(named, located), of: ops.length }}`,
					expected: String(ops.length),
					given: input.confirm,
					about: ops.map(({ id }) => id).sort(),
				})
			: undefined;
	return writePlan(
		session,
		{
			...options,
			located,
			tool: "delete_records",
			given: [input.recordIds, input.filter],
			plan: {
				ops,
				settled,
				total: ids.length,
				notes,
				...keptSince(session, readAtMs, before),
			},
			consent,
		},
		running,
	);
}
