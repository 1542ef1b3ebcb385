/** What one connection may do. Compiled from the configuration; enforced by `guard`, once, before any call. */
export interface Policy {
	/** Every method that writes is refused before anything is sent. */
	readonly readOnly: boolean;
	/** Ids or names of the only bases that exist for the agent. Absent: all do. */
	readonly bases?: readonly string[];
	/** Ids, names, or `base/table`, of the only tables that exist for the agent. Absent: all do. */
	readonly tables?: readonly string[];
	/** Fields that do not exist for the agent: `field`, `table/field` or `base/table/field`; ids or names. */
	readonly hiddenFields: readonly string[];
}

/** No rule at all. */
export const OPEN_POLICY: Policy = { readOnly: false, hiddenFields: [] };

/** Do rules limit what the agent sees? `readOnly` alone does not. */
export function isFenced(policy: Policy): boolean {
	return (
		policy.bases !== undefined ||
		policy.tables !== undefined ||
		policy.hiddenFields.length > 0
	);
}

/**
 * What rules have matched at any reading, of this process or an earlier one, so that a rename does not lift a rule.
 * Kept in the data folder, and read and written at once: no cell may be shown before it is known what is hidden.
 */
export interface FenceMemory {
	/**
	 * Marks of this connection, with those that other processes have added.
	 * @throws TablesError broken, where they cannot be read: then nothing can be shown.
	 */
	marks(): ReadonlySet<string>;
	/**
	 * Those that are known already cost nothing.
	 * @throws TablesError broken, where they cannot be written: then nothing can be shown.
	 */
	add(marks: readonly string[]): void;
}
