import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Client } from "../../http/client.js";
import type { Call, Endpoint } from "../../http/endpoint.js";
import { tokens } from "../../http/tokens.js";
import { checkedOrigin } from "../../http/url.js";
import { type Loose, loose, number, text } from "../kit/answer.js";
import { openClient } from "../kit/client.js";
import type { Services } from "../vendor.js";
import * as calls from "./calls.js";
import { type DingtalkConfig, HOSTS, ORIGIN } from "./config.js";
import { judge, judgeText } from "./failures.js";

/** Of one API for one app in the standard edition. Source: "Appendix B: How to Handle DingTalk Server API Rate Limiting". */
const CALLS_PER_SECOND = 20;
/** A token is fetched again when it would hold less than this. It holds 7,200 s. Source: "Get the access token of an internal app". */
const RENEW_BEFORE_MS = 300_000;
const TOKEN_HEADER = "x-acs-dingtalk-access-token";

/** What the parts of the adapter share. */
export interface Api {
	readonly title: string;
	readonly config: DingtalkConfig;
	readonly callsPerSecond: number;
	/** Of the API, without a trailing slash. */
	readonly origin: string;
	readonly services: Services;
	/** In the operator's name. */
	call(endpoint: Endpoint, call: Call, context: CallContext): Promise<Loose>;
	/** In the app's own name. */
	plain(endpoint: Endpoint, call: Call, context: CallContext): Promise<Loose>;
	/** Of the older host; the answer's `result`. */
	contacts(
		endpoint: Endpoint,
		json: unknown,
		context: CallContext,
	): Promise<unknown>;
	/** unionId of the person in whose name calls are made. */
	operator(context: CallContext): Promise<string>;
	/** Fetches a new token of the app, whatever is kept. */
	checkToken(): Promise<void>;
}

const TITLE = "DingTalk AI Table";

/** The client of one connection, with its tokens and rates. Asks the vendor nothing yet. */
export async function openApi(
	config: DingtalkConfig,
	services: Services,
): Promise<Api> {
	const origin = checkedOrigin(config.base_url ?? ORIGIN);
	const contactsOrigin =
		(HOSTS as Readonly<Record<string, string>>)[origin] ?? origin;
	const { clock } = services;

	const fetchToken = async () => {
		const answer = loose(
			await client.call(
				calls.accessToken,
				{ json: { appKey: config.app_key, appSecret: config.app_secret } },
				{ priority: "interactive" },
			),
		);
		const value = text(answer.accessToken);
		if (value === undefined)
			throw new TablesError("broken", `${TITLE} answered without a token`);
		services.secrets.add(value);
		return { value, expiresInMs: (number(answer.expireIn) ?? 7_200) * 1_000 };
	};
	const token = tokens(fetchToken, clock, RENEW_BEFORE_MS);

	const callsPerSecond = config.qps ?? CALLS_PER_SECOND;
	const client: Client = await openClient(services, {
		title: TITLE,
		origin,
		account: `dingtalk ${origin} ${config.app_key}`,
		rates: Object.values(calls).map(({ kind, pace }) => ({
			calls: callsPerSecond,
			perMs: 1_000,
			per: "account",
			kind,
			pace,
		})),
		timeoutMs: config.timeout_ms,
		headers: config.headers,
		authorize: async ({ name }, signal): Promise<Record<string, string>> =>
			name === calls.accessToken.name
				? {}
				: { [TOKEN_HEADER]: await token.get(signal) },
		refuseToken: (headers) => token.drop(headers[TOKEN_HEADER] ?? ""),
		judge: (answer) => judge(TITLE, answer),
		judgeText: (answer) => judgeText(TITLE, answer),
	});

	const contacts: Api["contacts"] = async (endpoint, json, context) =>
		loose(
			await client.call(
				{ ...endpoint, origin: contactsOrigin },
				{ json },
				context,
			),
		).result;

	let lookedUp: Promise<string> | undefined;
	const operator: Api["operator"] = (context) => {
		const { operator_id: unionId, user_id: userId } = config;
		if (unionId !== undefined) return Promise.resolve(unionId);
		if (lookedUp === undefined) {
			const looking = contacts(
				calls.readUser,
				{ userid: userId },
				{ priority: context.priority },
			).then((person) => {
				const found = text(loose(person).unionid);
				if (found !== undefined) return found;
				throw new TablesError(
					"auth",
					`${TITLE}: the person ${userId} has no unionId`,
					{
						next: "Set operator_id (DINGTALK_OPERATOR_ID) to the unionId itself.",
					},
				);
			});
			looking.catch(() => {
				lookedUp = undefined;
			});
			lookedUp = looking;
		}
		return lookedUp;
	};

	const plain: Api["plain"] = async (endpoint, call, context) =>
		loose(await client.call(endpoint, call, context));

	return {
		title: TITLE,
		config,
		callsPerSecond,
		origin,
		services,
		plain,
		contacts,
		operator,
		call: async (endpoint, call, context) =>
			plain(
				endpoint,
				{
					...call,
					query: [
						...(call.query ?? []),
						["operatorId", await operator(context)],
					],
				},
				context,
			),
		checkToken: async () => {
			await fetchToken();
		},
	};
}
