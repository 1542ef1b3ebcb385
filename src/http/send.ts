import type { Dispatcher } from "undici";
import { request } from "undici";
import { MOST_NAMES, parseJson } from "../core/values/parse-json.js";
import { type Answer, flat } from "./answer.js";
import type { Timing } from "./buckets.js";
import type { Call, Endpoint } from "./endpoint.js";
import { cancelled, sendingFailure, TimedOut, TooLarge } from "./failures.js";
import { checkedOrigin, urlOf } from "./url.js";

const BYTES_PER_MS = 50;

type Headers = Readonly<Record<string, string>>;

/** To whom and how calls are sent. */
export interface SenderOptions {
	/** Product name, for messages. */
	readonly title: string;
	/** `https://host` and where needed a path; plain HTTP only on loopback. */
	readonly origin: string;
	readonly dispatcher: Dispatcher;
	readonly timing: Timing;
	/** Of one attempt, ms. */
	readonly timeoutMs: number;
	readonly headers?: Headers;
	log(level: "debug" | "warning", message: string): void;
}

/** One attempt at a call. */
export interface Attempt {
	readonly endpoint: Endpoint;
	readonly call: Call;
	readonly credential: Headers;
	/** The caller's. */
	readonly signal: AbortSignal | undefined;
}

export interface Sender {
	/** @throws TablesError unreachable, cancelled or outcome_unknown. */
	send(attempt: Attempt): Promise<Answer>;
	/** How far the vendor's clock is ahead, ms, by the `Date` of its last answer; whole seconds. */
	clockOffsetMs(): number | undefined;
}

/** @throws TablesError bad_argument for an origin that no credential may be sent to. */
export function createSender(options: SenderOptions): Sender {
	const { title, timing, timeoutMs } = options;
	const origin = checkedOrigin(options.origin);
	let clockOffsetMs: number | undefined;
	return {
		clockOffsetMs: () => clockOffsetMs,
		async send(attempt) {
			const { endpoint, call, signal } = attempt;
			const url = urlFor(attempt, origin);
			const startedMs = timing.now();
			if (signal?.aborted) throw cancelled(title, signal.reason);
			const limit = limitOf(
				signal,
				timing,
				timeoutMs + (call.body?.length ?? 0) / BYTES_PER_MS,
			);
			let status = 0;
			try {
				const response = await request(
					url,
					requestOf(attempt, options, limit.signal),
				);
				status = response.statusCode;
				const vendorMs = Date.parse(String(response.headers.date ?? ""));
				if (!Number.isNaN(vendorMs)) clockOffsetMs = vendorMs - timing.now();
				const bytes = await bytesOf(response.body);
				const headers = flat(response.headers);
				// Taking a long answer in, parsing it and reading its rows are turns of their own.
				if (bytes.length > LONG_ANSWER) await nextTurn();
				const json = await jsonOf(bytes);
				const text = new TextDecoder().decode(bytes);
				if (bytes.length > LONG_ANSWER) await nextTurn();
				return { status, headers, json, text };
			} catch (error) {
				throw sendingFailure(error, { title, endpoint, signal, timeoutMs });
			} finally {
				limit.end();
				options.log(
					"debug",
					`${endpoint.method} ${endpoint.path} ${status || "no answer"} ${Math.round(timing.now() - startedMs)} ms`,
				);
			}
		},
	};
}

function nextTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/** From so many bytes on parsing takes longer than a few milliseconds. */
const LONG_ANSWER = 500_000;

/** A full page has a tenth of it; a larger one cannot be parsed without stopping everything else meanwhile. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;

/** A full page has a twentieth of them. */
const MOST_ANSWER_VALUES = 500_000;

/** @throws TooLarge as soon as there is more. */
async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of body) {
		size += chunk.length;
		if (size > MOST_ANSWER_BYTES)
			throw new TooLarge(
				`more than ${MOST_ANSWER_BYTES} bytes, which is the most that is read`,
			);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** undefined for what is not JSON. @throws TooLarge for more values than are kept in memory. */
async function jsonOf(bytes: Buffer): Promise<unknown> {
	const parsed = await parseJson(bytes, MOST_ANSWER_VALUES).catch(
		() => undefined,
	);
	if (parsed?.isCut)
		throw new TooLarge(
			`more than ${MOST_ANSWER_VALUES} values, or ${MOST_NAMES} names in an object, which is the most that is read`,
		);
	return parsed?.value;
}

function urlFor(
	{ endpoint, call, credential }: Attempt,
	origin: string,
): string {
	const { tokenParameter } = endpoint;
	return urlOf(
		endpoint.origin === undefined ? origin : checkedOrigin(endpoint.origin),
		endpoint,
		tokenParameter === undefined
			? call
			: {
					...call,
					query: [
						...(call.query ?? []),
						[tokenParameter, Object.values(credential)[0]],
					],
				},
	);
}

function requestOf(
	{ endpoint, call, credential }: Attempt,
	{ dispatcher, headers }: SenderOptions,
	signal: AbortSignal,
): Parameters<typeof request>[1] {
	const json = call.json === undefined ? undefined : JSON.stringify(call.json);
	return {
		headers: {
			accept: "application/json",
			...headers,
			...(json === undefined
				? {}
				: { "content-type": "application/json; charset=utf-8" }),
			...(call.body === undefined
				? {}
				: {
						"content-type": call.body.type,
						"content-length": String(call.body.length),
					}),
			...call.headers,
			...(endpoint.tokenParameter === undefined ? credential : {}),
		},
		body: call.body?.stream() ?? json ?? null,
		dispatcher,
		method: endpoint.method,
		signal,
		headersTimeout: 0,
		bodyTimeout: 0,
	} as Parameters<typeof request>[1];
}

/** Why a timer ends whose call has. Given, because an abort without a reason makes an exception with a stack for each. */
const OVER = "the call is over";

/** A signal that is aborted with the caller's, or after so long; `end` lets go of both. */
function limitOf(
	signal: AbortSignal | undefined,
	timing: Timing,
	patienceMs: number,
): { readonly signal: AbortSignal; end(): void } {
	const timer = new AbortController();
	const abort = new AbortController();
	const stop = () => abort.abort(signal?.reason);
	signal?.addEventListener("abort", stop, { once: true });
	timing
		.sleep(patienceMs, timer.signal)
		.then(() => abort.abort(new TimedOut()))
		.catch(() => {});
	return {
		signal: abort.signal,
		end() {
			timer.abort(OVER);
			signal?.removeEventListener("abort", stop);
		},
	};
}
