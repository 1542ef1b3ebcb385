import { wordsOf } from "../contract/error-words.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { inTime } from "../read/deadline.js";
import type { LiveChange } from "./live-change.js";

/**
 * One write at a time where the vendor asks for it, over all processes of this person.
 * @returns what lets go of the lock.
 */
export async function lockForWrite(
	change: LiveChange,
): Promise<() => Promise<void>> {
	const { session, located, running } = change;
	const { writes } = located.adapter.limits;
	if (writes === "parallel") return async () => {};
	const { base, table } = located.table.ref;
	const name = [
		located.connection.name,
		base,
		...(writes === "serial-per-table" ? [table] : []),
	].join("\n");
	const release = await session.locks.acquire(name, running.call.signal);
	return () => releaseLock(session, release, (note) => change.notes.add(note));
}

/** A call's turn among the writes to its table that rest on what they read. */
export interface Turn {
	/** Lets others go first: a person is about to be asked, and may take long. */
	pause(): Promise<void>;
	/**
	 * Waits for the turn again, where it was let go.
	 * @returns whether it was: others may have written since.
	 * @throws TablesError busy when it does not come in time.
	 */
	takeAgain(): Promise<boolean>;
}

/**
 * One at a time over all calls and processes of this person: what is read decides what is written, and two at once
 * would both find a key missing, each drop what the other adds to a list, or both delete the same record.
 * @throws TablesError busy when the turn does not come in time.
 */
export async function oneAtATime<
	Answer extends { readonly notes: readonly string[] },
>(
	session: Session,
	located: Located,
	running: Parameters<typeof inTime>[1],
	work: (turn: Turn) => Promise<Answer>,
): Promise<Answer> {
	const take = () => takeTurn(session, located, running);
	const left: string[] = [];
	let held: (() => Promise<void>) | undefined = await take();
	const letGo = async () => {
		const release = held;
		held = undefined;
		if (release !== undefined)
			await releaseLock(session, release, (note) => left.push(note));
	};
	let answer: Answer;
	try {
		answer = await work({
			pause: letGo,
			async takeAgain() {
				if (held !== undefined) return false;
				held = await take();
				return true;
			},
		});
	} finally {
		await letGo();
	}
	return left.length === 0
		? answer
		: { ...answer, notes: [...new Set([...answer.notes, ...left])] };
}

/** @throws TablesError busy when it does not come in time. */
function takeTurn(
	session: Session,
	{ connection, table: { ref } }: Located,
	running: Parameters<typeof inTime>[1],
): Promise<() => Promise<void>> {
	return inTime(
		session,
		running,
		{
			message:
				"another write to this table (a deletion, or one by keys or with list edits) was still running; nothing was written",
			next: "Call again when the other write has answered.",
		},
		(call) =>
			session.locks.acquire(
				["decide", connection.name, ref.base, ref.table].join("\n"),
				call.signal,
			),
	);
}

/** Lets go of a lock. That it stays behind is reported, and takes nothing away from what was done under it. */
async function releaseLock(
	session: Pick<Session, "log">,
	release: () => Promise<void>,
	report: (note: string) => void,
): Promise<void> {
	try {
		await release();
	} catch (error) {
		session.log("warning", `a lock was left behind: ${wordsOf(error)}`);
		report(
			`the lock of the table could not be removed (${wordsOf(error)}): the next write may have to wait until it counts as abandoned`,
		);
	}
}
