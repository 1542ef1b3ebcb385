import { expect } from "vitest";
import { eachProblem } from "../each-problem.js";
import {
	type Cells,
	created,
	eachPeer,
	openWorld,
	recordsOf,
	type World,
} from "./world.js";

/*
 * Input that others drop, bend or send on, and then report success: every problem of every record is reported at
 * once, and nothing is sent.
 */

/** Columns beyond those of every world, as far as the vendor has them. */
async function withPeople(world: World): Promise<void> {
	for (const [name, type, settings] of [
		["Owner", "user", {}],
		["Parent", "link", { link_table: world.table }],
	] as const) {
		const answer = await world.client.ok("create_field", {
			table: world.table,
			name,
			type,
			settings,
		});
		expect(answer.isError).toBe(false);
	}
}

const WRONG: readonly {
	readonly why: string;
	readonly fields: Cells;
	readonly field: string;
	readonly says: RegExp;
}[] = [
	{
		why: "a misspelled field",
		fields: { Nmae: "x" },
		field: "Nmae",
		says: /no field "Nmae"|Title/,
	},
	{
		why: "a misspelled field near another",
		fields: { Titel: "x" },
		field: "Titel",
		says: /"Title"/,
	},
	{
		why: "an option with a typo",
		fields: { Title: "x", Tag: "aa" },
		field: "Tag",
		says: /has no option "aa".*"a"/,
	},
	{
		why: "an option with a typo among others",
		fields: { Title: "x", Tags: ["x", "yy"] },
		field: "Tags",
		says: /has no option "yy"/,
	},
	{
		why: "a text where a number belongs",
		fields: { Title: "x", Amount: "abc" },
		field: "Amount",
		says: /number/,
	},
	{
		why: "a number that a double cannot hold",
		fields: { Title: "x", Amount: "9007199254740993" },
		field: "Amount",
		says: /round|digits|double|exact/,
	},
	{
		why: "a day that does not exist",
		fields: { Title: "x", Day: "2026-99-99" },
		field: "Day",
		says: /2026|month|date/,
	},
	{
		why: "the thirtieth of February",
		fields: { Title: "x", Day: "2026-02-30" },
		field: "Day",
		says: /day|date/,
	},
	{
		why: "a number that could be seconds",
		fields: { Title: "x", Day: 1_790_000_000 },
		field: "Day",
		says: /seconds/,
	},
	{
		why: "a word where yes or no belongs",
		fields: { Title: "x", Done: "perhaps" },
		field: "Done",
		says: /true/,
	},
	{
		why: "a person who is not there",
		fields: { Title: "x", Owner: ["Nobody Atall"] },
		field: "Owner",
		says: /Nobody Atall/,
	},
	{
		why: "a record that is not there to link to",
		fields: { Title: "x", Parent: ["no such row"] },
		field: "Parent",
		says: /no such row/,
	},
	{
		why: "an object where a text belongs",
		fields: { Title: { text: "x" } },
		field: "Title",
		says: /takes/,
	},
];

/** Each wrong value of these records is named, and nothing of the good one. */
async function refusedWhole(
	world: World,
	wrong: typeof WRONG,
	dry_run: boolean,
): Promise<void> {
	const records = [
		{ fields: { Title: "good" } },
		...wrong.map(({ fields }) => ({ fields })),
		{ fields: { Titel: "x", Amount: "abc", Tag: "aa" } },
	];
	const answer = await world.client.refused("create_records", {
		table: world.table,
		records,
		...(dry_run ? { dry_run } : {}),
	});
	expect(answer.structured.change_id).toBeNull();
	expect(answer.text).toMatch(/^(REFUSED: nothing was written|DRY RUN)/);
	const problems = eachProblem(
		answer.structured.problems as readonly {
			readonly record: number;
			readonly field?: string;
			readonly message: string;
		}[],
	);
	for (const [index, { why, field, says }] of wrong.entries()) {
		const found = problems.filter(({ record }) => record === index + 1);
		expect(found.length, why).toBeGreaterThan(0);
		expect(
			found.some(
				(problem) =>
					says.test(problem.message) &&
					(problem.field === field || problem.message.includes(field)),
			),
			`${why}: ${JSON.stringify(found)}`,
		).toBe(true);
		expect(answer.text, why).toContain(found[0]?.message.replaceAll('"', '""'));
	}
	const last = records.length - 1;
	expect(problems.filter(({ record }) => record === last)).toHaveLength(3);
	expect(problems.some(({ record }) => record === 0)).toBe(false);
}

eachPeer(
	"wrong values of every kind are refused with all problems of all records, and nothing is sent",
	async (peer) => {
		const world = await openWorld(peer);
		await withPeople(world);
		// The local store has no directory: a person's name is taken as it is.
		const wrong = WRONG.filter(
			({ field }) => field !== "Owner" || peer.network !== undefined,
		);
		const before = world.writes();
		// An answer shows so many kinds of problems that these fit into two.
		for (const part of [wrong.slice(0, 10), wrong.slice(10)])
			for (const dry_run of [false, true])
				await refusedWhole(world, part, dry_run);
		expect(world.writes()).toBe(before);
		expect(await world.titles()).toEqual([]);
		const described = await world.client.ok("describe_fields", {
			table: world.table,
			fields: ["Tag", "Tags"],
		});
		expect(JSON.stringify(described.structured)).not.toMatch(/"aa"|"yy"/);
	},
);

eachPeer(
	"the same holds for an update, and for one by filter",
	async (peer) => {
		const world = await openWorld(peer);
		const ids = await created(world, recordsOf(2));
		const before = world.writes();
		const answer = await world.client.refused("update_records", {
			table: world.table,
			records: [
				{ id: ids[0], fields: { Tag: "aa", Amount: "abc" } },
				{ id: ids[1], fields: { Dya: "2026-01-01" } },
			],
		});
		expect(answer.structured.problems).toHaveLength(3);
		const byFilter = await world.client.refused("update_records", {
			table: world.table,
			filter: { conditions: [{ field: "Title", op: "is_not_empty" }] },
			set: { Tag: "aa", Amount: "abc" },
		});
		expect(byFilter.structured.problems).toHaveLength(2);
		expect(world.writes()).toBe(before);
		expect(
			[...(await world.site.rows(world.table)).values()].map(
				({ Tag }) => Tag ?? null,
			),
		).toEqual([null, null]);
	},
);

eachPeer("a new option is made only when that is asked for", async (peer) => {
	const world = await openWorld(peer);
	await world.client.refused("create_records", {
		table: world.table,
		records: [{ fields: { Title: "x", Tag: "new" } }],
	});
	const answer = await world.client.ok("create_records", {
		table: world.table,
		records: [{ fields: { Title: "x", Tag: "new", Tags: ["x", "other"] } }],
		allow_new_options: true,
	});
	expect(answer.structured.counts.created).toBe(1);
	const described = await world.client.ok("describe_fields", {
		table: world.table,
		fields: ["Tag", "Tags"],
	});
	expect(described.text).toMatch(/new/);
	expect(described.text).toMatch(/other/);
	const shown = await world.client.ok("query_records", {
		table: world.table,
		fields: ["Tag", "Tags"],
	});
	expect(shown.structured.rows[0].slice(1)).toEqual(["new", ["x", "other"]]);
});

eachPeer(
	"more records than one call of the vendor takes are not an error",
	async (peer) => {
		const world = await openWorld(peer);
		const count = world.adapter.limits.batch.update + 1;
		const ids = await created(world, recordsOf(count));
		const answer = await world.client.ok("update_records", {
			table: world.table,
			records: ids.map((id) => ({ id, fields: { Amount: 5 } })),
		});
		expect(
			answer.structured.counts.updated + answer.structured.counts.unchanged,
		).toBe(count);
		const gone = await world.client.ok("delete_records", {
			table: world.table,
			record_ids: ids,
			confirm: String(count),
		});
		expect(gone.structured.counts.deleted).toBe(count);
		expect(await world.titles()).toEqual([]);
	},
);

eachPeer("objects and lists that came as JSON text are taken", async (peer) => {
	const world = await openWorld(peer);
	const answer = await world.client.ok("create_records", {
		table: world.table,
		records: JSON.stringify([
			{ fields: JSON.stringify({ Title: "one", Tags: ["x"] }) },
			{ fields: { Title: '{"looks": "like JSON"}' } },
		]),
	});
	expect(answer.structured.counts.created).toBe(2);
	// A cell's own text is never decoded.
	expect(await world.titles()).toEqual(["one", '{"looks": "like JSON"}']);
	for (const filter of [
		{ conditions: [{ field: "Tags", op: "has_all", values: ["x"] }] },
		JSON.stringify({
			conditions: JSON.stringify([
				{ field: "Tags", op: "has_all", values: '["x"]' },
			]),
		}),
	]) {
		const found = await world.client.ok("query_records", {
			table: world.table,
			fields: '["Title"]',
			filter,
		});
		expect(found.structured.rows.map((row: unknown[]) => row[1])).toEqual([
			"one",
		]);
	}
});

eachPeer(
	"a misspelled argument is refused by name, wherever it stands",
	async (peer) => {
		const world = await openWorld(peer);
		const [id] = await created(world, recordsOf(1));
		const before = world.site.fake?.log.length;
		for (const [tool, args, says] of [
			["query_records", { pageSize: 5 }, /"pageSize"/],
			["query_records", { filters: { conditions: [] } }, /"filters".*filter/],
			[
				"query_records",
				{ filter: { condition: [] } },
				/"filter\.condition".*conditions/,
			],
			[
				"query_records",
				{
					filter: {
						conditions: [{ field: "Title", operator: "is", value: "x" }],
					},
				},
				/operator/,
			],
			[
				"query_records",
				{ sort: [{ field: "Title", order: "desc" }] },
				/"sort\[0\]\.order"/,
			],
			[
				"update_records",
				{ records: [{ id, fields: { Amount: 1 } }], dryrun: true },
				/"dryrun".*dry_run/,
			],
			["delete_records", { ids: [id] }, /"ids"/],
			["import_records", { file: "x.csv", skip: true }, /"skip"/],
		] as const) {
			const answer = await world.client.refused(tool, {
				table: world.table,
				...args,
			});
			expect(answer.text, tool).toMatch(/^bad_argument: /);
			expect(answer.text, tool).toMatch(says);
		}
		expect(world.site.fake?.log.length).toBe(before);
		expect(await world.titles()).toEqual(["row 0"]);
	},
);

eachPeer(
	"what a read shows can be written back as it is; what would change a computed cell is refused",
	async (peer) => {
		const world = await openWorld(peer);
		const ids = await created(world, [
			{
				fields: {
					Title: "one",
					Amount: 5,
					Tag: "a",
					Tags: ["x", "y"],
					Day: "2026-11-20",
					Done: true,
				},
			},
		]);
		for (const detail of ["compact", "full"]) {
			const { structured } = await world.client.ok("query_records", {
				table: world.table,
				detail,
			});
			const fields = Object.fromEntries(
				(structured.columns as string[])
					.map((name, index) => [name, structured.rows[0][index]] as const)
					.filter(([name]) => name !== "id"),
			);
			const answer = await world.client.ok("update_records", {
				table: world.table,
				records: [{ id: ids[0], fields }],
			});
			expect(answer.structured.counts, detail).toMatchObject({
				unchanged: 1,
				updated: 0,
			});
		}
	},
);
