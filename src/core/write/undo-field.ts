import type { FieldState } from "../contract/actions.js";
import { act, andSo, linkedPlaces } from "../contract/consent.js";
import type { Field, FieldSettings, SelectOption } from "../contract/field.js";
import type { FieldSpec } from "../contract/schema.js";
import type { FilterInput } from "../contract/table.js";
import { need } from "../places/capability.js";
import { defined } from "../values/defined.js";
import { changeField } from "./change-field.js";
import { checkDelete } from "./check-change.js";
import { changedSettings, renamedOptions } from "./describe-action.js";
import { lostFrom, lostWithOptions } from "./look-again.js";
import { lossWithField } from "./other-sides.js";
import { fieldStanding, type Most } from "./standing.js";
import { fieldState } from "./states.js";
import { holdersOf } from "./undo-options.js";
import {
	again,
	changedSince,
	countedFor,
	gone,
	type Of,
	type Step,
	type Undoing,
} from "./undo-step.js";

/** A field that was made is deleted; a person is asked where it was filled in. */
export async function dropField(
	undoing: Undoing,
	deed: Of<"create_field">,
): Promise<Step> {
	const { located, running, action, made } = undoing;
	const { table } = located;
	const field = made.id === undefined ? undefined : table.byId.get(made.id);
	if (field === undefined) throw gone(action, `the field "${deed.name}"`);
	const remove = need(located, "deleteField");
	await checkDelete(located, field, running.call);
	const records = await filledNow(undoing, field);
	const links = await lossWithField(undoing.session, located, field, running);
	const isOther = field.name !== deed.name || field.type !== deed.type;
	return {
		says: `deleted the field "${field.name}", which it had made`,
		notes: links.notes,
		also: links.places,
		standing: fieldStanding(table, field, links, records),
		...(records.count !== 0 || isOther
			? {
					question: {
						action: andSo(
							act`delete the field ${field.name} of ${table.name}, which was filled in or changed since it was made, with its cells`,
							records.count === undefined
								? undefined
								: act` in ${{ count: records.count, noun: "record" }}`,
							links.question,
						),
						expected: field.name,
						about: [field.id, records.count, links.about],
					},
				}
			: {}),
		send: (consent) =>
			again(
				undoing,
				{
					deed: { kind: "delete_field", name: field.name, id: field.id },
					consent,
				},
				() => remove(table, field, running.call),
			),
	};
}

/** Records whose cell somebody has filled in. */
function filledNow(undoing: Undoing, field: Field): Promise<Most> {
	const noun = "filled cells";
	return field.readOnly === undefined
		? countedFor(undoing, {
				input: filled(field),
				noun,
				losing: lostFrom(undoing.located, [field]),
			})
		: Promise.resolve({ count: 0, noun, held: async () => new Map() });
}

/** Finds the records with anything in a field. */
function filled({ id, type }: Field): FilterInput {
	return {
		match: "all",
		conditions: [
			type === "checkbox"
				? { field: id, op: "is", value: true }
				: { field: id, op: "is_not_empty" },
		],
	};
}

/** What was set in a field is as before, if it still is as it was set. */
export async function fieldBack(
	undoing: Undoing,
	deed: Of<"update_field">,
): Promise<Step> {
	const { session, located, running, action, made } = undoing;
	const field = located.table.byId.get(deed.field);
	if (field === undefined) throw gone(action, `the field "${deed.to.name}"`);
	need(located, "updateField");
	const after = made.field ?? deed.to;
	const differing = differingParts(deed.from, after, field);
	if (differing.length > 0)
		throw changedSince(
			action,
			`${differing.join(", ")} of "${field.name}" changed`,
		);
	const added = addedOptions(deed.from, after, field);
	const names = added.map(({ name }) => name);
	const holders =
		names.length === 0
			? undefined
			: await countedFor(undoing, {
					input: holdersOf(field, names),
					losing: lostWithOptions(field, names),
					noun: "records that lose a value",
				});
	const spec = formerSpec(deed, after, field);
	return {
		says: [
			`changed the field "${field.name}" back${field.name === spec.name ? "" : ` to "${spec.name}"`}`,
			...renamedOptions(field, deed.from).map(
				([was, is]) => `option "${was}" to "${is}"`,
			),
		].join(", "),
		also: linkedPlaces(located, [field]),
		standing: {
			same: { table: located.table.name, ...fieldState(field) },
			...defined({ most: holders }),
		},
		...(holders !== undefined && holders.count !== 0
			? {
					question: {
						action: andSo(
							act`remove the options ${names} of ${field.name} of ${located.table.name}, which `,
							holders.count === undefined
								? act`records may hold`
								: act`${{ count: holders.count, noun: "record" }} hold`,
						),
						expected: field.name,
						about: [field.id, holders.count],
					},
				}
			: {}),
		send: (consent) =>
			changeField(
				session,
				located,
				{
					tool: "undo_change",
					field,
					spec,
					consent,
					undoes: action.start.change,
				},
				running,
			),
	};
}

/** Parts that the change has set and that are not any more as it left them. */
function differingParts(
	from: FieldState,
	after: FieldState,
	now: Field,
): readonly string[] {
	const set = changedSettings(from, after).filter((key) => key !== "options");
	const unlike = new Set(changedSettings(after, now));
	const renamed = (after.settings.options ?? []).filter((option) =>
		(from.settings.options ?? []).some(
			({ id, name }) => id === option.id && name !== option.name,
		),
	);
	const names = new Map(
		now.settings.options?.map(({ id, name }) => [id, name]),
	);
	return [
		...(from.name !== after.name && now.name !== after.name
			? ["the name"]
			: []),
		...(now.type === after.type ? [] : ["the type"]),
		...(from.description !== after.description &&
		now.description !== after.description
			? ["the description"]
			: []),
		...set.filter((key) => unlike.has(key)),
		...renamed
			.filter(({ id, name }) => names.get(id) !== name)
			.map(({ name }) => `the option "${name}"`),
	];
}

/** Options that the change has added, and that are still there. */
function addedOptions(
	from: FieldState,
	after: FieldState,
	now: Field,
): readonly SelectOption[] {
	const before = new Set(from.settings.options?.map(({ id }) => id));
	const names = new Set(
		(after.settings.options ?? [])
			.filter(({ id }) => id === "" || !before.has(id))
			.map(({ name }) => name),
	);
	return (now.settings.options ?? []).filter(
		({ id, name }) => !before.has(id) && names.has(name),
	);
}

/** The field as it is, with what the change had set as it was before. */
function formerSpec(
	{ from }: Of<"update_field">,
	after: FieldState,
	now: Field,
): FieldSpec {
	const settings: Record<string, unknown> = { ...now.settings };
	for (const key of changedSettings(from, after)) {
		const value = from.settings[key as keyof FieldSettings];
		if (key === "options") settings.options = formerOptions(from, after, now);
		else if (value === undefined) delete settings[key];
		else settings[key] = value;
	}
	const description =
		from.description === after.description ? now.description : from.description;
	return {
		name: from.name === after.name ? now.name : from.name,
		type: from.type,
		settings: settings as FieldSettings,
		...defined({ description }),
	};
}

/** Those that others have added stay; those that the change added go; names and colours are as before. */
function formerOptions(
	from: FieldState,
	after: FieldState,
	now: Field,
): readonly SelectOption[] {
	const before = new Map(from.settings.options?.map((one) => [one.id, one]));
	const added = new Set(addedOptions(from, after, now).map(({ name }) => name));
	return (now.settings.options ?? []).flatMap((option) => {
		const former = before.get(option.id);
		if (former !== undefined) return [former];
		return added.has(option.name) ? [] : [option];
	});
}
