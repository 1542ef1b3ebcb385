import type { FakeRequest, FakeResponse } from "../fake.js";
import { presignedUrls, storage, uploadAttachment } from "./attachments.js";
import type { Call, Handler } from "./call.js";
import {
	createRole,
	createTeam,
	deleteMember,
	deleteRole,
	deleteTeam,
	getMember,
	listRoles,
	roleUnits,
	teamChildren,
	teamMembers,
	updateMember,
	updateRole,
	updateTeam,
} from "./contacts.js";
import {
	createEmbedLink,
	deleteEmbedLink,
	listEmbedLinks,
} from "./embed-links.js";
import type { Limits } from "./limits.js";
import { getNode, listNodes, listSpaces, searchNodes } from "./nodes.js";
import { parseQuery } from "./query.js";
import {
	createRecords,
	deleteRecords,
	listRecords,
	timeMachine,
	updateRecords,
} from "./records.js";
import {
	badShape,
	Hang,
	Refusal,
	refusals,
	refused,
	success,
} from "./refusal.js";
import {
	createField,
	createTable,
	deleteField,
	listFields,
	listViews,
} from "./schema.js";
import type { Store } from "./store.js";

interface Route {
	readonly method: string;
	/** `:name` is one path segment. */
	readonly path: string;
	readonly handler: Handler;
	/** The limiter hangs on version 1 only. */
	readonly unlimited?: true;
	/** Nodes of other spaces are answered (measured). */
	readonly anySpace?: true;
}

const RECORDS = "/fusion/v1/datasheets/:datasheet/records";
const SPACE = "/fusion/v1/spaces/:space";

const routes: readonly Route[] = [
	{ method: "GET", path: RECORDS, handler: listRecords },
	{ method: "POST", path: RECORDS, handler: createRecords },
	{ method: "PATCH", path: RECORDS, handler: updateRecords },
	{ method: "PUT", path: RECORDS, handler: updateRecords },
	{ method: "DELETE", path: RECORDS, handler: deleteRecords },
	{
		method: "GET",
		path: "/fusion/v1/datasheets/:datasheet/fields",
		handler: listFields,
	},
	{
		method: "GET",
		path: "/fusion/v1/datasheets/:datasheet/views",
		handler: listViews,
	},
	{
		method: "POST",
		path: "/fusion/v1/datasheets/:datasheet/attachments",
		handler: uploadAttachment,
	},
	{
		method: "GET",
		path: "/fusion/v1/datasheets/:datasheet/attachments/presignedUrl",
		handler: presignedUrls,
	},
	{
		method: "GET",
		path: "/fusion/v1/timemachine/:datasheet",
		handler: timeMachine,
	},
	{ method: "GET", path: "/fusion/v1/spaces", handler: listSpaces },
	{ method: "GET", path: `${SPACE}/nodes`, handler: listNodes },
	{ method: "GET", path: `${SPACE}/nodes/:node`, handler: getNode },
	{
		method: "GET",
		path: "/fusion/v1/nodes/:node",
		handler: getNode,
		anySpace: true,
	},
	{
		method: "GET",
		path: "/fusion/v2/spaces/:space/nodes",
		handler: searchNodes,
		unlimited: true,
	},
	{ method: "POST", path: `${SPACE}/datasheets`, handler: createTable },
	{
		method: "POST",
		path: `${SPACE}/datasheets/:datasheet/fields`,
		handler: createField,
	},
	{
		method: "DELETE",
		path: `${SPACE}/datasheets/:datasheet/fields/:field`,
		handler: deleteField,
	},
	{ method: "GET", path: `${SPACE}/members/:unit`, handler: getMember },
	{ method: "PUT", path: `${SPACE}/members/:unit`, handler: updateMember },
	{ method: "DELETE", path: `${SPACE}/members/:unit`, handler: deleteMember },
	{ method: "GET", path: `${SPACE}/teams/:unit/members`, handler: teamMembers },
	{
		method: "GET",
		path: `${SPACE}/teams/:unit/children`,
		handler: teamChildren,
	},
	{ method: "POST", path: `${SPACE}/teams`, handler: createTeam },
	{ method: "PUT", path: `${SPACE}/teams/:unit`, handler: updateTeam },
	{ method: "DELETE", path: `${SPACE}/teams/:unit`, handler: deleteTeam },
	{ method: "GET", path: `${SPACE}/roles`, handler: listRoles },
	{ method: "POST", path: `${SPACE}/roles`, handler: createRole },
	{ method: "PUT", path: `${SPACE}/roles/:unit`, handler: updateRole },
	{ method: "DELETE", path: `${SPACE}/roles/:unit`, handler: deleteRole },
	{ method: "GET", path: `${SPACE}/roles/:unit/units`, handler: roleUnits },
	{
		method: "POST",
		path: `${SPACE}/nodes/:node/embedlinks`,
		handler: createEmbedLink,
	},
	{
		method: "GET",
		path: `${SPACE}/nodes/:node/embedlinks`,
		handler: listEmbedLinks,
	},
	{
		method: "DELETE",
		path: `${SPACE}/nodes/:node/embedlinks/:link`,
		handler: deleteEmbedLink,
	},
];

/** Longer than any client waits. */
const NEVER_MS = 24 * 3_600_000;

/** The vendor's server: routing, then the checks in the vendor's order, then the handler. */
export function createServer(
	store: Store,
	limits: Limits,
): (request: FakeRequest) => FakeResponse {
	const table = routes.map((route) => ({
		route,
		segments: route.path.split("/"),
	}));
	const answer = (request: FakeRequest): FakeResponse => {
		const stored = storage(store, request);
		if (stored !== undefined) return stored;
		if (request.method === "OPTIONS") return { status: 204, headers: CORS };
		const path = request.path.split("/");
		for (const { route, segments } of table) {
			if (route.method !== request.method) continue;
			const at = matched(segments, path);
			if (at === undefined) continue;
			const body = parsedBody(request);
			const user = authorised(store, limits, request, route, at);
			const query = parseQuery(request.query);
			const call: Call = { store, request, query, body, at, user };
			const result = route.handler(call);
			return "headers" in result && result.status !== undefined
				? (result as FakeResponse)
				: success(result);
		}
		throw refusals.noRoute();
	};
	return (request) => {
		let response: FakeResponse;
		try {
			response = answer(request);
		} catch (error) {
			if (error instanceof Hang)
				return { status: 0, broken: "no-answer", delayMs: NEVER_MS };
			if (!(error instanceof Refusal)) throw error;
			response = refused(error);
		}
		return {
			...response,
			headers: {
				"request-id": store.identifiers.hex(32),
				"server-timing": "total;dur=1",
				"cache-control": "no-cache,no-store,must-revalidate",
				...response.headers,
			},
		};
	};
}

const CORS = {
	"access-control-allow-origin": "*",
	"access-control-allow-methods": "GET,HEAD,POST,PATCH,DELETE",
	"access-control-allow-headers": "*",
};

function matched(
	segments: readonly string[],
	path: readonly string[],
): Record<string, string> | undefined {
	if (segments.length !== path.length) return undefined;
	const at: Record<string, string> = {};
	for (const [index, segment] of segments.entries()) {
		const given = path[index] ?? "";
		if (segment.startsWith(":")) {
			if (given === "") return undefined;
			at[segment.slice(1)] = decoded(given);
		} else if (segment !== given) return undefined;
	}
	return at;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** A JSON body; any other content counts as none. @throws Refusal HTTP 400 with the parser's own text */
function parsedBody(request: FakeRequest): Record<string, unknown> {
	const type = request.headers["content-type"] ?? "";
	if (
		request.method === "GET" ||
		request.body.length === 0 ||
		!/^application\/json\b/i.test(type)
	)
		return {};
	let parsed: unknown;
	try {
		parsed = JSON.parse(request.body.toString("utf8"));
	} catch (error) {
		throw badShape((error as Error).message);
	}
	return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)
		? (parsed as Record<string, unknown>)
		: {};
}

/** Bearer syntax, space, token, membership, rate, quota: in this order. Returns the user. @throws Refusal */
function authorised(
	store: Store,
	limits: Limits,
	request: FakeRequest,
	route: Route,
	at: Readonly<Record<string, string>>,
): string {
	const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1];
	if (token === undefined) throw refusals.unauthorized();
	const spaceId =
		store.tables.get(at.datasheet ?? "")?.spaceId ??
		(route.anySpace ? store.nodes.get(at.node ?? "")?.spaceId : undefined) ??
		at.space;
	const space = spaceId === undefined ? undefined : store.spaces.get(spaceId);
	if (at.space !== undefined && !store.spaces.has(at.space))
		throw refusals.noSpace();
	const user = store.tokens.get(token);
	if (user === undefined) throw refusals.unauthorized();
	const asked = at.space === undefined ? space : store.spaces.get(at.space);
	for (const each of [asked, space])
		if (!route.anySpace && each !== undefined && !each.members.has(user))
			throw refusals.outsider();
	if (!route.unlimited) limits.countSecond(request.path, token);
	if (space !== undefined) limits.countMonth(space.id);
	return user;
}
