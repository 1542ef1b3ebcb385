import type { RequestId } from "./json-rpc.js";
import { told } from "./message-form.js";

/** A request that has not been answered. */
export interface OpenRequest {
	readonly id: RequestId;
	/** Its number inside: no two requests have the same, whatever their client calls them. */
	readonly number: number;
	readonly isCall: boolean;
	/** Aborted when the stream of its answer broke. */
	readonly lost: AbortController;
	/** Nobody waits for an answer any more: the id is free once the call has ended. */
	cancelled: boolean;
	ended: boolean;
}

/** The requests of one client that have no answer yet. */
export interface OpenRequests {
	/** undefined: a request with this id is in flight. */
	take(id: RequestId, isCall: boolean): OpenRequest | undefined;
	of(id: RequestId): OpenRequest | undefined;
	numbered(number: RequestId): OpenRequest | undefined;
	answered(request: OpenRequest): void;
	/** The handler of a call has done its work. */
	ended(number: RequestId): void;
	/** Aborted when the stream on which this request is answered broke. */
	lostSignal(number: RequestId): AbortSignal;
	lose(ids: readonly RequestId[]): void;
	expect(ids: readonly RequestId[]): readonly RequestId[];
	expectNoMore(ids: readonly RequestId[]): void;
}

/** None at first. */
export function openRequests(): OpenRequests {
	const byId = new Map<RequestId, OpenRequest>();
	const byNumber = new Map<RequestId, OpenRequest>();
	const expected = new Map<RequestId, AbortController>();
	let numbers = 0;
	const free = ({ id, number }: OpenRequest) => {
		byId.delete(id);
		byNumber.delete(number);
	};
	return {
		take(id, isCall) {
			if (byId.has(id)) return undefined;
			const lost = expected.get(id) ?? new AbortController();
			expected.delete(id);
			const request: OpenRequest = {
				id,
				number: ++numbers,
				isCall,
				lost,
				cancelled: false,
				ended: false,
			};
			byId.set(id, request);
			byNumber.set(request.number, request);
			return request;
		},
		of: (id) => byId.get(id),
		numbered: (number) => byNumber.get(number),
		answered: free,
		ended(number) {
			const request = byNumber.get(number);
			if (request === undefined) return;
			request.ended = true;
			if (request.cancelled) free(request);
		},
		expect(ids) {
			const taken = ids.filter(
				(id, index) =>
					byId.has(id) || expected.has(id) || ids.indexOf(id) !== index,
			);
			if (taken.length === 0)
				for (const id of ids) expected.set(id, new AbortController());
			return taken;
		},
		expectNoMore(ids) {
			for (const id of ids) expected.delete(id);
		},
		lostSignal: (number) =>
			(byNumber.get(number)?.lost ?? new AbortController()).signal,
		lose(ids) {
			for (const id of ids) (byId.get(id)?.lost ?? expected.get(id))?.abort();
		},
	};
}

/** Why a request is refused whose id is taken. */
export function inFlight(id: RequestId): string {
	return `the id ${JSON.stringify(typeof id === "string" ? told(id) : id)} belongs to a request that is still in flight; give each request an id of its own`;
}
