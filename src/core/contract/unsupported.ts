/** A reason and the way round that the agent will read. */
export interface Unsupported {
	readonly unsupported: string;
}
