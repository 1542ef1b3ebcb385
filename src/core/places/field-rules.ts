import type { Field } from "../contract/field.js";
import type { FenceMemory, Policy } from "../contract/policy.js";
import type { NodeInfo, Table, TableRef } from "../contract/table.js";
import type { FencedListings } from "./fenced-listings.js";
import {
	fieldParts,
	fieldPartsFor,
	type Nameable,
	nameable,
	namesField,
	namesItem,
} from "./rules.js";

/** What the rules for fields say of tables that were read. */
export interface FieldRules {
	/** Holds the rules against a reading, and takes down what they match. */
	judge(raw: Table): void;
	/** Does a rule name the field, now or at an earlier reading? False for a table that was not judged. */
	isNamed(raw: Table, field: Field): boolean;
	/** Was it judged, and does each rule that names the table name a field of it too? */
	isOpen(raw: Table): boolean;
	/** Did a rule for one of its fields name this table at any reading? */
	isRuled(ref: TableRef): boolean;
	/** The same, or does one name it by its entry in a listing? */
	isRuledNode(node: NodeInfo): boolean;
}

interface Judgement {
	/** Ids of the fields that rules name. */
	readonly named: ReadonlySet<string>;
	/** A rule names the table and none of its fields. */
	readonly closed: boolean;
}

/** What the rules for fields are held against. */
interface RuleServices {
	readonly memory: FenceMemory;
	readonly listings: Pick<FencedListings, "baseOf" | "coverage">;
	readonly warn: (text: string) => void;
}

/** The rules of `hidden_fields`. */
export function fieldRules(
	policy: Policy,
	{ memory, listings, warn }: RuleServices,
): FieldRules {
	const judgements = new WeakMap<Table, Judgement>();
	return {
		judge(raw) {
			const base = listings.baseOf(raw.ref.base);
			const marks = memory.marks();
			const named = new Set<string>();
			const found: string[] = [];
			let closed = false;
			for (const rule of policy.hiddenFields) {
				const match = matchRule(rule, { raw, base, marks });
				found.push(...match.found);
				for (const id of match.fields) named.add(id);
				if (match.fields.length > 0 || !match.isTables) continue;
				// A rule that names this table and no field of it is a slip: what it was meant to hide is not known.
				closed = true;
				warn(
					`hidden_fields: "${rule}" names no field of its table, which is closed until the rule is corrected`,
				);
			}
			memory.add(found);
			listings.coverage.sawFields(base, raw);
			judgements.set(raw, { named, closed });
		},
		isNamed: (raw, { id }) => judgements.get(raw)?.named.has(id) === true,
		isOpen: (raw) => judgements.get(raw)?.closed === false,
		isRuled(ref) {
			const marks = memory.marks();
			return policy.hiddenFields.some((rule) =>
				marks.has(tableMark(rule, ref)),
			);
		},
		isRuledNode(node) {
			const marks = memory.marks();
			const ref = { base: node.base, table: node.id };
			return policy.hiddenFields.some(
				(rule) =>
					marks.has(tableMark(rule, ref)) ||
					fieldPartsFor(rule, listings.baseOf(node.base), node).length > 0,
			);
		},
	};
}

/** What a rule is held against: a reading, its base, and what rules matched earlier. */
interface Reading {
	readonly raw: Table;
	readonly base: Nameable;
	readonly marks: ReadonlySet<string>;
}

/** Does the rule name the table, and which of its fields, now or because of an earlier reading? */
function matchRule(rule: string, { raw, base, marks }: Reading) {
	const table = nameable(raw);
	const ofTable = fieldPartsFor(rule, base, table).length > 0;
	// A table that was named once is named still, and so is every field that has the rule's name in it.
	const isTables = ofTable || marks.has(tableMark(rule, raw.ref));
	const parts = isTables ? fieldParts(rule) : [];
	const fields = raw.fields
		.filter(
			(field) =>
				marks.has(fieldMark(rule, raw.ref, field.id)) ||
				namesField(rule, base, table, field) ||
				parts.some((part) => namesItem(part, field)),
		)
		.map(({ id }) => id);
	return {
		isTables,
		fields,
		/** What is to be remembered. */
		found: [
			...(ofTable ? [tableMark(rule, raw.ref)] : []),
			...fields.map((id) => fieldMark(rule, raw.ref, id)),
		],
	};
}

const tableMark = (rule: string, { base, table }: TableRef) =>
	JSON.stringify(["table", rule, base, table]);
const fieldMark = (rule: string, { base, table }: TableRef, field: string) =>
	JSON.stringify(["field", rule, base, table, field]);
