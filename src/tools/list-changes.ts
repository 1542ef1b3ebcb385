import { z } from "zod";
import { consentText } from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import type { Change } from "../core/contract/journal.js";
import { isFenced } from "../core/contract/policy.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { locate } from "../core/places/locate.js";
import { formatReference } from "../core/places/reference.js";
import { fingerprint, readCursor, writeCursor } from "../core/read/cursor.js";
import { defined } from "../core/values/defined.js";
import { parseDate } from "../core/values/parse-date.js";
import { zone } from "../core/values/zone.js";
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
		"This server's own writes of the last 24 hours, newest first: what was done, what is unfinished (resume), what can be undone. Not other people's edits.",
	input: z.object({
		table: schemas.table.optional(),
		since: z.string().optional().describe("Date or time"),
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
		const only =
			table === undefined
				? undefined
				: (await locate(session, table, running)).reference;
		const sinceMs = since === undefined ? undefined : moment(since);
		const hash = fingerprint([table, since]);
		const position =
			cursor === undefined ? undefined : readCursor(cursor, hash);
		const start = position?.at === "offset" ? position.offset : 0;
		const changes = (await session.journal.list()).filter(
			({ start: change }) =>
				(only === undefined || formatReference(change) === only) &&
				(sinceMs === undefined || change.atMs >= sinceMs),
		);
		const seen = await visible(session, changes, running);
		const shown = seen.slice(start, start + limit).map(describeChange);
		const next =
			start + shown.length < seen.length
				? writeCursor(hash, { at: "offset", offset: start + shown.length })
				: null;
		const notes = [ONLY_OURS];
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

type Described = ReturnType<typeof describeChange>;

/** The consents are a column only where there are some. */
function changesBlock(changes: readonly Described[]): string {
	const consents = changes.some(({ consent }) => consent !== undefined);
	return csvBlock(
		[
			...["change_id", "at", "tool", "table", "status", "counts"],
			...(consents ? ["consent"] : []),
		],
		changes.map(({ change_id, at, tool, table, status, counts, consent }) => [
			change_id,
			at,
			tool,
			table,
			status,
			Object.entries(counts)
				.map(([outcome, count]) => `${outcome} ${count}`)
				.join("; "),
			...(consents ? [consent] : []),
		]),
	);
}

function moment(text: string): number {
	const parsed = parseDate(text, zone("UTC"));
	if ("problem" in parsed)
		throw new TablesError(
			"bad_argument",
			`\`since\`: "${text}" ${parsed.problem}`,
		);
	return parsed.ms;
}

/** Changes of tables that the agent may still see. */
async function visible(
	session: Session,
	changes: readonly Change[],
	running: Running,
): Promise<readonly Change[]> {
	const open = new Map<string, Promise<boolean>>();
	const canSee = (change: Change) => {
		const reference = formatReference(change.start);
		const known =
			open.get(reference) ??
			locate(session, reference, running).then(
				() => true,
				(error) => isOpenAnyway(session, change, error),
			);
		open.set(reference, known);
		return known;
	};
	const seen = await Promise.all(changes.map(canSee));
	return changes.filter((_, index) => seen[index]);
}

/** A table that cannot be read now may be shown only where no policy could hide it. */
function isOpenAnyway(
	session: Session,
	{ start }: Change,
	error: unknown,
): boolean {
	const connection = session.connections.get(start.connection);
	return (
		connection !== undefined &&
		!isFenced(connection.policy) &&
		!(error instanceof TablesError && error.code === "not_found")
	);
}

function describeChange(change: Change) {
	const counts: Record<string, number> = {};
	for (const { outcome } of change.results.values())
		counts[outcome] = (counts[outcome] ?? 0) + 1;
	const total = change.start.total ?? change.results.size;
	if (total > change.results.size)
		counts.not_attempted =
			(counts.not_attempted ?? 0) + total - change.results.size;
	const status =
		change.status === "complete"
			? change.start.undoes === undefined
				? "complete"
				: `complete (undid ${change.start.undoes})`
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
		...defined({
			consent: change.start.consent && consentText(change.start.consent),
		}),
	};
}
