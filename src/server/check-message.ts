import { inFlight, type OpenRequests } from "./in-flight.js";
import { isRequestId, REFUSED, type RequestId, refusal } from "./json-rpc.js";

/** A message for the SDK (undefined: nothing to hand on), or the answer to one that it must not see. */
export type Checked =
	| { readonly message: object | undefined }
	| { readonly answer: object };

/** A call as it is handed on. The SDK takes objects only: arguments of any shape travel inside one. */
export interface CallParams {
	readonly name: string;
	readonly arguments: { readonly given?: unknown };
	readonly _meta?: { readonly progressToken?: RequestId };
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The SDK meets a malformed message with silence and takes two requests of one id for one: whatever cannot be a
 * message is answered here, tool arguments of any shape are let through to be refused in words, and each request
 * has a number of its own inside.
 */
export function checkMessage(given: unknown, requests: OpenRequests): Checked {
	if (Array.isArray(given))
		return refuse(
			null,
			"batches are not part of this protocol version: send each message on its own line",
		);
	if (typeof given !== "object" || given === null)
		return refuse(null, "a message is a JSON object");
	const message = given as Fields;
	const { jsonrpc, id, method } = message;
	const answerId = isRequestId(id) ? id : null;
	if (jsonrpc !== "2.0")
		return refuse(answerId, 'a message needs "jsonrpc": "2.0"');
	if (method === undefined && ("result" in message || "error" in message))
		return { message };
	if (typeof method !== "string")
		return refuse(answerId, "`method` must be a text");
	if (!("id" in message)) return checkNotification(message, requests);
	if (!isRequestId(id))
		return refuse(
			null,
			`\`id\` must be a text or a whole number, not ${JSON.stringify(id)}`,
		);
	return checkRequest(message, id, requests);
}

function checkRequest(
	message: Fields,
	id: RequestId,
	requests: OpenRequests,
): Checked {
	const { method, params } = message;
	if (!isParams(params))
		return {
			answer: refusal(id, REFUSED.badParams, "`params` must be an object"),
		};
	const isCall = method === "tools/call";
	const request = requests.take(id, isCall);
	if (request === undefined) return refuse(id, inFlight(id));
	return {
		message: {
			...(isCall
				? { jsonrpc: "2.0", method, params: callOf(params ?? {}) }
				: message),
			id: request.number,
		},
	};
}

function checkNotification(message: Fields, requests: OpenRequests): Checked {
	const { method, params } = message;
	if (!isParams(params) || method === "tools/call")
		return { message: undefined };
	return {
		message:
			method === "notifications/cancelled"
				? cancelled(message, params ?? {}, requests)
				: message,
	};
}

/** The SDK knows the request by its number; only a call can be ended before its answer. */
function cancelled(
	message: Fields,
	params: Fields,
	requests: OpenRequests,
): object | undefined {
	const request = requests.of(params.requestId as RequestId);
	if (request === undefined || !request.isCall || request.ended)
		return undefined;
	request.cancelled = true;
	return { ...message, params: { ...params, requestId: request.number } };
}

function callOf({ arguments: given, name, _meta: meta }: Fields): CallParams {
	const token =
		typeof meta === "object" && meta !== null
			? (meta as { progressToken?: unknown }).progressToken
			: undefined;
	return {
		name: typeof name === "string" ? name : "",
		arguments: { given },
		...(isRequestId(token) ? { _meta: { progressToken: token } } : {}),
	};
}

function isParams(params: unknown): params is Fields | undefined {
	return (
		params === undefined ||
		(typeof params === "object" && params !== null && !Array.isArray(params))
	);
}

function refuse(id: RequestId | null, message: string): Checked {
	return { answer: refusal(id, REFUSED.notARequest, message) };
}
