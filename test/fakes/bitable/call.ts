import type { FakeRequest, FakeResponse } from "../fake.js";
import { Refusal } from "./codes.js";
import type { Base, Table } from "./model.js";
import type { Store } from "./store.js";

export type Json = Readonly<Record<string, unknown>>;

/** Who calls: always an app; with a user token in the name of a person. */
export interface Caller {
	readonly appId: string;
	/** The person, or the app's bot. */
	readonly openId: string;
	readonly isPerson: boolean;
	readonly scopes: ReadonlySet<string>;
}

export type IdKind = "open_id" | "union_id" | "user_id";

export interface Call {
	readonly store: Store;
	readonly request: FakeRequest;
	readonly query: URLSearchParams;
	/** The parsed body; `{}` when there is none. */
	readonly body: Json;
	/** Path parameters, decoded. */
	readonly at: Readonly<Record<string, string>>;
	readonly caller: Caller;
	/** Of persons in values, in and out. */
	readonly idKind: IdKind;
	/** Present on routes below a base. @throws Error on others */
	readonly base: Base;
	/** Present on routes below a table. @throws Error on others */
	readonly table: Table;
}

/** Answers the `data` of the envelope, or a response of its own. */
export type Handler = (call: Call) => Json | Raw;

/** A response without the envelope. */
export class Raw {
	constructor(readonly response: FakeResponse) {}
}

export function isJson(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

const ID_KINDS: readonly string[] = ["open_id", "union_id", "user_id"];

/** @throws Refusal 99992402 */
export function idKind(given: unknown): IdKind {
	if (given === undefined || given === null || given === "") return "open_id";
	if (typeof given === "string" && ID_KINDS.includes(given))
		return given as IdKind;
	throw invalidField(
		"user_id_type",
		given,
		"options: [open_id,union_id,user_id]",
	);
}

function invalidField(
	field: string,
	value: unknown,
	description: string,
): Refusal {
	return new Refusal(99992402, undefined, {
		error: {
			field_violations: [
				{
					field,
					value: typeof value === "string" ? value : JSON.stringify(value),
					description,
				},
			],
		},
	});
}

/** A required text of the body. @throws Refusal */
export function textOf(body: Json, key: string): string {
	const value = body[key];
	if (typeof value !== "string")
		throw new Refusal(1254001, `Invalid request parameter: '${key}'`);
	return value;
}

/** @throws Refusal when it is there and no text */
export function optionalText(body: Json, key: string): string | undefined {
	const value = body[key];
	return value === undefined || value === null ? undefined : textOf(body, key);
}

/** @throws Refusal when it is there and no boolean */
export function optionalBoolean(body: Json, key: string): boolean | undefined {
	const value = body[key];
	if (value === undefined || value === null) return undefined;
	if (typeof value !== "boolean")
		throw new Refusal(1254001, `Invalid request parameter: '${key}'`);
	return value;
}

/** A required array of the body. @throws Refusal */
export function listOf(body: Json, key: string): readonly unknown[] {
	const value = body[key];
	if (!Array.isArray(value))
		throw new Refusal(1254001, `Invalid request parameter: '${key}'`);
	return value;
}

/** @throws Refusal 99992402 */
export function queryFlag(call: Call, key: string): boolean {
	const value = call.query.get(key);
	if (value === null || value === "" || value === "false") return false;
	if (value === "true") return true;
	throw invalidField(key, value, "the value must be true or false");
}

/** @throws Refusal 1254011 out of range, 99992402 no number */
export function pageSize(call: Call, standard: number, most: number): number {
	const given = call.query.get("page_size");
	if (given === null || given === "") return standard;
	if (!/^-?\d+$/.test(given))
		throw invalidField("page_size", given, "the value must be an integer");
	const size = Number(given);
	if (size <= 0) throw new Refusal(1254011);
	if (size > most)
		throw new Refusal(1254011, undefined, {
			text: `The page_size must be between 0 and ${most}.`,
		});
	return size;
}

export interface Page<Item> {
	readonly items: readonly Item[];
	readonly hasMore: boolean;
	/** The id of the last item, also on the last page; absent when there is none. */
	readonly lastId: string | undefined;
	readonly total: number;
}

/** A page of a short list whose tokens are the ids of the last items. @throws Refusal 1254030 */
export function pageById<Item>(
	call: Call,
	all: readonly Item[],
	idOf: (item: Item) => string,
	standard: number,
	most: number,
): Page<Item> {
	const size = pageSize(call, standard, most);
	const token = call.query.get("page_token") ?? "";
	let start = 0;
	if (token !== "") {
		start = all.findIndex((item) => idOf(item) === token) + 1;
		if (start === 0) throw new Refusal(1254030);
	}
	const items = all.slice(start, start + size);
	const last = items.at(-1);
	return {
		items,
		hasMore: start + size < all.length,
		lastId: last === undefined ? undefined : idOf(last),
		total: all.length,
	};
}

/** The usual keys of a paged answer. */
export function paged<Item>(
	page: Page<Item>,
	shown: (item: Item) => unknown,
	key = "items",
): Json {
	return {
		has_more: page.hasMore,
		...(page.lastId === undefined ? {} : { page_token: page.lastId }),
		total: page.total,
		[key]: page.items.map(shown),
	};
}
