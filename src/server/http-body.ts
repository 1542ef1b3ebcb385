import type { IncomingMessage } from "node:http";
import {
	MAX_MESSAGE_BYTES,
	REFUSED,
	type RequestId,
	TOO_LARGE,
} from "./json-rpc.js";

/** A message that is too large is read up to here, and then cut off. */
const READ_AT_MOST_BYTES = 4 * MAX_MESSAGE_BYTES;

/** Why a body is refused. */
export interface BadBody {
	readonly status: 400 | 413;
	readonly code: number;
	readonly message: string;
}

/** The message that a request carries, or why it is refused. */
export async function readBody(
	request: IncomingMessage,
): Promise<{ readonly body: unknown } | BadBody> {
	const bytes = await readBytes(request);
	if (bytes === undefined)
		return { status: 413, code: REFUSED.notARequest, message: TOO_LARGE };
	try {
		return { body: JSON.parse(bytes.toString("utf8")) };
	} catch (error) {
		return {
			status: 400,
			code: REFUSED.notJson,
			message: `the body is not JSON: ${(error as Error).message}`,
		};
	}
}

/** undefined: they are too many. */
async function readBytes(
	request: IncomingMessage,
): Promise<Buffer | undefined> {
	let chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request) {
		size += chunk.length;
		if (size <= MAX_MESSAGE_BYTES) chunks.push(chunk);
		// Clients hear the answer once they have sent all: the rest goes nowhere, unless it has no end.
		else chunks = [];
		if (size > READ_AT_MOST_BYTES) break;
	}
	return size > MAX_MESSAGE_BYTES ? undefined : Buffer.concat(chunks);
}

/** Ids of the requests in a message, or in a batch of them. */
export function requestIds(body: unknown): readonly RequestId[] {
	return (Array.isArray(body) ? body : [body]).flatMap((message: unknown) => {
		if (typeof message !== "object" || message === null) return [];
		const { id, method } = message as { id?: unknown; method?: unknown };
		return method !== undefined &&
			(typeof id === "string" || typeof id === "number")
			? [id]
			: [];
	});
}
