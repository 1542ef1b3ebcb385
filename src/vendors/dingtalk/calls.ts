import type { Endpoint } from "../../http/endpoint.js";

/*
 * DingTalk open API: notable (AI Table) v1.0, wiki v2.0, doc v1.0, contact v1.0, and the older contacts host.
 * The vendor counts calls by app and by API: each endpoint is its own pace. Source: "AI Table overview",
 * "Get node list", "Create a Knowledge Base document", "Official Node client", "Official Go client".
 */

const call = (
	name: string,
	method: Endpoint["method"],
	path: string,
	kind: Endpoint["kind"],
	repeatable = kind === "read",
) =>
	({
		name,
		method,
		path,
		kind,
		repeatable,
		pace: name,
	}) as const satisfies Endpoint;

/**
 * Anonymous; inside its validity the same token comes again, and is valid for its whole time again.
 * Source: "Get the access token of an internal app".
 */
export const accessToken = {
	...call("get the app's token", "POST", "/v1.0/oauth2/accessToken", "read"),
	answersSecret: true,
} as const satisfies Endpoint;

const BASE = "/v1.0/notable/bases/{base}";
const SHEET = `${BASE}/sheets/{table}`;

export const listSheets = call("list sheets", "GET", `${BASE}/sheets`, "read");
export const readSheet = call("read sheet", "GET", SHEET, "read");
export const createSheet = call(
	"create sheet",
	"POST",
	`${BASE}/sheets`,
	"write",
);
/** A rename: idempotent. */
export const updateSheet = call("rename sheet", "PUT", SHEET, "write", true);
export const deleteSheet = call("delete sheet", "DELETE", SHEET, "write");

export const listFields = call("list fields", "GET", `${SHEET}/fields`, "read");
export const createField = call(
	"create field",
	"POST",
	`${SHEET}/fields`,
	"write",
);
/** New options would come twice: not repeatable. Source: "Update a field". */
export const updateField = call(
	"update field",
	"PUT",
	`${SHEET}/fields/{field}`,
	"write",
);
export const deleteField = call(
	"delete field",
	"DELETE",
	`${SHEET}/fields/{field}`,
	"write",
);

/** A read, although it is a POST. */
export const listRecords = call(
	"list records",
	"POST",
	`${SHEET}/records/list`,
	"read",
);
export const readRecord = call(
	"read record",
	"GET",
	`${SHEET}/records/{record}`,
	"read",
);
/** Under its clientToken the write path repeats it; see `readCreated`. */
export const insertRecords = call(
	"insert records",
	"POST",
	`${SHEET}/records`,
	"write",
);
/** By id and whole cells: idempotent. Source: "Update records". */
export const updateRecords = call(
	"update records",
	"PUT",
	`${SHEET}/records`,
	"write",
	true,
);
export const deleteRecords = call(
	"delete records",
	"POST",
	`${SHEET}/records/delete`,
	"write",
);
/** Undocumented. Source: "Official Go client". */
export const changedRecordIds = call(
	"query records changed under a token",
	"POST",
	`${BASE}/changedRecordIds/query`,
	"read",
);

const RESOURCES = "/v1.0/doc/docs/resources/{base}";

/** A place that is never filled does no harm. */
export const prepareUpload = call(
	"prepare an upload",
	"POST",
	`${RESOURCES}/uploadInfos/query`,
	"read",
);

/** `operatorId` goes into the body. */
export const createDocument = call(
	"create document",
	"POST",
	"/v1.0/doc/workspaces/{workspace}/docs",
	"write",
);

const NODES = "/v2.0/wiki/nodes";

export const listNodes = call("list wiki nodes", "GET", NODES, "read");
export const readNode = call(
	"read wiki node",
	"GET",
	`${NODES}/{node}`,
	"read",
);
export const nodeByUrl = call(
	"read wiki node by URL",
	"POST",
	`${NODES}/queryByUrl`,
	"read",
);
export const readWorkspace = call(
	"read workspace",
	"GET",
	"/v2.0/wiki/workspaces/{workspace}",
	"read",
);
export const myWorkspace = call(
	"read the operator's workspace",
	"GET",
	"/v2.0/wiki/mineWorkspaces",
	"read",
);
export const searchDocuments = call(
	"search documents",
	"POST",
	"/v2.0/storage/dentries/search",
	"read",
);

/* Roles and automations: undocumented, experimental. Source: "Official Go client". */

const PERMISSIONS = "/v1.0/notable/auth";
const ROLE = `${PERMISSIONS}/role/{base}`;
const ROLE_MEMBER = `${PERMISSIONS}/role/member/{base}`;

export const changeSwitch = call(
	"switch advanced permissions",
	"PUT",
	`${PERMISSIONS}/{base}`,
	"write",
	true,
);
export const createRole = call("create role", "POST", ROLE, "write");
export const updateRole = call("update role", "PUT", ROLE, "write", true);
export const deleteRole = call("delete role", "DELETE", ROLE, "write");
export const listRoles = call("list roles", "GET", ROLE_MEMBER, "read");
export const addRoleMembers = call(
	"add role members",
	"POST",
	ROLE_MEMBER,
	"write",
);
/** The members given are then the only ones of their roles. */
export const replaceRoleMembers = call(
	"replace role members",
	"PUT",
	ROLE_MEMBER,
	"write",
	true,
);
export const listWorkflows = call(
	"list workflows",
	"POST",
	`${BASE}/workflows`,
	"read",
);
export const enableWorkflow = call(
	"enable workflow",
	"POST",
	`${BASE}/workflows/{flow}/enable`,
	"write",
	true,
);
export const disableWorkflow = call(
	"disable workflow",
	"POST",
	`${BASE}/workflows/{flow}/disable`,
	"write",
	true,
);

/* People and departments. These calls do not count for the monthly quota. */

export const searchUsers = call(
	"search people",
	"POST",
	"/v1.0/contact/users/search",
	"read",
);
export const searchDepartments = call(
	"search departments",
	"POST",
	"/v1.0/contact/departments/search",
	"read",
);

/** On the older host: the token travels in the query, failures in HTTP 200. */
const legacy = (name: string, path: string) =>
	({
		...call(name, "POST", `/topapi${path}`, "read"),
		tokenParameter: "access_token",
	}) as const satisfies Endpoint;

export const readUser = legacy("read person", "/v2/user/get");
export const userByUnionId = legacy(
	"read person by unionId",
	"/user/getbyunionid",
);
export const listUsers = legacy("list people", "/v2/user/list");
export const readDepartment = legacy("read department", "/v2/department/get");
export const listDepartments = legacy(
	"list departments",
	"/v2/department/listsub",
);
