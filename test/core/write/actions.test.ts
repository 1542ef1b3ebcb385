import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TablesError } from "../../../src/core/contract/errors.js";
import type { Session } from "../../../src/core/contract/session.js";
import { carryOut } from "../../../src/core/write/carry-out.js";
import { callTool, failureOf } from "../../conformance/session.js";
import { type LocalWorld, localWorld, makeTable } from "../local-world.js";

/* Changes of tables, fields and views in the journal: who sees them, what became of them, what takes them back. */

interface Listed {
	readonly change_id: string;
	readonly tool: string;
	readonly what?: string;
	readonly status: string;
	readonly undo: string;
	readonly table: string;
}

const listed = async (session: Session) =>
	(await callTool(session, "list_changes", {})).structured
		.changes as readonly Listed[];
const undo = (session: Session, change_id: string, more: object = {}) =>
	callTool(session, "undo_change", { change_id, ...more });

const FIELDS = [
	{ name: "Title", type: "text" },
	{ name: "Pay", type: "number" },
];

async function opened() {
	const world = localWorld();
	const table = await makeTable(world.session, "Staff", FIELDS);
	world.clock.advance(1_000);
	return { ...world, table };
}

/** Ids of changes by their tool. */
const idOf = async (session: Session, tool: string) =>
	(await listed(session)).find((one) => one.tool === tool)?.change_id ?? "";

test("an action whose answer nobody saw is listed as unknown, with what to look at, and is not undone", async () => {
	const { session, table, locate } = await opened();
	const located = await locate(table);
	const lost = new TablesError("outcome_unknown", "no answer came");
	const failure = await failureOf(
		carryOut(
			session,
			{
				tool: "create_field",
				place: located,
				deed: { kind: "create_field", name: "Extra", type: "text" },
			},
			() => Promise.reject(lost),
		),
	);
	expect(failure.message).toMatch(/no answer came; list_changes shows it/);
	const [first] = await listed(session);
	expect(first?.status).toContain(
		`unknown: nobody saw its answer; look at describe_fields of ${table}`,
	);
	const refused = await failureOf(undo(session, first?.change_id ?? ""));
	expect(refused.code).toBe("conflict");
	expect(refused.message).toContain("unknown");
});

test("an action of a process that was killed before its end is unknown, and one that was refused is failed", async () => {
	const { session, table, folder } = await opened();
	await callTool(session, "update_table", { table, name: "People" });
	const dir = join(folder, "journal");
	const file = readdirSync(dir).find((name) =>
		readFileSync(join(dir, name), "utf8").includes("rename_table"),
	) as string;
	const [start] = readFileSync(join(dir, file), "utf8").split("\n");
	writeFileSync(join(dir, file), `${start}\n{"type":"action_en`);
	expect((await listed(session))[0]?.status).toMatch(/^unknown: .*list_tables/);
	await failureOf(
		callTool(session, "create_field", { table, name: "Pay", type: "text" }),
	);
	const failed = (await listed(session)).find(
		({ tool }) => tool === "create_field",
	);
	expect(failed?.status).toMatch(/^failed/);
	expect(
		(await failureOf(undo(session, failed?.change_id ?? ""))).message,
	).toMatch(/was refused: there is nothing to undo/);
});

test("a program that does not know actions finds no change in their files, and this one passes over lines it does not know", async () => {
	const { session, table, folder } = await opened();
	await callTool(session, "update_table", { table, name: "People" });
	const dir = join(folder, "journal");
	for (const name of readdirSync(dir)) {
		const text = readFileSync(join(dir, name), "utf8");
		expect(text).not.toContain('"type":"start"');
		// The end is found at once, also by what reads the last line only.
		expect(JSON.parse(text.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
			type: "end",
			status: "complete",
		});
		writeFileSync(join(dir, name), `${text}{"type":"later","change":"x"}\n`);
	}
	writeFileSync(
		join(dir, "later-change.1.0.jsonl"),
		'{"type":"later","change":"later-change"}\n',
	);
	expect(await session.journal.list()).toEqual([]);
	expect((await listed(session)).map(({ tool }) => tool)).toEqual([
		"update_table",
		"create_table",
	]);
});

test("what was renamed or changed since is not taken back", async () => {
	const { session, table, clock } = await opened();
	await callTool(session, "update_table", { table, name: "People" });
	const rename = await idOf(session, "update_table");
	clock.advance(1_000);
	await callTool(session, "update_table", { table, name: "Persons" });
	expect((await failureOf(undo(session, rename))).message).toMatch(
		/the table was renamed to "Persons" since/,
	);
	await callTool(session, "update_field", {
		table,
		field: "Pay",
		name: "Wage",
		settings: { description: "per month" },
	});
	const field = await idOf(session, "update_field");
	clock.advance(1_000);
	await callTool(session, "update_field", {
		table,
		field: "Wage",
		settings: { description: "per year" },
	});
	const refused = await failureOf(undo(session, field));
	expect(refused.message).toMatch(/the description of "Wage" changed since/);
	// The later one first, then the earlier.
	await undo(session, await idOf(session, "update_field"));
	clock.advance(1_000);
	await undo(session, field);
	const { structured } = await callTool(session, "describe_fields", { table });
	expect(
		(structured.fields as { name: string; description?: string }[]).map(
			({ name, description }) => [name, description],
		),
	).toEqual([
		["Title", undefined],
		["Pay", undefined],
	]);
	// And again.
	await undo(session, await idOf(session, "undo_change"));
	const again = await callTool(session, "describe_fields", { table });
	expect((again.structured.fields as object[])[1]).toMatchObject({
		name: "Wage",
		description: "per month",
	});
});

test("a made table or field with what others put in goes only when a person agrees", async () => {
	const { session, table, another, clock } = await opened();
	await callTool(session, "create_field", {
		table,
		name: "Note",
		type: "text",
	});
	const field = await idOf(session, "create_field");
	await callTool(another(), "create_records", {
		table,
		records: [{ fields: { Note: "theirs" } }],
	});
	const asked = await failureOf(undo(session, field));
	expect(asked.code).toBe("declined");
	expect(asked.message).toMatch(/"Note" .*in 1 record/);
	const dry = await undo(session, field, { dry_run: true });
	expect(dry.text).toContain('confirm: "Note"');
	const made = await idOf(session, "create_table");
	const whole = await failureOf(undo(session, made));
	expect(whole.message).toMatch(/delete the table "Staff" with 1 record/);
	await undo(session, field, { confirm: "Note" });
	clock.advance(1_000);
	await undo(session, made, { confirm: "Staff" });
	expect(
		(await callTool(session, "list_tables", {})).structured.tables,
	).toEqual([]);
	expect((await failureOf(undo(session, made))).message).toMatch(
		/was undone already/,
	);
	const last = await idOf(session, "undo_change");
	expect((await failureOf(undo(session, last))).message).toMatch(
		/cannot be undone: the table's records and ids are gone/,
	);
});

test("a change belongs to who made it: nobody else lists, undoes or resumes it", async () => {
	const { session, table } = await opened();
	await callTool(session, "create_records", {
		table,
		records: [{ fields: { Title: "mine" } }],
	});
	await callTool(session, "update_table", { table, name: "People" });
	const own = await listed(session);
	expect(own).toHaveLength(3);
	const other: Session = { ...session, person: "somebody-else" };
	expect(await listed(other)).toEqual([]);
	for (const { change_id } of own) {
		const refused = await failureOf(undo(other, change_id));
		expect(refused.message).toBe(`there is no change ${change_id}`);
		const resumed = await failureOf(
			callTool(other, "create_records", { table, resume: change_id }),
		);
		expect(resumed.message).toBe(`there is no change ${change_id}`);
	}
	await callTool(other, "update_table", { table, name: "Theirs" });
	expect(await listed(other)).toHaveLength(1);
	expect(await listed(session)).toHaveLength(3);
});

/** What a policy may tell of changes that were made without one. */
async function underPolicy(
	{ another, session, table }: LocalWorld & { readonly table: string },
	policy: Parameters<LocalWorld["another"]>[0],
) {
	await callTool(session, "update_field", {
		table,
		field: "Pay",
		name: "Salary",
	});
	await callTool(session, "create_field", {
		table,
		name: "Gone",
		type: "text",
	});
	await callTool(session, "delete_field", {
		table,
		field: "Gone",
		confirm: "Gone",
	});
	await callTool(session, "create_view", { table, name: "Board" });
	await callTool(session, "update_table", { table, name: "Secret plan" });
	await callTool(session, "update_table", { table, name: "Team" });
	return another(policy);
}

test("a field that the policy hides has no changes, and neither has one that is gone", async () => {
	const world = await opened();
	const fenced = await underPolicy(world, { hiddenFields: ["Salary"] });
	const seen = await listed(fenced);
	expect(JSON.stringify(seen)).not.toMatch(/Salary|Pay|Gone/);
	expect(seen.map(({ tool }) => tool)).toEqual(
		expect.arrayContaining(["create_view", "update_table", "create_table"]),
	);
	for (const tool of ["update_field", "create_field", "delete_field"]) {
		const id = await idOf(world.session, tool);
		expect((await failureOf(undo(fenced, id))).message).toBe(
			`there is no change ${id}`,
		);
	}
});

test("under a policy nothing is told of what was refused: the policy may have refused it", async () => {
	const world = await opened();
	const fenced = world.another({ tables: ["Staff"] });
	await failureOf(
		callTool(fenced, "create_table", { name: "Vault", fields: FIELDS }),
	);
	expect(JSON.stringify(await listed(fenced))).not.toContain("Vault");
});

test("a forbidden table has no changes, and a name that a rule uses is not told as a former one", async () => {
	const world = await opened();
	const closed = await underPolicy(world, { tables: ["Elsewhere"] });
	expect(await listed(closed)).toEqual([]);
	const open = world.another({ tables: ["Team", "Secret plan"] });
	const text = JSON.stringify(await listed(open));
	expect(text).toContain("Team");
	expect(text).not.toContain("Secret plan");
});
