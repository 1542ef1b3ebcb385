import { z } from "zod";
import type { Adapter } from "../core/contract/adapter.js";
import { TablesError } from "../core/contract/errors.js";
import type { Running } from "../core/contract/running.js";
import { ITSELF } from "../core/contract/schema.js";
import type { Connection, Session } from "../core/contract/session.js";
import { tryEach } from "../core/delivery/attempt.js";
import { need } from "../core/places/capability.js";
import { connectionNamed } from "../core/places/connections.js";
import { listNodes } from "../core/places/listing.js";
import { defined } from "../core/values/defined.js";
import { isZone } from "../core/values/zone.js";
import {
	type CarriedOut,
	carryOut,
	carryOutWhole,
	outcomeOf,
} from "../core/write/carry-out.js";
import { makeTable } from "../core/write/make-table.js";
import { fieldSpecs, linkIn } from "./create-table.js";
import * as schemas from "./schemas.js";
import { sayDone } from "./text.js";
import { defineTool, type ToolAnswer } from "./tool.js";

const input = z.object({
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
});

export const createBaseTool = defineTool({
	name: "create_base",
	toolset: "bases",
	title: "Create a base",
	description:
		"Make a base, with its tables if given (links may point to earlier ones), and share it: a base made by an app belongs to the app.",
	input,
	output: z.looseObject({
		base: z.string(),
		tables: z.array(z.unknown()),
		notes: z.array(z.string()),
	}),
	hints: schemas.addHints,
	needs: ["createBase"],
	async run(input, session, running) {
		const { connection: name, folder, tables = [], share_with = [] } = input;
		const connection = connectionNamed(session, name);
		const adapter = await connection.adapter();
		const place = { connection, adapter };
		const create = need(place, "createBase");
		if (tables.length > 0) need(place, "createTable");
		if (share_with.length > 0) need(place, "shareBase");
		checkZone(input.time_zone);
		const done = await carryOut(
			session,
			{
				tool: "create_base",
				place: { connection },
				deed: { kind: "create_base", name: input.name },
			},
			async () => {
				const value = await create(
					{
						name: input.name,
						...defined({ folder, timeZone: input.time_zone }),
					},
					running.call,
				);
				return { value, made: () => ({ id: value.id }) };
			},
		);
		const base = done.value;
		await session.opened.add(connection.name, base.id);
		const making: Making = { session, running, ...place, base, done };
		const unmade = await makeTables(making, tables);
		const unshared = await shareWith(making, share_with);
		if (unmade.length < tables.length) await removeBlankTable(making);
		return answer(making, input.name, [...unmade, ...unshared]);
	},
});

type BaseMade = Awaited<ReturnType<NonNullable<Adapter["createBase"]>>>;

/** A base that has just been made, and is being filled. */
interface Making {
	readonly session: Session;
	readonly running: Running;
	readonly connection: Connection;
	readonly adapter: Adapter;
	readonly base: BaseMade;
	readonly done: CarriedOut<unknown>;
}

type TableSpec = NonNullable<z.output<typeof input>["tables"]>[number];

function checkZone(zone: string | undefined): void {
	if (zone !== undefined && !isZone(zone))
		throw new TablesError(
			"bad_argument",
			`the time zone "${zone}" does not exist`,
			{ next: "Use an IANA name such as Asia/Shanghai; nothing was made." },
		);
}

/** Makes each table; answers what failed, one line each. */
async function makeTables(
	making: Making,
	tables: readonly TableSpec[],
): Promise<readonly string[]> {
	const { session, running, connection, base } = making;
	const unmade: string[] = [];
	const { failed } = await tryEach(tables, async ({ name, fields }) => {
		const link = linkIn(session, connection.name, base.id, running, {
			name,
			id: ITSELF,
		});
		const specs = await fieldSpecs(fields, link);
		const made = await makeTable(
			session,
			{
				tool: "create_base",
				place: making,
				spec: { name, fields: specs },
				create: need(making, "createTable"),
			},
			running,
		);
		unmade.push(...made.unmade.map((field) => `table "${name}": ${field}`));
	});
	return [
		...failed.map(
			({ item: { name }, error }) =>
				`table "${name}" was not made: ${error.message}`,
		),
		...unmade,
	];
}

/** Lets each of them edit; answers what failed, one line each. */
async function shareWith(
	making: Making,
	members: readonly string[],
): Promise<readonly string[]> {
	if (members.length === 0) return [];
	const share = need(making, "shareBase");
	const { session, running, base } = making;
	const done = await carryOut(
		session,
		{
			tool: "create_base",
			place: making,
			deed: { kind: "share_base", name: base.name ?? base.id },
		},
		async () => {
			const shared = await tryEach(members, (member) =>
				share(base.id, member, "edit", running.call),
			);
			const { failed } = shared;
			const outcome = outcomeOf(shared.done.length, failed.length);
			return { value: failed, outcome };
		},
	);
	return done.value.map(
		({ item: member, error }) => `not shared with ${member}: ${error.message}`,
	);
}

/** Some vendors begin a base with a table that nobody asked for. */
async function removeBlankTable({
	session,
	running,
	connection,
	adapter,
	base,
}: Making): Promise<void> {
	if (base.defaultTable === undefined || adapter.deleteTable === undefined)
		return;
	const blank = await adapter.readTable(
		{ base: base.id, table: base.defaultTable },
		running.call,
	);
	const { deleteTable } = adapter;
	await carryOutWhole(
		session,
		{
			tool: "create_base",
			place: { connection, base, table: blank },
			deed: { kind: "delete_table", name: blank.name },
		},
		() => deleteTable(blank, running.call),
	);
}

async function answer(
	{ session, running, connection, base, done }: Making,
	name: string,
	failed: readonly string[],
): Promise<ToolAnswer> {
	const { nodes } = await listNodes(session, running.call, {
		connection: connection.name,
		base: base.id,
		kinds: ["table"],
	});
	const tables = nodes.map(({ reference, name: table }) => ({
		table: reference,
		name: table,
	}));
	const listed = tables.map(({ table, name: text }) => `${text} (${table})`);
	return {
		...sayDone(
			done,
			[
				`created base "${name}" [${base.id}] in ${connection.name} with ${listed.join(", ") || "no table"}`,
				...failed,
			],
			{ base: base.id, ...defined({ url: base.url }), tables, failed },
			base.url === undefined ? [] : [`open it at ${base.url}`],
		),
		isError: failed.length > 0,
	};
}
