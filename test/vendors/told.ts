import { expect, test } from "vitest";
import type { ErrorCode } from "../../src/core/contract/errors.js";
import { type CloudPeer, openWorld, PEERS } from "../every-vendor/world.js";
import type { FakeRequest, FakeResponse } from "../fakes/fake.js";
import type { Answer } from "../server/client.js";

/** A row of a vendor's failure table, with an answer that meets it. */
export interface ToldRow {
	readonly name: string;
	readonly answer: FakeResponse;
	readonly code: ErrorCode;
	readonly what: string;
	readonly next?: string;
	/** Also in the vendor's words: its code, its log id. */
	readonly words: readonly string[];
}

/** Which requests of a vendor do the work of a tool. */
export interface WorkRequests {
	field(request: FakeRequest): boolean;
	upload(request: FakeRequest): boolean;
}

const PLACES = ["read", "write", "import", "schema", "file"] as const;
type Place = (typeof PLACES)[number];

/** Where one row of each kind is enough: they go through what a write goes through. */
const DEAR: ReadonlySet<Place> = new Set<Place>(["import", "file"]);

/** One row for each way that the program goes on, with and without a next step of its own. */
function kindsOf(rows: readonly ToldRow[]): readonly ToldRow[] {
	return [
		...new Map(
			rows.map((row) => [`${row.code} ${row.next !== undefined}`, row]),
		).values(),
	];
}

/** Of codes: what calling again does, as the agent must be told it. */
const AGAIN: readonly (readonly [RegExp, readonly ErrorCode[]])[] = [
	[
		/Until then, calling again fails in the same way/,
		["auth", "not_allowed", "limit_reached", "quota_spent"],
	],
	[
		/[Cc]alling again (with the same arguments )?fails in the same way|Upload (it|the file) again/,
		[
			"bad_argument",
			"bad_value",
			"not_found",
			"last_one",
			"unsupported",
			"too_large",
			"broken",
			"internal",
		],
	],
	[
		/call again|resume/i,
		[
			"throttled",
			"busy",
			"unreachable",
			"conflict",
			"outcome_unknown",
			"duplicate_token",
			"cancelled",
		],
	],
];

/** After these a change goes on by itself once it is called again, at once or when a person has put something right. */
const GOES_ON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
	"throttled",
	"busy",
	"conflict",
	"unreachable",
	"auth",
	"quota_spent",
	"outcome_unknown",
	"duplicate_token",
	"cancelled",
]);

/** Each row of the table at each place: what happened, where to put it right, and whether to call again. */
export function tellsEveryFailure(
	vendor: string,
	requests: WorkRequests,
	rows: readonly ToldRow[],
): void {
	const peer = PEERS.find(({ id }) => id === vendor) as CloudPeer;
	test.each(PLACES)(
		"each failure reaches the agent whole: %s",
		async (place) => {
			const { work, plan, clock } = await worldFor(peer, requests, place);
			for (const row of DEAR.has(place) ? kindsOf(rows) : rows) {
				plan(row.answer);
				const answer = await work();
				plan(undefined);
				check(answer, row, place);
				clock.advance(60_000);
			}
		},
		120_000,
	);
}

function check({ text, isError }: Answer, row: ToldRow, place: Place): void {
	const at = `${place}, ${row.name}: ${text}`;
	expect(isError, at).toBe(true);
	// A change says it once as the reason of the stop, or once as what is wrong with the records.
	const plain = text.replaceAll('""', '"');
	for (const part of [row.what, row.next, ...row.words])
		if (part !== undefined) expect(plain, at).toContain(part);
	const again = AGAIN.find(([, codes]) => codes.includes(row.code))?.[0];
	expect(again, at).toBeDefined();
	expect(plain, at).toMatch(again as RegExp);
	if (place === "write" || place === "import") {
		expect(plain, at).not.toMatch(/FAILED IN PART/);
		if (GOES_ON.has(row.code)) expect(plain, at).toMatch(/resume/);
		else expect(plain, at).not.toMatch(/resume/);
	}
}

async function worldFor(peer: CloudPeer, requests: WorkRequests, place: Place) {
	const world = await openWorld(peer);
	const { client, table } = world;
	await client.ok("create_field", { table, name: "Files", type: "attachment" });
	// What was made a moment ago is waited for.
	world.clock.advance(120_000);
	await client.ok("query_records", { table });
	client.put("rows.csv", "Title,Amount\na,1\nb,2\n");
	client.put("a.txt", "a");
	const { network } = peer;
	const fits: Record<Place, (request: FakeRequest) => boolean> = {
		read: network.readsRows,
		write: (request) => network.writeOf(request) === "create",
		import: (request) => network.writeOf(request) === "create",
		schema: requests.field,
		file: requests.upload,
	};
	const works: Record<Place, () => Promise<Answer>> = {
		read: () => client.call("query_records", { table }),
		write: () =>
			client.call("create_records", {
				table,
				records: [
					{ fields: { Title: "a" } },
					{ fields: { Title: "b", Amount: 2 } },
				],
			}),
		import: () => client.call("import_records", { table, file: "rows.csv" }),
		schema: () =>
			client.call("create_field", { table, name: "More", type: "number" }),
		file: () =>
			client.call("upload_attachment", {
				table,
				field: "Files",
				files: [{ file: "a.txt" }],
			}),
	};
	return {
		work: works[place],
		plan: (answer: FakeResponse | undefined) =>
			world.faulty(
				answer &&
					((request) =>
						fits[place](request)
							? { when: "before", response: answer }
							: undefined),
			),
		clock: world.clock,
	};
}
