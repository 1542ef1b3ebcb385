import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import {
	METHOD_FACTS,
	type MethodFacts,
	type MethodName,
} from "../contract/methods.js";
import { isFenced, type Policy } from "../contract/policy.js";
import type { NodeKind, Table } from "../contract/table.js";
import { type Fence, openFence, type Sight } from "./fence.js";
import type { FenceServices } from "./fence-services.js";
import { withFencedErrors } from "./fenced-errors.js";
import { missingTable } from "./fenced-listings.js";
import {
	mayDependOnHidden,
	pruneForm,
	pruneTable,
	pruneView,
	saysOfHidden,
} from "./prune.js";
import { ruleFindings } from "./rule-findings.js";
import { nameable } from "./rules.js";
import { schemaFence } from "./schema-fence.js";

type Method = (...args: unknown[]) => unknown;

/**
 * The one gate: an adapter that shows only what the policy allows. Forbidden bases and tables and hidden fields
 * are left out of every answer, so that nothing above can name, filter, sort or export them; asking for one fails
 * as a misspelled name does, and sends nothing.
 */
export function guard(
	bare: Adapter,
	policy: Policy,
	services: Omit<FenceServices, "secrets">,
): Adapter {
	if (!isFenced(policy)) return policy.readOnly ? gated(bare, policy) : bare;
	const secrets = new Set<string>();
	const adapter = withFencedErrors(bare, secrets);
	const fence = openFence(adapter, policy, { ...services, secrets });
	const sights = new WeakMap<Table, Sight>();
	const shows = { fence, sights };
	return gated(
		{
			...adapter,
			...catalog(adapter, shows),
			...contents(adapter, shows),
			...schemaFence(adapter, fence, (table, call) =>
				sightOf(shows, table, call),
			),
			check: async (call) => [
				...(await adapter.check(call)),
				...(await ruleFindings(adapter, fence, call)),
			],
		},
		policy,
		fence,
	);
}

/** Tables that were handed out, with what the vendor said of them. */
interface Shown {
	readonly fence: Fence;
	readonly sights: WeakMap<Table, Sight>;
}

async function sightOf(
	{ fence, sights }: Shown,
	table: Table,
	call: CallContext,
): Promise<Sight> {
	return sights.get(table) ?? fence.read(table.ref, call);
}

/** What each method has to pass before it is called, by the table of methods. */
function gated(adapter: Adapter, policy: Policy, fence?: Fence): Adapter {
	const result: Record<string, unknown> = { ...adapter };
	for (const [name, facts] of METHOD_FACTS) {
		const inner = adapter[name] as Method | undefined;
		if (inner === undefined || facts.does === "compute") continue;
		const refusal = refusalOf(facts, policy);
		result[name] = async (...args: unknown[]) => {
			if (refusal !== undefined) throw refusal();
			if (fence === undefined) return inner(...args);
			await pass(name, facts, fence, args);
			return inner(
				...(facts.on === "account" ? inside(name, fence, args) : args),
			);
		};
	}
	return result as unknown as Adapter;
}

/**
 * Is a method off for the whole connection? For a dry run, which does not call it.
 * @throws TablesError not_allowed by the name of the policy's part.
 */
export function checkPolicy(policy: Policy, name: MethodName): void {
	const facts = METHOD_FACTS.get(name);
	const refusal = facts && refusalOf(facts, policy);
	if (refusal !== undefined) throw refusal();
}

/** Why a method is off for the whole connection. */
function refusalOf(
	facts: MethodFacts,
	policy: Policy,
): (() => TablesError) | undefined {
	if (policy.readOnly && facts.does === "write")
		return () =>
			new TablesError("not_allowed", "this connection is read-only", {
				next: "Nothing was sent. A person can lift `read_only` in the configuration.",
			});
	const rule = OFF.find(([applies]) => applies(facts, policy));
	return rule && (() => off(rule[1], rule[2]));
}

const limitsTables = ({ tables }: Policy) => tables !== undefined;
const limitsFields = ({ hiddenFields }: Policy) => hiddenFields.length > 0;

/** Which part of a policy switches what off: the part, and what cannot be done. */
const OFF: readonly (readonly [
	(facts: MethodFacts, policy: Policy) => boolean,
	string,
	string,
])[] = [
	[
		({ makes }, { bases }) =>
			(makes === "base" || makes === "base copy") && bases !== undefined,
		"bases",
		"no base can be made or copied",
	],
	[
		({ makes }, policy) =>
			(makes === "base" || makes === "base copy" || makes === "table") &&
			limitsTables(policy),
		"tables",
		"no table, and no base with tables, can be made",
	],
	[
		({ makes }, policy) => makes === "base copy" && limitsFields(policy),
		"hidden_fields",
		"no base can be copied",
	],
	[
		({ shows }, policy) => shows !== undefined && limitsTables(policy),
		"tables",
		"dashboards and roles cannot be read or changed",
	],
	[
		({ shows }, policy) => shows !== undefined && limitsFields(policy),
		"hidden_fields",
		"dashboards and roles cannot be read or changed",
	],
];

function off(part: string, what: string): TablesError {
	return new TablesError(
		"not_allowed",
		`the policy of this connection limits \`${part}\`: ${what}`,
		{
			next: "Nothing was sent. A person can change the policy in the configuration.",
		},
	);
}

/** Methods that show the bases there are: what they answer is left out afterwards, by its name. */
const SHOWS_BASES: ReadonlySet<MethodName> = new Set([
	"readBases",
	"findBases",
	"check",
]);

/** The arguments of a call that names no base, which then looks into allowed ones only. */
function inside(
	name: MethodName,
	fence: Fence,
	args: readonly unknown[],
): readonly unknown[] {
	if (SHOWS_BASES.has(name) || fence.policy.bases === undefined) return args;
	const call: CallContext = {
		...(args.at(-1) as CallContext),
		within: ({ id, name: known }) => {
			if (known !== null) fence.sawBases([{ id, name: known }]);
			return fence.baseAllowed(id);
		},
	};
	return [...args.slice(0, -1), call];
}

/** May this base or table be worked on? */
async function pass(
	name: MethodName,
	{ on }: MethodFacts,
	fence: Fence,
	args: readonly unknown[],
): Promise<void> {
	if (on === "base")
		await fence.openBase(args[0] as string, args.at(-1) as CallContext);
	// readTable gets a reference, and looks for itself.
	if (on === "table" && name !== "readTable") {
		const table = args[0] as Table;
		if (!fence.baseAllowed(table.ref.base)) throw missingTable();
		if (!fence.allowsTable(table.ref.base, nameable(table)))
			throw missingTable();
	}
}

/** What lists while rules limit tables or fields: a form or dashboard shows what lies in tables. */
const OPEN_KINDS: ReadonlySet<NodeKind> = new Set(["table", "folder"]);

/** Listings and readings, without what does not exist for the agent. */
function catalog(
	adapter: Adapter,
	{ fence, sights }: Shown,
): Pick<
	Adapter,
	"readBases" | "findBases" | "readNodes" | "readTable" | "resolveUrl"
> {
	const { policy } = fence;
	const limitsTablesOrFields = limitsTables(policy) || limitsFields(policy);
	const { findBases } = adapter;
	return {
		async readBases(cursor, call) {
			const page = await adapter.readBases(cursor, call);
			fence.sawBases(page.items, isWhole(page, cursor));
			const items = page.items.filter(({ id }) => fence.baseAllowed(id));
			return pageWith(page, items);
		},
		...(findBases === undefined
			? {}
			: {
					async findBases(text, call) {
						const found = await findBases(text, call);
						fence.sawBases(found);
						return found.filter(({ id }) => fence.baseAllowed(id));
					},
				}),
		async readNodes(base, query, cursor, call) {
			const { kinds, search } = limitsTablesOrFields
				? {
						...query,
						kinds: query.kinds.filter((kind) => OPEN_KINDS.has(kind)),
					}
				: query;
			if (kinds.length === 0) return { items: [] };
			const page = await adapter.readNodes(
				base,
				{ ...query, kinds },
				cursor,
				call,
			);
			if (kinds.includes("table") && !search && isWhole(page, cursor))
				fence.sawTables(
					base,
					page.items.filter(({ kind }) => kind === "table"),
				);
			const shown = await Promise.all(
				page.items.map(async (node) =>
					!fence.baseAllowed(node.base)
						? false
						: node.kind === "table"
							? fence.tableShown(node, call)
							: true,
				),
			);
			return pageWith(
				page,
				page.items.filter((_, index) => shown[index]),
			);
		},
		async readTable(ref, call) {
			const sight = await fence.read(ref, call);
			const table = limitsTablesOrFields
				? await pruneTable(sight, fence, call)
				: sight.raw;
			sights.set(table, sight);
			return table;
		},
		async resolveUrl(url, call) {
			if (policy.bases !== undefined) await fence.readBaseNames(call);
			const found = await adapter.resolveUrl(url, call);
			if (found === undefined || "unresolvable" in found) return found;
			await fence.openBase(found.base, call);
			if (found.table !== undefined && limitsTablesOrFields)
				await fence.openListed({ base: found.base, table: found.table }, call);
			return found;
		},
	};
}

/** Is there nothing before and nothing behind this page? */
function isWhole(
	page: { readonly next?: string },
	cursor: string | undefined,
): boolean {
	return cursor === undefined && page.next === undefined;
}

function pageWith<Page extends { readonly items: readonly unknown[] }>(
	page: Page,
	items: Page["items"],
): Page {
	if (items.length === page.items.length) return page;
	const { total: _, ...rest } = page as Page & { total?: number };
	return { ...(rest as Page), items };
}

/** What lies in a table: records, views and forms. */
function contents(
	adapter: Adapter,
	shown: Shown,
): Pick<
	Adapter,
	| "codecs"
	| "readPage"
	| "readByIds"
	| "createBatch"
	| "updateBatch"
	| "readView"
	| "readForm"
> {
	const { createBatch, updateBatch, readView, readForm } = adapter;
	const { fence } = shown;
	return {
		codecs: fencedCodecs(adapter),
		// With the whole table beside them, the wanted fields are not all there are: only they are asked for.
		async readPage(table, query, cursor, call) {
			const sight = await sightOf(shown, table, call);
			const page = await adapter.readPage(asked(sight), query, cursor, call);
			await fence.checkNames(sight.raw, call);
			return page;
		},
		async readByIds(table, ids, query, call) {
			const sight = await sightOf(shown, table, call);
			const rows = await adapter.readByIds(asked(sight), ids, query, call);
			await fence.checkNames(sight.raw, call);
			return rows;
		},
		...(createBatch && {
			createBatch: async (table, rows, call) => {
				for (const cells of rows) onlyShown(table, cells);
				await fence.checkNames((await sightOf(shown, table, call)).raw, call);
				return createBatch(table, rows, call);
			},
		}),
		...(updateBatch && {
			updateBatch: async (table, rows, call) => {
				for (const { cells } of rows) onlyShown(table, cells);
				await fence.checkNames((await sightOf(shown, table, call)).raw, call);
				return updateBatch(table, rows, call);
			},
		}),
		...(readView && {
			readView: async (table, id, call) => {
				const { hidden } = await sightOf(shown, table, call);
				const view = await readView(table, id, call);
				return {
					...pruneView(view, hidden),
					...(mayDependOnHidden(view, hidden) ? { closed: CLOSED_VIEW } : {}),
					...(saysOfHidden(view, hidden) ? { fixed: true } : {}),
				};
			},
		}),
		...(readForm && {
			readForm: async (table, form, call) =>
				pruneForm(await readForm(table, form, call), table),
		}),
	};
}

/**
 * The whole table as a read gets it. Its primary field is one that is shown: vendors ask for that one where no field
 * is wanted.
 */
function asked({ raw, hidden }: Sight): Table {
	if (hidden.size === 0) return raw;
	const shown = raw.fields.filter(({ id }) => !hidden.has(id));
	const primary = shown.find((field) => field.primary) ?? shown[0];
	const fields = raw.fields.map((field) => ({
		...field,
		primary: field.id === primary?.id,
	}));
	return {
		...raw,
		fields,
		byId: new Map(fields.map((field) => [field.id, field])),
	};
}

const CLOSED_VIEW =
	"it may filter or sort by a field that this connection does not show";

/** Cells of fields that do not exist for the agent are not written, also where an earlier write is taken up again. */
function onlyShown(table: Table, cells: Readonly<Record<string, unknown>>) {
	for (const id of Object.keys(cells))
		if (!table.byId.has(id))
			throw new TablesError("not_found", "a field of this write is not there", {
				next: "Call describe_fields: it lists the fields.",
			});
}

/** Titles inside the cells of a link whose table is not shown are cut out. */
function fencedCodecs(adapter: Adapter): Adapter["codecs"] {
	const { link } = adapter.codecs;
	if (!("decode" in link)) return adapter.codecs;
	return {
		...adapter.codecs,
		link: {
			...link,
			decode(wire, field, context) {
				const value = link.decode(wire, field, context);
				return field.settings.linkTable !== undefined || !Array.isArray(value)
					? value
					: value.map((item) => ({ ...item, text: null }));
			},
		},
	};
}
