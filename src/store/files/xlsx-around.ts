import { digitsAtEnd } from "../../core/values/ends.js";
import { MOST_COLUMNS } from "./limits.js";
import type { Relation } from "./xlsx-parts.js";
import { attribute } from "./xml.js";

/** The column of a place such as `AB12`, from 0; -1 where it names none. */
export function columnOf(place: string): number {
	let column = 0;
	for (let at = 0; at < place.length; at++) {
		const letter = place.charCodeAt(at) & 0xdf;
		if (letter < 65 || letter > 90) break;
		column = column * 26 + letter - 64;
	}
	return column - 1;
}

/** What `columnOf` reads. */
export function columnLetters(column: number): string {
	const last = String.fromCharCode(65 + (column % 26));
	return column < 26
		? last
		: `${columnLetters(Math.floor(column / 26) - 1)}${last}`;
}

function lineOf(place: string): number {
	return Number(digitsAtEnd(place));
}

/** Targets of cells; an area has one for all its cells. */
class Links {
	readonly #single = new Map<string, string>();
	readonly #areas: {
		readonly from: string;
		readonly to: string;
		readonly target: string;
	}[] = [];

	add(place: string, target: string): void {
		const [from = "", to] = place.replaceAll("$", "").split(":");
		if (to === undefined || to === from)
			this.#single.set(`${lineOf(from)}:${columnOf(from)}`, target);
		else this.#areas.push({ from, to, target });
	}

	get size(): number {
		return this.#single.size + this.#areas.length;
	}

	at(line: number, column: number): string | undefined {
		return (
			this.#single.get(`${line}:${column}`) ??
			this.#areas.find(
				({ from, to }) =>
					line >= lineOf(from) &&
					line <= lineOf(to) &&
					column >= columnOf(from) &&
					column <= columnOf(to),
			)?.target
		);
	}
}

/** What stands around the rows of a sheet. */
export class Around {
	readonly links = new Links();
	/** Areas of cells that are shown as one, such as `A1:B2`. */
	readonly merged: string[] = [];
	/** From 0. */
	readonly hiddenColumns: number[] = [];
	hiddenRows = 0;
	readonly #relations: ReadonlyMap<string, Relation>;

	constructor(relations: ReadonlyMap<string, Relation>) {
		this.#relations = relations;
	}

	/** An element of the sheet that is not within a row. */
	see(element: string, attributes: string): void {
		if (element === "row") {
			if (isYes(attribute(attributes, "hidden"))) this.hiddenRows++;
		} else if (element === "mergeCell")
			this.merged.push(attribute(attributes, "ref") ?? "");
		else if (element === "hyperlink") {
			const relation = this.#relations.get(
				attribute(attributes, "\\w+:id") ?? "",
			);
			// Without a relation that leads outside it goes to a place of the workbook, which nobody finds without it.
			if (relation?.isOutside === true)
				this.links.add(
					attribute(attributes, "ref") ?? "",
					addressOf(relation.target, attribute(attributes, "location")),
				);
		} else if (element === "col" && isYes(attribute(attributes, "hidden"))) {
			const to = Number(attribute(attributes, "max") ?? 0);
			for (
				let at = Number(attribute(attributes, "min") ?? 1);
				at <= Math.min(to, MOST_COLUMNS);
				at++
			)
				this.hiddenColumns.push(at - 1);
		}
	}
}

/** Programs keep what stands behind the # of an address apart from it. */
function addressOf(target: string, place: string | undefined): string {
	return place === undefined || place === "" || target.includes("#")
		? target
		: `${target}#${place}`;
}

function isYes(text: string | undefined): boolean {
	return text === "1" || text === "true";
}
