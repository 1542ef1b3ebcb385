import { expect } from "vitest";
import { FIELD_TYPES, type FieldType } from "../../src/core/contract/field.js";
import { eachPeer, openWorld } from "./world.js";

/* What describe_fields answers, create_table and create_field take, and make the same again. */

interface Described {
	readonly name: string;
	readonly type: string;
	readonly settings: Readonly<Record<string, unknown>>;
}

/** Settings beside which a field of a type is also made. */
const SETTINGS: { readonly [Type in FieldType]?: readonly object[] } = {
	single_select: [{ options: ["red", { name: "blue" }] }],
	multi_select: [{ options: ["red", "blue"] }],
	date: [{ shows_time: true }, { shows_time: false }],
	created_time: [{}, { shows_time: true }],
	updated_time: [{}, { shows_time: true }],
	link: [
		{ link_table: "Rows" },
		{ link_table: "self" },
		{ link_table: "Rows", two_way: true },
		{ link_table: "self", multiple: false },
	],
	user: [{}, { multiple: false }],
	rating: [{}, { max: 4 }],
	formula: [{ formula: "{Title}" }],
	currency: [{}, { format: "0.00" }],
	number: [{}, { format: "0.0" }],
};

eachPeer("a described field is made again as it was", async (peer) => {
	const world = await openWorld(peer);
	const { client } = world;
	const at = { connection: peer.id, base: world.site.base };
	const title = { name: "Title", type: "text" };
	const describeTable = async (table: string) => {
		const { structured } = await client.ok("describe_fields", { table });
		return structured.fields as readonly Described[];
	};
	let count = 0;
	const make = async (fields: readonly object[]) => {
		const name = `T${count++}`;
		const made = await client.call("create_table", { ...at, name, fields });
		return made.isError
			? { said: made.text }
			: { table: made.structured.table as string };
	};
	/** The other side is a field of the linked table, where its name is taken by now. */
	const free = ({ settings }: Described) => ({
		...settings,
		...(settings.reverse_name !== undefined && {
			reverse_name: `Back ${count++}`,
		}),
	});
	const made: FieldType[] = [];
	for (const type of FIELD_TYPES.filter((one) => one !== "unknown"))
		for (const settings of SETTINGS[type] ?? [{}]) {
			const first = await make([title, { name: "It", type, settings }]);
			if (first.table === undefined) continue;
			made.push(type);
			const fields = await describeTable(first.table);
			const it = fields.find(({ name }) => name === "It") as Described;
			const again = await make(
				fields
					.filter(({ name }) => name === "Title" || name === "It")
					.map((field) => ({ ...field, settings: free(field) })),
			);
			expect(again.said, `${type} ${JSON.stringify(it)}`).toBeUndefined();
			const same = await describeTable(again.table as string);
			const second = same.find(({ name }) => name === "It") as Described;
			const links = (field: Described, own: string | undefined) => ({
				...field.settings,
				...(field.settings.link_table === own && { link_table: "self" }),
				reverse_name: undefined,
			});
			// A link to the first table itself is a link to another table from the second.
			if (settings !== undefined && !("link_table" in settings))
				expect(second.settings).toEqual(it.settings);
			else if ((settings as { link_table: string }).link_table === "Rows")
				expect(links(second, again.table)).toEqual(links(it, first.table));
			else expect(it.settings.link_table).toBe(first.table);
			await client.ok("create_field", {
				table: world.table,
				name: `${type} ${count}`,
				type: it.type,
				settings: free(it),
			});
		}
	expect(made.length).toBeGreaterThan(12);
	expect(made).toContain("link");
});

eachPeer("a linked table is shown by name and reference", async (peer) => {
	const world = await openWorld(peer);
	const made = await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Tasks",
		fields: [
			{ name: "Title", type: "text" },
			{ name: "Row", type: "link", settings: { link_table: "Rows" } },
			{ name: "Parent", type: "link", settings: { link_table: "Tasks" } },
		],
	});
	const { table } = made.structured;
	const { text, structured } = await world.client.ok("describe_fields", {
		table,
	});
	const field = (name: string) =>
		structured.fields.find((one: Described) => one.name === name);
	expect(field("Row")).toMatchObject({
		links_to: "Rows",
		settings: { link_table: world.table },
	});
	expect(field("Parent")).toMatchObject({
		links_to: "Tasks",
		settings: { link_table: table },
	});
	expect(text).toContain("link -> Rows");
	const { structured: parent } = await world.client.ok("create_records", {
		table,
		records: [{ fields: { Title: "Whole" } }],
	});
	const child = await world.client.ok("create_records", {
		table,
		records: [{ fields: { Title: "Part", Parent: "Whole" } }],
	});
	expect(child.structured.counts.created).toBe(1);
	expect(parent.counts.created).toBe(1);
});

eachPeer(
	"a field that is described wrongly is refused by its key",
	async (peer) => {
		const world = await openWorld(peer);
		const refused = async (field: object) => {
			const { text } = await world.client.refused("create_table", {
				connection: peer.id,
				base: world.site.base,
				name: "Wrong",
				fields: [{ name: "Title", type: "text" }, field],
			});
			return text;
		};
		expect(await refused({ name: "A", type: "text", setings: {} })).toContain(
			"fields[1].setings is not known; nearest: settings",
		);
		expect(await refused({ name: "A", type: "text", primary: true })).toContain(
			"put it first",
		);
		expect(
			await refused({
				name: "A",
				type: "single_select",
				settings: { options: ["x"] },
				options_total: 60,
			}),
		).toContain("1 of 60 options");
		expect(
			await refused({
				name: "A",
				type: "date",
				settings: { format: "yyyy-MM-dd", shows_time: true },
			}),
		).toContain("has no time of day");
	},
);
