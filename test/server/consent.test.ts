import { McpError } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { QUESTIONS } from "../../src/core/contract/consent.js";
import { virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import { createFusionFake } from "../fakes/fusion/index.js";
import { AITABLE } from "../vendors/fusion/fusion-session.js";
import { ALL, ASKED, type Asked, argsOf, prepared, state } from "./asked.js";
import { connected, joined } from "./client.js";

const EACH = ASKED.map((asked): [string, Asked] => [asked.what, asked]);

const yes = () => ({ action: "accept" as const });

test("all that can be asked about is tried here, but for what a local store has not: contacts, roles and forms; undo, which names a change; and creating, which takes no confirm", () => {
	expect(
		[
			...new Set(ASKED.map(({ kind }) => kind)),
			"any_write",
			"create_over",
			"delete_contact",
			"delete_role",
			"lower_access",
			"remove_members",
			"stop_sharing",
			"undo_made",
			"undo_records",
		].sort(),
	).toEqual(Object.keys(QUESTIONS).sort());
	for (const { kind, tool } of ASKED) expect(QUESTIONS[kind].tool).toBe(tool);
});

test.each(EACH)(
	"%s: a person's no sends nothing, with confirm or without",
	async (_, asked) => {
		const clock = virtualClock();
		const { client, table, ids } = await prepared({
			...asked,
			clock,
			person: () => {
				clock.advance(5_000);
				return { action: "decline" };
			},
		});
		const before = await state(client, table);
		const args = argsOf(asked, table, ids);
		const refused = await client.refused(asked.tool, {
			...args,
			confirm: asked.confirm,
		});
		expect(refused.text).toMatch(
			/^declined: the person said no after 5\.0 s: .*\nNothing was sent\./,
		);
		expect(client.asked).toEqual([expect.stringMatching(asked.question)]);
		await client.refused(asked.tool, { ...args, confirm: asked.confirm });
		expect(await state(client, table)).toBe(before);
	},
);

test.each(EACH)(
	"%s: after a no every answer says to stop and ask the person, and names no other way",
	async (_, asked) => {
		for (const action of ["decline", "cancel"] as const) {
			const clock = virtualClock();
			const { server, client, table, ids } = await prepared({
				...asked,
				clock,
				person: () => {
					clock.advance(5_000);
					return { action };
				},
			});
			const args = argsOf(asked, table, ids);
			const texts = [(await client.refused(asked.tool, args)).text];
			const again = { ...args, confirm: asked.confirm };
			texts.push((await client.refused(asked.tool, again)).text);
			if (action === "decline") {
				const mute = await joined(server);
				texts.push((await mute.refused(asked.tool, args)).text);
				texts.push((await mute.refused(asked.tool, again)).text);
			}
			for (const text of texts) {
				expect(text).toContain("Stop, and ask the person what they want");
				expect(text).not.toMatch(
					/confirm: |TABLES_MCP|another (client|name|tool|file)|in pieces|fewer|smaller|split/i,
				);
			}
		}
	},
);

test.each(EACH)("%s: a yes is enough", async (_, asked) => {
	for (const content of [undefined, {}, { anything: "at all" }]) {
		const { client, table, ids } = await prepared({
			...asked,
			person: () => ({
				action: "accept",
				...(content === undefined ? {} : { content }),
			}),
		});
		const before = await state(client, table);
		const answer = await client.ok(asked.tool, argsOf(asked, table, ids));
		expect(client.asked).toEqual([expect.stringMatching(asked.question)]);
		expect(await state(client, table)).not.toBe(before);
		expect(answer.text).toMatch(
			/note: asked, and the client said yes after \d/,
		);
		expect(answer.structured.notes).toContainEqual(
			expect.stringMatching(/^asked, and the client said yes after \d/),
		);
	}
});

test.each(EACH)(
	"%s: without elicitation `confirm` must be right, and the refusal says what it is",
	async (_, asked) => {
		const { client, table, ids } = await prepared(asked);
		const { tool, confirm } = asked;
		const before = await state(client, table);
		for (const wrong of [undefined, "", "yes", `${confirm}x`]) {
			const refused = await client.refused(tool, {
				...argsOf(asked, table, ids),
				...(wrong === undefined ? {} : { confirm: wrong }),
			});
			expect(refused.text).toContain(`confirm: ${JSON.stringify(confirm)}`);
			expect(refused.text).toContain("Ask the person");
			expect(refused.structured.error.code).toBe("declined");
		}
		expect(await state(client, table)).toBe(before);
		await client.ok(tool, { ...argsOf(asked, table, ids), confirm });
		expect(client.asked).toEqual([]);
		expect(await state(client, table)).not.toBe(before);
	},
);

test.each(EACH)(
	"%s: a client that answers no by itself is asked twice, then `confirm` counts",
	async (_, asked) => {
		const { client, table, ids } = await prepared({
			...asked,
			person: () => ({ action: "decline" }),
		});
		const args = argsOf(asked, table, ids);
		const before = await state(client, table);
		for (const given of [undefined, "wrong", asked.confirm]) {
			const other = await prepared({
				...asked,
				person: () => ({ action: "decline" }),
			});
			const refused = await other.client.refused(asked.tool, {
				...argsOf(asked, other.table, other.ids),
				...(given === undefined ? {} : { confirm: given }),
			});
			expect(refused.text).toContain(
				`confirm: ${JSON.stringify(asked.confirm)}`,
			);
			expect(refused.text).toMatch(/^declined: nobody was asked/);
		}
		await client.refused(asked.tool, args);
		expect(await state(client, table)).toBe(before);
		await client.ok(asked.tool, { ...args, confirm: asked.confirm });
		expect(client.asked).toHaveLength(2);
		expect(await state(client, table)).not.toBe(before);
	},
);

test.each(EACH)(
	"%s: a client that answers errors counts as one without elicitation",
	async (_, asked) => {
		const { client, table, ids } = await prepared({
			...asked,
			person: () => {
				throw new McpError(-32601, "Method not found");
			},
		});
		const args = argsOf(asked, table, ids);
		const before = await state(client, table);
		const refused = await client.refused(asked.tool, args);
		expect(refused.text).toMatch(
			/nobody was asked: the client answered an error/,
		);
		expect(refused.text).toContain(`confirm: ${JSON.stringify(asked.confirm)}`);
		expect(await state(client, table)).toBe(before);
		await client.ok(asked.tool, { ...args, confirm: asked.confirm });
		expect(await state(client, table)).not.toBe(before);
	},
);

test("ten records, a dry run and what changes nothing are not asked about", async () => {
	const { client, table, ids } = await prepared({
		person: () => ({ action: "decline" }),
	});
	await client.ok("delete_records", { table, record_ids: ids, dry_run: true });
	await client.ok("update_records", { table, ...ALL, set: { Stage: "Open" } });
	await client.ok("update_records", {
		table,
		filter: {
			conditions: [{ field: "Name", op: "any_of", values: names(10) }],
		},
		set: { Stage: "Done" },
	});
	await client.ok("delete_records", { table, record_ids: ids.slice(0, 10) });
	await client.ok("update_field", {
		table,
		field: "Stage",
		settings: { options: [{ name: "New" }] },
	});
	await client.ok("export_records", { table, file: "new.csv" });
	expect(client.asked).toEqual([]);
});

const names = (count: number) =>
	Array.from({ length: count }, (_, index) => `task ${index}`);

test("the 45 seconds of a call begin with the person's yes", async () => {
	const clock = virtualClock();
	const { client, table, ids } = await prepared({
		clock,
		person: () => {
			clock.advance(9 * 60_000);
			return yes();
		},
	});
	const answer = await client.ok("delete_records", { table, record_ids: ids });
	expect(answer.structured.counts).toMatchObject({
		deleted: 12,
		not_attempted: 0,
	});
});

test("`confirm` may be sent as a number, and the whole of a long name is as good as the one that is shown", async () => {
	const { client, table, ids } = await prepared();
	const long = `Very ${"long ".repeat(40)}name`;
	await client.ok("update_table", { table, name: long });
	const refused = await client.refused("delete_table", { table });
	const [, shown = ""] = /confirm: ("[^"]*")/.exec(refused.text) ?? [];
	expect(JSON.parse(shown).length).toBe(80);
	await client.refused("delete_table", { table, confirm: "Very long" });
	await client.ok("delete_records", { table, record_ids: ids, confirm: 12 });
	await client.ok("delete_table", { table, confirm: long });
	const second = await prepared();
	await second.client.ok("update_table", { table: second.table, name: long });
	await second.client.ok("delete_table", {
		table: second.table,
		confirm: JSON.parse(shown),
	});
});

test("removing a contact: a person's no holds for every contact of the organisation, and a yes is enough", async () => {
	const clock = virtualClock();
	const fake = createFusionFake({ clock, switches: { plan: "enterprise" } });
	const [ann, bob] = ["Ann", "Bob"].map(
		(name) => fake.addPerson({ name }).unitId,
	);
	let answer: "accept" | "decline" = "decline";
	const client = await connected({
		clock,
		environment: { AITABLE_TOKEN: fake.token, TABLES_MCP_TOOLSETS: "all" },
		dispatcher: new FakeDispatcher({ [AITABLE]: fake }, clock),
		person: () => {
			clock.advance(5_000);
			return { action: answer };
		},
	});
	const contact = (id: unknown) => ({
		connection: "aitable",
		kind: "member",
		id,
	});
	const deletes = () =>
		fake.log.filter(({ request }) => request.method === "DELETE").length;
	await client.refused("delete_contact", contact(ann));
	for (const id of [ann, bob]) {
		const { text } = await client.refused("delete_contact", {
			...contact(id),
			confirm: id,
		});
		expect(text).toContain("a person said no to delete_contact");
	}
	expect(client.asked).toEqual([
		`May I remove the contact "Ann" ("member" "${ann}") from "AITable"?`,
	]);
	expect(deletes()).toBe(0);
	answer = "accept";
	await client.ok("delete_contact", contact(ann));
	expect(deletes()).toBe(1);
});

test.each(EACH)(
	"%s: a `confirm` that names something else is said beside a yes, and where nobody is asked",
	async (_, asked) => {
		for (const environment of [{}, { TABLES_MCP_CONSENT: "never" }]) {
			for (const [confirm, isOther] of [
				[`${asked.confirm}x`, true],
				[asked.confirm, false],
			] as const) {
				const { client, table, ids } = await prepared({
					...asked,
					environment,
					person: yes,
				});
				const args = { ...argsOf(asked, table, ids), confirm };
				const { text, structured } = await client.ok(asked.tool, args);
				const said = `confirm was ${JSON.stringify(confirm)}, which is not what this is about: ${JSON.stringify(asked.confirm)}`;
				expect(text.includes(`note: ${said}`)).toBe(isOther);
				expect((structured.notes ?? []).includes(said)).toBe(isOther);
				expect(text).not.toContain("was compared with nothing");
			}
		}
	},
);

/** By tool: a call that it asks nobody about. */
const NOT_ASKED: Readonly<
	Record<string, (ids: readonly string[]) => Readonly<Record<string, unknown>>>
> = {
	delete_records: ([id]) => ({ record_ids: [id] }),
	update_records: ([id]) => ({ records: [{ id, fields: { Name: "other" } }] }),
	update_field: () => ({ field: "Stage", name: "Step" }),
	update_view: () => ({ view: "Board", name: "Wall" }),
	export_records: () => ({ file: "new.csv" }),
	import_records: () => ({ file: "in.csv" }),
};

test.each(Object.entries(NOT_ASKED))(
	"%s: a `confirm` where nobody had to be asked is said to be compared with nothing",
	async (tool, args) => {
		for (const consent of ["ask", "never", "always"]) {
			const { client, table, ids } = await prepared({
				environment: { TABLES_MCP_CONSENT: consent },
				person: yes,
			});
			const given = { table, ...args(ids) };
			const { text, structured } = await client.ok(tool, {
				...given,
				confirm: "12",
			});
			const asksItself =
				consent === "always" &&
				["delete_records", "update_records"].includes(tool);
			const said = asksItself
				? 'confirm was "12", which is not what this is about: "1"'
				: 'confirm: "12" was compared with nothing: no question of this call needed it';
			expect(text).toContain(`note: ${said}`);
			expect(structured.notes).toContain(said);
		}
		const { client, table, ids } = await prepared();
		const plain = await client.ok(tool, { table, ...args(ids) });
		expect(plain.text).not.toContain("compared with nothing");
	},
);

test("a dry run says that `confirm` is not what the write would need", async () => {
	for (const [tool, args] of DRY_RUNS) {
		const { client, table, ids } = await prepared({ lost: 39 });
		const given = { table, ...args(ids), dry_run: true };
		const wrong = await client.ok(tool, { ...given, confirm: "9" });
		expect(wrong.text).toContain(
			'confirm was "9", which is not what this is about: "12"',
		);
		const right = await client.ok(tool, { ...given, confirm: "12" });
		expect(right.text).not.toContain("not what this is about");
	}
});

test("TABLES_MCP_CONSENT=never asks nobody, and the answer says nothing of a person", async () => {
	const { client, table, ids } = await prepared({
		environment: { TABLES_MCP_CONSENT: "never" },
		person: () => ({ action: "decline" }),
	});
	const gone = await client.ok("delete_records", { table, record_ids: ids });
	await client.ok("delete_table", { table });
	expect(gone.text).not.toContain("said yes");
	expect(client.asked).toEqual([]);
});

test("TABLES_MCP_CONSENT=always asks before every write, and only a client that can", async () => {
	const environment = { TABLES_MCP_CONSENT: "always" };
	const clock = virtualClock();
	let action: "accept" | "decline" = "accept";
	const person = () => {
		clock.advance(5_000);
		return { action };
	};
	const { client, table } = await prepared({ clock, environment, person });
	expect(client.asked[0]).toMatch(/^May I run "create_table" with /);
	const before = client.asked.length;
	await client.ok("query_records", { table });
	const records = [{ fields: { Name: "new" } }];
	await client.ok("create_records", { table, records, dry_run: true });
	expect(client.asked).toHaveLength(before);
	action = "decline";
	const { text } = await client.refused("create_records", { table, records });
	expect(text).toMatch(/^declined: the person said no/);
	expect(client.asked).toHaveLength(before + 1);
	const mute = await connected({ environment });
	const refused = await mute.refused("create_table", {
		name: "T",
		fields: [{ name: "A", type: "text" }],
	});
	expect(refused.text).toContain("this client cannot ask");
});

test("TABLES_MCP_CONSENT=always shows what is done: the table, how many records and the first ones, and what an undo takes back", async () => {
	const environment = { TABLES_MCP_CONSENT: "always" };
	const clock = virtualClock();
	const person = () => {
		clock.advance(5_000);
		return { action: "accept" as const };
	};
	const { client, table } = await prepared({ clock, environment, person });
	const records = Array.from({ length: 25 }, (_, one) => ({
		fields: { Name: `new ${one}` },
	}));
	const made = await client.ok("create_records", { table, records });
	const quoted = (text: string) => `"${text.replaceAll('"', "'")}"`;
	expect(client.asked.at(-1)).toBe(
		`May I run "create_records" with "table": "${table}"; "records": 25 (${records
			.slice(0, 3)
			.map((record) => quoted(JSON.stringify(record)))
			.join(", ")} and 22 more)?`,
	);
	const { change_id } = made.structured;
	const before = client.asked.length;
	await client.ok("undo_change", { change_id });
	expect(client.asked[before]).toMatch(
		/ which takes back what "create_records" wrote: 25 records of "Tasks", at "\d{4}-/,
	);
	const step = await client.ok("create_field", {
		...{ table, name: "Step", type: "text" },
	});
	const undone = client.asked.length;
	await client.ok("undo_change", { change_id: step.structured.change_id });
	expect(client.asked[undone]).toMatch(
		/ which takes back that "create_field" ".*'Step'.*", at "\d{4}-/,
	);
	const named = { table, name: "Mine", type: "grid" };
	await client.ok("create_view", named);
	const asked = client.asked.length;
	await client.ok("delete_view", { table, view: "Mine" });
	expect(client.asked.slice(asked)).toEqual([
		expect.stringContaining('delete the view "Mine" of "Tasks"'),
	]);
});

test("TABLES_MCP_CONSENT=always asks about each loss in words of its own, however small, wherever it stands in the call", async () => {
	const environment = { TABLES_MCP_CONSENT: "always" };
	const clock = virtualClock();
	const person = () => {
		clock.advance(5_000);
		return { action: "accept" as const };
	};
	const { client, table, ids } = await prepared({ clock, environment, person });
	const [first = "", second = ""] = ids;
	const asked = () => client.asked.slice(before);
	let before = client.asked.length;
	await client.ok("update_records", {
		table,
		records: [
			{ id: first, fields: { Name: "x".repeat(200) } },
			{ id: second, fields: { Name: null } },
		],
	});
	expect(asked()).toHaveLength(2);
	expect(asked()[1]).toContain('change 2 records of "Tasks"');
	before = client.asked.length;
	await client.ok("delete_records", { table, record_ids: [second] });
	expect(asked()).toHaveLength(2);
	expect(asked()[1]).toContain('delete 1 record of "Tasks"');
	before = client.asked.length;
	await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "new" } }],
	});
	expect(asked()).toHaveLength(1);
});

test.each(EACH)(
	"TABLES_MCP_CONSENT=always, %s: `confirm` is never a person's answer",
	async (_, asked) => {
		const clock = virtualClock();
		const environment = { TABLES_MCP_CONSENT: "always" };
		const first = await prepared({ ...asked, clock });
		const before = await state(first.client, first.table);
		const { folder } = first.server;
		const mute = await connected({ folder, clock, environment });
		const hasty = await connected({
			folder,
			clock,
			environment,
			person: () => {
				clock.advance(20);
				return { action: "decline" };
			},
		});
		const args = argsOf(asked, first.table, first.ids);
		for (const client of [mute, hasty])
			for (let turn = 0; turn < 4; turn++) {
				const { text } = await client.refused(asked.tool, {
					...args,
					confirm: asked.confirm,
				});
				expect(text).toMatch(/^declined: /);
				expect(text).not.toContain("confirm:");
			}
		expect(await state(first.client, first.table)).toBe(before);
	},
);

test("TABLES_MCP_CONSENT=always suggests no `confirm`, which most tools do not take, to a client that answers without asking", async () => {
	const environment = { TABLES_MCP_CONSENT: "always" };
	const clock = virtualClock();
	for (const answer of ["decline", "error"] as const) {
		const client = await connected({
			clock,
			environment,
			person: () => {
				clock.advance(20);
				if (answer === "error") throw new McpError(-32601, "no such method");
				return { action: answer };
			},
		});
		for (let turn = 0; turn < 3; turn++) {
			const { text } = await client.refused("create_table", {
				name: "T",
				fields: [{ name: "A", type: "text" }],
			});
			expect(text).not.toContain("confirm:");
			expect(text).toContain("set TABLES_MCP_CONSENT to ask");
		}
		const listed = await client.ok("list_tables");
		expect(listed.structured.tables).toEqual([]);
	}
});

const DRY_RUNS = [
	["delete_records", (ids: readonly string[]) => ({ record_ids: ids })],
	[
		"update_records",
		(ids: readonly string[]) => ({
			records: ids.map((id) => ({ id, fields: { Stage: "Done" } })),
		}),
	],
	["import_records", () => ({ file: "in.csv", match_on: ["Name"] })],
] as const;

test.each([
	["always", "TABLES_MCP_CONSENT is always, so `confirm` does not count"],
	["never", undefined],
] as const)(
	"TABLES_MCP_CONSENT=%s: a dry run names no `confirm`, which would not count",
	async (rule, says) => {
		for (const [tool, args] of DRY_RUNS) {
			const { server, table, ids } = await prepared({ lost: 39 });
			const client = await connected({
				folder: server.folder,
				environment: { TABLES_MCP_CONSENT: rule },
			});
			const dry = await client.ok(tool, {
				...{ table, ...args(ids), dry_run: true },
			});
			expect(dry.structured.confirm).toBeUndefined();
			expect(dry.text).not.toContain("confirm:");
			if (says === undefined) expect(dry.text).not.toContain("be asked");
			else expect(dry.text).toContain(says);
		}
	},
);

test("a dry run says what `confirm` would have to hold, and that is enough in the first call", async () => {
	for (const [tool, args] of DRY_RUNS) {
		const { client, table, ids } = await prepared({ lost: 39 });
		const given = { table, ...args(ids) };
		const dry = await client.ok(tool, { ...given, dry_run: true });
		expect(dry.structured.confirm).toBe("12");
		expect(dry.text).toContain('confirm: "12"');
		await client.ok(tool, { ...given, confirm: dry.structured.confirm });
		const few = await prepared();
		const free = await few.client.ok(tool, {
			...args(few.ids.slice(0, 10)),
			table: few.table,
			dry_run: true,
		});
		expect(free.structured.confirm).toBeUndefined();
	}
});
