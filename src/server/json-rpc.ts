import { MOST_NAMES, MOST_VALUES } from "../core/values/parse-json.js";

/** What a client calls its request. */
export type RequestId = string | number;

/** The codes of JSON-RPC 2.0 with which a message is refused. */
export const REFUSED = {
	notJson: -32_700,
	notARequest: -32_600,
	noMethod: -32_601,
	badParams: -32_602,
	internal: -32_603,
} as const;

/** The largest message, in bytes. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** In words, for the sender of a larger one. */
export const TOO_LARGE = `a message is larger than ${MAX_MESSAGE_BYTES} bytes. Nothing was done. Put rows into a file and call import_records, or send them in several calls`;

/** In words, for the sender of one that holds too much. */
export const TOO_MANY = `a message holds more than ${MOST_VALUES} values (texts, numbers, lists, objects), or an object of more than ${MOST_NAMES} names. Nothing was done. Put rows into a file and call import_records, or send them in several calls`;

/** In words: what cannot be read as it was meant is not read at all. */
export const NOT_UTF8 =
	"holds bytes that are not UTF-8, so that its texts cannot be read; nothing was done";

/** Messages to and from one client, whatever carries them. An SDK's transports are of this form. */
export interface Wire {
	/** Takes what the client sent, whatever it is; set by the reader before `start`. */
	onmessage?: ((message: never, extra?: never) => void) | undefined;
	onclose?: (() => void) | undefined;
	onerror?: ((error: Error) => void) | undefined;
	start(): Promise<void>;
	send(
		message: object,
		/** The client's request because of which it is sent. */
		options?: { readonly relatedRequestId?: RequestId },
	): Promise<void>;
	close(): Promise<void>;
	readonly sessionId?: string | undefined;
	setProtocolVersion?: ((version: string) => void) | undefined;
}

/** The ids that the protocol allows: texts, and whole numbers as far as they can be told back as they came. */
export function isRequestId(value: unknown): value is RequestId {
	return typeof value === "string" || Number.isSafeInteger(value);
}

/** Of a request; undefined for any other message. */
export function requestIdOf(message: unknown): RequestId | undefined {
	if (typeof message !== "object" || message === null) return undefined;
	const { id, method } = message as { id?: unknown; method?: unknown };
	return method !== undefined && isRequestId(id) ? id : undefined;
}

/** The answer to a message that is refused; `id` is null where none could be read. */
export function refusal(
	id: RequestId | null,
	code: number,
	message: string,
): object {
	return { jsonrpc: "2.0", id, error: { code, message } };
}

/** Why a text is not JSON, without the piece of it that the engine quotes: it may hold a secret. */
export function notJson(error: unknown): string {
	return (error as Error).message.replace(
		/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s,
		" in JSON",
	);
}
