import type { FakeRequest, FakeResponse } from "../fake.js";
import { bodyOf, type Handler, requiredText, wholeNumber } from "./call.js";
import type { Limits } from "./limits.js";
import type { Department, User } from "./model.js";
import { answered, Refusal, refusals } from "./refusal.js";
import { ROOT_DEPARTMENT, type Store } from "./store.js";
import { hasScope, issueToken, type Scope, validToken } from "./tokens.js";

/** A refusal of the legacy host: HTTP 200 with `errcode`. */
class LegacyRefusal extends Error {
	constructor(
		readonly code: number,
		message: string,
		/** Wrapped: `errcode` 88 with this `sub_code`. */
		readonly subCode?: string,
	) {
		super(message);
	}
}

type Given = Readonly<Record<string, unknown>>;
/** Answers `result`; undefined leaves it out. */
type LegacyHandler = (store: Store, given: Given) => unknown;

const wrapped = (subCode: string, message: string) =>
	new LegacyRefusal(88, message, subCode);
const noUser = () => new LegacyRefusal(60121, "找不到该用户");
const noDepartment = () => new LegacyRefusal(60003, "部门不存在");
const badParameter = (name: string) =>
	new LegacyRefusal(400002, `无效的参数:${name}`);

function text(given: Given, name: string): string {
	const value = given[name];
	if (value === undefined || value === null || value === "")
		throw badParameter(name);
	return String(value);
}

function userBy(store: Store, userId: string): User {
	const user = store.users.get(store.userIds.get(userId) ?? "");
	if (user === undefined) throw noUser();
	return user;
}

function departmentBy(store: Store, given: Given): Department {
	const department = store.departments.get(Number(text(given, "dept_id")));
	if (department === undefined) throw noDepartment();
	return department;
}

/** A user as user/get and user/list show it; mail and phone need scopes of their own. */
function shownUser(store: Store, user: User) {
	return {
		userid: user.userId,
		unionid: user.unionId,
		name: user.name,
		avatar: "",
		active: true,
		admin: user.isAdmin,
		boss: false,
		senior: false,
		hide_mobile: false,
		title: "",
		dept_id_list: user.departmentIds,
		...(user.email === undefined || store.withheld.has("fieldEmail")
			? {}
			: { email: user.email }),
		...(user.mobile === undefined || store.withheld.has("fieldMobile")
			? {}
			: { mobile: user.mobile, state_code: "86" }),
	};
}

const shownDepartment = ({ id, name, parentId }: Department) => ({
	dept_id: id,
	name,
	...(id === ROOT_DEPARTMENT ? {} : { parent_id: parentId }),
	create_dept_group: false,
	auto_add_user: false,
});

const children = (store: Store, id: number) =>
	[...store.departments.values()].filter(({ parentId }) => parentId === id);

const membersOf = (store: Store, id: number) =>
	[...store.users.values()].filter(({ departmentIds }) =>
		departmentIds.includes(id),
	);

const MOST_USERS = 100;

function userPage(
	store: Store,
	given: Given,
	shown: (user: User) => unknown,
): unknown {
	const members = membersOf(store, departmentBy(store, given).id);
	const from = Number(text(given, "cursor"));
	const size = Number(text(given, "size"));
	if (!(size >= 1 && size <= MOST_USERS)) throw badParameter("size");
	const hasMore = from + size < members.length;
	return {
		has_more: hasMore,
		...(hasMore ? { next_cursor: from + size } : {}),
		list: members.slice(from, from + size).map(shown),
	};
}

interface LegacyRoute {
	readonly scope: Scope;
	readonly handler: LegacyHandler;
}

const ROUTES: Readonly<Record<string, LegacyRoute>> = {
	"/topapi/v2/user/get": {
		scope: "qyapi_get_member",
		handler: (store, given) =>
			shownUser(store, userBy(store, text(given, "userid"))),
	},
	"/topapi/v2/user/getuserinfo": {
		scope: "qyapi_base",
		handler(store, given) {
			const code = text(given, "code");
			const login = store.loginCodes.get(code);
			store.loginCodes.delete(code);
			const user = store.users.get(login?.unionId ?? "");
			if (
				login === undefined ||
				user === undefined ||
				login.expiresAtMs <= store.clock.now()
			)
				throw new LegacyRefusal(40078, "不存在的临时授权码");
			return {
				userid: user.userId,
				unionid: user.unionId,
				associated_unionid: user.unionId,
				name: user.name,
				device_id: "",
				sys: user.isAdmin,
				sys_level: user.isAdmin ? 1 : 0,
			};
		},
	},
	"/topapi/user/getbyunionid": {
		scope: "qyapi_get_member",
		handler(store, given) {
			const user = store.users.get(text(given, "unionid"));
			if (user === undefined) throw noUser();
			return { contact_type: 0, userid: user.userId };
		},
	},
	"/topapi/v2/user/getbymobile": {
		scope: "qyapi_get_member_by_mobile",
		handler(store, given) {
			const mobile = text(given, "mobile");
			for (const user of store.users.values())
				if (user.mobile === mobile) return { userid: user.userId };
			throw noUser();
		},
	},
	"/topapi/v2/user/list": {
		scope: "qyapi_get_department_member",
		handler: (store, given) =>
			userPage(store, given, (user) => shownUser(store, user)),
	},
	"/topapi/user/listsimple": {
		scope: "qyapi_get_department_member",
		handler: (store, given) =>
			userPage(store, given, ({ userId, name }) => ({ userid: userId, name })),
	},
	"/topapi/user/listid": {
		scope: "qyapi_get_department_member",
		handler: (store, given) => ({
			userid_list: membersOf(store, departmentBy(store, given).id).map(
				({ userId }) => userId,
			),
		}),
	},
	"/topapi/v2/department/get": {
		scope: "qyapi_get_department_list",
		handler: (store, given) => shownDepartment(departmentBy(store, given)),
	},
	"/topapi/v2/department/listsub": {
		scope: "qyapi_get_department_list",
		handler: (store, given) =>
			children(
				store,
				departmentBy(store, { dept_id: ROOT_DEPARTMENT, ...given }).id,
			).map(shownDepartment),
	},
	"/topapi/v2/department/listsubid": {
		scope: "qyapi_get_department_list",
		handler: (store, given) => ({
			dept_id_list: children(store, departmentBy(store, given).id).map(
				({ id }) => id,
			),
		}),
	},
};

/** The parameters of a legacy call: query and form or JSON body. */
function parameters(request: FakeRequest): Given {
	const query = Object.fromEntries(new URLSearchParams(request.query));
	const body = request.body.toString("utf8");
	if (body.trim() === "") return query;
	if (!body.trimStart().startsWith("{"))
		return { ...query, ...Object.fromEntries(new URLSearchParams(body)) };
	try {
		return { ...query, ...(JSON.parse(body) as Given) };
	} catch {
		throw badParameter("body");
	}
}

/** The old host. Undefined: not its path. Contacts are exempt from the monthly quota, not from the rate. */
export function legacyHost(
	store: Store,
	limits: Limits,
	request: FakeRequest,
): FakeResponse | undefined {
	const { path } = request;
	if (path !== "/gettoken" && !path.startsWith("/topapi/")) return undefined;
	const requestId = store.identifiers.hex(12);
	try {
		const given = parameters(request);
		if (path === "/gettoken")
			return answered({ errcode: 0, errmsg: "ok", ...oldToken(store, given) });
		return answered({
			errcode: 0,
			errmsg: "ok",
			result: resultOf(store, limits, path, given),
			request_id: requestId,
		});
	} catch (error) {
		if (!(error instanceof LegacyRefusal)) throw error;
		const { code, subCode, message } = error;
		return answered(
			subCode === undefined
				? { errcode: code, errmsg: message, request_id: requestId }
				: {
						errcode: code,
						sub_code: subCode,
						sub_msg: message,
						errmsg: `ding talk error[subcode=${subCode},submsg=${message}]`,
						request_id: requestId,
					},
		);
	}
}

function resultOf(
	store: Store,
	limits: Limits,
	path: string,
	given: Given,
): unknown {
	const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
	if (route === undefined)
		throw new LegacyRefusal(
			22,
			`Invalid method[submsg=不合法ApiName，ApiName = ${path}]`,
		);
	const token = validToken(store, String(given.access_token ?? ""));
	if (token === undefined) throw wrapped("40014", "不合法的access_token");
	try {
		limits.count(token.appKey, path);
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		throw error.code.endsWith("QpsLimitForApi")
			? wrapped("90002", "当前接口的请求都被暂时禁用了")
			: wrapped("90018", "当前应用对该接口的请求都被暂时禁用了");
	}
	if (!hasScope(store, token, route.scope))
		throw wrapped(
			"60011",
			`没有调用该接口的权限，应用尚未开通所需的权限：[${route.scope}]`,
		);
	return route.handler(store, given);
}

function oldToken(store: Store, given: Given): Given {
	const key = text(given, "appkey");
	if (store.apps.get(key) !== given.appsecret)
		throw new LegacyRefusal(40089, "不合法的appkey或appsecret");
	const token = issueToken(store, key, true);
	return {
		access_token: token.text,
		expires_in: store.switches.tokenLifetimeSeconds,
	};
}

/** The person of the token, or (to a user token) another one. An app token has no `me`. */
export const contactUser: Handler = (call) => {
	const { store, tokenUser } = call;
	const id = call.at.union === "me" ? tokenUser?.unionId : call.at.union;
	const user = store.users.get(id ?? "");
	if (tokenUser === undefined || user === undefined)
		throw refusals.badInput("the unionId does not exist");
	return {
		nick: user.name,
		unionId: user.unionId,
		openId: user.userId,
		avatarUrl: "",
		stateCode: "86",
		...(user.email === undefined ? {} : { email: user.email }),
		...(user.mobile === undefined ? {} : { mobile: user.mobile }),
	};
};

function searched<Thing extends { readonly name: string }>(
	things: Iterable<Thing>,
	idOf: (thing: Thing) => string | number,
): Handler {
	return (call) => {
		const body = bodyOf(call);
		const word = requiredText(call, body, "queryWord").toLowerCase();
		const offset = wholeNumber(body.offset, "offset", 0);
		const size = wholeNumber(body.size, "size", 20);
		const isExact = body.fullMatchField === 1;
		const found = [...things].filter(({ name }) =>
			isExact ? name.toLowerCase() === word : name.toLowerCase().includes(word),
		);
		return {
			totalCount: found.length,
			hasMore: offset + size < found.length,
			list: found.slice(offset, offset + size).map(idOf),
		};
	};
}

export const searchUsers: Handler = (call) =>
	searched(call.store.users.values(), ({ userId }) => userId)(call);

export const searchDepartments: Handler = (call) =>
	searched(call.store.departments.values(), ({ id }) => id)(call);
