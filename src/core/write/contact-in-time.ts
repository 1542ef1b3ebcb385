import type { Adapter } from "../contract/adapter.js";
import type { ContactInfo, ContactKind } from "../contract/contacts.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { readInTime } from "../read/deadline.js";
import { worthTime } from "./count-in-time.js";
import type { Standing, Subject } from "./standing.js";

/** A contact that a person is asked about: who it is must be as it was. */
export async function standingContact(
	session: Session,
	adapter: Adapter,
	named: { readonly kind: ContactKind; readonly id: string },
	running: Running,
): Promise<{
	/** Absent: it is not in what the vendor lists, or not found in time. */
	readonly contact: ContactInfo | undefined;
	readonly subject: Subject;
}> {
	const find = () => contactInTime(session, adapter, named, running);
	const standing = (contact: ContactInfo | undefined): Standing => ({
		same: {
			name: contact?.name,
			parent: contact?.parent,
			teams: contact?.teams,
			roles: contact?.roles,
		},
	});
	const contact = await find();
	return {
		contact,
		subject: {
			what: `the contact ${named.id}`,
			seen: standing(contact),
			look: async () => standing(await find()),
		},
	};
}

/**
 * An entry of the address book, so that a person reads a name; undefined: it is not in what the vendor lists, or not
 * found in time.
 */
function contactInTime(
	session: Session,
	{ readContacts }: Adapter,
	{ kind, id }: { readonly kind: ContactKind; readonly id: string },
	running: Running,
): Promise<ContactInfo | undefined> {
	if (readContacts === undefined) return Promise.resolve(undefined);
	return worthTime(session, running, (hurried) =>
		readInTime(session, hurried, "the contacts", async (call) => {
			let cursor: string | undefined;
			do {
				const page = await readContacts({ kind }, cursor, call);
				const found = page.items.find((contact) => contact.id === id);
				if (found !== undefined) return found;
				cursor = page.next;
			} while (cursor !== undefined);
			return undefined;
		}),
	);
}
