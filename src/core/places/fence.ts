import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import type { Clock } from "../contract/clock.js";
import { TablesError } from "../contract/errors.js";
import type { Field, FieldReference } from "../contract/field.js";
import { allPages } from "../contract/pages.js";
import type { FenceMemory, Policy } from "../contract/policy.js";
import type { Log } from "../contract/session.js";
import type { BaseInfo, NodeInfo, Table, TableRef } from "../contract/table.js";
import { foldName } from "../values/names.js";
import { ruleCoverage } from "./rule-coverage.js";
import {
	fieldParts,
	fieldPartsFor,
	type Nameable,
	namesBase,
	namesField,
	namesItem,
	namesTable,
} from "./rules.js";

/** What a fence takes from the program. */
export interface FenceServices {
	readonly clock: Clock;
	readonly memory: FenceMemory;
	readonly log: Log;
	/** For the warnings about rules. */
	readonly connection: string;
	/** Gets the names and ids that no answer may hold, as far as they are known. */
	readonly secrets: Set<string>;
}

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
	/** @throws TablesError not_found as for a base that is not there; its id is not sent. */
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
	 * A fresh reading of a table.
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

interface Judgement {
	/** Ids of the fields that rules name. */
	readonly named: ReadonlySet<string>;
	/** A rule names the table and none of its fields. */
	readonly closed: boolean;
}

const KEEP_MS = 60_000;
/** A listing this young is not read again because it lacks a table. */
const JUST_READ_MS = 1_000;

interface Kept<T> {
	readonly atMs: number;
	readonly value: Promise<T>;
}

export const missingTable = () => new TablesError("not_found", "no such table");
const missingBase = () => new TablesError("not_found", "no such base");

export function openFence(
	adapter: Adapter,
	policy: Policy,
	services: FenceServices,
): Fence {
	const { clock, memory, secrets } = services;
	const warn = warner(services);
	const baseNames = new Map<string, string | null>();
	let basesReadAtMs = Number.NEGATIVE_INFINITY;
	const lists = new Map<string, Kept<readonly NodeInfo[]>>();
	const raws = new Map<string, Kept<Table>>();
	const hiddenOf = new WeakMap<Table, Promise<ReadonlySet<string>>>();
	const needsBaseNames =
		(policy.tables ?? []).some((rule) => rule.includes("/")) ||
		policy.hiddenFields.some((rule) => rule.split("/").length > 2);

	const baseOf = (id: string): Nameable => ({
		id,
		name: baseNames.get(id) ?? null,
	});
	const baseAllowed = (id: string) =>
		policy.bases === undefined ||
		policy.bases.some((rule) => namesBase(rule, baseOf(id)));
	const tableAllowed = (base: string, table: Nameable) =>
		policy.tables === undefined ||
		policy.tables.some((rule) => namesTable(rule, baseOf(base), table));

	const coverage = ruleCoverage(
		policy,
		(node) => tableAllowed(node.base, node),
		warn,
	);

	const keep = <T>(
		kept: Map<string, Kept<T>>,
		key: string,
		maxAgeMs: number,
		read: () => Promise<T>,
	): Promise<T> => {
		const known = kept.get(key);
		if (known !== undefined && clock.now() - known.atMs <= maxAgeMs)
			return known.value;
		const value = read();
		kept.set(key, { atMs: clock.now(), value });
		value.catch(() => kept.delete(key));
		return value;
	};

	const sawBases = (bases: readonly BaseInfo[], all = false) => {
		if (all) coverage.sawAllBases(bases);
		for (const { id, name } of bases) baseNames.set(id, name);
		for (const { id, name } of bases)
			if (!baseAllowed(id)) keepSecret(secrets, { id, name });
	};
	const readBases = async (call: CallContext) => {
		const bases = await allPages((cursor) => adapter.readBases(cursor, call));
		sawBases(bases, true);
		basesReadAtMs = clock.now();
		return bases;
	};
	const readBaseNames = async (call: CallContext) => {
		if (clock.now() - basesReadAtMs > KEEP_MS) await readBases(call);
	};
	const openBase = async (id: string, call: CallContext) => {
		const byId = policy.bases?.some((rule) => rule.trim() === id) ?? true;
		if (needsBaseNames || !byId) await readBaseNames(call);
		if (!baseAllowed(id)) throw missingBase();
	};

	const readTables = (base: string, call: CallContext, maxAgeMs = KEEP_MS) =>
		keep(lists, base, maxAgeMs, async () => {
			const tables = await allPages((cursor) =>
				adapter.readNodes(base, { kinds: ["table"] }, cursor, call),
			);
			for (const node of tables)
				if (!tableAllowed(base, node)) keepSecret(secrets, node);
			coverage.sawTables(baseOf(base), tables);
			return tables;
		});
	const listedNode = async (base: string, table: string, call: CallContext) => {
		const find = async (maxAgeMs: number) =>
			(await readTables(base, call, maxAgeMs)).find(({ id }) => id === table);
		return (await find(KEEP_MS)) ?? (await find(JUST_READ_MS));
	};
	/** Is it allowed as far as its id, and the name in its base's listing, tell? */
	const openTable = async ({ base, table }: TableRef, call: CallContext) => {
		if (tableAllowed(base, { id: table, name: null })) return;
		const node = await listedNode(base, table, call);
		if (node === undefined || !tableAllowed(base, node)) throw missingTable();
	};

	/** What rules say of a reading, now or because of an earlier one; what they match now is taken down. */
	const judge = (raw: Table): Judgement => {
		const [base, table] = [baseOf(raw.ref.base), nameable(raw)];
		const marks = memory.marks();
		const named = new Set<string>();
		const found: string[] = [];
		let closed = false;
		for (const rule of policy.hiddenFields) {
			const ofTable = fieldPartsFor(rule, base, table).length > 0;
			if (ofTable) found.push(tableMark(rule, raw.ref));
			// A table that was named once is named still, and so is every field that has the rule's name in it.
			const isTables = ofTable || marks.has(tableMark(rule, raw.ref));
			const parts = isTables ? fieldParts(rule) : [];
			const fields = raw.fields.filter(
				(field) =>
					marks.has(fieldMark(rule, raw.ref, field.id)) ||
					namesField(rule, base, table, field) ||
					parts.some((part) => namesItem(part, field)),
			);
			for (const { id } of fields) {
				named.add(id);
				found.push(fieldMark(rule, raw.ref, id));
			}
			if (fields.length > 0) continue;
			// A rule that names this table and no field of it is a slip: what it was meant to hide is not known.
			if (!isTables) continue;
			closed = true;
			warn(
				`hidden_fields: "${rule}" names no field of its table, which is closed until the rule is corrected`,
			);
		}
		memory.add(found);
		coverage.sawFields(base, raw);
		return { named, closed };
	};

	const judgements = new WeakMap<Table, Judgement>();
	const isNamed = (raw: Table, field: Field) =>
		judgements.get(raw)?.named.has(field.id) === true;
	const readRaw = async (ref: TableRef, call: CallContext) => {
		const raw = await adapter.readTable(ref, call);
		judgements.set(raw, judge(raw));
		return raw;
	};
	const open = (raw: Table) =>
		baseAllowed(raw.ref.base) &&
		tableAllowed(raw.ref.base, nameable(raw)) &&
		judgements.get(raw)?.closed === false;
	/** A table that another one refers to, as the vendor gives it. */
	const linked = async (ref: TableRef, call: CallContext) => {
		try {
			await openTable(ref, call);
			const key = `${ref.base}\n${ref.table}`;
			const raw = await keep(raws, key, KEEP_MS, () => readRaw(ref, call));
			return open(raw) ? raw : undefined;
		} catch (error) {
			if (error instanceof TablesError && error.code === "broken") throw error;
			return undefined;
		}
	};

	/** Does the field show, or compute from, what a rule names? */
	const isHidden = async (
		raw: Table,
		field: Field,
		call: CallContext,
		path: ReadonlySet<string>,
	): Promise<boolean> => {
		if (isNamed(raw, field)) return true;
		if (!COMPUTED.has(field.type)) return false;
		if (field.sources === undefined) return showsAnything(raw, call);
		const key = [raw.ref.base, raw.ref.table, field.id].join("\n");
		if (path.has(key)) return false;
		const deeper = new Set([...path, key]);
		for (const source of field.sources)
			if (await readsHidden(raw, source, call, deeper)) return true;
		return false;
	};
	const readsHidden = async (
		raw: Table,
		{ table, field }: FieldReference,
		call: CallContext,
		path: ReadonlySet<string>,
	): Promise<boolean> => {
		const other =
			table === undefined || table === raw.ref.table
				? raw
				: await linked({ base: raw.ref.base, table }, call);
		if (other === undefined) return true;
		const source =
			other.byId.get(field) ?? other.fields.find(({ name }) => name === field);
		return source === undefined
			? showsAnything(other, call)
			: isHidden(other, source, call, path);
	};
	/** Of a column whose sources are not known: it may show any field of the table, or of one that a link leads to. */
	const showsAnything = async (raw: Table, call: CallContext) => {
		if (raw.fields.some((field) => isNamed(raw, field))) return true;
		for (const { settings } of raw.fields) {
			if (settings.linkTable === undefined) continue;
			const ref = { base: raw.ref.base, table: settings.linkTable };
			const other = await linked(ref, call);
			if (other === undefined) return true;
			if (other.fields.some((field) => isNamed(other, field))) return true;
		}
		return false;
	};
	const sight = async (raw: Table, call: CallContext): Promise<Sight> => {
		const known = hiddenOf.get(raw);
		if (known !== undefined) return { raw, hidden: await known };
		const finding = Promise.all(
			raw.fields.map((field) => isHidden(raw, field, call, new Set())),
		).then((flags) => {
			const hidden = raw.fields.filter((_, index) => flags[index]);
			for (const field of hidden) keepSecret(secrets, field);
			return new Set(hidden.map(({ id }) => id));
		});
		hiddenOf.set(raw, finding);
		finding.catch(() => hiddenOf.delete(raw));
		return { raw, hidden: await finding };
	};

	const tableShown = async (node: NodeInfo, call: CallContext) => {
		if (!tableAllowed(node.base, node)) {
			keepSecret(secrets, node);
			return false;
		}
		const ref = { base: node.base, table: node.id };
		const marks = memory.marks();
		const ruled = policy.hiddenFields.some(
			(rule) =>
				marks.has(tableMark(rule, ref)) ||
				fieldPartsFor(rule, baseOf(node.base), node).length > 0,
		);
		return !ruled || (await linked(ref, call)) !== undefined;
	};

	return {
		policy,
		sawBases,
		sawTables: (base, tables) => coverage.sawTables(baseOf(base), tables),
		baseOf,
		baseAllowed,
		allowsTable: tableAllowed,
		isRuled(ref) {
			const marks = memory.marks();
			return policy.hiddenFields.some((rule) =>
				marks.has(tableMark(rule, ref)),
			);
		},
		readBaseNames,
		openBase,
		readBases,
		readTables: (base, call) => readTables(base, call),
		async openListed({ base, table }, call) {
			const node = await listedNode(base, table, call);
			if (node === undefined || !(await tableShown(node, call)))
				throw missingTable();
		},
		tableShown,
		async read(ref, call) {
			await openBase(ref.base, call);
			await openTable(ref, call);
			const raw = await readRaw(ref, call);
			raws.set(`${raw.ref.base}\n${raw.ref.table}`, {
				atMs: clock.now(),
				value: Promise.resolve(raw),
			});
			if (!open(raw)) {
				keepSecret(secrets, nameable(raw));
				throw missingTable();
			}
			return sight(raw, call);
		},
		async checkNames(raw, call) {
			if (adapter.cellsBy === "id" || policy.hiddenFields.length === 0) return;
			const now = await readRaw(raw.ref, call);
			if (raw.fields.every(({ id, name }) => now.byId.get(id)?.name === name))
				return;
			raws.clear();
			throw new TablesError(
				"not_found",
				`fields of "${raw.name}" were renamed meanwhile`,
				{ next: "Call again: the names are read again." },
			);
		},
		async see(ref, call) {
			const raw = await linked(ref, call);
			return raw && sight(raw, call);
		},
		forget() {
			lists.clear();
			raws.clear();
		},
	};
}

/** Types whose cells come from other cells, or may: the vendor's own kinds that are not known here among them. */
const COMPUTED: ReadonlySet<Field["type"]> = new Set([
	"formula",
	"lookup",
	"unknown",
]);

export function nameable({ ref, name }: Table): Nameable {
	return { id: ref.table, name };
}

const tableMark = (rule: string, { base, table }: TableRef) =>
	JSON.stringify(["table", rule, base, table]);
const fieldMark = (rule: string, { base, table }: TableRef, field: string) =>
	JSON.stringify(["field", rule, base, table, field]);

function keepSecret(secrets: Set<string>, { id, name }: Nameable): void {
	secrets.add(id);
	if (name !== null && foldName(name) !== "") secrets.add(name.trim());
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
