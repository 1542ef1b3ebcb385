import type { CallContext } from "../contract/call-context.js";
import type { FieldCodec } from "../contract/codec.js";
import type { Filter } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Field, LinkedRecord, Person } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { defined } from "../values/defined.js";
import type { Lookups } from "../values/text-lookups.js";
import { cellText } from "../values/values.js";
import { readRows, readRowsById } from "./read.js";

/** More titles than this are looked up by reading the linked table once, not by asking for each. */
const TITLES_BY_FILTER = 50;

/** Turns titles of linked records and names of people into ids, by reading; nothing is guessed. */
export function lookupsOf(
	session: Session,
	located: Located,
	running: Pick<Running, "call">,
): Lookups {
	const { call } = running;
	return {
		...defined({ me: located.connection.me }),
		async linkedByText(field, texts) {
			const linked = await linkedTable(session, located, field, call);
			const found = new Map<string, LinkedRecord[]>();
			if (linked === undefined) return found;
			const { primary } = linked;
			const wanted = new Set(texts);
			const filter: Filter | undefined =
				wanted.size <= TITLES_BY_FILTER && TEXTUAL.has(primary.type)
					? {
							match: "all",
							conditions: [
								{
									operand: { kind: "field", field: primary },
									op: "any_of",
									values: [...wanted],
								},
							],
							groups: [],
						}
					: undefined;
			for await (const rows of readRows(
				linked.located,
				{ fields: [primary], ...defined({ filter }) },
				call,
			))
				for (const row of rows) {
					const text = titleOf(row, primary, linked.located.table.zone);
					if (!wanted.has(text)) continue;
					const same = found.get(text) ?? [];
					same.push({ id: row.id, text });
					found.set(text, same);
				}
			// Where the shape of an id says nothing, what is not a title may be an id.
			const { isId } = located.adapter.codecs.link as Partial<
				FieldCodec<"link">
			>;
			const ids = texts.filter((text) => !found.has(text) && !/\s/.test(text));
			if (isId === undefined && ids.length > 0)
				for (const [id, row] of await readRowsById(
					linked.located,
					ids,
					{ fields: [primary] },
					call,
				))
					found.set(id, [
						{ id, text: titleOf(row, primary, linked.located.table.zone) },
					]);
			return found;
		},
		async people(field, texts) {
			const found = new Map<string, Person[]>();
			if (located.adapter.findPeople === undefined)
				throw new TablesError(
					"unsupported",
					`${located.connection.title} cannot look people up by name; write them by id`,
				);
			const people = await located.adapter.findPeople(
				located.table,
				field,
				texts,
				call,
			);
			for (const text of texts) {
				const folded = fold(text);
				const same = people.filter(
					({ id, name, email }) =>
						id === text ||
						name === text ||
						(email !== undefined && fold(email) === folded),
				);
				const near =
					same.length > 0
						? same
						: people.filter(
								({ name }) => name !== null && fold(name) === folded,
							);
				if (near.length > 0) found.set(text, [...near]);
			}
			return found;
		},
	};
}

/** Types whose cell is its own text, so that `any_of` finds a title. */
const TEXTUAL: ReadonlySet<string> = new Set([
	"text",
	"long_text",
	"email",
	"phone",
	"barcode",
]);

/** Where a link field points, and the field that names its records; undefined where the account or policy cannot see it. */
async function linkedTable(
	session: Session,
	located: Located,
	field: Field,
	call: CallContext,
): Promise<{ readonly located: Located; readonly primary: Field } | undefined> {
	const { linkTable } = field.settings;
	if (linkTable === undefined) return undefined;
	const reference = formatReference({
		connection: located.connection.name,
		base: located.table.ref.base,
		table: linkTable,
	});
	try {
		const linked = await locate(session, reference, { call });
		const primary = linked.table.fields.find((candidate) => candidate.primary);
		return primary === undefined ? undefined : { located: linked, primary };
	} catch (error) {
		if (
			error instanceof TablesError &&
			(error.code === "not_found" || error.code === "not_allowed")
		)
			return undefined;
		throw error;
	}
}

function titleOf(row: Row, primary: Field, zone: string): string {
	return cellText(row.cells[primary.id] ?? null, primary, zone);
}

function fold(text: string): string {
	return text.normalize("NFKC").trim().toLowerCase();
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
	const links = fields.flatMap((field) => {
		if (field.type !== "link") return [];
		const ids = new Set(
			rows.flatMap((row) =>
				items<LinkedRecord>(row, field).flatMap(({ id, text }) =>
					text === null ? [id] : [],
				),
			),
		);
		return ids.size === 0 ? [] : [{ field, ids }];
	});
	const peopleFields = [
		...fields.filter(({ type }) => PEOPLE.has(type)).map(({ id }) => id),
		"$created_by",
		"$updated_by",
	];
	const unnamed = new Set(
		rows.flatMap((row) =>
			peopleFields.flatMap((id) =>
				peopleIn(row.cells[id]).flatMap((person) =>
					person.name === null ? [person.id] : [],
				),
			),
		),
	);
	if (links.length === 0 && unnamed.size === 0) return { rows, notes: [] };

	const notes: string[] = [];
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
		const found = await readRowsById(
			linked.located,
			[...ids],
			{ fields: [linked.primary] },
			call,
		);
		titles.set(
			field.id,
			new Map(
				[...found].map(([id, row]) => [
					id,
					titleOf(row, linked.primary, linked.located.table.zone),
				]),
			),
		);
	}
	let names: ReadonlyMap<string, string> = new Map();
	if (unnamed.size > 0)
		if (located.adapter.readNames === undefined)
			notes.push("people are shown by id: this vendor does not send names");
		else
			try {
				names = await located.adapter.readNames([...unnamed], call);
			} catch (error) {
				if (!(error instanceof TablesError)) throw error;
				notes.push(`people are shown by id: ${error.message}`);
			}
	return {
		notes,
		rows: rows.map((row) => {
			const cells: Record<string, Row["cells"][string]> = { ...row.cells };
			for (const [id, known] of titles) {
				const field = located.table.byId.get(id) as Field;
				const list = items<LinkedRecord>(row, field);
				if (list.length > 0)
					cells[id] = list.map((item) => ({
						...item,
						text: item.text ?? known.get(item.id) ?? null,
					}));
			}
			if (names.size > 0)
				for (const id of peopleFields) {
					const list = peopleIn(row.cells[id]);
					if (list.length > 0)
						cells[id] = list.map((person) => ({
							...person,
							name: person.name ?? names.get(person.id) ?? null,
						}));
				}
			return { ...row, cells };
		}),
	};
}

const PEOPLE: ReadonlySet<string> = new Set([
	"user",
	"group",
	"department",
	"created_by",
	"updated_by",
]);

function items<T>(row: Row, field: Field): readonly T[] {
	const cell = row.cells[field.id];
	return Array.isArray(cell) ? (cell as readonly T[]) : [];
}

function peopleIn(cell: Row["cells"][string] | undefined): readonly Person[] {
	return Array.isArray(cell) ? (cell as readonly Person[]) : [];
}
