import type { PeerOfVendor } from "../../every-vendor/world.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { instead } from "../../faults/schedule.js";
import { tableOf } from "../stored.js";

/** A fault that fits every request; those of the schedules may leave some alone. */
const always = (way: ReturnType<typeof instead>) => way();

export const everyVendor: PeerOfVendor = {
	open({ clock, fault, slowest }) {
		const fake = createFusionFake({
			clock,
			fault,
			...(slowest ? { switches: { plan: "free" } } : {}),
		});
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
