import type { CallContext } from "./call-context.js";
import type { Field, SystemColumn } from "./field.js";
import type { Page, Table, WireRow } from "./table.js";

/** Rows in and out. Cells are the vendor's own here: the core decodes and encodes them by `Adapter.codecs`. */
export interface RecordMethods {
	/**
	 * One page of rows, in the order of `query.sort`, else in the vendor's own. `cursor` is a `next` of the same query,
	 * a `cursorAfter` of one of its rows or a `pageCursor`; undefined is the first page.
	 * @throws TablesError not_found for a table that is gone, bad_argument for a cursor that the vendor does not take
	 * (any more); else as any read.
	 */
	readPage(
		table: Table,
		query: WireQuery,
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<WireRow>>;
	/**
	 * The cursor right after `row` in the order of `query`, so that a page can end anywhere. `row` is an object that
	 * `readPage` gave, and the sort fields are among `query.fields`.
	 * Absent: pages go by position; a page that ends early is read again and its rows before the end are skipped.
	 */
	cursorAfter?(row: WireRow, query: WireQuery): string;
	/**
	 * The cursor of a page by its number, from 0. Present, pages are read several at a time where the total is known.
	 * Absent: one page after another.
	 */
	pageCursor?(index: number): string;
	/**
	 * At most `limits.ids` records, in any order; those that do not exist are left out.
	 * @throws TablesError not_found for a table that is gone; else as any read.
	 */
	readByIds(
		table: Table,
		ids: readonly string[],
		query: Pick<WireQuery, "fields" | "system">,
		context: CallContext,
	): Promise<readonly WireRow[]>;
	/**
	 * One batch of at most `limits.batch.create` rows. The answer has the order of `rows`, one for each.
	 * Absent: no records can be made through this connection; `Capabilities` says why.
	 * @throws TablesError bad_value where a cell is refused; else as any write. With `Adapter.atomicBatches` a refusal
	 * means that nothing of the batch was done.
	 */
	createBatch?(
		table: Table,
		rows: readonly WireCells[],
		context: CallContext,
	): Promise<readonly WrittenRow[]>;
	/**
	 * One batch of at most `limits.batch.update` records; only the named cells change. The answer has the order of `rows`.
	 * Absent: records cannot be changed through this connection; `Capabilities` says why.
	 * @throws TablesError not_found for a record that is gone, bad_value where a cell is refused; else as any write.
	 */
	updateBatch?(
		table: Table,
		rows: readonly { readonly id: string; readonly cells: WireCells }[],
		context: CallContext,
	): Promise<readonly WrittenRow[]>;
	/**
	 * One batch of at most `limits.batch.delete` ids.
	 * Absent: records cannot be deleted through this connection; `Capabilities` says why.
	 * @throws TablesError not_found where the vendor refuses an id that is gone already; else as any write.
	 */
	deleteBatch?(
		table: Table,
		ids: readonly string[],
		context: CallContext,
	): Promise<void>;
	/**
	 * Ids that an earlier `createBatch` with this key made, in its order; undefined = the vendor does not know the key.
	 * Asked when the outcome of that batch is not known.
	 * Absent: the outcome is found out by sending the batch again (`idempotent`), or by reading the table.
	 * @throws TablesError not_found for a table that is gone; else as any read.
	 */
	readCreated?(
		table: Table,
		idempotencyKey: string,
		context: CallContext,
	): Promise<readonly string[] | undefined>;
}

/** What is asked of `readPage`, with names resolved and the filter compiled. */
export interface WireQuery {
	/** Fields whose cells are wanted; only these come back. May be empty: ids alone are wanted. */
	readonly fields: readonly Field[];
	/** System columns that are wanted, each one of `Adapter.systemColumns`. */
	readonly system: readonly SystemColumn[];
	/**
	 * Made by the adapter's own dialect.
	 * Absent: all rows, because nothing was filtered or the core filters itself.
	 */
	readonly filter?: unknown;
	/**
	 * Keys in order of weight, all of which `Adapter.sortable` agreed to.
	 * Absent: the vendor's own order (the view's, with `view`).
	 */
	readonly sort?: readonly WireSort[];
	/**
	 * Id of the view whose rows are wanted; passed only where `Adapter.viewRule` leaves views to the vendor.
	 * Absent: the rows of the whole table.
	 */
	readonly view?: string;
	/** Rows of the page, from 1 to `limits.page`. */
	readonly pageSize: number;
}

/** One key of an order. */
export interface WireSort {
	/** The column whose cells are compared. */
	readonly field: Field | SystemColumn;
	/** Largest first. */
	readonly descending: boolean;
}

/** Wire cells keyed by field id; made by `FieldCodec.encode`. */
export type WireCells = Readonly<Record<string, unknown>>;

/** A written row: its id and, if the vendor's answer shows what is stored, that. */
export interface WrittenRow {
	/** The record's id: of a new record the one that the vendor gave it. */
	readonly id: string;
	/**
	 * The vendor's cells by field id, compared with what was sent: a difference is reported as a failure.
	 * Absent: the answer shows nothing, or only repeats the request.
	 */
	readonly stored?: Readonly<Record<string, unknown>>;
}
