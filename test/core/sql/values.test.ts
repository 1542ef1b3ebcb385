import fc from "fast-check";
import { expect, test } from "vitest";
import type { Field } from "../../../src/core/contract/field.js";
import { callTool } from "../../conformance/session.js";
import { randomRow } from "../arbitraries.js";
import { localWorld, makeTable, SEED } from "../local-world.js";
import { type PropertyWorld, propertyWorld } from "../property-world.js";

/** Nothing here waits; a machine with other work may still be slow. */
const PATIENCE_MS = 120_000;

interface Answered {
	readonly columns: readonly string[];
	readonly rows: readonly (readonly unknown[])[];
}

async function sqlOf(
	{ session, table }: PropertyWorld,
	sql: string,
): Promise<Answered> {
	const { structured } = await callTool(session, "query_sql", {
		sql,
		tables: [{ as: "t", table: table.reference }],
		limit: 1_000,
	});
	return structured as unknown as Answered;
}

/** What SQL must have of a cell that `detail: "full"` shows so, by the suffix of the column. */
const RIGHT: Readonly<
	Record<string, (shown: never) => Readonly<Record<string, unknown>>>
> = {
	number: (shown: number | null) => ({ "": shown }),
	checkbox: (shown: boolean | null) => ({ "": shown === true ? 1 : 0 }),
	date: (shown: string | null) => ({
		"": shown?.replace(/[+-]\d\d:\d\d(:\d\d)?$/, "").replace("T", " ") ?? null,
	}),
	multi_select: (shown: readonly string[] | null) => ({
		...textOfOne(shown),
		_list: shown === null ? null : JSON.stringify(shown),
	}),
	link: (
		shown:
			| readonly { readonly id: string; readonly text?: string | null }[]
			| null,
	) => ({
		...textOfOne(shown?.map(({ id, text }) => text || `[${id}]`) ?? null),
		_ids: shown === null ? null : JSON.stringify(shown.map(({ id }) => id)),
	}),
	user: (
		shown:
			| readonly { readonly id: string; readonly name: string | null }[]
			| null,
	) => ({
		...textOfOne(shown?.map(({ id, name }) => name || id) ?? null),
		_ids: shown === null ? null : JSON.stringify(shown.map(({ id }) => id)),
	}),
	attachment: (shown: readonly { readonly name: string }[] | null) =>
		textOfOne(shown?.map(({ name }) => name) ?? null),
	url: (shown: { readonly text: string; readonly link: string } | null) => ({
		"": shown?.link ?? null,
		_text: shown?.text ?? null,
	}),
	location: (
		shown: { readonly lnglat: string; readonly address: string } | null,
	) => ({
		"": shown?.address || null,
		_lng: shown === null ? null : Number(shown.lnglat.split(",")[0]),
		_lat: shown === null ? null : Number(shown.lnglat.split(",")[1]),
	}),
	text: (shown: unknown) => ({ "": shown }),
};
/** One item is its bare name, whatever the name holds. */
function textOfOne(names: readonly string[] | null) {
	if (names === null) return { "": null };
	return names.length === 1 ? { "": names[0] } : {};
}

const SAME: Readonly<Record<string, string>> = {
	currency: "number",
	percent: "number",
	rating: "number",
	progress: "number",
	group: "user",
	department: "user",
	long_text: "text",
	email: "text",
	phone: "text",
	barcode: "text",
	single_select: "text",
};

function rightOf(field: Field, shown: unknown) {
	const make = RIGHT[SAME[field.type] ?? field.type];
	return make === undefined ? {} : make(shown as never);
}

test(
	`values are those of the other tools, by the type of their field (seed ${SEED})`,
	async () => {
		const world = await propertyWorld();
		const checked = new Set<string>();
		await fc.assert(
			fc.asyncProperty(
				fc.array(randomRow(world.columns), { minLength: 1, maxLength: 12 }),
				async (rows) => {
					await world.clear();
					await world.insert(rows);
					const { structured } = await callTool(
						world.session,
						"query_records",
						{ table: world.table.reference, detail: "full", limit: 1_000 },
					);
					const full = structured as unknown as Answered;
					const sql = await sqlOf(world, "select * from t");
					expect(sql.rows.length).toBe(full.rows.length);
					for (const [at, row] of full.rows.entries())
						for (const field of world.table.table.fields) {
							const shown = row[full.columns.indexOf(field.name)] ?? null;
							for (const [suffix, right] of Object.entries(
								rightOf(field, shown),
							)) {
								const place = sql.columns.indexOf(field.name + suffix);
								expect(
									sql.rows[at]?.[place],
									`${field.type} ${field.name}${suffix}`,
								).toEqual(right);
								checked.add(field.type);
							}
						}
				},
			),
			{ seed: SEED, numRuns: 25, endOnFailure: true },
		);
		expect(checked.size).toBeGreaterThan(10);
	},
	PATIENCE_MS,
);

/** The same condition as a filter and in SQL. */
function conditionsOf(
	field: Field,
	shown: unknown,
): readonly (readonly [filter: object, sql: string])[] {
	const name = `"${field.name}"`;
	const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
	const type = SAME[field.type] ?? field.type;
	const asFilter = (op: string, value?: unknown) => ({
		field: field.name,
		op,
		...(value === undefined ? {} : { value }),
	});
	const empty: readonly (readonly [object, string])[] =
		type === "checkbox"
			? [[asFilter("is", true), `${name} = 1`]]
			: [
					[asFilter("is_empty"), `${name} is null`],
					[asFilter("is_not_empty"), `${name} is not null`],
				];
	if (typeof shown === "number" && field.type !== "percent")
		return [
			...empty,
			[asFilter("gt", shown), `${name} > ${shown}`],
			[asFilter("lte", shown), `${name} <= ${shown}`],
			[asFilter("is", shown), `${name} = ${shown}`],
		];
	if (type === "text" && typeof shown === "string")
		return [...empty, [asFilter("is", shown), `${name} = ${quoted(shown)}`]];
	if (type === "date" && typeof shown === "string") {
		const day = shown.slice(0, 10);
		return [
			...empty,
			[asFilter("gte", day), `substr(${name}, 1, 10) >= '${day}'`],
			[asFilter("is", day), `substr(${name}, 1, 10) = '${day}'`],
		];
	}
	if (
		(type === "link" || type === "user") &&
		Array.isArray(shown) &&
		shown.length > 0
	)
		return [
			...empty,
			[
				{ field: field.name, op: "any_of", values: [shown[0].id] },
				`has("${field.name}_ids", ${quoted(shown[0].id)})`,
			],
		];
	return empty;
}

test(
	`a condition in SQL finds the rows that the filter finds (seed ${SEED})`,
	async () => {
		const world = await propertyWorld();
		const tried = new Map<string, number>();
		await fc.assert(
			fc.asyncProperty(
				fc.array(randomRow(world.columns), { minLength: 4, maxLength: 12 }),
				fc.nat(),
				async (rows, pick) => {
					await world.clear();
					await world.insert(rows);
					const { table } = world.table;
					const field = table.fields[pick % table.fields.length] as Field;
					const read = async (args: object) =>
						(
							await callTool(world.session, "query_records", {
								table: world.table.reference,
								limit: 1_000,
								...args,
							})
						).structured as unknown as Answered;
					const all = await read({ fields: [field.name], detail: "full" });
					const shown = all.rows.find((row) => row[1] !== null)?.[1] ?? null;
					// A text that is quoted in a message only: SQL has no zero character.
					if (typeof shown === "string" && shown.includes("\u0000")) return;
					for (const [condition, sql] of conditionsOf(field, shown)) {
						const filtered = await read({
							filter: { conditions: [condition] },
							fields: [field.name],
						});
						const answered = await sqlOf(
							world,
							`select _id from t where ${sql}`,
						);
						expect(
							answered.rows.map(([id]) => id),
							`${field.type}: ${sql} ${JSON.stringify(condition)}`,
						).toEqual(filtered.rows.map(([id]) => id));
						tried.set(field.type, (tried.get(field.type) ?? 0) + 1);
					}
				},
			),
			{ seed: SEED, numRuns: 40, endOnFailure: true },
		);
		expect(tried.size).toBeGreaterThan(8);
	},
	PATIENCE_MS,
);

test(
	`one link, person or option joins by its name, whatever the name (seed ${SEED})`,
	async () => {
		const { session } = localWorld();
		const titles = fc.sample(
			fc.oneof(
				fc.constantFrom(
					"Zeta, Inc.",
					"a,b",
					'5" pipe',
					'"',
					" a ",
					"x\ny",
					",",
				),
				fc.string({ unit: fc.constantFrom(..."ab, \"\n'[]") }),
			),
			{ seed: SEED, numRuns: 60 },
		);
		const named = [...new Set(titles)].filter((title) => title.trim() !== "");
		const options = [...new Set(named.map((title) => title.trim()))].filter(
			(title) => !title.includes("\n"),
		);
		const clients = await makeTable(session, "Clients", [
			{ name: "Name", type: "text" },
		]);
		const { structured } = await callTool(session, "create_records", {
			table: clients,
			records: named.map((Name) => ({ fields: { Name } })),
		});
		const ids = structured.ids as readonly string[];
		const orders = await makeTable(session, "Orders", [
			{ name: "No", type: "text" },
			{ name: "Client", type: "link", settings: { link_table: clients } },
			{
				name: "Kind",
				type: "multi_select",
				settings: { options: options.map((name) => ({ name })) },
			},
		]);
		await callTool(session, "create_records", {
			table: orders,
			records: ids.map((id, at) => ({
				fields: {
					No: String(at),
					Client: [id],
					Kind: [options[at % options.length]],
				},
			})),
		});
		const ask = async (sql: string) => {
			const answer = await callTool(session, "query_sql", {
				sql,
				tables: [
					{ as: "o", table: orders },
					{ as: "c", table: clients },
				],
			});
			return answer.structured as unknown as Answered;
		};
		expect(named.length).toBeGreaterThan(20);
		expect(
			(
				await ask(
					"select count(*) from o join c on o.Client = c.Name where has(o.Client_ids, c._id)",
				)
			).rows,
		).toEqual([[named.length]]);
		expect(
			(await ask("select count(*) from o where Kind = Kind_list ->> 0")).rows,
		).toEqual([[named.length]]);
	},
	PATIENCE_MS,
);

test("a text that may be one name or several is said to be so", async () => {
	const { session } = localWorld();
	const clients = await makeTable(session, "Clients", [
		{ name: "Name", type: "text" },
	]);
	const { structured } = await callTool(session, "create_records", {
		table: clients,
		records: ["Zeta, Inc.", "Zeta", "Inc."].map((Name) => ({
			fields: { Name },
		})),
	});
	const [both, zeta, inc] = structured.ids as readonly string[];
	const orders = await makeTable(session, "Orders", [
		{ name: "No", type: "text" },
		{ name: "Client", type: "link", settings: { link_table: clients } },
	]);
	const add = (links: readonly (string | undefined)[]) =>
		callTool(session, "create_records", {
			table: orders,
			records: [{ fields: { No: "1", Client: links } }],
		});
	const ask = () =>
		callTool(session, "query_sql", {
			sql: "select Client from o",
			tables: [{ as: "o", table: orders }],
		});
	await add([both]);
	expect((await ask()).structured.notes).toEqual([]);
	await add([zeta, inc]);
	const { structured: answer } = await ask();
	expect(answer.rows).toEqual([["Zeta, Inc."], ["Zeta, Inc."]]);
	expect(answer.notes).toEqual([
		expect.stringContaining('"Client_ids" tells them apart'),
	]);
});

test("a number is shown as query_records shows it, to its last digit", async () => {
	const { session } = localWorld();
	const numbers = fc.sample(
		fc.double({ noNaN: true, noDefaultInfinity: true }),
		{
			seed: SEED,
			numRuns: 300,
		},
	);
	const table = await makeTable(session, "Numbers", [
		{ name: "Title", type: "text" },
		{ name: "K", type: "number" },
	]);
	await callTool(session, "create_records", {
		table,
		records: [0.1234567890123456, 2 / 3, ...numbers].map((K) => ({
			fields: { Title: "n", K },
		})),
	});
	const records = await callTool(session, "query_records", {
		table,
		fields: ["K"],
		limit: 1_000,
		ids: false,
	});
	const sql = await callTool(session, "query_sql", {
		sql: "select K from t",
		tables: [{ as: "t", table }],
		limit: 1_000,
	});
	expect(sql.structured.rows).toEqual(records.structured.rows);
	expect(sql.text.split("\n").slice(2)).toEqual(
		records.text.split("\n").slice(2),
	);
	const { structured } = await callTool(session, "query_sql", {
		sql: "select 9007199254740991 / 2.0, 0.1 + 0.2",
		tables: [{ as: "t", table }],
	});
	expect(structured.rows).toEqual([[9007199254740991 / 2, 0.1 + 0.2]]);
});
