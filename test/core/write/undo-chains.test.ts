import { expect, test } from "vitest";
import type { Cell } from "../../../src/core/contract/field.js";
import type { OpKind } from "../../../src/core/contract/journal.js";
import { differences } from "../../../src/core/write/changed-since.js";
import { callTool } from "../../conformance/session.js";
import {
	created,
	eachPeer,
	openWorld,
	recordsOf,
	type World,
} from "../../every-vendor/world.js";
import { localWorld, makeTable, peopleAndTasks } from "../local-world.js";

/* An undo that one's own later changes stand in the way of: it names them, so that they are taken back in order. */

async function write(
	{ client, table, clock }: World,
	tool: string,
	args: object,
): Promise<string> {
	clock.advance(60_000);
	const { structured } = await client.ok(tool, { table, ...args });
	return structured.change_id as string;
}

const undo = ({ client }: World, change_id: string, more: object = {}) =>
	client.call("undo_change", { change_id, ...more });

const values = async ({ site, table }: World) =>
	[...(await site.rows(table)).values()].map(({ Amount }) => Amount);

eachPeer(
	"an update of records that were deleted later names the deletion, and is undone after it",
	async (peer) => {
		const world = await openWorld(peer);
		const ids = await created(world, recordsOf(2));
		const changed = await write(world, "update_records", {
			records: ids.map((id) => ({ id, fields: { Amount: 50 } })),
		});
		let now = ids;
		// A record that was made again and deleted again was deleted by the last one.
		for (let round = 0; round < 2; round++) {
			const gone = await write(world, "delete_records", { record_ids: now });
			const refused = await undo(world, changed);
			expect(refused.isError).toBe(true);
			expect(refused.text).toContain(
				`the record was deleted by change ${gone} later: undo that one first`,
			);
			expect(refused.text).not.toContain("cannot come back: what records");
			const back = await undo(world, gone);
			expect(back.structured.counts).toMatchObject({ created: 2 });
			now = [...(await world.site.rows(world.table)).keys()];
		}
		const undone = await undo(world, changed);
		expect(undone.structured.counts, undone.text).toMatchObject({
			updated: 2,
			failed: 0,
		});
		expect(await values(world)).toEqual([0, 1]);
	},
);

eachPeer(
	"where the undo of a creation deleted the record, that undo is named as one",
	async (peer) => {
		const world = await openWorld(peer);
		const made = await write(world, "create_records", {
			records: recordsOf(1),
		});
		const [id] = [...(await world.site.rows(world.table)).keys()];
		const changed = await write(world, "update_records", {
			records: [{ id, fields: { Amount: 50 } }],
		});
		await undo(world, made);
		const gone = (await undo(world, made, { confirm: "1" })).structured;
		expect(gone.counts).toMatchObject({ deleted: 1 });
		expect((await undo(world, changed)).text).toContain(
			`the record was deleted by change ${gone.change_id}, itself an undo of ${made}, later: undo that one first`,
		);
		await undo(world, gone.change_id);
		await undo(world, changed);
		expect(await values(world)).toEqual([0]);
	},
);

eachPeer(
	"a later undo that wrote the record is named, and said to be one",
	async (peer) => {
		const world = await openWorld(peer);
		const [id] = await created(world, recordsOf(1));
		const set = (Amount: number) =>
			write(world, "update_records", { records: [{ id, fields: { Amount } }] });
		const first = await set(10);
		const second = await set(20);
		await undo(world, first);
		expect((await undo(world, first)).text).toContain(
			"overwrite 1 record that later changes of your own have written",
		);
		const back = await undo(world, first, { confirm: "1" });
		const answer = await undo(world, second);
		expect(answer.text).toContain(
			`${id} ("Amount"; change ${back.structured.change_id}, itself an undo of ${first}, wrote it later: undo that one first)`,
		);
		await undo(world, back.structured.change_id);
		await undo(world, second);
		await undo(world, first);
		expect(await values(world)).toEqual([0]);
	},
);

test("links that this person's writes of another table show in a record are theirs", async () => {
	const { session, clock } = localWorld();
	const { people, tasks, make } = await peopleAndTasks(session);
	const made = await callTool(session, "create_records", {
		table: people,
		records: [{ fields: { Name: "Ada" } }],
	});
	const [ada] = made.structured.ids as string[];
	clock.advance(60_000);
	const [task] = await make(tasks, [{ Title: "t", Who: [{ id: ada }] }]);
	const changes = async (table: string) =>
		(await callTool(session, "list_changes", { table })).structured.changes as {
			change_id: string;
		}[];
	const [linking] = await changes(tasks);
	const left = await callTool(session, "undo_change", {
		change_id: made.structured.change_id,
	});
	expect(String(left.structured.notes)).toContain(
		`${ada} ("Tasks"; change ${linking?.change_id} wrote it later: undo that one first)`,
	);
	// Taken back at the other end, the link is gone here as well.
	await callTool(session, "delete_records", {
		table: tasks,
		record_ids: [task],
	});
	const undone = await callTool(session, "undo_change", {
		change_id: made.structured.change_id,
	});
	expect(undone.structured.counts).toMatchObject({ deleted: 1 });
});

const UNREAD: Cell = { raw: { some: "shape of another version" } };

test.each(["attachment", "link", "text"] as const)(
	"a cell of a %s that cannot be read was changed since, for all that anybody knows",
	async (type) => {
		const { session, locate } = localWorld();
		const table = await makeTable(session, "T", [
			{ name: "Title", type: "text" },
		]);
		await callTool(session, "create_field", {
			table,
			name: "More",
			type,
			settings: type === "link" ? { link_table: table } : {},
		});
		const made = await callTool(session, "create_records", {
			table,
			records: [{ fields: { Title: "a" } }],
		});
		const { change_id, ids } = made.structured;
		const change = await session.journal.read(change_id as string);
		const located = await locate(table);
		const field = located.table.fields.find(({ name }) => name === "More");
		if (change === undefined || field === undefined) throw new Error("no more");
		const [id] = ids as [string];
		const differ = async (kind: OpKind, sent: Cells, now: Cell) => {
			const found = await differences(
				{ located, change, later: [], present: (_, one) => one },
				[
					{
						id,
						op: { index: 0, kind, id, cells: sent },
						result: { index: 0, outcome: "updated", id },
						row: { id, cells: { [field.id]: now } },
					},
				],
			);
			return found.get(id)?.fields.map(({ name }) => name);
		};
		// A change that emptied the cell, one that filled it, and one that made the record without it.
		expect(await differ("update", { [field.id]: null }, UNREAD)).toEqual([
			"More",
		]);
		expect(await differ("update", { [field.id]: UNREAD }, null)).toEqual([
			"More",
		]);
		expect(await differ("create", {}, UNREAD)).toEqual(["More"]);
		expect(
			await differ("update", { [field.id]: UNREAD }, UNREAD),
		).toBeUndefined();
	},
);

type Cells = Readonly<Record<string, Cell>>;
