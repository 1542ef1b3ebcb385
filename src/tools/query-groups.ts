import { idOfColumn, nameOfColumn } from "../core/contract/condition.js";
import { TablesError } from "../core/contract/errors.js";
import { undecidedNotes } from "../core/filter/undecided.js";
import { aggregateRows, type Groups } from "../core/read/aggregate.js";
import { PAGE_BYTES } from "../core/read/collecting.js";
import { cursorAt, fingerprint, offsetIn } from "../core/read/cursor.js";
import { READ_LESS, readInTime } from "../core/read/deadline.js";
import type { GroupKey } from "../core/read/group-keys.js";
import { lookupsOf } from "../core/read/lookups.js";
import { readRows } from "../core/read/read.js";
import type { Query } from "../core/read/read-plan.js";
import { withTexts } from "../core/read/shown-texts.js";
import type { Aggregate } from "../core/read/tally.js";
import { defined } from "../core/values/defined.js";
import { sharedIds } from "../core/values/show-item.js";
import type { Lookups } from "../core/values/text-lookups.js";
import { entryText, kindOf } from "../core/values/values.js";
import { cutCell } from "./cut-cell.js";
import { cutNotes, rowsAnswer } from "./query-answer.js";
import { DEFAULT_LIMIT, type QueryArguments } from "./query-arguments.js";
import { rowsNamed } from "./query-rows.js";
import {
	type Column,
	columnOf,
	type ResolvedRows,
	splitColumns,
} from "./query-scope.js";
import type { TableCall } from "./table-call.js";
import { csvLine } from "./text.js";
import type { ToolAnswer } from "./tool.js";

type GroupRow = readonly unknown[];

interface AskedGroups {
	readonly keys: readonly GroupKey[];
	readonly aggregates: readonly Aggregate[];
	readonly sort?: NonNullable<QueryArguments["sort"]>;
}

/** Groups over all matching rows: made whole each time, shown by offset. */
export async function answerGroups(
	call: TableCall,
	args: QueryArguments,
	resolved: ResolvedRows,
): Promise<ToolAnswer> {
	const { located, notes } = call;
	const asked = await withTitles(call, askedGroups(call, args));
	refuseRowArguments(args);
	const groups = await groupRows(call, args, resolved.query, asked);
	notes.push(...groups.notes);
	const hash = await hashOf(call, args);
	const start = offsetIn(args.cursor, hash);
	// Without keys there is one group, which is what is asked for.
	const countsOnly = args.limit === 0 && asked.keys.length > 0;
	const limit = countsOnly ? 0 : args.limit || DEFAULT_LIMIT;
	const shown = pageOf(groups.rows.slice(start), limit);
	const total = groups.rows.length;
	return rowsAnswer(
		located,
		{
			columns: countsOnly ? [] : groups.columns,
			rows: await showGroups(call, asked.keys, shown, groups),
			total,
			next: countsOnly ? null : cursorAt(hash, start + shown.length, total),
			notes: [
				...notes,
				...undecidedNotes(resolved.query.filter, resolved.query.also),
			],
			counted: groups.scanned,
		},
		"group",
	);
}

/** Keys and aggregates with their columns; a count where no aggregate is named. */
function askedGroups(call: TableCall, args: QueryArguments): AskedGroups {
	const count = [{ function: "count" as const, field: undefined }];
	const wanted =
		args.aggregate?.length || args.group_by?.length
			? (args.aggregate ?? count)
			: count;
	return {
		keys: (args.group_by ?? []).map(({ field, per }) => ({
			column: columnOf(call, field),
			...defined({ per }),
		})),
		aggregates: wanted.map(({ function: name, field }) => ({
			function: name,
			...defined({
				column: field === undefined ? undefined : columnOf(call, field),
			}),
		})),
		...defined({ sort: args.sort }),
	};
}

/** Names and titles for the keys that are grouped by text: they are needed before a row is counted. */
async function withTitles(
	{ session, located, running }: TableCall,
	asked: AskedGroups,
): Promise<AskedGroups> {
	const lookups = lookupsOf(session, located, running);
	const keys: GroupKey[] = [];
	for (const key of asked.keys)
		keys.push(
			key.per === "text" && MEMBERS.has(kindOf(key.column))
				? { ...key, texts: await textsIn(lookups, key.column) }
				: key,
		);
	return { ...asked, keys };
}

const MEMBERS: ReadonlySet<string> = new Set(["people", "links"]);

/** @throws TablesError not_allowed where not all of the column's names or titles can be read. */
async function textsIn(
	lookups: Lookups,
	column: Column,
): Promise<ReadonlyMap<string, string>> {
	const { texts, why } = await lookups.shownIn(column);
	const known = [...texts].filter(
		(entry): entry is [string, string] => entry[1] !== null,
	);
	if (known.length < texts.size)
		throw new TablesError(
			"not_allowed",
			`"${nameOfColumn(column)}" cannot be grouped by text: ${why ?? "not all of its names can be read"}`,
			{ next: "Leave `per` out: the groups are by id then." },
		);
	return new Map(known);
}

function refuseRowArguments({ fields, detail }: QueryArguments): void {
	if (fields !== undefined)
		throw new TablesError(
			"bad_argument",
			"`fields` does not go with `group_by` or `aggregate`",
			{ next: "Leave `fields` out; groups show their keys and aggregates." },
		);
	if (detail !== undefined && detail !== "compact")
		throw new TablesError(
			"bad_argument",
			`\`detail\` ${detail} does not go with \`group_by\` or \`aggregate\``,
			{ next: "Leave `detail` out; groups show their keys and aggregates." },
		);
}

async function groupRows(
	call: TableCall,
	{ record_ids: ids }: QueryArguments,
	matching: Query,
	asked: AskedGroups,
): Promise<Groups> {
	const { session, located, running } = call;
	const columns = [...asked.keys, ...asked.aggregates].flatMap(
		({ column }) => column ?? [],
	);
	const query: Query = { ...matching, ...splitColumns(columns) };
	if (ids !== undefined) {
		const rows = await rowsNamed(call, query, ids);
		return aggregateRows(onePage(rows), located.table, asked);
	}
	return readInTime(
		session,
		running,
		"all matching rows",
		(context) =>
			aggregateRows(
				readRows(located, query, { ...context, priority: "bulk" }),
				located.table,
				asked,
			),
		READ_LESS,
	);
}

async function* onePage<Item>(items: Item): AsyncGenerator<Item> {
	yield items;
}

/** What a cursor belongs to: it goes on only in the same groups. */
function hashOf({ located }: TableCall, args: QueryArguments): Promise<string> {
	return fingerprint([
		located.reference,
		args.filter,
		args.view,
		args.record_ids,
		args.group_by,
		args.aggregate,
		args.sort,
	]);
}

/** As many groups as are wanted and fit in an answer, at least one. */
function pageOf(rows: readonly GroupRow[], limit: number): GroupRow[] {
	const page: GroupRow[] = [];
	let bytes = 0;
	for (const row of rows.slice(0, limit)) {
		bytes += Buffer.byteLength(csvLine(row.map(cutCell)));
		if (bytes > PAGE_BYTES && page.length > 0) break;
		page.push(row);
	}
	return page;
}

/** The groups of one answer, with names in place of ids and cells that fit. */
async function showGroups(
	call: TableCall,
	keys: readonly GroupKey[],
	shown: readonly GroupRow[],
	groups: Groups,
): Promise<readonly GroupRow[]> {
	const columns = keys.map(({ column }) => column);
	const named = await withNames(call, columns, shown, groups);
	const rows = named.map((row) => row.map(cutCell));
	const whole = named.flat();
	const cuts = rows.flat().filter((cell, at) => cell !== whole[at]).length;
	call.notes.push(...cutNotes(cuts));
	return rows;
}

/** Keys of people and links by name, where the vendor sends ids only. */
async function withNames(
	{ session, located, running, notes }: TableCall,
	columns: readonly Column[],
	shown: readonly GroupRow[],
	groups: Groups,
): Promise<readonly GroupRow[]> {
	const entries = shown.map((row) => groups.entries.get(row) ?? []);
	const texts = await withTexts(
		session,
		located,
		entries.map((cells, index) => ({
			id: String(index),
			cells: Object.fromEntries(
				columns.map((column, place) => [
					idOfColumn(column),
					cells[place] ?? null,
				]),
			),
		})),
		columns.filter((column) => typeof column !== "string"),
		running.call,
	);
	notes.push(...texts.notes);
	const ids = columns.map((column) =>
		sharedIds(texts.rows.map(({ cells }) => cells[idOfColumn(column)])),
	);
	return shown.map((row, index) =>
		row.map((value, place) => {
			const column = columns[place];
			if (column === undefined || !entries[index]?.[place]) return value;
			const cell = texts.rows[index]?.cells[idOfColumn(column)] ?? null;
			return entryText(cell, column, located.table.zone, ids[place]);
		}),
	);
}
