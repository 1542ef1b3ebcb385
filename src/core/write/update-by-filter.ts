import { ASK_ABOVE, act, asksLately } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Cell } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRows } from "../read/read.js";
import type { ValidRecord } from "../values/validate.js";
import { filterOf, keptSince, MATCHING, validate } from "./input-checks.js";
import { planKnown } from "./known-updates.js";
import { changesOf, type UpdateInput } from "./update-input.js";
import { type WriteOptions, writePlan } from "./write-plan.js";

/** The same values for every record that matches a filter. */
export async function updateByFilter(
	session: Session,
	located: Located,
	input: UpdateInput,
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	if (
		input.filter === undefined ||
		input.set === undefined ||
		input.records !== undefined
	)
		throw new TablesError(
			"bad_argument",
			"`filter` and `set` go together, without `records`",
			{
				next: "Pass `filter` with `set`, or `records`. To change every record, pass a filter that is true for all, such as is_not_empty on the primary field.",
			},
		);
	if (input.matchOn !== undefined || input.upsert)
		throw new TablesError(
			"bad_argument",
			"`match_on` and `upsert` go with `records`, not with `filter` and `set`",
			{ next: "Leave them out, or pass `records`." },
		);
	if (Object.keys(input.set).length === 0)
		throw new TablesError("bad_argument", "`set` names no field", {
			next: "Pass {name: value}; null clears a cell.",
		});
	const checked = await validate(
		session,
		located,
		{
			given: [{ fields: input.set }],
			mode: "update",
			allowNewOptions: options.allowNewOptions,
		},
		running,
	);
	const [record] = checked.records;
	if (checked.problems.length > 0 || record === undefined)
		return refused(
			1,
			checked.problems.map(({ record: _, ...problem }) => ({ ...problem })),
			checked.notes,
		);
	const { filter, notes } = await filterOf(
		session,
		checked.located,
		input.filter,
		running,
	);
	const { table } = checked.located;
	const touched = table.fields.filter(
		({ id }) => id in record.cells || id in record.edits,
	);
	const rows = new Map<string, Readonly<Record<string, Cell>>>();
	await readInTime(session, running, MATCHING, async (call) => {
		for await (const some of readRows(
			checked.located,
			{ fields: touched, filter },
			call,
		))
			for (const row of some) rows.set(row.id, row.cells);
	});
	const records = [...rows.keys()].map(
		(id, index): ValidRecord => ({ ...record, index, id }),
	);
	const plan = planKnown(checked.located, records, rows);
	const readAtMs = session.clock.now();
	const count = plan.ops.length;
	const asked = changesOf(checked.located);
	const consent =
		!options.dryRun &&
		count > 0 &&
		(count > ASK_ABOVE || (await asksLately(session, asked.place)))
			? await running.confirm({
					...asked,
					action: act`change ${{ count, noun: "record" }} of ${table.name}: set ${Object.keys(input.set)}`,
					expected: String(count),
					given: input.confirm,
					about: [plan.ops.map(({ id }) => id).sort(), input.set],
				})
			: undefined;
	return writePlan(
		session,
		{
			...options,
			located: checked.located,
			tool: "update_records",
			given: [input.filter, input.set],
			plan: {
				...plan,
				total: records.length,
				...keptSince(session, readAtMs, rows),
				notes: [
					...checked.located.notes,
					...checked.notes,
					...notes,
					`${records.length} records match`,
				],
			},
			newOptions: checked.newOptions,
			consent,
		},
		running,
	);
}
