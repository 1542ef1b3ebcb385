import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localVendor } from "../../../src/vendors/local/index.js";
import type { Vendor } from "../../../src/vendors/vendor.js";
import { callTool, sessionOf } from "../../conformance/session.js";
import type { Cells, PeerOfVendor } from "../../every-vendor/world.js";

export const everyVendor: PeerOfVendor = {
	open({ clock, atEnd }) {
		const folder = mkdtempSync(join(tmpdir(), "tables-mcp-store-"));
		const file = join(folder, "shared.db");
		const colleague = sessionOf({
			vendor: localVendor as Vendor,
			folder,
			config: { file },
			clock,
		});
		atEnd(async () => {
			await colleague.close();
			rmSync(folder, { recursive: true, force: true });
		});
		const call = async (tool: string, args: Cells) =>
			(await callTool(colleague.session, tool, args)).structured as Record<
				string,
				unknown
			>;
		return {
			config: { file },
			base: "main",
			secrets: [],
			person: () => "Ann",
			async rows(table) {
				const found = new Map<string, Cells>();
				let cursor: string | null = null;
				do {
					const page = (await call("query_records", {
						table,
						limit: 1_000,
						...(cursor === null ? {} : { cursor }),
					})) as {
						columns: string[];
						rows: unknown[][];
						next_cursor: string | null;
					};
					const id = page.columns.indexOf("id");
					for (const row of page.rows)
						found.set(
							row[id] as string,
							Object.fromEntries(
								page.columns.map((name, index) => [name, row[index]]),
							),
						);
					cursor = page.next_cursor;
				} while (cursor !== null);
				return found;
			},
			add: async (table, fields) =>
				(
					(await call("create_records", { table, records: [{ fields }] }))
						.ids as string[]
				)[0] as string,
			change: async (table, id, fields) =>
				void (await call("update_records", {
					table,
					records: [{ id, fields }],
				})),
			remove: async (table, id) =>
				void (await call("delete_records", { table, record_ids: [id] })),
		};
	},
};
