import type { Action, ActionStart, ActionWriter } from "./actions.js";
import type { Consent } from "./consent.js";
import type { Cell } from "./field.js";
import type { Problem } from "./problem.js";
import type { FilterInput } from "./table.js";

/*
 * What was written, kept so that a broken write can be finished and a finished one undone.
 * Events are appended and flushed before a batch is sent and after it is answered; nothing is rewritten.
 */

/** How long a change, its values and the copy of its file are kept after it was last touched, ms. */
export const KEPT_MS = 86_400_000;

/** What is done to one record. */
export type OpKind = "create" | "update" | "delete";

/** What became of one record; `unknown` was sent and not proved, `not_attempted` was never sent. */
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
	/** A change by key may hold creates and updates. */
	readonly kind: OpKind;
	/** Record id. Absent: the record is to be made. */
	readonly id?: string;
	/** By field id; null clears. Empty for a delete. */
	readonly cells: Readonly<Record<string, Cell>>;
	/** An undo: index of the op that this one takes back, in the change that is undone. Absent: it takes none back. */
	readonly undoes?: number;
}

/** The first event of a change: what was asked for, and where. */
export interface ChangeStart {
	/** Tells this event from the others. */
	readonly type: "start";
	/** Id of the change: letters, digits and hyphens. */
	readonly change: string;
	/** Name of the tool that was called; a resume has to call the same. */
	readonly tool: string;
	/** By its name in the configuration. */
	readonly connection: string;
	/** Id of the base. */
	readonly base: string;
	/** Id of the table. */
	readonly table: string;
	/** Name of the table when the change began, for people. */
	readonly tableName: string;
	/** Clock time, ms. */
	readonly atMs: number;
	/** `Session.person` of who made it; nobody else sees it. Absent: made before this was kept, by `LOCAL_PERSON`. */
	readonly by?: string;
	/** Digest of what was given, so that a resume with other records is refused. */
	readonly hash: string;
	/** Records of the whole change. Absent: not known at its start, as with an import. */
	readonly total?: number;
	/** An import: how to open its copied file again. Absent: the records are in the plan. */
	readonly source?: unknown;
	/** Id of the change that this one undoes. Absent: it undoes none. */
	readonly undoes?: string;
	/** How it was agreed to. Absent: nobody was asked. */
	readonly consent?: Consent;
}

/**
 * Everything that is to be sent, written before the first batch; of many records in several entries, which count once
 * the last one is there. An import has none.
 */
export interface ChangePlan {
	/** Tells this event from the others. */
	readonly type: "plan";
	/** Id of the change. */
	readonly change: string;
	/** In the order in which they are sent. */
	readonly ops: readonly Op[];
	/** Outcomes that were settled without a call: unchanged, failed. */
	readonly settled: readonly Settled[];
	/** What was seen of the records, by id. Absent: nobody was asked, and they are not compared. */
	readonly seen?: SeenRecords;
	/** The filter that named the records, with ids of fields. Absent: they were named otherwise. */
	readonly filter?: FilterInput;
	/** Ids of the fields that the records were found by, or that their new values were made of. Absent: none. */
	readonly keys?: readonly string[];
	/** The records must still be as `seen` just before they are sent. Absent: they need not. */
	readonly compares?: true;
	/** Another entry goes on with it. Absent: it is the last one. */
	readonly more?: true;
}

/** Digests of what records held when they were looked at, by record id: whoever changes one changes its digest. */
export type SeenRecords = Readonly<Record<string, string>>;

/** Written before a batch goes out: after it, what became of the batch has to be found out. */
export interface BatchSent {
	/** Tells this event from the others. */
	readonly type: "sent";
	/** Id of the change. */
	readonly change: string;
	/** Number in the change, from 0; one that is sent again in parts has new ones. */
	readonly batch: number;
	/** Of all its ops. */
	readonly kind: OpKind;
	/** Indexes of its ops, in the order sent. */
	readonly indexes: readonly number[];
	/** `CallContext.idempotencyKey` of every attempt at it. */
	readonly key: string;
	/** Clock time, ms. */
	readonly atMs: number;
	/**
	 * Cells from before, by record id, for undo; only the fields that the batch changes (all of them for a delete).
	 * Absent: it only creates, or the connection keeps no values.
	 */
	readonly before?: Readonly<Record<string, Readonly<Record<string, Cell>>>>;
	/** An import carries no plan: the ops of this batch. Absent: they are in the plan. */
	readonly ops?: readonly Op[];
}

/** What became of one op. */
export interface Settled {
	/** Of its op. */
	readonly index: number;
	/** A later event about the same op wins. */
	readonly outcome: Outcome;
	/** Record id. Absent: the record was never made, or it is not known which it is. */
	readonly id?: string;
	/** Why it failed or is not known. Absent: there is nothing to say. */
	readonly message?: string;
	/** Failed in part: ids of the fields that do not hold what was sent; the record was made, or the others changed. Absent: all or nothing. */
	readonly lost?: readonly string[];
	/** A created record: cells beside those sent, as the vendor's answer shows them. Absent: it shows none. */
	readonly filled?: Readonly<Record<string, Cell>>;
}

/** Written after a batch was answered, or what became of it was found out. */
export interface BatchDone {
	/** Tells this event from the others. */
	readonly type: "done";
	/** Id of the change. */
	readonly change: string;
	/** Of its `BatchSent`. */
	readonly batch: number;
	/** Empty where nothing was done and its ops are sent again in other batches. */
	readonly results: readonly Settled[];
}

/** How far an import has read its file. */
export interface OffsetReached {
	/** Tells this event from the others. */
	readonly type: "offset";
	/** Id of the change. */
	readonly change: string;
	/** The file's record that comes next, from 0; counted on from the number of rows for the second writes. */
	readonly offset: number;
	/** Outcomes that were settled without a call since the offset before. */
	readonly results: readonly Settled[];
	/** What was wrong with rows since the offset before, so that a resumed import can still report it. */
	readonly problems: readonly Problem[];
}

/** A person was asked in the middle of a change, and agreed to all that is left of it. */
export interface ChangeAgreed {
	/** Tells this event from the others. */
	readonly type: "agreed";
	/** Id of the change. */
	readonly change: string;
	/** How it was agreed to. */
	readonly consent: Consent;
	/** What was seen of the records when they were asked, by id. Absent: nothing new. */
	readonly seen?: SeenRecords;
}

/** Options that a write lets come into being, entered before they are made. */
export interface OptionsMade {
	/** Tells this event from the others. */
	readonly type: "options";
	/** Id of the change. */
	readonly change: string;
	/** Names that were not there, by field id. */
	readonly options: Readonly<Record<string, readonly string[]>>;
}

/** The last event that a process writes to a change. */
export interface ChangeEnd {
	/** Tells this event from the others. */
	readonly type: "end";
	/** Id of the change. */
	readonly change: string;
	/** Clock time, ms. */
	readonly atMs: number;
	/** `complete`: nothing is left to do; `stopped`: resume goes on. */
	readonly status: "complete" | "stopped";
}

/** One line of the journal. */
export type JournalEvent =
	| ChangeStart
	| ChangePlan
	| BatchSent
	| BatchDone
	| OffsetReached
	| ChangeAgreed
	| OptionsMade
	| ChangeEnd;

/** A change as its events show it. */
export interface Change {
	/** Its first event, with a consent that came later. */
	readonly start: ChangeStart;
	/** undefined for an import, and where the process ended before it was written. */
	readonly plan: ChangePlan | undefined;
	/** In the order sent. */
	readonly sent: readonly BatchSent[];
	/** By index; later events win. Of an import those of its rows, with what their second writes came to. */
	readonly results: ReadonlyMap<number, Settled>;
	/** Of an import: how the second writes of rows ended, by their own indexes; see `second-writes.ts`. */
	readonly second: ReadonlyMap<number, Settled>;
	/** Numbers of batches that have a `BatchDone`. */
	readonly answered: ReadonlySet<number>;
	/** The record of the file where an import goes on. */
	readonly offset: number;
	/** Of the rows of the file before `offset`. */
	readonly problems: readonly Problem[];
	/** Names of options that it let come into being, by field id. */
	readonly options: ReadonlyMap<string, ReadonlySet<string>>;
	/** What was last seen of its records when a person was asked, by id. */
	readonly seen: ReadonlyMap<string, string>;
	/** Clock time of its last end, ms; undefined = it has not ended. */
	readonly endedAtMs: number | undefined;
	/** `running` without an owner: its process was killed. */
	readonly status: "running" | "stopped" | "complete";
	/** Is the process that writes it alive? */
	readonly owned: boolean;
	/** Lines of it that cannot be read any more; what stood in them is not known, so that it cannot be resumed. 0: whole. */
	readonly damaged: number;
}

/** A file of the journal of which something cannot be read. */
export interface DamagedFile {
	/** Absolute path. */
	readonly file: string;
	/** How many lines were left out. */
	readonly lines: number;
	/** Why nothing of it can be read. Absent: the other lines can. */
	readonly failure?: string;
}

/** What is wanted of each change and action of a journal. */
export interface Wanted<Taken> {
	/** Is more of it wanted than how it began? Absent: yes, of all. */
	start?(start: ChangeStart | ActionStart): boolean;
	/**
	 * What is kept of a change; undefined: nothing. Absent: nothing of any.
	 * @throws what ends going through the others as well.
	 */
	change?(change: Change): Promise<Taken | undefined> | Taken | undefined;
	/** What is kept of an action; undefined: nothing. Absent: nothing of any. */
	action?(action: Action): Taken | undefined;
}

/** A change that was not seen before. */
export interface NewChange {
	/** Its first event, without a consent that came later. */
	readonly start: ChangeStart;
	/** `files` tells whether anybody went on with it since. Absent: it is still being written. */
	readonly files?: string;
	/**
	 * The whole of it, and `files` as they are then; undefined: it is not kept any more.
	 * @throws what the file system throws where the journal cannot be read: the server reports it as a failure of this machine.
	 */
	read(): Promise<
		{ readonly change: Change; readonly files?: string } | undefined
	>;
}

/** What a journal holds beside what was seen before. */
export interface News {
	/** Oldest first. */
	readonly changes: readonly NewChange[];
	/** Something that was seen is not there any more, or goes on: what was made of it is not true any more. */
	readonly isStale: boolean;
}

/** One process's hold on a change. */
export interface ChangeWriter {
	/** Id of the change. */
	readonly change: string;
	/**
	 * One event, behind those before it; flushed to the disk when it resolves.
	 * @throws what the file system throws, such as ENOSPC: then nothing may be sent that relies on it.
	 */
	append(event: JournalEvent): Promise<void>;
	/**
	 * The change ends for this process; another may go on with a stopped one. A second time does nothing.
	 * @throws what the file system throws: the server reports it as a failure of this machine.
	 */
	close(): Promise<void>;
}

/** Changes of the last `KEPT_MS`, of all processes that share the data folder. */
export interface Journal {
	/**
	 * A new change; its start is on the disk when it resolves.
	 * @throws what the file system throws, such as ENOSPC: then nothing was sent.
	 */
	begin(start: ChangeStart): Promise<ChangeWriter>;
	/**
	 * Goes on with a change of a process that is gone or has stopped it.
	 * @throws TablesError not_found for a change that is not kept (any more), conflict while its owner lives and works on
	 * it, broken where lines of it are damaged.
	 */
	adopt(change: string): Promise<ChangeWriter>;
	/**
	 * undefined for a change that is not kept (any more).
	 * @throws what the file system throws where the journal cannot be read: the server reports it as a failure of this machine.
	 */
	read(change: string): Promise<Change | undefined>;
	/**
	 * Newest first, complete ones too. What cannot be read is left out.
	 * @throws what the file system throws where the journal cannot be read: the server reports it as a failure of this machine.
	 */
	list(): Promise<readonly Change[]>;
	/**
	 * Changes that are not `seen`, oldest first, and the files of those that nobody goes on with in: what is read of
	 * them once stays true.
	 * @param seen `files` of changes by id, as they were told before.
	 * @throws what the file system throws where the journal cannot be read: the server reports it as a failure of this machine.
	 */
	since(seen: ReadonlyMap<string, string>): Promise<News>;
	/**
	 * A new action; its start is on the disk when it resolves.
	 * @throws what the file system throws, such as ENOSPC: then nothing was sent.
	 */
	act(start: ActionStart): Promise<ActionWriter>;
	/**
	 * undefined for an action that is not kept (any more), and for a change of records.
	 * @throws what the file system throws where the journal cannot be read: the server reports it as a failure of this machine.
	 */
	readAction(change: string): Promise<Action | undefined>;
	/**
	 * Goes through changes and actions, in no order, and holds no more of each than what is taken: all of them together
	 * may be far larger than memory. What cannot be read is left out, and reported where somebody asks and `start` is absent.
	 * @throws what the file system throws where the journal cannot be read: the server reports it as a failure of this machine.
	 */
	each<Taken>(
		wanted: Wanted<Taken>,
		report?: (damaged: DamagedFile) => void,
	): Promise<readonly Taken[]>;
	/** Gives up every change of this process; what was appended stays. Never throws. */
	close(): Promise<void>;
}
