import type { RowFile } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { defined } from "../values/defined.js";
import type { Claimed } from "../write/link-ends.js";
import type {
	ImportOptions,
	ImportSource,
	MappedColumn,
} from "./import-columns.js";
import { mapColumns } from "./import-mapping.js";
import { idColumnOf, idNotes, matchesById } from "./record-ids.js";
import type { FileLinks } from "./self-links.js";

/** Where the rows of a file go, and how they are read. */
export interface Target {
	readonly session: Session;
	readonly located: Located;
	readonly columns: readonly MappedColumn[];
	/** Of the file: the ids of the records that its rows are for. Absent: they are not found by those. */
	readonly idColumn?: string;
	/** Rows of the file. undefined: they were not counted. */
	readonly total: number | undefined;
	readonly options: Pick<ImportOptions, "empty" | "allowNewOptions">;
	/** Rows of the file that links of it name. Absent: none, or they were not looked for. */
	readonly links?: FileLinks | undefined;
	/** Which of the rows so far linked a record that may be linked once only. */
	readonly claimed: Claimed;
	readonly running: Running;
}

/** What is known once a file was read to its end: rows left out because they are empty, and what cells had lost before. */
export function endNotes({ blankRows, cellNotes }: RowFile): readonly string[] {
	const count = blankRows?.() ?? 0;
	return [
		...(count === 0
			? []
			: [
					`${count} ${count === 1 ? "row" : "rows"} of empty cells ${count === 1 ? "makes" : "make"} no record`,
				]),
		...(cellNotes?.() ?? []),
	];
}

/** Finds where the columns of an open file go, with the notes of the table, the file and the columns. */
export async function targetOf(
	session: Session,
	given: Located,
	file: RowFile,
	options: ImportOptions & Pick<ImportSource, "readings">,
	running: Running,
): Promise<{ readonly target: Target; readonly notes: readonly string[] }> {
	const mapped = await mapColumns(session, given, file, options, running);
	const { located, columns, total } = mapped;
	const byId = matchesById(options.matchOn, located.table);
	const idColumn = byId ? idColumnOf(file, located.table) : undefined;
	// Of a table that is yet to be made that is said already.
	const isNew = located.table.ref.table === "";
	const ids =
		byId || isNew
			? []
			: await idNotes(located, file, options.matchOn !== undefined, running);
	return {
		target: {
			session,
			located,
			columns,
			total,
			options,
			running,
			claimed: new Map(),
			...defined({ idColumn }),
		},
		notes: [...given.notes, ...file.notes, ...mapped.notes, ...ids],
	};
}
