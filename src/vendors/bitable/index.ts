import type { z } from "zod";
import type { Variable, Vendor } from "../vendor.js";
import {
	type BitableConfig,
	bitableConfig,
	PRODUCTS,
	type Product,
} from "./config.js";

const variables = Object.entries(PRODUCTS).flatMap(
	([product, { title }]): Variable[] => {
		const prefix = product.toUpperCase();
		const name = title.split(" ")[0];
		return [
			{
				name: `${prefix}_APP_ID`,
				title: `${name} app id`,
				description: `App ID (cli_…) of a self-built ${name} app`,
				secret: false,
			},
			{
				name: `${prefix}_APP_SECRET`,
				title: `${name} app secret`,
				description: `App Secret of that ${name} app`,
				secret: true,
			},
			{
				name: `${prefix}_USER_ACCESS_TOKEN`,
				title: `${name} user token`,
				description: `Works as a person, not as the app; ends after about two hours`,
				secret: true,
			},
			{
				name: `${prefix}_BASES`,
				title: `${name} bases`,
				description: `Tokens or URLs of bases, comma-separated: ${name} cannot list them`,
				secret: false,
			},
			{
				name: `${prefix}_BASE_URL`,
				title: `${name} server`,
				description: `API address of a private ${name} deployment`,
				secret: false,
			},
		];
	},
);

const NO_CONTACT_WRITES =
	"people and departments are kept by the organisation's administrator in the admin console, not through this connection";

/** Feishu Base and Lark Base (Bitable). */
export const bitableVendor: Vendor<BitableConfig> = {
	id: "bitable",
	config: bitableConfig as unknown as z.ZodType<BitableConfig>,
	variables,
	keywords: Object.keys(PRODUCTS),
	fromEnvironment: (environment) =>
		Object.fromEntries(
			(Object.keys(PRODUCTS) as Product[]).flatMap((product) => {
				const read = (name: string) =>
					environment[`${product.toUpperCase()}_${name}`];
				const given = {
					app_id: read("APP_ID"),
					app_secret: read("APP_SECRET"),
					user_access_token: read("USER_ACCESS_TOKEN"),
					bases: read("BASES")
						?.split(/[\s,;]+/)
						.filter((base) => base !== ""),
					base_url: read("BASE_URL"),
				};
				return Object.values(given).every((value) => value === undefined)
					? []
					: [
							[
								product,
								{
									product,
									...Object.fromEntries(
										Object.entries(given).filter(
											([, value]) => value !== undefined,
										),
									),
								},
							],
						];
			}),
		),
	title: ({ product }) => PRODUCTS[product].title,
	capabilities: {
		createBatch: true,
		updateBatch: true,
		deleteBatch: true,
		readView: true,
		createTable: true,
		renameTable: true,
		deleteTable: true,
		createField: true,
		updateField: true,
		deleteField: true,
		createView: true,
		updateView: true,
		deleteView: true,
		uploadFile: true,
		downloadFile: true,
		createBase: true,
		updateBase: true,
		copyBase: true,
		shareBase: true,
		readForm: true,
		updateForm: true,
		updateQuestion: true,
		readDashboards: true,
		copyDashboard: true,
		readRoles: true,
		createRole: true,
		updateRole: true,
		deleteRole: true,
		readRoleMembers: true,
		addRoleMembers: true,
		removeRoleMembers: true,
		readContacts: true,
		saveContact: { unsupported: NO_CONTACT_WRITES },
		deleteContact: { unsupported: NO_CONTACT_WRITES },
		readAutomations: true,
		switchAutomation: true,
	},
	connect: async (config, services) =>
		(await import("./adapter.js")).connect(config, services),
};
