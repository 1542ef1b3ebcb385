import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Cell, Field, LinkedRecord } from "../contract/field.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { cellText } from "../values/values.js";
import { readRowsById } from "./read.js";

/** Types whose cell is its own text, so that `any_of` finds a title. */
export const TEXTUAL: ReadonlySet<string> = new Set([
	"text",
	"long_text",
	"email",
	"phone",
	"barcode",
]);

/** Where a link field points, and the field that names its records. */
export interface LinkedTable {
	readonly located: Located;
	readonly primary: Field;
}

/** Undefined where the account or policy cannot see the table. */
export async function linkedTable(
	session: Session,
	located: Located,
	field: Field,
	call: CallContext,
): Promise<LinkedTable | undefined> {
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

/** A record as links show it. */
export function titleOf(row: Row, primary: Field, zone: string): string {
	return cellText(row.cells[primary.id] ?? null, primary, zone);
}

/** Titles of records of a linked table, by id; ids that do not exist are left out. */
export async function titlesById(
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

/** The records that a link's cell names; none where it could not be read. */
export function linksIn(cell: Cell | undefined): readonly LinkedRecord[] {
	return Array.isArray(cell) ? (cell as readonly LinkedRecord[]) : [];
}
