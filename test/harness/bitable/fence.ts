import { createBitableFake } from "../../fakes/bitable/index.js";
import { changed } from "../../fakes/bitable/store.js";
import { jsonResponse } from "../../fakes/fake.js";
import type { SiteOfVendor } from "../../fence/site.js";
import { lost } from "../stored.js";

export const fence: SiteOfVendor = {
	formulas: {
		references: ({ table, field, names }) => [
			`bitable::$table[${table}].$field[${field}]`,
			`bitable::$table[${table}].$column[${field}]`,
			`[${names.table}].[${names.field}]`,
			`{${names.field}}`,
			`{${field}}`,
		],
		unreadable: ({ table, field, names }) => [
			`bitable::$table[${table}`,
			`bitable::$table[${table}].$field`,
			`bitable::$table[${table}].$field["${field}"]`,
			`bitable :: $table[${table}] . $field[ ${field} ]`,
			`BITABLE::$TABLE[${table}].$FIELD[${field}]`,
			`CurrentValue.[${names.field}]`,
			`[${names.table}].FILTER(CurrentValue.[${names.field}]>1).[${names.field}].SUM()`,
			`{${names.field}`,
		],
	},
	wiki: true,
	open({ clock, fault }) {
		const fake = createBitableFake({
			clock,
			fault,
			switches: { rates: false },
		});
		let configured: readonly string[] = [];
		const rename = (
			base: string,
			table: string,
			field: string,
			name: string,
		) => {
			const place = fake.table(table, base);
			const found = place.fields.get(field) ?? lost(`field ${field}`);
			place.fieldIds.delete(found.name);
			place.fieldIds.set(name, field);
			found.name = name;
			changed(fake.base(base), place);
		};
		return {
			config(bases) {
				configured = bases;
				return { app_id: fake.app.id, app_secret: fake.app.secret, bases };
			},
			fake,
			origins: ["https://open.feishu.cn"],
			addBase: async (name) => fake.addBase({ name }),
			addTable: async (base, name, primary) =>
				fake.addTable(base, { name, fields: [{ name: primary, type: 1 }] }),
			async addField(base, table, name, kind) {
				if (typeof kind === "string")
					return fake.addField(
						table,
						{ name, type: kind === "text" ? 1 : 17 },
						base,
					);
				if ("options" in kind)
					return fake.addField(
						table,
						{
							name,
							type: 3,
							property: {
								options: kind.options.map((each) => ({ name: each })),
							},
						},
						base,
					);
				if ("formulaOf" in kind) {
					const of = fake.table(table, base).fieldIds.get(kind.formulaOf);
					return fake.addField(
						table,
						{
							name,
							type: 20,
							property: {
								formula_expression: `bitable::$table[${table}].$field[${of}]`,
							},
						},
						base,
					);
				}
				if ("lookup" in kind) {
					const link = fake.table(table, base).fields.get(kind.lookup.link);
					const target = fake
						.table(link?.linkTable ?? "", base)
						.fields.get(kind.lookup.field);
					return fake.addField(
						table,
						{
							name,
							type: 19,
							lookup: { link: link?.name ?? "", field: target?.name ?? "" },
						},
						base,
					);
				}
				return fake.addField(
					table,
					kind.reverse === undefined
						? { name, type: 18, property: { table_id: kind.link } }
						: {
								name,
								type: 21,
								property: {
									table_id: kind.link,
									back_field_name: kind.reverse,
								},
							},
					base,
				);
			},
			addRecords: async (base, table, records) =>
				fake.addRecords(table, records, { baseToken: base }),
			async attach(baseToken, table, record, field, { name, text }) {
				const file_token = fake.addMedia(baseToken, {
					name,
					bytes: Buffer.from(text),
				});
				fake.updateRecord(
					table,
					record,
					{ [field]: [{ file_token }] },
					{ baseToken },
				);
			},
			addView: async (_base, table, { name, field, text }) =>
				fake.addView(table, {
					name,
					filter: {
						conjunction: "and",
						conditions: [{ field, operator: "contains", values: [text] }],
					},
					sort: [{ field }],
				}),
			addForm: async (_base, table, name) =>
				fake.addView(table, { name, type: "form" }),
			async renameBase(base, name) {
				fake.base(base).name = name;
				changed(fake.base(base));
			},
			async renameTable(base, table, name) {
				fake.table(table, base).name = name;
				changed(fake.base(base), fake.table(table, base));
			},
			renameField: async (base, table, field, name) =>
				rename(base, table, field, name),
			async snapshot(base, table) {
				const found = fake.table(table, base);
				const ids = new Map(
					[...found.fields.values()].map(({ id, name }) => [name, id]),
				);
				return {
					name: found.name,
					fields: Object.fromEntries([...ids].map(([name, id]) => [id, name])),
					rows: Object.fromEntries(
						fake
							.rows(table, base)
							.map(({ recordId, fields }) => [
								recordId,
								Object.fromEntries(
									Object.entries(fields).map(([name, cell]) => [
										ids.get(name),
										cell,
									]),
								),
							]),
					),
				};
			},
			tables: async (base) => [...fake.base(base).tables.keys()],
			bases: async () => [...fake.store.bases.values()].map(({ name }) => name),
			url: (base, table) =>
				`https://example.feishu.cn/base/${base}${table === undefined ? "" : `?table=${table}`}`,
			wiki: (base) =>
				`https://example.feishu.cn/wiki/${fake.addWikiNode(base)}`,
			lists: ({ method, path }) =>
				/\/wiki\//.test(path) ||
				(method === "GET" &&
					configured.some((base) => path.endsWith(`/bitable/v1/apps/${base}`))),
			reads: ({ path }) =>
				/\/records\/(search|batch_get)$|\/auth\/|\/batch_get_tmp/.test(path),
			refusal: (msg) => jsonResponse(200, { code: 1254014, msg }),
			tokenRefused: jsonResponse(400, {
				code: 99991663,
				msg: "Invalid access token for authorization",
			}),
		};
	},
};
