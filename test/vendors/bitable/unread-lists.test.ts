import { expect, test } from "vitest";
import type { FaultPlan } from "../../fakes/fake.js";
import { openWorld } from "./world.js";

/** A list cell in a form that does not tell what is in it. */
const TITLES = '[{"text":"A","type":"text"}]';

/** The link of B to A is read as a title without an id. */
async function titlesAlone() {
	const options: { fault?: FaultPlan } = {};
	const world = await openWorld(options);
	const { fake, table } = world;
	fake.addField(table, { name: "Up", type: 18, property: { table_id: table } });
	const [one = "", two = "", three = ""] = fake.addRecords(table, [
		{ Title: "A" },
		{ Title: "B" },
		{ Title: "C" },
	]);
	await world.tool("update_records", {
		table: world.reference,
		records: [{ id: two, fields: { Up: [one] } }],
	});
	let isInside = false;
	options.fault = (request) => {
		if (isInside || !/\/records/.test(request.path)) return undefined;
		isInside = true;
		const own = fake.handle(request);
		isInside = false;
		const body = String(own.body).replaceAll(
			`{"link_record_ids":["${one}"]}`,
			TITLES,
		);
		return { when: "before", response: { ...own, body } };
	};
	return { ...world, one, two, three };
}

const stored = (world: Awaited<ReturnType<typeof titlesAlone>>, id: string) =>
	JSON.stringify(
		world.fake.rows(world.table).find(({ recordId }) => recordId === id),
	);

test.each([
	["add", "by id"],
	["remove", "by id"],
	["add", "by filter"],
	["remove", "by filter"],
	["add", "by key"],
	["remove", "by key"],
] as const)(
	"%s of a link that tells titles without ids is refused for that record, %s",
	async (edit, way) => {
		const world = await titlesAlone();
		const { one, two, three } = world;
		const before = stored(world, two);
		expect(before).toContain(one);
		const Up = { [edit]: [three] };
		const target = {
			"by id": { records: [{ id: two, fields: { Up } }] },
			"by key": {
				match_on: ["Title"],
				records: [{ fields: { Title: "B", Up } }],
			},
			"by filter": {
				filter: { conditions: [{ field: "Title", op: "is", value: "B" }] },
				set: { Up },
			},
		}[way];
		const answer = await world.tool("update_records", {
			table: world.reference,
			...target,
		});
		expect(answer.structured.counts).toMatchObject({ failed: 1 });
		expect(answer.structured.counts).not.toMatchObject({ updated: 1 });
		expect(JSON.stringify(answer.structured)).toMatch(
			/\\"Up\\" holds a value that cannot be read as a list.*whole list/,
		);
		expect(stored(world, two)).toBe(before);
	},
);

test("a record whose list can be read is edited as ever", async () => {
	const world = await titlesAlone();
	const { two, three } = world;
	const answer = await world.tool("update_records", {
		table: world.reference,
		records: [{ id: three, fields: { Up: { add: [two] } } }],
	});
	expect(answer.structured.counts, answer.text).toMatchObject({ updated: 1 });
	expect(stored(world, three)).toContain(two);
});
