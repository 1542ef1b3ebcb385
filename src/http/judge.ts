import { TablesError } from "../core/contract/errors.js";
import { type Answer, clip, type Judged } from "./answer.js";
import type { Timing } from "./buckets.js";
import type { Call, Endpoint } from "./endpoint.js";
import { unknownOutcome } from "./failures.js";
import type { Secrets } from "./secrets.js";

/** How a vendor's answers are read. */
export interface JudgeOptions {
	/** Product name, for messages. */
	readonly title: string;
	readonly timing: Timing;
	readonly secrets: Secrets;
	/** The vendor's failure table. */
	judge(answer: Answer, endpoint: Endpoint, call: Call): Judged;
	/** What an answer to a read that is not JSON means to this vendor; undefined: it is judged by its status. */
	judgeText?(answer: Answer): Judged | undefined;
}

/**
 * The payload of an answer, or the failure that it is. A vendor, or a proxy before it, may say what it was sent: a
 * failure is made of what is left of the answer without secrets.
 */
export function judgeAnswer(
	answer: Answer,
	endpoint: Endpoint,
	call: Call,
	options: JudgeOptions,
): Judged {
	const judged = judgeAsItIs(answer, endpoint, call, options);
	return "ok" in judged
		? judged
		: judgeAsItIs(
				withoutSecrets(answer, endpoint, options),
				endpoint,
				call,
				options,
			);
}

function withoutSecrets(
	answer: Answer,
	endpoint: Endpoint,
	{ secrets }: JudgeOptions,
): Answer {
	return {
		...answer,
		headers: secrets.redactIn(answer.headers) as Answer["headers"],
		json: secrets.redactIn(answer.json),
		text: endpoint.answersSecret ? "" : secrets.redact(answer.text),
	};
}

function judgeAsItIs(
	answer: Answer,
	endpoint: Endpoint,
	call: Call,
	options: JudgeOptions,
): Judged {
	const { status, json } = answer;
	const nowMs = options.timing.now();
	const isWrite = endpoint.kind === "write";
	if (isRedirect(status) && !isWrite)
		return {
			failure: new TablesError(
				"broken",
				`${options.title} answered "${endpoint.name}" with a redirect (HTTP ${status}); redirects are not followed, because the credential would go along`,
				{
					next: "A person can check the configured `base_url`.",
					vendor: { status },
				},
			),
		};
	if (json !== undefined && !(isWrite && isRedirect(status))) {
		const judged = withHeaderTime(
			options.judge(answer, endpoint, call),
			retryAfterMs(answer, nowMs),
			nowMs,
		);
		if (!isWrite || "ok" in judged || !judged.foreign) return judged;
	}
	const read = isWrite ? undefined : options.judgeText?.(answer);
	return (
		read ?? {
			failure: failureByStatus(answer, endpoint, options.title, nowMs),
		}
	);
}

function isRedirect(status: number): boolean {
	return status >= 300 && status < 400;
}

/** Of an answer that nothing but its status explains: a proxy's page, or a vendor that is down. */
function failureByStatus(
	answer: Answer,
	endpoint: Endpoint,
	title: string,
	nowMs: number,
): TablesError {
	const { status } = answer;
	const message = clip(answer.text);
	const vendor = { status, message };
	// Only the vendor itself can say that a write was not done, and it says so in its own form. That a call is one too many is said before it is passed on.
	if (endpoint.kind === "write" && status !== 429)
		return unknownOutcome(title, endpoint, {
			reason:
				`HTTP ${status}${isRedirect(status) ? ", a redirect, which is not followed" : ""} ${message}`.trim(),
			vendor,
		});
	if (status === 429) {
		return new TablesError("throttled", `${title} is called too often`, {
			next: "Wait a little, then call again.",
			vendor,
			retryAfterMs: retryAfterMs(answer, nowMs),
		});
	}
	if (status >= 500 || status === 408)
		return unknownOutcome(title, endpoint, {
			reason: `HTTP ${status} ${message}`,
			vendor,
		});
	return new TablesError(
		"broken",
		`${title} answered "${endpoint.name}" with HTTP ${status}, which is not JSON: ${message}`,
		{
			next: "A person can check the configured `base_url`, and any proxy in between.",
			vendor,
		},
	);
}

/** Seconds, or a date by the vendor's own clock, of the header `Retry-After`; ms. */
function retryAfterMs(
	{ headers }: Pick<Answer, "headers">,
	nowMs: number,
): number | undefined {
	const given = headers["retry-after"]?.trim();
	if (given === undefined || given === "") return undefined;
	if (/^\d+(\.\d+)?$/.test(given)) return Number(given) * 1000;
	const atMs = Date.parse(given);
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
function withHeaderTime(
	judged: Judged,
	headerMs: number | undefined,
	nowMs: number,
): Judged {
	if (
		headerMs === undefined ||
		!("failure" in judged) ||
		!PASSING.has(judged.failure.code)
	)
		return judged;
	const { code, message, vendor, next, retryAfterMs: known } = judged.failure;
	const reset =
		code === "quota_spent"
			? `; it is reset at ${new Date(nowMs + headerMs).toISOString()}`
			: "";
	return {
		...judged,
		failure: new TablesError(code, `${message}${reset}`, {
			retryAfterMs: Math.max(headerMs, known ?? 0),
			vendor,
			next,
		}),
	};
}
