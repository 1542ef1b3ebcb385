import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import type { Running } from "../core/contract/running.js";
import type { FieldSpec } from "../core/contract/schema.js";
import type { Session } from "../core/contract/session.js";
import { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { locateFrom } from "../core/places/locate.js";
import { defined } from "../core/values/defined.js";
import { makeTable } from "../core/write/make-table.js";
import * as schemas from "./schemas.js";
import { fieldSpec, type ResolveLink } from "./settings.js";
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
			linkIn(session, place.connection.name, place.base.id, running),
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
		return sayDone(
			done,
			`created ${table.name}: ${reference} with ${table.fields.map(({ name: field, type }) => `${field} (${type})`).join(", ")}`,
			{
				table: reference,
				fields: table.fields.map(({ id, name: field, type }) => ({
					id,
					name: field,
					type,
				})),
				...defined({ url: table.url }),
			},
		);
	},
});

/** All fields of a new table; every problem of every field in one refusal. */
export async function fieldSpecs(
	fields: readonly {
		readonly name: string;
		readonly type: FieldSpec["type"];
		readonly settings?: unknown;
	}[],
	link: ResolveLink,
): Promise<FieldSpec[]> {
	const problems: string[] = [];
	const specs: FieldSpec[] = [];
	const names = new Set<string>();
	for (const field of fields) {
		if (names.has(field.name))
			problems.push(`two fields are named "${field.name}"`);
		names.add(field.name);
		try {
			specs.push(
				(
					await fieldSpec(
						{ ...field, settings: field.settings },
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

/** A link's target, by reference, URL or name, as an id in the same base. */
export function linkIn(
	session: Session,
	connection: string,
	base: string,
	running: Running,
): ResolveLink {
	return async (text) => {
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
