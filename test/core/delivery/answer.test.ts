import { expect, test } from "vitest";
import type { Outcome, Settled } from "../../../src/core/contract/journal.js";
import {
	isFailure,
	refused,
	summarize,
} from "../../../src/core/delivery/answer.js";

const results = (
	...outcomes: readonly (
		| readonly [Outcome, (string | undefined)?, string?]
		| null
	)[]
): ReadonlyMap<number, Settled> =>
	new Map(
		outcomes.flatMap((entry, index) =>
			entry === null
				? []
				: [
						[
							index,
							{
								index,
								outcome: entry[0],
								...(entry[1] === undefined ? {} : { id: entry[1] }),
								...(entry[2] === undefined ? {} : { message: entry[2] }),
							},
						] as const,
					],
		),
	);

test("outcomes are runs in input order; what has none was not attempted", async () => {
	const answer = await summarize(
		"c1",
		7,
		results(
			["created", "a"],
			["created", "b"],
			["failed", undefined, "no"],
			null,
			["unchanged", "e"],
			["created", "f"],
			null,
		),
		["note"],
	);
	expect(answer).toMatchObject({
		change_id: "c1",
		counts: {
			created: 3,
			updated: 0,
			unchanged: 1,
			deleted: 0,
			failed: 1,
			not_attempted: 2,
			unknown: 0,
		},
		ids: ["a", "b", null, null, "e", "f", null],
		outcomes: [
			"created:0-1",
			"failed:2",
			"not_attempted:3",
			"unchanged:4",
			"created:5",
			"not_attempted:6",
		],
		problems: [{ record: 2, message: "no" }],
		notes: ["note"],
	});
});

test("many outcomes that alternate are one list each, and no record is left out", async () => {
	const results = new Map(
		Array.from({ length: 400 }, (_, index) => [
			index,
			{
				index,
				outcome: index % 2 === 0 ? ("created" as const) : ("failed" as const),
			},
		]),
	);
	const { outcomes } = await summarize("c", 402, results, []);
	expect(outcomes.map((one) => one.split(":")[0])).toEqual([
		"created",
		"failed",
		"not_attempted",
	]);
	expect(outcomes[0]).toMatch(/^created:0,2,4,.*,398$/);
	expect(outcomes[2]).toBe("not_attempted:400-401");
	expect(outcomes.join(" ").length).toBeLessThan(1_700);
});

test("nothing given is nothing done", async () => {
	const answer = await summarize(null, 0, new Map(), []);
	expect(answer.outcomes).toEqual([]);
	expect(isFailure(answer)).toBe(false);
});

test("many ids are left out, and said so; equal problems are one, and kinds of them are cut at twenty with the count of all", async () => {
	const many = await summarize("c", 2_001, new Map(), []);
	expect(many.ids).toEqual([]);
	expect(many.notes).toEqual([
		expect.stringContaining("2001 ids are not listed"),
	]);
	const failed = await summarize(
		"c",
		150,
		results(
			...Array.from(
				{ length: 150 },
				() => ["failed", undefined, "no"] as const,
			),
		),
		[],
	);
	expect(failed.problems).toEqual([
		{ record: 0, message: "no", count: 150, records: "0-149" },
	]);
	expect(failed.problems_total).toBe(150);
	const kinds = (count: number) =>
		summarize(
			"c",
			count,
			results(
				...Array.from(
					{ length: count },
					(_, index) => ["failed", undefined, `no ${index}`] as const,
				),
			),
			[],
		);
	expect(await kinds(20)).not.toHaveProperty("problems_total");
	expect((await kinds(21)).problems).toHaveLength(20);
	expect((await kinds(21)).problems_total).toBe(21);
});

test("a refusal counts each record that is to blame once, and the rest as not attempted", async () => {
	const answer = await refused(
		5,
		[
			{ record: 1, message: "a" },
			{ record: 1, message: "b" },
			{ record: 3, message: "c" },
			{ message: "of the whole" },
		],
		["note"],
	);
	expect(answer.counts).toMatchObject({
		failed: 2,
		not_attempted: 3,
		created: 0,
	});
	expect(answer.change_id).toBeNull();
	expect(answer.notes).toEqual(["nothing was sent", "note"]);
	expect(isFailure(answer)).toBe(true);
});

test.each([
	["created", false],
	["updated", false],
	["unchanged", false],
	["deleted", false],
	["failed", true],
	["not_attempted", true],
	["unknown", true],
] as const)("%s is a failure: %s", async (outcome, failure) => {
	expect(isFailure(await summarize("c", 1, results([outcome]), []))).toBe(
		failure,
	);
});
