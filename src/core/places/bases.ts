import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { type ErrorCode, TablesError } from "../contract/errors.js";
import { allPages } from "../contract/pages.js";
import type { Connection, Session } from "../contract/session.js";
import type { BaseInfo } from "../contract/table.js";
import { cutList, resolveName } from "../values/names.js";
import { foldName } from "../values/near-names.js";
import { connectionNamed } from "./connections.js";
import { isNotFound } from "./not-found.js";
import {
	caches,
	forgetOld,
	isFree,
	LISTING_MAX_AGE_MS,
} from "./schema-cache.js";
import {
	attempted,
	nothingAsked,
	patienceWith,
	searchEnd,
	type Unasked,
	withUnasked,
} from "./unasked.js";
import { asUrl, resolveUrl } from "./url.js";

/** Bases that the vendor lists, with `mayBeKept` as they were within the last minute, and those once opened by URL. */
export async function listBases(
	session: Session,
	connection: Connection,
	call: CallContext,
	{ mayBeKept = false }: { readonly mayBeKept?: boolean } = {},
): Promise<readonly BaseInfo[]> {
	const bases = new Map<string, BaseInfo>();
	const listed = await vendorBases(session, connection, call, mayBeKept);
	for (const base of listed) bases.set(base.id, base);
	for (const id of await session.opened.of(connection.name))
		if (!bases.has(id)) bases.set(id, { id, name: null });
	return [...bases.values()];
}

async function vendorBases(
	session: Session,
	connection: Connection,
	call: CallContext,
	mayBeKept: boolean,
): Promise<readonly BaseInfo[]> {
	const { clock } = session;
	const { bases } = caches(session);
	const cached = bases.get(connection.name);
	const adapter = await connection.adapter();
	if (
		mayBeKept &&
		cached !== undefined &&
		!isFree(adapter) &&
		clock.now() - cached.atMs <= LISTING_MAX_AGE_MS
	)
		return cached.bases;
	const read = await allPages((cursor) => adapter.readBases(cursor, call));
	bases.set(connection.name, { atMs: clock.now(), bases: read });
	return read;
}

/** The base that `text` names in one connection: id, name or URL. */
async function findBase(
	session: Session,
	connection: Connection,
	text: string,
	call: CallContext,
): Promise<BaseInfo> {
	return chooseBase(
		session,
		connection,
		await listBases(session, connection, call, { mayBeKept: true }),
		text,
		call,
	);
}

/** As `findBase`, of bases that have been listed. */
export async function chooseBase(
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
		} catch (failure) {
			throw couldAsk(failure) ? error : failure;
		}
		return { id: text, name: null };
	}
}

/** Failures that say nothing of what was asked about. */
const NOT_ASKED: ReadonlySet<ErrorCode> = new Set([
	"unreachable",
	"auth",
	"throttled",
	"busy",
	"quota_spent",
]);

/** Did somebody answer, so that a base that was not found is not there? */
function couldAsk(failure: unknown): boolean {
	return !(failure instanceof TablesError && NOT_ASKED.has(failure.code));
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

/** A base found, with what is needed to work on it. */
export interface LocatedBase {
	readonly connection: Connection;
	readonly adapter: Adapter;
	readonly base: BaseInfo;
}

/**
 * Where a new table, base, role … goes: the named connection and base, or the only ones there are.
 * @throws TablesError bad_argument where there are several, not_found.
 */
export async function locateBase(
	session: Session,
	given: {
		readonly connection?: string | undefined;
		readonly base?: string | undefined;
	},
	call: CallContext,
): Promise<LocatedBase> {
	const startedMs = session.clock.now();
	const find = async () =>
		(given.base !== undefined &&
			(await prefixedBase(session, given.base, call))) ||
		(await baseAmong(session, given, call));
	const found = await find().catch((error: unknown) => {
		if (!isNotFound(error) || !forgetOld(session, startedMs)) throw error;
		return find();
	});
	return { ...found, adapter: await found.connection.adapter() };
}

type FoundBase = Omit<LocatedBase, "adapter">;

async function baseAmong(
	session: Session,
	{ connection, base }: Parameters<typeof locateBase>[1],
	call: CallContext,
): Promise<FoundBase> {
	const connections =
		connection === undefined
			? [...session.connections.values()]
			: [connectionNamed(session, connection)];
	return base === undefined
		? onlyBase(session, connections, call)
		: namedBase(session, connections, base, call);
}

/** A base whose text says which connection it is in: a URL, or `connection:base`. */
async function prefixedBase(
	session: Session,
	text: string,
	call: CallContext,
): Promise<FoundBase | undefined> {
	const url = asUrl(text);
	if (url !== undefined) {
		const { connection, base } = await resolveUrl(session, url, call);
		return { connection, base: { id: base, name: null } };
	}
	const [, prefix = "", rest = ""] =
		/^([a-z][a-z0-9-]*):([^/]+)$/.exec(text) ?? [];
	const connection = session.connections.get(prefix);
	if (connection === undefined) return undefined;
	const name = decodeURIComponent(rest);
	return { connection, base: await findBase(session, connection, name, call) };
}

async function onlyBase(
	session: Session,
	[connection, ...others]: readonly Connection[],
	call: CallContext,
): Promise<FoundBase> {
	if (connection === undefined || others.length > 0)
		throw new TablesError("bad_argument", "there is more than one connection", {
			next: `Name one with \`connection\`: ${[...session.connections.keys()].join(", ")}.`,
		});
	const bases = await listBases(session, connection, call);
	const [base] = bases;
	if (base !== undefined && bases.length === 1) return { connection, base };
	const names = bases.map(({ id, name }) =>
		name === null ? id : `${id} (${name})`,
	);
	throw new TablesError(
		"bad_argument",
		`connection "${connection.name}" has ${bases.length} bases`,
		{
			next: `Name one with \`base\`: ${cutList(names) || "its id or its browser URL"}.`,
		},
	);
}

async function namedBase(
	session: Session,
	connections: readonly Connection[],
	text: string,
	call: CallContext,
): Promise<FoundBase> {
	const untilMs =
		connections.length > 1 ? searchEnd(session) : Number.POSITIVE_INFINITY;
	const { clock } = session;
	const outcomes = await Promise.all(
		connections.map((connection) =>
			attempted(connection.name, call, async () => {
				const patient = await patienceWith(connection, {
					clock,
					call,
					untilMs,
				});
				const base = await patient((within) =>
					findBase(session, connection, text, within),
				);
				return { connection, base };
			}),
		),
	);
	const found = outcomes.flatMap((outcome) =>
		"found" in outcome ? [outcome.found] : [],
	);
	const [first, ...more] = found;
	if (first === undefined) throw noBase(outcomes.filter((o) => "failure" in o));
	if (more.length === 0) return first;
	throw new TablesError(
		"bad_argument",
		`"${text}" names a base in more than one connection`,
		{
			next: `Name one with \`connection\`: ${found.map(({ connection }) => connection.name).join(", ")}.`,
		},
	);
}

/** Not to be found where it could be looked for, and maybe where it could not. */
function noBase(failures: readonly Unasked[]): unknown {
	const [absent] = failures.filter(({ failure }) => isNotFound(failure));
	const unasked = failures.filter(({ failure }) => !isNotFound(failure));
	return absent === undefined
		? nothingAsked(unasked)
		: withUnasked(absent.failure, unasked);
}
