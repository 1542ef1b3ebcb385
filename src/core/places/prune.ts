import type { CallContext } from "../contract/call-context.js";
import type { Field, FieldSettings } from "../contract/field.js";
import type { FormInfo } from "../contract/forms.js";
import type { FilterInput, Table, View } from "../contract/table.js";
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
			.map(async (field) => ({
				...field,
				settings: await pruneSettings(raw, field, fence, call),
			})),
	);
	return {
		...raw,
		fields,
		byId: new Map(fields.map((field) => [field.id, field])),
		views: raw.views.map((view) => pruneView(view, hidden)),
	};
}

/** A link tells of the other table only if its titles may be seen, and of the other side only if that field may. */
async function pruneSettings(
	raw: Table,
	{ type, settings }: Field,
	fence: Fence,
	call: CallContext,
): Promise<FieldSettings> {
	const { linkTable, reverseName, reverseField, ...rest } = settings;
	if (type !== "link" || linkTable === undefined) return settings;
	const other = await fence.see({ base: raw.ref.base, table: linkTable }, call);
	const primary = other?.raw.fields.find((field) => field.primary);
	if (other === undefined || (primary && other.hidden.has(primary.id)))
		return rest;
	const reverse = other.raw.fields.find(({ id, name }) =>
		reverseField === undefined ? name === reverseName : id === reverseField,
	);
	if (reverse !== undefined && other.hidden.has(reverse.id))
		return { ...rest, linkTable };
	return settings;
}

/** A view without what it says about fields that do not exist for the agent. */
export function pruneView(view: View, hidden: ReadonlySet<string>): View {
	const shows = (id: string) => !hidden.has(id);
	return {
		...view,
		...(view.filter === undefined
			? {}
			: { filter: view.filter && pruneFilter(view.filter, shows) }),
		...(view.sort
			? { sort: view.sort.filter(({ field }) => shows(field)) }
			: {}),
		...(view.hiddenFields
			? { hiddenFields: view.hiddenFields.filter(shows) }
			: {}),
		...(view.treeBy ? { treeBy: shows(view.treeBy) ? view.treeBy : null } : {}),
	};
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
