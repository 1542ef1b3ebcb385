import { badInput, type Call, type Handler } from "./call.js";
import type { Unit } from "./model.js";
import { textParameter } from "./query.js";
import { badShape, refusals, tip } from "./refusal.js";

/** The root team of every space. */
const ROOT = "0";
const NAME_LENGTH = 100;

/** Contacts belong to the enterprise plan; the open source has no such routes. */
function guard(call: Call): void {
	const { plan } = call.store.switches;
	if (plan === "open-source") throw refusals.noRoute();
	if (plan !== "enterprise")
		throw tip("This API is available for the enterprise plan only", 1503);
}

const notAdmin: Readonly<Record<Unit["type"], () => Error>> = {
	Team: () => tip("Only administrators can manage teams", 1504),
	Member: () => tip("Only administrators can manage members", 1505),
	Role: () => tip("Only administrators can manage roles", 1508),
};
const missing: Readonly<Record<Unit["type"], () => Error>> = {
	Team: () => tip("The team does not exist", 1521),
	Member: () => tip("The member does not exist"),
	Role: () => tip("The role does not exist", 1523),
};
const taken = {
	Team: () => tip("The team name already exists", 1506),
	Role: () => tip("The role name already exists", 1509),
};

function guardWrite(call: Call, type: Unit["type"]): void {
	guard(call);
	const space = call.store.spaces.get(call.at.space ?? "");
	if (space?.members.get(call.user)?.isAdmin !== true) throw notAdmin[type]();
}

function unitsOf(call: Call, type: Unit["type"]): Unit[] {
	return [...call.store.units.values()].filter(
		(unit) => unit.type === type && unit.spaceId === call.at.space,
	);
}

function unitAt(call: Call, type: Unit["type"]): Unit {
	const unit = call.store.unitsByUnitId.get(call.at.unit ?? "");
	if (unit?.type !== type || unit.spaceId !== call.at.space)
		throw missing[type]();
	return unit;
}

function known(
	call: Call,
	type: "Team" | "Role",
	given: unknown,
): string[] | undefined {
	if (given === undefined || given === null) return undefined;
	if (!Array.isArray(given))
		throw badInput(
			call,
			badShape(`${type === "Team" ? "teams" : "roles"} must be an array`),
		);
	return given.map((id) => {
		const unit = call.store.unitsByUnitId.get(String(id));
		if (id !== ROOT && unit?.type !== type) throw missing[type]();
		return String(id);
	});
}

function shownRole(unit: Unit) {
	return { unitId: unit.unitId, name: unit.name, sequence: unit.sequence };
}

function rolesOf(call: Call, unit: Unit) {
	return unit.roles.flatMap((id) => {
		const role = call.store.unitsByUnitId.get(id);
		return role === undefined ? [] : shownRole(role);
	});
}

function shownTeam(call: Call, unit: Unit) {
	return {
		unitId: unit.unitId,
		name: unit.name,
		sequence: unit.sequence,
		parentUnitId: unit.parentUnitId,
		roles: rolesOf(call, unit),
	};
}

function shownMember(call: Call, unit: Unit, sensitive: boolean) {
	return {
		unitId: unit.unitId,
		name: unit.name,
		avatar: unit.avatar ?? "",
		...(sensitive && unit.email !== undefined ? { email: unit.email } : {}),
		...(sensitive && unit.mobile !== undefined ? { mobile: unit.mobile } : {}),
		status: unit.status,
		type: unit.memberType,
		teams: unit.teams.flatMap((id) => {
			const team = call.store.unitsByUnitId.get(id);
			return team === undefined ? [] : shownTeam(call, team);
		}),
		roles: rolesOf(call, unit),
	};
}

function paged<Item>(call: Call, name: string, list: readonly Item[]) {
	const number = (key: string, fallback: number, most: number) => {
		const given = textParameter(call.query[key]);
		const value = given === undefined ? fallback : Number(given);
		if (!(value <= most))
			throw badInput(call, badShape(`${key} must not be greater than ${most}`));
		if (!(value >= 1))
			throw badInput(call, badShape(`${key} must not be less than 1`));
		return Math.floor(value);
	};
	const pageSize = number("pageSize", 100, 1000);
	const pageNum = number("pageNum", 1, Number.MAX_SAFE_INTEGER);
	const page = list.slice((pageNum - 1) * pageSize, pageNum * pageSize);
	return {
		body: { total: list.length, pageSize: page.length, pageNum, [name]: page },
	};
}

const sensitive = (call: Call) =>
	textParameter(call.query.sensitiveData) === "true";

function nameOf(
	call: Call,
	type: "Team" | "Role",
	required: boolean,
	own?: Unit,
): string | undefined {
	const { name } = call.body;
	if (name === undefined && !required) return undefined;
	if (typeof name !== "string" || name === "")
		throw badInput(call, badShape("name must be a string"));
	if (name.length > NAME_LENGTH)
		throw badInput(
			call,
			tip(`$name's length must not be greater than $${NAME_LENGTH}`),
		);
	const parent =
		type === "Team"
			? String(call.body.parentUnitId ?? own?.parentUnitId ?? ROOT)
			: undefined;
	for (const unit of unitsOf(call, type))
		if (
			unit !== own &&
			unit.name === name &&
			(parent === undefined || unit.parentUnitId === parent)
		)
			throw taken[type]();
	return name;
}

export function addUnit(
	store: Call["store"],
	given: Pick<Unit, "spaceId" | "type" | "name"> & Partial<Unit>,
): Unit {
	const unit: Unit = {
		avatar: null,
		status: 1,
		memberType: "Member",
		sequence: 1,
		parentUnitId: ROOT,
		teams: [],
		roles: [],
		...given,
		id: given.id ?? store.identifiers.snowflake(),
		unitId: given.unitId ?? store.identifiers.hex(32),
	};
	store.units.set(unit.id, unit);
	store.unitsByUnitId.set(unit.unitId, unit);
	return unit;
}

function removeUnit(call: Call, unit: Unit): void {
	call.store.units.delete(unit.id);
	call.store.unitsByUnitId.delete(unit.unitId);
	for (const other of call.store.units.values()) {
		other.teams = other.teams.filter((id) => id !== unit.unitId);
		other.roles = other.roles.filter((id) => id !== unit.unitId);
	}
}

export const getMember: Handler = (call) => {
	guard(call);
	return {
		body: {
			member: shownMember(call, unitAt(call, "Member"), sensitive(call)),
		},
	};
};

export const updateMember: Handler = (call) => {
	guardWrite(call, "Member");
	const unit = unitAt(call, "Member");
	const { name, teams, roles } = call.body;
	if (name !== undefined && typeof name !== "string")
		throw badInput(call, badShape("name must be a string"));
	const newTeams = known(call, "Team", teams);
	const newRoles = known(call, "Role", roles);
	unit.name = (name as string | undefined) ?? unit.name;
	unit.teams = newTeams?.filter((id) => id !== ROOT) ?? unit.teams;
	unit.roles = newRoles ?? unit.roles;
	return { body: { member: shownMember(call, unit, sensitive(call)) } };
};

export const deleteMember: Handler = (call) => {
	guardWrite(call, "Member");
	const unit = unitAt(call, "Member");
	if (unit.memberType === "PrimaryAdmin")
		throw tip("The primary administrator can't be removed", 1524);
	if (unit.userUuid !== undefined)
		call.store.spaces.get(unit.spaceId)?.members.delete(unit.userUuid);
	removeUnit(call, unit);
	return {};
};

export const teamMembers: Handler = (call) => {
	guard(call);
	const inside =
		call.at.unit === ROOT ? undefined : unitAt(call, "Team").unitId;
	const members = unitsOf(call, "Member").filter(
		(unit) => inside === undefined || unit.teams.includes(inside),
	);
	return paged(
		call,
		"members",
		members.map((unit) => shownMember(call, unit, sensitive(call))),
	);
};

export const teamChildren: Handler = (call) => {
	guard(call);
	const parent = call.at.unit === ROOT ? ROOT : unitAt(call, "Team").unitId;
	const teams = unitsOf(call, "Team")
		.filter((unit) => unit.parentUnitId === parent)
		.sort((a, b) => a.sequence - b.sequence);
	return paged(
		call,
		"teams",
		teams.map((unit) => shownTeam(call, unit)),
	);
};

function parentOf(call: Call): string | undefined {
	const given = call.body.parentUnitId;
	if (given === undefined || given === null) return undefined;
	const id = String(given);
	if (id !== ROOT && call.store.unitsByUnitId.get(id)?.type !== "Team")
		throw missing.Team();
	return id;
}

function sequenceOf(call: Call): number | undefined {
	const { sequence } = call.body;
	if (sequence === undefined || sequence === null) return undefined;
	if (typeof sequence !== "number")
		throw badInput(call, badShape("sequence must be a number"));
	return sequence;
}

export const createTeam: Handler = (call) => {
	guardWrite(call, "Team");
	const parentUnitId = parentOf(call) ?? ROOT;
	const name = nameOf(call, "Team", true) ?? "";
	const siblings = unitsOf(call, "Team").filter(
		(unit) => unit.parentUnitId === parentUnitId,
	);
	const unit = addUnit(call.store, {
		spaceId: call.at.space ?? "",
		type: "Team",
		name,
		parentUnitId,
		sequence: sequenceOf(call) ?? siblings.length + 1,
		roles: known(call, "Role", call.body.roles) ?? [],
	});
	return { status: 201, body: { team: shownTeam(call, unit) } };
};

export const updateTeam: Handler = (call) => {
	guardWrite(call, "Team");
	const unit = unitAt(call, "Team");
	const name = nameOf(call, "Team", false, unit);
	const parent = parentOf(call);
	const roles = known(call, "Role", call.body.roles);
	unit.name = name ?? unit.name;
	unit.parentUnitId = parent ?? unit.parentUnitId;
	unit.sequence = sequenceOf(call) ?? unit.sequence;
	unit.roles = roles ?? unit.roles;
	return { body: { team: shownTeam(call, unit) } };
};

export const deleteTeam: Handler = (call) => {
	guardWrite(call, "Team");
	const unit = unitAt(call, "Team");
	for (const other of call.store.units.values())
		if (
			other.teams.includes(unit.unitId) ||
			(other.type === "Team" && other.parentUnitId === unit.unitId)
		)
			throw tip("The team is not empty", 1507);
	removeUnit(call, unit);
	return {};
};

export const listRoles: Handler = (call) => {
	guard(call);
	return paged(call, "roles", unitsOf(call, "Role").map(shownRole));
};

export const createRole: Handler = (call) => {
	guardWrite(call, "Role");
	const unit = addUnit(call.store, {
		spaceId: call.at.space ?? "",
		type: "Role",
		name: nameOf(call, "Role", true) ?? "",
		sequence: sequenceOf(call) ?? unitsOf(call, "Role").length + 1,
	});
	return { status: 201, body: { role: shownRole(unit) } };
};

export const updateRole: Handler = (call) => {
	guardWrite(call, "Role");
	const unit = unitAt(call, "Role");
	unit.name = nameOf(call, "Role", false, unit) ?? unit.name;
	unit.sequence = sequenceOf(call) ?? unit.sequence;
	return { body: { role: shownRole(unit) } };
};

export const deleteRole: Handler = (call) => {
	guardWrite(call, "Role");
	const unit = unitAt(call, "Role");
	for (const other of call.store.units.values())
		if (other.roles.includes(unit.unitId))
			throw tip("The role is not empty", 1520);
	removeUnit(call, unit);
	return {};
};

export const roleUnits: Handler = (call) => {
	guard(call);
	const role = unitAt(call, "Role").unitId;
	const holders = (type: Unit["type"]) =>
		unitsOf(call, type).filter((unit) => unit.roles.includes(role));
	return {
		body: {
			teams: holders("Team").map((unit) => shownTeam(call, unit)),
			members: holders("Member").map((unit) =>
				shownMember(call, unit, sensitive(call)),
			),
		},
	};
};
