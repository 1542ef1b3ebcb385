/** What one connection may do. Compiled from the configuration; enforced by `guard`, once, before any call. */
export interface Policy {
	readonly readOnly: boolean;
	/** Ids or names; absent = all. */
	readonly bases?: readonly string[];
	/** Ids, names, or `base/table`; absent = all. */
	readonly tables?: readonly string[];
	/** Fields that do not exist for the agent: `field`, `table/field` or `base/table/field`; ids or names. */
	readonly hiddenFields: readonly string[];
}

export const OPEN_POLICY: Policy = { readOnly: false, hiddenFields: [] };

/** Do rules limit what the agent sees? */
export function isFenced(policy: Policy): boolean {
	return (
		policy.bases !== undefined ||
		policy.tables !== undefined ||
		policy.hiddenFields.length > 0
	);
}

/**
 * What rules have matched at any reading, of this process or an earlier one, so that a rename does not lift a rule.
 * Kept in the data folder.
 * @throws TablesError broken, where it cannot be read or written: then nothing can be shown.
 */
export interface FenceMemory {
	/** Marks of this connection, with those that other processes have added. */
	marks(): ReadonlySet<string>;
	add(marks: readonly string[]): void;
}
