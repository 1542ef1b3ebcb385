import type { Clock } from "../core/contract/clock.js";
import type { Consent, Question } from "../core/contract/consent.js";
import type { Running } from "../core/contract/running.js";
import type { Asker } from "./ask.js";

/** A call must have answered after this time, counted from consent: clients give up at 60 s. */
const ANSWER_MS = 45_000;
const PROGRESS_EVERY_MS = 250;
const ASKING_PROGRESS_MS = 10_000;

/** How far a call is; `progress` rises with each report. */
export interface Progress {
	readonly progress: number;
	readonly total: number | undefined;
	readonly message: string;
}

/** The client of one call. */
export interface Caller {
	/** Aborted when it wants no answer any more. */
	readonly signal: AbortSignal;
	/** Sends a report to it, which may be lost. Absent: it did not ask for reports. */
	report?(progress: Progress): void;
	/** The way to its person, as it is at the time of a question. */
	asker(): Omit<Asker, "tool">;
}

/** What a call that runs may do, and what its answer says of it. */
export interface RunningCall extends Running {
	/** How a person agreed, in words. */
	note(): string | undefined;
	/** The questions that were agreed to so far. */
	agreed(): readonly Question[];
	/** It has answered: nothing is reported any more. */
	end(): void;
}

/** A call from its start to its answer: its deadline, its progress, and the consent that it asks for. */
export function runningCall(
	tool: string,
	caller: Caller,
	{
		clock,
		ask,
	}: {
		readonly clock: Clock;
		ask(question: Question, asker: Asker): Promise<Consent>;
	},
): RunningCall {
	let note: string | undefined;
	const agreed: Question[] = [];
	let deadline = clock.now() + ANSWER_MS;
	const reports = progressReports(caller, clock);
	return {
		call: { signal: caller.signal, priority: "interactive" },
		deadlineMs: () => deadline,
		progress: reports.progress,
		async confirm(question) {
			const endWaiting = reports.waiting();
			try {
				const consent = await ask(question, { tool, ...caller.asker() });
				deadline = clock.now() + ANSWER_MS;
				agreed.push(question);
				if (consent.afterMs !== undefined) {
					const { consentText } = await import("../core/contract/consent.js");
					note = consentText(consent);
				}
				return consent;
			} finally {
				endWaiting();
			}
		},
		note: () => note,
		agreed: () => agreed,
		end: reports.end,
	};
}

/** Reports of one call: rising, few a second, and some while a person reads, so that no client gives up. */
function progressReports({ signal, report }: Caller, clock: Clock) {
	let last = { atMs: Number.NEGATIVE_INFINITY, done: -1 };
	let ended = false;
	const tell = (progress: Progress) => {
		if (!ended && !signal.aborted) report?.(progress);
	};
	return {
		progress(done: number, total: number | undefined, message: string) {
			const nowMs = clock.now();
			const complete = total !== undefined && done >= total;
			if (
				done <= last.done ||
				(nowMs - last.atMs < PROGRESS_EVERY_MS && !complete)
			)
				return;
			last = { atMs: nowMs, done };
			tell({ progress: done, total, message });
		},
		/** @returns ends it. */
		waiting() {
			let beats = 0;
			const beat = setInterval(
				() =>
					tell({
						progress: last.done + ++beats / 1000,
						total: undefined,
						message: "waiting for a person's answer",
					}),
				ASKING_PROGRESS_MS,
			);
			beat.unref();
			return () => clearInterval(beat);
		},
		end() {
			ended = true;
		},
	};
}
