import { expect } from "vitest";
import {
	atRequest,
	type CloudPeer,
	eachCloudPeer,
	eachPeer,
	gateway,
	openWorld,
	type Peer,
	type World,
} from "./world.js";

/*
 * A file whose rows name each other: the records are made first and linked once all of them are there, in whatever
 * order the rows stand.
 */

const FIELDS = [
	{ name: "Name", type: "text" },
	{ name: "Title", type: "text" },
	{ name: "Manager", type: "link", settings: { link_table: "Staff" } },
];

/** A chain upwards, a cycle of two, one who is their own manager, one with two, and one with none. */
const STAFF: readonly (readonly [string, string])[] = [
	["Ann", "Bob"],
	["Bob", "Cyd"],
	["Cyd", ""],
	["Dan", "Eve"],
	["Eve", "Dan"],
	["Fay", "Fay"],
	["Gil", "Ann, Cyd"],
];

const csv = (rows: readonly (readonly [string, string])[]) =>
	[
		"Name,Title,Manager",
		...rows.map(([name, manager]) => `${name},T ${name},"${manager}"`),
	].join("\n");

async function staff(
	peer: Peer,
	options: Parameters<typeof openWorld>[1] = {},
) {
	const world = await openWorld(peer, options);
	const { structured } = await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Staff",
		fields: FIELDS,
	});
	return { ...world, table: structured.table as string };
}

/** Who names whom, as it is read back. */
async function managers({ client, table }: Pick<World, "client" | "table">) {
	const { structured } = await client.ok("query_records", {
		table,
		fields: ["Name", "Manager.id"],
		limit: 1000,
	});
	const rows = structured.rows as [string, string, unknown][];
	const names = new Map(rows.map(([id, name]) => [id, name]));
	return rows
		.map(([, name, ids]) => [
			name,
			String(ids ?? "")
				.split(/, ?/)
				.map((id) => (id === "" ? "" : (names.get(id) ?? id)))
				.join(", "),
		])
		.sort();
}

const sorted = (rows: readonly (readonly [string, string])[]) =>
	rows.map(([name, manager]) => [name, manager]).sort();

eachPeer("rows name rows of their file, whatever their order", async (peer) => {
	const world = await staff(peer);
	const { client, table } = world;
	client.put("staff.csv", csv(STAFF));
	const call = { table, file: "staff.csv" };
	const dry = await client.ok("import_records", { ...call, dry_run: true });
	expect(dry.structured.counts).toMatchObject({ created: 7, failed: 0 });
	const run = await client.ok("import_records", call);
	expect(run.structured.counts).toEqual(dry.structured.counts);
	expect(await managers(world)).toEqual(sorted(STAFF));

	const changes = await client.ok("list_changes", { table });
	const [change, ...others] = changes.structured.changes.filter(
		({ tool }: { tool: string }) => tool === "import_records",
	);
	expect(others).toEqual([]);
	expect(change.counts).toEqual({ created: 7 });
	await client.ok("undo_change", { change_id: change.change_id });
	expect((await world.site.rows(table)).size).toBe(0);
});

eachPeer(
	"a second import by key links what is there and what is new",
	async (peer) => {
		const world = await staff(peer);
		const { client, table } = world;
		client.put("one.csv", csv(STAFF.slice(0, 3)));
		await client.ok("import_records", { table, file: "one.csv" });
		const before = await managers(world);

		const next: readonly (readonly [string, string])[] = [
			["Ann", "Bob"],
			["Bob", "Hal"],
			["Hal", "Cyd"],
		];
		client.put("two.csv", csv(next));
		const call = { table, file: "two.csv", match_on: ["Name"] };
		const dry = await client.ok("import_records", { ...call, dry_run: true });
		expect(dry.structured.counts).toMatchObject({
			created: 1,
			updated: 1,
			unchanged: 1,
		});
		const run = await client.ok("import_records", call);
		expect(run.structured.counts).toEqual(dry.structured.counts);
		expect(await managers(world)).toEqual(
			sorted([
				["Ann", "Bob"],
				["Bob", "Hal"],
				["Cyd", ""],
				["Hal", "Cyd"],
			]),
		);
		const { change_id } = run.structured;
		await client.ok("undo_change", { change_id });
		expect(await managers(world)).toEqual(before);
	},
);

eachPeer(
	"a name that no row and no record has refuses the file, and so does one that two have",
	async (peer) => {
		const world = await staff(peer);
		const { client, table } = world;
		client.put(
			"bad.csv",
			csv([
				["Ann", "Zed"],
				["Bob", "Ann"],
			]),
		);
		const bad = await client.call("import_records", { table, file: "bad.csv" });
		expect(bad.isError).toBe(true);
		expect(bad.text).toContain(
			'found no record of the table that ""Manager"" links to ""Zed""',
		);
		client.put(
			"twice.csv",
			csv([
				["Ann", ""],
				["Ann", ""],
				["Bob", "Ann"],
			]),
		);
		const twice = await client.call("import_records", {
			table,
			file: "twice.csv",
		});
		expect(twice.isError).toBe(true);
		expect(twice.text).toContain(
			"Ann [line 2 of the file], Ann [line 3 of the file]",
		);
		expect((await world.site.rows(table)).size).toBe(0);
	},
);

eachPeer(
	"with skip a row that links to a refused one is refused as well, by however many steps, and the corrected file doubles nothing",
	async (peer) => {
		const world = await staff(peer);
		const { client, table } = world;
		await client.ok("create_field", { table, name: "Age", type: "number" });
		const rows = (bob: string, dan: string) =>
			`Name,Age,Manager\nAnn,30,Bob\nBob,${bob},Cyd\nCyd,50,\nDan,40,${dan}\nEve,20,"Bob, Cyd"\nFay,21,Gil\nGil,22,"Fay, Eve"\nHal,23,Hal\nIda,24,Cyd\n`;
		client.put("skip.csv", rows("old", "Zed"));
		const call = { table, file: "skip.csv", on_error: "skip" };
		const dry = await client.ok("import_records", { ...call, dry_run: true });
		const run = await client.ok("import_records", call);
		expect(dry.structured.problems).toEqual(run.structured.problems);
		for (const { structured, text } of [dry, run]) {
			expect(structured.counts, text).toMatchObject({ created: 3, failed: 6 });
			expect(structured.in_part, text).toBeUndefined();
			expect(text).toContain(
				"line 3 of the file, which has this title, was refused",
			);
		}
		expect(await managers(world)).toEqual([
			["Cyd", ""],
			["Hal", "Hal"],
			["Ida", "Cyd"],
		]);
		const listed = await client.ok("list_changes", { table, limit: 1 });
		expect(listed.structured.changes[0].counts).toEqual({
			created: 3,
			failed: 6,
		});
		expect(client.read("skip.csv.problems.csv")).toMatch(/^2,0,Manager/m);

		client.put("right.csv", rows("31", ""));
		const again = await client.ok("import_records", {
			...{ table, file: "right.csv", match_on: ["Name"] },
		});
		expect(again.structured.counts).toMatchObject({ created: 6, unchanged: 3 });
		expect((await managers(world)).length).toBe(9);
		await client.ok("undo_change", { change_id: again.structured.change_id });
		await client.ok("undo_change", { change_id: run.structured.change_id });
		expect((await world.site.rows(table)).size).toBe(0);
	},
);

eachPeer(
	"with skip and a key, records are left as they are where their rows link to refused ones",
	async (peer) => {
		const world = await staff(peer);
		const { client, table } = world;
		await client.ok("create_field", { table, name: "Age", type: "number" });
		client.put(
			"there.csv",
			"Title,Name,Age,Manager\n1,Ann,30,\n2,Bob,31,\n3,Cyd,32,\n",
		);
		await client.ok("import_records", { table, file: "there.csv" });
		client.put(
			"next.csv",
			"Title,Name,Age,Manager\n1,Ann,40,New\n2,Robert,bad,\n3,Cyd,42,Robert\n4,New,bad,\n5,Far,1,Ann\n6,Kay,2,\n",
		);
		const call = {
			...{ table, file: "next.csv" },
			...{ on_error: "skip", match_on: ["Title"] },
		};
		const dry = await client.ok("import_records", { ...call, dry_run: true });
		const run = await client.ok("import_records", call);
		expect(dry.structured.problems).toEqual(run.structured.problems);
		for (const { structured, text } of [dry, run])
			expect(structured.counts, text).toMatchObject({
				...{ created: 2, updated: 0, failed: 4 },
			});
		const { structured } = await client.ok("query_records", {
			...{ table, fields: ["Name", "Age", "Manager"], ids: false },
		});
		expect([...structured.rows].sort()).toEqual([
			["Ann", 30, null],
			["Bob", 31, null],
			["Cyd", 32, null],
			["Far", 1, ["Ann"]],
			["Kay", 2, null],
		]);
	},
);

eachCloudPeer(
	"killed anywhere, it goes on without a doubled row or a missing link",
	async (peer: CloudPeer) => {
		const names = Array.from({ length: 25 }, (_, index) => `n${index}`);
		const rows = names.map(
			(name, index) =>
				[name, names[(index + 7) % names.length]] as [string, string],
		);
		const isWrite = (request: Parameters<typeof peer.network.writeOf>[0]) =>
			peer.network.writeOf(request) !== undefined;
		for (let at = 1; ; at++) {
			const world = await staff(peer);
			const { client, table } = world;
			client.put("staff.csv", csv(rows));
			const { writes } = world;
			const earlier = writes();
			world.faulty(
				atRequest(
					at,
					isWrite,
					gateway(502, at % 2 === 0 ? "after" : "before"),
					1000,
				),
			);
			const first = await client.call("import_records", {
				table,
				file: "staff.csv",
			});
			world.faulty(undefined);
			if (first.structured.change_id === undefined) throw new Error(first.text);
			let answer = first;
			for (let calls = 0; answer.isError; calls++) {
				expect(calls, answer.text).toBeLessThan(4);
				answer = await (await world.another()).call("import_records", {
					resume: first.structured.change_id,
				});
			}
			expect(answer.structured.counts).toMatchObject({
				created: 25,
				failed: 0,
			});
			expect(await managers(world)).toEqual(sorted(rows));
			if (!first.isError && at > 2) return;
			expect(writes()).toBeGreaterThan(earlier);
		}
	},
);

eachPeer(
	"a file of several parts is linked across them, and a title that a record has too is not guessed",
	async (peer) => {
		const world = await staff(peer);
		const { client, table } = world;
		const count = 620;
		const rows = Array.from(
			{ length: count },
			(_, index) => [`n${index}`, `n${count - 1 - index}`] as const,
		);
		client.put("long.csv", csv(rows));
		let answer = await client.call("import_records", {
			table,
			file: "long.csv",
		});
		while (answer.isError) {
			expect(answer.structured.change_id, answer.text).toBeTruthy();
			answer = await client.call("import_records", {
				resume: answer.structured.change_id,
			});
		}
		expect(answer.structured.counts).toMatchObject({
			created: count,
			failed: 0,
		});
		expect(await managers(world)).toEqual(sorted(rows));

		client.put(
			"again.csv",
			csv([
				["n5", ""],
				["x", "n5"],
			]),
		);
		const again = await client.call("import_records", {
			table,
			file: "again.csv",
		});
		expect(again.isError).toBe(true);
		expect(again.text).toMatch(
			/n5 \[[^\]]+\], n5 \[line 2 of the file\]; use the id/,
		);
	},
);
