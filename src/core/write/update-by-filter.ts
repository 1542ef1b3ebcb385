import { type Act, act, andSo } from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput } from "../contract/table.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { undecidedNotes } from "../filter/undecided.js";
import type { Located } from "../places/locate.js";
import { filterOf } from "../read/resolve-filter.js";
import { mapInTurns, mapOfInTurns } from "../values/in-turns.js";
import { fieldNamed } from "../values/names.js";
import type { Validated, ValidRecord } from "../values/validate.js";
import { isEmpty } from "../values/values.js";
import { askAndWrite } from "./ask-and-write.js";
import { validate } from "./input-checks.js";
import { asShown, planKnown } from "./known-updates.js";
import { readMatching } from "./matching-records.js";
import type { UpdateInput } from "./update-input.js";
import type { Plan, WriteOptions } from "./write-plan.js";

/** The same values for every record that matches a filter. */
export async function updateByFilter(
	session: Session,
	located: Located,
	input: UpdateInput,
	options: WriteOptions,
	running: Running,
): Promise<WriteAnswer> {
	const asked = filterAndSet(input);
	const checked = await validate(
		session,
		located,
		{
			given: [{ fields: asked.set }],
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
	const wanted = { ...asked, options, checked, record };
	return updateMatching(session, wanted, running);
}

interface FilterAndSet {
	readonly filter: FilterInput;
	readonly set: Readonly<Record<string, unknown>>;
	readonly confirm: string | undefined;
}

/** @throws TablesError bad_argument: they go together, and with nothing of the other ways to update. */
function filterAndSet({
	filter,
	set,
	records,
	matchOn,
	upsert,
	confirm,
}: UpdateInput): FilterAndSet {
	if (filter === undefined || set === undefined || records !== undefined)
		throw new TablesError(
			"bad_argument",
			"`filter` and `set` go together, without `records`",
			{
				next: "Pass `filter` with `set`, or `records`. To change every record, pass a filter with match any and two conditions on one field: is_empty and is_not_empty.",
			},
		);
	if (matchOn !== undefined || upsert)
		throw new TablesError(
			"bad_argument",
			"`match_on` and `upsert` go with `records`, not with `filter` and `set`",
			{ next: "Leave them out, or pass `records`." },
		);
	if (Object.keys(set).length === 0)
		throw new TablesError("bad_argument", "`set` names no field", {
			next: "Pass {name: value}; null clears a cell.",
		});
	return { filter, set, confirm };
}

/** An update by filter whose values are checked. */
interface CheckedUpdate extends FilterAndSet {
	readonly options: WriteOptions;
	readonly checked: Validated & { readonly located: Located };
	/** What every record is to hold. */
	readonly record: ValidRecord;
}

async function updateMatching(
	session: Session,
	wanted: CheckedUpdate,
	running: Running,
): Promise<WriteAnswer> {
	const { filter, set, checked } = wanted;
	const { located, newOptions } = checked;
	const plan = await planMatching(session, wanted, running);
	const count = plan.ops.length;
	return askAndWrite(
		session,
		{
			...wanted.options,
			located,
			tool: "update_records",
			given: [filter, set],
			plan,
			newOptions,
		},
		{
			kind: "change_records",
			action: andSo(
				act`change ${{ count, noun: "record" }} of ${located.table.name}: `,
				whatIsSet(wanted),
			),
			count,
			given: wanted.confirm,
			about: set,
		},
		running,
	);
}

/** What becomes of the fields: to empty one is not to set it. */
function whatIsSet({ set, checked, record }: CheckedUpdate): Act {
	const { table } = checked.located;
	const idOf = (name: string) => fieldNamed(table, name).item.id;
	const written = Object.keys(set).filter(
		(name) => !(idOf(name) in record.readOnly),
	);
	const emptied = written.filter((name) => {
		const id = idOf(name);
		return id in record.cells && isEmpty(record.cells[id]);
	});
	const filled = written.filter((name) => !emptied.includes(name));
	if (emptied.length === 0) return act`set ${filled}`;
	return filled.length === 0
		? act`empty ${emptied}`
		: act`set ${filled} and empty ${emptied}`;
}

/** Reads the records that match, and plans the changes of those that do not hold the values yet. */
async function planMatching(
	session: Session,
	{ filter: input, checked, record }: CheckedUpdate,
	running: Running,
): Promise<Plan> {
	const { located } = checked;
	const { filter, notes } = await filterOf(session, located, input, running, {
		purpose: "write",
	});
	const fields = located.table.fields.filter(
		({ id }) =>
			id in record.cells || id in record.edits || id in record.readOnly,
	);
	const query = { fields, filter };
	const rows = await readMatching(session, located, query, running);
	const before = await mapOfInTurns(rows, ({ id, cells }) => [id, cells]);
	const records = await mapInTurns(
		before.keys(),
		(id, index): ValidRecord => ({ ...record, index, id }),
	);
	const shown = await asShown(session, located, records, before, running);
	const known = await planKnown(located, records, shown);
	return {
		...known,
		before,
		filter,
		total: records.length,
		notes: [
			...located.notes,
			...checked.notes,
			...known.notes,
			...notes,
			...(records.length === 0 ? ["no record matches"] : []),
			...undecidedNotes(filter),
		],
	};
}
