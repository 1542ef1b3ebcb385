import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import type { FakeRequest } from "../../fakes/fake.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/* What goes over the wire for an address, and how far the server's answer about it is believed. */

interface Written {
	readonly records: {
		readonly recordId?: string;
		readonly fields: Record<string, unknown>;
	}[];
}

function world(change: (request: FakeRequest) => FakeRequest = (same) => same) {
	const clock = virtualClock();
	const fake = createFusionFake({
		clock,
		switches: { plan: "enterprise", callsPerSecond: Number.POSITIVE_INFINITY },
	});
	const table = fake.addTable({
		name: "Addresses",
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Site", type: "URL" },
		],
	});
	const { session } = fusionSession({
		fake: { ...fake, handle: (request) => fake.handle(change(request)) },
		token: fake.token,
		clock,
		folder: temporaryFolder(),
	});
	const reference = `fusion:${fake.spaceId}/${table}`;
	return {
		fake,
		table,
		call: async (tool: string, args: Readonly<Record<string, unknown>>) =>
			(
				await callTool(session, tool, {
					...(tool === "undo_change" ? {} : { table: reference }),
					...args,
				})
			).structured as {
				change_id: string;
				counts: Record<string, number>;
				ids: string[];
				problems: { message: string }[];
				would_take: { calls: number };
			},
		stored: () => fake.rows(table).map(({ fields }) => fields),
		calls: (method: string) =>
			fake.log.filter(
				({ request }) =>
					request.method === method && request.path.endsWith("/records"),
			),
	};
}

const bodyOf = ({ body }: FakeRequest) => JSON.parse(String(body)) as Written;

/** The same call with an empty favicon in every address, which the server answers as written and skips. */
const emptyFavicons = (request: FakeRequest): FakeRequest => {
	if (request.method !== "POST" && request.method !== "PATCH") return request;
	const body = bodyOf(request);
	for (const { fields } of body.records)
		for (const [id, cell] of Object.entries(fields))
			if (typeof cell === "object" && cell !== null)
				fields[id] = { ...cell, favicon: "" };
	return { ...request, body: Buffer.from(JSON.stringify(body)) };
};

const bare = { title: "https://a.test", text: "https://a.test", favicon: "" };
const named = { title: "Home", text: "https://b.test", favicon: "" };
const pictured = {
	title: "Shop",
	text: "https://c.test",
	favicon: "https://c.test/f.ico",
};

test("only parts with a value go out", async () => {
	const { call, calls, stored } = world();
	const { ids } = await call("create_records", {
		records: [
			{ fields: { Site: "https://a.test" } },
			{ fields: { Site: { text: "Home", link: "https://b.test" } } },
		],
	});
	await call("update_records", {
		records: [
			{ id: ids[0], fields: { Site: null } },
			{ id: ids[1], fields: { Site: "https://a.test" } },
		],
	});
	const sent = [...calls("POST"), ...calls("PATCH")].flatMap(({ request }) =>
		bodyOf(request).records.map(({ fields }) => Object.values(fields)),
	);
	expect(sent).toEqual([
		[{ title: "https://a.test", text: "https://a.test" }],
		[{ title: "Home", text: "https://b.test" }],
		[null],
		[{ title: "https://a.test", text: "https://a.test" }],
	]);
	expect(stored()).toEqual([{}, { Site: bare }]);
});

test("undo puts the favicon back, of a changed and of a deleted record", async () => {
	const { fake, table, call, stored } = world();
	fake.addRecords(table, [
		{ Title: "a", Site: pictured },
		{ Title: "b", Site: pictured },
	]);
	const before = stored();
	expect(before).toEqual([
		{ Title: "a", Site: pictured },
		{ Title: "b", Site: pictured },
	]);
	const [first, second] = fake.rows(table).map(({ recordId }) => recordId);
	const updated = await call("update_records", {
		records: [{ id: first, fields: { Site: "https://a.test" } }],
	});
	expect(stored()[0]).toEqual({ Title: "a", Site: bare });
	await call("undo_change", { change_id: updated.change_id });
	expect(stored()).toEqual(before);
	const deleted = await call("delete_records", { record_ids: [second] });
	await call("undo_change", { change_id: deleted.change_id });
	expect(stored()).toEqual(before);
});

test("an address that is sent back as it was shown is left alone, favicon and all", async () => {
	const { fake, table, call, calls, stored } = world();
	fake.addRecords(table, [{ Title: "a", Site: pictured }]);
	const same = await call("update_records", {
		match_on: ["Title"],
		records: [
			{
				fields: {
					Title: "a",
					Site: { text: pictured.title, link: pictured.text },
				},
			},
		],
	});
	expect(same.counts).toMatchObject({ unchanged: 1, updated: 0 });
	expect(calls("PATCH")).toEqual([]);
	expect(stored()).toEqual([{ Title: "a", Site: pictured }]);
});

test("500 addresses take one read beside their batches, and a dry run says so", async () => {
	const { call, calls, stored } = world();
	const records = Array.from({ length: 500 }, (_, index) => ({
		fields: { Title: `row ${index}`, Site: `https://a.test/${index}` },
	}));
	const dry = await call("create_records", { records, dry_run: true });
	expect(dry.would_take.calls).toBe(51);
	const made = await call("create_records", { records });
	expect(made.counts).toMatchObject({ created: 500, failed: 0 });
	expect(calls("POST")).toHaveLength(50);
	expect(calls("GET")).toHaveLength(1);
	expect(stored()).toHaveLength(500);
	expect(stored().every(({ Site }) => Site !== undefined)).toBe(true);
});

test("an address that the answer shows and the server skipped is a failure of its record", async () => {
	const { call, calls, stored } = world(emptyFavicons);
	const made = await call("create_records", {
		records: [
			{ fields: { Title: "with", Site: "https://a.test" } },
			{ fields: { Title: "bare" } },
		],
	});
	expect(made.counts).toMatchObject({ created: 1, failed: 1 });
	expect(made.problems.map(({ message }) => message)).toEqual([
		expect.stringMatching(
			/"Site" does not hold what was sent; the record was made: its answer shows the value, and reading it back does not/,
		),
	]);
	expect(stored()).toEqual([{ Title: "with" }, { Title: "bare" }]);
	const undone = await call("undo_change", { change_id: made.change_id });
	expect(undone.counts).toMatchObject({ deleted: 2, failed: 0 });
	expect(stored()).toEqual([]);
	expect(calls("POST")).toHaveLength(1);
});

test("an update that was skipped is a failure, and the old address stays", async () => {
	const { fake, table, call, stored } = world(emptyFavicons);
	const { title, text } = named;
	const [id] = fake.addRecords(table, [{ Title: "a", Site: { title, text } }]);
	const updated = await call("update_records", {
		records: [{ id, fields: { Title: "b", Site: "https://a.test" } }],
	});
	expect(updated.counts).toMatchObject({ updated: 0, failed: 1 });
	expect(stored()).toEqual([{ Title: "b", Site: named }]);
	await call("undo_change", { change_id: updated.change_id });
	expect(stored()).toEqual([{ Title: "a", Site: named }]);
});
