import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { WireCells, WrittenRow } from "../../core/contract/records.js";
import type { Table, WireRow } from "../../core/contract/table.js";
import { isEmptyCell } from "./compare.js";

/*
 * How a cell is emptied is on no page. Texts and lists take an empty text or list; for the other types a null is
 * sent, and the first time for each type it is looked whether the cell is empty then. If it is not, or if the
 * null was refused, the empty form of the type's own value is sent.
 */

interface Update {
	readonly id: string;
	readonly cells: WireCells;
}

type Send = (
	table: Table,
	rows: readonly Update[],
	context: CallContext,
) => Promise<readonly WrittenRow[]>;

/** By type on the wire; the others know no empty form but null. */
const EMPTY: Readonly<Record<string, unknown>> = {
	number: "",
	currency: "",
	date: "",
	singleSelect: "",
	url: { text: "", link: "" },
};

/** A value that does not fit brings 400, or a 500 at every attempt. An update is idempotent. */
const REFUSALS: ReadonlySet<string> = new Set(["bad_value", "outcome_unknown"]);

/** The update of a batch, with nulls as this vendor takes them. */
export function openClearing(
	send: Send,
	read: (
		table: Table,
		id: string,
		context: CallContext,
	) => Promise<WireRow | undefined>,
): Send {
	const known = new Map<string, "null" | "empty">();

	const written: Send = (table, rows, context) =>
		send(
			table,
			rows.map(({ id, cells }) => ({
				id,
				cells: Object.fromEntries(
					Object.entries(cells).map(([field, cell]) => {
						const type = typeOf(table, field);
						return [
							field,
							cell === null && known.get(type) === "empty" ? EMPTY[type] : cell,
						];
					}),
				),
			})),
			context,
		);

	/** Is the cell of the first record that empties a field of the type empty now? */
	const isCleared = async (
		table: Table,
		rows: readonly Update[],
		type: string,
		context: CallContext,
	): Promise<boolean> => {
		for (const { id, cells } of rows)
			for (const field of nullsOf(table, cells, type)) {
				const row = await read(table, id, context);
				return row === undefined || isEmptyCell(table, field, row.cells[field]);
			}
		return true;
	};

	return async (table, rows, context) => {
		const unknown = [
			...new Set(
				rows.flatMap(({ cells }) =>
					nullsOf(table, cells).map((field) => typeOf(table, field)),
				),
			),
		].filter((type) => !known.has(type));
		const change = (to: "empty" | undefined) => {
			for (const type of unknown)
				if (to === undefined) known.delete(type);
				else if (type in EMPTY) known.set(type, to);
		};
		const answer = await written(table, rows, context).catch(
			(error: unknown) => {
				if (
					!(error instanceof TablesError) ||
					!REFUSALS.has(error.code) ||
					!unknown.some((type) => type in EMPTY)
				)
					throw error;
				change("empty");
				return written(table, rows, context).catch((second: unknown) => {
					change(undefined);
					throw second;
				});
			},
		);
		for (const type of unknown) {
			let cleared = await isCleared(table, rows, type, context);
			if (!cleared && type in EMPTY && !known.has(type)) {
				known.set(type, "empty");
				await written(
					table,
					rows.map(({ id, cells }) => ({
						id,
						cells: Object.fromEntries(
							nullsOf(table, cells, type).map((field) => [field, null]),
						),
					})),
					context,
				);
				cleared = await isCleared(table, rows, type, context);
			}
			if (!cleared) {
				known.delete(type);
				throw new TablesError(
					"broken",
					`the vendor answered success, and a cell of type ${type} that was to be emptied still holds its value`,
					{ next: "Empty it in DingTalk." },
				);
			}
			if (!known.has(type)) known.set(type, "null");
		}
		return answer;
	};
}

function typeOf(table: Table, field: string): string {
	return String(table.byId.get(field)?.wireType);
}

function nullsOf(table: Table, cells: WireCells, type?: string): string[] {
	return Object.keys(cells).filter(
		(field) =>
			cells[field] === null &&
			(type === undefined || typeOf(table, field) === type),
	);
}
