import { expect, test } from "vitest";
import { callTool, failureOf } from "../../conformance/session.js";
import { localWorld, makeTable } from "../local-world.js";

/* Views whose definition names a hidden field: nothing is read through them, and they stay. */

async function people() {
	const world = localWorld();
	const { session } = world;
	const table = await makeTable(session, "People", [
		{ name: "Name", type: "text" },
		{ name: "Salary", type: "number" },
	]);
	await callTool(session, "create_records", {
		table,
		records: [1, 2, 3].map((one) => ({
			fields: { Name: `n${one}`, Salary: 10 - one },
		})),
	});
	const view = (name: string, definition: object) =>
		callTool(session, "create_view", { table, name, ...definition });
	const rich = { field: "Salary", op: "gt", value: 7 };
	const named = { field: "Name", op: "is_not", value: "n1" };
	await view("Rich", { filter: { conditions: [rich] } });
	await view("BySal", { sort: [{ field: "Salary" }] });
	await view("Half", { filter: { conditions: [named, rich] } });
	await view("Hides", { hidden_fields: ["Salary"] });
	await view("Named", { filter: { conditions: [named] } });
	const fenced = world.another({ hiddenFields: ["Salary"] });
	return { session, fenced, table };
}

test.each(["Rich", "BySal", "Half"])(
	"nothing is read through the view %s, which filters or sorts by a hidden field",
	async (view) => {
		const { fenced, table } = await people();
		for (const [tool, args] of [
			["query_records", {}],
			[
				"query_records",
				{ filter: { conditions: [] }, sort: [{ field: "Name" }] },
			],
			["query_records", { limit: 0 }],
			["export_records", { file: "out.csv" }],
		] as const) {
			const { code, message } = await failureOf(
				callTool(fenced, tool, { table, view, ...args }),
			);
			expect({ code, message }).toEqual({
				code: "not_allowed",
				message:
					"it may filter or sort by a field that this connection does not show",
			});
		}
	},
);

test("a view that looks at what is shown can be read through", async () => {
	const { fenced, table } = await people();
	for (const [view, total] of [
		["Named", 2],
		["Hides", 3],
	] as const) {
		const { structured } = await callTool(fenced, "query_records", {
			table,
			view,
		});
		expect(structured.total).toBe(total);
	}
});

test.each(["Rich", "BySal", "Half", "Hides"])(
	"the view %s is not deleted where its definition could not come back, and nobody is asked",
	async (view) => {
		const { session, fenced, table } = await people();
		for (const confirm of [undefined, view])
			expect(
				await failureOf(
					callTool(fenced, "delete_view", {
						table,
						view,
						...(confirm ? { confirm } : {}),
					}),
				),
			).toMatchObject({
				code: "not_allowed",
				message: `the view "${view}" cannot be deleted: the policy of this connection depends on it`,
			});
		const { structured } = await callTool(session, "describe_fields", {
			table,
		});
		expect(structured.views).toContainEqual(
			expect.objectContaining({ name: view }),
		);
	},
);

test("a view without a hidden field is deleted", async () => {
	const { fenced, table } = await people();
	await callTool(fenced, "delete_view", {
		table,
		view: "Named",
		confirm: "Named",
	});
});
