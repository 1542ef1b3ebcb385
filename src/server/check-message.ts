import { inFlight, type OpenRequests } from "./in-flight.js";
import { REFUSED, type RequestId, refusal } from "./json-rpc.js";
import {
	type CallParams,
	type Fields,
	type Formed,
	formOf,
} from "./message-form.js";

/** What comes of a message. */
export interface Checked {
	/** For the SDK. Absent: nothing is handed on. */
	readonly message?: object | undefined;
	/** Goes back at once. Absent: nothing does. */
	readonly answer?: object | undefined;
}

/** A call as it is handed on. */
export interface WrappedCall extends Omit<CallParams, "arguments"> {
	readonly arguments: { readonly given: unknown };
}

/** What came, as the SDK may see it: of the form of a message, each request with a number of its own inside. */
export function checkMessage(given: unknown, requests: OpenRequests): Checked {
	if (Array.isArray(given))
		return refuse(
			null,
			"batches are not part of this protocol version: send each message on its own line",
		);
	const formed = formOf(given);
	switch (formed.kind) {
		case "refused":
			return formed.isExpected
				? { answer: refusal(formed.id, formed.code, formed.reason) }
				: {};
		case "request":
			return numbered(formed, requests);
		case "notification":
			return { message: notification(formed.message, requests) };
		case "response":
			return {
				message: formed.message,
				answer:
					formed.refusal &&
					refusal(
						formed.refusal.id,
						REFUSED.notARequest,
						formed.refusal.reason,
					),
			};
	}
}

/** The SDK takes two requests of one id for one, and objects only: arguments of any shape travel inside one. */
function numbered(
	{ id, method, message }: Extract<Formed, { readonly kind: "request" }>,
	requests: OpenRequests,
): Checked {
	const isCall = method === "tools/call";
	const request = requests.take(id, isCall);
	// Under its id the answer of the request in flight is awaited: this is not it.
	if (request === undefined) return refuse(null, inFlight(id));
	const { params } = message;
	return {
		message: {
			...message,
			id: request.number,
			...(isCall ? { params: wrapped(params as CallParams) } : {}),
		},
	};
}

function wrapped({ arguments: given, ...params }: CallParams): WrappedCall {
	return { ...params, arguments: { given } };
}

/** The SDK knows a cancelled request by its number; only a call can be ended before its answer. */
function notification(
	message: Fields,
	requests: OpenRequests,
): object | undefined {
	if (message.method !== "notifications/cancelled") return message;
	const { requestId, reason } = (message.params ?? {}) as Fields;
	const request = requests.of(requestId as RequestId);
	if (request === undefined || !request.isCall || request.ended)
		return undefined;
	request.cancelled = true;
	return {
		jsonrpc: "2.0",
		method: message.method,
		params: {
			requestId: request.number,
			...(typeof reason === "string" ? { reason } : {}),
		},
	};
}

function refuse(id: RequestId | null, message: string): Checked {
	return { answer: refusal(id, REFUSED.notARequest, message) };
}
