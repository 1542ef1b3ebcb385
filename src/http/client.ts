import { setMaxListeners } from "node:events";
import type { Dispatcher } from "undici";
import { request } from "undici";
import { TablesError } from "../core/contract/errors.js";
import type { Buckets, BucketUse, Timing } from "./buckets.js";
import type { Body } from "./multipart.js";

/** One endpoint of a vendor; a folder's `calls.ts` is a list of these. */
export interface Endpoint {
	/** What it does, for messages and the log: "list records". */
	readonly name: string;
	readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** With `{placeholders}`, which are percent-encoded when filled. */
	readonly path: string;
	readonly kind: "read" | "write";
	/** May be sent again when nobody knows whether it was done: reads (a search by POST too), and writes that end alike. */
	readonly repeatable: boolean;
	/** The bucket that paces it, one of the client's; absent: the one of its kind. */
	readonly pace?: string;
	/** For another host than the client's own. */
	readonly origin?: string;
	/** The credential travels in this parameter of the query, not in its header. */
	readonly tokenParameter?: string;
}

export interface Call {
	readonly params?: Readonly<Record<string, string>>;
	/** Absent values are left out. */
	readonly query?: readonly (readonly [string, string | undefined])[];
	readonly json?: unknown;
	readonly body?: Body;
	readonly headers?: Readonly<Record<string, string>>;
	/** What `per: base` and `per: table` count by. */
	readonly base?: string;
	readonly table?: string;
}

export interface CallOptions {
	readonly signal?: AbortSignal;
	readonly priority: "interactive" | "bulk";
}

/** What came back, before the vendor's table of failures has looked at it. */
export interface Answer {
	readonly status: number;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	/** The parsed JSON; undefined when it is none. */
	readonly json: unknown;
	readonly text: string;
}

export type Judged =
	| { readonly ok: unknown }
	| {
			readonly failure: TablesError;
			/** The token was refused: another one may do. */
			readonly token?: true;
	  };

export interface PacedRate {
	readonly calls: number;
	readonly perMs: number;
	readonly per: "account" | "base" | "table";
	readonly kind: "read" | "write" | "any";
	/** Only endpoints that name it are counted; absent: all of its kind. */
	readonly pace?: string;
}

export interface ClientOptions {
	/** Product name, for messages. */
	readonly title: string;
	/** `https://host` and where needed a path; plain HTTP only on loopback. */
	readonly origin: string;
	readonly dispatcher: Dispatcher;
	readonly timing: Timing;
	/** 0 ≤ x < 1. */
	random(): number;
	readonly buckets: Buckets;
	/** Names this account's buckets; holds no secret. */
	readonly account: string;
	readonly rates: readonly PacedRate[];
	/** Of one attempt, ms. */
	readonly timeoutMs: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** The credential of a call. */
	authorize(
		endpoint: Endpoint,
		signal?: AbortSignal,
	): Promise<Readonly<Record<string, string>>>;
	/** The token that `authorize` gave was refused. */
	refuseToken?(headers: Readonly<Record<string, string>>): void;
	/** The vendor's failure table. */
	judge(answer: Answer, endpoint: Endpoint, call: Call): Judged;
	/** What an answer that is no JSON means to this vendor; undefined: it is judged by its status. */
	judgeText?(answer: Answer): Judged | undefined;
	log(level: "debug" | "warning", message: string): void;
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

/** Attempts after a failure that left nothing done, or of what is repeatable. */
const REPEATS = 4;
/** Throttled calls are repeated more often: their wait is known. */
const THROTTLED_REPEATS = 10;
/** Together with the time-out this keeps one call of an adapter below the time a client waits. */
const PATIENCE_MS = { interactive: 35_000, bulk: 180_000 } as const;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** What a throttled answer that names no time is waited for. */
const THROTTLED_MS = 1_000;
const BYTES_PER_MS = 50;
/** Answers that take this much longer than others may have been asked for late. */
const NOTICEABLE_MS = 8;

/** Failures before anything was sent. */
const NOT_SENT: ReadonlySet<string> = new Set([
	"ECONNREFUSED",
	"ENOTFOUND",
	"EAI_AGAIN",
	"EHOSTUNREACH",
	"ENETUNREACH",
	"UND_ERR_CONNECT_TIMEOUT",
	"CERT_HAS_EXPIRED",
	"DEPTH_ZERO_SELF_SIGNED_CERT",
	"SELF_SIGNED_CERT_IN_CHAIN",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE",
	"ERR_TLS_CERT_ALTNAME_INVALID",
]);

export function createClient(options: ClientOptions): Client {
	const { timing, buckets, title } = options;
	const origin = checkedOrigin(options.origin);
	let clockOffsetMs: number | undefined;
	let quickestMs = Number.POSITIVE_INFINITY;

	const attempt = async (
		endpoint: Endpoint,
		call: Call,
		uses: readonly BucketUse[],
		{ signal, priority }: CallOptions,
	): Promise<unknown> => {
		const credential = await options.authorize(endpoint, signal);
		await entered(buckets.enter(uses, priority, signal), title);
		const sentMs = timing.now();
		const answer = await send(endpoint, call, credential, signal);
		const tookMs = timing.now() - sentMs;
		quickestMs = Math.min(quickestMs, tookMs);
		if (tookMs - quickestMs > NOTICEABLE_MS)
			buckets.arrivedLate(uses, tookMs - quickestMs);
		const judged = judge(answer, endpoint, call);
		if ("ok" in judged) return judged.ok;
		const { failure } = judged;
		if (judged.token) {
			options.refuseToken?.(credential);
			throw new TokenRefused(failure);
		}
		if (failure.code === "throttled")
			for (const use of uses)
				buckets.throttled(use, failure.retryAfterMs ?? THROTTLED_MS);
		throw failure;
	};

	const judge = (answer: Answer, endpoint: Endpoint, call: Call): Judged => {
		const { status, json, text } = answer;
		if (status >= 300 && status < 400)
			return {
				failure: new TablesError(
					"broken",
					`${title} answered "${endpoint.name}" with a redirect (HTTP ${status}); a credential follows none`,
					{ next: "Check the configured base URL.", vendor: { status } },
				),
			};
		if (json !== undefined)
			return heeding(
				options.judge(answer, endpoint, call),
				retryAfterMs(answer, timing.now()),
				timing.now(),
			);
		const known = options.judgeText?.(answer);
		if (known !== undefined) return known;
		const vendor = { status, message: clip(text) };
		if (status === 429)
			return {
				failure: new TablesError(
					"throttled",
					`${title} is called too often`,
					withRetry({ vendor }, retryAfterMs(answer, timing.now())),
				),
			};
		// A write that was answered with "done" and something unreadable may have been done.
		if (
			status >= 500 ||
			status === 408 ||
			(status < 300 && endpoint.kind === "write")
		)
			return {
				failure: unknownOutcome(
					title,
					endpoint,
					`HTTP ${status} ${clip(text)}`,
					vendor,
				),
			};
		return {
			failure: new TablesError(
				"broken",
				`${title} answered "${endpoint.name}" with HTTP ${status} and no JSON: ${clip(text)}`,
				{ next: "Check the configured base URL or a proxy.", vendor },
			),
		};
	};

	const send = async (
		endpoint: Endpoint,
		call: Call,
		credential: Readonly<Record<string, string>>,
		signal: AbortSignal | undefined,
	): Promise<Answer> => {
		const { tokenParameter } = endpoint;
		const url = urlOf(
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
		const body =
			call.json === undefined ? undefined : JSON.stringify(call.json);
		const patience =
			options.timeoutMs + (call.body?.length ?? 0) / BYTES_PER_MS;
		const startedMs = timing.now();
		const timer = new AbortController();
		const abort = new AbortController();
		const stop = () => abort.abort(signal?.reason);
		if (signal?.aborted) throw cancelled(title, signal.reason);
		signal?.addEventListener("abort", stop, { once: true });
		timing
			.sleep(patience, timer.signal)
			.then(() => abort.abort(new TimedOut()))
			.catch(() => {});
		let status = 0;
		try {
			const response = await request(url, {
				dispatcher: options.dispatcher,
				method: endpoint.method,
				headers: {
					accept: "application/json",
					...options.headers,
					...(body === undefined
						? {}
						: { "content-type": "application/json; charset=utf-8" }),
					...(call.body === undefined
						? {}
						: {
								"content-type": call.body.type,
								"content-length": String(call.body.length),
							}),
					...call.headers,
					...(tokenParameter === undefined ? credential : {}),
				},
				body: call.body?.stream() ?? body ?? null,
				signal: abort.signal,
				headersTimeout: 0,
				bodyTimeout: 0,
			} as Parameters<typeof request>[1]);
			status = response.statusCode;
			const vendorMs = Date.parse(String(response.headers.date ?? ""));
			if (!Number.isNaN(vendorMs)) clockOffsetMs = vendorMs - timing.now();
			const text = await response.body.text();
			return {
				status,
				headers: flat(response.headers),
				json: parse(text),
				text,
			};
		} catch (error) {
			throw failureOf(error, endpoint, signal);
		} finally {
			timer.abort();
			signal?.removeEventListener("abort", stop);
			options.log(
				"debug",
				`${endpoint.method} ${endpoint.path} ${status || "no answer"} ${Math.round(timing.now() - startedMs)} ms`,
			);
		}
	};

	const failureOf = (
		error: unknown,
		endpoint: Endpoint,
		signal: AbortSignal | undefined,
	): TablesError => {
		const code = codeOf(error);
		if (code !== undefined && NOT_SENT.has(code))
			return new TablesError(
				"unreachable",
				`${title} could not be reached (${code}); nothing was sent`,
				{
					next: "Check the network, the proxy and the configured base URL.",
					cause: error,
				},
			);
		if (signal?.aborted && endpoint.kind === "read")
			return cancelled(title, signal.reason);
		return unknownOutcome(
			title,
			endpoint,
			error instanceof TimedOut
				? `no answer within ${Math.round(options.timeoutMs / 1000)} s`
				: signal?.aborted
					? signal.reason instanceof TablesError
						? signal.reason.message
						: "stopped waiting"
					: (code ?? String(error)),
			undefined,
			error,
		);
	};

	return {
		clockOffsetMs: () => clockOffsetMs,
		async call(endpoint, call, callOptions) {
			// Many calls at the same time may listen to one signal.
			if (callOptions.signal !== undefined)
				setMaxListeners(0, callOptions.signal);
			const uses = usesOf(options, endpoint, call);
			const untilMs = timing.now() + PATIENCE_MS[callOptions.priority];
			let tokenRefused = false;
			// A write that may have been done stays so, whatever becomes of its repeats.
			let open: TablesError | undefined;
			for (let round = 0; ; round++) {
				try {
					return await attempt(endpoint, call, uses, callOptions);
				} catch (error) {
					if (error instanceof TokenRefused) {
						if (tokenRefused) throw ended(open, error.failure);
						tokenRefused = true;
						continue;
					}
					if (!(error instanceof TablesError)) throw error;
					if (error.code === "outcome_unknown" && endpoint.kind === "write")
						open = error;
					const waitMs = waitBefore(error, endpoint, round, options.random());
					if (
						waitMs === undefined ||
						callOptions.signal?.aborted ||
						timing.now() + waitMs > untilMs
					)
						throw ended(open, final(error, endpoint, title));
					options.log(
						"debug",
						`${endpoint.name}: ${error.code}, again in ${Math.round(waitMs)} ms`,
					);
					await entered(timing.sleep(waitMs, callOptions.signal), title).catch(
						(reason: TablesError) => {
							throw ended(open, reason);
						},
					);
				}
			}
		},
	};
}

/** Refusals of what was sent, which an earlier attempt at the same must have met as well. */
const REFUSALS: ReadonlySet<string> = new Set([
	"bad_value",
	"bad_argument",
	"too_large",
	"unsupported",
	"duplicate_token",
]);

/** How a call ends whose attempt `open` may have been done. */
function ended(open: TablesError | undefined, last: TablesError): TablesError {
	if (open === undefined || open === last || REFUSALS.has(last.code))
		return last;
	const vendor = last.vendor ?? open.vendor;
	return new TablesError(
		"outcome_unknown",
		`${open.message}; then: ${last.message}`,
		{
			cause: last,
			...(open.next === undefined ? {} : { next: open.next }),
			...(vendor === undefined ? {} : { vendor }),
		},
	);
}

class TimedOut extends Error {}

class TokenRefused extends Error {
	constructor(readonly failure: TablesError) {
		super(failure.message);
	}
}

/** How long to wait before sending again; undefined: never again. */
function waitBefore(
	error: TablesError,
	endpoint: Endpoint,
	round: number,
	random: number,
): number | undefined {
	const backoff =
		Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** round) * (0.75 + random / 2);
	switch (error.code) {
		case "throttled":
			return round < THROTTLED_REPEATS
				? (error.retryAfterMs ?? THROTTLED_MS) * (1 + random / 10)
				: undefined;
		case "busy":
			return round < THROTTLED_REPEATS
				? (error.retryAfterMs ?? backoff)
				: undefined;
		case "unreachable":
			return round < REPEATS ? backoff : undefined;
		case "outcome_unknown":
			return endpoint.repeatable && round < REPEATS ? backoff : undefined;
		default:
			return undefined;
	}
}

/** A read that failed did no harm: nothing about it is unknown. */
function final(
	error: TablesError,
	endpoint: Endpoint,
	title: string,
): TablesError {
	if (error.code !== "outcome_unknown" || endpoint.kind === "write")
		return error;
	return new TablesError(
		"unreachable",
		`${title} did not answer "${endpoint.name}": ${error.message}`,
		{
			next: "Call again later.",
			cause: error,
			...(error.vendor === undefined ? {} : { vendor: error.vendor }),
		},
	);
}

function unknownOutcome(
	title: string,
	endpoint: Endpoint,
	reason: string,
	vendor?: TablesError["vendor"],
	cause?: unknown,
): TablesError {
	return new TablesError(
		"outcome_unknown",
		endpoint.kind === "read"
			? reason
			: `${title} was sent "${endpoint.name}" and gave no answer that tells whether it was done: ${reason}`,
		{
			...(endpoint.kind === "read"
				? {}
				: { next: "Look whether it was done before sending it again." }),
			...(vendor === undefined ? {} : { vendor }),
			...(cause === undefined ? {} : { cause }),
		},
	);
}

function cancelled(title: string, reason: unknown): TablesError {
	return reason instanceof TablesError
		? reason
		: new TablesError("cancelled", `the call to ${title} was cancelled`);
}

/** Waiting for a turn: whoever stops waiting has sent nothing. */
async function entered(waiting: Promise<void>, title: string): Promise<void> {
	try {
		await waiting;
	} catch (reason) {
		throw cancelled(title, reason);
	}
}

function usesOf(
	{ account, rates }: ClientOptions,
	endpoint: Endpoint,
	call: Call,
): readonly BucketUse[] {
	return rates
		.filter(({ kind, pace }) =>
			endpoint.pace === undefined
				? pace === undefined && (kind === "any" || kind === endpoint.kind)
				: pace === endpoint.pace,
		)
		.map((rate) => ({
			name: [
				account,
				rate.pace ?? rate.kind,
				rate.per,
				rate.per === "base"
					? call.base
					: rate.per === "table"
						? call.table
						: "",
			].join("\n"),
			rate,
		}));
}

function urlOf(origin: string, endpoint: Endpoint, call: Call): string {
	const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value = call.params?.[name];
		if (value === undefined || value === "")
			throw new TablesError(
				"internal",
				`"${endpoint.name}" was called without ${name}`,
			);
		// A dot segment would be resolved away by the URL parser.
		if (value === "." || value === "..")
			throw new TablesError("not_found", `"${value}" is no id`);
		return encodeURIComponent(value);
	});
	const query = (call.query ?? [])
		.flatMap(([name, value]) =>
			value === undefined
				? []
				: [`${encodeURIComponent(name)}=${encodeURIComponent(value)}`],
		)
		.join("&");
	return `${origin}${path}${query === "" ? "" : `?${query}`}`;
}

/**
 * Without a trailing slash.
 * @throws TablesError bad_argument for anything but HTTPS, or plain HTTP on loopback.
 */
export function checkedOrigin(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const loopback =
		url !== undefined &&
		(/^127\.\d+\.\d+\.\d+$/.test(url.hostname) ||
			url.hostname === "localhost" ||
			url.hostname === "[::1]");
	if (
		url === undefined ||
		!(url.protocol === "https:" || (url.protocol === "http:" && loopback)) ||
		url.username !== "" ||
		url.search !== "" ||
		url.hash !== ""
	)
		throw new TablesError(
			"bad_argument",
			`"${text}" is no base URL: give https://host (plain http:// only on this machine), without user, query or #`,
		);
	return url.href.replace(/\/+$/, "");
}

/** Seconds, or a date by the vendor's own clock, of the header `Retry-After`; ms. */
function retryAfterMs(
	{ headers }: Pick<Answer, "headers">,
	nowMs: number,
): number | undefined {
	const told = headers["retry-after"]?.trim();
	if (told === undefined || told === "") return undefined;
	if (/^\d+(\.\d+)?$/.test(told)) return Number(told) * 1000;
	const atMs = Date.parse(told);
	if (Number.isNaN(atMs)) return undefined;
	const vendorMs = Date.parse(headers.date ?? "");
	return Math.max(0, atMs - (Number.isNaN(vendorMs) ? nowMs : vendorMs));
}

/** Failures that pass with time. */
const PASSING: ReadonlySet<string> = new Set([
	"throttled",
	"busy",
	"quota_spent",
]);

/** The header's time goes before that of the table, unless it is shorter; a spent quota says when it is reset. */
function heeding(
	judged: Judged,
	toldMs: number | undefined,
	nowMs: number,
): Judged {
	if (
		toldMs === undefined ||
		!("failure" in judged) ||
		!PASSING.has(judged.failure.code)
	)
		return judged;
	const { code, message, vendor, next, retryAfterMs: known } = judged.failure;
	const reset =
		code === "quota_spent"
			? `; it is reset at ${new Date(nowMs + toldMs).toISOString()}`
			: "";
	return {
		...judged,
		failure: new TablesError(code, `${message}${reset}`, {
			retryAfterMs: Math.max(toldMs, known ?? 0),
			...(vendor === undefined ? {} : { vendor }),
			...(next === undefined ? {} : { next }),
		}),
	};
}

function withRetry<T extends object>(
	rest: T,
	waitMs: number | undefined,
): T & { retryAfterMs?: number } {
	return waitMs === undefined ? rest : { ...rest, retryAfterMs: waitMs };
}

function codeOf(error: unknown): string | undefined {
	for (
		let at: unknown = error;
		at instanceof Error;
		at = (at as { cause?: unknown }).cause
	) {
		const { code } = at as { code?: unknown };
		if (typeof code === "string" && code !== "ABORT_ERR") return code;
		if (at instanceof AggregateError && at.errors[0] !== undefined) {
			const inner = codeOf(at.errors[0]);
			if (inner !== undefined) return inner;
		}
	}
	return undefined;
}

/** Headers with names in lower case, one text each. */
export function flat(
	headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			Array.isArray(value) ? value.join(", ") : (value ?? ""),
		]),
	);
}

/** undefined for what is no JSON. */
export function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

const CLIP = 200;

/** The start of a text without markup, for a message. */
export function clip(text: string): string {
	const plain = text
		.replace(/<[^>]*>/g, " ")
		.replace(/\s+/g, " ")
		.trim();
	return plain.length > CLIP ? `${plain.slice(0, CLIP)}…` : plain;
}
