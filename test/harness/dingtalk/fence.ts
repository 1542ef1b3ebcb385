import { createDingtalkFake } from "../../fakes/dingtalk/index.js";
import { jsonResponse } from "../../fakes/fake.js";
import type { SiteOfVendor } from "../../fence/site.js";
import { lost } from "../stored.js";

export const fence: SiteOfVendor = {
	open({ clock, fault }) {
		const fake = createDingtalkFake({
			clock,
			fault,
			switches: {
				monthlyCalls: Number.POSITIVE_INFINITY,
				callsPerSecond: Number.POSITIVE_INFINITY,
				callsPerMinute: Number.POSITIVE_INFINITY,
			},
		});
		let configured: readonly string[] = [];
		const sheetOf = (base: string, id: string) =>
			fake.sheets(base).find((sheet) => sheet.id === id) ?? lost(`sheet ${id}`);
		const fieldOf = (base: string, table: string, id: string) =>
			sheetOf(base, table).fields.get(id) ?? lost(`field ${id}`);
		return {
			config(bases) {
				configured = bases;
				return {
					app_key: fake.app.key,
					app_secret: fake.app.secret,
					operator_id: fake.operatorId,
					bases,
				};
			},
			fake,
			origins: ["https://api.dingtalk.com", "https://oapi.dingtalk.com"],
			addBase: async (name) => fake.addBase({ name }),
			addTable: async (base, name, primary) =>
				fake.addSheet(base, {
					name,
					fields: [{ name: primary, type: "text" }],
				}),
			async addField(base, table, name, kind) {
				if (typeof kind === "string")
					return fake.addField(base, table, { name, type: kind });
				if ("options" in kind)
					return fake.addField(base, table, {
						name,
						type: "singleSelect",
						property: { choices: kind.options.map((each) => ({ name: each })) },
					});
				// What a formula computes from, the API does not tell, and the fake does not compute it.
				if (!("link" in kind)) return undefined;
				const made = fake.addField(base, table, {
					name,
					type:
						kind.reverse === undefined
							? "unidirectionalLink"
							: "bidirectionalLink",
					property: { multiple: true, linkedSheetId: kind.link },
				});
				const twin = fieldOf(base, table, made).property?.linkedFieldId;
				if (kind.reverse !== undefined && twin !== undefined)
					fieldOf(base, kind.link, twin).name = kind.reverse;
				return made;
			},
			addRecords: async (base, table, records) =>
				fake.addRecords(
					base,
					table,
					records.map((cells) =>
						Object.fromEntries(
							Object.entries(cells).map(([name, cell]) => [
								name,
								typeof cell === "string" ? cell : { linkedRecordIds: cell },
							]),
						),
					),
				),
			async attach(base, table, record, field, { name, text }) {
				const item = fake.addAttachment(base, {
					name,
					bytes: Buffer.from(text),
				});
				fake.updateRecord(base, table, record, { [field]: [item] });
			},
			async renameBase(base, name) {
				(fake.store.bases.get(base) ?? lost(base)).name = name;
				const node = fake.store.nodes.get(base) ?? lost(base);
				fake.store.nodes.set(base, { ...node, name });
			},
			async renameTable(base, table, name) {
				sheetOf(base, table).name = name;
			},
			async renameField(base, table, field, name) {
				fieldOf(base, table, field).name = name;
			},
			async snapshot(base, table) {
				const ids = new Map(
					fake.fields(base, table).map(({ id, name }) => [name, id]),
				);
				return {
					name: sheetOf(base, table).name,
					fields: Object.fromEntries([...ids].map(([name, id]) => [id, name])),
					rows: Object.fromEntries(
						fake
							.rows(base, table)
							.map(({ id, fields }) => [
								id,
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
			tables: async (base) => fake.sheets(base).map(({ id }) => id),
			bases: async () => [...fake.store.bases.values()].map(({ name }) => name),
			url: (base, table) =>
				`https://alidocs.dingtalk.com/i/nodes/${base}${table === undefined ? "" : `?iframeQuery=${encodeURIComponent(`sheetId=${table}`)}`}`,
			lists: ({ method, path }) =>
				(method === "GET" &&
					configured.some((base) => path.endsWith(`/wiki/nodes/${base}`))) ||
				/queryByUrl|\/dentries\/search/i.test(path),
			reads: ({ path }) =>
				/\/records\/list$|\/workflows$|oauth2|queryByUrl|\/search/i.test(path),
			refusal: (message) =>
				jsonResponse(400, { code: "invalidRequest", message, requestid: "1" }),
			tokenRefused: jsonResponse(401, {
				code: "InvalidAuthentication",
				message: "The token is not valid",
				requestid: "1",
			}),
		};
	},
};
