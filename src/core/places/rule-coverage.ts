import type { Policy } from "../contract/policy.js";
import type { BaseInfo, NodeInfo, Table } from "../contract/table.js";
import {
	type Nameable,
	nameable,
	namesBase,
	namesField,
	namesTable,
} from "./rules.js";

/** Watches what goes by for rules that name nothing, and warns once everything that a rule could name was seen. */
export interface RuleCoverage {
	sawAllBases(bases: readonly BaseInfo[]): void;
	/** All tables of one base. */
	sawTables(base: Nameable, tables: readonly NodeInfo[]): void;
	sawFields(base: Nameable, table: Table): void;
}

export function ruleCoverage(
	policy: Policy,
	isOpen: (node: NodeInfo) => boolean,
	warn: (text: string) => void,
): RuleCoverage {
	const unmatched = {
		bases: new Set(policy.bases),
		tables: new Set(policy.tables),
		hidden_fields: new Set(policy.hiddenFields),
	};
	let bases: readonly BaseInfo[] = [];
	const listed = new Map<string, readonly NodeInfo[]>();
	const read = new Set<string>();
	const keyOf = (base: string, table: string) => `${base}\n${table}`;

	const strike = (
		part: keyof typeof unmatched,
		names: (rule: string) => boolean,
	) => {
		for (const rule of unmatched[part])
			if (names(rule)) unmatched[part].delete(rule);
	};
	const report = (part: keyof typeof unmatched) => {
		for (const rule of unmatched[part])
			warn(`${part}: "${rule}" names nothing that this account sees`);
	};
	const check = () => {
		if (bases.length === 0) return;
		report("bases");
		if (!bases.every(({ id }) => listed.has(id))) return;
		report("tables");
		const open = [...listed.values()].flat().filter(isOpen);
		if (open.every(({ base, id }) => read.has(keyOf(base, id))))
			report("hidden_fields");
	};
	return {
		sawAllBases(all) {
			bases = all.filter(
				(base) =>
					policy.bases === undefined ||
					policy.bases.some((rule) => namesBase(rule, base)),
			);
			strike("bases", (rule) => all.some((base) => namesBase(rule, base)));
			check();
		},
		sawTables(base, tables) {
			listed.set(base.id, tables);
			strike("tables", (rule) =>
				tables.some((table) => namesTable(rule, base, table)),
			);
			check();
		},
		sawFields(base, raw) {
			read.add(keyOf(raw.ref.base, raw.ref.table));
			const table = nameable(raw);
			strike("hidden_fields", (rule) =>
				raw.fields.some((field) => namesField(rule, base, table, field)),
			);
			check();
		},
	};
}
