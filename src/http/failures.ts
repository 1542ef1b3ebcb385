import { TablesError } from "../core/contract/errors.js";
import type { Endpoint } from "./endpoint.js";

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

/** Nothing of the vendor's or of the network: a connection is a file, a port and memory of this machine. */
const NOTHING_LEFT: ReadonlySet<string> = new Set([
	"EMFILE",
	"ENFILE",
	"ENOMEM",
	"ENOBUFS",
	"EADDRNOTAVAIL",
]);

/** No answer came in the time of one attempt. */
export class TimedOut extends Error {}

/** The answer is longer than any that is read. */
export class TooLarge extends Error {}

/** What was being sent when it failed. */
export interface Sent {
	/** Product name, for messages. */
	readonly title: string;
	readonly endpoint: Endpoint;
	/** The caller's. */
	readonly signal: AbortSignal | undefined;
	/** Of one attempt, ms. */
	readonly timeoutMs: number;
}

/** What it means that sending failed with this. */
export function sendingFailure(
	error: unknown,
	{ title, endpoint, signal, timeoutMs }: Sent,
): TablesError {
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
	if (code !== undefined && NOTHING_LEFT.has(code))
		return new TablesError(
			"busy",
			`${title} could not be called: this machine has no connection, file or memory left to give (${code}); nothing was sent`,
			{
				next: "Call again in a minute; if that does not help, a person has to close programs or raise the limit of open files (ulimit -n).",
				cause: error,
			},
		);
	if (signal?.aborted && endpoint.kind === "read")
		return cancelled(title, signal.reason);
	if (error instanceof TooLarge && endpoint.kind === "read")
		return new TablesError(
			"too_large",
			`${title} answered "${endpoint.name}" with ${error.message}`,
			{ next: "Name fewer fields, or fewer rows with `limit`.", cause: error },
		);
	const reason =
		error instanceof TimedOut
			? `no answer within ${Math.round(timeoutMs / 1000)} s`
			: signal?.aborted
				? stopReason(signal)
				: (code ?? String(error));
	return unknownOutcome(title, endpoint, { reason, cause: error });
}

function stopReason({ reason }: AbortSignal): string {
	return reason instanceof TablesError ? reason.message : "stopped waiting";
}

/** It was sent, and nobody knows whether it was done. Of a read only the reason is said: it did no harm. */
export function unknownOutcome(
	title: string,
	endpoint: Endpoint,
	{
		reason,
		vendor,
		cause,
	}: {
		readonly reason: string;
		readonly vendor?: TablesError["vendor"];
		readonly cause?: unknown;
	},
): TablesError {
	return new TablesError(
		"outcome_unknown",
		endpoint.kind === "read"
			? reason
			: `${title} was sent "${endpoint.name}" and gave no answer that says whether it was done: ${reason}`,
		{
			next:
				endpoint.kind === "read"
					? undefined
					: "Look whether it was done before sending it again.",
			vendor,
			cause,
		},
	);
}

/** The caller stopped waiting before anything was done; a reason of ours is kept. */
export function cancelled(title: string, reason: unknown): TablesError {
	return reason instanceof TablesError
		? reason
		: new TablesError("cancelled", `the call to ${title} was cancelled`);
}

/** How a call ends that was stopped while it waited to be sent again: `answered` is why it waited. */
export function stoppedAfter(
	answered: TablesError | undefined,
	last: TablesError,
	signal: AbortSignal | undefined,
): TablesError {
	if (answered === undefined || last !== signal?.reason) return last;
	return new TablesError(last.code, `${last.message}: ${answered.message}`, {
		next: last.next,
		vendor: answered.vendor,
		cause: last,
	});
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
