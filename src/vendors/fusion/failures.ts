import { defined } from "../../core/values/defined.js";
import type { Answer, Judged } from "../../http/answer.js";
import { loose, number, text } from "../kit/answer.js";
import { type FailureRow, failed } from "../kit/failures.js";

/** The vendor gives no time; its window is one second. */
const WINDOW_MS = 1_000;

const UNKNOWN_WRITE: FailureRow = {
	code: "outcome_unknown",
	what: "the server had an internal error",
};

/** By business code. Most come inside HTTP 200; messages follow the user's language and are never matched, but for 403. Source: "AITable API Reference manual", "room-server 1.10.0". */
const FAILURES: Readonly<Record<number, FailureRow>> = {
	211: { code: "outcome_unknown", what: "the records could not be created" },
	212: { code: "outcome_unknown", what: "the records could not be updated" },
	214: { code: "outcome_unknown", what: "the records could not be deleted" },
	301: {
		code: "not_found",
		what: "there is no such node, or this account does not see it",
	},
	302: { code: "not_found", what: "a related datasheet or view is missing" },
	304: {
		code: "limit_reached",
		what: "the datasheet is full (rows, fields or views)",
		next: "Delete what is not needed, or use another datasheet.",
	},
	305: {
		code: "limit_reached",
		what: "the plan's number of rows in a datasheet is used up",
	},
	309: {
		code: "limit_reached",
		what: "the plan's number of rows in the space is used up",
	},
	400: { code: "bad_value", what: "the server refused a value" },
	401: {
		code: "auth",
		what: "the API token is wrong or was revoked",
		next: "Make a new token in the user centre under Developer, and set it.",
	},
	// Source: "AITable API Reference manual" ("Prohibit access"), which names no other cause.
	403: {
		code: "quota_spent",
		what: "the API calls of the space are used up, or how many are left could not be looked up",
		next: "Call again in a minute. If it stays: a person can look at the API usage in the space's settings; the calls start again next month, or with a higher plan. Where calls are left, the account has no access here.",
	},
	404: {
		code: "unsupported",
		what: "this server does not have that part of the API",
		next: "It belongs to a higher plan, or to a newer version of the server.",
	},
	426: { code: "limit_reached", what: "the space's storage is full" },
	428: {
		code: "too_large",
		what: "the file is too large, or too many at once",
	},
	429: {
		code: "throttled",
		what: "called too often",
		retryAfterMs: WINDOW_MS,
	},
	500: UNKNOWN_WRITE,
	600: { code: "not_found", what: "there is no such node or view" },
	601: { code: "not_allowed", what: "this account has no access" },
	602: {
		code: "not_allowed",
		what: "this account's rights do not suffice",
		next: "Ask a manager of the node for more rights, or use another account's token.",
	},
	1501: { code: "not_found", what: "there is no such link" },
	1502: { code: "unsupported", what: "needs a higher plan" },
	1503: { code: "unsupported", what: "needs the Enterprise plan" },
	1504: { code: "not_allowed", what: "needs an administrator of teams" },
	1505: { code: "not_allowed", what: "needs an administrator of members" },
	1506: { code: "bad_argument", what: "there is a team of that name" },
	1507: { code: "bad_argument", what: "the team is not empty" },
	1508: { code: "not_allowed", what: "needs an administrator of roles" },
	1509: { code: "bad_argument", what: "there is a role of that name" },
	1520: { code: "bad_argument", what: "the role is not empty" },
	1521: { code: "not_found", what: "there is no such team" },
	1522: {
		code: "unsupported",
		what: "the contacts are kept by another system and synchronised",
	},
	1523: { code: "not_found", what: "there is no such role" },
	1524: {
		code: "not_allowed",
		what: "the primary administrator cannot be changed",
	},
};

const QUOTA: FailureRow = {
	code: "quota_spent",
	what: "the plan's API calls of this month are used up",
	next: "They start again next month, or with a higher plan.",
};

/** Measured, where rights are missing. Source: "room-server 1.10.0". */
const OUTSIDE: FailureRow = {
	code: "not_allowed",
	what: "this account may not do that (not in the space, or no access)",
};
const OUTSIDE_WORDS = /forbidden|not belong|不属于|属していません/i;

/** One code for several things; only its words tell them apart, in the languages of the product. */
const QUOTA_WORDS =
	/\b(month|usage|quota)|本月|每月|用量|次数|上限|超出|超限|月間/i;

/** The same code where the route is there: what its path names is not. */
const NO_SUCH_PLACE: FailureRow = {
	code: "not_found",
	what: "there is no such space",
};

/** Success is `success: true`, never the HTTP status alone. */
export function judge(title: string, answer: Answer): Judged {
	const body = loose(answer.json);
	if (body.success === true) return { ok: body.data ?? {} };
	const code = number(body.code) ?? answer.status;
	const message = text(body.message);
	const fault = {
		code,
		status: answer.status,
		...defined({ message }),
		...defined({ logId: answer.headers["request-id"] }),
	};
	const isOwn = body.success === false && number(body.code) !== undefined;
	const judgedBy = (row: FailureRow): Judged => ({
		...failed(title, row, fault),
		...(isOwn ? {} : { foreign: true }),
	});
	if (code === 403 && (!isOwn || OUTSIDE_WORDS.test(message ?? "")))
		return judgedBy(OUTSIDE);
	if (code === 403 && QUOTA_WORDS.test(message ?? "")) return judgedBy(QUOTA);
	if (code === 404 && answer.status === 200) return judgedBy(NO_SUCH_PLACE);
	const row =
		FAILURES[code] ??
		(answer.status >= 500
			? UNKNOWN_WRITE
			: ({ code: "broken", what: "an unknown failure" } as const));
	return judgedBy(row);
}
