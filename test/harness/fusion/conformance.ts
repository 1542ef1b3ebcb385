import type { FilterInput } from "../../../src/core/contract/table.js";
import { virtualClock } from "../../clock.js";
import type { ConformanceOptions } from "../../conformance/suite.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { fusionSession } from "../../vendors/fusion/fusion-session.js";

/** The filter of a view as the fake keeps it. */
function formulaOf({ match, conditions }: FilterInput): string {
	const parts = conditions.map(({ field, op, value }) =>
		op === "contains"
			? `FIND(${JSON.stringify(value)},{${field}})>0`
			: `{${field}}=${JSON.stringify(value)}`,
	);
	return `${match === "any" ? "OR" : "AND"}(${parts.join(",")})`;
}

export const conformance: Readonly<Record<string, ConformanceOptions>> = {
	"the Fusion API": {
		async open(folder) {
			const clock = virtualClock();
			const fake = createFusionFake({
				clock,
				switches: { plan: "enterprise" },
			});
			for (const name of ["Ann", "Bo"]) fake.addPerson({ name, permission: 1 });
			const listed = fake.addTable({
				name: "Listed",
				fields: [{ name: "Title", type: "SingleText", property: {} }],
			});
			const form = fake.addNode({ type: "Form", name: "Listed form" });
			const { session, close } = fusionSession({
				fake,
				token: fake.token,
				clock,
				folder,
			});
			return {
				session,
				connection: "fusion",
				base: fake.spaceId,
				urls: [
					{
						url: `https://aitable.ai/workbench/${listed}/viwAbCdEfGhIj/recAbCdEfGhIj`,
						names: {
							base: fake.spaceId,
							table: listed,
							view: "viwAbCdEfGhIj",
							record: "recAbCdEfGhIj",
						},
					},
					{
						url: `https://aitable.ai/workbench/${form}`,
						names: "unresolvable",
					},
				],
				async makeView(table, { name, filter, sort, hidden_fields }) {
					return fake.addView(table.split("/")[1] as string, {
						name,
						...(filter === undefined ? {} : { filter: formulaOf(filter) }),
						...(hidden_fields === undefined ? {} : { hidden: hidden_fields }),
						...(sort === undefined
							? {}
							: {
									sort: sort.map(({ field, direction }) => ({
										field,
										descending: direction === "desc",
									})),
								}),
					});
				},
				close,
			};
		},
		collates: true,
		moreColumns: {
			doubled: {
				type: "formula",
				settings: { formula: "{number}*2" },
				given: [],
			},
			joined: {
				type: "formula",
				settings: { formula: '{Title}&"/"&{single_select}' },
				given: [],
			},
			"day after": {
				type: "formula",
				settings: { formula: 'DATEADD({date},1,"days")' },
				given: [],
			},
		},
	},
};
