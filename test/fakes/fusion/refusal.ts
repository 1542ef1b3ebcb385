import { type FakeResponse, jsonResponse } from "../fake.js";

/** A refusal in the vendor's envelope; thrown by handlers, answered at the edge. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		readonly code: number,
		message: string,
	) {
		super(message);
	}
}

/** A business refusal: HTTP 200 with a code in the body. */
export const tip = (message: string, code = 400) =>
	new Refusal(200, code, message);

/** A refusal of the request's shape with a plain text: HTTP 400. */
export const badShape = (message: string) => new Refusal(400, 400, message);

/** An unexpected exception inside the server; its raw text is the message. */
export const crash = (message: string) => new Refusal(500, 500, message);

export const refusals = {
	unauthorized: () => new Refusal(401, 401, "Unauthorized"),
	forbidden: () => new Refusal(403, 403, "Access forbidden"),
	outsider: () =>
		new Refusal(
			403,
			403,
			"The API token user does not belong to the space, please adjust spaceId or API token and try again",
		),
	monthly: () =>
		new Refusal(
			403,
			403,
			"The API usage of the current space exceeds the monthly rate",
		),
	noRoute: () => new Refusal(404, 404, "The API does not exist"),
	tooFast: (perSecond: number) =>
		new Refusal(
			429,
			429,
			`The API request rate for the current space is ${perSecond} queries per second (QPS). Upgrading the space allows for a higher call frequency. Contact us: sales@aitable.ai.`,
		),
	noSpace: () =>
		tip("Space doesn't exist, please adjust the spaceId and try again"),
	noDatasheet: () => tip("Can't find the specified datasheet", 301),
	noNode: () => tip("Node not found", 600),
	denied: () => tip("Operation denied", 602),
	noNodePermission: () => tip("No permission to operate on the node", 602),
	noView: (id: string) => tip(`View (${id}) does not exist`),
	noRecord: () => tip("The record specified by the recordId does not exist"),
	tooMany: () =>
		tip(
			"Can't update/delete/create more than $10  records in one single request",
		),
	tableFull: (limit: number) =>
		new Refusal(
			500,
			304,
			`The number of records in the datasheet exceeds the limit of ${limit}`,
		),
	fieldsFull: (limit: number) =>
		tip(`The number of fields in the datasheet exceeds ${limit}`, 304),
	planRows: (key: string, specification: number, usage: number, code: number) =>
		tip(JSON.stringify({ key, specification, usage }), code),
} satisfies Record<string, (...given: never[]) => Refusal>;

/** A handler that never answers (measured for two inputs). */
export class Hang extends Error {}

export interface Answer {
	readonly status?: number;
	/** Undefined: the envelope has no `data` key. */
	readonly body?: unknown;
}

export function success(answer: Answer): FakeResponse {
	return jsonResponse(answer.status ?? 200, {
		code: 200,
		success: true,
		...(answer.body === undefined ? {} : { data: answer.body }),
		message: "SUCCESS",
	});
}

export function refused(refusal: Refusal): FakeResponse {
	return jsonResponse(refusal.status, {
		success: false,
		code: refusal.code,
		message: refusal.message,
	});
}
