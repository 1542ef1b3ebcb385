import type { Consent } from "../contract/consent.js";
import type { FilterInput } from "../contract/table.js";
import type { StatementRows } from "./statement-rows.js";

/** What an update is asked: `records`, or `filter` with `set`. */
export interface UpdateInput {
	readonly records?: readonly unknown[] | undefined;
	readonly matchOn?: readonly string[] | undefined;
	readonly upsert?: boolean | undefined;
	readonly filter?: FilterInput | undefined;
	readonly set?: Readonly<Record<string, unknown>> | undefined;
	readonly confirm?: string | undefined;
	/** The question where too much would be lost. Absent: that of update_records. */
	readonly kind?: "change_records" | "replace_files";
	/** How a person has agreed already. Absent: they are asked here. */
	readonly consent?: Consent | undefined;
	/** Records that are left alone, and why, by id: somebody changed them while a person was asked. Absent: none. */
	readonly leave?: ReadonlyMap<string, string> | undefined;
	/** A statement made the records. Absent: the call has them. */
	readonly statement?: StatementRows | undefined;
}
