import type { FileRow } from "../contract/files.js";
import type { Settled } from "../contract/journal.js";
import { tellProgress } from "../contract/progress.js";
import {
	rowOf,
	secondOf,
	withLost,
	withSecond,
} from "../contract/second-writes.js";
import type { LiveChange } from "../delivery/live-change.js";
import { sendOps } from "../delivery/send-batches.js";
import { readRowsById } from "../read/read.js";
import { defined } from "../values/defined.js";
import { planKnown } from "../write/known-updates.js";
import { cellsById, type Rows } from "../write/loss.js";
import { isWritten } from "../write/present-ids.js";
import { readable } from "./file-copy.js";
import { byLine } from "./import-columns.js";
import type { Checked } from "./import-plan.js";
import type { OpenImport } from "./import-rows.js";
import { checkLinks, type FileLinks, linkingRows } from "./self-links.js";

/** Links rows that name rows of their file, from a row on, once all of them are records; or until something stops. */
export async function linkRows(
	work: OpenImport,
	fromRecord: number,
): Promise<void> {
	const { change, source, target } = work;
	const { links } = target;
	if (links === undefined || fromRecord >= source.total) return;
	for await (const rows of readable(work, fromRecord)) {
		await linkChunk(work, links, rows);
		if (change.stopped !== undefined) return;
		const done = (rows.at(-1) as FileRow).record + 1;
		tellProgress(
			change,
			done,
			source.total,
			`links of ${done} of ${source.total} rows of ${source.name}`,
		);
	}
}

async function linkChunk(
	work: OpenImport,
	links: FileLinks,
	rows: readonly FileRow[],
): Promise<void> {
	const { change, target, source } = work;
	const { total } = source;
	const open = linkingRows(target, links, rows).filter(({ record }) => {
		const row = change.results.get(record);
		return isThere(row) && change.isOpen(secondOf(record, total));
	});
	const checked = await checkLinks(target, links, open, change.results);
	const unlinked = refusedLinks(checked, change.results, links);
	change.know(unlinked);
	work.problems.push(...(await byLine(checked.problems)));
	await sendLinks(work, checked);
	if (change.stopped !== undefined) return;
	const last = (rows.at(-1) as FileRow).record + 1;
	await change.enter({
		type: "offset",
		change: change.writer.change,
		offset: secondOf(last, total),
		results: unlinked,
		problems: checked.problems,
	});
}

/** Has the row a record? */
function isThere(row: Settled | undefined): row is Settled {
	return (
		row?.id !== undefined && (row.outcome === "unchanged" || isWritten(row))
	);
}

/** Rows whose link cannot be written: their records are there without it. */
function refusedLinks(
	{ problems }: Checked,
	results: LiveChange["results"],
	links: FileLinks,
): readonly Settled[] {
	const lost = links.columns.flatMap(({ field }) => field?.id ?? []);
	const blamed = new Set(problems.map(({ record }) => record as number));
	return [...blamed].flatMap((record): Settled[] => {
		const row = results.get(record);
		return row === undefined ? [] : [withLost(row, lost)];
	});
}

async function sendLinks(work: OpenImport, checked: Checked): Promise<void> {
	const { change, running, source } = work;
	const { located } = checked;
	const records = checked.records.flatMap((record) => {
		const row = change.results.get(record.index);
		return row?.id === undefined ? [] : [{ ...record, id: row.id }];
	});
	const made = new Map(
		records.flatMap(({ id, index }) =>
			change.results.get(index)?.outcome === "created" ? [[id, {}]] : [],
		),
	);
	const read = await readRowsById(
		located,
		records.flatMap(({ id }) => (made.has(id) ? [] : [id])),
		{ fields: located.table.fields.filter(({ id }) => isLinked(checked, id)) },
		running.call,
	);
	const before: Rows = new Map([...made, ...(await cellsById(read))]);
	const { ops, settled } = await planKnown(located, records, before);
	const second = <Item extends { readonly index: number }>(
		item: Item,
	): Item => ({
		...item,
		index: secondOf(item.index, source.total),
	});
	if (settled.length > 0) await change.recordUnsent(settled.map(second));
	change.located = located;
	const sent = ops.map(second);
	for (const op of sent) work.second.set(op.index, op);
	await sendOps(change, sent, {
		undo: located.connection.undo,
		carriesOps: true,
		before,
	});
}

function isLinked({ records }: Checked, id: string): boolean {
	return records.some(({ cells }) => id in cells);
}

/** Counts with each row what its second write came to. Answers what to say of those that are left. */
export function sumUpLinks(
	{ change, source, second }: Pick<OpenImport, "change" | "source" | "second">,
	links: FileLinks | undefined,
): readonly string[] {
	const { results, stopped } = change;
	for (const [index, result] of [...results]) {
		const row = results.get(rowOf(index, source.total));
		if (index < source.total || row === undefined) continue;
		results.set(
			row.index,
			result.outcome === "unknown"
				? {
						...row,
						outcome: "unknown",
						...defined({ message: result.message }),
					}
				: withSecond(row, result, second.get(index) ?? { cells: {} }),
		);
	}
	return stopped === undefined || links === undefined
		? []
		: ["links of rows to other rows of the file are not all written yet"];
}
