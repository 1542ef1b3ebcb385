import { z } from "zod";
import { cloudConfig, credential } from "../kit/config.js";

/** The host of the API and, beside it, the older one of the contacts. Source: "AI Table overview", "Query user details". */
export const HOSTS = {
	"https://api.dingtalk.com": "https://oapi.dingtalk.com",
	"https://api.dingtalk.io": "https://oapi.dingtalk.io",
} as const satisfies Record<string, string>;

export const ORIGIN = "https://api.dingtalk.com";

const NO_OPERATOR =
	"every call is made in a person's name: set operator_id (DINGTALK_OPERATOR_ID), the unionId of someone who may open the bases, or user_id (DINGTALK_USER_ID), that person's userid in the admin console";

export const dingtalkConfig = z
	.strictObject({
		/** Client ID (AppKey) of an internal app. */
		app_key: credential(
			"the app's Client ID (AppKey) is missing: set it, or DINGTALK_APP_KEY",
		),
		app_secret: credential(
			"the app's Client Secret is missing: set it, or DINGTALK_APP_SECRET",
		),
		/** unionId of the person in whose name calls are made. */
		operator_id: credential().optional(),
		/** userid of that person; the unionId is looked up. */
		user_id: credential().optional(),
		...cloudConfig,
	})
	.refine(
		({ operator_id, user_id }) =>
			operator_id !== undefined || user_id !== undefined,
		{ error: NO_OPERATOR },
	)
	.refine(
		({ operator_id, user_id }) =>
			operator_id === undefined || user_id === undefined,
		{
			error:
				"operator_id (DINGTALK_OPERATOR_ID) and user_id (DINGTALK_USER_ID) both name the operator: set one of them",
		},
	);

export type DingtalkConfig = z.infer<typeof dingtalkConfig>;
