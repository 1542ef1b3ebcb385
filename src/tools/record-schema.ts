import type { Field, FieldType } from "../core/contract/field.js";
import type { Table } from "../core/contract/table.js";
import { defined } from "../core/values/defined.js";

const text = { type: "string" };
const number = { type: "number" };
const names = { type: "array", items: { type: "string" } };

/** What a write takes for each type; null in place of a schema = not writable. */
const SCHEMAS = {
	text,
	long_text: text,
	email: text,
	phone: text,
	barcode: text,
	url: text,
	number,
	currency: number,
	percent: { type: "number", description: "a fraction: 0.12 is 12 %" },
	rating: number,
	progress: number,
	checkbox: { type: "boolean" },
	single_select: text,
	multi_select: names,
	date: text,
	user: names,
	group: names,
	department: names,
	link: names,
	attachment: {
		type: "array",
		items: { type: "object", properties: { token: text, name: text } },
	},
	location: { type: "object", properties: { lnglat: text, address: text } },
	formula: null,
	lookup: null,
	auto_number: null,
	created_time: null,
	updated_time: null,
	created_by: null,
	updated_by: null,
	button: null,
	unknown: null,
} as const satisfies Record<FieldType, object | null>;

/** JSON Schema of the `fields` of a record of this table, for writing. */
export function recordJsonSchema(table: Table): Record<string, unknown> {
	return {
		type: "object",
		additionalProperties: false,
		properties: Object.fromEntries(
			table.fields.flatMap((field) => {
				const schema = fieldSchema(field);
				return schema === undefined ? [] : [[field.name, schema]];
			}),
		),
	};
}

function fieldSchema(field: Field): Record<string, unknown> | undefined {
	const schema = SCHEMAS[field.type];
	if (schema === null || field.readOnly !== undefined) return undefined;
	const { options, min, max, showsTime } = field.settings;
	const choices = options?.map(({ name }) => name);
	if (field.type === "single_select" && choices?.length)
		return { ...schema, enum: choices };
	if (field.type === "multi_select" && choices?.length)
		return { type: "array", items: { type: "string", enum: choices } };
	if (field.type === "date")
		return { ...schema, format: showsTime ? "date-time" : "date" };
	if (schema.type === "number")
		return {
			...schema,
			...defined({ minimum: min, maximum: max }),
		};
	return schema;
}
