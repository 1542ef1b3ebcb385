import { idOfColumn, nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Cell } from "../contract/field.js";
import type { Row, Table } from "../contract/table.js";
import { foldText, nearest } from "../values/near-names.js";
import { isList, isUnread, kindOf } from "../values/values.js";
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
	/** Of each key that is grouped by text: how often each spelling came; empty for other keys. */
	readonly spellings: readonly Map<string, number>[];
	size: number;
}

/**
 * Groups rows as they stream by. A list cell counts once per item; a row without a value is in the empty group.
 * Largest count first, dates in their order, unless sorted by a key or an aggregate column.
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
	const { groups, scanned, unread, split } = await gather(rows, table, asked);
	const columns = [...keys.map(labelOfKey), ...aggregates.map(labelOf)];
	const entries = new Map<readonly unknown[], readonly Cell[]>();
	const shown = groups.map((group) => {
		const row = [
			...group.shown.map((shown, index) => mostFrequent(group, index) ?? shown),
			...group.tallies.map((tally, index) =>
				resultOf(tally, aggregates[index] as Aggregate, table),
			),
		];
		entries.set(row, group.entries);
		return row;
	});
	if (asked.sort?.length) sortGroups(shown, columns, keys, asked.sort);
	return {
		columns,
		rows: shown,
		entries,
		scanned,
		notes: [
			...splitNotes(split),
			...joinedNotes(keys, groups),
			...[...unread].map(
				([label, ids]) =>
					`${label}: ${ids.size === 1 ? "1 row holds" : `${ids.size} rows hold`} a value there that could not be read (such as ${[...ids][0]})${keys.some((key) => labelOfKey(key) === label) ? ", and is grouped by it as it came" : ", which is not counted in"}`,
			),
		],
	};
}

/** The spelling that came most often; undefined where the key is not grouped by text. */
function mostFrequent(group: Group, index: number): string | undefined {
	const [first] = [...(group.spellings[index] ?? [])].sort(
		([a, often], [b, oftener]) => oftener - often || (a < b ? -1 : 1),
	);
	return first?.[0];
}

/** What grouping by text has made one. */
function joinedNotes(
	keys: readonly GroupKey[],
	groups: readonly Group[],
): string[] {
	return keys.flatMap(({ column, per }, index) => {
		if (per !== "text") return [];
		const spellings = new Map<string, Set<string>>();
		for (const group of groups)
			for (const spelling of group.spellings[index]?.keys() ?? []) {
				const key = foldText(spelling);
				spellings.set(key, (spellings.get(key) ?? new Set()).add(spelling));
			}
		const several = [...spellings.values()].filter(({ size }) => size > 1);
		const joined = several.reduce((sum, { size }) => sum + size, 0);
		return [
			joined === 0
				? `no two spellings in ${nameOfColumn(column)} were joined`
				: `${joined} spellings in ${nameOfColumn(column)} were joined into ${several.length}: they differ only in outer spaces, width, case or the form of letters (ß as ss, ﬁ as fi); the most frequent is shown`,
		];
	});
}

/** The groups of all rows, largest first. */
async function gather(
	rows: AsyncIterable<readonly Row[]>,
	table: Table,
	{ keys, aggregates }: Grouping,
): Promise<{
	readonly groups: readonly Group[];
	readonly scanned: number;
	readonly unread: Unread;
	/** Names of the columns in which a row has several entries. */
	readonly split: ReadonlySet<string>;
}> {
	const groups = new Map<string, Group>();
	const unread: Unread = new Map();
	const split = new Set<string>();
	let scanned = 0;
	for await (const some of rows)
		for (const row of some) {
			scanned++;
			for (const key of keys) {
				const cell = row.cells[idOfColumn(key.column)] ?? null;
				if (isUnread(cell, key.column))
					noteUnread(unread, labelOfKey(key), row);
				if (Array.isArray(cell) && cell.length > 1 && isList(key.column))
					split.add(nameOfColumn(key.column));
			}
			for (const parts of groupsOf(row, keys, table)) {
				const id = parts.map(({ key }) => key).join("\u0001");
				const group = groups.get(id) ?? emptyGroup(parts, aggregates);
				groups.set(id, group);
				group.size++;
				for (const [index, { spelling }] of parts.entries())
					if (spelling !== undefined) countIn(group.spellings[index], spelling);
				for (const [index, aggregate] of aggregates.entries())
					if (!addRow(group.tallies[index] as Tally, aggregate, row, table))
						noteUnread(unread, labelOf(aggregate), row);
			}
		}
	// Without keys there is one group, even of no rows.
	if (keys.length === 0 && groups.size === 0)
		groups.set("", emptyGroup([], aggregates));
	return {
		groups: [...groups.values()].sort(byDefault(groups, keys)),
		scanned,
		unread,
		split,
	};
}

/** Rows whose value could not be read or counted, by the column of the answer. */
type Unread = Map<string, Set<string>>;

function noteUnread(unread: Unread, label: string, { id }: Row): void {
	const ids = unread.get(label) ?? new Set();
	unread.set(label, ids.add(id));
}

function countIn(
	spellings: Map<string, number> | undefined,
	spelling: string,
): void {
	spellings?.set(spelling, (spellings.get(spelling) ?? 0) + 1);
}

type Order = (a: Group, b: Group) => number;

const bySize: Order = (a, b) => b.size - a.size || compare(a.shown, b.shown);

/**
 * Largest first; a date comes in its order, within the group that stands before it, of which the largest is first.
 */
function byDefault(
	groups: ReadonlyMap<string, Group>,
	keys: readonly GroupKey[],
): Order {
	const isDate = keys.map(({ column }) => kindOf(column) === "date");
	const last = isDate.lastIndexOf(true);
	if (last < 0) return bySize;
	const before = (group: Group, index: number) =>
		JSON.stringify(group.shown.slice(0, index + 1));
	const sizes = new Map<string, number>();
	for (const group of groups.values())
		for (let index = 0; index < last; index++) {
			const key = before(group, index);
			sizes.set(key, (sizes.get(key) ?? 0) + group.size);
		}
	const sizeOf = (group: Group, index: number) =>
		sizes.get(before(group, index)) ?? 0;
	return (a, b) => {
		for (let index = 0; index <= last; index++) {
			const order =
				(isDate[index] ? 0 : sizeOf(b, index) - sizeOf(a, index)) ||
				compareShown(a.shown[index], b.shown[index]);
			if (order !== 0) return order;
		}
		return bySize(a, b);
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
		spellings: parts.map(() => new Map()),
		size: 0,
	};
}

function splitNotes(split: ReadonlySet<string>): readonly string[] {
	return split.size === 0
		? []
		: [
				`a row with several entries in ${[...split].join(", ")} counts once for each`,
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

/** Of the column that has this name, also written `sum(Amount)`, or whose key is the field of this name or id. */
function indexOfColumn(
	field: string,
	columns: readonly string[],
	keys: readonly GroupKey[],
): number {
	const [, name, of = ""] = /^(\w+)\s*\((.*)\)$/s.exec(field.trim()) ?? [];
	const column = /^\*?$/.test(of.trim()) ? "" : ` ${of.trim()}`;
	for (const label of name === undefined ? [field] : [field, name + column]) {
		const byName = columns.indexOf(label);
		if (byName >= 0) return byName;
	}
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
