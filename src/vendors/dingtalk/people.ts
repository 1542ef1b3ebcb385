import { LRUCache } from "lru-cache";
import type { Adapter } from "../../core/contract/adapter.js";
import type { CallContext } from "../../core/contract/call-context.js";
import type { ContactInfo, ContactKind } from "../../core/contract/contacts.js";
import { TablesError } from "../../core/contract/errors.js";
import type { Page } from "../../core/contract/table.js";
import { defined } from "../../core/values/defined.js";
import { type Loose, list, loose, number, text } from "../kit/answer.js";
import { matchesSearch } from "../kit/contacts.js";
import { insteadOf } from "../kit/failures.js";
import type { Api } from "./api.js";
import * as calls from "./calls.js";

/*
 * People by unionId, departments by id. A cell has ids only; names come from the contacts of the older host, which
 * know people by userid: two calls for each, kept for a while. These calls do not count for the monthly quota.
 * Source: "Search for user IDs", "Query user details".
 */

const KEEP_MS = 600_000;
const KEPT = 5_000;
/** More names than this would take longer than a call may: 20 a second. */
const MOST_NAMES = 200;
const USERS_PAGE = 100;
const SEARCH_PAGE = 20;
/** The department that holds everyone. */
const ROOT = "1";
const DEPARTMENT = /^-?\d+$/;

interface Person {
	readonly id: string;
	readonly name: string | null;
	readonly email?: string;
}

type Methods = "readContacts" | "findPeople" | "readNames";

/** Finds people, groups and departments by name, and names by id. */
export function peopleMethods(api: Api): Required<Pick<Adapter, Methods>> {
	const names = new LRUCache<string, string>({
		max: KEPT,
		ttl: KEEP_MS,
		perf: api.services.clock,
	});
	const remember = (person: Person): Person => {
		if (person.name !== null) names.set(person.id, person.name);
		return person;
	};

	const userBy = async (
		userid: string,
		context: CallContext,
	): Promise<Person | undefined> => {
		const found = await api
			.contacts(calls.readUser, { userid }, context)
			.catch(missing);
		const person = found === undefined ? undefined : personOf(loose(found));
		return person && remember(person);
	};

	const byUnionId = async (
		unionid: string,
		context: CallContext,
	): Promise<Person | undefined> => {
		const found = await api
			.contacts(calls.userByUnionId, { unionid }, context)
			.catch(missing);
		const userid = text(loose(found).userid);
		return userid === undefined ? undefined : userBy(userid, context);
	};

	const department = async (
		id: string,
		context: CallContext,
	): Promise<Person | undefined> => {
		const found = await api
			.contacts(calls.readDepartment, { dept_id: Number(id) }, context)
			.catch(missing);
		const name = text(loose(found).name);
		return name === undefined ? undefined : remember({ id, name });
	};

	/** Everyone whose name is the text: the search, else nobody. */
	const searchUsers = async (
		queryWord: string,
		context: CallContext,
	): Promise<readonly Person[]> => {
		const found = await api.plain(
			calls.searchUsers,
			{ json: { queryWord, offset: 0, size: SEARCH_PAGE, fullMatchField: 1 } },
			context,
		);
		const people = await Promise.all(
			idsOf(found.list).map((userid) => userBy(userid, context)),
		);
		return people.filter((person) => person !== undefined);
	};

	const searchDepartments = async (
		queryWord: string,
		context: CallContext,
	): Promise<readonly Person[]> => {
		const found = await api.plain(
			calls.searchDepartments,
			{ json: { queryWord, offset: 0, size: SEARCH_PAGE } },
			context,
		);
		const departments = await Promise.all(
			idsOf(found.list).map((id) => department(id, context)),
		);
		return departments.filter((found) => found !== undefined);
	};

	const readUsers = async (
		team: string,
		cursor: string,
		context: CallContext,
	) => {
		const page = loose(
			await api.contacts(
				calls.listUsers,
				{ dept_id: Number(team), cursor: Number(cursor), size: USERS_PAGE },
				context,
			),
		);
		return {
			users: list(page.list),
			next:
				page.has_more === true
					? String(number(page.next_cursor) ?? "")
					: undefined,
		};
	};

	const readTeams = async (team: string, context: CallContext) => {
		const found = await api.contacts(
			calls.listDepartments,
			{ dept_id: Number(team) },
			context,
		);
		return list(found);
	};

	/** Nobody searches by e-mail address: every department is looked through. */
	const byEmail = async (
		emails: readonly string[],
		context: CallContext,
	): Promise<readonly Person[]> => {
		const wanted = new Set(emails.map((email) => email.toLowerCase()));
		const found: Person[] = [];
		const teams = [ROOT];
		for (let at = 0; at < teams.length && found.length < wanted.size; at++) {
			const team = teams[at] as string;
			let cursor: string | undefined = "0";
			while (cursor !== undefined) {
				const page: Awaited<ReturnType<typeof readUsers>> = await readUsers(
					team,
					cursor,
					context,
				);
				for (const user of page.users) {
					const person = personOf(user);
					if (person?.email && wanted.has(person.email.toLowerCase()))
						found.push(remember(person));
				}
				cursor = page.next;
			}
			for (const below of await readTeams(team, context))
				teams.push(String(number(below.dept_id) ?? ""));
		}
		return found;
	};

	return {
		async findPeople(_table, field, texts, context) {
			if (field.type === "group")
				throw new TablesError(
					"unsupported",
					`${api.title} has no search for groups: use the id`,
				);
			if (field.type === "department")
				return (
					await Promise.all(
						texts.map((name) => searchDepartments(name, context)),
					)
				).flat();
			const emails = texts.filter((name) => name.includes("@"));
			const found = await Promise.all([
				...(emails.length > 0 ? [byEmail(emails, context)] : []),
				...texts
					.filter((name) => !name.includes("@"))
					.map(async (name) => {
						const people = await searchUsers(name, context);
						// A short id, or a userid, looks like a name.
						if (people.length > 0 || /\s/.test(name)) return people;
						const same =
							(await byUnionId(name, context)) ?? (await userBy(name, context));
						return same === undefined
							? []
							: [same.id === name ? same : { ...same, name }];
					}),
			]);
			return [
				...new Map(
					found
						.flat()
						.map((person) => [`${person.id}\n${person.name}`, person]),
				).values(),
			];
		},

		async readNames(ids, context) {
			const unknown = ids.filter((id) => !names.has(id));
			if (unknown.length > MOST_NAMES)
				throw new TablesError(
					"too_large",
					`the names of ${unknown.length} people would take longer than a call may`,
				);
			await Promise.all(
				unknown.map(
					async (id) =>
						(DEPARTMENT.test(id) ? await department(id, context) : undefined) ??
						(await byUnionId(id, context)),
				),
			);
			return new Map(
				ids.flatMap((id) => {
					const name = names.get(id);
					return name === undefined ? [] : [[id, name] as const];
				}),
			);
		},

		async readContacts({ kind, inside = ROOT, search }, cursor, context) {
			if (kind === "role")
				throw new TablesError(
					"unsupported",
					"the roles of an organisation in DingTalk are not read by this server",
					{ next: "Ask for kind member or team." },
				);
			if (!DEPARTMENT.test(inside))
				throw new TablesError(
					"bad_argument",
					`\`inside\` "${inside}" is not the id of a department`,
					{
						next: "Call list_contacts with kind team: it lists departments with their ids.",
					},
				);
			return kind === "team"
				? ({
						items: (await readTeams(inside, context))
							.map((team) => contactOf(kind, team))
							.filter((contact) => matchesSearch(contact, search)),
					} satisfies Page<ContactInfo>)
				: readMembers(inside, cursor ?? "0", search, context);
		},
	};

	async function readMembers(
		team: string,
		cursor: string,
		search: string | undefined,
		context: CallContext,
	): Promise<Page<ContactInfo>> {
		const { users, next } = await readUsers(team, cursor, context);
		return {
			items: users
				.map((user) => contactOf("member", user))
				.filter((contact) => matchesSearch(contact, search)),
			...defined({ next }),
		};
	}
}

const missing = insteadOf(
	new Set(["not_found", "bad_argument"] as const),
	undefined,
);

function idsOf(wire: unknown): readonly string[] {
	return Array.isArray(wire) ? wire.map(String) : [];
}

function personOf(user: Loose): Person | undefined {
	const id = text(user.unionid);
	const email = text(user.email) ?? text(user.org_email);
	return id === undefined
		? undefined
		: {
				id,
				name: text(user.name) ?? null,
				...defined({ email }),
			};
}

function contactOf(
	kind: Exclude<ContactKind, "role">,
	wire: Loose,
): ContactInfo {
	if (kind === "team") {
		const parent = number(wire.parent_id);
		return {
			id: String(number(wire.dept_id) ?? ""),
			kind,
			name: text(wire.name) ?? null,
			...defined({ parent: parent?.toString() }),
		};
	}
	const person = personOf(wire);
	return {
		id: person?.id ?? text(wire.userid) ?? "",
		kind,
		name: text(wire.name) ?? null,
		...defined({ email: person?.email }),
		...(Array.isArray(wire.dept_id_list)
			? { teams: wire.dept_id_list.map(String) }
			: {}),
	};
}
