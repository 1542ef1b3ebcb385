import { z } from "zod";
import type { Filter } from "../core/contract/condition.js";
import { TablesError } from "../core/contract/errors.js";
import type { Cell, Field, SystemColumn } from "../core/contract/field.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { FilterInput, Row, SortInput } from "../core/contract/table.js";
import { resolveFilter } from "../core/filter/filter.js";
import { type Located, locate } from "../core/places/locate.js";
import {
	type Aggregate,
	aggregateRows,
	type GroupKey,
} from "../core/read/aggregate.js";
import { fingerprint, readCursor, writeCursor } from "../core/read/cursor.js";
import { READ_LESS, readInTime } from "../core/read/deadline.js";
import { lookupsOf, withTexts } from "../core/read/lookups.js";
import { countRows, namedRows, queryRows } from "../core/read/query.js";
import { type Query, readRows, type SortKey } from "../core/read/read.js";
import { PAGE_BYTES } from "../core/read/rows-query.js";
import { type AppliedView, applyView } from "../core/read/view.js";
import { columnNamed } from "../core/values/names.js";
import {
	CUT_MARK,
	cellOf,
	type Detail,
	entryText,
	showCell,
} from "../core/values/values.js";
import { CELL_CHARACTERS, cutCell } from "./cut-cell.js";
import { filterInput } from "./filter-input.js";
import * as schemas from "./schemas.js";
import { csvLine, noteLines, plural } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";

const LIMIT = 50;

type Column = Field | SystemColumn;

export const queryRecordsTool = defineTool({
	name: "query_records",
	toolset: "records",
	title: "Query records",
	description:
		"Read, search, count or sum records. Filters mean the same on every vendor. Answers rows as CSV with ids, up to `limit` (0 = count only); more with `cursor`. For totals or duplicates use `group_by` and `aggregate`: they run over all matching rows.",
	input: z.object({
		table: schemas.table,
		fields: schemas.fieldNames
			.optional()
			.describe(
				"Also $created_at, $updated_at, $created_by, $updated_by, $url",
			),
		filter: schemas.filter.optional(),
		sort: schemas.sort.optional(),
		view: z.string().optional(),
		record_ids: z.array(z.string()).optional(),
		group_by: z
			.array(
				z.object({
					field: z.string(),
					per: z.enum(["day", "week", "month", "quarter", "year"]).optional(),
				}),
			)
			.optional(),
		aggregate: z
			.array(
				z.object({
					function: z.enum(["count", "sum", "avg", "min", "max", "distinct"]),
					field: z.string().optional(),
				}),
			)
			.optional(),
		limit: z.int().min(0).max(10_000).optional().describe("Default 50"),
		cursor: schemas.cursor.optional(),
		detail: z.enum(["compact", "full", "raw"]).optional(),
	}),
	output: z.looseObject({
		columns: z.array(z.string()),
		rows: z.array(z.array(z.unknown())),
		returned: z.number(),
		total: z.number().nullable(),
		truncated: z.boolean(),
		next_cursor: z.string().nullable(),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	async run(args, session, running) {
		const located = await locate(session, args.table, running);
		const notes = [...located.notes];
		const resolved = await resolveRows(session, located, args, running, notes);
		if (args.group_by !== undefined || args.aggregate !== undefined)
			return answerGroups(session, located, args, resolved, running, notes);
		if (args.limit === 0 && args.record_ids !== undefined) {
			const { rows, missing } = await namedRows(
				session,
				located,
				resolved.query,
				[...new Set(args.record_ids)],
				running,
			);
			return answer(located, {
				columns: [],
				rows: [],
				total: rows.length,
				next: null,
				notes:
					missing.length === 0
						? notes
						: [...notes, `no such record: ${missing.join(", ")}`],
			});
		}
		if (args.limit === 0) {
			const counted = await countRows(
				session,
				located,
				resolved.query,
				running,
			);
			return answer(located, {
				columns: [],
				rows: [],
				total: counted.total,
				next: null,
				notes: [...notes, ...counted.notes],
			});
		}
		const detail = args.detail ?? "compact";
		const { shown } = resolved;
		// A row is measured, fitted and answered: its text is made once.
		const texts = new WeakMap<Row, ShownRow>();
		const show = (row: Row): ShownRow => {
			const known = texts.get(row) ?? showRow(row, shown, located, detail);
			texts.set(row, known);
			return known;
		};
		const found = await queryRows(
			session,
			located,
			{
				query: resolved.query,
				shown,
				limit: args.limit ?? LIMIT,
				texts: detail !== "raw",
				size: (row) => Buffer.byteLength(show(row).line),
				shape: [
					args.fields,
					args.filter,
					args.sort,
					args.view,
					args.record_ids,
					detail,
				],
				...(args.record_ids === undefined ? {} : { ids: args.record_ids }),
				...(args.cursor === undefined ? {} : { cursor: args.cursor }),
			},
			running,
		);
		const rows = found.rows.map(show);
		const cuts = rows.reduce((sum, { cut }) => sum + cut, 0);
		notes.push(...cutNotes(cuts));
		return answer(located, {
			columns: ["id", ...shown.map(nameOf)],
			rows: rows.map(({ cells }) => cells),
			lines: rows.map(({ line }) => line),
			total: found.total,
			next: found.next,
			notes: [...notes, ...found.notes],
		});
	},
});

function cutNotes(cuts: number): string[] {
	return cuts === 0
		? []
		: [
				`${plural(cuts, "cell was", "cells were")} cut at ${CELL_CHARACTERS} characters and ${cuts === 1 ? "ends" : "end"} with "${CUT_MARK}"; export_records has the whole`,
			];
}

interface Args {
	readonly fields?: readonly string[] | undefined;
	readonly filter?: unknown;
	readonly sort?:
		| readonly {
				readonly field: string;
				readonly direction?: "asc" | "desc" | undefined;
		  }[]
		| undefined;
	readonly view?: string | undefined;
	readonly record_ids?: readonly string[] | undefined;
	readonly group_by?:
		| readonly {
				readonly field: string;
				readonly per?: GroupKey["per"] | undefined;
		  }[]
		| undefined;
	readonly aggregate?:
		| readonly {
				readonly function: Aggregate["function"];
				readonly field?: string | undefined;
		  }[]
		| undefined;
	readonly limit?: number | undefined;
	readonly cursor?: string | undefined;
	readonly detail?: Detail | undefined;
}

interface ResolvedRows {
	readonly query: Query;
	readonly shown: readonly Column[];
	readonly applied: AppliedView;
}

/** Names, filter, sort and view of a call that reads rows, resolved against the table. */
export async function resolveRows(
	session: Session,
	located: Located,
	args: Args,
	running: Running,
	notes: string[],
): Promise<ResolvedRows> {
	const { table } = located;
	const column = (text: string): Column => columnIn(located, text, notes);
	const filterOf = async (input: FilterInput): Promise<Filter> => {
		const resolved = await resolveFilter(input, table, {
			zone: table.zone,
			nowMs: session.clock.now(),
			lookups: lookupsOf(session, located, running),
			systemColumns: located.adapter.systemColumns,
		});
		notes.push(...resolved.notes);
		return resolved.filter;
	};
	const sortOf = (
		sort: readonly {
			readonly field: string;
			readonly direction?: "asc" | "desc" | undefined;
		}[],
	): SortKey[] =>
		sort.map(({ field, direction }) => ({
			by: column(field),
			descending: direction === "desc",
		}));
	const given = filterInput(args.filter);
	const grouped = args.group_by !== undefined || args.aggregate !== undefined;
	const applied = await applyView(
		located,
		args.view,
		{
			...(given === undefined ? {} : { filter: await filterOf(given) }),
			...(args.sort === undefined || grouped
				? {}
				: { sort: sortOf(args.sort) }),
		},
		{ filter: filterOf, sort: (sort: readonly SortInput[]) => sortOf(sort) },
		running.call,
	);
	notes.push(...applied.notes);
	const shown =
		args.fields?.map(column) ??
		table.fields.filter(({ id }) => !applied.hidden.has(id));
	const unique = [...new Set(shown)];
	return {
		applied,
		shown: unique,
		query: {
			fields: unique.filter((item): item is Field => typeof item !== "string"),
			system: unique.filter(
				(item): item is SystemColumn => typeof item === "string",
			),
			raw: args.detail === "raw",
			...(applied.filter === undefined ? {} : { filter: applied.filter }),
			...(applied.also === undefined ? {} : { also: applied.also }),
			...(applied.sort === undefined ? {} : { sort: applied.sort }),
			...(applied.view === undefined ? {} : { view: applied.view }),
		},
	};
}

function columnIn(located: Located, text: string, notes: string[]): Column {
	const { item, note } = columnNamed(
		located.table,
		text,
		located.adapter.systemColumns,
	);
	if (note !== undefined) notes.push(note);
	return item;
}

function nameOf(column: Column): string {
	return typeof column === "string" ? column : column.name;
}

/** A row as the agent sees it. */
interface ShownRow {
	readonly cells: readonly unknown[];
	/** The same as CSV. */
	readonly line: string;
	/** Cells that were too long. */
	readonly cut: number;
}

function showRow(
	row: Row,
	shown: readonly Column[],
	located: Located,
	detail: Detail,
): ShownRow {
	let cut = 0;
	const cells = shown.map((column) => {
		const value =
			detail === "raw" && typeof column !== "string"
				? (row.raw?.[column.id] ?? null)
				: showCell(
						cellOf(row, column),
						column,
						located.table.zone,
						detail === "full" ? "full" : "compact",
					);
		const fitting = cutCell(value);
		if (fitting !== value) cut++;
		return fitting;
	});
	const all = [row.id, ...cells];
	return { cells: all, line: csvLine(all), cut };
}

function answer(
	located: Located,
	found: {
		readonly columns: readonly string[];
		readonly rows: readonly (readonly unknown[])[];
		/** The rows as CSV, where they are at hand. */
		readonly lines?: readonly string[];
		readonly total: number | null;
		readonly next: string | null;
		readonly notes: readonly string[];
	},
	what = "row",
): ToolAnswer {
	const notes = [...new Set(found.notes)];
	const of = found.total === null ? "" : ` of ${found.total}`;
	const unknown = found.total === null ? "; the total is not known" : "";
	return {
		text: [
			`${plural(found.rows.length, what)}${of} from ${located.table.name} (${located.reference})${unknown}${found.next === null ? "" : `; more with cursor: ${found.next}`}`,
			...(found.columns.length === 0
				? []
				: [
						csvLine(found.columns),
						...(found.lines ?? found.rows.map(csvLine)),
					]),
			...noteLines(notes),
		].join("\n"),
		structured: {
			columns: found.columns,
			rows: found.rows,
			returned: found.rows.length,
			total: found.total,
			truncated: found.next !== null,
			next_cursor: found.next,
			notes,
		},
	};
}

/** Keys of people and links by name, where the vendor sends ids only. */
async function withNames(
	session: Session,
	located: Located,
	columns: readonly (Field | SystemColumn)[],
	groups: readonly {
		readonly row: readonly unknown[];
		readonly entries: readonly Cell[];
	}[],
	running: Running,
): Promise<{
	readonly rows: readonly (readonly unknown[])[];
	readonly notes: readonly string[];
}> {
	const idOf = (column: Field | SystemColumn) =>
		typeof column === "string" ? column : column.id;
	const texts = await withTexts(
		session,
		located,
		groups.map(({ entries }, index) => ({
			id: String(index),
			cells: Object.fromEntries(
				columns.map((column, place) => [idOf(column), entries[place] ?? null]),
			),
		})),
		columns.filter((column) => typeof column !== "string"),
		running.call,
	);
	return {
		notes: texts.notes,
		rows: groups.map(({ row, entries }, index) =>
			row.map((value, place) => {
				const column = columns[place];
				return column === undefined || !entries[place]
					? value
					: entryText(
							texts.rows[index]?.cells[idOf(column)] ?? null,
							column,
							located.table.zone,
						);
			}),
		),
	};
}

/** Groups over all matching rows: made whole each time, shown by offset. */
async function answerGroups(
	session: Session,
	located: Located,
	args: Args,
	resolved: ResolvedRows,
	running: Running,
	notes: string[],
): Promise<ToolAnswer> {
	const keys: GroupKey[] = (args.group_by ?? []).map(({ field, per }) => ({
		column: columnIn(located, field, notes),
		...(per === undefined ? {} : { per }),
	}));
	const wanted =
		args.aggregate?.length || args.group_by?.length
			? (args.aggregate ?? [{ function: "count" as const }])
			: [{ function: "count" as const }];
	const aggregates: Aggregate[] = wanted.map(({ function: name, field }) => ({
		function: name,
		...(field === undefined ? {} : { column: columnIn(located, field, notes) }),
	}));
	if (args.fields !== undefined)
		throw new TablesError(
			"bad_argument",
			"`fields` does not go with `group_by` or `aggregate`",
			{ next: "Leave `fields` out; groups show their keys and aggregates." },
		);
	if (args.detail !== undefined && args.detail !== "compact")
		throw new TablesError(
			"bad_argument",
			`\`detail\` ${args.detail} does not go with \`group_by\` or \`aggregate\``,
			{ next: "Leave `detail` out; groups show their keys and aggregates." },
		);
	const columns = [...keys, ...aggregates].flatMap(({ column }) =>
		column === undefined ? [] : [column],
	);
	const query: Query = {
		...resolved.query,
		fields: columns.filter((item): item is Field => typeof item !== "string"),
		system: columns.filter(
			(item): item is SystemColumn => typeof item === "string",
		),
	};
	const asked = {
		keys,
		aggregates,
		...(args.sort === undefined ? {} : { sort: args.sort }),
	};
	const groups =
		args.record_ids === undefined
			? await readInTime(
					session,
					running,
					"all matching rows",
					(call) =>
						aggregateRows(
							readRows(located, query, { ...call, priority: "bulk" }),
							located.table,
							asked,
						),
					READ_LESS,
				)
			: await aggregateNamed(args.record_ids);
	async function aggregateNamed(ids: readonly string[]) {
		const { rows, missing } = await namedRows(
			session,
			located,
			query,
			[...new Set(ids)],
			running,
		);
		if (missing.length > 0) notes.push(`no such record: ${missing.join(", ")}`);
		const all = (async function* () {
			yield rows;
		})();
		return aggregateRows(all, located.table, asked);
	}
	notes.push(...groups.notes);
	const hash = fingerprint([
		located.reference,
		args.filter,
		args.view,
		args.record_ids,
		args.group_by,
		args.aggregate,
		args.sort,
	]);
	const position =
		args.cursor === undefined ? undefined : readCursor(args.cursor, hash);
	const start = position?.at === "offset" ? position.offset : 0;
	const shown: (readonly unknown[])[] = [];
	let bytes = 0;
	for (const row of groups.rows.slice(start, start + (args.limit ?? LIMIT))) {
		bytes += Buffer.byteLength(csvLine(row.map(cutCell)));
		if (bytes > PAGE_BYTES && shown.length > 0) break;
		shown.push(row);
	}
	const end = start + shown.length;
	const named = await withNames(
		session,
		located,
		keys.map(({ column }) => column),
		shown.map((row) => ({ row, entries: groups.entries.get(row) ?? [] })),
		running,
	);
	const rows = named.rows.map((row) => row.map(cutCell));
	const whole = named.rows.flat();
	const cuts = rows.flat().filter((cell, at) => cell !== whole[at]).length;
	notes.push(...named.notes, ...cutNotes(cuts));
	return answer(
		located,
		{
			columns: args.limit === 0 ? [] : groups.columns,
			rows,
			total: groups.rows.length,
			next:
				end < groups.rows.length && args.limit !== 0
					? writeCursor(hash, { at: "offset", offset: end })
					: null,
			notes: [...notes, `${groups.scanned} rows were counted`],
		},
		"group",
	);
}
