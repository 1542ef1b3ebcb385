import type { Choice, Field, FieldProperty, Sheet } from "./model.js";
import { refusals } from "./refusal.js";
import { type Store, setCell } from "./store.js";

const NUMBER_FORMATTERS = [
	"INT",
	"FLOAT_1",
	"FLOAT_2",
	"FLOAT_3",
	"FLOAT_4",
	"THOUSAND",
	"THOUSAND_FLOAT",
	"PERCENT",
	"PERCENT_FLOAT",
];
const CURRENCY_FORMATTERS = NUMBER_FORMATTERS.slice(0, 5);
const DATE_FORMATTERS = [
	"YYYY-MM-DD",
	"YYYY-MM-DD HH:mm",
	"YYYY-MM-DD HH:mm:ss",
	"YYYY/MM/DD",
	"YYYY/MM/DD HH:mm",
];
const CURRENCIES =
	"CNY HKD USD EUR GBP MOP VND JPY KRW AED AUD BRL CAD CHF INR IDR MXN MYR PHP PLN RUB SGD THB TRY TWD".split(
		" ",
	);

type Given = Readonly<Record<string, unknown>>;

interface PropertyContext {
	readonly store: Store;
	readonly sheet: Sheet;
	readonly name: string;
	/** The field that an update changes. */
	readonly before?: Field;
}

/** Makes the stored property from what a caller sent. @throws Refusal */
type PropertyOf = (
	given: Given,
	context: PropertyContext,
) => FieldProperty | undefined;

interface FieldType {
	/** Whether its property and value format are documented. */
	readonly isDocumented: boolean;
	/** Computed by the product: never written. */
	readonly isComputed?: boolean;
	readonly property: PropertyOf;
}

const none: PropertyOf = () => undefined;
const asGiven: PropertyOf = (given) =>
	Object.keys(given).length === 0 ? undefined : given;
const merged: PropertyOf = (given, { before }) =>
	asGiven({ ...before?.property, ...given }, {} as PropertyContext);

function oneOf(
	given: unknown,
	accepted: readonly string[],
	otherwise: string,
	place: string,
): string {
	if (given === undefined || given === null) return otherwise;
	if (typeof given === "string" && accepted.includes(given)) return given;
	throw refusals.badInput(
		`${place} '${String(given)}' is invalid, accepted: ${accepted.join(", ")}`,
	);
}

function multipleOf(given: Given, before: Field | undefined): boolean {
	const value = given.multiple ?? before?.property?.multiple ?? true;
	if (typeof value !== "boolean")
		throw refusals.badInput(`multiple '${String(value)}' is invalid`);
	return value;
}

const select: PropertyOf = (given, { store, before }) => {
	const kept = before?.property?.choices ?? [];
	if (given.choices === undefined || given.choices === null)
		return { choices: kept };
	if (!Array.isArray(given.choices))
		throw refusals.badInput("choices must be an array");
	const { choicesUpdate } = store.switches;
	const choices: Choice[] = choicesUpdate === "merge" ? [...kept] : [];
	for (const each of given.choices as unknown[]) {
		const { id, name } = (each ?? {}) as Given;
		if (typeof name !== "string" || name === "")
			throw refusals.badInput("every choice needs a name");
		const known =
			kept.find((choice) => choice.id === id) ??
			(choicesUpdate === "replace"
				? undefined
				: kept.find((choice) => choice.name === name));
		const at = choices.findIndex((choice) => choice.id === known?.id);
		const choice = { id: known?.id ?? store.identifiers.next(10), name };
		if (choices.some((other, index) => other.name === name && index !== at))
			throw refusals.badInput(`duplicate choice '${name}'`);
		if (at >= 0) choices[at] = choice;
		else choices.push(choice);
	}
	return { choices };
};

const link: PropertyOf = (given, { sheet, before }) => {
	const multiple = multipleOf(given, before);
	const linkedSheetId =
		before?.property?.linkedSheetId ?? (given.linkedSheetId as string);
	if (
		typeof linkedSheetId !== "string" ||
		!sheet.base.sheets.has(linkedSheetId)
	)
		throw refusals.badInput(
			`linkedSheetId '${String(linkedSheetId)}' does not exist`,
		);
	return { multiple, linkedSheetId };
};

const people: PropertyOf = (given, { before }) => ({
	multiple: multipleOf(given, before),
});

const documented = (property: PropertyOf): FieldType => ({
	isDocumented: true,
	property,
});
const undocumented = (property: PropertyOf = merged): FieldType => ({
	isDocumented: false,
	property,
});
const computed: FieldType = {
	isDocumented: false,
	isComputed: true,
	property: merged,
};

/** Every type that the vendor names. */
export const FIELD_TYPES = {
	text: documented(none),
	number: documented((given, { store, before }) => ({
		formatter: oneOf(
			given.formatter,
			NUMBER_FORMATTERS,
			before?.property?.formatter ?? store.switches.numberFormatter,
			"formatter",
		),
	})),
	currency: documented((given, { before }) => ({
		currencyType: oneOf(
			given.currencyType,
			CURRENCIES,
			before?.property?.currencyType ?? "CNY",
			"currencyType",
		),
		formatter: oneOf(
			given.formatter,
			CURRENCY_FORMATTERS,
			before?.property?.formatter ?? "FLOAT_2",
			"formatter",
		),
	})),
	singleSelect: documented(select),
	multipleSelect: documented(select),
	date: documented((given, { before }) => ({
		formatter: oneOf(
			given.formatter,
			DATE_FORMATTERS,
			before?.property?.formatter ?? "YYYY-MM-DD",
			"formatter",
		),
	})),
	user: documented(people),
	department: documented(people),
	attachment: documented(none),
	unidirectionalLink: documented(link),
	bidirectionalLink: documented((given, context) => {
		const before = context.before?.property?.linkedFieldId;
		if (before === undefined && given.linkedFieldId !== undefined)
			throw refusals.badInput("linkedFieldId cannot be set");
		return {
			...link(given, context),
			...(before === undefined ? {} : { linkedFieldId: before }),
		};
	}),
	url: documented(none),
	progress: undocumented(),
	rating: undocumented((given, { before }) => ({
		min: 1,
		max: 5,
		...before?.property,
		...given,
	})),
	checkbox: undocumented(),
	richText: undocumented(),
	telephone: undocumented(),
	email: undocumented(),
	barcode: undocumented(),
	idCard: undocumented(),
	geolocation: undocumented(),
	group: undocumented(),
	primaryDoc: undocumented(),
	formula: computed,
	creator: computed,
	lastModifier: computed,
	createdTime: computed,
	lastModifiedTime: computed,
} satisfies Record<string, FieldType>;

export type FieldTypeName = keyof typeof FIELD_TYPES;

/** Undefined: a type that the documents do not name, as later products may have. */
export const fieldType = (name: string): FieldType | undefined =>
	Object.hasOwn(FIELD_TYPES, name)
		? FIELD_TYPES[name as FieldTypeName]
		: undefined;

export function isComputed(field: Field): boolean {
	return (
		fieldType(field.type)?.isComputed ?? fieldType(field.type) === undefined
	);
}

/** A name that no other field has. @throws Refusal 400 on a duplicate, unless it is numbered */
function freeName(
	store: Store,
	sheet: Sheet,
	name: unknown,
	own?: Field,
): string {
	if (typeof name !== "string" || name.trim() === "")
		throw store.switches.missingArgument === "MissingName" && name === undefined
			? refusals.missing("name")
			: refusals.badInput("name must be a text that is not empty");
	const taken = new Set<string>();
	for (const field of sheet.fields.values())
		if (field !== own) taken.add(field.name);
	if (!taken.has(name)) return name;
	if (store.switches.duplicateFieldName === "reject")
		throw refusals.badInput(`a field named '${name}' exists`);
	return numbered(name, taken);
}

/** "name 1", "name 2", … */
export function numbered(name: string, taken: ReadonlySet<string>): string {
	for (let number = 1; ; number++)
		if (!taken.has(`${name} ${number}`)) return `${name} ${number}`;
}

const propertyGiven = (given: unknown): Given => {
	if (given === undefined || given === null) return {};
	if (typeof given !== "object" || Array.isArray(given))
		throw refusals.badInput("property must be an object");
	return given as Given;
};

export interface NewField {
	readonly name?: unknown;
	readonly type?: unknown;
	readonly property?: unknown;
}

/**
 * Adds a column at the end, and the other side of a two-way link.
 * `isSeed` allows types that the API does not make.
 * @throws Refusal 400
 */
export function createField(
	store: Store,
	sheet: Sheet,
	given: NewField,
	options: { id?: string; isSeed?: boolean } = {},
): Field {
	const { switches } = store;
	const name = freeName(store, sheet, given.name);
	if (given.type === undefined && switches.missingArgument === "MissingName")
		throw refusals.missing("type");
	const type = String(given.type);
	const kind = fieldType(type);
	if (!options.isSeed) {
		if (
			kind === undefined ||
			(!kind.isDocumented && switches.undocumentedTypes === "reject")
		)
			throw refusals.badInput(`the field type '${type}' is invalid`);
		if (sheet.fields.size >= switches.fieldsPerSheet)
			throw refusals.badInput(
				`a sheet holds at most ${switches.fieldsPerSheet} fields`,
			);
		if (sheet.fields.size === 0 && !switches.primaryTypes.includes(type))
			throw refusals.badInput(
				`the field type '${type}' cannot be the primary field`,
			);
	}
	const own = propertyGiven(given.property);
	const property =
		kind === undefined
			? asGiven(own, { store, sheet, name })
			: kind.property(own, { store, sheet, name });
	const field: Field = {
		id: options.id ?? store.identifiers.next(7),
		name,
		type,
		property,
	};
	sheet.fields.set(field.id, field);
	if (type === "bidirectionalLink" && switches.reverseField)
		addOtherSide(store, sheet, field);
	return field;
}

function addOtherSide(store: Store, sheet: Sheet, field: Field): void {
	const there = sheet.base.sheets.get(field.property?.linkedSheetId ?? "");
	if (there === undefined) return;
	const taken = new Set([...there.fields.values()].map(({ name }) => name));
	const other: Field = {
		id: store.identifiers.next(7),
		name: taken.has(sheet.name) ? numbered(sheet.name, taken) : sheet.name,
		type: "bidirectionalLink",
		property: {
			multiple: true,
			linkedSheetId: sheet.id,
			linkedFieldId: field.id,
		},
	};
	there.fields.set(other.id, other);
	field.property = { ...field.property, linkedFieldId: other.id };
}

/**
 * Renames a column and changes its property; removed options leave their cells.
 * @throws Refusal 400
 */
export function updateField(
	store: Store,
	sheet: Sheet,
	field: Field,
	given: NewField,
): void {
	const name = freeName(store, sheet, given.name, field);
	if (given.type !== undefined && store.switches.typeInUpdate === "reject")
		throw refusals.badInput("the type of a field cannot be changed");
	if (given.property !== undefined) {
		const own = propertyGiven(given.property);
		const context = { store, sheet, name, before: field };
		field.property =
			fieldType(field.type)?.property(own, context) ?? merged(own, context);
	}
	field.name = name;
	if (field.property?.choices !== undefined) dropRemoved(store, sheet, field);
}

function dropRemoved(store: Store, sheet: Sheet, field: Field): void {
	const left = new Set(field.property?.choices?.map(({ id }) => id));
	for (const row of sheet.rows.values()) {
		const cell = row.cells.get(field.id);
		if (cell === undefined) continue;
		if (Array.isArray(cell)) {
			const ids = cell.filter((id: string) => left.has(id));
			if (ids.length < cell.length)
				setCell(store, sheet, row, field, ids.length > 0 ? ids : null);
		} else if (!left.has(cell as string))
			setCell(store, sheet, row, field, null);
	}
}

/** A column as lists and creation answer it. */
export function shownField(store: Store, field: Field): unknown {
	const { id, name, type, property } = field;
	if (property === undefined) return { id, name, type };
	if (property.choices === undefined || store.switches.choiceIds)
		return { id, name, type, property };
	return {
		id,
		name,
		type,
		property: {
			...property,
			choices: property.choices.map((choice) => ({ name: choice.name })),
		},
	};
}
