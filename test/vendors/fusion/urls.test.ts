import { describe, expect, test } from "vitest";
import type { Adapter } from "../../../src/core/contract/adapter.js";
import { PRODUCTS } from "../../../src/vendors/fusion/config.js";
import { fusionVendor } from "../../../src/vendors/fusion/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { virtualClock } from "../../clock.js";
import { callTool, failureOf, sessionOf } from "../../conformance/session.js";
import { FakeDispatcher } from "../../fakes/dispatcher.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";

const SELF_HOSTED = "https://tables.example.com";
const INTERACTIVE = { priority: "interactive" } as const;
const DST = "dstAbCdEfGhIjKlMnO";
const VIW = "viwAbCdEfGhIj";
const REC = "recAbCdEfGhIj";

/** One connection of a product over a fake at its own host. */
async function opened(product: keyof typeof PRODUCTS, baseUrl?: string) {
	const clock = virtualClock();
	const fake = createFusionFake({ clock });
	const folder = fake.addNode({ type: "Folder", name: "Plans" });
	const table = fake.addTable({
		name: "Roadmap",
		id: DST,
		viewId: VIW,
		folderId: folder,
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Secret", type: "SingleText", property: {} },
		],
	});
	fake.addRecords(table, [{ Title: "a" }, { Title: "b" }]);
	const dispatcher = new FakeDispatcher(
		{ [baseUrl ?? PRODUCTS[product].origin]: fake },
		clock,
	);
	const { session } = sessionOf({
		vendor: fusionVendor as Vendor,
		folder: temporaryFolder(),
		clock,
		dispatcher: async () => dispatcher,
		config: {
			product,
			token: fake.token,
			...(baseUrl === undefined ? {} : { base_url: baseUrl }),
		},
	});
	const adapter = (await session.connections
		.get("fusion")
		?.adapter()) as Adapter;
	const resolve = (url: string) =>
		adapter.resolveUrl(new URL(url), INTERACTIVE);
	return { fake, session, adapter, resolve };
}

describe.each([
	["aitable", "https://aitable.ai", undefined],
	["apitable", "https://apitable.com", undefined],
	["vika", "https://vika.cn", undefined],
	["aitable", SELF_HOSTED, SELF_HOSTED],
	["apitable", "http://127.0.0.1:8080", "http://127.0.0.1:8080"],
] as const)("URLs of %s at %s", (product, pages, baseUrl) => {
	test("name a datasheet, a view and a record", async () => {
		const { fake, resolve } = await opened(product, baseUrl);
		const base = fake.spaceId;
		for (const [path, names] of [
			[`/workbench/${DST}`, {}],
			[`/workbench/${DST}/`, {}],
			[`/workbench/${DST}/${VIW}`, { view: VIW }],
			[`/workbench/${DST}/${VIW}/${REC}`, { view: VIW, record: REC }],
			[`/workbench/${DST}/${VIW}?source=copy`, { view: VIW }],
			[`/workbench?spaceId=${base}#/${DST}/${VIW}`, { view: VIW }],
			[`/space/${base}/workbench/${DST}`, {}],
			[`/fusion/v1/datasheets/${DST}/records?viewId=${VIW}`, { view: VIW }],
		] as const)
			expect(await resolve(`${pages}${path}`), path).toEqual({
				base,
				table: DST,
				...names,
			});
		expect(await resolve(`${pages}/workbench?spaceId=${base}`)).toEqual({
			base,
		});
	});

	test("that no API resolves are named, with what to paste instead", async () => {
		const { resolve } = await opened(product, baseUrl);
		for (const [path, says] of [
			["/workbench/fodAbCdEfGhIj", /folder.*list_tables/],
			["/workbench/fomAbCdEfGhIjKlMnO", /form.*paste/],
			["/workbench/dsbAbCdEfGhIjKlMnO", /dashboard.*paste/],
			["/workbench/mirAbCdEfGhIjKlMnO/viwAbCdEfGhIj", /mirror.*paste/],
			["/workbench/autAbCdEfGhIjKlMnO", /automation.*paste/],
			["/share/shrAbCdEfGhIjKlMnOpQr/", /share link.*workbench/],
			["/embed/embAbCdEfGhIjKl", /embed link.*workbench/],
			["/workbench/ai_AbCdEfGhIj", /AI agent.*paste/],
			["/", /names no datasheet.*paste/],
			["/user/settings", /names no datasheet.*paste/],
		] as const)
			expect(await resolve(`${pages}${path}`), path).toEqual({
				unresolvable: expect.stringMatching(says),
			});
	});
});

test("hosts of others are not ours, nor names that only look like ours", async () => {
	const { resolve } = await opened("aitable");
	for (const host of [
		"vika.cn",
		"apitable.com",
		"aitable.ai.example.com",
		"notaitable.ai",
		"base.feishu.cn",
	])
		expect(await resolve(`https://${host}/workbench/${DST}`)).toBeUndefined();
	expect(
		await resolve(`https://www.aitable.ai/workbench/${DST}`),
	).toMatchObject({ table: DST });
	const own = await opened("aitable", SELF_HOSTED);
	expect(
		await own.resolve(`https://aitable.ai/workbench/${DST}`),
	).toBeUndefined();
});

test("a datasheet that the account does not see is reported as that", async () => {
	const { resolve } = await opened("aitable");
	const failure = await failureOf(
		resolve("https://aitable.ai/workbench/dstSomeOtherSheet00"),
	);
	expect(failure.code).toBe("not_found");
	expect(failure.message).toContain("dstSomeOtherSheet00");
	expect(failure.next).toContain("Ask its owner");
});

test("tools take a URL for a table, and its view for reads", async () => {
	const { fake, session } = await opened("aitable");
	const view = fake.addView(DST, {
		name: "Only b",
		hidden: ["Secret"],
		filter: '{Title}="b"',
	});
	const url = `https://aitable.ai/workbench/${DST}/${view}`;
	const answer = await callTool(session, "query_records", { table: url });
	expect(answer.structured.columns).toEqual(["id", "Title"]);
	expect(
		(answer.structured.rows as unknown[][]).map(([, cell]) => cell),
	).toEqual(["b"]);
	expect(String(answer.structured.notes)).toContain("view of the URL applies");
	const described = await callTool(session, "describe_fields", { table: url });
	expect(described.text).toContain("Roadmap");
});

test("what is printed as a URL leads back", async () => {
	const { session, resolve } = await opened("vika");
	const { structured } = await callTool(session, "query_records", {
		table: "Roadmap",
		fields: ["$url"],
	});
	const [[id, url] = []] = structured.rows as string[][];
	expect(await resolve(url ?? "")).toMatchObject({
		table: DST,
		view: VIW,
		record: id,
	});
	const listed = await callTool(session, "list_tables", {});
	const [table] = listed.structured.tables as { url: string }[];
	expect(await resolve(table?.url ?? "")).toMatchObject({ table: DST });
});
