import { type Act, act, placeOf, tablePlace } from "../contract/consent.js";
import type { Field } from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import { isNothing, type Loss, NO_LOSS } from "../contract/losses.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { readRowsById } from "../read/read.js";
import { addTo } from "../values/add-to.js";
import { defined } from "../values/defined.js";
import { inTurns } from "../values/in-turns.js";
import { quoted, shortened } from "../values/names.js";
import { isRaw } from "../values/values.js";
import { type Known, linkedIds, lossOfOp, type Rows } from "./loss.js";
import { isTwoWay, locatedAt, reverseOf } from "./other-sides.js";

/*
 * What a write takes from records that it does not name: links, at the other end of those that it writes. A link that
 * is taken out of a cell goes from the other end too; a record that may be linked once only leaves the one that had
 * it. Every way of writing counts them here.
 */

/** In place of the id of a record whose link cannot be read: it counts as one that loses a link. */
const UNREAD = "unread:";

/** A link that a record loses by the write of others. */
export interface LostLink {
	/** The record that loses it. */
	readonly id: string;
	/** The record that it led to. */
	readonly to: string;
	/** Index of the op that takes it. */
	readonly by: number;
	/** The op deletes its record, and how many links go with it is told as it is chosen. */
	readonly byDeletion?: true;
	/** It gives way to another, where one of the records may be linked once only. */
	readonly givesWay?: true;
}

/** Links that records lose in one column. */
export interface LinkEnd {
	/** The table that loses them. */
	readonly place: string;
	/** The same table. Absent: it cannot be read here. */
	readonly where?: Located | undefined;
	/** The column. Absent: it is not known here. */
	readonly field?: Pick<Field, "id" | "name"> | undefined;
	/** Id of the column at the other end, in the table that is written. Absent: the link is one-way. */
	readonly from?: string;
	readonly links: readonly LostLink[];
}

/** What is known of records when their links are looked for. */
export interface LinksKnown {
	/** What they hold. */
	readonly before?: Rows | undefined;
	/** What link cells hold of records that `before` lacks. */
	readonly linked?: Rows | undefined;
	/** Records that are not there yet, by what stands for them. */
	readonly isNew?: ((id: string) => boolean) | undefined;
	/** Where ops come in parts: which of them linked each record first. Grows. Absent: these are all. */
	readonly claimed?: Claimed | undefined;
}

/** By field and record, the op that linked it first. */
export type Claimed = Map<string, Pick<Op, "index" | "id">>;

/** What `Claimed` has a linked record by. */
export function claimKey(fieldId: string, linkedId: string): string {
	return JSON.stringify([fieldId, linkedId]);
}

/** What ops take at the other ends of links, and which of them cannot be done together. */
export interface LinkEnds {
	readonly ends: readonly LinkEnd[];
	/** Two ops link one record that holds one link only: one of them would be lost. */
	readonly problems: readonly Problem[];
}

/** A link field, and what ops do to it. */
interface Touched {
	readonly field: Field;
	readonly removed: LostLink[];
	/** The ops that link each record anew, by its id. */
	readonly added: Map<string, Op[]>;
	/** The ops after which a record is linked, by its id. */
	readonly claims: Map<string, Op[]>;
	/** Ids of the records whose cell is written, or that are deleted. */
	readonly written: Set<string>;
}

/** Finds the links that ops take from records which they do not name. The table at the other end is read where its cells hold one link only. */
export async function linkEnds(
	session: Session,
	located: Located,
	ops: Iterable<Op>,
	known: LinksKnown,
	running: Running,
): Promise<LinkEnds> {
	const touched = located.table.fields.flatMap((field): Touched[] =>
		isTwoWay(field)
			? [
					{
						...{ field, removed: [], added: new Map(), claims: new Map() },
						written: new Set(),
					},
				]
			: [],
	);
	const ends: LinkEnd[] = [];
	const problems: Problem[] = [];
	if (touched.length === 0) return { ends, problems };
	const deleted = new Set<string>();
	await inTurns(ops, (op) => {
		if (op.kind === "delete" && op.id !== undefined) deleted.add(op.id);
		for (const one of touched) take(one, op, known);
	});
	for (const one of touched) {
		const { linkTable } = one.field.settings;
		if (linkTable === undefined) continue;
		if (one.removed.length + one.claims.size === 0) continue;
		const other = await locatedAt(session, located, linkTable, running);
		const reverse = other && reverseOf(one.field, other.table);
		const taken: Displaced = { there: [], here: [] };
		if (other !== undefined && reverse?.settings.multiple === false) {
			problems.push(...doubleClaims(located, one, { other, reverse }, known));
			await displaced(session, { ...one, other, reverse, taken }, running);
		}
		const isGone = ({ id }: LostLink) =>
			linkTable === located.table.ref.table && deleted.has(id);
		const there = [...one.removed, ...taken.there].filter(
			(link) => !isGone(link),
		);
		const here = taken.here.filter(({ id }) => !deleted.has(id));
		if (there.length > 0)
			ends.push({
				place: placeOf(located.connection.vendor, linkTable),
				...{ where: other, field: reverse, from: one.field.id, links: there },
			});
		if (here.length > 0 && reverse !== undefined)
			ends.push({
				...{ place: tablePlace(located), where: located, field: one.field },
				...{ from: reverse.id, links: here },
			});
	}
	return { ends, problems };
}

function take(
	{ field, removed, added, claims, written }: Touched,
	op: Op,
	{ before, linked, isNew }: LinksKnown,
): void {
	const { kind, id, cells, index: by } = op;
	if (kind !== "delete" && !(field.id in cells)) return;
	if (id !== undefined) written.add(id);
	const held = (before?.get(id ?? "") ?? linked?.get(id ?? ""))?.[field.id];
	// What cannot be read links at least one record.
	const now = isRaw(held) ? [`${UNREAD} ${id}`] : linkedIds(held);
	const next = kind === "delete" ? [] : linkedIds(cells[field.id]);
	const [was, is] = [new Set(now), new Set(next)];
	if (id !== undefined)
		for (const other of was)
			if (!is.has(other))
				removed.push({
					...{ id: other, to: id, by },
					...(kind === "delete" ? { byDeletion: true } : {}),
				});
	for (const other of is) {
		addTo(claims, other, op);
		if (!was.has(other) && isNew?.(other) !== true) addTo(added, other, op);
	}
}

/** Links that give way: at the other end, and in this table. */
interface Displaced {
	readonly there: LostLink[];
	readonly here: LostLink[];
}

async function displaced(
	session: Session,
	{
		field,
		added,
		written,
		other,
		reverse,
		taken,
	}: Touched & {
		readonly other: Located;
		readonly reverse: Field;
		/** Grows. */
		readonly taken: Displaced;
	},
	running: Running,
): Promise<void> {
	if (added.size === 0) return;
	const rows = await readInTime(
		session,
		running,
		`the records that "${shortened(field.name)}" links to`,
		(call) =>
			readRowsById(other, [...added.keys()], { fields: [reverse] }, call),
	);
	await inTurns(rows, ([id, { cells }]) => {
		const [op] = added.get(id) ?? [];
		const held = cells[reverse.id];
		for (const holder of isRaw(held) ? [`${UNREAD} ${id}`] : linkedIds(held)) {
			// What the write itself takes out of a cell counts there.
			if (op === undefined || holder === op.id || written.has(holder)) continue;
			taken.there.push({ id, to: holder, by: op.index, givesWay: true });
			taken.here.push({ id: holder, to: id, by: op.index, givesWay: true });
		}
	});
}

function doubleClaims(
	{ table }: Located,
	{ field, claims }: Touched,
	{ other, reverse }: { readonly other: Located; readonly reverse: Field },
	{ claimed = new Map() }: LinksKnown,
): readonly Problem[] {
	return [...claims].flatMap(([id, ops]) => {
		const key = claimKey(field.id, id);
		const first = claimed.get(key) ?? ops[0];
		if (first === undefined) return [];
		claimed.set(key, { index: first.index, ...defined({ id: first.id }) });
		return ops
			.filter(({ index }) => index !== first.index)
			.map(({ index, id: own }) => ({
				record: index,
				message: `${quoted(field.name)} links ${id}, as record ${first.index} does, and "${shortened(reverse.name)}" of "${shortened(other.table.name)}" holds one record of "${shortened(table.name)}" only${own === undefined ? "" : ` (record ${own})`}; link it once`,
			}));
	});
}

/** Those links whose ops were done. */
export function endsDone(
	ends: readonly LinkEnd[],
	isDone: (by: number) => boolean,
): readonly LinkEnd[] {
	return ends.flatMap((end) => {
		const links = end.links.filter(({ by }) => isDone(by));
		return links.length === 0 ? [] : [{ ...end, links }];
	});
}

/** The links that give way, in an order that is always the same. */
export function linksGiven(ends: readonly LinkEnd[]): readonly string[] {
	return ends
		.flatMap(({ place, links }) =>
			links.flatMap(({ id, to, givesWay }) =>
				givesWay ? [JSON.stringify([place, id, to])] : [],
			),
		)
		.sort();
}

/** How many records of a table lose a link in a column. */
interface Told {
	readonly place: string;
	readonly table: string;
	readonly column: string | undefined;
	readonly ids: Set<string>;
}

/** By column, but for what deletions take, which is told as they are chosen. */
function toldEnds(ends: readonly LinkEnd[]): readonly Told[] {
	const told = new Map<string, Told>();
	for (const { place, where, field, links } of ends) {
		const key = JSON.stringify([place, field?.id]);
		const known = told.get(key) ?? {
			...{ place, table: where?.table.name ?? "another table" },
			...{ column: where && field?.name, ids: new Set() },
		};
		for (const { id, byDeletion } of links) if (!byDeletion) known.ids.add(id);
		if (known.ids.size > 0) told.set(key, known);
	}
	return [...told.values()];
}

/** What a person is told of it. */
export function endActs(ends: readonly LinkEnd[]): readonly Act[] {
	return toldEnds(ends).map(
		({ table, ids: { size } }) =>
			act`; with it ${{ count: size, noun: "record" }} of ${table} lose a link`,
	);
}

/** What an answer says of it. */
export function endNotes(ends: readonly LinkEnd[]): readonly string[] {
	return toldEnds(ends).map(
		({ table, column, ids: { size } }) =>
			`${size} record${size === 1 ? "" : "s"} of "${table}" ${size === 1 ? "loses" : "lose"} a link${column === undefined ? "" : ` in "${column}"`}`,
	);
}

/** Is it this person's own link, which nobody has to be asked about? */
export type OwnsLink = (end: LinkEnd, link: LostLink) => boolean;

/** Ids of the records that lose something, by table. */
function losersByPlace(
	ends: readonly LinkEnd[],
	isOwn: OwnsLink = () => false,
): ReadonlyMap<string, ReadonlySet<string>> {
	const losers = new Map<string, Set<string>>();
	for (const end of ends)
		for (const link of end.links) {
			if (isOwn(end, link)) continue;
			const ids = losers.get(end.place) ?? new Set();
			losers.set(end.place, ids.add(link.id));
		}
	return losers;
}

/** What is known when the loss of a write is counted in every table. */
export interface KnownLinks extends Known {
	/** Links that do not count. Absent: all count. */
	readonly ownsLink?: OwnsLink;
	/** Ops that take nothing from their own records which anybody has to be asked about. Absent: none. */
	readonly spares?: ((op: Op) => boolean) | undefined;
}

/** What each table loses by these ops: their own, and those at the other end of links. Tables that lose nothing are left out. */
export async function lossesOf(
	located: Located,
	ops: Iterable<Op>,
	known: KnownLinks,
	ends: readonly LinkEnd[],
): Promise<ReadonlyMap<string, Loss>> {
	const own = tablePlace(located);
	const losers = losersByPlace(ends, known.ownsLink);
	const beside = losers.get(own);
	const loss = { ...NO_LOSS, overwritten: beside?.size ?? 0 };
	await inTurns(ops, (op) => {
		if (known.spares?.(op) === true) return;
		const kind = lossOfOp(located, op, known);
		if (kind === undefined) return;
		// A record that loses a link beside is one record.
		if (op.id === undefined || beside?.has(op.id) !== true) loss[kind]++;
		else if (kind === "deleted") {
			loss.deleted++;
			loss.overwritten--;
		}
	});
	const losses = new Map<string, Loss>();
	for (const [place, { size }] of losers)
		if (size > 0) losses.set(place, { ...NO_LOSS, overwritten: size });
	losses.delete(own);
	if (!isNothing(loss)) losses.set(own, loss);
	return losses;
}
