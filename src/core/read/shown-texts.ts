import type { CallContext } from "../contract/call-context.js";
import type { Cell, Field, Person } from "../contract/field.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { mapInTurns } from "../values/in-turns.js";
import { KINDS, kindOf } from "../values/values.js";
import {
	type LinkedTable,
	linkedTable,
	linksIn,
	titlesById,
} from "./linked-table.js";
import type { Query } from "./read-plan.js";
import { namesOf } from "./shown-items.js";

/** Calls that filling in titles and names may cost. */
const TEXT_CALLS = 2;

/**
 * Fills in titles of linked records and names of people that the vendor did not send, for the rows shown,
 * when that costs at most two calls; else leaves ids and says so.
 */
export async function withTexts(
	session: Session,
	located: Located,
	rows: readonly Row[],
	fields: readonly Field[],
	call: CallContext,
): Promise<{
	readonly rows: readonly Row[];
	readonly notes: readonly string[];
}> {
	const links = untitledLinks(rows, fields);
	const peopleColumns = [
		...fields
			.filter(({ type }) => KINDS[type] === "people")
			.map(({ id }) => id),
		"$created_by",
		"$updated_by",
	];
	const unnamed = unnamedPeople(rows, peopleColumns);
	if (links.length === 0 && unnamed.size === 0) return { rows, notes: [] };

	const notes: string[] = [];
	const titles = await titlesOf(session, located, links, notes, call);
	const names =
		unnamed.size > 0
			? await namesOf(located, [...unnamed], notes, call)
			: new Map<string, string>();
	return {
		notes,
		rows: rows.map((row) => ({
			...row,
			cells: {
				...row.cells,
				...titledCells(row, titles),
				...namedCells(row, peopleColumns, names),
			},
		})),
	};
}

/** A link field with records whose titles the vendor did not send. */
interface UntitledLink {
	readonly field: Field;
	readonly ids: ReadonlySet<string>;
}

function untitledLinks(
	rows: readonly Row[],
	fields: readonly Field[],
): readonly UntitledLink[] {
	return fields.flatMap((field) => {
		if (kindOf(field) !== "links") return [];
		const ids = new Set(
			rows.flatMap((row) =>
				linksIn(row.cells[field.id]).flatMap(({ id, text }) =>
					text === null ? [id] : [],
				),
			),
		);
		return ids.size === 0 ? [] : [{ field, ids }];
	});
}

function unnamedPeople(
	rows: readonly Row[],
	columns: readonly string[],
): ReadonlySet<string> {
	return new Set(
		rows.flatMap((row) =>
			columns.flatMap((id) =>
				peopleIn(row.cells[id]).flatMap((person) =>
					person.name === null ? [person.id] : [],
				),
			),
		),
	);
}

/** A query whose order goes by the titles of links that the vendor does not send: they are what a reader sees. */
export function orderedByTitles(
	session: Session,
	located: Located,
	query: Query,
): Query {
	const links = (query.sort ?? []).flatMap(({ by }) =>
		typeof by !== "string" && kindOf(by) === "links" ? [by] : [],
	);
	if (links.length === 0) return query;
	return {
		...query,
		async titled(rows, call) {
			const titles = new Map<string, ReadonlyMap<string, string>>();
			for (const { linked, fields, ids } of await byLinkedTable(
				session,
				located,
				untitledLinks(rows, links),
				call,
			)) {
				const known = await titlesById(linked, [...ids], call);
				for (const { id } of fields) titles.set(id, known);
			}
			return mapInTurns(rows, (row) => ({
				...row,
				cells: { ...row.cells, ...titledCells(row, titles) },
			}));
		},
	};
}

type TitlesByField = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Titles of each field's records, by the field's id; `notes` gets the fields whose titles would cost too many calls. */
async function titlesOf(
	session: Session,
	located: Located,
	links: readonly UntitledLink[],
	notes: string[],
	call: CallContext,
): Promise<TitlesByField> {
	let calls = 0;
	const titles = new Map<string, ReadonlyMap<string, string>>();
	for (const { linked, fields, ids } of await byLinkedTable(
		session,
		located,
		links,
		call,
	)) {
		const cost = Math.ceil(ids.size / linked.located.adapter.limits.ids);
		if (calls + cost > TEXT_CALLS) {
			for (const { name } of fields)
				notes.push(
					`links in "${name}" are shown as ids: their titles would cost more calls; query ${linked.located.reference} with record_ids`,
				);
			continue;
		}
		calls += cost;
		const known = await titlesById(linked, [...ids], call);
		for (const { id } of fields) titles.set(id, known);
	}
	return titles;
}

/** The records whose titles are missing, by the table that they are in: two links to one table are one question. */
async function byLinkedTable(
	session: Session,
	located: Located,
	links: readonly UntitledLink[],
	call: CallContext,
): Promise<
	readonly {
		readonly linked: LinkedTable;
		readonly fields: readonly Field[];
		readonly ids: ReadonlySet<string>;
	}[]
> {
	const tables = new Map<
		string,
		{ linked: LinkedTable; fields: Field[]; ids: Set<string> }
	>();
	for (const { field, ids } of links) {
		const linked = await linkedTable(session, located, field, call);
		if (linked === undefined) continue;
		const { reference } = linked.located;
		const known = tables.get(reference);
		if (known === undefined)
			tables.set(reference, { linked, fields: [field], ids: new Set(ids) });
		else {
			known.fields.push(field);
			for (const id of ids) known.ids.add(id);
		}
	}
	return [...tables.values()];
}

function titledCells(row: Row, titles: TitlesByField): Row["cells"] {
	const cells: Record<string, Cell> = {};
	for (const [field, known] of titles) {
		const list = linksIn(row.cells[field]);
		if (list.length > 0)
			cells[field] = list.map((item) => ({
				...item,
				text: item.text ?? known.get(item.id) ?? null,
			}));
	}
	return cells;
}

function namedCells(
	row: Row,
	columns: readonly string[],
	names: ReadonlyMap<string, string>,
): Row["cells"] {
	const cells: Record<string, Cell> = {};
	if (names.size === 0) return cells;
	for (const column of columns) {
		const list = peopleIn(row.cells[column]);
		if (list.length > 0)
			cells[column] = list.map((person) => ({
				...person,
				name: person.name ?? names.get(person.id) ?? null,
			}));
	}
	return cells;
}

function peopleIn(cell: Cell | undefined): readonly Person[] {
	return Array.isArray(cell) ? (cell as readonly Person[]) : [];
}
