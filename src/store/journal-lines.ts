import { type FileHandle, open } from "node:fs/promises";
import type { ActionEnd, ActionStart } from "../core/contract/actions.js";
import type {
	BatchSent,
	JournalEvent,
	Op,
	Settled,
} from "../core/contract/journal.js";
import { isObject } from "../core/values/json-object.js";
import { hasCode } from "./disk.js";

/** A line that can be read: of a change of records, or of an action. */
export type Line = JournalEvent | ActionStart | ActionEnd;

/** What a file of the journal says, as far as it can be read. */
export interface Lines {
	readonly events: readonly Line[];
	/** Lines that were written and cannot be read any more. */
	readonly damaged: number;
	/** Why nothing of the file can be read. Absent: it can. */
	readonly failure?: string;
}

/** What stands behind a line that broke off, in front of the next one: so it was never acted on, and is not missing. */
export const AFTER_TORN = "\n\n";

/**
 * The events of one change's file. A line of another shape is left out and counted, whatever it is: files are damaged
 * by full disks, by hand, by other versions. The last one without its end is a line that was never acted on.
 */
export async function readLines(file: string, change: string): Promise<Lines> {
	const events: Line[] = [];
	let damaged = 0;
	/** How many lines stand behind one that cannot be read, all of them empty; undefined: there is none. */
	let behind: number | undefined;
	try {
		for await (const line of linesOf(file)) {
			if (behind === 0 && line !== "") damaged++;
			behind = behind === 0 && line === "" ? 1 : undefined;
			if (line === "") continue;
			const event = eventOf(line, change);
			if (event === undefined) behind = 0;
			else events.push(event);
		}
	} catch (error) {
		// Another process has tidied it away meanwhile.
		if (hasCode(error, "ENOENT")) return { events: [], damaged: 0 };
		return { events: [], damaged: 1, failure: (error as Error).message };
	}
	return { events, damaged: behind === 1 ? damaged + 1 : damaged };
}

/** The event that a file begins with; undefined where its first line cannot be read. */
export async function readFirst(
	file: string,
	change: string,
): Promise<Line | undefined> {
	for await (const line of linesOf(file)) return eventOf(line, change);
	return undefined;
}

/** So much of a file is read at once; others run in between. */
const READ_BYTES = 65_536;

/** The lines of a file: what stands between its line breaks, also where that is nothing. */
async function* linesOf(file: string): AsyncGenerator<string> {
	const handle = await open(file, "r");
	try {
		const parts: Buffer[] = [];
		for await (const bytes of piecesOf(handle)) {
			let from = 0;
			for (let end = bytes.indexOf(10); end >= 0; ) {
				yield Buffer.concat([
					...parts.splice(0),
					bytes.subarray(from, end),
				]).toString("utf8");
				from = end + 1;
				end = bytes.indexOf(10, from);
			}
			if (from < bytes.length) parts.push(bytes.subarray(from));
		}
		yield Buffer.concat(parts).toString("utf8");
	} finally {
		await handle.close();
	}
}

async function* piecesOf(handle: FileHandle): AsyncGenerator<Buffer> {
	for (;;) {
		const { bytesRead, buffer } = await handle.read(
			Buffer.allocUnsafe(READ_BYTES),
			0,
			READ_BYTES,
		);
		if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
		// Nobody shortens a file of the journal: less than was asked for is its end.
		if (bytesRead < READ_BYTES) return;
	}
}

/** undefined for anything that is not an event of this change. */
function eventOf(line: string, change: string): Line | undefined {
	let value: unknown;
	try {
		value = JSON.parse(line);
	} catch {
		return undefined;
	}
	if (!isObject(value) || typeof value.type !== "string") return undefined;
	const shape = SHAPES.get(value.type);
	return shape !== undefined && value.change === change && fits(value, shape)
		? (value as unknown as Line)
		: undefined;
}

type Check = (value: unknown) => boolean;
type Shape<Event> = { readonly [Name in keyof Event]-?: Check };
type ShapeOf<Type extends Line["type"]> = Shape<Extract<Line, { type: Type }>>;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => Number.isFinite(value);
/** A time that a calendar has. */
const isTime: Check = (value) =>
	typeof value === "number" && Math.abs(value) <= 8.64e15;
const isIndex: Check = (value) => Number.isSafeInteger(value);
const isAny: Check = () => true;
const optional =
	(check: Check): Check =>
	(value) =>
		value === undefined || check(value);
const oneOf =
	(...values: readonly string[]): Check =>
	(value) =>
		values.includes(value as string);
const listOf =
	(check: Check): Check =>
	(value) =>
		Array.isArray(value) && value.every(check);
const recordOf =
	(check: Check): Check =>
	(value) =>
		isObject(value) && Object.values(value).every(check);
const fits = (value: unknown, shape: Readonly<Record<string, Check>>) =>
	isObject(value) &&
	Object.entries(shape).every(([name, check]) => check(value[name]));

const KIND = oneOf("create", "update", "delete");
const OP: Shape<Op> = {
	index: isIndex,
	kind: KIND,
	id: optional(isText),
	cells: isObject,
	undoes: optional(isIndex),
};
const SETTLED: Shape<Settled> = {
	index: isIndex,
	outcome: oneOf(
		"created",
		"updated",
		"unchanged",
		"deleted",
		"failed",
		"not_attempted",
		"unknown",
	),
	id: optional(isText),
	message: optional(isText),
	lost: optional(listOf(isText)),
	filled: optional(isObject),
};
const isOp: Check = (value) => fits(value, OP);
const isSettled: Check = (value) => fits(value, SETTLED);
const isProblem: Check = (value) => isObject(value) && isText(value.message);

const isConsent: Check = (value) =>
	isObject(value) &&
	isText(value.answer) &&
	optional(isNumber)(value.afterMs) &&
	optional(isText)(value.unread);
/** What its conditions say is checked when it is resolved. */
const isFilter: Check = (value) =>
	isObject(value) &&
	isText(value.match) &&
	listOf(isObject)(value.conditions) &&
	optional(listOf(isObject))(value.groups);

const START: ShapeOf<"start"> = {
	type: isText,
	change: isText,
	tool: isText,
	connection: isText,
	base: isText,
	table: isText,
	tableName: isText,
	atMs: isTime,
	by: optional(isText),
	hash: isText,
	total: optional(isIndex),
	source: isAny,
	undoes: optional(isText),
	consent: optional(isConsent),
};
const SENT: Shape<BatchSent> = {
	type: isText,
	change: isText,
	batch: isIndex,
	kind: KIND,
	indexes: listOf(isIndex),
	key: isText,
	atMs: isNumber,
	before: optional(recordOf(isObject)),
	ops: optional(listOf(isOp)),
};
const PLAN: ShapeOf<"plan"> = {
	type: isText,
	change: isText,
	ops: listOf(isOp),
	settled: listOf(isSettled),
	seen: optional(recordOf(isText)),
	filter: optional(isFilter),
	keys: optional(listOf(isText)),
	compares: optional((value) => value === true),
	more: optional((value) => value === true),
};
const DONE: ShapeOf<"done"> = {
	type: isText,
	change: isText,
	batch: isIndex,
	results: listOf(isSettled),
};
const OFFSET: ShapeOf<"offset"> = {
	type: isText,
	change: isText,
	offset: isIndex,
	results: listOf(isSettled),
	problems: listOf(isProblem),
};
const AGREED: ShapeOf<"agreed"> = {
	type: isText,
	change: isText,
	consent: isConsent,
	seen: optional(recordOf(isText)),
};
const END: ShapeOf<"end"> = {
	type: isText,
	change: isText,
	atMs: isNumber,
	status: oneOf("complete", "stopped"),
};

const OPTIONS: ShapeOf<"options"> = {
	type: isText,
	change: isText,
	options: recordOf(listOf(isText)),
};
const ACTION: ShapeOf<"action"> = {
	type: isText,
	change: isText,
	tool: isText,
	connection: isText,
	base: optional(isText),
	table: optional(isText),
	placeName: optional(isText),
	atMs: isTime,
	by: isText,
	policy: isText,
	deed: (value) => isObject(value) && isText(value.kind),
	undoes: optional(isText),
	consent: optional(isConsent),
};
const ACTION_END: ShapeOf<"action_end"> = {
	type: isText,
	change: isText,
	atMs: isNumber,
	outcome: oneOf("done", "part", "failed"),
	made: optional(isObject),
};

const SHAPES: ReadonlyMap<string, Readonly<Record<string, Check>>> = new Map(
	Object.entries({
		start: START,
		plan: PLAN,
		sent: SENT,
		done: DONE,
		offset: OFFSET,
		agreed: AGREED,
		options: OPTIONS,
		action: ACTION,
		action_end: ACTION_END,
		end: END,
	} satisfies { readonly [Type in Line["type"]]: ShapeOf<Type> }),
);
