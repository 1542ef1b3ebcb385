import fc from "fast-check";
import { expect, test } from "vitest";
import type { Field } from "../../src/core/contract/field.js";
import type { Row } from "../../src/core/contract/table.js";
import { resolveFilter } from "../../src/core/filter/filter.js";
import { matches } from "../../src/core/filter/matches.js";
import { pushDown } from "../../src/core/filter/push-down.js";
import { lookupsOf } from "../../src/core/read/lookups.js";
import { readRows, readRowsById } from "../../src/core/read/read.js";
import { sharedIds } from "../../src/core/values/show-item.js";
import { validateRecords } from "../../src/core/values/validate.js";
import {
	decodeRow,
	encodeCells,
	equalCells,
	keyOf,
	showCell,
} from "../../src/core/values/values.js";
import { callTool, runningOf } from "../conformance/session.js";
import { allRows } from "../conformance/world.js";
import { randomFilter, randomRow } from "./arbitraries.js";
import { localWorld, makeTable, SEED } from "./local-world.js";
import { propertyWorld } from "./property-world.js";

/** Nothing here waits; a machine with other work may still be slow. */
const PATIENCE_MS = 120_000;

const runs = (numRuns: number) => ({
	seed: SEED,
	numRuns,
	endOnFailure: false,
});

test(
	`what a codec writes it reads, and reads the same again (seed ${SEED})`,
	async () => {
		const world = await propertyWorld();
		const { table, adapter } = world.table;
		const { call } = runningOf(world.session);
		const read = async (ids: readonly string[]) =>
			(
				await adapter.readByIds(
					table,
					ids,
					{ fields: table.fields, system: [] },
					call,
				)
			).map((wire) => decodeRow(adapter, table, wire, table.fields));
		await fc.assert(
			fc.asyncProperty(
				fc.array(randomRow(world.columns), { minLength: 1, maxLength: 8 }),
				async (rows) => {
					const ids = await world.insert(rows);
					const first = await read(ids);
					expect(first.length).toBe(rows.length);
					for (const [index, row] of first.entries())
						for (const [name, cell] of Object.entries(rows[index] ?? {})) {
							const field = table.fields.find(
								(candidate) => candidate.name === name,
							) as Field;
							expect(keyOf(row.cells[field.id], field, table.zone)).toBe(
								keyOf(cell, field, table.zone),
							);
						}
					await adapter.updateBatch?.(
						table,
						first.map(({ id, cells }) => ({
							id,
							cells: encodeCells(adapter, table, cells),
						})),
						call,
					);
					expect(await read(ids)).toEqual(first);
				},
			),
			runs(60),
		);
	},
	PATIENCE_MS,
);

test(
	`what a compact or full read shows is accepted and means the same (seed ${SEED})`,
	async () => {
		const world = await propertyWorld();
		const { table, adapter } = world.table;
		const running = runningOf(world.session);
		await fc.assert(
			fc.asyncProperty(
				fc.array(randomRow(world.columns), { minLength: 1, maxLength: 4 }),
				fc.constantFrom("compact" as const, "full" as const),
				async (rows, detail) => {
					const ids = await world.insert(rows);
					const stored = await readRowsById(
						world.table,
						ids,
						{ fields: table.fields },
						running.call,
					);
					const shown = ids.map((id) => {
						const cells = stored.get(id)?.cells ?? {};
						return {
							id,
							fields: Object.fromEntries(
								table.fields.map((field) => [
									field.name,
									showCell(
										cells[field.id] ?? null,
										field,
										table.zone,
										detail,
										sharedIds(
											[...stored.values()].map((row) => row.cells[field.id]),
										),
									),
								]),
							),
						};
					});
					const checked = await validateRecords(
						table,
						JSON.parse(JSON.stringify(shown)) as unknown[],
						{ mode: "update", allowNewOptions: false, codecs: adapter.codecs },
						lookupsOf(world.session, world.table, running),
					);
					expect(checked.problems).toEqual([]);
					for (const record of checked.records)
						for (const [id, cell] of Object.entries(record.cells)) {
							const field = table.byId.get(id) as Field;
							const before = stored.get(record.id as string)?.cells[id];
							// Files are named in compact form; the write looks them up in the cell.
							if (field.type === "attachment" && detail === "compact")
								expect(
									(cell as { name: string }[] | null)?.map(({ name }) => name),
								).toEqual(
									(before as { name: string }[] | undefined)?.map(
										({ name }) => name,
									),
								);
							else
								expect([
									field.name,
									cell,
									equalCells(cell, before, field, table.zone),
								]).toEqual([field.name, cell, true]);
						}
				},
			),
			runs(60),
		);
	},
	PATIENCE_MS,
);

test(
	`SQL selects the rows that the evaluator selects (seed ${SEED})`,
	async () => {
		const world = await propertyWorld();
		const { table, adapter } = world.table;
		const running = runningOf(world.session);
		const seen = { exact: 0, superset: 0, some: 0 };
		await fc.assert(
			fc.asyncProperty(
				fc.array(randomRow(world.columns), { minLength: 12, maxLength: 25 }),
				fc.array(randomFilter(world.columns), { minLength: 30, maxLength: 30 }),
				async (rows, filters) => {
					await world.clear();
					await world.insert(rows);
					const all = await allRows(world, world.table);
					expect(all.length).toBe(rows.length);
					for (const input of filters) {
						const { filter } = await resolveFilter(input, table, {
							zone: table.zone,
							nowMs: world.clock.now(),
							lookups: lookupsOf(world.session, world.table, running),
							systemColumns: adapter.systemColumns,
						});
						const expected = all
							.filter((row) => matches(filter, row, table))
							.map(({ id }) => id);
						const pushed = pushDown(filter, adapter.dialect, {
							zone: table.zone,
						});
						const { items } = await adapter.readPage(
							table,
							{
								fields: [],
								system: [],
								pageSize: 1000,
								...(pushed.expr === undefined ? {} : { filter: pushed.expr }),
							},
							undefined,
							running.call,
						);
						const sent = new Set(items.map(({ id }) => id));
						const context = JSON.stringify(input);
						expect(
							expected.filter((id) => !sent.has(id)),
							context,
						).toEqual([]);
						if (pushed.exact) expect(sent.size, context).toBe(expected.length);
						const read: Row[] = [];
						for await (const some of readRows(
							world.table,
							{ fields: [], filter },
							running.call,
						))
							read.push(...some);
						expect(
							read.map(({ id }) => id),
							context,
						).toEqual(expected);
						seen[pushed.exact ? "exact" : "superset"]++;
						if (expected.length > 0 && expected.length < all.length)
							seen.some++;
					}
				},
			),
			runs(25),
		);
		expect(Math.min(seen.exact, seen.superset, seen.some)).toBeGreaterThan(100);
	},
	PATIENCE_MS,
);

interface Step {
	readonly kind: "insert" | "delete" | "update";
	readonly pick: number;
	readonly number: number;
	readonly text: string;
}

test(
	`rows that neither change nor move are paged once, while others come and go (seed ${SEED})`,
	async () => {
		const world = localWorld();
		const { session } = world;
		const table = await makeTable(session, "Changing", [
			{ name: "Title", type: "text" },
			{ name: "number", type: "number" },
			{ name: "text", type: "text" },
		]);
		const value = fc.constantFrom(1, 2, 3, null);
		const row = fc.record({
			number: value,
			text: fc.constantFrom("a", "b", "ä", null),
			stable: fc.boolean(),
		});
		const step: fc.Arbitrary<Step> = fc.record({
			kind: fc.constantFrom("insert", "delete", "update"),
			pick: fc.nat(50),
			number: fc.integer({ min: 0, max: 4 }),
			text: fc.constantFrom("a", "b", "c"),
		});
		const sort = fc.array(
			fc.record({
				field: fc.constantFrom("number", "text", "$created_at"),
				direction: fc.constantFrom("asc" as const, "desc" as const),
			}),
			{ maxLength: 2 },
		);
		const filter = fc.constantFrom(
			undefined,
			{ conditions: [{ field: "number", op: "gte", value: 2 }] },
			{ conditions: [{ field: "text", op: "search", value: "A" }] },
			{
				match: "any",
				conditions: [
					{ field: "number", op: "is_empty" },
					{ field: "text", op: "is", value: "b" },
				],
			},
		);
		await fc.assert(
			fc.asyncProperty(
				fc.array(row, { minLength: 10, maxLength: 25 }),
				fc.array(fc.array(step, { maxLength: 3 }), {
					minLength: 5,
					maxLength: 30,
				}),
				sort,
				filter,
				fc.integer({ min: 1, max: 6 }),
				async (rows, steps, order, picked, limit) => {
					const left = (
						await callTool(session, "query_records", {
							table,
							fields: [],
							limit: 1000,
						})
					).structured.rows as [string][];
					if (left.length > 0)
						await callTool(session, "delete_records", {
							table,
							record_ids: left.map(([id]) => id),
							confirm: String(left.length),
						});
					const { structured } = await callTool(session, "create_records", {
						table,
						records: rows.map(({ number, text }) => ({
							fields: { number, text },
						})),
					});
					const ids = structured.ids as string[];
					const args = {
						table,
						fields: ["number"],
						limit,
						...(order.length === 0 ? {} : { sort: order }),
						...(picked === undefined ? {} : { filter: picked }),
					};
					const before = await readAll(args);
					const stable = new Set(ids.filter((_, index) => rows[index]?.stable));
					const movers = ids.filter((id) => !stable.has(id));
					const seen: string[] = [];
					let cursor: unknown;
					let page = 0;
					do {
						const answer = (
							await callTool(session, "query_records", {
								...args,
								...(cursor === undefined ? {} : { cursor }),
							})
						).structured;
						seen.push(...(answer.rows as [string][]).map(([id]) => id));
						cursor = answer.next_cursor ?? undefined;
						for (const change of steps[page++] ?? [])
							await apply(change, movers);
					} while (cursor !== undefined && page < 200);
					expect(seen.filter((id) => stable.has(id))).toEqual(
						before.filter((id) => stable.has(id)),
					);
				},
			),
			runs(25),
		);

		async function readAll(args: object): Promise<string[]> {
			const { structured } = await callTool(session, "query_records", {
				...args,
				limit: 1000,
			});
			return (structured.rows as [string][]).map(([id]) => id);
		}
		async function apply(
			{ kind, pick, number, text }: Step,
			movers: string[],
		): Promise<void> {
			const id = movers[pick % Math.max(1, movers.length)];
			if (kind === "insert" || id === undefined) {
				const { structured } = await callTool(session, "create_records", {
					table,
					records: [{ fields: { number, text } }],
				});
				movers.push((structured.ids as string[])[0] as string);
			} else if (kind === "update")
				await callTool(session, "update_records", {
					table,
					records: [{ id, fields: { number, text } }],
				});
			else {
				await callTool(session, "delete_records", { table, record_ids: [id] });
				movers.splice(movers.indexOf(id), 1);
			}
		}
	},
	PATIENCE_MS,
);
