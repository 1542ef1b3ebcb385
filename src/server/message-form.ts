import { isTooDeep, MAX_DEPTH } from "../core/values/depth.js";
import { isObject } from "../core/values/json-object.js";
import { nearest } from "../core/values/near-names.js";
import { declaresForms } from "./elicitation.js";
import { isRequestId, REFUSED, type RequestId } from "./json-rpc.js";

/** The members of an object that came as JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** A message as the protocol has it, or why it is none. */
export type Formed =
	| {
			readonly kind: "request";
			readonly id: RequestId;
			readonly method: Method;
			readonly message: Fields;
	  }
	| { readonly kind: "notification"; readonly message: Fields }
	| {
			readonly kind: "response";
			readonly message: Fields;
			/** Why it is no request either, where it may have been meant as one: that is answered as well. Absent: it was not. */
			readonly refusal?: { readonly id: RequestId; readonly reason: string };
	  }
	| {
			readonly kind: "refused";
			/** null: it has none that can be told back, or is one that nobody answers. */
			readonly id: RequestId | null;
			readonly code: number;
			readonly reason: string;
			/** Nobody waits for an answer to a notification or to an answer. */
			readonly isExpected: boolean;
	  };

/** A call: its arguments may have any shape. */
export interface CallParams {
	readonly name: string;
	readonly arguments: unknown;
	readonly _meta?: { readonly progressToken?: RequestId };
}

/**
 * The requests that are answered, each with its parameters as the SDK gets them, or what is wrong with them: it would
 * print its own check of anything else. What nothing here reads is left out.
 */
const METHODS = {
	initialize: initializeParams,
	ping: () => ({}),
	"tools/list": listParams,
	"tools/call": (params) => callParams(params),
} as const satisfies Record<string, (params: Fields) => object | string>;

type Method = keyof typeof METHODS;

const TOO_DEEP = `a message nests deeper than ${MAX_DEPTH} levels`;

/** Texts of a client that are told back are cut after so many characters. */
const TOLD_CHARACTERS = 80;

/**
 * What came as JSON, whatever carried it; looked at twice, it is the same. The SDK meets a malformed message with
 * silence or prints its own check: whatever cannot be a message is refused in words, and tool arguments of any shape
 * are let through to be refused by the tool.
 */
export function formOf(given: unknown): Formed {
	if (!isObject(given)) return refused(null, "a message is a JSON object");
	const { jsonrpc, id, method } = given;
	const answerId = isRequestId(id) ? id : null;
	const isAnswer = typeof method !== "string";
	if (jsonrpc !== "2.0") {
		const reason = 'a message needs "jsonrpc": "2.0"';
		return isAnswer && isRequestId(id)
			? unclear(id, reason)
			: refused(answerId, reason);
	}
	if (method === undefined && ("result" in given || "error" in given))
		return responseOf(given);
	if (isAnswer) {
		const reason = "`method` must be a text";
		return isRequestId(id) ? unclear(id, reason) : refused(answerId, reason);
	}
	if (!("id" in given)) return notificationOf(given);
	if (!isRequestId(id))
		return refused(
			null,
			`\`id\` must be a text or a whole number that JSON carries exactly (up to ${Number.MAX_SAFE_INTEGER}), not ${kindOf(id)}`,
		);
	return isTooDeep(given)
		? refused(id, TOO_DEEP)
		: requestOf(given, id, method);
}

function requestOf(message: Fields, id: RequestId, method: string): Formed {
	const { params = {} } = message;
	if (!Object.hasOwn(METHODS, method)) {
		const names = Object.keys(METHODS);
		return refused(
			id,
			`Method not found: there is no "${told(method)}"; nearest: ${nearest(names, told(method)).join(", ") || "none"}; there are: ${names.join(", ")}`,
			REFUSED.noMethod,
		);
	}
	if (!isObject(params))
		return refused(
			id,
			`\`params\` must be an object, not ${kindOf(params)}`,
			REFUSED.badParams,
		);
	const known = method as Method;
	const taken = METHODS[known](params);
	return typeof taken === "string"
		? refused(id, taken, REFUSED.badParams)
		: {
				kind: "request",
				id,
				method: known,
				message: { jsonrpc: "2.0", id, method, params: taken },
			};
}

function notificationOf(message: Fields): Formed {
	const { params, method } = message;
	if (isTooDeep(message)) return unexpected(TOO_DEEP);
	if (params !== undefined && !isObject(params))
		return unexpected(`\`params\` must be an object, not ${kindOf(params)}`);
	if (Object.hasOwn(METHODS, method as string))
		return unexpected(
			`"${method}" without an \`id\` asks for no answer: nothing is done`,
		);
	return { kind: "notification", message };
}

/** An answer that cannot be read is an error to whoever asked; the SDK would leave them waiting. */
function responseOf({ id, result, error }: Fields): Formed {
	if (!isRequestId(id))
		return unexpected(
			`the \`id\` of an answer is that of the question, not ${kindOf(id)}`,
		);
	if (
		isObject(result) &&
		(error === undefined || error === null) &&
		!isTooDeep(result)
	) {
		const { _meta: _unread, ...read } = result;
		return { kind: "response", message: { jsonrpc: "2.0", id, result: read } };
	}
	const { code, message } = isObject(error) ? error : {};
	return errorOf(id, code, message);
}

function errorOf(
	id: RequestId,
	code?: unknown,
	message?: unknown,
): Extract<Formed, { readonly kind: "response" }> {
	return {
		kind: "response",
		message: {
			jsonrpc: "2.0",
			id,
			error: {
				code: Number.isSafeInteger(code) ? code : REFUSED.internal,
				message: typeof message === "string" ? message : "not readable",
			},
		},
	};
}

/** A malformed answer, or a malformed request: whoever waits for the one is not left waiting, nor who sent the other. */
function unclear(id: RequestId, reason: string): Formed {
	return { ...errorOf(id), refusal: { id, reason } };
}

/** Of what a client can do only the answering of questions is read, so nothing else in it can be wrong. */
function initializeParams(params: Fields): object | string {
	const { protocolVersion, capabilities, clientInfo } = params;
	if (typeof protocolVersion !== "string")
		return `\`params.protocolVersion\` must be a text such as "2025-11-25", not ${kindOf(protocolVersion)}`;
	const { name, version } = isObject(clientInfo) ? clientInfo : {};
	const asks =
		isObject(capabilities) && declaresForms(capabilities.elicitation);
	return {
		protocolVersion,
		capabilities: asks ? { elicitation: { form: {} } } : {},
		clientInfo: {
			name: typeof name === "string" ? name : "unknown",
			version: typeof version === "string" ? version : "unknown",
		},
	};
}

function listParams({ cursor }: Fields): object | string {
	return cursor === undefined || cursor === null
		? {}
		: "`cursor` is not one that this server gave: all tools are on one page; leave it out";
}

function callParams({
	arguments: given,
	name,
	_meta: meta,
}: Fields): CallParams {
	const token = isObject(meta) ? meta.progressToken : undefined;
	return {
		name: typeof name === "string" ? name : "",
		arguments: given,
		...(isRequestId(token) ? { _meta: { progressToken: token } } : {}),
	};
}

function refused(
	id: RequestId | null,
	reason: string,
	code: number = REFUSED.notARequest,
): Formed {
	return { kind: "refused", id, code, reason, isExpected: true };
}

function unexpected(reason: string): Formed {
	return {
		kind: "refused",
		id: null,
		code: REFUSED.notARequest,
		reason,
		isExpected: false,
	};
}

/** A text of a client, as far as it is told back. */
export function told(text: string): string {
	return text.length <= TOLD_CHARACTERS
		? text
		: `${text.slice(0, TOLD_CHARACTERS - 1)}…`;
}

function kindOf(value: unknown): string {
	if (value === undefined) return "nothing";
	if (Array.isArray(value)) return "a list";
	if (typeof value === "object" && value !== null) return "an object";
	if (typeof value === "string")
		return `the text ${JSON.stringify(told(value))}`;
	return typeof value === "number" ? `the number ${value}` : String(value);
}
