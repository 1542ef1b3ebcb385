import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Connection, Session } from "../contract/session.js";
import type { Table, TableRef, View } from "../contract/table.js";
import { defined } from "../values/defined.js";
import { cutList, resolveName } from "../values/names.js";
import { connectionNamed } from "./connections.js";
import { type Listed, type Listing, listNodes } from "./listing.js";
import { isNotFound, nothingAt, tableMissing } from "./not-found.js";
import { formatReference, parseReference } from "./reference.js";
import {
	caches,
	forgetOld,
	isFree,
	SCHEMA_MAX_AGE_MS,
} from "./schema-cache.js";
import { unaskedText, withUnasked } from "./unasked.js";
import { asUrl, resolveUrl } from "./url.js";

/** A table found, with what is needed to work on it. */
export interface Located {
	readonly connection: Connection;
	readonly adapter: Adapter;
	readonly table: Table;
	/** As `list_tables` prints it. */
	readonly reference: string;
	/** The call named it by exactly this reference, so that its answer need not tell it. */
	readonly byReference?: true;
	/** The view of a pasted URL; applies to reads. */
	readonly view?: View;
	/** What the agent should know about how the name was understood. */
	readonly notes: readonly string[];
}

/** Where a table's name led, before its schema is read. */
interface Target {
	readonly connection: Connection;
	readonly ref: TableRef;
	readonly notes?: readonly string[];
	/** Id of the view of a URL. */
	readonly view?: string;
}

/** What all steps of finding a table need. */
interface Search {
	readonly session: Session;
	readonly call: CallContext;
	/** A schema from the cache may be this old. */
	readonly maxAgeMs: number;
}

/**
 * Finds the table that `text` names: a reference, a pasted browser URL, or a name that is unique over the
 * connections that can be listed.
 * @throws TablesError not_found with the nearest names, bad_argument with the candidates of an ambiguous name.
 */
export async function locate(
	session: Session,
	text: string,
	{ call }: Pick<Running, "call">,
	{ maxAgeMs = SCHEMA_MAX_AGE_MS }: { readonly maxAgeMs?: number } = {},
): Promise<Located> {
	const search: Search = { session, call, maxAgeMs };
	const url = asUrl(text);
	if (url !== undefined) return atUrl(url, search);
	const reference = parseReference(text);
	const connection = reference && session.connections.get(reference.connection);
	if (reference === undefined || connection === undefined)
		return byName(text, {}, search);
	try {
		const located = await openTable({ connection, ref: reference }, search);
		return located.reference === text
			? { ...located, byReference: true }
			: located;
	} catch (error) {
		if (!isNotFound(error)) throw error;
	}
	const within = { connection: connection.name, base: reference.base };
	return byName(reference.table, within, search);
}

async function atUrl(url: URL, search: Search): Promise<Located> {
	const { connection, base, table, view, note } = await resolveUrl(
		search.session,
		url,
		search.call,
	);
	if (table === undefined)
		return openTable(await onlyTable(connection, base, search), search);
	const notes = [
		...(view === undefined ? [] : ["the view of the URL applies to reads"]),
		...(note === undefined ? [] : [note]),
	];
	const target = { connection, ref: { base, table }, notes };
	return openTable({ ...target, ...defined({ view }) }, search).catch(
		(error) => {
			throw isNotFound(error) ? nothingAt(url, error) : error;
		},
	);
}

/** The table of a base that has no other. */
async function onlyTable(
	connection: Connection,
	base: string,
	{ session, call }: Search,
): Promise<Target> {
	const { nodes } = await listNodes(session, call, {
		connection: connection.name,
		base,
		kinds: ["table"],
	});
	const [only] = nodes;
	if (only !== undefined && nodes.length === 1)
		return {
			connection,
			ref: { base: only.base, table: only.id },
			notes: [`the URL names a base; its only table is "${only.name}"`],
		};
	throw new TablesError(
		"bad_argument",
		"the URL names a base, not one of its tables",
		{
			next: `Use one of: ${cutList(nodes.map((node) => `${node.reference} (${node.name})`))}.`,
		},
	);
}

/** What is not there may have been made since the listing was read: it is read once more before the name is refused. */
async function byName(
	name: string,
	within: { readonly connection?: string; readonly base?: string },
	search: Search,
): Promise<Located> {
	const { session, call } = search;
	const startedMs = session.clock.now();
	// What failed before this call is believed at first.
	const believes = caches(session).failures.size > 0;
	const find = async (isFirst: boolean) => {
		const listing = await listNodes(session, call, {
			...within,
			kinds: ["table"],
			forName: isFirst,
		});
		const { item, note } = resolveNode(listing, name);
		const target = {
			connection: connectionNamed(session, item.connection),
			ref: { base: item.base, table: item.id },
			notes: [
				...(note === undefined ? [] : [note]),
				...listing.unasked.map(
					(unasked) => `no table was looked for there: ${unaskedText(unasked)}`,
				),
			],
		};
		return openTable(target, search);
	};
	try {
		return await find(true);
	} catch (error) {
		if (!isNotFound(error)) throw error;
		if (!forgetOld(session, startedMs) && !believes) throw error;
		return find(false);
	}
}

/**
 * The table that `text` names; a name that several tables have is looked for in this base.
 * @throws what `locate` throws.
 */
export function locateFrom(
	session: Session,
	{ connection, base }: { readonly connection: string; readonly base: string },
	text: string,
	running: Pick<Running, "call">,
): Promise<Located> {
	return locate(session, text, running).catch((error) => {
		if (!(error instanceof TablesError) || error.code !== "bad_argument")
			throw error;
		const reference = formatReference({ connection, base, table: text });
		return locate(session, reference, running);
	});
}

/** The same table with a schema read just now. */
export function reload(
	session: Session,
	{ connection, table, notes, view }: Located,
	{ call }: Pick<Running, "call">,
): Promise<Located> {
	const target = { connection, ref: table.ref, notes };
	return openTable(
		{ ...target, ...defined({ view: view?.id }) },
		{ session, call, maxAgeMs: 0 },
	);
}

async function openTable(target: Target, search: Search): Promise<Located> {
	const { connection, notes = [], view } = target;
	const adapter = await connection.adapter();
	const table = await readSchema(target, adapter, search);
	const reference = formatReference({
		connection: connection.name,
		...table.ref,
	});
	const located: Located = { connection, adapter, table, reference, notes };
	return view === undefined
		? located
		: { ...located, view: await openView(located, view, search.call) };
}

/** From the cache where it is young enough. */
async function readSchema(
	{ connection, ref: { base, table } }: Target,
	adapter: Adapter,
	{ session, call, maxAgeMs }: Search,
): Promise<Table> {
	const { tables } = caches(session);
	const key = formatReference({ connection: connection.name, base, table });
	const cached = tables.get(key);
	if (
		cached !== undefined &&
		maxAgeMs > 0 &&
		!isFree(adapter) &&
		session.clock.now() - cached.readAtMs <= maxAgeMs
	)
		return cached;
	try {
		const read = await adapter.readTable({ base, table }, call);
		tables.set(key, read);
		return read;
	} catch (error) {
		tables.delete(key);
		throw isNotFound(error) ? tableMissing(key, error) : error;
	}
}

/**
 * A view with its definition as far as the vendor gives it.
 * @throws TablesError not_found with the nearest names of views.
 */
export async function openView(
	located: Pick<Located, "adapter" | "table">,
	text: string,
	call: CallContext,
): Promise<View> {
	const { item } = resolveName(located.table.views, text, "view");
	return located.adapter.readView
		? located.adapter.readView(located.table, item.id, call)
		: item;
}

function resolveNode(
	{ nodes, asked, unasked }: Listing,
	name: string,
): { item: Listed; note?: string } {
	const same = nodes.filter((node) => node.id === name || node.name === name);
	if (same.length > 1)
		throw new TablesError(
			"bad_argument",
			`"${name}" names ${same.length} tables: ${cutList(same.map(describeNode), "; ")}`,
			{
				next: "Call again with one of these references.",
			},
		);
	try {
		if (nodes.length === 0)
			throw new TablesError(
				"not_found",
				`no table "${name}": the connections ${asked.join(", ")} list no table`,
				{
					next: "Call list_tables, or pass the browser URL of the table: some vendors cannot list their bases.",
				},
			);
		return resolveName(nodes, name, "table");
	} catch (error) {
		throw withUnasked(error, unasked);
	}
}

function describeNode(node: Listed): string {
	const where = [node.baseName ?? node.base, ...(node.path ?? [])].join(" / ");
	return `${node.reference ?? node.id} (${where})`;
}
