import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { connected } from "../server/client.js";

const LONG = `${"漢".repeat(83)}.txt`;

/** A record with two attachments of one name, one with other bytes, and one whose name fills a name. */
async function attached() {
	const client = await connected();
	const { structured } = await client.ok("create_table", {
		name: "Rows",
		fields: [
			{ name: "Name", type: "text" },
			{ name: "Papers", type: "attachment" },
		],
	});
	const table = structured.table as string;
	const created = await client.ok("create_records", {
		table,
		records: [{ fields: { Name: "a" } }],
	});
	const [id] = created.structured.ids as string[];
	const upload = async (name: string, content: string) => {
		client.put(name, content);
		await client.ok("upload_attachment", {
			table,
			field: "Papers",
			files: [{ record_id: id, file: name }],
		});
	};
	await upload("a.txt", "one");
	await upload("a.txt", "one");
	await upload("a.txt", "two");
	await upload(LONG, "long");
	const download = async () => {
		const answer = await client.ok("download_attachment", {
			table,
			field: "Papers",
			record_ids: [id],
		});
		return (answer.structured.attachments as { file: string }[]).map(
			({ file }) => file,
		);
	};
	return { download };
}

test("two attachments of one name have two paths, and the same ones again", async () => {
	const { download } = await attached();
	const paths = await download();
	expect(paths.map((path) => basename(path))).toEqual([
		"a.txt",
		"a-2.txt",
		"a-3.txt",
		LONG,
	]);
	expect(paths.map((path) => readFileSync(path, "utf8"))).toEqual([
		"one",
		"one",
		"two",
		"long",
	]);
	expect(await download()).toEqual(paths);
});

test("a file that was edited since is left alone", async () => {
	const { download } = await attached();
	const paths = await download();
	const edited = paths[0] as string;
	writeFileSync(edited, "one, and my remarks");
	const again = await download();
	expect(readFileSync(edited, "utf8")).toBe("one, and my remarks");
	expect(again).not.toContain(edited);
	expect(again.map((path) => readFileSync(path, "utf8"))).toEqual([
		"one",
		"one",
		"two",
		"long",
	]);
});
