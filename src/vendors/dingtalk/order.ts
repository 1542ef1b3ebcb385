import type { CallContext } from "../../core/contract/call-context.js";
import type { WireCells } from "../../core/contract/records.js";
import type { Table, WireRow } from "../../core/contract/table.js";
import { keyOfCells } from "./compare.js";

/*
 * The pages do not say that an insert answers the ids in the order of its rows: one record is looked at until the
 * vendor has shown which way round it is.
 */

type Order = "kept" | "reversed";

type ReadCells = (
	table: Table,
	id: string,
	context: CallContext,
) => Promise<WireRow | undefined>;

export interface Ordering {
	/** Ids that an insert answered, in the order of its rows. */
	byRows(
		table: Table,
		ids: readonly string[],
		rows: readonly WireCells[],
		context: CallContext,
	): Promise<readonly string[]>;
	/** The same where nothing is known of the ids: the first and the last record must prove it. */
	proven(
		table: Table,
		ids: readonly string[],
		rows: readonly WireCells[],
		context: CallContext,
	): Promise<readonly string[] | undefined>;
}

/** Finds out whether answers keep the order of what was sent. */
export function openOrdering(read: ReadCells): Ordering {
	let known: Order | undefined;
	const show = (ids: readonly string[], order: Order | undefined) =>
		order === "reversed" ? ids.toReversed() : ids;
	return {
		async byRows(table, ids, rows, context) {
			const [first] = ids;
			const [head, tail] = [rows[0], rows.at(-1)];
			if (
				known === undefined &&
				first !== undefined &&
				head !== undefined &&
				tail !== undefined &&
				ids.length === rows.length &&
				keyOfCells(table, head) !== keyOfCells(table, tail)
			) {
				const row = await read(table, first, context);
				if (row !== undefined) known = orderOf(table, row.cells, head, tail);
			}
			return show(ids, known);
		},
		async proven(table, ids, rows, context) {
			const [first, last] = [ids[0], ids.at(-1)];
			const [head, tail] = [rows[0], rows.at(-1)];
			if (
				first === undefined ||
				last === undefined ||
				head === undefined ||
				tail === undefined ||
				ids.length !== rows.length
			)
				return undefined;
			const [one, other] = await Promise.all([
				read(table, first, context),
				read(table, last, context),
			]);
			if (one === undefined || other === undefined) return undefined;
			const order = orderOf(table, one.cells, head, tail);
			return order !== undefined &&
				order === orderOf(table, other.cells, tail, head)
				? show(ids, order)
				: undefined;
		},
	};
}

/** Which of the two rows the cells of the first id are. undefined: neither. */
function orderOf(
	table: Table,
	read: WireCells,
	head: WireCells,
	tail: WireCells,
): Order | undefined {
	const ids = [
		...new Set([...Object.keys(head), ...Object.keys(tail)]),
	].toSorted();
	const seen = keyOfCells(table, read, ids);
	if (seen === keyOfCells(table, head, ids)) return "kept";
	return seen === keyOfCells(table, tail, ids) ? "reversed" : undefined;
}
