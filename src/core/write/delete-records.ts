import { act, andSo, RECORDS_NAMED } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput, Row } from "../contract/table.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { oneAtATime, type Turn } from "../delivery/write-locks.js";
import { undecidedNotes } from "../filter/undecided.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { filterOf } from "../read/resolve-filter.js";
import { defined } from "../values/defined.js";
import {
	inTurns,
	mapInTurns,
	mapOfInTurns,
	pickInTurns,
} from "../values/in-turns.js";
import { askAndWrite } from "./ask-and-write.js";
import { LOOKED_UP, NAMED, twice } from "./input-checks.js";
import { countLinks, type LinkCount } from "./links-to-deleted.js";
import { digestOf, lookOf, type Seen } from "./look-again.js";
import { cellsById, type Rows } from "./loss.js";
import { readMatching, titlesOf } from "./matching-records.js";
import { readNamed } from "./named-rows.js";
import { HIDDEN_CELLS } from "./plan-undo.js";
import { leaveChanged, type StatementRows } from "./statement-rows.js";
import type { Plan, WriteOptions } from "./write-plan.js";

/** Which records are to be deleted: their ids, or a filter. */
interface DeleteInput {
	readonly recordIds?: readonly string[] | undefined;
	readonly filter?: FilterInput | undefined;
	readonly confirm?: string | undefined;
	/** A statement made the ids. Absent: the call has them. */
	readonly statement?: StatementRows | undefined;
}

/** Records that are to be deleted. */
interface Chosen {
	readonly ids: readonly string[];
	/** What is said of those that are not there. */
	readonly missing: readonly Problem[];
	readonly notes: readonly string[];
	/** The cells that link to them. */
	readonly links: LinkCount;
	/** What their own link cells hold. */
	readonly linked: Rows;
	/** What the first of them are called, where the call does not name them. */
	readonly titles?: readonly string[];
	/** Their values for undo, where they were read anyway. */
	readonly before?: NonNullable<Plan["before"]>;
	/** What was seen of them, where it was. */
	readonly seen?: Seen;
	/** The filter that named them. */
	readonly filter?: NonNullable<Plan["filter"]>;
	/** The plan, where a statement named them. */
	readonly stated?: Omit<Plan, "total">;
}

/** Deletes the records that are named, or that match a filter. */
export async function deleteRecords(
	session: Session,
	located: Located,
	input: DeleteInput,
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "deleteBatch");
	if ((input.recordIds === undefined) === (input.filter === undefined))
		throw new TablesError(
			"bad_argument",
			"pass `record_ids`, `filter` or `from`, one of them",
			{
				next: "record_ids come from query_records; a filter needs at least one condition; from is {sql, tables} with a column _id.",
			},
		);
	const { recordIds: ids = [], statement } = input;
	const doubled = await twice(
		numbered(ids),
		(id) => `record ${id} is named twice`,
	);
	if (doubled.length > 0) return refused(ids.length, doubled, located.notes);
	const remove = async (turn?: Turn) => {
		const chosen = await chosenRecords(
			session,
			located,
			input,
			options,
			running,
		);
		if (chosen.missing.length > 0)
			return refused(ids.length, chosen.missing, [
				...located.notes,
				statement === undefined
					? "leave out the records that are not there, and call again"
					: "`_id` must be that of the table that is written, and the statement did not read these records in it",
			]);
		const given = { ...input, options, chosen, turn };
		return deleteChosen(session, located, given, running);
	};
	if (statement !== undefined) return remove(statement.turn);
	// Of two that delete the same records at once, the second must find them gone.
	return options.dryRun
		? remove()
		: oneAtATime(session, located, running, remove);
}

async function chosenRecords(
	session: Session,
	located: Located,
	{ recordIds: ids = [], filter, statement }: DeleteInput,
	{ dryRun }: WriteOptions,
	running: Running,
): Promise<Chosen> {
	if (filter !== undefined)
		return matchingRecords(session, located, filter, running);
	if (statement !== undefined)
		return statedRecords(session, located, { ids, statement }, running);
	const keeps = located.connection.undo && !dryRun;
	return namedRecords(session, located, { ids, keeps }, running);
}

function* numbered(ids: readonly string[]) {
	for (const [index, key] of ids.entries()) yield { index, key };
}

const DELETED = { kind: "delete", cells: {} } as const;

async function matchingRecords(
	session: Session,
	located: Located,
	input: FilterInput,
	running: Running,
): Promise<Chosen> {
	const { filter, notes } = await filterOf(session, located, input, running, {
		purpose: "write",
	});
	const first: Row[] = [];
	const look = lookOf(located);
	const links = countLinks(located);
	const { linked, keep } = keepLinks(links);
	const query = {
		fields: located.table.fields,
		filter,
		take(row: Row) {
			if (first.length < RECORDS_NAMED) first.push(row);
			links.add(row.cells);
			keep(row.id, row.cells);
			return { id: row.id, look: look(DELETED, row.cells) };
		},
	};
	const rows = await readMatching(session, located, query, running);
	const own = new Set<string>();
	await inTurns(rows, ({ id }) => void own.add(id));
	const seen = new Map<string, string>();
	await inTurns(rows, ({ id, look }) => void seen.set(id, digestOf(look, own)));
	const ids = [...own];
	return {
		ids,
		titles: titlesOf(first, located),
		missing: [],
		...{ filter, seen, links, linked },
		notes: [
			...notes,
			...(rows.length === 0 ? ["no record matches"] : []),
			...undecidedNotes(filter),
		],
	};
}

/**
 * Whether they exist is looked at before a person is asked, however many they are.
 * @param named `keeps`: that look also keeps their values for undo, unless they are too many to be held at once.
 */
async function namedRecords(
	session: Session,
	located: Located,
	{ ids, keeps }: { readonly ids: readonly string[]; readonly keeps: boolean },
	running: Running,
): Promise<Chosen> {
	const holds = keeps && ids.length <= LOOKED_UP;
	const links = countLinks(located);
	const fields = holds ? located.table.fields : links.fields;
	const there = await readInTime(session, running, NAMED, (call) =>
		readNamed(session, located, ids, { fields }, call),
	);
	const { linked, keep } = keepLinks(links);
	await inTurns(there, ([id, { cells }]) => {
		links.add(cells);
		keep(id, cells);
	});
	const missing: Problem[] = [];
	await inTurns(ids, (id, record) => {
		const message = `there is no record ${id}`;
		if (!there.has(id)) missing.push({ record, message });
	});
	if (!holds) return { ids, missing, links, linked, notes: [] };
	const before = await cellsById(there);
	return { ids, missing, links, linked, notes: [], before };
}

/** What a statement named, without what somebody has changed since it was read. */
async function statedRecords(
	session: Session,
	located: Located,
	{
		ids,
		statement,
	}: { readonly ids: readonly string[]; readonly statement: StatementRows },
	running: Running,
): Promise<Chosen> {
	const { fields } = located.table;
	const there = await readInTime(session, running, NAMED, (call) =>
		readNamed(session, located, ids, { fields }, call),
	);
	const links = countLinks(located);
	const { linked, keep } = keepLinks(links);
	const missing: Problem[] = [];
	const first: Row[] = [];
	const before = new Map<string, Row["cells"]>();
	const all = await mapInTurns(
		ids,
		(id, index): Op => ({ index, kind: "delete", id, cells: {} }),
	);
	await inTurns(all, ({ id = "", index: record }) => {
		const row = there.get(id);
		if (row === undefined) {
			if (!statement.hasRead(id))
				missing.push({ record, message: `there is no record ${id}` });
			return;
		}
		before.set(id, row.cells);
		if (!statement.isAsRead(id, row.cells)) return;
		if (first.length < RECORDS_NAMED) first.push(row);
		links.add(row.cells);
		keep(id, row.cells);
	});
	const settled = await pickInTurns(all, ({ index, id = "" }) =>
		before.has(id)
			? undefined
			: ({
					...{ index, outcome: "failed", id },
					message: `there is no record ${id}`,
				} satisfies Settled),
	);
	const ops = await pickInTurns(all, (op) =>
		before.has(op.id ?? "") ? op : undefined,
	);
	const plan = { ops, settled, notes: [], before };
	const { left, ...known } = await leaveChanged(located, plan, statement);
	return {
		...{ ids, missing, links, linked, notes: [] },
		titles: titlesOf(first, located),
		stated: { ...known, ...defined({ left }) },
	};
}

/** Keeps those of the cells that link to other records, for what these lose. */
function keepLinks({ fields }: LinkCount) {
	const linked = new Map<string, Row["cells"]>();
	return {
		linked,
		keep(id: string, cells: Row["cells"]) {
			const kept = fields.flatMap((field) => {
				const cell = cells[field.id];
				return Array.isArray(cell) ? [[field.id, cell] as const] : [];
			});
			if (kept.length > 0) linked.set(id, Object.fromEntries(kept));
		},
	};
}

async function deleteChosen(
	session: Session,
	located: Located,
	given: DeleteInput & {
		readonly options: WriteOptions;
		readonly chosen: Chosen;
		readonly turn: Turn | undefined;
	},
	running: Running,
): Promise<WriteAnswer> {
	const { chosen } = given;
	const { ids, missing: _, notes, links, linked: own, ...rest } = chosen;
	const { titles = [], stated, ...known } = rest;
	const ops =
		stated?.ops ??
		(await mapInTurns(
			ids,
			(id, index): Op => ({ index, kind: "delete", id, cells: {} }),
		));
	const byId = await mapOfInTurns(ops, ({ id = "", index }) => [id, index]);
	const linked = await links.told(session, byId, running);
	return askAndWrite(
		session,
		{
			...given.options,
			located,
			tool: "delete_records",
			given: given.statement?.asked ?? [given.recordIds, given.filter],
			shows: stated !== undefined,
			plan: {
				settled: [],
				...{ ...known, ...stated },
				ops,
				total: ids.length,
				notes: [
					...located.notes,
					...notes,
					...linked.notes,
					...hiddenNotes(located),
				],
			},
		},
		{
			kind: "delete_records",
			action: andSo(
				act`delete ${{ count: ops.length, noun: "record" }} of ${located.table.name}${{ first: titles, of: ops.length }}`,
				linked.question,
			),
			count: ops.length,
			given: given.confirm,
			turn: given.turn,
			linked: own,
			ends: linked.ends,
		},
		running,
	);
}

/** Said wherever a policy hides fields, whether or not anything stands in them. */
function hiddenNotes({ connection }: Located): readonly string[] {
	return connection.policy.hiddenFields.length === 0
		? []
		: [`undo_change cannot bring back: ${HIDDEN_CELLS}`];
}
