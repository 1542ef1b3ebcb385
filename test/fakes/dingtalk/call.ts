import type { FakeRequest, FakeResponse } from "../fake.js";
import type { Access, Base, Field, Sheet, User } from "./model.js";
import { type Refusal, refusals } from "./refusal.js";
import { resolved, type Store } from "./store.js";

/** One call that passed the gateway, as its handler sees it. */
export interface Call {
	readonly store: Store;
	readonly request: FakeRequest;
	readonly query: URLSearchParams;
	/** Decoded path parameters by name. */
	readonly at: Readonly<Record<string, string>>;
	readonly appKey: string;
	/** The person behind a user token. */
	readonly tokenUser: User | undefined;
	/** The person of `operatorId`; empty where the API takes none. */
	readonly operator: string;
}

/** Returns the body of the 200 answer, or a whole response. */
export type Handler = (call: Call) => Readonly<Record<string, unknown>>;

export type RawHandler = (
	store: Store,
	request: FakeRequest,
) => FakeResponse | undefined;

export type Body = Readonly<Record<string, unknown>>;

/** The JSON body; an empty one counts as `{}`. @throws Refusal 400 */
export function bodyOf(call: Call): Body {
	return jsonBody(call.request);
}

export function jsonBody(request: FakeRequest): Body {
	if (request.body.length === 0) return {};
	let parsed: unknown;
	try {
		parsed = JSON.parse(request.body.toString("utf8"));
	} catch {
		throw refusals.badInput("the request body is not valid JSON");
	}
	if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
		throw refusals.badInput("the request body must be a JSON object");
	return parsed as Body;
}

/** A missing argument of a body, in the code of the switch `missingArgument`. */
export function missing(store: Store, name: string): Refusal {
	return store.switches.missingArgument === "MissingName"
		? refusals.missing(name)
		: refusals.badInput(`${name} is required`);
}

/** A required text of a body. @throws Refusal 400 */
export function requiredText(call: Call, body: Body, name: string): string {
	const value = body[name];
	if (value === undefined || value === null || value === "")
		throw missing(call.store, name);
	if (typeof value !== "string")
		throw refusals.badInput(`${name} must be a text`);
	return value;
}

/** A whole number of a body or query, or its default. @throws Refusal 400 */
export function wholeNumber(
	value: unknown,
	name: string,
	otherwise: number,
): number {
	if (value === undefined || value === null || value === "") return otherwise;
	const number = Number(value);
	if (!Number.isInteger(number))
		throw refusals.badInput(`${name} '${String(value)}' is not an integer`);
	return number;
}

/** What a person may do with a base. */
export function accessTo(base: Base, unionId: string): Access | undefined {
	return base.members.get(unionId) ?? base.everyone;
}

/**
 * The base of the path, ready and open to the operator.
 * @throws Refusal 404 where it does not exist or the operator has no access, 403 for another document or a reader's write,
 * 400 while it is initializing or when it is broken
 */
export function baseOf(call: Call, needs: "read" | "write"): Base {
	const { store, operator } = call;
	const id = call.at.base ?? "";
	const base = store.bases.get(id);
	if (base === undefined) {
		if (store.nodes.has(id)) throw refusals.typeIllegal();
		throw store.switches.wrongBase === "notFound"
			? refusals.noBase()
			: refusals.noScope(store.switches.language, "Notable.Base.Read", false);
	}
	const access = accessTo(base, operator);
	if (access === undefined) throw refusals.noBase();
	if (needs === "write" && access === "read")
		throw store.switches.readOnlyWrite === "forbidden"
			? refusals.forbidden(
					"The operator has no permission to edit the document.",
				)
			: refusals.noBase();
	if (store.clock.now() < base.initializedAtMs)
		throw refusals.stillInitializing();
	if (base.broken) throw refusals.broken();
	return base;
}

/** The sheet of the path, by id or name. @throws Refusal as baseOf, 404 where the sheet does not exist */
export function sheetOf(call: Call, needs: "read" | "write"): Sheet {
	const base = baseOf(call, needs);
	const given = call.at.sheet ?? "";
	const sheet = resolved(call.store, base.sheets, given);
	if (sheet === undefined)
		throw refusals.noResource(`the sheet '${given}' does not exist`);
	return sheet;
}

/** The field of the path, by id or name. @throws Refusal 404 */
export function fieldOf(call: Call, sheet: Sheet): Field {
	const given = call.at.field ?? "";
	const field = resolved(call.store, sheet.fields, given);
	if (field === undefined)
		throw refusals.noResource(`the field '${given}' does not exist`);
	return field;
}
