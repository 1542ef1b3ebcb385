import { expect, test } from "vitest";
import { virtualClock } from "../../clock.js";
import { callTool } from "../../conformance/session.js";
import { createFusionFake } from "../../fakes/fusion/index.js";
import { folderOfTests } from "../../folder.js";
import { fusionSession } from "./fusion-session.js";

/* A lookup of every kind of column, by what the server answers for it. */

const clock = virtualClock();
const fake = createFusionFake({
	clock,
	switches: { callsPerSecond: Number.POSITIVE_INFINITY },
});
const [ann, bo] = ["Ann", "Bo"].map((name) => fake.addPerson({ name }).id);
const far = fake.addTable({
	name: "Far",
	fields: [{ name: "Title", type: "SingleText", property: {} }],
});
const farIds = fake.addRecords(far, [{ Title: "F1" }, { Title: "F2" }]);
const there = fake.addTable({
	name: "There",
	fields: [
		{ name: "Title", type: "SingleText", property: {} },
		{
			name: "Tags",
			type: "MultiSelect",
			property: { options: [{ name: "a" }, { name: "b, c" }] },
		},
		{ name: "Far", type: "OneWayLink", property: { foreignDatasheetId: far } },
		{ name: "Files", type: "Attachment" },
		{ name: "Day", type: "DateTime", property: { dateFormat: "YYYY-MM-DD" } },
		{
			name: "When",
			type: "DateTime",
			property: {
				dateFormat: "YYYY-MM-DD",
				timeFormat: "HH:mm",
				includeTime: true,
			},
		},
		{ name: "Who", type: "Member", property: {} },
		{ name: "Done", type: "Checkbox", property: { icon: "star" } },
		{ name: "Site", type: "URL" },
	],
});
const idOf = (table: string, name: string) =>
	fake.fields(table).find((field) => field.name === name)?.id ?? "";
const formula = (name: string, expression: string, format?: unknown) =>
	fake.addField(there, {
		name,
		type: "Formula",
		property: { expression, ...(format === undefined ? {} : { format }) },
	});
formula("Next", `DATEADD({${idOf(there, "When")}},1,"days")`, {
	type: "DateTime",
	format: {
		dateFormat: "YYYY-MM-DD",
		timeFormat: "HH:mm",
		includeTime: true,
	},
});
formula("Half", "1/2");
const token = fake.addAttachment({ name: "a.txt", bytes: Buffer.from("a") });
const WHEN = Date.UTC(2026, 10, 20, 6, 30);
const thereIds = fake.addRecords(there, [
	{
		Title: "one",
		Tags: ["a", "b, c"],
		Far: [farIds[0]],
		Files: [{ token, name: "a.txt" }],
		Day: Date.UTC(2026, 10, 20),
		When: WHEN,
		Who: [{ id: ann }],
		Done: true,
		Site: { text: "https://a.test", title: "A" },
	},
	{ Title: "two", Tags: ["a"], Far: [farIds[1]], Who: [{ id: bo }] },
]);
const here = fake.addTable({
	name: "Here",
	fields: [
		{ name: "Title", type: "SingleText", property: {} },
		{
			name: "Link",
			type: "OneWayLink",
			property: { foreignDatasheetId: there },
		},
	],
});
for (const [target, rollup] of [
	["Tags"],
	["Far"],
	["Files"],
	["Day"],
	["When"],
	["Who"],
	["Done"],
	["Site"],
	["Next"],
	["Half"],
	["Title"],
	["Title", "ARRAYJOIN"],
	["Title", "CONCATENATE"],
	["Tags", "ARRAYUNIQUE"],
	["Tags", "COUNTALL"],
] as const)
	fake.addField(here, {
		name: rollup === undefined ? `L${target}` : `${rollup} ${target}`,
		type: "MagicLookUp",
		property: {
			relatedLinkFieldId: idOf(here, "Link"),
			targetFieldId: idOf(there, target),
			...(rollup === undefined ? {} : { rollupFunction: rollup }),
		},
	});
fake.addRecords(here, [{ Title: "x", Link: thereIds }, { Title: "y" }]);
const { session } = fusionSession({
	fake,
	token: fake.token,
	clock,
	folder: folderOfTests(),
	zone: "Asia/Shanghai",
});

async function query(args: Readonly<Record<string, unknown>>) {
	const { structured } = await callTool(session, "query_records", {
		table: `fusion:${fake.spaceId}/${here}`,
		...args,
	});
	return structured as {
		columns: string[];
		rows: unknown[][];
		notes: string[];
	};
}

const SHOWN: Readonly<Record<string, unknown>> = {
	LTags: ["a", "b, c", "a"],
	LFar: ["F1", "F2"],
	LFiles: ["a.txt"],
	LDay: ["2026-11-20"],
	LWhen: ["2026-11-20T14:30:00+08:00"],
	LWho: ["Ann", "Bo"],
	LDone: [true],
	LSite: [{ text: "A", link: "https://a.test" }],
	LNext: ["2026-11-21T14:30:00+08:00"],
	LHalf: [0.5, 0.5],
	LTitle: ["one", "two"],
	"ARRAYJOIN Title": ["one", "two"],
	"CONCATENATE Title": ["one", "two"],
	"COUNTALL Tags": 3,
};

test.each(Object.entries(SHOWN))("%s is shown", async (name, wanted) => {
	const { rows, notes } = await query({ fields: [name] });
	expect(notes).toEqual([]);
	expect(rows.map(([, cell]) => cell)).toEqual([wanted, null]);
});

test.each([
	["LTags", "contains", "b, c"],
	["LTags", "any_of", ["a"]],
	["LFar", "contains", "F1"],
	["LFar", "any_of", ["F2"]],
	["LFiles", "contains", "a.txt"],
	["LDay", "is", "2026-11-20"],
	["LWhen", "is", "2026-11-20T14:30:00+08:00"],
	["LWho", "contains", "Bo"],
	["LTitle", "any_of", ["one"]],
	["ARRAYJOIN Title", "any_of", ["two"]],
	["CONCATENATE Title", "contains", "two"],
])(
	"%s %s %j finds its row, and its opposite the other",
	async (field, op, given) => {
		const opposite = {
			contains: "not_contains",
			is: "is_not",
			any_of: "none_of",
		};
		const value = Array.isArray(given) ? { values: given } : { value: given };
		const titles = async (asked: string) =>
			(
				await query({
					fields: ["Title"],
					filter: { conditions: [{ field, op: asked, ...value }] },
				})
			).rows.map(([, title]) => title);
		expect(await titles(op)).toEqual(["x"]);
		expect(await titles(opposite[op as "is"])).toEqual(["y"]);
	},
);
