import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Connection, Session } from "../contract/session.js";
import { isNotFound, nothingAt } from "./not-found.js";
import { caches } from "./schema-cache.js";

/** A text that is the address of a page; undefined for names and references. */
export function asUrl(text: string): URL | undefined {
	if (!/^https?:\/\//i.test(text.trim())) return undefined;
	try {
		return new URL(text.trim());
	} catch {
		return undefined;
	}
}

/** What a URL names, in the connection that knows its host. */
export interface UrlTarget {
	readonly connection: Connection;
	readonly base: string;
	readonly table?: string;
	readonly view?: string;
	readonly record?: string;
	readonly note?: string;
}

/**
 * What a pasted URL names.
 * @throws TablesError bad_argument when no connection knows the host or no API resolves this kind of link.
 */
export async function resolveUrl(
	session: Session,
	url: URL,
	call: CallContext,
	only?: Connection,
): Promise<UrlTarget> {
	let refusal: TablesError | undefined;
	for (const connection of only === undefined
		? session.connections.values()
		: [only]) {
		const adapter = await connection.adapter();
		const target = await adapter.resolveUrl(url, call).catch((error) => {
			throw isNotFound(error) ? nothingAt(url, error) : error;
		});
		if (target === undefined) continue;
		if ("unresolvable" in target) {
			refusal = new TablesError(
				"bad_argument",
				`this link cannot be resolved: ${target.unresolvable}`,
			);
			continue;
		}
		await session.opened.add(connection.name, target.base);
		caches(session).listings.clear();
		return { connection, ...target };
	}
	throw (
		refusal ??
		new TablesError(
			"bad_argument",
			`no connection knows the address ${url.host}`,
			{
				next: `Connections: ${[...session.connections.values()].map(({ name, title }) => `${name} (${title})`).join(", ")}. Paste the URL of a table there, or call list_tables.`,
			},
		)
	);
}
