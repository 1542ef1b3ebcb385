import type {
	Field,
	FieldSettings,
	FieldType,
} from "../../src/core/contract/field.js";
import type { Table } from "../../src/core/contract/table.js";
import type { Lookups } from "../../src/core/values/text-lookups.js";
import { kindOf } from "../../src/core/values/values.js";

/** A field for a test: its id is its name with `f_` before it. */
export function field(
	name: string,
	type: FieldType,
	settings: FieldSettings = {},
	more: Partial<Field> = {},
): Field {
	return {
		id: `f_${name}`,
		name,
		type,
		primary: false,
		settings,
		wireType: type,
		...more,
	};
}

/** A table of these fields; the first is the primary one. */
export function tableOf(
	fields: readonly Field[],
	zone = "Asia/Shanghai",
): Table {
	const whole = fields.map((one, index) => ({ ...one, primary: index === 0 }));
	return {
		ref: { base: "b", table: "t" },
		name: "Tasks",
		fields: whole,
		byId: new Map(whole.map((one) => [one.id, one])),
		views: [],
		zone,
		readAtMs: 0,
	};
}

export const options = (...names: readonly string[]) => ({
	options: names.map((name, index) => ({ id: `o${index}`, name })),
});

/** Nobody is known but these: names and titles with their ids. */
export function knows(
	people: Readonly<Record<string, readonly string[]>> = {},
	linked: Readonly<Record<string, readonly string[]>> = {},
	me?: string,
): Lookups {
	return {
		async people(_field, texts) {
			return new Map(
				texts.flatMap((text) => {
					const ids = people[text];
					return ids === undefined
						? []
						: [[text, ids.map((id) => ({ id, name: text }))] as const];
				}),
			);
		},
		async linkedByText(_field, texts) {
			return new Map(
				texts.flatMap((text) => {
					const ids = linked[text];
					return ids === undefined
						? []
						: [[text, ids.map((id) => ({ id, text }))] as const];
				}),
			);
		},
		async shownIn(column) {
			const known =
				typeof column !== "string" && kindOf(column) === "links"
					? linked
					: people;
			return {
				texts: new Map(
					Object.entries(known).flatMap(([text, ids]) =>
						ids.map((id) => [id, text] as const),
					),
				),
			};
		},
		isId: (_column, text) => /^[ur]\d+$/.test(text),
		...(me === undefined ? {} : { me }),
	};
}
