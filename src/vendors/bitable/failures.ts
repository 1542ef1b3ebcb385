import { defined } from "../../core/values/defined.js";
import type { Answer, Judged } from "../../http/answer.js";
import { list, loose, number, text } from "../kit/answer.js";
import { type FailureRow, failed } from "../kit/failures.js";
import {
	FAILURES,
	JUST_MADE_MS,
	row,
	SCOPE_CODES,
	SETTLING_MS,
	UNKNOWN,
} from "./failure-rows.js";

/** Nothing had to be done. */
const NOT_CHANGED = 1254606;

/** Something was made a moment ago, and the servers that answer do not all know it yet. */
const JUST_MADE: ReadonlySet<number> = new Set([
	1254040, 1254041, 1254042, 1254043, 1254044, 91402,
]);
const JUST_SWITCHED = 1254301;

/** Where members are taken out: the role has none such. */
const MEMBER_MISSING = 1254048;
const NOBODY = row(
	"bad_argument",
	"there is no such person, group or department to give the role to",
	"Name a person by ou_…, on_… or a user id, a group by oc_… and a department by od-…; ids ou_… differ by app. A bare id is of the `kind` that is given.",
);

const PAGE_TOKEN_WORDS = /page.?token/i;

export interface JudgeOptions {
	readonly title: string;
	/** Another token can be had. */
	readonly renews: boolean;
	/** What is asked for was made or switched a moment ago. */
	readonly fresh: boolean;
	/** Somebody is given a role. */
	readonly adds?: boolean;
}

/** Success is `code: 0`, whatever the HTTP status. */
export function judge(options: JudgeOptions, answer: Answer): Judged {
	const { title, renews } = options;
	const body = loose(answer.json);
	const code = number(body.code);
	// A few sample answers come without the envelope; an empty one proves nothing.
	const bare =
		code === undefined && answer.status < 300 && Object.keys(body).length > 0;
	if (code === 0 || code === NOT_CHANGED || bare)
		return { ok: body.data ?? body };
	const detail = loose(body.error);
	const message = [text(body.msg), text(detail.message)]
		.filter((part) => part !== undefined)
		.join(": ");
	const logId =
		answer.headers["x-tt-logid"] ??
		text(detail.log_id) ??
		answer.headers["x-request-id"];
	const fault = {
		code: code ?? answer.status,
		status: answer.status,
		...(message === "" ? {} : { message }),
		...defined({ logId }),
	};
	const known = rowOf(code, message, answer.status, options);
	const { token, ...rest } = known;
	const next = SCOPE_CODES.has(code ?? 0)
		? scopeStep(detail, message)
		: rest.next;
	const judged = failed(
		title,
		{
			...rest,
			...defined({ next }),
			...(token && renews ? { token } : {}),
		},
		fault,
		resetMs(answer) ?? known.retryAfterMs,
	);
	return code === undefined ? { ...judged, foreign: true } : judged;
}

function rowOf(
	code: number | undefined,
	message: string,
	status: number,
	{ fresh, adds }: JudgeOptions,
): FailureRow {
	if (adds === true && code === MEMBER_MISSING) return NOBODY;
	if (code !== undefined && fresh && JUST_MADE.has(code))
		return {
			...row("busy", "what was made a moment ago is not there yet"),
			retryAfterMs: JUST_MADE_MS,
		};
	if (code === JUST_SWITCHED && fresh)
		return {
			...row("busy", "advanced permissions are starting"),
			retryAfterMs: SETTLING_MS,
		};
	// One code for two things; the words tell.
	if (code === 1254030 && PAGE_TOKEN_WORDS.test(message))
		return row(
			"bad_argument",
			"the place in the list is not valid any more",
			"Query again without `cursor`.",
		);
	const known = FAILURES[code ?? 0];
	if (known !== undefined) return known;
	if (status === 429) return row("throttled", "called too often");
	if (status >= 500) return UNKNOWN;
	if (status === 403) return row("not_allowed", "not allowed");
	if (status === 404) return row("not_found", "not found");
	return row("broken", "an unknown failure");
}

/** Seconds until the window is over. */
function resetMs({ headers }: Answer): number | undefined {
	const seconds = Number(headers["x-ogw-ratelimit-reset"]);
	return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}

/** The scopes and the link that the vendor sends. */
function scopeStep(detail: Readonly<Record<string, unknown>>, message: string) {
	const scopes = [
		...list(detail.permission_violations).flatMap(
			({ subject }) => text(subject) ?? [],
		),
		...(/\[([^[\]]+)\]/.exec(message)?.[1]?.split(/[\s,]+/) ?? []),
	];
	const links = [
		...list(detail.helps).flatMap(({ url }) => text(url) ?? []),
		...(/https:\/\/\S+/.exec(text(detail.troubleshooter) ?? message) ?? []),
	];
	const wanted = [...new Set(scopes)].join(", ");
	return `Grant one of these scopes in the developer console and publish the app's version${wanted === "" ? "" : `: ${wanted}`}.${links[0] === undefined ? "" : ` ${links[0]}`}`;
}
