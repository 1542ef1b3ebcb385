import { TablesError } from "../contract/errors.js";
import type { Field } from "../contract/field.js";
import { type RowFile, SheetCell } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import { guessType } from "../values/coerce.js";
import {
	type ColumnJudge,
	type ColumnReading,
	columnJudge,
} from "../values/column-reading.js";
import { defined } from "../values/defined.js";
import { cutList } from "../values/names.js";
import { KINDS } from "../values/values.js";
import {
	cellFor,
	type ImportSource,
	type MappedColumn,
} from "./import-columns.js";
import type { Goal } from "./import-mapping.js";
import { CHECK_MARGIN_MS } from "./import-plan.js";
import { leftOut } from "./left-out.js";

/** So many rows are samples of what a column looks like. */
const SAMPLES = 1000;

const SAMPLES_SHOWN = 3;

/** Which columns are taken, and what is known of how they are read. */
export interface Looking
	extends Pick<ImportSource, "decimal" | "dates" | "readings"> {
	readonly goals: readonly Goal[];
	/** The table is yet to be made, so that a column may as well become text. Absent: it is there. */
	readonly isNew?: boolean;
}

/** The columns of a file, looked at. */
interface Looked {
	/** All of the file, in its order. */
	readonly columns: readonly MappedColumn[];
	/** Of the file, where all of it was looked at. */
	readonly total: number | undefined;
	/** Where a column contradicts what was said of all, and what its field does not keep. */
	readonly notes: readonly string[];
}

/** What is found out about a column of the file on the way. */
interface Column {
	readonly column: string;
	readonly samples: unknown[];
	readonly judge: ColumnJudge | undefined;
}

/**
 * The columns of the file with what they hold, as far as its first rows tell, and how they are read: for that the whole
 * file is gone through where a column of it may be read in several ways.
 * @throws TablesError bad_argument with all that has to be said about the columns.
 */
export async function lookAtColumns(
	session: Session,
	file: RowFile,
	looking: Looking,
	running: Running,
): Promise<Looked> {
	const goals = new Map(looking.goals.map((goal) => [goal.column, goal]));
	const columns = file.columns.map(
		(column): Column => ({
			column,
			samples: [],
			judge: judgeOf(goals.get(column), looking),
		}),
	);
	const judged = columns.flatMap(({ column, judge }) => {
		const field = goals.get(column)?.field;
		return judge === undefined || field === undefined
			? []
			: [{ column, judge, field }];
	});
	const left =
		file.holdsMore === true && looking.readings === undefined
			? looking.goals.map((goal) => leftOut(goal, looking.isNew ?? false))
			: [];
	// What was said of all columns is only compared with them: where time is short, that can be left.
	const isSaid = judged.every(({ field }) => isKnown(field, looking));
	let rows = 0;
	let [isWhole, isLate] = [true, false];
	for await (const { cells, line, problem } of file.rows(0)) {
		if (rows < SAMPLES)
			for (const { column, samples } of columns) {
				const cell = Object.hasOwn(cells, column) ? cells[column] : "";
				if (cell !== "" && cell !== undefined && !isUnread(cell))
					samples.push(cell);
			}
		rows++;
		if (problem === undefined)
			for (const { column, judge, field } of judged)
				if (Object.hasOwn(cells, column)) {
					const seen = cellFor(cells[column], field);
					if (seen.problem === undefined) judge.see(seen.cell, line, seen);
				}
		if (problem === undefined)
			for (const one of left)
				if (Object.hasOwn(cells, one.column)) one.see(cells[one.column], line);
		const isDone = rows >= SAMPLES && judged.length + left.length === 0;
		isLate =
			rows % SAMPLES === 0 &&
			(isSaid
				? isTooLate(session, running)
				: checkTime(session, running, rows));
		if (isDone || isLate) {
			isWhole = false;
			break;
		}
	}
	const verdicts = new Map(
		judged.map(({ column, judge }) => [column, judge.verdict()]),
	);
	const found = [...verdicts.values()];
	ask(
		found.flatMap(({ questions }) => questions),
		looking.isNew ?? false,
	);
	return {
		total: isWhole ? rows : undefined,
		notes: [
			...found.flatMap(({ notes }) => notes),
			...left.flatMap((one) => one.notes()),
			...(isLate
				? [
						`only the first ${rows} rows were looked at for what contradicts \`decimal\` and \`dates\` and for what fields do not keep: one call may take no longer`,
					]
				: []),
		],
		columns: columns.map(
			({ column, samples }): MappedColumn => ({
				column,
				field: goals.get(column)?.field,
				samples: [...new Set(samples.map(shownIn))].slice(0, SAMPLES_SHOWN),
				looksLike: guessType(samples.map(tellingIn)),
				guarded: file.format === "csv",
				reading:
					verdicts.get(column)?.reading ??
					knownReading(column, goals.get(column), looking),
			}),
		),
	};
}

function isUnread(cell: unknown): boolean {
	return cell instanceof SheetCell && cell.problem !== undefined;
}

function shownIn(cell: unknown): unknown {
	return cell instanceof SheetCell ? cell.shown : cell;
}

/** What tells the type: a number however it is shown, unless that makes it a percentage or a code. */
function tellingIn(cell: unknown): unknown {
	if (!(cell instanceof SheetCell)) return cell;
	const { value, shown, inPercent } = cell;
	return typeof value === "number" && !inPercent && !/^0\d/.test(shown)
		? value
		: shown;
}

function judgeOf(
	goal: Goal | undefined,
	looking: Looking,
): ColumnJudge | undefined {
	return goal === undefined || looking.readings !== undefined
		? undefined
		: columnJudge(
				goal.column,
				goal.field,
				knownReading(goal.column, goal, looking),
			);
}

function knownReading(
	column: string,
	goal: Goal | undefined,
	{ decimal, dates, readings }: Looking,
): ColumnReading {
	if (readings !== undefined)
		return Object.hasOwn(readings, column)
			? (readings[column] as ColumnReading)
			: {};
	const as = goal?.as === "text" ? undefined : goal?.as;
	return defined({ decimal, dates, percent: as });
}

/** Has a person said how such a column is read? */
function isKnown({ type }: Field, { decimal, dates }: Looking): boolean {
	return KINDS[type] === "date"
		? dates !== undefined
		: decimal !== undefined && type !== "percent";
}

function isTooLate(session: Session, running: Running): boolean {
	running.call.signal?.throwIfAborted();
	return session.clock.now() > running.deadlineMs() - CHECK_MARGIN_MS;
}

/** Answers false. @throws TablesError busy */
export function checkTime(
	session: Session,
	running: Running,
	rows: number,
): false {
	if (isTooLate(session, running))
		throw new TablesError(
			"busy",
			`finding out how the columns are to be read took longer than one call may take: ${rows} rows were looked at, nothing was sent`,
			{
				next: "Pass `decimal` and `dates` (and `as` in `mapping` for columns of percent): then the file need not be looked through to its end. Or split it.",
			},
		);
	return false;
}

/** @throws TablesError bad_argument */
function ask(questions: readonly string[], isNew: boolean): void {
	if (questions.length === 0) return;
	const asText = isNew
		? ' A column of neither, such as of versions or codes: add as: "text" to its entry in `mapping`, which then names every column that is to be taken.'
		: "";
	throw new TablesError("bad_argument", cutList(questions, "; "), {
		next: `Ask the person, or look at where the file comes from; nothing was sent.${asText}`,
	});
}
