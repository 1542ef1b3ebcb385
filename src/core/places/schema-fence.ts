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
import { keepsOtherSide } from "./link-sides.js";
import {
	hidesReverse,
	mayDependOnHidden,
	pruneView,
	saysOfHidden,
} from "./prune.js";
import { mentions, type Nameable, nameable, usedNames } from "./rules.js";

type SightOf = (table: Table, call: CallContext) => Promise<Sight>;

type Fenced =
	| "createTable"
	| "renameTable"
	| "deleteTable"
	| "createField"
	| "updateField"
	| "deleteField"
	| "checkUpdateField"
	| "checkDelete"
	| "createView"
	| "updateView"
	| "deleteView"
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
	const { checkTable, ...tables } = tableChanges(changes);
	const { checkUpdate, checkField, ...fields } = fieldChanges(changes);
	return {
		...baseChanges(changes),
		...tables,
		...fields,
		checkUpdateField: async (table, field, spec, call) => {
			const { whole, complete } = await checkUpdate(table, field, spec, call);
			await adapter.checkUpdateField?.(table, whole, complete, call);
		},
		checkDelete: async (table, field, call) => {
			if (field === undefined) await checkTable(table, call);
			const whole = field && (await checkField(table, field, call));
			await adapter.checkDelete?.(table, whole, call);
		},
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

/** The failure of a deletion that would take something hidden along. */
export function fixed(what: string, name: string): TablesError {
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

function tableChanges(changes: Changes): Pick<
	Adapter,
	"createTable" | "renameTable" | "deleteTable"
> & {
	checkTable(table: Table, call: CallContext): Promise<void>;
} {
	const { adapter, fence, used, sightOf } = changes;
	const { createTable, renameTable, deleteTable } = adapter;
	const otherNames = async (base: string, call: CallContext, own?: string) =>
		(await fence.readTables(base, call))
			.filter(({ id }) => id !== own)
			.map(({ name }) => name);
	const isFixed = (table: Table) =>
		isMentioned(changes, nameable(table)) || fence.isRuled(table.ref);
	const checkTable = async (table: Table, call: CallContext) => {
		if (isFixed(table)) throw fixed("table", table.name);
		for (const field of (await sightOf(table, call)).raw.fields)
			await checkReverse(changes, table, field, call);
		if (adapter.deletedLinks.incoming === "go")
			await checkIncoming(changes, table, call);
	};
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
		checkTable,
		...(deleteTable && {
			deleteTable: async (table, call) => {
				await checkTable(table, call);
				await deleteTable(table, call);
				fence.forget();
			},
		}),
	};
}

function fieldChanges(changes: Changes): Pick<
	Adapter,
	"createField" | "updateField" | "deleteField"
> & {
	/** The field and what it is to be, with what is hidden of both. */
	checkUpdate(
		...change: Parameters<NonNullable<Adapter["updateField"]>>
	): Promise<{ readonly whole: Field; readonly complete: FieldSpec }>;
	/** The field that may be deleted, with what is hidden of it. */
	checkField(table: Table, field: Field, call: CallContext): Promise<Field>;
} {
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
	const wholeOf = async (table: Table, field: Field, call: CallContext) =>
		(await sightOf(table, call)).raw.byId.get(field.id) ?? field;
	const checkUpdate = async (
		table: Table,
		field: Field,
		spec: FieldSpec,
		call: CallContext,
	) => {
		const whole = await wholeOf(table, field, call);
		const completed = complete(whole, spec);
		if (!keepsOtherSide(whole, completed))
			await checkReverse(changes, table, whole, call);
		await check(table, spec, call, field);
		return { whole, complete: completed };
	};
	const checkDeleted = async (
		table: Table,
		field: Field,
		call: CallContext,
	) => {
		const whole = await wholeOf(table, field, call);
		await checkReverse(changes, table, whole, call);
		return whole;
	};
	return {
		checkUpdate,
		checkField: checkDeleted,
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
				const checked = await checkUpdate(table, field, spec, call);
				await updateField(table, checked.whole, checked.complete, call);
				fence.forget();
			},
		}),
		...(deleteField && {
			deleteField: async (table, field, call) => {
				await deleteField(table, await checkDeleted(table, field, call), call);
				fence.forget();
			},
		}),
	};
}

function viewChanges({
	adapter,
	used,
	sightOf,
}: Changes): Pick<Adapter, "createView" | "updateView" | "deleteView"> {
	const { createView, updateView, deleteView, readView } = adapter;
	/** A view with what it says about hidden fields. */
	const wholeOf = async (
		table: Table,
		view: View,
		hidden: ReadonlySet<string>,
		call: CallContext,
	) =>
		hidden.size === 0 || readView === undefined
			? view
			: readView(table, view.id, call);
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
				const whole = await wholeOf(table, view, hidden, call);
				const made = await updateView(
					table,
					view,
					keepingHidden(whole, change, hidden),
					call,
				);
				return pruneView(made, hidden);
			},
		}),
		...(deleteView && {
			deleteView: async (table, view, call) => {
				const { hidden } = await sightOf(table, call);
				const whole = await wholeOf(table, view, hidden, call);
				if (saysOfHidden(whole, hidden)) throw fixed("view", view.name);
				await deleteView(table, view, call);
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

/** One-way links to a table go with it: not where one is a hidden field. */
async function checkIncoming(
	{ fence }: Changes,
	{ ref, name }: Table,
	call: CallContext,
): Promise<void> {
	for (const { id } of await fence.readTables(ref.base, call)) {
		const other = await fence.see({ base: ref.base, table: id }, call);
		const isHeld = other?.raw.fields.some(
			(field) =>
				field.settings.linkTable === ref.table && other.hidden.has(field.id),
		);
		if (isHeld) throw fixed("table", name);
	}
}
