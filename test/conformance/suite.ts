import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { VendorName } from "../../src/vendors/index.js";
import { HARNESSES } from "../harness/vendors.js";
import { COMPUTED_COLUMNS, sampleColumns } from "./columns.js";
import { type Case, filtersColumn, READING, sortsColumn } from "./reading.js";
import { SCHEMA } from "./schema.js";
import { type ConformanceOptions, openWorld, type World } from "./world.js";
import { keepsColumn, WRITING } from "./writing.js";

export type { ConformanceOptions } from "./world.js";

/** A case of one column; a column that this vendor has not must say why. */
function ofColumn(
	name: string,
	work: (world: World, name: string) => Promise<void>,
): Case {
	return async (world) => {
		if (world.columns.has(name)) return work(world, name);
		expect(world.absent.get(name) ?? noFiles(world, name)).toEqual(
			expect.any(String),
		);
	};
}

/** Links and attachments are made by the suite where the vendor has them. */
function noFiles({ session, subject }: World, name: string) {
	const capability = session.connections.get(subject.connection)?.capabilities
		.uploadFile;
	return name === "attachment" && capability !== true
		? capability?.unsupported
		: undefined;
}

/** Nothing here waits; a machine with other work may still be slow. */
const PATIENCE_MS = 120_000;

/** Every case by its name: the names that `exceptions` may use. */
function casesOf({
	moreColumns = {},
}: Pick<ConformanceOptions, "moreColumns">): Readonly<Record<string, Case>> {
	const cases: Record<string, Case> = { ...SCHEMA };
	const more = Object.entries(moreColumns);
	const written = [
		...Object.keys(sampleColumns(0, "UTC")),
		"link",
		"attachment",
		...more.flatMap(([name, { given }]) => (given.length > 0 ? [name] : [])),
	];
	const computed = [
		...Object.keys(COMPUTED_COLUMNS),
		...more.flatMap(([name, { given }]) => (given.length > 0 ? [] : [name])),
	];
	for (const name of written)
		cases[`keeps ${name}`] = ofColumn(name, keepsColumn);
	for (const name of [...written, ...computed]) {
		cases[`filters ${name}`] = ofColumn(name, filtersColumn);
		cases[`sorts by ${name}`] = ofColumn(name, sortsColumn);
	}
	return { ...cases, ...READING, ...WRITING };
}

/**
 * The contract of an adapter, for every vendor: run over a local store, over a vendor's fake, or live.
 * A case in `exceptions` is run and must fail, so that an exception that is no longer needed is seen.
 */
export function describeConformance(
	name: string,
	options: ConformanceOptions,
): void {
	describe(`conformance of ${name}`, () => {
		let world: World;
		beforeAll(async () => {
			world = await openWorld(options);
		}, PATIENCE_MS);
		afterAll(() => world?.subject.close());
		const cases = casesOf(options);
		const exceptions = options.exceptions ?? {};
		test("exceptions name cases, with a reason", () => {
			for (const [title, reason] of Object.entries(exceptions)) {
				expect(Object.keys(cases)).toContain(title);
				expect(reason.length).toBeGreaterThan(10);
			}
		});
		for (const [title, run] of Object.entries(cases)) {
			const reason = exceptions[title];
			if (reason === undefined) test(title, () => run(world), PATIENCE_MS);
			else
				test.fails(
					`${title} (not here: ${reason})`,
					() => run(world),
					PATIENCE_MS,
				);
		}
	});
}

/** The suite over every account of one of the program's vendors. */
export function describeConformanceOf(vendor: VendorName): void {
	for (const [title, options] of Object.entries(HARNESSES[vendor].conformance))
		describeConformance(title, options);
}
