import type { ErrorCode } from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import { THROTTLED_MS } from "../../http/retry.js";
import type { FailureRow } from "../kit/failures.js";

/*
 * By the vendor's code, never by HTTP status alone: the same code comes inside HTTP 200 from older endpoints and
 * with 4xx or 5xx from newer ones. Source: "Generic error codes", "Search records", "Create records", and the error
 * table of every other page in the README.
 */

/** A base that is being copied, or whose permissions were just switched. */
export const SETTLING_MS = 3_000;
export const JUST_MADE_MS = 1_500;

export const row = (
	code: ErrorCode,
	what: string,
	next?: string,
): FailureRow => ({
	code,
	what,
	...defined({ next }),
});

const SHARE_IT =
	"A person who manages the base opens it, ⋯ at the top right, More, Add document app, and names the app; or shares it with the token's person. A base in a wiki: the same at the wiki space.";
const NEW_USER_TOKEN =
	"Get a new user access token and set it, or configure app_id and app_secret, which renew themselves.";
const CHECK_APP =
	"Compare App ID and App Secret with the developer console (Credentials), and Feishu with Lark: they are separate clouds.";

const TOKEN: FailureRow = {
	...row("auth", "the access token is not accepted"),
	token: true,
};
const PERSON_TOKEN: FailureRow = {
	...row("auth", "the user access token is not accepted", NEW_USER_TOKEN),
	token: true,
};
const BAD_REQUEST = row(
	"bad_argument",
	"the request does not have the form that the vendor expects",
);
export const UNKNOWN = row(
	"outcome_unknown",
	"the server had an internal error",
);
const MISSING_BASE = row(
	"not_found",
	"there is no such base",
	"Check the token or paste the base's URL; a wiki node's token is not the base's.",
);
const CONFLICT: FailureRow = row(
	"busy",
	"another write to this table or base was under way",
);
const FULL = (what: string) => row("limit_reached", what);
const VALUE = (what: string) => row("bad_value", what);
const PROPERTY = (what: string) =>
	row("bad_argument", `the settings of the ${what} field are not accepted`);

const ADVANCED_OFF = row(
	"unsupported",
	"the base has no advanced permissions, or this kind of base cannot have them",
	"Switch them on with update_base advanced_permissions: true (not possible for bases inside documents, sheets or wikis).",
);

/** Codes of a scope that is missing. */
export const SCOPE_CODES: ReadonlySet<number> = new Set([
	99991672, 99991679, 1061073,
]);

export const FAILURES: Readonly<Record<number, FailureRow>> = {
	// Tokens and app; generic codes.
	10003: row("auth", "App ID or App Secret is malformed", CHECK_APP),
	10012: row("auth", "App ID or App Secret is wrong", CHECK_APP),
	10013: row("auth", "App ID or App Secret is wrong", CHECK_APP),
	10014: row("auth", "there is no such app, or it is disabled", CHECK_APP),
	10015: row("auth", "the App Secret is wrong", CHECK_APP),
	99991661: row("auth", "the call carried no token"),
	99991662: row("auth", "the app is disabled", CHECK_APP),
	99991663: TOKEN,
	99991664: TOKEN,
	99991665: row("auth", "the organisation of the token is not valid"),
	99991668: PERSON_TOKEN,
	99991669: row(
		"auth",
		"the user's refresh token is not valid",
		NEW_USER_TOKEN,
	),
	99991671: TOKEN,
	99991672: row("auth", "the app lacks a scope"),
	99991673: row("auth", "the app is not available", CHECK_APP),
	99991676: row("auth", "the token's rights do not suffice"),
	99991677: PERSON_TOKEN,
	99991679: row("auth", "the person did not grant a scope to the app"),
	99991400: row("throttled", "called too often"),
	99991401: row(
		"auth",
		"this machine's address is not on the app's list",
		"Add it in the developer console (Security settings, IP allow-list).",
	),
	99991403: row("quota_spent", "the month's API calls are used up"),
	99992402: BAD_REQUEST,
	99992361: row(
		"bad_value",
		"the id of a person is of another app",
		"Ids ou_… differ by app: read them with this connection, or name people by e-mail.",
	),
	91402: MISSING_BASE,
	91403: row(
		"not_allowed",
		"the base is not shared with this account",
		SHARE_IT,
	),

	// The request.
	1254000: BAD_REQUEST,
	1254001: BAD_REQUEST,
	1254002: UNKNOWN,
	1254003: MISSING_BASE,
	1254004: row("not_found", "there is no such table"),
	1254005: row("not_found", "there is no such view"),
	1254006: row("not_found", "there is no such record"),
	1254007: VALUE("a value is empty"),
	1254008: row("not_found", "the view is empty"),
	1254009: row("not_found", "there is no such field"),
	1254010: BAD_REQUEST,
	1254011: BAD_REQUEST,
	1254012: row(
		"unsupported",
		"this type of field or view is not possible here",
	),
	1254013: row("bad_argument", "the base has a table of that name"),
	1254014: row("bad_argument", "the table has a field of that name"),
	1254015: VALUE("a value does not fit its field's type"),
	1254016: row("bad_argument", "the order is not possible"),
	1254018: row("bad_argument", "the filter is not possible"),
	1254019: row("bad_argument", "there is no such type of view"),
	1254020: row("bad_argument", "the table has a view of that name"),
	1254021: row("bad_argument", "the view has no name"),
	1254022: row(
		"bad_argument",
		"the view's name is not possible (no [ or ], at most 100 characters)",
	),
	1254023: row("last_one", "the last view of a table cannot be deleted"),
	1254024: row(
		"not_found",
		"a field of that name is gone",
		"Call describe_fields again.",
	),
	1254025: BAD_REQUEST,
	1254026: row("bad_argument", "an option has no name"),
	1254027: row(
		"bad_value",
		"a file does not belong to this base",
		"Upload it with upload_attachment to a table of this base.",
	),
	1254028: row("bad_argument", "the field has no name"),
	1254029: row("bad_argument", "the field's name is not possible"),
	1254030: row(
		"too_large",
		"the answer would be too large",
		"Name fewer fields, or fewer rows with `limit`.",
	),
	1254031: row(
		"bad_argument",
		"the base's name is not possible (at most 100 characters, none of ? / \\ * : [ ])",
	),
	1254032: row("bad_argument", "the role's name is not possible"),
	1254033: row("bad_argument", "the base has a role of that name"),
	1254034: row("last_one", "the last table of a base cannot be deleted"),
	1254036: {
		...row("busy", "the base is still being copied"),
		retryAfterMs: SETTLING_MS,
	},
	1254037: row("internal", "the idempotency key is malformed"),
	1254038: row(
		"bad_argument",
		"the name is not possible (no [ or ], at most 100 characters)",
	),
	1254039: row("bad_argument", "the base has a dashboard of that name"),
	1254040: MISSING_BASE,
	1254041: row("not_found", "there is no such table"),
	1254042: row("not_found", "there is no such view"),
	1254043: row("not_found", "there is no such record"),
	1254044: row("not_found", "there is no such field"),
	1254045: row(
		"not_found",
		"a field of that name is gone",
		"Call describe_fields again.",
	),
	1254046: row("not_allowed", "the primary field cannot be deleted"),
	1254047: row("not_found", "there is no such role"),
	1254048: row("not_found", "the role has no such member"),
	1254049: row("not_found", "the form does not ask for that field"),
	1254050: row("not_found", "there is no such dashboard"),

	// Values.
	1254060: VALUE("a text is not accepted"),
	1254061: VALUE("a number is not accepted"),
	1254062: VALUE("an option is not accepted"),
	1254063: VALUE("options are not accepted"),
	1254064: VALUE("a date is not accepted"),
	1254065: VALUE("a checkbox value is not accepted"),
	1254066: VALUE(
		"a person or group is not accepted: the id is unknown or of another app",
	),
	1254067: VALUE("a link is not accepted: there is no such record"),
	1254068: VALUE("a URL is not accepted"),
	1254069: VALUE(
		"an attachment is not accepted: the file's token is unknown here",
	),
	1254070: row("not_allowed", "the change is not allowed on this table"),
	1254072: VALUE(
		"a phone number is not accepted (digits, a leading +, at most 64)",
	),
	1254074: row(
		"bad_value",
		"a two-way link is not accepted: there is no such record, or this deployment does not write two-way links at all",
		"If the linked records exist, the API here is one of the older ones: use a one-way link, or have a person fill the cell in the browser.",
	),
	1254080: PROPERTY("text"),
	1254081: PROPERTY("number"),
	1254082: PROPERTY("single_select"),
	1254083: PROPERTY("multi_select"),
	1254084: PROPERTY("date"),
	1254085: PROPERTY("checkbox"),
	1254086: PROPERTY("user"),
	1254087: PROPERTY("url"),
	1254088: PROPERTY("attachment"),
	1254089: PROPERTY("link"),
	1254090: PROPERTY("lookup"),
	1254091: PROPERTY("formula"),
	1254092: PROPERTY("two-way link"),
	1254093: PROPERTY("created_time"),
	1254094: PROPERTY("updated_time"),
	1254095: PROPERTY("created_by"),
	1254096: PROPERTY("updated_by"),

	// Limits.
	1254100: FULL(
		"the base has as many tables and dashboards as it can have (100)",
	),
	1254101: FULL("the table has as many views as it can have (200)"),
	1254102: FULL("the limit of files is reached"),
	1254103: FULL("the table has as many records as the plan allows"),
	1254104: row("too_large", "too many records in one call"),
	1254105: FULL("the table has as many fields as it can have (300)"),
	1254106: VALUE("a cell takes at most 100 attachments"),
	1254107: row("bad_argument", "the filter is too long"),
	1254108: row("bad_argument", "the order is too long"),
	1254109: FULL("the table is too large for a formula"),
	1254110: FULL("the base has as many roles as it can have (30)"),
	1254111: FULL("the role has as many members as it can have (200)"),
	1254112: {
		...row("throttled", "too many calls to one base"),
		retryAfterMs: THROTTLED_MS,
	},
	1254130: VALUE("a cell is too large (100,000 characters)"),

	// The server.
	1254200: UNKNOWN,
	1254290: {
		...row("throttled", "called too often"),
		retryAfterMs: THROTTLED_MS,
	},
	1254291: CONFLICT,
	1254301: ADVANCED_OFF,
	1254302: row(
		"not_allowed",
		"this account's rights in the base do not suffice",
		`With advanced permissions the app needs a role that allows it, or the right to manage. ${SHARE_IT}`,
	),
	1254303: row(
		"not_allowed",
		"the file is not one of this base, or its rows are closed to this account",
	),
	1254304: row(
		"not_allowed",
		"not allowed; limits by row or column need a Business or Enterprise plan",
	),
	1254305: row("not_allowed", "the organisation's security policy forbids it"),
	1254306: row(
		"limit_reached",
		"the plan of the organisation or of the base's owner forbids it",
	),
	1254607: {
		...row("busy", "an earlier change is still being worked on"),
		retryAfterMs: JUST_MADE_MS,
	},
	1254608: row("duplicate_token", "the same request was received before"),
	1254701: row(
		"not_allowed",
		"this account may not put a base into that folder",
		"Share the folder with the app, or leave `folder` out.",
	),
	1254702: row("not_found", "there is no such folder"),
	1254800: BAD_REQUEST,
	1255001: UNKNOWN,
	1255002: UNKNOWN,
	1255003: UNKNOWN,
	1255004: UNKNOWN,
	1255005: UNKNOWN,
	1255006: row(
		"duplicate_token",
		"the idempotency key was used for something else",
	),
	1255040: row("outcome_unknown", "the server ran out of time"),

	// Form upgrade and field groups are not used.

	// Files.
	1061001: UNKNOWN,
	1061002: BAD_REQUEST,
	1061003: row("not_found", "there is no such file"),
	1061004: row(
		"not_allowed",
		"this account may not read or add files here",
		SHARE_IT,
	),
	1061005: TOKEN,
	1061006: UNKNOWN,
	1061007: row("not_found", "the file was deleted"),
	1061008: row("bad_argument", "the file's name is not possible"),
	1061021: row(
		"broken",
		"the upload took too long and has ended",
		"Upload the file again.",
	),
	1061041: MISSING_BASE,
	1061042: FULL("the base has as many files as it can have"),
	1061043: row("too_large", "the file is too large"),
	1061044: MISSING_BASE,
	1061045: UNKNOWN,
	1061061: FULL("the storage is full"),
	1061073: row("auth", "the app lacks a scope for files"),
	1061101: FULL("the storage is full"),
	1061109: row("not_allowed", "the file's name did not pass the content check"),
	1061113: row("not_allowed", "the file did not pass the content check"),
	1061547: FULL("the file is used in too many places"),
	1062007: row("not_allowed", "another account began this upload"),
	1062008: row("broken", "the file was damaged on its way", "Upload it again."),
	1062009: row(
		"broken",
		"the file changed while it was sent",
		"Upload it again.",
	),
	1062010: row("broken", "a part of the file is missing", "Upload it again."),
	1062011: row(
		"broken",
		"a part of the file is out of place",
		"Upload it again.",
	),
	1062012: {
		...row("busy", "the file is being copied"),
		retryAfterMs: SETTLING_MS,
	},
	1062013: row("broken", "the file is damaged"),
	1062014: row("not_allowed", "this file may not be downloaded"),
	1062051: row("cancelled", "the connection was closed"),
	1062505: FULL("the base has as many files as it can have"),
	1062506: FULL("the base has as many files as it can have"),
	1062507: FULL("the base has as many files as it can have"),
	1064230: {
		...row("busy", "the organisation's files are being moved"),
		retryAfterMs: SETTLING_MS,
	},

	// Sharing.
	1063001: row(
		"bad_argument",
		"the member, its kind or the access is not accepted",
		"Members: an e-mail address, ou_…, on_…, oc_… or od-…",
	),
	1063002: row(
		"not_allowed",
		"this account has no access to the base",
		SHARE_IT,
	),
	1063003: row(
		"not_allowed",
		"the organisation's rules do not allow that sharing",
	),
	1063004: row(
		"not_allowed",
		"this account may not share the base",
		"Its owner or a manager can.",
	),
	1063005: row("not_found", "the base was deleted, or there is none"),
	1066001: UNKNOWN,
	1066002: CONFLICT,

	// Wiki, documents, sheets.
	131001: UNKNOWN,
	131002: BAD_REQUEST,
	131004: row("not_allowed", "this account cannot open wikis"),
	131005: row("not_found", "there is no such wiki page"),
	131006: row(
		"not_allowed",
		"this account may not open the wiki page",
		"Add the app to the wiki space, or share the page with it.",
	),
	131007: UNKNOWN,
	1770002: row("not_found", "there is no such document"),
	1770032: row(
		"not_allowed",
		"this account may not open the document",
		SHARE_IT,
	),
	1310213: row(
		"not_allowed",
		"this account may not open the spreadsheet",
		SHARE_IT,
	),
	1310214: row("not_found", "there is no such spreadsheet"),

	// Contacts.
	40001: BAD_REQUEST,
	40003: UNKNOWN,
	40004: row(
		"not_allowed",
		"the app's contact scope does not cover this department",
		"Widen the contact scope in the developer console (Permissions, contact data range).",
	),
	40011: BAD_REQUEST,
	40012: BAD_REQUEST,
	40013: row("not_found", "there is no such person in the app's contact scope"),
	40014: row(
		"not_allowed",
		"the app's contact scope does not cover the department above",
	),
	41050: row(
		"not_allowed",
		"the app's contact scope does not cover this person",
		"Widen the contact scope in the developer console (Permissions, contact data range).",
	),
	43000: row("not_found", "there is no such department"),
	43010: row("too_large", "the department is too large to be walked through"),
};
