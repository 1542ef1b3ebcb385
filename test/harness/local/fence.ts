import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localVendor } from "../../../src/vendors/local/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { callTool, sessionOf } from "../../conformance/session.js";
import type { SiteOfVendor } from "../../fence/site.js";

export const fence: SiteOfVendor = {
	open({ clock, atEnd }) {
		const folder = mkdtempSync(join(tmpdir(), "tables-mcp-store-"));
		const file = join(folder, "shared.db");
		const person = sessionOf({
			vendor: localVendor as Vendor,
			folder,
			config: { file },
			clock,
		});
		atEnd(async () => {
			await person.close();
			rmSync(folder, { recursive: true, force: true });
		});
		const call = async (
			tool: string,
			args: Readonly<Record<string, unknown>>,
		) =>
			(await callTool(person.session, tool, args)).structured as Record<
				string,
				// biome-ignore lint/suspicious/noExplicitAny: answers of many tools are looked into
				any
			>;
		const at = (base: string, table: string) => `local:${base}/${table}`;
		const fields = async (
			base: string,
			table: string,
		): Promise<{ id: string; name: string }[]> => {
			clock.advance(600_000);
			return (await call("describe_fields", { table: at(base, table) })).fields;
		};
		let first = true;
		return {
			config: () => ({ file }),
			origins: [],
			async addBase(name) {
				if (first) {
					// The store's own base is one of them.
					first = false;
					await call("update_base", { base: "main", name });
					return "main";
				}
				return (await call("create_base", { connection: "local", name })).base;
			},
			addTable: async (base, name, primary) =>
				(
					await call("create_table", {
						connection: "local",
						base,
						name,
						fields: [{ name: primary, type: "text" }],
					})
				).table.split("/")[1],
			async addField(base, table, name, kind) {
				const spec =
					typeof kind === "string"
						? { type: kind }
						: "options" in kind
							? {
									type: "single_select",
									settings: {
										options: kind.options.map((each) => ({ name: each })),
									},
								}
							: "link" in kind
								? {
										type: "link",
										settings: {
											link_table: at(base, kind.link),
											...(kind.reverse === undefined
												? {}
												: { two_way: true, reverse_name: kind.reverse }),
										},
									}
								: undefined;
				if (spec === undefined) return undefined;
				return (
					await call("create_field", { table: at(base, table), name, ...spec })
				).field;
			},
			addRecords: async (base, table, records) =>
				(
					await call("create_records", {
						table: at(base, table),
						records: records.map((fields) => ({ fields })),
					})
				).ids,
			async attach(base, table, record_id, field, { name, text }) {
				mkdirSync(join(folder, "files"), { recursive: true });
				writeFileSync(join(folder, "files", name), text);
				await call("upload_attachment", {
					table: at(base, table),
					field,
					files: [{ file: name, record_id }],
				});
			},
			addView: async (base, table, { name, field, text }) =>
				(
					await call("create_view", {
						table: at(base, table),
						name,
						filter: { conditions: [{ field, op: "contains", value: text }] },
						sort: [{ field }],
					})
				).view,
			renameBase: async (base, name) =>
				void (await call("update_base", { base, name })),
			renameTable: async (base, table, name) =>
				void (await call("update_table", { table: at(base, table), name })),
			renameField: async (base, table, field, name) =>
				void (await call("update_field", {
					table: at(base, table),
					field,
					name,
				})),
			async snapshot(base, table) {
				const named = await fields(base, table);
				const { columns, rows } = await call("query_records", {
					table: at(base, table),
					limit: 1_000,
					fields: named.map(({ id }) => id),
				});
				const { name } = await call("describe_fields", {
					table: at(base, table),
				});
				return {
					name,
					fields: Object.fromEntries(
						named.map(({ id, name: each }) => [id, each]),
					),
					rows: Object.fromEntries(
						(rows as unknown[][]).map((row) => [
							row[columns.indexOf("id")],
							Object.fromEntries(
								named.map(({ id }, index) => [id, row[index + 1]]),
							),
						]),
					),
				};
			},
			async tables(base) {
				clock.advance(600_000);
				const { tables } = await call("list_tables", { base, limit: 200 });
				return (tables as { reference: string }[]).map(
					({ reference }) => reference.split("/")[1] as string,
				);
			},
			async bases() {
				const connection = person.session.connections.get("local");
				const adapter = await connection?.adapter();
				const page = await adapter?.readBases(undefined, {
					priority: "interactive",
				});
				return (page?.items ?? []).map(({ name }) => name ?? "");
			},
		};
	},
};
