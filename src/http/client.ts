import { setMaxListeners } from "node:events";
import { TablesError } from "../core/contract/errors.js";
import type { Buckets, BucketUse } from "./buckets.js";
import type { Call, Endpoint } from "./endpoint.js";
import { cancelled, stoppedAfter } from "./failures.js";
import { type JudgeOptions, judgeAnswer } from "./judge.js";
import { type Paced, usesOf } from "./pace.js";
import { ended, final, THROTTLED_MS, waitBefore } from "./retry.js";
import { createSender, type SenderOptions } from "./send.js";

export interface CallOptions {
	readonly signal?: AbortSignal;
	readonly priority: "interactive" | "bulk";
}

export interface ClientOptions extends SenderOptions, JudgeOptions, Paced {
	/** 0 ≤ x < 1. */
	random(): number;
	readonly buckets: Buckets;
	/** The credential of a call. */
	authorize(
		endpoint: Endpoint,
		signal?: AbortSignal,
	): Promise<Readonly<Record<string, string>>>;
	/** The token that `authorize` gave was refused. */
	refuseToken?(headers: Readonly<Record<string, string>>): void;
}

export interface Client {
	/**
	 * The vendor's payload. Waits for its turn, waits and repeats where nothing was done, repeats what is repeatable.
	 * @throws TablesError; `outcome_unknown` when a write was sent and nobody knows whether it was done.
	 */
	call(endpoint: Endpoint, call: Call, options: CallOptions): Promise<unknown>;
	/** How far the vendor's clock is ahead, ms, by the `Date` of its last answer; whole seconds. */
	clockOffsetMs(): number | undefined;
}

/**
 * How long a call is waited for and repeated. `interactive` keeps one call of an adapter below the time that a client
 * waits; `bulk` work may take longer, and is ended by the signal of its call.
 */
const PATIENCE_MS = { interactive: 35_000, bulk: 180_000 } as const;
/** Answers that take this much longer than others may have been asked for late. */
const NOTICEABLE_MS = 8;

/** Whoever says so, and of whatever form: it is to be called less often. */
const TOO_MANY = 429;

/** A call with what stays the same over all attempts at it. */
interface Wanted {
	readonly endpoint: Endpoint;
	readonly call: Call;
	readonly uses: readonly BucketUse[];
	readonly options: CallOptions;
}

/** The client of one account. */
export function createClient(options: ClientOptions): Client {
	const { timing, title } = options;
	const sender = createSender(options);
	const attempt = attempts(options, sender.send);

	/** Waits until the call may be sent again. @throws TablesError how the call ends, where it may not. */
	const waitAgain = async (
		error: TablesError,
		round: number,
		untilMs: number,
		{ endpoint, options: { signal } }: Wanted,
	): Promise<void> => {
		const waitMs = waitBefore(error, endpoint, round, options.random());
		if (
			waitMs === undefined ||
			signal?.aborted ||
			timing.now() + waitMs > untilMs
		)
			throw final(error, endpoint, title);
		options.log(
			"debug",
			`${endpoint.name}: ${error.code}, again in ${Math.round(waitMs)} ms`,
		);
		await unlessCancelled(timing.sleep(waitMs, signal), title);
	};

	return {
		clockOffsetMs: sender.clockOffsetMs,
		async call(endpoint, call, callOptions) {
			// Many calls at the same time may listen to one signal.
			if (callOptions.signal !== undefined)
				setMaxListeners(0, callOptions.signal);
			const uses = usesOf(endpoint, call, options);
			const wanted: Wanted = { endpoint, call, uses, options: callOptions };
			const untilMs = timing.now() + PATIENCE_MS[callOptions.priority];
			let tokenRefused = false;
			// A write that may have been done stays so, whatever becomes of its repeats.
			let open: TablesError | undefined;
			// What the vendor last answered is the reason why the time was over.
			let answered: TablesError | undefined;
			for (let round = 0; ; round++) {
				try {
					return await attempt(wanted);
				} catch (error) {
					if (error instanceof TokenRefused) {
						if (tokenRefused) throw ended(open, error.failure);
						tokenRefused = true;
						continue;
					}
					if (error instanceof NoCredential) throw ended(open, error.failure);
					if (!(error instanceof TablesError)) throw error;
					if (error.code === "outcome_unknown" && endpoint.kind === "write")
						open = error;
					const { signal } = callOptions;
					if (error !== signal?.reason) answered = error;
					await waitAgain(error, round, untilMs, wanted).catch((last) => {
						throw ended(open, stoppedAfter(answered, last, signal));
					});
				}
			}
		},
	};
}

/** One attempt: authorized, in its turn, sent and judged. What it learns of the account's pace goes to the buckets. */
function attempts(
	options: ClientOptions,
	send: ReturnType<typeof createSender>["send"],
): (wanted: Wanted) => Promise<unknown> {
	const { timing, buckets, title, secrets } = options;
	let quickestMs = Number.POSITIVE_INFINITY;
	return async (wanted) => {
		const { endpoint, call, uses } = wanted;
		const { signal, priority } = wanted.options;
		const credential = await credentialFor(wanted, options);
		for (const value of Object.values(credential))
			secrets.add(withoutScheme(value));
		await unlessCancelled(buckets.enter(uses, priority, signal), title);
		const sentMs = timing.now();
		const answer = await send({ endpoint, call, credential, signal });
		const tookMs = timing.now() - sentMs;
		quickestMs = Math.min(quickestMs, tookMs);
		if (tookMs - quickestMs > NOTICEABLE_MS)
			buckets.arrivedLate(uses, tookMs - quickestMs);
		const judged = judgeAnswer(answer, endpoint, call, options);
		if ("ok" in judged) return judged.ok;
		const { failure } = judged;
		if (judged.token) {
			options.refuseToken?.(credential);
			throw new TokenRefused(failure);
		}
		if (failure.code === "throttled" || answer.status === TOO_MANY)
			for (const use of uses)
				buckets.throttled(use, failure.retryAfterMs ?? THROTTLED_MS);
		throw failure;
	};
}

/** `Bearer` is not secret. */
function withoutScheme(value: string): string {
	return value.replace(/^[A-Za-z]+ +/, "");
}

/** @throws NoCredential when it cannot be had. */
async function credentialFor(
	{ endpoint, options: { signal } }: Wanted,
	{ authorize, title }: ClientOptions,
): Promise<Readonly<Record<string, string>>> {
	try {
		return await authorize(endpoint, signal);
	} catch (error) {
		if (signal?.aborted) throw cancelled(title, signal.reason);
		throw error instanceof TablesError ? new NoCredential(error) : error;
	}
}

/** The call for a credential failed: it has been repeated as often as is worth while, so the call that needs it is not. */
class NoCredential extends Error {
	constructor(readonly failure: TablesError) {
		super(failure.message);
	}
}

class TokenRefused extends Error {
	constructor(readonly failure: TablesError) {
		super(failure.message);
	}
}

/** Waiting for a turn: whoever stops waiting has sent nothing more. */
async function unlessCancelled(
	waiting: Promise<void>,
	title: string,
): Promise<void> {
	try {
		await waiting;
	} catch (reason) {
		throw cancelled(title, reason);
	}
}
