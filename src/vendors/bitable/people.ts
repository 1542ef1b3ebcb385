import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import type { ContactInfo, ContactKind } from "../../core/contract/contacts.js";
import { type ErrorCode, TablesError } from "../../core/contract/errors.js";
import type { Field, Person } from "../../core/contract/field.js";
import { openKept } from "../../core/contract/kept.js";
import { allPages } from "../../core/contract/pages.js";
import type { PeopleMethods } from "../../core/contract/people.js";
import type { Page, Table } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, text, texts } from "../kit/answer.js";
import { matchesSearch } from "../kit/contacts.js";
import { insteadOf } from "../kit/failures.js";
import { type Api, listPage } from "./api.js";
import * as calls from "./calls.js";
import { isPersonId } from "./cells.js";
import { at, PAGE, PEOPLE_BY } from "./records.js";

/*
 * People and departments as far as the app's contact scope shows them. A department's list holds those directly in
 * it; everyone is found department by department.
 * Source: "Contact scope (获取通讯录授权范围)", "Users of a department", "List chats (获取用户或机器人所在的群列表)".
 */

const CONTACT_PAGE = 50;
const CHAT_PAGE = 100;
const IDS_OF_USERS = 50;
const ROOT = "0";
const KEEP_MS = 300_000;
/** Pages of people that finding a name may cost; larger organisations write by e-mail or id. */
const MOST_PAGES = 60;

/** Codes of an account to which the contacts are not open. */
const CLOSED: ReadonlySet<ErrorCode> = new Set([
	"auth",
	"not_allowed",
	"not_found",
	"unsupported",
	"too_large",
]);

const closed = <T>(otherwise: T) => insteadOf(CLOSED, otherwise);

interface Place {
	/** Where people are looked for, in this order. */
	readonly departments: readonly Loose[];
	readonly ids: readonly string[];
	/** People that the scope names one by one. */
	readonly single: readonly string[];
}

/** Finds people, groups and departments by name, and names by id. */
export function peopleMethods(
	api: Api,
): Required<Pick<Adapter, "readContacts">> & PeopleMethods {
	const places = openKept<Place>(api.services.clock, KEEP_MS);
	const memberLists = openKept<readonly ContactInfo[] | undefined>(
		api.services.clock,
		KEEP_MS,
	);

	const below = (department: string, context: CallContext) =>
		allPages((cursor) =>
			listPage(
				api,
				calls.listDepartments,
				{
					params: { department },
					query: [["fetch_child", "true"], PEOPLE_BY],
				},
				context,
				{ cursor, size: CONTACT_PAGE },
			),
		);

	/** The whole organisation where the scope covers it, else the departments and people that it names. */
	const place = (context: CallContext): Promise<Place> =>
		places.get("place", async () => {
			const whole = await below(ROOT, context).catch(
				insteadOf(new Set(["not_allowed"] as const), undefined),
			);
			if (whole !== undefined)
				return {
					departments: whole,
					ids: [ROOT, ...whole.map(departmentId)],
					single: [],
				};
			const scope = await api.call(
				calls.listScopes,
				{ query: [PEOPLE_BY] },
				context,
			);
			const roots = texts(scope.department_ids);
			const found = await Promise.all(
				roots.map((root) => below(root, context)),
			);
			const departments = found.flat();
			return {
				departments,
				ids: [...roots, ...departments.map(departmentId)],
				single: texts(scope.user_ids),
			};
		});

	const peopleIn = async (
		department: string,
		cursor: string | undefined,
		context: CallContext,
	) =>
		listPage(
			api,
			calls.listUsers,
			{ query: [["department_id", department], PEOPLE_BY] },
			context,
			{ cursor, size: CONTACT_PAGE },
		);

	const usersById = async (ids: readonly string[], context: CallContext) => {
		const { items } = await api.call(
			calls.getUsers,
			{
				query: [...ids.map((id) => ["user_ids", id] as const), PEOPLE_BY],
			},
			context,
		);
		return list(items);
	};

	/** Everyone, a page of a department at a time; `cursor` is the department's place and its own page token. */
	const everyone = async (
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<ContactInfo>> => {
		const { ids, single } = await place(context);
		const [turn = "0", ...rest] = (cursor ?? "0").split(":");
		const index = Number(turn);
		const department = ids[index];
		if (department === undefined) {
			const start = (index - ids.length) * IDS_OF_USERS;
			const chunk = single.slice(start, start + IDS_OF_USERS);
			if (chunk.length === 0) return { items: [] };
			return {
				items: (await usersById(chunk, context)).map(memberOf),
				...(start + chunk.length < single.length
					? { next: String(index + 1) }
					: {}),
			};
		}
		const page = await peopleIn(
			department,
			rest.length === 0 ? undefined : rest.join(":"),
			context,
		);
		const more = index + 1 < ids.length || single.length > 0;
		return {
			// Those in several departments are listed with the first of them.
			items: page.items
				.filter(({ department_ids }) => {
					const own = texts(department_ids)
						.map((id) => ids.indexOf(id))
						.filter((known) => known >= 0);
					return own.length === 0 || Math.min(...own) === index;
				})
				.map(memberOf),
			...(page.next !== undefined
				? { next: `${index}:${page.next}` }
				: more
					? { next: String(index + 1) }
					: {}),
		};
	};

	const readContacts = async (
		{
			kind,
			inside,
			search,
		}: {
			readonly kind: ContactKind;
			readonly inside?: string;
			readonly search?: string;
		},
		cursor: string | undefined,
		context: CallContext,
	): Promise<Page<ContactInfo>> => {
		if (kind === "role")
			throw new TablesError(
				"unsupported",
				`${api.title}: this API lists no roles of the organisation`,
				{ next: "Roles of a base: list_roles. Contacts: kind member or team." },
			);
		if (kind === "team") {
			const found =
				inside === undefined
					? (await place(context)).departments
					: await below(inside, context);
			return {
				items: found
					.map(teamOf)
					.filter((contact) => matchesSearch(contact, search)),
			};
		}
		const page: Page<ContactInfo> =
			inside === undefined
				? await everyone(cursor, context)
				: await peopleIn(inside, cursor, context).then((members) => ({
						...members,
						items: members.items.map(memberOf),
					}));
		return {
			...page,
			items: page.items.filter((contact) => matchesSearch(contact, search)),
		};
	};

	/** undefined: too many to walk through for a name. */
	const members = (context: CallContext) =>
		memberLists.get("members", async () => {
			const found: ContactInfo[] = [];
			let cursor: string | undefined;
			for (let pages = 0; pages < MOST_PAGES; pages++) {
				const page = await everyone(cursor, context);
				found.push(...page.items);
				cursor = page.next;
				if (cursor === undefined) return found;
			}
			return undefined;
		});

	const byEmail = async (emails: readonly string[], context: CallContext) => {
		const chunks = Array.from(
			{ length: Math.ceil(emails.length / IDS_OF_USERS) },
			(_, index) =>
				emails.slice(index * IDS_OF_USERS, (index + 1) * IDS_OF_USERS),
		);
		const answers = await Promise.all(
			chunks.map((chunk) =>
				api.call(
					calls.findUserIds,
					{ query: [PEOPLE_BY], json: { emails: chunk } },
					context,
				),
			),
		);
		return answers
			.flatMap(({ user_list }) => list(user_list))
			.flatMap(({ user_id, email }): Person[] => {
				const id = text(user_id);
				const address = text(email);
				return id === undefined || address === undefined
					? []
					: [{ id, name: null, email: address }];
			});
	};

	/** People whom the newest rows of a column hold. */
	const inColumn = async (table: Table, field: Field, context: CallContext) => {
		const own = table.byId.get(field.id);
		if (own === undefined) return [];
		const { items } = await listPage(
			api,
			calls.searchRecords,
			{
				...at(table.ref),
				query: [PEOPLE_BY],
				json: { field_names: [own.name] },
			},
			context,
			{ cursor: undefined, size: PAGE },
		);
		return items.flatMap(({ fields }) => personsOf(loose(fields)[own.name]));
	};

	const groups = async (context: CallContext): Promise<readonly Person[]> =>
		(
			await allPages((cursor) =>
				listPage(api, calls.listChats, {}, context, {
					cursor,
					size: CHAT_PAGE,
				}),
			)
		).map((chat) => ({
			id: text(chat.chat_id) ?? "",
			name: text(chat.name) ?? null,
		}));

	return {
		readContacts,
		async findPeople(table, field, asked, context) {
			const wanted = asked.filter((item) => !isPersonId(item));
			const known = asked
				.filter(isPersonId)
				.map((id): Person => ({ id, name: null }));
			if (wanted.length === 0) return known;
			if (field.type === "group")
				return distinct([
					...(await groups(context).catch(closed<readonly Person[]>([]))),
					...(await inColumn(table, field, context)),
				]);
			const emails = wanted.filter((item) => item.includes("@"));
			const names = wanted.filter((item) => !item.includes("@"));
			const [mailed, listed, used] = await Promise.all([
				emails.length === 0
					? []
					: byEmail(emails, context).catch(closed<readonly Person[]>([])),
				names.length === 0
					? []
					: members(context).catch(
							closed<readonly ContactInfo[] | undefined>(undefined),
						),
				inColumn(table, field, context),
			]);
			return distinct([...known, ...mailed, ...(listed ?? []), ...used]);
		},
		async readNames(ids, context) {
			const chunks = [
				ids.slice(0, IDS_OF_USERS),
				ids.slice(IDS_OF_USERS, 2 * IDS_OF_USERS),
			].filter((chunk) => chunk.length > 0);
			const found = await Promise.all(
				chunks.map((chunk) => usersById(chunk, context)),
			);
			return new Map(
				found.flat().flatMap((user): [string, string][] => {
					const id = text(user.open_id);
					const name = text(user.name);
					return id === undefined || name === undefined ? [] : [[id, name]];
				}),
			);
		},
	};
}

function departmentId(wire: Loose): string {
	return text(wire.open_department_id) ?? text(wire.department_id) ?? "";
}

function teamOf(wire: Loose): ContactInfo {
	const parent = text(wire.parent_department_id);
	return {
		id: departmentId(wire),
		kind: "team",
		name: text(wire.name) ?? null,
		...defined({ parent: parent === ROOT ? undefined : parent }),
	};
}

function memberOf(wire: Loose): ContactInfo {
	const email = text(wire.email) ?? text(wire.enterprise_email);
	return {
		id: text(wire.open_id) ?? "",
		kind: "member",
		name: text(wire.name) ?? null,
		...defined({ email }),
		teams: texts(wire.department_ids),
	};
}

function personsOf(wire: unknown): readonly Person[] {
	return list(Array.isArray(wire) ? wire : []).flatMap((person) => {
		const id = text(person.id);
		const email = text(person.email);
		return id === undefined
			? []
			: [
					{
						id,
						name: text(person.name) ?? null,
						...defined({ email }),
					},
				];
	});
}

/** Each id once, with what any answer says of it. */
function distinct(people: readonly Person[]): readonly Person[] {
	const byId = new Map<string, Person>();
	for (const { id, name, email } of people) {
		const before = byId.get(id);
		const address = before?.email ?? email;
		byId.set(id, {
			id,
			name: before?.name ?? name,
			...defined({ email: address }),
		});
	}
	return [...byId.values()];
}
