import type { Change } from "../contract/journal.js";
import { LOCAL_PERSON, type Session } from "../contract/session.js";
import { type UndoPart, undoPart } from "./present-ids.js";

/** Was this made by who calls now? A change belongs to who made it. */
export function isOwn(
	session: Pick<Session, "person">,
	{ by = LOCAL_PERSON }: { readonly by?: string },
): boolean {
	return by === session.person;
}

/** A change of who calls; undefined: they have none of this id. */
export async function ownChange(
	session: Pick<Session, "person" | "journal">,
	id: string,
): Promise<Change | undefined> {
	const change = await session.journal.read(id);
	return change !== undefined && isOwn(session, change.start)
		? change
		: undefined;
}

/** What undos of who calls have done. `also`: other changes of theirs that are wanted whole, and `take` takes. */
export function ownUndos(
	session: Pick<Session, "person" | "journal">,
	also: (start: Change["start"]) => boolean = () => false,
	take: (change: Change) => void = () => {},
): Promise<readonly UndoPart[]> {
	return session.journal.each({
		start: (start) =>
			start.type === "start" &&
			isOwn(session, start) &&
			(start.undoes !== undefined || also(start)),
		change(change) {
			if (also(change.start)) take(change);
			return undoPart(change);
		},
	});
}
