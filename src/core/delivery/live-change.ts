import { repeatingOf, sentence, wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type {
	BatchSent,
	Change,
	ChangeWriter,
	JournalEvent,
	Settled,
} from "../contract/journal.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { summarize, type WriteAnswer } from "./answer.js";
import { noteMade } from "./just-made.js";
import { logUnexpected } from "./log-unexpected.js";
import { type Proven, provenOf } from "./proof.js";

/** A batch is begun only when this much time is left to answer. */
const BATCH_MARGIN_MS = 6_000;

const CANCELLED = "the call was cancelled";

/** What a change is made of when it begins, or when this process takes it over. */
export interface ChangeParts {
	readonly session: Session;
	readonly located: Located;
	readonly running: Running;
	readonly writer: ChangeWriter;
	/** What an earlier call has done of it. Absent: it begins now. */
	readonly earlier?: Change;
}

/**
 * A change while this process carries it out: where it goes, its journal, and how its records ended so far. What was
 * sent in an earlier call without seeing an answer is unknown until that is found out.
 */
export class LiveChange {
	readonly session: Session;
	readonly running: Running;
	readonly writer: ChangeWriter;
	/** The table as the last check of what is to be written saw it. */
	located: Located;
	/** By index in the input of the tool. */
	readonly results: Map<number, Settled>;
	readonly notes = new Set<string>();
	#proven: Promise<Proven> | undefined;
	#batches: number;
	#stopped: string | undefined;
	#advice: string | undefined;
	/** The failure that stopped it. Absent: something else did, or nothing. */
	#failure: TablesError | undefined;
	/** A failure that whatever is left would meet as well. */
	#hopeless: TablesError | undefined;
	/** Why the journal does not know that the change is complete. */
	#unended: string | undefined;

	constructor({ session, located, running, writer, earlier }: ChangeParts) {
		this.session = session;
		this.located = located;
		this.running = running;
		this.writer = writer;
		this.results = new Map([
			...(earlier?.results ?? []),
			...(earlier?.second ?? []),
		]);
		this.#batches =
			1 + Math.max(-1, ...(earlier?.sent ?? []).map(({ batch }) => batch));
		for (const { batch, indexes } of earlier?.sent ?? [])
			if (!earlier?.answered.has(batch))
				for (const index of indexes.filter((index) => this.isOpen(index)))
					this.results.set(index, {
						index,
						outcome: "unknown",
						message:
							"it is not known whether it was written (its answer was never seen); resume finds out",
					});
	}

	/** What the vendor was seen to store, by this change or another of late. */
	proven(): Promise<Proven> {
		this.#proven ??= provenOf(this.session, this.located);
		return this.#proven;
	}

	/** Why the rest was not attempted; undefined = nothing stopped it. */
	get stopped(): string | undefined {
		return this.#stopped;
	}

	/** Was everything done, and does the journal know it? */
	get isComplete(): boolean {
		return this.#stopped === undefined && this.#unended === undefined;
	}

	get isCancelled(): boolean {
		return this.running.call.signal?.aborted === true;
	}

	/** Has the record still to be sent? */
	isOpen(index: number): boolean {
		return isOpen(this.results.get(index));
	}

	/** Is there time for another batch, after `waitMs`? */
	hasTime(waitMs = 0): boolean {
		return (
			this.session.clock.now() + waitMs <=
			this.running.deadlineMs() - BATCH_MARGIN_MS
		);
	}

	/** The first reason stays. `advice`: what to do about the rest where a resume cannot help. */
	stop(why: string, advice?: string): void {
		if (this.#stopped !== undefined) return;
		this.#stopped = why;
		this.#advice = advice;
	}

	/** Stops because of a failure that left nothing done. */
	stopBy(error: TablesError): void {
		if (this.#stopped === undefined) this.#failure = error;
		// To call again is what the answer says anyway.
		const isPassing =
			repeatingOf(error) === "later" && error.next === undefined;
		this.stop(isPassing ? sentence(error) : wordsOf(error));
	}

	/** A failure that settled what it met; whatever is left is not tried. */
	giveUp(error: TablesError): void {
		this.#hopeless ??= error;
	}

	/** Stops because of something that is not one of the vendor's failures. */
	stopUnexpected(error: unknown): void {
		if (this.isCancelled) {
			this.stop(CANCELLED);
			return;
		}
		logUnexpected(this.session, error);
		if (error instanceof TablesError) this.stopBy(error);
		else this.stop(wordsOf(error));
	}

	/** Stops where the call was cancelled, has no time for another batch, or would fail with that as well. */
	stopInTime(): void {
		if (this.isCancelled) this.stop(CANCELLED);
		else if (this.#hopeless !== undefined) this.stopBy(this.#hopeless);
		else if (!this.hasTime())
			this.stop("the time that one call may take was over");
	}

	/** Outcomes that the journal has from elsewhere, or has to go without. */
	know(results: readonly Settled[]): void {
		for (const result of results) this.results.set(result.index, result);
	}

	/**
	 * An entry of the journal, without which nothing more may be sent.
	 * @throws Error that names the journal.
	 */
	async enter(event: JournalEvent): Promise<void> {
		try {
			await this.writer.append(event);
		} catch (cause) {
			throw new Error(
				`the journal in the data folder cannot be written (${wordsOf(cause)})`,
				{ cause },
			);
		}
	}

	/** Enters a batch that is about to be sent. */
	async enterSent(
		batch: Pick<BatchSent, "kind" | "indexes" | "before" | "ops">,
	): Promise<BatchSent> {
		const sent: BatchSent = {
			type: "sent",
			change: this.writer.change,
			batch: this.#batches++,
			key: this.session.uuid(),
			atMs: this.session.clock.now(),
			...batch,
		};
		await this.enter(sent);
		return sent;
	}

	/** Enters what became of records without a batch having been sent. */
	recordUnsent(results: readonly Settled[]): Promise<void> {
		return this.record(this.#batches++, results);
	}

	/** Enters what became of a batch. It is known here even where the journal cannot be written. */
	async record(batch: number, results: readonly Settled[]): Promise<void> {
		this.know(results);
		noteMade(this.session, results);
		await this.enter({
			type: "done",
			change: this.writer.change,
			batch,
			results,
		});
	}

	/**
	 * Does the part of the change that sends, and ends it in the journal. Nothing is thrown: whatever fails stops what
	 * is left, and what was done until then is in the results, to be reported.
	 */
	async carryOut(send: () => Promise<void>): Promise<void> {
		try {
			await send();
		} catch (error) {
			this.stopUnexpected(error);
		}
		await this.#end();
	}

	/** `goOn` goes on at once only where that can help. */
	#goingOn(goOn: string): string {
		if (this.#failure?.vendor === undefined) return goOn;
		switch (repeatingOf(this.#failure)) {
			case "after":
				return `once that is put right, ${goOn}`;
			case "never":
				return "what is left was not sent, because it would fail as well";
			default:
				return goOn;
		}
	}

	async #end(): Promise<void> {
		try {
			await this.enter({
				type: "end",
				change: this.writer.change,
				atMs: this.session.clock.now(),
				status: this.#stopped === undefined ? "complete" : "stopped",
			});
		} catch (error) {
			// Without an end the journal takes it for unfinished: where it is, nothing has to be reported.
			this.session.log("error", wordsOf(error));
			if (this.#stopped === undefined) this.#unended = wordsOf(error);
		}
		await closeWriter(this.session, this.writer);
	}

	/** What the tool answers. `undoes`: id of the change that this one undoes. */
	async answer(
		total: number,
		notes: readonly string[],
		undoes?: string,
	): Promise<WriteAnswer> {
		const id = this.writer.change;
		const answer = await summarize(id, total, this.results, [
			...notes,
			...this.notes,
		]);
		const { not_attempted, unknown } = answer.counts;
		const goOn =
			undoes === undefined
				? `call again with resume: "${id}"`
				: `call undo_change with change_id: "${undoes}" again, and it goes on`;
		const ends: string[] = [];
		if (this.#stopped !== undefined)
			ends.push(
				`stopped: ${this.#stopped.replace(/\.$/, "")}; ${
					not_attempted + unknown > 0
						? (this.#advice ?? this.#goingOn(goOn))
						: `no record is left, and list_changes shows the change as unfinished: ${goOn}`
				}`,
			);
		if (this.#unended !== undefined)
			ends.push(
				`all was done, and list_changes shows the change as unfinished: ${this.#unended}. Once that is put right, ${goOn}: nothing is written twice`,
			);
		return { ...answer, notes: [...answer.notes, ...ends] };
	}
}

/** Has a record with this outcome still to be sent? */
export function isOpen(result: Settled | undefined): boolean {
	return result === undefined || result.outcome === "not_attempted";
}

/** What a writer leaves open is of no consequence to what was written. */
export async function closeWriter(
	session: Pick<Session, "log">,
	writer: Pick<ChangeWriter, "close">,
): Promise<void> {
	try {
		await writer.close();
	} catch (error) {
		session.log("warning", `the journal's file: ${wordsOf(error)}`);
	}
}
