import { beforeEach, describe, expect, test } from "vitest";
import { type VirtualClock, virtualClock } from "../clock.js";
import { forgetWrites } from "../folder.js";
import { connected, joined, openServer, type TestClient } from "./client.js";

/* A link has two ends: what a person does not want to lose at one of them is not taken from the other. */

const RECORDS = 60;

/** A table of a link, as it is called and reached. */
interface End {
	readonly name: string;
	readonly table: string;
	readonly field: string;
	readonly ids: readonly string[];
}

interface Linked {
	readonly folder: string;
	readonly clock: VirtualClock;
	/** A client whose person says no to whatever they are asked. */
	readonly no: TestClient;
	/** A client that cannot ask. */
	readonly mute: TestClient;
	readonly ends: Readonly<Record<"held" | "linking", End>>;
}

/** Records of other people, each linked to one of another table. */
async function linked(twoWay = true): Promise<Linked> {
	const clock = virtualClock();
	const server = openServer({ clock });
	const mute = await joined(server);
	const no = await joined(server, {
		person: () => {
			clock.advance(5_000);
			return { action: "decline" };
		},
	});
	const make = async (name: string, fields: object[]) =>
		(
			await mute.ok("create_table", {
				name,
				fields: [{ name: "Name", type: "text" }, ...fields],
			})
		).structured.table as string;
	const fill = async (table: string, cells: (index: number) => object) =>
		(
			await mute.ok("create_records", {
				table,
				records: Array.from({ length: RECORDS }, (_, index) => ({
					fields: { Name: `r${index}`, ...cells(index) },
				})),
			})
		).structured.ids as string[];
	const held = await make("Held", []);
	const sides = twoWay ? { two_way: true, reverse_name: "Back" } : {};
	const linking = await make("Linking", [
		{ name: "To", type: "link", settings: { link_table: held, ...sides } },
	]);
	const heldIds = await fill(held, () => ({}));
	const linkingIds = await fill(linking, (index) => ({
		To: [{ id: heldIds[index] }],
	}));
	forgetWrites(server.folder);
	return {
		...{ folder: server.folder, clock, no, mute },
		ends: {
			held: { name: "Held", table: held, field: "Back", ids: heldIds },
			linking: {
				name: "Linking",
				table: linking,
				field: "To",
				ids: linkingIds,
			},
		},
	};
}

type Way = (end: End) => readonly [tool: string, args: object, confirm: string];

/** What takes the links, at either end. */
const WAYS = {
	delete_table: ({ name }) => ["delete_table", {}, name],
	delete_field: ({ field }) => ["delete_field", { field }, field],
	"deleting the records": ({ ids }) => [
		"delete_records",
		{ record_ids: ids },
		String(RECORDS),
	],
	"deleting a few records": ({ ids }) => [
		"delete_records",
		{ record_ids: ids.slice(0, 5) },
		"5",
	],
	"emptying the cells": ({ field, ids }) => [
		"update_records",
		{ records: ids.map((id) => ({ id, fields: { [field]: null } })) },
		String(RECORDS),
	],
	"emptying a few cells": ({ field, ids }) => [
		"update_records",
		{
			records: ids.slice(0, 5).map((id) => ({ id, fields: { [field]: null } })),
		},
		"5",
	],
	"emptying by filter": ({ field }) => [
		"update_records",
		{
			filter: { conditions: [{ field: "Name", op: "is_not_empty" }] },
			set: { [field]: null },
		},
		String(RECORDS),
	],
} as const satisfies Record<string, Way>;

type WayName = keyof typeof WAYS;
/** Those that a person is asked about whatever happened before. */
const ASKED = (Object.keys(WAYS) as WayName[]).filter(
	(way) => !way.includes("a few"),
);

/** All that could be taken, at both ends. */
async function state({ mute, ends }: Linked): Promise<string> {
	const parts: unknown[] = [];
	for (const { table } of Object.values(ends)) {
		const { structured } = await mute.ok("describe_fields", { table });
		const rows = await mute.ok("query_records", { table, limit: 200 });
		parts.push(structured.fields, rows.structured.rows);
	}
	return JSON.stringify(parts);
}

async function everyWayFails(
	world: Linked,
	end: End,
	ways = Object.keys(WAYS) as WayName[],
): Promise<void> {
	const before = await state(world);
	for (const way of ways) {
		const [tool, args, confirm] = WAYS[way](end);
		for (const given of [{}, { confirm }]) {
			const call = { table: end.table, ...args, ...given };
			const { text } = await world.mute.refused(tool, call);
			expect(text, `${way} of ${end.name}`).toContain("a person said no to");
			expect(text).not.toContain("confirm:");
		}
	}
	expect(await state(world)).toBe(before);
}

describe.each(["held", "linking"] as const)(
	"a no at the %s end of a two-way link",
	(at) => {
		test.each(ASKED)("to %s holds at both ends", async (way) => {
			const world = await linked();
			const end = world.ends[at];
			const [tool, args] = WAYS[way](end);
			const { text } = await world.no.refused(tool, {
				table: end.table,
				...args,
			});
			expect(text).toContain("the person said no after");
			for (const other of Object.values(world.ends))
				await everyWayFails(world, other);
			world.clock.advance(600_001);
			const [again, given, confirm] = WAYS[way](end);
			await world.mute.ok(again, { table: end.table, ...given, confirm });
		});
	},
);

describe("a no at a one-way link", () => {
	let world: Linked;
	beforeEach(async () => {
		world = await linked(false);
	});

	test("to its column holds for the records that it leads to", async () => {
		const { linking, held } = world.ends;
		await world.no.refused("delete_field", {
			table: linking.table,
			field: "To",
		});
		await everyWayFails(world, held, [
			"delete_table",
			"deleting the records",
			"deleting a few records",
		]);
	});

	test("to the table that it leads to holds for the column", async () => {
		const { linking, held } = world.ends;
		await world.no.refused("delete_table", { table: held.table });
		await everyWayFails(world, linking);
	});
});

test("a no at a link holds where the policy keeps the other end's titles from the agent", async () => {
	const { folder, clock, no, ends } = await linked();
	const { linking, held } = ends;
	await no.refused("delete_table", { table: held.table });
	const policy = { hidden_fields: ["Held/Name"] };
	const fenced = await connected({
		...{ folder, clock },
		config: { connections: { local: { vendor: "local", policy } } },
	});
	const { text } = await fenced.refused("update_records", {
		table: linking.table,
		records: [{ id: linking.ids[0], fields: { To: null } }],
		confirm: "1",
	});
	expect(text).toContain("a person said no to delete_table");
});

test("a no says nothing of a table that no link leads to", async () => {
	const { mute, no, ends } = await linked();
	await no.refused("delete_table", { table: ends.held.table });
	const { structured } = await mute.ok("create_table", {
		name: "Apart",
		fields: [{ name: "Name", type: "text" }],
	});
	const { table } = structured;
	await mute.ok("delete_table", { table, confirm: "Apart" });
});
