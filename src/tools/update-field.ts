import { z } from "zod";
import { act, tablePlace } from "../core/contract/consent.js";
import { TablesError } from "../core/contract/errors.js";
import type { Field } from "../core/contract/field.js";
import type { Running } from "../core/contract/running.js";
import type { FieldSpec } from "../core/contract/schema.js";
import { need } from "../core/places/capability.js";
import { type Located, locate } from "../core/places/locate.js";
import { forget } from "../core/places/schema-cache.js";
import { fieldNamed } from "../core/values/names.js";
import { linkIn } from "./create-table.js";
import * as schemas from "./schemas.js";
import { fieldSpec } from "./settings.js";
import { say } from "./text.js";
import { defineTool } from "./tool.js";

export const updateFieldTool = defineTool({
	name: "update_field",
	toolset: "schema",
	title: "Update a field",
	description:
		"Rename a field, change its type or settings, add, rename or remove options. What is not named stays. Asks before a type change and before options are removed.",
	input: z.object({
		table: schemas.table,
		field: z.string(),
		name: z.string().min(1).optional(),
		type: schemas.fieldType.optional(),
		settings: schemas.settings.optional(),
		...schemas.confirmOf("update_field"),
	}),
	output: z.looseObject({ field: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["updateField"],
	async run(
		{ table, field: text, name, type, settings, confirm },
		session,
		running,
	) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const update = need(located, "updateField");
		const { item: field, note } = fieldNamed(located.table, text);
		if (name === undefined && type === undefined && settings === undefined)
			throw new TablesError("bad_argument", "nothing to change was named", {
				next: "Name at least one of name, type, settings.",
			});
		if (field.type === "unknown")
			throw new TablesError(
				"unsupported",
				`"${field.name}" is of a type that this server does not know (${field.wireType}); it is read only`,
				{ next: "Change it in the vendor's app." },
			);
		const link = linkIn(
			session,
			located.connection.name,
			located.table.ref.base,
			running,
		);
		const { spec, removed } = await fieldSpec(
			{ name: name ?? field.name, type: type ?? field.type, settings },
			field,
			link,
		);
		const changed: Changed = { located, field, spec, removed };
		await askBefore(changed, confirm, running);
		await update(located.table, field, spec, running.call);
		// The other side of a link keeps this side's name.
		forget(
			session,
			located.connection.name,
			field.type === "link" ? undefined : located.table.ref,
		);
		return say(
			`updated field "${spec.name}" [${field.id}] of ${located.reference}`,
			{ field: field.id, name: spec.name, type: spec.type },
			[...located.notes, ...(note === undefined ? [] : [note])],
		);
	},
});

interface Changed {
	readonly located: Located;
	/** As it is. */
	readonly field: Field;
	/** As it is to be. */
	readonly spec: FieldSpec;
	/** Options that go. */
	readonly removed: readonly string[];
}

/** A person is asked where cells may be lost. */
async function askBefore(
	{ located, field, spec, removed }: Changed,
	confirm: string | undefined,
	running: Running,
): Promise<void> {
	const asked = {
		expected: field.name,
		given: confirm,
		place: tablePlace(located),
		about: [field.id, spec.type, removed],
	};
	if (spec.type !== field.type)
		await running.confirm({
			...asked,
			kind: "change_type",
			action: act`change ${field.name} of ${located.table.name} from ${field.type} to ${spec.type}; cells that do not fit may be lost`,
		});
	else if (removed.length > 0)
		await running.confirm({
			...asked,
			kind: "remove_options",
			action: act`remove ${{ count: removed.length, noun: "option" }} of ${field.name} of ${located.table.name} from every record: ${removed}`,
		});
}
