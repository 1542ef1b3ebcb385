import type { VirtualClock } from "../../clock.js";
import type { FakeResponse } from "../fake.js";
import type { BitableFake } from "./index.js";

export interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly code: number;
	readonly msg: string;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of all shapes.
	readonly data: any;
	// biome-ignore lint/suspicious/noExplicitAny: as above.
	readonly body: any;
	readonly response: FakeResponse;
}

export type FakeClient = (
	method: string,
	path: string,
	body?: unknown,
	given?: {
		readonly token?: string;
		readonly headers?: Readonly<Record<string, string>>;
		/** Time does not pass, as for calls in parallel. Default: it passes as long as the answer takes. */
		readonly atOnce?: boolean;
	},
) => Answer;

/** Calls the fake as a patient client: one call after the other, below every rate unless `atOnce`. */
export function fakeClient(
	fake: BitableFake,
	clock: VirtualClock,
	standard: string = fake.tenantToken(),
): FakeClient {
	return (method, path, body, given = {}) => {
		const [place = "", query = ""] = path.split(/\?(.*)/s);
		const raw = body instanceof Uint8Array ? Buffer.from(body) : undefined;
		const response = fake.handle({
			method,
			origin: "http://fake",
			path: place,
			query,
			headers: {
				...(raw === undefined ? { "content-type": "application/json" } : {}),
				...(given.token === ""
					? {}
					: { authorization: `Bearer ${given.token ?? standard}` }),
				...given.headers,
			},
			body: raw ?? Buffer.from(body === undefined ? "" : JSON.stringify(body)),
		});
		if (given.atOnce !== true)
			clock.advance(Math.max(250, response.delayMs ?? 0));
		const isJson =
			response.headers?.["content-type"]?.startsWith("application/json");
		const parsed = isJson ? JSON.parse(String(response.body)) : undefined;
		return {
			status: response.status,
			headers: response.headers ?? {},
			code: parsed?.code,
			msg: parsed?.msg,
			data: parsed?.data,
			body: parsed,
			response,
		};
	};
}
