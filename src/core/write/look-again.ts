import { createHash } from "node:crypto";
import type { Filter } from "../contract/condition.js";
import type { Field, LinkedRecord } from "../contract/field.js";
import type { Op, Settled } from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Compared } from "../delivery/values-before.js";
import { isWritable } from "../delivery/verify-answer.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRowsById } from "../read/read.js";
import { inTurns, mapOfInTurns, pickInTurns } from "../values/in-turns.js";
import { keyOf } from "../values/values.js";
import { LOOKED_UP, NAMED } from "./input-checks.js";
import { cellsById, type Rows } from "./loss.js";
import { readMatching } from "./matching-records.js";
import { linkedTable } from "./present-ids.js";

/*
 * What was asked is what is done: what a write was seen to touch when a person was asked is kept as a digest of each
 * record, in memory and in the journal, and is looked at again before anything is sent.
 */

/** Digests of records, by id. */
export type Seen = ReadonlyMap<string, string>;

/** How the records of a write are known again. */
export interface Chosen {
	readonly ops: readonly Op[];
	/** All ops of the write, where some are done already. Absent: `ops`. */
	readonly own?: readonly Op[] | undefined;
	/** What was seen of them. Absent: nothing. */
	readonly seen?: Seen | undefined;
	/** What they must match. Absent: they were named otherwise. */
	readonly filter?: Filter | undefined;
	/** Ids of the fields that they were found by. Absent: they were found otherwise. */
	readonly keys?: readonly string[] | undefined;
}

/** What is left of a write once its records were looked at again. */
export interface Left {
	readonly ops: readonly Op[];
	/** Those that are not as they were seen: they are left alone. */
	readonly changed: readonly Settled[];
	/** What the others hold. Absent: too many to be kept, or none was looked at. */
	readonly before?: Rows;
}

/** What a record is known again by. */
interface Look {
	/** Digest of its cells, without links into its own table. */
	readonly rest: string;
	/** Those links, by field id. */
	readonly links: readonly (readonly [string, readonly string[]])[];
}

/**
 * What is seen of a record: all of it that can be written where it is to be deleted, else what is to be written; and
 * what it was found by, or its new values were made of.
 */
export function lookOf(
	located: Located,
	keys: readonly string[] = [],
): (op: Pick<Op, "kind" | "cells">, cells: Row["cells"]) => Look {
	const { table } = located;
	const writable = fieldsOf(located, [
		...table.fields.flatMap((field) =>
			isWritable(located, field) ? [field.id] : [],
		),
		...keys,
	]);
	return ({ kind, cells: sent }, cells) => {
		const rest: (readonly [string, string])[] = [];
		const links: (readonly [string, readonly string[]])[] = [];
		for (const field of kind === "delete"
			? writable
			: fieldsOf(located, [...Object.keys(sent), ...keys])) {
			const cell = cells[field.id];
			const key = keyOf(cell, field, table.zone);
			if (key === "") continue;
			if (linksHere(located, field) && Array.isArray(cell)) {
				const linked = cell as readonly LinkedRecord[];
				links.push([field.id, linked.map(({ id }) => id)]);
			} else rest.push([field.id, key]);
		}
		return { rest: sha(rest), links };
	};
}

/** What a record loses: two that are equal lose the same. */
export interface Lost {
	/** Those that it is told by. */
	readonly fields: readonly Field[];
	of(row: Pick<Row, "cells">): string;
}

/** What records lose with options of a field: those of them that they hold. */
export function lostWithOptions(
	field: Field,
	removed: readonly string[],
): Lost {
	return {
		fields: [field],
		of({ cells }) {
			const cell = cells[field.id];
			const held = (Array.isArray(cell) ? cell : [cell]) as readonly unknown[];
			return JSON.stringify(removed.filter((name) => held.includes(name)));
		},
	};
}

/** What records lose with some fields, as a digest. What is computed is lost with nothing, as it comes again. */
export function lostFrom(
	located: Located,
	among: readonly Field[] = located.table.fields,
): Lost {
	const fields = among.filter((field) => isWritable(located, field));
	const { zone } = located.table;
	return {
		fields,
		of({ cells }) {
			const keys = fields.flatMap((field) => {
				const key = keyOf(cells[field.id], field, zone);
				return key === "" ? [] : [[field.id, key]];
			});
			return keys.length === 0 ? "" : sha(keys);
		},
	};
}

/** Links between records of the same write do not count: its own first half changes them. */
export function digestOf(
	{ rest, links }: Look,
	own: Pick<ReadonlySet<string>, "has">,
): string {
	const others = links.flatMap(([field, ids]) => {
		const left = ids.filter((id) => !own.has(id));
		return left.length === 0 ? [] : [[field, left]];
	});
	return others.length === 0 ? rest : sha([rest, others]);
}

/** Ids of the records of a write. */
async function idsOf(ops: readonly Op[]): Promise<Set<string>> {
	const ids = new Set<string>();
	await inTurns(ops, ({ id }) => {
		if (id !== undefined) ids.add(id);
	});
	return ids;
}

function linksHere({ table }: Located, field: Field): boolean {
	return field.type === "link" && linkedTable(table, field) === table.ref.table;
}

function sha(value: unknown): string {
	return createHash("sha256")
		.update(JSON.stringify(value))
		.digest("base64url")
		.slice(0, DIGEST_CHARACTERS);
}

/** 132 bits: no two contents are taken for one. */
const DIGEST_CHARACTERS = 22;

function fieldsOf({ table }: Located, ids: readonly string[]): Field[] {
	return [...new Set(ids)].sort().flatMap((id) => table.byId.get(id) ?? []);
}

/** Columns that the digests are made of. */
async function columnsOf(
	located: Located,
	{ ops, keys = [] }: Pick<Chosen, "ops" | "keys">,
): Promise<readonly Field[]> {
	const named = new Set(keys);
	let deletes = false;
	await inTurns(ops, ({ kind, cells }) => {
		deletes ||= kind === "delete";
		for (const id in cells) named.add(id);
	});
	return deletes ? located.table.fields : fieldsOf(located, [...named]);
}

/** What was seen, and the digests of what was read for the write anyway. */
export async function seenIn(
	located: Located,
	chosen: Chosen,
	before: Rows | undefined,
): Promise<Seen> {
	if (before === undefined) return chosen.seen ?? new Map();
	const seen = await mapOfInTurns(chosen.seen ?? [], (entry) => entry);
	const own = await idsOf(chosen.own ?? chosen.ops);
	const look = lookOf(located, chosen.keys);
	await inTurns(chosen.ops, (op) => {
		const { id = "" } = op;
		const cells = before.get(id);
		if (cells !== undefined && !seen.has(id))
			seen.set(id, digestOf(look(op, cells), own));
	});
	return seen;
}

/** How the records of a write are known again just before each batch of it is sent. */
export async function comparedWith(
	located: Located,
	{ ops, own, seen, keys = [] }: Chosen,
): Promise<Compared> {
	const ids = await idsOf(own ?? ops);
	const look = lookOf(located, keys);
	return {
		fields: fieldsOf(located, keys),
		isAsSeen(op, cells) {
			const then = seen?.get(op.id ?? "");
			return then === undefined || then === digestOf(look(op, cells), ids);
		},
	};
}

/** Looks at those records that nothing is known of: a person is about to be asked about them. */
export async function lookAtRest(
	session: Session,
	located: Located,
	chosen: Chosen,
	running: Running,
): Promise<Seen> {
	const { ops, seen = new Map<string, string>() } = chosen;
	const unseen = await pickInTurns(ops, (op) =>
		op.id !== undefined && !seen.has(op.id) ? op : undefined,
	);
	if (unseen.length === 0) return seen;
	const ids = await pickInTurns(unseen, ({ id }) => id);
	const fields = await columnsOf(located, { ...chosen, ops: unseen });
	const rows = await readInTime(session, running, NAMED, (call) =>
		readRowsById(located, ids, { fields }, call),
	);
	return seenIn(located, chosen, await cellsById(rows));
}

/**
 * Reads the records that were seen once more. One that somebody has changed since, that does not match any more, or
 * that is gone, is left.
 * @param when Since when, for who reads why a record was left.
 */
export async function lookAgain(
	session: Session,
	located: Located,
	chosen: Chosen & { readonly when: string },
	running: Running,
): Promise<Left> {
	const { ops, seen, when } = chosen;
	const known = await pickInTurns(ops, (op) =>
		op.id !== undefined && seen?.has(op.id) ? op : undefined,
	);
	if (known.length === 0) return { ops, changed: [] };
	const byId = await mapOfInTurns(known, (op) => [op.id as string, op]);
	const keeps = known.length <= LOOKED_UP;
	const before = new Map<string, Row["cells"]>();
	const found = new Map<string, boolean>();
	const own = await idsOf(chosen.own ?? ops);
	const look = lookOf(located, chosen.keys);
	const take = ({ id, cells }: Row) => {
		const op = byId.get(id);
		if (op === undefined) return;
		found.set(id, digestOf(look(op, cells), own) === seen?.get(id));
		if (keeps) before.set(id, cells);
	};
	const gone = await readAgain(
		session,
		located,
		{ ...chosen, ops: known, take },
		running,
	);
	const left = new Set<number>();
	const changed = await pickInTurns(known, ({ index, id = "" }) => {
		const isSame = found.get(id);
		if (isSame === true) return undefined;
		left.add(index);
		const message =
			isSame === false
				? `record ${id} was changed ${when}, and is left alone`
				: gone.has(id)
					? `there is no record ${id}`
					: `record ${id} does not match the filter any more, and is left alone`;
		return { index, outcome: "failed", id, message } satisfies Settled;
	});
	return {
		ops:
			left.size === 0
				? ops
				: await pickInTurns(ops, (op) => (left.has(op.index) ? undefined : op)),
		changed,
		...(keeps ? { before } : {}),
	};
}

/** @returns Ids of those that are gone. */
async function readAgain(
	session: Session,
	located: Located,
	{ take, filter, ...chosen }: Chosen & { readonly take: (row: Row) => void },
	running: Running,
): Promise<ReadonlySet<string>> {
	const fields = await columnsOf(located, chosen);
	const gone = await idsOf(chosen.ops);
	const readById = (wanted: readonly Field[]) =>
		readInTime(session, running, NAMED, (call) =>
			readRowsById(located, [...gone], { fields: wanted }, call),
		);
	if (filter === undefined)
		await inTurns((await readById(fields)).values(), (row) => {
			gone.delete(row.id);
			take(row);
		});
	else {
		await readMatching(
			session,
			located,
			{
				fields,
				filter,
				take(row) {
					gone.delete(row.id);
					take(row);
				},
			},
			running,
		);
		if (gone.size > 0)
			await inTurns((await readById([])).keys(), (id) => void gone.delete(id));
	}
	return gone;
}
