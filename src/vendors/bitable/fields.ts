import type {
	Field,
	FieldSettings,
	FieldType,
} from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import { segments, TYPES, wireTypeOf } from "./cells.js";
import { formulaReferences, namedFormula } from "./formula.js";
import { patternOf } from "./number-pattern.js";

/** A field of the answer to a list; forgiving. Source: "List fields", "Field edit development guide". */
export function fieldOf(
	wire: Loose,
	table: string,
	names: ReadonlyMap<string, string>,
): Field {
	const wireType = wireTypeOf(wire);
	const type = TYPES.get(wireType) ?? "unknown";
	const property = loose(wire.property);
	const description = descriptionOf(wire.description);
	const value = computedOf(type, property);
	const sources = sourcesOf(type, wireType, property, table);
	return {
		id: text(wire.field_id) ?? "",
		name: text(wire.field_name) ?? "",
		type,
		primary: wire.is_primary === true,
		settings: settingsOf(type, property, table, names, wireType),
		wireType,
		wire,
		...defined({ description, value, sources }),
	};
}

/** The fields that a computed field reads, where the vendor tells; kinds that hold values of their own read none. */
function sourcesOf(
	type: FieldType,
	wireType: string,
	property: Loose,
	table: string,
): Field["sources"] {
	if (type === "unknown") return TYPES.has(wireType) ? [] : undefined;
	if (type !== "formula") return undefined;
	const expression = text(property.formula_expression);
	return expression === undefined
		? undefined
		: formulaReferences(expression, table);
}

/** A text, segments, or what a create echoes. */
function descriptionOf(wire: unknown): string | undefined {
	const found = Array.isArray(wire)
		? segments(wire)
		: typeof wire === "string"
			? wire
			: loose(wire).text;
	return typeof found === "string" && found !== "" ? found : undefined;
}

const DATE_FORMAT = /y|M{1,2}|d{1,2}/;

/** What a formula computes, where the field says it. */
function computedOf(type: FieldType, property: Loose): Field["value"] {
	if (type !== "formula" && type !== "lookup") return undefined;
	const given = loose(property.type);
	const formatter = text(property.formatter);
	const inner =
		number(given.data_type) !== undefined
			? TYPES.get(
					wireTypeOf({
						type: given.data_type,
						ui_type: given.ui_type,
						property: given.ui_property,
					}),
				)
			: type === "lookup" || formatter === undefined
				? undefined
				: DATE_FORMAT.test(formatter)
					? "date"
					: formatter.includes("%")
						? "percent"
						: "number";
	return inner === undefined || inner === "formula" || inner === "lookup"
		? undefined
		: { type: inner, list: type === "lookup" };
}

const showsTime = (format: string): boolean => /H/.test(format);
const DEFAULT_DATE_FORMAT = "yyyy/MM/dd";

function settingsOf(
	type: FieldType,
	property: Loose,
	table: string,
	names: ReadonlyMap<string, string>,
	wireType: string,
): FieldSettings {
	switch (type) {
		case "number":
		case "percent":
			return defined({ format: text(property.formatter) });
		case "currency":
			return defined({
				format: text(property.formatter),
				currency: text(property.currency_code),
			});
		case "progress":
		case "rating":
			return defined({
				format:
					type === "progress"
						? text(property.formatter)
						: unless("star", loose(property.rating).symbol),
				min: number(property.min),
				max: number(property.max),
			});
		case "single_select":
		case "multi_select":
			return {
				options: list(property.options).map((option) => ({
					id: text(option.id) ?? "",
					name: text(option.name) ?? "",
					...defined({ color: number(option.color) }),
				})),
			};
		case "date":
		case "created_time":
		case "updated_time": {
			const format = text(property.date_formatter) ?? DEFAULT_DATE_FORMAT;
			return {
				format,
				showsTime: showsTime(format),
				...(property.auto_fill === true ? { autoFill: true } : {}),
			};
		}
		case "location":
			return defined({
				format: unless("not_limit", loose(property.location).input_type),
			});
		case "user":
		case "group":
			return defined({
				multiple: property.multiple === false ? false : undefined,
			});
		case "link":
			return defined({
				linkTable: text(property.table_id),
				multiple: property.multiple === false ? false : undefined,
				twoWay: wireType === "DuplexLink" ? true : undefined,
				reverseName: text(property.back_field_name),
				reverseField: text(property.back_field_id),
			});
		case "formula": {
			const expression = text(property.formula_expression);
			const inner = loose(loose(property.type).ui_property);
			const format =
				text(property.formatter) ??
				text(inner.formatter) ??
				text(inner.date_formatter);
			return defined({
				format,
				formula:
					expression === undefined
						? undefined
						: namedFormula(expression, table, names),
				showsTime: format !== undefined && showsTime(format) ? true : undefined,
			});
		}
		case "lookup":
			return defined({ format: text(property.formatter) });
		case "auto_number":
			return defined({ numberPattern: patternOf(loose(property.auto_serial)) });
		default:
			return {};
	}
}

/** A text that is not the usual one. */
function unless(usual: string, given: unknown): string | undefined {
	const said = text(given);
	return said === usual ? undefined : said;
}
