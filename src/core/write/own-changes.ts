import type { Change } from "../contract/journal.js";
import { LOCAL_PERSON, type Session } from "../contract/session.js";

/** Was this made by who calls now? A change belongs to who made it. */
export function isOwn(
	session: Pick<Session, "person">,
	{ by = LOCAL_PERSON }: { readonly by?: string },
): boolean {
	return by === session.person;
}

/** The changes of who calls, newest first. */
export async function ownChanges(
	session: Pick<Session, "person" | "journal">,
): Promise<readonly Change[]> {
	return (await session.journal.list()).filter(({ start }) =>
		isOwn(session, start),
	);
}
