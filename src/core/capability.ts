import type { Adapter, Capability } from "./adapter.js";
import { TablesError } from "./errors.js";
import type { Connection } from "./session.js";

/**
 * A method that a vendor may lack.
 * @throws TablesError unsupported with the vendor's reason and the way round.
 */
export function need<Name extends Capability>(
	{
		connection,
		adapter,
	}: { readonly connection: Connection; readonly adapter: Adapter },
	name: Name,
): NonNullable<Adapter[Name]> {
	const capability = connection.capabilities[name];
	if (capability !== true)
		throw new TablesError(
			"unsupported",
			`${connection.title} cannot do this: ${capability.unsupported}`,
		);
	const method = adapter[name];
	if (method === undefined)
		throw new TablesError(
			"internal",
			`${connection.vendor} promises ${name} and has no such method`,
		);
	return method as NonNullable<Adapter[Name]>;
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
