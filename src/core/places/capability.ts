import type { Adapter } from "../contract/adapter.js";
import { TablesError } from "../contract/errors.js";
import type { Capability } from "../contract/methods.js";
import type { Connection } from "../contract/session.js";
import type { Table } from "../contract/table.js";
import type { Unsupported } from "../contract/unsupported.js";

/**
 * A method that a vendor may lack.
 * @throws TablesError unsupported with the vendor's reason, the way round, and where known the table's URL.
 */
export function need<Name extends Capability>(
	{
		connection,
		adapter,
		table,
	}: {
		readonly connection: Connection;
		readonly adapter: Adapter;
		readonly table?: Pick<Table, "name" | "url">;
	},
	name: Name,
): NonNullable<Adapter[Name]> {
	const capability = connection.capabilities[name];
	if (capability !== true)
		throw new TablesError("unsupported", reasonOf(connection, capability), {
			next: table?.url && `"${table.name}" in the app: ${table.url}`,
		});
	const method = adapter[name];
	if (method === undefined)
		throw new TablesError(
			"internal",
			`${connection.vendor} promises ${name} and has no such method`,
		);
	return method as NonNullable<Adapter[Name]>;
}

function reasonOf({ title }: Connection, { unsupported }: Unsupported): string {
	return `${title} cannot do this: ${unsupported}`;
}

/** Why none of these connections has any of the methods: each vendor's reason once. */
export function reasonsAgainst(
	connections: Iterable<Connection>,
	names: readonly Capability[],
): readonly string[] {
	const reasons = new Set<string>();
	for (const connection of connections)
		for (const name of names) {
			const capability = connection.capabilities[name];
			if (capability !== true) reasons.add(reasonOf(connection, capability));
		}
	return [...reasons];
}

/** Does any connection have one of these? */
export function anyCapable(
	connections: Iterable<Connection>,
	names: readonly Capability[],
): boolean {
	for (const connection of connections)
		if (names.some((name) => connection.capabilities[name] === true))
			return true;
	return false;
}
