import type { CallContext } from "../../core/contract/call-context.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Finding } from "../../core/contract/finding.js";
import { defined } from "../../core/values/defined.js";
import type { Call } from "../../http/endpoint.js";
import { fileOriginFindings, probed } from "../kit/doctor.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";
import { SCOPE_CODES } from "./failure-rows.js";

/*
 * The gateway looks at the token and its scopes before anything else: a call about a base that does not exist tells
 * whether the scope is there, and can change nothing.
 */

const NOWHERE = {
	base: "doctor0000000000000000000000",
	table: "tbldoctor",
	view: "vewdoctor",
	form: "vewdoctor",
	field: "flddoctor",
	record: "recdoctor",
	role: "roldoctor",
	dashboard: "blkdoctor",
	workflow: "0",
	member: "ou_doctor",
	document: "doctor",
	department: "0",
} as const;

interface Probe {
	/** What a person loses without it. */
	readonly what: string;
	readonly endpoint: calls.BitableEndpoint;
	readonly call?: Call;
	/** Of tools that are on by default. */
	readonly usual?: true;
}

/** One probe for each scope that a tool needs. */
const PROBES: readonly Probe[] = [
	{ what: "bases", endpoint: calls.readBase, usual: true },
	{ what: "tables", endpoint: calls.listTables, usual: true },
	{ what: "fields", endpoint: calls.listFields, usual: true },
	{ what: "views", endpoint: calls.listViews, usual: true },
	{
		what: "reading records",
		endpoint: calls.searchRecords,
		call: { json: {} },
		usual: true,
	},
	{
		what: "reading records by id",
		endpoint: calls.getRecords,
		call: { json: { record_ids: [NOWHERE.record] } },
		usual: true,
	},
	{
		what: "creating records",
		endpoint: calls.createRecords,
		call: { json: { records: [] } },
		usual: true,
	},
	{
		what: "updating records",
		endpoint: calls.updateRecords,
		call: { json: { records: [] } },
		usual: true,
	},
	{
		what: "deleting records",
		endpoint: calls.deleteRecords,
		call: { json: { records: [] } },
		usual: true,
	},
	{
		what: "creating tables",
		endpoint: calls.createTable,
		call: { json: { table: {} } },
		usual: true,
	},
	{
		what: "renaming tables",
		endpoint: calls.renameTable,
		call: { json: {} },
		usual: true,
	},
	{ what: "deleting tables", endpoint: calls.deleteTable, usual: true },
	{
		what: "creating fields",
		endpoint: calls.createField,
		call: { json: {} },
		usual: true,
	},
	{
		what: "updating fields",
		endpoint: calls.updateField,
		call: { json: {} },
		usual: true,
	},
	{ what: "deleting fields", endpoint: calls.deleteField, usual: true },
	{
		what: "changing views",
		endpoint: calls.updateView,
		call: { json: {} },
		usual: true,
	},
	{
		what: "files",
		endpoint: calls.readFileLinks,
		call: { query: [["file_tokens", "doctor"]] },
		usual: true,
	},
	{
		what: "uploading files",
		endpoint: calls.prepareUpload,
		call: { json: {} },
		usual: true,
	},
	{
		what: "wiki links",
		endpoint: calls.readWikiNode,
		call: { query: [["token", "doctor"]] },
		usual: true,
	},
	{ what: "updating bases", endpoint: calls.updateBase, call: { json: {} } },
	{ what: "copying bases", endpoint: calls.copyBase, call: { json: {} } },
	{ what: "sharing bases", endpoint: calls.shareBase, call: { json: {} } },
	{ what: "forms", endpoint: calls.readForm },
	{ what: "changing forms", endpoint: calls.updateForm, call: { json: {} } },
	{ what: "dashboards", endpoint: calls.listDashboards },
	{
		what: "copying dashboards",
		endpoint: calls.copyDashboard,
		call: { json: {} },
	},
	{ what: "roles", endpoint: calls.listRoles },
	{ what: "creating roles", endpoint: calls.createRole, call: { json: {} } },
	{ what: "members of roles", endpoint: calls.listMembers },
	{
		what: "adding members to roles",
		endpoint: calls.addMembers,
		call: { json: {} },
	},
	{ what: "automations", endpoint: calls.listWorkflows },
	{
		what: "switching automations",
		endpoint: calls.switchWorkflow,
		call: { json: {} },
	},
	{ what: "contacts", endpoint: calls.listDepartments },
	{
		what: "people by e-mail",
		endpoint: calls.findUserIds,
		call: { json: { emails: [] } },
	},
];

/** A wrong secret, a missing scope and a base that is not shared are three different lines. */
export async function doctorFindings(
	api: Api,
	catalog: Catalog,
	context: CallContext,
): Promise<readonly Finding[]> {
	const { finding, found } = await probed(
		api.authorize(),
		(): Finding => ({
			level: "ok",
			what:
				api.config.user_access_token !== undefined
					? "a user access token is set; whether it still holds shows below"
					: api.config.tenant_access_token !== undefined
						? "an app token is set; whether it still holds shows below"
						: `the app ${api.config.app_id} is known and gets tokens`,
		}),
	);
	if (found === undefined) return [finding];
	const probes = await Promise.all(
		PROBES.map((probe) => checkScope(api, probe, context)),
	);
	const refused = probes.find(({ fatal }) => fatal !== undefined)?.fatal;
	if (refused !== undefined) return [finding, refused];
	const granted = probes.flatMap(({ ok }) => ok ?? []);
	return [
		finding,
		...(granted.length === 0
			? []
			: [
					{
						level: "ok",
						what: `scopes are there for: ${granted.join(", ")}`,
					} as const,
				]),
		...probes.flatMap(({ missing }) => missing ?? []),
		...(await checkBases(api, catalog, context)),
		...fileOriginFindings(api.config),
	];
}

async function checkScope(
	api: Api,
	{ what, endpoint, call, usual }: Probe,
	context: CallContext,
): Promise<{
	readonly ok?: string;
	readonly missing?: Finding;
	/** No call gets through at all. */
	readonly fatal?: Finding;
}> {
	const { finding, found } = await probed(
		api.call(endpoint, { params: NOWHERE, ...call }, context).catch(nowhere),
		(): Finding => ({ level: "ok", what }),
		(error): Finding => ({
			level: usual && isScope(error) ? "error" : "warning",
			what: isScope(error) ? `${what}: ${error.message}` : error.message,
			...defined({ next: error.next }),
		}),
	);
	if (found !== undefined) return { ok: what };
	return finding.what.startsWith(`${what}: `)
		? { missing: finding }
		: { fatal: { ...finding, level: "error" } };
}

function isScope({ vendor }: TablesError): boolean {
	return typeof vendor?.code === "number" && SCOPE_CODES.has(vendor.code);
}

/** That there is no such base is the answer wanted: the scope was there. */
function nowhere(error: unknown): object {
	if (
		error instanceof TablesError &&
		!isScope(error) &&
		error.code !== "auth" &&
		error.code !== "unreachable" &&
		error.code !== "cancelled"
	)
		return {};
	throw error;
}

async function checkBases(
	api: Api,
	catalog: Catalog,
	context: CallContext,
): Promise<readonly Finding[]> {
	const { finding, found } = await probed(
		catalog.configured(context),
		(configured): Finding =>
			configured.length === 0
				? {
						level: "warning",
						what: `no bases are configured: ${api.title} cannot list them`,
						next: `Paste the URL of a base into a tool, or set ${api.config.product.toUpperCase()}_BASES.`,
					}
				: { level: "ok", what: `${configured.length} bases are configured` },
	);
	const each = await Promise.all(
		(found ?? []).map(async ({ id }) =>
			probed(
				Promise.all([catalog.facts(id, context), catalog.tables(id, context)]),
				([{ name, zone, advanced }, tables]): Finding => ({
					level: "ok",
					what: `${name ?? ""} [${id}]: ${tables.length} tables, time zone ${zone}${advanced ? "; advanced permissions are on: rows that this account's role does not show are left out without an error" : ""}`,
				}),
				(error): Finding => ({
					level: "error",
					what: `base ${id}: ${error.message}`,
					...defined({ next: error.next }),
				}),
			),
		),
	);
	return [finding, ...each.map((probe) => probe.finding)];
}
