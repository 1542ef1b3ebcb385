import type { Endpoint } from "../../http/endpoint.js";

/*
 * The Fusion API, v1. Source: "AITable API Reference manual", "Vika API introduction".
 * The vendor counts calls by the first datasheet in the path, else the space, else the user: `pace` says which.
 */

const SPACE = "/fusion/v1/spaces/{space}";
const SHEET = "/fusion/v1/datasheets/{table}";

export const listSpaces = {
	name: "list spaces",
	method: "GET",
	path: "/fusion/v1/spaces",
	kind: "read",
	repeatable: true,
	pace: "user",
} as const satisfies Endpoint;

/** First level of a space's tree. */
export const listNodes = {
	name: "list nodes",
	method: "GET",
	path: `${SPACE}/nodes`,
	kind: "read",
	repeatable: true,
	pace: "space",
} as const satisfies Endpoint;

/** The whole space, flat, of one type; `query` is a part of the name. Source: "Get node list". */
export const searchNodes = {
	name: "search nodes",
	method: "GET",
	path: "/fusion/v2/spaces/{space}/nodes",
	kind: "read",
	repeatable: true,
	pace: "space",
} as const satisfies Endpoint;

/** One node; a folder with the level below it. */
export const readNode = {
	name: "read node",
	method: "GET",
	path: "/fusion/v1/nodes/{node}",
	kind: "read",
	repeatable: true,
	pace: "user",
} as const satisfies Endpoint;

/** The node of a datasheet, which its calls are counted by. */
export const readTableNode = {
	name: "read node of a datasheet",
	method: "GET",
	path: "/fusion/v1/nodes/{table}",
	kind: "read",
	repeatable: true,
	pace: "table",
} as const satisfies Endpoint;

export const listFields = {
	name: "list fields",
	method: "GET",
	path: `${SHEET}/fields`,
	kind: "read",
	repeatable: true,
	pace: "table",
} as const satisfies Endpoint;

export const listViews = {
	name: "list views",
	method: "GET",
	path: `${SHEET}/views`,
	kind: "read",
	repeatable: true,
	pace: "table",
} as const satisfies Endpoint;

export const listRecords = {
	name: "list records",
	method: "GET",
	path: `${SHEET}/records`,
	kind: "read",
	repeatable: true,
	pace: "table",
} as const satisfies Endpoint;

/** There is no idempotency key: the outcome of a lost call is found by reading. */
export const createRecords = {
	name: "create records",
	method: "POST",
	path: `${SHEET}/records`,
	kind: "write",
	repeatable: false,
	pace: "table",
} as const satisfies Endpoint;

/** Source: "Update records". */
export const updateRecords = {
	name: "update records",
	method: "PATCH",
	path: `${SHEET}/records`,
	kind: "write",
	repeatable: false,
	pace: "table",
} as const satisfies Endpoint;

export const deleteRecords = {
	name: "delete records",
	method: "DELETE",
	path: `${SHEET}/records`,
	kind: "write",
	repeatable: false,
	pace: "table",
} as const satisfies Endpoint;

export const createDatasheet = {
	name: "create datasheet",
	method: "POST",
	path: `${SPACE}/datasheets`,
	kind: "write",
	repeatable: false,
	pace: "space",
} as const satisfies Endpoint;

export const createField = {
	name: "create field",
	method: "POST",
	path: `${SPACE}/datasheets/{table}/fields`,
	kind: "write",
	repeatable: false,
	pace: "table",
} as const satisfies Endpoint;

export const deleteField = {
	name: "delete field",
	method: "DELETE",
	path: `${SPACE}/datasheets/{table}/fields/{field}`,
	kind: "write",
	repeatable: false,
	pace: "table",
} as const satisfies Endpoint;

/** An attachment that is never put into a cell does no harm: it may be sent again. */
export const uploadAttachment = {
	name: "upload attachment",
	method: "POST",
	path: `${SHEET}/attachments`,
	kind: "write",
	repeatable: true,
	pace: "table",
} as const satisfies Endpoint;

export const presignUpload = {
	name: "prepare an upload",
	method: "GET",
	path: `${SHEET}/attachments/presignedUrl`,
	kind: "read",
	repeatable: true,
	pace: "table",
} as const satisfies Endpoint;

const contact = (
	name: string,
	method: Endpoint["method"],
	path: string,
	repeatable = method !== "POST",
): Endpoint => ({
	name,
	method,
	path: `${SPACE}${path}`,
	kind: method === "GET" ? "read" : "write",
	repeatable,
	pace: "space",
});

export const readMember = contact("read member", "GET", "/members/{unit}");
export const updateMember = contact("update member", "PUT", "/members/{unit}");
export const deleteMember = contact(
	"delete member",
	"DELETE",
	"/members/{unit}",
	false,
);
export const listTeamMembers = contact(
	"list members of a team",
	"GET",
	"/teams/{unit}/members",
);
export const listTeams = contact(
	"list teams of a team",
	"GET",
	"/teams/{unit}/children",
);
export const createTeam = contact("create team", "POST", "/teams");
export const updateTeam = contact("update team", "PUT", "/teams/{unit}");
export const deleteTeam = contact(
	"delete team",
	"DELETE",
	"/teams/{unit}",
	false,
);
export const listRoles = contact("list roles", "GET", "/roles");
export const createRole = contact("create role", "POST", "/roles");
export const updateRole = contact("update role", "PUT", "/roles/{unit}");
export const deleteRole = contact(
	"delete role",
	"DELETE",
	"/roles/{unit}",
	false,
);
export const listRoleUnits = contact(
	"list who has a role",
	"GET",
	"/roles/{unit}/units",
);
