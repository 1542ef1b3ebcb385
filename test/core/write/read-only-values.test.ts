import { expect, test } from "vitest";
import { callTool, runningOf } from "../../conformance/session.js";
import { localWorld, makeTable } from "../local-world.js";

/* Values given for fields that nobody writes: sent back unchanged they are left out and named, changed ones refused. */

async function numbered() {
	const { session } = localWorld();
	const table = await makeTable(session, "Tasks", [
		{ name: "Title", type: "text" },
		{ name: "No", type: "auto_number" },
	]);
	const { structured } = await callTool(session, "create_records", {
		table,
		records: ["a", "b"].map((Title) => ({ fields: { Title } })),
	});
	const ids = structured.ids as readonly string[];
	const call = async (args: object) => {
		const answer = await callTool(
			session,
			"update_records",
			{ table, ...args },
			runningOf(session),
		);
		return {
			structured: answer.structured,
			all: JSON.stringify([answer.structured, answer.text]),
			counts: answer.structured.counts,
		};
	};
	return { ids, call };
}

const A = {
	match: "all",
	conditions: [{ field: "Title", op: "is", value: "a" }],
} as const;

test.each([{ dry_run: true }, {}])(
	"`set` of a read-only field to what it holds is said to be left out %j",
	async (dry) => {
		const { call } = await numbered();
		const same = await call({ filter: A, set: { No: 1 }, ...dry });
		expect(same.counts).toMatchObject({ unchanged: 1 });
		expect(same.all).toMatch(/\\"No\\"/);
		expect(same.all).toMatch(/left out/);
		const beside = await call({
			filter: A,
			set: { No: 1, Title: "c" },
			...dry,
		});
		expect(beside.counts).toMatchObject(
			"dry_run" in dry ? { failed: 0 } : { updated: 1 },
		);
		expect(beside.all).toMatch(/left out/);
	},
);

test.each([null, "", 7, [], "x"].map((value) => ({ value })))(
	"`set` of a read-only field to what it does not hold is refused: %j",
	async ({ value }) => {
		const { call } = await numbered();
		const { counts, all } = await call({ filter: A, set: { No: value } });
		expect(counts).toMatchObject({ failed: 1 });
		expect(all).toMatch(/\\"No\\" is read only and would change/);
	},
);

test("an update by id or key says which read-only fields it left out", async () => {
	const { ids, call } = await numbered();
	const [id] = ids;
	for (const args of [
		{ records: [{ id, fields: { No: 1 } }] },
		{ records: [{ id, fields: { No: 1, Title: "a2" } }] },
		{ records: [{ fields: { No: 1, Title: "a2" } }], match_on: ["Title"] },
	]) {
		const { counts, all } = await call(args);
		expect(counts).toMatchObject({ failed: 0 });
		expect(all).toMatch(/left out: \\"No\\"/);
	}
	const changed = await call({ records: [{ id, fields: { No: null } }] });
	expect(changed.counts).toMatchObject({ failed: 1 });
});

test("an upsert that creates says which read-only fields it left out", async () => {
	const { call } = await numbered();
	const { counts, all } = await call({
		records: [{ fields: { No: 9, Title: "new" } }],
		match_on: ["Title"],
		upsert: true,
	});
	expect(counts).toMatchObject({ created: 1 });
	expect(all).toMatch(/left out: \\"No\\"/);
});
