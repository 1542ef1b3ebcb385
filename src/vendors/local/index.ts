import type { Vendor } from "../vendor.js";
import { type LocalConfig, localConfig } from "./config.js";

const CLOUD = "the local store is a file on this machine and has no";

/** A SQLite file on this machine: the default without an account, and the reference for every other vendor. */
export const localVendor: Vendor<LocalConfig> = {
	id: "local",
	config: localConfig,
	variables: [
		{
			name: "TABLES_MCP_LOCAL",
			title: "Keep the local store",
			description:
				"Set to 1 to keep the local SQLite store beside configured vendors",
			secret: false,
		},
	],
	keywords: ["sqlite"],
	fromEnvironment: ({ TABLES_MCP_LOCAL: keep }) =>
		keep === undefined || /^(0|false|no|off)$/i.test(keep) ? {} : { local: {} },
	title: () => "Local store",
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
		shareBase: {
			unsupported: `${CLOUD} accounts to share with. Copy the SQLite file, or export_records.`,
		},
		readForm: {
			unsupported: `${CLOUD} forms. A view of type form keeps its settings only.`,
		},
		updateForm: {
			unsupported: `${CLOUD} forms. Write rows with create_records.`,
		},
		updateQuestion: { unsupported: `${CLOUD} forms.` },
		readDashboards: {
			unsupported: `${CLOUD} dashboards. Use query_records with group_by and aggregate.`,
		},
		copyDashboard: { unsupported: `${CLOUD} dashboards.` },
		readRoles: {
			unsupported: `${CLOUD} roles. The rights of the file decide who may open it.`,
		},
		createRole: { unsupported: `${CLOUD} roles.` },
		updateRole: { unsupported: `${CLOUD} roles.` },
		deleteRole: { unsupported: `${CLOUD} roles.` },
		readRoleMembers: { unsupported: `${CLOUD} roles.` },
		addRoleMembers: { unsupported: `${CLOUD} roles.` },
		removeRoleMembers: { unsupported: `${CLOUD} roles.` },
		readContacts: {
			unsupported: `${CLOUD} contacts. People are known by the names written into cells.`,
		},
		saveContact: { unsupported: `${CLOUD} contacts.` },
		deleteContact: { unsupported: `${CLOUD} contacts.` },
		readAutomations: { unsupported: `${CLOUD} automations.` },
		switchAutomation: { unsupported: `${CLOUD} automations.` },
	},
	connect: async (config, services) =>
		(await import("./adapter.js")).connect(config, services),
	backup: async (config, services, to) =>
		(await import("./backup.js")).backupStore(config, services, to),
};
