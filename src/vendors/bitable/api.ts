import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import { defined } from "../../core/values/defined.js";
import type { Client } from "../../http/client.js";
import type { Call, Endpoint } from "../../http/endpoint.js";
import { tokens } from "../../http/tokens.js";
import { checkedOrigin } from "../../http/url.js";
import { type Loose, loose, number, text } from "../kit/answer.js";
import { openClient } from "../kit/client.js";
import type { Services } from "../vendor.js";
import * as calls from "./calls.js";
import { type BitableConfig, PRODUCTS } from "./config.js";
import { judge } from "./failures.js";

/** What the parts of the adapter share. */
export interface Api {
	readonly title: string;
	readonly config: BitableConfig;
	/** Of the API, without a trailing slash. */
	readonly origin: string;
	readonly services: Services;
	call(endpoint: Endpoint, call: Call, context: CallContext): Promise<Loose>;
	/** The header of a call that does not go through `call`: a streamed download. */
	authorize(): Promise<Readonly<Record<string, string>>>;
	/** These ids were made a moment ago: not every server of the vendor knows them yet. */
	made(...ids: readonly string[]): void;
	/** Version 4, for client_token. */
	uuid(): string;
}

/** The vendor: retry what was just made "after a few seconds". */
const FRESH_MS = 20_000;
/**
 * The vendor hands out a new token when the old one holds less than 30 minutes; both work until their end.
 * Source: "Get custom app's tenant_access_token".
 */
const RENEW_BEFORE_MS = 180_000;
const KEPT_IDS = 1_000;

/** The client of one connection, with its tokens and rates. Asks the vendor nothing yet. */
export async function openApi(
	config: BitableConfig,
	services: Services,
): Promise<Api> {
	const product = PRODUCTS[config.product];
	const { title } = product;
	const { clock, random } = services;
	const origin = checkedOrigin(config.base_url ?? product.origin);
	const { app_id, app_secret, user_access_token, tenant_access_token } = config;
	const given = user_access_token ?? tenant_access_token;
	const fresh = new Map<string, number>();
	const isFresh = (id: string) => (fresh.get(id) ?? 0) > clock.now();

	const client: Client = await openClient(services, {
		title,
		origin,
		account: `bitable ${origin} ${given ?? app_id}`,
		rates: Object.values(calls).flatMap((endpoint) =>
			typeof endpoint === "string"
				? []
				: [
						{
							...paced(endpoint.rate, config.qps),
							per: "account" as const,
							kind: "any" as const,
							pace: endpoint.pace,
						},
					],
		),
		timeoutMs: config.timeout_ms,
		headers: config.headers,
		authorize: async (endpoint, signal) =>
			endpoint === calls.readToken ? {} : authorize(signal),
		refuseToken: ({ authorization }) =>
			appTokens.drop(authorization?.replace(/^Bearer /, "") ?? ""),
		judge: (answer, endpoint, { params }) =>
			judge(
				{
					title,
					adds: endpoint === calls.addMember || endpoint === calls.addMembers,
					renews: given === undefined,
					fresh: Object.values(params ?? {}).some(isFresh),
				},
				answer,
			),
	});
	const appTokens = tokens(
		async () => {
			const body = loose(
				await client.call(
					calls.readToken,
					{ json: { app_id, app_secret } },
					{ priority: "interactive" },
				),
			);
			const value = text(body.tenant_access_token);
			if (value === undefined)
				throw new TablesError("broken", `${title} gave no app token`);
			services.secrets.add(value);
			return { value, expiresInMs: (number(body.expire) ?? 0) * 1_000 };
		},
		clock,
		RENEW_BEFORE_MS,
	);
	const authorize = async (signal?: AbortSignal) => ({
		authorization: `Bearer ${given ?? (await appTokens.get(signal))}`,
	});

	return {
		title,
		config,
		origin,
		services,
		authorize: () => authorize(),
		call: (endpoint, call, context) =>
			once(endpoint, call, context, async () =>
				loose(await client.call(endpoint, call, context)),
			),
		made(...ids) {
			for (const [id, untilMs] of fresh)
				if (untilMs <= clock.now() || fresh.size > KEPT_IDS) fresh.delete(id);
			for (const id of ids) fresh.set(id, clock.now() + FRESH_MS);
		},
		uuid: () => uuid(random),
	};
}

/** A read of a snapshot is made once. */
function once(
	{ method, name }: Endpoint,
	{ params, query }: Call,
	{ snapshot }: CallContext,
	send: () => Promise<Loose>,
): Promise<Loose> {
	if (snapshot === undefined || method !== "GET") return send();
	const key = JSON.stringify([name, params, query]);
	const known = snapshot.get(key) as Promise<Loose> | undefined;
	if (known !== undefined) return known;
	const answer = send();
	snapshot.set(key, answer);
	answer.catch(() => snapshot.delete(key));
	return answer;
}

/** The configured calls per second stand in for rates by the second; those by the minute stay. */
function paced(
	rate: calls.BitableEndpoint["rate"],
	qps: number | undefined,
): calls.BitableEndpoint["rate"] {
	return qps === undefined || rate.perMs !== 1_000
		? rate
		: { calls: qps, perMs: 1_000 };
}

function uuid(random: () => number): string {
	const hex = (length: number) =>
		Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join(
			"",
		);
	return `${hex(8)}-${hex(4)}-4${hex(3)}-${"89ab"[Math.floor(random() * 4)]}${hex(3)}-${hex(12)}`;
}

/** The vendor's maximum of a page of tables, views and fields. */
export const LIST_PAGE = 100;

/** One page of a list: `items`, or the key that the endpoint uses. */
export interface ListPage {
	readonly items: readonly Loose[];
	readonly next?: string;
	readonly total?: number;
}

/** A page; `has_more` decides, since some lists give a page_token on the last page too. */
export async function listPage(
	api: Api,
	endpoint: Endpoint,
	call: Call,
	context: CallContext,
	{
		cursor,
		size,
		key = "items",
	}: {
		readonly cursor: string | undefined;
		readonly size: number;
		/** Of the answer, where the items stand. */
		readonly key?: string;
	},
): Promise<ListPage> {
	const data = await api.call(
		endpoint,
		{
			...call,
			query: [
				...(call.query ?? []),
				["page_size", String(size)],
				["page_token", cursor],
			],
		},
		context,
	);
	const items = data[key];
	const next = text(data.page_token);
	const total = number(data.total);
	if (cursor !== undefined && next === cursor && data.has_more === true)
		throw new TablesError(
			"broken",
			`${api.title} gave the same page of "${endpoint.name}" again`,
			{ next: "Call again later." },
		);
	return {
		items: Array.isArray(items) ? items.map(loose) : [],
		...(data.has_more === true && next !== undefined ? { next } : {}),
		...defined({ total }),
	};
}
