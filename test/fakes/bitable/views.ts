import {
	type Call,
	isJson,
	type Json,
	optionalText,
	pageById,
	paged,
} from "./call.js";
import { Refusal } from "./codes.js";
import { kind } from "./field-kinds.js";
import { compileCondition } from "./filter.js";
import {
	type Condition,
	type Form,
	type Table,
	VIEW_TYPES,
	type View,
	type ViewType,
} from "./model.js";
import { idOf } from "./reading.js";
import { sightOf } from "./sight.js";
import {
	changed,
	FIXED_LIMITS,
	isVisible,
	type Store,
	viewAt,
} from "./store.js";

export function newView(
	store: Store,
	table: Table,
	given: {
		readonly name: string;
		readonly type?: ViewType;
		readonly id?: string;
		readonly level?: View["publicLevel"];
		readonly privateOwner?: string;
	},
): View {
	const type = given.type ?? "grid";
	const view: View = {
		id: given.id ?? store.identifiers.next("vew"),
		name: given.name,
		type,
		publicLevel: given.level ?? "Public",
		privateOwner: given.privateOwner,
		filter: null,
		hiddenFields: null,
		hierarchyField: null,
		sort: [],
		createdAtMs: store.clock.now(),
	};
	if (type === "form") view.form = newForm(store, table);
	table.views.set(view.id, view);
	return view;
}

/** A fresh form asks for every field that people can fill. */
function newForm(store: Store, table: Table): Form {
	return {
		description: "",
		shared: false,
		sharedUrl: `${store.site}/share/base/${store.identifiers.next("shrcn")}`,
		sharedLimit: "off",
		submitLimitOnce: false,
		upgraded: false,
		questions: [...table.fields.values()]
			.filter((field) => kind(field).writable)
			.map((field) => ({
				fieldId: field.id,
				title: field.name,
				description: "",
				required: false,
				visible: true,
			})),
	};
}

/** @throws Refusal 1254020 duplicate, 1254021 empty, 1254022 invalid */
function checkedName(table: Table, given: unknown, self?: View): string {
	if (typeof given !== "string") throw new Refusal(1254021);
	const name = given.trim();
	if (name === "") throw new Refusal(1254021);
	if (name.length > 100 || /[[\]]/.test(name)) throw new Refusal(1254022);
	for (const view of table.views.values())
		if (view !== self && view.name === name) throw new Refusal(1254020);
	return name;
}

const brief = (view: View): Json => ({
	view_id: view.id,
	view_name: view.name,
	view_type: view.type,
});

export function listViews(call: Call): Json {
	const { store, table } = call;
	const views = [...table.views.values()].filter((view) =>
		isVisible(store, view.createdAtMs),
	);
	return paged(
		pageById(call, views, (view) => view.id, 20, 100),
		(view) => {
			const owner = store.people.get(view.privateOwner ?? "");
			return {
				...brief(view),
				view_public_level: view.publicLevel,
				...(owner === undefined
					? {}
					: { view_private_owner_id: idOf(owner, call.idKind) }),
			};
		},
	);
}

export function createView(call: Call): Json {
	const { store, base, table, body } = call;
	const name = checkedName(table, body.view_name);
	const type = body.view_type ?? "grid";
	if (typeof type !== "string" || !isViewType(type)) throw new Refusal(1254019);
	if (table.views.size >= FIXED_LIMITS.views) throw new Refusal(1254101);
	const view = newView(store, table, { name, type });
	changed(base, table);
	return { view: brief(view) };
}

function isViewType(type: string): type is ViewType {
	return (VIEW_TYPES as readonly string[]).includes(type);
}

function shownView(table: Table, view: View): Json {
	return {
		view: {
			...brief(view),
			property: {
				filter_info:
					view.filter === null
						? null
						: {
								condition_omitted: null,
								conditions: view.filter.conditions.map((condition) =>
									shownCondition(table, condition),
								),
								conjunction: view.filter.conjunction,
							},
				hidden_fields: view.hiddenFields,
				hierarchy_config:
					view.hierarchyField === null
						? null
						: { field_id: view.hierarchyField },
			},
		},
	};
}

function shownCondition(table: Table, condition: Condition): Json {
	const type = table.fields.get(condition.field_id)?.type;
	return {
		condition_id: condition.condition_id,
		field_id: condition.field_id,
		...(type === undefined ? {} : { field_type: type }),
		operator: condition.operator,
		...(condition.values === null
			? {}
			: { value: JSON.stringify(condition.values) }),
	};
}

export function getView(call: Call): Json {
	const { store, table } = call;
	return shownView(table, viewAt(store, table, call.at.view_id ?? ""));
}

/** What is absent stays, null clears. */
export function patchView(call: Call): Json {
	const { store, base, table, body } = call;
	const view = viewAt(store, table, call.at.view_id ?? "");
	const name =
		body.view_name === undefined || body.view_name === null
			? view.name
			: checkedName(table, body.view_name, view);
	const property = body.property ?? {};
	if (!isJson(property)) throw new Refusal(1254001);
	const filter =
		property.filter_info === undefined
			? view.filter
			: checkedFilter(call, property.filter_info);
	const hidden =
		property.hidden_fields === undefined
			? view.hiddenFields
			: checkedHidden(store, table, property.hidden_fields);
	const hierarchy =
		property.hierarchy_config === undefined
			? view.hierarchyField
			: checkedHierarchy(table, view, property.hierarchy_config);
	view.name = name;
	view.filter = filter;
	view.hiddenFields = hidden;
	view.hierarchyField = hierarchy;
	changed(base, table);
	return shownView(table, view);
}

function checkedFilter(call: Call, given: unknown): View["filter"] {
	if (given === null) return null;
	if (!isJson(given)) throw new Refusal(1254018);
	const { conjunction = "and", conditions = [] } = given;
	if (conjunction !== "and" && conjunction !== "or") throw new Refusal(1254018);
	if (
		!Array.isArray(conditions) ||
		conditions.length > FIXED_LIMITS.viewConditions
	)
		throw new Refusal(1254018);
	const checked = conditions.map((condition) =>
		checkedCondition(call, condition),
	);
	return checked.length === 0 ? null : { conjunction, conditions: checked };
}

function checkedCondition(call: Call, given: unknown): Condition {
	const { store, table } = call;
	if (!isJson(given)) throw new Refusal(1254018);
	const { field_id: fieldId, operator = "is", value } = given;
	if (typeof fieldId !== "string" || typeof operator !== "string")
		throw new Refusal(1254018);
	const field = table.fields.get(fieldId);
	if (field === undefined) throw new Refusal(1254044);
	const values = decodedValue(value);
	if (
		field.options.length > 0 &&
		values?.some((id) => !field.optionsById.has(String(id)))
	)
		throw new Refusal(
			1254018,
			`The options of '${field.name}' are named by id.`,
		);
	compileCondition(
		{ sight: sightOf(call), idKind: call.idKind, optionsBy: "id" },
		field,
		operator,
		values ?? [],
	);
	return {
		condition_id: store.identifiers.next("con"),
		field_id: fieldId,
		operator,
		values:
			values !== null && values[0] === "ExactDate"
				? [values[0], Number(values[1])]
				: values,
	};
}

/** A text that holds a JSON array of texts. */
function decodedValue(value: unknown): (string | number)[] | null {
	if (value === undefined || value === null) return null;
	if (typeof value !== "string") throw new Refusal(1254018);
	let list: unknown;
	try {
		list = JSON.parse(value);
	} catch {
		throw new Refusal(1254018);
	}
	if (!Array.isArray(list) || list.some((each) => typeof each !== "string"))
		throw new Refusal(1254018);
	return list.length === 0 ? null : (list as string[]);
}

function checkedHidden(
	store: Store,
	table: Table,
	given: unknown,
): readonly string[] | null {
	if (given === null) return null;
	if (!Array.isArray(given)) throw new Refusal(1254001);
	if (given.length > store.limits().hiddenFields) throw new Refusal(1254001);
	for (const id of given)
		if (typeof id !== "string" || !table.fields.has(id))
			throw new Refusal(1254044);
	return given.length === 0 ? null : (given as string[]);
}

function checkedHierarchy(
	table: Table,
	view: View,
	given: unknown,
): string | null {
	if (given === null) return null;
	if (!isJson(given)) throw new Refusal(1254001);
	const id = optionalText(given, "field_id");
	if (id === undefined) return null;
	const field = table.fields.get(id);
	if (field === undefined) throw new Refusal(1254044);
	if (view.type !== "grid" || field.linkTable === undefined)
		throw new Refusal(1254012);
	return id;
}

export function deleteView(call: Call): Json {
	const { store, base, table } = call;
	const view = viewAt(store, table, call.at.view_id ?? "");
	if (table.views.size === 1) throw new Refusal(1254023);
	table.views.delete(view.id);
	changed(base, table);
	return {};
}
