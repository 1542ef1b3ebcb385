import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openedBases } from "../../src/store/opened.js";
import { temporaryFolder } from "../folder.js";

test("bases once opened are remembered by connection, each once, for their owner alone", async () => {
	const folder = join(temporaryFolder(), "new");
	const opened = openedBases(folder);
	expect(await opened.of("one")).toEqual([]);
	await opened.add("one", "base a");
	await opened.add("one", "base b");
	await opened.add("one", "base a");
	await opened.add("two", "base a");
	expect(await openedBases(folder).of("one")).toEqual(["base a", "base b"]);
	expect(await openedBases(folder).of("two")).toEqual(["base a"]);
	expect(readdirSync(folder)).toEqual(["opened-bases.json"]);
	expect(statSync(join(folder, "opened-bases.json")).mode & 0o777).toBe(0o600);
});

test("those added at once by one process are all kept", async () => {
	const opened = openedBases(temporaryFolder());
	const names = Array.from({ length: 12 }, (_, index) => `base ${index}`);
	await Promise.all(names.map((name) => opened.add("one", name)));
	expect([...(await opened.of("one"))].sort()).toEqual([...names].sort());
});

test("a damaged file is a file without entries, and can be written again", async () => {
	const folder = temporaryFolder();
	for (const content of ["{half", "[]", "null", '"text"', '{"one":"x"}']) {
		writeFileSync(join(folder, "opened-bases.json"), content);
		const opened = openedBases(folder);
		expect(await opened.of("one")).toEqual([]);
		await opened.add("one", "base");
		expect(await opened.of("one")).toEqual(["base"]);
	}
});

test("connections with names of an object's inner workings are plain names", async () => {
	const opened = openedBases(temporaryFolder());
	expect(await opened.of("constructor")).toEqual([]);
	await opened.add("constructor", "base");
	expect(await opened.of("constructor")).toEqual(["base"]);
});
