import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parseReference } from "../../src/core/reference.js";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { callTool, sessionOf } from "../conformance/session.js";
import { createFusionFake } from "../fakes/fusion/index.js";
import { instead } from "../faults/schedule.js";
import type { Cells, Peer } from "./world.js";

const partsOf = (reference: string) => {
	const parsed = parseReference(reference);
	if (parsed === undefined) throw new Error(`${reference} is no reference`);
	return parsed;
};

/** A fault that fits every request; those of the schedules may leave some alone. */
const always = (way: ReturnType<typeof instead>) => way();

const fusion: Peer = {
	id: "fusion",
	open({ clock, fault, slowest }) {
		const fake = createFusionFake({
			clock,
			fault,
			...(slowest ? { switches: { plan: "free" } } : {}),
		});
		const tableOf = (reference: string) => partsOf(reference).table;
		return {
			config: { token: fake.token, ...(slowest ? { qps: 2 } : {}) },
			base: fake.spaceId,
			fake,
			origins: ["https://aitable.ai"],
			secrets: [fake.token],
			rows: async (table) =>
				new Map(
					fake
						.rows(tableOf(table))
						.map(({ recordId, fields }) => [recordId, fields]),
				),
			add: async (table, cells) =>
				fake.addRecords(tableOf(table), [cells])[0] as string,
			change: async (table, id, cells) =>
				fake.updateRecord(tableOf(table), id, cells),
			remove: async (table, id) => fake.removeRecords(tableOf(table), [id]),
			reader(table) {
				const { token } = fake.addPerson({ name: "Reader", permission: 1 });
				fake.restrictNode(tableOf(table), token, 3);
				return { token };
			},
			throttled: () => fake.throttled,
		};
	},
	network: {
		writeOf: ({ method, path }) =>
			/\/datasheets\/[^/]+\/records$/.test(path)
				? ({ POST: "create", PATCH: "update", DELETE: "delete" } as const)[
						method as "POST"
					]
				: undefined,
		readsRows: ({ method, path }) =>
			method === "GET" && /\/datasheets\/[^/]+\/records$/.test(path),
		failures: {
			throttled: (seconds) =>
				always(
					instead(
						429,
						{ success: false, code: 429, message: "Operate too often" },
						{ "retry-after": String(seconds) },
					),
				),
			inside200: (write) =>
				always(
					instead(200, {
						success: false,
						code: { create: 211, update: 212, delete: 214 }[write],
						message: "The server could not do it",
					}),
				),
			forbidden: always(
				instead(200, { success: false, code: 602, message: "No permission" }),
			),
			quotaSpent: always(
				instead(403, {
					success: false,
					code: 403,
					message: "The API usage exceeds the monthly rate",
				}),
			),
			tokenRefused: always(
				instead(401, { success: false, code: 401, message: "Unauthorized" }),
			),
		},
	},
};

const local: Peer = {
	id: "local",
	open({ clock }) {
		const folder = mkdtempSync(join(tmpdir(), "tables-mcp-store-"));
		const file = join(folder, "shared.db");
		const colleague = sessionOf({
			vendor: localVendor as Vendor,
			folder,
			config: { file },
			clock,
		});
		onTestFinished(async () => {
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

/** Every vendor that the program has: `peers.test.ts` compares. */
export const PEERS: readonly Peer[] = [local, fusion];
