import { expect } from "vitest";
import type { Session } from "../../src/core/contract/session.js";
import type {
	SqlEngine,
	SqlQuestion,
	SqlValue,
} from "../../src/core/contract/sql.js";
import { closing, eachSite, leaksIn, secretsOf } from "./world.js";

/** All that is given to the engine of a session from now on. */
function heardBy(session: Session): {
	readonly questions: SqlQuestion[];
	readonly rows: (readonly SqlValue[])[];
} {
	const engine = session.sql as { open: SqlEngine["open"] };
	const { open } = engine;
	const heard = {
		questions: [] as SqlQuestion[],
		rows: [] as (readonly SqlValue[])[],
	};
	engine.open = async (question, waiting) => {
		heard.questions.push(question);
		const statement = await open(question, waiting);
		return "fault" in statement
			? statement
			: {
					...statement,
					load: (table, rows) => {
						heard.rows.push(...rows);
						return statement.load(table, rows);
					},
				};
	};
	return heard;
}

eachSite(
	"hidden fields and tables never reach the engine, as columns, rows or titles of links",
	async (world) => {
		const { staff, vault } = world.tables;
		const agent = await world.connect({
			tables: [staff.name, world.tables.notes.name],
			hidden_fields: [`${staff.name}/${staff.fields.Pay?.name}`],
		});
		const secrets = secretsOf(
			closing(world, { tables: ["vault"], fields: ["staff.Pay"] }),
		);
		const heard = heardBy(agent.session);
		const tables = [
			{ as: "staff", table: staff.reference },
			{ as: "notes", table: world.tables.notes.reference },
		];
		const asked: string[] = [];
		for (const sql of [
			"select * from staff, notes",
			"select * from staff natural join notes",
			`select "${staff.fields.Pay?.name}" from staff`,
			`select "${staff.fields.Keys?.name}" from staff`,
			"select count(*) from vault",
		]) {
			asked.push(sql);
			await agent.call("query_sql", { sql, tables });
		}
		// The table that is closed is not found, whatever else the statement names.
		const closed = {
			sql: "select count(*) from a",
			tables: [{ as: "a", table: vault.reference }],
		};
		expect((await agent.call("query_sql", closed)).isError).toBe(true);
		// A refusal is looked at once more with a schema that was read again.
		expect(new Set(heard.questions.map(({ sql }) => sql))).toEqual(
			new Set(asked),
		);
		expect(heard.rows.length).toBeGreaterThan(0);
		expect(
			leaksIn(
				JSON.stringify([
					heard.questions.map((question) => question.tables),
					heard.rows,
				]),
				secrets,
			),
		).toEqual([]);
	},
);

eachSite(
	"only columns that the statement uses and rows that the filter lets through reach it",
	async (world) => {
		const { notes } = world.tables;
		const agent = await world.connect();
		const heard = heardBy(agent.session);
		const line = String(notes.fields.Line?.name);
		const all = await agent.ok("query_records", {
			table: notes.reference,
			fields: [line],
		});
		const [, first] = all.structured.rows[0] as [string, string];
		const { structured } = await agent.ok("query_sql", {
			sql: `select "${line}" from notes`,
			tables: [
				{
					as: "notes",
					table: notes.reference,
					filter: { conditions: [{ field: line, op: "is", value: first }] },
				},
			],
		});
		expect(heard.rows.length).toBe(structured.returned);
		expect(heard.rows.every((row) => row.length === 1)).toBe(true);
		expect(new Set(heard.rows.flat())).toEqual(new Set([first]));
	},
);

eachSite(
	"a statement writes and exports nothing that is closed, and nothing to where only reading is allowed",
	async (world) => {
		const { staff, vault, notes } = world.tables;
		const line = String(notes.fields.Line?.name);
		const pay = String(staff.fields.Pay?.name);
		const fenced = await world.connect({
			tables: [staff.name, notes.name],
			hidden_fields: [`${staff.name}/${pay}`],
		});
		const heard = heardBy(fenced.session);
		const from = (sql: string, table = staff.reference) => ({
			sql,
			tables: [{ as: "a", table }],
		});
		for (const [tool, args] of [
			[
				"create_records",
				{ table: vault.reference, from: from("select 1 as x") },
			],
			[
				"update_records",
				{ table: vault.reference, from: from("select _id, 1 as x from a") },
			],
			[
				"delete_records",
				{ table: vault.reference, from: from("select _id from a") },
			],
			[
				"create_records",
				{
					table: notes.reference,
					from: from(`select 'x' as "${line}" from a`, vault.reference),
				},
			],
			[
				"export_records",
				{ file: "out.csv", from: from("select * from a", vault.reference) },
			],
			[
				"update_records",
				{
					table: staff.reference,
					from: from(`select _id, 1 as "${pay}" from a`),
				},
			],
			[
				"export_records",
				{ file: "out.csv", from: from(`select "${pay}" from a`) },
			],
			[
				"update_records",
				{
					table: staff.reference,
					match_on: [pay],
					from: from(`select 1 as "${pay}"`),
				},
			],
		] as const) {
			const refused = await fenced.call(tool, args);
			expect(refused.isError, `${tool}: ${refused.text}`).toBe(true);
		}
		expect(
			leaksIn(
				JSON.stringify([
					heard.questions.map(({ tables }) => tables),
					heard.rows,
				]),
				secretsOf(closing(world, { tables: ["vault"], fields: ["staff.Pay"] })),
			),
		).toEqual([]);
		const reader = await world.connect({ read_only: true });
		const unheard = heardBy(reader.session);
		for (const [tool, sql] of [
			["create_records", `select 'x' as "${line}"`],
			["update_records", `select _id, 'x' as "${line}" from a`],
			["delete_records", "select _id from a"],
		] as const)
			for (const dry_run of [true, false]) {
				const refused = await reader.call(tool, {
					table: notes.reference,
					from: from(sql, notes.reference),
					dry_run,
				});
				expect(refused.isError, `${tool}: ${refused.text}`).toBe(true);
			}
		expect(unheard.questions).toEqual([]);
	},
);
