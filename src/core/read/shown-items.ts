import type { CallContext } from "../contract/call-context.js";
import {
	type Column,
	type Filter,
	idOfColumn,
	nameOfColumn,
} from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { LinkedRecord, Person } from "../contract/field.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import type { ShownItems, TextPart } from "../values/text-lookups.js";
import { kindOf } from "../values/values.js";
import {
	type LinkedTable,
	linkedTable,
	TEXTUAL,
	titleOf,
} from "./linked-table.js";
import { readRows } from "./read.js";
import type { Query } from "./read-plan.js";

/** Where texts are looked up, and for which call. */
interface Looking {
	readonly session: Session;
	readonly located: Located;
	readonly call: CallContext;
}

/** Of a link by the records of its table, where that can be read; else by what the cells of the column hold. */
export async function shownItems(
	looking: Looking,
	column: Column,
	wanted: WantedItems,
): Promise<ShownItems> {
	const { session, located, call } = looking;
	if (kindOf(column) !== "links") return shownPeople(looking, column);
	const linked =
		typeof column === "string"
			? undefined
			: await linkedTable(session, located, column, call);
	if (linked !== undefined) return titlesIn(linked, wanted, call);
	const texts = await heldIn(looking, column);
	const name = nameOfColumn(column);
	return {
		texts,
		...([...texts.values()].includes(null) && {
			why: `the titles of "${name}" cannot be read: its table is not open to this account or policy`,
		}),
	};
}

/** Which texts are wanted: those that hold a part, or about so many. */
interface WantedItems {
	readonly part?: TextPart;
	readonly most?: number;
}

/** The titles of a linked table's records, by id. */
export async function titlesIn(
	{ located, primary }: LinkedTable,
	{ part, most = Number.POSITIVE_INFINITY }: WantedItems,
	call: CallContext,
): Promise<ShownItems> {
	const filter: Filter | undefined =
		part === undefined || !TEXTUAL.has(primary.type)
			? undefined
			: {
					match: "all",
					conditions: [
						{
							operand: { kind: "field", field: primary },
							op: part.op,
							value: part.text,
						},
					],
					groups: [],
				};
	const texts = new Map<string, string | null>();
	const query = { fields: [primary], ...defined({ filter }) };
	for await (const rows of readRows(located, query, call)) {
		for (const row of rows)
			texts.set(row.id, titleOf(row, primary, located.table.zone));
		if (texts.size >= most) break;
	}
	return { texts, titleField: primary.name };
}

/** Everyone whom the column holds; names that the vendor does not send are read. */
async function shownPeople(
	looking: Looking,
	column: Column,
): Promise<ShownItems> {
	const texts = await heldIn(looking, column);
	const unnamed = [...texts].flatMap(([id, name]) =>
		name === null ? [id] : [],
	);
	if (unnamed.length === 0) return { texts };
	const notes: string[] = [];
	const names = await namesOf(looking.located, unnamed, notes, looking.call);
	for (const [id, name] of names) texts.set(id, name);
	return {
		texts,
		...([...texts.values()].includes(null) && {
			why:
				notes[0] ??
				`some people in "${nameOfColumn(column)}" have no name that can be read`,
		}),
	};
}

/** Every person or linked record in the cells of a column, with its text where the cell holds it. */
async function heldIn(
	{ located, call }: Looking,
	column: Column,
): Promise<Map<string, string | null>> {
	const texts = new Map<string, string | null>();
	const query: Query =
		typeof column === "string"
			? { fields: [], system: [column] }
			: { fields: [column] };
	for await (const rows of readRows(located, query, call))
		for (const row of rows) {
			const cell = row.cells[idOfColumn(column)];
			for (const item of Array.isArray(cell)
				? (cell as readonly unknown[])
				: []) {
				const { id, name, text } = (
					typeof item === "object" && item !== null
						? item
						: { id: String(item), name: String(item) }
				) as Partial<Person & LinkedRecord>;
				if (id !== undefined)
					texts.set(id, texts.get(id) ?? name ?? text ?? null);
			}
		}
	return texts;
}

/** Names of people by id; `notes` gets why there are none. */
export async function namesOf(
	{ adapter }: Located,
	ids: readonly string[],
	notes: string[],
	call: CallContext,
): Promise<ReadonlyMap<string, string>> {
	if (adapter.readNames === undefined) {
		notes.push("people are shown by id: this vendor does not send names");
		return new Map();
	}
	try {
		return await adapter.readNames(ids, call);
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		notes.push(`people are shown by id: ${error.message}`);
		return new Map();
	}
}
