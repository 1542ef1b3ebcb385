import { expect, test } from "vitest";
import { type Body, fileBody, multipart } from "../../src/http/multipart.js";

async function bytesOf(body: Body): Promise<Buffer> {
	const pieces: Uint8Array[] = [];
	for await (const piece of body.stream()) pieces.push(piece);
	return Buffer.concat(pieces);
}

const source = (bytes: Buffer, reads: [number, number][] = []) => ({
	name: "a.bin",
	type: "application/octet-stream",
	size: bytes.length,
	read: async (start: number, end: number) => {
		reads.push([start, end]);
		return bytes.subarray(start, end);
	},
});

test("the bytes are those of a form, to the letter", async () => {
	const body = multipart(
		{ parent: "dst1", 'say "hi"\r\n': "ü" },
		{
			...source(Buffer.from("hello")),
			field: "file",
			name: 'a "b"\n.txt',
			type: "text/plain",
		},
		"BOUNDARY",
	);
	const bytes = await bytesOf(body);
	expect(bytes.toString("utf8")).toBe(
		[
			"--BOUNDARY",
			'Content-Disposition: form-data; name="parent"',
			"",
			"dst1",
			"--BOUNDARY",
			'Content-Disposition: form-data; name="say %22hi%22%0D%0A"',
			"",
			"ü",
			"--BOUNDARY",
			'Content-Disposition: form-data; name="file"; filename="a %22b%22%0A.txt"',
			"Content-Type: text/plain",
			"",
			"hello",
			"--BOUNDARY--",
			"",
		].join("\r\n"),
	);
	expect(body.length).toBe(bytes.length);
	expect(body.type).toBe("multipart/form-data; boundary=BOUNDARY");
});

test("a platform's own reader of forms reads it back", async () => {
	const content = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
	const body = multipart(
		{ note: "第一\r\n--BOUNDARY" },
		{ ...source(content), field: "file", name: "照片 1.png" },
		"xxBOUNDARYxx",
	);
	const form = await new Response(await bytesOf(body), {
		headers: { "content-type": body.type },
	}).formData();
	expect(form.get("note")).toBe("第一\r\n--BOUNDARY");
	const file = form.get("file") as File;
	expect(file.name).toBe("照片 1.png");
	expect(Buffer.from(await file.arrayBuffer())).toEqual(content);
});

test("a large file is read in pieces, and again for every stream", async () => {
	const content = Buffer.alloc(2.5 * 1024 * 1024, "x");
	const reads: [number, number][] = [];
	const body = fileBody(source(content, reads));
	expect((await bytesOf(body)).equals(content)).toBe(true);
	expect(reads).toEqual([
		[0, 1_048_576],
		[1_048_576, 2_097_152],
		[2_097_152, 2_621_440],
	]);
	expect((await bytesOf(body)).equals(content)).toBe(true);
	expect(reads).toHaveLength(6);
	expect(body).toMatchObject({
		type: "application/octet-stream",
		length: content.length,
	});
});

test("an empty file is a part of no bytes", async () => {
	const body = multipart({}, { ...source(Buffer.alloc(0)), field: "f" }, "B");
	const bytes = await bytesOf(body);
	expect(bytes.length).toBe(body.length);
	expect(bytes.toString()).toContain("octet-stream\r\n\r\n\r\n--B--");
});
