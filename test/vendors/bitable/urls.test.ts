import { expect, test } from "vitest";
import { CALL, openWorld } from "./world.js";

const resolve = async (
	world: Awaited<ReturnType<typeof openWorld>>,
	url: string,
) => world.adapter.resolveUrl(new URL(url), CALL);

test.each([
	["https://example.feishu.cn/base/BASE", { base: "BASE" }],
	["https://feishu.cn/base/BASE?table=tblA", { base: "BASE", table: "tblA" }],
	[
		"https://x.feishu.cn/base/BASE?table=tblA&view=vewB",
		{ base: "BASE", table: "tblA", view: "vewB" },
	],
	[
		"https://x.larkoffice.com/base/BASE?table=tblA&view=vewB&record=recC",
		{ base: "BASE", table: "tblA", view: "vewB", record: "recC" },
	],
	["https://x.feishu.cn/base/BASE?table=blkDashboard", { base: "BASE" }],
	["https://x.feishu.cn/base/BASE_tblA", { base: "BASE", table: "tblA" }],
	[
		"https://x.feishu.cn/share/base/form/shrcnA",
		{ unresolvable: expect.stringContaining("form's share link") },
	],
	[
		"https://x.feishu.cn/share/base/view/shrcnA",
		{ unresolvable: expect.stringContaining("share link") },
	],
	[
		"https://x.feishu.cn/record/KBcN",
		{ unresolvable: expect.stringContaining("record's share link") },
	],
	[
		"https://x.feishu.cn/drive/folder/fldcnA",
		{ unresolvable: expect.stringContaining("folder") },
	],
	[
		"https://x.feishu.cn/docs/doccnA",
		{ unresolvable: expect.stringContaining("older kind") },
	],
	[
		"https://x.feishu.cn/minutes/obcnA",
		{ unresolvable: expect.stringContaining("names no base") },
	],
	["https://x.larksuite.com/base/BASE", undefined],
	["https://notfeishu.cn/base/BASE", undefined],
	["https://feishu.cn.evil.example/base/BASE", undefined],
])("%s", async (url, found) => {
	const world = await openWorld();
	expect(await resolve(world, url)).toEqual(found);
	expect(world.sent()).toEqual([]);
});

test("Lark's hosts are another product's", async () => {
	const world = await openWorld({
		config: { product: "lark", base_url: "https://open.feishu.cn" },
	});
	expect(await resolve(world, "https://x.sg.larksuite.com/base/BASE")).toEqual({
		base: "BASE",
	});
	expect(await resolve(world, "https://x.feishu.cn/base/BASE")).toBeUndefined();
});

test("a wiki page, a document and a sheet that hold a base", async () => {
	const world = await openWorld();
	const { fake, base, table } = world;
	const node = fake.addWikiNode(base);
	fake.addDocument("doxcnOne", [{ baseToken: base, tableId: table }]);
	const other = fake.addTable(base, {
		name: "Other",
		fields: [{ name: "A", type: 1 }],
	});
	fake.addDocument("doxcnTwo", [
		{ baseToken: base, tableId: table },
		{ baseToken: base, tableId: other },
	]);
	const elsewhere = fake.addBase({ name: "Elsewhere", withDefaultTable: true });
	const [first] = fake.base(elsewhere).tables.keys();
	fake.addDocument("doxcnMany", [
		{ baseToken: base, tableId: table },
		{ baseToken: elsewhere, tableId: first as string },
	]);
	fake.addDocument("doxcnNone", []);
	const site = "https://x.feishu.cn";
	expect(
		await resolve(world, `${site}/wiki/${node}?table=${table}&view=vewA`),
	).toEqual({ base, table, view: "vewA" });
	for (const kind of ["docx", "sheets"]) {
		expect(await resolve(world, `${site}/${kind}/doxcnOne`)).toEqual({
			base,
			table,
		});
		expect(await resolve(world, `${site}/${kind}/doxcnTwo`)).toEqual({ base });
		expect(await resolve(world, `${site}/${kind}/doxcnMany`)).toEqual({
			unresolvable: expect.stringContaining(`${base}_${table}`),
		});
		expect(await resolve(world, `${site}/${kind}/doxcnNone`)).toEqual({
			unresolvable: expect.stringContaining("holds no base"),
		});
	}
	expect(await resolve(world, `${site}/sheets/doxcnTwo?sheet=s1`)).toEqual({
		base,
		table: other,
	});
	await expect(resolve(world, `${site}/wiki/wikcnGone`)).rejects.toMatchObject({
		code: "not_found",
	});
});

test("a base is named by URL, block token and wiki link in the configuration, and by block token in a call", async () => {
	const plain = await openWorld();
	const { fake, base, table } = plain;
	const node = fake.addWikiNode(base);
	const world = await openWorld({
		config: { bases: [`https://x.feishu.cn/base/${base}`, `${base}_${table}`] },
	});
	expect(
		(await world.adapter.readBases(undefined, CALL)).items.map(({ id }) => id),
	).toEqual([base]);
	expect(node).toMatch(/\w+/);
	const { structured } = await plain.tool("list_tables", {
		base: `${base}_${table}`,
	});
	expect(structured.tables).toMatchObject([{ reference: plain.reference }]);
});

test("pages are linked at the host where they were seen", async () => {
	const world = await openWorld();
	const { base, table } = world;
	expect((await world.read()).url).toBe(
		`https://feishu.cn/base/${base}?table=${table}`,
	);
	await resolve(world, `https://example.feishu.cn/base/${base}`);
	expect((await world.read()).url).toBe(
		`https://example.feishu.cn/base/${base}?table=${table}`,
	);
});

test("one configured base that is closed does not hide the others", async () => {
	const world = await openWorld({
		config: { bases: ["AbsentAbsentAbsentAbsentAbs"] },
	});
	await resolve(world, `https://x.feishu.cn/base/${world.base}`);
	await world.tool("list_tables", {
		base: `https://x.feishu.cn/base/${world.base}`,
	});
	const { structured } = await world.tool("list_tables");
	expect(structured.tables).toMatchObject([{ reference: world.reference }]);
	expect(structured.notes).toEqual([
		expect.stringMatching(/not listed: bitable:Absent.*no such base/),
	]);
});
