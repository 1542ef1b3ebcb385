/** Stands where a table has a row for something that a vendor cannot do. */
export interface Unsupported {
	/** The reason and the way round, in words for the agent: put after "<product> cannot do this: ". */
	readonly unsupported: string;
}
