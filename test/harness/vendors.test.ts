import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { vendors } from "../../src/vendors/index.js";
import { filesUnder, ROOT } from "../repository/sources.js";
import { HARNESSES, NETWORKED, VENDOR_NAMES } from "./vendors.js";

/*
 * Two suites have a file for each vendor, so that vendors are tried at the same time; the rest goes through the list.
 */

test("the list names each vendor by its own id", () => {
	expect(vendors.map(({ id }) => id)).toEqual(VENDOR_NAMES);
});

test("every folder of a vendor is in the list", () => {
	const folders = filesUnder("src/vendors", /^[^/]+\/index\.ts$/).map(
		({ path }) => path.split("/")[2],
	);
	expect(folders.sort()).toEqual([...VENDOR_NAMES].sort());
});

const textOf = (path: string): string => {
	const file = join(ROOT, path);
	return existsSync(file) ? readFileSync(file, "utf8") : `${path} is missing`;
};

test.each(VENDOR_NAMES)(
	"%s passes the conformance suite, in a file of its own",
	(name) => {
		expect(textOf(`test/conformance/${name}.test.ts`)).toContain(
			`describeConformanceOf("${name}");`,
		);
		expect(Object.keys(HARNESSES[name].conformance)).not.toEqual([]);
	},
);

describe.each(NETWORKED.map(({ id }) => id))("%s", (id) => {
	test("passes the suite of faults, in a file of its own", () => {
		const text = textOf(`test/faults/${id}.test.ts`);
		expect(text).toContain(`describeFaults("${id}");`);
		expect(text).toContain(`describeKills("${id}");`);
	});

	test("has requests of people, in a folder of its own", () => {
		expect(textOf(`test/requests/${id}/requests.test.ts`)).toMatch(/^test\(/m);
	});
});
