import { z } from "zod";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import { contactKind } from "./list-contacts.js";
import * as schemas from "./schemas.js";
import { say } from "./text.js";
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
		confirm: schemas.confirm.optional(),
	}),
	output: z.looseObject({ deleted: z.string(), notes: z.array(z.string()) }),
	hints: schemas.changeHints,
	needs: ["deleteContact"],
	async run({ connection: name, kind, id, confirm }, session, running) {
		const connection = connectionNamed(session, name);
		const remove = need(
			{ connection, adapter: await connection.adapter() },
			"deleteContact",
		);
		await running.confirm({
			action: `remove the ${kind} ${id} from ${connection.title}`,
			expected: id,
			...(confirm === undefined ? {} : { given: confirm }),
		});
		await remove(kind, id, running.call);
		return say(`deleted ${kind} ${id}`, { deleted: id });
	},
});
