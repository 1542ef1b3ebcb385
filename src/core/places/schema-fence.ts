import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { FieldSpec } from "../contract/schema.js";
import type { Table, View } from "../contract/table.js";
import type { ViewChange } from "../contract/views.js";
import { foldName } from "../values/near-names.js";
import type { Fence, Sight } from "./fence.js";
import { missingTable } from "./fenced-listings.js";
import { checkFormula } from "./formula-fence.js";
import { hidesReverse, mayDependOnHidden, pruneView } from "./prune.js";
import { mentions, type Nameable, nameable, usedNames } from "./rules.js";

type SightOf = (table: Table, call: CallContext) => Promise<Sight>;

type Fenced =
	| "createTable"
	| "renameTable"
	| "deleteTable"
	| "createField"
	| "updateField"
	| "deleteField"
	| "createView"
	| "updateView"
	| "createBase"
	| "updateBase";

/**
 * Changes of schema under a policy: what a rule names keeps its name, and no name that a rule uses, or that
 * something hidden has, is given to anything else. All of it is decided before anything is sent.
 */
export function schemaFence(
	adapter: Adapter,
	fence: Fence,
	sightOf: SightOf,
): Pick<Adapter, Fenced> {
	const changes = { adapter, fence, sightOf, used: usedNames(fence.policy) };
	return {
		...baseChanges(changes),
		...tableChanges(changes),
		...fieldChanges(changes),
		...viewChanges(changes),
	};
}

interface Changes {
	readonly adapter: Adapter;
	readonly fence: Fence;
	readonly sightOf: SightOf;
	/** Names that rules use, folded. */
	readonly used: ReadonlySet<string>;
}

/**
 * One text for every name that cannot be used, whatever the reason, so that it does not tell what is hidden.
 * @throws TablesError not_allowed
 */
function checkName(
	name: string,
	used: ReadonlySet<string>,
	taken: Iterable<string>,
): void {
	const folded = foldName(name);
	const isTaken = [...taken].some((other) => foldName(other) === folded);
	if (used.has(folded) || isTaken) throw unusable(name);
}

function unusable(name: string): TablesError {
	return new TablesError(
		"not_allowed",
		`the name "${name}" cannot be used here: it is taken, or the policy of this connection keeps names as they are`,
		{
			next: "Nothing was sent. Choose another name; if none can be used, a person renames it in the app or changes the policy in the configuration.",
		},
	);
}

function fixed(what: string, name: string): TablesError {
	return new TablesError(
		"not_allowed",
		`the ${what} "${name}" cannot be deleted: the policy of this connection depends on it`,
		{
			next: "Nothing was sent. A person can do it in the app, or change the policy in the configuration.",
		},
	);
}

function isMentioned({ fence: { policy } }: Changes, item: Nameable): boolean {
	return [
		...(policy.bases ?? []),
		...(policy.tables ?? []),
		...policy.hiddenFields,
	].some((rule) => mentions(rule, item));
}

function baseChanges(
	changes: Changes,
): Pick<Adapter, "createBase" | "updateBase"> {
	const { adapter, fence, used } = changes;
	const { createBase, updateBase } = adapter;
	return {
		...(createBase && {
			createBase: async (spec, call) => {
				checkName(spec.name, used, []);
				const made = await createBase(spec, call);
				fence.sawBases([made]);
				return made;
			},
		}),
		...(updateBase && {
			updateBase: async (id, change, call) => {
				if (change.name !== undefined) {
					const bases = await fence.readBases(call);
					const base = fence.baseOf(id);
					const taken = bases.flatMap((other) =>
						other.id === id || other.name === null ? [] : [other.name],
					);
					checkName(change.name, used, taken);
					if (isMentioned(changes, base)) throw unusable(change.name);
				}
				const info = await updateBase(id, change, call);
				fence.sawBases([info]);
				return info;
			},
		}),
	};
}

function tableChanges(
	changes: Changes,
): Pick<Adapter, "createTable" | "renameTable" | "deleteTable"> {
	const { adapter, fence, used, sightOf } = changes;
	const { createTable, renameTable, deleteTable } = adapter;
	const otherNames = async (base: string, call: CallContext, own?: string) =>
		(await fence.readTables(base, call))
			.filter(({ id }) => id !== own)
			.map(({ name }) => name);
	const isFixed = (table: Table) =>
		isMentioned(changes, nameable(table)) || fence.isRuled(table.ref);
	return {
		...(createTable && {
			createTable: async (base, spec, call) => {
				checkName(spec.name, used, await otherNames(base, call));
				for (const field of spec.fields) {
					checkName(field.name, used, []);
					await checkField(changes, base, field, call);
				}
				for (const field of spec.fields)
					await checkFormula(
						changes,
						field,
						{ base, fields: spec.fields },
						call,
					);
				const ref = await createTable(base, spec, call);
				fence.forget();
				return ref;
			},
		}),
		...(renameTable && {
			renameTable: async (table, name, call) => {
				const taken = await otherNames(table.ref.base, call, table.ref.table);
				checkName(name, used, taken);
				if (isFixed(table)) throw unusable(name);
				await renameTable(table, name, call);
				fence.forget();
			},
		}),
		...(deleteTable && {
			deleteTable: async (table, call) => {
				if (isFixed(table)) throw fixed("table", table.name);
				for (const field of (await sightOf(table, call)).raw.fields)
					await checkReverse(changes, table, field, call);
				await deleteTable(table, call);
				fence.forget();
			},
		}),
	};
}

function fieldChanges(
	changes: Changes,
): Pick<Adapter, "createField" | "updateField" | "deleteField"> {
	const { adapter, fence, used, sightOf } = changes;
	const { createField, updateField, deleteField } = adapter;
	const check = async (
		table: Table,
		spec: FieldSpec,
		call: CallContext,
		own?: Field,
	) => {
		const { raw } = await sightOf(table, call);
		if (spec.name !== own?.name)
			checkName(
				spec.name,
				used,
				raw.fields.filter(({ id }) => id !== own?.id).map(({ name }) => name),
			);
		await checkField(changes, table.ref.base, spec, call, own);
		const { base, table: id } = table.ref;
		const place = { base, table: id, fields: table.fields };
		await checkFormula(changes, spec, place, call);
	};
	return {
		...(createField && {
			createField: async (table, spec, call) => {
				await check(table, spec, call);
				const id = await createField(table, spec, call);
				fence.forget();
				return id;
			},
		}),
		...(updateField && {
			updateField: async (table, field, spec, call) => {
				const { raw } = await sightOf(table, call);
				const whole = raw.byId.get(field.id) ?? field;
				if (spec.type !== field.type)
					await checkReverse(changes, table, whole, call);
				await check(table, spec, call, field);
				await updateField(table, whole, complete(whole, spec), call);
				fence.forget();
			},
		}),
		...(deleteField && {
			deleteField: async (table, field, call) => {
				const { raw } = await sightOf(table, call);
				const whole = raw.byId.get(field.id) ?? field;
				await checkReverse(changes, table, whole, call);
				await deleteField(table, whole, call);
				fence.forget();
			},
		}),
	};
}

function viewChanges({
	adapter,
	used,
	sightOf,
}: Changes): Pick<Adapter, "createView" | "updateView"> {
	const { createView, updateView, readView } = adapter;
	return {
		...(createView && {
			createView: async (table, spec, call) => {
				checkName(spec.name, used, []);
				const { hidden } = await sightOf(table, call);
				return pruneView(await createView(table, spec, call), hidden);
			},
		}),
		...(updateView && {
			updateView: async (table, view, change, call) => {
				if (change.name !== undefined && change.name !== view.name)
					checkName(change.name, used, []);
				const { hidden } = await sightOf(table, call);
				const whole =
					hidden.size === 0 || readView === undefined
						? view
						: await readView(table, view.id, call);
				const made = await updateView(
					table,
					view,
					keepingHidden(whole, change, hidden),
					call,
				);
				return pruneView(made, hidden);
			},
		}),
	};
}

/**
 * A change of a view that leaves alone what in it concerns hidden fields: they stay out of sight for everybody else.
 * @throws TablesError not_allowed where the filter or order that would be replaced looks at one.
 */
function keepingHidden(
	whole: View,
	change: ViewChange,
	hidden: ReadonlySet<string>,
): ViewChange {
	const replaces =
		(change.filter !== undefined &&
			mayDependOnHidden({ ...whole, sort: null, treeBy: null }, hidden)) ||
		(change.sort !== undefined &&
			mayDependOnHidden({ ...whole, filter: null, treeBy: null }, hidden)) ||
		(change.treeBy !== undefined && hidden.has(whole.treeBy ?? ""));
	if (replaces)
		throw new TablesError(
			"not_allowed",
			`the filter, order or tree of the view "${whole.name}" cannot be changed: the policy of this connection depends on it`,
			{ next: "Nothing was sent. Make another view with create_view." },
		);
	const kept = (whole.hiddenFields ?? []).filter((id) => hidden.has(id));
	return change.hiddenFields === undefined || kept.length === 0
		? change
		: { ...change, hiddenFields: [...(change.hiddenFields ?? []), ...kept] };
}

/** What was cut out of a link's settings goes back unchanged. */
function complete(whole: Field, spec: FieldSpec): FieldSpec {
	return spec.type === "link" && whole.type === "link"
		? { ...spec, settings: { ...whole.settings, ...spec.settings } }
		: spec;
}

/** A link leads to a table that the agent can see, and its other side gets a name that may be used there. */
async function checkField(
	{ fence, used }: Changes,
	base: string,
	{ settings }: FieldSpec,
	call: CallContext,
	own?: Field,
): Promise<void> {
	const { linkTable, reverseName } = settings;
	if (linkTable === undefined) return;
	if (
		linkTable === own?.settings.linkTable &&
		(reverseName === undefined || reverseName === own.settings.reverseName)
	)
		return;
	const other = await fence.see({ base, table: linkTable }, call);
	if (other === undefined) throw missingTable();
	if (reverseName !== undefined)
		checkName(
			reverseName,
			used,
			other.raw.fields.map(({ name }) => name),
		);
}

/** The other side of a two-way link goes with it: not where that is a hidden field. */
async function checkReverse(
	{ fence }: Changes,
	{ ref }: Table,
	{ name, settings }: Field,
	call: CallContext,
): Promise<void> {
	const { linkTable } = settings;
	if (linkTable === undefined || settings.twoWay !== true) return;
	const other = await fence.see({ base: ref.base, table: linkTable }, call);
	if (other === undefined || hidesReverse(other, settings))
		throw fixed("field", name);
}
