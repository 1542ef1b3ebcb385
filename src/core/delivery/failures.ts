/*
 * What a vendor's failure of one batch means for the records of the batch and for the rest of the change.
 */

/** Failures that stop the whole change with nothing done: another call can go on. */
export const STOPS: ReadonlySet<string> = new Set([
	"throttled",
	"busy",
	"auth",
	"quota_spent",
	"unreachable",
	"cancelled",
	"conflict",
]);

/** Failures after which it has to be found out what was written. */
export const LEAVES_UNKNOWN: ReadonlySet<string> = new Set([
	"outcome_unknown",
	"duplicate_token",
]);

/** Failures that one record of a batch may have caused. */
export const BLAMES_RECORD: ReadonlySet<string> = new Set([
	"bad_value",
	"bad_argument",
	"not_found",
	"too_large",
]);

/** Failures that every further batch would meet as well. */
export const HOPELESS: ReadonlySet<string> = new Set([
	"not_allowed",
	"limit_reached",
	"unsupported",
	"broken",
	"internal",
]);
