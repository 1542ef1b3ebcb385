import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { FieldReference } from "../contract/field.js";
import type { FieldSpec } from "../contract/schema.js";
import { formulaNames } from "../values/formula.js";
import type { Fence } from "./fence.js";

/** Where a formula stands; `fields` are those that it may name. */
export interface FormulaPlace {
	readonly base: string;
	/** Absent: the table is still to be made. */
	readonly table?: string;
	readonly fields: readonly { readonly id?: string; readonly name: string }[];
}

/**
 * Every field that a formula names exists for the agent; one that does not is refused as a misspelled one is.
 * @throws TablesError bad_argument for a name that is not there, not_allowed for what cannot be read with certainty.
 */
export async function checkFormula(
	{ adapter, fence }: { readonly adapter: Adapter; readonly fence: Fence },
	{ name, settings: { formula } }: FieldSpec,
	place: FormulaPlace,
	call: CallContext,
): Promise<void> {
	if (formula === undefined) return;
	if (adapter.formulaReferences === undefined)
		throw new TablesError(
			"unsupported",
			`"${name}": formulas cannot be made on this connection`,
			{
				next: "Use query_records with aggregate, or write the value; a person can make the formula in the app.",
			},
		);
	const references = adapter.formulaReferences(formula, place.table ?? "");
	if (references === undefined)
		throw new TablesError(
			"not_allowed",
			`the formula of "${name}" cannot be checked against the policy of this connection`,
			{
				next: "Nothing was sent. Use numbers, texts without backslashes, braces or brackets, functions, operators and fields as {Name} only.",
			},
		);
	const missing: FieldReference[] = [];
	for (const reference of references)
		if (!(await isThere(fence, reference, place, call)))
			missing.push(reference);
	if (missing.length > 0)
		throw formulaNames(
			name,
			missing.map(({ field }) => field),
			place.fields.map((field) => field.name),
		);
}

async function isThere(
	fence: Fence,
	{ table, field }: FieldReference,
	place: FormulaPlace,
	call: CallContext,
): Promise<boolean> {
	if (table === undefined || table === place.table)
		return place.fields.some(({ id, name }) => id === field || name === field);
	const other = await fence.see({ base: place.base, table }, call);
	const found = other?.raw.fields.find(({ id }) => id === field);
	return found !== undefined && other?.hidden.has(found.id) === false;
}
