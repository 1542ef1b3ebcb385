import type { Call } from "./call.js";
import type { Table } from "./model.js";
import type { Sight } from "./reading.js";

const EMAIL_SCOPES = ["contact:user.email:readonly", "contact:contact"];

/** What a call sees of a table, its own unless another is named. */
export function sightOf(call: Call, table: Table = call.table): Sight {
	return {
		store: call.store,
		base: call.base,
		table,
		idKind: call.idKind,
		origin: call.request.origin,
		showsEmail: EMAIL_SCOPES.some((scope) => call.caller.scopes.has(scope)),
		nowMs: call.store.clock.now(),
	};
}
