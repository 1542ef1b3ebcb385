import { TablesError } from "../contract/errors.js";
import type { Cell, Field, LinkedRecord } from "../contract/field.js";
import type { FileRow, RowFile } from "../contract/files.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { shownWithId } from "../values/parse-list.js";
import { type Lookups, textsIn } from "../values/text-lookups.js";
import { cellText, isEmpty } from "../values/values.js";
import { linkedIds } from "../write/loss.js";
import { isWritten, linkedTable } from "../write/present-ids.js";
import { keyOfCells } from "../write/record-key.js";
import {
	chunks,
	type ImportOptions,
	type MappedColumn,
	recordOf,
} from "./import-columns.js";
import {
	CHECK_MARGIN_MS,
	checkChunk,
	type KeyIndex,
	readKeys,
} from "./import-plan.js";
import type { Target } from "./import-target.js";

/*
 * Rows of a file that name rows of the same file, as employees name their managers: the records are made first, and
 * linked once all of them have ids. Until then a row stands for its record.
 */

/** A row that a link of its file names. */
interface NamedRow {
	readonly record: number;
	/** What it is called as long as its record has no id. */
	readonly place: string;
	/** Of the record that it changes. Absent: it makes a new one. */
	readonly id?: string;
}

/** Rows of a file that links of the same file name, by their titles. */
export interface FileLinks {
	readonly columns: readonly MappedColumn[];
	readonly rows: ReadonlyMap<string, readonly NamedRow[]>;
	/** Rows that make records, by what they stand for these by until then. */
	readonly places: ReadonlyMap<string, number>;
	/** Titles that the file gives to records that are there, by id. */
	readonly retitled: ReadonlyMap<string, string>;
	/** Records that the import has made so far: their rows stand for them. */
	readonly made: Set<string>;
	/** Rows that are bad, and rows that link to those, by however many steps: none of them is written. */
	readonly refused: ReadonlyMap<number, Settled>;
	/** Finds rows beside records. */
	readonly beside: (lookups: Lookups) => Lookups;
}

/** Columns of links to the table that the file goes into. */
function selfLinkColumns(
	{ table }: Located,
	columns: readonly MappedColumn[],
): readonly MappedColumn[] {
	return columns.filter(
		({ field }) => field !== undefined && isSelfLink(table, field),
	);
}

/** Does the field link records of its own table? */
export function isSelfLink(table: Located["table"], field: Field): boolean {
	return field.type === "link" && linkedTable(table, field) === table.ref.table;
}

/** The keys that tell which records rows change, where links of the file may name rows of it. */
export async function keysForLinks(
	{ session, located, columns, running }: Target,
	{ matchOn }: Pick<ImportOptions, "matchOn">,
): Promise<KeyIndex | undefined> {
	return selfLinkColumns(located, columns).length === 0
		? undefined
		: readKeys(session, located, matchOn, running);
}

/**
 * Goes through the file for the rows that its links name. `results`: of an earlier call of the same import.
 * @returns undefined: no link names a row.
 * @throws TablesError busy
 */
export async function fileLinks(
	target: Target,
	file: RowFile,
	keys: KeyIndex | undefined,
	results: ReadonlyMap<number, Settled> = new Map(),
): Promise<FileLinks | undefined> {
	const columns = selfLinkColumns(target.located, target.columns);
	const title = target.columns.find(({ field }) => field?.primary === true);
	if (columns.length === 0 || title === undefined) return undefined;
	const wanted = await namedTexts(target, file, columns);
	if (wanted.size === 0) return undefined;
	const rows = new Map<string, NamedRow[]>();
	const retitled = new Map<string, string>();
	for await (const { record, line, text, id } of titles(
		target,
		file,
		{ title, keys },
		results,
	)) {
		if (id !== undefined) retitled.set(id, text);
		if (!wanted.has(text)) continue;
		const same = rows.get(text) ?? [];
		same.push({ record, place: placeOf(line, same), ...defined({ id }) });
		rows.set(text, same);
	}
	if (rows.size === 0) return undefined;
	const made = new Set<string>();
	noteMadeRows(made, results.values());
	const places = new Map(
		[...rows.values()]
			.flat()
			.flatMap(({ id, place, record }) =>
				id === undefined ? [[place, record] as const] : [],
			),
	);
	const refused = new Map<number, Settled>();
	const links = { columns, rows, places, retitled, made, refused };
	return {
		...links,
		beside: besideRecords(links, ({ id, place }) => id ?? place),
	};
}

/** Takes down which records rows have made. */
export function noteMadeRows(
	made: Set<string>,
	results: Iterable<Settled | undefined>,
): void {
	for (const result of results)
		if (result?.id !== undefined && isMade(result)) made.add(result.id);
}

function isMade({ outcome, lost }: Settled): boolean {
	return outcome === "created" || lost !== undefined;
}

/** Two rows of one title may stand in one line of a JSON file. */
function placeOf(line: number, same: readonly NamedRow[]): string {
	const place = `line ${line} of the file`;
	return same.some((row) => row.place === place)
		? `${place}, entry ${same.length + 1} of this title`
		: place;
}

/** Texts of the link columns that are not ids. */
async function namedTexts(
	target: Target,
	file: RowFile,
	columns: readonly MappedColumn[],
): Promise<ReadonlySet<string>> {
	const wanted = new Set<string>();
	for await (const rows of inTime(target, file))
		for (const row of rows)
			for (const { text } of textsOf(target, row, columns))
				wanted.add(text).add(shownWithId(text)?.title ?? text);
	return wanted;
}

function textsOf(
	{ located, options }: Target,
	row: FileRow,
	columns: readonly MappedColumn[],
): readonly { readonly field: Field; readonly text: string }[] {
	const record = recordOf(row, columns, options.empty);
	if (record.problems.length > 0) return [];
	return columns.flatMap(({ field }) =>
		field === undefined
			? []
			: textsIn(field, record.fields[field.id], {
					codecs: located.adapter.codecs,
					ofFile: true,
				}).map((text) => ({ field, text })),
	);
}

/** A row's title, and the record that it changes. */
interface Titled {
	readonly record: number;
	readonly line: number;
	readonly text: string;
	readonly id: string | undefined;
}

async function* titles(
	target: Target,
	file: RowFile,
	{
		title,
		keys,
	}: {
		readonly title: MappedColumn;
		readonly keys: KeyIndex | undefined;
	},
	results: ReadonlyMap<number, Settled>,
): AsyncIterable<Titled> {
	const { table } = target.located;
	const field = title.field as Field;
	const columns = target.columns.filter(
		(column) =>
			column === title ||
			keys?.fields.some(({ id }) => id === column.field?.id) === true,
	);
	for await (const rows of inTime(target, file)) {
		const { records } = await checkChunk({ ...target, columns }, rows);
		for (const { index, line = 0, cells, id } of records) {
			const cell = cells[field.id];
			if (cell === undefined || isEmpty(cell)) continue;
			const text = cellText(cell, field, table.zone);
			const done = results.get(index);
			yield {
				record: index,
				line,
				text,
				id:
					done === undefined
						? idByKeys(target.located, keys, { cells, id })
						: isMade(done)
							? undefined
							: done.id,
			};
		}
	}
}

function idByKeys(
	located: Located,
	keys: KeyIndex | undefined,
	{
		cells,
		id,
	}: {
		readonly cells: Readonly<Record<string, Cell>>;
		readonly id: string | undefined;
	},
): string | undefined {
	if (keys === undefined || keys.byId) return id;
	const [only, ...others] =
		keys.ids.get(keyOfCells(located, keys.fields, cells)) ?? [];
	return others.length === 0 ? only : undefined;
}

/** The rows of a file that is gone through before anything is sent. @throws TablesError busy */
export async function* inTime(
	{ session, running }: Target,
	file: RowFile,
): AsyncIterable<readonly FileRow[]> {
	let count = 0;
	for await (const rows of chunks(file, 0)) {
		running.call.signal?.throwIfAborted();
		if (session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS)
			throw new TablesError(
				"busy",
				`looking for the rows that links of the file name took longer than one call may take: ${count} rows were looked at, nothing was sent`,
				{
					next: "Split the file, or import it without these links first and with `match_on` and the links afterwards.",
				},
			);
		yield rows;
		count += rows.length;
	}
}

/** Titles mean the records that are there and the rows of the file: where these are the same record, it counts once. */
function besideRecords(
	{
		columns,
		rows,
		retitled,
		made,
	}: Pick<FileLinks, "columns" | "rows" | "retitled" | "made">,
	idOf: (row: NamedRow) => string | undefined,
): FileLinks["beside"] {
	return (lookups) => ({
		...lookups,
		async linkedByText(field, texts, loosely) {
			const found = await lookups.linkedByText(field, texts, loosely);
			if (!columns.some((column) => column.field?.id === field.id))
				return found;
			const merged = new Map<string, readonly LinkedRecord[]>();
			for (const text of texts) {
				const shown = shownWithId(text);
				const title =
					shown === undefined || rows.has(text) ? text : shown.title;
				const there = (found.get(text) ?? []).filter(
					(item) =>
						item.text !== title ||
						item.id === shown?.id ||
						(!made.has(item.id) && (retitled.get(item.id) ?? title) === title),
				);
				const byId = new Map(there.map((item) => [item.id, item]));
				const isKnown = shown !== undefined && byId.has(shown.id);
				for (const row of isKnown ? [] : (rows.get(title) ?? [])) {
					const id = idOf(row);
					if (id !== undefined) byId.set(id, { id, text: title });
				}
				if (byId.size > 0) merged.set(text, [...byId.values()]);
			}
			return merged;
		},
	});
}

/** The ops as they can be sent before rows have ids: links to those are left for later. */
export function firstWrites<Plan extends Planned>(
	plan: Plan,
	links: FileLinks | undefined,
): Plan {
	if (links === undefined) return plan;
	const { settled } = plan;
	const unchanged: Settled[] = [];
	const ops = plan.ops.flatMap((op): Op[] => {
		const first = split(op, links).first;
		if (first.kind === "create" || Object.keys(first.cells).length > 0)
			return [first];
		unchanged.push({
			index: op.index,
			outcome: "unchanged",
			...defined({ id: op.id }),
		});
		return [];
	});
	return { ...plan, ops, settled: [...settled, ...unchanged] };
}

interface Planned {
	readonly ops: readonly Op[];
	readonly settled: readonly Settled[];
}

/** The writes that come second, as far as they can be told before the first. */
export function secondWrites(
	ops: readonly Op[],
	links: FileLinks | undefined,
): readonly Op[] {
	return links === undefined
		? []
		: ops.flatMap((op) => {
				const { later } = split(op, links);
				return Object.keys(later).length === 0
					? []
					: [{ ...op, kind: "update" as const, cells: later }];
			});
}

type Cells = Op["cells"];

function split(
	op: Op,
	{ columns, places }: FileLinks,
): { readonly first: Op; readonly later: Cells } {
	const cells: Record<string, Cell> = { ...op.cells };
	const later: Record<string, Cell> = {};
	for (const { field } of columns) {
		const cell = field && cells[field.id];
		if (field === undefined || !Array.isArray(cell)) continue;
		if (!linkedIds(cell).some((id) => places.has(id))) continue;
		later[field.id] = cell;
		delete cells[field.id];
	}
	return { first: { ...op, cells }, later };
}

/** The rows that a text may name. */
function rowsNamed({ rows }: FileLinks, text: string): readonly NamedRow[] {
	return rows.get(text) ?? rows.get(shownWithId(text)?.title ?? text) ?? [];
}

/** Those of the rows that name a row which makes a record. */
export function linkingRows(
	target: Target,
	links: FileLinks,
	rows: readonly FileRow[],
): readonly FileRow[] {
	return rows.filter((row) =>
		textsOf(target, row, links.columns).some(({ text }) =>
			rowsNamed(links, text).some(({ id }) => id === undefined),
		),
	);
}

/**
 * Checks the links of rows whose records are there by now, as far as `results` tell. Rows that were refused are no
 * records, and a link that names one is wrong.
 */
export async function checkLinks(
	target: Target,
	links: FileLinks,
	rows: readonly FileRow[],
	results: Pick<ReadonlyMap<number, Settled>, "get">,
): ReturnType<typeof checkChunk> {
	const wasRefused = ({ record }: NamedRow) => {
		const result = results.get(record);
		return result?.outcome === "failed" && !isWritten(result);
	};
	const beside = besideRecords({ ...links, made: new Set() }, (row) =>
		wasRefused(row)
			? undefined
			: (results.get(row.record)?.id ?? row.id ?? row.place),
	);
	const checked = await checkChunk(
		{
			...target,
			columns: links.columns,
			links: { ...links, beside },
		},
		rows,
	);
	const byRecord = new Map(rows.map((row) => [row.record, row]));
	return {
		...checked,
		problems: checked.problems.map((problem) => {
			const row = byRecord.get(problem.record ?? -1);
			const refused =
				row === undefined
					? []
					: textsOf(target, row, links.columns).flatMap(({ text }) =>
							rowsNamed(links, text).filter(wasRefused),
						);
			return refused.length === 0
				? problem
				: {
						...problem,
						message: `${problem.message}: ${[...new Set(refused.map(({ place }) => place))].join(", ")}, which has this title, was refused`,
					};
		}),
	};
}
