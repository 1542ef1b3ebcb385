import type { z } from "zod";
import type { Vendor } from "../vendor.js";
import { type DingtalkConfig, dingtalkConfig } from "./config.js";

const IN_APP = "open the base in DingTalk (its address: list_tables)";

const NO_VIEW_API = `the API of DingTalk AI Table has no views. By hand: ${IN_APP}, + beside the views above the table, choose the kind. query_records filters and sorts without a view`;

const NO_FORM_API = `the API of DingTalk AI Table has no forms. By hand: ${IN_APP}, + beside the views above the table, Form. Rows are made with create_records`;

const NO_DASHBOARD_API = `the API of DingTalk AI Table has no dashboards. By hand: ${IN_APP}, + in the list of tables, Dashboard. query_records with group_by and aggregate counts and sums`;

const NO_DIRECTORY_WRITE =
	"this server does not change an organisation's directory in DingTalk. An administrator does it in the admin console (oa.dingtalk.com): Contacts";

/** DingTalk AI Table (AI表格, 多维表, Notable), on the hosts of China and of the world. */
export const dingtalkVendor: Vendor<DingtalkConfig> = {
	id: "dingtalk",
	config: dingtalkConfig as unknown as z.ZodType<DingtalkConfig>,
	variables: [
		{
			name: "DINGTALK_APP_KEY",
			title: "DingTalk app key",
			description:
				"Client ID (AppKey) of an internal DingTalk app, from the developer console",
			secret: false,
		},
		{
			name: "DINGTALK_APP_SECRET",
			title: "DingTalk app secret",
			description: "Client Secret of that app",
			secret: true,
		},
		{
			name: "DINGTALK_OPERATOR_ID",
			title: "DingTalk operator",
			description:
				"unionId of the person in whose name the app works on DingTalk AI Tables",
			secret: false,
		},
		{
			name: "DINGTALK_USER_ID",
			title: "DingTalk userid",
			description:
				"In place of the operator's unionId: that person's userid, from which it is looked up",
			secret: false,
		},
		{
			name: "DINGTALK_BASES",
			title: "DingTalk bases",
			description:
				"Comma-separated ids or browser addresses of AI Tables, or of folders that hold some (DingTalk cannot list them all)",
			secret: false,
		},
		{
			name: "DINGTALK_BASE_URL",
			title: "DingTalk host",
			description:
				"https://api.dingtalk.io for organisations outside of China (default: https://api.dingtalk.com)",
			secret: false,
		},
	],
	keywords: ["dingtalk"],
	fromEnvironment: (environment) => {
		const given = {
			app_key: environment.DINGTALK_APP_KEY,
			app_secret: environment.DINGTALK_APP_SECRET,
			operator_id: environment.DINGTALK_OPERATOR_ID,
			user_id: environment.DINGTALK_USER_ID,
			base_url: environment.DINGTALK_BASE_URL,
			bases: environment.DINGTALK_BASES?.split(",")
				.map((base) => base.trim())
				.filter((base) => base !== ""),
		};
		const set = Object.entries(given).filter(
			([, value]) => value !== undefined,
		);
		return set.length === 0 ? {} : { dingtalk: Object.fromEntries(set) };
	},
	title: () => "DingTalk AI Table",
	capabilities: {
		createBatch: true,
		updateBatch: true,
		deleteBatch: true,
		readView: { unsupported: NO_VIEW_API },
		createTable: true,
		renameTable: true,
		deleteTable: true,
		createField: true,
		updateField: true,
		deleteField: true,
		createView: { unsupported: NO_VIEW_API },
		updateView: { unsupported: NO_VIEW_API },
		deleteView: { unsupported: NO_VIEW_API },
		uploadFile: true,
		downloadFile: true,
		createBase: true,
		updateBase: true,
		copyBase: {
			unsupported:
				"the API of DingTalk AI Table cannot copy a base. By hand: in DingTalk Docs, the menu (⋯) beside its name, Make a copy",
		},
		shareBase: {
			unsupported: `the API of DingTalk AI Table cannot share a base. By hand: ${IN_APP}, Share, at the top right`,
		},
		readForm: { unsupported: NO_FORM_API },
		updateForm: { unsupported: NO_FORM_API },
		updateQuestion: { unsupported: NO_FORM_API },
		readDashboards: { unsupported: NO_DASHBOARD_API },
		copyDashboard: { unsupported: NO_DASHBOARD_API },
		// Roles and automations: only in the newest official client, undocumented; experimental.
		readRoles: true,
		createRole: true,
		updateRole: true,
		deleteRole: true,
		readRoleMembers: true,
		addRoleMembers: true,
		removeRoleMembers: true,
		readContacts: true,
		saveContact: { unsupported: NO_DIRECTORY_WRITE },
		deleteContact: { unsupported: NO_DIRECTORY_WRITE },
		readAutomations: true,
		switchAutomation: true,
	},
	connect: async (config, services) =>
		(await import("./adapter.js")).connect(config, services),
};
