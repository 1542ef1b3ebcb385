import type { CallContext } from "../contract/call-context.js";
import type { Cell, Field } from "../contract/field.js";
import type { BatchSent, Op, OpKind, Settled } from "../contract/journal.js";
import type { Located } from "../places/locate.js";
import { readRowsById, rowsInParts } from "../read/read.js";
import { inTurns } from "../values/in-turns.js";
import { equalCells } from "../values/values.js";

/** Which values from before a write are kept. */
export interface KeptValues {
	/** Keeps them for undo. */
	readonly undo: boolean;
	/** Rows that were read before anyway, by id. */
	readonly before?: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
	/** How records are known again that must be as they were seen. Absent: they need not be. */
	readonly compared?: Compared;
}

/** Records that are written only where they still are as they were seen: each batch is read again for that. */
export interface Compared {
	/** What they are compared by, beside the cells that are written. */
	readonly fields: readonly Field[];
	/** Is the record of an op as it was seen? */
	isAsSeen(op: Op, cells: Readonly<Record<string, Cell>>): boolean;
}

/** Reads the values of a batch that is about to be sent; undefined = none are kept. */
export type ValuesBefore = (
	kind: OpKind,
	ops: readonly Op[],
) => Promise<
	| {
			/** Absent: none are kept. */
			readonly cells?: NonNullable<BatchSent["before"]>;
			/** Records that are not there, hold already what they should, or are not as they were seen. */
			readonly settled: readonly Settled[];
	  }
	| undefined
>;

/**
 * Values from before a write, for undo. They are read for as many of the coming records as one call takes,
 * so that small batches do not cost a read each, and no earlier than that, so that they are not stale.
 */
export async function valuesBefore(
	located: Located,
	all: readonly Op[],
	options: KeptValues,
	context: CallContext,
): Promise<ValuesBefore> {
	const { adapter, table } = located;
	const { limits } = adapter;
	const { undo, compared } = options;
	/** Values that were read before are not those of the moment of sending. */
	const earlier = compared === undefined ? options.before : undefined;
	/** Of records that were read ahead; of those to be deleted it is whole. */
	const known = new Map<string, Readonly<Record<string, Cell>>>();
	const read = new Set<string>();
	const named = new Set<string>();
	await inTurns(all, ({ cells }) => {
		for (const id in cells) named.add(id);
	});
	for (const { id } of compared?.fields ?? []) named.add(id);
	const touched = table.fields.filter(({ id }) => named.has(id));
	/** Batches come in the order of all ops: where in these the last one began. */
	let begun = 0;
	const isKnown = ({ id = "" }: Op) => earlier?.has(id) || read.has(id);
	const parts = new Map<OpKind, ReturnType<typeof rowsInParts>>();

	/** Where a call by ids gives less than a page, or than a batch needs, pages may take fewer. */
	const readerOf = async (kind: OpKind) => {
		const fields = kind === "delete" ? table.fields : touched;
		if (
			compared !== undefined ||
			limits.ids >= Math.max(limits.batch[kind], limits.page)
		)
			return (ids: readonly string[]) =>
				readRowsById(located, ids, { fields }, context);
		const before = parts.get(kind);
		if (before !== undefined) return before;
		const wanted = new Set<string>();
		await inTurns(all, (op) => {
			if (op.kind === kind && !isKnown(op)) wanted.add(op.id as string);
		});
		const query = { fields, removing: kind === "delete" };
		const made = rowsInParts(located, wanted, query, context);
		parts.set(kind, made);
		return made;
	};

	const readAhead = async (kind: OpKind, ops: readonly Op[]) => {
		if (ops.every(isKnown)) return;
		begun = Math.max(0, all.indexOf(ops[0] as Op, begun));
		const coming: string[] = [];
		const most =
			compared === undefined ? Math.max(limits.ids, ops.length) : ops.length;
		for (
			let place = begun;
			place < all.length && coming.length < most;
			place++
		) {
			const op = all[place] as Op;
			if (op.kind === kind && !isKnown(op)) coming.push(op.id as string);
		}
		const rows = await (await readerOf(kind))(coming);
		for (const id of coming) {
			const row = rows.get(id);
			if (row !== undefined) known.set(id, row.cells);
			read.add(id);
		}
	};

	return async (kind, ops) => {
		if ((!undo && compared === undefined) || kind === "create")
			return undefined;
		await readAhead(kind, ops);
		const before: Record<string, Readonly<Record<string, Cell>>> = {};
		const settled: Settled[] = [];
		for (const op of ops) {
			const id = op.id as string;
			const cells = earlier?.get(id) ?? known.get(id);
			known.delete(id);
			read.delete(id);
			const result = earlier?.has(id)
				? undefined
				: (settledBy(located, op, cells) ?? leftBy(compared, op, cells));
			if (result !== undefined) settled.push(result);
			else
				before[id] = Object.fromEntries(
					(kind === "delete"
						? [...table.byId.keys()]
						: Object.keys(op.cells)
					).map((field) => [field, cells?.[field] ?? null]),
				);
		}
		return { settled, ...(undo ? { cells: before } : {}) };
	};
}

/** A record that is not as it was seen is left alone. */
function leftBy(
	compared: Compared | undefined,
	op: Op,
	cells: Readonly<Record<string, Cell>> = {},
): Settled | undefined {
	const { index, id = "" } = op;
	return compared === undefined || compared.isAsSeen(op, cells)
		? undefined
		: { index, outcome: "failed", id, message: changedSinceRead(id) };
}

/** Why a record was left that somebody changed after its values were taken from it. */
export function changedSinceRead(id: string): string {
	return `record ${id} was changed since the statement read it, and is left alone`;
}

/** What becomes of an op whose record was read just now, where nothing need be sent. */
export function settledBy(
	{ table }: Located,
	{ index, kind, id = "", cells }: Op,
	current: Readonly<Record<string, Cell>> | undefined,
): Settled | undefined {
	if (current === undefined)
		return {
			index,
			outcome: "failed",
			id,
			message: `there is no record ${id}`,
		};
	return kind === "update" &&
		Object.entries(cells).every(([field, cell]) =>
			equalCells(
				current[field],
				cell,
				table.byId.get(field) as Field,
				table.zone,
			),
		)
		? { index, outcome: "unchanged", id }
		: undefined;
}
