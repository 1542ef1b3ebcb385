import { expect, test } from "vitest";
import { failure } from "../../fakes/bitable/index.js";
import type { FaultPlan } from "../../fakes/fake.js";
import { openWorld } from "./world.js";

/** A base with a role and people who do not have it. */
async function staffed(people: number, options: { fault?: FaultPlan } = {}) {
	const world = await openWorld(options);
	Object.assign(world.fake.base(world.base), { isAdvanced: true });
	await world.tool("create_role", { base: world.base, name: "Staff" });
	const ids = Array.from(
		{ length: people },
		(_, index) => world.fake.addPerson({ name: `P${index}` }).openId,
	);
	const role = () => [...world.fake.base(world.base).roles.values()][0];
	world.sent();
	return {
		...world,
		ids,
		held: () => [...(role()?.members.keys() ?? [])],
		writes: () => world.sent().filter((call) => !call.startsWith("GET")),
		change: (tool: "add" | "remove", members: readonly string[]) =>
			world.tool(`${tool}_role_members`, {
				base: world.base,
				role: "Staff",
				members,
				...(tool === "remove" ? { confirm: "Staff" } : {}),
			}),
	};
}

test("members go out a hundred at a time", async () => {
	const { ids, held, writes, change } = await staffed(150);
	const added = await change("add", ids);
	expect(added.structured).toMatchObject({
		counts: { added: 150, failed: 0, unknown: 0, not_attempted: 0 },
		problems: [],
	});
	expect(added.isError).not.toBe(true);
	expect(held()).toEqual(ids);
	expect(writes().length).toBe(2);
	const removed = await change("remove", ids);
	expect(removed.structured.counts).toMatchObject({ removed: 150 });
	expect(held()).toEqual([]);
});

test("one who is nobody keeps nobody else from the role", async () => {
	const { ids, held, change } = await staffed(110);
	const answer = await change("add", [
		...ids.slice(0, 5),
		"ou_nobody",
		...ids.slice(5),
	]);
	expect(held().toSorted()).toEqual(ids.toSorted());
	expect(answer.isError).toBe(true);
	expect(answer.text).toMatch(/^FAILED IN PART: added 110 of 111 members/);
	expect(answer.text).toContain("failed: ou_nobody: ");
	expect(answer.structured).toMatchObject({
		counts: { added: 110, failed: 1, unknown: 0, not_attempted: 0 },
		problems: [
			{
				member: "ou_nobody",
				message: expect.stringContaining("there is no such person"),
			},
		],
	});
});

test("a role that is full says who is left", async () => {
	const { ids, held, change } = await staffed(250);
	const answer = await change("add", ids);
	expect(held().length).toBe(200);
	expect(answer.text).toMatch(/^NOT FINISHED: added 200 of 250 members/);
	expect(answer.text).toMatch(/stopped: .*as many members as it can have/);
	expect(answer.structured).toMatchObject({
		counts: { added: 200, failed: 0, unknown: 0, not_attempted: 50 },
		left: ids.slice(200),
	});
});

test("a batch whose answer is lost is not known, and the rest is not sent", async () => {
	let batches = 0;
	const { ids, held, change } = await staffed(250, {
		fault: ({ path }) =>
			path.endsWith("/members/batch_create") && ++batches === 2
				? { when: "after", response: failure(1255001) }
				: undefined,
	});
	const answer = await change("add", ids);
	expect(held().length).toBe(200);
	expect(answer.structured).toMatchObject({
		counts: { added: 100, failed: 0, unknown: 100, not_attempted: 50 },
		unknown: ids.slice(100, 200),
		left: ids.slice(200),
	});
	expect(answer.text).toContain("list_role_members shows what is there");
});

test("a lone member that is nobody is refused", async () => {
	const { change } = await staffed(0);
	await expect(change("add", ["ou_nobody"])).rejects.toThrow(
		/no such person, group or department/,
	);
});
