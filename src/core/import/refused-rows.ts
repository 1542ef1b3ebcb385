import type { FileRow, RowFile } from "../contract/files.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import { addTo } from "../values/add-to.js";
import { linkedIds } from "../write/loss.js";
import { isWritten } from "../write/present-ids.js";
import { claimLater } from "./earlier-claims.js";
import {
	checkChunk,
	type KeyIndex,
	markKeys,
	planChunk,
} from "./import-plan.js";
import type { Target } from "./import-target.js";
import { checkLinks, type FileLinks, inTime } from "./self-links.js";

/*
 * Where bad rows are skipped, a row that links to one of them cannot be written as the file has it. It is refused as
 * well, and so are the rows that link to it: what is called failed must not be in the table, or the corrected file
 * would double it.
 */

/**
 * The links of a target with the rows that are refused. `results`: of an earlier call of the same import.
 * @throws TablesError busy
 */
export async function withRefused(
	target: Target,
	file: RowFile,
	keys: KeyIndex | undefined,
	results: ReadonlyMap<number, Settled> = new Map(),
): Promise<FileLinks | undefined> {
	const { links } = target;
	if (links === undefined) return undefined;
	const own = keys && { ...keys, lines: new Map(keys.lines) };
	const graph = await graphOf({ ...target, links }, file, own, results);
	const refused = new Map<number, Settled>();
	refuse(graph.bad, graph, refused);
	await refuseDoubtful({ ...target, links }, file, graph, refused);
	return { ...links, refused };
}

type Linked = Target & { readonly links: FileLinks };

/** Which rows of a file are bad by themselves, and which others hang on them. */
interface LinkGraph {
	readonly bad: Set<number>;
	/** Row → the rows that link to the record which it makes. */
	readonly followers: Map<number, number[]>;
	/** Rows that link to records which the file gives other titles. */
	readonly doubtful: Set<number>;
}

async function graphOf(
	target: Linked,
	file: RowFile,
	keys: KeyIndex | undefined,
	results: ReadonlyMap<number, Settled>,
): Promise<LinkGraph> {
	const { links } = target;
	const graph: LinkGraph = {
		bad: new Set(),
		followers: new Map(),
		doubtful: new Set(),
	};
	for (const [record, result] of results)
		if (result.outcome === "failed" && !isWritten(result))
			graph.bad.add(record);
	for await (const rows of inTime(target, file)) {
		const open = rows.filter(({ record }) => !results.has(record));
		const done = rows.filter(({ record }) => results.has(record));
		if (done.length > 0) {
			const earlier = await checkChunk(target, done);
			if (keys !== undefined) markKeys(keys, earlier);
			claimLater(target, earlier, results);
		}
		const checked = await checkChunk(target, open);
		const { records, problems } = checked;
		const plan = await planChunk(target, checked, keys);
		for (const { record } of [...problems, ...plan.problems])
			graph.bad.add(record as number);
		for (const { index, cells } of records)
			for (const id of idsIn(cells, links)) {
				const to = links.places.get(id);
				if (to !== undefined) addTo(graph.followers, to, index);
				else if (links.retitled.has(id)) graph.doubtful.add(index);
			}
	}
	return graph;
}

function idsIn(cells: Op["cells"], { columns }: FileLinks): readonly string[] {
	return columns.flatMap(({ field }) => linkedIds(field && cells[field.id]));
}

/** Takes rows down as refused, with all that hang on them. */
function refuse(
	rows: Iterable<number>,
	{ followers }: LinkGraph,
	refused: Map<number, Settled>,
): void {
	const open = [...rows];
	for (let row = open.pop(); row !== undefined; row = open.pop()) {
		if (refused.has(row)) continue;
		refused.set(row, { index: row, outcome: "failed" });
		for (const follower of followers.get(row) ?? []) open.push(follower);
	}
}

/** A record keeps its old title where the row that would give it another one is refused: who names it by the new one is refused too. */
async function refuseDoubtful(
	target: Linked,
	file: RowFile,
	graph: LinkGraph,
	refused: Map<number, Settled>,
): Promise<void> {
	const { doubtful } = graph;
	if (doubtful.size === 0) return;
	for (let before = -1; before < refused.size; ) {
		before = refused.size;
		if (before === 0) return;
		for await (const rows of inTime(target, file)) {
			const open = rows.filter(
				({ record }) => doubtful.has(record) && !refused.has(record),
			);
			if (open.length === 0) continue;
			const checked = await checkLinks(target, target.links, open, refused);
			refuse(
				checked.problems.map(({ record }) => record as number),
				graph,
				refused,
			);
		}
	}
}

/** What is wrong with those of the rows that are refused for what they link to; `blamed`: what is wrong with these is known. */
export async function linkProblems(
	target: Target,
	rows: readonly FileRow[],
	blamed: ReadonlySet<number | undefined>,
	results: ReadonlyMap<number, Settled> = new Map(),
): Promise<readonly Problem[]> {
	const { links } = target;
	if (links === undefined) return [];
	const refused = rows.filter(
		({ record }) => links.refused.has(record) && !blamed.has(record),
	);
	if (refused.length === 0) return [];
	const { problems } = await checkLinks(target, links, refused, {
		get: (record) => links.refused.get(record) ?? results.get(record),
	});
	const told = new Set(problems.map(({ record }) => record));
	return [
		...problems,
		...refused
			.filter(({ record }) => !told.has(record))
			.map(({ record, line }) => ({
				record,
				line,
				message:
					"links to a row of the file that is refused, and so it is not written either",
			})),
	];
}
