import type { CallContext } from "../../core/contract/call-context.js";
import type { Call, Endpoint } from "../../http/endpoint.js";
import { checkedOrigin } from "../../http/url.js";
import { type Loose, loose } from "../kit/answer.js";
import { openClient } from "../kit/client.js";
import type { Services } from "../vendor.js";
import { type FusionConfig, PRODUCTS } from "./config.js";
import { judge } from "./failures.js";

/** Calls per second where the configuration names none: what an APITable server and the paid plans of AITable allow at least; its free plan allows 2. */
const CALLS_PER_SECOND = 5;

/** What the parts of the adapter share. */
export interface Api {
	readonly title: string;
	readonly config: FusionConfig;
	readonly callsPerSecond: number;
	/** Of the API, without a trailing slash. */
	readonly origin: string;
	/** Where people open it: `https://host`. */
	readonly pages: string;
	readonly services: Services;
	call(endpoint: Endpoint, call: Call, context: CallContext): Promise<Loose>;
	clockOffsetMs(): number | undefined;
}

/** The client of one connection, with its tokens and rates. Asks the vendor nothing yet. */
export async function openApi(
	config: FusionConfig,
	services: Services,
): Promise<Api> {
	const product = PRODUCTS[config.product];
	const { title } = product;
	const origin = checkedOrigin(config.base_url ?? product.origin);
	const callsPerSecond = config.qps ?? CALLS_PER_SECOND;
	// Measured: it counts per token and first datasheet in the path, else space, else user; one-second windows.
	// Source: "room-server 1.10.0, rate limit".
	const rate = { calls: callsPerSecond, perMs: 1_000, kind: "any" } as const;
	const client = await openClient(services, {
		title,
		origin,
		account: `fusion ${origin} ${config.token}`,
		rates: [
			{ ...rate, per: "table", pace: "table" },
			{ ...rate, per: "base", pace: "space" },
			// Calls that name neither have the built-in rate, whatever the plan. Source: "room-server 1.10.0, rate limit".
			{
				...rate,
				calls: Math.min(callsPerSecond, CALLS_PER_SECOND),
				per: "account",
				pace: "user",
			},
		],
		timeoutMs: config.timeout_ms,
		headers: config.headers,
		authorize: async () => ({ authorization: `Bearer ${config.token}` }),
		judge: (answer) => judge(title, answer),
	});
	return {
		title,
		config,
		callsPerSecond,
		origin,
		pages:
			config.base_url === undefined
				? `https://${product.pages[0]}`
				: new URL(origin).origin,
		services,
		clockOffsetMs: client.clockOffsetMs,
		call: async (endpoint, call, context) =>
			loose(await client.call(endpoint, call, context)),
	};
}
