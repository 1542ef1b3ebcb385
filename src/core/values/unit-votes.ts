import { isMoney, isMoneyOf } from "./currency.js";
import { quoted } from "./names.js";

/* The currencies and units of a column: a number keeps none of them, so that two of them in one column are lost. */

/** A cell that can be read in one way only. */
export interface Proof {
	readonly text: string;
	readonly line: number;
}

/** The cells of a column that say in what they are, by that. */
export class UnitVotes {
	readonly #found: {
		readonly unit: string;
		count: number;
		readonly first: Proof;
	}[] = [];

	add(unit: string, first: Proof): void {
		const known =
			this.#found.find((one) => one.unit === unit) ??
			this.#found.find((one) => isMoneyOf(unit, one.unit));
		if (known === undefined) this.#found.push({ unit, count: 1, first });
		else known.count++;
	}

	/** What a person is asked where there are several; undefined: there is one, or none. */
	question(column: string, field: string): string | undefined {
		if (this.#found.length < 2) return undefined;
		const what = this.#found.every(({ unit }) => isMoney(unit))
			? "currencies"
			: "units";
		const places = this.#found.map(
			({ count, first }) =>
				`${count} like ${quoted(first.text)} on line ${first.line}`,
		);
		return `column "${column}" has numbers in ${this.#found.length} ${what} (${places.join(", ")}), and "${field}" would keep the numbers alone: bring them to one in the file, give each a column of its own there, or import the column into a text field`;
	}
}
