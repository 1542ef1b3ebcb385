import type { FakeResponse } from "../fake.js";
import type { DingtalkFake } from "./index.js";

export interface Answered {
	readonly status: number;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of any shape
	readonly body: any;
}

export interface Sent {
	readonly body?: unknown;
	readonly query?: Readonly<Record<string, string>>;
	/** Default: the app's token; null: no header. */
	readonly token?: string | null;
	/** Default: the owner; null: none. */
	readonly operator?: string | null;
}

export const ORIGIN = "https://api.dingtalk.com";

/** One call of the fake without sockets. */
export function calling(fake: DingtalkFake) {
	return (method: string, path: string, sent: Sent = {}): Answered => {
		const token = sent.token === undefined ? fake.token() : sent.token;
		const operator =
			sent.operator === undefined ? fake.operatorId : sent.operator;
		const query = new URLSearchParams({
			...sent.query,
			...(operator === null ? {} : { operatorId: operator }),
		});
		return parsed(
			fake.handle({
				method,
				origin: ORIGIN,
				path,
				query: query.toString(),
				headers: {
					...(token === null ? {} : { "x-acs-dingtalk-access-token": token }),
					...(sent.body === undefined
						? {}
						: { "content-type": "application/json" }),
				},
				body: Buffer.from(
					sent.body === undefined ? "" : JSON.stringify(sent.body),
				),
			}),
		);
	};
}

/** A call of the legacy host: the token is a query parameter, the body a form. */
export function legacyCalling(fake: DingtalkFake) {
	return (
		path: string,
		form: Readonly<Record<string, string>> = {},
		token: string | null = fake.token(),
	) =>
		parsed(
			fake.handle({
				method: "POST",
				origin: "https://oapi.dingtalk.com",
				path,
				query: token === null ? "" : `access_token=${token}`,
				headers: { "content-type": "application/x-www-form-urlencoded" },
				body: Buffer.from(new URLSearchParams(form).toString()),
			}),
		).body;
}

/** A call of a signed link, as `uploadUrl` and the links of cells are. */
export function fileCall(
	fake: DingtalkFake,
	url: string,
	put?: { readonly type: string; readonly bytes: string },
): FakeResponse {
	const { origin, pathname, search } = new URL(url);
	return fake.handle({
		method: put === undefined ? "GET" : "PUT",
		origin,
		path: pathname,
		query: search.slice(1),
		headers: put === undefined ? {} : { "content-type": put.type },
		body: Buffer.from(put?.bytes ?? ""),
	});
}

function parsed(response: FakeResponse): Answered {
	const text = Buffer.from(response.body ?? "").toString("utf8");
	return {
		status: response.status,
		body: text === "" ? undefined : JSON.parse(text),
	};
}
