import { z } from "zod";
import { act, placeOf } from "../core/contract/consent.js";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { standingContact } from "../core/write/contact-in-time.js";
import { confirmStanding } from "../core/write/standing.js";
import { contactKind } from "./list-contacts.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const deleteContactTool = defineTool({
	name: "delete_contact",
	toolset: "contacts",
	title: "Delete a contact",
	description:
		"Remove a member, team or role from the organisation. Asks first.",
	input: z.object({
		connection: schemas.connection,
		kind: contactKind,
		id: z.string(),
		...schemas.confirmOf("delete_contact"),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteContact"],
	async run({ connection: name, kind, id, confirm }, session, running) {
		const connection = connectionNamed(session, name);
		const adapter = await connection.adapter();
		const remove = need({ connection, adapter }, "deleteContact");
		const { contact, subject } = await standingContact(
			session,
			adapter,
			{ kind, id },
			running,
		);
		const consent = await confirmStanding(
			running,
			{
				kind: "delete_contact",
				action: contact?.name
					? act`remove the contact ${contact.name} (${kind} ${id}) from ${connection.title}`
					: act`remove the contact ${id} (${kind}) from ${connection.title}`,
				expected: id,
				given: confirm,
				place: placeOf(connection.vendor, "contacts"),
				about: [kind, id],
			},
			subject,
		);
		const done = await carryOutWhole(
			session,
			{
				tool: "delete_contact",
				place: { connection },
				consent,
				deed: { kind: "delete_contact", name: id },
			},
			() => remove(kind, id, running.call),
		);
		return sayDone(done, `deleted ${kind} ${id}`, { deleted: id });
	},
});
