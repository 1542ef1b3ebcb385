import { TablesError } from "../contract/errors.js";
import type { Connection, Session } from "../contract/session.js";
import { nearest } from "../values/near-names.js";

/**
 * The connection of this name.
 * @throws TablesError not_found with the names of the connections there are.
 */
export function connectionNamed(session: Session, name: string): Connection {
	const found = session.connections.get(name);
	if (found !== undefined) return found;
	const names = [...session.connections.keys()];
	throw new TablesError(
		"not_found",
		`there is no connection "${name}"; there are: ${names.join(", ")}`,
		{
			next: `Use one of: ${nearest(names, name).join(", ") || names.join(", ")}.`,
		},
	);
}
