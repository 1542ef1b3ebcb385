import { type Act, act, tablePlace } from "../contract/consent.js";
import type { Cell, Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { type Located, locate } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRows } from "../read/read.js";
import { addTo } from "../values/add-to.js";
import { inTurns } from "../values/in-turns.js";
import { shortened } from "../values/names.js";
import { isRaw } from "../values/values.js";
import { worthTime } from "./count-in-time.js";
import type { LinkEnd, LostLink } from "./link-ends.js";
import { linkedIds } from "./loss.js";
import {
	isTwoWay,
	linkingTables,
	tableAt,
	tablesBeside,
} from "./other-sides.js";

/*
 * Cells of other records that link to records which are deleted: they lose the link. The records' own column of a
 * two-way link shows them; one-way links are looked for in the tables of the base.
 */

/** Looking for one-way links may take so long, ms: a deletion is not worth more of a person's time. */
const LOOKED_FOR_MS = 3_000;

/**
 * One-way links, which only the tables that hold them show: these are opened and read until the time is over. The
 * rest may hold some.
 */
async function oneWayLinks(
	session: Session,
	looking: Looking,
	ids: ReadonlyMap<string, number>,
	running: Running,
): Promise<readonly OneWay[]> {
	if (ids.size === 0) return [];
	const found: OneWay[] = [];
	for await (const { other, fields } of looking.found()) {
		const links = await worthTime(session, running, (hurried) =>
			linkingCells(session, other, { fields, ids }, hurried),
		);
		for (const field of fields)
			found.push({
				...{ table: other.table.name, field: field.name },
				end: links && {
					...{ place: tablePlace(other), where: other, field },
					links: links.get(field.id) ?? [],
				},
			});
	}
	if (looking.isCut()) found.push(UNSEEN);
	return found.filter(({ end }) => end?.links.length !== 0);
}

/** A table with columns of one-way links to another. */
interface Linking {
	readonly other: Located;
	readonly fields: readonly Field[];
}

/** The tables of a base with one-way links to one of them. */
export interface Looking {
	/** Those found in time; they are looked for once, however often this is gone through to its end. */
	found(): AsyncIterable<Linking>;
	/** Were there tables that could not be looked into? */
	isCut(): boolean;
}

/** Looks for tables with columns of one-way links to a table when that is first asked for, as far as there is time. */
export function lookInto(
	session: Session,
	located: Located,
	running: Running,
): Looking {
	const { clock } = session;
	let untilMs = 0;
	let isCut = false;
	let known: readonly Linking[] | undefined;
	const open = async (reference: string) => {
		isCut ||= clock.now() > untilMs;
		if (isCut) return undefined;
		return reference === located.reference
			? located
			: worthTime(session, running, (hurried) =>
					locate(session, reference, hurried),
				);
	};
	return {
		async *found() {
			if (known !== undefined) {
				yield* known;
				return;
			}
			const linking: Linking[] = [];
			untilMs = clock.now() + LOOKED_FOR_MS;
			const tables = await worthTime(session, running, (hurried) =>
				tablesBeside(session, located, hurried),
			);
			isCut = tables === undefined;
			for await (const { other, fields: all } of linkingTables(
				located,
				tables ?? [],
				open,
			)) {
				const fields = all.filter(({ settings }) => settings.twoWay !== true);
				if (fields.length === 0) continue;
				linking.push({ other, fields });
				yield { other, fields };
			}
			known = linking;
		},
		isCut: () => isCut,
	};
}

/** What is said of one-way links to records that are made again: whatever column had them, they lead nowhere now. */
export async function oneWayLost(looking: Looking): Promise<readonly string[]> {
	const notes: string[] = [];
	for await (const { other, fields } of looking.found())
		for (const { name } of fields)
			notes.push(
				`cannot come back: one-way links in "${shortened(name)}" of "${shortened(other.table.name)}" to the records that are made again, if there were any`,
			);
	return notes;
}

/** Links in cells of each field to the records, but for those of the records themselves. */
async function linkingCells(
	session: Session,
	other: Located,
	{
		fields,
		ids,
	}: {
		readonly fields: readonly Field[];
		readonly ids: ReadonlyMap<string, number>;
	},
	running: Running,
): Promise<ReadonlyMap<string, readonly LostLink[]>> {
	const links = new Map<string, LostLink[]>();
	const [first] = ids.keys();
	const isHere = other.table.fields.some(
		({ settings }) => settings.linkTable === other.table.ref.table,
	);
	await readInTime(session, running, "links to the records", async (call) => {
		for await (const rows of readRows(other, { fields }, call))
			await inTurns(rows, (row) => {
				if (isHere && ids.has(row.id)) return;
				for (const { id } of fields)
					for (const to of linksIn(row.cells[id], first)) {
						const by = ids.get(to);
						const link = { id: row.id, to, byDeletion: true } as const;
						if (by !== undefined) addTo(links, id, { ...link, by });
					}
			});
	});
	return links;
}

/** A cell that cannot be read may hold any of the links: one of them is taken to be there. */
function linksIn(
	cell: Cell | undefined,
	any: string | undefined,
): readonly string[] {
	return isRaw(cell) && any !== undefined ? [any] : linkedIds(cell);
}

/** A field of one-way links to records that are deleted. */
interface OneWay {
	/** undefined: of tables that were not looked into. */
	readonly table: string | undefined;
	readonly field: string;
	/** Links that go. undefined: they were not counted in time. */
	readonly end: LinkEnd | undefined;
}

/** Cells that lose a link. undefined: they were not counted in time. */
function countOf({ end }: OneWay): number | undefined {
	return end && new Set(end.links.map(({ id }) => id)).size;
}

/** Tables that there was no time to look into. */
const UNSEEN: OneWay = { table: undefined, field: "", end: undefined };

function oneWayAct(links: OneWay): Act {
	const { table, field } = links;
	const count = countOf(links);
	if (table === undefined)
		return act`; cells of other tables may lose one-way links to them, for good`;
	return count === undefined
		? act`; cells of ${field} of ${table} may lose links to them, for good`
		: act`; ${{ count, noun: "cell" }} of ${field} of ${table} lose the link to them, for good`;
}

function oneWayNote(links: OneWay): string {
	const { table, field } = links;
	const count = countOf(links);
	const back = "undo_change does not bring these links back";
	if (table === undefined)
		return `not every table of the base was looked into in time: cells of others may have linked to these records and lose that link; ${back}`;
	return count === undefined
		? `cells of "${shortened(field)}" of "${shortened(table)}" may have linked to these records and lose that link (not counted in time); ${back}`
		: `${count} cell${count === 1 ? "" : "s"} of "${shortened(field)}" of "${shortened(table)}" linked to these records and ${count === 1 ? "loses" : "lose"} that link; ${back}`;
}

/** Counts the links to records as these are read. */
export interface LinkCount {
	/** The columns that show them. */
	readonly fields: readonly Field[];
	/** Takes note of the links to one record. */
	add(cells: Readonly<Record<string, Cell>>): void;
	/**
	 * What was counted, for the question and for the answer; none: nothing links to the records.
	 * @param ids Of the records, each with the index of the op that deletes it.
	 * @param looking Where others look for the same tables. Absent: nobody else does.
	 */
	told(
		session: Session,
		ids: ReadonlyMap<string, number>,
		running: Running,
		looking?: Looking,
	): Promise<{
		readonly question?: Act;
		readonly notes: readonly string[];
		/** One-way links that go: those of two ways are counted with the write. */
		readonly ends: readonly LinkEnd[];
	}>;
}

/** Counts the cells that link to records of this table. */
export function countLinks(located: Located): LinkCount {
	const { table } = located;
	const fields = table.fields.filter(isTwoWay);
	const linking = new Map<string, Set<string>>();
	return {
		fields,
		add(cells) {
			for (const { id } of fields) {
				const known = linking.get(id) ?? new Set();
				const unread = `unread ${known.size}`;
				for (const linked of linksIn(cells[id], unread)) known.add(linked);
				linking.set(id, known);
			}
		},
		async told(
			session,
			ids,
			running,
			looking = lookInto(session, located, running),
		) {
			const counts: { count: number; name: string }[] = [];
			for (const { id, settings } of fields) {
				const count = linking.get(id)?.size ?? 0;
				if (count === 0) continue;
				const { linkTable } = settings;
				const other = await tableAt(session, located, linkTable, running);
				counts.push({ count, name: other?.name ?? "another table" });
			}
			const oneWay = await oneWayLinks(session, looking, ids, running);
			if (counts.length + oneWay.length === 0) return { notes: [], ends: [] };
			const parts = counts.map(
				({ count, name }) =>
					act`, to which ${{ count, noun: "cell" }} of ${name} link`,
			);
			const back = located.connection.undo
				? "; undo_change writes these links back"
				: "";
			return {
				ends: oneWay.flatMap(({ end }) => end ?? []),
				question: [...parts, ...oneWay.map(oneWayAct)].join("") as Act,
				notes: [
					...counts.map(
						({ count, name }) =>
							`${count} cell${count === 1 ? "" : "s"} of "${name}" linked to these records and ${count === 1 ? "loses" : "lose"} that link${back}`,
					),
					...oneWay.map(oneWayNote),
				],
			};
		},
	};
}
