import type { Filter } from "../contract/condition.js";
import type { Cell, Field } from "../contract/field.js";
import type { Op } from "../contract/journal.js";
import type { Problem } from "../contract/problem.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Row } from "../contract/table.js";
import type { Located } from "../places/locate.js";
import { isFree } from "../places/schema-cache.js";
import { readRows } from "../read/read.js";
import { defined } from "../values/defined.js";
import { inTurns, mapInTurns, sortInTurns } from "../values/in-turns.js";
import { cutList, quoted } from "../values/names.js";
import { foldTitle, hintsOf } from "../values/near-names.js";
import type { ValidRecord } from "../values/validate.js";
import { kindOf } from "../values/values.js";
import { asShown, leftOut, planKnown } from "./known-updates.js";
import { loneNames } from "./lone-names.js";
import {
	emptyKey,
	keyOfCells,
	keyText,
	keyWords,
	matchesMany,
} from "./record-key.js";
import type { Plan } from "./write-plan.js";

/** Keys up to this many are looked up by a filter; more by reading the table once. */
const KEYS_BY_FILTER = 50;

/** So many keys of the table are looked at for those like one that is missing. */
const KEYS_COMPARED = 10_000;

/** Updates whose values are checked, and whose records are to be found by key fields. */
interface Keyed {
	readonly records: readonly ValidRecord[];
	readonly keys: readonly Field[];
	/** Fields that the records name. */
	readonly touched: readonly Field[];
	/** A record without a match is created. */
	readonly upsert: boolean;
}

/** Records of the input by their key, and those whose key is empty or doubled. */
interface ByKey {
	readonly records: ReadonlyMap<string, ValidRecord>;
	readonly problems: readonly Problem[];
}

/** What becomes of the records of the input once the rows with their keys are read. */
interface Matched {
	readonly updates: readonly ValidRecord[];
	readonly creates: readonly Op[];
	readonly problems: readonly Problem[];
	/** Records whose key no row has, and that are not to be created. */
	readonly missing: readonly ValidRecord[];
	/** The rows that are to be changed, by id. */
	readonly before: ReadonlyMap<string, Readonly<Record<string, Cell>>>;
}

/** Finds the record of each key, and plans what is to be changed and created; or all that is wrong with the keys. */
export async function planByKey(
	session: Session,
	located: Located,
	keyed: Keyed,
	running: Running,
): Promise<Omit<Plan, "total"> | { readonly problems: readonly Problem[] }> {
	const { records, problems } = await byKey(located, keyed);
	const rows = await rowsWithKeys(located, keyed, records, running);
	const matched = await match(records, rows, keyed.upsert);
	const { updates, before, creates } = matched;
	const lone: Problem[] = [];
	await inTurns(creates, (op) => {
		for (const problem of loneNames(op, located)) lone.push(problem);
	});
	const wrong = [
		...problems,
		...matched.problems,
		...lone,
		...(await missingKeys(located, keyed, matched.missing, running)),
	];
	if (wrong.length > 0)
		return {
			problems: await sortInTurns(
				wrong,
				(a, b) => (a.record ?? 0) - (b.record ?? 0),
			),
		};
	const plan = await planKnown(
		located,
		updates,
		await asShown(session, located, updates, before, running),
	);
	return {
		ops: await sortInTurns(
			[...plan.ops, ...creates],
			(a, b) => a.index - b.index,
		),
		settled: plan.settled,
		notes: [
			...(await leftOut(located, keyed.records)),
			...(await nearKeys(located, keyed, creates, running)),
		],
		before,
		keys: keyed.keys.map(({ id }) => id),
	};
}

async function match(
	records: ReadonlyMap<string, ValidRecord>,
	matched: ReadonlyMap<string, readonly Row[]>,
	upsert: boolean,
): Promise<Matched> {
	const updates: ValidRecord[] = [];
	const creates: Op[] = [];
	const problems: Problem[] = [];
	const missing: ValidRecord[] = [];
	const before = new Map<string, Readonly<Record<string, Cell>>>();
	await inTurns(records, ([key, record]) => {
		const { index } = record;
		const rows = matched.get(key) ?? [];
		const [row] = rows;
		if (rows.length > 1)
			problems.push({
				record: index,
				message: matchesMany(rows.map(({ id }) => id)),
			});
		else if (row !== undefined) {
			before.set(row.id, row.cells);
			updates.push({ ...record, id: row.id });
		} else if (!upsert) missing.push(record);
		else if (record.unlessHeld !== undefined)
			problems.push({
				record: index,
				message: Object.values(record.unlessHeld).join("; "),
			});
		else creates.push(createOf(record));
	});
	return { updates, creates, problems, missing, before };
}

/** Each key that no record has, with those that a person may have meant. The table's keys are read for that. */
async function missingKeys(
	located: Located,
	{ keys }: Keyed,
	missing: readonly ValidRecord[],
	running: Running,
): Promise<readonly Problem[]> {
	if (missing.length === 0) return [];
	const names = await keysThere(located, keys, running);
	const hints = hintsOf();
	return mapInTurns(missing, ({ index, cells }) => {
		const given = keyText(located, keys, cells);
		const near = hints.nearest(names, given);
		return {
			record: index,
			message: `no record has ${keyWords(located, keys, cells)}${near.length === 0 ? "" : `; nearest: ${near.map(quoted).join(", ")}`}; \`upsert\` would create it`,
		};
	});
}

/**
 * Of the records that an upsert creates, those whose key a reader takes for one that is there. Only where reading costs
 * no call: a hint is not worth pages of keys at a vendor's pace, nor a write that fails with them.
 */
async function nearKeys(
	located: Located,
	{ keys }: Keyed,
	creates: readonly Op[],
	running: Running,
): Promise<readonly string[]> {
	if (creates.length === 0 || !isFree(located.adapter)) return [];
	const there = new Map(
		await mapInTurns(
			await keysThere(located, keys, running),
			(name) => [foldTitle(name), name] as const,
		),
	);
	const near: string[] = [];
	await inTurns(creates, ({ cells }) => {
		const given = keyText(located, keys, cells);
		const known = there.get(foldTitle(given));
		if (known !== undefined && known !== given)
			near.push(`${quoted(given)} (${quoted(known)} is there)`);
	});
	return near.length === 0
		? []
		: [
				`${near.length === 1 ? "the key of 1 new record differs" : `the keys of ${near.length} new records differ`} from existing ones only in case, spaces or width: ${cutList(near, ", ")}`,
			];
}

/** The keys of the table's records, as they are shown; as many as hints are looked for in. */
async function keysThere(
	located: Located,
	fields: readonly Field[],
	running: Running,
): Promise<readonly string[]> {
	const names: string[] = [];
	for await (const rows of readRows(
		located,
		{ fields },
		{ ...running.call, priority: "bulk" },
	)) {
		await inTurns(rows, ({ cells }) => {
			const name = keyText(located, fields, cells);
			if (name !== "") names.push(name);
		});
		if (names.length >= KEYS_COMPARED) break;
	}
	return names;
}

async function byKey(
	located: Located,
	{ records, keys }: Keyed,
): Promise<ByKey> {
	const found = new Map<string, ValidRecord>();
	const problems: Problem[] = [];
	await inTurns(records, (record) => {
		const empty = emptyKey(keys, record.cells);
		if (empty !== undefined) {
			problems.push({ record: record.index, message: empty });
			return;
		}
		const key = keyOfCells(located, keys, record.cells);
		const same = found.get(key);
		if (same === undefined) found.set(key, record);
		else
			problems.push({
				record: record.index,
				message: `has the same key as record ${same.index}`,
			});
	});
	return { records: found, problems };
}

async function rowsWithKeys(
	located: Located,
	{ keys, touched }: Keyed,
	records: ReadonlyMap<string, ValidRecord>,
	running: Running,
): Promise<ReadonlyMap<string, readonly Row[]>> {
	const matched = new Map<string, Row[]>();
	for await (const rows of readRows(
		located,
		{
			fields: [...new Set([...keys, ...touched])],
			...defined({ filter: filterForKeys(keys, records) }),
		},
		{ ...running.call, priority: "bulk" },
	))
		await inTurns(rows, (row) => {
			const key = keyOfCells(located, keys, row.cells);
			if (!records.has(key)) return;
			const known = matched.get(key);
			if (known === undefined) matched.set(key, [row]);
			else known.push(row);
		});
	return matched;
}

/** undefined: reading the whole table is better, or all that is possible. */
function filterForKeys(
	keys: readonly Field[],
	records: ReadonlyMap<string, ValidRecord>,
): Filter | undefined {
	const [field] = keys;
	if (
		field === undefined ||
		keys.length > 1 ||
		records.size > KEYS_BY_FILTER ||
		!["text", "number", "option"].includes(kindOf(field))
	)
		return undefined;
	const values = [...records.values()].map(
		({ cells }) => cells[field.id] ?? null,
	);
	return {
		match: "all",
		conditions: [{ operand: { kind: "field", field }, op: "any_of", values }],
		groups: [],
	};
}

/** In a new record a list edit is what it adds. */
function createOf({ index, cells, edits }: ValidRecord): Op {
	const added = Object.entries(edits).map(([id, { add }]) => [id, add]);
	return {
		index,
		kind: "create",
		cells: { ...cells, ...Object.fromEntries(added) },
	};
}
