import { ASK_ABOVE, asksLately, type Question } from "../contract/consent.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { WriteAnswer } from "../delivery/answer.js";
import { type Plan, type PlannedWrite, writePlan } from "./write-plan.js";

/** Values from before a person was asked are too old for undo once the answer took so long: they are read again. */
const BEFORE_FRESH_MS = 5_000;

/**
 * Writes what was just read and planned. A person is asked first where it is more than a few records, and where one
 * has lately said no to a change of the table.
 * @param question made only where something would be written.
 */
export async function askAndWrite(
	session: Session,
	planned: PlannedWrite,
	question: () => Question,
	running: Running,
): Promise<WriteAnswer> {
	const { plan, dryRun } = planned;
	const count = plan.ops.length;
	if (dryRun || count === 0) return writePlan(session, planned, running);
	const readAtMs = session.clock.now();
	const asked = question();
	const consent =
		count > ASK_ABOVE || (await asksLately(session, asked.place))
			? await running.confirm(asked)
			: undefined;
	const isFresh = session.clock.now() - readAtMs <= BEFORE_FRESH_MS;
	return writePlan(
		session,
		{ ...planned, plan: isFresh ? plan : withoutValues(plan), consent },
		running,
	);
}

function withoutValues({ before: _, ...plan }: Plan): Plan {
	return plan;
}
