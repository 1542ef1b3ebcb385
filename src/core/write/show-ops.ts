import type { Cell, Field } from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { ShownOp, WriteAnswer } from "../delivery/answer.js";
import type { Located } from "../places/locate.js";
import { withTexts } from "../read/shown-texts.js";
import { inTurns } from "../values/in-turns.js";
import { cellOf, isEmpty, showCell } from "../values/values.js";
import type { Plan } from "./write-plan.js";

/** So many records are shown. */
const OPS_SHOWN = 5;

type Cells = Readonly<Record<string, Cell>>;

/** The first records of a plan before and after, and how many cells it empties. */
export async function shownOf(
	session: Session,
	located: Located,
	{ ops, before, keys }: Pick<Plan, "ops" | "before" | "keys">,
	running: Running,
): Promise<Pick<WriteAnswer, "preview" | "cells_cleared">> {
	const first = ops.slice(0, OPS_SHOWN);
	const heldBy = ({ id = "" }: Op): Cells => before?.get(id) ?? {};
	const shown = await shownCells(
		session,
		located,
		first.flatMap((op) => [heldBy(op), op.cells]),
		running,
	);
	let cleared = 0;
	await inTurns(ops, (op) => {
		if (op.kind !== "update") return;
		const held = heldBy(op);
		for (const id in op.cells)
			if (isEmpty(op.cells[id]) && !isEmpty(held[id])) cleared++;
	});
	return {
		preview: first.map((op, place): ShownOp => {
			const fields = fieldsOf(located, op, keys);
			const part = (at: number) => shown(2 * place + at, fields);
			return {
				id: op.id ?? null,
				before: op.kind === "create" ? null : part(0),
				after: op.kind === "delete" ? null : part(1),
			};
		}),
		cells_cleared: cleared,
	};
}

/** Of a record that is deleted its title, and all that goes with it; else what is written. */
function fieldsOf(
	{ table }: Located,
	{ kind, cells }: Op,
	keys: readonly string[] = [],
): readonly Field[] {
	return table.fields.filter(({ id, primary }) =>
		kind === "delete" ? primary || keys.includes(id) : id in cells,
	);
}

async function shownCells(
	session: Session,
	located: Located,
	all: readonly Cells[],
	running: Running,
): Promise<
	(place: number, fields: readonly Field[]) => Readonly<Record<string, unknown>>
> {
	const { fields, zone } = located.table;
	const { rows } = await withTexts(
		session,
		located,
		all.map((cells, place) => ({ id: String(place), cells })),
		fields,
		running.call,
	);
	const shownAt = (place: number, field: Field): Cell => {
		const row = rows[place];
		return row === undefined ? null : cellOf(row, field);
	};
	return (place, wanted) =>
		Object.fromEntries(
			wanted.map((field) => [
				field.name,
				showCell(shownAt(place, field), field, zone, "compact"),
			]),
		);
}
