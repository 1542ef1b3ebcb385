import { expect, onTestFinished, test } from "vitest";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { FakeRequest } from "../fakes/fake.js";
import { createFusionFake } from "../fakes/fusion/index.js";
import { AITABLE } from "../vendors/fusion/fusion-session.js";
import { bounded, fastClock, openPlace } from "./world.js";

/*
 * A vendor that answers without measure. Time goes fast, so that the deadline of a call comes while it answers.
 */

type Careless = (request: FakeRequest) => Uint8Array | undefined;

function placeWith(careless: Careless) {
	const clock = fastClock(50);
	const fake = createFusionFake({
		clock,
		fault(request) {
			const body = careless(request);
			return body === undefined
				? undefined
				: {
						when: "before",
						response: {
							status: 200,
							headers: { "content-type": "application/json" },
							body,
						},
					};
		},
	});
	const table = fake.addTable({
		name: "Orders",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	fake.addRecords(table, [{ Title: "One" }, { Title: "Two" }]);
	const place = openPlace({
		clock,
		environment: { AITABLE_TOKEN: fake.token },
		dispatcher: new FakeDispatcher({ [AITABLE]: fake }, clock),
	});
	onTestFinished(() => place.close());
	return place;
}

const of = (part: string, body: string): Careless => {
	const bytes = Buffer.from(body);
	return ({ method, path }) =>
		method === "GET" && path.endsWith(part) ? bytes : undefined;
};
const answer = (data: string) =>
	`{"success":true,"code":200,"message":"SUCCESS","data":${data}}`;
const rows = (count: number, cell: string) =>
	answer(
		`{"total":${count},"pageNum":1,"pageSize":${count},"records":[${Array.from({ length: count }, (_, n) => `{"recordId":"rec${n}","fields":{"fld":"${cell}"}}`).join(",")}]}`,
	);

const CASES: Readonly<Record<string, readonly [Careless, RegExp]>> = {
	"an answer of 100 MB": [
		of("/records", `"${"a".repeat(100_000_000)}"`),
		/too_large: .* more than 16777216 bytes/,
	],
	"an answer nested 100,000 deep": [
		of("/records", answer("[".repeat(100_000))),
		/broken/,
	],
	"a page of 100,000 rows": [of("/records", rows(100_000, "a")), /rec0/],
	"rows of 15 MB of empty objects": [
		of("/records", answer(`{"records":[${"{},".repeat(5_000_000)}{}]}`)),
		/too_large: .* more than 500000 values/,
	],
	"a cell of as many lists as are read": [
		of(
			"/records",
			answer(
				`{"total":1,"records":[{"recordId":"rec0","fields":{"fld":[${"[],".repeat(499_000)}1]}}]}`,
			),
		),
		/rec0/,
	],
	"a cell of 20 MB": [
		of("/records", rows(1, "a".repeat(20_000_000))),
		/more than 16777216 bytes/,
	],
	"an error of 10 MB of markup": [
		of("/records", "<".repeat(10_000_000)),
		/broken/,
	],
	"pages of no rows that never end": [
		of(
			"/records",
			answer('{"total":1000000000,"pageNum":1,"pageSize":0,"records":[]}'),
		),
		/returned|stopped|0 /,
	],
	"5,000 fields": [
		of(
			"/fields",
			answer(
				`{"fields":[${Array.from({ length: 5_000 }, (_, n) => `{"id":"fld${n}","name":"Field ${n}","type":"SingleText","isPrimary":${n === 0},"property":{}}`).join(",")}]}`,
			),
		),
		/./,
	],
	"100,000 views": [
		of(
			"/views",
			answer(
				`{"views":[${Array.from({ length: 100_000 }, (_, n) => `{"id":"viw${n}","name":"View ${n}","type":"Grid"}`).join(",")}]}`,
			),
		),
		/./,
	],
};

test.each(Object.keys(CASES))("%s", async (title) => {
	const [careless, words] = CASES[title] as (typeof CASES)[string];
	const place = placeWith(careless);
	const said = await bounded(`vendor: ${title}`, () =>
		place.call("query_records", {
			table: "Orders",
			filter: { conditions: [{ field: "$url", op: "is_not_empty" }] },
		}),
	);
	expect(said.text.slice(0, 2_000)).toMatch(words);
	expect(said.text.length).toBeLessThan(120_000);
});
