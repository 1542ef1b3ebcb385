import { SheetCell } from "../contract/files.js";
import { isMoneyOf } from "../values/currency.js";
import {
	type DecimalSign,
	isDotted,
	numberOf,
	readNumberText,
} from "../values/number-text.js";
import type { Proof } from "../values/unit-votes.js";

/*
 * What makes a column of texts one of numbers: a version, a code or a page that can be read as a number would lose what
 * it says as one.
 */

/** A number of more digits is an id, and none that a program keeps exactly. */
const MOST_DIGITS = 15;

/** Can a cell of a typed file be a percentage of a new table without a loss? */
export function isTypedPercent(cell: unknown): boolean {
	return (
		cell instanceof SheetCell &&
		typeof cell.value === "number" &&
		cell.inPercent &&
		/\d/.test(cell.bare) &&
		!BROKEN.test(cell.bare.replaceAll("%", ""))
	);
}

/** Can a cell of a typed file be a number of a new table without a loss? */
export function isTypedNumber(cell: unknown): boolean {
	if (cell instanceof SheetCell)
		return (
			typeof cell.value === "number" &&
			!cell.inPercent &&
			!cell.isMasked &&
			// A format may show a word in place of the number, or break it as a telephone number is.
			(/\d/.test(cell.bare) || isUnseen(cell)) &&
			!BROKEN.test(cell.bare) &&
			(!/\p{L}/u.test(cell.bare) || readNumberText(cell.bare) !== undefined) &&
			hasPlainDigits(cell.bare)
		);
	return (
		typeof cell === "number" &&
		(!Number.isInteger(cell) || Number.isSafeInteger(cell))
	);
}

/** Is nothing shown of it, or a dash in place of a zero? */
function isUnseen({ shown, value }: SheetCell): boolean {
	return shown === "" || (value === 0 && /^[-–—−]$/.test(shown));
}

/** Digits with more between them than what stands between groups, decimals or the parts of a fraction. */
const BROKEN = /\d[^\d\s.,'’/e]+\d|\d\s*[()[\]-]+\s*\d/i;

/** Can a text be a percentage of a new table without a loss, however its column is read? */
export function isEvidentPercent(text: string): boolean {
	return (
		/[%％]/.test(text) &&
		readNumberText(text)?.money === undefined &&
		isEvident(text, true)
	);
}

/** Can a text be a number of a new table without a loss, however its column is read? */
export function isEvidentNumber(text: string): boolean {
	return isEvident(text, false);
}

function isEvident(text: string, percent: boolean): boolean {
	const found = readNumberText(text);
	const digits = found?.["."] ?? found?.[","];
	return (
		digits !== undefined &&
		found?.percent === percent &&
		hasPlainDigits(text) &&
		!/^-?0\d/.test(digits) &&
		// A plus sign in front is one of a telephone number, and a point at the end counts the rows.
		!/\+(?!\d+$)|^\s*\+|[.,]$/.test(text) &&
		// 12e5 and 713752e1 are codes: a program that writes a large number so puts a point in it.
		!/^-?\d+e/i.test(digits)
	);
}

/** Zeros in front, a plus sign or many digits: a code or a telephone number, which loses them as a number. */
function hasPlainDigits(text: string): boolean {
	const digits = text.replace(/e[+-]?\d+$/i, "").replace(/\D/g, "");
	return !/^-?0\d|^\+/.test(text) && digits.length <= MOST_DIGITS;
}

/** Groups by space or apostrophe, brackets, a sign behind: telephone numbers and pages are written so as well. */
const DRESSED = /\d[\s'’ʼ]+\d|[()]|[-−]$/;

/** A whole number in groups by one space. */
const SPACED = /^-?[1-9]\d{0,2}(?:\s\d{3})+$/;
/** A whole number that is too short for groups. */
const SHORT = /^-?\d{1,3}$/;

const GROUPS = /^\d+(?:\.\d+)*$/;

/** The texts of a column of numbers, taken together. */
export class NumberTexts {
	readonly #money = new Set<string>();
	readonly #lengths = new Set<number>();
	#dressed: Proof | undefined;
	#endsInZero: Proof | undefined;
	/** How many digits the numbers have of which each is in groups by space, or too short for them. */
	readonly #spaced = new Set<number>();
	#isSpaced = true;
	#hasDotted = false;
	#hasPointed = false;
	/** How many points the whole numbers have that have no sign. */
	readonly #points = new Set<number>();
	#hasOthers = false;

	/** The number of a spreadsheet, before it is known what stands before the decimals. */
	seeShown({ shown, unit }: SheetCell): void {
		this.#hasDotted ||= isDotted(shown);
		const money = unit ?? readNumberText(shown)?.money;
		if (money !== undefined) this.#money.add(money);
	}

	/** The text of a number, before that is known. */
	see(shown: string): void {
		const found = readNumberText(shown);
		this.#hasDotted ||= isDotted(shown);
		this.#hasPointed ||= found !== undefined && found[","] === undefined;
		if (found?.money !== undefined) this.#money.add(found.money);
		else if (Number(found?.["."] ?? found?.[","]) !== 0) this.#money.add("");
	}

	/** Are some of several points and others with decimals behind a point, so that the points are of no number? */
	get areVersions(): boolean {
		return this.#hasDotted && this.#hasPointed;
	}

	/** Is the money of all cells of one currency, and is there one unit? A cell of a spreadsheet may have none. */
	get isOneMoney(): boolean {
		const all = [...this.#money];
		return all.every((one, at) =>
			all
				.slice(at + 1)
				.every((other) => one !== "" && other !== "" && isMoneyOf(one, other)),
		);
	}

	/** The sign of the currency, or the unit, that the cells have; undefined: they have none. */
	get money(): string | undefined {
		const [money = ""] = this.#money;
		return money === "" ? undefined : money;
	}

	/** All that they have; "": some have none. */
	get moneys(): readonly string[] {
		return [...this.#money];
	}

	/** Answers whether the text is a number that is kept whole. */
	verify(
		text: string,
		line: number,
		decimal: DecimalSign | undefined,
	): boolean {
		const read = numberOf(text, decimal);
		if ("problem" in read) return false;
		if (DRESSED.test(text)) this.#dressed ??= { text, line };
		if (SPACED.test(text) || SHORT.test(text))
			this.#spaced.add(text.replace(/\D/g, "").length);
		else this.#isSpaced = false;
		if (GROUPS.test(text)) this.#points.add(text.split(".").length - 1);
		else this.#hasOthers = true;
		const [mantissa = "", ...others] = read.digits.toLowerCase().split("e");
		const decimals = mantissa.split(".")[1] ?? "";
		if (others.length === 0) {
			this.#lengths.add(decimals.length);
			if (decimals.endsWith("0")) this.#endsInZero ??= { text, line };
		}
		const value = Number(read.digits);
		return Number.isFinite(value) && (value !== 0 || !/[1-9]/.test(mantissa));
	}

	/**
	 * After the last: may they be codes as well as numbers in groups? All of them have the same number of points, at
	 * least two, and none has decimals, a sign or a currency.
	 */
	get mayBeCodes(): boolean {
		const [points = 0] = this.#points;
		return points > 1 && this.#points.size === 1 && !this.#hasOthers;
	}

	/** After the last: a cell that may be of a version, as 1.10 beside 1.9. undefined: none is. */
	get version(): Proof | undefined {
		return this.money === undefined && !this.#areAmounts
			? this.zeroEnd
			: undefined;
	}

	/** After the last: a cell with a zero at the end that others do not have. undefined: a number keeps all. */
	get zeroEnd(): Proof | undefined {
		return this.#lengths.size > 1 ? this.#endsInZero : undefined;
	}

	/** After the last: a cell that may be a telephone number or a page. undefined: none is. */
	get dressed(): Proof | undefined {
		const hasFraction = [...this.#lengths].some((length) => length > 0);
		const isMeasured = hasFraction || this.money !== undefined;
		const areGroups = this.#isSpaced && this.#spaced.size > 1;
		return isMeasured || areGroups ? undefined : this.#dressed;
	}

	/** Whole numbers beside those of two decimals or more, always as many: 50 beside 125.50. */
	get #areAmounts(): boolean {
		const [least = 0, most = 0] = [...this.#lengths].sort((a, b) => a - b);
		return this.#lengths.size === 2 && least === 0 && most > 1;
	}
}
