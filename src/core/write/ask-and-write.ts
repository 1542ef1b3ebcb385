import type { Field } from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { WriteAnswer } from "../delivery/answer.js";
import { settledBy } from "../delivery/values-before.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRowsById } from "../read/read.js";
import { whyReadOnly } from "../values/validate.js";
import { equalCells } from "../values/values.js";
import { askForLoss, type Losing, wouldAsk } from "./ask-for-loss.js";
import { NAMED } from "./input-checks.js";
import { type Plan, type PlannedWrite, writePlan } from "./write-plan.js";

/** Values that were read for the plan are too old once counting what it loses took so long: they are read again. */
const BEFORE_FRESH_MS = 5_000;

/** Writes what was just read and planned. A person is asked first where it loses too much. */
export async function askAndWrite(
	session: Session,
	planned: PlannedWrite,
	question: Omit<Losing, "located" | "ops" | "before">,
	running: Running,
): Promise<WriteAnswer> {
	const { plan, located } = planned;
	if (plan.ops.length === 0 || planned.consent !== undefined)
		return writePlan(session, planned, running);
	const losing = { ...question, located, ops: plan.ops, before: plan.before };
	if (planned.dryRun) {
		const confirm = await wouldAsk(session, losing, running);
		return withConfirm(await writePlan(session, planned, running), confirm);
	}
	const readAtMs = session.clock.now();
	const { consent, before, settle } = await askForLoss(
		session,
		losing,
		running,
	);
	const known = withRead(located, plan, before);
	// However fast the answer came, others may have written while the question was open.
	const isFresh =
		consent?.answer !== "accept" &&
		session.clock.now() - readAtMs <= BEFORE_FRESH_MS;
	const asked = isFresh
		? known
		: await unlessChanged(session, located, known, running);
	return writePlan(
		session,
		{ ...planned, plan: asked, consent, settle },
		running,
	);
}

/** The plan with rows that were read to count what it loses: some turn out to hold already what they should. */
function withRead(
	located: Located,
	plan: Plan,
	before: Plan["before"] | undefined,
): Plan {
	if (before === undefined || before === plan.before) return plan;
	const settled = plan.ops.flatMap((op) => {
		const id = op.id ?? "";
		return plan.before?.has(id) || !before.has(id)
			? []
			: (settledBy(located, op, before.get(id)) ?? []);
	});
	const done = new Set(settled.map(({ index }) => index));
	return {
		...plan,
		ops: plan.ops.filter(({ index }) => !done.has(index)),
		settled: [...plan.settled, ...settled],
		before,
	};
}

/** A dry run says what `confirm` would have to hold. */
export function withConfirm<Answer extends WriteAnswer>(
	answer: Answer,
	confirm: string | undefined,
): Answer {
	return confirm === undefined
		? answer
		: {
				...answer,
				confirm,
				notes: [
					...answer.notes,
					`a person would be asked first; where that is not possible, it needs confirm: "${confirm}"`,
				],
			};
}

/** What was asked is what is done: records that somebody has changed meanwhile are left. */
async function unlessChanged(
	session: Session,
	located: Located,
	{ before, ...plan }: Plan,
	running: Running,
): Promise<Plan> {
	const seen = plan.ops.filter(({ id }) => id !== undefined && before?.has(id));
	if (before === undefined || seen.length === 0) return plan;
	const named = new Set(seen.flatMap(({ cells }) => Object.keys(cells)));
	const fields = located.table.fields.filter(
		({ id }) => named.has(id) || seen.some(({ kind }) => kind === "delete"),
	);
	const now = await readInTime(session, running, NAMED, (call) =>
		readRowsById(
			located,
			seen.map(({ id }) => id as string),
			{ fields },
			call,
		),
	);
	const left = seen.flatMap((op): Settled[] => {
		const id = op.id as string;
		const cells = now.get(id)?.cells;
		const isSame =
			cells !== undefined &&
			comparedFields(located, op).every((field) =>
				equalCells(
					cells[field.id],
					before.get(id)?.[field.id],
					field,
					located.table.zone,
				),
			);
		return isSame
			? []
			: [
					{
						index: op.index,
						outcome: "failed",
						id,
						message:
							cells === undefined
								? `there is no record ${id}`
								: `record ${id} was changed while a person was asked, and is left alone`,
					},
				];
	});
	const gone = new Set(left.map(({ index }) => index));
	return {
		...plan,
		ops: plan.ops.filter(({ index }) => !gone.has(index)),
		settled: [...plan.settled, ...left],
		before: new Map([...now].map(([id, { cells }]) => [id, cells])),
	};
}

/** What the vendor computes changes by itself. */
function comparedFields(
	{ table, adapter }: Located,
	{ kind, cells }: Op,
): readonly Field[] {
	return table.fields.filter((field) =>
		kind === "delete"
			? whyReadOnly(field, adapter.codecs) === undefined
			: field.id in cells,
	);
}
