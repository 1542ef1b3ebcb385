import type { Op, Settled } from "./journal.js";

/*
 * An import writes links between rows of its file once all of those rows are there: a second write of a row has the
 * row's index, counted on from the number of rows. The journal holds both writes as they were sent; whoever reads a
 * change sees one op and one result a row, so that counts, undo and what is one's own are told of records.
 */

/** Index of the second write of a row, in an import of so many rows. */
export function secondOf(row: number, total: number): number {
	return total + row;
}

/** The row that an op of an import of so many rows writes, be it the first time or the second. */
export function rowOf(index: number, total: number): number {
	return index < total ? index : index - total;
}

/**
 * How a row has ended whose second write has ended too.
 * @param second undefined: it was not sent, or nobody knows yet what became of it; then the row is as its first write left it.
 * @param op What the second write sent: cells that did not get there are lost, and the row has failed in part.
 */
export function withSecond(
	row: Settled,
	second: Settled | undefined,
	op: Pick<Op, "cells">,
): Settled {
	switch (second?.outcome) {
		case "updated":
			// A record that was made by the import stays one that was made.
			return row.outcome === "unchanged" ? { ...row, outcome: "updated" } : row;
		case "failed":
			return {
				...withLost(row, Object.keys(op.cells)),
				...(second.message === undefined ? {} : { message: second.message }),
			};
		default:
			return row;
	}
}

/** A row that has failed in part: these cells of its record were not written, nor were those that it had lost before. */
export function withLost(row: Settled, cells: readonly string[]): Settled {
	return {
		...row,
		outcome: "failed",
		lost: [...new Set([...(row.lost ?? []), ...cells])],
	};
}

/** Both writes of a row as one. `row` undefined: the row's first write had nothing to send. */
export function withSecondCells(row: Op | undefined, second: Op): Op {
	return row === undefined
		? second
		: { ...row, cells: { ...row.cells, ...second.cells } };
}
