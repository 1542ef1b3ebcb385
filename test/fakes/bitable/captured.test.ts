import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createBitableFake } from "./index.js";

interface Captured {
	readonly label: string;
	readonly method: string;
	readonly url: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
}

const { requests } = JSON.parse(
	readFileSync(
		new URL("../../fixtures/bitable/sdk-requests.json", import.meta.url),
		"utf8",
	),
) as { readonly requests: readonly Captured[] };

const APP = "cli_a1b2c3d4e5f60718";
const MARKETPLACE = "cli_isv0000000000001";
const BASE = "bascnAppToken0000000000001";
const TABLE = "tblTable00000001";
const NOW = Date.UTC(2026, 10, 20, 4);

/** A fake that has most of what the captured requests name. */
function world(advanceVersion: "v1" | "v2") {
	const fake = createBitableFake({ clock: { now: () => NOW } });
	const app = fake.addApp({ id: APP, secret: "secret-xyz" });
	const market = fake.addApp({
		id: MARKETPLACE,
		secret: "s",
		ticket: "TICKET",
		tenantKey: "tk1",
	});
	const person = fake.addPerson({ name: "One", openId: "ou_1" });
	const expiresAtMs = NOW + 7_200_000;
	const { tokens } = fake.store;
	for (const token of ["t-emulator-token", "t-override"])
		tokens.set(token, { kind: "tenant", appId: APP, expiresAtMs });
	tokens.set("t-isv", { kind: "tenant", appId: MARKETPLACE, expiresAtMs });
	tokens.set("a-isv", { kind: "app", appId: MARKETPLACE, expiresAtMs });
	tokens.set("u-xyz", {
		kind: "user",
		appId: APP,
		person: person.openId,
		expiresAtMs,
	});
	fake.addBase({
		name: "Base",
		token: BASE,
		owner: app.bot,
		isAdvanced: true,
		advanceVersion,
	});
	fake.share(BASE, market.bot, "edit");
	fake.share(BASE, person.openId, "view");
	fake.addTable(BASE, {
		name: "Table",
		id: TABLE,
		viewId: "vew1",
		fields: [
			{ name: "文本", type: 1 },
			{
				name: "单选",
				type: 3,
				id: "fld1",
				property: {
					options: [
						{ name: "a", id: "optA" },
						{ name: "b", id: "optbdVHf4q" },
					],
				},
			},
			{ name: "字段1", type: 1 },
			{ name: "字段2", type: 5, id: "fld2" },
			{ name: "身高", type: 2, id: "fld3" },
			{ name: "上级", type: 18, id: "fld4", property: { table_id: TABLE } },
			{ name: "日期", type: 5 },
			{ name: "职位", type: 3 },
			{ name: "销售额", type: 2 },
			{ name: "截止", type: 5 },
			{ name: "备注", type: 1 },
			{ name: "数字", type: 2 },
			{ name: "复选框", type: 7 },
			{ name: "空", type: 1 },
			{ name: "人员", type: 11 },
			{ name: "超链接", type: 15 },
		],
	});
	fake.addTable(BASE, { name: "Other", fields: [{ name: "Text", type: 1 }] });
	fake.addRecords(TABLE, [{ 文本: "1" }, { 文本: "2" }], {
		ids: ["rec1", "rec2"],
	});
	fake.addView(TABLE, { name: "Form", id: "vewF", type: "form" });
	fake.addDashboard(BASE, "D", "blk1");
	fake.addWorkflow(BASE, { title: "W", id: "123" });
	fake.addFolder({ token: "fldcn1" });
	fake.addWikiNode(BASE, { token: "wikcnX" });
	for (const token of ["boxcn1", "boxcn2"])
		fake.addMedia(BASE, { token, name: "a.txt", bytes: Buffer.from("hello") });
	fake.base(BASE).roles.set("rol1", {
		id: "rol1",
		name: "Role",
		tableRoles: [],
		blockRoles: [],
		members: new Map([["ou_2", { kind: "user", id: "ou_2" }]]),
		baseRule: undefined,
	});
	fake.store.uploads.set("7111211691345512356", {
		id: "7111211691345512356",
		baseToken: BASE,
		name: "big.bin",
		size: 5,
		blockCount: 1,
		blocks: new Map([[0, Buffer.from("hello")]]),
		owner: app.bot,
		expiresAtMs,
	});
	return fake;
}

/** The answers that are not success, and why; everything else is one. */
const REFUSED: Readonly<Record<string, readonly [number, string]>> = {
	"2 bitable.v1.appTableRecord.search": [1254030, "a made-up page token"],
	"5 bitable.v1.appTableRecord.searchWithIterator": [1254030, "as above"],
	"7 bitable.v1.appTableRecord.listWithIterator": [1254030, "as above"],
	"17 bitable.v1.appTableField.create": [1254014, "the name is taken here"],
	"46 bitable.v1.appRoleMember.batchDelete": [1254048, "no member of it"],
	"47 bitable.v1.appRoleMember.delete": [1254048, "as above"],
	"57 drive.v1.media.download (extra)": [
		1061004,
		"advanced permissions are on, and the extra names a cell without the file",
	],
	"58 drive.v1.media.batchGetTmpDownloadUrl": [
		1061004,
		"the extra names a table that the base does not have",
	],
	"73 path params are NOT url-encoded by the SDK": [404, "no such path"],
	"79 ISV client, no app_ticket cached (expects app_ticket/resend)": [
		99991661,
		"the client has no token to send",
	],
};

test.each(
	requests.map(
		(request, index) => [`${index} ${request.label}`, request] as const,
	),
)("%s", (name, { method, url, headers, body }) => {
	const [path = "", query = ""] = url.split(/\?(.*)/s);
	const answer = world(url.includes("/base/v2/") ? "v2" : "v1").handle({
		method,
		origin: "http://127.0.0.1",
		path,
		query,
		headers,
		body: Buffer.from(body),
	});
	const type = answer.headers?.["content-type"] ?? "";
	const code = type.startsWith("application/json")
		? (JSON.parse(String(answer.body)).code as number)
		: answer.status === 404
			? 404
			: 0;
	expect(code).toBe(REFUSED[name]?.[0] ?? 0);
});
