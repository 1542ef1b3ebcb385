/** What one connection may do. Compiled from the configuration; enforced by `guard`, once, before any call. */
export interface Policy {
	readonly readOnly: boolean;
	/** Ids or names; absent = all. */
	readonly bases?: readonly string[];
	/** Ids, names, or `base/table`; absent = all. */
	readonly tables?: readonly string[];
	/** Fields that do not exist for the agent: `field`, or `table/field`; ids or names. */
	readonly hiddenFields: readonly string[];
}

export const OPEN_POLICY: Policy = { readOnly: false, hiddenFields: [] };
