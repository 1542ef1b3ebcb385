import type { PeerOfVendor } from "../../every-vendor/world.js";
import {
	type Code,
	createBitableFake,
	failure,
} from "../../fakes/bitable/index.js";
import type { Fault } from "../../fakes/fake.js";
import { plain, tableOf } from "../stored.js";

const fault = (
	code: Code,
	more: Parameters<typeof failure>[1] = {},
): Fault => ({ when: "before", response: failure(code, more) });

export const everyVendor: PeerOfVendor = {
	open({ clock, fault }) {
		const fake = createBitableFake({ clock, fault });
		const base = fake.addBase({ name: "Work" });
		let colleague: string | undefined;
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
				fault(99991400, {
					headers: { "x-ogw-ratelimit-reset": String(seconds) },
				}),
			inside200: () => fault(1254200),
			forbidden: fault(1254302),
			full: fault(1254103),
			quotaSpent: fault(99991403),
			tokenRefused: fault(99991663),
			conflict: fault(1254291),
		},
	},
};
