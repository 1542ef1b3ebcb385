import type { Clock } from "../../src/core/contract/clock.js";

/** One HTTP request as a fake sees it: no sockets, no streams. */
export interface FakeRequest {
	readonly method: string;
	/** `http://host:port` the client addressed; a fake may use it to make links to itself. */
	readonly origin: string;
	/** Percent-encoded path without the query. */
	readonly path: string;
	/** The raw query string without `?`. */
	readonly query: string;
	/** Names in lower case. */
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Buffer;
}

export interface FakeResponse {
	readonly status: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | Uint8Array;
	/** The answer leaves this much later (virtual or real time). */
	readonly delayMs?: number;
	/** The connection breaks in place of an answer, or inside the body. */
	readonly broken?: "no-answer" | "mid-body";
}

/**
 * A fault asked for by a test, decided per request by `FakeOptions.fault`.
 * `when: "before"` means that the vendor did nothing, `"after"` that it did its work and the answer is then replaced.
 */
export interface Fault {
	readonly when: "before" | "after";
	/** What the client sees in place of the vendor's own answer; absent: the own answer, delayed or broken. */
	readonly response?: FakeResponse;
	readonly delayMs?: number;
	readonly broken?: "no-answer" | "mid-body";
}

/** Asked once for every request, in order; `undefined` lets the request pass. */
export type FaultPlan = (request: FakeRequest) => Fault | undefined;

/**
 * A vendor's server as a pure function of request and clock.
 * `clock` is only read (`now`); a fake never sleeps: it states `delayMs`.
 */
export interface Fake {
	handle(request: FakeRequest): FakeResponse;
	/** All requests so far, faults included, in order. */
	readonly log: readonly FakeExchange[];
}

export interface FakeExchange {
	readonly atMs: number;
	readonly request: FakeRequest;
	readonly response: FakeResponse;
	readonly fault?: Fault;
}

export interface FakeOptions {
	readonly clock: Pick<Clock, "now">;
	readonly fault?: FaultPlan;
}

/** Wraps a vendor's own handler with faults and the log. */
export function withFaults(
	handler: (request: FakeRequest) => FakeResponse,
	options: FakeOptions,
): Fake {
	const log: FakeExchange[] = [];
	return {
		log,
		handle(request) {
			const fault = options.fault?.(request);
			const own = fault?.when === "before" ? undefined : handler(request);
			const chosen = fault?.response ??
				own ?? { status: 0, broken: "no-answer" as const };
			const response: FakeResponse = {
				...chosen,
				...(fault?.delayMs === undefined ? {} : { delayMs: fault.delayMs }),
				...(fault?.broken === undefined ? {} : { broken: fault.broken }),
			};
			log.push({
				atMs: options.clock.now(),
				request,
				response,
				...(fault === undefined ? {} : { fault }),
			});
			return response;
		},
	};
}

export function jsonResponse(
	status: number,
	body: unknown,
	headers: Record<string, string> = {},
): FakeResponse {
	return {
		status,
		headers: { "content-type": "application/json; charset=utf-8", ...headers },
		body: JSON.stringify(body),
	};
}
