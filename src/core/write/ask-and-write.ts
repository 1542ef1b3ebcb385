import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { refused, type WriteAnswer } from "../delivery/answer.js";
import { settledBy } from "../delivery/values-before.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { inTurns, pickInTurns } from "../values/in-turns.js";
import { askForLoss, type Losing, wouldAsk } from "./ask-for-loss.js";
import { dryConsent } from "./dry-consent.js";
import { linkEnds } from "./link-ends.js";
import type { Chosen } from "./look-again.js";
import { type Plan, type PlannedWrite, writePlan } from "./write-plan.js";

/** Writes what was just read and planned, or refuses it whole where a part is wrong. A person is asked first where it loses too much. */
export async function askAndWrite(
	session: Session,
	planned: PlannedWrite,
	question: Omit<Losing, "located" | "before" | keyof Chosen>,
	running: Running,
): Promise<WriteAnswer> {
	const { located } = planned;
	const { left: alone = [], ...good } = planned.plan;
	const problems = await problemsIn(good);
	if (problems.length > 0) return refused(good.total, problems, good.notes);
	const plan: Plan = { ...good, settled: [...good.settled, ...alone] };
	if (plan.ops.length === 0 || planned.consent !== undefined)
		return writePlan(session, { ...planned, plan }, running);
	const { ops: planOps, seen: known, filter, keys, before: read } = plan;
	const { linked } = question;
	const found = await linkEnds(
		session,
		located,
		planOps,
		{ before: read, linked },
		running,
	);
	if (found.problems.length > 0)
		return refused(plan.total, found.problems, plan.notes);
	const losing = {
		...question,
		...{ located, ops: planOps, before: read },
		...{ seen: known, filter, keys },
		ends: [...found.ends, ...(question.ends ?? [])],
	};
	if (planned.dryRun) {
		const { confirm, notes } = await wouldAsk(session, losing, running);
		const told = { ...plan, notes: [...plan.notes, ...notes] };
		const answer = { ...planned, plan: told };
		return withConfirm(
			session,
			await writePlan(session, answer, running),
			confirm,
		);
	}
	const agreed = await askForLoss(session, losing, running);
	const { consent, before, settle, ops, changed, seen } = agreed;
	const notes = [...plan.notes, ...agreed.notes];
	const left: Plan = {
		...{ ...plan, ops, notes },
		settled: [...plan.settled, ...changed],
		...defined({ seen }),
	};
	return writePlan(
		session,
		{
			...planned,
			plan: await withRead(located, left, before),
			consent,
			settle,
		},
		running,
	);
}

/** What is known to be wrong before anything is sent refuses the write as a whole. */
async function problemsIn({ settled }: Plan): Promise<readonly Problem[]> {
	const problems: Problem[] = [];
	await inTurns(settled, ({ index, outcome, message = "" }) => {
		if (outcome === "failed") problems.push({ record: index, message });
	});
	return problems;
}

/** The plan with rows that were read to count what it loses: some turn out to hold already what they should. */
async function withRead(
	located: Located,
	plan: Plan,
	before: Plan["before"] | undefined,
): Promise<Plan> {
	if (before === undefined || before === plan.before) return plan;
	const done = new Set<number>();
	const settled = await pickInTurns(plan.ops, (op) => {
		const id = op.id ?? "";
		const end =
			plan.before?.has(id) || !before.has(id)
				? undefined
				: settledBy(located, op, before.get(id));
		if (end !== undefined) done.add(end.index);
		return end;
	});
	return {
		...plan,
		ops:
			done.size === 0
				? plan.ops
				: await pickInTurns(plan.ops, (op) =>
						done.has(op.index) ? undefined : op,
					),
		settled: [...plan.settled, ...settled],
		before,
	};
}

/** A dry run says whether a person would be asked, and what `confirm` would have to hold. */
export function withConfirm<Answer extends WriteAnswer>(
	session: Pick<Session, "consent">,
	answer: Answer,
	confirm: string | undefined,
): Answer {
	const { notes, ...asked } = dryConsent(session, confirm);
	return { ...answer, ...asked, notes: [...answer.notes, ...notes] };
}
