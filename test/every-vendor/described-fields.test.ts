import { expect } from "vitest";
import { FIELD_TYPES, type FieldType } from "../../src/core/contract/field.js";
import { eachPeer, openWorld } from "./world.js";

/* What describe_fields answers, create_table and create_field take, and make the same again. */

interface Described {
	readonly name: string;
	readonly type: string;
	readonly settings: Readonly<Record<string, unknown>>;
}

/** What a field of the type cannot be made without. */
const NEEDED: { readonly [Type in FieldType]?: object } = {
	single_select: { options: ["red", "blue"] },
	multi_select: { options: ["red", "blue"] },
	link: { link_table: "Rows" },
	formula: { formula: "{Title}" },
};

/** A value of each setting, and some of those that only some types take: what does not fit is refused by the tool. */
const TRIED: readonly object[] = [
	{},
	{ description: "what it is for" },
	{ options: ["red", { name: "blue" }] },
	{ options: [{ name: "red", color: "blue" }, { name: "green" }] },
	{ format: "0.0" },
	{ format: "0.00%" },
	{ format: "yyyy-MM-dd" },
	{ format: "yyyy-MM-dd HH:mm" },
	{ currency: "EUR" },
	{ currency: "CNY", format: "0.00" },
	{ min: 1, max: 4 },
	{ max: 3 },
	{ multiple: true },
	{ multiple: false },
	{ link_table: "self" },
	{ link_table: "self", multiple: false },
	{ two_way: true },
	{ two_way: true, reverse_name: "Back" },
	{ auto_fill: true },
	{ number_pattern: "N-{000}" },
	{ default: "a text" },
	{ default: 1 },
	{ default: true },
	{ default: "red" },
	{ shows_time: true },
	{ shows_time: false },
];

/** Each with what the type needs; the first that the vendor refuses bare says that it has no such type. */
function settingsOf(type: FieldType): readonly object[] {
	const needed = NEEDED[type] ?? {};
	return TRIED.map((one) => ({ ...needed, ...one }));
}

eachPeer(
	"a described field is made again as it was",
	async (peer) => {
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
			// A base that is full would say so of every field.
			expect(made.text).not.toContain("limit_reached");
			return made.isError
				? { said: made.text }
				: { table: made.structured.table as string, name };
		};
		const remove = async ({
			table,
			name,
		}: Awaited<ReturnType<typeof make>>) => {
			if (world.adapter.deleteTable !== undefined)
				await client.ok("delete_table", { table, confirm: name });
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
			for (const settings of settingsOf(type)) {
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
					table: again.table,
					name: `${type} ${count}`,
					type: it.type,
					settings: free(it),
				});
				await remove(again);
				await remove(first);
			}
		expect(new Set(made).size).toBeGreaterThan(12);
		expect(made.length).toBeGreaterThan(30);
		expect(made).toContain("link");
	},
	120_000,
);

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
