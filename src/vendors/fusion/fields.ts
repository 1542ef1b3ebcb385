import type {
	Field,
	FieldSettings,
	FieldType,
} from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import { typesByWire } from "../kit/codecs.js";
import { namedReference } from "../kit/formula.js";
import { codecs } from "./cells.js";
import { formulaReferences, mapReferences } from "./formula.js";

const TYPES = typesByWire(codecs);

/** A field of the answer to a list; forgiving. Source: "Get field". */
export function fieldOf(wire: Loose, all: readonly Loose[]): Field {
	const wireType = text(wire.type) ?? "";
	const type = TYPES.get(wireType) ?? "unknown";
	const property = loose(wire.property);
	const description = text(wire.desc);
	const value =
		type === "formula"
			? formulaValue(property)
			: type === "lookup"
				? lookupValue(property)
				: undefined;
	const sources = sourcesOf(type, wireType, property, all);
	const readOnly =
		wireType === "Cascader"
			? "a cascading choice is made in the app: through the API any text would be kept unchecked"
			: wire.editable === false && !READ_ONLY.has(type)
				? "this account may not edit the field"
				: undefined;
	return {
		id: text(wire.id) ?? "",
		name: text(wire.name) ?? "",
		type,
		primary: wire.isPrimary === true,
		settings: settingsOf(type, wireType, property, all),
		wireType,
		wire,
		...defined({ description, value, sources, readOnly }),
	};
}

/** The fields that a computed field reads; kinds that hold values of their own read none. */
function sourcesOf(
	type: FieldType,
	wireType: string,
	property: Loose,
	all: readonly Loose[],
): Field["sources"] {
	if (type === "formula")
		return formulaReferences(text(property.expression) ?? "");
	if (type === "unknown") return TYPES.has(wireType) ? [] : undefined;
	if (type !== "lookup") return undefined;
	const link = text(property.relatedLinkFieldId);
	const field = text(property.targetFieldId);
	const table = text(
		loose(all.find(({ id }) => id === link)?.property).foreignDatasheetId,
	);
	return link === undefined || field === undefined || table === undefined
		? undefined
		: [{ field: link }, { table, field }];
}

const READ_ONLY: ReadonlySet<FieldType> = new Set(
	(Object.entries(codecs) as [FieldType, object][])
		.filter(([, codec]) => !("encode" in codec))
		.map(([type]) => type),
);

function settingsOf(
	type: FieldType,
	wireType: string,
	property: Loose,
	all: readonly Loose[],
): FieldSettings {
	switch (type) {
		case "text":
			return defined({ default: text(property.defaultValue) });
		case "number":
		case "percent":
			return defined({
				format: decimals(number(property.precision)),
				default: asNumber(property.defaultValue),
			});
		case "currency":
			return defined({
				format: decimals(number(property.precision)),
				currency: text(property.symbol),
				default: asNumber(property.defaultValue),
			});
		case "rating":
			return defined({ min: 1, max: number(property.max) });
		case "single_select":
		case "multi_select":
			return {
				options: list(property.options).map((option) => ({
					id: text(option.id) ?? "",
					name: text(option.name) ?? "",
					...defined({ color: text(loose(option.color).name) }),
				})),
			};
		case "date":
		case "created_time":
		case "updated_time":
			return defined({
				format: text(property.format),
				showsTime: property.includeTime === true ? true : undefined,
				autoFill: property.autoFill === true ? true : undefined,
			});
		case "user":
			return defined({
				multiple: property.isMulti === false ? false : undefined,
			});
		case "link":
			return defined({
				linkTable: text(property.foreignDatasheetId),
				multiple: property.limitSingleRecord === true ? false : undefined,
				twoWay: wireType === "OneWayLink" ? undefined : true,
				reverseField: text(property.brotherFieldId),
			});
		case "formula":
			return defined({
				formula: named(text(property.expression), all),
				...momentSettings(property),
			});
		case "lookup":
			return defined({
				...momentSettings(lookedUp(property)),
				linkTable: text(lookedUp(property).foreignDatasheetId),
			});
		default:
			return {};
	}
}

/** Whether a computed date shows a time: as its own format says, or the column that a lookup reads. */
function momentSettings(property: Loose) {
	const format = loose(loose(property.format).format);
	const shows = [property.includeTime, format.includeTime].includes(true);
	return { showsTime: shows ? true : undefined };
}

/** What the column that a lookup reads says of itself, unless the lookup says it otherwise. */
function lookedUp(property: Loose): Loose {
	return property.format === undefined
		? loose(loose(loose(property.entityField).field).property)
		: property;
}

/** The ids of a formula's references as names. */
function named(
	expression: string | undefined,
	all: readonly Loose[],
): string | undefined {
	if (expression === undefined) return undefined;
	const names = new Map(all.map(({ id, name }) => [id, text(name) ?? ""]));
	return mapReferences(expression, (id) => namedReference(names.get(id) ?? id));
}

const VALUE_TYPES: Readonly<Record<string, FieldType>> = {
	String: "text",
	Number: "number",
	Boolean: "checkbox",
	DateTime: "date",
};

function formulaValue(property: Loose): Field["value"] {
	const type = VALUE_TYPES[text(property.valueType) ?? ""];
	return type === undefined ? undefined : { type, list: false };
}

/**
 * Rollups that are answered as a list of the other table's values; the two that join say `valueType` String, and come
 * so all the same (measured). Source: "room-server 1.10.0".
 */
const KEEPS: ReadonlySet<string> = new Set([
	"VALUES",
	"ARRAYCOMPACT",
	"ARRAYUNIQUE",
	"ARRAYJOIN",
	"CONCATENATE",
]);

function lookupValue(property: Loose): Field["value"] {
	const rollup = text(property.rollupFunction) ?? "VALUES";
	const target = loose(loose(property.entityField).field);
	if (!KEEPS.has(rollup)) return formulaValue(property);
	const type = TYPES.get(text(target.type) ?? "");
	if (type === "formula") {
		const value = formulaValue(loose(target.property));
		return value && { ...value, list: true };
	}
	return type === undefined || type === "lookup"
		? undefined
		: { type, list: true };
}

function decimals(precision: number | undefined): string | undefined {
	return precision === undefined
		? undefined
		: precision === 0
			? "0"
			: `0.${"0".repeat(precision)}`;
}

function asNumber(value: unknown): number | undefined {
	const found =
		typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
	return Number.isFinite(found) ? found : undefined;
}
