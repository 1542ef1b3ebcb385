import type { CallContext } from "../../core/contract/call-context.js";
import type {
	ContactInfo,
	ContactMethods,
} from "../../core/contract/contacts.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Page } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import type { Call, Endpoint } from "../../http/endpoint.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import { matchesSearch } from "../kit/contacts.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";
import type { Catalog } from "./catalog.js";

/** Source: "List sub teams". */
const PAGE = 1000;
/** The team that holds everyone. */
const ROOT = "0";

/** Where a unit lives. With several spaces ids are written `space/unit`. */
interface Unit {
	readonly space: string;
	readonly unit: string;
}

/** Lists, saves and deletes contacts of the organisation. */
export function contactMethods(api: Api, catalog: Catalog): ContactMethods {
	const spaceIds = async (context: CallContext) =>
		(await catalog.spaces(context)).map(({ id }) => id);

	const locate = async (
		id: string | undefined,
		context: CallContext,
	): Promise<Unit> => {
		const spaces = await spaceIds(context);
		const [only, ...others] = spaces;
		const [space, unit] = id?.includes("/") ? id.split("/", 2) : [only, id];
		if (space === undefined || !spaces.includes(space))
			throw new TablesError(
				"not_found",
				`${api.title}: there is no space "${space ?? ""}"`,
				{ next: `Spaces: ${spaces.join(", ") || "none"}.` },
			);
		if (others.length > 0 && !id?.includes("/"))
			throw new TablesError(
				"bad_argument",
				"this account has several spaces: write the id as space/id",
				{ next: `Spaces: ${spaces.join(", ")}.` },
			);
		return { space, unit: unit ?? "" };
	};

	const send = (
		endpoint: Endpoint,
		{ space, unit }: Unit,
		context: CallContext,
		rest: Call = {},
	) =>
		api.call(
			endpoint,
			{ ...rest, params: { space, unit }, base: space },
			context,
		);

	/** Ids as they are shown, see Unit. */
	const shown =
		(space: string, several: boolean) =>
		(id: string): string =>
			several ? `${space}/${id}` : id;

	/** One list of one space. */
	const readPage = async (
		query: Parameters<ContactMethods["readContacts"]>[0],
		space: string,
		page: number,
		several: boolean,
		context: CallContext,
	): Promise<{ items: readonly ContactInfo[]; more: boolean }> => {
		const name = shown(space, several);
		const inside = query.inside && bareId(query.inside);
		const paged = {
			query: [
				["pageNum", String(page)],
				["pageSize", String(PAGE)],
			] as const,
		};
		const at = { space, unit: inside ?? ROOT };
		if (query.kind === "role") {
			const data = await send(calls.listRoles, at, context, paged);
			return {
				items: list(data.roles).map((role) => contactOf("role", role, name)),
				more: hasMore(data, page),
			};
		}
		const endpoint =
			query.kind === "team" ? calls.listTeams : calls.listTeamMembers;
		const key = query.kind === "team" ? "teams" : "members";
		const data = await send(endpoint, at, context, {
			query: [
				...paged.query,
				...(query.kind === "member"
					? [["sensitiveData", "true"] as const]
					: []),
			],
		}).catch(async (error: unknown) => {
			// A role's id is not a team's: who has the role is another list, in one piece.
			if (inside === undefined || !isMissing(error)) throw error;
			return send(calls.listRoleUnits, at, context).catch(
				async (second: unknown) => {
					if (query.kind !== "member" || !isMissing(second)) throw second;
					const { member } = await send(calls.readMember, at, context, {
						query: [["sensitiveData", "true"]],
					});
					return { members: [member] } as Loose;
				},
			);
		});
		return {
			items: list(data[key]).map((unit) => contactOf(query.kind, unit, name)),
			more: hasMore(data, page),
		};
	};

	return {
		async readContacts(query, cursor, context) {
			const spaces = await spaceIds(context);
			const several = spaces.length > 1;
			const chosen = query.inside?.includes("/")
				? [(await locate(query.inside, context)).space]
				: spaces;
			const [place = 0, page = 1] = cursor?.split(":").map(Number) ?? [];
			const space = chosen[place];
			if (space === undefined) return { items: [] };
			const { items, more } = await readPage(
				query,
				space,
				page,
				several,
				context,
			);
			const next = more
				? `${place}:${page + 1}`
				: place + 1 < chosen.length
					? `${place + 1}:1`
					: undefined;
			return {
				items: items.filter((contact) => matchesSearch(contact, query.search)),
				...defined({ next }),
			} satisfies Page<ContactInfo>;
		},
		async saveContact({ kind, id, name, parent, teams, roles }, context) {
			const at = await locate(id ?? parent, context);
			const bare = (units: readonly string[]) => units.map(bareId);
			const several = (await spaceIds(context)).length > 1;
			const json = {
				...defined({ name }),
				...defined({
					teams: kind === "member" ? teams && bare(teams) : undefined,
					roles: kind === "role" ? undefined : roles && bare(roles),
					parentUnitId: kind === "team" ? parent && bareId(parent) : undefined,
				}),
			};
			if (kind === "member" && id === undefined)
				throw new TablesError(
					"unsupported",
					`${api.title}: this API cannot add members`,
					{ next: "Invite them in the app: Contacts, Invite." },
				);
			const endpoint = {
				member: calls.updateMember,
				team: id === undefined ? calls.createTeam : calls.updateTeam,
				role: id === undefined ? calls.createRole : calls.updateRole,
			}[kind];
			const data = await send(endpoint, at, context, { json });
			return contactOf(kind, loose(data[kind]), shown(at.space, several));
		},
		async deleteContact(kind, id, context) {
			const endpoint = {
				member: calls.deleteMember,
				team: calls.deleteTeam,
				role: calls.deleteRole,
			}[kind];
			await send(endpoint, await locate(id, context), context);
		},
	};
}

/** A unit's own id, without the space that `shown` writes before it. */
function bareId(id: string): string {
	return id.split("/").at(-1) as string;
}

function isMissing(error: unknown): boolean {
	return (
		error instanceof TablesError &&
		(error.code === "not_found" || error.code === "bad_value")
	);
}

function hasMore(data: Loose, page: number): boolean {
	const total = number(data.total);
	return total !== undefined && page * PAGE < total;
}

function contactOf(
	kind: ContactInfo["kind"],
	wire: Loose,
	shown: (id: string) => string,
): ContactInfo {
	const ids = (units: unknown) =>
		list(units).flatMap(({ unitId }) => {
			const id = text(unitId);
			return id === undefined ? [] : [shown(id)];
		});
	const email = text(wire.email);
	const parent = text(wire.parentUnitId);
	return {
		id: shown(text(wire.unitId) ?? ""),
		kind,
		name: text(wire.name) ?? null,
		...defined({ email }),
		...defined({ parent: parent && shown(parent) }),
		...(Array.isArray(wire.teams) ? { teams: ids(wire.teams) } : {}),
		...(Array.isArray(wire.roles) ? { roles: ids(wire.roles) } : {}),
	};
}
