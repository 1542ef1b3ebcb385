import type { CallContext } from "./call-context.js";
import type { Field, SystemColumn } from "./field.js";
import type { Page, Table, WireRow } from "./table.js";

export interface RecordMethods {
	/** One page. `cursor` is a `next` of the same query or `pageCursor(n)`. */
	readPage(
		table: Table,
		query: WireQuery,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<WireRow>>;
	/**
	 * Present where paging is by key, not by position: the cursor right after `row` in the order of `query`
	 * (the sort fields are among `query.fields`), so that a page can end anywhere.
	 */
	cursorAfter?(row: WireRow, query: WireQuery): string;
	/** Present: pages can be read in any order and at the same time; `index` from 0. */
	pageCursor?(index: number): string;
	/** At most `limits.ids`; records that do not exist are left out. */
	readByIds(
		table: Table,
		ids: readonly string[],
		query: Pick<WireQuery, "fields" | "system">,
		context: CallContext,
	): Promise<readonly WireRow[]>;
	/** One batch, at most `limits.batch.create`. The answer has the order of `rows`. */
	createBatch?(
		table: Table,
		rows: readonly WireCells[],
		context: CallContext,
	): Promise<readonly WrittenRow[]>;
	/** Only the named cells change. */
	updateBatch?(
		table: Table,
		rows: readonly { readonly id: string; readonly cells: WireCells }[],
		context: CallContext,
	): Promise<readonly WrittenRow[]>;
	deleteBatch?(
		table: Table,
		ids: readonly string[],
		context: CallContext,
	): Promise<void>;
	/** Ids that an earlier create with this key made, where the vendor can tell; undefined = it cannot. */
	readCreated?(
		table: Table,
		idempotencyKey: string,
		context: CallContext,
	): Promise<readonly string[] | undefined>;
}

export interface WireQuery {
	/** Fields whose cells are wanted; only these come back. */
	readonly fields: readonly Field[];
	/** System columns that are wanted. */
	readonly system: readonly SystemColumn[];
	/** Made by the adapter's own dialect. */
	readonly filter?: unknown;
	/** Only fields for which `sortable` said yes. */
	readonly sort?: readonly WireSort[];
	readonly view?: string;
	readonly pageSize: number;
}

export interface WireSort {
	readonly field: Field | SystemColumn;
	readonly descending: boolean;
}

/** Wire cells keyed by field id. */
export type WireCells = Readonly<Record<string, unknown>>;

/** A written row: its id and, if the vendor's answer shows what is stored, that. */
export interface WrittenRow {
	readonly id: string;
	/** Keyed by field id. Present only if it shows stored values, not a repetition of the request. */
	readonly stored?: Readonly<Record<string, unknown>>;
}
