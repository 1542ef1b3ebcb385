import { z } from "zod";
import { idOfColumn } from "../core/contract/condition.js";
import { placeOf } from "../core/contract/consent.js";
import { allPages } from "../core/contract/pages.js";
import type { RoleInfo, RoleName, RoleTable } from "../core/contract/roles.js";
import type { Running } from "../core/contract/running.js";
import type { Session } from "../core/contract/session.js";
import type { FilterInput } from "../core/contract/table.js";
import { attempt } from "../core/delivery/attempt.js";
import type { locateBase } from "../core/places/bases.js";
import { need } from "../core/places/capability.js";
import { locate, locateFrom } from "../core/places/locate.js";
import { formatReference } from "../core/places/reference.js";
import { defined } from "../core/values/defined.js";
import { columnNamed, fieldNamed, resolveName } from "../core/values/names.js";
import type { Most, Standing, Subject } from "../core/write/standing.js";
import { filterInput } from "./filter-input.js";
import * as schemas from "./schemas.js";

/** Arguments of create_role and update_role. */
export const roleArguments = {
	tables: z
		.array(
			z.object({
				table: z.string(),
				access: z.enum(["none", "read", "edit", "manage"]),
				rows: z
					.record(z.string(), z.unknown())
					.optional()
					.describe("A filter; value $visitor is the person who looks"),
				other_rows: z.enum(["none", "read"]).optional(),
				fields: z
					.array(
						z.object({
							field: z.string(),
							access: z.enum(["none", "read", "edit"]),
						}),
					)
					.optional(),
				add_records: z.boolean().optional(),
				delete_records: z.boolean().optional(),
			}),
		)
		.optional(),
	dashboards: z
		.array(
			z.object({ dashboard: z.string(), access: z.enum(["none", "read"]) }),
		)
		.optional(),
};

const parsed = z.object(roleArguments);
type RoleArguments = z.infer<typeof parsed>;

type Place = Awaited<ReturnType<typeof locateBase>>;

/** Tables and dashboards of a role with ids in place of names. */
export async function roleParts(
	session: Session,
	place: Place,
	given: RoleArguments,
	running: Running,
): Promise<{
	readonly tables: readonly RoleTable[];
	readonly dashboards: RoleInfo["dashboards"];
}> {
	const tables: RoleTable[] = [];
	for (const entry of given.tables ?? [])
		tables.push(await roleTable(session, place, entry, running));
	return { tables, dashboards: await roleDashboards(place, given, running) };
}

async function roleTable(
	session: Session,
	place: Place,
	entry: NonNullable<RoleArguments["tables"]>[number],
	running: Running,
): Promise<RoleTable> {
	const { table, adapter } = await locateFrom(
		session,
		{ connection: place.connection.name, base: place.base.id },
		entry.table,
		running,
	);
	const id = (text: string) =>
		idOfColumn(columnNamed(table, text, adapter.systemColumns).item);
	const rows = filterInput(entry.rows, "rows");
	return {
		table: table.ref.table,
		name: table.name,
		access: entry.access,
		...defined({
			rows: rows && withFields(rows, id),
			otherRows: entry.other_rows,
			fields: entry.fields?.map(({ field, access }) => ({
				field: fieldNamed(table, field).item.id,
				access,
			})),
			addRecords: entry.add_records,
			deleteRecords: entry.delete_records,
		}),
	};
}

async function roleDashboards(
	place: Place,
	{ dashboards }: RoleArguments,
	running: Running,
): Promise<RoleInfo["dashboards"]> {
	if (!dashboards?.length) return [];
	const read = need(place, "readDashboards");
	const all = await allPages((cursor) =>
		read(place.base.id, cursor, running.call),
	);
	return dashboards.map(({ dashboard, access }) => ({
		dashboard: resolveName(all, dashboard, "dashboard").item.id,
		access,
	}));
}

/** The same filter with fields by id in place of names, or the other way round. */
function withFields(
	filter: FilterInput,
	other: (field: string) => string,
): FilterInput {
	return {
		...filter,
		conditions: filter.conditions.map((condition) => ({
			...condition,
			field: other(condition.field),
		})),
	};
}

/** Who may do what in a base: a person's no holds for all of it. */
export function accessPlace({ connection, base }: Place): string {
	return placeOf(connection.vendor, base.id, "access");
}

/** What a call reads at one moment, each thing once. */
export function atOnce(running: Running): Running {
	return { ...running, call: { ...running.call, snapshot: new Map() } };
}

/** The role that `text` names by id or name, without its rights. */
export async function findRoleName(
	place: Place,
	text: string,
	running: Running,
): Promise<RoleName> {
	const read = place.adapter.readRoleNames ?? need(place, "readRoles");
	const roles = await allPages((cursor) =>
		read(place.base.id, cursor, running.call),
	);
	return resolveName<RoleName>(roles, text, "role").item;
}

/** The same with its rights. */
export async function findRole(
	place: Place,
	text: string,
	running: Running,
): Promise<RoleInfo> {
	const read = need(place, "readRoles");
	const roles = await allPages((cursor) =>
		read(place.base.id, cursor, running.call),
	);
	return resolveName(roles, text, "role").item;
}

/**
 * A role that a person is asked about: its rights, which are all in what the vendor sent, must be as they were, and
 * where its members are known nobody else may have it by then.
 */
export function standingRole(
	place: Place,
	role: RoleName,
	running: Running,
	members?: Members,
): Subject {
	const standing = (
		{ name, wire }: RoleName,
		most: Most | undefined,
	): Standing => ({ same: { name, rights: wire }, ...defined({ most }) });
	return {
		what: `the role "${role.name}"`,
		seen: standing(role, members && mostOf(members)),
		async look() {
			const now = await findRoleName(place, role.id, running);
			return standing(
				now,
				members && mostOf(await membersOf(place, now, running)),
			);
		},
	};
}

/** Who has a role, each by kind and id; undefined: nobody can tell. */
type Members = ReadonlySet<string> | undefined;

function mostOf(members: Members): Most {
	const held = members && new Map([...members].map((id) => [id, ""]));
	return { count: members?.size, noun: "members", held: async () => held };
}

/** Who has a role. */
export async function membersOf(
	{ adapter, base }: Place,
	role: RoleName,
	{ call }: Running,
): Promise<Members> {
	const { readRoleMembers: read } = adapter;
	if (read === undefined) return undefined;
	const found = await attempt(() =>
		allPages((cursor) => read(base.id, role.id, cursor, call)),
	);
	// A number is a help: without one the person is asked all the same.
	return "value" in found
		? new Set(found.value.map(({ kind, id }) => `${kind} ${id}`))
		: undefined;
}

/** What was named replaces what stands, table by table; the rest stays. */
export function mergeRole(
	role: RoleInfo,
	change: {
		readonly name?: string;
		readonly tables: readonly RoleTable[];
		readonly dashboards: RoleInfo["dashboards"];
	},
): RoleInfo {
	const tables = new Map(role.tables.map((table) => [table.table, table]));
	for (const table of change.tables)
		tables.set(table.table, { ...tables.get(table.table), ...table });
	const dashboards = new Map(
		role.dashboards.map((entry) => [entry.dashboard, entry]),
	);
	for (const entry of change.dashboards) dashboards.set(entry.dashboard, entry);
	return {
		...role,
		...defined({ name: change.name }),
		tables: [...tables.values()],
		dashboards: [...dashboards.values()],
	};
}

/** A role as the agent reads it, with names where they are known. */
export async function showRole(
	session: Session,
	place: Place,
	role: RoleInfo,
	running: Running,
): Promise<Record<string, unknown>> {
	const tables = await Promise.all(
		role.tables.map(async (entry) => {
			const reference = formatReference({
				connection: place.connection.name,
				base: place.base.id,
				table: entry.table,
			});
			const table = await locate(session, reference, running).then(
				(located) => located.table,
				() => undefined,
			);
			const name = (id: string) => table?.byId.get(id)?.name ?? id;
			return {
				table: entry.name ?? table?.name ?? entry.table,
				access: entry.access,
				...defined({
					rows: entry.rows && withFields(entry.rows, name),
					other_rows: entry.otherRows,
					fields: entry.fields?.map(({ field, access }) => ({
						field: name(field),
						access,
					})),
					add_records: entry.addRecords,
					delete_records: entry.deleteRecords,
				}),
			};
		}),
	);
	return { id: role.id, name: role.name, tables, dashboards: role.dashboards };
}

export const memberArguments = {
	base: schemas.base,
	role: z.string(),
	members: z.array(z.string()).min(1),
	kind: z.enum(["user", "group", "department"]).optional(),
};
