import type { Filter } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { FilterInput } from "../contract/table.js";
import { attempt } from "../delivery/attempt.js";
import type { Located } from "../places/locate.js";
import { readInTime } from "../read/deadline.js";
import { countRows } from "../read/query.js";
import { readRows } from "../read/read.js";
import { filterOf } from "../read/resolve-filter.js";
import { defined } from "../values/defined.js";
import { inTurns } from "../values/in-turns.js";
import { type Lost, lostFrom } from "./look-again.js";
import type { Held, Most } from "./standing.js";

/** A number in a question is worth so much time, and no more. */
const COUNTING_MS = 10_000;

/** Of more records than these only their number is kept while a person is asked. */
const IDS_KEPT = 200_000;

/** Records that are counted for a question. */
export interface CountedRecords {
	/** Which; absent: all of the table. */
	readonly input?: FilterInput | undefined;
	/** What they are, in the plural. */
	readonly noun: string;
	/** What each loses. Absent: all that can be written. */
	readonly losing?: Lost | undefined;
	/** What `input` is for. Absent: a read. */
	readonly purpose?: "kept" | undefined;
}

/** How many records match, or without a filter are there; its count is undefined: it cannot be told, or not in time. */
export async function countInTime(
	session: Session,
	located: Located,
	records: CountedRecords,
	running: Running,
): Promise<Most> {
	const { noun } = records;
	const count = await worthTime(session, running, async (hurried) => {
		const filter = await filterIn(session, located, records, running);
		const { total } = await readInTime(session, hurried, noun, (call) =>
			countRows(
				session,
				located,
				{ fields: [], ...defined({ filter }) },
				{ ...hurried, call },
			),
		);
		return total ?? undefined;
	});
	return {
		count,
		noun,
		held: () => heldInTime(session, located, records, running),
	};
}

/** Which records match, and what they hold that is lost; undefined: too many, or not in time. */
function heldInTime(
	session: Session,
	located: Located,
	records: CountedRecords,
	running: Running,
): Promise<Held | undefined> {
	const { noun, losing: lost = lostFrom(located) } = records;
	return worthTime(session, running, async (hurried) => {
		const filter = await filterIn(session, located, records, running);
		const held = new Map<string, string>();
		const query = { fields: lost.fields, ...defined({ filter }) };
		await readInTime(session, hurried, noun, async (call) => {
			for await (const rows of readRows(located, query, call)) {
				await inTurns(rows, (row) => void held.set(row.id, lost.of(row)));
				if (held.size > IDS_KEPT) return;
			}
		});
		return held.size > IDS_KEPT ? undefined : held;
	});
}

async function filterIn(
	session: Session,
	located: Located,
	{ input, purpose }: CountedRecords,
	running: Running,
): Promise<Filter | undefined> {
	if (input === undefined) return undefined;
	const how = defined({ purpose });
	return (await filterOf(session, located, input, running, how)).filter;
}

/** What is read to help a person, within the time that it is worth: without it they are asked all the same. */
export async function worthTime<T>(
	session: Session,
	running: Running,
	read: (hurried: Running) => Promise<T>,
): Promise<T | undefined> {
	const endMs = session.clock.now() + COUNTING_MS;
	const hurried: Running = {
		...running,
		deadlineMs: () => Math.min(running.deadlineMs(), endMs),
	};
	const found = await attempt(() => read(hurried));
	if ("value" in found) return found.value;
	const { error } = found;
	if (error instanceof TablesError && error.code !== "cancelled")
		return undefined;
	throw error;
}

/** How many records hold something in a field. */
export function filledCells(
	session: Session,
	located: Located,
	field: Field,
	running: Running,
): Promise<Most> {
	const input: FilterInput = {
		match: "all",
		conditions: [{ field: field.id, op: "is_not_empty" }],
	};
	return countInTime(
		session,
		located,
		{ input, noun: "filled cells", losing: lostFrom(located, [field]) },
		running,
	);
}
