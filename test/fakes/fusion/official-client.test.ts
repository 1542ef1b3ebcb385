import { APITable } from "apitable";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Listening, listen } from "../listen.js";
import { createFusionFake } from "./index.js";

/** Fixed: the client spaces its own calls per datasheet, so every test has a datasheet of its own. */
const fake = createFusionFake({
	clock: { now: () => Date.UTC(2026, 10, 20) },
	switches: { plan: "enterprise" },
});
let listening: Listening;
let client: APITable;

beforeAll(async () => {
	listening = await listen(fake);
	client = new APITable({ token: fake.token, host: listening.origin });
});
afterAll(() => listening.close());

const newTable = (name: string) =>
	fake.addTable({
		name,
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Count", type: "Number", property: { precision: 0 } },
			{ name: "Files", type: "Attachment" },
		],
	});

interface Node {
	readonly id: string;
}

/** The data of a success; the client's own types leave some of them out. */
function ok<Data>(result: unknown): Data {
	const answer = result as { success: boolean; data: Data; message: string };
	if (!answer.success) throw new Error(answer.message);
	return answer.data;
}

test("spaces and nodes", async () => {
	const folder = fake.addNode({ type: "Folder", name: "Plans" });
	const table = fake.addTable({
		name: "Roadmap",
		folderId: folder,
		fields: [{ name: "Title", type: "Text" }],
	});
	expect(ok(await client.spaces.list())).toEqual({
		spaces: [{ id: fake.spaceId, name: "Workspace", isAdmin: true }],
	});
	const spaceId = fake.spaceId;
	expect(ok(await client.nodes.list({ spaceId }))).toMatchObject({
		nodes: expect.arrayContaining([expect.objectContaining({ id: folder })]),
	});
	const inside = await client.nodes.get({ spaceId, nodeId: folder });
	expect(ok(inside)).toMatchObject({ id: folder, children: [{ id: table }] });
	const search = {
		spaceId,
		type: "Datasheet",
		query: "road",
		permissions: [0, 1],
	};
	expect(ok(await client.nodes.search(search as never))).toMatchObject({
		nodes: [{ id: table, parentId: folder, permission: 0 }],
	});
});

test("datasheets, columns and views", async () => {
	const space = client.space(fake.spaceId);
	const made = ok<Node>(
		await space.datasheets.create({
			name: "Made",
			fields: [{ name: "Title", type: "SingleText", property: {} }],
		} as never),
	);
	const sheet = space.datasheet(made.id);
	const column = ok<Node>(
		await sheet.fields.create({
			name: "Stage",
			type: "SingleSelect",
			property: { options: [{ name: "New" }] },
		} as never),
	);
	expect(ok(await sheet.fields.list())).toMatchObject({
		fields: [{ name: "Title" }, { name: "Stage", id: column.id }],
	});
	ok(await sheet.fields.delete(column.id));
	expect(ok(await sheet.views.list())).toMatchObject({
		views: [{ name: "Grid view", type: "Grid" }],
	});
	expect(fake.rows(made.id)).toHaveLength(3);
	expect(fake.fields(made.id).map(({ name }) => name)).toEqual(["Title"]);
});

test("records: create, query, get", async () => {
	const id = newTable("Records");
	const { records } = client.datasheet(id);
	const made = ok<{ records: { recordId: string }[] }>(
		await records.create([
			{ fields: { Title: "a", Count: 1 } },
			{ fields: { Title: "b", Count: 2 } },
		]),
	);
	const ids = made.records.map(({ recordId }) => recordId);
	const listed = await records.query({
		sort: [{ field: "Count", order: "desc" }],
		fields: ["Title"],
	} as never);
	expect(ok(listed)).toMatchObject({
		records: [{ fields: { Title: "b" } }, { fields: { Title: "a" } }],
	});
	expect(ok(await records.get([...ids].reverse()))).toMatchObject({
		records: [{ recordId: ids[1] }, { recordId: ids[0] }],
	});
});

test("records: update, delete", async () => {
	const id = newTable("Changes");
	const [first = "", second = ""] = fake.addRecords(id, [
		{ Title: "a", Count: 1 },
		{ Title: "b" },
	]);
	const { records } = client.datasheet(id);
	ok(await records.update([{ recordId: first, fields: { Count: 5 } }]));
	ok(await records.delete(second));
	expect(fake.rows(id)).toEqual([
		{ recordId: first, fields: { Title: "a", Count: 5 } },
	]);
});

test("records: all pages", async () => {
	const id = newTable("Many");
	fake.addRecords(
		id,
		Array.from({ length: 1500 }, (_, index) => ({ Count: index })),
	);
	let seen = 0;
	for await (const page of client.datasheet(id).records.queryAll())
		seen += page.length;
	expect(seen).toBe(1500);
});

test("files", async () => {
	const id = newTable("Files");
	const sheet = client.datasheet(id);
	const sent = Buffer.from("hello");
	const uploaded = ok<{ token: string; url: string }>(
		await sheet.upload(
			sent as never,
			{ filename: "hello.txt", contentType: "text/plain" } as never,
		),
	);
	expect(uploaded).toMatchObject({
		name: "hello.txt",
		size: 5,
		mimeType: "text/plain",
	});
	ok(
		await sheet.records.create([
			{ fields: { Files: [{ token: uploaded.token, name: "greeting.txt" }] } },
		] as never),
	);
	expect(fake.rows(id)[0]?.fields.Files).toMatchObject([
		{ name: "greeting.txt", size: 5 },
	]);
	const answer = await fetch(uploaded.url);
	expect(await answer.text()).toBe("hello");
});

test("embed links", async () => {
	const sheet = client.space(fake.spaceId).datasheet(newTable("Embedded"));
	const made = ok<{ linkId: string }>(
		await sheet.createEmbedLink({ theme: "dark" } as never),
	);
	expect(ok(await sheet.getEmbedLinks())).toMatchObject([
		{ linkId: made.linkId, theme: "dark" },
	]);
	ok(await sheet.deleteEmbedLink(made.linkId));
	expect(ok(await sheet.getEmbedLinks())).toEqual([]);
});

test("refusals reach the client with their code", async () => {
	const silent = vi.spyOn(console, "error").mockImplementation(() => {});
	const refused = await client.datasheet("dstNoSuchSheet0000").records.query();
	expect(refused).toMatchObject({ success: false, code: 301 });
	const stranger = new APITable({ token: "uskNobody", host: listening.origin });
	expect(await stranger.spaces.list()).toMatchObject({
		success: false,
		code: 401,
	});
	silent.mockRestore();
});
