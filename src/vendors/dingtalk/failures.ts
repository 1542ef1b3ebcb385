import type { VendorFault } from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import type { Answer, Judged } from "../../http/answer.js";
import { type Loose, loose, number, text } from "../kit/answer.js";
import { type FailureRow, failed, foreign } from "../kit/failures.js";

/** The vendor names no time to wait; its window is one second. */
const SECOND_MS = 1_000;
/** Of the window per minute only the name is documented: asked for again a few times inside it. */
const MINUTE_WAIT_MS = 15_000;
/** More than 10,000 calls in 20 s block the address for 5 minutes. Source: "Appendix B: How to Handle DingTalk Server API Rate Limiting". */
const BLOCKED_MS = 300_000;

const UNKNOWN_WRITE: FailureRow = {
	code: "outcome_unknown",
	what: "the server had an internal error",
};
const TOKEN: FailureRow = {
	code: "auth",
	what: "the access token was refused",
	next: "Check app_key and app_secret (DINGTALK_APP_KEY, DINGTALK_APP_SECRET).",
	token: true,
};
const SCOPE: FailureRow = {
	code: "auth",
	what: "the app lacks a permission for this call",
	next: "In the developer console, under the app's permissions, apply for the one that is named, then publish a version of the app; it counts within two hours. A wrong base id can bring this answer too. `tables-mcp doctor` checks them one by one.",
};
const THROTTLED: FailureRow = {
	code: "throttled",
	what: "called too often",
	retryAfterMs: SECOND_MS,
};
const OPERATOR: FailureRow = {
	code: "auth",
	what: "the operator is not known",
	next: "operator_id (DINGTALK_OPERATOR_ID) must be a unionId; with a userid, set user_id (DINGTALK_USER_ID) in its place.",
};
const DOCUMENT_MISSING: FailureRow = {
	code: "not_found",
	what: "there is no such base, or the operator may not open it",
	next: "Check the base's address, and share the base with the operator in DingTalk (Share, at the top right).",
};
const NODE_MISSING: FailureRow = {
	code: "not_found",
	what: "there is no such document or folder, or the operator may not open it",
};
const FORBIDDEN: FailureRow = {
	code: "not_allowed",
	what: "the operator may not do that here",
	next: "Give the operator more rights on the base in DingTalk (Share), or configure another operator.",
};
const OUTSIDER: FailureRow = {
	code: "not_allowed",
	what: "the base belongs to another organisation",
};

/**
 * By code: the status alone says little (throttling is 403, a bad token 400), and some codes come with several.
 * The answers without a token are as others saw them on the live host (2026-09). Source: "Global error codes",
 * "Insert records", "Delete records".
 */
export const FAILURES: Readonly<Record<string, FailureRow>> = {
	InvalidAuthentication: TOKEN,
	"accesstoken.expired": TOKEN,
	"AuthenticationFailed.MissingParameter": {
		code: "auth",
		what: "the call came without its token",
	},
	"unauthorized.client": {
		code: "auth",
		what: "the app is not authorised",
		next: "Check in the developer console that the app is an internal one, and is published.",
	},
	invalidClientIdOrSecret: {
		code: "auth",
		what: "the app key or the app secret is wrong",
		next: "Copy Client ID and Client Secret again from the developer console (DINGTALK_APP_KEY, DINGTALK_APP_SECRET).",
	},
	apiPermissionDenied: SCOPE,
	"Forbidden.AccessDenied.AccessTokenPermissionDenied": SCOPE,
	"Forbidden.AccessDenied.IpNotInWhiteList": {
		code: "not_allowed",
		what: "this machine's address is not on the app's list",
		next: "Add it in the developer console under the app's security settings.",
	},
	"Forbidden.AccessDenied.ApiCountLimitForOrg": {
		code: "quota_spent",
		what: "the organisation's API calls of this month are used up",
		next: "They start again next month, or with a higher plan; 10,000 a month on the standard one.",
	},
	"paramError-operatorId": OPERATOR,
	MissingoperatorId: OPERATOR,
	"invalidRequest.inputArgs.invalid": {
		code: "bad_value",
		what: "the server refused an argument or a value",
	},
	"invalidRequest.inputArgs.overLimit": {
		code: "too_large",
		what: "too much in one call",
	},
	"invalidRequest.document.stillInitializing": {
		code: "busy",
		what: "the base is still being made",
	},
	"invalidRequest.dataNotReady": {
		code: "busy",
		what: "the rows are not ready to be read",
	},
	"invalidRequest.document.broken": {
		code: "broken",
		what: "the base is damaged",
		next: "Open it in DingTalk; its history can bring an earlier state back. Until then, calling again fails in the same way.",
	},
	"forbidden.operationIllegal": FORBIDDEN,
	"invalidRequest.document.typeIllegal": {
		code: "not_found",
		what: "that document is not an AI Table",
		next: "Paste the address of an AI Table.",
	},
	"invalidRequest.document.notFound": DOCUMENT_MISSING,
	"invalidRequest.resource.notFound": {
		code: "not_found",
		what: "there is no such sheet, field or record",
	},
	"invalidRequest.duplicateClientToken": {
		code: "duplicate_token",
		what: "these records were sent before",
	},
	internalError: UNKNOWN_WRITE,
	unknownError: UNKNOWN_WRITE,
	systemError: UNKNOWN_WRITE,
	"service.timeout": { ...UNKNOWN_WRITE, what: "the server ran out of time" },
	operationTimeout: { ...UNKNOWN_WRITE, what: "the server ran out of time" },
	ServiceUnavailable: { ...UNKNOWN_WRITE, what: "the gateway failed" },
	"system.busy": THROTTLED,
	systemBusy: THROTTLED,
	"InvalidAction.NotFound": {
		code: "unsupported",
		what: "this host does not have that part of the API",
		next: "Roles, automations and permissions are experimental here: the vendor does not document them. Do it in DingTalk.",
	},
	nodeNotExist: NODE_MISSING,
	docNotExist: NODE_MISSING,
	permissionDenied: FORBIDDEN,
	paramError: { code: "bad_argument", what: "the server refused an argument" },
	"forbidden.document.sizeOverLimit": {
		code: "limit_reached",
		what: "the base is full",
	},
	"forbidden.acrossOrg": OUTSIDER,
	"forbidden.user.notInOrg": OUTSIDER,
};

/** `Forbidden.AccessDenied.QpsLimitForAppkeyAndApi` and its kin: no permission is missing, however they begin. */
const PER_SECOND = /\.Qps/;
const PER_MINUTE = /\.Qpm/;

/** For codes that no document names. */
function byStatus(status: number): FailureRow {
	if (status >= 500) return UNKNOWN_WRITE;
	switch (status) {
		case 401:
			return TOKEN;
		case 403:
			return FORBIDDEN;
		case 404:
			return { code: "not_found", what: "there is no such thing" };
		case 429:
			return THROTTLED;
		case 400:
			return { code: "bad_argument", what: "the server refused an argument" };
		default:
			return { code: "broken", what: "an unknown failure" };
	}
}

/** Of the older host, inside HTTP 200: `sub_code` where there is one, else `errcode`. */
const LEGACY: Readonly<Record<string, FailureRow>> = {
	40014: TOKEN,
	40001: TOKEN,
	42001: TOKEN,
	60011: SCOPE,
	60020: {
		code: "not_allowed",
		what: "this machine's address is not on the app's list",
	},
	50002: {
		code: "not_allowed",
		what: "the person is outside of the app's range",
		next: "Widen the range of contacts that the app may read, in the developer console.",
	},
	50004: {
		code: "not_allowed",
		what: "the department is outside of the app's range",
		next: "Widen the range of contacts that the app may read, in the developer console.",
	},
	60121: { code: "not_found", what: "there is no such person" },
	33012: { code: "not_found", what: "there is no such person" },
	60003: { code: "not_found", what: "there is no such department" },
	90002: THROTTLED,
	90018: THROTTLED,
	"-1": { code: "busy", what: "the contacts are busy" },
	15: { code: "busy", what: "the contacts are busy" },
};

const BLOCKED: FailureRow = {
	code: "quota_spent",
	what: "this machine's address is blocked for five minutes: more than 10,000 calls came from it in 20 seconds",
	next: "Wait five minutes; other programs behind the same address count too.",
	retryAfterMs: BLOCKED_MS,
};

const PAGE: FailureRow = {
	code: "broken",
	what: "a page came in place of the API's answer",
	next: "A proxy on the way may have sent it: a person can check it, and the configured `base_url`. The vendor sends one for five minutes to an address with more than 10,000 calls in 20 seconds: wait, then call again.",
};

/** Success is HTTP 200 with the object itself; on the older host `errcode` 0. */
export function judge(title: string, answer: Answer): Judged {
	const body = loose(answer.json);
	if (body.errcode !== undefined) return judgeLegacy(title, answer, body);
	if (body.punish !== undefined && body.source === "x5")
		return failed(title, BLOCKED, { status: answer.status });
	const ok = answer.status >= 200 && answer.status < 300;
	const code = text(body.Code) ?? text(body.code);
	if (ok && (code === undefined || "success" in body))
		return isObject(answer.json) ? { ok: answer.json } : foreign(title, answer);
	const scopes = requiredScopes(body);
	const message = text(body.Message) ?? text(body.message);
	const fault: VendorFault = {
		...defined({ code }),
		status: answer.status,
		...(message === undefined && scopes === undefined
			? {}
			: { message: [message, scopes].filter(Boolean).join(" ") }),
		...logIdOf(text(body.RequestId) ?? text(body.requestid)),
	};
	const judged = failed(title, rowOf(code, answer.status), fault);
	return code === undefined ? { ...judged, foreign: true } : judged;
}

/** Every answer names something: an empty object is nobody's. */
function isObject(json: unknown): boolean {
	return (
		typeof json === "object" &&
		json !== null &&
		!Array.isArray(json) &&
		Object.keys(json).length > 0
	);
}

function rowOf(code: string | undefined, status: number): FailureRow {
	if (code === undefined) return byStatus(status);
	if (PER_SECOND.test(code)) return THROTTLED;
	if (PER_MINUTE.test(code))
		return { ...THROTTLED, retryAfterMs: MINUTE_WAIT_MS };
	return (
		(Object.hasOwn(FAILURES, code) ? FAILURES[code] : undefined) ??
		byStatus(status)
	);
}

function judgeLegacy(title: string, { status }: Answer, body: Loose): Judged {
	const own = number(body.errcode);
	if (own === 0) return { ok: body };
	const code = text(body.sub_code) ?? String(own ?? body.errcode);
	const message = text(body.sub_msg) ?? text(body.errmsg);
	const row = (Object.hasOwn(LEGACY, code) ? LEGACY[code] : undefined) ?? {
		code: "bad_argument",
		what: "the contacts refused the call",
	};
	return failed(title, row, {
		code,
		status,
		...defined({ message }),
		...logIdOf(text(body.request_id)),
	});
}

/** A page in place of JSON, but for a failed server. It may be the block in its other form, or anybody's. */
export function judgeText(title: string, answer: Answer): Judged | undefined {
	return answer.status < 300 && /^\s*</.test(answer.text)
		? failed(title, PAGE, { status: answer.status, message: answer.text })
		: undefined;
}

function requiredScopes(body: Loose): string | undefined {
	const detail = loose(body.AccessDeniedDetail ?? body.accessdenieddetail);
	return Array.isArray(detail.requiredScopes) &&
		detail.requiredScopes.length > 0
		? `[${detail.requiredScopes.map(String).join(", ")}]`
		: undefined;
}

function logIdOf(logId: string | undefined): { readonly logId?: string } {
	return defined({ logId });
}
