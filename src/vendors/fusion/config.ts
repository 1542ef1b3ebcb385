import { z } from "zod";
import { cloudConfig, credential } from "../kit/config.js";

/** One API, several products; the host of the API and the hosts of its pages. */
export const PRODUCTS = {
	aitable: {
		title: "AITable",
		origin: "https://aitable.ai",
		pages: ["aitable.ai"],
	},
	apitable: {
		title: "APITable",
		origin: "https://api.apitable.com",
		pages: ["apitable.com", "help.apitable.com"],
	},
	vika: {
		title: "Vika",
		origin: "https://api.vika.cn",
		pages: ["vika.cn"],
	},
} as const;

export type Product = keyof typeof PRODUCTS;

export const fusionConfig = z.strictObject({
	product: z.enum(["aitable", "apitable", "vika"]).default("aitable"),
	/** `usk…`, from the user centre under Developer. */
	token: credential(
		"the API token is missing: set it, or AITABLE_TOKEN, APITABLE_TOKEN, VIKA_TOKEN",
	),
	...cloudConfig,
});

export type FusionConfig = z.infer<typeof fusionConfig>;
