import type { FakeRequest, FakeResponse } from "../fake.js";
import type { Sight } from "./cells.js";
import type { Field, Permission, Table } from "./model.js";
import type { Query } from "./query.js";
import { type Answer, Hang, type Refusal, refusals } from "./refusal.js";
import { permissionOf, type Store } from "./store.js";

/** One authorised call as its handler sees it. */
export interface Call {
	readonly store: Store;
	readonly request: FakeRequest;
	readonly query: Query;
	/** The parsed JSON body; an empty object where there is none. */
	readonly body: Readonly<Record<string, unknown>>;
	/** Decoded path parameters by name. */
	readonly at: Readonly<Record<string, string>>;
	/** The user of the token. */
	readonly user: string;
}

export type Handler = (call: Call) => Answer | FakeResponse;

/** The datasheet of the path, visible to the user. @throws Refusal 301 */
export function tableOf(call: Call): Table {
	const table = call.store.tables.get(call.at.datasheet ?? "");
	if (table === undefined || permissionAt(call, table.id) === -1)
		throw refusals.noDatasheet();
	return table;
}

export function permissionAt(call: Call, nodeId: string): Permission {
	return permissionOf(call.store, call.user, nodeId);
}

export function sightOf(call: Call, table: Table): Sight {
	return { store: call.store, table, origin: call.request.origin };
}

/** A request that fails the check of its shape; the stock build never answers it. */
export function badInput(call: Call, refusal: Refusal): Refusal | Hang {
	return call.store.switches.hangsOnBadShape ? new Hang() : refusal;
}

/** Whether the user may see a column at all. */
export function mayRead(call: Call, field: Field): boolean {
	return field.access.get(call.user) !== "none";
}

/** Whether the user may write a column of a sheet. */
export function mayWrite(call: Call, field: Field, tableId: string): boolean {
	const permission = permissionAt(call, tableId);
	return (
		permission >= 0 &&
		permission <= 2 &&
		field.access.get(call.user) === undefined
	);
}
