import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { fakeClient } from "./client.js";
import { createBitableFake } from "./index.js";
import { adler32 } from "./media.js";

const MEDIAS = "/open-apis/drive/v1/medias";
const BLOCK = 4_194_304;

function set(embedded = false) {
	const clock = virtualClock();
	const fake = createBitableFake({ clock });
	const base = fake.addBase({ name: "Base", embedded });
	const table = fake.addTable(base, {
		name: "Table",
		fields: [
			{ name: "Name", type: 1 },
			{ name: "Files", type: 17 },
		],
	});
	const call = fakeClient(fake, clock);
	const form = (
		path: string,
		parts: Readonly<Record<string, string | Uint8Array>>,
	) => {
		const boundary = "----boundary";
		const pieces = Object.entries(parts).flatMap(([name, value]) => [
			`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${name === "file" ? '; filename="x;name=y.txt"' : ""}\r\n\r\n`,
			value,
			"\r\n",
		]);
		const body = Buffer.concat(
			[...pieces, `--${boundary}--\r\n`].map((piece) =>
				Buffer.from(piece as string),
			),
		);
		return call("POST", `${MEDIAS}/${path}`, body, {
			headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
		});
	};
	const upload = (more: Readonly<Record<string, string | Uint8Array>> = {}) =>
		form("upload_all", {
			file_name: "a.txt",
			parent_type: "bitable_file",
			parent_node: base,
			size: "5",
			file: Buffer.from("hello"),
			...more,
		});
	const T = `/open-apis/bitable/v1/apps/${base}/tables/${table}`;
	return { clock, fake, base, table, call, form, upload, T };
}

test("upload, write into a cell, download whole and in part", () => {
	const { call, upload, fake, table, T } = set();
	const token = upload({ checksum: adler32(Buffer.from("hello")) }).data
		.file_token;
	expect(
		call("POST", `${T}/records`, { fields: { Files: [{ file_token: token }] } })
			.code,
	).toBe(0);
	expect(fake.rows(table)[0]?.fields.Files).toMatchObject([
		{ name: "a.txt", size: 5, type: "text/plain" },
	]);
	const get = (headers: Record<string, string> = {}) =>
		call("GET", `${MEDIAS}/${token}/download`, undefined, { headers }).response;
	expect(get()).toMatchObject({
		status: 200,
		headers: {
			"content-type": "text/plain",
			"content-disposition": expect.stringContaining("a.txt"),
		},
	});
	expect(String(Buffer.from(get().body as Uint8Array))).toBe("hello");
	const part = get({ range: "bytes=1-3" });
	expect(part).toMatchObject({
		status: 206,
		headers: { "content-range": "bytes 1-3/5" },
	});
	expect(String(Buffer.from(part.body as Uint8Array))).toBe("ell");
	expect(get({ range: "bytes=9-" }).status).toBe(416);
});

test.each([
	[{ size: "6" }, 400, 1062009],
	[{ checksum: "1" }, 400, 1062008],
	[{ file_name: "" }, 400, 1061008],
	[{ file_name: "x".repeat(251) }, 400, 1061008],
	[{ parent_type: "docx_image" }, 400, 1061002],
	[{ parent_node: "bascnNone" }, 400, 1061044],
	[{ size: "many" }, 400, 1061002],
	[{ size: "20971521" }, 400, 1061043],
])("an upload with %j is refused", (more, status, code) => {
	const { upload, fake } = set();
	expect(upload(more)).toMatchObject({
		status,
		code,
		body: { error: { log_id: expect.any(String) } },
	});
	expect(fake.store.media.size).toBe(0);
});

test("uploads need a form, the right to edit, and a route into an embedded base", () => {
	const { call, fake, base } = set();
	expect(call("POST", `${MEDIAS}/upload_all`, {}).code).toBe(1061002);
	const viewer = fake.addPerson({ name: "V" });
	fake.share(base, viewer.openId, "view");
	const { access: token } = fake.userToken(viewer.openId);
	const body = {
		file_name: "b",
		parent_type: "bitable_file",
		parent_node: base,
		size: 1,
	};
	expect(
		call("POST", `${MEDIAS}/upload_prepare`, body, { token }),
	).toMatchObject({ status: 403, code: 1061004 });
	const inside = set(true);
	expect(inside.upload().code).toBe(1061044);
	expect(
		inside.upload({ extra: JSON.stringify({ drive_route_token: inside.base }) })
			.code,
	).toBe(0);
});

test("parts: any order, each of its size, all of them, by one caller, within a day", () => {
	const { call, form, fake, base, clock } = set();
	const bytes = Buffer.alloc(2 * BLOCK + 3, 1);
	const prepare = () =>
		call("POST", `${MEDIAS}/upload_prepare`, {
			file_name: "b.bin",
			parent_type: "bitable_file",
			parent_node: base,
			size: bytes.length,
		}).data;
	const { upload_id, block_size, block_num } = prepare();
	expect([block_size, block_num]).toEqual([BLOCK, 3]);
	const part = (
		seq: number,
		file = bytes.subarray(seq * BLOCK, (seq + 1) * BLOCK),
		id = upload_id,
	) =>
		form("upload_part", {
			upload_id: id,
			seq: String(seq),
			size: String(file.length),
			file,
		}).code;
	const finish = (count = 3, id = upload_id) =>
		call("POST", `${MEDIAS}/upload_finish`, {
			upload_id: id,
			block_num: count,
		});
	expect(part(2)).toBe(0);
	expect(part(3, Buffer.from("x"))).toBe(1062011);
	expect(part(0, Buffer.from("x"))).toBe(1062009);
	expect(finish().code).toBe(1062010);
	expect(part(1)).toBe(0);
	expect(part(0)).toBe(0);
	expect(finish(2).code).toBe(1062011);
	const token = finish().data.file_token;
	expect(
		Buffer.from(fake.store.media.get(token)?.bytes ?? []).equals(bytes),
	).toBe(true);
	expect(finish().code).toBe(1061021);
	const { upload_id: second } = prepare();
	const stranger = fake.addPerson({ name: "S" });
	const { access } = fake.userToken(stranger.openId);
	expect(
		call(
			"POST",
			`${MEDIAS}/upload_finish`,
			{ upload_id: second, block_num: 3 },
			{ token: access },
		).code,
	).toBe(1062007);
	clock.advance(86_400_000);
	const later = fakeClient(fake, clock, fake.tenantToken());
	expect(
		later("POST", `${MEDIAS}/upload_finish`, {
			upload_id: second,
			block_num: 3,
		}).code,
	).toBe(1061021);
});

test("temporary links need no token and last a day", () => {
	const { call, upload, clock } = set();
	const tokens = [1, 2, 3, 4, 5, 6].map(
		() => upload().data.file_token as string,
	);
	const ask = (list: readonly string[]) =>
		call(
			"GET",
			`${MEDIAS}/batch_get_tmp_download_url?${list.map((each) => `file_tokens=${each}`).join("&")}`,
		);
	expect(ask(tokens).code).toBe(1061002);
	expect(ask(["unknown"])).toMatchObject({ status: 404, code: 1061003 });
	const [{ file_token, tmp_download_url }] = ask(tokens.slice(0, 5)).data
		.tmp_download_urls;
	expect(file_token).toBe(tokens[0]);
	const path = tmp_download_url.slice("http://fake".length);
	const open = () => call("GET", path, undefined, { token: "" }).response;
	expect(open()).toMatchObject({ status: 200 });
	clock.advance(86_400_000);
	expect(open().status).toBe(403);
});

test("with advanced permissions a download names its place", () => {
	const { call, upload, fake, base, table, T } = set();
	const token = upload().data.file_token;
	const record = call("POST", `${T}/records`, {
		fields: { Files: [{ file_token: token }] },
	}).data.record.record_id;
	fake.base(base).isAdvanced = true;
	const get = (extra?: unknown) =>
		call(
			"GET",
			`${MEDIAS}/${token}/download${extra === undefined ? "" : `?extra=${encodeURIComponent(JSON.stringify(extra))}`}`,
		).response.status;
	const field = fake.table(table).fieldIds.get("Files") ?? "";
	const permission = (rows: unknown) => ({
		bitablePerm: { tableId: table, attachments: { [field]: rows } },
	});
	expect(get()).toBe(403);
	expect(get(permission({ [record]: ["other"] }))).toBe(403);
	expect(get(permission({ [record]: [token] }))).toBe(200);
	const { url } = call("POST", `${T}/records/search`, {}).data.items[0].fields
		.Files[0];
	expect(call("GET", url.slice("http://fake".length)).response.status).toBe(
		200,
	);
});

test("a file belongs to one base", () => {
	const { call, upload, fake } = set();
	const token = upload().data.file_token;
	const other = fake.addBase({ name: "Other" });
	const table = fake.addTable(other, {
		name: "T",
		fields: [
			{ name: "A", type: 1 },
			{ name: "Files", type: 17 },
		],
	});
	const answer = call(
		"POST",
		`/open-apis/bitable/v1/apps/${other}/tables/${table}/records`,
		{ fields: { Files: [{ file_token: token }] } },
	);
	expect(answer).toMatchObject({ status: 200, code: 1254303 });
});

test("where a base lives: wiki nodes, documents, sheets", () => {
	const { call, fake, base, table } = set();
	const node = fake.addWikiNode(base, { title: "Node" });
	const get = (query: string) =>
		call("GET", `/open-apis/wiki/v2/spaces/get_node${query}`);
	expect(get(`?token=${node}`).data.node).toMatchObject({
		obj_token: base,
		obj_type: "bitable",
		title: "Node",
		node_type: "origin",
	});
	expect(get(`?token=${base}&obj_type=bitable`).data.node.node_token).toBe(
		node,
	);
	expect(get(`?token=${base}`)).toMatchObject({ status: 400, code: 131005 });
	expect(get("").code).toBe(131002);
	expect(get(`?token=${node}&obj_type=page`).code).toBe(131002);
	const { access } = fake.userToken(fake.addPerson({ name: "S" }).openId);
	expect(
		call("GET", `/open-apis/wiki/v2/spaces/get_node?token=${node}`, undefined, {
			token: access,
		}).code,
	).toBe(131006);
	fake.addDocument("doxcnDocument00000000000000", [
		{ baseToken: base, tableId: table },
	]);
	expect(
		call(
			"GET",
			"/open-apis/docx/v1/documents/doxcnDocument00000000000000/blocks",
		).data.items,
	).toMatchObject([
		{ block_type: 1 },
		{ block_type: 18, bitable: { token: `${base}_${table}` } },
	]);
	expect(
		call(
			"GET",
			"/open-apis/sheets/v2/spreadsheets/doxcnDocument00000000000000/metainfo",
		).data.sheets[0].blockInfo,
	).toEqual({ blockToken: `${base}_${table}`, blockType: "BITABLE_BLOCK" });
	expect(call("GET", "/open-apis/docx/v1/documents/none/blocks").status).toBe(
		404,
	);
});
