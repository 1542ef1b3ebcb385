import { z } from "zod";
import { NODE_KINDS, type NodeKind } from "../core/contract/table.js";
import { locateBase } from "../core/places/bases.js";
import { connectionNamed } from "../core/places/connections.js";
import { type Listed, listNodes } from "../core/places/listing.js";
import { asUrl, resolveUrl } from "../core/places/url.js";
import {
	fingerprint,
	offsetOf,
	readCursor,
	writeCursor,
} from "../core/read/cursor.js";
import { defined } from "../core/values/defined.js";
import * as schemas from "./schemas.js";
import { csvBlock, noteLines, plural } from "./text.js";
import { defineTool } from "./tool.js";

const LIMIT = 100;

export const listTablesTool = defineTool({
	name: "list_tables",
	toolset: "records",
	title: "List tables",
	description:
		"Find tables first: every table of every connection, with the reference that other tools take. A URL in `base` opens that base. Then describe_fields.",
	input: z.object({
		search: z.string().optional(),
		connection: schemas.connection.optional(),
		base: schemas.base.optional(),
		kinds: z.array(z.enum(NODE_KINDS)).optional().describe("Default: table"),
		limit: z.int().min(1).max(1000).optional(),
		cursor: schemas.cursor.optional(),
	}),
	output: z.looseObject({
		tables: z.array(z.unknown()),
		next_cursor: z.string().nullable(),
		notes: z.array(z.string()),
	}),
	hints: schemas.readHints,
	async run(
		{ search, connection, base, kinds = ["table"], limit = LIMIT, cursor },
		session,
		running,
	) {
		const hash = fingerprint([search, connection, base, kinds]);
		const position =
			cursor === undefined ? undefined : readCursor(cursor, hash);
		const start = offsetOf(position);
		const within =
			base === undefined ? defined({ connection }) : await baseOf(base);
		const notes: string[] = [];
		const { nodes, incomplete } = await listNodes(session, running.call, {
			...within,
			kinds: kinds as readonly NodeKind[],
			...defined({ search }),
		});
		notes.push(...incomplete.map((reason) => `not listed: ${reason}`));
		const shown = nodes.slice(start, start + limit);
		const next =
			start + shown.length < nodes.length
				? writeCursor(hash, { at: "offset", offset: start + shown.length })
				: null;
		if (nodes.length === 0)
			notes.push(
				`nothing found in ${[...session.connections.values()].map(({ name, title }) => `${name} (${title})`).join(", ")}; vendors that cannot list their bases show those configured or once opened by URL`,
			);
		return {
			text: [
				`${plural(shown.length, "entry", "entries")} of ${nodes.length}${next === null ? "" : `; next_cursor: ${next}`}`,
				nodeLines(shown),
				...noteLines(notes),
			].join("\n"),
			structured: {
				tables: shown.map(showNode),
				total: nodes.length,
				next_cursor: next,
				notes,
			},
		};

		async function baseOf(text: string) {
			const url = asUrl(text);
			if (url !== undefined) {
				const only =
					connection === undefined
						? undefined
						: connectionNamed(session, connection);
				const target = await resolveUrl(session, url, running.call, only);
				return { connection: target.connection.name, base: target.base };
			}
			const found = await locateBase(
				session,
				{ connection, base: text },
				running.call,
			);
			return { connection: found.connection.name, base: found.base.id };
		}
	},
});

function nodeLines(nodes: readonly Listed[]): string {
	return csvBlock(
		["reference", "name", "kind", "base", "path", "access", "url"],
		nodes.map((node) => [
			node.reference ?? node.id,
			node.name,
			node.kind,
			node.baseName ?? node.base,
			(node.path ?? []).join(" / "),
			node.access,
			node.url,
		]),
	);
}

function showNode(node: Listed) {
	return {
		...(node.reference === undefined
			? { id: node.id }
			: { reference: node.reference }),
		name: node.name,
		kind: node.kind,
		base: node.base,
		...(node.baseName === null ? {} : { base_name: node.baseName }),
		...(node.path?.length ? { path: node.path } : {}),
		...defined({ access: node.access, url: node.url }),
	};
}
