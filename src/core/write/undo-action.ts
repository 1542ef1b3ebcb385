import type {
	Action,
	Deed,
	FieldState,
	Made,
	ViewState,
} from "../contract/actions.js";
import {
	act,
	asksLately,
	type Consent,
	type Question,
	tablePlace,
} from "../contract/consent.js";
import { TablesError } from "../contract/errors.js";
import type { Field, FieldSettings, SelectOption } from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { FieldSpec } from "../contract/schema.js";
import type { Session } from "../contract/session.js";
import type { FilterInput, View } from "../contract/table.js";
import type { ViewChange } from "../contract/views.js";
import { need } from "../places/capability.js";
import { type Located, locate, openView } from "../places/locate.js";
import { forget } from "../places/schema-cache.js";
import { readRows } from "../read/read.js";
import { defined } from "../values/defined.js";
import { type CarriedOut, carryOut } from "./carry-out.js";
import { changeField } from "./change-field.js";
import {
	actionStatus,
	changedSettings,
	describeDeed,
} from "./describe-action.js";
import { filterOf } from "./matching-records.js";
import { viewState } from "./states.js";
import {
	finalReason,
	namesIn,
	referenceOf,
	type SeenAction,
	visibleActions,
} from "./visible-changes.js";

/** What taking an action back takes. */
interface Step {
	/** What is done, in words. */
	readonly says: string;
	/** What a person is asked before; absent: nothing of others is lost. */
	readonly question?: Pick<Question, "action" | "expected" | "about">;
	send(consent: Consent | undefined): Promise<CarriedOut<unknown>>;
}

/** What is known when an action is taken back. */
interface Undoing {
	readonly session: Session;
	readonly running: Running;
	readonly located: Located;
	readonly action: Action;
	readonly made: Made;
}

/** An action that was taken back, or would be. */
export interface UndoneAction {
	/** null: a dry run. */
	readonly change: string | null;
	readonly says: string;
	readonly notes: readonly string[];
}

/**
 * Takes back what a tool did to a table, a field or a view, unless it was changed since. What others have put into it
 * is lost only if a person agrees.
 * @throws TablesError unsupported with the reason, conflict, bad_argument, not_found, declined.
 */
export async function undoAction(
	session: Session,
	seen: SeenAction,
	given: { readonly dryRun: boolean; readonly confirm?: string | undefined },
	running: Running,
): Promise<UndoneAction> {
	const { action } = seen;
	await checkUndoable(session, seen, running);
	const reference = referenceOf(action);
	if (reference === undefined) throw gone(action, "its table");
	const located = await locate(session, reference, running, { maxAgeMs: 0 });
	const undoing = {
		session,
		running,
		located,
		action,
		made: action.end?.made ?? {},
	};
	const step = await stepOf(undoing);
	if (given.dryRun)
		return {
			change: null,
			says: `would have ${step.says}`,
			notes:
				step.question === undefined
					? []
					: [
							`a person is asked before: ${step.question.action} (confirm: "${step.question.expected}")`,
						],
		};
	const place = tablePlace(located);
	const question =
		step.question ??
		((await asksLately(session, place))
			? {
					action: act`take back a change of ${located.table.name}`,
					expected: located.table.name,
				}
			: undefined);
	const consent =
		question &&
		(await running.confirm({
			kind: "undo_made",
			place,
			given: given.confirm,
			...question,
		}));
	const done = await step.send(consent);
	return { change: done.change, says: step.says, notes: done.notes };
}

/** @throws TablesError where the action's kind, or how it ended, leaves nothing that can be taken back. */
async function checkUndoable(
	session: Session,
	seen: SeenAction,
	running: Running,
): Promise<void> {
	const { action } = seen;
	const { start, end } = action;
	const what = describeDeed(start.deed, namesIn(session, seen));
	if (end === undefined)
		throw new TablesError(
			"conflict",
			`change ${start.change} (${what}) is ${actionStatus(action, referenceOf(action))}`,
		);
	if (end.outcome === "failed")
		throw new TablesError(
			"bad_argument",
			`change ${start.change} was refused: there is nothing to undo`,
		);
	const earlier = (await visibleActions(session, running)).find(
		({ action: other }) =>
			other.start.undoes === start.change && other.end?.outcome === "done",
	);
	if (earlier !== undefined)
		throw new TablesError(
			"bad_argument",
			`change ${start.change} was undone already by ${earlier.action.start.change}`,
			{ next: "Undo that one to bring it back." },
		);
	const reason = finalReason(start.deed);
	if (reason !== undefined) throw cannot(action, reason);
	if (session.connections.get(start.connection)?.undo === false)
		throw new TablesError(
			"unsupported",
			`undo is off for the connection ${start.connection}`,
			{
				next: "A person sets `undo` in the configuration; it counts for later changes.",
			},
		);
}

function cannot({ start }: Action, reason: string): TablesError {
	return new TablesError(
		"unsupported",
		`change ${start.change} cannot be undone: ${reason}`,
		{ next: "Nothing was sent." },
	);
}

function gone({ start }: Action, what: string): TablesError {
	return new TablesError(
		"not_found",
		`change ${start.change} cannot be undone: ${what} is gone`,
		{ next: "Call describe_fields or list_tables for what there is." },
	);
}

function changedSince({ start }: Action, what: string): TablesError {
	return new TablesError(
		"conflict",
		`change ${start.change} cannot be undone: ${what} since`,
		{ next: "Nothing was sent. Ask the person what it should be now." },
	);
}

function stepOf(undoing: Undoing): Promise<Step> {
	const { deed } = undoing.action.start;
	switch (deed.kind) {
		case "create_table":
			return dropTable(undoing, deed);
		case "rename_table":
			return renameBack(undoing, deed);
		case "create_field":
			return dropField(undoing, deed);
		case "update_field":
			return fieldBack(undoing, deed);
		case "create_view":
			return dropView(undoing, deed);
		case "update_view":
			return viewBack(undoing, deed);
		default:
			throw cannot(undoing.action, finalReason(deed) ?? "there is no way back");
	}
}

type Of<Kind extends Deed["kind"]> = Extract<Deed, { readonly kind: Kind }>;

/** An undo is an action of its own. */
function again(
	{ session, action, located }: Undoing,
	deed: Deed,
	consent: Consent | undefined,
	send: () => Promise<Made | undefined>,
): Promise<CarriedOut<unknown>> {
	const { connection, table } = located;
	return carryOut(
		session,
		{
			tool: "undo_change",
			place: located,
			deed,
			undoes: action.start.change,
			consent,
		},
		async () => {
			try {
				const made = await send();
				return {
					value: undefined,
					...(made === undefined ? {} : { made: () => made }),
				};
			} finally {
				const isWide =
					deed.kind === "delete_table" || deed.kind === "delete_field";
				forget(session, connection.name, isWide ? undefined : table.ref);
			}
		},
	);
}

/** Rows with anything in one of these fields; all rows where none is named. */
async function countRows(
	{ located, session, running }: Undoing,
	field?: Field,
): Promise<number> {
	const filter =
		field === undefined
			? undefined
			: (
					await filterOf(
						session,
						located,
						{
							match: "all",
							conditions: [
								field.type === "checkbox"
									? { field: field.id, op: "is", value: true }
									: { field: field.id, op: "is_not_empty" },
							],
						},
						running,
					)
				).filter;
	let count = 0;
	for await (const rows of readRows(
		located,
		{ fields: [], ...defined({ filter }) },
		running.call,
	))
		count += rows.length;
	return count;
}

async function dropTable(
	undoing: Undoing,
	deed: Of<"create_table">,
): Promise<Step> {
	const { located, running, made } = undoing;
	const { table } = located;
	const remove = need(located, "deleteTable");
	const records = await countRows(undoing);
	const more =
		table.name !== deed.name ||
		hasMore(table.fields, made.fields) ||
		hasMore(table.views, made.views);
	const counted = { count: records, noun: "record" };
	return {
		says: `deleted the table "${table.name}", which it had made`,
		...(records > 0 || more
			? {
					question: {
						action: act`delete the table ${table.name} with ${counted} and all that was put into it since it was made`,
						expected: table.name,
						about: [table.ref.table, records],
					},
				}
			: {}),
		send: (consent) =>
			again(
				undoing,
				{ kind: "delete_table", name: table.name },
				consent,
				async () => {
					await remove(table, running.call);
					return undefined;
				},
			),
	};
}

function hasMore(
	now: readonly { readonly id: string }[],
	then: readonly string[] | undefined,
): boolean {
	return then !== undefined && now.some(({ id }) => !then.includes(id));
}

async function renameBack(
	undoing: Undoing,
	{ from, to }: Of<"rename_table">,
): Promise<Step> {
	const { located, running, action } = undoing;
	const { table } = located;
	const rename = need(located, "renameTable");
	if (table.name !== to)
		throw changedSince(action, `the table was renamed to "${table.name}"`);
	return {
		says: `renamed the table "${to}" back to "${from}"`,
		send: (consent) =>
			again(
				undoing,
				{ kind: "rename_table", from: to, to: from },
				consent,
				async () => {
					await rename(table, from, running.call);
					return undefined;
				},
			),
	};
}

async function dropField(
	undoing: Undoing,
	deed: Of<"create_field">,
): Promise<Step> {
	const { located, running, action, made } = undoing;
	const { table } = located;
	const field = made.id === undefined ? undefined : table.byId.get(made.id);
	if (field === undefined) throw gone(action, `the field "${deed.name}"`);
	const remove = need(located, "deleteField");
	const filled =
		field.readOnly === undefined ? await countRows(undoing, field) : 0;
	const isOther = field.name !== deed.name || field.type !== deed.type;
	return {
		says: `deleted the field "${field.name}", which it had made`,
		...(filled > 0 || isOther
			? {
					question: {
						action: act`delete the field ${field.name} of ${table.name}, which was filled in or changed since it was made, with its cells in ${{ count: filled, noun: "record" }}`,
						expected: field.name,
						about: [field.id, filled],
					},
				}
			: {}),
		send: (consent) =>
			again(
				undoing,
				{ kind: "delete_field", name: field.name, id: field.id },
				consent,
				async () => {
					await remove(table, field, running.call);
					return undefined;
				},
			),
	};
}

async function fieldBack(
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
	const holders =
		added.length === 0 ? 0 : await countHolders(undoing, field, added);
	const spec = formerSpec(deed, after, field);
	const names = added.map(({ name }) => name);
	return {
		says: `changed the field "${field.name}" back${field.name === spec.name ? "" : ` to "${spec.name}"`}`,
		...(holders > 0
			? {
					question: {
						action: act`remove the options ${names} of ${field.name} of ${located.table.name}, which ${{ count: holders, noun: "record" }} hold`,
						expected: field.name,
						about: [field.id, holders],
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

async function countHolders(
	{ session, located, running }: Undoing,
	field: Field,
	options: readonly SelectOption[],
): Promise<number> {
	const { filter } = await filterOf(
		session,
		located,
		{
			match: "any",
			conditions: options.map(({ name }) => ({
				field: field.id,
				op: field.type === "multi_select" ? "contains" : "is",
				value: name,
			})),
		},
		running,
	);
	let count = 0;
	for await (const rows of readRows(
		located,
		{ fields: [], filter },
		running.call,
	))
		count += rows.length;
	return count;
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

async function dropView(
	undoing: Undoing,
	deed: Of<"create_view">,
): Promise<Step> {
	const { located, running, action, made } = undoing;
	const { table } = located;
	const known = table.views.find(({ id }) => id === made.id);
	if (known === undefined) throw gone(action, `the view "${deed.name}"`);
	const remove = need(located, "deleteView");
	const view = await openView(located, known.id, running.call);
	const isChanged =
		made.view !== undefined && differs(view, made.view, VIEW_PARTS).length > 0;
	return {
		says: `deleted the view "${view.name}", which it had made`,
		...(isChanged
			? {
					question: {
						action: act`delete the view ${view.name} of ${table.name}, which was changed since it was made`,
						expected: view.name,
						about: view.id,
					},
				}
			: {}),
		send: (consent) =>
			again(
				undoing,
				{ kind: "delete_view", name: view.name, id: view.id },
				consent,
				async () => {
					await remove(table, view, running.call);
					return undefined;
				},
			),
	};
}

const VIEW_PARTS = [
	"name",
	"filter",
	"sort",
	"hiddenFields",
	"treeBy",
] as const;

/** Parts that the two do not share, as far as both are known. */
function differs(
	now: View | ViewState,
	then: ViewState,
	parts: readonly (keyof ViewState)[],
): readonly string[] {
	const value = (part: unknown) =>
		JSON.stringify(
			Array.isArray(part) && part.length === 0 ? null : (part ?? null),
		);
	return parts.filter(
		(part) =>
			then[part] !== undefined &&
			now[part] !== undefined &&
			value(now[part]) !== value(then[part]),
	);
}

async function viewBack(
	undoing: Undoing,
	{ view: id, from, parts }: Of<"update_view">,
): Promise<Step> {
	const { located, running, action, made } = undoing;
	const { table } = located;
	if (!table.views.some((view) => view.id === id))
		throw gone(action, `the view "${made.view?.name ?? from.name}"`);
	const update = need(located, "updateView");
	const view = await openView(located, id, running.call);
	const changed =
		made.view === undefined ? [] : differs(view, made.view, parts);
	if (changed.length > 0)
		throw changedSince(action, `${changed.join(", ")} of the view changed`);
	const change = await formerView(undoing, from, parts);
	return {
		says: `changed the view "${view.name}" back: ${parts.join(", ")}`,
		send: (consent) =>
			again(
				undoing,
				{ kind: "update_view", view: id, from: viewState(view), parts },
				consent,
				async () => ({
					view: viewState(await update(table, view, change, running.call)),
				}),
			),
	};
}

/** @throws TablesError not_found where the view rested on a field that is gone. */
async function formerView(
	{ session, located, running, action }: Undoing,
	from: ViewState,
	parts: readonly (keyof ViewState)[],
): Promise<ViewChange> {
	const { byId } = located.table;
	const isThere = (id: string) =>
		byId.has(id) || id.startsWith("$") || id === "*";
	const named = [
		...(parts.includes("filter") && from.filter ? fieldsOf(from.filter) : []),
		...(parts.includes("sort")
			? (from.sort ?? []).map(({ field }) => field)
			: []),
		...(parts.includes("treeBy") && from.treeBy ? [from.treeBy] : []),
	];
	if (!named.every(isThere)) throw gone(action, "a field that the view used");
	const hidden = (from.hiddenFields ?? []).filter((id) => byId.has(id));
	const filter =
		parts.includes("filter") && from.filter
			? (await filterOf(session, located, from.filter, running)).filter
			: null;
	const former = {
		name: from.name,
		filter,
		sort: from.sort ?? null,
		hiddenFields: hidden.length === 0 ? null : hidden,
		treeBy: from.treeBy ?? null,
	};
	return Object.fromEntries(
		Object.entries(former).filter(([part]) =>
			parts.includes(part as keyof ViewState),
		),
	) as ViewChange;
}

function fieldsOf({ conditions, groups = [] }: FilterInput): readonly string[] {
	return [
		...conditions,
		...groups.flatMap((group) => group.conditions),
	].flatMap(({ field, other_field }) => [
		field,
		...(other_field === undefined ? [] : [other_field]),
	]);
}
