/** Placeholder of the port; the write path defines it. */
export interface Journal {
	close(): Promise<void>;
}
