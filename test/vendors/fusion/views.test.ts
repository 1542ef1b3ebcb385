import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { jsonResponse } from "../../fakes/fake.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { temporaryFolder } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/** A view that filters, sorts and hides; the vendor keeps its hidden columns back, whoever asks. */
function withView() {
	const clock = virtualClock();
	const fake = createFusionFake({ clock, switches: { plan: "enterprise" } });
	const table = fake.addTable({
		name: "Tasks",
		fields: [
			{ name: "Title", type: "SingleText", property: {} },
			{ name: "Stage", type: "SingleText", property: {} },
			{ name: "Rank", type: "Number", property: { precision: 0 } },
			{ name: "Secret", type: "SingleText", property: {} },
		],
	});
	fake.addRecords(
		table,
		Array.from({ length: 12 }, (_, index) => ({
			Title: `t${index}`,
			Stage: index % 3 === 0 ? "done" : "open",
			Rank: (index * 5) % 12,
			Secret: `s${index % 4}`,
		})),
	);
	fake.addView(table, {
		name: "Open",
		filter: '{Stage}="open"',
		hidden: ["Rank", "Secret"],
		sort: [{ field: "Rank", descending: true }],
	});
	const { session } = fusionSession({
		fake,
		token: fake.token,
		clock,
		folder: temporaryFolder(),
		config: { qps: 20 },
	});
	const open = fake
		.rows(table)
		.filter(({ fields }) => fields.Stage === "open")
		.toSorted((a, b) => Number(b.fields.Rank) - Number(a.fields.Rank));
	const query = async (args: object) =>
		(await callTool(session, "query_records", { table: "Tasks", ...args }))
			.structured as { columns: string[]; rows: unknown[][]; total: number };
	return { fake, table, session, open, query };
}

test("a view's rows come in its order, without its hidden columns", async () => {
	const { open, query } = withView();
	const answer = await query({ view: "open" });
	expect(answer.columns).toEqual(["id", "Title", "Stage"]);
	expect(answer.rows).toEqual(
		open.map(({ recordId, fields }) => [recordId, fields.Title, fields.Stage]),
	);
	expect(answer.total).toBe(8);
});

test("a hidden column that is named is shown", async () => {
	const { open, query } = withView();
	const { rows } = await query({
		view: "Open",
		fields: ["Title", "Secret", "Rank"],
	});
	expect(rows).toEqual(
		open.map(({ recordId, fields }) => [
			recordId,
			fields.Title,
			fields.Secret,
			fields.Rank,
		]),
	);
});

test("a filter and an order may look at hidden columns", async () => {
	const { open, query } = withView();
	const filtered = await query({
		view: "Open",
		fields: ["Title"],
		filter: { conditions: [{ field: "Secret", op: "is", value: "s1" }] },
	});
	expect(filtered.rows.map(([id]) => id)).toEqual(
		open
			.filter(({ fields }) => fields.Secret === "s1")
			.map(({ recordId }) => recordId),
	);
	const searched = await query({
		view: "Open",
		fields: ["Title"],
		filter: {
			match: "any",
			conditions: [
				{ field: "Secret", op: "starts_with", value: "s2" },
				{ field: "Rank", op: "gte", value: 10 },
			],
		},
	});
	expect(searched.rows.map(([id]) => id)).toEqual(
		open
			.filter(
				({ fields }) => fields.Secret === "s2" || Number(fields.Rank) >= 10,
			)
			.map(({ recordId }) => recordId),
	);
	const sorted = await query({
		view: "Open",
		fields: ["Title"],
		sort: [{ field: "Rank" }],
	});
	expect(sorted.rows.map(([id]) => id)).toEqual(
		open.map(({ recordId }) => recordId).toReversed(),
	);
});

test("groups, counts and pages are those of the view", async () => {
	const { open, query } = withView();
	const groups = await query({
		view: "Open",
		group_by: [{ field: "Secret" }],
		aggregate: [{ function: "count" }, { function: "sum", field: "Rank" }],
	});
	const expected = new Map<string, [number, number]>();
	for (const { fields } of open) {
		const [count, sum] = expected.get(fields.Secret as string) ?? [0, 0];
		expected.set(fields.Secret as string, [
			count + 1,
			sum + Number(fields.Rank),
		]);
	}
	expect(new Map(groups.rows.map(([key, ...rest]) => [key, rest]))).toEqual(
		expected,
	);
	expect((await query({ view: "Open", limit: 0 })).total).toBe(8);
	const three = await query({ view: "Open", fields: ["Secret"], limit: 3 });
	expect(three.rows.map(([id]) => id)).toEqual(
		open.slice(0, 3).map(({ recordId }) => recordId),
	);
});

test("an answer to an update in another order is read by its ids", async () => {
	const clock = virtualClock();
	const answered: { records?: unknown[] } = {};
	const fake = createFusionFake({
		clock,
		fault: ({ method }) =>
			method === "PATCH"
				? {
						when: "after",
						response: jsonResponse(200, {
							success: true,
							code: 200,
							message: "SUCCESS",
							data: answered,
						}),
					}
				: undefined,
	});
	const table = fake.addTable({
		name: "Ordered",
		fields: [{ name: "Title", type: "SingleText", property: {} }],
	});
	const ids = fake.addRecords(table, [{ Title: "a" }, { Title: "b" }]);
	const field = fake.fields(table)[0]?.id ?? "";
	answered.records = [...ids].reverse().map((recordId, index) => ({
		recordId,
		fields: { [field]: ["B", "A"][index] },
	}));
	const { session } = fusionSession({
		fake,
		token: fake.token,
		clock,
		folder: temporaryFolder(),
	});
	const answer = await callTool(session, "update_records", {
		table: "Ordered",
		records: ids.map((id, index) => ({
			id,
			fields: { Title: ["A", "B"][index] },
		})),
	});
	expect(answer.structured.counts).toMatchObject({ updated: 2, failed: 0 });
});
