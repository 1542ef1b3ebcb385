import { type FakeRequest, type FakeResponse, jsonResponse } from "../fake.js";
import { authorised, checkAccess, checkScopes } from "./access.js";
import {
	type Call,
	type Caller,
	idKind,
	isJson,
	type Json,
	Raw,
} from "./call.js";
import { CODES, Refusal, statusOf } from "./codes.js";
import { type Limits, lock, waitForLock } from "./limits.js";
import { temporaryDownload } from "./media.js";
import type { Base, Table } from "./model.js";
import { ROUTES, type Route } from "./routes.js";
import { baseAt, type Store, tableAt } from "./store.js";

interface Matcher {
	readonly route: Route;
	readonly segments: readonly string[];
}

/**
 * The vendor's server. Checks come in this order: token, rate, scope, base, access, table, body,
 * write lock, client token, then what the endpoint itself checks.
 */
export function createServer(
	store: Store,
	limits: Limits,
): (request: FakeRequest) => FakeResponse {
	const byLength = new Map<string, Matcher[]>();
	for (const route of ROUTES) {
		const segments = route.path.split("/");
		const key = `${route.method} ${segments.length}`;
		const list = byLength.get(key) ?? [];
		list.push({ route, segments });
		byLength.set(key, list);
	}
	let calls = 0;
	return (request) => {
		calls++;
		const logId = `${new Date(store.clock.now()).toISOString().replace(/\D/g, "").slice(0, 14)}${String(calls).padStart(18, "0")}`;
		const headers = { "X-Tt-Logid": logId, "X-Request-Id": logId };
		const stored = temporaryDownload(store, request);
		if (stored !== undefined) return stored;
		const path = request.path.replace(/^\/\//, "/").split("/");
		const found = match(
			byLength.get(`${request.method} ${path.length}`) ?? [],
			path,
		);
		if (found === undefined)
			return {
				status: 404,
				headers: { "content-type": "text/plain", ...headers },
				body: "404 page not found",
			};
		const [route, at] = found;
		try {
			return answered(store, limits, request, route, at, headers);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			return refused(error, route, logId, headers);
		}
	};
}

function match(
	matchers: readonly Matcher[],
	path: readonly string[],
): readonly [Route, Record<string, string>] | undefined {
	for (const { route, segments } of matchers) {
		const at: Record<string, string> = {};
		const fits = segments.every((segment, index) => {
			const given = path[index] ?? "";
			if (!segment.startsWith(":")) return segment === given;
			at[segment.slice(1)] = decoded(given);
			return given !== "";
		});
		if (fits) return [route, at];
	}
	return undefined;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** Family 0 has most failures inside HTTP 200. */
export function refused(
	refusal: Refusal,
	route: Pick<Route, "family" | "statuses">,
	logId: string,
	headers: Readonly<Record<string, string>> = {},
): FakeResponse {
	const { code, detail, more } = refusal;
	const status = more.status ?? statusOf(code, route.family, route.statuses);
	const msg = more.text ?? CODES[code][0];
	const body: Json =
		code === 91403 || code === 91402 || code === 10003
			? { code, data: {}, msg }
			: {
					code,
					msg,
					error: {
						log_id: logId,
						...(detail === undefined ? {} : { message: detail }),
						...more.error,
					},
				};
	return jsonResponse(status, body, { ...headers, ...more.headers });
}

function answered(
	store: Store,
	limits: Limits,
	request: FakeRequest,
	route: Route,
	at: Readonly<Record<string, string>>,
	headers: Record<string, string>,
): FakeResponse {
	const query = new URLSearchParams(request.query);
	const caller: Caller = route.open
		? { appId: "", openId: "", isPerson: false, scopes: new Set() }
		: authorised(store, request.headers.authorization);
	const rates =
		store.switches.limits === "seed"
			? (route.seedRates ?? route.rates)
			: route.rates;
	if (rates !== undefined)
		limits.count(`${route.method} ${route.path}`, caller.appId, rates);
	checkScopes(caller, route.scopes ?? [], store.site);
	const kind = idKind(query.get("user_id_type"));
	if (kind === "user_id")
		checkScopes(
			caller,
			["contact:user.employee_id:readonly"],
			store.site,
			"field_scope_required",
		);
	const base =
		at.app_token === undefined ? undefined : baseAt(store, at.app_token);
	if (base !== undefined) checkBase(store, base, caller, route);
	const table =
		base === undefined || at.table_id === undefined
			? undefined
			: tableAt(store, base, at.table_id);
	const call: Call = {
		store,
		request,
		query,
		body: parsedBody(request, route),
		at,
		caller,
		idKind: kind,
		get base() {
			return present<Base>(base, route);
		},
		get table() {
			return present<Table>(table, route);
		},
	};
	if (base === undefined || route.writes === undefined) {
		if (base !== undefined && route.records) checkSettled(store, base);
		return finished(
			route.handler(call),
			headers,
			base === undefined ? 0 : store.switches.readMs,
		);
	}
	return written(store, base, call, route, headers);
}

function present<Part>(part: Part | undefined, route: Route): Part {
	if (part === undefined) throw new Error(`${route.path} names none`);
	return part;
}

/** @throws Refusal 1254036, 91403, 1254302 */
function checkBase(
	store: Store,
	base: Base,
	caller: Caller,
	route: Route,
): void {
	checkAccess(
		store,
		base,
		caller,
		route.access ?? (route.writes ? "edit" : "view"),
	);
	if (store.clock.now() < base.copyingUntilMs) throw new Refusal(1254036);
}

/** @throws Refusal 1254607 */
function checkSettled(store: Store, base: Base): void {
	if (store.clock.now() < base.unsettledUntilMs) throw new Refusal(1254607);
}

/** The body of a JSON call; GET may have one too. @throws Refusal */
function parsedBody(request: FakeRequest, route: Route): Json {
	if (
		request.method === "GET" ||
		request.body.length === 0 ||
		/^multipart\//i.test(request.headers["content-type"] ?? "")
	)
		return {};
	let parsed: unknown;
	try {
		parsed = JSON.parse(request.body.toString("utf8"));
	} catch {
		throw new Refusal(route.badBody ?? 1254000);
	}
	if (!isJson(parsed)) throw new Refusal(route.badBody ?? 1254001);
	return parsed;
}

const UUID_V4 =
	/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** A write: one at a time, and once per client_token. */
function written(
	store: Store,
	base: Base,
	call: Call,
	route: Route,
	headers: Record<string, string>,
): FakeResponse {
	const token = clientToken(store, call, route);
	const waitMs = waitForLock(store, base);
	if (route.records) checkSettled(store, base);
	const now = store.clock.now();
	const body = call.request.body.toString("utf8");
	const path = `${route.method} ${call.request.path}`;
	const earlier = token === undefined ? undefined : base.submitted.get(token);
	if (
		earlier !== undefined &&
		now - earlier.atMs < store.switches.clientTokenMs
	) {
		if (earlier.path !== path || earlier.body !== body)
			throw new Refusal(1255006);
		if (store.switches.repeatedSubmit === "refused") throw new Refusal(1254608);
		return finished(earlier.answer as Json, headers, store.switches.writeMs);
	}
	const answer = route.handler(call);
	const delayMs = lock(store, base, waitMs);
	if (route.records) settle(store, base, answer);
	if (token !== undefined)
		base.submitted.set(token, { path, body, answer, atMs: now });
	return finished(answer, headers, delayMs);
}

/** @throws Refusal 1254037 */
function clientToken(
	store: Store,
	call: Call,
	route: Route,
): string | undefined {
	const counts =
		route.clientToken === "documented" ||
		(route.clientToken === "typed" && store.switches.clientTokenOnUpdates);
	const token = call.query.get("client_token") ?? "";
	if (!counts || token === "") return undefined;
	if (!UUID_V4.test(token)) throw new Refusal(1254037);
	return token.toLowerCase();
}

/** Heavy writes keep the base busy for a while, when a test asks for it. */
function settle(store: Store, base: Base, answer: Json | Raw): void {
	const { settlingMsPerThousand } = store.switches;
	if (settlingMsPerThousand === 0 || answer instanceof Raw) return;
	const count = Array.isArray(answer.records) ? answer.records.length : 1;
	base.unsettledUntilMs =
		store.clock.now() + (settlingMsPerThousand * count) / 1_000;
}

function finished(
	answer: Json | Raw,
	headers: Record<string, string>,
	delayMs: number,
): FakeResponse {
	const response =
		answer instanceof Raw
			? {
					...answer.response,
					headers: { ...headers, ...answer.response.headers },
				}
			: jsonResponse(200, { code: 0, msg: "success", data: answer }, headers);
	return delayMs > 0 ? { ...response, delayMs } : response;
}
