import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import { allPages } from "../contract/pages.js";
import type { Connection, Session } from "../contract/session.js";
import type { BaseInfo, NodeInfo, NodeKind } from "../contract/table.js";
import { defined } from "../values/defined.js";
import { chooseBase, listBases } from "./bases.js";
import { connectionNamed } from "./connections.js";
import { formatReference } from "./reference.js";
import { caches, LISTING_MAX_AGE_MS } from "./schema-cache.js";

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

/**
 * Everything that can be listed, in a steady order, from a cache of a minute.
 * `incomplete` names connections that could not be listed, with the reason.
 */
export async function listNodes(
	session: Session,
	call: CallContext,
	query: NodesQuery & { readonly connection?: string },
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
	query: NodesQuery,
	incomplete: string[],
): Promise<readonly Listed[]> {
	const bases = await listBases(session, connection, call);
	const chosen =
		query.base === undefined
			? bases
			: [await chooseBase(session, connection, bases, query.base, call)];
	const lists = await Promise.all(
		chosen.map((base) =>
			listBase(session, connection, base, query, call).catch(
				(error: unknown) => {
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
				},
			),
		),
	);
	return lists.flat();
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
	if (
		cached !== undefined &&
		session.clock.now() - cached.atMs <= LISTING_MAX_AGE_MS
	)
		return cached.nodes;
	const adapter = await connection.adapter();
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
