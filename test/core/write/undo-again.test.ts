import { expect } from "vitest";
import {
	created,
	eachPeer,
	openWorld,
	recordsOf,
	type World,
} from "../../every-vendor/world.js";
import type { TestClient } from "../../server/client.js";

/* Records that were deleted and made again have new ids: to older changes, and to links, they are the same records. */

const undo = (client: TestClient, change_id: string, more: object = {}) =>
	client.call("undo_change", { change_id, ...more });

/** A dry run first: it says the same. */
async function undone({ client }: World, change: string) {
	const dry = await undo(client, change, { dry_run: true });
	const answer = await undo(client, change);
	expect(answer.structured.counts, answer.text).toEqual(dry.structured.counts);
	const cannot = ({ structured }: typeof answer) =>
		(structured.notes as string[]).filter((note) =>
			note.startsWith("cannot come back: "),
		);
	expect(cannot(answer)).toEqual(cannot(dry));
	return answer;
}

async function write(
	{ client, table, clock }: World,
	tool: string,
	args: object,
): Promise<string> {
	clock.advance(1_000);
	const { structured } = await client.ok(tool, { table, ...args });
	return structured.change_id as string;
}

const listedAs = async ({ client, table }: World, id: string) => {
	const { structured } = await client.ok("list_changes", { table });
	const changes = structured.changes as {
		change_id: string;
		undo: string;
		status: string;
	}[];
	return changes.find(({ change_id }) => change_id === id);
};

const amounts = async ({ site, table }: World) =>
	[...(await site.rows(table)).values()].map(({ Title, Amount }) => [
		Title,
		Amount,
	]);

eachPeer(
	"changes from before deletions that were undone, more than once, are undone as if nothing had happened",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const made = await write(world, "create_records", {
			records: recordsOf(2),
		});
		const [id, other] = [...(await world.site.rows(table)).keys()];
		const changed = await write(world, "update_records", {
			records: [{ id, fields: { Amount: 50 } }],
		});
		let now = id as string;
		for (let round = 0; round < 2; round++) {
			const gone = await write(world, "delete_records", { record_ids: [now] });
			const back = await undone(world, gone);
			expect(back.structured.counts, back.text).toMatchObject({ created: 1 });
			expect((await listedAs(world, gone))?.undo).toMatch(/^undone by /);
			now = [...(await world.site.rows(table)).keys()].find(
				(one) => one !== other,
			) as string;
			expect(now).not.toBe(id);
		}
		const first = await undone(world, changed);
		expect(first.structured.counts, first.text).toMatchObject({
			updated: 1,
			failed: 0,
		});
		expect((await amounts(world)).sort()).toEqual([
			["row 0", 0],
			["row 1", 1],
		]);
		const all = await undone(world, made);
		expect(all.structured.counts, all.text).toMatchObject({
			deleted: 2,
			failed: 0,
		});
		expect(await amounts(world)).toEqual([]);
		// What others did since is still seen.
		await undo(client, all.structured.change_id);
	},
);

eachPeer(
	"what somebody changed in a record that was made again is still left",
	async (peer) => {
		const world = await openWorld(peer);
		const { table, site } = world;
		const [id] = await created(world, recordsOf(1));
		const changed = await write(world, "update_records", {
			records: [{ id, fields: { Amount: 50 } }],
		});
		const gone = await write(world, "delete_records", { record_ids: [id] });
		await undone(world, gone);
		const [now] = [...(await site.rows(table)).keys()];
		await site.change(table, now as string, { Amount: 51 });
		const answer = await undone(world, changed);
		expect(answer.text).toContain(
			`1 record was changed since and is left alone: ${now} ("Amount")`,
		);
		expect(await amounts(world)).toEqual([["row 0", 51]]);
	},
);

async function withLinks(world: World) {
	const { client, table } = world;
	await client.ok("create_field", {
		table,
		name: "Parent",
		type: "link",
		settings: { link_table: table },
	});
	return created(world, recordsOf(4));
}

const parents = async ({ client, table }: World) => {
	const { structured } = await client.ok("query_records", {
		table,
		fields: ["Title", "Parent"],
		detail: "compact",
	});
	return Object.fromEntries(
		(structured.rows as [string, string, string[] | null][]).map(
			([, title, linked]) => [
				title,
				linked?.map((text) => text.replace(/ \[.*\]$/, "")) ?? null,
			],
		),
	);
};

eachPeer(
	"links lead to a record that was made again, and leave out one that is gone",
	async (peer) => {
		const world = await openWorld(peer);
		const [a, b, c, d] = await withLinks(world);
		await write(world, "update_records", {
			records: [{ id: a, fields: { Parent: [b, c] } }],
		});
		const changed = await write(world, "update_records", {
			records: [{ id: a, fields: { Parent: [d], Amount: 70 } }],
		});
		const back = await write(world, "delete_records", { record_ids: [b] });
		await write(world, "delete_records", { record_ids: [c] });
		await undone(world, back);
		const answer = await undone(world, changed);
		expect(answer.structured.counts, answer.text).toMatchObject({
			updated: 1,
			failed: 0,
		});
		expect(answer.text).toContain(
			`cannot come back: links in "Parent" to records that are gone: ${c}`,
		);
		expect((await parents(world))["row 0"]).toEqual(["row 1"]);
		expect((await amounts(world))[0]).toEqual(["row 0", 0]);
	},
);

eachPeer(
	"records that are deleted together come back with the links between them",
	async (peer) => {
		const world = await openWorld(peer);
		const ids = await withLinks(world);
		const [a, b, c] = ids;
		await write(world, "update_records", {
			records: [
				{ id: a, fields: { Parent: [b] } },
				{ id: b, fields: { Parent: [a, c] } },
			],
		});
		const before = await parents(world);
		const gone = await write(world, "delete_records", {
			record_ids: [a, b],
		});
		const answer = await undone(world, gone);
		expect(answer.structured.counts, answer.text).toMatchObject({
			created: 2,
			failed: 0,
		});
		expect(await parents(world)).toEqual(before);
		expect((await listedAs(world, gone))?.undo).toMatch(/^undone by /);
		// And all of it goes again.
		const { change_id } = answer.structured;
		const redone = await undone(world, change_id);
		expect(redone.structured.counts, redone.text).toMatchObject({
			deleted: 2,
			failed: 0,
		});
	},
);

eachPeer(
	"an undo that left something is listed as such, and the rest can be undone later",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const ids = await created(world, recordsOf(3));
		const changed = await write(world, "update_records", {
			records: ids.map((id) => ({ id, fields: { Amount: 9 } })),
		});
		await site.change(table, ids[1] as string, { Amount: 5 });
		const first = await undone(world, changed);
		const { change_id } = first.structured;
		expect(await listedAs(world, changed)).toMatchObject({
			undo: `undone in part by ${change_id}`,
		});
		expect(await listedAs(world, change_id)).toMatchObject({
			status: `complete (undid ${changed} in part)`,
		});
		const rest = await client.ok("undo_change", {
			change_id: changed,
			confirm: "1",
		});
		const second = rest.structured.change_id as string;
		const { undo: said } = (await listedAs(world, changed)) ?? {};
		expect(said).toMatch(/^undone by /);
		expect(said).toContain(change_id);
		expect(said).toContain(second);
		// An undo that was undone holds no more.
		await client.ok("undo_change", { change_id });
		expect(await listedAs(world, changed)).toMatchObject({
			undo: `undone in part by ${second}`,
		});
	},
);

eachPeer(
	"where what is left cannot come back, the refusal says so",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const ids = await created(world, recordsOf(2));
		const changed = await write(world, "update_records", {
			records: ids.map((id) => ({ id, fields: { Amount: 9 } })),
		});
		await site.remove(table, ids[1] as string);
		await undone(world, changed);
		const again = await client.refused("undo_change", { change_id: changed });
		expect(again.text).toContain(
			`and what is left of it cannot be taken back: the record is gone: ${ids[1]}`,
		);
	},
);

eachPeer(
	"a change that wrote nothing cannot be undone, and an answer says that nothing was written",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		client.put("bad.csv", "Title,Amount\na,x\nb,y\nc,z\n");
		const imported = await client.call("import_records", {
			table,
			file: "bad.csv",
			on_error: "skip",
		});
		expect(imported.isError).toBe(false);
		expect(imported.text).toMatch(/^NOTHING WRITTEN: 3 failed/);
		const { change_id } = imported.structured;
		expect((await listedAs(world, change_id))?.undo).toBe("nothing to undo");
		const answer = await undo(client, change_id);
		expect(answer.text).toContain("wrote nothing that can be undone");
	},
);

eachPeer(
	"a file that took the place of one with the same name is seen",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await client.ok("create_field", {
			table,
			name: "Files",
			type: "attachment",
		});
		const [id] = await created(world, recordsOf(1));
		client.put("a.txt", "first");
		const put = async (more: object = {}) => {
			world.clock.advance(1_000);
			const { structured } = await client.ok("upload_attachment", {
				table,
				field: "Files",
				files: [{ file: "a.txt", record_id: id }],
				...more,
			});
			return structured.change_id as string;
		};
		const first = await put();
		client.put("a.txt", "another text");
		const second = await put({ replace: true });
		const early = await undone(world, first);
		expect(early.structured.counts, early.text).toMatchObject({ failed: 1 });
		expect(early.text).toContain(
			`${id} ("Files"; change ${second} wrote it later: undo that one first)`,
		);
	},
);
