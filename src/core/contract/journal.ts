import type { Consent } from "./consent.js";
import type { Cell } from "./field.js";
import type { Problem } from "./problem.js";

/*
 * What was written, kept so that a broken write can be finished and a finished one undone.
 * Events are appended and flushed before a batch is sent and after it is answered; nothing is rewritten.
 */

/** How long a change, its values and the copy of its file are kept after it was last touched, ms. */
export const KEPT_MS = 86_400_000;

export type OpKind = "create" | "update" | "delete";

export type Outcome =
	| "created"
	| "updated"
	| "unchanged"
	| "deleted"
	| "failed"
	| "not_attempted"
	| "unknown";

/** One record's part of a change. */
export interface Op {
	/** Index in the input of the tool, from 0. */
	readonly index: number;
	readonly kind: OpKind;
	/** Record id; absent for create. */
	readonly id?: string;
	/** By field id; null clears. */
	readonly cells: Readonly<Record<string, Cell>>;
}

export interface ChangeStart {
	readonly type: "start";
	readonly change: string;
	readonly tool: string;
	readonly connection: string;
	readonly base: string;
	readonly table: string;
	readonly tableName: string;
	readonly atMs: number;
	/** Hash of what was given, so that a resume with other records is refused. */
	readonly hash: string;
	/** Records of the whole change, where known at its start. */
	readonly total?: number;
	/** An import: how to open its copied file again. */
	readonly source?: unknown;
	/** The change that this one undoes. */
	readonly undoes?: string;
	/** How it was agreed to, where it was asked about. */
	readonly consent?: Consent;
}

export interface ChangePlan {
	readonly type: "plan";
	readonly change: string;
	readonly ops: readonly Op[];
	/** Outcomes that were settled without a call: unchanged, failed. */
	readonly settled: readonly Settled[];
}

export interface BatchSent {
	readonly type: "sent";
	readonly change: string;
	readonly batch: number;
	readonly kind: OpKind;
	/** Indexes of its ops. */
	readonly indexes: readonly number[];
	readonly key: string;
	readonly atMs: number;
	/** Cells from before, by record id, for undo; only the fields that the batch changes (all of them for a delete). */
	readonly before?: Readonly<Record<string, Readonly<Record<string, Cell>>>>;
	/** An import carries no plan: the ops of this batch, and the file's record where the next one begins. */
	readonly ops?: readonly Op[];
	readonly offset?: number;
}

export interface Settled {
	readonly index: number;
	readonly outcome: Outcome;
	readonly id?: string;
	readonly message?: string;
	/** Failed in part: ids of the fields that do not hold what was sent; the record was made, or the others changed. */
	readonly lost?: readonly string[];
}

export interface BatchDone {
	readonly type: "done";
	readonly change: string;
	readonly batch: number;
	readonly results: readonly Settled[];
}

/** An import that has read up to here. */
export interface OffsetReached {
	readonly type: "offset";
	readonly change: string;
	readonly offset: number;
	readonly results: readonly Settled[];
	/** What was wrong with rows since the offset before, so that a resumed import can still tell. */
	readonly problems: readonly Problem[];
}

export interface ChangeEnd {
	readonly type: "end";
	readonly change: string;
	readonly atMs: number;
	/** `complete`: nothing is left to do; `stopped`: resume goes on. */
	readonly status: "complete" | "stopped";
}

export type JournalEvent =
	| ChangeStart
	| ChangePlan
	| BatchSent
	| BatchDone
	| OffsetReached
	| ChangeEnd;

/** A change as its events tell it. */
export interface Change {
	readonly start: ChangeStart;
	readonly plan: ChangePlan | undefined;
	readonly sent: readonly BatchSent[];
	/** By index; later events win. */
	readonly results: ReadonlyMap<number, Settled>;
	/** Numbers of batches that were answered. */
	readonly answered: ReadonlySet<number>;
	/** The record of the file where an import goes on. */
	readonly offset: number;
	/** Of the rows of the file before `offset`. */
	readonly problems: readonly Problem[];
	readonly status: "running" | "stopped" | "complete";
	/** Is the process that writes it alive? */
	readonly owned: boolean;
}

export interface ChangeWriter {
	/** Id of the change. */
	readonly change: string;
	/** Flushed to the disk when it resolves. */
	append(event: JournalEvent): Promise<void>;
	/** The change ends for this process; another may go on with a stopped one. */
	close(): Promise<void>;
}

export interface Journal {
	begin(start: ChangeStart): Promise<ChangeWriter>;
	/**
	 * Goes on with a change of a process that is gone or has stopped it.
	 * @throws TablesError conflict while its owner lives and works on it.
	 */
	adopt(change: string): Promise<ChangeWriter>;
	read(change: string): Promise<Change | undefined>;
	/** Newest first. */
	list(): Promise<readonly Change[]>;
	close(): Promise<void>;
}
