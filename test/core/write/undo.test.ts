import { readFileSync } from "node:fs";
import { expect } from "vitest";
import {
	atRequest,
	created,
	eachCloudPeer,
	eachPeer,
	filesUnder,
	gateway,
	openWorld,
	recordsOf,
	type World,
} from "../../every-vendor/world.js";
import { forgetWrites } from "../../folder.js";
import { loseValues } from "../../server/asked.js";
import type { Answer, TestClient } from "../../server/client.js";

/* Taking back one's own writes, on every vendor. */

const FULL = {
	Title: "kept",
	Amount: 7,
	Tag: "a",
	Tags: ["x", "z"],
	Day: "2026-11-20",
	Done: true,
};

/** Values to and from empty in every column of the table. */
const RECORDS = [
	FULL,
	{ Title: "bare" },
	{ Title: "half", Amount: 0, Tags: ["y"], Day: "2024-02-29" },
];
const CHANGED = [
	{ Amount: 8, Tag: "b", Tags: ["y"], Day: "2026-12-31", Done: false },
	{ Amount: 1, Tag: "c", Tags: ["x"], Day: "2026-01-01", Done: true },
	{ Title: "else", Amount: null, Tags: [], Day: null },
];

/** What a reader sees, without ids; `ids` keeps them. */
async function shown(
	{ client, table }: World,
	ids = false,
): Promise<readonly unknown[]> {
	const { structured } = await client.ok("query_records", {
		table,
		detail: "full",
		limit: 500,
	});
	const id = (structured.columns as string[]).indexOf("id");
	return (structured.rows as unknown[][]).map((row) =>
		ids ? row : row.filter((_, index) => index !== id),
	);
}

async function withRecords(world: World) {
	const ids = await created(
		world,
		RECORDS.map((fields) => ({ fields })),
	);
	return { ids, before: await shown(world, true) };
}

const undo = (client: TestClient, change_id: string, more: object = {}) =>
	client.call("undo_change", { change_id, ...more });

/** A dry run first: it says the same counts, and writes nothing. */
async function undone(world: World, change: string) {
	const [rows, writes] = [await shown(world, true), world.writes()];
	const dry = await undo(world.client, change, { dry_run: true });
	expect(dry.text).toMatch(/^DRY RUN: /);
	expect(dry.structured.change_id).toBeNull();
	expect(world.writes()).toBe(writes);
	expect(await shown(world, true)).toEqual(rows);
	const answer = await undo(world.client, change);
	expect(answer.structured.counts, answer.text).toEqual(dry.structured.counts);
	expect(answer.isError, answer.text).toBe(dry.isError);
	const cannot = (notes: readonly string[]) =>
		notes.filter((note) => note.startsWith("cannot come back: "));
	// What cannot come back is reported before, not after.
	expect(cannot(answer.structured.notes)).toEqual(cannot(dry.structured.notes));
	return answer;
}

/** The records that have this problem, which is said once. */
function expectLeft(
	{ structured, text }: Answer,
	message: string,
	ids: readonly (string | undefined)[],
): void {
	const [problem, ...others] = structured.problems.filter(
		(one: { message: string }) => one.message === message,
	);
	expect(others).toEqual([]);
	const [from = 0, to = from] = String(problem.records ?? problem.record)
		.split("-")
		.map(Number);
	expect(structured.ids.slice(from, to + 1)).toEqual(ids);
	expect(text).toContain(message);
	for (const id of ids) expect(text).toContain(id);
}

eachPeer(
	"what records that are left have in common is said once",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const ids = await created(world, recordsOf(8));
		const write = (some: readonly string[], Amount: number) =>
			client.ok("update_records", {
				table,
				records: some.map((id) => ({ id, fields: { Amount } })),
			});
		const { change_id } = (await write(ids, 100)).structured;
		const later = (await write(ids.slice(0, 3), 200)).structured.change_id;
		for (const id of ids.slice(3, 6)) await site.remove(table, id);
		const answer = await client.call("undo_change", { change_id });
		expect(answer.structured.counts).toMatchObject({ updated: 2, failed: 6 });
		expectLeft(answer, "the record is gone", ids.slice(3, 6));
		expect(answer.text).toContain(
			`3 records were changed since and are left alone: ${ids.slice(0, 3).join(", ")} ("Amount"; change ${later} wrote it later: undo that one first). `,
		);
		expect(answer.text.split(later)).toHaveLength(2);
	},
);

eachPeer("a create is undone", async (peer) => {
	const world = await openWorld(peer);
	const { before } = await withRecords(world);
	const made = await world.client.ok("create_records", {
		table: world.table,
		records: recordsOf(12),
	});
	const answer = await undone(world, made.structured.change_id);
	expect(answer.structured.counts.deleted).toBe(12);
	expect(await shown(world, true)).toEqual(before);
});

eachPeer(
	"an update of all columns is undone, to and from empty",
	async (peer) => {
		const world = await openWorld(peer);
		const { ids, before } = await withRecords(world);
		const changed = await world.client.ok("update_records", {
			table: world.table,
			records: ids.map((id, index) => ({ id, fields: CHANGED[index] })),
		});
		expect(await shown(world, true)).not.toEqual(before);
		const answer = await undone(world, changed.structured.change_id);
		expect(answer.structured.counts.updated).toBe(3);
		expect(answer.isError, answer.text).toBe(false);
		expect(await shown(world, true)).toEqual(before);
	},
);

eachPeer(
	"an upsert is undone: what was made goes, what was changed is as before",
	async (peer) => {
		const world = await openWorld(peer);
		const { before } = await withRecords(world);
		const changed = await world.client.ok("update_records", {
			table: world.table,
			match_on: ["Title"],
			upsert: true,
			records: [
				{ fields: { Title: "kept", Amount: 70, Tags: { add: ["y"] } } },
				{ fields: { Title: "new", Amount: 1 } },
				{ fields: { Title: "bare", Amount: null } },
			],
		});
		expect(changed.structured.counts).toMatchObject({
			created: 1,
			updated: 1,
			unchanged: 1,
		});
		const answer = await undone(world, changed.structured.change_id);
		expect(answer.structured.counts).toMatchObject({ updated: 1, deleted: 1 });
		expect(await shown(world, true)).toEqual(before);
	},
);

eachPeer(
	"a delete is undone with all values; new ids are announced before",
	async (peer) => {
		const world = await openWorld(peer);
		const { ids } = await withRecords(world);
		const before = await shown(world);
		const gone = await world.client.ok("delete_records", {
			table: world.table,
			record_ids: ids,
		});
		expect(await shown(world)).toEqual([]);
		const answer = await undone(world, gone.structured.change_id);
		expect(answer.structured.counts.created).toBe(3);
		expect(answer.text).toMatch(/cannot come back: record ids/);
		expect(await shown(world)).toEqual(before);
		const now = [...(await world.site.rows(world.table)).keys()];
		expect(answer.structured.ids).toEqual(now);
	},
);

eachPeer("an import that made and changed records is undone", async (peer) => {
	const world = await openWorld(peer);
	const { before } = await withRecords(world);
	world.client.put(
		"in.csv",
		"Title,Amount,Tag\nkept,100,c\nfresh,1,a\nbare,,b\nfresh too,2,\n",
	);
	const imported = await world.client.ok("import_records", {
		table: world.table,
		file: "in.csv",
		match_on: ["Title"],
	});
	expect(imported.structured.counts).toMatchObject({ created: 2, updated: 2 });
	const answer = await undone(world, imported.structured.change_id);
	expect(answer.structured.counts).toMatchObject({ updated: 2, deleted: 2 });
	expect(await shown(world, true)).toEqual(before);
});

eachPeer("a change by filter is undone", async (peer) => {
	const world = await openWorld(peer);
	const { before } = await withRecords(world);
	const changed = await world.client.ok("update_records", {
		table: world.table,
		filter: { conditions: [{ field: "Title", op: "is_not_empty" }] },
		set: { Tag: "c", Day: "2025-05-05" },
	});
	expect(changed.structured.counts.updated).toBe(3);
	await undone(world, changed.structured.change_id);
	expect(await shown(world, true)).toEqual(before);
});

eachPeer(
	"links, people and files come back as far as the vendor lets them",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const [target, other] = await created(world, [
			{ fields: { Title: "target" } },
			{ fields: { Title: "other" } },
		]);
		for (const [name, type, settings] of [
			["Parent", "link", { link_table: table }],
			["Files", "attachment", {}],
		] as const)
			await client.ok("create_field", { table, name, type, settings });
		client.put("a.txt", "first");
		client.put("b.txt", "second");
		const [id] = await created(world, [
			{ fields: { Title: "row", Parent: [target] } },
		]);
		await client.ok("upload_attachment", {
			table,
			field: "Files",
			files: [{ file: "a.txt", record_id: id }],
		});
		const uploaded = await client.ok("upload_attachment", {
			table,
			field: "Files",
			files: [{ file: "b.txt" }],
		});
		const token = (JSON.stringify(uploaded.structured).match(
			/"token":"([^"]+)"/,
		) ?? [])[1];
		const cells = async () => {
			const { structured } = await client.ok("query_records", {
				table,
				fields: ["Parent", "Files"],
			});
			const found = (structured.rows as unknown[][]).find(
				([found]) => found === id,
			);
			return found?.slice(1);
		};
		const before = await cells();
		expect(JSON.stringify(before)).toMatch(/target.*a\.txt/);
		const changed = await client.ok("update_records", {
			table,
			records: [
				{
					id,
					fields: {
						Parent: [other],
						...(token === undefined ? {} : { Files: [{ token }] }),
					},
				},
			],
		});
		expect(await cells()).not.toEqual(before);
		const answer = await undone(world, changed.structured.change_id);
		const after = await cells();
		expect(after?.[0]).toEqual(before?.[0]);
		if (JSON.stringify(after) !== JSON.stringify(before))
			expect(answer.text).toMatch(/cannot come back: attachments in "Files"/);
	},
);

eachPeer(
	"records that someone changed or removed since are left and named; the others are taken back",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const ids = await created(world, recordsOf(6));
		const changed = await client.ok("update_records", {
			table,
			records: ids.map((id) => ({ id, fields: { Amount: 100 } })),
		});
		await site.change(table, ids[1] as string, { Amount: 5 });
		await site.remove(table, ids[4] as string);
		// Another column is not what was changed.
		await site.change(table, ids[2] as string, { Title: "renamed" });
		const answer = await undone(world, changed.structured.change_id);
		expect(answer.isError).toBe(true);
		expect(answer.structured.counts).toMatchObject({ updated: 4, failed: 2 });
		expect(answer.text).toContain(
			`1 record was changed since and is left alone: ${ids[1]} ("Amount")`,
		);
		expectLeft(answer, "the record is gone", [ids[4]]);
		const rows = await site.rows(table);
		expect(
			ids.map((id) => {
				const row = rows.get(id);
				return row === undefined ? null : [row.Title, row.Amount];
			}),
		).toEqual([
			["row 0", 0],
			["row 1", 5],
			["renamed", 2],
			["row 3", 3],
			null,
			["row 5", 5],
		]);
	},
);

eachPeer(
	"a created record that someone filled in since is not deleted",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, site } = world;
		const made = await client.ok("create_records", {
			table,
			records: recordsOf(3),
		});
		const ids = made.structured.ids as string[];
		await site.change(table, ids[1] as string, { Amount: 500 });
		await site.remove(table, ids[2] as string);
		const answer = await undone(world, made.structured.change_id);
		expect(answer.structured.counts).toMatchObject({ deleted: 1, failed: 2 });
		expect(answer.text).toContain(
			`1 record was changed since and is left alone: ${ids[1]} ("Amount")`,
		);
		expectLeft(answer, "the record is gone already", [ids[2]]);
		expect([...(await site.rows(table)).keys()]).toEqual([ids[1]]);
	},
);

eachPeer("an undo can be undone, and that one too", async (peer) => {
	const world = await openWorld(peer);
	const { client, table } = world;
	const { ids, before } = await withRecords(world);
	const changed = await client.ok("update_records", {
		table,
		records: ids.map((id, index) => ({ id, fields: CHANGED[index] })),
	});
	const after = await shown(world, true);
	const first = await undone(world, changed.structured.change_id);
	expect(await shown(world, true)).toEqual(before);
	const second = await undone(world, first.structured.change_id);
	expect(await shown(world, true)).toEqual(after);
	await undone(world, second.structured.change_id);
	expect(await shown(world, true)).toEqual(before);
	const again = await undo(client, changed.structured.change_id);
	expect(again.isError).toBe(true);
	expect(again.text).toMatch(
		new RegExp(`undone already by ${first.structured.change_id}`),
	);
	// Of a delete: what was made again goes again.
	const gone = await client.ok("delete_records", { table, record_ids: ids });
	const back = await undone(world, gone.structured.change_id);
	await undone(world, back.structured.change_id);
	expect(await shown(world)).toEqual([]);
});

eachPeer(
	"an undo that is too long for one call is gone on with by asking for it again",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table, clock } = world;
		const ids = await created(world, recordsOf(2));
		await client.ok("update_records", {
			table,
			records: ids.map((id) => ({ id, fields: { Amount: 50 } })),
		});
		const upsert = await client.ok("update_records", {
			table,
			match_on: ["Title"],
			upsert: true,
			records: [
				{ fields: { Title: "row 0", Tag: "b" } },
				{ fields: { Title: "new", Tag: "b" } },
				{ fields: { Title: "row 1", Tag: "b" } },
			],
		});
		const { network } = peer;
		if (network === undefined) {
			// Nothing takes time here but the clock itself.
			let looks = 0;
			const { now } = clock;
			Object.assign(clock, { now: () => now() + ++looks * 1_500 });
		} else
			world.faulty((request) =>
				network.writeOf(request) === undefined
					? undefined
					: { when: "after", delayMs: 18_000 },
			);
		const { change_id } = upsert.structured;
		let answer = await undo(client, change_id);
		let calls = 1;
		for (; isOpen(answer); calls++) {
			expect(answer.isError).toBe(true);
			expect(answer.text).toMatch(/^NOT FINISHED: /);
			expect(answer.text).toContain(
				`call undo_change with change_id: "${change_id}" again`,
			);
			const listed = await client.ok("list_changes", { table });
			expect(listed.text).toContain(
				`unfinished: call undo_change with change_id ${change_id} again`,
			);
			expect(calls).toBeLessThan(20);
			answer = await undo(client, change_id);
		}
		expect(answer.isError, answer.text).toBe(false);
		expect(answer.structured.counts).toMatchObject({ updated: 2, deleted: 1 });
		if (network !== undefined) expect(calls).toBeGreaterThan(1);
		const rows = [...(await world.site.rows(table)).values()];
		expect(
			rows.map(({ Title, Amount, Tag }) => [Title, Amount, Tag ?? null]),
		).toEqual([
			["row 0", 50, null],
			["row 1", 50, null],
		]);
	},
);

eachCloudPeer(
	"an undo whose answers are lost makes nothing twice",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const ids = await created(world, recordsOf(3));
		const before = await shown(world);
		const gone = await client.ok("delete_records", { table, record_ids: ids });
		world.faulty(
			atRequest(
				1,
				(request) => peer.network.writeOf(request) === "create",
				gateway(502, "after"),
			),
		);
		const answer = await undo(client, gone.structured.change_id);
		expect(answer.structured.counts.created, answer.text).toBe(3);
		expect(await shown(world)).toEqual(before);
	},
);

for (const [answers, takesMs] of [
	["in three seconds", 3_000],
	["in two minutes", 120_000],
] as const)
	eachPeer(
		`what somebody changes while a person is asked, who answers ${answers}, is left alone, and undo brings back the rest`,
		async (peer) => {
			let asked = () => Promise.resolve();
			const world = await openWorld(peer, {
				person: async () => {
					await asked();
					return { action: "accept", content: { agree: true } };
				},
			});
			const { client, table, site, clock } = world;
			for (const [tool, args] of [
				[
					"update_records",
					() => ({
						filter: { conditions: [{ field: "Title", op: "is_not_empty" }] },
						set: { Amount: 100 },
					}),
				],
				["delete_records", (ids: readonly string[]) => ({ record_ids: ids })],
			] as const) {
				const ids = await created(world, recordsOf(12));
				forgetWrites(world.folder);
				await loseValues(client, table, 39);
				asked = async () => {
					await site.change(table, ids[3] as string, { Amount: 33 });
					clock.advance(takesMs);
				};
				const done = await client.call(tool, { table, ...args(ids) });
				expect(done.structured.counts).toMatchObject({ failed: 1 });
				expect(done.text).toContain("was changed while a person was asked");
				asked = () => Promise.resolve();
				await undone(world, done.structured.change_id);
				const rows = [...(await site.rows(table)).values()];
				expect(
					rows.map(({ Amount }) => Number(Amount)).sort((a, b) => a - b),
				).toEqual([0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 33]);
				await client.ok("delete_records", {
					table,
					filter: { conditions: [{ field: "Title", op: "is_not_empty" }] },
				});
			}
		},
	);

const DAY_MS = 86_400_000;

eachPeer("after a day the values are gone, and undo says so", async (peer) => {
	const world = await openWorld(peer);
	const { client, table, clock } = world;
	const [id] = await created(world, [
		{ fields: { Title: "canary-before", Amount: 1 } },
	]);
	const changed = await client.ok("update_records", {
		table,
		records: [{ id, fields: { Title: "canary-after" } }],
	});
	expect(keptIn(world)).toContain("canary-before");
	expect(keptIn(world)).toContain("canary-after");
	clock.advance(DAY_MS - 60_000);
	expect(
		(await undo(client, changed.structured.change_id, { dry_run: true })).text,
	).toMatch(/^DRY RUN: 1 updated/);
	clock.advance(120_000);
	const late = await undo(client, changed.structured.change_id);
	expect(late.isError).toBe(true);
	expect(late.text).toMatch(/not_found: there is no change .*\n.*24 hours/);
	expect(
		(await client.ok("list_changes", { table })).structured.changes,
	).toEqual([]);
	await client.ok("create_records", { table, records: recordsOf(1) });
	expect(keptIn(world)).not.toMatch(/canary/);
	expect(await world.titles()).toEqual(["canary-after", "row 0"]);
});

function isOpen({ structured: { counts } }: Answer): boolean {
	return counts?.not_attempted + counts?.unknown > 0;
}

/** Everything in the journal's folder. */
function keptIn({ folder }: World): string {
	return filesUnder(`${folder}/journal`)
		.map((file) => readFileSync(file, "utf8"))
		.join("\n");
}

for (const off of ["off", false])
	eachPeer(
		`undo: ${JSON.stringify(off)} reads and keeps no values from before, and says so when asked`,
		async (peer) => {
			const world = await openWorld(peer, { config: { undo: off } });
			const { client, table } = world;
			const [id] = await created(world, [
				{ fields: { Title: "x", Amount: 1 } },
			]);
			await world.site.change(table, id as string, { Title: "canary-before" });
			const changed = await client.ok("update_records", {
				table,
				records: [{ id, fields: { Title: "after" } }],
			});
			const gone = await client.ok("delete_records", {
				table,
				record_ids: [id],
			});
			expect(keptIn(world)).not.toContain("canary-before");
			for (const { structured } of [changed, gone]) {
				const answer = await undo(client, structured.change_id);
				expect(answer.isError).toBe(true);
				expect(answer.text).toMatch(/unsupported: undo is off/);
			}
		},
	);

eachPeer(
	"cells of a field that was deleted since, and records that are gone, are named before the rest comes back",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const ids = await created(world, recordsOf(3, { Tag: "a" }));
		const changed = await client.ok("update_records", {
			table,
			records: ids.map((id) => ({ id, fields: { Amount: 9, Tag: "b" } })),
		});
		await client.ok("delete_field", { table, field: "Tag", confirm: "Tag" });
		const answer = await undone(world, changed.structured.change_id);
		expect(answer.text).toContain(
			"cannot come back: cells of fields that were deleted since",
		);
		expect(answer.structured.counts).toMatchObject({ updated: 3, failed: 0 });
		expect(
			[...(await world.site.rows(table)).values()].map(({ Amount }) => Amount),
		).toEqual([0, 1, 2]);
	},
);

eachPeer(
	"a change with nothing written, one that is not there and a misspelled one are distinguished",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		const ids = await created(world, recordsOf(1));
		const same = await client.ok("update_records", {
			table,
			records: [{ id: ids[0], fields: { Amount: 0 } }],
		});
		const { change_id } = same.structured;
		if (change_id !== null) {
			const answer = await undo(client, change_id);
			expect(answer.text).toContain("wrote nothing that can be undone");
			expect(answer.isError).toBe(false);
		}
		for (const wrong of ["no-such-change", "../../etc/passwd", ""]) {
			const answer = await undo(client, wrong);
			expect(answer.isError).toBe(true);
			expect(answer.text).toMatch(/^(not_found|bad_argument): /);
		}
		expect(await world.titles()).toEqual(["row 0"]);
	},
);
