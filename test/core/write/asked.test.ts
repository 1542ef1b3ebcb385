import { describe, expect, test } from "vitest";
import type { Connection } from "../../../src/core/contract/session.js";
import {
	created,
	eachPeer,
	openWorld,
	type Peer,
	recordsOf,
	type World,
} from "../../every-vendor/world.js";
import { forgetWrites } from "../../folder.js";
import { loseValues } from "../../server/asked.js";
import type { TestClient } from "../../server/client.js";
import { KILLED } from "../scripted-adapter.js";
import { named, scriptedWorld } from "../scripted-session.js";

/* What was asked is what is done: what somebody changes while a person is asked, or before a broken write is resumed. */

const EVERY = { conditions: [{ field: "Title", op: "is_not_empty" }] };
const OPEN = { conditions: [{ field: "Tag", op: "is", value: "a" }] };

/** A table with twelve records of other people, and a person who says yes once `meanwhile` is done. */
async function askedWorld(peer: Peer, config: object = {}) {
	const steps = { meanwhile: async () => {}, questions: 0 };
	const world = await openWorld(peer, {
		config,
		person: async () => {
			steps.questions++;
			await steps.meanwhile();
			return { action: "accept", content: { agree: true } };
		},
	});
	const ids = await created(world, recordsOf(12, { Tag: "a" }));
	forgetWrites(world.folder);
	await loseValues(world.client, world.table, 39);
	return { world, ids, steps };
}

const rowsOf = async ({ site, table }: World) => {
	const rows = [...(await site.rows(table)).values()];
	return rows.map(({ Title, Amount, Tag }) => [Title, Amount, Tag]);
};

/** The next change stops before its first batch, as if its process had been killed there. */
function breakOff({ client }: World): () => void {
	const { session } = client;
	const { journal } = session;
	Object.assign(session, {
		journal: {
			...journal,
			begin: async (start: Parameters<typeof journal.begin>[0]) => {
				const writer = await journal.begin(start);
				return {
					...writer,
					append: (event: Parameters<typeof writer.append>[0]) =>
						event.type === "sent"
							? Promise.reject(new Error("ENOSPC: no space left on device"))
							: writer.append(event),
				};
			},
		},
	});
	return () => Object.assign(session, { journal });
}

for (const undo of ["on", "off"])
	eachPeer(
		`a record that somebody changes while a person is asked about deleting by filter is left alone (undo ${undo})`,
		async (peer) => {
			const { world, ids, steps } = await askedWorld(peer, { undo });
			const { client, table, site } = world;
			steps.meanwhile = async () => {
				await site.change(table, ids[3] as string, { Amount: 33 });
				await site.remove(table, ids[5] as string);
				await site.change(table, ids[7] as string, { Title: "" });
				await site.add(table, { Title: "later", Amount: 1 });
			};
			const done = await client.call("delete_records", {
				table,
				filter: EVERY,
			});
			expect(steps.questions).toBe(1);
			expect(done.structured.counts, done.text).toMatchObject({
				deleted: 9,
				failed: 3,
			});
			expect(done.text).toContain(
				`record ${ids[3]} was changed while a person was asked, and is left alone`,
			);
			expect(done.text).toContain(`there is no record ${ids[5]}`);
			expect(done.text).toContain(
				`record ${ids[7]} does not match the filter any more, and is left alone`,
			);
			expect((await rowsOf(world)).map(([, amount]) => amount)).toEqual([
				33, 7, 1,
			]);
		},
	);

eachPeer(
	"a record that does not match any more after the question is not changed; one that matches all the same is",
	async (peer) => {
		const { world, ids, steps } = await askedWorld(peer);
		const { client, table, site } = world;
		steps.meanwhile = async () => {
			await site.change(table, ids[2] as string, { Tag: "b" });
			await site.change(table, ids[4] as string, { Title: "renamed" });
			await site.change(table, ids[6] as string, { Amount: 66 });
		};
		const done = await client.call("update_records", {
			table,
			filter: OPEN,
			set: { Amount: 100 },
		});
		expect(done.structured.counts, done.text).toMatchObject({
			updated: 10,
			failed: 2,
		});
		expect(done.text).toContain(
			`record ${ids[2]} does not match the filter any more, and is left alone`,
		);
		expect(done.text).toContain(
			`record ${ids[6]} was changed while a person was asked, and is left alone`,
		);
		const rows = await rowsOf(world);
		expect(rows[2]).toEqual(["row 2", 2, "b"]);
		expect(rows[4]).toEqual(["renamed", 100, "a"]);
		expect(rows[6]).toEqual(["row 6", 66, "a"]);
	},
);

eachPeer(
	"where nothing is read for undo, records are looked at before and after the question all the same",
	async (peer) => {
		const { world, ids, steps } = await askedWorld(peer, { undo: "off" });
		const { client, table, site } = world;
		steps.meanwhile = () =>
			site.change(table, ids[3] as string, { Amount: 33 });
		const changed = await client.call("update_records", {
			table,
			records: ids.map((id) => ({ id, fields: { Amount: 100 } })),
		});
		expect(changed.structured.counts).toMatchObject({ updated: 11, failed: 1 });
		steps.meanwhile = () => site.change(table, ids[4] as string, { Tag: "b" });
		const gone = await client.call("delete_records", {
			table,
			record_ids: ids,
		});
		expect(gone.structured.counts).toMatchObject({ deleted: 11, failed: 1 });
		expect(await rowsOf(world)).toEqual([["row 4", 100, "b"]]);
	},
);

for (const [what, tool, args] of [
	["deletion by filter", "delete_records", () => ({ filter: OPEN })],
	[
		"deletion by id",
		"delete_records",
		(ids: readonly string[]) => ({ record_ids: ids }),
	],
	[
		"change by filter",
		"update_records",
		() => ({ filter: OPEN, set: { Amount: 100 } }),
	],
	[
		"change by key",
		"update_records",
		() => ({
			match_on: ["Title"],
			records: Array.from({ length: 12 }, (_, index) => ({
				fields: { Title: `row ${index}`, Amount: 100 },
			})),
		}),
	],
] as const)
	eachPeer(
		`an agreed ${what} that was broken off leaves what somebody changed before it is resumed`,
		async (peer) => {
			const { world, ids, steps } = await askedWorld(peer);
			const { client, table, site } = world;
			const mend = breakOff(world);
			const broken = await client.call(tool, { table, ...args(ids) });
			expect(broken.structured.counts, broken.text).toMatchObject({
				not_attempted: 12,
			});
			mend();
			await site.change(table, ids[3] as string, { Amount: 33 });
			const isFiltered = what.endsWith("filter");
			if (isFiltered) await site.change(table, ids[5] as string, { Tag: "b" });
			const isKeyed = what.endsWith("key");
			if (isKeyed) await site.change(table, ids[5] as string, { Title: "x" });
			const resumed = await client.call(tool, {
				table,
				resume: broken.structured.change_id,
			});
			expect(steps.questions).toBe(1);
			const failed = isFiltered || isKeyed ? 2 : 1;
			expect(resumed.structured.counts, resumed.text).toMatchObject({
				[tool === "delete_records" ? "deleted" : "updated"]: 12 - failed,
				failed,
				not_attempted: 0,
			});
			expect(resumed.text).toContain(
				`record ${ids[3]} was changed since this change was begun, and is left alone`,
			);
			const rows = await site.rows(table);
			expect(rows.get(ids[3] as string)?.Amount).toBe(33);
			if (failed === 2) expect(rows.get(ids[5] as string)?.Amount).toBe(5);
		},
	);

eachPeer(
	"what somebody changes while a person is asked about an undo is left alone",
	async (peer) => {
		const { world, ids, steps } = await askedWorld(peer);
		const { client, table, site } = world;
		const few = ids.slice(0, 3);
		const changed = await client.ok("update_records", {
			table,
			records: few.map((id) => ({ id, fields: { Amount: 100 } })),
		});
		for (const id of few) await site.change(table, id, { Amount: 50 });
		const { change_id } = changed.structured;
		await client.call("undo_change", { change_id });
		steps.questions = 0;
		steps.meanwhile = () =>
			site.change(table, ids[1] as string, { Amount: 51 });
		const undone = await client.call("undo_change", { change_id });
		expect(steps.questions).toBe(1);
		expect(undone.structured.counts, undone.text).toMatchObject({
			updated: 2,
			failed: 1,
		});
		expect(
			(await rowsOf(world)).slice(0, 3).map(([, amount]) => amount),
		).toEqual([0, 51, 2]);
	},
);

eachPeer(
	"an undo that was broken off leaves what somebody changed before it goes on",
	async (peer) => {
		const { world, ids } = await askedWorld(peer);
		const { client, table, site } = world;
		const few = ids.slice(0, 3);
		const changed = await client.ok("update_records", {
			table,
			records: few.map((id) => ({ id, fields: { Amount: 100 } })),
		});
		const { change_id } = changed.structured;
		const mend = breakOff(world);
		const broken = await client.call("undo_change", { change_id });
		expect(broken.structured.counts, broken.text).toMatchObject({
			not_attempted: 3,
		});
		mend();
		await site.change(table, ids[1] as string, { Amount: 51 });
		const undone = await client.call("undo_change", { change_id });
		expect(undone.structured.counts, undone.text).toMatchObject({
			updated: 2,
			failed: 1,
		});
		expect(
			(await rowsOf(world)).slice(0, 3).map(([, amount]) => amount),
		).toEqual([0, 51, 2]);
	},
);

/** What somebody else does while a person is asked about something other than records, and what the refusal says. */
const MEANWHILE: readonly {
	readonly what: string;
	readonly needs:
		| "updateField"
		| "deleteField"
		| "deleteTable"
		| "deleteView"
		| "updateView";
	readonly tool: string;
	readonly args: object;
	/** Also what the other one needs. */
	readonly also?: "renameTable" | "updateField" | "updateView";
	meanwhile(
		world: World,
		other: TestClient,
		ids: readonly string[],
	): Promise<unknown>;
	readonly says: string;
}[] = [
	{
		what: "more records hold an option that is removed",
		needs: "updateField",
		tool: "update_field",
		args: { field: "Tag", settings: { remove_options: ["b"] } },
		meanwhile: async ({ site, table }, _, ids) => {
			for (const id of ids.slice(0, 9))
				await site.change(table, id, { Tag: "b" });
		},
		says: "9 records that lose a value in place of 0",
	},
	{
		what: "a field whose option is removed gets another one",
		needs: "updateField",
		tool: "update_field",
		args: { field: "Tag", settings: { remove_options: ["b"] } },
		meanwhile: ({ table }, other) =>
			other.ok("update_field", {
				table,
				field: "Tag",
				settings: { options: [{ name: "new" }] },
			}),
		says: "its settings",
	},
	{
		what: "a field whose type is changed is filled in more records",
		needs: "updateField",
		tool: "update_field",
		args: { field: "Amount", type: "text" },
		meanwhile: ({ site, table }) => site.add(table, { Title: "x", Amount: 1 }),
		says: "13 filled cells in place of 12",
	},
	{
		what: "a field that is deleted is filled in more records",
		needs: "deleteField",
		tool: "delete_field",
		args: { field: "Amount" },
		meanwhile: ({ site, table }) => site.add(table, { Title: "x", Amount: 1 }),
		says: "13 filled cells in place of 12",
	},
	{
		what: "a field that is deleted is renamed",
		needs: "deleteField",
		also: "updateField",
		tool: "delete_field",
		args: { field: "Amount" },
		meanwhile: ({ table }, other) =>
			other.ok("update_field", { table, field: "Amount", name: "Kept" }),
		says: "its name",
	},
	{
		what: "a table that is deleted gets more records",
		needs: "deleteTable",
		tool: "delete_table",
		args: {},
		meanwhile: ({ site, table }) => site.add(table, { Title: "x" }),
		says: "13 records in place of 12",
	},
	{
		what: "a table that is deleted is renamed",
		needs: "deleteTable",
		also: "renameTable",
		tool: "delete_table",
		args: {},
		meanwhile: ({ table }, other) =>
			other.ok("update_table", { table, name: "Kept" }),
		says: "its name",
	},
	{
		what: "of a table that is deleted a record gives way to another one",
		needs: "deleteTable",
		tool: "delete_table",
		args: {},
		meanwhile: async ({ site, table }, _, ids) => {
			await site.remove(table, ids[0] as string);
			await site.add(table, { Title: "precious" });
		},
		says: "1 of the records were not there when the person was asked",
	},
	{
		what: "of a field that is deleted a cell is emptied and another one filled",
		needs: "deleteField",
		tool: "delete_field",
		args: { field: "Amount" },
		meanwhile: async ({ site, table }, _, ids) => {
			await site.remove(table, ids[0] as string);
			await site.add(table, { Title: "precious", Amount: 1 });
		},
		says: "1 of the filled cells were not there when the person was asked",
	},
	{
		what: "of the records that hold an option that is removed one gives way to another one",
		needs: "updateField",
		tool: "update_field",
		args: { field: "Tag", settings: { remove_options: ["a"] } },
		meanwhile: async ({ site, table }, _, ids) => {
			await site.remove(table, ids[0] as string);
			await site.add(table, { Title: "precious", Tag: "a" });
		},
		says: "1 of the records that lose a value were not there when the person was asked",
	},
	{
		what: "a view that is deleted is renamed",
		needs: "deleteView",
		also: "updateView",
		tool: "delete_view",
		args: { view: "Board" },
		meanwhile: ({ table }, other) =>
			other.ok("update_view", { table, view: "Board", name: "Kept" }),
		says: "its name",
	},
	{
		what: "a view whose filter is emptied gets another one",
		needs: "updateView",
		tool: "update_view",
		args: { view: "Board", filter: {} },
		meanwhile: ({ table }, other) =>
			other.ok("update_view", {
				table,
				view: "Board",
				filter: { conditions: [{ field: "Tag", op: "is", value: "c" }] },
			}),
		says: "its filter",
	},
];

for (const { what, needs, also, tool, args, meanwhile, says } of MEANWHILE)
	eachPeer(`${what} while a person is asked: nothing is sent`, async (peer) => {
		const { world, ids, steps } = await askedWorld(peer);
		const { client, table } = world;
		const { capabilities } = client.session.connections.get(
			peer.id,
		) as Connection;
		const able = [needs, ...(also === undefined ? [] : [also])];
		if (able.some((name) => capabilities[name] !== true)) {
			expect(peer.id).not.toBe("local");
			return;
		}
		const other = await world.another();
		if (needs.endsWith("View"))
			await other.ok("create_view", {
				table,
				name: "Board",
				type: "grid",
				filter: OPEN,
			});
		if (needs === "deleteTable")
			await other.ok("create_table", {
				connection: peer.id,
				base: world.site.base,
				name: "Another",
				fields: [{ name: "Title", type: "text" }],
			});
		steps.meanwhile = async () => {
			steps.meanwhile = async () => {};
			await meanwhile(world, other, ids);
		};
		const { text } = await client.refused(tool, { table, ...args });
		if (text.startsWith("unsupported")) {
			expect(peer.id).not.toBe("local");
			expect(steps.questions).toBe(0);
			return;
		}
		expect(text).toContain("has changed while the person was asked: ");
		expect(text).toContain(says);
		expect(text).toContain("Nothing was sent.");
		expect(steps.questions).toBe(1);
		const { structured } = await client.ok("list_changes");
		const kept = tool.startsWith("delete")
			? structured.changes.filter(
					(change: { tool: string }) => change.tool === tool,
				)
			: [];
		expect(kept).toEqual([]);
		// As it is now, it is asked about again.
		steps.meanwhile = async () => {};
		if (says === "its name") return;
		await client.ok(tool, { table, ...args });
		expect(steps.questions).toBe(2);
	});

/** Two equal deletions at once delete each record once, and undoing both makes each once. */
async function deletedOnce(
	world: World,
	ids: readonly string[],
	others: readonly TestClient[],
) {
	const { table, titles } = world;
	const [all, few] = [[...(await titles())].sort(), ids.length];
	const answers = await Promise.all(
		others.map((client) =>
			client.call("delete_records", { table, record_ids: ids }),
		),
	);
	const texts = answers.map(({ text }) => text).join("\n");
	const counts = answers.map(({ structured }) => structured.counts);
	expect(counts.map(({ deleted }) => deleted).sort(), texts).toEqual(
		[0, few].sort(),
	);
	expect(counts.map(({ failed }) => failed).sort(), texts).toEqual(
		[0, few].sort(),
	);
	expect(texts).toContain(`there is no record ${ids[0]}`);
	for (const { structured } of answers)
		if (structured.change_id !== null)
			await world.client.call("undo_change", {
				change_id: structured.change_id,
			});
	expect([...(await titles())].sort()).toEqual(all);
}

eachPeer(
	"two equal deletions at once that a person agrees to delete each record once",
	async (peer) => {
		const { world, ids, steps } = await askedWorld(peer);
		const { client, clock } = world;
		steps.meanwhile = async () => clock.advance(1_000);
		await deletedOnce(world, ids, [client, client]);
		for (const question of client.asked)
			expect(question).not.toContain("in 10 minutes");
	},
);

eachPeer(
	"two equal deletions of few records by two processes delete each record once",
	async (peer) => {
		const { world, ids } = await askedWorld(peer);
		const other = await world.another();
		await deletedOnce(world, ids.slice(0, 5), [world.client, other]);
	},
);

describe("of more records than are looked at, a confirm", () => {
	async function brokenOff() {
		let calls = 0;
		const world = await scriptedWorld({
			batch: 100,
			page: 200,
			script: ({ method }) =>
				method === "updateBatch" && ++calls === 3 ? { lose: KILLED } : {},
		});
		const { ids } = await world.write("create_records", {
			records: named(1_050).map((title) => ({ fields: { Title: title } })),
		});
		forgetWrites(world.folder);
		const records = (ids as readonly string[]).map((id) => ({
			id,
			fields: { Title: `new ${id}` },
		}));
		await world
			.write("update_records", { records, confirm: "1050" })
			.catch((error: unknown) => error);
		return { world, session: world.another() };
	}

	const resume = async ({
		world,
		session,
	}: Awaited<ReturnType<typeof brokenOff>>) => {
		const [change] = await session.journal.list();
		return world.write(
			"update_records",
			{ resume: change?.start.change },
			undefined,
			session,
		);
	};

	test("holds for a while after the write was broken off", async () => {
		const broken = await brokenOff();
		broken.world.clock.advance(5 * 60_000);
		expect((await resume(broken)).counts).toMatchObject({ updated: 1_050 });
		expect(broken.world.titles().every((title) => /^new /u.test(title))).toBe(
			true,
		);
	});

	test("does not hold for the rest later: nobody knows what it holds by then", async () => {
		const broken = await brokenOff();
		broken.world.clock.advance(15 * 60_000);
		const { counts, notes } = await resume(broken);
		expect(counts.not_attempted).toBeGreaterThan(0);
		expect(notes.join("\n")).toContain("stopped: change 750 records");
	});
});
