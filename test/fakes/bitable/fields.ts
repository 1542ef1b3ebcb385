import {
	type Call,
	isJson,
	type Json,
	listOf,
	optionalText,
	pageById,
	paged,
	queryFlag,
} from "./call.js";
import { Refusal } from "./codes.js";
import { convertCell } from "./conversion.js";
import {
	checkedProperty,
	isLink,
	isSelect,
	kind,
	kindOf,
} from "./field-kinds.js";
import type { Base, Field, Option, Table } from "./model.js";
import { setCell } from "./rows.js";
import {
	changed,
	FIXED_LIMITS,
	fieldAt,
	fieldNamed,
	isVisible,
	type Store,
	viewAt,
} from "./store.js";
import { addOptions } from "./writing.js";

/** A field that was checked but not made. */
export interface FieldPlan {
	readonly name: string;
	readonly type: number;
	readonly uiType: string;
	readonly property: Json | null;
	/** Without ids: new ones. */
	readonly options: readonly {
		readonly id?: string;
		readonly name: string;
		readonly color?: number;
	}[];
	readonly description: Field["description"];
	readonly linkTable?: string;
	readonly backName?: string;
}

const MOST_NAME = 1_000;

/** @throws Refusal 1254028 empty, 1254029 invalid */
function checkedName(given: unknown): string {
	if (given !== undefined && given !== null && typeof given !== "string")
		throw new Refusal(1254029);
	const name = (given ?? "").trim();
	if (name === "") throw new Refusal(1254028);
	if (name.length > MOST_NAME) throw new Refusal(1254029);
	return name;
}

function checkedDescription(given: unknown): Field["description"] {
	if (given === undefined || given === null) return undefined;
	if (!isJson(given)) throw new Refusal(1254001);
	const { text, disable_sync: disableSync = true } = given;
	if (typeof disableSync !== "boolean") throw new Refusal(1254001);
	if (text === undefined || text === null || text === "") return undefined;
	if (typeof text !== "string") throw new Refusal(1254001);
	return { text, disable_sync: disableSync };
}

/** Options as given: kept ones by id, new ones without. @throws Refusal */
function checkedOptions(
	type: number,
	property: unknown,
	known: ReadonlyMap<string, Option> | undefined,
): FieldPlan["options"] {
	if (!isSelect(type)) return [];
	const code = type === 3 ? 1254082 : 1254083;
	const options = isJson(property) ? (property.options ?? []) : [];
	if (!Array.isArray(options) || options.length > FIXED_LIMITS.optionsPerField)
		throw new Refusal(code);
	return options.map((option) => {
		if (!isJson(option)) throw new Refusal(code);
		const { id, name, color } = option;
		if (typeof name !== "string" || name === "") throw new Refusal(1254026);
		if (
			color !== undefined &&
			!(
				Number.isInteger(color) &&
				(color as number) >= 0 &&
				(color as number) <= 54
			)
		)
			throw new Refusal(code);
		if (id !== undefined && !known?.has(String(id))) throw new Refusal(code);
		return {
			name,
			...(id === undefined ? {} : { id: String(id) }),
			...(color === undefined ? {} : { color: color as number }),
		};
	});
}

const REFERENCE = /bitable::\$table\[(\w+)\]\.\$(?:field|column)\[(\w+)\]/g;

/** The plan of a field that a call asks for. @throws Refusal, 1254091 where a formula names what the base does not have */
export function checkedPlan(
	store: Store,
	base: Base,
	given: Json,
	existing?: Field,
): FieldPlan {
	const plan = planField(base, given, existing);
	const { formula_expression: source } = plan.property ?? {};
	// What a formula named may be gone since: that stays as it is.
	if (
		store.switches.formulaReferences === "checked" &&
		typeof source === "string" &&
		source !== existing?.property?.formula_expression
	)
		checkReferences(base, source);
	return plan;
}

function checkReferences(base: Base, source: string): void {
	for (const [, table, field] of source.matchAll(REFERENCE))
		if (!base.tables.get(String(table))?.fields.has(String(field)))
			throw new Refusal(1254091);
}

/** Checks a field of a create or update call. @throws Refusal */
export function planField(
	base: Base,
	given: Json,
	existing?: Field,
): FieldPlan {
	const name = checkedName(given.field_name);
	const { type, ui_type: ui } = given;
	if (typeof type !== "number") throw new Refusal(1254001);
	const found = kindOf(type);
	if (found === undefined || (!found.creatable && existing?.type !== type))
		throw new Refusal(1254012);
	const uiType = ui ?? found.uiTypes[0];
	if (typeof uiType !== "string" || !found.uiTypes.includes(uiType))
		throw new Refusal(1254012);
	const property = checkedProperty(
		type,
		uiType,
		given.property,
		base.formulaType,
	);
	const options = checkedOptions(type, given.property, existing?.optionsById);
	const description = checkedDescription(given.description);
	const plan = { name, type, uiType, options, description };
	if (!isLink(type)) return { ...plan, property };
	const linkTable = String(property?.table_id);
	const table = base.tables.get(linkTable);
	if (table === undefined) throw new Refusal(found.propertyCode);
	const { back_field_name: backName, ...rest } = property ?? {};
	if (
		existing === undefined &&
		typeof backName === "string" &&
		fieldNamed(table, backName) !== undefined
	)
		throw new Refusal(1254014);
	return {
		...plan,
		property: rest,
		linkTable,
		...(typeof backName === "string" ? { backName } : {}),
	};
}

function withColours(
	store: Store,
	options: FieldPlan["options"],
	known?: ReadonlyMap<string, Option>,
): Option[] {
	let previous = -1;
	return options.map((option) => {
		const color =
			option.color ?? known?.get(option.id ?? "")?.color ?? (previous + 1) % 55;
		previous = color;
		return {
			id: option.id ?? store.identifiers.next("opt"),
			name: option.name,
			color,
		};
	});
}

/** Makes a planned field, with its mirror. @throws Refusal 1254014 */
export function addField(
	store: Store,
	base: Base,
	table: Table,
	plan: FieldPlan,
	given: { readonly id?: string } = {},
): Field {
	if (fieldNamed(table, plan.name) !== undefined) throw new Refusal(1254014);
	const field = blankField(store, plan, given.id);
	addOptions(field, withColours(store, plan.options));
	if (plan.linkTable !== undefined) field.linkTable = plan.linkTable;
	const other = base.tables.get(plan.linkTable ?? "");
	if (plan.type === 21 && other !== undefined) {
		const backName = plan.backName ?? `${other.name}-${plan.name}`;
		if (
			fieldNamed(other, backName) !== undefined ||
			(other === table && backName === plan.name)
		)
			throw new Refusal(1254014);
		const mirror = blankField(store, {
			name: backName,
			type: 21,
			uiType: "DuplexLink",
			property: { multiple: true, table_id: table.id },
			options: [],
			description: undefined,
		});
		mirror.linkTable = table.id;
		mirror.mirrorId = field.id;
		field.mirrorId = mirror.id;
		register(table, field);
		register(other, mirror);
		if (other !== table) changed(base, other);
		return field;
	}
	register(table, field);
	if (field.type === 1005)
		for (const row of table.rows.values())
			row.cells.set(field.id, field.serial++);
	return field;
}

function register(table: Table, field: Field): void {
	table.fields.set(field.id, field);
	table.fieldIds.set(field.name, field.id);
	for (const view of table.views.values())
		view.form?.questions.push({
			fieldId: field.id,
			title: field.name,
			description: "",
			required: false,
			visible: false,
		});
}

function blankField(
	store: Store,
	plan: Omit<FieldPlan, "linkTable" | "backName">,
	id?: string,
): Field {
	return {
		id: id ?? store.identifiers.next("fld"),
		name: plan.name,
		type: plan.type,
		uiType: plan.uiType,
		property: plan.property,
		options: [],
		optionIds: new Map(),
		optionsById: new Map(),
		description: plan.description,
		incoming: new Map(),
		serial: 1,
		createdAtMs: store.clock.now(),
	};
}

/** @throws Refusal 1254105 */
function checkFieldCount(
	store: Store,
	table: Table,
	types: readonly number[],
): void {
	const formulas = [...table.fields.values()].filter(
		(field) => field.type === 20,
	).length;
	if (
		table.fields.size + types.length > store.limits().fields ||
		formulas + types.filter((type) => type === 20).length >
			FIXED_LIMITS.formulaFields
	)
		throw new Refusal(1254105);
}

function shownField(
	base: Base,
	table: Table,
	field: Field,
	given: {
		readonly textAsArray?: boolean;
		readonly descriptionAsObject?: boolean;
		readonly isHidden?: boolean;
	} = {},
): Json {
	const { description } = field;
	return {
		field_id: field.id,
		field_name: field.name,
		type: field.type,
		ui_type: field.uiType,
		is_primary: field.id === table.primaryId,
		is_hidden: given.isHidden ?? false,
		property: shownProperty(base, field),
		...(description === undefined
			? {}
			: {
					description: given.descriptionAsObject
						? description
						: given.textAsArray
							? [{ text: description.text, type: "text" }]
							: description.text,
				}),
	};
}

function shownProperty(base: Base, field: Field): Json | null {
	if (isSelect(field.type))
		return {
			options: field.options.map(({ id, name, color }) => ({
				id,
				name,
				color,
			})),
		};
	if (field.linkTable === undefined) return field.property;
	const other = base.tables.get(field.linkTable);
	const mirror = other?.fields.get(field.mirrorId ?? "");
	return {
		...field.property,
		table_name: other?.name ?? "",
		...(mirror === undefined
			? {}
			: { back_field_id: mirror.id, back_field_name: mirror.name }),
	};
}

export function listFields(call: Call): Json {
	const { store, base, table } = call;
	const viewId = call.query.get("view_id") ?? "";
	const view = viewId === "" ? undefined : viewAt(store, table, viewId);
	const textAsArray = queryFlag(call, "text_field_as_array");
	const all = [...table.fields.values()].filter((field) =>
		isVisible(store, field.createdAtMs),
	);
	const page = pageById(call, all, (field) => field.id, 20, 100);
	return paged(page, (field) =>
		shownField(base, table, field, {
			textAsArray,
			isHidden: view?.hiddenFields?.includes(field.id) ?? false,
		}),
	);
}

export function createField(call: Call): Json {
	const { store, base, table } = call;
	const plan = checkedPlan(store, base, call.body);
	checkFieldCount(store, table, [plan.type]);
	const field = addField(store, base, table, plan);
	changed(base, table);
	return {
		field: shownField(base, table, field, { descriptionAsObject: true }),
	};
}

export function updateField(call: Call): Json {
	const { store, base, table } = call;
	const field = fieldAt(store, table, call.at.field_id ?? "");
	const plan = checkedPlan(store, base, call.body, field);
	const namesake = fieldNamed(table, plan.name);
	if (namesake !== undefined && namesake !== field) throw new Refusal(1254014);
	if (field.id === table.primaryId && kindOf(plan.type)?.primary !== true)
		throw new Refusal(1254012);
	const options = withColours(store, plan.options, field.optionsById);
	const other = base.tables.get(field.linkTable ?? "");
	const mirror = other?.fields.get(field.mirrorId ?? "");
	const same = (one: unknown, two: unknown) =>
		JSON.stringify(one) === JSON.stringify(two);
	if (
		plan.name === field.name &&
		plan.type === field.type &&
		plan.uiType === field.uiType &&
		same(plan.property, field.property) &&
		same(options, field.options) &&
		same(plan.description, field.description) &&
		plan.linkTable === field.linkTable &&
		(plan.backName === undefined || plan.backName === mirror?.name)
	)
		throw new Refusal(1254606);
	if (plan.type !== field.type || plan.linkTable !== field.linkTable)
		changeType(store, base, table, field, plan, options);
	else {
		field.uiType = plan.uiType;
		field.property = plan.property;
		if (isSelect(field.type)) replaceOptions(base, table, field, options);
	}
	table.fieldIds.delete(field.name);
	field.name = plan.name;
	table.fieldIds.set(field.name, field.id);
	field.description = plan.description;
	const newMirror = base.tables
		.get(field.linkTable ?? "")
		?.fields.get(field.mirrorId ?? "");
	if (plan.backName !== undefined && newMirror !== undefined)
		rename(base, field.linkTable ?? "", newMirror, plan.backName);
	if (isJson(call.body.property)) renumber(table, field, call.body.property);
	changed(base, table);
	return {
		field: shownField(base, table, field, { descriptionAsObject: true }),
	};
}

/** reformat_existing_records: numbers follow the order of the rows again. */
function renumber(table: Table, field: Field, property: Json): void {
	const serial = property.auto_serial;
	if (field.type !== 1005 || !isJson(serial)) return;
	if (serial.reformat_existing_records !== true) return;
	field.serial = 1;
	for (const row of table.rows.values())
		row.cells.set(field.id, field.serial++);
}

function rename(base: Base, tableId: string, field: Field, name: string): void {
	const table = base.tables.get(tableId);
	if (table === undefined || field.name === name) return;
	if (fieldNamed(table, name) !== undefined) throw new Refusal(1254014);
	table.fieldIds.delete(field.name);
	field.name = name;
	table.fieldIds.set(name, field.id);
}

/** What is not named is gone, and its cells are emptied. */
function replaceOptions(
	base: Base,
	table: Table,
	field: Field,
	options: readonly Option[],
): void {
	const kept = new Set(options.map((option) => option.id));
	const removed = field.options.filter((option) => !kept.has(option.id));
	field.options = [];
	field.optionIds.clear();
	field.optionsById.clear();
	addOptions(field, options);
	if (removed.length === 0) return;
	for (const row of table.rows.values()) {
		const cell = row.cells.get(field.id);
		if (cell === undefined) continue;
		if (typeof cell === "string") {
			if (!kept.has(cell)) setCell(base, row, field, undefined);
			continue;
		}
		const left = (cell as readonly string[]).filter((id) => kept.has(id));
		setCell(base, row, field, left.length === 0 ? undefined : left);
	}
}

function changeType(
	store: Store,
	base: Base,
	table: Table,
	field: Field,
	plan: FieldPlan,
	options: readonly Option[],
): void {
	const shown = new Map(
		[...table.rows.values()].map((row) => [row.id, convertCell(field, row)]),
	);
	for (const row of table.rows.values()) setCell(base, row, field, undefined);
	const other = base.tables.get(field.linkTable ?? "");
	const mirror = other?.fields.get(field.mirrorId ?? "");
	if (other !== undefined && mirror !== undefined) dropField(other, mirror);
	delete field.linkTable;
	delete field.mirrorId;
	field.incoming.clear();
	field.options = [];
	field.optionIds.clear();
	field.optionsById.clear();
	field.type = plan.type;
	field.uiType = plan.uiType;
	field.property = plan.property;
	addOptions(field, options);
	if (plan.linkTable !== undefined) {
		field.linkTable = plan.linkTable;
		const target = base.tables.get(plan.linkTable);
		if (plan.type === 21 && target !== undefined) {
			const made = blankField(store, {
				name: plan.backName ?? `${target.name}-${plan.name}`,
				type: 21,
				uiType: "DuplexLink",
				property: { multiple: true, table_id: table.id },
				options: [],
				description: undefined,
			});
			made.linkTable = table.id;
			made.mirrorId = field.id;
			field.mirrorId = made.id;
			register(target, made);
		}
	}
	for (const row of table.rows.values()) {
		if (field.type === 1005) {
			row.cells.set(field.id, field.serial++);
			continue;
		}
		const cell = shown.get(row.id)?.(field, (name) => {
			const known = field.optionIds.get(name);
			if (known !== undefined) return known.id;
			const made: Option = {
				id: store.identifiers.next("opt"),
				name,
				color: field.options.length % 55,
			};
			addOptions(field, [made]);
			return made.id;
		});
		if (cell !== undefined) setCell(base, row, field, cell);
	}
}

/** Takes a field out of its table; cells and views go with it. */
export function dropField(table: Table, field: Field): void {
	for (const row of table.rows.values()) row.cells.delete(field.id);
	table.fields.delete(field.id);
	table.fieldIds.delete(field.name);
	for (const view of table.views.values()) {
		if (view.hiddenFields?.includes(field.id))
			view.hiddenFields = view.hiddenFields.filter((id) => id !== field.id);
		if (view.form !== undefined)
			view.form.questions = view.form.questions.filter(
				(question) => question.fieldId !== field.id,
			);
	}
}

export function deleteField(call: Call): Json {
	const { store, base, table } = call;
	const field = fieldAt(store, table, call.at.field_id ?? "");
	if (field.id === table.primaryId) throw new Refusal(1254046);
	const other = base.tables.get(field.linkTable ?? "");
	const mirror = other?.fields.get(field.mirrorId ?? "");
	dropField(table, field);
	if (other !== undefined && mirror !== undefined) {
		dropField(other, mirror);
		if (other !== table) other.revision++;
	}
	changed(base, table);
	return { field_id: field.id, deleted: true };
}

const MOST_GROUPS = 300;

export function createFieldGroups(call: Call): Json {
	const { store, base, table } = call;
	const groups = listOf(call.body, "field_groups");
	if (groups.length === 0) throw new Refusal(1254120);
	if (groups.length > MOST_GROUPS) throw new Refusal(1254121);
	const names = new Set<string>();
	const children = new Set<string>();
	const made = groups.map((group) => {
		if (!isJson(group)) throw new Refusal(1254001);
		const name = optionalText(group, "name") ?? "";
		if (name === "") throw new Refusal(1254114);
		if (name.length > 100 || /[[\]]/.test(name)) throw new Refusal(1254115);
		if ((optionalText(group, "description") ?? "").length > 2_000)
			throw new Refusal(1254116);
		if (names.has(name)) throw new Refusal(1254117);
		names.add(name);
		const list = Array.isArray(group.children) ? group.children : [];
		if (list.length === 0) throw new Refusal(1254118);
		if (list.length > MOST_GROUPS) throw new Refusal(1254119);
		for (const child of list) {
			if (!isJson(child) || child.type !== "field") throw new Refusal(1254123);
			const { id } = fieldAt(store, table, String(child.id));
			if (children.has(id)) throw new Refusal(1254122);
			children.add(id);
		}
		return {
			id: optionalText(group, "id") ?? store.identifiers.next("blk"),
			name,
		};
	});
	changed(base, table);
	return { field_groups: JSON.stringify(made) };
}

/** Whether a field may be the first of a table. */
export function mayBePrimary(type: number): boolean {
	return kind({ type }).primary === true;
}
