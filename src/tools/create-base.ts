import { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import { listNodes } from "../core/places/listing.js";
import { formatReference } from "../core/places/reference.js";
import { forget } from "../core/places/schema-cache.js";
import { defined } from "../core/values/defined.js";
import { isZone } from "../core/values/zone.js";
import { fieldSpecs, linkIn } from "./create-table.js";
import * as schemas from "./schemas.js";
import { say } from "./text.js";
import { defineTool } from "./tool.js";

export const createBaseTool = defineTool({
	name: "create_base",
	toolset: "bases",
	title: "Create a base",
	description:
		"Make a base, with its tables if given (a link may point to a table named earlier in the list), and share it: a base made by an app belongs to the app.",
	input: z.object({
		connection: schemas.connection,
		name: z.string().min(1),
		folder: z.string().optional(),
		time_zone: z.string().optional(),
		tables: z
			.array(
				z.object({
					name: z.string().min(1),
					fields: schemas.fieldSpecs.min(1),
				}),
			)
			.optional(),
		share_with: z
			.array(z.string())
			.optional()
			.describe("Ids or e-mail addresses; they may edit"),
	}),
	output: z.looseObject({
		base: z.string(),
		tables: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.addHints,
	needs: ["createBase"],
	async run(
		{
			connection: connectionName,
			name,
			folder,
			time_zone,
			tables = [],
			share_with = [],
		},
		session,
		running,
	) {
		const connection = connectionNamed(session, connectionName);
		const adapter = await connection.adapter();
		const place = { connection, adapter };
		const create = need(place, "createBase");
		const createTable =
			tables.length > 0 ? need(place, "createTable") : undefined;
		const share = share_with.length > 0 ? need(place, "shareBase") : undefined;
		if (time_zone !== undefined && !isZone(time_zone))
			throw new TablesError(
				"bad_argument",
				`the time zone "${time_zone}" does not exist`,
				{ next: "Use an IANA name such as Asia/Shanghai; nothing was made." },
			);
		const base = await create(
			{
				name,
				...defined({ folder, timeZone: time_zone }),
			},
			running.call,
		);
		forget(session, connection.name);
		await session.opened.add(connection.name, base.id);
		const notes: string[] = [];
		const made: { table: string; name: string }[] = [];
		const failed: string[] = [];
		for (const table of tables)
			try {
				const specs = await fieldSpecs(
					table.fields,
					linkIn(session, connection.name, base.id, running),
				);
				const ref = await (createTable as NonNullable<typeof createTable>)(
					base.id,
					{ name: table.name, fields: specs },
					running.call,
				);
				forget(session, connection.name);
				made.push({
					table: formatReference({ connection: connection.name, ...ref }),
					name: table.name,
				});
			} catch (error) {
				if (!(error instanceof TablesError)) throw error;
				failed.push(`table "${table.name}" was not made: ${error.message}`);
			}
		for (const member of share_with)
			try {
				await (share as NonNullable<typeof share>)(
					base.id,
					member,
					"edit",
					running.call,
				);
			} catch (error) {
				if (!(error instanceof TablesError)) throw error;
				failed.push(`not shared with ${member}: ${error.message}`);
			}
		if (
			base.defaultTable !== undefined &&
			made.length > 0 &&
			adapter.deleteTable !== undefined
		) {
			const blank = await adapter.readTable(
				{ base: base.id, table: base.defaultTable },
				running.call,
			);
			await adapter.deleteTable(blank, running.call);
			forget(session, connection.name);
		}
		const { nodes } = await listNodes(session, running.call, {
			connection: connection.name,
			base: base.id,
			kinds: ["table"],
		});
		if (base.url !== undefined) notes.push(`open it at ${base.url}`);
		return {
			...say(
				[
					`created base "${name}" [${base.id}] in ${connection.name} with ${nodes.map(({ reference, name: table }) => `${table} (${reference})`).join(", ") || "no table"}`,
					...failed,
				].join("\n"),
				{
					base: base.id,
					...defined({ url: base.url }),
					tables: nodes.map(({ reference, name: table }) => ({
						table: reference,
						name: table,
					})),
					failed,
				},
				notes,
			),
			isError: failed.length > 0,
		};
	},
});
