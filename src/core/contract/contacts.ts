import type { CallContext } from "./call-context.js";
import type { Page } from "./table.js";

export type ContactKind = "member" | "team" | "role";

export interface ContactInfo {
	readonly id: string;
	readonly kind: ContactKind;
	readonly name: string | null;
	readonly email?: string;
	readonly parent?: string;
	readonly teams?: readonly string[];
	readonly roles?: readonly string[];
}

export interface ContactMethods {
	readContacts(
		query: {
			readonly kind: ContactKind;
			readonly inside?: string;
			readonly search?: string;
		},
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<ContactInfo>>;
	/** Without `id` a new one. */
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
	deleteContact(
		kind: ContactKind,
		id: string,
		context: CallContext,
	): Promise<void>;
}
