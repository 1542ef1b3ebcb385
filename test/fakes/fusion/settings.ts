import { displayFormat, formulaOf, lookupPath, type Sight } from "./cells.js";
import { glyph } from "./emoji.js";
import { rollupNames, rollupTypes } from "./lookup.js";
import type { Field, FieldType, SelectOption, Settings } from "./model.js";
import { crash } from "./refusal.js";
import { check, type Shape } from "./shape.js";
import { primaryField, type Store } from "./store.js";
import { computedTypes } from "./writes.js";

interface SettingsRow {
	/** The property of a create; undefined: it must be left out or null. */
	readonly create?: Shape;
	/** The property may be left out although it may be given. */
	readonly optional?: true;
	/** May stand in the first column. */
	readonly primary?: true;
	/** From the checked property to what is stored. */
	store?(given: Record<string, unknown>, store: Store): Settings;
	/** The property of a reply; undefined: the key is absent. */
	read?(field: Field, sight: Sight, editable: Editable): unknown;
}

/** Whether the asking user may write a column; lookups show the column that they read. */
export type Editable = (field: Field, tableId: string) => boolean;

const object = (keys: Readonly<Record<string, Shape>>): Shape => ({
	kind: "object",
	required: true,
	keys,
});
const string: Shape = { kind: "string", empty: true };
const flag: Shape = { kind: "boolean" };
const anything: Shape = { kind: "any" };

const DATE_FORMATS = [
	"YYYY/MM/DD",
	"YYYY-MM-DD",
	"DD/MM/YYYY",
	"YYYY-MM",
	"MM-DD",
	"YYYY",
	"MM",
	"DD",
];
const times: Readonly<Record<string, Shape>> = {
	dateFormat: { kind: "string", required: true, oneOf: DATE_FORMATS },
	timeFormat: { kind: "string", oneOf: ["HH:mm", "hh:mm"] },
	includeTime: flag,
};

const HUES = [
	"deepPurple",
	"indigo",
	"blue",
	"teal",
	"green",
	"yellow",
	"orange",
	"tangerine",
	"pink",
	"red",
];
/** The lightest and a strong shade of each hue; of the lightest the first seven are measured, the others look the part. */
const SHADES: readonly (readonly [string, string])[] = [
	["#F2F0FD", "#BDB3F7"],
	["#EEF3FF", "#A3BFFF"],
	["#EEFAFF", "#9AD1FF"],
	["#EAF9F3", "#8ADDD2"],
	["#EEF9E8", "#A7DDAB"],
	["#FFFBEB", "#FFE58A"],
	["#FFF7E6", "#FFCB8A"],
	["#FFF0EB", "#FFB59A"],
	["#FEEFF5", "#F9AFCB"],
	["#FDEDED", "#F5A9A9"],
];

/** `{name: "indigo_0", value: "#EEF3FF"}`; a stored number above 79 has no colour and breaks the reply. */
function color(stored: number): { name: string; value: string } {
	const level = Math.floor(stored / 10);
	const hue = HUES[stored % 10];
	const shade = SHADES[stored % 10];
	if (level > 7 || hue === undefined || shade === undefined)
		throw crash("Cannot read properties of undefined (reading 'name')");
	return {
		name: `${hue}_${level}`,
		value: level < 2 ? shade[0] : shade[1],
	};
}

export function colorNumber(given: unknown, index: number): number {
	if (typeof given === "number") return given;
	const [hue, level] = String(given ?? "").split("_");
	const found = HUES.indexOf(hue ?? "");
	return found < 0 ? index % 10 : found + 10 * Number(level ?? 0);
}

const selects: SettingsRow = {
	create: object({
		options: {
			kind: "array",
			required: true,
			items: {
				kind: "object",
				keys: {
					id: { kind: "string" },
					name: { kind: "string", required: true },
					color: { kind: "number" },
				},
			},
		},
		defaultValue: anything,
	}),
	store(given, store) {
		const options = (given.options as Record<string, unknown>[]).map(
			(option, index): SelectOption => ({
				id: (option.id as string) ?? store.identifiers.next("opt"),
				name: option.name as string,
				color: colorNumber(option.color, index),
			}),
		);
		return {
			options,
			...(given.defaultValue === undefined
				? {}
				: { defaultValue: given.defaultValue as string | string[] }),
		};
	},
	read: (field) => ({
		options: (field.settings.options ?? []).map((option) => ({
			id: option.id,
			name: option.name,
			color: color(option.color),
		})),
	}),
};

const same = (...names: (keyof Settings)[]) => ({
	store: (given: Record<string, unknown>) => given as Settings,
	read: (field: Field) =>
		Object.fromEntries(
			names.flatMap((name) =>
				field.settings[name] === undefined
					? []
					: [[name, field.settings[name]]],
			),
		),
});

const links: SettingsRow = {
	create: object({
		foreignDatasheetId: { kind: "string", required: true },
		limitToViewId: { kind: "string" },
		limitSingleRecord: flag,
	}),
	...same(
		"foreignDatasheetId",
		"brotherFieldId",
		"limitToViewId",
		"limitSingleRecord",
	),
};

const moments = (extra: Readonly<Record<string, Shape>>): SettingsRow => ({
	create: object({ ...times, ...extra }),
	store: (given) => given as Settings,
	read: (field) => ({
		format: displayFormat(field.settings),
		includeTime: field.settings.includeTime ?? false,
	}),
});

/** What every type of column takes at its creation and shows afterwards. */
export const settingsRows: Readonly<Record<FieldType, SettingsRow>> = {
	SingleText: {
		primary: true,
		create: object({ defaultValue: string }),
		...same("defaultValue"),
	},
	Text: { primary: true },
	Number: {
		primary: true,
		create: object({
			precision: { kind: "number", required: true, least: 0, most: 1000 },
			defaultValue: string,
			symbol: string,
		}),
		...same("precision", "defaultValue", "symbol"),
	},
	Currency: {
		primary: true,
		create: object({
			symbol: string,
			precision: { kind: "number", least: 0, most: 10 },
			defaultValue: string,
			symbolAlign: { kind: "string", oneOf: ["Default", "Left", "Right"] },
		}),
		store: (given) => ({
			...(given as Settings),
			// 0 becomes the default, too
			precision: Number(given.precision) || 2,
			symbol: String(given.symbol ?? "$"),
			symbolAlign: String(given.symbolAlign ?? "Default"),
		}),
		read: same("defaultValue", "precision", "symbol", "symbolAlign").read,
	},
	Percent: {
		primary: true,
		create: object({
			precision: { kind: "number", required: true, least: 0, most: 10 },
			defaultValue: string,
		}),
		...same("precision", "defaultValue"),
	},
	SingleSelect: selects,
	MultiSelect: selects,
	DateTime: {
		primary: true,
		create: object({
			...times,
			autoFill: flag,
			timeZone: anything,
			includeTimeZone: anything,
		}),
		store({ timeZone: _zone, includeTimeZone: _shown, ...kept }) {
			return kept as Settings;
		},
		read: (field) => ({
			format: displayFormat(field.settings),
			includeTime: field.settings.includeTime ?? false,
			...(field.settings.autoFill === undefined
				? {}
				: { autoFill: field.settings.autoFill }),
		}),
	},
	Attachment: {},
	URL: { primary: true },
	Email: { primary: true },
	Phone: { primary: true },
	Checkbox: {
		create: object({ icon: { kind: "string", required: true } }),
		store: (given) => given as Settings,
		read: (field) => ({ icon: glyph(field.settings.icon ?? "") }),
	},
	Rating: {
		create: object({
			icon: { kind: "string", required: true },
			max: { kind: "number", required: true, least: 0, most: 10 },
		}),
		store: (given) => given as Settings,
		read: (field) => ({
			icon: glyph(field.settings.icon ?? ""),
			max: field.settings.max,
		}),
	},
	Member: {
		create: object({
			isMulti: flag,
			shouldSendMsg: flag,
			subscription: flag,
		}),
		store: (given) => ({
			isMulti: true,
			shouldSendMsg: true,
			subscription: false,
			...(given as Settings),
		}),
		read: (field, { store }) => ({
			options: [...field.usedUnits].flatMap((id) => {
				const unit = store.units.get(id);
				return unit === undefined
					? []
					: [
							{
								id: unit.id,
								name: unit.name,
								type: unit.type,
								avatar: unit.avatar,
							},
						];
			}),
			isMulti: field.settings.isMulti,
			shouldSendMsg: field.settings.shouldSendMsg,
			subscription: field.settings.subscription,
		}),
	},
	TwoWayLink: links,
	OneWayLink: links,
	MagicLookUp: {
		create: object({
			relatedLinkFieldId: { kind: "string", required: true },
			targetFieldId: { kind: "string", required: true },
			rollupFunction: { kind: "string", oneOf: rollupNames },
			format: anything,
			enableFilterSort: flag,
			filterInfo: anything,
			sortInfo: anything,
			lookUpLimit: { kind: "string", oneOf: ["ALL", "FIRST"] },
		}),
		store: (given) => ({ rollupFunction: "VALUES", ...(given as Settings) }),
		read(field, sight, editable) {
			const { settings } = field;
			const entity = entityOf(field, sight);
			return {
				...same(
					"relatedLinkFieldId",
					"targetFieldId",
					"rollupFunction",
					"format",
					"enableFilterSort",
					"filterInfo",
					"sortInfo",
					"lookUpLimit",
				).read(field),
				valueType: rollupTypes[settings.rollupFunction ?? "VALUES"] ?? "Array",
				...(entity === undefined
					? { hasError: true }
					: {
							entityField: {
								datasheetId: entity.there.table.id,
								field: shownField(entity.target, entity.there, editable),
							},
						}),
			};
		},
	},
	Formula: {
		primary: true,
		create: object({ expression: string, format: anything }),
		store: (given) => ({ expression: "", ...(given as Settings) }),
		read(field, sight) {
			const formula = formulaOf(field, sight);
			const format =
				field.settings.format ??
				(formula?.type === "Number"
					? { type: "Number", format: { precision: 0 } }
					: undefined);
			return {
				expression: field.settings.expression ?? "",
				valueType: formula?.type ?? "String",
				hasError: formula === null,
				...(format === undefined ? {} : { format }),
			};
		},
	},
	AutoNumber: { primary: true },
	CreatedTime: moments({}),
	LastModifiedTime: moments({
		collectType: { kind: "number", oneOf: [0, 1] },
		fieldIdCollection: { kind: "array", items: { kind: "string" } },
	}),
	CreatedBy: { read: users },
	LastModifiedBy: {
		create: object({
			collectType: { kind: "number", oneOf: [0, 1] },
			fieldIdCollection: { kind: "array", items: { kind: "string" } },
		}),
		store: (given) => given as Settings,
		read: users,
	},
	Cascader: {
		read: () => ({
			showAll: false,
			linkedDatasheetId: "",
			linkedViewId: "",
			linkedFields: [],
		}),
	},
	Button: {
		optional: true,
		create: { kind: "object" },
		read: () => ({
			text: "点击开始",
			style: {
				type: "Background",
				color: { name: "deepPurple_4", value: "#BDB3F7" },
			},
			action: {},
		}),
	},
	WorkDoc: {},
};

/** Whom a column of makers or editors ever showed, by the id of its cells. */
function users(field: Field, { store }: Sight) {
	return {
		options: [...field.usedUsers].flatMap((uuid) => {
			const user = store.users.get(uuid);
			return user === undefined
				? []
				: [{ id: uuid, name: user.name, avatar: user.avatar }];
		}),
	};
}

/** The column at the end of a chain of lookups. */
function entityOf(field: Field, sight: Sight) {
	let path = lookupPath(field, sight);
	for (let step = 0; path?.target.type === "MagicLookUp" && step < 10; step++)
		path = lookupPath(path.target, path.there);
	return path;
}

/** Type names of requests; older names of the same type are accepted. */
export function typeNamed(name: unknown): FieldType | undefined {
	if (name === "MagicLink") return "TwoWayLink";
	return typeof name === "string" && Object.hasOwn(settingsRows, name)
		? (name as FieldType)
		: undefined;
}

/** Checks the property of a new column. Returns what is stored, or the vendor's text. */
export function checkedSettings(
	type: FieldType,
	given: unknown,
	store: Store,
	/** The name that the request used. */
	called: string = type,
): { settings: Settings } | { problem: string } {
	const row = settingsRows[type];
	const absent = given === undefined || given === null;
	if (row.create === undefined)
		return absent
			? { settings: {} }
			: { problem: `${called} not support set property` };
	if (absent)
		return row.optional
			? { settings: {} }
			: { problem: '"value" must be of type object' };
	let shape = row.create;
	if (row === selects && store.switches.colorNames)
		shape = withColorNames(shape);
	const checked = check(given, shape);
	if ("problem" in checked) return checked;
	const value = checked.value as Record<string, unknown>;
	if (row === selects)
		for (const [index, option] of (
			value.options as Record<string, unknown>[]
		).entries())
			if (option.id !== undefined && option.color === undefined)
				return { problem: `"options[${index}].color" is required` };
	return { settings: row.store?.(value, store) ?? {} };
}

function withColorNames(shape: Shape): Shape {
	const { options, ...rest } = shape.keys ?? {};
	const items = options?.items;
	if (options === undefined || items === undefined) return shape;
	return {
		...shape,
		keys: {
			...rest,
			options: {
				...options,
				items: { ...items, keys: { ...items.keys, color: anything } },
			},
		},
	};
}

/** A column as `GET fields` shows it. */
export function shownField(
	field: Field,
	sight: Sight,
	editable: Editable,
): Record<string, unknown> {
	const property = settingsRows[field.type].read?.(field, sight, editable);
	return {
		id: field.id,
		name: field.name,
		type:
			field.type === "TwoWayLink"
				? sight.store.switches.twoWayLinkName
				: field.type,
		...(property === undefined ? {} : { property }),
		editable:
			(!computedTypes.has(field.type) || field.type === "WorkDoc") &&
			editable(field, sight.table.id),
		...(primaryField(sight.table) === field ? { isPrimary: true } : {}),
		...(field.description === undefined ? {} : { desc: field.description }),
	};
}
