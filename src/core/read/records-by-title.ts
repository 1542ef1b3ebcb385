import type { CallContext } from "../contract/call-context.js";
import type { Filter } from "../contract/condition.js";
import type { Field, LinkedRecord } from "../contract/field.js";
import { addTo } from "../values/add-to.js";
import { defined } from "../values/defined.js";
import { foldTitle } from "../values/near-names.js";
import { type LinkedTable, TEXTUAL, titleOf } from "./linked-table.js";
import { readRows } from "./read.js";

/** More titles than this are looked up by reading the linked table once, not by asking for each. */
const TITLES_BY_FILTER = 50;

/** The records of a linked table that have one of these titles, by title. */
export async function recordsByTitle(
	{ located, primary }: LinkedTable,
	titles: ReadonlySet<string>,
	{ loosely, call }: { readonly loosely: boolean; readonly call: CallContext },
): Promise<Map<string, LinkedRecord[]>> {
	const wanted = new Set(loosely ? [...titles].map(foldTitle) : []);
	const read = async (filter: Filter | undefined) => {
		const found = new Map<string, LinkedRecord[]>();
		const folded = new Map<string, LinkedRecord[]>();
		const query = { fields: [primary], ...defined({ filter }) };
		for await (const rows of readRows(located, query, call))
			for (const row of rows) {
				const text = titleOf(row, primary, located.table.zone);
				if (titles.has(text)) addTo(found, text, { id: row.id, text });
				const fold = loosely ? foldTitle(text) : text;
				if (wanted.has(fold)) addTo(folded, fold, { id: row.id, text });
			}
		return { found, folded };
	};
	const filter = exactFilter(primary, titles);
	const { found, folded } = await read(filter);
	const missing = [...titles].filter((title) => !found.has(title));
	if (!loosely || missing.length === 0) return found;
	const alike =
		filter === undefined
			? folded
			: (await read(looseFilter(primary, missing))).folded;
	for (const title of missing) {
		const records = alike.get(foldTitle(title));
		if (records !== undefined) found.set(title, records);
	}
	return found;
}

/** Undefined: the whole table is read. */
function exactFilter(
	primary: Field,
	titles: ReadonlySet<string>,
): Filter | undefined {
	return titles.size > TITLES_BY_FILTER || !TEXTUAL.has(primary.type)
		? undefined
		: anyOf([
				{
					operand: { kind: "field", field: primary },
					op: "any_of",
					values: [...titles],
				},
			]);
}

/** Records in whose title the longest word is found of one of these, in either width. */
function looseFilter(
	primary: Field,
	titles: readonly string[],
): Filter | undefined {
	const words = new Set(
		titles.map((title) =>
			foldTitle(title)
				.split(" ")
				.reduce((longest, word) =>
					word.length > longest.length ? word : longest,
				),
		),
	);
	// Space alone is a title like any other.
	return words.has("")
		? undefined
		: anyOf(
				[...words]
					.flatMap((word) => [...new Set([word, widened(word)])])
					.map((value) => ({
						operand: { kind: "field", field: primary },
						op: "search",
						value,
					})),
			);
}

/** The letters and signs of ASCII in their wide forms. */
function widened(word: string): string {
	return word.replace(/[!-~]/g, (letter) =>
		String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
	);
}

function anyOf(conditions: Filter["conditions"]): Filter {
	return { match: "any", conditions, groups: [] };
}
