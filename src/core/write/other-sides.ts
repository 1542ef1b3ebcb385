import {
	type Act,
	act,
	andSo,
	COLUMN_UNNAMED,
	linkedPlaces,
	tablePlace,
} from "../contract/consent.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { FieldSpec } from "../contract/schema.js";
import type { Session } from "../contract/session.js";
import type { Table } from "../contract/table.js";
import { attempt } from "../delivery/attempt.js";
import { keepsOtherSide } from "../places/link-sides.js";
import { listNodes } from "../places/listing.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { shortened } from "../values/names.js";

/** A field of another table (or the same) that goes, or changes, because a link to or from it does; "" where its table is not shown whole. */
interface OtherSide {
	readonly table: string;
	readonly field: string;
}

/** What a deletion or change of links does to other fields, and how it is told. */
export interface LinkLoss {
	/** For the question; absent: nothing of the kind happens. */
	readonly question?: Act;
	/** For the answer, once it is done. */
	readonly notes: readonly string[];
	/** What exactly, for telling questions apart. */
	readonly about: readonly OtherSide[];
	/** Tables that it takes something from, for a person's no. */
	readonly places: readonly string[];
	/** One-way links of other tables to it: nobody sees them from here. Absent: there are none. */
	readonly incoming?: number;
}

/** A loss as an answer tells it: without the places. */
type Told = Omit<LinkLoss, "places">;

const NOTHING: Told = { notes: [], about: [] };

/** How many of them an answer names. */
const SIDES_SHOWN = 10;

/** The other side is in a table that is not shown whole. */
const UNNAMED: OtherSide = { table: "", field: "" };

/** What goes with a field that is deleted. */
export async function lossWithField(
	session: Session,
	located: Located,
	field: Field,
	running: Running,
): Promise<LinkLoss> {
	const sides = await sidesOf(session, located, [field], running);
	return { ...told(located, sides), places: linkedPlaces(located, [field]) };
}

/** What goes with a field that is to be another: nothing where it stays the same link. */
export function lossByChange(
	session: Session,
	located: Located,
	{ field, spec }: { readonly field: Field; readonly spec: FieldSpec },
	running: Running,
): Promise<LinkLoss> {
	return keepsOtherSide(field, spec)
		? Promise.resolve({ ...NOTHING, places: linkedPlaces(located, []) })
		: lossWithField(session, located, field, running);
}

/** What goes with a table that is deleted: the other sides of its links, and where the vendor takes them along, links to it. */
export async function lossWithTable(
	session: Session,
	located: Located,
	running: Running,
): Promise<LinkLoss> {
	const { table, adapter } = located;
	const sides = await sidesOf(session, located, table.fields, running);
	const own = onceEach(sides, table.name);
	const to = await linksTo(session, located, running);
	const all = onceEach([...sides, ...to.sides], table.name);
	const places = [
		...new Set([...linkedPlaces(located, table.fields), ...to.places]),
	];
	const incoming = all.slice(own.length);
	if (incoming.length === 0) return { ...told(located, own), places };
	return adapter.deletedLinks.incoming === "go"
		? { ...told(located, all), incoming: incoming.length, places }
		: { ...withEmptied(told(located, own), incoming), about: all, places };
}

/** Each of the sides in other tables once, in order. */
function onceEach(sides: readonly OtherSide[], own: string): OtherSide[] {
	const others = sides.filter((side) => side.table !== own);
	return [
		...new Map(others.map((side) => [JSON.stringify(side), side])).values(),
	];
}

/** Columns of other tables stay, and lose what they linked to. */
function withEmptied(
	loss: Told,
	incoming: readonly OtherSide[],
): Omit<Told, "about"> {
	const columns = { columns: incoming };
	const isOne = incoming.length === 1;
	return {
		question: andSo(
			loss.question ?? act``,
			isOne
				? act`; the column ${columns} loses its links to it`
				: act`; the columns ${columns} lose their links to it`,
		),
		notes: [...loss.notes, `lost their links to it: ${listed(incoming)}`],
		incoming: incoming.length,
	};
}

/** Is it a link that the other table shows too? */
export function isTwoWay({ type, settings }: Field): boolean {
	return type === "link" && settings.twoWay === true;
}

/** The column at the other end of a two-way link. */
export function reverseOf(
	{ settings: { reverseField, reverseName } }: Field,
	{ fields, byId }: Table,
): Field | undefined {
	return reverseField === undefined
		? fields.find(({ name }) => name === reverseName)
		: byId.get(reverseField);
}

async function sidesOf(
	session: Session,
	located: Located,
	fields: readonly Field[],
	running: Running,
): Promise<readonly OtherSide[]> {
	const sides: OtherSide[] = [];
	for (const link of fields.filter(isTwoWay)) {
		const { linkTable, reverseName } = link.settings;
		const other = await tableAt(session, located, linkTable, running);
		const side = other && reverseOf(link, other);
		const field = side?.name ?? reverseName;
		sides.push(
			other === undefined || field === undefined
				? UNNAMED
				: { table: other.name, field },
		);
	}
	return sides;
}

async function linksTo(
	session: Session,
	located: Located,
	running: Running,
): Promise<{
	readonly sides: readonly OtherSide[];
	readonly places: readonly string[];
}> {
	const tables = await tablesBeside(session, located, running);
	const open = async (reference: string) => {
		const found = await attempt(() => locate(session, reference, running));
		return "value" in found ? found.value : undefined;
	};
	const sides: OtherSide[] = [];
	const places = new Set<string>();
	for await (const { other, fields } of linkingTables(located, tables, open)) {
		places.add(tablePlace(other));
		for (const { name } of fields)
			sides.push({ table: other.table.name, field: name });
	}
	return { sides, places: [...places] };
}

/** References of the tables of a base. */
export async function tablesBeside(
	session: Session,
	{ connection, table }: Located,
	running: Running,
): Promise<readonly string[]> {
	const { nodes } = await listNodes(session, running.call, {
		connection: connection.name,
		base: table.ref.base,
		kinds: ["table"],
	});
	return nodes.flatMap(({ reference }) => reference ?? []);
}

/** Those of the tables that link to this one, each with its links to it; `open` answers undefined where one cannot be read. */
export async function* linkingTables(
	{ table }: Located,
	references: readonly string[],
	open: (reference: string) => Promise<Located | undefined>,
): AsyncIterable<{
	readonly other: Located;
	readonly fields: readonly Field[];
}> {
	for (const reference of references) {
		const other = await open(reference);
		const fields = other?.table.fields.filter(
			({ type, settings }) =>
				type === "link" && settings.linkTable === table.ref.table,
		);
		if (other !== undefined && fields !== undefined && fields.length > 0)
			yield { other, fields };
	}
}

/** undefined where it cannot be read: it is not needed to delete what was named. */
export async function tableAt(
	session: Session,
	located: Located,
	id: string | undefined,
	running: Running,
): Promise<Table | undefined> {
	return id === undefined
		? undefined
		: (await locatedAt(session, located, id, running))?.table;
}

/** A table of the same base; undefined where it cannot be read. */
export async function locatedAt(
	session: Session,
	located: Located,
	id: string,
	running: Running,
): Promise<Located | undefined> {
	const { connection, table } = located;
	if (id === table.ref.table) return located;
	const reference = formatReference({
		connection: connection.name,
		base: table.ref.base,
		table: id,
	});
	const found = await attempt(() => locate(session, reference, running));
	return "value" in found ? found.value : undefined;
}

function told({ adapter }: Located, sides: readonly OtherSide[]): Told {
	if (sides.length === 0) return NOTHING;
	const columns = { columns: sides };
	const isOne = sides.length === 1;
	const said = listed(sides);
	return adapter.deletedLinks.otherSide === "goes"
		? {
				question: isOne
					? act`, and with it the linked column ${columns}`
					: act`, and with it ${sides.length} linked columns: ${columns}`,
				notes: [
					`deleted with it: the ${isOne ? "column" : "columns"} ${said}, with all cells`,
				],
				about: sides,
			}
		: {
				question: act`; the linked column ${columns} becomes text`,
				notes: [`became text, as the other side of the link: ${said}`],
				about: sides,
			};
}

/** Columns by name, for an answer; of many the first. */
function listed(sides: readonly OtherSide[]): string {
	const list = sides
		.slice(0, SIDES_SHOWN)
		.map(({ table, field }) =>
			table === ""
				? COLUMN_UNNAMED
				: `"${shortened(field)}" of "${shortened(table)}"`,
		)
		.join(", ");
	const more =
		sides.length > SIDES_SHOWN ? ` and ${sides.length - SIDES_SHOWN} more` : "";
	return `${list}${more}`;
}
