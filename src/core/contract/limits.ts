/** Facts of an account's plan; every number has its source beside it in the vendor's folder. */
export interface Limits {
	/** Rows of one page. */
	readonly page: number;
	/** Records that one `readByIds` takes. */
	readonly ids: number;
	readonly batch: Readonly<Record<"create" | "update" | "delete", number>>;
	/** Bytes of one write's body, where the vendor has a limit. */
	readonly bodyBytes?: number;
	readonly rates: readonly Rate[];
	/** `serial-…`: one write at a time, over all processes of this person. */
	readonly writes: "parallel" | "serial-per-table" | "serial-per-base";
}

/** `calls` per `perMs` for each account, base or table and kind of call. */
export interface Rate {
	readonly calls: number;
	readonly perMs: number;
	readonly per: "account" | "base" | "table";
	readonly kind: "read" | "write" | "any";
}
