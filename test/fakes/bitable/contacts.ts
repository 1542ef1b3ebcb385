import { type Call, type Json, listOf, pageById } from "./call.js";
import { Refusal } from "./codes.js";
import type { Department, Person } from "./model.js";
import { idOf } from "./reading.js";
import { personNamed } from "./store.js";

const EMAIL_SCOPES = ["contact:user.email:readonly", "contact:contact"];
const ROOT = "0";

function shownUser(call: Call, person: Person): Json {
	const has = (scopes: readonly string[]) =>
		scopes.some((scope) => call.caller.scopes.has(scope));
	const avatar = `https://internal-api-lark-file.example.com/avatar/${person.openId}`;
	return {
		union_id: person.unionId,
		open_id: person.openId,
		...(has(["contact:user.employee_id:readonly"])
			? { user_id: person.userId }
			: {}),
		name: person.name,
		en_name: person.enName,
		...(has(EMAIL_SCOPES) ? { email: person.email } : {}),
		mobile_visible: true,
		avatar: {
			avatar_72: avatar,
			avatar_240: avatar,
			avatar_640: avatar,
			avatar_origin: avatar,
		},
		status: {
			is_frozen: false,
			is_resigned: false,
			is_activated: true,
			is_exited: false,
			is_unjoin: false,
		},
		department_ids: person.departments,
	};
}

function shownDepartment(call: Call, department: Department): Json {
	return {
		name: department.name,
		department_id: department.id,
		open_department_id: department.openId,
		parent_department_id: department.parentId,
		member_count: [...call.store.people.values()].filter((person) =>
			person.departments.includes(department.openId),
		).length,
		status: { is_deleted: false },
	};
}

/** The open id of a department named by either kind of id. @throws Refusal 43000 */
function departmentOf(call: Call, id: string): string {
	if (id === ROOT) return ROOT;
	const kind = call.query.get("department_id_type") || "open_department_id";
	for (const department of call.store.departments.values())
		if ((kind === "department_id" ? department.id : department.openId) === id)
			return department.openId;
	throw new Refusal(43000);
}

const people = (call: Call) =>
	[...call.store.people.values()].filter((person) => !person.isBot);

function listed<Item>(
	call: Call,
	all: readonly Item[],
	idOfItem: (item: Item) => string,
	shown: (item: Item) => unknown,
	most = 50,
): Json {
	const page = pageById(call, all, idOfItem, Math.min(10, most), most);
	return {
		has_more: page.hasMore,
		...(page.hasMore ? { page_token: page.lastId } : {}),
		items: page.items.map(shown),
	};
}

/** Those directly in a department; the root holds those without any. */
export function listUsers(call: Call): Json {
	const id = departmentOf(call, call.query.get("department_id") || ROOT);
	const inside = people(call).filter((person) =>
		id === ROOT
			? person.departments.length === 0
			: person.departments.includes(id),
	);
	return listed(
		call,
		inside,
		(person) => person.openId,
		(person) => shownUser(call, person),
	);
}

export function getUser(call: Call): Json {
	const person = personNamed(call.store, call.at.user_id ?? "", call.idKind);
	if (person === undefined) throw new Refusal(40013);
	return { user: shownUser(call, person) };
}

const MOST_USERS = 50;

export function getUsers(call: Call): Json {
	const ids = call.query.getAll("user_ids");
	if (ids.length === 0 || ids.length > MOST_USERS) throw new Refusal(99992402);
	return {
		items: ids.flatMap((id) => {
			const person = personNamed(call.store, id, call.idKind);
			return person === undefined ? [] : [shownUser(call, person)];
		}),
	};
}

export function findUsers(call: Call): Json {
	const { store, body } = call;
	const answer = (key: "email" | "mobile", value: unknown) => {
		const person =
			key === "email"
				? store.peopleByOther.get(String(value))
				: people(call).find((each) => each.mobile === value);
		return {
			...(person === undefined ? {} : { user_id: idOf(person, call.idKind) }),
			[key]: value,
		};
	};
	const list = (key: string) =>
		body[key] === undefined ? [] : listOf(body, key);
	const emails = list("emails");
	const mobiles = list("mobiles");
	if (emails.length > MOST_USERS || mobiles.length > MOST_USERS)
		throw new Refusal(99992402);
	return {
		user_list: [
			...emails.map((email) => answer("email", email)),
			...mobiles.map((mobile) => answer("mobile", mobile)),
		],
	};
}

/** Departments below another, all of them with `fetch_child`. */
export function listDepartments(call: Call): Json {
	const { store } = call;
	const start = departmentOf(call, call.at.department_id ?? ROOT);
	const deep = call.query.get("fetch_child") === "true";
	const found: Department[] = [];
	const collect = (parent: string) => {
		for (const department of store.departments.values())
			if (department.parentId === parent) {
				found.push(department);
				if (deep) collect(department.openId);
			}
	};
	collect(start);
	return listed(
		call,
		found,
		(department) => department.openId,
		(department) => shownDepartment(call, department),
	);
}

export function getDepartment(call: Call): Json {
	const id = departmentOf(call, call.at.department_id ?? "");
	const department = call.store.departments.get(id);
	if (department === undefined) throw new Refusal(43000);
	return { department: shownDepartment(call, department) };
}

/** Whom the app may see: top departments and the people in none. */
export function listScopes(call: Call): Json {
	return {
		department_ids: [...call.store.departments.values()]
			.filter((department) => department.parentId === ROOT)
			.map((department) => department.openId),
		user_ids: people(call)
			.filter((person) => person.departments.length === 0)
			.map((person) => idOf(person, call.idKind)),
		group_ids: [],
		has_more: false,
	};
}

/** The group chats that the caller is in. */
export function listChats(call: Call): Json {
	const own = [...call.store.chats.values()].filter((chat) =>
		chat.members.has(call.caller.openId),
	);
	return listed(
		call,
		own,
		(chat) => chat.id,
		({ id, name }) => ({
			chat_id: id,
			name,
			avatar: `https://internal-api-lark-file.example.com/chat/${id}`,
			description: "",
			external: false,
			tenant_key: call.store.apps.get(call.caller.appId)?.tenantKey ?? "",
		}),
		100,
	);
}

/** Whose user token it is. @throws Refusal 99991668 for an app's token */
export function userInfo(call: Call): Json {
	const { store, caller } = call;
	const person = store.people.get(caller.openId);
	if (!caller.isPerson || person === undefined) throw new Refusal(99991668);
	return {
		name: person.name,
		en_name: person.enName,
		avatar_url: `https://internal-api-lark-file.example.com/avatar/${person.openId}`,
		open_id: person.openId,
		union_id: person.unionId,
		user_id: person.userId,
		email: person.email,
		tenant_key: store.apps.get(caller.appId)?.tenantKey ?? "",
	};
}
