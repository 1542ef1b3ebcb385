import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/* How far the answer to a write is believed: as far as a read has shown that cells of its kind are kept. */

const DAY_MS = 86_400_000;

function world() {
	const clock = virtualClock();
	const folder = temporaryFolder();
	const fake = createFusionFake({
		clock,
		switches: { plan: "enterprise", callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const title = { name: "Title", type: "SingleText", property: {} };
	const table = fake.addTable({
		name: "People",
		fields: [
			title,
			{ name: "Tel", type: "Phone" },
			{ name: "Fax", type: "Phone" },
			{ name: "Age", type: "Number", property: { precision: 0 } },
		],
	});
	/** Columns whose cells the server answers as written and does not keep. */
	const dropped = new Set<string>();
	const handle: typeof fake.handle = (request) => {
		const answer = fake.handle(request);
		if (request.method === "POST" || request.method === "PATCH")
			for (const { recordId } of fake.rows(table))
				for (const name of dropped)
					fake.updateRecord(table, recordId, { [name]: null });
		return answer;
	};
	/** As another process of the same person. */
	const call = async (
		tool: string,
		args: Readonly<Record<string, unknown>>,
	) => {
		const from = fake.log.length;
		const { session } = fusionSession({
			fake: { ...fake, handle },
			token: fake.token,
			clock,
			folder,
			seed: from + 1,
		});
		const { structured } = await callTool(session, tool, {
			table: `fusion:${fake.spaceId}/${table}`,
			...args,
		});
		return {
			answer: structured as {
				counts: Record<string, number>;
				ids: string[];
				problems: { message: string }[];
				would_take: { calls: number };
			},
			sent: fake.log
				.slice(from)
				.filter(({ request }) => request.path.endsWith("/records"))
				.map(({ request }) => request.method),
		};
	};
	const create = (
		fields: Readonly<Record<string, unknown>>,
		count = 1,
		more: object = {},
	) =>
		call("create_records", {
			records: Array.from({ length: count }, () => ({ fields })),
			...more,
		});
	return { clock, folder, fake, table, dropped, call, create };
}

test("the first batch is read back before the rest is sent, and the next call reads nothing", async () => {
	const { create } = world();
	const first = await create({ Title: "a", Tel: "1", Age: 5 }, 30);
	expect(first.sent).toEqual(["POST", "GET", "POST", "POST"]);
	expect(first.answer.counts).toMatchObject({ created: 30, failed: 0 });
	const second = await create({ Title: "b", Tel: "2", Age: 6 }, 30);
	expect(second.sent).toEqual(["POST", "POST", "POST"]);
});

test("what holds for a type of field holds for its other columns, not for other types, forms and kinds of write", async () => {
	const { create, call } = world();
	const { answer } = await create({ Tel: "1" });
	expect((await create({ Fax: "1" })).sent).toEqual(["POST"]);
	expect((await create({ Age: 1 })).sent).toEqual(["POST", "GET"]);
	expect((await create({ Age: 2 })).sent).toEqual(["POST"]);
	expect((await create({ Title: "x" })).sent).toEqual(["POST", "GET"]);
	const update = async (fields: object) =>
		(await call("update_records", { records: [{ id: answer.ids[0], fields }] }))
			.sent;
	// The values from before are read for undo.
	expect(await update({ Tel: "2" })).toEqual(["GET", "PATCH", "GET"]);
	expect(await update({ Tel: "3" })).toEqual(["GET", "PATCH"]);
	expect(await update({ Tel: null })).toEqual(["GET", "PATCH", "GET"]);
});

test("a dry run counts the read only where there will be one", async () => {
	const { create } = world();
	const dry = async () =>
		(await create({ Tel: "1" }, 30, { dry_run: true })).answer.would_take.calls;
	expect(await dry()).toBe(4);
	expect(await dry()).toBe(4);
	await create({ Tel: "1" });
	expect(await dry()).toBe(3);
});

test("a dropped cell is the failure of its record, and proves nothing", async () => {
	const { create, dropped, fake, table } = world();
	dropped.add("Tel");
	for (let time = 0; time < 2; time++) {
		const { sent, answer } = await create({ Title: "a", Tel: "1" }, 12);
		expect(sent).toEqual(["POST", "GET", "POST", "GET"]);
		expect(answer.counts).toMatchObject({ created: 0, failed: 12 });
		expect(answer.problems[0]?.message).toMatch(
			/"Tel" does not hold what was sent; the record was made: its answer shows the value/,
		);
	}
	expect(fake.rows(table)[0]?.fields).toEqual({ Title: "a" });
	// One column lost it, the other kept it: nothing is proven of the type.
	dropped.clear();
	dropped.add("Fax");
	const { answer } = await create({ Tel: "1", Fax: "2" });
	expect(answer.counts).toMatchObject({ created: 0, failed: 1 });
	dropped.clear();
	expect((await create({ Tel: "1" })).sent).toEqual(["POST", "GET"]);
});

test("it holds for 30 days, and no longer", async () => {
	const { create, clock } = world();
	expect((await create({ Tel: "1" })).sent).toEqual(["POST", "GET"]);
	await clock.sleep(29 * DAY_MS);
	expect((await create({ Tel: "1" })).sent).toEqual(["POST"]);
	await clock.sleep(2 * DAY_MS);
	expect((await create({ Tel: "1" })).sent).toEqual(["POST", "GET"]);
	expect((await create({ Tel: "1" })).sent).toEqual(["POST"]);
});

test("what is kept tells no value, and what cannot be read is proven again", async () => {
	const { create, folder } = world();
	await create({ Title: "secret title", Tel: "555" });
	const file = join(folder, "proven-forms.json");
	const kept = readFileSync(file, "utf8");
	expect(Object.keys(JSON.parse(kept).fusion).sort()).toEqual([
		"Phone create string",
		"SingleText create string",
	]);
	expect(kept).not.toMatch(/secret|555/);
	for (const broken of [
		"",
		"[]",
		"null",
		'{"fusion":5}',
		'{"fusion":{"Phone create string":"x"}}',
	]) {
		writeFileSync(file, broken);
		expect((await create({ Tel: "1" })).sent, broken).toEqual(["POST", "GET"]);
	}
});
