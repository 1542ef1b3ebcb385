import { z } from "zod";
import type { ActionStart } from "../core/contract/actions.js";
import { consentText } from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import type { Change, DamagedFile } from "../core/contract/journal.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { attempt } from "../core/delivery/attempt.js";
import { locate } from "../core/places/locate.js";
import { isNotFound } from "../core/places/not-found.js";
import { formatReference } from "../core/places/reference.js";
import { cursorAt, fingerprint, offsetIn } from "../core/read/cursor.js";
import { defined } from "../core/values/defined.js";
import { inTurns, pickInTurns, sortInTurns } from "../core/values/in-turns.js";
import { quoted } from "../core/values/names.js";
import { foldName } from "../core/values/near-names.js";
import { parseSince } from "../core/values/since.js";
import { zone } from "../core/values/zone.js";
import { actionStatus, describeDeed } from "../core/write/describe-action.js";
import { endedUnplanned, lackOf } from "../core/write/journalled.js";
import {
	isWritten,
	type Undos,
	undoneOf,
	undosIn,
} from "../core/write/present-ids.js";
import {
	finalReason,
	namesIn,
	referenceOf,
	type SeenAction,
	visibleWrites,
} from "../core/write/visible-changes.js";
import * as schemas from "./schemas.js";
import { csvBlock, noteLines, plural } from "./text.js";
import { defineTool } from "./tool.js";

const LIMIT = 20;

const ONLY_OURS =
	"these are the writes of this server only; query $updated_at for edits by others";

export const listChangesTool = defineTool({
	name: "list_changes",
	toolset: "changes",
	title: "List changes",
	description:
		"This server's own writes of the last 24 hours, with what is unfinished (resume) and what can be undone. Not other people's edits.",
	input: z.object({
		table: schemas.table.optional(),
		since: z
			.string()
			.optional()
			.describe('Date, time, "today" or a duration back ("PT2H")'),
		limit: z.int().min(1).max(200).optional(),
		cursor: schemas.cursor.optional(),
	}),
	output: z.looseObject({
		changes: z.array(z.unknown()),
		next_cursor: z.string().nullable(),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	async run({ table, since, limit = LIMIT, cursor }, session, running) {
		const found =
			table === undefined
				? undefined
				: await attempt(() => locate(session, table, running));
		const located = found && "value" in found ? found.value : undefined;
		const zoneName = located?.table.zone ?? session.zone();
		const notes = [ONLY_OURS];
		const sinceMs =
			since === undefined ? undefined : begin(since, session, zoneName, notes);
		const hash = await fingerprint([table, since]);
		const start = offsetIn(cursor, hash);
		const report = (damaged: DamagedFile) => notes.push(damageNote(damaged));
		const all = await allSeen(session, running, report);
		const only =
			table === undefined || found === undefined
				? undefined
				: "value" in found
					? new Set([found.value.reference])
					: await tablesThatWere(all, table, found.error, notes);
		const seen = all.filter(
			({ reference, atMs }) =>
				(only === undefined || only.has(reference ?? "")) &&
				(sinceMs === undefined || atMs >= sinceMs),
		);
		const page = seen.slice(start, start + limit);
		const shown: Described[] = [];
		for (const { describe } of page) {
			const described = await describe();
			if (described !== undefined) shown.push(described);
		}
		const next = cursorAt(hash, start + page.length, seen.length);
		return {
			text: [
				`${plural(shown.length, "change")} of ${seen.length}${next === null ? "" : `; more with cursor: ${next}`}`,
				changesBlock(shown),
				...noteLines(notes),
			].join("\n"),
			structured: { changes: shown, next_cursor: next, notes },
		};
	},
});

/**
 * References of tables that are gone, by the reference or the name that they had.
 * @throws the error that the search for the table ended with, where none was called so.
 */
async function tablesThatWere(
	all: readonly Seen[],
	table: string,
	error: unknown,
	notes: string[],
): Promise<ReadonlySet<string>> {
	if (!isNotFound(error)) throw error;
	const wanted = foldName(table);
	const references = new Set(
		await pickInTurns(all, ({ reference, name }) =>
			reference === table || foldName(name) === wanted ? reference : undefined,
		),
	);
	if (references.size === 0) throw error;
	notes.push(
		`there is no table ${quoted(table)} now: these are the changes of ${references.size === 1 ? "one that was" : `${references.size} that were`} called so`,
	);
	return references;
}

function damageNote({ file, lines, failure }: DamagedFile): string {
	return failure === undefined
		? `${plural(lines, "line")} of ${file} cannot be read and ${lines === 1 ? "is" : "are"} left out: that change cannot be resumed, and is not listed where its first line is lost`
		: `${file} cannot be read (${failure}): what it holds is left out`;
}

/** One line of the list. */
interface Described {
	readonly change_id: string;
	readonly at: string;
	readonly tool: string;
	readonly table: string;
	readonly reference?: string;
	readonly status: string;
	/** Changes of records. */
	readonly counts?: Readonly<Record<string, number>>;
	/** Everything else. */
	readonly what?: string;
	readonly undo: string;
	readonly consent?: string;
}

interface Seen {
	readonly reference: string | undefined;
	/** What the table or base was called. */
	readonly name: string;
	readonly atMs: number;
	/** undefined: it is not kept any more. */
	describe(): Promise<Described | undefined>;
}

/** What who calls may see, newest first: records, and everything else. */
async function allSeen(
	session: Session,
	running: Running,
	report: (damaged: DamagedFile) => void,
): Promise<readonly Seen[]> {
	const { changes, actions } = await visibleWrites(session, running, report);
	const undone = undoneBy(actions);
	const listed = {
		ids: new Set(changes.map(({ start }) => start.change)),
		undos: undosIn(changes.flatMap(({ undo }) => undo ?? [])),
	};
	const all = [
		...changes.map(({ start }) => ({
			reference: formatReference(start),
			name: start.tableName,
			atMs: start.atMs,
			async describe() {
				const change = await session.journal.read(start.change);
				return change && describeChange(session, change, listed);
			},
		})),
		...actions.map((seen) => ({
			reference: referenceOf(seen.action),
			name: namesIn(session, seen)(placeName(seen.action.start)),
			atMs: seen.action.start.atMs,
			describe: async () => describeAction(session, seen, undone),
		})),
	];
	return sortInTurns(all, (a, b) => b.atMs - a.atMs);
}

/** Ids of the actions that undos have taken back, with the undo's. */
function undoneBy(actions: readonly SeenAction[]): ReadonlyMap<string, string> {
	return new Map(
		actions.flatMap(({ action: { start, end } }) =>
			start.undoes === undefined || end?.outcome !== "done"
				? []
				: [[start.undoes, start.change] as const],
		),
	);
}

/** Changes of records as they hang together. */
interface Listed {
	/** Ids of those that may be seen. */
	readonly ids: ReadonlySet<string>;
	readonly undos: Undos;
}

/** The consents are a column only where there are some. */
function changesBlock(changes: readonly Described[]): string {
	const consents = changes.some(({ consent }) => consent !== undefined);
	return csvBlock(
		[
			...[
				"change_id",
				"at",
				"tool",
				"table",
				"reference",
				"status",
				"what",
				"undo",
			],
			...(consents ? ["consent"] : []),
		],
		changes.map((change) => [
			change.change_id,
			change.at,
			change.tool,
			change.table,
			change.reference,
			change.status,
			change.what ??
				Object.entries(change.counts ?? {})
					.map(([outcome, count]) => `${outcome} ${count}`)
					.join("; "),
			change.undo,
			...(consents ? [change.consent] : []),
		]),
	);
}

/** The moment that `since` names, told in a note. */
function begin(
	text: string,
	{ clock }: Session,
	zoneName: string,
	notes: string[],
): number {
	const parsed = parseSince(text, clock.now(), zoneName);
	if ("problem" in parsed)
		throw new TablesError("bad_argument", `\`since\`: ${parsed.problem}`);
	notes.push(`since ${zone(zoneName).moment(parsed.ms)}`);
	return parsed.ms;
}

function describeAction(
	session: Session,
	seen: SeenAction,
	undone: ReadonlyMap<string, string>,
): Described {
	const { action, located } = seen;
	const { start, end } = action;
	const name = namesIn(session, seen);
	const reference = referenceOf(action);
	const status = actionStatus(action, reference);
	return {
		change_id: start.change,
		at: new Date(start.atMs).toISOString(),
		tool: start.tool,
		table: located?.table.name ?? name(placeName(start)),
		status,
		what: `${end?.outcome === "failed" ? "not done: " : ""}${describeDeed(start.deed, name)}`,
		undo:
			end === undefined || end.outcome === "failed"
				? "–"
				: (undoneWords(undone, start.change) ??
					undoOff(session, start.connection) ??
					undoable(session, start)),
		...defined({
			reference,
			consent: start.consent && consentText(start.consent),
		}),
	};
}

/** Of a table that was made, its name; else of the table or base that it was done in. */
function placeName({ deed, placeName: place = "" }: ActionStart): string {
	return deed.kind === "create_table" ? deed.name : place;
}

function undoable(session: Session, start: ActionStart): string {
	const final = finalReason(session, start);
	return final === undefined ? "can be undone" : `cannot be undone: ${final}`;
}

function undoneWords(
	undone: ReadonlyMap<string, string>,
	change: string,
): string | undefined {
	const by = undone.get(change);
	return by === undefined ? undefined : `undone by ${by}`;
}

function undoOff(session: Session, connection: string): string | undefined {
	return session.connections.get(connection)?.undo === false
		? "cannot be undone: undo is off for this connection"
		: undefined;
}

async function describeChange(
	session: Session,
	change: Change,
	listed: Listed,
): Promise<Described> {
	const counts: Record<string, number> = {};
	await inTurns(change.results.values(), ({ outcome }) => {
		counts[outcome] = (counts[outcome] ?? 0) + 1;
	});
	const total = change.start.total ?? change.results.size;
	if (total > change.results.size)
		counts.not_attempted =
			(counts.not_attempted ?? 0) + total - change.results.size;
	const isEmpty = endedUnplanned(change) && change.status !== "complete";
	const status = isEmpty
		? change.options.size === 0
			? "ended before anything was written; nothing to resume or undo"
			: "ended before any record was written; nothing to resume"
		: change.status === "complete"
			? change.start.undoes === undefined
				? "complete"
				: `complete (undid ${change.start.undoes}${(await undoesPart(session, change, listed)) ? " in part" : ""})`
			: change.status === "running" && change.owned
				? "running"
				: change.start.undoes === undefined
					? `unfinished: call ${change.start.tool} with resume`
					: `unfinished: call undo_change with change_id ${change.start.undoes} again`;
	return {
		change_id: change.start.change,
		at: new Date(change.start.atMs).toISOString(),
		tool: change.start.tool,
		table: change.start.tableName,
		reference: formatReference(change.start),
		status,
		counts,
		undo:
			(await takenBackWords(change, listed)) ??
			((isEmpty && change.options.size === 0) || wroteNothing(change)
				? "nothing to undo"
				: undefined) ??
			undoOff(session, change.start.connection) ??
			(await undoableChange(change)),
		...defined({
			consent: change.start.consent && consentText(change.start.consent),
		}),
	};
}

async function undoableChange(change: Change): Promise<string> {
	const lack = await lackOf(change);
	if (lack === undefined) return "can be undone";
	return lack.isAll
		? `cannot be undone: ${lack.words}`
		: `can be undone in part: ${lack.words}`;
}

async function takenBackWords(
	change: Change,
	{ undos }: Listed,
): Promise<string | undefined> {
	const undone = await undoneOf(change, undos);
	return (
		undone &&
		`undone ${undone.isWhole ? "" : "in part "}by ${undone.by.join(", ")}`
	);
}

/** Has this undo left something of what it undoes? */
async function undoesPart(
	{ journal }: Session,
	undo: Change,
	{ ids, undos }: Listed,
): Promise<boolean> {
	const { change: id, undoes = "" } = undo.start;
	const change = ids.has(undoes) ? await journal.read(undoes) : undefined;
	const undone = change && (await undoneOf(change, undos));
	return undone?.isWhole === false && undone.by.includes(id);
}

/** Is it certain that no record and no option came of it? */
function wroteNothing(change: Change): boolean {
	return (
		change.status === "complete" &&
		change.damaged === 0 &&
		change.options.size === 0 &&
		[...change.results.values()].every(
			(result) => !isWritten(result) && result.outcome !== "unknown",
		)
	);
}
