import type { CallContext } from "../contract/call-context.js";
import type { FieldCodec } from "../contract/codec.js";
import { idOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type {
	Cell,
	Field,
	FieldType,
	LinkedRecord,
	Person,
} from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { addTo } from "../values/add-to.js";
import { defined } from "../values/defined.js";
import { inTurns, mapInTurns } from "../values/in-turns.js";
import { foldName } from "../values/near-names.js";
import { shownWithId } from "../values/parse-list.js";
import type { Lookups, ShownItems } from "../values/text-lookups.js";
import { KINDS, kindOf } from "../values/values.js";
import { type LinkedTable, linkedTable, titleOf } from "./linked-table.js";
import { readRowsById } from "./read.js";
import type { Query } from "./read-plan.js";
import { recordsByTitle } from "./records-by-title.js";
import { namesOf, shownItems } from "./shown-items.js";

/** Turns titles of linked records and names of people into ids, by reading; nothing is guessed. */
export function lookupsOf(
	session: Session,
	located: Located,
	running: Pick<Running, "call">,
): Lookups {
	const { call } = running;
	return {
		...defined({ me: located.connection.me }),
		async linkedByText(field, texts, loosely = false) {
			const linked = await linkedTable(session, located, field, call);
			if (linked === undefined) return new Map();
			const withIds = shownWithIds(texts);
			const titles = [...withIds.values()].map(({ title }) => title);
			const found = await recordsByTitle(
				linked,
				new Set([...texts, ...titles]),
				{ loosely, call },
			);
			await findShown(located, linked, { withIds, found }, call);
			// Where the shape of an id says nothing, what is not a title may be an id.
			const { isId } = located.adapter.codecs.link as Partial<
				FieldCodec<"link">
			>;
			const ids = texts.filter((text) => !found.has(text) && !/\s/.test(text));
			if (isId === undefined && ids.length > 0)
				for (const [id, text] of await titlesById(linked, ids, call))
					found.set(id, [{ id, text }]);
			return found;
		},
		people: (field, texts) => peopleByText(located, field, texts, call),
		shownIn(column, wanted = {}) {
			const read = () => shownItems({ session, located, call }, column, wanted);
			return wanted.part === undefined && wanted.most !== undefined
				? readOnce(call, idOfColumn(column), read)
				: read();
		},
		async held(ids, fields) {
			const rows = await readRowsById(located, ids, { fields }, call);
			return new Map(
				[...rows].map(([id, { cells }]) => [
					id,
					new Map(
						fields.map((field) => [
							field.id,
							new Set([...linksIn(cells[field.id])].map((item) => item.id)),
						]),
					),
				]),
			);
		},
		isId(column, text) {
			const type =
				typeof column === "string"
					? "user"
					: (column.value?.type ?? column.type);
			const codec = located.adapter.codecs[
				type === "created_by" || type === "updated_by" ? "user" : type
			] as Partial<FieldCodec<FieldType>>;
			return codec.isId?.(text) ?? false;
		},
	};
}

/** What there is in a column, for hints: read once for all pieces of a call. */
const SHOWN = new WeakMap<CallContext, Map<string, Promise<ShownItems>>>();

function readOnce(
	call: CallContext,
	column: string,
	read: () => Promise<ShownItems>,
): Promise<ShownItems> {
	const known = SHOWN.get(call) ?? new Map<string, Promise<ShownItems>>();
	SHOWN.set(call, known);
	const shown = known.get(column) ?? read();
	known.set(column, shown);
	return shown;
}

type ShownWithIds = ReadonlyMap<
	string,
	{ readonly title: string; readonly id: string }
>;

/** Texts that an export wrote as `Title [id]`. */
function shownWithIds(texts: readonly string[]): ShownWithIds {
	return new Map(
		texts.flatMap((text) => {
			const shown = shownWithId(text);
			return shown === undefined ? [] : [[text, shown] as const];
		}),
	);
}

/** The record of the id where it is there; else the id is of another account, and the title counts. */
async function findShown(
	located: Located,
	linked: LinkedTable,
	{
		withIds,
		found,
	}: {
		readonly withIds: ShownWithIds;
		readonly found: Map<string, LinkedRecord[]>;
	},
	call: CallContext,
): Promise<void> {
	if (withIds.size === 0) return;
	const { isId = () => true } = located.adapter.codecs.link as Partial<
		FieldCodec<"link">
	>;
	const ids = [...withIds.values()].map(({ id }) => id).filter(isId);
	const there = await titlesById(linked, [...new Set(ids)], call);
	for (const [text, { title, id }] of withIds) {
		if (found.has(text)) continue;
		const own = there.get(id);
		const meant = own === undefined ? found.get(title) : [{ id, text: own }];
		if (meant !== undefined) found.set(text, meant);
	}
}

/** Titles of records of a linked table, by id; ids that do not exist are left out. */
async function titlesById(
	{ located, primary }: LinkedTable,
	ids: readonly string[],
	call: CallContext,
): Promise<ReadonlyMap<string, string>> {
	const rows = await readRowsById(located, ids, { fields: [primary] }, call);
	return new Map(
		[...rows].map(([id, row]) => [
			id,
			titleOf(row, primary, located.table.zone),
		]),
	);
}

async function peopleByText(
	located: Located,
	field: Field,
	texts: readonly string[],
	call: CallContext,
): Promise<ReadonlyMap<string, readonly Person[]>> {
	const { adapter, connection, table } = located;
	if (adapter.findPeople === undefined)
		throw new TablesError(
			"unsupported",
			`${connection.title} cannot look people up by name; write them by id`,
		);
	const withIds = shownWithIds(texts);
	const parts = [...withIds.values()].flatMap(({ title, id }) => [title, id]);
	const people = await adapter.findPeople(
		table,
		field,
		[...new Set([...texts.filter((text) => !withIds.has(text)), ...parts])],
		call,
	);
	const called = await calledBy(people);
	const found = new Map<string, readonly Person[]>();
	await inTurns(texts, (text) => {
		const shown = withIds.get(text);
		const meant =
			called.byId.get(shown?.id ?? "") ?? called.meant(shown?.title ?? text);
		if (meant.length > 0) found.set(text, meant);
	});
	return found;
}

/** People by what they may be called. */
interface Called {
	/** By id. */
	readonly byId: ReadonlyMap<string, readonly Person[]>;
	/** Those whose id, name or e-mail address this is; else those whose name differs only in width or case. */
	meant(text: string): readonly Person[];
}

async function calledBy(people: readonly Person[]): Promise<Called> {
	const [byId, byName, byEmail, byFolded] = [
		new Map<string, Person[]>(),
		new Map<string, Person[]>(),
		new Map<string, Person[]>(),
		new Map<string, Person[]>(),
	];
	await inTurns(people, (person) => {
		const { id, name, email } = person;
		addTo(byId, id, person);
		if (email !== undefined) addTo(byEmail, foldName(email), person);
		if (name === null) return;
		addTo(byName, name, person);
		addTo(byFolded, foldName(name), person);
	});
	return {
		byId,
		meant(text) {
			const folded = foldName(text);
			const same = new Set(
				[byId.get(text), byName.get(text), byEmail.get(folded)].flatMap(
					(some) => some ?? [],
				),
			);
			return same.size > 0 ? [...same] : (byFolded.get(folded) ?? []);
		},
	};
}

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
			for (const { field, ids } of untitledLinks(rows, links)) {
				const linked = await linkedTable(session, located, field, call);
				if (linked !== undefined)
					titles.set(field.id, await titlesById(linked, [...ids], call));
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
	for (const { field, ids } of links) {
		const linked = await linkedTable(session, located, field, call);
		if (linked === undefined) continue;
		const cost = Math.ceil(ids.size / linked.located.adapter.limits.ids);
		if (calls + cost > TEXT_CALLS) {
			notes.push(
				`links in "${field.name}" are shown as ids: their titles would cost more calls; query ${linked.located.reference} with record_ids`,
			);
			continue;
		}
		calls += cost;
		titles.set(field.id, await titlesById(linked, [...ids], call));
	}
	return titles;
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

function linksIn(cell: Cell | undefined): readonly LinkedRecord[] {
	return Array.isArray(cell) ? (cell as readonly LinkedRecord[]) : [];
}

function peopleIn(cell: Cell | undefined): readonly Person[] {
	return Array.isArray(cell) ? (cell as readonly Person[]) : [];
}
