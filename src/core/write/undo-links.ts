import type { Cell, Field, LinkedRecord } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { readRowsById } from "../read/read.js";
import { inTurns } from "../values/in-turns.js";
import { cutList } from "../values/names.js";
import { linkedTable, type PresentId, presentLinks } from "./present-ids.js";

type Cells = Readonly<Record<string, Cell>>;

/** Links in cells from before a change, as far as they can be written today. */
export interface Links {
	/**
	 * The cells with links to records that are there. `whole`: those link cells that also lead to records that the same
	 * undo makes again; undefined: none does.
	 */
	part(cells: Cells): {
		readonly cells: Cells;
		readonly whole: Cells | undefined;
	};
	/** What was left out so far, in words. */
	gone(): readonly string[];
}

/** Looks which of the records are there that these rows link to. */
export async function linksIn(
	session: Session,
	located: Located,
	{
		rows,
		again,
		present,
	}: {
		readonly rows: readonly Cells[];
		/** Ids of records that are made again. */
		readonly again: ReadonlySet<string>;
		readonly present: PresentId;
	},
	running: Running,
): Promise<Links> {
	const { table } = located;
	const fields = table.fields.filter(({ type }) => type === "link");
	const wanted = new Map<string, Set<string>>();
	for (const field of fields) {
		const to = linkedTable(table, field);
		const ids = wanted.get(to) ?? new Set();
		await inTurns(rows, (row) => {
			for (const { id } of linksOf(
				presentLinks(row[field.id] ?? null, to, present),
			))
				if (!isAgain(field, id)) ids.add(id);
		});
		wanted.set(to, ids);
	}
	const there = new Map<string, ReadonlySet<string> | undefined>();
	for (const [to, ids] of wanted)
		there.set(to, await thereOf(session, located, to, ids, running));
	const gone = new Map<Field, Set<string>>();

	function isAgain(field: Field, id: string): boolean {
		return linkedTable(table, field) === table.ref.table && again.has(id);
	}
	function part(cells: Cells) {
		const kept: Record<string, Cell> = { ...cells };
		const whole: Record<string, Cell> = {};
		for (const field of fields) {
			const cell = cells[field.id];
			if (!Array.isArray(cell)) continue;
			const to = linkedTable(table, field);
			const known = there.get(to);
			const items = linksOf(presentLinks(cell as Cell, to, present));
			const isThere = ({ id }: LinkedRecord) => known?.has(id) !== false;
			const left = items.filter(
				(item) => isThere(item) && !isAgain(field, item.id),
			);
			kept[field.id] = left.length === 0 ? null : left;
			if (items.some(({ id }) => isAgain(field, id)))
				whole[field.id] = items.filter(
					(item) => isThere(item) || isAgain(field, item.id),
				);
			for (const item of items)
				if (!isThere(item) && !isAgain(field, item.id))
					gone.set(field, (gone.get(field) ?? new Set()).add(item.id));
		}
		return {
			cells: kept,
			whole: Object.keys(whole).length === 0 ? undefined : whole,
		};
	}
	return {
		part,
		gone: () =>
			[...gone].map(
				([{ name }, ids]) =>
					`links in "${name}" to records that are gone: ${cutList([...ids])}`,
			),
	};
}

function linksOf(cell: Cell): readonly LinkedRecord[] {
	return Array.isArray(cell) ? (cell as readonly LinkedRecord[]) : [];
}

/** Those of the records that are there; undefined: the table cannot be read here, and whoever writes the links is told. */
async function thereOf(
	session: Session,
	{ connection, table }: Located,
	to: string,
	ids: ReadonlySet<string>,
	running: Running,
): Promise<ReadonlySet<string> | undefined> {
	if (ids.size === 0) return new Set();
	const reference = formatReference({
		connection: connection.name,
		base: table.ref.base,
		table: to,
	});
	const linked = await locate(session, reference, running).catch(
		() => undefined,
	);
	if (linked === undefined) return undefined;
	const rows = await readRowsById(
		linked,
		[...ids],
		{ fields: [] },
		running.call,
	);
	return new Set(rows.keys());
}
