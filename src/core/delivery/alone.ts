import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { released } from "./carry-out.js";

/**
 * One at a time over all calls and processes of this person: what is read decides what is written, and two at once
 * would both find a key missing, or each drop what the other adds to a list.
 * @throws TablesError busy when the turn does not come in time.
 */
export async function alone<
	Answer extends { readonly notes: readonly string[] },
>(
	session: Session,
	located: Located,
	running: Parameters<typeof readInTime>[1],
	work: () => Promise<Answer>,
): Promise<Answer> {
	const { base, table } = located.table.ref;
	const release = await readInTime(
		session,
		running,
		"the table, which another write by keys or list edits holds,",
		(call) =>
			session.locks.acquire(
				["decide", located.connection.name, base, table].join("\n"),
				call.signal,
			),
		"Call again when the other write has answered.",
	);
	const left: string[] = [];
	let answer: Answer;
	try {
		answer = await work();
	} finally {
		await released(session, release, (note) => left.push(note));
	}
	return left.length === 0
		? answer
		: { ...answer, notes: [...answer.notes, ...left] };
}
