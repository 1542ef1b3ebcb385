import { createRequire } from "node:module";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { type Listening, listen } from "../listen.js";
import { createDingtalkFake, type DingtalkFake } from "./index.js";

type Notable = typeof import("@alicloud/dingtalk/dist/notable_1_0/client.js");

/** The client is CommonJS; its entry for one product loads all of them, the folder below does not. */
const load = createRequire(import.meta.url);
const client = (product: string) =>
	load(`@alicloud/dingtalk/dist/${product}/client`);
const notable = client("notable_1_0") as Notable;
const notable2 = client(
	"notable_2_0",
) as typeof import("@alicloud/dingtalk/dist/notable_2_0/client.js");
const oauth = client(
	"oauth2_1_0",
) as typeof import("@alicloud/dingtalk/dist/oauth2_1_0/client.js");
const wiki = client(
	"wiki_2_0",
) as typeof import("@alicloud/dingtalk/dist/wiki_2_0/client.js");
const storage = client(
	"storage_2_0",
) as typeof import("@alicloud/dingtalk/dist/storage_2_0/client.js");
const doc = client(
	"doc_1_0",
) as typeof import("@alicloud/dingtalk/dist/doc_1_0/client.js");
const contact = client(
	"contact_1_0",
) as typeof import("@alicloud/dingtalk/dist/contact_1_0/client.js");
const openApi = load(
	"@alicloud/openapi-client",
) as typeof import("@alicloud/openapi-client");
const util = load("@alicloud/tea-util") as typeof import("@alicloud/tea-util");

/** Stands still but for `advance`: the tests of one second share its windows. */
const clock = virtualClock();
let fake: DingtalkFake;
let listening: Listening;
let token: string;

beforeAll(async () => {
	fake = createDingtalkFake({ clock });
	listening = await listen(fake);
});
afterAll(() => listening.close());
beforeEach(() => {
	clock.advance(1000);
	token = fake.token();
});

const config = () =>
	new openApi.Config({
		protocol: "http",
		regionId: "central",
		endpoint: new URL(listening.origin).host,
	});
const runtime = (queries?: Record<string, string>) =>
	new util.RuntimeOptions({
		readTimeout: 10_000,
		connectTimeout: 5000,
		...(queries === undefined
			? {}
			: { extendsParameters: new util.ExtendsParameters({ queries }) }),
	});
function signed<Headers extends { xAcsDingtalkAccessToken?: string }>(
	Made: new (map: Record<string, unknown>) => Headers,
): Headers {
	const headers = new Made({});
	headers.xAcsDingtalkAccessToken = token;
	return headers;
}
const operatorId = () => fake.operatorId;

const newBase = () => {
	const base = fake.addBase({ name: "Plans" });
	fake.addSheet(base, {
		name: "任务 1/2",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Count", type: "number" },
			{
				name: "Stage",
				type: "singleSelect",
				property: { choices: [{ name: "New" }] },
			},
		],
	});
	return base;
};
const SHEET = encodeURIComponent("任务 1/2");

test("getAccessToken and getToken give the same token", async () => {
	const api = new oauth.default(config());
	const first = await api.getAccessToken(
		new oauth.GetAccessTokenRequest({
			appKey: fake.app.key,
			appSecret: fake.app.secret,
		}),
	);
	expect(first.body).toMatchObject({ accessToken: token, expireIn: 7200 });
	const second = await api.getToken(
		fake.corpId,
		new oauth.GetTokenRequest({
			clientId: fake.app.key,
			clientSecret: fake.app.secret,
			grantType: "client_credentials",
		}),
	);
	expect(second.body).toMatchObject({ accessToken: token, expiresIn: 7200 });
	await expect(
		api.getAccessToken(
			new oauth.GetAccessTokenRequest({ appKey: fake.app.key, appSecret: "x" }),
		),
	).rejects.toMatchObject({ code: "invalidClientIdOrSecret", statusCode: 400 });
	await expect(
		api.getToken(
			"dingNoSuchCorp",
			new oauth.GetTokenRequest({
				clientId: fake.app.key,
				clientSecret: fake.app.secret,
				grantType: "client_credentials",
			}),
		),
	).rejects.toMatchObject({ code: "unknownError", statusCode: 500 });
});

type Api = InstanceType<Notable["default"]>;
type Method = Extract<keyof Api, `${string}WithOptions`>;

interface Step {
	readonly base: string;
	readonly recordId: string;
	readonly api: Api;
}

/** A call of every method of the client, and what it answers. */
const methods: Readonly<
	Record<Method, (step: Step) => Promise<{ body?: unknown }>>
> = {
	getAllSheetsWithOptions: ({ api, base }) =>
		api.getAllSheetsWithOptions(
			base,
			new notable.GetAllSheetsRequest({ operatorId: operatorId() }),
			signed(notable.GetAllSheetsHeaders),
			runtime(),
		),
	getSheetWithOptions: ({ api, base }) =>
		api.getSheetWithOptions(
			base,
			SHEET,
			new notable.GetSheetRequest({ operatorId: operatorId() }),
			signed(notable.GetSheetHeaders),
			runtime(),
		),
	createSheetWithOptions: ({ api, base }) =>
		api.createSheetWithOptions(
			base,
			new notable.CreateSheetRequest({
				operatorId: operatorId(),
				name: "Made",
				fields: [
					new notable.CreateSheetRequestFields({ name: "Title", type: "text" }),
				],
			}),
			signed(notable.CreateSheetHeaders),
			runtime(),
		),
	updateSheetWithOptions: ({ api, base }) =>
		api.updateSheetWithOptions(
			base,
			"Made",
			new notable.UpdateSheetRequest({
				operatorId: operatorId(),
				name: "Renamed",
			}),
			signed(notable.UpdateSheetHeaders),
			runtime(),
		),
	deleteSheetWithOptions: ({ api, base }) =>
		api.deleteSheetWithOptions(
			base,
			"Renamed",
			new notable.DeleteSheetRequest({ operatorId: operatorId() }),
			signed(notable.DeleteSheetHeaders),
			runtime(),
		),
	getAllFieldsWithOptions: ({ api, base }) =>
		api.getAllFieldsWithOptions(
			base,
			SHEET,
			new notable.GetAllFieldsRequest({ operatorId: operatorId() }),
			signed(notable.GetAllFieldsHeaders),
			runtime(),
		),
	createFieldWithOptions: ({ api, base }) =>
		api.createFieldWithOptions(
			base,
			SHEET,
			new notable.CreateFieldRequest({
				operatorId: operatorId(),
				name: "Due",
				type: "date",
			}),
			signed(notable.CreateFieldHeaders),
			runtime(),
		),
	updateFieldWithOptions: ({ api, base }) =>
		api.updateFieldWithOptions(
			base,
			SHEET,
			"Due",
			new notable.UpdateFieldRequest({
				operatorId: operatorId(),
				name: "Deadline",
				property: { formatter: "YYYY/MM/DD" },
			}),
			signed(notable.UpdateFieldHeaders),
			runtime(),
		),
	deleteFieldWithOptions: ({ api, base }) =>
		api.deleteFieldWithOptions(
			base,
			SHEET,
			"Deadline",
			new notable.DeleteFieldRequest({ operatorId: operatorId() }),
			signed(notable.DeleteFieldHeaders),
			runtime(),
		),
	insertRecordsWithOptions: ({ api, base }) =>
		api.insertRecordsWithOptions(
			base,
			SHEET,
			new notable.InsertRecordsRequest({
				operatorId: operatorId(),
				records: [
					new notable.InsertRecordsRequestRecords({
						fields: { Title: "a", Count: 1, Stage: "New" },
					}),
				],
			}),
			signed(notable.InsertRecordsHeaders),
			runtime({ clientToken: "550e8400-e29b-41d4-a716-446655440000" }),
		),
	getRecordWithOptions: ({ api, base, recordId }) =>
		api.getRecordWithOptions(
			base,
			SHEET,
			recordId,
			new notable.GetRecordRequest({ operatorId: operatorId() }),
			signed(notable.GetRecordHeaders),
			runtime(),
		),
	getRecordsWithOptions: ({ api, base }) =>
		api.getRecordsWithOptions(
			base,
			SHEET,
			new notable.GetRecordsRequest({
				operatorId: operatorId(),
				maxResults: 20,
			}),
			signed(notable.GetRecordsHeaders),
			runtime(),
		),
	listRecordsWithOptions: ({ api, base }) =>
		api.listRecordsWithOptions(
			base,
			SHEET,
			new notable.ListRecordsRequest({
				operatorId: operatorId(),
				maxResults: 20,
				filter: new notable.ListRecordsRequestFilter({
					combination: "and",
					conditions: [
						new notable.ListRecordsRequestFilterConditions({
							field: "Stage",
							operator: "equal",
							value: ["New"],
						}),
					],
				}),
			}),
			signed(notable.ListRecordsHeaders),
			runtime(),
		),
	updateRecordsWithOptions: ({ api, base, recordId }) =>
		api.updateRecordsWithOptions(
			base,
			SHEET,
			new notable.UpdateRecordsRequest({
				operatorId: operatorId(),
				records: [
					new notable.UpdateRecordsRequestRecords({
						id: recordId,
						fields: { Title: "b", Count: null },
					}),
				],
			}),
			signed(notable.UpdateRecordsHeaders),
			runtime(),
		),
	deleteRecordsWithOptions: ({ api, base, recordId }) =>
		api.deleteRecordsWithOptions(
			base,
			SHEET,
			new notable.DeleteRecordsRequest({
				operatorId: operatorId(),
				recordIds: [recordId],
			}),
			signed(notable.DeleteRecordsHeaders),
			runtime(),
		),
	prepareSetRichTextWithOptions: ({ api, base }) =>
		api.prepareSetRichTextWithOptions(
			base,
			new notable.PrepareSetRichTextRequest({
				operatorId: operatorId(),
				markdown: "# hi ![](https://example.com/y.png)",
			}),
			signed(notable.PrepareSetRichTextHeaders),
			runtime(),
		),
};

test("every method of notable_1_0", async () => {
	const base = newBase();
	const sheet = expect.objectContaining({ name: "任务 1/2" });
	const api = new notable.default(config());
	const offered = Object.getOwnPropertyNames(notable.default.prototype).filter(
		(name) => name.endsWith("WithOptions"),
	);
	expect(Object.keys(methods).sort()).toEqual(offered.sort());
	const record = {
		fields: {
			Title: "a",
			Count: "1",
			Stage: { id: expect.any(String), name: "New" },
		},
		createdBy: { unionId: operatorId() },
		createdTime: clock.now(),
		lastModifiedBy: { unionId: operatorId() },
		lastModifiedTime: clock.now(),
	};
	const inserted = (await methods.insertRecordsWithOptions({
		api,
		base,
		recordId: "",
	})) as { body: { value: [{ id: string }] } };
	const recordId = inserted.body.value[0].id;
	const expected = {
		getAllSheetsWithOptions: { value: [sheet] },
		getSheetWithOptions: sheet,
		createSheetWithOptions: { id: expect.any(String), name: "Made" },
		updateSheetWithOptions: { id: expect.any(String), name: "Renamed" },
		deleteSheetWithOptions: { success: true },
		createFieldWithOptions: {
			id: expect.any(String),
			name: "Due",
			type: "date",
			property: { formatter: "YYYY-MM-DD" },
		},
		updateFieldWithOptions: { id: expect.any(String) },
		getAllFieldsWithOptions: {
			value: [
				{ name: "Title", type: "text" },
				{ name: "Count", type: "number", property: { formatter: "INT" } },
				{ name: "Stage", type: "singleSelect" },
				{
					name: "Deadline",
					type: "date",
					property: { formatter: "YYYY/MM/DD" },
				},
			],
		},
		deleteFieldWithOptions: { success: true },
		getRecordWithOptions: { id: recordId, ...record },
		getRecordsWithOptions: { hasMore: false, nextToken: "" },
		listRecordsWithOptions: { records: [{ id: recordId, ...record }] },
		updateRecordsWithOptions: { value: [{ id: recordId }] },
		deleteRecordsWithOptions: { success: true },
		prepareSetRichTextWithOptions: {
			markdown: expect.stringContaining("/core/api/resources/img/"),
			uploadInfos: [{ uploadUrl: expect.any(String) }],
		},
	} satisfies Record<Exclude<Method, "insertRecordsWithOptions">, unknown>;
	for (const [name, body] of Object.entries(expected)) {
		const answer = await methods[name as Method]({ api, base, recordId });
		expect([name, answer.body]).toMatchObject([name, body]);
	}
	expect(fake.rows(base, "任务 1/2")).toEqual([]);
	await expect(
		methods.insertRecordsWithOptions({ api, base, recordId }),
	).rejects.toMatchObject({
		code: "invalidRequest.duplicateClientToken",
		statusCode: 409,
	});
});

test("notable_2_0 asks for a scope that nobody can grant", async () => {
	const api = new notable2.default(config());
	await expect(
		api.getAllSheetsWithOptions(
			newBase(),
			signed(notable2.GetAllSheetsHeaders),
			runtime(),
		),
	).rejects.toMatchObject({
		code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
	});
});

test("newer calls through the client's generic execute", async () => {
	const base = newBase();
	const api = new notable.default(config());
	const execute = (
		method: string,
		pathname: string,
		body?: object,
		query: Record<string, string> = {},
	) =>
		api.execute(
			new openApi.Params({
				action: "Any",
				version: "notable_1.0",
				protocol: "HTTP",
				pathname,
				method,
				authType: "AK",
				style: "ROA",
				reqBodyType: "none",
				bodyType: "json",
			}),
			new openApi.OpenApiRequest({
				headers: { "x-acs-dingtalk-access-token": token },
				query: { operatorId: operatorId(), ...query },
				...(body === undefined ? {} : { body }),
			}),
			runtime(),
		);
	const clientToken = "0b2f8b3e-8d0a-4a57-9c8e-0f5d3f3a7b11";
	const inserted = await execute(
		"POST",
		`/v1.0/notable/bases/${base}/sheets/${SHEET}/records`,
		{ records: [{ fields: { Title: "x" } }] },
		{ clientToken },
	);
	const changed = await execute(
		"POST",
		`/v1.0/notable/bases/${base}/changedRecordIds/query`,
		{ clientToken },
	);
	expect(changed.body.changedRecordIds).toEqual(
		inserted.body.value.map(({ id }: { id: string }) => id),
	);
	const role = await execute("POST", `/v1.0/notable/auth/role/${base}`, {
		name: "Readers",
		subRoles: [],
	});
	// The client writes the body of a DELETE without length or chunks: no server can read it, so deleteRole is not called.
	const renamed = await execute("PUT", `/v1.0/notable/auth/role/${base}`, {
		id: role.body.id,
		name: "Viewers",
	});
	expect(renamed.body).toMatchObject({ id: role.body.id, name: "Viewers" });
	const truncated = await execute(
		"POST",
		`/v1.0/notable/bases/${base}/sheets/${SHEET}/records/truncate`,
	);
	expect(truncated.body).toEqual({ success: true });
	expect(fake.rows(base, "任务 1/2")).toEqual([]);
});

test("documents and search", async () => {
	const folder = fake.addNode({ name: "Folder" });
	const base = fake.addBase({ name: "Roadmap 路线", parentId: folder.id });
	const api = new wiki.default(config());
	const node = { nodeId: base, name: "Roadmap 路线", extension: "able" };
	const listed = await api.listNodesWithOptions(
		new wiki.ListNodesRequest({
			operatorId: operatorId(),
			parentNodeId: folder.id,
		}),
		signed(wiki.ListNodesHeaders),
		runtime(),
	);
	expect(listed.body?.nodes).toMatchObject([node]);
	const got = await api.getNodeWithOptions(
		base,
		new wiki.GetNodeRequest({
			operatorId: operatorId(),
			withPermissionRole: true,
		}),
		signed(wiki.GetNodeHeaders),
		runtime(),
	);
	expect(got.body?.node).toMatchObject({ ...node, permissionRole: "MANAGER" });
	const byUrl = await api.getNodeByUrlWithOptions(
		new wiki.GetNodeByUrlRequest({
			operatorId: operatorId(),
			url: `https://alidocs.dingtalk.com/i/nodes/${base}?utm_scene=team_space`,
		}),
		signed(wiki.GetNodeByUrlHeaders),
		runtime(),
	);
	expect(byUrl.body?.node).toMatchObject(node);
	const workspaces = await api.listWorkspacesWithOptions(
		new wiki.ListWorkspacesRequest({ operatorId: operatorId() }),
		signed(wiki.ListWorkspacesHeaders),
		runtime(),
	);
	expect(workspaces.body?.workspaces).toMatchObject([
		{ workspaceId: fake.workspaceId, type: "TEAM" },
	]);
	const mine = await api.getMineWorkspaceWithOptions(
		new wiki.GetMineWorkspaceRequest({ operatorId: operatorId() }),
		signed(wiki.GetMineWorkspaceHeaders),
		runtime(),
	);
	expect(mine.body?.workspace).toMatchObject({ type: "PERSONAL" });
	const found = await new storage.default(config()).searchDentriesWithOptions(
		new storage.SearchDentriesRequest({
			operatorId: operatorId(),
			keyword: "路线",
		}),
		signed(storage.SearchDentriesHeaders),
		runtime(),
	);
	expect(found.body?.items).toMatchObject([{ dentryUuid: base }]);
});

test("a new base, an uploaded file and its download", async () => {
	const api = new doc.default(config());
	const made = await api.createWorkspaceDocWithOptions(
		fake.workspaceId,
		new doc.CreateWorkspaceDocRequest({
			name: "New base",
			docType: "BASE",
			operatorId: operatorId(),
		}),
		signed(doc.CreateWorkspaceDocHeaders),
		runtime(),
	);
	const baseId = made.body?.nodeId ?? "";
	expect(fake.sheets(baseId)).toHaveLength(1);
	const info = await api.getResourceUploadInfoWithOptions(
		baseId,
		new doc.GetResourceUploadInfoRequest({
			operatorId: operatorId(),
			size: 5,
			mediaType: "text/plain",
			resourceName: "hello.txt",
		}),
		signed(doc.GetResourceUploadInfoHeaders),
		runtime(),
	);
	const { uploadUrl = "", resourceId = "" } = info.body?.result ?? {};
	const put = await fetch(uploadUrl, {
		method: "PUT",
		headers: { "content-type": "text/plain" },
		body: "hello",
	});
	expect(put.status).toBe(200);
	const download = await api.getResourceDownloadInfoWithOptions(
		baseId,
		resourceId,
		new doc.GetResourceDownloadInfoRequest({ operatorId: operatorId() }),
		signed(doc.GetResourceDownloadInfoHeaders),
		runtime(),
	);
	const link = download.body?.result?.downloadUrl ?? "";
	expect(await (await fetch(link)).text()).toBe("hello");
});

test("the person of a user token", async () => {
	const user = fake.addUser({ name: "Ann", email: "ann@example.com" });
	token = fake.userToken(user.unionId);
	const answer = await new contact.default(config()).getUserWithOptions(
		"me",
		signed(contact.GetUserHeaders),
		runtime(),
	);
	expect(answer.body).toMatchObject({
		nick: "Ann",
		unionId: user.unionId,
		email: "ann@example.com",
	});
});

test("errors carry code and status", async () => {
	fake.withhold("Notable.Base.Read.All");
	const api = new notable.default(config());
	const step = { api, base: newBase(), recordId: "" };
	await expect(methods.getAllSheetsWithOptions(step)).rejects.toMatchObject({
		code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
		statusCode: 403,
	});
	fake.grant("Notable.Base.Read.All");
	fake.revoke();
	await expect(methods.getAllSheetsWithOptions(step)).rejects.toMatchObject({
		code: "InvalidAuthentication",
		statusCode: 400,
		data: { requestid: expect.any(String) },
	});
});
