import { describe, expect, test } from "vitest";
import { tools } from "../../src/tools/index.js";
import {
	CALLED,
	type Call,
	type Chance,
	chance,
	nextCall,
	nextRename,
	randomPolicy,
	type State,
} from "./agent.js";
import type { Snapshot } from "./site.js";
import {
	COMPUTED,
	type FencedClient,
	type FencedVendor,
	type FenceWorld,
	filesOf,
	leaksIn,
	openWorld,
	requestsNaming,
	SITES,
	secretsOf,
	type TableName,
	wholeOf,
} from "./world.js";

/*
 * Whatever an agent calls, in whatever order, under whatever policy, and whatever people rename meanwhile: nothing
 * that is closed comes out, is asked for, or changes.
 *
 * `FENCE_SEED=17` replays one run on every vendor, `FENCE_RUNS=500` makes more of them.
 */

const SEED = process.env.FENCE_SEED;
const RUNS = Number(process.env.FENCE_RUNS ?? 8);
const FIRST = 20_261_120;
const STEPS = 15;

/** Tools that it leaves alone, with the reason. */
const LEFT: Readonly<Record<string, string>> = {
	copy_dashboard: "an account without dashboards",
	update_role: "an account without roles",
	delete_role: "an account without roles",
	add_role_members: "an account without roles",
	remove_role_members: "an account without roles",
	save_contact: "contacts are of the account, not of a base",
	delete_contact: "contacts are of the account, not of a base",
	switch_automation: "an account without automations",
};

test("every tool is called, or left alone for a reason", () => {
	const reached = [...CALLED, ...Object.keys(LEFT)];
	expect(
		tools.map(({ name }) => name).filter((name) => !reached.includes(name)),
	).toEqual([]);
});

interface Tally {
	calls: number;
	good: number;
}

/** What was done, for whoever must find out why. */
type Story = string[];

/** Writes from before there was a fence. */
async function before(world: FenceWorld): Promise<string[]> {
	const open = await world.connect();
	const changes: string[] = [];
	for (const [name, fields] of [
		["vault", ["Hint"]],
		["deep", ["Item"]],
		["staff", ["Pay", "Team"]],
	] as const satisfies readonly (readonly [TableName, readonly string[]])[]) {
		const table = world.tables[name];
		const { structured } = await open.ok("update_records", {
			table: table.reference,
			records: [
				{
					id: table.records[1],
					fields: Object.fromEntries(
						fields.map((field) => [
							table.fields[field]?.name,
							`c1 ${table.fields[field]?.mark} again`,
						]),
					),
				},
			],
		});
		changes.push(structured.change_id);
	}
	return changes;
}

/** What must be as it was: all of closed tables, and hidden cells; computed cells and links follow what is open. */
function kept(
	state: Pick<State, "closed" | "world">,
	all: Readonly<Record<string, Snapshot>>,
): unknown {
	const follows = new Set(
		[
			...COMPUTED.map(
				({ table, field }) => state.world.tables[table].fields[field],
			),
			state.world.tables.staff.fields.Site,
			state.world.tables.projects.fields.Crew,
		].map((field) => field?.id),
	);
	const { closed, world } = state;
	return Object.values(world.tables).flatMap((table) => {
		const snapshot = all[`${table.base.id}/${table.id}`];
		const isClosed = closed.tables.includes(table);
		const hidden = Object.values(table.fields).filter(
			(field) => isClosed || closed.fields.includes(field),
		);
		if (hidden.length === 0) return [];
		return [
			{
				table: table.name,
				// A new name of an open table is a person's.
				fields: hidden.map(({ id }) => snapshot?.fields[id]),
				rows: (isClosed
					? Object.keys(snapshot?.rows ?? {})
					: [...table.records]
				).map((id) => [
					id,
					hidden
						.filter((field) => !follows.has(field.id))
						.map((field) => snapshot?.rows[id]?.[field.id] ?? null),
				]),
			},
		];
	});
}

/** Renames are people's alone. */
function namesOf(
	{ names }: State,
	all: Readonly<Record<string, Snapshot>>,
	table: State["closed"]["tables"][number],
): readonly [string | undefined, string] {
	return [
		all[`${table.base.id}/${table.id}`]?.name,
		names.get(table.id) ?? table.name,
	];
}

function learn(
	state: State,
	{ tool, table }: Call,
	answer: { structured: unknown },
): void {
	const said = (answer.structured ?? {}) as Record<string, unknown>;
	const put = (map: Map<string, string[]>, id: string, values: unknown[]) =>
		map.set(id, [
			...(map.get(id) ?? []),
			...values.filter((value): value is string => typeof value === "string"),
		]);
	if (typeof said.change_id === "string") state.changes.push(said.change_id);
	if (table === undefined) return;
	if (tool === "create_records" && Array.isArray(said.ids))
		put(state.made, table.id, said.ids);
	if (tool === "create_field") put(state.fields, table.id, [said.field]);
	if (tool === "create_view") put(state.views, table.id, [said.view]);
}

async function run(
	vendor: FencedVendor,
	seed: number,
	tally: Tally,
	story: Story,
) {
	const dice: Chance = chance(seed);
	const world = await openWorld(vendor);
	const changes = await before(world);
	const { policy, closed } = randomPolicy(world, dice);
	const clients: FencedClient[] = [];
	const connect = async () => {
		const made = await world.connect(policy);
		made.put("in.csv", "Column,Other\nx,y\n");
		clients.push(made);
		return made;
	};
	let client = await connect();
	const { tools: listed } = await client.client.listTools();
	const state: State = {
		world,
		policy,
		closed,
		names: new Map(),
		known: new Map(),
		made: new Map(),
		fields: new Map(),
		views: new Map(),
		changes,
		listed: new Set(listed.map(({ name }) => name)),
		count: 0,
	};
	const secrets = [...secretsOf(closed), "qzren"];
	story.push(`policy ${JSON.stringify(policy)}`);
	const check = async (call: Call) => {
		const { tool, args } = call;
		world.listen();
		const answer = await client.call(tool, args);
		const said = `${tool} ${JSON.stringify(args)}`;
		story.push(`${said}: ${answer.text.split("\n")[0]}`);
		expect(
			leaksIn(wholeOf(answer), secrets, args),
			`in the answer of ${said}:\n${answer.text}`,
		).toEqual([]);
		const sent = requestsNaming(world, secrets);
		expect(sent, `sent by ${said}`).toEqual([]);
		learn(state, call, answer);
		return answer;
	};
	// A rule is remembered by what it matched when the table was read.
	await check({ tool: "list_tables", args: {} });
	for (const { reference } of Object.values(world.tables))
		if (!closed.tables.some((table) => table.reference === reference))
			await check({ tool: "describe_fields", args: { table: reference } });
	let expected = kept(state, await world.snapshots());
	const isSame = async (what: string) => {
		const all = await world.snapshots();
		expect(kept(state, all), what).toEqual(expected);
		for (const table of closed.tables) {
			const [now, then] = namesOf(state, all, table);
			expect(now, what).toBe(then);
		}
	};
	for (let step = 0; step < STEPS; step++) {
		if (step === Math.floor(STEPS / 2) || dice.in100(3)) {
			story.push("the process starts again");
			client = await connect();
		}
		if (dice.in100(15)) {
			await isSame("before a rename in the app");
			story.push(await nextRename(state, dice));
			expected = kept(state, await world.snapshots());
		}
		if (dice.in100(40)) world.later();
		const { isError } = await check(nextCall(state, dice));
		tally.calls++;
		if (!isError) tally.good++;
	}
	await isSame("in the end");
	world.later();
	client = await connect();
	for (const { reference } of Object.values(world.tables))
		for (const tool of ["describe_fields", "query_records"])
			await check({ tool, args: { table: reference } });
	for (const [name, text] of filesOf(client))
		expect(leaksIn(text, secrets), `in the file ${name}`).toEqual([]);
	for (const { lines } of clients)
		expect(leaksIn(lines.join("\n"), secrets, policy), "in the log").toEqual(
			[],
		);
}

describe("nothing that is closed comes out, is asked for or changes", () => {
	for (const vendor of SITES)
		test(vendor.id, { timeout: 20_000 + RUNS * 2_000 }, async () => {
			const tally: Tally = { calls: 0, good: 0 };
			const seeds =
				SEED === undefined
					? Array.from({ length: RUNS }, (_, index) => FIRST + index)
					: [Number(SEED)];
			for (const seed of seeds) {
				const story: Story = [];
				try {
					await run(vendor, seed, tally, story);
				} catch (error) {
					throw new Error(
						`FENCE_SEED=${seed} replays it:\n${story.join("\n")}\n\n${(error as Error).message}`,
						{ cause: error },
					);
				}
			}
			// What only refuses proves nothing.
			if (SEED === undefined)
				expect(tally.good * 3).toBeGreaterThanOrEqual(tally.calls);
		});
});
