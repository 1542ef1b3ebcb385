import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failure } from "../../fakes/bitable/index.js";
import type { FaultPlan } from "../../fakes/fake.js";
import { FIELDS, openWorld, type World } from "./world.js";

async function holding(
	options: Parameters<typeof openWorld>[0] = {},
): Promise<
	World & { record: string; put(name: string, bytes: Uint8Array): void }
> {
	const world = await openWorld({
		...options,
		fields: [...FIELDS, { name: "Files", type: 17 }],
	});
	const [record] = world.fake.addRecords(world.table, [{ Title: "a" }]);
	const { folder } = world.session.files;
	mkdirSync(folder, { recursive: true });
	return {
		...world,
		record: record as string,
		put: (name, bytes) => writeFileSync(join(folder, name), bytes),
	};
}

const upload = (world: Awaited<ReturnType<typeof holding>>, file: string) =>
	world.tool("upload_attachment", {
		table: world.reference,
		files: [{ file, record_id: world.record }],
	});
const cell = (world: World) =>
	world.fake.rows(world.table)[0]?.fields.Files as {
		name: string;
		size: number;
	}[];
const saved = async (world: Awaited<ReturnType<typeof holding>>) => {
	const { structured } = await world.tool("download_attachment", {
		table: world.reference,
		field: "Files",
		record_ids: [world.record],
	});
	const [{ file } = { file: "" }] = structured.attachments as {
		file: string;
	}[];
	return readFileSync(file);
};

test.each([
	["small", "a b.txt", 5, 1, 0],
	["just small enough", "edge.bin", 20 * 1024 ** 2, 1, 0],
	["in parts", "large.bin", 20 * 1024 ** 2 + 1, 0, 6],
])(
	"a file goes there and comes back: %s",
	async (_, name, size, whole, parts) => {
		const world = await holding();
		const bytes = Buffer.alloc(size, "abcdefg");
		world.put(name, bytes);
		await upload(world, name);
		expect(cell(world)).toMatchObject([{ name, size }]);
		const calls = world.sent();
		expect(calls.filter((call) => call.endsWith("/upload_all")).length).toBe(
			whole,
		);
		expect(calls.filter((call) => call.endsWith("/upload_part")).length).toBe(
			parts,
		);
		expect((await saved(world)).equals(bytes)).toBe(true);
		expect(world.fake.throttled).toBe(0);
	},
);

test("images are distinguished from other files", async () => {
	const world = await holding();
	world.put("a.png", Buffer.from("png"));
	world.put("a.txt", Buffer.from("txt"));
	for (const file of ["a.png", "a.txt"]) await upload(world, file);
	const kinds = world.fake.log
		.filter(({ request }) => request.path.endsWith("/upload_all"))
		.map(
			({ request }) =>
				/bitable_(image|file)/.exec(request.body.toString())?.[0],
		);
	expect(kinds).toEqual(["bitable_image", "bitable_file"]);
});

test("a base inside a document is named beside the file", async () => {
	const world = await holding();
	Object.assign(world.fake.base(world.base), { embedded: true });
	world.put("a.txt", Buffer.from("a"));
	await upload(world, "a.txt");
	expect(cell(world)).toMatchObject([{ name: "a.txt" }]);
});

test("advanced permissions ask which cell is looked into, for files and for links", async () => {
	const world = await holding();
	world.put("a.txt", Buffer.from("secret"));
	await upload(world, "a.txt");
	world.fake.base(world.base).isAdvanced = true;
	expect((await saved(world)).toString()).toBe("secret");
	const { structured } = await world.tool("download_attachment", {
		table: world.reference,
		field: "Files",
		record_ids: [world.record],
		as: "link",
	});
	expect((structured.attachments as { link: string }[])[0]?.link).toMatch(
		/^https:\/\//,
	);
});

test.each([
	["inside HTTP 200", failure(1061004, { status: 200 })],
	["as HTTP 403", failure(1061004, { family: 4 })],
])("a download that is refused says why, %s", async (_, response) => {
	let refuse = false;
	const fault: FaultPlan = ({ path }) =>
		refuse && path.endsWith("/download")
			? { when: "before", response }
			: undefined;
	const world = await holding({ fault });
	world.put("a.txt", Buffer.from("a"));
	await upload(world, "a.txt");
	refuse = true;
	const error = await world.refused("download_attachment", {
		table: world.reference,
		field: "Files",
		record_ids: [world.record],
	});
	expect([error.code, error.vendor?.code]).toEqual(["not_allowed", 1061004]);
});

test("a JSON file is a file, not a failure", async () => {
	const world = await holding();
	world.put("a.json", Buffer.from('{"code":1061004}'));
	await upload(world, "a.json");
	expect((await saved(world)).toString()).toBe('{"code":1061004}');
});

test("the credential goes to the vendor only", async () => {
	const world = await holding();
	world.put("a.txt", Buffer.from("a"));
	await upload(world, "a.txt");
	await saved(world);
	const download = world.fake.log.find(({ request }) =>
		request.path.endsWith("/download"),
	);
	expect(download?.request.headers.authorization).toMatch(/^Bearer t-/);
	expect(download?.request.origin).toBe("https://open.feishu.cn");
});

test("an upload that breaks off is sent again", async () => {
	let left = 1;
	const world = await holding({
		fault: ({ path }) =>
			path.endsWith("/upload_all") && left-- > 0
				? { when: "before", broken: "no-answer" }
				: undefined,
	});
	world.put("a.txt", Buffer.from("a"));
	await upload(world, "a.txt");
	expect(cell(world)).toMatchObject([{ name: "a.txt", size: 1 }]);
});
