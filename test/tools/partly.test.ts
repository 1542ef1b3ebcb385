import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Adapter } from "../../src/core/contract/adapter.js";
import { wordsOf } from "../../src/core/contract/error-words.js";
import { TablesError } from "../../src/core/contract/errors.js";
import { callTool, failureOf, runningOf } from "../conformance/session.js";
import { DISK, type Failing, failing, nth } from "../core/failing-ports.js";
import { FAILURES } from "../core/scripted-adapter.js";
import { connected, type TestClient } from "../server/client.js";

/* Tools that do several things: the one that fails does not hide those that were done. */

const NAMES = ["a.txt", "b.txt", "c.txt"];

interface Prepared {
	readonly client: TestClient;
	readonly table: string;
	readonly id: string;
	call(name: string, how: Failing, args: object): ReturnType<typeof callTool>;
}

async function prepared(uploaded = true): Promise<Prepared> {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Files", type: "attachment" },
		],
	});
	const { table } = structured;
	const made = await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "x" } }],
	});
	const [id] = made.structured.ids;
	for (const name of NAMES) client.put(name, `content of ${name}`);
	if (uploaded)
		await client.ok("upload_attachment", {
			table,
			files: NAMES.map((file) => ({ file, record_id: id })),
		});
	return {
		client,
		table,
		id,
		call(name, how, args) {
			const session = failing(client.session, how);
			return callTool(session, name, { table, ...args }, runningOf(session));
		},
	};
}

const filesIn = async ({ client, table }: Prepared) =>
	(await client.ok("query_records", { table, fields: ["Files"] })).structured
		.rows[0][1];

/** Fails when the n-th file is fetched. */
const atDownload = (number: number, error: () => Error): Failing => {
	const fails = nth(number, error);
	return {
		adapter: (adapter) => ({
			async downloadFile(...args) {
				fails();
				return (adapter.downloadFile as NonNullable<Adapter["downloadFile"]>)(
					...args,
				);
			},
		}),
	};
};

describe("download_attachment", () => {
	const args = ({ id }: Prepared) => ({ field: "Files", record_ids: [id] });

	test("one that cannot be had: the others are there, and it is named", async () => {
		const world = await prepared();
		const answer = await world.call(
			"download_attachment",
			atDownload(2, () => new TablesError("broken", "the file is damaged")),
			args(world),
		);
		expect(answer.isError).toBe(true);
		expect(answer.text).toMatch(/^NOT FINISHED: 2 of 3 attachments\n/);
		expect(answer.text).toMatch(/"b\.txt": failed: the file is damaged/);
		expect(answer.text).toContain("call again with the record_ids");
		const [one, two, three] = answer.structured.attachments as {
			file?: string;
			error?: string;
		}[];
		expect(readFileSync(String(one?.file), "utf8")).toBe("content of a.txt");
		expect(two).toMatchObject({ name: "b.txt", error: "the file is damaged" });
		expect(readFileSync(String(three?.file), "utf8")).toBe("content of c.txt");
	});

	test.each([
		["a vendor that asks to wait", FAILURES.throttled],
		["a full disk", DISK.full],
	])("%s stops the rest, which is reported", async (_, error) => {
		const world = await prepared();
		const answer = await world.call(
			"download_attachment",
			atDownload(2, error),
			args(world),
		);
		expect(answer.text).toMatch(/^NOT FINISHED: 1 of 3 attachments\n/);
		const said = wordsOf(error());
		expect(said).toContain(error().message);
		expect(answer.text).toContain(`"b.txt": failed: ${said}`);
		expect(answer.text).toContain('"c.txt": not attempted');
		const { attachments } = answer.structured as { attachments: object[] };
		expect(attachments).toMatchObject([
			{ file: expect.any(String) },
			{ error: said },
			{ not_attempted: true },
		]);
	});

	test("with nothing done the failure is the answer", async () => {
		const world = await prepared();
		for (const more of [{}, { name: "a.txt" }]) {
			const failure = await failureOf(
				world.call("download_attachment", atDownload(1, FAILURES.throttled), {
					...args(world),
					...more,
				}),
			);
			expect(failure.code).toBe("throttled");
		}
	});

	test("content that was read is shown beside a failure", async () => {
		const world = await prepared();
		const answer = await world.call(
			"download_attachment",
			atDownload(3, FAILURES.forbidden),
			{ ...args(world), as: "content" },
		);
		expect(answer.isError).toBe(true);
		expect(answer.text).toContain('"a.txt":\ncontent of a.txt');
		expect(answer.text).toContain('"b.txt":\ncontent of b.txt');
		expect(answer.text).toContain('"c.txt": failed: no right to edit');
	});

	test("progress that cannot be reported ends nothing", async () => {
		const world = await prepared();
		const { session } = world.client;
		const answer = await callTool(
			session,
			"download_attachment",
			{ table: world.table, ...args(world) },
			runningOf(session, {
				progress: () => {
					throw new Error("the pipe is closed");
				},
			}),
		);
		expect(answer.isError ?? false).toBe(false);
		expect(answer.text).toMatch(/^3 attachments\n/);
	});
});

describe("upload_attachment", () => {
	const atUpload = (number: number, error: () => Error): Failing => {
		const fails = nth(number, error);
		return {
			adapter: (adapter) => ({
				async uploadFile(...args) {
					fails();
					return (adapter.uploadFile as NonNullable<Adapter["uploadFile"]>)(
						...args,
					);
				},
			}),
		};
	};
	const args = ({ id }: Prepared) => ({
		files: NAMES.map((file) => ({ file, record_id: id })),
	});

	test("the tokens of what was uploaded are reported, and can be written", async () => {
		const world = await prepared(false);
		const answer = await world.call(
			"upload_attachment",
			atUpload(3, FAILURES.unreachable),
			args(world),
		);
		expect(answer.isError).toBe(true);
		expect(answer.text).toMatch(
			/^NOT FINISHED: uploaded 2 of 3 files, and nothing was written into "Files": "c\.txt" failed: no connection\n/,
		);
		expect(answer.structured.error).toBe('"c.txt" failed: no connection');
		const uploaded = answer.structured.uploaded as { token: string }[];
		expect(uploaded).toHaveLength(2);
		for (const { token } of uploaded) expect(answer.text).toContain(token);
		expect(await filesIn(world)).toBeNull();
		await world.client.ok("update_records", {
			table: world.table,
			records: [
				{
					id: world.id,
					fields: {
						Files: { add: uploaded.map(({ token }) => ({ token })) },
					},
				},
			],
		});
		expect(await filesIn(world)).toEqual(["a.txt", "b.txt"]);
	});

	test("the tokens are reported where writing them fails", async () => {
		const world = await prepared(false);
		// The first time they are looked at before anything is sent.
		const fails = nth(2, FAILURES.unreachable);
		const answer = await world.call(
			"upload_attachment",
			{
				adapter: (adapter) => ({
					async readByIds(...asked) {
						fails();
						return adapter.readByIds(...asked);
					},
				}),
			},
			args(world),
		);
		expect(answer.isError).toBe(true);
		expect(answer.text).toMatch(
			/^NOT FINISHED: uploaded 3 of 3 files, and nothing was written into "Files": no connection\n/,
		);
		expect(answer.structured.uploaded).toHaveLength(3);
		expect(await filesIn(world)).toBeNull();
	});

	test("the tokens and the counts are reported where the journal fails", async () => {
		const world = await prepared(false);
		const answer = await world.call(
			"upload_attachment",
			{
				append: ({ type }) => {
					if (type === "done") throw DISK.full();
				},
			},
			args(world),
		);
		expect(answer.structured).toMatchObject({
			counts: { updated: 1 },
			uploaded: NAMES.map((file) => ({ file })),
		});
		expect(answer.text).toMatch(/journal.*ENOSPC/);
		expect(await filesIn(world)).toEqual(NAMES);
	});

	test("a refusal is not headed by a success", async () => {
		const world = await prepared(false);
		let looked = 0;
		const { text, structured } = await world.call(
			"upload_attachment",
			{
				adapter: (adapter) => ({
					// It is deleted while its file is sent.
					readByIds: async (...asked) =>
						looked++ === 0 ? adapter.readByIds(...asked) : [],
				}),
			},
			{ files: [{ file: "a.txt", record_id: world.id }] },
		);
		expect(text).toMatch(/^FAILED|^REFUSED/);
		const [sent] = structured.uploaded as { token: string }[];
		expect(text).toContain(sent?.token);
	});

	test("with nothing done the failure is the answer", async () => {
		const world = await prepared(false);
		const failure = await failureOf(
			world.call(
				"upload_attachment",
				atUpload(1, FAILURES.throttled),
				args(world),
			),
		);
		expect(failure.code).toBe("throttled");
	});
});

describe("export_records", () => {
	test.each(["csv", "ndjson", "xlsx"])(
		"%s: a failure leaves the old file as it was, and is reported itself",
		async (format) => {
			const world = await prepared();
			const file = `out.${format}`;
			world.client.put(file, "precious");
			const broken: Failing = {
				adapter: () => ({
					readPage: async () => {
						throw FAILURES.unreachable();
					},
				}),
				files: {
					async writeRows(...args) {
						const writer = await world.client.session.files.writeRows(...args);
						return {
							...writer,
							async abandon() {
								await writer.abandon();
								throw DISK.full();
							},
						};
					},
				},
			};
			const failure = await failureOf(
				world.call("export_records", broken, { file, confirm: file }),
			);
			expect(failure.message).toBe("no connection");
			expect(world.client.read(file)).toBe("precious");
			expect(
				readdirSync(world.client.files).filter((name) => name.endsWith("part")),
			).toEqual([]);
		},
	);

	test("progress that cannot be reported ends nothing", async () => {
		const world = await prepared();
		const { session } = world.client;
		const answer = await callTool(
			session,
			"export_records",
			{ table: world.table, file: "out.csv" },
			runningOf(session, {
				progress: () => {
					throw new Error("the pipe is closed");
				},
			}),
		);
		expect(answer.text).toMatch(/^wrote 1 row of Rows/);
		expect(existsSync(join(world.client.files, "out.csv"))).toBe(true);
	});
});
