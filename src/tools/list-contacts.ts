import { z } from "zod";
import type { ContactInfo } from "../core/contract/contacts.js";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import { fingerprint, readCursor, writeCursor } from "../core/read/cursor.js";
import { defined } from "../core/values/defined.js";
import * as schemas from "./schemas.js";
import { csvBlock, plural } from "./text.js";
import { defineTool } from "./tool.js";

export const contactKind = z.enum(["member", "team", "role"]);

export const listContactsTool = defineTool({
	name: "list_contacts",
	toolset: "contacts",
	title: "List contacts",
	description:
		"Members, teams or roles of an organisation, as far as the vendor lists them. `inside` is a team or role id.",
	input: z.object({
		connection: schemas.connection,
		kind: contactKind.optional(),
		inside: z.string().optional(),
		search: z.string().optional(),
		limit: z.int().min(1).max(1000).optional(),
		cursor: schemas.cursor.optional(),
	}),
	output: z.looseObject({
		contacts: z.array(z.unknown()),
		next_cursor: z.string().nullable(),
	}),
	hints: schemas.readHints,
	needs: ["readContacts"],
	async run(
		{ connection: name, kind = "member", inside, search, limit = 100, cursor },
		session,
		running,
	) {
		const connection = connectionNamed(session, name);
		const read = need(
			{ connection, adapter: await connection.adapter() },
			"readContacts",
		);
		const hash = fingerprint([name, kind, inside, search]);
		const position =
			cursor === undefined ? undefined : readCursor(cursor, hash);
		let at =
			position?.at === "page" ? (position.cursor ?? undefined) : undefined;
		let skip = position?.at === "page" ? position.index + 1 : 0;
		let pageNumber = 0;
		const contacts: ContactInfo[] = [];
		let next: string | null = null;
		for (;;) {
			const page = await read(
				{
					kind,
					...defined({ inside, search }),
				},
				at,
				running.call,
			);
			const fresh = page.items.slice(skip);
			const taken = fresh.slice(0, limit - contacts.length);
			contacts.push(...taken);
			if (taken.length < fresh.length) {
				next = writeCursor(hash, {
					at: "page",
					cursor: at ?? null,
					page: pageNumber,
					size: page.items.length,
					index: skip + taken.length - 1,
					anchors: [],
				});
				break;
			}
			if (page.next === undefined) break;
			at = page.next;
			skip = 0;
			pageNumber++;
			if (contacts.length >= limit) {
				next = writeCursor(hash, {
					at: "page",
					cursor: at,
					page: pageNumber,
					size: 0,
					index: -1,
					anchors: [],
				});
				break;
			}
		}
		return {
			text: [
				`${plural(contacts.length, kind)}${next === null ? "" : `; more with cursor: ${next}`}`,
				csvBlock(
					["id", "name", "email", "parent", "teams", "roles"],
					contacts.map((contact) => [
						contact.id,
						contact.name,
						contact.email,
						contact.parent,
						contact.teams?.join("; "),
						contact.roles?.join("; "),
					]),
				),
			].join("\n"),
			structured: { contacts, next_cursor: next },
		};
	},
});
