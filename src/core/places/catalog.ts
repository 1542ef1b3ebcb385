import { LRUCache } from "lru-cache";
import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Connection, Session } from "../contract/session.js";
import type {
	BaseInfo,
	NodeInfo,
	NodeKind,
	Table,
	TableRef,
	View,
} from "../contract/table.js";
import { foldName, nearest, resolveName } from "../values/names.js";
import { formatReference, parseReference } from "./reference.js";

/** A table found, with what is needed to work on it. */
export interface Located {
	readonly connection: Connection;
	readonly adapter: Adapter;
	readonly table: Table;
	/** As `list_tables` prints it. */
	readonly reference: string;
	/** The view of a pasted URL; applies to reads. */
	readonly view?: View;
	/** What the agent should know about how the name was understood. */
	readonly notes: readonly string[];
}

/** A node of the listing, with where it was found. */
export interface Listed extends NodeInfo {
	readonly connection: string;
	readonly baseName: string | null;
	/** For tables. */
	readonly reference?: string;
}

/** A schema older than this is read again. */
export const SCHEMA_MAX_AGE_MS = 300_000;
/** Writes to select fields need one at most this old, because vendors create unknown options silently. */
export const SCHEMA_FRESH_MS = 10_000;
const LISTING_MAX_AGE_MS = 60_000;

interface Caches {
	readonly tables: LRUCache<string, Table>;
	readonly listings: LRUCache<
		string,
		{ readonly atMs: number; readonly nodes: readonly Listed[] }
	>;
}

const CACHES = Symbol("catalog");

function caches(session: Session): Caches {
	const known = session.memory.get(CACHES) as Caches | undefined;
	if (known !== undefined) return known;
	const made: Caches = {
		tables: new LRUCache({ max: 500 }),
		listings: new LRUCache({ max: 100 }),
	};
	session.memory.set(CACHES, made);
	return made;
}

/** Forgets what is known of a connection's tables, or of one of them, after a change of schema. */
export function forget(
	session: Session,
	connection: string,
	ref?: TableRef,
): void {
	const { tables, listings } = caches(session);
	listings.clear();
	if (ref !== undefined) tables.delete(formatReference({ connection, ...ref }));
	else
		for (const key of [...tables.keys()])
			if (key.startsWith(`${connection}:`)) tables.delete(key);
}

/** What was read within this time is not read again because of a refusal. */
const JUST_READ_MS = 1_000;

/**
 * Forgets what was not read just now: a refusal that rests on it may be wrong, because people and other processes
 * change tables too.
 * @returns whether there was any, so that it is worth trying again.
 */
export function forgetOld(session: Session): boolean {
	const { tables, listings } = caches(session);
	const limit = session.clock.now() - JUST_READ_MS;
	let forgotten = false;
	for (const [key, { readAtMs }] of [...tables.entries()])
		if (readAtMs < limit) forgotten = tables.delete(key) || forgotten;
	for (const [key, { atMs }] of [...listings.entries()])
		if (atMs < limit) forgotten = listings.delete(key) || forgotten;
	return forgotten;
}

/** @throws TablesError not_found with the names of the connections there are. */
export function connectionNamed(session: Session, name: string): Connection {
	const found = session.connections.get(name);
	if (found !== undefined) return found;
	const names = [...session.connections.keys()];
	throw new TablesError(
		"not_found",
		`there is no connection "${name}"; there are: ${names.join(", ")}`,
		{
			next: `Use one of: ${nearest(names, name).join(", ") || names.join(", ")}.`,
		},
	);
}

/**
 * Finds the table that `text` names: a reference, a pasted browser URL, or a name that is unique over the
 * connections that can be listed.
 * @throws TablesError not_found with the nearest names, bad_argument with the candidates of an ambiguous name.
 */
export async function locate(
	session: Session,
	text: string,
	running: Pick<Running, "call">,
	options: { readonly maxAgeMs?: number } = {},
): Promise<Located> {
	const { call } = running;
	const open = (
		connection: Connection,
		ref: TableRef,
		notes: readonly string[] = [],
		view?: string,
	) =>
		openTable(
			session,
			connection,
			ref,
			call,
			options.maxAgeMs ?? SCHEMA_MAX_AGE_MS,
			notes,
			view,
		);

	const url = asUrl(text);
	if (url !== undefined) {
		const target = await resolveUrl(session, url, call);
		if (target.table !== undefined) {
			const ref = { base: target.base, table: target.table };
			const notes = [
				...(target.view === undefined
					? []
					: ["the view of the URL applies to reads"]),
				...(target.note === undefined ? [] : [target.note]),
			];
			return open(target.connection, ref, notes, target.view).catch((error) => {
				throw isNotFound(error) ? nothingAt(url, error) : error;
			});
		}
		const tables = await listNodes(session, call, {
			connection: target.connection.name,
			base: target.base,
			kinds: ["table"],
		});
		const only = tables.nodes[0];
		if (only !== undefined && tables.nodes.length === 1)
			return open(target.connection, { base: only.base, table: only.id }, [
				`the URL names a base; its only table is "${only.name}"`,
			]);
		throw new TablesError(
			"bad_argument",
			"the URL names a base, not one of its tables",
			{
				next: `Use one of: ${tables.nodes
					.slice(0, 20)
					.map((node) => `${node.reference} (${node.name})`)
					.join(", ")}.`,
			},
		);
	}

	const reference = parseReference(text);
	if (
		reference !== undefined &&
		session.connections.has(reference.connection)
	) {
		const connection = connectionNamed(session, reference.connection);
		try {
			return await open(connection, reference);
		} catch (error) {
			if (!isNotFound(error)) throw error;
		}
		return byName(reference.table, {
			connection: connection.name,
			base: reference.base,
		});
	}
	return byName(text, {});

	async function byName(
		name: string,
		within: { connection?: string; base?: string },
	): Promise<Located> {
		try {
			return await named(name, within);
		} catch (error) {
			if (!isNotFound(error) || !forgetOld(session)) throw error;
			return named(name, within);
		}
	}

	async function named(
		name: string,
		within: { connection?: string; base?: string },
	): Promise<Located> {
		const { nodes } = await listNodes(session, call, {
			...within,
			kinds: ["table"],
		});
		const { item, note } = resolveNode(nodes, name, session);
		return open(
			connectionNamed(session, item.connection),
			{ base: item.base, table: item.id },
			note === undefined ? [] : [note],
		);
	}
}

/** The same table with a schema read just now. */
export async function reload(
	session: Session,
	located: Located,
	running: Pick<Running, "call">,
): Promise<Located> {
	const fresh = await openTable(
		session,
		located.connection,
		located.table.ref,
		running.call,
		0,
		located.notes,
		located.view?.id,
	);
	return fresh;
}

/** Was the table's schema read in this call, or as good as? */
export function justRead(
	session: Session,
	{ table }: Pick<Located, "table">,
): boolean {
	return session.clock.now() - table.readAtMs <= JUST_READ_MS;
}

async function openTable(
	session: Session,
	connection: Connection,
	ref: TableRef,
	call: CallContext,
	maxAgeMs: number,
	notes: readonly string[],
	view?: string,
): Promise<Located> {
	const { tables } = caches(session);
	const adapter = await connection.adapter();
	const key = formatReference({ connection: connection.name, ...ref });
	const cached = tables.get(key);
	let table =
		cached !== undefined &&
		maxAgeMs > 0 &&
		session.clock.now() - cached.readAtMs <= maxAgeMs
			? cached
			: undefined;
	if (table === undefined) {
		try {
			table = await adapter.readTable(
				{ base: ref.base, table: ref.table },
				call,
			);
		} catch (error) {
			tables.delete(key);
			if (isNotFound(error)) throw tableMissing(key, error);
			throw error;
		}
		tables.set(key, table);
	}
	const reference = formatReference({
		connection: connection.name,
		...table.ref,
	});
	const located: Located = { connection, adapter, table, reference, notes };
	return view === undefined
		? located
		: { ...located, view: await openView(located, view, call) };
}

/**
 * A view with its definition as far as the vendor tells it.
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
	nodes: readonly Listed[],
	name: string,
	session: Session,
): { item: Listed; note?: string } {
	const same = nodes.filter((node) => node.id === name || node.name === name);
	if (same.length > 1)
		throw new TablesError(
			"bad_argument",
			`"${name}" names ${same.length} tables: ${same.slice(0, 20).map(describeNode).join("; ")}`,
			{
				next: "Call again with one of these references.",
			},
		);
	if (nodes.length === 0)
		throw new TablesError(
			"not_found",
			`no table "${name}": the connections ${[...session.connections.keys()].join(", ")} list no table`,
			{
				next: "Call list_tables, or pass the browser URL of the table: some vendors cannot list their bases.",
			},
		);
	return resolveName(nodes, name, "table");
}

function describeNode(node: Listed): string {
	const where = [node.baseName ?? node.base, ...(node.path ?? [])].join(" / ");
	return `${node.reference ?? node.id} (${where})`;
}

/**
 * Everything that can be listed, in a steady order, from a cache of a minute.
 * `incomplete` names connections that could not be listed, with the reason.
 */
export async function listNodes(
	session: Session,
	call: CallContext,
	query: {
		readonly connection?: string;
		readonly base?: string;
		readonly kinds: readonly NodeKind[];
		readonly search?: string;
	},
): Promise<{
	readonly nodes: readonly Listed[];
	readonly incomplete: readonly string[];
}> {
	const connections =
		query.connection === undefined
			? [...session.connections.values()]
			: [connectionNamed(session, query.connection)];
	const incomplete: string[] = [];
	const lists = await Promise.all(
		connections.map(async (connection) => {
			try {
				return await listConnection(
					session,
					connection,
					call,
					query,
					incomplete,
				);
			} catch (error) {
				if (connections.length === 1 || call.signal?.aborted) throw error;
				incomplete.push(`${connection.name}: ${(error as Error).message}`);
				return [];
			}
		}),
	);
	const wanted = query.search?.normalize("NFKC").toLowerCase();
	const nodes = lists
		.flat()
		.filter(
			(node) =>
				wanted === undefined ||
				node.name.normalize("NFKC").toLowerCase().includes(wanted),
		);
	return { nodes, incomplete };
}

async function listConnection(
	session: Session,
	connection: Connection,
	call: CallContext,
	query: {
		readonly base?: string;
		readonly kinds: readonly NodeKind[];
		readonly search?: string;
	},
	incomplete: string[],
): Promise<readonly Listed[]> {
	const { listings } = caches(session);
	const bases = await listBases(session, connection, call);
	const chosen =
		query.base === undefined
			? bases
			: [await chooseBase(session, connection, bases, query.base, call)];
	const read = async (base: BaseInfo) => {
		const key = JSON.stringify([
			connection.name,
			base.id,
			query.kinds,
			query.search ?? null,
		]);
		const cached = listings.get(key);
		if (
			cached !== undefined &&
			session.clock.now() - cached.atMs <= LISTING_MAX_AGE_MS
		)
			return cached.nodes;
		const adapter = await connection.adapter();
		const nodes: Listed[] = [];
		let cursor: string | undefined;
		do {
			const page = await adapter.readNodes(
				base.id,
				{
					kinds: query.kinds,
					...(query.search === undefined ? {} : { search: query.search }),
				},
				cursor,
				call,
			);
			for (const node of page.items)
				nodes.push({
					...node,
					connection: connection.name,
					baseName: base.name,
					...(node.kind === "table"
						? {
								reference: formatReference({
									connection: connection.name,
									base: node.base,
									table: node.id,
								}),
							}
						: {}),
				});
			cursor = page.next;
		} while (cursor !== undefined);
		listings.set(key, { atMs: session.clock.now(), nodes });
		return nodes;
	};
	const lists = await Promise.all(
		chosen.map((base) =>
			read(base).catch((error: unknown) => {
				// One base that cannot be read must not hide the others.
				if (
					chosen.length === 1 ||
					call.signal?.aborted ||
					!(error instanceof TablesError)
				)
					throw error;
				incomplete.push(
					`${connection.name}:${base.name ?? base.id}: ${error.message}`,
				);
				return [];
			}),
		),
	);
	return lists.flat();
}

/** Bases that the vendor lists, and those once opened by URL. */
export async function listBases(
	session: Session,
	connection: Connection,
	call: CallContext,
): Promise<readonly BaseInfo[]> {
	const adapter = await connection.adapter();
	const bases = new Map<string, BaseInfo>();
	let cursor: string | undefined;
	do {
		const page = await adapter.readBases(cursor, call);
		for (const base of page.items) bases.set(base.id, base);
		cursor = page.next;
	} while (cursor !== undefined);
	for (const id of await session.opened.of(connection.name))
		if (!bases.has(id)) bases.set(id, { id, name: null });
	return [...bases.values()];
}

/** The base that `text` names in one connection: id, name or URL. */
export async function findBase(
	session: Session,
	connection: Connection,
	text: string,
	call: CallContext,
): Promise<BaseInfo> {
	return chooseBase(
		session,
		connection,
		await listBases(session, connection, call),
		text,
		call,
	);
}

async function chooseBase(
	session: Session,
	connection: Connection,
	bases: readonly BaseInfo[],
	text: string,
	call: CallContext,
): Promise<BaseInfo> {
	const url = asUrl(text);
	if (url !== undefined) {
		const target = await resolveUrl(session, url, call, connection);
		return (
			bases.find(({ id }) => id === target.base) ?? {
				id: target.base,
				name: null,
			}
		);
	}
	const known = bases.find(({ id }) => id === text);
	if (known !== undefined) return known;
	const named = bases.flatMap((base) =>
		base.name === null ? [] : [{ ...base, name: base.name }],
	);
	try {
		return resolveName(named, text, "base").item;
	} catch (error) {
		const adapter = await connection.adapter();
		const searched = await searchBases(adapter, text, call);
		if (searched.length > 0) return resolveName(searched, text, "base").item;
		try {
			await adapter.readNodes(text, { kinds: ["table"] }, undefined, call);
		} catch {
			throw error;
		}
		return { id: text, name: null };
	}
}

/** Bases of that name which are not in the list, where the vendor may be asked for them. */
async function searchBases(
	adapter: Adapter,
	text: string,
	call: CallContext,
): Promise<readonly (BaseInfo & { readonly name: string })[]> {
	const found = await adapter
		.findBases?.(text, call)
		.catch((error: unknown) => {
			if (error instanceof TablesError) return [];
			throw error;
		});
	const wanted = foldName(text);
	return (found ?? []).flatMap((base) =>
		base.name !== null && foldName(base.name) === wanted
			? [{ ...base, name: base.name }]
			: [],
	);
}

/** Where a new table, base, role … goes: the named connection and base, or the only ones there are. */
export async function locateBase(
	session: Session,
	given: {
		readonly connection?: string | undefined;
		readonly base?: string | undefined;
	},
	call: CallContext,
): Promise<{
	readonly connection: Connection;
	readonly adapter: Adapter;
	readonly base: BaseInfo;
}> {
	if (given.base !== undefined) {
		const url = asUrl(given.base);
		if (url !== undefined) {
			const target = await resolveUrl(session, url, call);
			return {
				connection: target.connection,
				adapter: await target.connection.adapter(),
				base: { id: target.base, name: null },
			};
		}
		const prefixed = /^([a-z][a-z0-9-]*):([^/]+)$/.exec(given.base);
		const owner =
			prefixed?.[1] === undefined
				? undefined
				: session.connections.get(prefixed[1]);
		if (owner !== undefined)
			return {
				connection: owner,
				adapter: await owner.adapter(),
				base: await findBase(
					session,
					owner,
					decodeURIComponent(prefixed?.[2] as string),
					call,
				),
			};
	}
	const connections =
		given.connection === undefined
			? [...session.connections.values()]
			: [connectionNamed(session, given.connection)];
	if (given.base === undefined) {
		const [connection, ...others] = connections;
		if (connection === undefined || others.length > 0)
			throw new TablesError(
				"bad_argument",
				"there is more than one connection",
				{
					next: `Name one with \`connection\`: ${connections.map(({ name }) => name).join(", ")}.`,
				},
			);
		const bases = await listBases(session, connection, call);
		const [base] = bases;
		if (base === undefined || bases.length > 1)
			throw new TablesError(
				"bad_argument",
				`connection "${connection.name}" has ${bases.length} bases`,
				{
					next: `Name one with \`base\`: ${
						bases
							.slice(0, 20)
							.map(({ id, name }) => (name === null ? id : `${id} (${name})`))
							.join(", ") || "its id or its browser URL"
					}.`,
				},
			);
		return { connection, adapter: await connection.adapter(), base };
	}
	const found: { connection: Connection; base: BaseInfo }[] = [];
	let failure: unknown;
	for (const connection of connections)
		try {
			found.push({
				connection,
				base: await findBase(session, connection, given.base, call),
			});
		} catch (error) {
			failure ??= error;
		}
	const [first, ...more] = found;
	if (first === undefined) throw failure;
	if (more.length > 0)
		throw new TablesError(
			"bad_argument",
			`"${given.base}" names a base in more than one connection`,
			{
				next: `Name one with \`connection\`: ${found.map(({ connection }) => connection.name).join(", ")}.`,
			},
		);
	return { ...first, adapter: await first.connection.adapter() };
}

export function asUrl(text: string): URL | undefined {
	if (!/^https?:\/\//i.test(text.trim())) return undefined;
	try {
		return new URL(text.trim());
	} catch {
		return undefined;
	}
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
): Promise<{
	readonly connection: Connection;
	readonly base: string;
	readonly table?: string;
	readonly view?: string;
	readonly record?: string;
	readonly note?: string;
}> {
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

/** The same text for what is not there and for what the policy hides. */
function nothingAt(url: URL, cause: unknown): TablesError {
	return new TablesError(
		"not_found",
		`there is nothing at ${url.href} that this account can see`,
		{
			next: "Check the address, or call list_tables for the references there are.",
			cause,
		},
	);
}

function isNotFound(error: unknown): boolean {
	return error instanceof TablesError && error.code === "not_found";
}

function tableMissing(reference: string, cause: unknown): TablesError {
	return new TablesError(
		"not_found",
		`there is no table ${reference}, or this account cannot see it`,
		{
			next: "Call list_tables for the references there are.",
			cause,
		},
	);
}
