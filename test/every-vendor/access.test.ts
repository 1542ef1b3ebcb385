import { describe, expect, test } from "vitest";
import type { Adapter } from "../../src/core/contract/adapter.js";
import type { QuestionKind } from "../../src/core/contract/consent.js";
import { virtualClock } from "../clock.js";
import { openWorld, PEERS, type Peer, type World } from "./world.js";

/*
 * Who may see or do what is taken away only after a person has agreed: a role, a part of its access, its members, a
 * form that was shared. A local store has none of these; of the others each that has one is tried.
 */

interface Taking {
	readonly kind: QuestionKind;
	readonly tool: string;
	readonly needs: keyof Adapter;
	/** Gives what is to be taken away; answers the call that takes it. undefined: the vendor gives no such thing by its API. */
	prepare(world: World): Promise<object | undefined>;
	readonly confirm: string;
	readonly question: RegExp;
}

async function role(world: World) {
	const { client, site } = world;
	const { base } = site;
	await client.call("update_base", { base, advanced_permissions: true });
	await client.ok("create_role", { base, name: "Staff" });
	return { base, role: "Staff" };
}

const TAKEN: readonly Taking[] = [
	{
		kind: "delete_role",
		tool: "delete_role",
		needs: "deleteRole",
		prepare: role,
		confirm: "Staff",
		question: /^May I delete the role "Staff"/,
	},
	{
		kind: "lower_access",
		tool: "update_role",
		needs: "updateRole",
		prepare: async (world) => {
			const place = await role(world);
			const tables = (access: string) => [{ table: world.table, access }];
			const given = await world.client.call("update_role", {
				...place,
				tables: tables("edit"),
			});
			return given.isError ? undefined : { ...place, tables: tables("read") };
		},
		confirm: "Staff",
		question: /^May I take access of the role "Staff" .* away: "Rows"\?$/,
	},
	{
		kind: "remove_members",
		tool: "remove_role_members",
		needs: "removeRoleMembers",
		prepare: async (world) => {
			const members = [world.site.person(), world.site.person()];
			const place = await role(world);
			await world.client.ok("add_role_members", { ...place, members });
			return { ...place, members: members.slice(0, 1) };
		},
		confirm: "Staff",
		question: /^May I take the role "Staff" .* from 1 user/,
	},
	{
		kind: "stop_sharing",
		tool: "update_form",
		needs: "updateForm",
		prepare: async ({ client, table }) => {
			const { structured } = await client.ok("create_view", {
				table,
				name: "Ask",
				type: "form",
			});
			const form = structured.view as string;
			await client.ok("update_form", {
				table,
				form,
				shared: true,
				share_with: "anyone",
			});
			return { table, form, shared: false };
		},
		confirm: "Ask",
		question: /^May I stop sharing the form "Ask" of "Rows"\?$/,
	},
];

async function opened(peer: Peer) {
	const clock = virtualClock();
	let answer: "accept" | "decline" = "decline";
	const world = await openWorld(peer, {
		clock,
		environment: { TABLES_MCP_TOOLSETS: "all" },
		person: () => {
			clock.advance(5_000);
			return { action: answer };
		},
	});
	return {
		world,
		saysYes: () => {
			answer = "accept";
		},
	};
}

/** Requests that change something. */
const writes = ({ site }: World) =>
	(site.fake?.log ?? []).filter(
		({ request }) =>
			/^(PUT|PATCH|DELETE)$/.test(request.method) ||
			/batch_delete|members\/remove|removeMembers/i.test(request.path),
	).length;

describe.each(TAKEN.map((taking) => [taking.kind, taking] as const))(
	"%s",
	(_, { tool, needs, prepare, confirm, question }) => {
		test("access is taken away only after a yes: a no sends nothing, with confirm or without", async () => {
			let tried = 0;
			for (const peer of PEERS) {
				const { world, saysYes } = await opened(peer);
				if (world.adapter[needs] === undefined) continue;
				const { client } = world;
				const args = await prepare(world);
				if (args === undefined) continue;
				tried++;
				const before = writes(world);
				await client.refused(tool, args);
				await client.refused(tool, { ...args, confirm });
				expect(writes(world)).toBe(before);
				expect(client.asked).toEqual([expect.stringMatching(question)]);
				saysYes();
				await client.ok(tool, args);
				expect(client.asked).toHaveLength(2);
				expect(writes(world)).toBeGreaterThan(before);
			}
			expect(tried).toBeGreaterThan(0);
		});
	},
);
