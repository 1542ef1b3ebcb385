import { expect } from "vitest";
import type { Cell } from "../../src/core/contract/field.js";
import type { Row } from "../../src/core/contract/table.js";
import { locate } from "../../src/core/places/locate.js";
import {
	decodeRow,
	encodeCells,
	isEmpty,
} from "../../src/core/values/values.js";
import { forgetWrites } from "../folder.js";
import type { Case } from "./reading.js";
import { failureOf, runningOf } from "./session.js";
import {
	countingWrites,
	fieldIn,
	idsFrom,
	idsOf,
	plainValue,
	query,
	TITLE,
	tableWith,
	type World,
	writeWith,
} from "./world.js";

const counts = (answer: {
	readonly structured: Readonly<Record<string, unknown>>;
}) => answer.structured.counts as Record<string, number>;

/** A table of its own with a title only, and rows in it. */
async function titled(world: World, titles: readonly string[]) {
	const table = await tableWith(world, []);
	const answer = await writeWith(world, "create_records", {
		table,
		records: titles.map((title) => ({ fields: { [TITLE]: title } })),
	});
	return { table, ids: idsOf(answer) };
}

const numbered = (count: number, prefix = "N") =>
	Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** The values of one column, written, read, sent back, encoded, changed and cleared. */
export async function keepsColumn(world: World, name: string): Promise<void> {
	const sample = world.columns.get(name);
	if (sample === undefined) throw new Error(`no column ${name}`);
	const table = await tableWith(world, [name]);
	const given =
		name === "attachment" ? await filesFor(world, table) : sample.given;
	const shown =
		name === "attachment"
			? [["x.txt"], ["y.txt", "x.txt"]]
			: (sample.shown ?? given);
	const created = await writeWith(world, "create_records", {
		table,
		records: [
			...given.map((value, index) => ({
				fields: { [TITLE]: `row ${index}`, [name]: value },
			})),
			{ fields: { [TITLE]: "empty" } },
		],
	});
	expect(created.text).toMatch(/^DONE/);
	const ids = idsOf(created);
	const read = async () =>
		(
			await query(world, { table, fields: [name], record_ids: ids, limit: 100 })
		).rows.map(([, value]) => plainValue(value));
	expect(await read()).toEqual([...shown, null]);

	const echoed = await writeWith(world, "update_records", {
		table,
		records: (await read()).map((value, index) => ({
			id: ids[index],
			fields: { [name]: value },
		})),
	});
	expect(counts(echoed)).toMatchObject({ unchanged: ids.length, updated: 0 });
	expect(echoed.structured.change_id).toBeNull();

	await roundTrip(world, table, name, ids);
	expect(await read()).toEqual([...shown, null]);

	const turned = await writeWith(world, "update_records", {
		table,
		records: ids.map((id, index) => ({
			id,
			fields: { [name]: given[(index + 1) % given.length] },
		})),
	});
	expect(counts(turned).failed).toBe(0);
	expect(await read()).toEqual(
		ids.map((_, index) => shown[(index + 1) % shown.length]),
	);

	const clears = [null, [], ""];
	const cleared = await writeWith(world, "update_records", {
		table,
		records: ids.map((id, index) => ({
			id,
			fields: { [name]: clears[index % clears.length] ?? null },
		})),
	});
	expect(counts(cleared)).toMatchObject({ updated: ids.length, failed: 0 });
	expect(await read()).toEqual(ids.map(() => null));
	const empty = await idsFrom(world, {
		table,
		filter: { conditions: [{ field: name, op: "is_empty" }] },
	});
	expect(empty.length).toBe(sample.type === "checkbox" ? 0 : ids.length);
}

/** What the vendor sent, decoded, encoded and written again, is stored as it was. */
async function roundTrip(
	world: World,
	table: string,
	name: string,
	ids: readonly string[],
): Promise<void> {
	const running = runningOf(world.session);
	const located = await locate(world.session, table, running, { maxAgeMs: 0 });
	const { adapter } = located;
	const field = fieldIn(located, name);
	const rows = async () =>
		(
			await adapter.readByIds(
				located.table,
				ids,
				{ fields: [field], system: [] },
				running.call,
			)
		).map((wire) => decodeRow(adapter, located.table, wire, [field]));
	const before = await rows();
	const again = before.flatMap(({ id, cells }) =>
		isEmpty(cells[field.id]) ? [] : [{ id, cells }],
	);
	expect(again.length).toBe(ids.length - 1);
	await adapter.updateBatch?.(
		located.table,
		again.map(({ id, cells }) => ({
			id,
			cells: encodeCells(adapter, located.table, {
				[field.id]: cells[field.id] as Cell,
			}),
		})),
		running.call,
	);
	await world.subject.shown?.();
	expect((await rows()).map(withoutFileLinks)).toEqual(
		before.map(withoutFileLinks),
	);
}

/** Vendors make a new link of a file for every revision of the table, or sign it for a time. */
function withoutFileLinks({ id, cells }: Row) {
	return {
		id,
		cells: Object.entries(cells).map(([field, cell]) => [
			field,
			Array.isArray(cell)
				? cell.map((item) =>
						typeof item === "object" && "token" in item
							? { ...item, url: null }
							: item,
					)
				: cell,
		]),
	};
}

async function filesFor(world: World, table: string) {
	const running = runningOf(world.session);
	const { adapter, table: loaded } = await locate(
		world.session,
		table,
		running,
	);
	const field = fieldIn({ table: loaded }, "attachment");
	const tokens: string[] = [];
	for (const name of ["x.txt", "y.txt"]) {
		const bytes = Buffer.from(`text of ${name}`);
		const sent = await adapter.uploadFile?.(
			loaded,
			field,
			{
				name,
				size: bytes.length,
				type: "text/plain",
				read: async (start, end) => bytes.subarray(start, end),
			},
			running.call,
			() => {},
		);
		tokens.push(sent?.token ?? "");
	}
	const [x, y] = tokens;
	return [[{ token: x }], [{ token: y }, { token: x }]];
}

export const WRITING = {
	"records are created in several batches, ids in the order given": async (
		world,
	) => {
		const { adapter } = await world.located();
		const many =
			world.options.manyRecords ??
			Math.min(adapter.limits.batch.create * 2 + 1, 1001);
		expect(many).toBeGreaterThan(adapter.limits.batch.create);
		const titles = numbered(many);
		const table = await tableWith(world, []);
		const answer = await writeWith(world, "create_records", {
			table,
			records: titles.map((title) => ({ fields: { [TITLE]: title } })),
		});
		expect(answer.isError).toBe(false);
		expect(counts(answer)).toMatchObject({ created: many, failed: 0 });
		expect(answer.structured.outcomes).toEqual([`created:0-${many - 1}`]);
		const ids = idsOf(answer);
		expect(new Set(ids).size).toBe(many);
		const found = new Map<unknown, unknown>();
		for (let start = 0; start < many; start += 500)
			for (const [id, title] of (
				await query(world, {
					table,
					fields: [TITLE],
					record_ids: ids.slice(start, start + 500),
					limit: 500,
				})
			).rows)
				found.set(id, title);
		expect(ids.map((id) => found.get(id))).toEqual(titles);
		expect((await query(world, { table, limit: 0 })).total).toBe(many);

		const updated = await writeWith(world, "update_records", {
			table,
			records: ids.map((id, index) => ({
				id,
				fields: { [TITLE]: index % 2 ? `N${index}` : `changed ${index}` },
			})),
			// Of so many nothing is read before.
			confirm: String(many),
		});
		expect(counts(updated)).toMatchObject({
			updated: Math.ceil(many / 2),
			unchanged: Math.floor(many / 2),
		});
		expect(updated.structured.ids).toEqual(ids);
		const changed = {
			conditions: [{ field: TITLE, op: "starts_with", value: "changed" }],
		};
		expect(
			(await query(world, { table, limit: 0, filter: changed })).total,
		).toBe(Math.ceil(many / 2));

		forgetWrites(world.session.dataDir);
		const refusal = await failureOf(
			writeWith(world, "delete_records", { table, filter: changed }),
		);
		expect(refusal.code).toBe("declined");
		expect((await query(world, { table, limit: 0 })).total).toBe(many);
		const deleted = await writeWith(world, "delete_records", {
			table,
			filter: changed,
			confirm: String(Math.ceil(many / 2)),
		});
		expect(counts(deleted).deleted).toBe(Math.ceil(many / 2));
		expect(await idsFrom(world, { table })).toHaveLength(Math.floor(many / 2));
	},

	"updates by id tell changed and unchanged records; a missing one refuses them all":
		async (world) => {
			const { table, ids } = await titled(world, ["a", "b", "c"]);
			const [a, b] = ids;
			const records = [
				{ id: a, fields: { [TITLE]: "a" } },
				{ id: b, fields: { [TITLE]: "B" } },
			];
			const missing = { id: "rec00000000000000", fields: { [TITLE]: "x" } };
			const refused = await writeWith(world, "update_records", {
				table,
				records: [records[0], missing, records[1]],
			});
			expect(refused.isError).toBe(true);
			expect(refused.structured.change_id).toBe(null);
			expect(counts(refused)).toMatchObject({ failed: 1, not_attempted: 2 });
			expect(refused.structured.problems).toEqual([
				expect.objectContaining({
					record: 1,
					message: expect.stringContaining("rec00000000000000"),
				}),
			]);
			const answer = await writeWith(world, "update_records", {
				table,
				records,
			});
			expect(counts(answer)).toMatchObject({ unchanged: 1, updated: 1 });
			expect(answer.structured.outcomes).toEqual(["unchanged:0", "updated:1"]);
			const { rows } = await query(world, {
				table,
				fields: [TITLE],
				record_ids: ids,
			});
			expect(rows.map(([, title]) => title)).toEqual(["a", "B", "c"]);
			const twice = await writeWith(world, "update_records", {
				table,
				records: [
					{ id: a, fields: { [TITLE]: "1" } },
					{ id: a, fields: { [TITLE]: "2" } },
					{ fields: { [TITLE]: "3" } },
				],
			});
			expect(twice.isError).toBe(true);
			expect(twice.structured.problems).toHaveLength(2);
			expect(twice.structured.change_id).toBeNull();
		},

	"match_on finds records by key, and upsert adds what is missing": async (
		world,
	) => {
		const table = await tableWith(
			world,
			world.columns.has("number") ? ["number"] : [],
		);
		const extra = world.columns.has("number") ? { number: 7 } : {};
		await writeWith(world, "create_records", {
			table,
			records: ["a", "b", "twice", "twice"].map((title) => ({
				fields: { [TITLE]: title },
			})),
		});
		const records = [
			{ fields: { [TITLE]: "b", ...extra } },
			{ fields: { [TITLE]: "new" } },
			{ fields: { [TITLE]: "twice", ...extra } },
			{ fields: { [TITLE]: "a" } },
			{ fields: { [TITLE]: "a", ...extra } },
			{ fields: { [TITLE]: "" } },
		];
		const strict = await writeWith(world, "update_records", {
			table,
			records,
			match_on: [TITLE],
			dry_run: true,
		});
		expect(counts(strict)).toMatchObject({ created: 0, failed: 4 });
		const refused = await writeWith(world, "update_records", {
			table,
			records,
			match_on: [TITLE],
			upsert: true,
		});
		expect(counts(refused)).toMatchObject({
			created: 0,
			updated: 0,
			failed: 3,
			not_attempted: 3,
		});
		const messages = (
			refused.structured.problems as { record: number; message: string }[]
		)
			.sort((x, y) => x.record - y.record)
			.map(({ record, message }) => `${record}: ${message}`);
		expect(messages).toEqual([
			expect.stringMatching(/^2: its key matches 2 records/),
			expect.stringMatching(/^4: has the same key as record 3/),
			expect.stringMatching(/^5: its key "Title" is empty/),
		]);
		const answer = await writeWith(world, "update_records", {
			table,
			records: [records[0], records[1], records[3]],
			match_on: [TITLE],
			upsert: true,
		});
		const updated = world.columns.has("number") ? 1 : 0;
		expect(counts(answer)).toMatchObject({
			created: 1,
			updated,
			unchanged: 2 - updated,
			failed: 0,
		});
		expect((await query(world, { table, limit: 0 })).total).toBe(5);
		const again = await writeWith(world, "update_records", {
			table,
			records: records.slice(0, 2),
			match_on: [TITLE],
			upsert: true,
		});
		expect(counts(again)).toMatchObject({ created: 0, unchanged: 2 });
	},

	"a filter with set changes what matches, and asks before it overwrites more than fifty":
		async (world) => {
			const { table } = await titled(world, numbered(52));
			forgetWrites(world.session.dataDir);
			const all = {
				conditions: [{ field: TITLE, op: "starts_with", value: "N" }],
			};
			const refusal = await failureOf(
				writeWith(world, "update_records", {
					table,
					filter: all,
					set: { [TITLE]: "M" },
				}),
			);
			expect(refusal.code).toBe("declined");
			expect(refusal.next).toContain('"52"');
			const few = {
				conditions: [{ field: TITLE, op: "any_of", values: ["N1", "N2"] }],
			};
			const answer = await writeWith(world, "update_records", {
				table,
				filter: few,
				set: { [TITLE]: "M" },
			});
			expect(counts(answer)).toMatchObject({ updated: 2, failed: 0 });
			const rest = await writeWith(world, "update_records", {
				table,
				filter: all,
				set: { [TITLE]: "M" },
				confirm: "50",
			});
			expect(counts(rest)).toMatchObject({ updated: 50 });
			expect(
				(
					await query(world, {
						table,
						limit: 0,
						filter: { conditions: [{ field: TITLE, op: "is", value: "M" }] },
					})
				).total,
			).toBe(52);
		},

	"a list cell is edited by adding and removing": async (world) => {
		const name = "multi_select";
		if (!world.columns.has(name)) {
			expect(world.absent.get(name)).toEqual(expect.any(String));
			return;
		}
		const table = await tableWith(world, [name]);
		const created = await writeWith(world, "create_records", {
			table,
			records: [
				{ fields: { [TITLE]: "a", [name]: ["red"] } },
				{ fields: { [TITLE]: "b", [name]: { add: ["green"] } } },
			],
		});
		const ids = idsOf(created);
		const answer = await writeWith(world, "update_records", {
			table,
			records: [
				{
					id: ids[0],
					fields: { [name]: { add: ["green", "red"], remove: ["red"] } },
				},
				{ id: ids[1], fields: { [name]: { add: ["green"] } } },
			],
		});
		expect(counts(answer)).toMatchObject({ updated: 1, unchanged: 1 });
		const { rows } = await query(world, {
			table,
			fields: [name],
			record_ids: ids,
		});
		// A list is a set, so its order is the vendor's; an option stands in it once.
		const [edited] = rows.map(([, names]) => names as string[]);
		expect(edited?.toSorted()).toEqual(["green", "red"]);
		expect(rows[1]?.[1]).toEqual(["green"]);
		const removed = await writeWith(world, "update_records", {
			table,
			records: [{ id: ids[1], fields: { [name]: { remove: ["green"] } } }],
		});
		expect(counts(removed).updated).toBe(1);
		expect(
			(await query(world, { table, fields: [name], record_ids: [ids[1]] }))
				.rows[0]?.[1],
		).toBeNull();
	},

	"records are deleted by id; a missing one refuses them all": async (
		world,
	) => {
		const { table, ids } = await titled(world, ["a", "b", "c"]);
		const refused = await writeWith(world, "delete_records", {
			table,
			record_ids: [ids[1], "rec00000000000000"],
		});
		expect(refused.isError).toBe(true);
		expect(counts(refused)).toMatchObject({ failed: 1, not_attempted: 1 });
		expect((await idsFrom(world, { table })).length).toBe(3);
		const answer = await writeWith(world, "delete_records", {
			table,
			record_ids: [ids[1]],
		});
		expect(answer.structured.outcomes).toEqual(["deleted:0"]);
		expect((await idsFrom(world, { table })).toSorted()).toEqual(
			[ids[0], ids[2]].toSorted(),
		);
	},

	"a dry run sends nothing and counts the same": async (world) => {
		const { table, ids } = await titled(world, numbered(12));
		const { session, calls } = countingWrites(world);
		const dry = { session, subject: world.subject };
		const changes = (await session.journal.list()).length;
		const create = await writeWith(dry, "create_records", {
			table,
			dry_run: true,
			records: numbered(25, "new ").map((title) => ({
				fields: { [TITLE]: title },
			})),
		});
		expect(create.text).toMatch(/^DRY RUN: 25 created/);
		const { adapter } = await world.located();
		expect(create.structured.would_take).toMatchObject({
			calls: Math.ceil(25 / adapter.limits.batch.create),
		});
		const update = await writeWith(dry, "update_records", {
			table,
			dry_run: true,
			records: [
				{ id: ids[0], fields: { [TITLE]: "N0" } },
				{ id: ids[1], fields: { [TITLE]: "other" } },
			],
		});
		expect(counts(update)).toMatchObject({ updated: 1, unchanged: 1 });
		const remove = await writeWith(dry, "delete_records", {
			table,
			dry_run: true,
			filter: { conditions: [{ field: TITLE, op: "is_not_empty" }] },
		});
		expect(counts(remove).deleted).toBe(12);
		for (const answer of [create, update, remove])
			expect(answer.structured.change_id).toBeNull();
		expect(calls).toEqual([]);
		expect((await session.journal.list()).length).toBe(changes);
		expect((await query(world, { table, limit: 0 })).total).toBe(12);
	},

	"a refusal names every problem of every record, and nothing is sent": async (
		world,
	) => {
		const { session, calls } = countingWrites(world);
		const has = (name: string) => world.columns.has(name);
		const wrong: [string, unknown, RegExp][] = [
			["Titel", "x", /there is no field "Titel"; nearest: "Title"/],
			...(has("number")
				? [["number", "many", /takes a number/] as [string, unknown, RegExp]]
				: []),
			...(has("single_select")
				? [
						[
							"single_select",
							"Dong",
							/has no option "Dong"; nearest: "Doing"|"Done"/,
						] as [string, unknown, RegExp],
					]
				: []),
			...(has("date")
				? [
						["date", "tomorrow-ish", /is not a date/] as [
							string,
							unknown,
							RegExp,
						],
					]
				: []),
			...(has("date")
				? [
						["date", 1_700_000_000, /could be seconds/] as [
							string,
							unknown,
							RegExp,
						],
					]
				: []),
			...(has("percent")
				? [["percent", 12, /is ambiguous/] as [string, unknown, RegExp]]
				: []),
			...(has("checkbox")
				? [
						["checkbox", "perhaps", /takes true or false/] as [
							string,
							unknown,
							RegExp,
						],
					]
				: []),
			...(has("link")
				? [
						["link", ["no such title"], /found no record/] as [
							string,
							unknown,
							RegExp,
						],
					]
				: []),
			...(has("number")
				? [
						["number", 2 ** 60, /larger than can be kept exactly/] as [
							string,
							unknown,
							RegExp,
						],
					]
				: []),
		];
		const answer = await writeWith(
			{ session, subject: world.subject },
			"create_records",
			{
				table: world.table,
				records: [
					{ fields: { [TITLE]: "fine" } },
					...wrong.map(([name, value]) => ({
						fields: { [TITLE]: "x", [name]: value },
					})),
				],
			},
		);
		expect(answer.isError).toBe(true);
		expect(answer.structured.change_id).toBeNull();
		expect(counts(answer)).toMatchObject({
			created: 0,
			failed: wrong.length,
			not_attempted: 1,
		});
		const problems = answer.structured.problems as {
			record: number;
			field: string;
			message: string;
		}[];
		expect(problems.map(({ record, field }) => [record, field])).toEqual(
			wrong.map(([name], index) => [index + 1, name]),
		);
		for (const [index, [, , message]] of wrong.entries())
			expect(problems[index]?.message).toMatch(message);
		expect(calls).toEqual([]);
		expect((await query(world, { table: world.table, limit: 0 })).total).toBe(
			world.rows.length,
		);
	},

	"an option that is allowed is made, one that is not is refused": async (
		world,
	) => {
		const name = "single_select";
		if (!world.columns.has(name)) {
			expect(world.absent.get(name)).toEqual(expect.any(String));
			return;
		}
		const table = await tableWith(world, [name]);
		const records = [{ fields: { [TITLE]: "a", [name]: "Blocked" } }];
		const refused = await writeWith(world, "create_records", {
			table,
			records,
		});
		expect(refused.isError).toBe(true);
		const answer = await writeWith(world, "create_records", {
			table,
			records,
			allow_new_options: true,
		});
		expect(counts(answer).created).toBe(1);
		expect((await query(world, { table, fields: [name] })).rows[0]?.[1]).toBe(
			"Blocked",
		);
		const located = await locate(
			world.session,
			table,
			runningOf(world.session),
			{ maxAgeMs: 0 },
		);
		expect(
			fieldIn(located, name).settings.options?.map((option) => option.name),
		).toContain("Blocked");
	},

	"computed fields sent back unchanged are ignored, changed ones refused":
		async (world) => {
			const computed = [...world.columns]
				.filter(([, { given }]) => given.length === 0)
				.map(([name]) => name);
			const row = world.rows[4];
			const { columns, rows } = await query(world, {
				table: world.table,
				record_ids: [row?.id],
				fields: [TITLE, ...computed],
			});
			const fields = Object.fromEntries(
				columns.slice(1).map((name, index) => [name, rows[0]?.[index + 1]]),
			);
			const same = await writeWith(world, "update_records", {
				table: world.table,
				records: [{ id: row?.id, fields }],
			});
			expect(counts(same)).toMatchObject({ unchanged: 1, failed: 0 });
			expect(computed.length + world.absent.size).toBeGreaterThan(0);
			for (const name of computed) {
				const answer = await writeWith(world, "update_records", {
					table: world.table,
					records: [
						{ id: row?.id, fields: { [name]: "2001-01-01T00:00:00Z" } },
					],
				});
				expect(counts(answer)).toMatchObject({ updated: 0, failed: 1 });
				expect(JSON.stringify(answer.structured.problems)).toContain(
					"read only",
				);
			}
		},

	"links are written by id and by title, and shown with their title": async (
		world,
	) => {
		if (!world.columns.has("link")) {
			const { adapter } = await world.located();
			expect(adapter.codecs.link).toHaveProperty("unsupported");
			return;
		}
		const table = await tableWith(world, ["link"]);
		const [t0] = world.targets;
		const answer = await writeWith(world, "create_records", {
			table,
			records: [
				{ fields: { [TITLE]: "by id", link: [t0] } },
				{ fields: { [TITLE]: "by title", link: ["T1"] } },
				{ fields: { [TITLE]: "as shown", link: [`T0 [${t0}]`] } },
			],
		});
		const { rows } = await query(world, {
			table,
			fields: ["link"],
			record_ids: idsOf(answer),
		});
		expect(rows.map(([, cell]) => cell)).toEqual([["T0"], ["T1"], ["T0"]]);
		const filtered = await idsFrom(world, {
			table,
			filter: { conditions: [{ field: "link", op: "contains", value: "T0" }] },
		});
		expect(filtered.length).toBe(2);
	},

	"what was written can be taken back": async (world) => {
		const { table, ids } = await titled(world, ["a", "b", "c"]);
		const titles = async () =>
			(await query(world, { table, fields: [TITLE] })).rows
				.map(([, title]) => title as string)
				.toSorted();
		const update = await writeWith(world, "update_records", {
			table,
			records: ids.map((id, index) => ({
				id,
				fields: { [TITLE]: `changed ${index}` },
			})),
		});
		const undone = await writeWith(world, "undo_change", {
			change_id: update.structured.change_id,
		});
		expect(counts(undone)).toMatchObject({ updated: 3, failed: 0 });
		expect(await titles()).toEqual(["a", "b", "c"]);
		const remove = await writeWith(world, "delete_records", {
			table,
			record_ids: ids.slice(1),
		});
		expect(await titles()).toEqual(["a"]);
		const back = await writeWith(world, "undo_change", {
			change_id: remove.structured.change_id,
		});
		expect(counts(back)).toMatchObject({ created: 2, failed: 0 });
		expect(await titles()).toEqual(["a", "b", "c"]);
		const create = await writeWith(world, "create_records", {
			table,
			records: [{ fields: { [TITLE]: "d" } }],
		});
		const gone = await writeWith(world, "undo_change", {
			change_id: create.structured.change_id,
		});
		expect(counts(gone).deleted).toBe(1);
		expect(await titles()).toEqual(["a", "b", "c"]);
		const again = failureOf(
			writeWith(world, "undo_change", {
				change_id: create.structured.change_id,
			}),
		);
		expect((await again).message).toContain("undone already");
	},
} as const satisfies Record<string, Case>;
