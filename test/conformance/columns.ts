import type { FieldType } from "../../src/core/contract/field.js";
import { DAY_MS, zone } from "../../src/core/values/zone.js";

/** One column of the table that the suite works on, and values that an agent would write into it. */
export interface ColumnSample {
	readonly type: FieldType;
	/** In the words of `create_field`. */
	readonly settings?: Readonly<Record<string, unknown>>;
	/** Distinct values, none of them empty. */
	readonly given: readonly unknown[];
	/** How a compact read shows them; absent = as given. */
	readonly shown?: readonly unknown[];
}

/** Why a vendor's tables cannot have such a column. */
export interface AbsentColumn {
	readonly absent: string;
}

/** What a vendor's own file says differently about a column. */
export type ColumnChange =
	| { readonly [Key in keyof ColumnSample]?: ColumnSample[Key] }
	| AbsentColumn;

const SELECT_OPTIONS = ["To do", "Doing", "Done"] as const;
const LIST_OPTIONS = ["red", "green", "dark blue", "Grün"] as const;

/**
 * Columns that can be written, by name. Links and attachments are made by the suite itself, from its own
 * records and files. Dates stand around `nowMs`, so that every word of `within` finds some.
 */
export function sampleColumns(nowMs: number, zoneName: string) {
	const where = zone(zoneName);
	const day = (days: number) => where.day(nowMs + days * DAY_MS);
	const moments = [-1, 0, 3, 45, -380].map((days) =>
		where.startOfDay(nowMs + days * DAY_MS),
	);
	return {
		text: {
			type: "text",
			given: [
				"Ann",
				"ann",
				"Straße 7",
				"李雷, 韩梅梅",
				'say "hi"',
				"50% off_now",
			],
		},
		long_text: {
			type: "long_text",
			given: ["one line", "first\nsecond", "  kept as it is  "],
		},
		email: {
			type: "email",
			given: ["ann@example.com", "bo.li+tag@example.org"],
		},
		phone: { type: "phone", given: ["13800138000", "+86 10 1234 5678"] },
		barcode: { type: "barcode", given: ["6901234567892", "ABC-0001"] },
		url: {
			type: "url",
			given: [
				"https://example.com/a?b=1&c=2",
				{ text: "Home page", link: "https://example.org/" },
			],
		},
		number: { type: "number", given: [0, 42, -1.5, 1_000_000, 0.25] },
		other_number: { type: "number", given: [0, 7, 42, -1.5] },
		currency: { type: "currency", given: [9.99, 1200, -3.5] },
		percent: {
			type: "percent",
			given: [0.5, 0.12, 1],
			shown: ["50%", "12%", "100%"],
		},
		rating: { type: "rating", given: [1, 3, 5] },
		progress: { type: "progress", given: [0.1, 0.5, 1] },
		checkbox: { type: "checkbox", given: [true] },
		single_select: {
			type: "single_select",
			settings: { options: SELECT_OPTIONS.map((name) => ({ name })) },
			given: SELECT_OPTIONS,
		},
		multi_select: {
			type: "multi_select",
			settings: { options: LIST_OPTIONS.map((name) => ({ name })) },
			given: [["red"], ["green", "red"], ["dark blue"], ["Grün", "green"]],
		},
		date: { type: "date", given: [0, -1, 2, 9, 40, -35, -400].map(day) },
		moment: {
			type: "date",
			settings: { format: "yyyy-MM-dd HH:mm" },
			given: moments.map((ms) => where.moment(ms + 34_200_000).slice(0, 16)),
			shown: moments.map((ms) => where.moment(ms + 34_200_000)),
		},
		user: { type: "user", given: [["Ann"], ["Bo", "Ann"]] },
		group: { type: "group", given: [["Team"]] },
		department: { type: "department", given: [["Sales"]] },
		location: {
			type: "location",
			given: [
				{ lnglat: "116.397755,39.903179", address: "Beijing" },
				{ lnglat: "-0.1276,51.5072", address: "London" },
			],
		},
	} as const satisfies Record<string, ColumnSample>;
}

export type ColumnName = keyof ReturnType<typeof sampleColumns>;

/** Columns that the vendor fills in by itself. */
export const COMPUTED_COLUMNS = {
	auto_number: "auto_number",
	created_time: "created_time",
	updated_time: "updated_time",
	created_by: "created_by",
	updated_by: "updated_by",
} as const satisfies Record<string, FieldType>;

export type ComputedColumn = keyof typeof COMPUTED_COLUMNS;
