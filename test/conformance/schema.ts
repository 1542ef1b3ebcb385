import { expect } from "vitest";
import { TablesError } from "../../src/core/contract/errors.js";
import { FIELD_TYPES } from "../../src/core/contract/field.js";
import type { Capability } from "../../src/core/contract/methods.js";
import { type FilterInput, OPERATORS } from "../../src/core/contract/table.js";
import { need } from "../../src/core/places/capability.js";
import { locate } from "../../src/core/places/locate.js";
import { forget } from "../../src/core/places/schema-cache.js";
import type { Case } from "./reading.js";
import { expectSameRows } from "./reading.js";
import { callTool, failureOf, runningOf } from "./session.js";
import {
	fieldIn,
	fileOf,
	idsFrom,
	idsOf,
	makeTable,
	plainValue,
	query,
	TITLE,
	tableWith,
	type ViewGiven,
	type World,
	writeWith,
} from "./world.js";

function capabilityOf(world: World, name: Capability) {
	const connection = world.session.connections.get(world.subject.connection);
	if (connection === undefined) throw new Error("no such connection");
	return connection.capabilities[name];
}

/** The tool answers what cannot be done with the vendor's reason. */
async function expectUnsupported(
	world: World,
	name: Capability,
	tool: string,
	args: Readonly<Record<string, unknown>>,
): Promise<void> {
	const capability = capabilityOf(world, name);
	if (capability === true) throw new Error(`${name} is there`);
	const failure = await failureOf(callTool(world.session, tool, args));
	expect(failure.code).toBe("unsupported");
	expect(failure.message).toContain(capability.unsupported);
}

const fieldNames = async (world: World, table: string) =>
	(
		(await callTool(world.session, "describe_fields", { table })).structured
			.fields as { name: string }[]
	).map(({ name }) => name);

/** Rows whose title has a 1, and one more. */
const PICKED: FilterInput = {
	match: "any",
	conditions: [
		{ field: TITLE, op: "contains", value: "1" },
		{ field: TITLE, op: "is", value: "Row 03" },
	],
};

const picked = ({ rows }: World): readonly string[] =>
	rows
		.map(({ given }) => given[TITLE] as string)
		.filter((title) => title.includes("1") || title === "Row 03")
		.toSorted();

const titles = async (world: World, args: object): Promise<readonly string[]> =>
	(
		await query(world, {
			table: world.table,
			fields: [TITLE],
			limit: 100,
			...args,
		})
	).rows.map(([, title]) => title as string);

/**
 * A view of the table with all columns: by `create_view`, or behind the API where it cannot. Where there is
 * neither, the tool must say why, and there is nothing more to see: undefined.
 */
async function viewOf(
	world: World,
	view: ViewGiven,
): Promise<string | undefined> {
	const { makeView } = world.subject;
	if (makeView !== undefined) {
		const id = await makeView(world.table, view);
		forget(world.session, world.subject.connection);
		return id;
	}
	const args = { table: world.table, ...view };
	if (capabilityOf(world, "createView") !== true) {
		await expectUnsupported(world, "createView", "create_view", args);
		return undefined;
	}
	return (await callTool(world.session, "create_view", args)).structured
		.view as string;
}

export const SCHEMA = {
	"capabilities are the methods that there are": async (world) => {
		const connection = world.session.connections.get(world.subject.connection);
		if (connection === undefined) throw new Error("no such connection");
		const { adapter } = await world.located();
		for (const [name, capability] of Object.entries(connection.capabilities)) {
			const method = adapter[name as Capability];
			if (capability === true)
				expect(method, name).toEqual(expect.any(Function));
			else {
				expect(method, name).toBeUndefined();
				expect(capability.unsupported.length, name).toBeGreaterThan(10);
				expect(() => need({ connection, adapter }, name as Capability)).toThrow(
					capability.unsupported,
				);
			}
		}
	},

	"limits are whole numbers, and every codec and operator is answered": async (
		world,
	) => {
		const { limits, codecs, dialect, idempotent } = (await world.located())
			.adapter;
		for (const limit of [
			limits.page,
			limits.ids,
			...Object.values(limits.batch),
		])
			expect(Number.isInteger(limit) && limit > 0).toBe(true);
		for (const { calls, perMs } of limits.rates)
			expect(Math.min(calls, perMs)).toBeGreaterThan(0);
		for (const type of FIELD_TYPES) {
			const codec = codecs[type];
			if ("unsupported" in codec)
				expect(codec.unsupported.length).toBeGreaterThan(10);
			else expect(codec.wireTypes.length).toBeGreaterThan(0);
		}
		for (const operator of OPERATORS) {
			const row = dialect.operators[operator];
			if (typeof row !== "function")
				expect(row.unsupported.length).toBeGreaterThan(10);
		}
		expect(Object.keys(idempotent).toSorted()).toEqual([
			"create",
			"delete",
			"update",
		]);
	},

	"tables are listed, and found by reference, id and name": async (world) => {
		const { table, reference } = await world.located();
		const { structured } = await callTool(world.session, "list_tables", {
			connection: world.subject.connection,
			base: world.subject.base,
		});
		const listed = structured.tables as { reference: string; name: string }[];
		expect(listed).toContainEqual(
			expect.objectContaining({ reference, name: table.name }),
		);
		const running = runningOf(world.session);
		for (const text of [reference, table.name, table.name.toUpperCase()])
			expect((await locate(world.session, text, running)).table.ref).toEqual(
				table.ref,
			);
		const failure = await failureOf(
			locate(world.session, `${table.name}x`, running),
		);
		expect(`${failure.message} ${failure.next}`).toContain(table.name);
		const described = await callTool(world.session, "describe_fields", {
			table: reference,
		});
		expect(described.structured.fields).toContainEqual(
			expect.objectContaining({ name: TITLE, type: "text", primary: true }),
		);
	},

	"a new table is empty, and is renamed and deleted": async (world) => {
		if (capabilityOf(world, "createTable") !== true) {
			await expectUnsupported(world, "createTable", "create_table", {
				connection: world.subject.connection,
				base: world.subject.base,
				name: "x",
				fields: [{ name: TITLE, type: "text" }],
			});
			return;
		}
		const made = await callTool(world.session, "create_table", {
			connection: world.subject.connection,
			base: world.subject.base,
			name: "Conformance, a table of its own",
			fields: [
				{ name: TITLE, type: "text" },
				{ name: "Amount", type: "number" },
			],
		});
		const table = made.structured.table as string;
		expect(await fieldNames(world, table)).toEqual([TITLE, "Amount"]);
		expect((await query(world, { table, limit: 0 })).total).toBe(0);
		const renamed = { table, name: "Conformance, renamed" };
		if (capabilityOf(world, "renameTable") === true) {
			await callTool(world.session, "update_table", renamed);
			const { table: now } = await locate(
				world.session,
				table,
				runningOf(world.session),
				{ maxAgeMs: 0 },
			);
			expect(now.name).toBe("Conformance, renamed");
		} else
			await expectUnsupported(world, "renameTable", "update_table", renamed);
		if (capabilityOf(world, "deleteTable") === true) {
			const { name } = (
				await locate(world.session, table, runningOf(world.session), {
					maxAgeMs: 0,
				})
			).table;
			const declined = await failureOf(
				callTool(world.session, "delete_table", { table }),
			);
			expect(declined.code).toBe("declined");
			await callTool(world.session, "delete_table", { table, confirm: name });
			const gone = await failureOf(query(world, { table }));
			expect(gone.code).toBe("not_found");
		} else
			await expectUnsupported(world, "deleteTable", "delete_table", {
				table,
				confirm: "x",
			});
	},

	"fields are created, changed and deleted": async (world) => {
		const table = await makeTable(world.subject, {
			name: "Conformance of fields",
			fields: [{ name: TITLE, type: "text" }],
		});
		await writeWith(world, "create_records", {
			table,
			records: [{ fields: { [TITLE]: "a" } }],
		});
		const added = { table, name: "Amount", type: "number" };
		if (capabilityOf(world, "createField") !== true) {
			await expectUnsupported(world, "createField", "create_field", added);
			return;
		}
		await callTool(world.session, "create_field", added);
		expect(await fieldNames(world, table)).toEqual([TITLE, "Amount"]);
		await writeWith(world, "update_records", {
			table,
			match_on: [TITLE],
			records: [{ fields: { [TITLE]: "a", Amount: 3 } }],
		});
		expect(
			(await query(world, { table, fields: ["Amount"] })).rows[0]?.[1],
		).toBe(3);
		if (capabilityOf(world, "updateField") === true) {
			await callTool(world.session, "update_field", {
				table,
				field: "Amount",
				name: "Sum",
			});
			expect(await fieldNames(world, table)).toEqual([TITLE, "Sum"]);
			expect(
				(await query(world, { table, fields: ["Sum"] })).rows[0]?.[1],
			).toBe(3);
		} else
			await expectUnsupported(world, "updateField", "update_field", {
				table,
				field: "Amount",
				name: "Sum",
			});
		const last = (await fieldNames(world, table)).at(-1) as string;
		if (capabilityOf(world, "deleteField") === true) {
			const declined = await failureOf(
				callTool(world.session, "delete_field", { table, field: last }),
			);
			expect(declined.code).toBe("declined");
			await callTool(world.session, "delete_field", {
				table,
				field: last,
				confirm: last,
			});
			expect(await fieldNames(world, table)).toEqual([TITLE]);
		} else
			await expectUnsupported(world, "deleteField", "delete_field", {
				table,
				field: last,
				confirm: last,
			});
	},

	"types that a vendor lacks are refused with the reason, or made as one that it has":
		async (world) => {
			const { adapter } = await world.located();
			const lacking = FIELD_TYPES.filter(
				(type) => type !== "unknown" && "unsupported" in adapter.codecs[type],
			);
			if (capabilityOf(world, "createField") !== true) {
				expect(lacking.length).toBeLessThan(FIELD_TYPES.length);
				return;
			}
			const table = await tableWith(world, []);
			for (const type of lacking) {
				const name = `a ${type}`;
				const made = await callTool(world.session, "create_field", {
					table,
					name,
					type,
					...(type === "formula" ? { settings: { formula: "{Title}" } } : {}),
				}).catch((error: unknown) => error as TablesError);
				if (made instanceof TablesError) {
					expect(["unsupported", "bad_argument"], type).toContain(made.code);
					expect(made.message.length, type).toBeGreaterThan(10);
				} else {
					const located = await locate(
						world.session,
						table,
						runningOf(world.session),
						{ maxAgeMs: 0 },
					);
					const field = fieldIn(located, name);
					expect(field.type).not.toBe(type);
					expect(adapter.codecs[field.type]).toHaveProperty("encode");
				}
			}
			expect(await fieldNames(world, table)).toContain(TITLE);
		},

	"options are merged by name, renamed and removed": async (world) => {
		const name = "single_select";
		if (
			capabilityOf(world, "updateField") !== true ||
			!world.columns.has(name)
		) {
			expect(
				world.absent.get(name) ?? capabilityOf(world, "updateField"),
			).not.toBe(true);
			return;
		}
		const table = await tableWith(world, [name]);
		const created = await writeWith(world, "create_records", {
			table,
			records: ["To do", "Doing", "Done"].map((option) => ({
				fields: { [TITLE]: option, [name]: option },
			})),
		});
		const ids = idsOf(created);
		await callTool(world.session, "update_field", {
			table,
			field: name,
			settings: {
				options: [
					{ name: "Doing", new_name: "Under way" },
					{ name: "Waiting" },
				],
			},
		});
		const options = async () =>
			fieldIn(
				await locate(world.session, table, runningOf(world.session), {
					maxAgeMs: 0,
				}),
				name,
			).settings.options?.map((option) => option.name);
		expect(await options()).toEqual(["To do", "Under way", "Done", "Waiting"]);
		const cells = async () =>
			(await query(world, { table, fields: [name], record_ids: ids })).rows.map(
				([, cell]) => cell,
			);
		expect(await cells()).toEqual(["To do", "Under way", "Done"]);
		const removal = {
			table,
			field: name,
			settings: { remove_options: ["Done"] },
		};
		const declined = await failureOf(
			callTool(world.session, "update_field", removal),
		);
		expect(declined.code).toBe("declined");
		await callTool(world.session, "update_field", {
			...removal,
			confirm: `without Done: ${name}`,
		});
		expect(await options()).toEqual(["To do", "Under way", "Waiting"]);
		expect(await cells()).toEqual(["To do", "Under way", null]);
	},

	"a view picks its rows, alone and beside a filter": async (world) => {
		const view = await viewOf(world, { name: "Picking", filter: PICKED });
		if (view === undefined) return;
		const expected = picked(world);
		expect(expected.length).toBeLessThan(world.rows.length);
		expect((await titles(world, { view })).toSorted()).toEqual(expected);
		expect((await titles(world, { view: "PICKING" })).length).toBe(
			expected.length,
		);
		const both = await titles(world, {
			view,
			filter: {
				conditions: [{ field: TITLE, op: "contains", value: "2" }],
			},
		});
		expect(both.toSorted()).toEqual(
			expected.filter((title) => title.includes("2")),
		);
		for (const direction of ["asc", "desc"] as const) {
			const ordered = await titles(world, {
				view,
				sort: [{ field: TITLE, direction }],
			});
			expect(ordered).toEqual(
				direction === "asc" ? expected : expected.toReversed(),
			);
		}
		const counted = await query(world, { table: world.table, view, limit: 0 });
		expect(counted.total).toBe(expected.length);
		const grouped = await query(world, {
			table: world.table,
			view,
			aggregate: [{ function: "count" }],
		});
		expect(grouped.rows).toEqual([[expected.length]]);
		expect(
			await idsFrom(world, { table: world.table, view, fields: [TITLE] }, 3),
		).toHaveLength(expected.length);
	},

	"a view gives its rows in its order": async (world) => {
		const view = await viewOf(world, {
			name: "Ordering",
			sort: [{ field: TITLE, direction: "desc" }],
		});
		if (view === undefined) return;
		const all = world.rows.map(({ given }) => given[TITLE]);
		expect(await titles(world, { view })).toEqual(all.toSorted().toReversed());
		expect(
			await titles(world, {
				view,
				sort: [{ field: TITLE, direction: "asc" }],
			}),
		).toEqual(all.toSorted());
	},

	"a view hides columns, and they can be asked for all the same": async (
		world,
	) => {
		const [name, other] = [...world.columns.keys()] as [string, string];
		const view = await viewOf(world, {
			name: "Hiding",
			hidden_fields: [name, other],
		});
		if (view === undefined) return;
		const { columns } = await query(world, {
			table: world.table,
			view,
			limit: 1,
		});
		expect(columns).toContain(TITLE);
		expect(columns).not.toContain(name);
		expect(columns).not.toContain(other);
		const filled = world.rows.filter(({ given }) => name in given);
		const asked = await query(world, {
			table: world.table,
			view,
			fields: [TITLE, name],
			limit: 100,
		});
		expect(
			asked.rows.filter(([, , cell]) => plainValue(cell) !== null),
		).toHaveLength(filled.length);
		const filtered = await titles(world, {
			view,
			filter: { conditions: [{ field: name, op: "is_not_empty" }] },
		});
		expect(filtered.toSorted()).toEqual(
			filled.map(({ given }) => given[TITLE]).toSorted(),
		);
		const sorted = await titles(world, { view, sort: [{ field: name }] });
		expect(sorted).toHaveLength(world.rows.length);
	},

	"a view is renamed, changed and deleted": async (world) => {
		if (capabilityOf(world, "updateView") !== true) {
			await expectUnsupported(world, "updateView", "update_view", {
				table: world.table,
				view: (await world.located()).table.views[0]?.id ?? "x",
				name: "Other",
			});
			return;
		}
		const view = (await viewOf(world, {
			name: "Changing",
			filter: PICKED,
		})) as string;
		await callTool(world.session, "update_view", {
			table: world.table,
			view,
			name: "Changed",
			filter: {},
			confirm: "Changing",
		});
		expect(await titles(world, { view: "Changed" })).toHaveLength(
			world.rows.length,
		);
		const narrow = {
			conditions: [{ field: TITLE, op: "is", value: "Row 04" }],
		};
		await callTool(world.session, "update_view", {
			table: world.table,
			view,
			filter: narrow,
		});
		expect(await titles(world, { view })).toEqual(["Row 04"]);
		if (capabilityOf(world, "deleteView") === true) {
			const declined = await failureOf(
				callTool(world.session, "delete_view", { table: world.table, view }),
			);
			expect(declined.code).toBe("declined");
			await callTool(world.session, "delete_view", {
				table: world.table,
				view,
				confirm: "Changed",
			});
			const gone = await failureOf(query(world, { table: world.table, view }));
			expect(gone.code).toBe("not_found");
		} else
			await expectUnsupported(world, "deleteView", "delete_view", {
				table: world.table,
				view,
				confirm: "Changed",
			});
	},

	"a two-way link shows on both sides": async (world) => {
		if (
			!world.columns.has("link") ||
			capabilityOf(world, "createField") !== true
		) {
			expect([...world.columns.keys()].length).toBeGreaterThan(0);
			return;
		}
		const there = await makeTable(world.subject, {
			name: "Conformance people",
			fields: [{ name: TITLE, type: "text" }],
		});
		const here = await makeTable(world.subject, {
			name: "Conformance tasks",
			fields: [{ name: TITLE, type: "text" }],
		});
		await callTool(world.session, "create_field", {
			table: here,
			name: "Owner",
			type: "link",
			settings: { link_table: there, two_way: true },
		});
		const located = await locate(
			world.session,
			there,
			runningOf(world.session),
			{ maxAgeMs: 0 },
		);
		const reverse = located.table.fields.find(({ type }) => type === "link");
		expect(reverse).toBeDefined();
		const owners = idsOf(
			await writeWith(world, "create_records", {
				table: there,
				records: ["Ann", "Bo"].map((title) => ({ fields: { [TITLE]: title } })),
			}),
		);
		const [task] = idsOf(
			await writeWith(world, "create_records", {
				table: here,
				records: [{ fields: { [TITLE]: "Write", Owner: [owners[0]] } }],
			}),
		);
		const back = async () =>
			(
				await query(world, {
					table: there,
					fields: [reverse?.name],
					record_ids: owners,
				})
			).rows.map(([, cell]) => cell);
		expect(await back()).toEqual([["Write"], null]);
		await writeWith(world, "update_records", {
			table: here,
			records: [{ id: task, fields: { Owner: [owners[1]] } }],
		});
		expect(await back()).toEqual([null, ["Write"]]);
	},

	"files are uploaded, kept and downloaded byte for byte": async (world) => {
		if (!world.columns.has("attachment")) {
			expect([
				world.absent.has("attachment"),
				capabilityOf(world, "uploadFile") === true,
			]).not.toEqual([false, true]);
			return;
		}
		const table = await tableWith(world, ["attachment"]);
		const running = runningOf(world.session);
		const located = await locate(world.session, table, running);
		const field = fieldIn(located, "attachment");
		const text = `${"0123456789".repeat(1000)}ü`;
		const steps: number[] = [];
		const sent = await located.adapter.uploadFile?.(
			located.table,
			field,
			fileOf("notes, 备注.txt", text),
			running.call,
			(bytes) => steps.push(bytes),
		);
		expect(sent).toMatchObject({
			name: "notes, 备注.txt",
			token: expect.any(String),
		});
		expect(steps.at(-1)).toBe(Buffer.byteLength(text));
		const [id] = idsOf(
			await writeWith(world, "create_records", {
				table,
				records: [
					{
						fields: {
							[TITLE]: "a",
							attachment: [{ token: sent?.token, name: sent?.name }],
						},
					},
				],
			}),
		);
		const { rows } = await query(world, {
			table,
			fields: ["attachment"],
			record_ids: [id],
		});
		expect(rows[0]?.[1]).toEqual(["notes, 备注.txt"]);
		const shown = await callTool(world.session, "download_attachment", {
			table,
			field: "attachment",
			record_ids: [id],
			as: "file",
		});
		expect(shown.structured.attachments).toEqual([
			expect.objectContaining({ record: id, bytes: Buffer.byteLength(text) }),
		]);
		const renamed = await writeWith(world, "update_records", {
			table,
			records: [{ id, fields: { attachment: ["no such file.txt"] } }],
		});
		expect(renamed.isError).toBe(true);
		const removed = await writeWith(world, "update_records", {
			table,
			records: [
				{ id, fields: { attachment: { remove: ["notes, 备注.txt"] } } },
			],
		});
		expect((removed.structured.counts as Record<string, number>).updated).toBe(
			1,
		);
		expect(
			await idsFrom(world, {
				table,
				filter: { conditions: [{ field: "attachment", op: "is_empty" }] },
			}),
		).toEqual([id]);
	},

	"addresses of a browser are resolved, foreign ones are not": async (
		world,
	) => {
		const { adapter } = await world.located();
		const { call } = runningOf(world.session);
		expect(
			await adapter.resolveUrl(new URL("https://example.com/somewhere"), call),
		).toBeUndefined();
		for (const { url, names } of world.subject.urls ?? []) {
			const found = await adapter.resolveUrl(new URL(url), call);
			if (names === "unresolvable")
				expect(found, url).toHaveProperty("unresolvable");
			else expect(found, url).toMatchObject(names);
		}
		const failure = await failureOf(
			query(world, { table: "https://example.com/somewhere" }),
		);
		expect(failure.message).toContain(
			"no connection knows the address example.com",
		);
	},

	"a column that cannot be written is reported with its reason": async (
		world,
	) => {
		const located = await world.located();
		for (const [name, { given }] of world.columns) {
			const field = fieldIn(located, name);
			const codec = located.adapter.codecs[field.type];
			const writable =
				field.readOnly === undefined &&
				"encode" in codec &&
				codec.encode !== undefined;
			expect(writable, name).toBe(given.length > 0);
		}
		for (const [name, reason] of world.absent)
			expect(reason.length, name).toBeGreaterThan(10);
	},

	"an empty and a superfluous filter are read as they stand": async (world) => {
		expect(
			(await idsFrom(world, { table: world.table, filter: {} })).length,
		).toBe(world.rows.length);
		const counts = await expectSameRows(world, [
			{
				match: "all",
				conditions: Array.from({ length: 40 }, (_, index) => ({
					field: TITLE,
					op: "is_not" as const,
					value: `Row ${index + 20}`,
				})),
			},
		]);
		expect(counts).toEqual([20]);
	},
} as const satisfies Record<string, Case>;
