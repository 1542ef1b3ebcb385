import type { Field, FieldType } from "../contract/field.js";
import { ID_COLUMN, type RowFile, SheetCell } from "../contract/files.js";
import type { Running } from "../contract/running.js";
import type { FieldSpec } from "../contract/schema.js";
import type { Session } from "../contract/session.js";
import { coerceCell } from "../values/coerce.js";
import {
	type ColumnJudge,
	type ColumnReading,
	columnJudge,
} from "../values/column-reading.js";
import { readDateText } from "../values/date-text.js";
import { defined } from "../values/defined.js";
import { readNumberText } from "../values/number-text.js";
import { isYearFirst } from "../values/parse-date.js";
import { yesOrNo } from "../values/yes-no.js";
import { zone } from "../values/zone.js";
import { checkTime, type Looking } from "./look-at-columns.js";

/*
 * Which fields a table gets that is made from a file. A column is something other than text only if each of its cells
 * reads so, in the whole file: a sample would lose what the first of the others holds.
 */

/** Types that a column may prove, likeliest first: the first that all of its cells fit is taken. */
const PROVEN = ["number", "date", "checkbox", "email", "url"] as const;

type ProvenType = (typeof PROVEN)[number];

/** A column of the file as the field of a table that is yet to be made. */
export interface NewColumn {
	readonly column: string;
	readonly spec: FieldSpec;
}

/** What is asked of the columns: those to be taken, what their fields are called, and how they are read. */
interface Guessing extends Pick<Looking, "decimal" | "dates"> {
	readonly columns: readonly {
		readonly column: string;
		readonly field: string;
		readonly as?: "percent" | "fraction" | undefined;
	}[];
	/** Can the vendor store such a cell? */
	readonly takes: (type: FieldType) => boolean;
}

/** Columns of the file that can become fields: the ids of an export cannot. */
export function columnsOf({ columns }: RowFile): readonly string[] {
	return columns.filter((column) => column !== ID_COLUMN);
}

/** The fields of a new table, in the order of the columns; the first is text, because it names the records. */
export async function guessColumns(
	session: Session,
	file: RowFile,
	guessing: Guessing,
	running: Running,
): Promise<readonly NewColumn[]> {
	const watches = guessing.columns.map(
		({ column, as }, index) =>
			new Watch(column, {
				...defined({ decimal: guessing.decimal, dates: guessing.dates }),
				types:
					index === 0 || as !== undefined ? [] : PROVEN.filter(guessing.takes),
			}),
	);
	await eachCell(session, file, watches, running, (watch, cell, line) =>
		watch.see(cell, line),
	);
	const doubtful = watches.filter((watch) => watch.isJudged());
	if (doubtful.length > 0)
		await eachCell(session, file, doubtful, running, (watch, cell) =>
			watch.verify(cell, file.format !== "ndjson" && file.format !== "json"),
		);
	return guessing.columns.map(({ column, field, as }, index) => {
		const watch = watches[index] as Watch;
		if (as !== undefined && index > 0)
			return { column, spec: { name: field, type: "percent", settings: {} } };
		const breaks =
			watch.breaksLines && index > 0 && guessing.takes("long_text");
		return {
			column,
			spec: {
				name: field,
				type: watch.type ?? (breaks ? "long_text" : "text"),
				settings: watch.showsTime
					? { format: "yyyy-MM-dd HH:mm", showsTime: true }
					: {},
			},
		};
	});
}

async function eachCell(
	session: Session,
	file: RowFile,
	watches: readonly Watch[],
	running: Running,
	see: (watch: Watch, cell: unknown, line: number) => void,
): Promise<void> {
	let rows = 0;
	for await (const { cells, line, problem } of file.rows(0)) {
		rows++;
		if (rows % 1000 === 0) checkTime(session, running, rows);
		if (problem !== undefined) continue;
		for (const watch of watches)
			if (Object.hasOwn(cells, watch.column)) {
				const cell = cells[watch.column];
				if (!isBlank(cell)) see(watch, cell, line);
			}
	}
}

function isBlank(cell: unknown): boolean {
	if (cell instanceof SheetCell)
		return cell.problem !== undefined || isBlank(cell.value);
	return (
		cell === null ||
		cell === undefined ||
		(typeof cell === "string" && cell.trim() === "")
	);
}

/** Looks at the cells of one column, and drops each type that one of them does not fit. */
class Watch {
	readonly column: string;
	breaksLines = false;
	readonly #types: Set<ProvenType>;
	readonly #judges: ReadonlyMap<ProvenType, ColumnJudge | undefined>;
	readonly #known: ColumnReading;
	#reading: ColumnReading | undefined;
	#seen = 0;
	#hasTime = false;

	constructor(
		column: string,
		{
			types,
			...known
		}: ColumnReading & { readonly types: readonly ProvenType[] },
	) {
		this.column = column;
		this.#known = known;
		this.#types = new Set(types);
		this.#judges = new Map(
			(["number", "date"] as const).map((type) => [
				type,
				columnJudge(column, fieldOf(column, type), known),
			]),
		);
	}

	/** undefined: text. */
	get type(): ProvenType | undefined {
		return this.#seen === 0
			? undefined
			: PROVEN.find((type) => this.#types.has(type));
	}

	get showsTime(): boolean {
		return this.type === "date" && this.#hasTime;
	}

	/** Is it a type whose cells have to be read together? */
	isJudged(): boolean {
		const { type } = this;
		if (type !== "number" && type !== "date") return false;
		const verdict = this.#judges.get(type)?.verdict();
		this.#reading = verdict?.reading ?? this.#known;
		// What a person has to say is asked when the columns are looked at.
		return (verdict?.questions.length ?? 0) === 0;
	}

	see(cell: unknown, line: number): void {
		this.#seen++;
		if (typeof cell === "string" && /[\r\n]/.test(cell.trim()))
			this.breaksLines = true;
		for (const type of this.#types)
			if (!FITS[type](cell)) this.#types.delete(type);
		for (const [type, judge] of this.#judges)
			if (this.#types.has(type)) judge?.see(valueIn(cell), line, false);
	}

	/** A cell that the reading of its column does not take makes the column text. */
	verify(cell: unknown, guarded: boolean): void {
		const { type } = this;
		if (type !== "number" && type !== "date") return;
		const read = coerceCell(valueIn(cell), fieldOf(this.column, type), {
			guarded,
			reading: this.#reading ?? {},
		});
		if ("problem" in read) this.#types.clear();
		else if (type === "date") this.#verifyDay(String(read.value));
	}

	#verifyDay(text: string): void {
		const parsed = zone("UTC").parse(text);
		if ("problem" in parsed) this.#types.clear();
		else if (!parsed.dayOnly) this.#hasTime = true;
	}
}

function fieldOf(name: string, type: FieldType): Field {
	return { id: name, name, type, wireType: type, primary: false, settings: {} };
}

function valueIn(cell: unknown): unknown {
	return cell instanceof SheetCell ? cell.value : cell;
}

/** What a person reads in a cell; undefined: it is no text. */
function textIn(cell: unknown): string | undefined {
	if (cell instanceof SheetCell)
		return typeof cell.value === "string" ? cell.value.trim() : undefined;
	return typeof cell === "string" ? cell.trim() : undefined;
}

/** A number of more digits is an id, and none that a program keeps exactly. */
const MOST_DIGITS = 15;

/** Does a cell that is not empty fit the type, however its column is read? */
const FITS: Readonly<Record<ProvenType, (cell: unknown) => boolean>> = {
	number: (cell) => {
		if (cell instanceof SheetCell)
			return (
				typeof cell.value === "number" && !cell.inPercent && isPlain(cell.shown)
			);
		if (typeof cell === "number")
			return !Number.isInteger(cell) || Number.isSafeInteger(cell);
		const text = textIn(cell);
		return (
			text !== undefined &&
			isPlain(text) &&
			readNumberText(text)?.percent === false
		);
	},
	date: (cell) => {
		const text = textIn(cell);
		return (
			text !== undefined &&
			(isYearFirst(text) || readDateText(text) !== undefined)
		);
	},
	checkbox: (cell) => {
		if (typeof cell === "boolean") return true;
		const text = textIn(cell);
		return text !== undefined && yesOrNo(text) !== undefined;
	},
	email: (cell) =>
		/^[^\s@<>"',;:()[\]\\]+@[^\s@<>"',;:()[\]\\]+\.[^\s@<>"',;:()[\]\\.]+$/.test(
			textIn(cell) ?? "",
		),
	url: (cell) => {
		const text = textIn(cell);
		return text !== undefined && isAddress(text);
	},
};

/** Zeros in front, a plus sign or many digits: a code or a telephone number, which loses them as a number. */
function isPlain(text: string): boolean {
	const digits = text.replace(/e[+-]?\d+$/i, "").replace(/\D/g, "");
	return !/^-?0\d|^\+/.test(text) && digits.length <= MOST_DIGITS;
}

function isAddress(text: string): boolean {
	return /^https?:\/\/\S+$/i.test(text) && URL.canParse(text);
}
