import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { MemberInfo } from "../contract/roles.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { attempt } from "../delivery/attempt.js";
import { BLAMES_RECORD } from "../delivery/failures.js";
import { leavesUnknown, outcomeOf, type Sent } from "./carry-out.js";

type Member = Pick<MemberInfo, "id" | "kind">;

/** What became of each member of a role that was to be changed. */
export interface MemberOutcomes {
	readonly done: readonly Member[];
	/** Refused, each with the vendor's reason. */
	readonly failed: readonly {
		readonly member: Member;
		readonly error: TablesError;
	}[];
	/** Sent, and nobody knows what became of it: the reason. */
	readonly unknown: readonly Member[];
	/** Not sent any more. */
	readonly left: readonly Member[];
	/** Why the rest was left, or is not known. Absent: nothing was. */
	readonly stopped?: TablesError;
}

/** Whose membership is changed, and how. */
export interface MemberChange {
	readonly members: readonly Member[];
	/** Of one call to the vendor. */
	readonly atMost: number | undefined;
	readonly send: (
		members: readonly Member[],
		context: CallContext,
	) => Promise<void>;
}

/** What an answer needs after the last batch. */
const MARGIN_MS = 6_000;

/**
 * Adds or removes the members of a role, batch by batch. A batch that is refused for one of its members is halved
 * until that one is found; what every further batch would meet ends the work, and what is left is told.
 * @throws TablesError where nothing at all was done, for one reason; what a lone member is refused with.
 */
export async function changeMembers(
	session: Session,
	{ members, atMost = members.length, send }: MemberChange,
	running: Running,
): Promise<Sent<MemberOutcomes>> {
	const done: Member[] = [];
	const failed: MemberOutcomes["failed"][number][] = [];
	const waiting = split(members, atMost);
	const stop = (stopped: TablesError, unknown: readonly Member[]) => {
		if (done.length + failed.length === 0) throw stopped;
		return sentOf({ done, failed, unknown, left: waiting.flat(), stopped });
	};
	for (
		let batch = waiting.shift();
		batch !== undefined;
		batch = waiting.shift()
	) {
		const error = await refusal(session, send, batch, running);
		const [only] = batch;
		if (error === undefined) done.push(...batch);
		else if (!BLAMES_RECORD.has(error.code)) {
			if (leavesUnknown(error)) return stop(error, batch);
			waiting.unshift(batch);
			return stop(error, []);
		} else if (batch.length === 1 && only !== undefined)
			failed.push({ member: only, error });
		else waiting.unshift(...split(batch, Math.ceil(batch.length / 2)));
	}
	const [lone] = failed;
	if (members.length === 1 && lone !== undefined) throw lone.error;
	return sentOf({ done, failed, unknown: [], left: [] });
}

/** Sends one batch; why it was not done. */
async function refusal(
	session: Session,
	send: MemberChange["send"],
	batch: readonly Member[],
	running: Running,
): Promise<TablesError | undefined> {
	if (session.clock.now() > running.deadlineMs() - MARGIN_MS)
		return new TablesError("busy", "the time of one call is over");
	const sent = await attempt(() => send(batch, running.call));
	if (!("error" in sent)) return undefined;
	if (!(sent.error instanceof TablesError)) throw sent.error;
	return sent.error;
}

function sentOf(value: MemberOutcomes): Sent<MemberOutcomes> {
	const { done, failed, unknown, left } = value;
	const rest = failed.length + unknown.length + left.length;
	return { value, outcome: outcomeOf(done.length + unknown.length, rest) };
}

function split(members: readonly Member[], size: number): Member[][] {
	return Array.from(
		{ length: Math.ceil(members.length / Math.max(size, 1)) },
		(_, index) => members.slice(index * size, (index + 1) * size),
	);
}
