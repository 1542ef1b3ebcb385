import { describe, expect, test } from "vitest";
import { METHOD_FACTS } from "../../../src/core/contract/methods.js";
import { allPages } from "../../../src/core/contract/pages.js";
import type { Policy } from "../../../src/core/contract/policy.js";
import { callTool, failureOf, sessionOf } from "../../conformance/session.js";
import { FAILURES } from "../scripted-adapter.js";
import { recordsOf, scriptedWorld } from "../scripted-session.js";

/** A vendor that sends titles of links inside the cells, seen through a policy. */
async function guarded(
	policyOf: (names: { tasks: string; other: string }) => Partial<Policy>,
) {
	const world = await scriptedWorld();
	const other = await world.makeTable("Secret plans");
	await callTool(world.session, "create_field", {
		table: world.table,
		name: "Plan",
		type: "link",
		settings: { link_table: other },
	});
	const plan = world.put(other, { Title: "Merger" });
	world.put(world.table, {
		Title: "Call",
		Count: 4711,
		Plan: [{ id: plan, text: "Merger" }],
	});
	const id = (reference: string) => reference.split("/")[1] as string;
	const log: string[] = [];
	const { session, close } = sessionOf({
		vendor: world.vendor,
		folder: world.folder,
		clock: world.clock,
		seed: 99,
		policy: policyOf({ tasks: id(world.table), other: id(other) }),
		log: (line) => log.push(line),
	});
	return { ...world, open: session, other, close, log };
}

const rows = async (
	world: Awaited<ReturnType<typeof guarded>>,
	args: object = {},
) =>
	(await callTool(world.open, "query_records", { table: world.table, ...args }))
		.structured as { columns: string[]; rows: unknown[][]; total: number };

describe("tables", () => {
	test("titles of a forbidden table are cut out of cells, and cannot be asked for", async () => {
		const world = await guarded(({ tasks }) => ({ tables: [tasks] }));
		const { rows: shown } = await rows(world, { fields: ["Plan"] });
		expect(JSON.stringify(shown)).toMatch(/\[row\w+\]/);
		expect(JSON.stringify(shown)).not.toContain("Merger");
		for (const condition of [
			{ field: "Plan", op: "search", value: "merger" },
			{ field: "*", op: "search", value: "merger" },
		])
			expect(
				(await rows(world, { limit: 0, filter: { conditions: [condition] } }))
					.total,
			).toBe(0);
		// Whether one has the title or not, the refusal is the same.
		const said = new Set<string>();
		for (const value of ["Merger", "No such"]) {
			const { message } = await failureOf(
				rows(world, {
					filter: { conditions: [{ field: "Plan", op: "contains", value }] },
				}),
			);
			said.add(message);
		}
		expect([...said].join()).toMatch(
			/^the filter is wrong: .*"Plan" cannot be compared with names here: .* not open to this account or policy; use any_of or none_of with ids$/,
		);
		expect(said.size).toBe(1);
		await world.close();
	});

	test("titles stay where the table is open", async () => {
		const world = await guarded(() => ({ hiddenFields: ["Count"] }));
		const { rows: shown, columns } = await rows(world);
		expect(columns).toEqual(["id", "Title", "Plan"]);
		expect(JSON.stringify(shown)).toContain("Merger");
		expect(JSON.stringify(shown)).not.toContain("4711");
		await world.close();
	});

	test("titles go with a hidden primary field", async () => {
		const world = await guarded(({ other }) => ({
			hiddenFields: [`${other}/Title`],
		}));
		expect(JSON.stringify(await rows(world))).not.toContain("Merger");
		await world.close();
	});

	test("a forbidden table is not listed, not found by name, and not written", async () => {
		const world = await guarded(({ tasks }) => ({ tables: [tasks] }));
		const { structured } = await callTool(world.open, "list_tables", {});
		expect(
			(structured.tables as { name: string }[]).map(({ name }) => name),
		).toEqual(["Tasks"]);
		const named = await failureOf(
			callTool(world.open, "query_records", { table: "Secret plan" }),
		);
		expect(`${named.message} ${named.next}`).not.toContain("Secret plans");
		const before = world.calls.length;
		const write = await failureOf(
			callTool(world.open, "create_records", {
				table: world.other,
				records: recordsOf(["x"]),
			}),
		);
		expect(write.code).toBe("not_found");
		expect(world.calls.length).toBe(before);
		await world.close();
	});
});

describe("bases", () => {
	test.each([
		["by id", ["base1"], 1],
		["by name", ["The base"], 1],
		["another", ["elsewhere"], 0],
	])("%s", async (_, bases, tables) => {
		const world = await guarded(() => ({ bases }));
		const { structured } = await callTool(world.open, "list_tables", {});
		expect((structured.tables as unknown[]).length > 0 ? 1 : 0).toBe(tables);
		const read = callTool(world.open, "query_records", { table: world.table });
		if (tables === 1) expect((await read).structured.total).toBe(1);
		else expect((await failureOf(read)).code).toBe("not_found");
		await world.close();
	});
});

test("read_only refuses every writing method before it is called, and lets reading through", async () => {
	const world = await guarded(() => ({ readOnly: true }));
	const connection = world.open.connections.get("scripted");
	const adapter = await connection?.adapter();
	if (adapter === undefined) throw new Error("no adapter");
	const writing = [...METHOD_FACTS]
		.filter(([name, { does }]) => does === "write" && name in adapter)
		.map(([name]) => name);
	expect(writing).toEqual(
		expect.arrayContaining(["createBatch", "addOptions", "createField"]),
	);
	for (const name of writing)
		expect(
			await failureOf((adapter[name] as () => Promise<unknown>)()),
		).toMatchObject({
			code: "not_allowed",
			message: "this connection is read-only",
		});
	expect((await rows(world)).total).toBe(1);
	await world.close();
});

test("an open policy is the adapter itself", async () => {
	const world = await scriptedWorld();
	const { guard } = await import("../../../src/core/places/guard.js");
	const adapter = await world.session.connections.get("scripted")?.adapter();
	if (adapter === undefined) throw new Error("no adapter");
	const services = {
		clock: world.clock,
		memory: { marks: () => new Set<string>(), add: () => {} },
		log: () => {},
		connection: "scripted",
	};
	expect(guard(adapter, { readOnly: false, hiddenFields: [] }, services)).toBe(
		adapter,
	);
});

test("a rule that names nothing is warned about once everything was seen, and its name stays out of answers", async () => {
	const world = await guarded(({ tasks }) => ({
		bases: ["The base", "Gone"],
		tables: [tasks, "Orders"],
		hiddenFields: ["Count", "Salary"],
	}));
	const said = () =>
		world.log.filter((line) => line.includes("names nothing")).join("\n");
	const { text } = await callTool(world.open, "list_tables", {});
	expect(said()).toContain('bases: "Gone"');
	expect(said()).toContain('tables: "Orders"');
	expect(said()).not.toContain("Salary");
	await rows(world);
	await callTool(world.open, "list_tables", {});
	await rows(world);
	expect(said().match(/hidden_fields: "Salary"/g)).toHaveLength(1);
	expect(said()).not.toContain('"Count"');
	expect(text).not.toMatch(/Gone|Orders/);
	await world.close();
});

test("listings of several pages are read whole, and a failure is not swallowed", async () => {
	const pages: Record<string, { items: number[]; next?: string }> = {
		start: { items: [1, 2], next: "a" },
		a: { items: [], next: "b" },
		b: { items: [3] },
	};
	expect(
		await allPages(
			async (cursor) => pages[cursor ?? "start"] as { items: number[] },
		),
	).toEqual([1, 2, 3]);
	const broken = allPages(async () => {
		throw FAILURES.unreachable();
	});
	expect((await failureOf(broken)).code).toBe("unreachable");
});
