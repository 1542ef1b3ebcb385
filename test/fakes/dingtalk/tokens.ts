import type { FakeRequest } from "../fake.js";
import { jsonBody } from "./call.js";
import type { AppToken } from "./model.js";
import { refusals } from "./refusal.js";
import type { Store } from "./store.js";

type Answer = Readonly<Record<string, unknown>>;
export type AnonymousHandler = (
	store: Store,
	request: FakeRequest,
	at: Readonly<Record<string, string>>,
) => Answer;

/** Every scope that the fake asks for. */
export const SCOPES = [
	"Notable.Base.Read.All",
	"Notable.Base.Write.All",
	"Storage.File.Read",
	"Storage.Dentry.Search",
	"Wiki.Node.Read",
	"Wiki.Workspace.Read",
	"Document.WorkspaceDocument.Write",
	"Contact.User.Read",
	"qyapi_base",
	"qyapi_get_member",
	"qyapi_get_member_by_mobile",
	"qyapi_get_department_list",
	"qyapi_get_department_member",
	"qyapi_addresslist_search",
	"fieldEmail",
	"fieldMobile",
] as const;
export type Scope = (typeof SCOPES)[number];

const granted = (store: Store): ReadonlySet<string> =>
	new Set(SCOPES.filter((scope) => !store.withheld.has(scope)));

/** Whether a token may use an API of the scope. */
export function hasScope(store: Store, token: AppToken, scope: Scope): boolean {
	return store.switches.tokensKeepGrants
		? token.scopes.has(scope)
		: !store.withheld.has(scope);
}

/**
 * The token of an app. Inside its validity it is the same one, valid again from now on; after that a new one.
 */
export function issueToken(
	store: Store,
	appKey: string,
	isLegacy = false,
): AppToken {
	const now = store.clock.now();
	const expiresAtMs = now + store.switches.tokenLifetimeSeconds * 1000;
	for (const token of store.tokens.values())
		if (
			token.appKey === appKey &&
			token.legacy === isLegacy &&
			token.unionId === undefined &&
			token.expiresAtMs > now
		) {
			token.expiresAtMs = expiresAtMs;
			return token;
		}
	const token: AppToken = {
		text: store.identifiers.hex(32),
		appKey,
		expiresAtMs,
		scopes: granted(store),
		legacy: isLegacy,
	};
	store.tokens.set(token.text, token);
	return token;
}

/** The token of a person, as a login gives it. */
export function issueUserToken(
	store: Store,
	appKey: string,
	unionId: string,
): AppToken {
	const token: AppToken = {
		text: store.identifiers.hex(32),
		appKey,
		expiresAtMs: store.clock.now() + store.switches.tokenLifetimeSeconds * 1000,
		scopes: granted(store),
		unionId,
		legacy: false,
	};
	store.tokens.set(token.text, token);
	return token;
}

/** A token that is known and not expired. */
export function validToken(store: Store, text: string): AppToken | undefined {
	const token = store.tokens.get(text);
	return token !== undefined && token.expiresAtMs > store.clock.now()
		? token
		: undefined;
}

function checkSecret(store: Store, key: unknown, secret: unknown): string {
	if (typeof key !== "string" || store.apps.get(key) !== secret)
		throw refusals.badSecret(store.switches.language);
	return key;
}

function required(body: Answer, ...names: string[]): void {
	for (const name of names)
		if (body[name] === undefined || body[name] === "")
			throw refusals.missing(name);
}

export const accessToken: AnonymousHandler = (store, request) => {
	const body = jsonBody(request);
	required(body, "appKey", "appSecret");
	const token = issueToken(
		store,
		checkSecret(store, body.appKey, body.appSecret),
	);
	return {
		accessToken: token.text,
		expireIn: store.switches.tokenLifetimeSeconds,
	};
};

/** The newer form of the same; an unknown corpId was measured to give 500 unknownError. */
export const corpToken: AnonymousHandler = (store, request, at) => {
	if (at.corp !== store.corpId) throw refusals.unknownError();
	const body = jsonBody(request);
	required(body, "client_id", "client_secret", "grant_type");
	if (body.grant_type !== "client_credentials")
		throw refusals.badInput("grant_type must be client_credentials");
	const token = issueToken(
		store,
		checkSecret(store, body.client_id, body.client_secret),
	);
	return {
		access_token: token.text,
		expires_in: store.switches.tokenLifetimeSeconds,
	};
};
