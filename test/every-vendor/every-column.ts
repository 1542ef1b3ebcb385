import { sampleColumns } from "../conformance/columns.js";
import { created, openWorld, type Peer } from "./world.js";

/** Made by nobody here: who is in a group or a department is for each vendor's own tests. */
const LEFT_OUT: ReadonlySet<string> = new Set(["group", "department"]);

/** Values that every vendor stores as they are given. */
const TAKEN_BY_ALL: Readonly<Record<string, Partial<Column>>> = {
	user: { given: [["Ann"]] },
	phone: { given: ["13800138000", "+861012345678"] },
	// An amount is written into a field of its own currency only, and the vendors' usual ones differ.
	currency: { settings: { currency: "USD" } },
	// Feishu and Lark look the address up by the coordinates.
	location: {
		given: [
			{
				lnglat: "116.397755,39.903179",
				address: "Place at 116.397755,39.903179",
			},
		],
	},
};

/** One of the columns. */
export interface Column {
	readonly name: string;
	readonly type: string;
	readonly settings?: object;
	readonly given: readonly unknown[];
}

/** A column of every type that a test can fill by what it would give, and values for it. */
export const COLUMNS: readonly Column[] = [
	...Object.entries(
		sampleColumns(Date.UTC(2026, 10, 20, 4), "Asia/Shanghai"),
	).flatMap(([name, column]): Column[] =>
		LEFT_OUT.has(name) || name === "text"
			? []
			: [{ name, ...column, ...TAKEN_BY_ALL[name] }],
	),
	{
		name: "linked",
		type: "link",
		settings: { link_table: "Rows" },
		given: [["row 1"], ["row 0", "row 2"], ["row, 3"]],
	},
];

/** Titles of the records that hold those values: one for each at least. */
export const TITLES = [
	"=1+1",
	"'quoted",
	"a, b",
	"0012",
	" spaced ",
	"李雷",
	"plain",
];

/** A vendor's account with Ann, and a table `Rows` whose records links can name. */
export async function account(peer: Peer) {
	const world = await openWorld(peer);
	const ann = world.site.person();
	await created(world, [
		...["row 0", "row 1", "row 2", "row, 3"].map((Title) => ({
			fields: { Title },
		})),
	]);
	const has = new Set<string>();
	const { structured } = await world.client.ok("create_table", {
		connection: peer.id,
		base: world.site.base,
		name: "Tried",
		fields: [{ name: "Title", type: "text" }],
	});
	for (const { name, type, settings } of COLUMNS) {
		const made = await world.client.call("create_field", {
			...{ table: structured.table, name, type },
			...(settings === undefined ? {} : { settings }),
		});
		if (!made.isError) has.add(name);
	}
	return { ...world, has, ann };
}

/** A table with these columns, of which the one of people knows Ann: some vendors find only whom it has held. */
export async function tableIn(
	{ client, peer, site, ann }: Awaited<ReturnType<typeof account>>,
	columns: readonly Column[],
	name = "Things",
): Promise<string> {
	const { structured } = await client.ok("create_table", {
		connection: peer.id,
		base: site.base,
		name,
		fields: [
			{ name: "Title", type: "text" },
			...columns.map(({ name, type, settings = {} }) => ({
				name,
				type,
				settings,
			})),
		],
	});
	const { table } = structured;
	if (columns.some(({ type }) => type === "user")) {
		const [id] = await created({ client, table }, [
			{ fields: { Title: "first", user: [ann] } },
		]);
		await client.ok("delete_records", { table, record_ids: [id] });
	}
	return table;
}
