import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import { openKept } from "../contract/kept.js";
import type { Policy } from "../contract/policy.js";
import type { BaseInfo, NodeInfo, Table, TableRef } from "../contract/table.js";
import type { FenceServices } from "./fence-services.js";
import {
	type FencedListings,
	fencedListings,
	KEEP_MS,
	missingTable,
} from "./fenced-listings.js";
import { type FieldRules, fieldRules } from "./field-rules.js";
import { hiddenFields } from "./hidden-fields.js";
import { type Nameable, nameable } from "./rules.js";
import { keepSecret } from "./secret-names.js";

/** A table as the vendor gives it, with what of it does not exist for the agent. */
export interface Sight {
	readonly raw: Table;
	/** Ids of hidden fields: those that rules name, and those that compute from them. */
	readonly hidden: ReadonlySet<string>;
}

/** Which bases, tables and fields exist for the agent: the policy's rules, held against what the vendor gives. */
export interface Fence {
	readonly policy: Policy;
	/** Takes note of names of bases that came with an answer; `all`: there are no others. */
	sawBases(bases: readonly BaseInfo[], all?: boolean): void;
	/** Takes note of the tables of a base, for warnings about rules that name nothing. */
	sawTables(base: string, tables: readonly NodeInfo[]): void;
	baseOf(id: string): Nameable;
	baseAllowed(id: string): boolean;
	/** Did a rule for one of its fields name this table at any reading? */
	isRuled(ref: TableRef): boolean;
	/** As far as this id and this name tell. */
	allowsTable(base: string, table: Nameable): boolean;
	/** Reads the names of bases where they are not known or old, because rules may name bases by name. */
	readBaseNames(call: CallContext): Promise<void>;
	/**
	 * Lets a base through that the policy allows.
	 * @throws TablesError not_found, as for a base that does not exist; the id of one that is not allowed is never sent.
	 */
	openBase(id: string, call: CallContext): Promise<void>;
	/** All bases, allowed or not, so that rules can name them. */
	readBases(call: CallContext): Promise<readonly BaseInfo[]>;
	/** Tables of a base, allowed or not. */
	readTables(base: string, call: CallContext): Promise<readonly NodeInfo[]>;
	/** @throws TablesError not_found where the base's listing does not show it to the agent. */
	openListed(ref: TableRef, call: CallContext): Promise<void>;
	/** Is this entry of a listing there for the agent? Reads the schema where only that can tell. */
	tableShown(node: NodeInfo, call: CallContext): Promise<boolean>;
	/**
	 * A fresh reading of a table; one that the same call has made because another table refers to this one is fresh once.
	 * @throws TablesError not_found as for a table that is not there; a forbidden id is not sent.
	 */
	read(ref: TableRef, call: CallContext): Promise<Sight>;
	/**
	 * Where cells go by their fields' names, a name may have come to mean another field since `raw` was read.
	 * @throws TablesError not_found, so that what rests on the old schema is tried again with the new one.
	 */
	checkNames(raw: Table, call: CallContext): Promise<void>;
	/** The same for a table that another one refers to; undefined where it does not exist for the agent. */
	see(ref: TableRef, call: CallContext): Promise<Sight | undefined>;
	/** Forgets listings and schemas after a write that changed one. */
	forget(): void;
}

/** The fence of a connection. */
export function openFence(
	adapter: Adapter,
	policy: Policy,
	services: FenceServices,
): Fence {
	const warn = warner(services);
	const listings = fencedListings(adapter, policy, services, warn);
	const { memory, secrets } = services;
	const rules = fieldRules(policy, { memory, listings, warn });
	const schemas = fencedSchemas({ adapter, listings, rules, services });

	const tableShown = async (node: NodeInfo, call: CallContext) => {
		if (!listings.tableAllowed(node.base, node)) {
			keepSecret(secrets, node);
			return false;
		}
		if (!rules.isRuledNode(node)) return true;
		const ref = { base: node.base, table: node.id };
		return (await schemas.linked(ref, call)) !== undefined;
	};

	return {
		policy,
		sawBases: listings.sawBases,
		sawTables: (base, tables) =>
			listings.coverage.sawTables(listings.baseOf(base), tables),
		baseOf: listings.baseOf,
		baseAllowed: listings.baseAllowed,
		allowsTable: listings.tableAllowed,
		isRuled: rules.isRuled,
		readBaseNames: listings.readBaseNames,
		openBase: listings.openBase,
		readBases: listings.readBases,
		readTables: listings.readTables,
		async openListed(ref, call) {
			const node = await listings.listedNode(ref, call);
			if (node === undefined || !(await tableShown(node, call)))
				throw missingTable();
		},
		tableShown,
		read: schemas.read,
		async checkNames(raw, call) {
			if (adapter.cellsBy === "id" || policy.hiddenFields.length === 0) return;
			await schemas.checkNames(raw, call);
		},
		see: schemas.see,
		forget() {
			listings.forgetTables();
			schemas.forget();
		},
	};
}

/** What reading schemas under the rules needs. */
interface SchemaServices {
	readonly adapter: Adapter;
	readonly listings: FencedListings;
	readonly rules: FieldRules;
	readonly services: FenceServices;
}

/** Schemas as the vendor gives them, judged by the rules, and what of them exists for the agent. */
function fencedSchemas({ adapter, listings, rules, services }: SchemaServices) {
	const { clock, secrets } = services;
	const kept = openKept<Table>(clock, KEEP_MS);
	/** What a call has read because another table refers to it: when it opens that one itself, it is not read twice. */
	let readAhead = new WeakMap<CallContext, Map<string, Table>>();
	const forget = () => {
		kept.forget();
		readAhead = new WeakMap();
	};
	const keyOf = ({ base, table }: TableRef) => `${base}\n${table}`;
	const isOpen = (raw: Table) =>
		listings.baseAllowed(raw.ref.base) &&
		listings.tableAllowed(raw.ref.base, nameable(raw)) &&
		rules.isOpen(raw);
	const readRaw = async (ref: TableRef, call: CallContext) => {
		const raw = await adapter.readTable(ref, call);
		rules.judge(raw);
		return raw;
	};
	const readLinked = async (ref: TableRef, call: CallContext) => {
		const ahead = readAhead.get(call) ?? new Map<string, Table>();
		readAhead.set(call, ahead);
		const raw = await readRaw(ref, call);
		ahead.set(keyOf(ref), raw);
		return raw;
	};
	/** Once for each reading: who opens the table again wants a new one. */
	const takeAhead = (ref: TableRef, call: CallContext) => {
		const ahead = readAhead.get(call);
		const raw = ahead?.get(keyOf(ref));
		ahead?.delete(keyOf(ref));
		return raw;
	};
	const readFresh = async (ref: TableRef, call: CallContext) => {
		const raw = await readRaw(ref, call);
		kept.put(keyOf(raw.ref), raw);
		return raw;
	};
	/** A table that another one refers to, as the vendor gives it. */
	const linked = async (ref: TableRef, call: CallContext) => {
		try {
			await listings.openTable(ref, call);
			const raw = await kept.get(keyOf(ref), () => readLinked(ref, call));
			return isOpen(raw) ? raw : undefined;
		} catch (error) {
			if (error instanceof TablesError && error.code === "broken") throw error;
			return undefined;
		}
	};
	const hiddenIn = hiddenFields({ rules, linked, secrets });
	const sight = async (raw: Table, call: CallContext): Promise<Sight> => ({
		raw,
		hidden: await hiddenIn(raw, call),
	});

	return {
		linked,
		async read(ref: TableRef, call: CallContext) {
			await listings.openBase(ref.base, call);
			await listings.openTable(ref, call);
			const raw = takeAhead(ref, call) ?? (await readFresh(ref, call));
			if (!isOpen(raw)) {
				keepSecret(secrets, nameable(raw));
				throw missingTable();
			}
			return sight(raw, call);
		},
		async checkNames(raw: Table, call: CallContext) {
			const now = await readRaw(raw.ref, call);
			if (raw.fields.every(({ id, name }) => now.byId.get(id)?.name === name))
				return;
			forget();
			throw new TablesError(
				"not_found",
				`fields of "${raw.name}" were renamed meanwhile`,
				{ next: "Call again: the names are read again." },
			);
		},
		async see(ref: TableRef, call: CallContext) {
			const raw = await linked(ref, call);
			return raw && sight(raw, call);
		},
		forget,
	};
}

/** A warning about a rule, once. */
function warner({ log, connection }: FenceServices): (text: string) => void {
	const said = new Set<string>();
	return (text) => {
		if (said.has(text)) return;
		said.add(text);
		log("warning", `policy of the connection "${connection}": ${text}`);
	};
}
