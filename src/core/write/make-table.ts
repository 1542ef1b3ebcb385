import type { Adapter } from "../contract/adapter.js";
import { wordsOf } from "../contract/error-words.js";
import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import { type FieldSpec, ITSELF } from "../contract/schema.js";
import type { Session } from "../contract/session.js";
import type { LocatedBase } from "../places/bases.js";
import { need } from "../places/capability.js";
import { type Located, locate } from "../places/locate.js";
import { formatReference } from "../places/reference.js";
import { forget } from "../places/schema-cache.js";
import { type CarriedOut, carryOut, outcomeOf } from "./carry-out.js";

type Create = NonNullable<Adapter["createTable"]>;

/** A table that is to be made. */
export interface NewTable {
	readonly tool: string;
	readonly place: Pick<LocatedBase, "connection" | "base">;
	readonly spec: Parameters<Create>[1];
	readonly create: Create;
}

/** A table that was made, and what of its fields could not be. */
interface MadeTable extends CarriedOut<Located> {
	/** Fields that link to the table itself and could not be made, with the reason. */
	readonly unmade: readonly string[];
}

/** Makes a table, enters it in the journal, and finds it. Fields that link to the table itself come last. */
export async function makeTable(
	session: Session,
	{ tool, place, spec, create }: NewTable,
	running: Running,
): Promise<MadeTable> {
	const { connection, base } = place;
	const own = spec.fields.filter(linksToItself);
	const plain = spec.fields.filter((field) => !linksToItself(field));
	const adapter = await connection.adapter();
	if (plain.length === 0 || spec.fields[0] === own[0])
		throw new TablesError(
			"bad_argument",
			`the first field names the records, and "${spec.fields[0]?.name ?? ""}" is a link to the table itself`,
			{ next: "Put a text field first; nothing was made." },
		);
	if (own.length > 0) need({ connection, adapter }, "createField");
	let unmade: readonly string[] = [];
	let located: Located | undefined;
	const find = async (reference: string) => {
		located ??= await locate(session, reference, running, { maxAgeMs: 0 });
		return located;
	};
	const done = await carryOut(
		session,
		{ tool, place, deed: { kind: "create_table", name: spec.name } },
		async () => {
			const ref = await create(
				base.id,
				{ ...spec, fields: plain },
				running.call,
			);
			const value = formatReference({ connection: connection.name, ...ref });
			if (own.length > 0) {
				unmade = await addOwnLinks(await find(value), own, running);
				located = undefined;
				forget(session, connection.name);
			}
			return {
				value,
				outcome: outcomeOf(spec.fields.length - unmade.length, unmade.length),
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
	return { ...done, value: await find(done.value), unmade };
}

function linksToItself({ settings }: FieldSpec): boolean {
	return settings.linkTable === ITSELF;
}

/** Adds the links to the table itself, which has an id by now; answers what failed. */
async function addOwnLinks(
	located: Located,
	fields: readonly FieldSpec[],
	running: Running,
): Promise<readonly string[]> {
	const create = need(located, "createField");
	const { table } = located;
	const unmade: string[] = [];
	for (const field of fields)
		try {
			const settings = { ...field.settings, linkTable: table.ref.table };
			await create(table, { ...field, settings }, running.call);
		} catch (error) {
			unmade.push(`"${field.name}" was not made: ${wordsOf(error)}`);
		}
	return unmade;
}
