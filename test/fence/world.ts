import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Capabilities } from "../../src/core/contract/methods.js";
import type { VendorName } from "../../src/vendors/index.js";
import { type VirtualClock, virtualClock } from "../clock.js";
import { FakeDispatcher } from "../fakes/dispatcher.js";
import type { FakeExchange, FakeRequest, FaultPlan } from "../fakes/fake.js";
import { temporaryFolder } from "../folder.js";
import { HARNESSES, VENDOR_NAMES, vendorOf } from "../harness/vendors.js";
import { type Answer, connected, type TestClient } from "../server/client.js";
import type { Cells, Site, SiteOfVendor, Snapshot } from "./site.js";

/*
 * A company's account in which every name, cell and option carries a mark of its own, so that whatever comes out of
 * the fence tells what it is:
 *
 *   Work     Staff      Name, Pay, Grade (a select), Team, Keys (a link to Vault), Site (a two-way link to Projects),
 *                       Bonus (a formula over Pay), a view that filters and sorts by Pay, a form
 *                       File (an attachment)
 *            Projects   Title, Budget, Crew (the other side of Site), Costs (a lookup of Pay through Crew)
 *            Vault      Code, Hint, a view
 *            Notes      Line, Word
 *   Reserve  Deep       Item
 */

export interface Marked {
	readonly id: string;
	readonly name: string;
	/** A word that stands in its name and, for a field, in its cells and options. */
	readonly mark: string;
}

export interface MarkedTable extends Marked {
	readonly base: Marked;
	readonly fields: Readonly<Record<string, Marked>>;
	readonly records: readonly string[];
	readonly view?: Marked & { readonly field: string };
	readonly reference: string;
}

export interface Policy {
	readonly bases?: readonly string[];
	readonly tables?: readonly string[];
	readonly hidden_fields?: readonly string[];
	readonly read_only?: boolean;
}

/** What a policy closes. */
export interface Closed {
	readonly bases: readonly Marked[];
	readonly tables: readonly MarkedTable[];
	readonly fields: readonly Marked[];
}

export type FencedVendor = SiteOfVendor & { readonly id: VendorName };

export const SITES: readonly FencedVendor[] = VENDOR_NAMES.map((id) => ({
	id,
	...HARNESSES[id].fence,
}));

export interface FenceWorld {
	readonly vendor: FencedVendor;
	readonly site: Site;
	readonly clock: VirtualClock;
	readonly folder: string;
	readonly bases: { readonly work: Marked; readonly reserve: Marked };
	readonly tables: Readonly<Record<TableName, MarkedTable>>;
	/** Another process on the same data folder; without a policy it is that of a person who has no fence. */
	connect(
		policy?: Policy,
		/** Ids of those that the connection is given; default: both. */
		bases?: readonly string[],
	): Promise<FencedClient>;
	/** Decides about the requests from now on. */
	faulty(plan: FaultPlan | undefined): void;
	/** Requests from now on, until `sent` is asked. */
	listen(): void;
	/** Requests since `listen`. */
	sent(): readonly FakeExchange[];
	/** Those of them that change something. */
	writes(): readonly string[];
	/** So long that nothing that was read counts as fresh. */
	later(): void;
	/** Every table of every base. */
	snapshots(): Promise<Readonly<Record<string, Snapshot>>>;
}

export interface FencedClient extends TestClient {
	/** Lines for stderr. */
	readonly lines: readonly string[];
}

export type TableName = "staff" | "projects" | "vault" | "notes" | "deep";

/** `qz` and two letters, which no other text has. */
const marked = (name: string, mark: string) => `${name} qz${mark}`;

const FIELDS = {
	staff: ["Name", "Pay", "Grade", "Team", "Keys", "Site", "Bonus", "File"],
	projects: ["Title", "Budget", "Crew", "Costs"],
	vault: ["Code", "Hint"],
	notes: ["Line", "Word"],
	deep: ["Item"],
} as const satisfies Record<TableName, readonly string[]>;

const LETTERS = {
	staff: "s",
	projects: "p",
	vault: "v",
	notes: "n",
	deep: "d",
} as const satisfies Record<TableName, string>;

/** The mark of a field, table (`""`) or base. */
const markOf = (table: TableName, field: string) =>
	`qz${LETTERS[table]}${field === "" ? "t" : "abcdefghijk"[(FIELDS[table] as readonly string[]).indexOf(field)]}x`;

const nameOf = (table: TableName, field: string) =>
	`${field} ${markOf(table, field)}`;

export async function openWorld(vendor: FencedVendor): Promise<FenceWorld> {
	const clock = virtualClock();
	let plan: FaultPlan | undefined;
	const site = vendor.open({
		clock,
		fault: (request) => plan?.(request),
		atEnd: (close) => onTestFinished(close),
	});
	const folder = temporaryFolder();
	const base = async (name: string, mark: string): Promise<Marked> => ({
		id: await site.addBase(marked(name, mark)),
		name: marked(name, mark),
		mark: `qz${mark}`,
	});
	const bases = {
		work: await base("Work", "wbx"),
		reserve: await base("Reserve", "rbx"),
	};
	const tables = await fill(vendor, site, bases);
	let from = 0;
	const { fake } = site;
	const connect: FenceWorld["connect"] = async (
		policy,
		listed = [bases.work.id, bases.reserve.id],
	) => {
		const lines: string[] = [];
		const client = await connected({
			folder,
			clock,
			log: (level, line) => void lines.push(`${level}: ${line}`),
			environment: { TABLES_MCP_TOOLSETS: "all" },
			config: {
				connections: {
					[vendor.id]: {
						vendor: vendor.id,
						...site.config(listed),
						...(policy === undefined ? {} : { policy }),
					},
				},
			},
			...(fake === undefined
				? {}
				: {
						dispatcher: new FakeDispatcher(
							Object.fromEntries(site.origins.map((origin) => [origin, fake])),
							clock,
						),
					}),
		});
		return { ...client, lines };
	};
	const sent = () => (fake?.log ?? []).slice(from);
	return {
		vendor,
		site,
		clock,
		folder,
		bases,
		tables,
		connect,
		faulty(given) {
			plan = given;
		},
		listen() {
			from = fake?.log.length ?? 0;
		},
		sent,
		writes: () =>
			sent()
				.map(({ request }) => request)
				.filter((request) => request.method !== "GET" && !site.reads?.(request))
				.map(({ method, path, body }) => `${method} ${path} ${body}`),
		later: () => clock.advance(660_000),
		async snapshots() {
			const all: [string, Snapshot][] = [];
			for (const { id } of Object.values(bases))
				for (const table of await site.tables(id))
					all.push([`${id}/${table}`, lasting(await site.snapshot(id, table))]);
			return Object.fromEntries(all);
		},
	};
}

/** Without the addresses of files, which differ at each reading. */
function lasting(snapshot: Snapshot): Snapshot {
	return JSON.parse(
		JSON.stringify(snapshot, (key, value) =>
			/url/i.test(key) ? undefined : value,
		),
	);
}

async function fill(
	vendor: FencedVendor,
	site: Site,
	{ work, reserve }: FenceWorld["bases"],
): Promise<FenceWorld["tables"]> {
	const ids = {} as Record<TableName, string>;
	const fields: Record<TableName, Record<string, Marked>> = {
		staff: {},
		projects: {},
		vault: {},
		notes: {},
		deep: {},
	};
	const put = async (
		table: TableName,
		name: string,
		kind: Parameters<Site["addField"]>[3],
	) => {
		const at = table === "deep" ? reserve.id : work.id;
		const id = await site.addField(at, ids[table], nameOf(table, name), kind);
		if (id !== undefined) note(table, name, id);
		return id;
	};
	const note = (table: TableName, name: string, id: string) => {
		fields[table][name] = {
			id,
			name: nameOf(table, name),
			mark: markOf(table, name),
		};
	};
	const learn = async (table: TableName, base: Marked) => {
		const { fields: known } = await site.snapshot(base.id, ids[table]);
		for (const [id, name] of Object.entries(known))
			for (const each of FIELDS[table])
				if (name === nameOf(table, each)) note(table, each, id);
	};
	const make = async (table: TableName, base: Marked, name: string) => {
		ids[table] = await site.addTable(
			base.id,
			`${name} ${markOf(table, "")}`,
			nameOf(table, FIELDS[table][0]),
		);
	};
	await make("vault", work, "Vault");
	await make("projects", work, "Projects");
	await make("staff", work, "Staff");
	await make("notes", work, "Notes");
	await make("deep", reserve, "Deep");
	await put("vault", "Hint", "text");
	await put("projects", "Budget", "text");
	await put("notes", "Word", "text");
	const pay = await put("staff", "Pay", "text");
	await put("staff", "Grade", {
		options: ["low", "high"].map(
			(name) => `${name} ${markOf("staff", "Grade")}`,
		),
	});
	await put("staff", "Team", "text");
	await put("staff", "Keys", { link: ids.vault });
	await put("staff", "Site", {
		link: ids.projects,
		reverse: nameOf("projects", "Crew"),
	});
	await put("staff", "File", "attachment");
	await put("staff", "Bonus", { formulaOf: nameOf("staff", "Pay") });
	await learn("projects", work);
	const crew = fields.projects.Crew?.id;
	if (pay !== undefined && crew !== undefined)
		await put("projects", "Costs", { lookup: { link: crew, field: pay } });
	for (const table of ["staff", "vault", "notes"] as const)
		await learn(table, work);
	await learn("deep", reserve);

	const add = async (
		table: TableName,
		names: readonly string[],
		more: (row: number) => Cells = () => ({}),
	): Promise<readonly string[]> =>
		site.addRecords(
			table === "deep" ? reserve.id : work.id,
			ids[table],
			[0, 1].map((row) => ({
				...Object.fromEntries(
					names.map((name) => [
						nameOf(table, name),
						`c${row} ${markOf(table, name)}`,
					]),
				),
				...more(row),
			})),
		);
	const vault = await add("vault", ["Code", "Hint"]);
	const projects = await add("projects", ["Title", "Budget"]);
	const records: Readonly<Record<TableName, readonly string[]>> = {
		vault,
		projects,
		notes: await add("notes", ["Line", "Word"]),
		deep: await add("deep", ["Item"]),
		staff: await add("staff", ["Name", "Pay", "Team"], (row) => ({
			[nameOf("staff", "Grade")]:
				`${["low", "high"][row]} ${markOf("staff", "Grade")}`,
			[nameOf("staff", "Keys")]: vault.slice(row, row + 1),
			[nameOf("staff", "Site")]: projects.slice(row, row + 1),
		})),
	};

	for (const [row, record] of records.staff.entries())
		await site.attach(work.id, ids.staff, record, nameOf("staff", "File"), {
			name: `c${row} ${markOf("staff", "File")}.txt`,
			text: `inside c${row} ${markOf("staff", "File")}`,
		});

	const views: Partial<Record<TableName, MarkedTable["view"]>> = {};
	for (const [table, field, name] of [
		["staff", "Pay", "Best"],
		["vault", "Hint", "Secret qzvwx"],
	] as const) {
		const id = await site.addView?.(work.id, ids[table], {
			name,
			field: nameOf(table, field),
			text: `c0 ${markOf(table, field)}`,
		});
		if (id !== undefined) views[table] = { id, name, mark: name, field };
	}
	await site.addForm?.(work.id, ids.staff, "Ask");

	const tableOf = (
		table: TableName,
		base: Marked,
		name: string,
	): MarkedTable => {
		const view = views[table];
		return {
			id: ids[table],
			name: `${name} ${markOf(table, "")}`,
			mark: markOf(table, ""),
			base,
			fields: fields[table],
			records: records[table],
			reference: `${vendor.id}:${base.id}/${ids[table]}`,
			...(view === undefined ? {} : { view }),
		};
	};
	return {
		staff: tableOf("staff", work, "Staff"),
		projects: tableOf("projects", work, "Projects"),
		vault: tableOf("vault", work, "Vault"),
		notes: tableOf("notes", work, "Notes"),
		deep: tableOf("deep", reserve, "Deep"),
	};
}

/** Fields that compute from another, and where they stand. */
export const COMPUTED = [
	{ table: "staff", field: "Bonus", from: "Pay", of: "staff" },
	{ table: "projects", field: "Costs", from: "Pay", of: "staff" },
] as const satisfies readonly {
	table: TableName;
	field: string;
	from: string;
	of: TableName;
}[];

/** What is closed when these are named, with what computes from it. */
export function closing(
	world: FenceWorld,
	given: {
		readonly bases?: readonly Marked[];
		readonly tables?: readonly TableName[];
		/** `Table.Field`. */
		readonly fields?: readonly string[];
	},
): Closed {
	const bases = given.bases ?? [];
	const tables = Object.entries(world.tables)
		.filter(
			([name, { base }]) =>
				given.tables?.includes(name as TableName) || bases.includes(base),
		)
		.map(([, table]) => table);
	const fields = new Set<Marked>();
	const hide = (table: TableName, field: string) => {
		const found = world.tables[table].fields[field];
		if (found !== undefined) fields.add(found);
	};
	for (const each of given.fields ?? []) {
		const [table, field] = each.split(".") as [TableName, string];
		hide(table, field);
	}
	for (const { table, field, from, of } of COMPUTED) {
		const source = world.tables[of].fields[from];
		if (
			(source !== undefined && fields.has(source)) ||
			tables.includes(world.tables[of])
		)
			hide(table, field);
	}
	return { bases, tables, fields: [...fields] };
}

/** Ids and marks that may come out nowhere. */
export function secretsOf({
	bases,
	tables,
	fields,
}: Closed): readonly string[] {
	return [
		...bases.flatMap(({ id, mark }) => [id, mark]),
		...tables.flatMap(({ id, mark, fields: own, view }) => [
			id,
			mark,
			...Object.values(own).flatMap((field) => [field.id, field.mark]),
			...(view === undefined ? [] : [view.id, "qzvwx"]),
		]),
		...fields.flatMap(({ id, mark }) => [id, mark]),
		// The store's own base has an id that is an everyday word.
	].filter((secret) => secret !== "main");
}

/** As the fence compares: width and case do not count. */
const folded = (text: string) => text.normalize("NFKC").toLowerCase();

/** Every text in the arguments, longest first: what was asked may be repeated. */
function textsIn(value: unknown): readonly string[] {
	const found = new Set<string>();
	const walk = (part: unknown) => {
		if (typeof part === "string") found.add(part);
		else if (Array.isArray(part)) part.forEach(walk);
		else if (typeof part === "object" && part !== null)
			for (const [key, each] of Object.entries(part)) {
				found.add(key);
				walk(each);
			}
	};
	walk(value);
	return [...found].sort((one, two) => two.length - one.length);
}

/**
 * The secrets in a text, without what was asked for: a name that was given may be repeated, alone or as a part of the
 * reference, URL or formula, and whoever gives an id knows it.
 */
export function leaksIn(
	text: string,
	secrets: readonly string[],
	asked: unknown = {},
): readonly string[] {
	const given = textsIn(asked);
	const holds = holding(secrets);
	const known = new Set(
		secrets.filter(
			(secret) =>
				!secret.startsWith("qz") && given.some((each) => each.includes(secret)),
		),
	);
	const parts = [
		...given,
		...given.flatMap((each) => decoded(each).split(/[:/{}[\]]/)),
		...given.map((each) => each.replace(/[{}]|\\(.)/g, "$1")),
	]
		.flatMap((part) => [part, part.trim()])
		.filter(holds);
	let rest = folded(text);
	for (const part of parts.sort((one, two) => two.length - one.length))
		for (const way of [
			part,
			JSON.stringify(part).slice(1, -1),
			encodeURIComponent(part),
		])
			rest = rest.replaceAll(folded(way), "");
	return secrets.filter(
		(secret) => !known.has(secret) && rest.includes(folded(secret)),
	);
}

/** Tells whether a text holds one of the secrets; each of them and the text is folded once. */
function holding(secrets: readonly string[]): (text: string) => boolean {
	const sought = secrets.map(folded);
	return (text) => {
		const within = folded(text);
		return sought.some((secret) => within.includes(secret));
	};
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text.replaceAll("+", " "));
	} catch {
		return text;
	}
}

export const wholeOf = ({ text, structured, content }: Answer) =>
	[text, JSON.stringify(structured ?? null), JSON.stringify(content)].join(
		"\n",
	);

/** Everything that exports and downloads have written; of a workbook what is inside. */
export function filesOf({
	files,
}: TestClient): readonly (readonly [string, string])[] {
	return readdirSync(files, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => {
			const bytes = readFileSync(join(entry.parentPath, entry.name));
			return [
				entry.name,
				bytes.subarray(0, 2).toString("latin1") === "PK"
					? unzipped(bytes)
					: bytes.toString("utf8"),
			] as const;
		});
}

/** All members of a zip file, one after another, by its directory. */
function unzipped(bytes: Buffer): string {
	const parts: string[] = [];
	for (
		let at = bytes.indexOf("PK\u0001\u0002", 0, "latin1");
		at >= 0;
		at = bytes.indexOf("PK\u0001\u0002", at + 1, "latin1")
	) {
		const size = bytes.readUInt32LE(at + 20);
		const header = bytes.readUInt32LE(at + 42);
		const start =
			header +
			30 +
			bytes.readUInt16LE(header + 26) +
			bytes.readUInt16LE(header + 28);
		const packed = bytes.subarray(start, start + size);
		parts.push(
			(bytes.readUInt16LE(at + 10) === 0
				? packed
				: inflateRawSync(packed)
			).toString("utf8"),
		);
	}
	return parts.join("\n");
}

/** A request as one text, with nothing encoded. */
function requestText({ method, path, query, body }: FakeRequest): string {
	return `${method} ${decoded(path)}?${decoded(query)} ${body.toString("utf8")}`;
}

/** Requests that name what is closed. */
export function requestsNaming(
	world: FenceWorld,
	secrets: readonly string[],
): readonly string[] {
	return world
		.sent()
		.filter(({ request }) => !world.site.lists?.(request))
		.map(({ request }) => requestText(request))
		.filter(holding(secrets));
}

/** A call after which no secret is out, in the answer or in a request. */
export async function unseen(
	world: FenceWorld,
	client: FencedClient,
	secrets: readonly string[],
	tool: string,
	args: object,
): Promise<Answer> {
	world.listen();
	const answer = await client.call(tool, args);
	const whole = wholeOf(answer);
	expect(
		leaksIn(whole, secrets, args),
		`${tool} ${JSON.stringify(args)} answered ${answer.text}`,
	).toEqual([]);
	expect(
		requestsNaming(world, secrets),
		`${tool} ${JSON.stringify(args)}`,
	).toEqual([]);
	return answer;
}

/** Can the vendor do this at all? */
export function can(
	client: TestClient,
	vendor: FencedVendor,
	method: string,
): boolean {
	const connection = client.session.connections.get(vendor.id);
	const known: Readonly<Record<string, unknown>> = {
		...connection?.capabilities,
	};
	return known[method] === true;
}

/** The same of a vendor without a connection to it. */
export const offers = (
	{ id }: FencedVendor,
	method: keyof Capabilities,
): boolean => vendorOf(id).capabilities[method] === true;

/** Every vendor, with a world of its own. */
export function eachSite(
	title: string,
	run: (world: FenceWorld) => Promise<void>,
	wanted: (vendor: FencedVendor) => boolean = () => true,
): void {
	describe(title, () => {
		for (const vendor of SITES)
			if (wanted(vendor))
				test(vendor.id, async () => run(await openWorld(vendor)));
	});
}

export const overNetwork = ({ id }: FencedVendor) =>
	HARNESSES[id].network !== "none";
