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
import { defined } from "../values/defined.js";
import { quoted } from "../values/names.js";
import { areBoxes, boxWord, yesOrNo } from "../values/yes-no.js";
import { zone } from "../values/zone.js";
import { NumberTexts } from "./evident-numbers.js";
import type { ColumnAs } from "./import-columns.js";
import { isLinked } from "./left-out.js";
import { checkTime, type Looking } from "./look-at-columns.js";
import {
	AS_NUMBERS,
	ERRING,
	ERRING_TYPES,
	ERRS,
	type ErringType,
	type Errors,
	FITS,
	MOST_ERRORS,
	NOT_TEXTS,
	PROVEN,
	type ProvenType,
	textIn,
} from "./proven-types.js";

/*
 * Which fields a table gets that is made from a file. A column is something other than text only if each of its cells
 * reads so, in the whole file: a sample would lose what the first of the others holds. And only if the texts come back
 * from the values, but for how a number or a date is spelled. A file that knows texts from other values is believed.
 */

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
		readonly as?: ColumnAs | undefined;
	}[];
	/** Can the vendor store such a cell? */
	readonly takes: (type: FieldType) => boolean;
}

/** Columns of the file that can become fields: the ids of an export cannot. */
export function columnsOf({ columns }: RowFile): readonly string[] {
	return columns.filter((column) => column !== ID_COLUMN);
}

/** The fields of a new table, in the order of the columns, and what is to be said of them; the first is text, because it names the records. */
export async function guessColumns(
	session: Session,
	file: RowFile,
	guessing: Guessing,
	running: Running,
): Promise<{
	readonly columns: readonly NewColumn[];
	readonly notes: readonly string[];
}> {
	const watches = guessing.columns.map(
		({ column, as }, index) =>
			new Watch(column, file, {
				...defined({ decimal: guessing.decimal, dates: guessing.dates }),
				types: as !== undefined ? [] : PROVEN.filter(guessing.takes),
				names: index === 0,
			}),
	);
	await eachCell(session, file, watches, running, (watch, cell, line) =>
		watch.see(cell, line),
	);
	const doubtful = watches.filter((watch) => watch.isJudged());
	if (doubtful.length > 0)
		await eachCell(session, file, doubtful, running, (watch, cell, line) =>
			watch.verify(cell, line),
		);
	const columns = guessing.columns.map(({ column, field, as }, index) => {
		const watch = watches[index] as Watch;
		if ((as === "percent" || as === "fraction") && index > 0)
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
		} satisfies NewColumn;
	});
	return {
		columns: columns as readonly NewColumn[],
		notes: watches.flatMap((watch) => watch.notes),
	};
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
		for (const watch of watches) {
			const cell = Object.hasOwn(cells, watch.column)
				? cells[watch.column]
				: undefined;
			if (isBlank(cell)) watch.hasBlanks = true;
			else see(watch, cell, line);
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
	hasBlanks = false;
	readonly #file: Pick<RowFile, "format">;
	readonly #types: Set<ProvenType>;
	readonly #judges: ReadonlyMap<ProvenType, ColumnJudge | undefined>;
	readonly #known: ColumnReading;
	readonly #numbers = new NumberTexts();
	readonly #words = new Set<string>();
	readonly #errors: ReadonlyMap<ErringType, Errors>;
	/** Its field names the records, and so is text. */
	readonly #names: boolean;
	#reading: ColumnReading | undefined;
	/** Is there a number that is not kept whole as the column is read? Then it is text. */
	#isBroken = false;
	#seen = 0;
	/** Cells that lead to an address which is not what they show. */
	#linked = 0;
	#hasTime = false;
	/** Why its cells are not numbers, though each of them is one. */
	#unlike: string | undefined;

	constructor(
		column: string,
		file: Pick<RowFile, "format">,
		{
			types,
			names,
			...known
		}: ColumnReading & {
			readonly types: readonly ProvenType[];
			readonly names: boolean;
		},
	) {
		this.column = column;
		this.#file = file;
		this.#known = known;
		this.#types = new Set(types);
		this.#names = names;
		this.#errors = new Map(
			ERRING_TYPES.filter((type) => this.#types.has(type)).map((type) => [
				type,
				{ count: 0, first: undefined, tooMany: false },
			]),
		);
		this.#judges = new Map(
			(["number", "percent", "date"] as const).map((type) => [
				type,
				columnJudge(column, newField(column, type), known),
			]),
		);
	}

	/** undefined: text. */
	get type(): ProvenType | undefined {
		return this.#names ? undefined : this.#proven;
	}

	/** What its cells prove. */
	get #proven(): ProvenType | undefined {
		if (this.#seen === 0 || this.#isBroken) return undefined;
		// What the cells show is kept beside their addresses; a number or a date would lose these.
		if (this.#linked === this.#seen && this.#types.has("url")) return "url";
		return PROVEN.find((type) => this.#types.has(type) && this.#isWhole(type));
	}

	get showsTime(): boolean {
		return this.type === "date" && this.#hasTime;
	}

	/** Why it is not what it seems, and what it does not keep. */
	get notes(): readonly string[] {
		const { type, column } = this;
		return this.#linked === 0 || type === "url"
			? this.#typeNotes
			: [
					...this.#typeNotes,
					`column ${quoted(column)} is ${type ?? "text"}: ${this.#linked} of its ${this.#seen} cells ${this.#linked === 1 ? "leads" : "lead"} to an address, which is left out; a url field takes it (make the table first, then import into it)`,
				];
	}

	get #typeNotes(): readonly string[] {
		const { type, column } = this;
		if (type === "number") return this.#numberNotes;
		if (type !== undefined) return [];
		if (this.#names) return this.#namesNotes;
		const why = this.#whyText;
		return why === undefined
			? []
			: [`column ${quoted(column)} is text: ${why}`];
	}

	/** What numbers do not keep of their cells. */
	get #numberNotes(): readonly string[] {
		const { money, zeroEnd } = this.#numbers;
		const start = `column ${quoted(this.column)} is number:`;
		return [
			...(money === undefined
				? []
				: [`${start} ${quoted(money)} beside its numbers is left out`]),
			...(zeroEnd === undefined
				? []
				: [
						`${start} zeros at the end of decimals, as in ${quoted(zeroEnd.text)} on line ${zeroEnd.line}, are not kept`,
					]),
		];
	}

	/** Why it is text, though it looks like something else; undefined: it does not. */
	get #whyText(): string | undefined {
		if (this.#unlike !== undefined) return this.#unlike;
		if (this.#types.has("number") && !this.#isBroken) {
			const { version, dressed } = this.#numbers;
			if (this.#mayBeCodes)
				return 'its cells may be codes as well as numbers with points between their groups; for numbers pass decimal: ","';
			if (version !== undefined)
				return `its cells may be versions as well as numbers, because decimals of several lengths end in 0, the first on line ${version.line}: ${quoted(version.text)}; ${AS_NUMBERS}`;
			if (dressed !== undefined)
				return `its cells may be telephone numbers or codes as well as numbers, the first on line ${dressed.line}: ${quoted(dressed.text)}; ${AS_NUMBERS}`;
		}
		if (this.#types.has("checkbox") && this.#isHalfBlank())
			return "some cells say no and others are empty, and a checkbox keeps both as one";
		return this.#whyErrors;
	}

	/** The first cell that is against the type which nearly all of the others have. */
	get #whyErrors(): string | undefined {
		for (const [type, { count, first, tooMany }] of this.#errors) {
			const { share, one, several } = ERRING[type];
			if (tooMany || first === undefined || count > this.#seen * share)
				continue;
			return `${count} of its ${this.#seen} cells ${count === 1 ? `is not ${one}` : `are not ${several}, the first`} on line ${first.line}: ${quoted(first.text)}; for a column of ${NOT_TEXTS[type]} correct the file and import it again`;
		}
		return undefined;
	}

	/** A text is sorted and added up in another way than what it seems to be. */
	get #namesNotes(): readonly string[] {
		const proven = this.#proven;
		const what = proven === undefined ? undefined : NOT_TEXTS[proven];
		return what === undefined
			? []
			: [
					`column ${quoted(this.column)} is text, though its cells are ${what}: the first field of a table is text, because it names the records; to have them as ${what} put another column first in \`mapping\``,
				];
	}

	/** Does the file know texts from other values? */
	get #typed(): boolean {
		return this.#file.format !== "csv";
	}

	/** Do its cells, taken together, come back from values of this type? */
	#isWhole(type: ProvenType): boolean {
		switch (type) {
			case "number": {
				const { version, dressed } = this.#numbers;
				return (
					version === undefined && dressed === undefined && !this.#mayBeCodes
				);
			}
			case "date":
				return this.#errors.get("date")?.count === 0;
			case "checkbox":
				return !this.#isHalfBlank() && (this.#typed || areBoxes(this.#words));
			default:
				return true;
		}
	}

	get #mayBeCodes(): boolean {
		return this.#known.decimal === undefined && this.#numbers.mayBeCodes;
	}

	#isHalfBlank(): boolean {
		return (
			this.hasBlanks &&
			(this.#typed || areBoxes(this.#words)) &&
			[...this.#words].some((word) => yesOrNo(word) === false)
		);
	}

	/** Is it a type whose cells have to be read together? */
	isJudged(): boolean {
		this.#dropUnlike();
		const type = this.#proven;
		if (type !== "number" && type !== "percent" && type !== "date")
			return false;
		const verdict = this.#judges.get(type)?.verdict();
		this.#reading = verdict?.reading ?? this.#known;
		// What a person has to say is asked when the columns are looked at.
		return (verdict?.questions.length ?? 0) === 0;
	}

	/** Numbers that are not of one kind are none. */
	#dropUnlike(): void {
		const { isOneMoney, areVersions, moneys } = this.#numbers;
		if (!this.#types.has("number") || (isOneMoney && !areVersions)) return;
		this.#types.delete("number");
		this.#unlike = isOneMoney
			? "some of its cells have several points, as versions have, and others are numbers with decimals"
			: `its numbers have several currencies or units: ${moneys.map((money) => (money === "" ? "none" : quoted(money))).join(", ")}; for numbers of one correct the file and import it again`;
	}

	see(cell: unknown, line: number): void {
		this.#seen++;
		if (isLinked(cell)) this.#linked++;
		if (typeof cell === "string" && /[\r\n]/.test(cell.trim()))
			this.breaksLines = true;
		for (const type of this.#types)
			if (!ERRS.has(type) && !this.#fits(type, cell)) this.#types.delete(type);
		for (const [type, errors] of this.#errors)
			if (!errors.tooMany && !this.#fits(type, cell)) {
				this.#types.delete(type);
				this.#addError(type, cell, line);
			}
		if (this.#types.has("number") || this.#types.has("percent"))
			this.#seeNumber(cell);
		for (const [type, judge] of this.#judges)
			if (this.#types.has(type)) judge?.see(valueIn(cell), line);
	}

	#addError(type: ErringType, cell: unknown, line: number): void {
		const errors = this.#errors.get(type);
		if (errors === undefined) return;
		errors.first ??= { text: shownIn(cell), line };
		errors.count++;
		errors.tooMany =
			errors.count > MOST_ERRORS &&
			errors.count > this.#seen * ERRING[type].share;
	}

	#seeNumber(cell: unknown): void {
		if (cell instanceof SheetCell) this.#numbers.seeShown(cell);
		else if (typeof cell === "string") this.#numbers.see(cell.trim());
	}

	#fits(type: ProvenType, cell: unknown): boolean {
		if (type === "checkbox") return this.#fitsBox(cell);
		return FITS[type](cell, this.#file);
	}

	#fitsBox(cell: unknown): boolean {
		if (this.#typed) {
			if (typeof cell === "boolean") this.#words.add(boxWord(String(cell)));
			return typeof cell === "boolean";
		}
		const text = textIn(cell);
		if (text === undefined || yesOrNo(text) === undefined) return false;
		this.#words.add(boxWord(text));
		return this.#words.size <= 2;
	}

	/** A cell that the reading of its column does not take makes the column text. */
	verify(cell: unknown, line: number): void {
		const value = valueIn(cell);
		if (this.#types.has("number") || this.#types.has("percent")) {
			if (
				typeof value === "string" &&
				!this.#numbers.verify(value.trim(), line, this.#reading?.decimal)
			) {
				const type = this.#types.has("number") ? "number" : "percent";
				this.#addError(type, cell, line);
				this.#isBroken = true;
			}
		} else if (this.#types.has("date")) {
			const read = coerceCell(value, newField(this.column, "date"), {
				guarded: !this.#typed,
				reading: this.#reading ?? {},
			});
			const parsed =
				"problem" in read ? read : zone("UTC").parse(String(read.value));
			if ("problem" in parsed) this.#addError("date", cell, line);
			else if (!parsed.dayOnly) this.#hasTime = true;
		}
	}
}

/** A field that is yet to be made: it has its name in place of an id. */
export function newField(
	name: string,
	type: FieldType,
	primary = false,
): Field {
	return { id: name, name, type, wireType: type, primary, settings: {} };
}

function valueIn(cell: unknown): unknown {
	return cell instanceof SheetCell ? cell.value : cell;
}

function shownIn(cell: unknown): string {
	return cell instanceof SheetCell ? cell.shown : String(cell);
}
