import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { letOthersRun } from "../core/values/in-turns.js";
import { type ParsedJson, parseJson } from "../core/values/parse-json.js";
import {
	MAX_MESSAGE_BYTES,
	NOT_UTF8,
	notJson,
	REFUSED,
	type RequestId,
	requestIdOf,
	TOO_LARGE,
	TOO_MANY,
} from "./json-rpc.js";
import {
	joined,
	type MessageBytes,
	messageBytes,
	tooLong,
} from "./message-bytes.js";
import { type Fields, type Formed, formOf, told } from "./message-form.js";

/** A message that is too large is read up to here, and then cut off. */
const READ_AT_MOST_BYTES = 4 * MAX_MESSAGE_BYTES;

/** Why a body is refused. */
export interface BadBody {
	readonly status: 200 | 400 | 413 | 415;
	readonly code: number;
	readonly message: string;
	/** Of the request that is answered by it. */
	readonly id?: RequestId | null;
}

/** What a request carries: a message, or several, each of the form that it must have. */
export interface Body {
	readonly body: object | undefined;
	/** Of the requests in it. */
	readonly ids: readonly RequestId[];
	/** Why it is refused, though a question of this server may end with it. Absent: it is not. */
	readonly refusal?: { readonly id: RequestId; readonly reason: string };
	readonly isInitialize: boolean;
	/** Several messages in one. */
	readonly isBatch: boolean;
	/** That an `initialize` asks for. */
	readonly protocol?: string;
}

/** Of a request that carries nothing. */
export const NO_BODY: Body = {
	body: undefined,
	ids: [],
	isInitialize: false,
	isBatch: false,
};

/** What a request carries, or why it is refused. */
export async function readBody(
	request: IncomingMessage,
): Promise<Body | BadBody> {
	const charset = charsetOf(request);
	if (!/^utf-?8$/i.test(charset))
		return {
			status: 415,
			code: REFUSED.notARequest,
			message: `the charset of a message is utf-8; ${JSON.stringify(told(charset))} is not read, and nothing was done`,
		};
	// What says beforehand that it is too much is not waited for.
	const declared = Number(request.headers["content-length"] ?? 0);
	const read =
		declared > MAX_MESSAGE_BYTES ? undefined : await readBytes(request);
	if (read === undefined)
		return { status: 413, code: REFUSED.notARequest, message: TOO_LARGE };
	// Each look at all of it is a turn.
	const bytes = await joined(read);
	if (!isUtf8(bytes))
		return {
			status: 400,
			code: REFUSED.notJson,
			message: `the body ${NOT_UTF8}`,
		};
	let parsed: ParsedJson;
	try {
		await letOthersRun();
		parsed = await parseJson(bytes);
	} catch (error) {
		return {
			status: 400,
			code: REFUSED.notJson,
			message: `the body is not JSON: ${notJson(error)}`,
		};
	}
	const { value: given, isCut } = parsed;
	const { long } = read;
	if (isCut || long !== undefined) {
		const id = requestIdOf(given);
		const message = isCut || long === undefined ? TOO_MANY : tooLong(long);
		const status = id === undefined ? 400 : 200;
		return {
			...{ status, code: REFUSED.badParams, message },
			...(id === undefined ? {} : { id }),
		};
	}
	return Array.isArray(given) ? batchOf(given) : messageOf(given);
}

/** The one that is declared, else the one that JSON has. */
function charsetOf({ headers }: IncomingMessage): string {
	const [, quoted, plain] =
		/;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]*))/i.exec(
			headers["content-type"] ?? "",
		) ?? [];
	return quoted ?? plain ?? "utf-8";
}

function messageOf(given: unknown): Body | BadBody {
	const formed = formOf(given);
	if (formed.kind === "response" && formed.refusal !== undefined)
		return {
			...bodyOf(formed.message, [formed]),
			refusal: formed.refusal,
		};
	if (formed.kind !== "refused") return bodyOf(formed.message, [formed]);
	const { id, code, reason } = formed;
	// What is a request is answered as one: a client reads the status of an answer as that of the connection.
	const isAnswer = code === REFUSED.noMethod || code === REFUSED.badParams;
	return { status: isAnswer ? 200 : 400, code, message: reason, id };
}

/** Older protocols have them; one that is malformed spoils all of it. */
function batchOf(given: readonly unknown[]): Body | BadBody {
	const formed = given.map(formOf);
	const wrong = formed.findIndex(({ kind }) => kind === "refused");
	const found = formed[wrong];
	if (found?.kind === "refused")
		return {
			status: 400,
			code: found.code,
			message: `message ${wrong + 1} of ${given.length}: ${found.reason}`,
		};
	if (formed.length === 0)
		return {
			status: 400,
			code: REFUSED.notARequest,
			message: "a batch holds at least one message",
		};
	return bodyOf(
		formed.map((each) => (each as { message: Fields }).message),
		formed,
	);
}

function bodyOf(body: object, formed: readonly Formed[]): Body {
	const requests = formed.filter((each) => each.kind === "request");
	const first = requests.find(({ method }) => method === "initialize");
	const { protocolVersion: protocol } = (first?.message.params ?? {}) as Fields;
	return {
		body,
		ids: requests.map(({ id }) => id),
		isInitialize: first !== undefined,
		isBatch: Array.isArray(body),
		...(typeof protocol === "string" ? { protocol } : {}),
	};
}

/** undefined: they are too many. */
async function readBytes(
	request: IncomingMessage,
): Promise<ReturnType<MessageBytes["end"]> | undefined> {
	const message = messageBytes();
	let size = 0;
	let isTooLarge = false;
	for await (const chunk of request) {
		size += chunk.length;
		// Clients hear the answer once they have sent all: the rest goes nowhere, unless it has no end.
		isTooLarge ||= message.add(chunk);
		if (size > READ_AT_MOST_BYTES) break;
	}
	return isTooLarge ? undefined : message.end();
}
