import type { CallContext } from "./call-context.js";
import type { Page } from "./table.js";

/** What an organisation's address book holds: people, the teams they are in, and roles of the organisation. */
export type ContactKind = "member" | "team" | "role";

/** One entry of the address book. */
export interface ContactInfo {
	/** Of the vendor; unique in its kind. */
	readonly id: string;
	/** What the entry is, which says what the other parts can be. */
	readonly kind: ContactKind;
	/** null when the account may not read it. */
	readonly name: string | null;
	/** Members only. Absent: the vendor does not send it. */
	readonly email?: string;
	/** Teams only: id of the team above. Absent: it stands at the top, or the vendor does not say. */
	readonly parent?: string;
	/** Members only: ids of their teams. Absent: the vendor does not say. */
	readonly teams?: readonly string[];
	/** Members only: ids of their roles. Absent: the vendor does not say. */
	readonly roles?: readonly string[];
}

/** The organisation's address book. */
export interface ContactMethods {
	/**
	 * One page of entries of one kind. `inside` is the id of a team (its members, or the teams below it) or of a role;
	 * `search` is a part of the name.
	 * @throws TablesError not_found for an `inside` that is gone, unsupported for a kind that the vendor does not have;
	 * else as any read.
	 */
	readContacts(
		query: {
			readonly kind: ContactKind;
			readonly inside?: string;
			readonly search?: string;
		},
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<ContactInfo>>;
	/**
	 * Changes the named parts of the entry with this `id`; without one a new entry is made. `teams` and `roles` are whole
	 * lists, not additions. Answers the entry as it is then.
	 * @throws TablesError unsupported for a part that the vendor cannot change, not_found for an id that is gone; else as
	 * any write.
	 */
	saveContact(
		change: {
			readonly kind: ContactKind;
			readonly id?: string;
			readonly name?: string;
			readonly parent?: string;
			readonly teams?: readonly string[];
			readonly roles?: readonly string[];
		},
		context: CallContext,
	): Promise<ContactInfo>;
	/**
	 * A person has agreed.
	 * @throws TablesError not_found for an id that is gone; else as any write.
	 */
	deleteContact(
		kind: ContactKind,
		id: string,
		context: CallContext,
	): Promise<void>;
}
