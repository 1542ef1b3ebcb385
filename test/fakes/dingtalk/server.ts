import type { FakeRequest, FakeResponse } from "../fake.js";
import {
	downloadInfo,
	prepareSetRichText,
	storage,
	uploadInfo,
} from "./attachments.js";
import {
	copyWorkflow,
	deleteWorkflow,
	disableWorkflow,
	enableWorkflow,
	listWorkflows,
} from "./automations.js";
import type { Handler } from "./call.js";
import {
	contactUser,
	legacyHost,
	searchDepartments,
	searchUsers,
} from "./contacts.js";
import {
	createDocument,
	getNode,
	getWorkspace,
	listNodes,
	listWorkspaces,
	mineWorkspace,
	nodeByUrl,
	nodesBatch,
	searchDentries,
} from "./documents.js";
import { markedSheets, markSheet, unmarkSheet } from "./external-auth.js";
import {
	encryptionKey,
	executeImport,
	importStatus,
	prepareImport,
} from "./imports.js";
import type { Limits } from "./limits.js";
import type { AppToken } from "./model.js";
import {
	changedRecordIds,
	deleteRecords,
	getRecord,
	getRecords,
	insertRecords,
	listRecords,
	updateRecords,
} from "./records.js";
import { answered, Refusal, refusals, refused } from "./refusal.js";
import {
	addRoleMembers,
	allRoles,
	changeSwitch,
	createRole,
	deleteRole,
	getSwitch,
	rebuildRoleMembers,
	updateRole,
	userRoles,
} from "./roles.js";
import {
	createFieldOfSheet,
	createSheet,
	deleteField,
	deleteSheet,
	getAllFields,
	getAllSheets,
	getSheet,
	truncateRecords,
	updateFieldOfSheet,
	updateSheet,
} from "./sheets.js";
import type { Store } from "./store.js";
import type { DingtalkSwitches } from "./switches.js";
import {
	type AnonymousHandler,
	accessToken,
	corpToken,
	hasScope,
	type Scope,
	validToken,
} from "./tokens.js";

interface Route {
	readonly method: string;
	readonly segments: readonly string[];
	readonly scope: Scope;
	readonly handler: Handler;
	/** Where the operator stands; the document call has it in its body, contacts have none. */
	readonly operator: "query" | "elsewhere";
	/** Exempt from the monthly quota. */
	readonly isFree: boolean;
	readonly isOn?: (switches: DingtalkSwitches) => boolean;
}

type Line = readonly [method: string, path: string, handler: Handler];

const BASE = "/v1.0/notable/bases/:base";
const SHEET = `${BASE}/sheets/:sheet`;
const ROLE = "/v1.0/notable/auth/role";

const READS: readonly Line[] = [
	["GET", `${BASE}/sheets`, getAllSheets],
	["GET", SHEET, getSheet],
	["GET", `${SHEET}/fields`, getAllFields],
	["GET", `${SHEET}/records`, getRecords],
	["GET", `${SHEET}/records/:record`, getRecord],
	["POST", `${SHEET}/records/list`, listRecords],
];
const WRITES: readonly Line[] = [
	["POST", `${BASE}/sheets`, createSheet],
	["PUT", SHEET, updateSheet],
	["DELETE", SHEET, deleteSheet],
	["POST", `${SHEET}/fields`, createFieldOfSheet],
	["PUT", `${SHEET}/fields/:field`, updateFieldOfSheet],
	["DELETE", `${SHEET}/fields/:field`, deleteField],
	["POST", `${SHEET}/records`, insertRecords],
	["PUT", `${SHEET}/records`, updateRecords],
	["POST", `${SHEET}/records/delete`, deleteRecords],
];
const WIKI: readonly Line[] = [
	["GET", "/v2.0/wiki/nodes", listNodes],
	["GET", "/v2.0/wiki/nodes/:node", getNode],
	["POST", "/v2.0/wiki/nodes/queryByUrl", nodeByUrl],
	["POST", "/v2.0/wiki/nodes/batchQuery", nodesBatch],
];
const WORKSPACES: readonly Line[] = [
	["GET", "/v2.0/wiki/workspaces", listWorkspaces],
	["GET", "/v2.0/wiki/workspaces/:workspace", getWorkspace],
	["GET", "/v2.0/wiki/mineWorkspaces", mineWorkspace],
];
const FILES: readonly Line[] = [
	["POST", "/v1.0/doc/docs/resources/:doc/uploadInfos/query", uploadInfo],
	["GET", "/v1.0/doc/docs/resources/:doc/:resource/downloadInfo", downloadInfo],
];
const WORKFLOWS: readonly Line[] = [
	["POST", `${BASE}/workflows`, listWorkflows],
	["POST", `${BASE}/workflows/copy`, copyWorkflow],
	["POST", `${BASE}/workflows/:flow/enable`, enableWorkflow],
	["POST", `${BASE}/workflows/:flow/disable`, disableWorkflow],
	["POST", `${BASE}/workflows/:flow/delete`, deleteWorkflow],
];
const ROLES: readonly Line[] = [
	["GET", "/v1.0/notable/auth/:base", getSwitch],
	["PUT", "/v1.0/notable/auth/:base", changeSwitch],
	["GET", `${ROLE}/:base`, userRoles],
	["POST", `${ROLE}/:base`, createRole],
	["PUT", `${ROLE}/:base`, updateRole],
	["DELETE", `${ROLE}/:base`, deleteRole],
	["GET", `${ROLE}/member/:base`, allRoles],
	["POST", `${ROLE}/member/:base`, addRoleMembers],
	["PUT", `${ROLE}/member/:base`, rebuildRoleMembers],
];
const IMPORTS: readonly Line[] = [
	["GET", "/v1.0/notable/import/encryptPublicKey", encryptionKey],
	["POST", `${BASE}/import/uploadUrl`, prepareImport],
	["POST", `${BASE}/import/execute`, executeImport],
	["GET", `${BASE}/import/status`, importStatus],
];
const EXTERNAL: readonly Line[] = [
	["POST", `${SHEET}/externalAuth/mark`, markSheet],
	["DELETE", `${SHEET}/externalAuth/mark`, unmarkSheet],
	["GET", `${BASE}/externalAuth/sheets`, markedSheets],
];

function routes(
	lines: readonly Line[],
	scope: Scope,
	more: Partial<Pick<Route, "operator" | "isFree" | "isOn">> = {},
): Route[] {
	return lines.map(([method, path, handler]) => ({
		method,
		segments: path.split("/").slice(1),
		scope,
		handler,
		operator: "query",
		isFree: false,
		...more,
	}));
}

const writing = (
	lines: readonly Line[],
	isOn: (switches: DingtalkSwitches) => boolean,
) => routes(lines, "Notable.Base.Write.All", { isOn });

/** Literal segments before parameters of the same place. */
const allRoutes = (): readonly Route[] => [
	...routes(
		[["POST", `${BASE}/changedRecordIds/query`, changedRecordIds]],
		"Notable.Base.Read.All",
		{ isOn: ({ changedRecordIds: shape }) => shape !== "absent" },
	),
	...writing(
		[["POST", `${SHEET}/records/truncate`, truncateRecords]],
		({ truncate }) => truncate,
	),
	...writing(
		[["POST", `${BASE}/prepareSetRichText`, prepareSetRichText]],
		({ richText }) => richText,
	),
	...routes(READS, "Notable.Base.Read.All"),
	...routes(WRITES, "Notable.Base.Write.All"),
	...writing(WORKFLOWS, ({ workflows }) => workflows),
	...writing(IMPORTS, ({ imports }) => imports),
	...writing(EXTERNAL, ({ externalAuth }) => externalAuth),
	...writing(ROLES, ({ roles }) => roles),
	...routes(WIKI, "Wiki.Node.Read"),
	...routes(WORKSPACES, "Wiki.Workspace.Read"),
	...routes(
		[["POST", "/v2.0/storage/dentries/search", searchDentries]],
		"Storage.Dentry.Search",
	),
	...routes(FILES, "Storage.File.Read"),
	...routes(
		[["POST", "/v1.0/doc/workspaces/:workspace/docs", createDocument]],
		"Document.WorkspaceDocument.Write",
		{ operator: "elsewhere" },
	),
	...routes(
		[["GET", "/v1.0/contact/users/:union", contactUser]],
		"Contact.User.Read",
		{ operator: "elsewhere", isFree: true },
	),
	...routes(
		[
			["POST", "/v1.0/contact/users/search", searchUsers],
			["POST", "/v1.0/contact/departments/search", searchDepartments],
		],
		"qyapi_addresslist_search",
		{ operator: "elsewhere", isFree: true },
	),
];

const ANONYMOUS: readonly (readonly [
	path: readonly string[],
	handler: AnonymousHandler,
])[] = [
	[["v1.0", "oauth2", "accessToken"], accessToken],
	[["v1.0", "oauth2", ":corp", "token"], corpToken],
];

/** The vendor's hosts as one pure function. */
export function createServer(
	store: Store,
	limits: Limits,
): (request: FakeRequest) => FakeResponse {
	const table = allRoutes();
	return (request) => {
		const file = storage(store, request);
		if (file !== undefined) return file;
		if (limits.isBlocked()) return blocked(store);
		const legacy = legacyHost(store, limits, request);
		if (legacy !== undefined) return legacy;
		try {
			return answered(respond(store, limits, table, request));
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
			return refused(
				error,
				store.identifiers.uuid().toUpperCase(),
				store.switches.errorKeys,
			);
		}
	};
}

function blocked(store: Store): FakeResponse {
	const isHtml = store.switches.blockedBody === "html";
	return {
		status: 200,
		headers: { "content-type": "text/html;charset=UTF-8" },
		body: isHtml
			? "<html><body><h1>denied</h1></body></html>"
			: `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"${store.identifiers.hex(32)}"}`,
	};
}

/** Route, token, rate, quota, scope, operator, then the handler's own checks. @throws Refusal */
function respond(
	store: Store,
	limits: Limits,
	table: readonly Route[],
	request: FakeRequest,
): unknown {
	const { switches } = store;
	const path =
		switches.encodedSlash === "separator"
			? request.path.replace(/%2f/gi, "/")
			: request.path;
	const segments = path.split("/").slice(1);
	for (const [pattern, handler] of ANONYMOUS) {
		const at = request.method === "POST" && matched(pattern, segments);
		if (at) return handler(store, request, at);
	}
	if (segments[0] === "v2.0" && segments[1] === "notable") {
		authorised(store, request);
		throw refusals.noScope(
			switches.language,
			"Notable.Base.Read",
			switches.accessDeniedDetail,
		);
	}
	const [route, at] = routed(table, request.method, segments, switches);
	const token = authorised(store, request);
	limits.count(token.appKey, `${route.method} /${route.segments.join("/")}`);
	if (!route.isFree) limits.countMonth();
	if (!hasScope(store, token, route.scope))
		throw refusals.noScope(
			switches.language,
			route.scope,
			switches.accessDeniedDetail,
		);
	const query = new URLSearchParams(request.query);
	return route.handler({
		store,
		request,
		query,
		at,
		appKey: token.appKey,
		tokenUser: store.users.get(token.unionId ?? ""),
		operator: route.operator === "query" ? operatorOf(store, query) : "",
	});
}

function routed(
	table: readonly Route[],
	method: string,
	segments: readonly string[],
	switches: DingtalkSwitches,
): [Route, Record<string, string>] {
	for (const route of table) {
		if (route.method !== method) continue;
		const at = matched(route.segments, segments);
		if (at !== undefined && route.isOn?.(switches) !== false)
			return [route, at];
	}
	throw refusals.noRoute();
}

/** The token of the header. @throws Refusal 400 */
function authorised(store: Store, request: FakeRequest): AppToken {
	const { language, legacyTokens } = store.switches;
	const given = request.headers["x-acs-dingtalk-access-token"] ?? "";
	if (given === "") throw refusals.noToken(language);
	const token = validToken(store, given);
	if (token === undefined || (token.legacy && !legacyTokens))
		throw refusals.invalidToken(language);
	return token;
}

/** @throws Refusal 400 where it is missing or not a unionId */
function operatorOf(store: Store, query: URLSearchParams): string {
	const operator = query.get("operatorId") ?? "";
	if (operator === "") throw refusals.missing("operatorId");
	if (!store.users.has(operator))
		throw refusals.badOperator(store.switches.badOperator);
	return operator;
}

/** `:name` takes one segment, decoded once. */
function matched(
	pattern: readonly string[],
	segments: readonly string[],
): Record<string, string> | undefined {
	if (pattern.length !== segments.length) return undefined;
	const at: Record<string, string> = {};
	for (const [index, expected] of pattern.entries()) {
		const given = segments[index] ?? "";
		if (!expected.startsWith(":")) {
			if (expected !== given) return undefined;
		} else {
			if (given === "") return undefined;
			at[expected.slice(1)] = decoded(given);
		}
	}
	return at;
}

function decoded(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		return segment;
	}
}
