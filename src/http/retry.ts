import { TablesError } from "../core/contract/errors.js";
import type { Endpoint } from "./endpoint.js";

/** Attempts after a failure that left nothing done, or of what is repeatable. */
const REPEATS = 4;
/** Throttled and busy calls are repeated more often: nothing was done, and waiting helps. */
const THROTTLED_REPEATS = 10;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
/** How long is waited after a throttled answer that names no time. */
export const THROTTLED_MS = 1_000;

/** How long to wait before sending again; undefined: never again. */
export function waitBefore(
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

/** Refusals of what was sent, which an earlier attempt at the same must have met as well. */
const REFUSALS: ReadonlySet<string> = new Set([
	"bad_value",
	"bad_argument",
	"too_large",
	"unsupported",
	"duplicate_token",
]);

/** How a call ends whose attempt `open` may have been done. */
export function ended(
	open: TablesError | undefined,
	last: TablesError,
): TablesError {
	if (open === undefined || open === last || REFUSALS.has(last.code))
		return last;
	const vendor = last.vendor ?? open.vendor;
	return new TablesError(
		"outcome_unknown",
		`${open.message}; then: ${last.message}`,
		{
			cause: last,
			next: open.next,
			vendor,
		},
	);
}

/** A read that failed did no harm: nothing about it is unknown. */
export function final(
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
			vendor: error.vendor,
		},
	);
}
