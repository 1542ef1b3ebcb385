import type { Adapter } from "../contract/adapter.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { LocatedBase } from "../places/bases.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { forget } from "../places/schema-cache.js";
import { type CarriedOut, carryOut } from "./carry-out.js";

type Create = NonNullable<Adapter["createTable"]>;

/** A table that is to be made. */
export interface NewTable {
	readonly tool: string;
	readonly place: Pick<LocatedBase, "connection" | "base">;
	readonly spec: Parameters<Create>[1];
	readonly create: Create;
}

/** Makes a table, enters it in the journal, and finds it. */
export async function makeTable(
	session: Session,
	{ tool, place, spec, create }: NewTable,
	running: Running,
): Promise<CarriedOut<Located>> {
	const { connection, base } = place;
	let located: Located | undefined;
	const find = async (reference: string) => {
		located ??= await locate(session, reference, running, { maxAgeMs: 0 });
		return located;
	};
	const done = await carryOut(
		session,
		{ tool, place, deed: { kind: "create_table", name: spec.name } },
		async () => {
			const ref = await create(base.id, spec, running.call);
			forget(session, connection.name);
			const value = formatReference({ connection: connection.name, ...ref });
			return {
				value,
				made: async () => {
					const { table } = await find(value).catch(() => ({
						table: undefined,
					}));
					return {
						id: ref.table,
						...(table && {
							fields: table.fields.map(({ id }) => id),
							views: table.views.map(({ id }) => id),
						}),
					};
				},
			};
		},
	);
	return { ...done, value: await find(done.value) };
}
