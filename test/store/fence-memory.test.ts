import {
	appendFileSync,
	mkdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fenceMemory } from "../../src/store/fence-memory.js";
import { temporaryFolder } from "../folder.js";

test("marks outlive the process, and are seen by another one at once", async () => {
	const folder = await temporaryFolder();
	const first = fenceMemory(folder, "local");
	const second = fenceMemory(folder, "local");
	expect([...second.marks()]).toEqual([]);
	first.add(["a", "line\nbreak", "a"]);
	expect([...second.marks()].sort()).toEqual(["a", "line\nbreak"]);
	second.add(["b"]);
	expect(first.marks().has("b")).toBe(true);
	expect([...fenceMemory(folder, "local").marks()].length).toBe(3);
	expect([...fenceMemory(folder, "other").marks()]).toEqual([]);
	expect(statSync(join(folder, "fence", "local.jsonl")).mode & 0o777).toBe(
		0o600,
	);
});

test("a line that a crash cut short, or of another kind, hides no other", async () => {
	const folder = await temporaryFolder();
	fenceMemory(folder, "local").add(["a"]);
	const file = join(folder, "fence", "local.jsonl");
	appendFileSync(file, 'null\n{"x":1}\n"cut sho');
	fenceMemory(folder, "local").add(["b"]);
	expect([...fenceMemory(folder, "local").marks()].sort()).toEqual(["a", "b"]);
	expect(readFileSync(file, "utf8")).toContain('"cut sho\n"b"');
});

test.each(["the data folder", "the file", "a part of it"])(
	"%s that is gone while the server runs closes the fence, and says so",
	async (what) => {
		const folder = await temporaryFolder();
		const file = join(folder, "fence", "local.jsonl");
		const memory = fenceMemory(folder, "local");
		memory.add(["hidden name"]);
		expect(memory.marks().has("hidden name")).toBe(true);
		if (what === "the data folder") rmSync(folder, { recursive: true });
		else if (what === "the file") rmSync(file);
		else truncateSync(file, 3);
		for (const work of [() => memory.marks(), () => memory.add(["b"])])
			expect(work).toThrow(
				expect.objectContaining({
					code: "broken",
					message: expect.stringContaining(
						"deleted or cut short while the server runs",
					),
					next: expect.stringContaining("starts the server again"),
				}),
			);
	},
);

test("what cannot be read or written closes the fence with the reason", async () => {
	const folder = await temporaryFolder();
	mkdirSync(join(folder, "fence", "local.jsonl"), { recursive: true });
	const memory = fenceMemory(folder, "local");
	for (const work of [() => memory.marks(), () => memory.add(["a"])])
		expect(work).toThrow(
			expect.objectContaining({
				code: "broken",
				next: expect.stringContaining("local.jsonl"),
			}),
		);
});
