import { describe, expect, test } from "vitest";
import {
	ANY_TOOL,
	type AskingTool,
	QUESTIONS,
	type QuestionKind,
} from "../../src/core/contract/consent.js";
import { virtualClock } from "../clock.js";
import {
	created,
	eachCloudPeer,
	openWorld,
	PEERS,
	type Peer,
	recordsOf,
} from "../every-vendor/world.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import { createFusionFake } from "../fakes/fusion/index.js";
import { forgetWrites } from "../folder.js";
import { AITABLE } from "../vendors/fusion/fusion-session.js";
import { ASKED, argsOf, prepared } from "./asked.js";
import {
	type ClientOptions,
	connected,
	joined,
	type TestClient,
} from "./client.js";

/* Between a question and a person's yes others go on working: what was asked about is looked at again, whatever asks. */

/** Called before the person says yes; the call that it is for is made after that. */
interface Scene {
	readonly client: TestClient;
	readonly tool: string;
	readonly args: object;
	/** What was asked about becomes another thing. */
	meanwhile(): Promise<unknown>;
	/** What the refusal names. */
	readonly says: string;
}

type Open = (person: NonNullable<ClientOptions["person"]>) => Promise<Scene>;

/** The table that a question named gets another name, and another table takes its name. */
async function takePlace(other: TestClient, table: string) {
	await other.ok("update_table", { table, name: "Kept" });
	await other.ok("create_table", {
		name: "Tasks",
		fields: [{ name: "Name", type: "text" }],
	});
}

/** What a local store can be asked about. */
function locally(kind: QuestionKind): Open {
	return async (person) => {
		const asked = ASKED.find((one) => one.kind === kind);
		if (asked === undefined) throw new Error(`no ${kind} in ASKED`);
		const { server, client, table, ids } = await prepared({ ...asked, person });
		const other = await joined(server);
		const { tool } = asked;
		const scene = { client, tool, args: argsOf(asked, table, ids) };
		if (kind === "overwrite_file")
			return {
				...scene,
				meanwhile: async () => client.put("out.csv", "somebody else's"),
				says: 'the file "out.csv" has changed while',
			};
		const says = /^delete_(table|records)|records|over|files$/u.test(kind)
			? "its name"
			: "its table";
		return { ...scene, meanwhile: () => takePlace(other, table), says };
	};
}

const LOCAL = PEERS.find(({ id }) => id === "local") as Peer;
const BITABLE = PEERS.find(({ id }) => id === "bitable") as Peer;

/** What Feishu can be asked about: a role with a member, a form that is shared. */
async function inFeishu(person: NonNullable<ClientOptions["person"]>) {
	const environment = { TABLES_MCP_TOOLSETS: "all" };
	const world = await openWorld(BITABLE, { person, environment });
	const other = await world.another(world.folder);
	const { base } = world.site;
	return { world, other, base, client: world.client };
}

async function withRole(person: NonNullable<ClientOptions["person"]>) {
	const feishu = await inFeishu(person);
	const { other, base, world } = feishu;
	const member = world.site.person();
	await other.ok("update_base", { base, advanced_permissions: true });
	await other.ok("create_role", {
		base,
		name: "HR",
		tables: [{ table: world.table, access: "edit" }],
	});
	await other.ok("add_role_members", { base, role: "HR", members: [member] });
	return { ...feishu, member };
}

const undoOf = async (client: TestClient, tool: string, args: object) =>
	(await client.ok(tool, args)).structured.change_id as string;

const CASES = {
	delete_table: locally("delete_table"),
	delete_field: locally("delete_field"),
	change_type: locally("change_type"),
	remove_options: locally("remove_options"),
	delete_view: locally("delete_view"),
	empty_filter: locally("empty_filter"),
	delete_records: locally("delete_records"),
	change_records: locally("change_records"),
	import_over: locally("import_over"),
	replace_files: locally("replace_files"),
	overwrite_file: locally("overwrite_file"),
	async delete_contact(person) {
		const clock = virtualClock();
		const fake = createFusionFake({ clock, switches: { plan: "enterprise" } });
		const { unitId: id } = fake.addPerson({ name: "Ann" });
		const client = await connected({
			clock,
			environment: { AITABLE_TOKEN: fake.token, TABLES_MCP_TOOLSETS: "all" },
			dispatcher: new FakeDispatcher({ [AITABLE]: fake }, clock),
			person,
		});
		const place = { connection: "aitable", kind: "member" };
		return {
			client,
			tool: "delete_contact",
			args: { ...place, id },
			meanwhile: () => client.ok("save_contact", { ...place, id, name: "Bob" }),
			says: "its name",
		};
	},
	async delete_role(person) {
		const { client, other, base } = await withRole(person);
		return {
			client,
			tool: "delete_role",
			args: { base, role: "HR" },
			meanwhile: () =>
				other.ok("update_role", { base, role: "HR", name: "Owners" }),
			says: "its name",
		};
	},
	async remove_members(person) {
		const { client, other, base, member } = await withRole(person);
		return {
			client,
			tool: "remove_role_members",
			args: { base, role: "HR", members: [member] },
			meanwhile: () =>
				other.ok("update_role", { base, role: "HR", name: "Owners" }),
			says: "its name",
		};
	},
	async lower_access(person) {
		const { client, other, base, world } = await withRole(person);
		const change = (access: string) => ({
			base,
			role: "HR",
			tables: [{ table: world.table, access }],
		});
		return {
			client,
			tool: "update_role",
			args: change("read"),
			meanwhile: () => other.ok("update_role", change("manage")),
			says: "its rights",
		};
	},
	async stop_sharing(person) {
		const { client, other, world } = await inFeishu(person);
		const { table } = world;
		const { structured } = await other.ok("create_view", {
			table,
			name: "F",
			type: "form",
		});
		const form = { table, form: structured.view };
		await other.ok("update_form", {
			...form,
			shared: true,
			share_with: "organization",
		});
		return {
			client,
			tool: "update_form",
			args: { ...form, shared: false },
			meanwhile: () => other.ok("update_form", { ...form, name: "Survey" }),
			says: "its name",
		};
	},
	async undo_records(person) {
		const { server, client, table, ids } = await prepared({ person });
		const other = await joined(server);
		const set = (Name: string) => ({
			table,
			records: [{ id: ids[0], fields: { Name } }],
		});
		const change_id = await undoOf(client, "update_records", set("mine"));
		await other.ok("update_records", set("theirs"));
		await client.call("undo_change", { change_id, dry_run: true });
		return {
			client,
			tool: "undo_change",
			args: { change_id, confirm: "1" },
			meanwhile: () => takePlace(other, table),
			says: "its name",
		};
	},
	async undo_made(person) {
		const { server, client, table, ids } = await prepared({ person });
		const other = await joined(server);
		const field = { table, name: "Note", type: "text" };
		const change_id = await undoOf(client, "create_field", field);
		const note = (of: number) => ({
			table,
			records: [{ id: ids[of], fields: { Note: "x" } }],
		});
		await other.ok("update_records", note(0));
		return {
			client,
			tool: "undo_change",
			args: { change_id },
			meanwhile: () => takePlace(other, table),
			says: "its table",
		};
	},
	/** It is any tool's question: whose links give way is looked at again beside what other records lose by a write. */
	create_over: undefined,
	/** Nothing is known of what such a call is about before it runs: the question is about its arguments. */
	any_write: undefined,
} satisfies Record<QuestionKind, Open | undefined>;

describe("what was asked about has another name by the time of the yes", () => {
	for (const [kind, open] of Object.entries(CASES) as [
		QuestionKind,
		Open | undefined,
	][])
		if (open !== undefined)
			test(`${kind}: nothing is sent`, async () => {
				let meanwhile: () => Promise<unknown> = async () => {};
				let questions = 0;
				const scene = await open(async () => {
					questions++;
					await meanwhile();
					return { action: "accept" };
				});
				expect(scene.tool).toBe(QUESTIONS[kind].tool);
				questions = 0;
				meanwhile = () => scene.meanwhile();
				const { text } = await scene.client.refused(scene.tool, scene.args);
				expect(questions, text).toBe(1);
				expect(text).toMatch(
					/^conflict: .* has changed while the person was asked: /u,
				);
				expect(text).toContain(scene.says);
				expect(text).toContain("Nothing was sent.");
			});
});

test("every tool that asks is tried", () => {
	const tried = Object.entries(CASES).flatMap(([kind, open]) =>
		open === undefined ? [] : [QUESTIONS[kind as QuestionKind].tool],
	);
	const asking = Object.values(QUESTIONS)
		.map(({ tool }) => tool)
		.filter((tool): tool is AskingTool => tool !== ANY_TOOL);
	expect([...new Set(tried)].sort()).toEqual([...new Set(asking)].sort());
});

test("a role that somebody else has got meanwhile is not deleted", async () => {
	let meanwhile: () => Promise<unknown> = async () => {};
	const scene = await withRole(async () => {
		await meanwhile();
		return { action: "accept" };
	});
	const { client, other, base, member, world } = scene;
	meanwhile = async () => {
		await other.ok("add_role_members", {
			base,
			role: "HR",
			members: [world.site.person()],
		});
	};
	const { text } = await client.refused("delete_role", { base, role: "HR" });
	expect(client.asked).toEqual([expect.stringContaining("to 1 member?")]);
	expect(text).toContain("2 members in place of 1");
	expect(member).not.toBe("");
});

test("of a field that an undo removes a cell is emptied and another one filled: nothing is sent", async () => {
	let meanwhile: () => Promise<unknown> = async () => {};
	const world = await openWorld(LOCAL, {
		person: async () => {
			await meanwhile();
			return { action: "accept" };
		},
	});
	const { client, table, site } = world;
	const ids = await created(world, recordsOf(2));
	const field = { table, name: "Note", type: "text" };
	const change_id = await undoOf(client, "create_field", field);
	await site.change(table, ids[0] as string, { Note: "x" });
	meanwhile = async () => {
		await site.change(table, ids[0] as string, { Note: null });
		await site.change(table, ids[1] as string, { Note: "y" });
	};
	const { text } = await client.refused("undo_change", { change_id });
	expect(text).toContain("1 of the filled cells were not there");
});

eachCloudPeer(
	"a question names the table as it is called now, whatever was read of it before",
	async (peer) => {
		const world = await openWorld(peer, {
			person: () => ({ action: "decline" }),
		});
		const { client, table } = world;
		await client.ok("list_tables", {});
		await client.ok("describe_fields", { table });
		forgetWrites(world.folder);
		world.rewrite((body) =>
			JSON.parse(JSON.stringify(body).replaceAll('"Rows"', '"Kept"')),
		);
		await client.refused("delete_field", { table, field: "Amount" });
		expect(client.asked).toEqual([expect.stringContaining('of "Kept"')]);
	},
);
