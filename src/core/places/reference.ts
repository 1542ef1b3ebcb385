/** A table as `list_tables` prints it: `connection:base/table`, ids percent-encoded. */
export interface Reference {
	readonly connection: string;
	readonly base: string;
	readonly table: string;
}

export function formatReference({
	connection,
	base,
	table,
}: Reference): string {
	return `${connection}:${encodeURIComponent(base)}/${encodeURIComponent(table)}`;
}

/** undefined when the text has not this form; it may still be a name. */
export function parseReference(text: string): Reference | undefined {
	const match = /^([a-z][a-z0-9-]*):([^/]+)\/([^/]+)$/.exec(text.trim());
	if (match === null) return undefined;
	const [, connection, base, table] = match;
	try {
		return {
			connection: connection as string,
			base: decodeURIComponent(base as string),
			table: decodeURIComponent(table as string),
		};
	} catch {
		return undefined;
	}
}
