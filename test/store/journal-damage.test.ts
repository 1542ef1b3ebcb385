import {
	appendFileSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Session } from "../../src/core/contract/session.js";
import { callTool } from "../conformance/session.js";
import { localWorld, makeTable, SEED } from "../core/local-world.js";

/* What became of one file of the journal is nobody else's trouble: everything that is whole is listed and can be undone. */

/** A table with `count` changes, each of one new record. */
async function changed(count: number) {
	const world = localWorld();
	const table = await makeTable(world.session, "Rows", [
		{ name: "Title", type: "text" },
	]);
	const journal = join(world.folder, "journal");
	const ids: string[] = [];
	for (let index = 0; index < count; index++) {
		const { structured } = await callTool(world.session, "create_records", {
			table,
			records: [{ fields: { Title: `row ${index}` } }],
		});
		ids.push(structured.change_id as string);
	}
	const fileOf = (id: string) =>
		join(
			journal,
			readdirSync(journal).find((name) => name.startsWith(id)) as string,
		);
	const listed = async () => {
		const { structured } = await callTool(world.another(), "list_changes", {
			table,
		});
		return {
			ids: (
				structured.changes as { change_id: string; tool: string }[]
			).flatMap(({ change_id, tool }) =>
				tool === "create_table" ? [] : [change_id],
			),
			notes: (structured.notes as string[]).join("\n"),
		};
	};
	const undo = async (id: string) =>
		(await callTool(world.another(), "undo_change", { change_id: id }))
			.structured;
	return { ...world, table, journal, ids, fileOf, listed, undo };
}

const START = {
	type: "start",
	change: "?",
	tool: "create_records",
	connection: "local",
	base: "main",
	table: "tbl",
	tableName: "Rows",
	atMs: 1,
	hash: "h",
};

describe("a line of another shape is left out, and said with its file", () => {
	test.each([
		["null", "null"],
		["a number", "17"],
		["a text", '"start"'],
		["a list", "[]"],
		["half a line", '{"type":"start","chan'],
		["no type", "{}"],
		["a type that is not known", '{"type":"begin","change":"?"}'],
		["a type of Object's", '{"type":"constructor","change":"?"}'],
		["NUL bytes", "\0\0\0\0\0\0\0\0"],
		["a giant line", "x".repeat(5_000_000)],
		["another change's", JSON.stringify(START)],
		["a start of wrong types", '{"type":"start","change":"?","atMs":"now"}'],
		[
			"a time that no calendar has",
			'{"type":"start","change":"?","atMs":1e300}',
		],
		["a plan without ops", '{"type":"plan","change":"?","settled":[]}'],
		["ops of null", '{"type":"plan","change":"?","ops":[null],"settled":[]}'],
		[
			"values that are a list",
			'{"type":"sent","change":"?","batch":9,"kind":"update","indexes":[0],"key":"k","atMs":1,"before":[1]}',
		],
		[
			"results of a number",
			'{"type":"done","change":"?","batch":0,"results":7}',
		],
		[
			"an outcome that is not known",
			'{"type":"done","change":"?","batch":0,"results":[{"index":0,"outcome":"melted"}]}',
		],
		["an end of another status", '{"type":"end","change":"?","status":1}'],
	])("%s", async (_, line) => {
		const { ids, fileOf, listed, undo } = await changed(2);
		const [hurt = "", whole = ""] = ids;
		const file = fileOf(hurt);
		const mine =
			line === JSON.stringify(START)
				? line
				: line.replaceAll('"?"', `"${hurt}"`);
		writeFileSync(file, `${mine}\n${readFileSync(file, "utf8")}`);
		const { ids: seen, notes } = await listed();
		expect(seen).toEqual(expect.arrayContaining([hurt, whole]));
		expect(notes).toContain(`1 line of ${file} cannot be read`);
		expect((await undo(whole)).counts).toMatchObject({ deleted: 1 });
		const undone = await undo(hurt);
		expect(undone.counts).toMatchObject({ deleted: 1 });
		expect(JSON.stringify(undone.notes)).toContain("1 damaged lines");
	});
});

test.each(["a folder", "random bytes", "nothing", "a NUL"])(
	"%s in place of a file is said, and the others are there",
	async (what) => {
		const { ids, fileOf, listed, undo } = await changed(2);
		const [hurt = "", whole = ""] = ids;
		const file = fileOf(hurt);
		rmSync(file);
		if (what === "a folder") mkdirSync(file);
		else
			writeFileSync(
				file,
				what === "nothing"
					? ""
					: what === "a NUL"
						? "\0\n"
						: Buffer.from(
								Array.from({ length: 4_000 }, (_, at) => (at * 7_919) % 256),
							),
			);
		const { ids: seen, notes } = await listed();
		expect(seen).toEqual([whole]);
		if (what !== "nothing") expect(notes).toContain(file);
		expect((await undo(whole)).counts).toMatchObject({ deleted: 1 });
	},
);

test("a change with damaged lines is not resumed, and undo says what it cannot know", async () => {
	const { ids, fileOf, session, undo, table } = await changed(1);
	const [hurt = ""] = ids;
	const lines = readFileSync(fileOf(hurt), "utf8").split("\n");
	const kept = lines.map((line) => (/"done"|"end"/.test(line) ? "null" : line));
	writeFileSync(fileOf(hurt), kept.join("\n"));
	await expect(
		callTool(session, "create_records", {
			table,
			resume: hurt,
			records: [{ fields: { Title: "row 0" } }],
		}),
	).rejects.toThrow(/damaged/);
	const words = `cannot be undone: 2 lines of its journal cannot be read`;
	await expect(undo(hurt)).rejects.toThrow(`change ${hurt} ${words}`);
	expect(await undoOf(session, hurt)).toBe(words);
});

const listedOf = async (session: Session, id: string) =>
	(
		(await callTool(session, "list_changes", {})).structured
			.changes as readonly {
			change_id: string;
			status: string;
			undo: string;
		}[]
	).find(({ change_id }) => change_id === id);

const undoOf = async (session: Session, id: string) =>
	(await listedOf(session, id))?.undo;

test.each([
	["update_records", "cut", 2],
	["update_records", "emptied", 2],
	["delete_records", "cut", 2],
	["delete_records", "emptied", 2],
	["delete_records", "emptied", 1],
] as const)(
	"of a %s whose old values were %s (%i of 2 records), list_changes and undo say the same",
	async (tool, how, gone) => {
		const { fileOf, table, undo, another, session } = await changed(2);
		const { structured } = await callTool(session, "query_records", { table });
		const ids = (structured.rows as unknown[][]).map(([id]) => id as string);
		const done = await callTool(session, tool, {
			table,
			...(tool === "delete_records"
				? { record_ids: ids }
				: { records: ids.map((id) => ({ id, fields: { Title: "new" } })) }),
		});
		const id = done.structured.change_id as string;
		const lines = readFileSync(fileOf(id), "utf8").split("\n");
		const hurt = lines.map((line) => {
			if (!line.includes('"sent"')) return line;
			if (how === "cut") return line.slice(0, 40) + line.slice(80);
			const sent = JSON.parse(line);
			for (const one of ids.slice(0, gone)) delete sent.before[one];
			return JSON.stringify(sent);
		});
		expect(hurt).not.toEqual(lines);
		writeFileSync(fileOf(id), hurt.join("\n"));
		const words = `no former values of ${gone} of its 2 records are kept${how === "cut" ? "; 1 line of its journal cannot be read" : ""}`;
		if (gone === 2) {
			expect(await undoOf(another(), id)).toBe(`cannot be undone: ${words}`);
			await expect(undo(id)).rejects.toThrow(
				`change ${id} cannot be undone: ${words}`,
			);
		} else {
			expect(await undoOf(another(), id)).toBe(
				`can be undone in part: ${words}`,
			);
			expect((await undo(id)).counts).toMatchObject({ created: 1, failed: 1 });
		}
	},
);

test.each(["create_records", "undo_change"])(
	"a %s that was killed right after its file appeared leaves nothing to resume, and stops no later undo",
	async (tool) => {
		const { ids, fileOf, undo, another, session, table } = await changed(1);
		const [made = ""] = ids;
		let id = made;
		if (tool === "undo_change") id = (await undo(made)).change_id as string;
		else
			id = (
				await callTool(session, tool, {
					table,
					records: [{ fields: { Title: "next" } }],
				})
			).structured.change_id as string;
		const [first = ""] = readFileSync(fileOf(id), "utf8").split("\n");
		writeFileSync(fileOf(id), `${first}\n`);
		expect(await listedOf(another(), id)).toMatchObject({
			status: "ended before anything was written; nothing to resume or undo",
			undo: "nothing to undo",
		});
		if (tool === "undo_change")
			expect((await undo(made)).notes).toContainEqual(
				expect.stringContaining("is gone already"),
			);
		else
			expect((await undo(id)).notes).toContainEqual(
				expect.stringContaining("wrote nothing that can be undone"),
			);
	},
);

test("a line that broke off and was written again behind it is no damage", async () => {
	const { ids, fileOf, listed } = await changed(1);
	const file = fileOf(ids[0] as string);
	const [first = "", ...rest] = readFileSync(file, "utf8").split("\n");
	writeFileSync(
		file,
		`${first}\n${rest[0]?.slice(0, 9)}\n\n${rest.join("\n")}`,
	);
	appendFileSync(file, '{"type":"e');
	expect((await listed()).notes).not.toContain(file);
});

test(`whatever is damaged, what is whole is listed and undone (seed ${SEED})`, async () => {
	const COUNT = 4;
	await fc.assert(
		fc.asyncProperty(
			fc.array(
				fc.record({
					file: fc.integer({ min: 0, max: COUNT - 2 }),
					at: fc.double({ min: 0, max: 1, noNaN: true }),
					bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
					cut: fc.boolean(),
				}),
				{ minLength: 1, maxLength: 6 },
			),
			async (damages) => {
				const { ids, fileOf, listed, undo } = await changed(COUNT);
				const hurt = new Set<string>();
				for (const { file, at, bytes, cut } of damages) {
					const id = ids[file] as string;
					hurt.add(id);
					const content = readFileSync(fileOf(id));
					const from = Math.floor(at * content.length);
					const end = content.subarray(cut ? content.length : from);
					writeFileSync(
						fileOf(id),
						Buffer.concat([content.subarray(0, from), bytes, end]),
					);
				}
				const seen = (await listed()).ids;
				const whole = ids.filter((id) => !hurt.has(id));
				expect(seen).toEqual(expect.arrayContaining(whole));
				for (const id of whole)
					expect((await undo(id)).counts).toMatchObject({ deleted: 1 });
			},
		),
		{ seed: SEED, numRuns: 15 },
	);
});
