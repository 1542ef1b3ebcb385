/** Facts of an account's plan; every number has its source beside it in the vendor's folder. */
export interface Limits {
	/** Rows of one page: the largest `WireQuery.pageSize`. */
	readonly page: number;
	/** Records that one `readByIds` takes. */
	readonly ids: number;
	/** Records of one batch by kind of write; the core splits larger ones. */
	readonly batch: Readonly<Record<"create" | "update" | "delete", number>>;
	/**
	 * Bytes of the JSON of one write's rows; the core cuts batches shorter to stay below.
	 * Absent: the vendor has no such limit, and only `batch` counts.
	 */
	readonly bodyBytes?: number;
	/** Members of one `addRoleMembers` or `removeRoleMembers`; the core splits more. Absent: all go out together. */
	readonly members?: number;
	/** All hold at the same time; the HTTP layer waits so that none is passed. Empty: no waiting. */
	readonly rates: readonly Rate[];
	/** `serial-…`: one write at a time, over all processes of this person that share the data folder. */
	readonly writes: "parallel" | "serial-per-table" | "serial-per-base";
}

/** At most so many requests in any such span of time. */
export interface Rate {
	/** Requests to the vendor, pages and retries included. */
	readonly calls: number;
	/** Length of the span, ms. */
	readonly perMs: number;
	/** What has a count of its own: the whole account, or each base or table in it. */
	readonly per: "account" | "base" | "table";
	/** Requests that count; `any` is reads and writes together. */
	readonly kind: "read" | "write" | "any";
}
