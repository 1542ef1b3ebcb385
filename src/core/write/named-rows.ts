import type { Session } from "../contract/session.js";
import { isJustMade, LAG_MS } from "../delivery/just-made.js";
import type { Located } from "../places/locate.js";
import { readRowsById } from "../read/read.js";
import { inTurns, pickInTurns } from "../values/in-turns.js";

/**
 * Records that a write names by id. One that was made here a moment ago and is not shown yet is waited for: to say
 * that it is not there would be untrue.
 */
export async function readNamed(
	session: Session,
	located: Located,
	ids: readonly string[],
	query: Parameters<typeof readRowsById>[2],
	call: Parameters<typeof readRowsById>[3],
): ReturnType<typeof readRowsById> {
	const found = await readRowsById(located, ids, query, call);
	const late = await pickInTurns(ids, (id) =>
		!found.has(id) && isJustMade(session, id) ? id : undefined,
	);
	if (late.length === 0) return found;
	await session.clock.sleep(LAG_MS, call.signal);
	const shown = await readRowsById(located, late, query, call);
	const all = new Map(found);
	await inTurns(shown, ([id, row]) => void all.set(id, row));
	return all;
}
