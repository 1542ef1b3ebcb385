import type { CallContext } from "../contract/call-context.js";
import type { Cell, Field, LinkedRecord, Person } from "../contract/field.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { linkedTable } from "../read/linked-table.js";
import { namesOf, titlesIn } from "../read/shown-items.js";
import { kindOf } from "../values/values.js";

/** Fills in what the vendor does not send, for the rows of one table. */
export interface ItemTexts {
	/** The rows with titles and names in these fields; where there are none, ids are shown, and it is noted. */
	filled(rows: readonly Row[], call: CallContext): Promise<readonly Row[]>;
	readonly notes: readonly string[];
}

/** `fields`: links and people whose texts the statement uses. A linked table is read once, through its own fence. */
export function itemTexts(
	session: Session,
	located: Located,
	fields: readonly Field[],
): ItemTexts {
	const notes: string[] = [];
	const titles = new Map<string, Promise<ReadonlyMap<string, string | null>>>();
	const names = new Map<string, string | null>();
	const titlesOf = (field: Field, call: CallContext) => {
		const known =
			titles.get(field.id) ??
			readTitles({ session, located, field, notes }, call);
		titles.set(field.id, known);
		return known;
	};
	const readNames = async (ids: ReadonlySet<string>, call: CallContext) => {
		const unknown = [...ids].filter((id) => !names.has(id));
		if (unknown.length === 0) return;
		const found = await namesOf(located, unknown, notes, call);
		for (const id of unknown) names.set(id, found.get(id) ?? null);
	};
	return {
		notes,
		async filled(rows, call) {
			const texts = new Map<string, (id: string) => string | null>();
			for (const field of fields) {
				const missing = untold(rows, field);
				if (missing.size === 0) continue;
				if (kindOf(field) === "links") {
					const known = await titlesOf(field, call);
					texts.set(field.id, (id) => known.get(id) ?? null);
				} else {
					await readNames(missing, call);
					texts.set(field.id, (id) => names.get(id) ?? null);
				}
			}
			return texts.size === 0 ? rows : rows.map((row) => told(row, texts));
		},
	};
}

async function readTitles(
	{
		session,
		located,
		field,
		notes,
	}: {
		readonly session: Session;
		readonly located: Located;
		readonly field: Field;
		readonly notes: string[];
	},
	call: CallContext,
): Promise<ReadonlyMap<string, string | null>> {
	const linked = await linkedTable(session, located, field, call);
	if (linked === undefined) {
		notes.push(
			`links in "${field.name}" are shown as ids: its table is not open to this account or policy`,
		);
		return new Map();
	}
	return (await titlesIn(linked, {}, call)).texts;
}

type Item = Partial<Person & LinkedRecord> & { readonly id: string };

function itemsIn(cell: Cell | undefined): readonly Item[] {
	return Array.isArray(cell)
		? (cell as readonly unknown[])
				.flat()
				.filter(
					(item): item is Item =>
						typeof item === "object" && item !== null && "id" in item,
				)
		: [];
}

function untold(rows: readonly Row[], field: Field): ReadonlySet<string> {
	const ids = new Set<string>();
	for (const row of rows)
		for (const { id, name, text } of itemsIn(row.cells[field.id]))
			if ((name ?? text ?? null) === null) ids.add(id);
	return ids;
}

function told(
	row: Row,
	texts: ReadonlyMap<string, (id: string) => string | null>,
): Row {
	const cells: Record<string, Cell> = { ...row.cells };
	for (const [field, textOf] of texts) {
		const items = itemsIn(cells[field]);
		if (items.length === 0) continue;
		cells[field] = items.map((item) =>
			"name" in item
				? { ...item, name: item.name ?? textOf(item.id) }
				: { ...item, text: item.text ?? textOf(item.id) },
		) as unknown as Cell;
	}
	return { ...row, cells };
}
