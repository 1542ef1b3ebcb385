import { z } from "zod";
import type { CallContext } from "../core/contract/call-context.js";
import type { Session } from "../core/contract/session.js";
import { NODE_KINDS, type NodeKind } from "../core/contract/table.js";
import { locateBase } from "../core/places/bases.js";
import { connectionNamed } from "../core/places/connections.js";
import { type Listed, listNodes } from "../core/places/listing.js";
import { type Unasked, unaskedText } from "../core/places/unasked.js";
import { asUrl, resolveUrl } from "../core/places/url.js";
import { cursorAt, fingerprint, offsetIn } from "../core/read/cursor.js";
import { READ_MARGIN_MS } from "../core/read/deadline.js";
import { defined } from "../core/values/defined.js";
import { zone } from "../core/values/zone.js";
import * as schemas from "./schemas.js";
import { filledBlock, noteLines, plural } from "./text.js";
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
		const hash = await fingerprint([search, connection, base, kinds]);
		const start = offsetIn(cursor, hash);
		const within =
			base === undefined
				? defined({ connection })
				: await baseOf(session, { connection, base }, running.call);
		const { nodes, asked, unasked } = await listNodes(session, running.call, {
			...within,
			kinds: kinds as readonly NodeKind[],
			...defined({ search }),
			untilMs: running.deadlineMs() - READ_MARGIN_MS,
		});
		const notes = [
			...unasked.map(notListed),
			...(nodes.length === 0
				? [nothingFound(session, asked, search !== undefined)]
				: []),
		];
		const shown = nodes.slice(start, start + limit);
		const today = zone(session.zone()).day(session.clock.now());
		const next = cursorAt(hash, start + shown.length, nodes.length);
		return {
			text: [
				`${plural(shown.length, "entry", "entries")} of ${nodes.length}; today is ${today}${next === null ? "" : `; next_cursor: ${next}`}`,
				nodeLines(shown, kinds),
				...noteLines(notes),
			].join("\n"),
			structured: {
				tables: shown.map(showNode),
				total: nodes.length,
				today,
				next_cursor: next,
				notes,
			},
		};
	},
});

/** The base that a URL or a name stands for. */
async function baseOf(
	session: Session,
	{
		connection,
		base,
	}: { readonly connection?: string | undefined; readonly base: string },
	call: CallContext,
): Promise<{ readonly connection: string; readonly base: string }> {
	const url = asUrl(base);
	if (url === undefined) {
		const found = await locateBase(session, { connection, base }, call);
		return { connection: found.connection.name, base: found.base.id };
	}
	const only =
		connection === undefined ? undefined : connectionNamed(session, connection);
	const target = await resolveUrl(session, url, call, only);
	return { connection: target.connection.name, base: target.base };
}

/** What is missing in the list, why, and what to do about it. */
function notListed(unasked: Unasked): string {
	const { next } = unasked.failure;
	return `not listed: ${unaskedText(unasked)}${next === undefined ? "" : `. ${next}`}`;
}

/** Where nothing is, and how there comes to be something: by a search less narrow, or by the tools that make a table. */
function nothingFound(
	{ connections }: Session,
	asked: readonly string[],
	searched: boolean,
): string {
	const found = asked.flatMap((name) => connections.get(name) ?? []);
	const names = found.map(({ name, title }) => `${name} (${title})`);
	const makes = found.some(
		({ capabilities, policy }) =>
			capabilities.createTable === true && !policy.readOnly,
	);
	return [
		`nothing found in ${names.join(", ")}; vendors that cannot list their bases show those configured or once opened by URL`,
		...(searched
			? ["call list_tables without `search` for all there are"]
			: makes
				? [
						"create_table makes a table, import_records with `new_table` makes one from a file",
					]
				: []),
	].join("; ");
}

/** The kind is told where several were asked for; a table's address by describe_fields, of the one that is looked at. */
function nodeLines(nodes: readonly Listed[], kinds: readonly string[]): string {
	return filledBlock(
		["reference", "name", "kind", "base", "path", "access", "url"],
		nodes.map((node) => [
			node.reference ?? node.id,
			node.name,
			kinds.length > 1 ? node.kind : null,
			node.baseName ?? node.base,
			(node.path ?? []).join(" / "),
			node.access,
			node.kind === "table" ? null : node.url,
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
