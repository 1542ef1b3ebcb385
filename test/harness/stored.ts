import { parseReference } from "../../src/core/places/reference.js";
import type { Cells } from "../every-vendor/world.js";

/** Id of the table that a reference names. */
export function tableOf(reference: string): string {
	const parsed = parseReference(reference);
	if (parsed === undefined) throw new Error(`${reference} is not a reference`);
	return parsed.table;
}

/** The end of a look-up in a fake that found nothing. */
export const lost = (what: string): never => {
	throw new Error(`there is no ${what}`);
};

/** A vendor's cells as their plain values: texts of parts joined, options by name, numbers that it tells as texts (DingTalk) as numbers. */
export function plain(cells: Cells): Cells {
	return Object.fromEntries(
		Object.entries(cells).map(([name, cell]) => [
			name,
			name === "Amount" && typeof cell === "string" ? Number(cell) : flat(cell),
		]),
	);
}

function flat(cell: unknown): unknown {
	if (Array.isArray(cell))
		return cell.every((part) => typeof part?.text === "string")
			? cell.map(({ text }) => text).join("")
			: cell.map(flat);
	return typeof cell === "object" && cell !== null && "name" in cell
		? cell.name
		: cell;
}
