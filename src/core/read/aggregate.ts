import { nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell } from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import { nearest } from "../values/near-names.js";
import { isList } from "../values/values.js";
import {
	checkKey,
	type GroupKey,
	groupsOf,
	type KeyPart,
	labelOfKey,
} from "./group-keys.js";
import {
	type Aggregate,
	addRow,
	checkAggregate,
	emptyTally,
	labelOf,
	resultOf,
	type Tally,
} from "./tally.js";

export interface Groups {
	readonly columns: readonly string[];
	/** Key values, then aggregates; empty keys are null. */
	readonly rows: readonly (readonly unknown[])[];
	/** Of each of these rows the entries that stand for its keys of lists, as a cell of one; null for other keys. */
	readonly entries: ReadonlyMap<readonly unknown[], readonly Cell[]>;
	/** Rows that were counted. */
	readonly scanned: number;
	readonly notes: readonly string[];
}

/** What rows are grouped by, what is counted of each group, and the order of the groups. */
export interface Grouping {
	readonly keys: readonly GroupKey[];
	readonly aggregates: readonly Aggregate[];
	readonly sort?: readonly GroupSort[];
}

interface GroupSort {
	readonly field: string;
	readonly direction?: "asc" | "desc" | undefined;
}

/** A group while its rows stream by. */
interface Group {
	readonly shown: readonly unknown[];
	readonly entries: readonly Cell[];
	readonly tallies: readonly Tally[];
	size: number;
}

/**
 * Groups rows as they stream by. A list cell counts once per item; a row without a value is in the empty group.
 * Largest count first unless sorted by a key or an aggregate column.
 * @throws TablesError bad_argument when a function or period does not fit its column.
 */
export async function aggregateRows(
	rows: AsyncIterable<readonly Row[]>,
	table: Table,
	asked: Grouping,
): Promise<Groups> {
	const { keys, aggregates } = asked;
	for (const key of keys) checkKey(key);
	for (const aggregate of aggregates) checkAggregate(aggregate);
	const { groups, scanned } = await gather(rows, table, asked);
	const columns = [...keys.map(labelOfKey), ...aggregates.map(labelOf)];
	const entries = new Map<readonly unknown[], readonly Cell[]>();
	const shown = groups.map((group) => {
		const row = [
			...group.shown,
			...group.tallies.map((tally, index) =>
				resultOf(tally, aggregates[index] as Aggregate, table),
			),
		];
		entries.set(row, group.entries);
		return row;
	});
	if (asked.sort?.length) sortGroups(shown, columns, keys, asked.sort);
	return { columns, rows: shown, entries, scanned, notes: notesOn(keys) };
}

/** The groups of all rows, largest first. */
async function gather(
	rows: AsyncIterable<readonly Row[]>,
	table: Table,
	{ keys, aggregates }: Grouping,
): Promise<{ readonly groups: readonly Group[]; readonly scanned: number }> {
	const groups = new Map<string, Group>();
	let scanned = 0;
	for await (const some of rows)
		for (const row of some) {
			scanned++;
			for (const parts of groupsOf(row, keys, table)) {
				const id = parts.map(({ key }) => key).join("\u0001");
				const group = groups.get(id) ?? emptyGroup(parts, aggregates);
				groups.set(id, group);
				group.size++;
				for (const [index, aggregate] of aggregates.entries())
					addRow(group.tallies[index] as Tally, aggregate, row, table);
			}
		}
	// Without keys there is one group, even of no rows.
	if (keys.length === 0 && groups.size === 0)
		groups.set("", emptyGroup([], aggregates));
	return {
		groups: [...groups.values()].sort(
			(a, b) => b.size - a.size || compare(a.shown, b.shown),
		),
		scanned,
	};
}

function emptyGroup(
	parts: readonly KeyPart[],
	aggregates: readonly Aggregate[],
): Group {
	return {
		shown: parts.map(({ shown }) => shown),
		entries: parts.map(({ entry }) => entry ?? null),
		tallies: aggregates.map(emptyTally),
		size: 0,
	};
}

function notesOn(keys: readonly GroupKey[]): readonly string[] {
	const split = keys
		.filter(({ column }) => isList(column))
		.map(({ column }) => nameOfColumn(column));
	return split.length === 0
		? []
		: [
				`a row with several entries in ${split.join(", ")} counts once for each`,
			];
}

function compare(a: readonly unknown[], b: readonly unknown[]): number {
	for (const [index, left] of a.entries()) {
		const order = compareShown(left, b[index]);
		if (order !== 0) return order;
	}
	return 0;
}

function compareShown(left: unknown, right: unknown): number {
	if (left === right) return 0;
	if (left === null || left === undefined) return -1;
	if (right === null || right === undefined) return 1;
	if (typeof left === "number" && typeof right === "number")
		return left - right;
	return String(left) < String(right) ? -1 : 1;
}

function sortGroups(
	rows: unknown[][],
	columns: readonly string[],
	keys: readonly GroupKey[],
	sort: readonly GroupSort[],
): void {
	const order = sort.map(({ field, direction }) => ({
		index: indexOfColumn(field, columns, keys),
		sign: direction === "desc" ? -1 : 1,
	}));
	rows.sort((a, b) => {
		for (const { index, sign } of order) {
			const by = compareShown(a[index], b[index]);
			if (by !== 0) return by * sign;
		}
		return 0;
	});
}

/** Of the column that has this name, or whose key is the field of this name or id. */
function indexOfColumn(
	field: string,
	columns: readonly string[],
	keys: readonly GroupKey[],
): number {
	const byName = columns.indexOf(field);
	if (byName >= 0) return byName;
	const byKey = keys.findIndex(
		({ column }) =>
			nameOfColumn(column) === field ||
			(typeof column !== "string" && column.id === field),
	);
	if (byKey >= 0) return byKey;
	throw new TablesError(
		"bad_argument",
		`groups cannot be sorted by "${field}"`,
		{
			next: `Sort by one of: ${columns.map((name) => `"${name}"`).join(", ")}. Nearest: ${nearest(columns, field).join(", ") || "none"}.`,
		},
	);
}
