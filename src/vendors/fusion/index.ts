import type { z } from "zod";
import { defined } from "../../core/values/defined.js";
import type { Variable, Vendor } from "../vendor.js";
import {
	type FusionConfig,
	fusionConfig,
	PRODUCTS,
	type Product,
} from "./config.js";

const variables = Object.entries(PRODUCTS).flatMap(
	([product, { title }]): Variable[] => [
		{
			name: `${product.toUpperCase()}_TOKEN`,
			title: `${title} token`,
			description: `API token of ${title} (user centre, Developer)`,
			secret: true,
		},
		{
			name: `${product.toUpperCase()}_BASE_URL`,
			title: `${title} server`,
			description: `Base URL of a self-hosted ${title}`,
			secret: false,
		},
	],
);

const NO_VIEW_API =
	"this API only reads views. Open the table in the app: a view's filter, sort and hidden fields are in the bar above it, and + beside the view's name makes one";

const NO_NODE_API =
	"this API cannot change or remove a datasheet. In the app, open the menu (⋯) beside its name in the directory";

const NO_FORM_API =
	"this API shows a form's name only. Open the form in the app, or make rows with create_records";

const NO_ROLE_API =
	"this API has no roles of a space's tables; contacts have roles (list_contacts, save_contact). Rights of a table are set in the app: menu (⋯) beside its name, Permissions";

const NO_AUTOMATION_API =
	"this API does not show automations. Open the automation in the app's directory";

/** AITable, APITable, Vika and self-hosted servers of the same Fusion API. */
export const fusionVendor: Vendor<FusionConfig> = {
	id: "fusion",
	config: fusionConfig as unknown as z.ZodType<FusionConfig>,
	variables,
	keywords: Object.keys(PRODUCTS),
	fromEnvironment: (environment) =>
		Object.fromEntries(
			(Object.keys(PRODUCTS) as Product[]).flatMap((product) => {
				const token = environment[`${product.toUpperCase()}_TOKEN`];
				const baseUrl = environment[`${product.toUpperCase()}_BASE_URL`];
				return token === undefined && baseUrl === undefined
					? []
					: [
							[
								product,
								{
									product,
									...defined({ token, base_url: baseUrl }),
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
		renameTable: { unsupported: NO_NODE_API },
		deleteTable: { unsupported: NO_NODE_API },
		createField: true,
		updateField: {
			unsupported:
				'this API cannot change a field (name, type, options). In the app: the arrow beside the field\'s name, Edit. To rename an option through the API: update_records with filter {field is "old"} and set {field: "new"}, allow_new_options; then delete the old option in the app',
		},
		deleteField: true,
		createView: { unsupported: NO_VIEW_API },
		updateView: { unsupported: NO_VIEW_API },
		deleteView: { unsupported: NO_VIEW_API },
		uploadFile: true,
		downloadFile: true,
		createBase: {
			unsupported:
				"this API cannot make spaces. Make one in the app, or use create_table in an existing space",
		},
		updateBase: { unsupported: "this API cannot change spaces" },
		copyBase: {
			unsupported:
				"this API cannot copy spaces or nodes. In the app: menu (⋯) beside a node's name, Copy",
		},
		shareBase: {
			unsupported:
				"this API cannot invite people into a space. In the app: Contacts, Invite",
		},
		readForm: { unsupported: NO_FORM_API },
		updateForm: { unsupported: NO_FORM_API },
		updateQuestion: { unsupported: NO_FORM_API },
		readDashboards: true,
		copyDashboard: {
			unsupported:
				"this API cannot copy dashboards. In the app: menu (⋯) beside its name, Copy",
		},
		readRoles: { unsupported: NO_ROLE_API },
		createRole: { unsupported: NO_ROLE_API },
		updateRole: { unsupported: NO_ROLE_API },
		deleteRole: { unsupported: NO_ROLE_API },
		readRoleMembers: { unsupported: NO_ROLE_API },
		addRoleMembers: { unsupported: NO_ROLE_API },
		removeRoleMembers: { unsupported: NO_ROLE_API },
		readContacts: true,
		saveContact: true,
		deleteContact: true,
		readAutomations: { unsupported: NO_AUTOMATION_API },
		switchAutomation: { unsupported: NO_AUTOMATION_API },
	},
	connect: async (config, services) =>
		(await import("./adapter.js")).connect(config, services),
};
