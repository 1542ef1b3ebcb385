import type { CallContext } from "../../core/contract/call-context.js";
import type { TablesError } from "../../core/contract/errors.js";
import type { Finding } from "../../core/contract/finding.js";
import type { BaseInfo } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import type { Call, Endpoint } from "../../http/endpoint.js";
import { loose, text } from "../kit/answer.js";
import { fileOriginFindings, probed } from "../kit/doctor.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";

/* Doctor: the app's secret, the operator, each base, each permission; what fails says which of them it is. */

const bad =
	(what: string, level: Finding["level"], next?: string) =>
	(error: TablesError): Finding => {
		const step = next ?? error.next;
		return {
			level,
			what: `${what}: ${error.message}`,
			...defined({ next: step }),
		};
	};

const apply = (scope: string, without: string) =>
	`Apply for ${scope} in the developer console and publish a version of the app. Without it ${without}.`;

/** What `doctor` prints about this connection, one finding a line. */
export async function doctorFindings(
	api: Api,
	catalog: Catalog,
	context: CallContext,
): Promise<readonly Finding[]> {
	const secret = await probed(
		api.checkToken(),
		(): Finding => ({ level: "ok", what: "app key and secret accepted" }),
		bad("app key and secret", "error"),
	);
	if (secret.finding.level !== "ok") return [secret.finding];
	const operator = await probed(
		api.operator(context),
		(unionId): Finding => ({
			level: "ok",
			what:
				api.config.operator_id === undefined
					? `operator found from the userid: ${unionId}`
					: `operator ${unionId}`,
		}),
		bad(
			"operator",
			"error",
			"Set operator_id (DINGTALK_OPERATOR_ID) to a unionId, or give the app qyapi_get_member and check user_id (DINGTALK_USER_ID).",
		),
	);
	if (operator.found === undefined) return [secret.finding, operator.finding];
	const bases = await probed(
		catalog.bases(context),
		(found): Finding =>
			found.length > 0
				? {
						level: "ok",
						what: `bases: ${found.map(({ id, name }) => (name === null ? id : `${name} [${id}]`)).join(", ")}`,
					}
				: {
						level: "warning",
						what: "no base is configured, and DingTalk cannot list them",
						next: "Set DINGTALK_BASES, or paste the address of an AI Table into a call: it is remembered.",
					},
		bad("bases", "error"),
	);
	const [perBase, rest] = await Promise.all([
		Promise.all(
			(bases.found ?? []).map((base) => checkBase(catalog, base, context)),
		),
		checkPermissions(
			api,
			operator.found,
			bases.found?.[0]?.id,
			catalog,
			context,
		),
	]);
	return [
		secret.finding,
		operator.finding,
		bases.finding,
		...perBase,
		...rest,
		...fileOriginFindings(api.config),
	];
}

async function checkBase(
	catalog: Catalog,
	{ id, name }: BaseInfo,
	context: CallContext,
): Promise<Finding> {
	const title = name ?? id;
	const { finding } = await probed(
		catalog.sheets(id, context),
		(sheets): Finding => ({
			level: "ok",
			what: `${title}: ${sheets.length} ${sheets.length === 1 ? "sheet" : "sheets"}`,
		}),
		(error) => {
			// A missing permission of the app is reported below, once; everything else is this base or this operator.
			const step =
				error.code === "auth"
					? apply(
							"Notable.Base.Read.All",
							"nothing can be read; if it is there, the base's id is wrong",
						)
					: error.next;
			return {
				level: "error",
				what: `${title}: ${error.message}`,
				...defined({ next: step }),
			};
		},
	);
	return finding;
}

/** A permission, the call that shows whether it is there, and what is lost without it. */
interface Probe {
	readonly scope: string;
	readonly endpoint: Endpoint;
	readonly call: Call;
	readonly host: "operator" | "plain" | "contacts";
	readonly without: string;
	readonly level: Finding["level"];
}

async function checkPermissions(
	api: Api,
	operator: string,
	base: string | undefined,
	catalog: Catalog,
	context: CallContext,
): Promise<readonly Finding[]> {
	const table =
		base === undefined
			? undefined
			: (await catalog.sheets(base, context).catch(() => []))[0]?.id;
	const probes: readonly Probe[] = [
		...(base === undefined || table === undefined
			? []
			: [
					{
						scope: "Notable.Base.Write.All",
						endpoint: calls.deleteRecords,
						// Nothing is named, so nothing is deleted: only the permission shows.
						call: { params: { base, table }, json: { recordIds: [] } },
						host: "operator",
						without: "nothing can be changed",
						level: "error",
					} as const,
					{
						scope: "Storage.File.Read",
						endpoint: calls.prepareUpload,
						call: {
							params: { base },
							json: {
								size: 1,
								mediaType: "text/plain",
								resourceName: "check.txt",
							},
						},
						host: "operator",
						without: "files cannot be uploaded",
						level: "warning",
					} as const,
					{
						scope: "Wiki.Node.Read",
						endpoint: calls.readNode,
						call: { params: { node: base } },
						host: "operator",
						without:
							"bases have no names, and folders in DINGTALK_BASES are not opened",
						level: "warning",
					} as const,
				]),
		{
			scope: "qyapi_get_member",
			endpoint: calls.userByUnionId,
			call: { json: { unionid: operator } },
			host: "contacts",
			without: "people are shown by id",
			level: "warning",
		},
		{
			scope: "qyapi_get_department_list",
			endpoint: calls.readDepartment,
			call: { json: { dept_id: 1 } },
			host: "contacts",
			without: "departments are shown by id",
			level: "warning",
		},
		{
			scope: "qyapi_get_department_member",
			endpoint: calls.listUsers,
			call: { json: { dept_id: 1, cursor: 0, size: 1 } },
			host: "contacts",
			without: "list_contacts lists nobody, and people are not found by e-mail",
			level: "warning",
		},
		{
			scope: "qyapi_addresslist_search",
			endpoint: calls.searchUsers,
			call: { json: { queryWord: "a", offset: 0, size: 1 } },
			host: "plain",
			without: "people and departments are written by id, not by name",
			level: "warning",
		},
	];
	const findings = await Promise.all(
		probes.map(async ({ scope, endpoint, call, host, without, level }) => {
			const sent =
				host === "contacts"
					? api.contacts(endpoint, call.json, context)
					: (host === "plain" ? api.plain : api.call)(endpoint, call, context);
			const ok: Finding = { level: "ok", what: `permission ${scope}` };
			const { finding } = await probed(
				sent,
				(): Finding => ok,
				(error): Finding => {
					if (error.code === "auth")
						return {
							level,
							what: `permission ${scope} is missing: ${error.message}`,
							next: apply(scope, without),
						};
					if (error.code === "not_allowed")
						return {
							level: "warning",
							what: `permission ${scope} is there, but: ${error.message}`,
							...defined({ next: error.next }),
						};
					return UNSURE.has(error.code)
						? bad(`permission ${scope}`, "warning")(error)
						: ok;
				},
			);
			return finding;
		}),
	);
	const person = await probed(
		api.contacts(calls.userByUnionId, { unionid: operator }, context),
		(found): Finding => ({
			level: "ok",
			what: `the operator is a person of the organisation (userid ${text(loose(found).userid) ?? "?"})`,
		}),
		(error): Finding =>
			error.code === "not_found"
				? {
						level: "error",
						what: `the operator ${operator} is not a unionId of this organisation`,
						next: "operator_id (DINGTALK_OPERATOR_ID) must be a unionId; with a userid, set user_id (DINGTALK_USER_ID) in its place.",
					}
				: bad("operator", "warning")(error),
	);
	return [
		person.finding,
		...findings,
		{
			level: "ok",
			what: "roles, advanced permissions and automations are experimental: the vendor does not document them",
		},
	];
}

/** The gateway checks the permission before anything else: only these tell nothing about it. */
const UNSURE: ReadonlySet<string> = new Set([
	"unreachable",
	"throttled",
	"quota_spent",
	"busy",
	"unsupported",
]);
