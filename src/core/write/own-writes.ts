import { placeOf, tablePlace } from "../contract/consent.js";
import type { Cell, Field } from "../contract/field.js";
import type { Change, NewChange, Op } from "../contract/journal.js";
import type { Loss } from "../contract/losses.js";
import type { Session } from "../contract/session.js";
import { isWritable } from "../delivery/verify-answer.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import { inTurns, pickInTurns } from "../values/in-turns.js";
import { isRaw, keyOf } from "../values/values.js";
import { formerValues, opsOf } from "./journalled.js";
import { linkedIds, lossOf } from "./loss.js";
import { isOwn } from "./own-changes.js";

type Cells = Readonly<Record<string, Cell>>;

/** A record as this person's changes have left it. Never altered: who was told of it may still look. */
interface OwnRecord {
	/** It is theirs as a whole. */
	readonly made: boolean;
	/** What they wrote last, by field; undefined where it is somebody else's all the same. */
	readonly keys: Readonly<Record<string, string | undefined>>;
	/** What others had there before: writing that again does not make it one's own. Absent: nothing anywhere. */
	readonly others?: Readonly<Record<string, ReadonlySet<string>>>;
	/** Of links, by field: ids that they linked, and ids that others had linked before. */
	readonly links: Readonly<Record<string, OwnLinks>>;
}

interface OwnLinks {
	readonly own: ReadonlySet<string>;
	readonly others: ReadonlySet<string>;
}

/** What this person's own changes of the undo window wrote into a table, and nobody has to be asked about. */
export interface OwnWrites {
	/** Did they make the record, and is all that it holds theirs? */
	ownsRecord(id: string, now: Cells | undefined): boolean;
	/** Did they write this value? */
	ownsCell(id: string, fieldId: string, now: Cell | undefined): boolean;
	/** Did they link this record to another, as one that nobody else had linked? */
	ownsLink(id: string, fieldId: string, linkedId: string): boolean;
	/** Have they written anything of the record? */
	touched(id: string): boolean;
}

/** Which records and fields the journal is searched for. */
interface Wanted {
	/** Records that are going to be asked about. */
	readonly ids: ReadonlySet<string>;
	/** Changes whose loss is wanted as it was counted at their time, by id; filled. */
	readonly asked: Map<string, Loss>;
}

/** What a table's changes come to that nobody goes on with: each is read once, and counted in once. */
interface Summary {
	/** What it depends on beside the changes. */
	readonly shape: string;
	/** `files` of changes, those of other tables too. */
	readonly seen: Map<string, string>;
	readonly records: Map<string, OwnRecord>;
	readonly losses: Map<string, Loss>;
	/** When the last one that was counted in began. */
	untilMs: number;
}

/** How many tables of a connection it is kept for. */
const TABLES_KEPT = 8;
const summaries = new WeakMap<
	Located["connection"],
	Map<string, { journal: Session["journal"]; last: Promise<Summary> }>
>();

/** Goes through what the journal holds since the last time, and keeps what it comes to. */
export async function ownWrites(
	session: Pick<Session, "journal" | "connections" | "person">,
	located: Located,
	wanted: Wanted,
): Promise<OwnWrites> {
	const { connection } = located;
	const place = tablePlace(located);
	const kept = summaries.get(connection) ?? new Map();
	summaries.set(connection, kept);
	// One process may serve several people.
	const key = JSON.stringify([session.person, place]);
	const known = kept.get(key);
	const earlier: Promise<Summary | undefined> =
		known?.journal === session.journal
			? known.last.catch(() => undefined)
			: Promise.resolve(undefined);
	// One after the other: nothing is counted in twice.
	const next = earlier.then((summary) =>
		goOn(session, located, summary, wanted),
	);
	const last = next.then(({ summary }) => summary);
	last.catch(() => {});
	kept.delete(key);
	kept.set(key, { journal: session.journal, last });
	for (const oldest of [...kept.keys()].slice(0, -TABLES_KEPT))
		kept.delete(oldest);
	return (await next).own;
}

async function goOn(
	session: Pick<Session, "journal" | "connections" | "person">,
	located: Located,
	earlier: Summary | undefined,
	{ ids, asked }: Wanted,
): Promise<{ readonly summary: Summary; readonly own: OwnWrites }> {
	const { table } = located;
	const place = tablePlace(located);
	const shape = JSON.stringify([table.zone, ...table.byId.values()]);
	const fresh = (): Summary => ({
		shape,
		seen: new Map(),
		records: new Map(),
		losses: new Map(),
		untilMs: Number.NEGATIVE_INFINITY,
	});
	// What another person did is theirs, and counts as it was counted then.
	const isHere = ({ start }: NewChange) => {
		if (!isOwn(session, start)) return false;
		const vendor = session.connections.get(start.connection)?.vendor;
		return vendor !== undefined && placeOf(vendor, start.table) === place;
	};
	let summary = earlier?.shape === shape ? earlier : fresh();
	let news = await session.journal.since(summary.seen);
	const { untilMs } = summary;
	const isLate = news.changes.some(
		(change) => isHere(change) && change.start.atMs < untilMs,
	);
	if ((news.isStale || isLate) && summary.seen.size > 0) {
		summary = fresh();
		news = await session.journal.since(summary.seen);
	}
	const { seen, losses } = summary;
	let records: Records = summary.records;
	for (const one of news.changes) {
		const { change: id, atMs } = one.start;
		if (!isHere(one)) {
			if (one.files !== undefined) seen.set(id, one.files);
			continue;
		}
		const read = await one.read();
		if (read === undefined) continue;
		const { change, files } = read;
		// What comes behind one that is still being written is counted in again the next time.
		if (files === undefined && records === summary.records)
			records = over(summary.records);
		const done = await doneOps(change);
		const before = await formerValues(change);
		const own = reading(located, records);
		const loss = await lossOf(located, done.ops, { before, own });
		if (asked.has(id)) asked.set(id, loss);
		await take(located, records, { change, ...done, before });
		if (files === undefined || records !== summary.records) continue;
		seen.set(id, files);
		losses.set(id, loss);
		summary.untilMs = atMs;
	}
	for (const id of asked.keys()) {
		const loss = losses.get(id);
		if (loss !== undefined) asked.set(id, loss);
	}
	// Later changes do not alter what this write was told.
	const told = new Map<string, OwnRecord>();
	await inTurns(ids, (id) => {
		const record = records.get(id);
		if (record !== undefined) told.set(id, record);
	});
	return { summary, own: reading(located, told) };
}

/** Records by id. */
interface Records {
	get(id: string): OwnRecord | undefined;
	set(id: string, record: OwnRecord): unknown;
	delete(id: string): unknown;
}

/** Alters nothing of what lies below. */
function over(below: ReadonlyMap<string, OwnRecord>): Records {
	const above = new Map<string, OwnRecord | undefined>();
	return {
		get: (id) => (above.has(id) ? above.get(id) : below.get(id)),
		set(id, record) {
			above.set(id, record);
		},
		delete(id) {
			above.set(id, undefined);
		},
	};
}

function reading(located: Located, records: Pick<Records, "get">): OwnWrites {
	const { connection, table } = located;
	const ownsCell = (id: string, fieldId: string, now: Cell | undefined) => {
		const field = table.byId.get(fieldId);
		const known = records.get(id)?.keys[fieldId];
		return (
			field !== undefined &&
			known !== undefined &&
			known === keyOf(now, field, table.zone)
		);
	};
	const isWritten = (fieldId: string) => {
		const field = table.byId.get(fieldId);
		return field !== undefined && isWritable(located, field);
	};
	const blank = (fieldId: string, cell: Cell) =>
		keyOf(cell, table.byId.get(fieldId) as Field, table.zone) === "";
	return {
		ownsCell,
		ownsLink: (id, fieldId, linkedId) =>
			records.get(id)?.links[fieldId]?.own.has(linkedId) === true,
		touched: (id) => records.get(id) !== undefined,
		ownsRecord: (id, now) =>
			now !== undefined &&
			records.get(id)?.made === true &&
			// What is hidden may be anybody's.
			connection.policy.hiddenFields.length === 0 &&
			Object.entries(now).every(
				([fieldId, cell]) =>
					!isWritten(fieldId) ||
					blank(fieldId, cell) ||
					ownsCell(id, fieldId, cell),
			),
	};
}

/** What a change wrote becomes this person's own. */
async function take(
	located: Located,
	records: Records,
	{ change, ops, lostOf, before }: Done,
): Promise<void> {
	const isUndo = change.start.undoes !== undefined;
	await inTurns(ops, (op) => {
		if (op.kind === "delete") {
			records.delete(op.id);
			return;
		}
		const known = records.get(op.id);
		// What an undo makes again was there before, and may have been anybody's.
		const made = op.kind === "create" ? !isUndo : known?.made === true;
		const lost = lostOf.get(op.index) ?? [];
		const former = before.get(op.id);
		records.set(op.id, written(located, { op, known, made, lost, former }));
	});
}

/** A record after an op. */
function written(
	{ table }: Located,
	{
		op,
		known,
		made,
		lost,
		former,
	}: {
		readonly op: Op;
		readonly known: OwnRecord | undefined;
		readonly made: boolean;
		/** Ids of the fields that do not hold what was sent. */
		readonly lost: readonly string[];
		/** What it held before. */
		readonly former: Cells | undefined;
	},
): OwnRecord {
	const keys: Record<string, string | undefined> = { ...known?.keys };
	const links: Record<string, OwnLinks> = { ...known?.links };
	let others = known?.others;
	for (const [fieldId, cell] of Object.entries(op.cells)) {
		const field = table.byId.get(fieldId);
		if (field === undefined || lost.includes(fieldId)) continue;
		if (field.type === "link") {
			const isAnybodys =
				op.kind === "create"
					? !made
					: former === undefined || isRaw(former[fieldId]);
			links[fieldId] = ownLinks(links[fieldId], {
				before: linkedIds(former?.[fieldId]),
				now: linkedIds(cell),
				isAnybodys,
			});
		}
		const there = keyOf(former?.[fieldId], field, table.zone);
		if (there !== "" && there !== keys[fieldId])
			others = {
				...others,
				[fieldId]: new Set([...(others?.[fieldId] ?? []), there]),
			};
		const key = keyOf(cell, field, table.zone);
		const isOthers =
			others?.[fieldId]?.has(key) === true || (op.kind === "create" && !made);
		keys[fieldId] = isOthers ? undefined : key;
	}
	return { made, keys, links, ...defined({ others }) };
}

/** Whose links they are, once they were written: one that another had there before does not become one's own. */
function ownLinks(
	known: OwnLinks | undefined,
	{
		before,
		now,
		isAnybodys,
	}: {
		readonly before: readonly string[];
		readonly now: readonly string[];
		/** It is not known what was there before. */
		readonly isAnybodys: boolean;
	},
): OwnLinks {
	const others = new Set(known?.others);
	for (const id of isAnybodys ? now : before)
		if (known?.own.has(id) !== true) others.add(id);
	return { own: new Set(now.filter((id) => !others.has(id))), others };
}

/** What a change has done. */
interface Done {
	readonly change: Change;
	/** With the ids of their records. */
	readonly ops: readonly (Op & { readonly id: string })[];
	/** Ids of the fields that do not hold what was sent, by index of the op. */
	readonly lostOf: ReadonlyMap<number, readonly string[]>;
	/** What the records held before. */
	readonly before: ReadonlyMap<string, Cells>;
}

async function doneOps(change: Change): Promise<Pick<Done, "ops" | "lostOf">> {
	const byIndex = await opsOf(change);
	const lostOf = new Map<number, readonly string[]>();
	const ops = await pickInTurns(change.results.values(), (result) => {
		const { index, outcome, lost } = result;
		const op = byIndex.get(index);
		const id = result.id ?? op?.id;
		const isDone =
			["created", "updated", "deleted"].includes(outcome) || lost !== undefined;
		if (op === undefined || id === undefined || !isDone) return undefined;
		if (lost !== undefined) lostOf.set(index, lost);
		return op.id === id ? (op as Op & { readonly id: string }) : { ...op, id };
	});
	return { ops, lostOf };
}
