import type {
	Field,
	FieldSettings,
	FieldType,
} from "../../core/contract/field.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import { typesByWire } from "../kit/codecs.js";
import { codecs } from "./cells.js";

const TYPES: ReadonlyMap<string | number, FieldType> = new Map([
	...typesByWire(codecs),
	["number", "number"],
	["idCard", "text"],
]);

const PERCENT = /^PERCENT/;

/** A field of the answer to a list; forgiving. Source: "Data structure". The first column of a sheet is its primary one. */
export function fieldOf(
	wire: Loose,
	index: number,
	all: readonly Loose[],
): Field {
	const wireType = text(wire.type) ?? "";
	const property = loose(wire.property);
	const known = TYPES.get(wireType) ?? "unknown";
	const type =
		known === "number" && PERCENT.test(text(property.formatter) ?? "")
			? "percent"
			: known;
	const name = text(wire.name) ?? "";
	const readOnly = readOnlyReason(wire, property, name, all);
	return {
		id: text(wire.id) ?? "",
		name,
		type,
		primary: index === 0,
		settings: settingsOf(type, wireType, property),
		wireType,
		wire,
		// A type that is known reads no other cells of its record; what a formula or an unknown type reads is not documented.
		...(type === "unknown" && TYPES.has(wireType) ? { sources: [] } : {}),
		...defined({ readOnly }),
	};
}

function readOnlyReason(
	wire: Loose,
	property: Loose,
	name: string,
	all: readonly Loose[],
): string | undefined {
	if (all.filter((other) => other.name === name).length > 1)
		return `two fields are named "${name}", and this API writes by name: rename one in DingTalk`;
	const decorator = text(wire.decorator) ?? text(property.decorator);
	return decorator === undefined
		? undefined
		: `it is filled in by AI in DingTalk (${decorator})`;
}

function settingsOf(
	type: FieldType,
	wireType: string,
	property: Loose,
): FieldSettings {
	const formatter = text(property.formatter);
	switch (type) {
		case "number":
		case "percent":
			return defined({ format: formatter });
		case "currency":
			return defined({
				format: formatter,
				currency: text(property.currencyType),
			});
		case "rating":
		case "progress":
			return defined({
				min: number(property.min),
				max: number(property.max),
			});
		case "single_select":
		case "multi_select":
			return {
				options: list(property.choices).map((choice) => ({
					id: text(choice.id) ?? "",
					name: text(choice.name) ?? "",
				})),
			};
		case "date":
			return defined({
				format: formatter,
				showsTime: /H/.test(formatter ?? ""),
			});
		case "created_time":
		case "updated_time":
			return defined({
				format: formatter,
				showsTime: formatter === undefined ? undefined : /H/.test(formatter),
			});
		case "user":
		case "department":
			return defined({
				multiple: property.multiple === false ? false : undefined,
			});
		case "link":
			return defined({
				linkTable: text(property.linkedSheetId),
				multiple: property.multiple === false ? false : undefined,
				twoWay: wireType === "bidirectionalLink" ? true : undefined,
				reverseField: text(property.linkedFieldId),
			});
		default:
			return {};
	}
}
