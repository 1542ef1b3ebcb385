import { expect, test } from "vitest";
import { z } from "zod";
import { parseArguments } from "../../src/tools/arguments.js";
import { HOST_ARGUMENTS } from "../../src/tools/host-arguments.js";
import { tools } from "../../src/tools/index.js";
import { connected } from "../server/client.js";

/** A call as each host makes it, seen in the record that its entry names. */
const SENT: Readonly<Record<string, unknown>> = {
	wait_for_previous: true,
	random_string: "dummy",
	toolCallId: "call_0BCIShth4lxZuYr4coSp4E5E",
	sessionId: "1bd19f08a0474d6aafc5df28e09b9c47",
	chatInput: "delete the old orders",
	action: "sendMessage",
};

test("every argument that a host adds is tried here, and its source is named", () => {
	expect(Object.keys(SENT).sort()).toEqual(Object.keys(HOST_ARGUMENTS).sort());
	for (const { host, source } of Object.values(HOST_ARGUMENTS)) {
		expect(host).not.toBe("");
		expect(source).toMatch(/^https:\/\/github\.com\/.+\/(issues|pull)\/\d+$/);
	}
});

test.each(tools.map((tool) => [tool.name, tool] as const))(
	"%s has no argument of such a name",
	(_, tool) => {
		expect(
			Object.keys(tool.input.shape).filter((name) => name in HOST_ARGUMENTS),
		).toEqual([]);
	},
);

test.each(Object.entries(SENT))(
	"%s is ignored, and the log says so without its value",
	async (name, value) => {
		const lines: string[] = [];
		const client = await connected({
			log: (level, message) => lines.push(`${level} ${message}`),
		});
		const plain = await client.ok("list_tables", { limit: 5 });
		const answer = await client.ok("list_tables", { limit: 5, [name]: value });
		expect(answer.structured).toEqual(plain.structured);
		expect(lines).toEqual([
			expect.stringMatching(new RegExp(`^debug list_tables: .*"${name}"`)),
		]);
		expect(lines.join()).not.toContain(String(value));
	},
);

test("all at once, as JSON text, beside arguments that are checked as ever", async () => {
	const client = await connected();
	await client.ok("list_tables", SENT);
	const { text } = await client.refused("list_tables", {
		...SENT,
		serch: "x",
	});
	expect(text).toMatch(/no argument "serch"; nearest: search/);
	expect(text).not.toContain("chatInput");
});

test.each([
	["a misspelling", { wait_for_previuos: true }, /"wait_for_previuos"/],
	["another spelling", { waitForPrevious: true }, /"waitForPrevious"/],
	["another action than the host's", { action: "delete" }, /"action"/],
])("%s of one is refused like any other", async (_, args, said) => {
	const client = await connected();
	const { text } = await client.refused("list_tables", args);
	expect(text).toMatch(said);
	expect(text).toMatch(/there is no argument/);
});

test("inside an argument such a name is an unknown key", async () => {
	const client = await connected();
	await client.ok("create_table", {
		name: "T",
		fields: [{ name: "Name", type: "text" }],
	});
	const { text } = await client.refused("query_records", {
		table: "T",
		sort: [{ field: "Name", random_string: "x" }],
	});
	expect(text).toContain('no argument "sort[0].random_string"');
});

test("an argument of the tool wins over the host's of the same name", () => {
	const schema = z.object({ random_string: z.string() });
	const ignored: string[] = [];
	expect(
		parseArguments(schema, { random_string: "mine" }, "some_tool", (line) =>
			ignored.push(line),
		),
	).toEqual({ random_string: "mine" });
	expect(ignored).toEqual([]);
});
