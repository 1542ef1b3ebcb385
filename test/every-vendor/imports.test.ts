import fc from "fast-check";
import { expect, test } from "vitest";
import type { FieldCodec } from "../../src/core/contract/codec.js";
import { FIELD_TYPES, type FieldType } from "../../src/core/contract/field.js";
import { shownWithId } from "../../src/core/values/parse-list.js";
import { workbook } from "../store/workbook.js";
import {
	created,
	eachPeer,
	openWorld,
	recordsOf,
	type World,
} from "./world.js";

/*
 * What an import promises whatever the vendor: the run does what the dry run said, and an export finds its records
 * again.
 */

/** Every type that a cell of a file can be written into somewhere, with a text that is right for it. */
const COLUMNS: readonly {
	readonly type: FieldType;
	readonly settings?: object;
	readonly right: string;
}[] = [
	{ type: "long_text", right: "one\ntwo" },
	{ type: "email", right: "ann@example.com" },
	{ type: "phone", right: "13800138000" },
	{ type: "barcode", right: "6901234567892" },
	{ type: "url", right: "https://example.com/" },
	{ type: "number", right: "7" },
	{ type: "currency", right: "9.99" },
	{ type: "percent", right: "50%" },
	{ type: "rating", right: "3" },
	{ type: "progress", right: "50%" },
	{ type: "checkbox", right: "true" },
	{
		type: "single_select",
		settings: { options: [{ name: "red" }, { name: "blue" }] },
		right: "red",
	},
	{
		type: "multi_select",
		settings: { options: [{ name: "red" }, { name: "blue" }] },
		right: "red, blue",
	},
	{ type: "date", right: "2026-11-20" },
	{ type: "user", right: "" },
	{ type: "group", right: "" },
	{ type: "department", right: "" },
	{ type: "link", settings: { link_table: "Rows" }, right: "row 0" },
	{ type: "attachment", right: "" },
	{
		type: "location",
		right: '{"lnglat":"116.397755,39.903179","address":"Beijing"}',
	},
];

/** Types that nobody writes: those that a vendor computes, and what cannot be made. */
const NEVER_WRITTEN: readonly FieldType[] = [
	"formula",
	"lookup",
	"auto_number",
	"created_time",
	"updated_time",
	"created_by",
	"updated_by",
	"button",
	"unknown",
];

test("the columns are of every type that can be written", () => {
	expect(
		["text", ...COLUMNS.map(({ type }) => type), ...NEVER_WRITTEN].sort(),
	).toEqual([...FIELD_TYPES].sort());
});

/** Cells as people have them, some of them for another field. */
const ODD = [
	"",
	"a",
	"7",
	"1.5",
	"-3",
	"1e400",
	"12345678901234567890",
	"50%",
	"250%",
	"true",
	"2026-11-20",
	"2026-13-40",
	"2026-11-20 14:00",
	"red",
	"red, green",
	"https://example.com/a",
	"photo.png (https://example.com/photo.png)",
	"photo.png",
	'5" pipe',
	"Ann",
	"Ann [ou_of_another_tenant]",
	"row 1",
	"twin",
	"row 0, row 1",
	"row 1 [rec0000000000Zzzz]",
	"=1+1",
	"{}",
];

/** Which types the vendor has, each tried by itself. */
async function columnsOf({ client, table }: World) {
	const found: (typeof COLUMNS)[number][] = [];
	for (const column of COLUMNS) {
		const { type, settings } = column;
		const made = await client.call("create_field", {
			...{ table, name: `It ${type}`, type },
			...(settings === undefined ? {} : { settings }),
		});
		if (!made.isError) found.push(column);
	}
	return found;
}

function isIdFor(
	{ adapter }: Pick<World, "adapter">,
	type: FieldType,
	text: string,
): boolean {
	const { isId } = adapter.codecs[type] as Partial<FieldCodec<FieldType>>;
	const inside = shownWithId(text)?.id ?? text;
	return type !== "link" && isId !== undefined && [text, inside].some(isId);
}

/** Mostly right rows, each with some cell that may be wrong. */
function rowsOf(
	right: readonly string[],
	oddFor: (at: number) => readonly string[],
) {
	const row = fc.oneof(
		{ weight: 1, arbitrary: fc.constant(right) },
		fc
			.integer({ min: 0, max: right.length - 1 })
			.chain((at) =>
				fc
					.constantFrom(...oddFor(at))
					.map((other) =>
						right.map((one, index) => (index === at ? other : one)),
					),
			),
	);
	return fc.array(row, { minLength: 1, maxLength: 3 });
}

const FORMATS = ["csv", "ndjson", "json", "xlsx"] as const;

eachPeer(
	"an import does what its dry run said",
	async (peer) => {
		const world = await openWorld(peer);
		const { client, table } = world;
		await created(world, [
			...recordsOf(2),
			{ fields: { Title: "twin" } },
			{ fields: { Title: "twin" } },
		]);
		const columns = await columnsOf(world);
		expect(columns.length).toBeGreaterThan(9);
		const names = ["Title", ...columns.map(({ type }) => `It ${type}`)];
		const met = { refused: 0, done: 0 };
		const right = ["a", ...columns.map((column) => column.right)];
		// What has the shape of an id is taken for one, and whose it is nobody can tell before.
		const oddFor = (at: number) => {
			const type = columns[at - 1]?.type ?? "text";
			return ODD.filter((text) => !isIdFor(world, type, text));
		};
		let number = 0;
		const tryOut = async (
			given: readonly (readonly string[])[],
			format: (typeof FORMATS)[number],
		) => {
			const file = `in-${number++}.${format}`;
			client.put(file, written(names, given, format));
			const call = { table, file };
			const dry = await client.call("import_records", {
				...call,
				dry_run: true,
			});
			const before = await count();
			const run = await client.call("import_records", call);
			const added = (await count()) - before;
			const failed = dry.structured?.counts?.failed ?? 1;
			expect(run.text).not.toMatch(/internal|defect/);
			if (failed > 0) {
				met.refused++;
				expect(run.isError, `${dry.text}\n${run.text}`).toBe(true);
				expect(added, run.text).toBe(0);
			} else {
				met.done++;
				expect(run.structured.counts, run.text).toEqual(dry.structured.counts);
				expect(added).toBe(dry.structured.counts.created);
			}
		};
		// Each odd cell in each column: bad rows are left out, and it is told beforehand which.
		for (const at of right.keys()) {
			const format = FORMATS[at % FORMATS.length] as (typeof FORMATS)[number];
			const file = `odd-${at}.${format}`;
			const rows = oddFor(at).map((odd) =>
				right.map((one, index) => (index === at ? odd : one)),
			);
			client.put(file, written(names, rows, format));
			const call = { table, file, on_error: "skip" };
			const dry = await client.call("import_records", {
				...call,
				dry_run: true,
			});
			const run = await client.call("import_records", call);
			if (dry.isError) {
				// A question about the column as a whole.
				expect(run.text).toBe(dry.text);
				for (const one of rows) await tryOut([one], format);
				continue;
			}
			expect(
				run.structured.outcomes,
				`${names[at]}\n${dry.text}\n${run.text}`,
			).toEqual(dry.structured.outcomes);
			expect(run.isError, run.text).toBe(false);
			met.refused += run.structured.counts.failed;
			met.done += run.structured.counts.created;
		}
		await fc.assert(
			fc.asyncProperty(
				rowsOf(right, oddFor),
				fc.constantFrom(...FORMATS),
				tryOut,
			),
			{ numRuns: 12 },
		);
		expect(met.refused).toBeGreaterThan(50);
		expect(met.done).toBeGreaterThan(50);
		async function count(): Promise<number> {
			return (await world.site.rows(table)).size;
		}
	},
	120_000,
);

eachPeer("an export finds its records again by their ids", async (peer) => {
	const world = await openWorld(peer);
	const { client, table } = world;
	const ids = await created(world, recordsOf(3));
	await client.ok("export_records", {
		table,
		file: "out.csv",
		fields: ["Title", "Amount"],
	});
	const out = client.read("out.csv");
	expect(out.split("\r\n")[0]).toBe("\ufeff$id,Title,Amount");

	const dry = await client.ok("import_records", {
		table,
		file: "out.csv",
		dry_run: true,
	});
	expect(dry.structured.counts.created).toBe(3);
	expect(dry.text).toMatch(
		/"\$id" holds record ids, and 3 of the first 3 .* are in this table already: without `match_on`: \["\$id"\] their rows are added a second time/,
	);

	const edited = `${out.replace(",row 1,", ",row one,").trimEnd()}\r\n,new,9\r\n`;
	client.put("edited.csv", edited);
	const back = await client.ok("import_records", {
		table,
		file: "edited.csv",
		match_on: ["$id"],
	});
	expect(back.structured.counts).toMatchObject({
		updated: 1,
		unchanged: 2,
		created: 1,
	});
	expect(await world.titles()).toEqual(["row 0", "row one", "row 2", "new"]);

	client.put("twice.csv", `$id,Title\n${ids[0]},x\n${ids[0]},y\n`);
	const twice = await client.call("import_records", {
		table,
		file: "twice.csv",
		match_on: ["$id"],
	});
	expect(twice.text).toContain("has the same record id as line 2");

	await client.ok("delete_records", { table, record_ids: [ids[2]] });
	client.put("gone.csv", `$id,Title\n${ids[2]},x\n`);
	const gone = await client.call("import_records", {
		table,
		file: "gone.csv",
		match_on: ["$id"],
	});
	expect(gone.text).toContain(`there is no record ""${ids[2]}""`);
	const without = await client.call("import_records", {
		table,
		file: "edited.csv",
		match_on: ["$id", "Title"],
	});
	expect(without.text).toContain("finds a record alone");
	client.put("none.csv", "Title\nx\n");
	const none = await client.call("import_records", {
		table,
		file: "none.csv",
		match_on: ["$id"],
	});
	expect(none.text).toContain('needs the column "$id" of an export');
});

function written(
	names: readonly string[],
	given: readonly (readonly string[])[],
	format: (typeof FORMATS)[number],
): string | Buffer {
	if (format === "csv")
		return [names, ...given]
			.map((cells) =>
				cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(","),
			)
			.join("\n");
	if (format === "xlsx")
		return workbook({ Rows: [names, ...given].map(sheetRow).join("") });
	const records = given.map((cells) =>
		Object.fromEntries(cells.map((one, index) => [names[index], one])),
	);
	return format === "json"
		? JSON.stringify(records)
		: records.map((record) => JSON.stringify(record)).join("\n");
}

/** Numbers as a sheet keeps them, all else as texts. */
function sheetRow(cells: readonly string[], index: number): string {
	const column = (at: number) =>
		`${at < 26 ? "" : "A"}${String.fromCharCode(65 + (at % 26))}`;
	const escaped = (text: string) =>
		text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
	return `<row r="${index + 1}">${cells
		.map((text, at) => {
			const place = `r="${column(at)}${index + 1}"`;
			if (text === "") return "";
			return /^-?\d+(\.\d+)?$/.test(text)
				? `<c ${place}><v>${text}</v></c>`
				: `<c ${place} t="inlineStr"><is><t xml:space="preserve">${escaped(text)}</t></is></c>`;
		})
		.join("")}</row>`;
}
