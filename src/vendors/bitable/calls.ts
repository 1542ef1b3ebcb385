import type { Endpoint } from "../../http/endpoint.js";

/*
 * Bitable v1 and its neighbours. The vendor counts calls by API, app and organisation, so every endpoint paces itself.
 * Record writes and lists keep to the older, smaller rates: there are organisations of both kinds.
 * Source: "Base overview", "Frequency control"; the rate of an endpoint stands on its own page.
 */

export interface BitableEndpoint extends Endpoint {
	readonly pace: string;
	readonly rate: { readonly calls: number; readonly perMs: number };
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

const perSecond = (calls: number) => ({ calls, perMs: SECOND_MS });
const perMinute = (calls: number) => ({ calls, perMs: MINUTE_MS });

/** A read; searches by POST are reads too. */
const read = (
	name: string,
	method: Endpoint["method"],
	path: string,
	rate = perSecond(20),
): BitableEndpoint => ({
	name,
	method,
	path,
	kind: "read",
	repeatable: true,
	pace: name,
	rate,
});

/** `repeatable`: it carries a client_token, or is idempotent. */
const write = (
	name: string,
	method: Endpoint["method"],
	path: string,
	options: {
		readonly repeatable?: boolean;
		readonly rate?: BitableEndpoint["rate"];
	} = {},
): BitableEndpoint => ({
	name,
	method,
	path,
	kind: "write",
	repeatable: options.repeatable ?? method === "PUT",
	pace: name,
	rate: options.rate ?? perSecond(10),
});

const APPS = "/open-apis/bitable/v1/apps";
const A = `${APPS}/{base}`;
const T = `${A}/tables/{table}`;

/* Source: "Get custom app's tenant_access_token". */

export const readToken: BitableEndpoint = {
	...read(
		"fetch an app token",
		"POST",
		"/open-apis/auth/v3/tenant_access_token/internal",
		perSecond(10),
	),
	answersSecret: true,
};

/* Source: "Create App", "Get App Info". */

export const createBase = write("create base", "POST", APPS, {
	rate: perMinute(20),
});
export const copyBase = write("copy base", "POST", `${A}/copy`, {
	rate: perMinute(20),
});
export const readBase = read("read base", "GET", A);
export const updateBase = write("update base", "PUT", A);

/* Source: "List all tables", "Create table". */

export const listTables = read("list tables", "GET", `${A}/tables`);
export const createTable = write("create table", "POST", `${A}/tables`);
export const renameTable = write("rename table", "PATCH", T, {
	repeatable: true,
});
export const deleteTable = write("delete table", "DELETE", T);

/* Source: "List Views", "Update View". */

export const listViews = read("list views", "GET", `${T}/views`);
export const readView = read("read view", "GET", `${T}/views/{view}`);
export const createView = write("create view", "POST", `${T}/views`);
export const updateView = write("update view", "PATCH", `${T}/views/{view}`, {
	repeatable: true,
});
export const deleteView = write("delete view", "DELETE", `${T}/views/{view}`);

/* Source: "List fields", "Create field", "Update field". */

export const listFields = read("list fields", "GET", `${T}/fields`);
/** With client_token. */
export const createField = write("create field", "POST", `${T}/fields`, {
	repeatable: true,
});
export const updateField = write("update field", "PUT", `${T}/fields/{field}`);
export const deleteField = write(
	"delete field",
	"DELETE",
	`${T}/fields/{field}`,
);

/* Source: "Search records", "Batch get records", "Create records", "Update records", "Delete records". */

export const searchRecords = read(
	"search records",
	"POST",
	`${T}/records/search`,
);
export const getRecords = read("get records", "POST", `${T}/records/batch_get`);
/** The creates carry a client_token; updates are idempotent. A second delete of the same record fails: never repeated. */
export const createRecord = write("create a record", "POST", `${T}/records`, {
	repeatable: true,
});
export const createRecords = write(
	"create records",
	"POST",
	`${T}/records/batch_create`,
	{ repeatable: true },
);
export const updateRecord = write(
	"update a record",
	"PUT",
	`${T}/records/{record}`,
);
export const updateRecords = write(
	"update records",
	"POST",
	`${T}/records/batch_update`,
	{ repeatable: true },
);
export const deleteRecord = write(
	"delete a record",
	"DELETE",
	`${T}/records/{record}`,
);
export const deleteRecords = write(
	"delete records",
	"POST",
	`${T}/records/batch_delete`,
);

/* Source: "Update form metadata (更新表单元数据)", "List form questions (列出表单问题)". */

const FORM = `${T}/forms/{form}`;
export const readForm = read("read form", "GET", FORM);
export const updateForm = write("update form", "PATCH", FORM, {
	repeatable: true,
});
export const listQuestions = read("list questions", "GET", `${FORM}/fields`);
export const updateQuestion = write(
	"update question",
	"PATCH",
	`${FORM}/fields/{field}`,
	{ repeatable: true },
);

/* Source: "List dashboards (列出仪表盘)". */

export const listDashboards = read("list dashboards", "GET", `${A}/dashboards`);
export const copyDashboard = write(
	"copy dashboard",
	"POST",
	`${A}/dashboards/{dashboard}/copy`,
);

/* Source: "List automations (列出自动化流程)". */

export const listWorkflows = read("list automations", "GET", `${A}/workflows`);
/** Automations that a dashboard or page of the base holds. */
export const listBlockWorkflows = read(
	"list automations of blocks",
	"GET",
	`${A}/block_workflows`,
	perMinute(20),
);
export const switchWorkflow = write(
	"switch automation",
	"PUT",
	`${A}/workflows/{workflow}`,
);

/* Source: "List roles (列出自定义角色)", "Advanced permissions (高级权限概述)". */

export const listRoles = read("list roles", "GET", `${A}/roles`);
export const createRole = write("create role", "POST", `${A}/roles`);
export const updateRole = write("update role", "PUT", `${A}/roles/{role}`);
export const deleteRole = write("delete role", "DELETE", `${A}/roles/{role}`);

/** For bases whose advanced permissions are of the second kind (`advance_version: v2`). */
const A2 = "/open-apis/base/v2/apps/{base}";
export const listRoles2 = read("list roles (2.0)", "GET", `${A2}/roles`);
export const createRole2 = write("create role (2.0)", "POST", `${A2}/roles`);
export const updateRole2 = write(
	"update role (2.0)",
	"PUT",
	`${A2}/roles/{role}`,
);

/* Source: "List role members (列出协作者)". */

const MEMBERS = `${A}/roles/{role}/members`;
export const listMembers = read("list role members", "GET", MEMBERS);
export const addMember = write("add a role member", "POST", MEMBERS);
export const addMembers = write(
	"add role members",
	"POST",
	`${MEMBERS}/batch_create`,
);
export const removeMember = write(
	"remove a role member",
	"DELETE",
	`${MEMBERS}/{member}`,
);
export const removeMembers = write(
	"remove role members",
	"POST",
	`${MEMBERS}/batch_delete`,
);

/* Source: "Upload media (上传素材)", "Upload media in parts (分片上传素材)", "Temporary links of media (获取素材临时下载链接)". */

const MEDIA = "/open-apis/drive/v1/medias";
/** 5 a second, each; a file that no cell holds does no harm, so it may be sent again. */
const upload = (name: string, path: string) =>
	write(name, "POST", `${MEDIA}/${path}`, {
		repeatable: true,
		rate: perSecond(5),
	});
export const uploadAll = upload("upload a file", "upload_all");
export const prepareUpload = upload("prepare an upload", "upload_prepare");
export const uploadPart = upload("upload a part", "upload_part");
export const finishUpload = upload("finish an upload", "upload_finish");
export const readFileLinks = read(
	"read links of files",
	"GET",
	`${MEDIA}/batch_get_tmp_download_url`,
	perSecond(5),
);
/** Streamed, see files.ts. Source: "Download media (下载素材)". */
export const DOWNLOAD_PATH = `${MEDIA}/{token}/download`;

/* Source: "Add collaborator (增加协作者权限)". */

export const shareBase = write(
	"share base",
	"POST",
	"/open-apis/drive/v1/permissions/{base}/members",
	{ repeatable: true, rate: perMinute(100) },
);

/* Source: "Get Wiki Workspace Node Information", "Query All Blocks", "Get spreadsheet metadata". */

export const readWikiNode = read(
	"resolve a wiki link",
	"GET",
	"/open-apis/wiki/v2/spaces/get_node",
	perMinute(100),
);
export const listBlocks = read(
	"list blocks of a document",
	"GET",
	"/open-apis/docx/v1/documents/{document}/blocks",
	perSecond(5),
);
export const readSheets = read(
	"read sheets of a spreadsheet",
	"GET",
	"/open-apis/sheets/v2/spreadsheets/{document}/metainfo",
);

/* Source: "Users of a department", "User ids by e-mail (通过手机号或邮箱获取用户 ID)", "Sub-departments". */

const CONTACT = "/open-apis/contact/v3";
const contact = (name: string, method: "GET" | "POST", path: string) =>
	read(name, method, `${CONTACT}${path}`, perMinute(1_000));
export const listUsers = contact(
	"list people of a department",
	"GET",
	"/users/find_by_department",
);
export const findUserIds = contact(
	"find people by e-mail",
	"POST",
	"/users/batch_get_id",
);
export const getUsers = contact("read people", "GET", "/users/batch");
export const listDepartments = contact(
	"list departments",
	"GET",
	"/departments/{department}/children",
);
/** What of the contacts the app may see. Source: "Contact scope (获取通讯录授权范围)". */
export const listScopes = contact("read contact scope", "GET", "/scopes");
export const listChats = read(
	"list group chats",
	"GET",
	"/open-apis/im/v1/chats",
	perMinute(1_000),
);
