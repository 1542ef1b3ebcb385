import { act } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { oneAtATime } from "../delivery/write-locks.js";
import { need } from "../places/capability.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { inTurns, mapInTurns, pickInTurns } from "../values/in-turns.js";
import { fieldNamed } from "../values/names.js";
import type { Validated, ValidRecord } from "../values/validate.js";
import { askAndWrite } from "./ask-and-write.js";
import { LOOKED_UP, NAMED, twice, validate } from "./input-checks.js";
import { asShown, planKnown } from "./known-updates.js";
import { filesWithoutToken } from "./lone-names.js";
import { cellsById } from "./loss.js";
import { readNamed } from "./named-rows.js";
import { addQuestion } from "./resume-change.js";
import { leaveChanged } from "./statement-rows.js";
import { updateByFilter } from "./update-by-filter.js";
import { planByKey } from "./update-by-key.js";
import type { UpdateInput } from "./update-input.js";
import type { Plan, WriteOptions } from "./write-plan.js";

/** An update of named records whose values are checked. */
interface CheckedUpdate {
	readonly given: readonly unknown[];
	readonly input: UpdateInput;
	readonly options: WriteOptions;
	readonly checked: Validated & { readonly located: Located };
	/** Fields of `match_on`. Empty: the records have ids. */
	readonly keys: readonly Field[];
}

/** Changes the records that are named by id or key, or that match a filter. */
export async function updateRecords(
	session: Session,
	located: Located,
	input: UpdateInput,
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	need(located, "updateBatch");
	if (input.filter !== undefined || input.set !== undefined)
		return updateByFilter(session, located, input, options, running);
	const given = input.records;
	if (given === undefined)
		throw new TablesError("bad_argument", "nothing to update was named", {
			next: "Pass `records` with ids, `records` with `match_on`, `from` with {sql, tables}, or `filter` with `set`.",
		});
	const checked = await validate(
		session,
		located,
		{ given, mode: "update", allowNewOptions: options.allowNewOptions },
		running,
	);
	const problems = [
		...checked.problems,
		...(await misnamed(checked.records, input)),
	];
	const keys = (input.matchOn ?? []).map(
		(name) => fieldNamed(checked.located.table, name).item,
	);
	if (problems.length > 0)
		return refused(given.length, problems, checked.notes);
	const update = { given, input, options, checked, keys };
	return updateNamed(session, update, running);
}

/** Where what is written rests on what is read, no other write of the table may come between. */
async function updateNamed(
	session: Session,
	update: CheckedUpdate,
	running: Running,
): Promise<WriteAnswer> {
	const { checked, input, keys, options } = update;
	const write = () => planAndWrite(session, update, running);
	const restsOnCells =
		keys.length > 0 ||
		checked.records.some(({ edits }) => Object.keys(edits).length > 0);
	// A statement is run in its turn.
	return restsOnCells && input.statement === undefined && !options.dryRun
		? oneAtATime(session, checked.located, running, write)
		: write();
}

async function planAndWrite(
	session: Session,
	update: CheckedUpdate,
	running: Running,
): Promise<WriteAnswer> {
	const { given, input, options, checked, keys } = update;
	const { located, newOptions } = checked;
	const what = keys.length > 0 ? "the table for the keys" : NAMED;
	const { statement } = input;
	const asked = statement?.asked ?? given;
	const planned = await readInTime(session, running, what, (call) =>
		planUpdate(session, update, { ...running, call }),
	);
	if ("problems" in planned)
		return refused(given.length, planned.problems, checked.notes);
	const plan =
		statement === undefined
			? planned
			: await leaveChanged(located, planned, statement);
	const left: Settled[] = [];
	let count = 0;
	const ops = await pickInTurns(plan.ops, (op) => {
		const { index, kind, id = "" } = op;
		const message = input.leave?.get(id);
		if (message === undefined) {
			if (kind === "update") count++;
			return op;
		}
		left.push({ index, outcome: "failed", id, message });
		return undefined;
	});
	return askAndWrite(
		session,
		{
			...options,
			located,
			tool: "update_records",
			given: [asked, input.matchOn, input.upsert],
			shows: statement !== undefined,
			plan: {
				...plan,
				ops,
				settled: [...plan.settled, ...left],
				total: given.length,
				notes: [...located.notes, ...checked.notes, ...plan.notes],
			},
			newOptions,
			consent: input.consent,
		},
		{
			kind: input.kind ?? "change_records",
			...(count === 0
				? addQuestion(located.table.name, ops.length)
				: {
						action: act`change ${{ count, noun: "record" }} of ${located.table.name}`,
						count,
					}),
			given: input.confirm,
			turn: statement?.turn,
			about: [given, input.matchOn, input.upsert],
		},
		running,
	);
}

/** Records without what tells which one is meant, or of which one is named twice. */
async function misnamed(
	records: readonly ValidRecord[],
	{ matchOn, upsert }: UpdateInput,
): Promise<readonly Problem[]> {
	const problems: Problem[] = [];
	const named = await pickInTurns(records, ({ index, id }) => {
		if (id !== undefined) return { index, key: id };
		if (matchOn === undefined)
			problems.push({
				record: index,
				message: "has no `id`; pass it, or name key fields in `match_on`",
			});
		return undefined;
	});
	if (upsert && matchOn === undefined)
		problems.push({ message: "`upsert` needs `match_on`" });
	return [
		...problems,
		...(await twice(named, (id) => `record ${id} is named twice`)),
	];
}

/** Finds the records by id or key, merges list edits, drops what is as it should be. */
async function planUpdate(
	session: Session,
	{ input, options, checked, keys }: CheckedUpdate,
	running: Running,
): ReturnType<typeof planByKey> {
	const { located, records } = checked;
	const named = new Set<string>();
	await inTurns(records, ({ cells, edits, readOnly }) => {
		for (const part of [cells, edits, readOnly])
			for (const id in part) named.add(id);
	});
	for (const { id } of input.statement?.read ?? []) named.add(id);
	const touched = located.table.fields.filter(({ id }) => named.has(id));
	if (keys.length > 0) {
		const keyed = { records, keys, touched, upsert: input.upsert ?? false };
		return planByKey(session, located, keyed, running);
	}
	const looks = options.dryRun || input.statement !== undefined;
	if (!looks && !(await needsCells(located, records))) return asGiven(records);
	const found = await readNamed(
		session,
		located,
		await mapInTurns(records, ({ id }) => id as string),
		{ fields: touched },
		running.call,
	);
	const before = await cellsById(found);
	const shown = await asShown(session, located, records, before, running);
	const plan = await planKnown(located, records, shown);
	const gone = records.some(({ id = "" }) => !before.has(id));
	const notes = [...plan.notes, ...(gone ? [howToName(located)] : [])];
	return { ...plan, notes, before };
}

/** Said where a record that is named is not there: often its title was given as its id. */
function howToName({ table }: Located): string {
	const primary = table.fields.find((field) => field.primary);
	const key = primary === undefined ? "…" : JSON.stringify(primary.name);
	return `query_records answers the ids of records; to name them by a value, leave \`id\` out, put the value into \`fields\` and pass \`match_on\`: [${key}]`;
}

/** Has the plan to know what the records hold? */
async function needsCells(
	located: Located,
	records: readonly ValidRecord[],
): Promise<boolean> {
	if (located.connection.undo && records.length <= LOOKED_UP) return true;
	const isTwoWay = (id: string) =>
		located.table.byId.get(id)?.settings.twoWay === true;
	let needs = false;
	await inTurns(records, ({ edits, readOnly, cells, unlessHeld }) => {
		needs ||=
			Object.keys(edits).length + Object.keys(readOnly).length > 0 ||
			unlessHeld !== undefined ||
			Object.keys(cells).some(isTwoWay) ||
			filesWithoutToken(cells, located).length > 0;
	});
	return needs;
}

async function asGiven(
	records: readonly ValidRecord[],
): Promise<Omit<Plan, "total">> {
	return {
		ops: await mapInTurns(
			records,
			({ index, id, cells }): Op => ({
				...{ index, kind: "update", id: id as string },
				cells,
			}),
		),
		settled: [],
		notes: [],
	};
}
