import { jsonResponse } from "../fake.js";
import { type Call, type Caller, type Json, Raw } from "./call.js";
import { CODES, type Code, Refusal } from "./codes.js";
import type { AccessLevel, App, Base, Token } from "./model.js";
import type { Store } from "./store.js";

/** Who calls. @throws Refusal with the gateway's codes */
export function authorised(store: Store, header: string | undefined): Caller {
	const given = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
	if (given === undefined) throw new Refusal(99991661);
	if (!/^[tu]-/.test(given)) throw new Refusal(99991671);
	const token = store.tokens.get(given);
	const isUser = given.startsWith("u-");
	if (token === undefined || token.kind === "app")
		throw new Refusal(isUser ? 99991668 : 99991663);
	if (token.expiresAtMs <= store.clock.now())
		throw new Refusal(isUser ? 99991677 : 99991663);
	const app = store.apps.get(token.appId);
	if (app === undefined) throw new Refusal(99991663);
	return {
		appId: app.id,
		openId: token.person ?? app.bot,
		isPerson: token.person !== undefined,
		scopes: token.scopes ?? app.scopes,
	};
}

/** Any one of the scopes is enough. @throws Refusal 99991672 for an app, 99991679 for a person */
export function checkScopes(
	caller: Caller,
	scopes: readonly string[],
	site: string,
	kind:
		| "action_scope_required"
		| "field_scope_required" = "action_scope_required",
): void {
	if (scopes.length === 0 || scopes.some((scope) => caller.scopes.has(scope)))
		return;
	const list = scopes.join(", ");
	const url = `${site}/app/${caller.appId}/auth?q=${scopes.join(",")}&op_from=openapi&token_type=${caller.isPerson ? "user" : "tenant"}`;
	throw new Refusal(caller.isPerson ? 99991679 : 99991672, undefined, {
		text: caller.isPerson
			? `Unauthorized. You do not have permission to perform the requested operation on the resource. Please request user re-authorization and try again. required one of these privileges under the user identity: [${list}]`
			: `Access denied. One of the following scopes is required: [${list}].${url}`,
		error: {
			permission_violations: scopes.map((subject) => ({ type: kind, subject })),
			helps: [{ url, description: "Apply for the scopes of the app." }],
		},
	});
}

const LEVELS: readonly AccessLevel[] = ["view", "edit", "full_access"];

/** What a caller may do with a base: the highest of what it, its chats and its departments have. */
export function accessOf(
	store: Store,
	base: Base,
	caller: Caller,
): AccessLevel | undefined {
	if (base.owner === caller.openId) return "full_access";
	let best = -1;
	for (const [who, level] of base.access)
		if (isOf(store, caller.openId, who))
			best = Math.max(best, LEVELS.indexOf(level));
	return LEVELS[best];
}

/** Whether a person or bot is, or belongs to, that id. */
export function isOf(store: Store, openId: string, who: string): boolean {
	if (openId === who) return true;
	if (store.chats.get(who)?.members.has(openId)) return true;
	return store.people.get(openId)?.departments.includes(who) ?? false;
}

/** @throws Refusal 91403 without any access, 1254302 with too little */
export function checkAccess(
	store: Store,
	base: Base,
	caller: Caller,
	needed: AccessLevel,
): void {
	const level = accessOf(store, base, caller);
	if (level === undefined) throw new Refusal(91403);
	if (LEVELS.indexOf(level) < LEVELS.indexOf(needed))
		throw new Refusal(1254302);
}

/** Below this remaining life a new token is handed out. */
const RENEW_BELOW_MS = 30 * 60_000;

/** The app's present token, or a new one when it has less than 30 minutes left. */
function issue(
	store: Store,
	app: App,
	kind: "tenant" | "app",
): { value: string; expire: number } {
	const now = store.clock.now();
	let best: { value: string; token: Token } | undefined;
	for (const [value, token] of store.tokens)
		if (
			token.appId === app.id &&
			token.kind === kind &&
			token.expiresAtMs - now >= RENEW_BELOW_MS &&
			token.expiresAtMs > (best?.token.expiresAtMs ?? 0)
		)
			best = { value, token };
	if (best === undefined) {
		const value = store.identifiers.next(kind === "tenant" ? "t-" : "a-");
		const token: Token = {
			kind,
			appId: app.id,
			expiresAtMs: now + store.switches.tokenLifeMs,
		};
		store.tokens.set(value, token);
		best = { value, token };
	}
	return {
		value: best.value,
		expire: Math.floor((best.token.expiresAtMs - now) / 1_000),
	};
}

function answer(fields: Json, message = "ok"): Raw {
	return new Raw(jsonResponse(200, { code: 0, msg: message, ...fields }));
}

function refuse(code: Code): Raw {
	return new Raw(
		jsonResponse(200, {
			code,
			...(code === 10003 ? { data: {} } : {}),
			msg: CODES[code][0],
		}),
	);
}

/** The app of `app_id` and `app_secret`, or the refusal inside HTTP 200. */
function appOf(call: Call): App | Raw {
	const { app_id: id, app_secret: secret } = call.body;
	if (typeof id !== "string" || !/^cli_[0-9A-Za-z]+$/.test(id))
		return refuse(10003);
	if (typeof secret !== "string" || secret === "") return refuse(10003);
	const app = call.store.apps.get(id);
	if (app === undefined) return refuse(10014);
	return app.secret === secret ? app : refuse(10015);
}

/** Both kinds of an app of one's own: the answer of the documents shows the same text twice. */
export function internalToken(call: Call): Raw {
	const app = appOf(call);
	if (app instanceof Raw) return app;
	const { value, expire } = issue(call.store, app, "tenant");
	return answer({ tenant_access_token: value, expire });
}

export function internalAppToken(call: Call): Raw {
	const app = appOf(call);
	if (app instanceof Raw) return app;
	const { value, expire } = issue(call.store, app, "tenant");
	return answer({
		app_access_token: value,
		tenant_access_token: value,
		expire,
	});
}

export function marketplaceAppToken(call: Call): Raw {
	const app = appOf(call);
	if (app instanceof Raw) return app;
	if (app.ticket === undefined || call.body.app_ticket !== app.ticket)
		return refuse(10003);
	const { value, expire } = issue(call.store, app, "app");
	return answer({ app_access_token: value, expire }, "success");
}

export function marketplaceToken(call: Call): Raw {
	const token = call.store.tokens.get(String(call.body.app_access_token));
	const app = call.store.apps.get(token?.appId ?? "");
	if (
		token?.kind !== "app" ||
		token.expiresAtMs <= call.store.clock.now() ||
		app === undefined
	)
		throw new Refusal(99991664);
	if (call.body.tenant_key !== app.tenantKey) throw new Refusal(99991665);
	const { value, expire } = issue(call.store, app, "tenant");
	return answer({ tenant_access_token: value, expire }, "success");
}

export function resendTicket(call: Call): Raw {
	const app = appOf(call);
	return app instanceof Raw ? app : answer({}, "success");
}

const REFRESH_LIFE_MS = 604_800_000;

/** Only the refresh grant: the authorization code comes from a browser. */
export function userToken(call: Call): Raw {
	const { store, body } = call;
	const fail = (code: Code) =>
		new Raw(
			jsonResponse(400, {
				code,
				error: "invalid_grant",
				error_description: CODES[code][0],
			}),
		);
	for (const key of ["grant_type", "client_id", "client_secret"])
		if (typeof body[key] !== "string") return fail(20001);
	const app = store.apps.get(String(body.client_id));
	if (app === undefined) return fail(20048);
	if (app.secret !== body.client_secret) return fail(20002);
	if (body.grant_type === "authorization_code")
		return fail(typeof body.code === "string" ? 20003 : 20001);
	if (body.grant_type !== "refresh_token") return fail(20036);
	const known = store.refreshTokens.get(String(body.refresh_token));
	if (known === undefined) return fail(20026);
	if (known.token.appId !== app.id) return fail(20024);
	if (known.used) return fail(20073);
	if (known.expiresAtMs <= store.clock.now()) return fail(20037);
	known.used = true;
	const fresh = issueUserToken(store, known.token);
	return new Raw(
		jsonResponse(200, {
			code: 0,
			access_token: fresh.access,
			expires_in: Math.floor(store.switches.tokenLifeMs / 1_000),
			refresh_token: fresh.refresh,
			refresh_token_expires_in: REFRESH_LIFE_MS / 1_000,
			scope: [...(known.token.scopes ?? app.scopes)].join(" "),
			token_type: "Bearer",
		}),
	);
}

/** A user token and its refresh token, for the same person and scopes. */
export function issueUserToken(
	store: Store,
	given: Omit<Token, "expiresAtMs" | "kind">,
): { access: string; refresh: string } {
	const token: Token = {
		...given,
		kind: "user",
		expiresAtMs: store.clock.now() + store.switches.tokenLifeMs,
	};
	const access = store.identifiers.next("u-");
	const refresh = store.identifiers.next("ur-");
	store.tokens.set(access, token);
	store.refreshTokens.set(refresh, {
		token,
		used: false,
		expiresAtMs: store.clock.now() + REFRESH_LIFE_MS,
	});
	return { access, refresh };
}
