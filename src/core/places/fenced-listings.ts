import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import { openKept } from "../contract/kept.js";
import { allPages } from "../contract/pages.js";
import type { Policy } from "../contract/policy.js";
import type { BaseInfo, NodeInfo, TableRef } from "../contract/table.js";
import type { FenceServices } from "./fence-services.js";
import { type RuleCoverage, ruleCoverage } from "./rule-coverage.js";
import { type Nameable, namesBase, namesTable } from "./rules.js";
import { keepSecret } from "./secret-names.js";

/** Bases and tables by the vendor's listings, and which of them the rules allow. */
export interface FencedListings {
	/** Tells what the rules have matched so far. */
	readonly coverage: RuleCoverage;
	/** A base with its name as far as it is known. */
	baseOf(id: string): Nameable;
	/** As far as the id and the known name tell. */
	baseAllowed(id: string): boolean;
	/** As far as this id and this name tell. */
	tableAllowed(base: string, table: Nameable): boolean;
	/** Takes note of names of bases; `all`: there are no others. */
	sawBases(bases: readonly BaseInfo[], all?: boolean): void;
	/** All bases, allowed or not. */
	readBases(call: CallContext): Promise<readonly BaseInfo[]>;
	/** Reads them where the names are not known or old. */
	readBaseNames(call: CallContext): Promise<void>;
	/**
	 * Lets a base through that the policy allows.
	 * @throws TablesError not_found, as for a base that does not exist; the id of one that is not allowed is never sent.
	 */
	openBase(id: string, call: CallContext): Promise<void>;
	/** Tables of a base, allowed or not. */
	readTables(base: string, call: CallContext): Promise<readonly NodeInfo[]>;
	/** The table's entry in its base's listing, which is read again where it lacks the table and is not quite new. */
	listedNode(ref: TableRef, call: CallContext): Promise<NodeInfo | undefined>;
	/** @throws TablesError not_found where neither its id nor its name in the listing is allowed. */
	openTable(ref: TableRef, call: CallContext): Promise<void>;
	/** Forgets the tables of all bases. */
	forgetTables(): void;
}

/** What the fence has read is held against the rules for so long. */
export const KEEP_MS = 60_000;
/** A listing this young is not read again because it lacks a table. */
const JUST_READ_MS = 1_000;

/** The failure that a table which does not exist gives. */
export const missingTable = () => new TablesError("not_found", "no such table");
const missingBase = () => new TablesError("not_found", "no such base");

/** The listings of a connection under its rules. */
export function fencedListings(
	adapter: Adapter,
	policy: Policy,
	services: FenceServices,
	warn: (text: string) => void,
): FencedListings {
	const bases = fencedBases(adapter, policy, services);
	const { baseOf } = bases;
	const tableAllowed = (base: string, table: Nameable) =>
		policy.tables === undefined ||
		policy.tables.some((rule) => namesTable(rule, baseOf(base), table));
	const coverage = ruleCoverage(
		policy,
		(node) => tableAllowed(node.base, node),
		warn,
	);
	const lists = openKept<readonly NodeInfo[]>(services.clock, KEEP_MS);

	const readList = async (base: string, call: CallContext) => {
		const tables = await allPages((cursor) =>
			adapter.readNodes(base, { kinds: ["table"] }, cursor, call),
		);
		for (const node of tables)
			if (!tableAllowed(base, node)) keepSecret(services.secrets, node);
		coverage.sawTables(baseOf(base), tables);
		return tables;
	};
	const readTables = (base: string, call: CallContext, maxAgeMs?: number) =>
		lists.get(base, () => readList(base, call), maxAgeMs);
	const listedNode = async ({ base, table }: TableRef, call: CallContext) => {
		const find = async (maxAgeMs?: number) =>
			(await readTables(base, call, maxAgeMs)).find(({ id }) => id === table);
		return (await find()) ?? (await find(JUST_READ_MS));
	};
	const readBases = async (call: CallContext) => {
		const all = await bases.readBases(call);
		coverage.sawAllBases(all);
		return all;
	};
	const readBaseNames = async (call: CallContext) => {
		if (bases.namesAreOld()) await readBases(call);
	};

	return {
		coverage,
		baseOf,
		baseAllowed: bases.baseAllowed,
		tableAllowed,
		sawBases(seen, all = false) {
			if (all) coverage.sawAllBases(seen);
			bases.sawBases(seen);
		},
		readBases,
		readBaseNames,
		async openBase(id, call) {
			if (bases.needsNames(id)) await readBaseNames(call);
			if (!bases.baseAllowed(id)) throw missingBase();
		},
		readTables: (base, call) => readTables(base, call),
		listedNode,
		async openTable(ref, call) {
			const { base, table } = ref;
			if (tableAllowed(base, { id: table, name: null })) return;
			const node = await listedNode(ref, call);
			if (node === undefined || !tableAllowed(base, node)) throw missingTable();
		},
		forgetTables: () => lists.forget(),
	};
}

/** Bases by name, and when their names were read. */
function fencedBases(
	adapter: Adapter,
	policy: Policy,
	{ clock, secrets }: FenceServices,
) {
	const names = new Map<string, string | null>();
	let readAtMs = Number.NEGATIVE_INFINITY;
	const rulesNameBases =
		(policy.tables ?? []).some((rule) => rule.includes("/")) ||
		policy.hiddenFields.some((rule) => rule.split("/").length > 2);
	const baseOf = (id: string): Nameable => ({
		id,
		name: names.get(id) ?? null,
	});
	const baseAllowed = (id: string) =>
		policy.bases === undefined ||
		policy.bases.some((rule) => namesBase(rule, baseOf(id)));
	const sawBases = (bases: readonly BaseInfo[]) => {
		for (const { id, name } of bases) names.set(id, name);
		for (const base of bases)
			if (!baseAllowed(base.id)) keepSecret(secrets, base);
	};
	return {
		baseOf,
		baseAllowed,
		sawBases,
		namesAreOld: () => clock.now() - readAtMs > KEEP_MS,
		/** Can only the base's name tell whether rules mean it? */
		needsNames: (id: string) =>
			rulesNameBases ||
			!(policy.bases?.some((rule) => rule.trim() === id) ?? true),
		async readBases(call: CallContext) {
			const bases = await allPages((cursor) => adapter.readBases(cursor, call));
			sawBases(bases);
			readAtMs = clock.now();
			return bases;
		},
	};
}
