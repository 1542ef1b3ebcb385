import { TablesError } from "../contract/errors.js";
import type { Capability } from "../contract/methods.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { isFailure, type WriteAnswer } from "../delivery/answer.js";
import { oneAtATime, type Turn } from "../delivery/write-locks.js";
import { need } from "../places/capability.js";
import { checkPolicy } from "../places/guard.js";
import type { Located } from "../places/locate.js";
import { createRecords } from "../write/create-records.js";
import { deleteRecords } from "../write/delete-records.js";
import type { StatementRows } from "../write/statement-rows.js";
import { updateRecords } from "../write/update-records.js";
import type { WriteOptions } from "../write/write-plan.js";
import { type FromRecords, fromRecords, type RowsFor } from "./from-records.js";
import { runStatement, type StatementInput } from "./run-statement.js";
import type { StatementResult } from "./statement-result.js";
import { whatIsRead } from "./what-was-read.js";
import { wholeCells } from "./whole-cells.js";

/*
 * Rows of a statement in place of typed ones. The statement is always run afresh; all that its rows come to is in the
 * journal before the first write, so that a resume goes on with it and never runs the statement again.
 */

/** Where rows go, and how. */
export interface WriteFrom {
	readonly located: Located;
	readonly from: StatementInput;
	readonly options: WriteOptions;
	readonly confirm?: string | undefined;
}

/** Makes a record of each row. */
export function createFrom(
	session: Session,
	write: WriteFrom,
	running: Running,
): Promise<WriteAnswer> {
	const wanted = { byId: false, sets: true, matchOn: [] };
	return writeFrom(
		session,
		{ ...write, needs: "createBatch", wanted },
		running,
		({ records }, statement) =>
			createRecords(
				session,
				write.located,
				records,
				{ ...write.options, statement },
				running,
			),
	);
}

/** Changes the record that each row names by its id, or by key fields. */
export function updateFrom(
	session: Session,
	write: WriteFrom & {
		readonly matchOn?: readonly string[] | undefined;
		readonly upsert?: boolean | undefined;
	},
	running: Running,
): Promise<WriteAnswer> {
	const { matchOn, upsert, confirm } = write;
	const wanted = {
		...{ byId: matchOn === undefined, sets: true },
		matchOn: matchOn ?? [],
	};
	return writeFrom(
		session,
		{ ...write, needs: "updateBatch", wanted },
		running,
		({ records }, statement) =>
			updateRecords(
				session,
				write.located,
				{ records, matchOn, upsert, confirm, statement },
				write.options,
				running,
			),
	);
}

/** Deletes the record that each row names. */
export function deleteFrom(
	session: Session,
	write: WriteFrom,
	running: Running,
): Promise<WriteAnswer> {
	const { confirm } = write;
	const wanted = { byId: true, sets: false, matchOn: [] };
	return writeFrom(
		session,
		{ ...write, needs: "deleteBatch", wanted },
		running,
		({ records }, statement) =>
			deleteRecords(
				session,
				write.located,
				{ recordIds: records.map(({ id = "" }) => id), confirm, statement },
				write.options,
				running,
			),
	);
}

/** Of two that write what they read, the second must read what the first has written. */
function writeFrom(
	session: Session,
	{
		located,
		from,
		options,
		needs,
		wanted,
	}: WriteFrom & { readonly needs: Capability; readonly wanted: RowsFor },
	running: Running,
	send: (rows: FromRecords, statement: StatementRows) => Promise<WriteAnswer>,
): Promise<WriteAnswer> {
	need(located, needs);
	checkPolicy(located.connection.policy, needs);
	const write = async (turn?: Turn) => {
		const watching = whatIsRead(located, wanted.sets);
		const cells = wholeCells(located, from.sql, wanted);
		const result = await runStatement(session, from, running, {
			...watching,
			saw: cells.saw,
		});
		refuseCut(result);
		const rows = await fromRecords(located, result, wanted, cells);
		const { read, hasRead, isAsRead } = watching;
		const asked = statementOf(from);
		const answer = await send(rows, { read, hasRead, isAsRead, asked, turn });
		return {
			...answer,
			// As of a filter, counts tell more than ids; what went wrong is told by record.
			...(isFailure(answer) ? {} : { ids: [] }),
			notes: [
				...new Set([...answer.notes, ...result.notes, ...rows.notes]),
				readNote(result),
			],
		};
	};
	return options.dryRun
		? write()
		: oneAtATime(session, located, running, write);
}

/** What a repeat is known by. */
export function statementOf({ sql, tables }: StatementInput): unknown {
	return { from: [sql, tables] };
}

/** @throws TablesError too_large: a part of the rows must not be taken for all of them. */
export function refuseCut({ isCut, rows }: StatementResult): void {
	if (isCut)
		throw new TablesError(
			"too_large",
			`the statement has more rows than the ${rows.length} that fit in one call; nothing was written`,
			{ next: "Narrow it, as with WHERE, and call once for each part." },
		);
}

/** From when the rows are, and of how many they were made. */
export function readNote({ rows, asOf, zone, read }: StatementResult): string {
	const tables = Object.entries(read).map(
		([as, count]) => `${as} ${count === 1 ? "1 row" : `${count} rows`}`,
	);
	return `${rows.length === 1 ? "1 row" : `${rows.length} rows`} of the statement as of ${asOf} ${zone}; read: ${tables.join(", ") || "nothing"}`;
}
