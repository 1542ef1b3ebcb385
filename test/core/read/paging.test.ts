import { describe, expect, test } from "vitest";
import { type QueryAnswer, query } from "../../conformance/world.js";
import {
	named,
	recordsOf,
	type ScriptedWorld,
	scriptedWorld,
} from "../scripted-session.js";

async function filled(
	count: number,
	options: Parameters<typeof scriptedWorld>[0] = {},
): Promise<ScriptedWorld & { readonly ids: readonly string[] }> {
	const world = await scriptedWorld({
		page: 5,
		pageCursors: true,
		pagesShift: true,
		...options,
	});
	const titles = named(count).map((title, index) => `${title}-${index % 3}`);
	const ids: string[] = [];
	for (let start = 0; start < count; start += 30)
		ids.push(
			...((
				await world.write("create_records", {
					records: recordsOf(titles.slice(start, start + 30)),
				})
			).ids as string[]),
		);
	return { ...world, ids };
}

const shownIds = ({ rows }: QueryAnswer) => rows.map(([id]) => id as string);

/** Reads to the end, doing something to the table after each answer. */
async function readAround(
	world: ScriptedWorld,
	args: object,
	between: (answers: number) => void,
) {
	const seen: string[] = [];
	const notes = new Set<string>();
	let cursor: string | null = null;
	for (let answers = 1; answers < 100; answers++) {
		const answer: QueryAnswer = await query(world, {
			table: world.table,
			fields: [],
			...args,
			...(cursor === null ? {} : { cursor }),
		});
		seen.push(...shownIds(answer));
		for (const note of answer.notes) notes.add(note);
		if (answer.next_cursor === null)
			return { seen, notes: [...notes].join("\n") };
		cursor = answer.next_cursor;
		between(answers);
	}
	throw new Error("paging did not end");
}

const EVEN = { conditions: [{ field: "Title", op: "contains", value: "-0" }] };

describe("pages that shift", () => {
	test.each([1, 3, 5, 7, 12])(
		"rows before the place go away; nothing is missed (limit %d)",
		async (limit) => {
			const world = await filled(23);
			const { seen, notes } = await readAround(world, { limit }, (answers) => {
				if (answers === 1) world.remove(world.table, world.ids[0] as string);
			});
			expect(seen.slice(limit)).toEqual(world.ids.slice(limit));
			expect(new Set(seen).size).toBe(seen.length);
			if (limit > 1)
				expect(notes).toContain("found again by the last rows shown");
		},
	);

	test("several rows before the place go away, over the edge of a page", async () => {
		const world = await filled(23);
		const { seen } = await readAround(world, { limit: 7 }, (answers) => {
			if (answers === 1)
				for (const id of world.ids.slice(0, 4)) world.remove(world.table, id);
		});
		expect(seen).toEqual(world.ids);
	});

	test("the last rows shown are gone: the answer says that rows may repeat or be missed", async () => {
		const world = await filled(23);
		const { notes } = await readAround(world, { limit: 7 }, (answers) => {
			if (answers === 1)
				for (const id of world.ids.slice(0, 7)) world.remove(world.table, id);
		});
		expect(notes).toContain("export_records has each row once");
	});

	test("rows that are filtered here are shown once as well", async () => {
		const world = await filled(30);
		const wanted = world.ids.filter((_, index) => index % 3 === 0);
		const { seen, notes } = await readAround(
			world,
			{ limit: 2, filter: EVEN },
			() => {},
		);
		expect(seen).toEqual(wanted);
		expect(notes).toContain("the server itself checked 5 rows");
	});

	test("an export reads every row once, though rows come and go meanwhile", async () => {
		let world: Awaited<ReturnType<typeof filled>> | undefined;
		let pages = 0;
		world = await filled(23, {
			script: ({ method, number }) => {
				if (
					method === "readPage" &&
					world !== undefined &&
					number > 0 &&
					pages++ === 1
				)
					world.put(world.table, { Title: "late" });
				return undefined;
			},
		});
		const { callTool } = await import("../../conformance/session.js");
		const { structured } = await callTool(world.session, "export_records", {
			table: world.table,
			file: "all.ndjson",
		});
		expect(String(structured.notes)).toMatch(/rows may be missed/);
		expect(structured.rows).toBeGreaterThanOrEqual(23);
		expect(structured.rows).toBeLessThanOrEqual(24);
	});
});

test("what the vendor cannot sort is sorted here, and paged from one list", async () => {
	const world = await filled(23);
	const args = { sort: [{ field: "Title", direction: "desc" }] };
	const whole = await readAround(world, { ...args, limit: 100 }, () => {});
	const titles = new Map(
		world
			.cells(world.table)
			.map(({ Title }, index) => [world.ids[index], String(Title)]),
	);
	const sorted = [...world.ids].sort((a, b) =>
		(titles.get(a) as string) < (titles.get(b) as string) ? 1 : -1,
	);
	expect(whole.seen).toEqual(sorted);
	expect(whole.notes).toContain("sorted here");
	const before = world.sent("readPage").length;
	const paged = await readAround(world, { ...args, limit: 4 }, (answers) => {
		if (answers === 1) world.put(world.table, { Title: "zzz" });
	});
	expect(paged.seen).toEqual(sorted);
	expect(world.sent("readPage").length - before).toBe(Math.ceil(23 / 5));
});

test("numbered pages are read at the same time, at most four", async () => {
	let open = 0;
	let most = 0;
	const world = await filled(43, {
		script: ({ method }) => {
			if (method !== "readPage") return undefined;
			most = Math.max(most, ++open);
			return { takesMs: 100, until: Promise.resolve().then(() => void open--) };
		},
	});
	most = 0;
	const answer = await query(world, {
		table: world.table,
		aggregate: [{ function: "count" }],
	});
	expect(answer.rows).toEqual([[43]]);
	expect(most).toBe(4);
});

test("a scan stops before the call must answer, and goes on with its cursor", async () => {
	const world = await filled(60, {
		script: ({ method }) =>
			method === "readPage" ? { takesMs: 6_000 } : undefined,
	});
	const rare = { conditions: [{ field: "Title", op: "is", value: "t59-2" }] };
	const startMs = world.clock.now();
	const first = await query(world, { table: world.table, filter: rare });
	expect(world.clock.now() - startMs).toBeLessThanOrEqual(45_000);
	expect(first).toMatchObject({ rows: [], total: null, truncated: true });
	expect(first.notes.join()).toMatch(/there was time to check \d+ rows only/);
	const { seen } = await readAround(world, { filter: rare }, () => {});
	expect(seen).toEqual([world.ids[59]]);
});

test("an answer holds 60,000 bytes of rows, and at least one", async () => {
	const world = await scriptedWorld({ page: 10 });
	const long = "x".repeat(3_900);
	for (const title of named(40))
		world.put(world.table, { Title: `${title}${long}` });
	const answer = await query(world, { table: world.table, limit: 1000 });
	expect(answer.returned).toBeGreaterThan(10);
	expect(answer.returned).toBeLessThanOrEqual(16);
	expect(answer.truncated).toBe(true);
	const { seen } = await readAround(
		world,
		{ fields: ["Title"], limit: 1000 },
		() => {},
	);
	expect(new Set(seen).size).toBe(40);
	expect(seen.length).toBe(40);
	const cut = await scriptedWorld();
	cut.put(cut.table, { Title: "y".repeat(100_000) });
	const one = await query(cut, { table: cut.table });
	expect(one.returned).toBe(1);
	expect(String(one.rows[0]?.[1])).toMatch(/…\[cut\]$/);
	expect(String(one.rows[0]?.[1]).length).toBeLessThan(4_100);
	expect(one.notes.join()).toContain("cut at 4000 characters");
});
