import type { Field } from "../contract/field.js";
import {
	ambiguousDate,
	type DateOrder,
	readDateText,
	readingsOf,
} from "./date-text.js";
import { defined } from "./defined.js";
import { quoted } from "./names.js";
import {
	ambiguousNumber,
	type DecimalSign,
	isDotted,
	readNumberText,
} from "./number-text.js";
import { isYearFirst } from "./parse-date.js";
import { percentText } from "./show-item.js";
import { type Proof, UnitVotes } from "./unit-votes.js";
import { KINDS } from "./values.js";

/*
 * How the texts of a column are to be read. A cell that may be two numbers or two days is read as the cells beside it
 * are that can be one only; all of them are looked at, and nothing is kept of them but counts.
 */

export interface ColumnReading {
	/** What stands before the decimals. Absent: each cell tells by itself. */
	readonly decimal?: DecimalSign;
	/** Where the column itself proves that. */
	readonly proof?: Proof;
	/** Absent: each cell tells by itself. */
	readonly dates?: DateOrder;
	readonly datesProof?: Proof;
	/** What bare numbers of a percent field are. Absent: fractions up to 1. */
	readonly percent?: "percent" | "fraction";
	/** A code of the column that is written like its numbers in groups, so that those are codes as well. */
	readonly codes?: Proof;
}

/** What a person has said of all columns, or of this one. */
export type KnownReading = Pick<ColumnReading, "decimal" | "dates" | "percent">;

/** The share of the telling cells that must agree: the others are bad rows. */
const AGREEING = 0.95;

/** Cells that tell how the column is read, and those that do not know. */
class Votes<Choice extends string> {
	readonly #votes = new Map<Choice, { count: number; first: Proof }>();
	#open: Proof | undefined;
	#opens = 0;

	add(choice: Choice, proof: () => Proof): void {
		const known = this.#votes.get(choice);
		if (known === undefined)
			this.#votes.set(choice, { count: 1, first: proof() });
		else known.count++;
	}

	addOpen(proof: () => Proof): void {
		this.#open ??= proof();
		this.#opens++;
	}

	/** How many cells tell. */
	get total(): number {
		return [...this.#votes.values()].reduce((sum, { count }) => sum + count, 0);
	}

	/** What nearly all of them say; undefined: there are none, or they contradict each other. */
	get won(): { readonly choice: Choice; readonly first: Proof } | undefined {
		for (const [choice, { count, first }] of this.#votes)
			if (count >= this.total * AGREEING) return { choice, first };
		return undefined;
	}

	/**
	 * The same against what a person has said of all columns: that holds for what may be read in several ways, and where
	 * few cells are against it.
	 */
	against(said: Choice | undefined): typeof this.won {
		const { won } = this;
		if (said === undefined || won?.choice === said) return won;
		const isMost = this.total > (this.total + this.#opens) * (1 - AGREEING);
		return won !== undefined && isMost ? won : undefined;
	}

	/** The first cell that says so; undefined: none does. */
	firstOf(choice: Choice): Proof | undefined {
		return this.#votes.get(choice)?.first;
	}

	/** Do the telling cells contradict each other? */
	get isSplit(): boolean {
		return this.total > 0 && this.won === undefined;
	}

	/** The first cell that may be read in several ways, and how many do; undefined: none does. */
	get open(): { readonly first: Proof; readonly count: number } | undefined {
		return this.#open === undefined
			? undefined
			: { first: this.#open, count: this.#opens };
	}

	/** What the telling cells say, each by its first. */
	get evidence(): readonly string[] {
		return [...this.#votes].map(
			([, { count, first }]) =>
				`${count} like ${quoted(first.text)} on line ${first.line}`,
		);
	}
}

/** Digits, or a year and a month: such a cell tells nothing, and most are. */
const TELLS_NOTHING = /^-?\d{1,15}$|^\d{4}-\d\d-\d\d/;

/** Looks at the cells of one column, one after the other. */
export interface ColumnJudge {
	see(cell: unknown, line: number, seen?: SeenCell): void;
	/** After the last cell. */
	verdict(): Verdict;
}

/** What a person sees of a number of a file beside the number. */
export interface SeenCell {
	/** It is shown in percent. Absent: it is not. */
	readonly percentShown?: boolean;
	/** Its unit or currency, and the cell with it. Absent: it has none. */
	readonly unit?: { readonly text: string; readonly shown: string } | undefined;
}

/** How a column is to be read. */
interface Verdict {
	readonly reading: ColumnReading;
	/** What a person has to say. */
	readonly questions: readonly string[];
	/** Where the column contradicts what a person has said. */
	readonly notes: readonly string[];
}

/** undefined: the texts of such a field are read one by one. */
export function columnJudge(
	column: string,
	field: Field,
	known: KnownReading,
): ColumnJudge | undefined {
	switch (KINDS[field.type]) {
		case "number":
			return numberJudge(column, field, known);
		case "date":
			return dateJudge(column, known);
		default:
			return undefined;
	}
}

function numberJudge(
	column: string,
	field: Field,
	known: KnownReading,
): ColumnJudge {
	const votes = new Votes<DecimalSign>();
	const asksPercent = field.type === "percent" && known.percent === undefined;
	const beyond: { [Sign in DecimalSign]?: Proof } = {};
	/** The first cell with a percent sign, and the first number other than 0 without one. */
	const signs: { with?: Proof; without?: Proof } = {};
	const dotted = new Votes<"number" | "code">();
	const units = new UnitVotes();
	const asksUnit =
		field.type !== "currency" || field.settings.currency === undefined;
	const seeText = (cell: string, line: number) => {
		if (!asksPercent && TELLS_NOTHING.test(cell)) return;
		const text = cell.trim();
		const found = readNumberText(text);
		if (isDotted(text))
			dotted.add(found === undefined ? "code" : "number", () => ({
				text,
				line,
			}));
		if (found === undefined) return;
		const proof = () => ({ text, line });
		const { ".": point, ",": comma, money } = found;
		if (money !== undefined) units.add(money, proof());
		if (comma === undefined) votes.add(".", proof);
		else if (point === undefined) votes.add(",", proof);
		else if (point !== comma) votes.addOpen(proof);
		if (!asksPercent) return;
		if (found.percent) {
			signs.with ??= proof();
			return;
		}
		if (Number(point ?? comma) !== 0) signs.without ??= proof();
		if (isBeyond(point)) beyond["."] ??= proof();
		if (isBeyond(comma)) beyond[","] ??= proof();
	};
	return {
		see(cell, line, { percentShown = false, unit } = {}) {
			if (unit !== undefined) units.add(unit.text, { text: unit.shown, line });
			if (typeof cell === "string") seeText(cell, line);
			else if (asksPercent && typeof cell === "number" && percentShown)
				signs.with ??= { text: percentText(cell), line };
			else if (asksPercent && typeof cell === "number" && cell !== 0)
				signs.without ??= { text: String(cell), line };
			if (
				asksPercent &&
				typeof cell === "number" &&
				!percentShown &&
				Math.abs(cell) > 1
			) {
				const proof = { text: String(cell), line };
				beyond["."] ??= proof;
				beyond[","] ??= proof;
			}
		},
		verdict() {
			const won = votes.against(known.decimal);
			const sign = won?.choice ?? known.decimal;
			const questions: string[] = [];
			const mixed = asksUnit ? units.question(column, field.name) : undefined;
			if (mixed !== undefined) questions.push(mixed);
			if (sign === undefined && (votes.open !== undefined || votes.isSplit))
				questions.push(decimalQuestion(column, votes));
			const large =
				beyond[sign ?? "."] ?? (sign === undefined ? beyond[","] : undefined);
			if (large !== undefined) questions.push(percentQuestion(column, large));
			else if (signs.with !== undefined && signs.without !== undefined)
				questions.push(percentQuestion(column, signs.without, signs.with));
			const codes =
				dotted.won?.choice === "number" ? undefined : dotted.firstOf("code");
			const read =
				won === undefined
					? known
					: { ...known, decimal: won.choice, proof: won.first };
			return {
				reading: { ...read, ...defined({ codes }) },
				questions,
				notes: contradiction(column, "decimal", known.decimal, won),
			};
		},
	};
}

function isBeyond(digits: string | undefined): boolean {
	return digits !== undefined && Math.abs(Number(digits)) > 1;
}

/** A column that proves something else than what a person has said of all columns is read as it proves. */
function contradiction<Choice extends string>(
	column: string,
	argument: "decimal" | "dates",
	said: Choice | undefined,
	won: { readonly choice: Choice; readonly first: Proof } | undefined,
): readonly string[] {
	return said === undefined || won === undefined || won.choice === said
		? []
		: [
				`column "${column}" is read with ${argument}: "${won.choice}", as line ${won.first.line} of it proves (${quoted(won.first.text)}), and not with "${said}"`,
			];
}

function decimalQuestion(column: string, votes: Votes<DecimalSign>): string {
	const advice = 'pass `decimal` ("." or ",")';
	if (votes.open === undefined) return splitQuestion(column, votes, advice);
	const { first, count } = votes.open;
	const found = readNumberText(first.text) as NonNullable<
		ReturnType<typeof readNumberText>
	>;
	return `column "${column}", line ${first.line}, ${ambiguousNumber(first.text, found)}; ${undecided(count, votes.evidence)}: ${advice}`;
}

function percentQuestion(
	column: string,
	{ text, line }: Proof,
	/** A cell that is written in percent, where others are not. */
	signed?: Proof,
): string {
	const found = readNumberText(text);
	const value = percentText(Number(found?.["."] ?? found?.[","]));
	const beside =
		signed === undefined
			? ""
			: `, beside ${quoted(signed.text)} on line ${signed.line}`;
	return `column "${column}", line ${line}: ${text} may be ${text} % or ${value.slice(0, -1)} %${beside}: add as: "percent" to its entry in \`mapping\` if the column is written in percent, or as: "fraction"`;
}

/** Each cell can be read in one way only, and not all of them in the same. */
function splitQuestion(
	column: string,
	{ evidence }: Votes<string>,
	advice: string,
): string {
	return `column "${column}": its cells contradict each other (${evidence.join(", ")}): ${advice}, and correct the others in the file`;
}

function undecided(count: number, evidence: readonly string[]): string {
	const cells = count === 1 ? "1 cell is" : `${count} cells are`;
	return evidence.length === 0
		? `${cells} so, and none of the column proves either`
		: `${cells} so, and the others contradict each other (${evidence.join(", ")})`;
}

function dateJudge(column: string, known: KnownReading): ColumnJudge {
	const votes = new Votes<DateOrder>();
	let yearFirst = 0;
	return {
		see(cell, line) {
			if (typeof cell !== "string") return;
			const text = cell.trim();
			if (isYearFirst(text)) {
				yearFirst++;
				return;
			}
			if (TELLS_NOTHING.test(text)) return;
			const found = readDateText(text);
			if (found === undefined) return;
			const readings = readingsOf(found);
			const [only, ...others] = readings;
			if (only !== undefined && others.length === 0)
				votes.add(only.order, () => ({ text, line }));
			else if (new Set(readings.map(({ day }) => day)).size > 1)
				votes.addOpen(() => ({ text, line }));
		},
		verdict() {
			const { open } = votes;
			const won = votes.against(known.dates);
			// Where nearly all begin with the year, the few that may be two days are bad rows and no question.
			const isStray =
				yearFirst >= (yearFirst + (open?.count ?? 0) + votes.total) * AGREEING;
			const isOpen = open !== undefined || votes.isSplit;
			const questions =
				won === undefined && known.dates === undefined && isOpen && !isStray
					? [dateQuestion(column, votes)]
					: [];
			return {
				reading:
					won === undefined
						? known
						: { ...known, dates: won.choice, datesProof: won.first },
				questions,
				notes: contradiction(column, "dates", known.dates, won),
			};
		},
	};
}

function dateQuestion(column: string, votes: Votes<DateOrder>): string {
	const advice = "pass `dates` (dmy, mdy or ymd)";
	if (votes.open === undefined) return splitQuestion(column, votes, advice);
	const { first, count } = votes.open;
	const found = readDateText(first.text) as NonNullable<
		ReturnType<typeof readDateText>
	>;
	return `column "${column}", line ${first.line}, ${ambiguousDate(first.text, found)}; ${undecided(count, votes.evidence)}: ${advice}`;
}
