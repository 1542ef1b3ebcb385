import { jsonResponse } from "../../fakes/fake.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import type { SiteOfVendor } from "../../fence/site.js";
import { lost } from "../stored.js";

export const fence: SiteOfVendor = {
	formulas: {
		references: ({ field, names: { field: name } }) => [
			`{${field}}`,
			`{${name}}`,
		],
		unreadable: ({ field, names: { field: name } }) => [
			`{${name}`,
			`{ ${name} }`,
			`{{${field}}}`,
			`{${field}`,
		],
	},
	open({ clock, fault }) {
		const fake = createFusionFake({
			clock,
			fault,
			switches: {
				plan: "enterprise",
				callsPerSecond: Number.POSITIVE_INFINITY,
			},
		});
		const { store } = fake;
		const tableOf = (id: string) => store.tables.get(id) ?? lost(`table ${id}`);
		const fieldOf = (table: string, id: string) =>
			tableOf(table).fields.get(id) ?? lost(`field ${id}`);
		const fresh = () => {
			for (const table of store.tables.values()) table.formulas.clear();
		};
		let first = true;
		return {
			config: (bases) => ({ token: fake.token, bases }),
			fake,
			origins: ["https://aitable.ai"],
			async addBase(name) {
				const id = first ? fake.spaceId : fake.addSpace({ name });
				first = false;
				const space = store.spaces.get(id) ?? lost(`space ${id}`);
				space.name = name;
				space.members.set(store.tokens.get(fake.token) as string, {
					permission: 0,
					isAdmin: true,
				});
				return id;
			},
			addTable: async (spaceId, name, primary) =>
				fake.addTable({
					spaceId,
					name,
					fields: [{ name: primary, type: "SingleText", property: {} }],
				}),
			async addField(_base, table, name, kind) {
				if (typeof kind === "string")
					return fake.addField(
						table,
						kind === "text"
							? { name, type: "SingleText", property: {} }
							: { name, type: "Attachment" },
					);
				if ("options" in kind)
					return fake.addField(table, {
						name,
						type: "SingleSelect",
						property: { options: kind.options.map((each) => ({ name: each })) },
					});
				if ("formulaOf" in kind)
					return fake.addField(table, {
						name,
						type: "Formula",
						property: { expression: `{${kind.formulaOf}}&"!"` },
					});
				if ("lookup" in kind)
					return fake.addField(table, {
						name,
						type: "MagicLookUp",
						property: {
							relatedLinkFieldId: kind.lookup.link,
							targetFieldId: kind.lookup.field,
						},
					});
				const made = fake.addField(table, {
					name,
					type: kind.reverse === undefined ? "OneWayLink" : "TwoWayLink",
					property: { foreignDatasheetId: kind.link },
				});
				const twin = fieldOf(table, made).settings.brotherFieldId;
				if (kind.reverse !== undefined && twin !== undefined)
					fieldOf(kind.link, twin).name = kind.reverse;
				return made;
			},
			addRecords: async (_base, table, records) =>
				fake.addRecords(table, records),
			async attach(spaceId, table, record, field, { name, text }) {
				const token = fake.addAttachment({
					name,
					bytes: Buffer.from(text),
					spaceId,
				});
				fake.updateRecord(table, record, { [field]: [{ token, name }] });
			},
			addView: async (_base, table, { name, field, text }) =>
				fake.addView(table, {
					name,
					filter: `FIND("${text}",{${field}})>0`,
					sort: [{ field }],
				}),
			async renameBase(base, name) {
				(store.spaces.get(base) ?? lost(base)).name = name;
			},
			async renameTable(_base, table, name) {
				(store.nodes.get(table) ?? lost(table)).name = name;
			},
			async renameField(_base, table, field, name) {
				fieldOf(table, field).name = name;
				fresh();
			},
			snapshot: async (_base, table) => ({
				name: store.nodes.get(table)?.name ?? "",
				fields: Object.fromEntries(
					fake.fields(table).map(({ id, name }) => [id, name]),
				),
				rows: Object.fromEntries(
					fake
						.rows(table, "id")
						.map(({ recordId, fields }) => [recordId, fields]),
				),
			}),
			tables: async (base) =>
				[...store.tables.values()]
					.filter(({ spaceId }) => spaceId === base)
					.map(({ id }) => id),
			bases: async () => [...store.spaces.values()].map(({ name }) => name),
			url: (base, table) =>
				table === undefined
					? `https://aitable.ai/workbench?spaceId=${base}`
					: `https://aitable.ai/workbench/${table}`,
			refusal: (message) =>
				jsonResponse(200, { success: false, code: 400, message }),
			tokenRefused: jsonResponse(401, {
				success: false,
				code: 401,
				message: "Unauthorized",
			}),
		};
	},
};
