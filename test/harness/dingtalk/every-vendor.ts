import type { PeerOfVendor } from "../../every-vendor/world.js";
import { createDingtalkFake, faults } from "../../fakes/dingtalk/index.js";
import { refusals, refused } from "../../fakes/dingtalk/refusal.js";
import { plain, tableOf } from "../stored.js";

export const everyVendor: PeerOfVendor = {
	open({ clock, fault }) {
		const fake = createDingtalkFake({ clock, fault });
		const base = fake.addBase({ name: "Work" });
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
