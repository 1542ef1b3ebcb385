import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parseReference } from "../../src/core/places/reference.js";
import { localVendor } from "../../src/vendors/local/index.js";
import type { Vendor } from "../../src/vendors/vendor.js";
import { callTool, sessionOf } from "../conformance/session.js";
import {
	failure as bitableFailure,
	type Code,
	createBitableFake,
} from "../fakes/bitable/index.js";
import { createDingtalkFake, faults } from "../fakes/dingtalk/index.js";
import { refusals, refused } from "../fakes/dingtalk/refusal.js";
import type { Fault } from "../fakes/fake.js";
import { createFusionFake } from "../fakes/fusion/index.js";
import { instead } from "../faults/schedule.js";
import type { Cells, Peer } from "./world.js";

const partsOf = (reference: string) => {
	const parsed = parseReference(reference);
	if (parsed === undefined) throw new Error(`${reference} is not a reference`);
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
			person: () => fake.addPerson({ name: "Ann", permission: 1 }).unitId,
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
		slowWriteMs: 500,
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
			full: always(
				instead(200, {
					success: false,
					code: 305,
					message: "The number of rows is at its limit",
				}),
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

/** A vendor's cells as their plain values: texts of parts joined, options by name, numbers that it tells as texts (DingTalk) as numbers. */
function plain(cells: Cells): Cells {
	return Object.fromEntries(
		Object.entries(cells).map(([name, cell]) => [
			name,
			name === "Amount" && typeof cell === "string" ? Number(cell) : flat(cell),
		]),
	);
}

function flat(cell: unknown): unknown {
	if (Array.isArray(cell))
		return cell.every((part) => typeof part?.text === "string")
			? cell.map(({ text }) => text).join("")
			: cell.map(flat);
	return typeof cell === "object" && cell !== null && "name" in cell
		? cell.name
		: cell;
}

const bitableFault = (
	code: Code,
	more: Parameters<typeof bitableFailure>[1] = {},
): Fault => ({ when: "before", response: bitableFailure(code, more) });

const bitable: Peer = {
	id: "bitable",
	open({ clock, fault }) {
		const fake = createBitableFake({ clock, fault });
		const base = fake.addBase({ name: "Work" });
		let colleague: string | undefined;
		const tableOf = (reference: string) => partsOf(reference).table;
		return {
			config: {
				app_id: fake.app.id,
				app_secret: fake.app.secret,
				bases: [base],
			},
			base,
			fake,
			origins: ["https://open.feishu.cn"],
			secrets: [fake.app.secret],
			person: () => fake.addPerson({ name: "Ann" }).openId,
			rows: async (table) =>
				new Map(
					fake
						.rows(tableOf(table))
						.map(({ recordId, fields }) => [recordId, plain(fields)]),
				),
			add: async (table, cells) =>
				fake.addRecords(tableOf(table), [cells])[0] as string,
			change: async (table, id, cells) => {
				colleague ??= fake.addPerson({ name: "Colleague" }).openId;
				fake.updateRecord(tableOf(table), id, cells, { by: colleague });
			},
			remove: async (table, id) => fake.removeRecords(tableOf(table), [id]),
			reader() {
				const reader = fake.addApp({
					id: "cli_reader0123456789",
					secret: "secret-of-the-reader",
				});
				fake.share(base, reader.bot, "view");
				return { app_id: reader.id, app_secret: reader.secret };
			},
			throttled: () => fake.throttled,
		};
	},
	network: {
		slowWriteMs: 15_000,
		// A single record has endpoints of its own.
		writeOf: ({ method, path }) => {
			const place = /\/tables\/[^/]+\/records(?:\/(\w+))?$/.exec(path);
			if (place === null) return undefined;
			const [, last] = place;
			if (last === undefined) return method === "POST" ? "create" : undefined;
			const batch = /^batch_(create|update|delete)$/.exec(last)?.[1];
			return (batch ??
				({ PUT: "update", DELETE: "delete" } as const)[
					method as "PUT"
				]) as "update";
		},
		readsRows: ({ path }) => /\/records\/(search|batch_get)$/.test(path),
		failures: {
			throttled: (seconds) =>
				bitableFault(99991400, {
					headers: { "x-ogw-ratelimit-reset": String(seconds) },
				}),
			inside200: () => bitableFault(1254200),
			forbidden: bitableFault(1254302),
			full: bitableFault(1254103),
			quotaSpent: bitableFault(99991403),
			tokenRefused: bitableFault(99991663),
			conflict: bitableFault(1254291),
		},
	},
};

const dingtalk: Peer = {
	id: "dingtalk",
	open({ clock, fault }) {
		const fake = createDingtalkFake({ clock, fault });
		const base = fake.addBase({ name: "Work" });
		const tableOf = (reference: string) => partsOf(reference).table;
		return {
			config: {
				app_key: fake.app.key,
				app_secret: fake.app.secret,
				operator_id: fake.operatorId,
				bases: [base],
			},
			base,
			fake,
			origins: ["https://api.dingtalk.com", "https://oapi.dingtalk.com"],
			secrets: [fake.app.secret],
			person: () => fake.addUser({ name: "Ann" }).unionId,
			rows: async (table) =>
				new Map(
					fake
						.rows(base, tableOf(table))
						.map(({ id, fields }) => [id, plain(fields)]),
				),
			add: async (table, cells) =>
				fake.addRecords(base, tableOf(table), [cells])[0] as string,
			change: async (table, id, cells) =>
				fake.updateRecord(base, tableOf(table), id, cells),
			remove: async (table, id) =>
				fake.removeRecords(base, tableOf(table), [id]),
			reader() {
				const { unionId } = fake.addUser({ name: "Reader" });
				fake.setAccess(base, unionId, "read");
				return { operator_id: unionId };
			},
			throttled: () => fake.throttled,
		};
	},
	network: {
		slowWriteMs: 2_000,
		writeOf: ({ method, path }) =>
			/\/records\/delete$/.test(path)
				? "delete"
				: /\/records$/.test(path)
					? ({ POST: "create", PUT: "update" } as const)[method as "POST"]
					: undefined,
		readsRows: ({ method, path }) =>
			/\/records\/list$/.test(path) ||
			(method === "GET" && /\/records\/[^/]+$/.test(path)),
		failures: {
			throttled: () => faults.qps,
			inside200: () => faults.blocked,
			forbidden: {
				when: "before",
				response: refused(refusals.forbidden("No permission"), "log"),
			},
			full: {
				when: "before",
				response: refused(refusals.overLimit("Too many records"), "log"),
			},
			quotaSpent: faults.quotaSpent,
			tokenRefused: faults.tokenRevoked,
			conflict: faults.systemBusy,
		},
	},
};

/** Every vendor that the program has: `writes.test.ts` compares. */
export const PEERS: readonly Peer[] = [local, fusion, bitable, dingtalk];
