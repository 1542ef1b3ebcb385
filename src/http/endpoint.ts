import type { Body } from "./multipart.js";

/** One endpoint of a vendor; a folder's `calls.ts` is a list of these. */
export interface Endpoint {
	/** What it does, for messages and the log: "list records". */
	readonly name: string;
	readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** With `{placeholders}`, which are percent-encoded when filled. */
	readonly path: string;
	readonly kind: "read" | "write";
	/** May be sent again when nobody knows whether it was done: reads (a search by POST too), and writes that are idempotent. */
	readonly repeatable: boolean;
	/** The bucket that paces it, one of the client's; absent: the one of its kind. */
	readonly pace?: string;
	/** For another host than the client's own. */
	readonly origin?: string;
	/** Its answer holds a credential: what of it cannot be read is not shown. */
	readonly answersSecret?: true;
	/** The credential travels in this parameter of the query, not in its header. */
	readonly tokenParameter?: string;
}

/** What is put into an endpoint. */
export interface Call {
	readonly params?: Readonly<Record<string, string>>;
	/** Absent values are left out. */
	readonly query?: readonly (readonly [string, string | undefined])[];
	readonly json?: unknown;
	readonly body?: Body;
	readonly headers?: Readonly<Record<string, string>>;
	/** What `per: base` and `per: table` count by. */
	readonly base?: string;
	readonly table?: string;
}
