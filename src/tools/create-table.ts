import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { Field } from "../core/contract/field.js";
import type { Running } from "../core/contract/running.js";
import { type FieldSpec, ITSELF } from "../core/contract/schema.js";
import type { Session } from "../core/contract/session.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { locateFrom } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { nearest } from "../core/values/near-names.js";
import { makeTable } from "../core/write/make-table.js";
import * as schemas from "./schemas.js";
import { fieldSpec, type ResolveLink, SETTINGS } from "./settings.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const createTableTool = defineTool({
	name: "create_table",
	toolset: "schema",
	title: "Create a table",
	description:
		"Make an empty table with these fields; the first is the primary one. Answers its reference.",
	input: z.object({
		connection: schemas.connection.optional(),
		base: schemas.base.optional(),
		folder: z.string().optional(),
		name: z.string().min(1),
		description: z.string().optional(),
		fields: schemas.fieldSpecs.min(1),
	}),
	output: z.looseObject({
		table: z.string(),
		fields: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.addHints,
	needs: ["createTable"],
	async run(
		{ connection, base, folder, name, description, fields },
		session,
		running,
	) {
		const place = await locateBase(session, { connection, base }, running.call);
		const create = need(place, "createTable");
		const specs = await fieldSpecs(
			fields,
			linkIn(session, place.connection.name, place.base.id, running, {
				name,
				id: ITSELF,
			}),
		);
		const done = await makeTable(
			session,
			{
				tool: "create_table",
				place,
				spec: { name, fields: specs, ...defined({ description, folder }) },
				create,
			},
			running,
		);
		const { reference, table } = done.value;
		const said = sayDone(
			done,
			`created ${table.name}: ${reference}${otherFields(table.fields, specs)}`,
			{
				table: reference,
				fields: table.fields.map(({ id, name: field, type }) => ({
					id,
					name: field,
					type,
				})),
				...defined({ url: table.url }),
			},
			done.unmade,
		);
		return { ...said, isError: done.unmade.length > 0 };
	},
});

/** The fields that were made, where they are not just what was asked for. */
function otherFields(
	made: readonly Field[],
	asked: readonly FieldSpec[],
): string {
	const words = (fields: readonly Pick<Field, "name" | "type">[]) =>
		fields.map(({ name, type }) => `${name} (${type})`).join(", ");
	return words(made) === words(asked) ? "" : ` with ${words(made)}`;
}

/** All fields of a new table; every problem of every field in one refusal. */
export async function fieldSpecs(
	fields: readonly {
		readonly name: string;
		readonly type: FieldSpec["type"];
		readonly settings?: unknown;
		readonly [fact: string]: unknown;
	}[],
	link: ResolveLink,
): Promise<FieldSpec[]> {
	const problems: string[] = [];
	const specs: FieldSpec[] = [];
	const names = new Set<string>();
	for (const [index, field] of fields.entries()) {
		problems.push(...describedProblems(field, index));
		if (names.has(field.name))
			problems.push(`two fields are named "${field.name}"`);
		names.add(field.name);
		try {
			specs.push(
				(
					await fieldSpec(
						{ ...field, settings: settingsOf(field) },
						undefined,
						link,
					)
				).spec,
			);
		} catch (error) {
			if (!(error instanceof TablesError)) throw error;
			problems.push(error.message);
		}
	}
	if (problems.length > 0)
		throw new TablesError("bad_argument", problems.join("; "), {
			next: "Fix these and call again; nothing was made.",
		});
	return specs;
}

/** What `describe_fields` answers of a field beside these: facts of that field, which a new one gets by itself. */
const DESCRIBED = ["id", "primary", "computes", "links_to", "read_only"];

const FIELD_KEYS = ["name", "type", "settings", "description", "options_total"];

type GivenFieldSpec = Parameters<typeof fieldSpecs>[0][number];

/** What is wrong with the keys of a field, which may be one that `describe_fields` has answered. */
function describedProblems(
	field: GivenFieldSpec,
	index: number,
): readonly string[] {
	const keys = [...FIELD_KEYS, ...DESCRIBED];
	const problems = Object.keys(field)
		.filter((key) => !keys.includes(key))
		.map((key) => {
			const there = SETTINGS.includes(key)
				? `it is a setting: give it as fields[${index}].settings.${key}`
				: `nearest: ${nearest(keys, key).join(", ") || FIELD_KEYS.join(", ")}`;
			return `fields[${index}].${key} is not known; ${there}`;
		});
	if (field.primary === true && index > 0)
		problems.push(
			`"${field.name}" is the primary field where it was described: put it first`,
		);
	const { options } = (field.settings ?? {}) as { readonly options?: unknown };
	if (
		typeof field.options_total === "number" &&
		Array.isArray(options) &&
		options.length < field.options_total
	)
		problems.push(
			`"${field.name}" has ${options.length} of ${field.options_total} options: describe_fields answers all of them where \`fields\` names it`,
		);
	return problems;
}

/** A description may stand beside the settings, as `describe_fields` answers it. */
function settingsOf({ settings, description }: GivenFieldSpec): unknown {
	return description === undefined ||
		(settings !== undefined && typeof settings !== "object")
		? settings
		: { description, ...settings };
}

/** The table that the field itself is in. */
interface OwnTable {
	readonly name: string;
	readonly id: string;
}

/** A link's target, by reference, URL or name, as an id in the same base; `self` is the table of the field. */
export function linkIn(
	session: Session,
	connection: string,
	base: string,
	running: Running,
	own?: OwnTable,
): ResolveLink {
	return async (text) => {
		if (own !== undefined && (text === "self" || text === own.name))
			return own.id;
		const place = { connection, base };
		const target = await locateFrom(session, place, text, running);
		if (target.connection.name !== connection || target.table.ref.base !== base)
			throw new TablesError(
				"bad_argument",
				`a link stays in its base, and ${target.reference} is in another`,
				{ next: "Name a table of the same base." },
			);
		return target.table.ref.table;
	};
}
