import { seededRandom } from "../conformance/session.js";
import {
	type Closed,
	COMPUTED,
	closing,
	type FenceWorld,
	type Marked,
	type MarkedTable,
	type Policy,
	type TableName,
} from "./world.js";

/*
 * An agent that calls every tool with every kind of reference, to what is open and to what is closed, and people
 * who rename things while it does.
 */

export interface Chance {
	/** 0 ≤ n < 1. */
	random(): number;
	of<T>(list: readonly T[]): T;
	/** Does it happen, so many times in a hundred? */
	in100(times: number): boolean;
	some<T>(list: readonly T[], times: number): T[];
}

export function chance(seed: number): Chance {
	const random = seededRandom(seed);
	const in100 = (times: number) => random() * 100 < times;
	return {
		random,
		of: (list) => {
			if (list.length === 0) throw new Error("nothing to choose from");
			return list[Math.floor(random() * list.length)] as (typeof list)[number];
		},
		in100,
		some: (list, times) => list.filter(() => in100(times)),
	};
}

const wide = (text: string) =>
	text.replace(/[a-z]/gi, (letter) =>
		String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
	);

const spelled = (name: string, { of }: Chance) =>
	of([name, name, name.toUpperCase(), wide(name), ` ${name} `]);

/** Fields that rules are made of; the primary field seldom. */
const HIDEABLE = [
	"staff.Pay",
	"staff.Grade",
	"staff.Site",
	"staff.File",
	"projects.Budget",
	"vault.Hint",
	"notes.Word",
] as const;

/** A mixture of rules by id, name and place, and what it closes. */
export function randomPolicy(
	world: FenceWorld,
	dice: Chance,
): { readonly policy: Policy; readonly closed: Closed } {
	const { of, in100, some } = dice;
	const names = Object.keys(world.tables) as TableName[];
	const { work, reserve } = world.bases;
	const open = in100(60)
		? undefined
		: names.filter(
				(name) => name === "staff" || (name !== "vault" && in100(60)),
			);
	const bases = in100(50) ? undefined : [work];
	let hidden: string[] = some(HIDEABLE, 40);
	if (in100(10)) hidden.push("staff.Name");
	if (open === undefined && bases === undefined && hidden.length === 0)
		hidden = ["staff.Pay"];
	const tableRule = (name: TableName) => {
		const table = world.tables[name];
		const own = of([table.id, table.name, spelled(table.name, dice)]);
		return in100(40)
			? `${of([table.base.id, table.base.name, spelled(table.base.name, dice)])}/${own}`
			: own;
	};
	const fieldRule = (each: string) => {
		const [name, field] = each.split(".") as [TableName, string];
		const table = world.tables[name];
		const found = table.fields[field];
		if (found === undefined) return [];
		const own = of([found.id, found.name, spelled(found.name, dice)]);
		return [
			in100(60)
				? `${of([table.id, table.name, spelled(table.name, dice)])}/${own}`
				: own,
		];
	};
	return {
		policy: {
			...(bases === undefined
				? {}
				: { bases: [of([work.id, work.name, spelled(work.name, dice)])] }),
			...(open === undefined ? {} : { tables: open.map(tableRule) }),
			...(hidden.length === 0
				? {}
				: { hidden_fields: hidden.flatMap(fieldRule) }),
		},
		closed: closing(world, {
			bases: bases === undefined ? [] : [reserve],
			tables:
				open === undefined ? [] : names.filter((name) => !open.includes(name)),
			fields: hidden,
		}),
	};
}

/** What there is while the agent works, and what it has made. */
export interface State {
	readonly world: FenceWorld;
	readonly policy: Policy;
	readonly closed: Closed;
	/** Names by id, as people have changed them. */
	readonly names: Map<string, string>;
	/** Every name that anything ever had. */
	readonly known: Map<string, string[]>;
	/** Records that the agent has made, by table id. */
	readonly made: Map<string, string[]>;
	/** Fields that the agent has made, by table id. */
	readonly fields: Map<string, string[]>;
	readonly views: Map<string, string[]>;
	readonly changes: string[];
	/** Tools that the server lists. */
	readonly listed: ReadonlySet<string>;
	count: number;
}

export interface Call {
	readonly tool: string;
	readonly args: Readonly<Record<string, unknown>>;
	/** The table that was meant. */
	readonly table?: MarkedTable;
}

const tablesOf = ({ world }: State) => Object.values(world.tables);
const isClosed = ({ closed }: State, thing: Marked) =>
	closed.tables.some(({ id }) => id === thing.id) ||
	closed.fields.some(({ id }) => id === thing.id);

const nameNow = ({ names }: State, thing: Marked) =>
	names.get(thing.id) ?? thing.name;

/** Any way in which a thing may be named. */
function calledBy(state: State, thing: Marked, dice: Chance): string {
	return dice.of([
		nameNow(state, thing),
		nameNow(state, thing),
		thing.id,
		thing.id,
		spelled(nameNow(state, thing), dice),
		dice.of(state.known.get(thing.id) ?? [thing.name]),
	]);
}

function tableRef(state: State, table: MarkedTable, dice: Chance): string {
	const { world } = state;
	const base = dice.of([table.base.id, nameNow(state, table.base)]);
	return dice.of([
		table.reference,
		table.reference,
		calledBy(state, table, dice),
		`${world.vendor.id}:${base}/${calledBy(state, table, dice)}`,
		world.site.url?.(table.base.id, table.id) ?? table.reference,
	]);
}

function someTable(state: State, dice: Chance): MarkedTable {
	const all = tablesOf(state);
	const open = all.filter((table) => !isClosed(state, table));
	const staff = state.world.tables.staff;
	return dice.in100(35)
		? dice.of(all)
		: dice.in100(50) && !isClosed(state, staff)
			? staff
			: dice.of(open.length === 0 ? all : open);
}

function someField(state: State, table: MarkedTable, dice: Chance): string {
	const own = Object.values(table.fields);
	const open = own.filter((field) => !isClosed(state, field));
	if (dice.in100(5))
		return dice.of(["Nothing", "id", "$created_at", "$url", "*"]);
	const other = dice.in100(10)
		? Object.values(dice.of(tablesOf(state)).fields)
		: own;
	return calledBy(
		state,
		dice.of(dice.in100(20) || open.length === 0 ? other : open),
		dice,
	);
}

function fileField(state: State, table: MarkedTable, dice: Chance): string {
	const { File } = table.fields;
	return File === undefined || dice.in100(20)
		? someField(state, table, dice)
		: calledBy(state, File, dice);
}

/**
 * A name for something new: free, or one that a rule uses or something hidden bears. What stands in a closed table,
 * in a closed base, in another table under a rule that goes by ids, or had the name once, nobody need know of.
 */
function someName(
	state: State,
	dice: Chance,
	place?: MarkedTable | "base" | "field",
): string {
	if (dice.in100(60)) return `New ${++state.count}`;
	const { closed, world, names, policy } = state;
	const rules = JSON.stringify(policy).normalize("NFKC").toLowerCase();
	const computed = new Set(
		COMPUTED.map(({ table, field }) => world.tables[table].fields[field]?.id),
	);
	const taken = [...closed.fields, ...closed.tables].filter(
		(thing) =>
			!names.has(thing.id) &&
			!computed.has(thing.id) &&
			tablesOf(state).some(
				(table) =>
					(table === thing &&
						table.base === world.bases.work &&
						(place === undefined ||
							rules.includes(thing.name.toLowerCase()))) ||
					(!isClosed(state, table) &&
						Object.values(table.fields).includes(thing) &&
						(table === place || rules.includes(thing.name.toLowerCase()))),
			),
	);
	return taken.length === 0
		? `New ${++state.count}`
		: spelled(dice.of(taken).name, dice);
}

const text = (state: State) => `value ${++state.count}`;

function filterOf(state: State, table: MarkedTable, dice: Chance): object {
	const condition = () => {
		const field = someField(state, table, dice);
		return dice.of([
			{ field, op: "is_not_empty" },
			{ field, op: "contains", value: dice.of(["c0", "qz", "x"]) },
			{ field, op: "is", other_field: someField(state, table, dice) },
			{ field: "*", op: "search", value: dice.of(["c0", "qz"]) },
		]);
	};
	return {
		match: dice.of(["all", "any"]),
		conditions: dice.some([1, 2], 70).map(condition),
		...(dice.in100(20)
			? { groups: [{ match: "any", conditions: [condition()] }] }
			: {}),
	};
}

function formulaOf(state: State, table: MarkedTable, dice: Chance): string {
	const { formulas } = state.world.vendor;
	const target = dice.in100(70) ? table : dice.of(tablesOf(state));
	const own = Object.values(target.fields);
	const open = own.filter((field) => !isClosed(state, field));
	const field = dice.of(dice.in100(50) && open.length > 0 ? open : own);
	const reference = dice.of(
		formulas?.references({
			table: target.id,
			field: field.id,
			names: { table: nameNow(state, target), field: nameNow(state, field) },
		}) ?? [`{${nameNow(state, field)}}`],
	);
	return dice.of([
		reference,
		`1+${reference}`,
		`"x"&${reference}`,
		`"${reference}"`,
		reference.slice(0, -1),
		reference.toUpperCase(),
	]);
}

function viewOf(state: State, table: MarkedTable, dice: Chance): string {
	const views = [
		...(state.views.get(table.id) ?? []),
		...(table.view === undefined ? [] : [table.view.name, table.view.id]),
		"Ask",
	];
	const other = state.world.tables.vault.view;
	return dice.of(dice.in100(10) && other !== undefined ? [other.id] : views);
}

function recordsOf(state: State, table: MarkedTable, dice: Chance): string[] {
	const from = dice.in100(15) ? dice.of(tablesOf(state)) : table;
	return dice.some([...from.records, ...(state.made.get(from.id) ?? [])], 60);
}

/** Only records of its own, and those of closed tables: what stands in hidden cells must not go with its record. */
function disposable(state: State, table: MarkedTable): string[] {
	return isClosed(state, table)
		? [...table.records]
		: (state.made.get(table.id) ?? []);
}

function cellsOf(state: State, table: MarkedTable, dice: Chance): object {
	const entries = dice.some([1, 2], 80).map(() => {
		const field = someField(state, table, dice);
		return [field, text(state)] as const;
	});
	const primary = Object.values(table.fields).find(({ name }) =>
		/^(Name|Title|Code|Line|Item) /.test(name),
	);
	return Object.fromEntries([
		...(primary === undefined
			? []
			: [[nameNow(state, primary), text(state)] as const]),
		...(dice.in100(50) ? entries : []),
	]);
}

type Make = (
	state: State,
	table: MarkedTable,
	dice: Chance,
) => Readonly<Record<string, unknown>>;

/** Arguments beside `table`; a tool that stands twice is called twice as often. */
const ON_TABLE: readonly (readonly [string, Make])[] = [
	[
		"describe_fields",
		(state, table, dice) => ({
			...(dice.in100(30) ? { fields: [someField(state, table, dice)] } : {}),
			...(dice.in100(30) ? { view: viewOf(state, table, dice) } : {}),
			...(dice.in100(30) ? { json_schema: true } : {}),
		}),
	],
	["query_records", () => ({})],
	[
		"query_records",
		(state, table, dice) => ({
			detail: dice.of(["compact", "full", "raw"]),
			...(dice.in100(30) ? { limit: dice.of([0, 1, 50]) } : {}),
			...(dice.in100(20) ? { record_ids: recordsOf(state, table, dice) } : {}),
			...(dice.in100(40)
				? {
						fields: dice
							.some([1, 2], 80)
							.map(() => someField(state, table, dice)),
					}
				: {}),
		}),
	],
	[
		"query_records",
		(state, table, dice) => ({
			...(dice.in100(50) ? { filter: filterOf(state, table, dice) } : {}),
			...(dice.in100(50)
				? { sort: [{ field: someField(state, table, dice) }] }
				: {}),
			...(dice.in100(20) ? { view: viewOf(state, table, dice) } : {}),
		}),
	],
	[
		"query_records",
		(state, table, dice) => ({
			group_by: [{ field: someField(state, table, dice) }],
			...(dice.in100(60)
				? {
						aggregate: [
							{
								function: dice.of(["count", "min", "max", "distinct"]),
								field: someField(state, table, dice),
							},
						],
					}
				: {}),
		}),
	],
	[
		"create_records",
		(state, table, dice) => ({
			...(dice.in100(15) && state.changes.length > 0
				? { resume: dice.of(state.changes) }
				: { records: [{ fields: cellsOf(state, table, dice) }] }),
			...(dice.in100(20) ? { dry_run: true } : {}),
		}),
	],
	[
		"update_records",
		(state, table, dice) =>
			dice.of([
				() => ({
					records: recordsOf(state, table, dice).map((id) => ({
						id,
						fields: cellsOf(state, table, dice),
					})),
				}),
				() => ({
					match_on: [someField(state, table, dice)],
					records: [{ fields: cellsOf(state, table, dice) }],
					...(dice.in100(50) ? { upsert: true } : {}),
				}),
				() => ({
					filter: filterOf(state, table, dice),
					set: cellsOf(state, table, dice),
				}),
				() => ({
					resume: dice.of(state.changes.length > 0 ? state.changes : ["none"]),
				}),
			])(),
	],
	[
		"delete_records",
		(state, table, dice) =>
			dice.in100(50)
				? { record_ids: dice.some(disposable(state, table), 50) }
				: { filter: filterOf(state, table, dice), dry_run: true },
	],
	[
		"create_view",
		(state, table, dice) => ({
			name: `View ${++state.count}`,
			...(dice.in100(30) ? { filter: filterOf(state, table, dice) } : {}),
			...(dice.in100(30)
				? { sort: [{ field: someField(state, table, dice) }] }
				: {}),
			...(dice.in100(30)
				? { hidden_fields: [someField(state, table, dice)] }
				: {}),
			...(dice.in100(10) ? { tree_by: someField(state, table, dice) } : {}),
		}),
	],
	[
		"update_view",
		(state, table, dice) => {
			const view = viewOf(state, table, dice);
			return {
				view,
				confirm: view,
				...(dice.in100(50) ? { name: `View ${++state.count}` } : {}),
				...(dice.in100(50)
					? { visible_fields: [someField(state, table, dice)] }
					: { filter: {} }),
			};
		},
	],
	[
		"delete_view",
		(state, table, dice) => {
			const view = viewOf(state, table, dice);
			return { view, confirm: view };
		},
	],
	["update_table", (state, _table, dice) => ({ name: someName(state, dice) })],
	[
		"create_field",
		(state, table, dice) => ({
			name: someName(state, dice, table),
			type: "text",
		}),
	],
	[
		"create_field",
		(state, table, dice) => ({
			name: someName(state, dice, table),
			type: "formula",
			settings: { formula: formulaOf(state, table, dice) },
		}),
	],
	[
		"create_field",
		(state, table, dice) => ({
			name: someName(state, dice, table),
			type: "link",
			settings: {
				link_table: tableRef(state, someTable(state, dice), dice),
				...(dice.in100(40)
					? { two_way: true, reverse_name: someName(state, dice, "field") }
					: {}),
			},
		}),
	],
	[
		"update_field",
		(state, table, dice) => ({
			field: someField(state, table, dice),
			...dice.of([
				{ name: someName(state, dice, table) },
				{ settings: { description: text(state) } },
				{
					type: "formula",
					settings: { formula: formulaOf(state, table, dice) },
				},
			]),
		}),
	],
	[
		"delete_field",
		(state, table, dice) => {
			// What is open stays, so that there is something to call.
			const closed = Object.values(table.fields).filter((field) =>
				isClosed(state, field),
			);
			const own = state.fields.get(table.id) ?? [];
			const field =
				closed.length > 0 && dice.in100(60)
					? calledBy(state, dice.of(closed), dice)
					: own.length > 0
						? dice.of(own)
						: "Nothing";
			return { field, confirm: field };
		},
	],
	[
		"import_records",
		(state, table, dice) => ({
			file: "in.csv",
			...(dice.in100(50)
				? {
						mapping: [
							{ column: "Column", field: someField(state, table, dice) },
						],
					}
				: {}),
			...(dice.in100(30) ? { match_on: [someField(state, table, dice)] } : {}),
			...(dice.in100(50) ? { dry_run: true } : {}),
		}),
	],
	[
		"export_records",
		(state, table, dice) => ({
			file: `out-${++state.count}.${dice.of(["csv", "ndjson", "xlsx"])}`,
			...(dice.in100(30) ? { fields: [someField(state, table, dice)] } : {}),
			...(dice.in100(20) ? { filter: filterOf(state, table, dice) } : {}),
			...(dice.in100(20) ? { view: viewOf(state, table, dice) } : {}),
		}),
	],
	[
		"download_attachment",
		(state, table, dice) => ({
			field: fileField(state, table, dice),
			record_ids: recordsOf(state, table, dice),
			as: dice.of(["file", "link", "content"]),
		}),
	],
	[
		"upload_attachment",
		(state, table, dice) => ({
			field: fileField(state, table, dice),
			files: [{ file: "in.csv" }],
		}),
	],
	["list_changes", () => ({})],
	[
		"describe_form",
		(state, table, dice) => ({ form: viewOf(state, table, dice) }),
	],
	[
		"update_form",
		(state, table, dice) => ({
			form: viewOf(state, table, dice),
			questions: [{ field: someField(state, table, dice), title: "Asked" }],
		}),
	],
];

/** How many of them come first that only read. */
const READING = ON_TABLE.findIndex(([tool]) => tool === "create_records");

/** Where nothing that the agent does is lost for the rest of the run. */
const ON_CLOSED_TABLE: readonly (readonly [string, Make])[] = [
	["delete_table", (state, table) => ({ confirm: nameNow(state, table) })],
];

type MakeAnywhere = (
	state: State,
	dice: Chance,
) => Readonly<Record<string, unknown>>;

function baseRef(state: State, dice: Chance): string {
	const { world } = state;
	const { work, reserve } = world.bases;
	const base = dice.of([work, work, reserve]);
	return dice.of([
		base.id,
		calledBy(state, base, dice),
		`${world.vendor.id}:${base.id}`,
		world.site.url?.(base.id) ?? base.id,
		world.site.url?.(base.id, dice.of(tablesOf(state)).id) ?? base.id,
	]);
}

const newTable: MakeAnywhere = (state, dice) => ({
	name: someName(state, dice),
	fields: [
		{ name: "Title", type: "text" },
		{ name: someName(state, dice, "field"), type: "text" },
	],
});

/** One table or two, all of it, some column, or whether there are rows. */
function statementOn(
	state: State,
	dice: Chance,
): Readonly<Record<string, unknown>> {
	const [one, two] = [someTable(state, dice), someTable(state, dice)];
	const named = (table: MarkedTable) =>
		`"${someField(state, table, dice).replaceAll('"', '""')}"`;
	const sql = dice.of([
		"select * from one",
		"select count(*) from one",
		`select ${named(one)}, _id from one`,
		`select ${named(one)} from one where exists (select ${named(two)} from two)`,
		"select a.*, b.* from one a, two b limit 20",
		"select * from one natural join two",
		"select * from sqlite_master",
	]);
	return {
		sql,
		tables: [
			{
				as: "one",
				table: tableRef(state, one, dice),
				...(dice.in100(30) ? { filter: filterOf(state, one, dice) } : {}),
			},
			{ as: "two", table: tableRef(state, two, dice) },
		],
	};
}

const ANYWHERE: readonly (readonly [string, MakeAnywhere])[] = [
	["list_tables", () => ({})],
	[
		"list_tables",
		(state, dice) => ({
			...(dice.in100(40)
				? { search: dice.of(["a", "qz", "vault", "deep", "st"]) }
				: {}),
			...(dice.in100(40) ? { base: baseRef(state, dice) } : {}),
			...(dice.in100(30) ? { kinds: ["table", "form", "dashboard"] } : {}),
		}),
	],
	["query_sql", statementOn],
	["query_sql", statementOn],
	["list_changes", () => ({})],
	[
		"undo_change",
		(state, dice) => ({
			change_id: state.changes.length > 0 ? dice.of(state.changes) : "none",
			...(dice.in100(40) ? { dry_run: true } : {}),
		}),
	],
	[
		"create_table",
		(state, dice) => ({
			...newTable(state, dice),
			...(dice.in100(70) ? { base: baseRef(state, dice) } : {}),
		}),
	],
	[
		"import_records",
		(state, dice) => ({
			file: "in.csv",
			new_table: someName(state, dice),
			...(dice.in100(70) ? { base: baseRef(state, dice) } : {}),
		}),
	],
	[
		"create_base",
		(state, dice) => ({
			connection: state.world.vendor.id,
			name: someName(state, dice, "base"),
			...(dice.in100(50) ? { tables: [newTable(state, dice)] } : {}),
		}),
	],
	[
		"update_base",
		(state, dice) => ({
			base: baseRef(state, dice),
			name: someName(state, dice, "base"),
		}),
	],
	[
		"copy_base",
		(state, dice) => ({
			base: baseRef(state, dice),
			name: someName(state, dice, "base"),
		}),
	],
	[
		"share_base",
		(state, dice) => ({
			base: baseRef(state, dice),
			members: ["a@example.com"],
			access: "read",
		}),
	],
	["list_dashboards", (state, dice) => ({ base: baseRef(state, dice) })],
	["list_roles", (state, dice) => ({ base: baseRef(state, dice) })],
	[
		"create_role",
		(state, dice) => ({
			base: baseRef(state, dice),
			name: `Role ${++state.count}`,
			tables: [
				{
					table: tableRef(state, someTable(state, dice), dice),
					access: "read",
				},
			],
		}),
	],
	[
		"list_role_members",
		(state, dice) => ({ base: baseRef(state, dice), role: "Role" }),
	],
	["list_automations", (state, dice) => ({ base: baseRef(state, dice) })],
	["list_contacts", (state) => ({ connection: state.world.vendor.id })],
];

/** The tools that it calls. */
export const CALLED: ReadonlySet<string> = new Set(
	[...ON_TABLE, ...ON_CLOSED_TABLE, ...ANYWHERE].map(([tool]) => tool),
);

export function nextCall(state: State, dice: Chance): Call {
	// What a vendor cannot do at all is tried now and then.
	const able = <T extends readonly [string, unknown]>(all: readonly T[]) =>
		dice.in100(10) ? all : all.filter(([tool]) => state.listed.has(tool));
	if (dice.in100(20)) {
		const [tool, make] = dice.of(able(ANYWHERE));
		return { tool, args: make(state, dice) };
	}
	const table = someTable(state, dice);
	const [tool, make] =
		isClosed(state, table) && dice.in100(5)
			? dice.of(ON_CLOSED_TABLE)
			: dice.of(able(dice.in100(40) ? ON_TABLE.slice(0, READING) : ON_TABLE));
	return {
		tool,
		args: { table: tableRef(state, table, dice), ...make(state, table, dice) },
		table,
	};
}

/** A person renames something in the app; answers what they did. */
export async function nextRename(state: State, dice: Chance): Promise<string> {
	const { world } = state;
	const { site } = world;
	const note = (thing: Marked, name: string) => {
		state.names.set(thing.id, name);
		state.known.set(thing.id, [
			...(state.known.get(thing.id) ?? [thing.name]),
			name,
		]);
		return `a person renamed ${thing.name} [${thing.id}] to ${name}`;
	};
	// The mark goes, another comes: what is hidden is so by any name.
	const isSecret = (thing: Marked) => isClosed(state, thing);
	const fresh = (thing: Marked) =>
		`${isSecret(thing) ? "Kept qzren" : "Moved"} ${++state.count}`;
	if (dice.in100(10) && state.closed.bases.length > 0) {
		const base = dice.of(state.closed.bases);
		const name = `Kept qzren ${++state.count}`;
		await site.renameBase(base.id, name);
		return note(base, name);
	}
	const table = dice.of(tablesOf(state));
	const there = await site.tables(table.base.id);
	if (!there.includes(table.id)) return `${table.name} is gone`;
	if (dice.in100(40)) {
		const name = fresh(table);
		await site.renameTable(table.base.id, table.id, name);
		return note(table, name);
	}
	const field = dice.of(Object.values(table.fields));
	const { fields } = await site.snapshot(table.base.id, table.id);
	if (fields[field.id] === undefined) return `${field.name} is gone`;
	const name =
		isSecret(field) || isSecret(table)
			? `Kept qzren ${++state.count}`
			: `Moved ${++state.count}`;
	await site.renameField(table.base.id, table.id, field.id, name);
	return note(field, name);
}
