import { MOST_COLUMNS } from "./limits.js";
import { cellOf, withLink } from "./xlsx-cell.js";
import {
	type Book,
	contentOf,
	damaged,
	type Parts,
	relationsOf,
} from "./xlsx-parts.js";
import { attribute, xmlWalk } from "./xml.js";

/** A row of a sheet that has cells. */
export interface SheetRow {
	/** From 1. */
	readonly line: number;
	/** By column; what is not there is a hole. */
	readonly cells: readonly unknown[];
}

/** The column of a place such as `AB12`, from 0. */
function columnOf(place: string): number {
	let column = 0;
	for (let at = 0; at < place.length; at++) {
		const letter = place.charCodeAt(at) & 0xdf;
		if (letter < 65 || letter > 90) break;
		column = column * 26 + letter - 64;
	}
	return column - 1;
}

function lineOf(place: string): number {
	return Number(/\d+$/.exec(place)?.[0] ?? 0);
}

/** The rows of a sheet as a stream. @throws TablesError bad_argument for a part that is damaged. */
export async function* sheetRows(
	parts: Parts,
	book: Book,
	{ part, links }: { readonly part: string; readonly links: Links },
): AsyncIterable<readonly SheetRow[]> {
	const reader = rowReader(book, links);
	const walk = xmlWalk(reader.handlers);
	const decoder = new TextDecoder();
	for await (const chunk of contentOf(parts, part)) {
		walk.take(decoder.decode(chunk, { stream: true }));
		const rows = reader.taken();
		if (rows.length > 0) yield rows;
	}
	walk.take(decoder.decode());
	const rows = reader.taken();
	if (rows.length > 0) yield rows;
	if (!walk.end() || !reader.isWhole())
		throw damaged(`its part ${part} ends within its rows`);
}

/** Puts tags together to rows. */
function rowReader(book: Book, links: Links) {
	let rows: SheetRow[] = [];
	let cells: unknown[] = [];
	let [line, column, open] = [0, 0, 0];
	let [type, style] = ["", -1];
	let value: string | undefined;
	let formula: string | undefined;
	let inline = "";
	let into: "value" | "formula" | "inline" | undefined;
	let [isCell, isSpoken] = [false, false];
	const handlers = {
		open(name: string, attributes: string) {
			if (isCell) {
				if (name === "v") {
					into = "value";
					value ??= "";
				} else if (name === "f") {
					into = "formula";
					formula ??= "";
				} else if (name === "t" && !isSpoken) into = "inline";
				else if (name === "rPh") isSpoken = true;
			} else if (name === "c") {
				const place = attribute(attributes, "r");
				column = place === undefined ? column + 1 : columnOf(place);
				if (column >= MOST_COLUMNS)
					throw damaged(`a cell stands at ${place}, beyond its last column`);
				type = attribute(attributes, "t") ?? "";
				style = Number(attribute(attributes, "s") ?? 0);
				[value, formula, inline, isCell] = [undefined, undefined, "", true];
			} else if (name === "row") {
				const given = attribute(attributes, "r");
				line = given === undefined ? line + 1 : Number(given);
				[cells, column] = [[], -1];
				open++;
			} else if (name === "sheetData") open++;
		},
		close(name: string) {
			if (name === "v" || name === "f" || name === "t") into = undefined;
			else if (name === "rPh") isSpoken = false;
			else if (name === "c" && isCell) {
				isCell = false;
				const cell = cellOf(book, { type, style, value, inline, formula });
				const link = links.size === 0 ? undefined : links.at(line, column);
				cells[column] = link === undefined ? cell : withLink(cell, link);
			} else if (name === "row") {
				open--;
				rows.push({ line, cells });
			} else if (name === "sheetData") open--;
		},
		text(text: string) {
			if (into === "value") value += text;
			else if (into === "formula") formula += text;
			else if (into === "inline") inline += text;
		},
	};
	return {
		handlers,
		taken() {
			const found = rows;
			rows = [];
			return found;
		},
		isWhole: () => open === 0,
	};
}

/** Targets of cells; an area has one for all its cells. */
export class Links {
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
export interface Around {
	readonly links: Links;
	/** Areas of cells that are shown as one, such as `A1:B2`. */
	readonly merged: readonly string[];
	readonly hiddenRows: number;
	/** From 0. */
	readonly hiddenColumns: readonly number[];
}

/** Goes over a sheet for what stands before and behind its rows, without taking these apart. */
export async function aroundRows(parts: Parts, part: string): Promise<Around> {
	const { head, tail, hiddenRows } = await splitSheet(parts, part);
	const relations = await relationsOf(parts, part);
	const links = new Links();
	const merged: string[] = [];
	const hiddenColumns: number[] = [];
	const walk = xmlWalk({
		open(name, attributes) {
			if (name === "mergeCell") merged.push(attribute(attributes, "ref") ?? "");
			else if (name === "hyperlink") {
				const relation = relations.get(attribute(attributes, "\\w+:id") ?? "");
				if (relation !== undefined)
					links.add(attribute(attributes, "ref") ?? "", relation.target);
			} else if (name === "col" && isYes(attribute(attributes, "hidden"))) {
				const to = Number(attribute(attributes, "max") ?? 0);
				for (
					let at = Number(attribute(attributes, "min") ?? 1);
					at <= Math.min(to, MOST_COLUMNS);
					at++
				)
					hiddenColumns.push(at - 1);
			}
		},
		close() {},
		text() {},
	});
	walk.take(head);
	walk.take(tail);
	return { links, merged, hiddenRows, hiddenColumns };
}

function isYes(text: string | undefined): boolean {
	return text === "1" || text === "true";
}

const ROWS = "sheetData";
const HIDDEN = ' hidden="';

/** The text before and behind the rows, and how many rows are hidden. */
async function splitSheet(
	parts: Parts,
	part: string,
): Promise<{
	readonly head: string;
	readonly tail: string;
	readonly hiddenRows: number;
}> {
	let place: "head" | "rows" | "tail" = "head";
	const [head, tail]: [Buffer[], Buffer[]] = [[], []];
	let hiddenRows = 0;
	let data: Buffer = Buffer.alloc(0);
	for await (const chunk of contentOf(parts, part)) {
		data = data.length === 0 ? chunk : Buffer.concat([data, chunk]);
		if (place === "head") {
			const at = data.indexOf(`${ROWS}`);
			// What follows the name says whether there are rows at all.
			if (at < 0 || at + ROWS.length + 2 > data.length) continue;
			head.push(data.subarray(0, data.lastIndexOf("<", at)));
			data = data.subarray(at + ROWS.length);
			place = data[0] === 0x2f ? "tail" : "rows";
		}
		if (place === "rows") {
			const end = data.indexOf(`${ROWS}>`);
			const last = data.lastIndexOf("<");
			const to = end >= 0 ? end : Math.max(0, last);
			hiddenRows += countHidden(data.subarray(0, to));
			data =
				end >= 0
					? data.subarray(end + ROWS.length + 1)
					: data.subarray(last < 0 ? data.length : last);
			if (end >= 0) place = "tail";
		}
		if (place === "tail") {
			tail.push(data);
			data = Buffer.alloc(0);
		}
	}
	return {
		head: Buffer.concat(head).toString("utf8"),
		tail: Buffer.concat(tail).toString("utf8").replace(/^\/?>/, ""),
		hiddenRows,
	};
}

function countHidden(data: Buffer): number {
	let count = 0;
	for (
		let at = data.indexOf(HIDDEN);
		at >= 0;
		at = data.indexOf(HIDDEN, at + HIDDEN.length)
	) {
		const tag = data.toString("latin1", data.lastIndexOf("<", at), at);
		const value = data[at + HIDDEN.length];
		if (
			/^<(?:\w+:)?row\s/.test(`${tag} `) &&
			(value === 0x31 || value === 0x74)
		)
			count++;
	}
	return count;
}
