import { z } from "zod";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import { defined } from "../core/values/defined.js";
import { carryOutWhole } from "../core/write/carry-out.js";
import { contactKind } from "./list-contacts.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool } from "./tool.js";

export const saveContactTool = defineTool({
	name: "save_contact",
	toolset: "contacts",
	title: "Save a contact",
	description:
		"Change a member, team or role (with `id`), or make a team or role. `teams` and `roles` replace the lists.",
	input: z.object({
		connection: schemas.connection,
		kind: contactKind,
		id: z.string().optional(),
		name: z.string().optional(),
		parent: z.string().optional(),
		teams: z.array(z.string()).optional(),
		roles: z.array(z.string()).optional(),
	}),
	output: z.looseObject({ contact: z.unknown(), notes: z.array(z.string()) }),
	hints: schemas.changeMoreHints,
	needs: ["saveContact"],
	async run(
		{ connection: connectionName, kind, id, name, parent, teams, roles },
		session,
		running,
	) {
		const connection = connectionNamed(session, connectionName);
		const save = need(
			{ connection, adapter: await connection.adapter() },
			"saveContact",
		);
		const done = await carryOutWhole(
			session,
			{
				tool: "save_contact",
				place: { connection },
				deed: { kind: "save_contact", name: name ?? id ?? kind },
			},
			() =>
				save(
					{ kind, ...defined({ id, name, parent, teams, roles }) },
					running.call,
				),
		);
		const contact = done.value;
		return sayDone(
			done,
			`${id === undefined ? "made" : "saved"} ${kind} ${contact.name ?? ""} [${contact.id}]`,
			{ contact },
		);
	},
});
