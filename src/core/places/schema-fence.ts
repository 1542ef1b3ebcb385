import type { Adapter } from "../contract/adapter.js";
import type { CallContext } from "../contract/call-context.js";
import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import type { FieldSpec } from "../contract/schema.js";
import type { Table } from "../contract/table.js";
import { foldName } from "../values/names.js";
import { type Fence, missingTable, nameable, type Sight } from "./fence.js";
import { checkFormula } from "./formula-fence.js";
import { mentions, type Nameable, usedNames } from "./rules.js";

type SightOf = (table: Table, call: CallContext) => Promise<Sight>;

type Fenced =
	| "createTable"
	| "renameTable"
	| "deleteTable"
	| "createField"
	| "updateField"
	| "deleteField"
	| "createBase"
	| "updateBase";

/**
 * Changes of schema under a policy: what a rule names keeps its name, and no name that a rule uses, or that
 * something hidden bears, is given to anything else. All of it is decided before anything is sent.
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
	if (used.has(folded) || isTaken)
		throw new TablesError(
			"not_allowed",
			`the name "${name}" cannot be used here: it is taken, or the policy of this connection keeps it`,
			{ next: "Nothing was sent. Choose another name." },
		);
}

function fixed(what: string, name: string): TablesError {
	return new TablesError(
		"not_allowed",
		`the ${what} "${name}" cannot be renamed or deleted: the policy of this connection depends on it`,
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
					if (isMentioned(changes, base)) throw fixed("base", base.name ?? id);
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
	const checkFixed = (table: Table) => {
		if (isMentioned(changes, nameable(table)) || fence.isRuled(table.ref))
			throw fixed("table", table.name);
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
				checkFixed(table);
				await renameTable(table, name, call);
				fence.forget();
			},
		}),
		...(deleteTable && {
			deleteTable: async (table, call) => {
				checkFixed(table);
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
	if (linkTable === undefined || linkTable === own?.settings.linkTable) return;
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
	const { linkTable, reverseField, reverseName } = settings;
	if (linkTable === undefined || settings.twoWay !== true) return;
	const other = await fence.see({ base: ref.base, table: linkTable }, call);
	const reverse = other?.raw.fields.find((field) =>
		reverseField === undefined
			? field.name === reverseName
			: field.id === reverseField,
	);
	const hides =
		other === undefined ||
		(reverse !== undefined && other.hidden.has(reverse.id));
	if (hides) throw fixed("field", name);
}
