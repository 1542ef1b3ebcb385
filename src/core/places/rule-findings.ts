import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Finding } from "../contract/finding.js";
import type { BaseInfo, NodeInfo, Table } from "../contract/table.js";
import { defined } from "../values/defined.js";
import type { Fence } from "./fence.js";
import { fieldPartsFor, namesBase, namesField, namesTable } from "./rules.js";

/**
 * Doctor's lines about the rules of a policy: one that names nothing does not do what a person meant by it.
 * Reads every base, its tables, and their fields where rules hide some.
 */
export async function ruleFindings(
	adapter: Adapter,
	fence: Fence,
	call: CallContext,
): Promise<readonly Finding[]> {
	try {
		return await findings(adapter, fence, call);
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return [
			{
				level: "warning",
				what: `the rules of the policy could not be checked: ${error.message}`,
				...defined({ next: error.next }),
			},
		];
	}
}

async function findings(
	adapter: Adapter,
	fence: Fence,
	call: CallContext,
): Promise<readonly Finding[]> {
	const {
		bases: baseRules = [],
		tables: tableRules = [],
		hiddenFields,
	} = fence.policy;
	const bases = await fence.readBases(call);
	const allowed = bases.filter(({ id }) => fence.baseAllowed(id));
	const nodes = (
		await Promise.all(allowed.map(({ id }) => fence.readTables(id, call)))
	).flat();
	const tables =
		hiddenFields.length === 0 ? [] : await readAll(adapter, fence, nodes, call);
	return [
		...unmatched("bases", baseRules, (rule) =>
			bases.some((base) => namesBase(rule, base)),
		),
		...unmatched("tables", tableRules, (rule) =>
			nodes.some((node) => namesTable(rule, fence.baseOf(node.base), node)),
		),
		...unmatched("hidden_fields", hiddenFields, (rule) =>
			matchesField(rule, fence, nodes, tables),
		),
	];
}

/** Schemas of the tables that the agent may see. */
async function readAll(
	adapter: Adapter,
	fence: Fence,
	nodes: readonly NodeInfo[],
	call: CallContext,
): Promise<readonly Table[]> {
	const open = nodes.filter((node) => fence.allowsTable(node.base, node));
	return Promise.all(
		open.map(({ base, id }) => adapter.readTable({ base, table: id }, call)),
	);
}

function matchesField(
	rule: string,
	fence: Fence,
	nodes: readonly NodeInfo[],
	tables: readonly Table[],
): boolean {
	const baseOf = (base: string): Pick<BaseInfo, "id" | "name"> =>
		fence.baseOf(base);
	return (
		tables.some(({ ref, name, fields }) =>
			fields.some((field) =>
				namesField(rule, baseOf(ref.base), { id: ref.table, name }, field),
			),
		) ||
		// Of a table that is forbidden as a whole nothing is read.
		nodes.some(
			(node) =>
				!fence.allowsTable(node.base, node) &&
				fieldPartsFor(rule, baseOf(node.base), node).length > 0,
		)
	);
}

function unmatched(
	part: string,
	rules: readonly string[],
	matches: (rule: string) => boolean,
): readonly Finding[] {
	return rules
		.filter((rule) => !matches(rule))
		.map((rule) => ({
			level: "error",
			what: `policy: ${part} holds "${rule}", which names nothing that this account sees`,
			next: "Correct the rule in the configuration: an id, or a name (table/field for a field of one table).",
		}));
}
