import type { CallContext } from "../contract/call-context.js";
import type { ErrorCode, TablesError } from "../contract/errors.js";
import { allPages } from "../contract/pages.js";
import type { Connection, Session } from "../contract/session.js";
import type { BaseInfo, NodeInfo, NodeKind } from "../contract/table.js";
import { defined } from "../values/defined.js";
import { chooseBase, listBases } from "./bases.js";
import { connectionNamed } from "./connections.js";
import { formatReference } from "./reference.js";
import { caches, isFree, LISTING_MAX_AGE_MS } from "./schema-cache.js";
import {
	attempted,
	nothingAsked,
	patienceWith,
	searchEnd,
	type Unasked,
} from "./unasked.js";

/** A node of the listing, with where it was found. */
export interface Listed extends NodeInfo {
	readonly connection: string;
	readonly baseName: string | null;
	/** For tables. */
	readonly reference?: string;
}

/** What is wanted of a connection's bases. */
interface NodesQuery {
	/** One base by id, name or URL; absent = all that can be listed. */
	readonly base?: string;
	readonly kinds: readonly NodeKind[];
	/** A part of the name. */
	readonly search?: string;
}

/** What a search over connections found, and how far it reached. */
export interface Listing {
	readonly nodes: readonly Listed[];
	/** Connections that answered, in whole or in part. */
	readonly asked: readonly string[];
	readonly unasked: readonly Unasked[];
}

/**
 * Everything that can be listed, in a steady order, from a cache of a minute. A connection or base that cannot be
 * asked hides none of the others.
 * @throws TablesError the failure, where nothing could be asked.
 */
export async function listNodes(
	session: Session,
	call: CallContext,
	query: NodesQuery & {
		readonly connection?: string;
		/** A connection that has not answered then is given up; absent = none is but among several, after `SEARCH_PATIENCE_MS`. */
		readonly untilMs?: number;
		/**
		 * A name is looked for: bases that were listed a minute ago are taken as they are, and a connection that could
		 * not be asked then is not waited for again unless no other answers.
		 */
		readonly forName?: boolean;
	},
): Promise<Listing> {
	const connections =
		query.connection === undefined
			? [...session.connections.values()]
			: [connectionNamed(session, query.connection)];
	const untilMs =
		query.untilMs ??
		(connections.length > 1 ? searchEnd(session) : Number.POSITIVE_INFINITY);
	const listAll = (believesFailures: boolean) =>
		Promise.all(
			connections.map(
				(connection) =>
					(believesFailures && failedBefore(session, connection)) ||
					listConnection(connection, { session, call, query, untilMs }),
			),
		);
	const first = await listAll(query.forName ?? false);
	const listings =
		query.forName && first.every(({ asked }) => !asked)
			? await listAll(false)
			: first;
	const unasked = listings.flatMap((listing) => listing.unasked);
	if (unasked.length > 0 && listings.every(({ asked }) => !asked))
		throw nothingAsked(unasked);
	const wanted = query.search?.normalize("NFKC").toLowerCase();
	const nodes = listings
		.flatMap((listing) => listing.nodes)
		.filter(
			(node) =>
				wanted === undefined ||
				node.name.normalize("NFKC").toLowerCase().includes(wanted),
		);
	const asked = listings.flatMap((listing, index) =>
		listing.asked ? [connections[index]?.name ?? ""] : [],
	);
	return { nodes, asked, unasked };
}

/** How one search goes on. */
interface Search {
	readonly session: Session;
	readonly call: CallContext;
	readonly query: NodesQuery & { readonly forName?: boolean };
	readonly untilMs: number;
}

interface ConnectionListing {
	readonly nodes: readonly Listed[];
	/** Has anything of it answered? */
	readonly asked: boolean;
	readonly unasked: readonly Unasked[];
}

/** What the last question to the connection came to, where that was a failure that a minute does not heal. */
function failedBefore(
	session: Session,
	{ name }: Connection,
): ConnectionListing | undefined {
	const kept = caches(session).failures.get(name);
	return kept === undefined ||
		session.clock.now() - kept.atMs > LISTING_MAX_AGE_MS
		? undefined
		: {
				nodes: [],
				asked: false,
				unasked: [{ place: name, failure: kept.failure }],
			};
}

/** Failures that last: the others pass, and are waited for. */
const LASTING: ReadonlySet<ErrorCode> = new Set(["unreachable", "auth"]);

/** Keeps what a question to the connection came to. */
function remember(
	session: Session,
	{ name }: Connection,
	failure?: TablesError,
): void {
	const { failures } = caches(session);
	if (failure !== undefined && LASTING.has(failure.code))
		failures.set(name, { atMs: session.clock.now(), failure });
	else failures.delete(name);
}

async function listConnection(
	connection: Connection,
	search: Search,
): Promise<ConnectionListing> {
	const { session, query } = search;
	const { clock } = session;
	const chosen = await attempted(connection.name, search.call, async () => {
		const patient = await patienceWith(connection, { ...search, clock });
		const bases = await patient(async (call) => {
			const all = await listBases(session, connection, call, {
				mayBeKept: search.query.forName === true,
			});
			return query.base === undefined
				? all
				: [await chooseBase(session, connection, all, query.base, call)];
		});
		return { patient, bases };
	});
	if ("failure" in chosen) {
		remember(session, connection, chosen.failure);
		return { nodes: [], asked: false, unasked: [chosen] };
	}
	const { patient, bases } = chosen.found;
	const lists = await Promise.all(
		bases.map((base) =>
			attempted(
				bases.length === 1
					? connection.name
					: `${connection.name}:${base.name ?? base.id}`,
				search.call,
				() =>
					patient((call) => listBase(session, connection, base, query, call)),
			),
		),
	);
	const unasked = lists.filter((list) => "failure" in list);
	const asked = bases.length === 0 || unasked.length < bases.length;
	remember(session, connection, asked ? undefined : unasked[0]?.failure);
	return {
		nodes: lists.flatMap((list) => ("found" in list ? list.found : [])),
		asked,
		unasked,
	};
}

async function listBase(
	session: Session,
	connection: Connection,
	base: BaseInfo,
	{ kinds, search }: NodesQuery,
	call: CallContext,
): Promise<readonly Listed[]> {
	const { listings } = caches(session);
	const key = JSON.stringify([connection.name, base.id, kinds, search ?? null]);
	const cached = listings.get(key);
	const adapter = await connection.adapter();
	if (
		cached !== undefined &&
		!isFree(adapter) &&
		session.clock.now() - cached.atMs <= LISTING_MAX_AGE_MS
	)
		return cached.nodes;
	const wanted = { kinds, ...defined({ search }) };
	const found = await allPages((cursor) =>
		adapter.readNodes(base.id, wanted, cursor, call),
	);
	const nodes = found.map((node): Listed => {
		const place = { connection: connection.name, base: node.base };
		return {
			...node,
			connection: connection.name,
			baseName: base.name,
			...(node.kind === "table" && {
				reference: formatReference({ ...place, table: node.id }),
			}),
		};
	});
	listings.set(key, { atMs: session.clock.now(), nodes });
	return nodes;
}
