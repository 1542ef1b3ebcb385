import { z } from "zod";
import type { AskingTool } from "../core/contract/consent.js";
import { FIELD_TYPES } from "../core/contract/field.js";
import { OPERATORS, VIEW_TYPES } from "../core/contract/table.js";
import { BROKEN_TEXT, isWholeText } from "../core/values/whole-text.js";

/*
 * Arguments that several tools share. Schemas are flat on purpose: every client must accept them, so a value of
 * several types is declared as text and an object that another tool spells out as a plain object.
 */

export const table = z.string().min(1);
/** The same where it is said what it may be: in the tools that are called first. */
export const tableExplained = table.describe(
	"Reference, browser URL or unique name",
);
export const connection = z.string().min(1);
export const base = z.string().min(1).describe("Id, name or URL");
export const cursor = z
	.string()
	.min(1)
	.describe("next_cursor of the last answer");
/** Some models send a number as one. */
const confirm = z
	.preprocess(
		(given) => (typeof given === "number" ? String(given) : given),
		z.string(),
	)
	.describe(
		"The name, or the number from `dry_run`; may be sent in the first call if the person has asked for exactly this",
	);

/** The argument of a tool that can ask a person, and of no other. */
export function confirmOf(_tool: AskingTool) {
	return { confirm: confirm.optional() };
}

export const dryRun = z.boolean().describe("Check and count; write nothing");
export const resume = z
	.string()
	.min(1)
	.describe("change_id of an unfinished change; needs no records");
export const allowNewOptions = z
	.boolean()
	.describe("Let unknown select options be created");

/** A cell or filter value: text in the schema, any JSON in truth. */
const anyValue = z.unknown().meta({ type: "string" });

const condition = z.object({
	field: z.string(),
	op: z.enum(OPERATORS),
	value: anyValue.optional(),
	values: z.array(anyValue).optional(),
	other_field: z.string().optional(),
});

const match = z.enum(["all", "any"]);

/** A filter whose groups hold conditions of this form. */
const filterWith = <Inner extends z.ZodType>(inGroup: Inner) =>
	z.object({
		match: match.optional(),
		conditions: z.array(condition).optional(),
		groups: z
			.array(
				z.object({ match: match.optional(), conditions: z.array(inGroup) }),
			)
			.optional(),
	});

/** A condition in a group: the same as one outside of it. */
const conditionAsBeside = z.record(z.string(), z.unknown());

/** Down to the last key. */
export const wholeFilter = filterWith(condition);

/** The same as it is listed: `filterInput` checks it whole. */
export const filter = filterWith(conditionAsBeside).describe(
	'{match, conditions: [{field, op, value}], groups?}. `values` for any_of, none_of, has_all, between; `other_field` compares two columns; field "*" with search looks everywhere. within: today, this_week, last_month, this_quarter, last_7_days, last_3_months, …; dates may be "30 days ago"',
);

/** The same filter where `query_records` has spelled it out. */
export const filterAsInQuery = z
	.record(z.string(), z.unknown())
	.describe("As in query_records");

/** A statement and its tables, as `query_sql` takes them. */
export const wholeStatement = z.object({
	sql: z.string().min(1),
	tables: z.array(
		z.object({
			as: z.string().min(1),
			table: z.string().min(1),
			filter: filterAsInQuery.optional(),
		}),
	),
});

/** The same where `query_sql` has spelled it out: `fromInput` checks it whole. */
export const fromAsInQuerySql = z
	.record(z.string(), z.unknown())
	.describe("{sql, tables} as in query_sql");

export const sort = z.array(
	z.object({
		field: z.string(),
		direction: z.enum(["asc", "desc"]).optional(),
	}),
);

export const fieldNames = z.array(z.string());

export const fieldType = z.enum(
	FIELD_TYPES.filter((type) => type !== "unknown"),
);

export const viewType = z.enum(VIEW_TYPES);

/** Objects that may be given as their name alone, as `describe_fields` shows them. */
export const NAME_ALONE = z.registry<object>();

/** Texts of which an empty one says something; any other optional one that is empty counts as left out. */
export const EMPTY_SAYS = z.registry<object>();

/** A text that may be empty on purpose. */
export const textOrEmpty = z.string().register(EMPTY_SAYS, {});

const wholeText = z.string().refine(isWholeText, BROKEN_TEXT);

/** Spelled out in `create_field` only. */
export const settingsSpelled = z.object({
	description: wholeText.optional(),
	options: z
		.array(
			z
				.object({
					name: wholeText,
					new_name: wholeText.optional(),
					color: anyValue.optional(),
				})
				.register(NAME_ALONE, {}),
		)
		.optional()
		.describe("Merged by name"),
	remove_options: z.array(wholeText).optional(),
	format: wholeText.optional(),
	shows_time: z.boolean().optional(),
	currency: wholeText.optional(),
	min: z.number().optional(),
	max: z.number().optional(),
	multiple: z.boolean().optional(),
	link_table: wholeText.optional().describe("Or self"),
	two_way: z.boolean().optional(),
	reverse_name: wholeText.optional(),
	formula: wholeText.optional().describe("Fields as {Name}"),
	auto_fill: z.boolean().optional(),
	number_pattern: wholeText.optional().describe("Such as REC-{yyyy}-{0000}"),
	default: anyValue.optional(),
});

export const settings = z
	.record(z.string(), z.unknown())
	.describe("As in create_field");

/** Objects that are plain in the listing because another tool spells them out: that whole form. */
export const SPELLED: ReadonlyMap<z.ZodType, z.ZodType> = new Map<
	z.ZodType,
	z.ZodType
>([
	[filterAsInQuery, wholeFilter],
	[fromAsInQuerySql, wholeStatement],
	[conditionAsBeside, condition],
	[settings, settingsSpelled],
]);

/** What `describe_fields` answers of a field may stand beside these: create_table looks at each key. */
export const fieldSpecs = z.array(
	z.looseObject({
		name: z.string(),
		type: fieldType,
		settings: settings.optional(),
	}),
);

/** A record to be written. Its cells are checked against the table: a schema that looked at each would take longer than that check. */
export const record = z.looseObject({
	fields: z.looseObject({}).optional(),
});

export const readHints = {
	readOnlyHint: true,
	destructiveHint: false,
	idempotentHint: true,
	openWorldHint: true,
};
export const addHints = {
	readOnlyHint: false,
	destructiveHint: false,
	idempotentHint: false,
	openWorldHint: true,
};
export const changeHints = {
	readOnlyHint: false,
	destructiveHint: true,
	idempotentHint: true,
	openWorldHint: true,
};
/** The same call once more adds or takes away more. */
export const changeMoreHints = { ...changeHints, idempotentHint: false };
