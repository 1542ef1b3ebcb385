import type { CallContext } from "../contract/call-context.js";
import type { Field } from "../contract/field.js";
import type { FormInfo } from "../contract/forms.js";
import type { FilterInput, SortInput, Table, View } from "../contract/table.js";
import { defined } from "../values/defined.js";
import type { Fence, Sight } from "./fence.js";

/** A table without what does not exist for the agent. */
export async function pruneTable(
	{ raw, hidden }: Sight,
	fence: Fence,
	call: CallContext,
): Promise<Table> {
	const fields = await Promise.all(
		raw.fields
			.filter(({ id }) => !hidden.has(id))
			.map((field) => pruneField(raw, field, fence, call)),
	);
	return {
		...raw,
		fields,
		byId: new Map(fields.map((field) => [field.id, field])),
		views: raw.views.map((view) => pruneView(view, hidden)),
	};
}

/**
 * A link shows the other table only if its titles may be seen, and of the other side only if that field may.
 * One that leads to a table that does not exist for the agent cannot be written: which ids there are would show.
 */
async function pruneField(
	raw: Table,
	field: Field,
	fence: Fence,
	call: CallContext,
): Promise<Field> {
	const { type, settings } = field;
	const {
		linkTable,
		reverseName: _name,
		reverseField: _field,
		...rest
	} = settings;
	if (type !== "link" || linkTable === undefined) return field;
	const other = await fence.see({ base: raw.ref.base, table: linkTable }, call);
	if (other === undefined)
		return { ...field, settings: rest, leadsTo: linkTable, readOnly: CLOSED };
	const primary = other.raw.fields.find((candidate) => candidate.primary);
	if (primary && other.hidden.has(primary.id))
		return { ...field, settings: rest, leadsTo: linkTable };
	return hidesReverse(other, settings)
		? { ...field, settings: { ...rest, linkTable } }
		: field;
}

/** Is the other side of a link a hidden field of `other`, the table that it leads to? */
export function hidesReverse(
	other: Sight,
	{ reverseField, reverseName }: Field["settings"],
): boolean {
	const reverse = other.raw.fields.find(({ id, name }) =>
		reverseField === undefined ? name === reverseName : id === reverseField,
	);
	return reverse !== undefined && other.hidden.has(reverse.id);
}

const CLOSED =
	"the table that it links to is not one that this connection shows";

/** A view without what it says about fields that do not exist for the agent. */
export function pruneView(view: View, hidden: ReadonlySet<string>): View {
	const shows = (id: string) => !hidden.has(id);
	return {
		...view,
		...defined({ filter: view.filter && pruneFilter(view.filter, shows) }),
		...(view.sort ? { sort: pruneSort(view.sort, shows) } : {}),
		...(view.hiddenFields
			? { hiddenFields: view.hiddenFields.filter(shows) }
			: {}),
		...(view.treeBy ? { treeBy: shows(view.treeBy) ? view.treeBy : null } : {}),
	};
}

function pruneSort(
	sort: readonly SortInput[],
	shows: (id: string) => boolean,
): readonly SortInput[] | null {
	const kept = sort.filter(({ field }) => shows(field));
	return kept.length === 0 ? null : kept;
}

/** Does the view's filter, order or tree depend on a hidden field, or is that not known? */
export function mayDependOnHidden(
	{ filter, sort, treeBy }: View,
	hidden: ReadonlySet<string>,
): boolean {
	if (hidden.size === 0) return false;
	if (filter === undefined) return true;
	const conditions = [
		...(filter?.conditions ?? []),
		...(filter?.groups ?? []).flatMap((group) => group.conditions),
	];
	return [
		...conditions.flatMap(({ field, other_field }) => [field, other_field]),
		...(sort ?? []).map(({ field }) => field),
		treeBy,
	].some((id) => id === "*" || hidden.has(id ?? ""));
}

/** Does the definition of the view name a hidden field anywhere, or is that not known? */
export function saysOfHidden(view: View, hidden: ReadonlySet<string>): boolean {
	return (
		mayDependOnHidden(view, hidden) ||
		(view.hiddenFields ?? []).some((id) => hidden.has(id))
	);
}

function pruneFilter(
	filter: FilterInput,
	shows: (id: string) => boolean,
): FilterInput | null {
	const keep = (conditions: FilterInput["conditions"]) =>
		conditions.filter(
			({ field, other_field }) =>
				shows(field) && (other_field === undefined || shows(other_field)),
		);
	const conditions = keep(filter.conditions);
	const groups = (filter.groups ?? [])
		.map((group) => ({ ...group, conditions: keep(group.conditions) }))
		.filter((group) => group.conditions.length > 0);
	return conditions.length + groups.length === 0
		? null
		: { ...filter, conditions, groups };
}

/** A form without the questions of fields that do not exist for the agent. */
export function pruneForm(form: FormInfo, table: Table): FormInfo {
	return {
		...form,
		questions: form.questions.filter(({ field }) => table.byId.has(field)),
	};
}
