import { z } from "zod";
import { act, andSo, tablePlace } from "../core/contract/consent.js";
import type { Field } from "../core/contract/field.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import { need } from "../core/places/capability.js";
import { type Located, locate, reload } from "../core/places/locate.js";
import { fieldNamed } from "../core/values/names.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { checkDelete } from "../core/write/check-change.js";
import { filledCells } from "../core/write/count-in-time.js";
import { lossWithField } from "../core/write/other-sides.js";
import {
	confirmStanding,
	fieldStanding,
	type Most,
	type Standing,
} from "../core/write/standing.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteFieldTool = defineTool({
	name: "delete_field",
	toolset: "schema",
	title: "Delete a field",
	description: "Delete a field with all its cells, for good. Asks first.",
	input: z.object({
		table: schemas.table,
		field: z.string(),
		...schemas.confirmOf("delete_field"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteField"],
	async run({ table, field: text, confirm }, session, running) {
		const located = await locate(session, table, running, { maxAgeMs: 0 });
		const remove = need(located, "deleteField");
		const { item: field, note } = fieldNamed(located.table, text);
		await checkDelete(located, field, running.call);
		const weighed = await weigh(session, located, field, running);
		const { links } = weighed;
		const { count: filled } = weighed.filled;
		let lost = weighed;
		const consent = await confirmStanding(
			running,
			{
				kind: "delete_field",
				action: andSo(
					act`delete the field ${field.name} of ${located.table.name} with all its cells`,
					filled === undefined ? undefined : act` (${filled} filled)`,
					act`, for good`,
					links.question,
				),
				expected: field.name,
				given: confirm,
				place: tablePlace(located),
				also: links.places,
				about: [field.id, links.about],
			},
			{
				what: `the field "${field.name}"`,
				seen: standingOf(weighed),
				look: async () => {
					const now = await reload(session, located, running);
					const { item } = fieldNamed(now.table, field.id);
					lost = await weigh(session, now, item, running);
					return standingOf(lost);
				},
			},
		);
		const { id, name } = field;
		const deed = { kind: "delete_field", name, id } as const;
		const done = await carryOutWhole(
			session,
			{
				tool: "delete_field",
				place: located,
				deed,
				consent,
				widely: field.type === "link",
			},
			() => remove(located.table, field, running.call),
		);
		return sayDone(
			done,
			`deleted field "${field.name}" [${field.id}] with all its cells${filledWords(lost.filled.count)}, for good`,
			{ deleted: field.id },
			[
				...located.notes,
				...(note === undefined ? [] : [note]),
				...lost.links.notes,
			],
		);
	},
});

function filledWords(count: number | undefined): string {
	return count === undefined ? "" : ` (${count} filled)`;
}

interface Weighed {
	readonly located: Located;
	readonly field: Field;
	/** What goes in other tables. */
	readonly links: Awaited<ReturnType<typeof lossWithField>>;
	/** Records whose cell has something in it. */
	readonly filled: Most;
}

/** What goes with a field. */
async function weigh(
	session: Session,
	located: Located,
	field: Field,
	running: Running,
): Promise<Weighed> {
	return {
		located,
		field,
		links: await lossWithField(session, located, field, running),
		filled: await filledCells(session, located, field, running),
	};
}

function standingOf({ located, field, links, filled }: Weighed): Standing {
	return fieldStanding(located.table, field, links, filled);
}
