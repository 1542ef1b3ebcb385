import { describe, expect, test } from "vitest";
import { locateBase } from "../../../src/core/places/bases.js";
import { locate } from "../../../src/core/places/locate.js";
import { callTool, failureOf, runningOf } from "../../conformance/session.js";
import { query } from "../../conformance/world.js";
import { localWorld, makeTable } from "../local-world.js";
import { named, recordsOf, scriptedWorld } from "../scripted-session.js";

describe("a table is found", () => {
	test("by a pasted address, whose view applies; other addresses are distinguished", async () => {
		const world = await scriptedWorld();
		const id = world.table.split("/")[1] as string;
		const running = runningOf(world.session);
		const found = await locate(
			world.session,
			`https://tables.example.net/${id}?x=1`,
			running,
		);
		expect(found.reference).toBe(world.table);
		const ours = await failureOf(
			locate(world.session, "https://tables.example.net/share/1", running),
		);
		expect(ours.message).toContain(
			"this link cannot be resolved: paste the address of a table",
		);
		const foreign = await failureOf(
			locate(world.session, "https://elsewhere.example.org/x", running),
		);
		expect(foreign.message).toContain(
			"no connection knows the address elsewhere.example.org",
		);
		expect(foreign.next).toContain("scripted (Scripted vendor)");
	});

	test("by a name that is unique; an ambiguous one is answered with the candidates", async () => {
		const world = localWorld();
		const { session } = world;
		const running = runningOf(session);
		const first = await makeTable(session, "Tasks", [
			{ name: "Title", type: "text" },
		]);
		await callTool(session, "create_base", {
			connection: "local",
			name: "Second",
		});
		expect((await locate(session, " tasks ", running)).notes).toEqual([
			'" tasks " was understood as "Tasks"',
		]);
		const { structured } = await callTool(session, "create_table", {
			base: "Second",
			name: "Tasks",
			fields: [{ name: "Title", type: "text" }],
		});
		const ambiguous = await failureOf(locate(session, "Tasks", running));
		expect(ambiguous.code).toBe("bad_argument");
		expect(ambiguous.message).toContain(first);
		expect(ambiguous.message).toContain(structured.table as string);
		expect((await locate(session, first, running)).table.ref.base).toBe("main");
		const within = await locate(session, "local:main/Tasks", running);
		expect(within.reference).toBe(first);
		const near = await failureOf(locate(session, "Taks", running));
		expect(near.next).toContain('"Tasks"');
	});

	test("where nothing is listed, the next step is named", async () => {
		const failure = await failureOf(
			locate(localWorld().session, "Tasks", {
				call: { priority: "interactive" },
			}),
		);
		expect(failure.message).toContain("list no table");
		expect(failure.next).toContain("list_tables");
	});
});

test("a base is the only one, or named by id, name or with its connection", async () => {
	const world = localWorld();
	const { session } = world;
	const { call } = runningOf(session);
	expect((await locateBase(session, {}, call)).base.id).toBe("main");
	await callTool(session, "create_base", {
		connection: "local",
		name: "Zweite",
	});
	const failure = await failureOf(locateBase(session, {}, call));
	expect(failure.next).toContain("main");
	for (const base of ["Zweite", " zweite ", "local:Zweite"])
		expect((await locateBase(session, { base }, call)).base.name).toBe(
			"Zweite",
		);
	expect(
		(await failureOf(locateBase(session, { base: "Zweitee" }, call))).next,
	).toContain('"Zweite"');
	expect(
		(await failureOf(locateBase(session, { connection: "lokal" }, call))).next,
	).toContain("local");
});

test("a schema is read again after five minutes, and each time where that costs no call", async () => {
	const world = localWorld();
	const table = await makeTable(world.session, "Tasks", [
		{ name: "Title", type: "text" },
	]);
	const running = runningOf(world.session);
	const free = (await locate(world.session, table, running)).table;
	expect((await locate(world.session, table, running)).table).not.toBe(free);
	const { adapter } = await locate(world.session, table, running);
	const rates = [{ calls: 5, perMs: 1_000, per: "account", kind: "any" }];
	Object.assign(adapter.limits, { rates });
	const first = (await locate(world.session, table, running)).table;
	world.clock.advance(299_000);
	expect((await locate(world.session, table, running)).table).toBe(first);
	world.clock.advance(2_000);
	expect((await locate(world.session, table, running)).table).not.toBe(first);
});

describe("titles of links", () => {
	test("are read for the rows shown, in at most two calls", async () => {
		const world = await scriptedWorld();
		const other = await world.makeTable("Other");
		await callTool(world.session, "create_field", {
			table: world.table,
			name: "Link",
			type: "link",
			settings: { link_table: other },
		});
		const { ids } = await world.write("create_records", {
			table: other,
			records: recordsOf(named(30)),
		});
		for (let row = 0; row < 30; row++)
			world.put(world.table, {
				Title: `r${row}`,
				Link: [{ id: ids[row], text: null }],
			});
		const before = world.sent("readByIds").length;
		const few = await query(world, {
			table: world.table,
			fields: ["Link"],
			limit: 20,
		});
		expect(few.rows[0]?.[1]).toEqual(["t0"]);
		expect(world.sent("readByIds").length - before).toBe(2);
		const many = await query(world, {
			table: world.table,
			fields: ["Link"],
			limit: 30,
		});
		expect(many.rows[0]?.[1]).toEqual([`[${ids[0]}]`]);
		expect(many.notes.join()).toContain(
			"shown as ids: their titles would cost more calls",
		);
		expect(world.sent("readByIds").length - before).toBe(2);
	});
});
