import { describe, expect, test } from "vitest";
import { forgetWrites } from "../folder.js";
import {
	type Cells,
	created,
	openWorld,
	PEERS,
	type Peer,
	recordsOf,
	type World,
} from "./world.js";

/*
 * What a person agreed to is what is lost: while they read the question somebody else writes, as many records as before
 * are there, and what they hold is not what it was.
 */

interface Loss {
	readonly tool: string;
	readonly args: object;
	/** Written meanwhile into the first record: it would be lost, and nobody has agreed to that. */
	readonly lost: Cells;
	/** Written meanwhile: it stays, or is nothing that was there. Absent: all that is written is lost. */
	readonly kept?: Cells;
	/** What the cell that is lost was. */
	readonly before: Cells;
}

const LOSSES: Readonly<Record<string, Loss>> = {
	"a table": {
		tool: "delete_table",
		args: {},
		before: { Amount: 1 },
		lost: { Amount: 99 },
	},
	"a table, into an empty cell": {
		tool: "delete_table",
		args: {},
		before: { Tag: null },
		lost: { Tag: "b" },
	},
	"a field": {
		tool: "delete_field",
		args: { field: "Amount" },
		before: { Amount: 1 },
		lost: { Amount: 99 },
		kept: { Title: "new" },
	},
	"a field of lists": {
		tool: "delete_field",
		args: { field: "Tags" },
		before: { Tags: ["x"] },
		lost: { Tags: ["x", "y"] },
		kept: { Amount: 99 },
	},
	"a type": {
		tool: "update_field",
		args: { field: "Amount", type: "text" },
		before: { Amount: 1 },
		lost: { Amount: 99 },
		kept: { Title: "new" },
	},
	options: {
		tool: "update_field",
		args: { field: "Tags", settings: { remove_options: ["x", "y"] } },
		before: { Tags: ["x"] },
		lost: { Tags: ["x", "y"] },
		kept: { Tags: ["x", "z"] },
	},
};

async function opened(peer: Peer, before: Cells) {
	let meanwhile: () => Promise<unknown> = async () => {};
	const world = await openWorld(peer, {
		person: async () => {
			await meanwhile();
			return { action: "accept" };
		},
	});
	// Some vendors keep the last table of a base.
	await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Other",
		fields: [{ name: "Title", type: "text" }],
	});
	const ids = await created(world, recordsOf(3, before));
	forgetWrites(world.folder);
	return {
		...world,
		first: ids[0] as string,
		whileAsked: (write: () => Promise<unknown>) => {
			meanwhile = write;
		},
	};
}

const stateOf = async ({ client, site, table }: World) => [
	(await client.ok("describe_fields", { table })).structured.fields,
	await site.rows(table),
];

describe("what is lost is what was agreed to", () => {
	for (const [what, { tool, args, before, lost, kept }] of Object.entries(
		LOSSES,
	))
		describe(what, () => {
			const asking: string[] = [];
			for (const peer of PEERS)
				test(peer.id, async () => {
					const world = await opened(peer, before);
					const { client, table, site, first, whileAsked } = world;
					const call = { table, ...args };
					whileAsked(() => site.change(table, first, lost));
					const refused = await client.refused(tool, call);
					if (client.asked.length === 0) {
						expect(refused.text).toMatch(/^(unsupported|bad_argument): /);
						return;
					}
					asking.push(peer.id);
					expect(refused.text).toMatch(
						/^conflict: .* has changed while the person was asked: 1 of the .* hold/,
					);
					expect(refused.text).toContain("asked about it as it is now");
					await site.change(table, first, before);
					if (kept !== undefined) {
						whileAsked(() => site.change(table, first, kept));
						await client.ok(tool, call);
						return;
					}
					const whole = await stateOf(world);
					whileAsked(() => site.change(table, first, lost));
					await client.refused(tool, call);
					await site.change(table, first, before);
					expect(await stateOf(world)).toEqual(whole);
					whileAsked(async () => {});
					await client.ok(tool, call);
				});
			test("somebody is asked", () => {
				expect(asking).toContain("local");
				expect(asking.length).toBeGreaterThan(1);
			});
		});
});

interface Fewer {
	readonly tool: string;
	readonly args: object;
	readonly before: Cells;
	/** The first record loses nothing any more. */
	spare(world: World, id: string): Promise<void>;
	/** How the answer says that so many records lose something. */
	readonly says: (count: number) => string;
}

const emptied =
	(field: string): Fewer["spare"] =>
	({ site, table }, id) =>
		site.change(table, id, { [field]: null });

const FEWER: Readonly<Record<string, Fewer>> = {
	"a table": {
		tool: "delete_table",
		args: {},
		before: {},
		spare: ({ site, table }, id) => site.remove(table, id),
		says: (count) => `with ${count} records`,
	},
	"a field": {
		tool: "delete_field",
		args: { field: "Amount" },
		before: {},
		spare: emptied("Amount"),
		says: (count) => `(${count} filled)`,
	},
	options: {
		tool: "update_field",
		args: { field: "Tag", settings: { remove_options: ["a"] } },
		before: { Tag: "a" },
		spare: emptied("Tag"),
		says: (count) => `and from ${count} records`,
	},
};

describe("what is told is what was lost, and not what was asked about", () => {
	for (const [what, { tool, args, before, spare, says }] of Object.entries(
		FEWER,
	))
		describe(what, () => {
			const asking: string[] = [];
			for (const peer of PEERS)
				test(peer.id, async () => {
					const world = await opened(peer, before);
					const { client, table, first, whileAsked } = world;
					whileAsked(() => spare(world, first));
					const { text, isError } = await client.call(tool, { table, ...args });
					if (client.asked.length === 0) {
						expect(text).toMatch(/^(unsupported|bad_argument): /);
						return;
					}
					asking.push(peer.id);
					expect(isError, text).toBe(false);
					expect(client.asked.at(-1)).toMatch(/\b3\b/);
					expect(text).toContain(says(2));
					expect(text).not.toContain(says(3));
				});
			test("somebody is asked", () => {
				expect(asking).toContain("local");
				expect(asking.length).toBeGreaterThan(1);
			});
		});
});
