import { z } from "zod";
import type { ContactInfo } from "../core/contract/contacts.js";
import type { Page } from "../core/contract/table.js";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import {
	fingerprint,
	foreignCursor,
	type Position,
	readCursor,
	writeCursor,
} from "../core/read/cursor.js";
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
	async run({ limit = 100, cursor, ...asked }, session, running) {
		const { connection: name, kind = "member", inside, search } = asked;
		const connection = connectionNamed(session, name);
		const adapter = await connection.adapter();
		const read = need({ connection, adapter }, "readContacts");
		const hash = await fingerprint([name, kind, inside, search]);
		const query = { kind, ...defined({ inside, search }) };
		const { contacts, rest } = await collectContacts(
			(at) => read(query, at, running.call),
			placeOf(cursor, hash),
			limit,
		);
		const next = rest === undefined ? null : writeCursor(hash, rest);
		return {
			text: [
				`${plural(contacts.length, kind)}${next === null ? "" : `; more with cursor: ${next}`}`,
				contactLines(contacts),
			].join("\n"),
			structured: { contacts, next_cursor: next },
		};
	},
});

/** Where in the vendor's pages a call begins. */
interface Place {
	readonly at: string | undefined;
	/** Entries of the page that were shown before. */
	readonly skip: number;
}

function placeOf(cursor: string | undefined, hash: string): Place {
	const position = cursor === undefined ? undefined : readCursor(cursor, hash);
	if (position === undefined) return { at: undefined, skip: 0 };
	if (position.at !== "page") throw foreignCursor();
	return { at: position.cursor ?? undefined, skip: position.index + 1 };
}

/** Contacts up to the limit, and where the next call begins: inside a page where it holds more than was wanted. */
async function collectContacts(
	read: (at: string | undefined) => Promise<Page<ContactInfo>>,
	from: Place,
	limit: number,
): Promise<{
	readonly contacts: readonly ContactInfo[];
	readonly rest?: Position;
}> {
	const contacts: ContactInfo[] = [];
	let { at, skip } = from;
	for (let page = 0; ; page++) {
		const { items, next } = await read(at);
		const fresh = items.slice(skip);
		const taken = fresh.slice(0, limit - contacts.length);
		contacts.push(...taken);
		const rest = { at: "page", page, anchors: [] } as const;
		if (taken.length < fresh.length) {
			const index = skip + taken.length - 1;
			const size = items.length;
			return { contacts, rest: { ...rest, cursor: at ?? null, size, index } };
		}
		if (next === undefined) return { contacts };
		if (contacts.length >= limit)
			return {
				contacts,
				rest: { ...rest, page: page + 1, cursor: next, size: 0, index: -1 },
			};
		at = next;
		skip = 0;
	}
}

function contactLines(contacts: readonly ContactInfo[]): string {
	return csvBlock(
		["id", "name", "email", "parent", "teams", "roles"],
		contacts.map((contact) => [
			contact.id,
			contact.name,
			contact.email,
			contact.parent,
			contact.teams?.join("; "),
			contact.roles?.join("; "),
		]),
	);
}
