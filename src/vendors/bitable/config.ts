import { z } from "zod";
import { cloudConfig, credential } from "../kit/config.js";

/**
 * One API, two clouds: the host of the API (where people also set an app's scopes), the hosts of its pages, and the
 * currency of a new field that names none.
 */
export const PRODUCTS = {
	feishu: {
		title: "Feishu Base",
		origin: "https://open.feishu.cn",
		/** Opens in whatever organisation the reader belongs to. */
		page: "https://feishu.cn",
		hosts: ["feishu.cn", "larkoffice.com"],
		currency: "CNY",
	},
	lark: {
		title: "Lark Base",
		origin: "https://open.larksuite.com",
		page: "https://larksuite.com",
		hosts: ["larksuite.com"],
		currency: "USD",
	},
} as const;

export type Product = keyof typeof PRODUCTS;

export const bitableConfig = z
	.strictObject({
		product: z.enum(["feishu", "lark"]).default("feishu"),
		/** `cli_…`, of a self-built app; goes with `app_secret`. */
		app_id: credential().optional(),
		app_secret: credential().optional(),
		/** `u-…`: calls are made as this person; ends after about two hours. */
		user_access_token: credential().optional(),
		/** `t-…`, for hosts that manage an app's token themselves. */
		tenant_access_token: credential().optional(),
		...cloudConfig,
	})
	.superRefine((given, context) => {
		const ways = [
			given.app_id ?? given.app_secret,
			given.user_access_token,
			given.tenant_access_token,
		].filter((way) => way !== undefined);
		const say = (path: string, message: string) =>
			context.addIssue({ code: "custom", path: [path], message });
		if (ways.length === 0)
			say(
				"app_id",
				"a credential is missing: give app_id and app_secret, or user_access_token",
			);
		if (given.app_id !== undefined && given.app_secret === undefined)
			say("app_secret", "is missing: it goes with app_id");
		if (given.app_secret !== undefined && given.app_id === undefined)
			say("app_id", "is missing: it goes with app_secret");
		if (
			given.user_access_token !== undefined &&
			given.tenant_access_token !== undefined
		)
			say(
				"tenant_access_token",
				"two tokens name two identities: keep one of user_access_token and tenant_access_token",
			);
	});

export type BitableConfig = z.infer<typeof bitableConfig>;
