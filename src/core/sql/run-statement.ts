import { TablesError } from "../contract/errors.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { SqlFault, SqlStatement, SqlWaiting } from "../contract/sql.js";
import type { FilterInput } from "../contract/table.js";
import { undecidedNotes } from "../filter/undecided.js";
import { locate } from "../places/locate.js";
import { READ_MARGIN_MS } from "../read/deadline.js";
import { filterOf } from "../read/resolve-filter.js";
import { applyView } from "../read/view.js";
import { defined } from "../values/defined.js";
import { asciiLower, quoted } from "../values/names.js";
import { zone as zoneNamed } from "../values/zone.js";
import { wallText } from "./cells.js";
import { clockNotes } from "./clock-notes.js";
import { sourceTable } from "./columns.js";
import { faultError } from "./fault-words.js";
import { fillTables, type WantedTable, type Watching } from "./fill-tables.js";
import { formLook } from "./form-notes.js";
import { KEPT_CHARACTERS, type StatementResult } from "./statement-result.js";

/** Rows of a result: more are of no use to whoever pages through them. */
const MOST_ROWS = 100_000;

/** Columns of a table that SQLite takes. */
const MOST_COLUMNS = 2_000;

/** Tables of one statement: SQLite joins 64. */
const MOST_TABLES = 20;

/** A statement and its tables as a tool takes them. */
export interface StatementInput {
	readonly sql: string;
	readonly tables: readonly {
		/** Its name in the statement. */
		readonly as: string;
		/** As every tool takes one. */
		readonly table: string;
		/** Only these rows are read. */
		readonly filter?: FilterInput;
	}[];
	/** Tables that were read within a minute are not read again. Absent: all are read now. */
	readonly mayBeKept?: boolean;
}

/**
 * Checks the statement, reads what it needs of its tables, and runs it.
 * @throws TablesError where the statement is wrong, in words of its tables; as any read.
 */
export async function runStatement(
	session: Session,
	input: StatementInput,
	running: Running,
	/** Sees what is read. Absent: nobody does. */
	watching?: Watching,
): Promise<StatementResult> {
	refuseTables(input);
	const { mayBeKept = false } = input;
	const notes: string[] = [];
	const tables: WantedTable[] = [];
	for (const table of input.tables)
		tables.push(await wantedTable(session, table, running, notes));
	const zone = tables[0]?.located.table.zone ?? session.zone();
	const nowMs = session.clock.now();
	const sources = tables.map(({ source }) => source);
	const waiting: SqlWaiting = {
		untilMs: running.deadlineMs() - READ_MARGIN_MS,
		...defined({ signal: running.call.signal }),
	};
	const statement = await session.sql.open(
		{
			sql: input.sql,
			tables: sources.map(({ as, columns }) => ({
				as,
				columns: columns.map(({ name, type }) => ({ name, type })),
			})),
			today: zoneNamed(zone).day(nowMs),
			now: wallText(Math.floor(nowMs / 1000) * 1000, zone),
			zone,
		},
		waiting,
	);
	const refused = (fault: SqlFault) => faultError(fault, input.sql, sources);
	if ("fault" in statement) throw refused(statement);
	try {
		const forms = formLook(input.sql, sources);
		const filled = await fillTables(
			{ session, running, statement, zone, mayBeKept, watching, forms },
			tables,
		);
		if (filled.fault !== undefined) throw refused(filled.fault);
		const result = await statement.run({
			rows: MOST_ROWS,
			characters: KEPT_CHARACTERS,
		});
		if ("fault" in result) throw refused(result);
		return {
			...result,
			asOf: wallText(Math.floor(filled.atMs / 1000) * 1000, zone),
			zone,
			read: rowsRead(tables, filled.rows),
			renamed: sources.flatMap(({ renamed }) => renamed),
			isOld: () =>
				tables.some(
					({ located, writes }) => located.connection.writes() !== writes,
				),
			notes: [
				...notes,
				...filled.notes,
				...forms.notes(),
				...clockNotes(
					{ sql: input.sql, zone, nowMs, functions: statement.functions },
					filled.times,
				),
				...tables.flatMap(({ rows }) => undecidedNotes(rows.filter, rows.also)),
				...unusedNotes(tables, statement),
			],
		};
	} finally {
		statement.close();
	}
}

/** @throws TablesError bad_argument */
function refuseTables({ tables }: StatementInput): void {
	if (tables.length > MOST_TABLES)
		throw new TablesError(
			"too_large",
			`\`tables\` has ${tables.length} entries, at most ${MOST_TABLES}`,
			{ next: "Pass the tables that the statement names." },
		);
	const seen = new Set<string>();
	for (const { as } of tables) {
		const name = asciiLower(as);
		if (name.startsWith("sqlite_") || as.includes("\u0000"))
			throw new TablesError(
				"bad_argument",
				`\`as\` ${quoted(as)} is a name that SQLite keeps for itself`,
				{ next: "Choose another one." },
			);
		if (seen.has(name))
			throw new TablesError(
				"bad_argument",
				`two of \`tables\` are called ${quoted(as)}`,
				{
					next: "Give each table its own `as`; in the statement one table may have several aliases.",
				},
			);
		seen.add(name);
	}
}

async function wantedTable(
	session: Session,
	{ as, table, filter: given }: StatementInput["tables"][number],
	running: Running,
	notes: string[],
): Promise<WantedTable> {
	const located = await locate(session, table, running);
	const writes = located.connection.writes();
	const resolve = async (input: FilterInput, purpose: "read" | "kept") => {
		const resolved = await filterOf(session, located, input, running, {
			purpose,
		});
		notes.push(...resolved.notes);
		return resolved.filter;
	};
	const filter = given && (await resolve(given, "read"));
	const applied = await applyView(
		located,
		undefined,
		defined({ filter }),
		{ filter: (input) => resolve(input, "kept"), sort: () => [] },
		running.call,
	);
	notes.push(...located.notes, ...applied.notes);
	const source = sourceTable(as, located);
	if (source.columns.length > MOST_COLUMNS)
		throw new TablesError(
			"too_large",
			`"${located.table.name}" has ${located.table.fields.length} fields, which make more than the ${MOST_COLUMNS} columns of a table in SQL`,
			{ next: "Use query_records." },
		);
	const { filter: all, also, view } = applied;
	return {
		located,
		source,
		writes,
		asked: given,
		rows: defined({ filter: all, also, view }),
	};
}

function rowsRead(
	tables: readonly WantedTable[],
	rows: readonly (number | undefined)[],
): StatementResult["read"] {
	return Object.fromEntries(
		tables.flatMap(({ source }, place) => {
			const count = rows[place];
			return count === undefined ? [] : [[source.as, count]];
		}),
	);
}

function unusedNotes(
	tables: readonly WantedTable[],
	{ used }: SqlStatement,
): readonly string[] {
	const unused = tables.flatMap(({ source }, place) =>
		used[place] === undefined ? [source.as] : [],
	);
	return unused.length === 0
		? []
		: [`not named in the statement, and not read: ${unused.join(", ")}`];
}
