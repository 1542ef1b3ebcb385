import type {
	Attachment,
	Cell,
	LinkedRecord,
	Person,
	UrlValue,
} from "../contract/field.js";

/** Which people and records are shown with their id: those whose text stands for another one as well, or all. */
export type ShownIds = ReadonlySet<string> | "all";

const NO_IDS: ReadonlySet<string> = new Set();

/** How an item of a list is shown in short, by the list's kind. */
export const SHORT_ITEM = {
	people: (item: unknown, ids?: ShownIds): string => {
		const { id, name } = item as Person;
		if (!name) return id;
		return ids !== undefined && ids !== "all" && ids.has(id)
			? `${name} [${id}]`
			: name;
	},
	links: (item: unknown, ids: ShownIds = NO_IDS): string => {
		const { id, text } = item as LinkedRecord;
		if (text === null || text === "") return `[${id}]`;
		return ids === "all" || ids.has(id) ? `${text} [${id}]` : text;
	},
	files: (item: unknown): string => (item as Attachment).name,
} as const;

/** The ids of people or records in these cells whose name or title another one of them has as well. */
export function sharedIds(cells: Iterable<Cell | undefined>): Set<string> {
	const byText = new Map<string, Set<string>>();
	for (const cell of cells)
		for (const item of Array.isArray(cell)
			? (cell as readonly unknown[])
			: []) {
			if (typeof item !== "object" || item === null || !("id" in item))
				continue;
			const { id, name, text } = item as Partial<Person & LinkedRecord>;
			const shown = name ?? text;
			if (!shown || id === undefined) continue;
			byText.set(shown, (byText.get(shown) ?? new Set()).add(id));
		}
	return new Set(
		[...byText.values()].flatMap((ids) => (ids.size > 1 ? [...ids] : [])),
	);
}

/** The ids of the people or linked records in a cell. */
export function idsIn(cell: Cell): unknown {
	return Array.isArray(cell)
		? (cell as readonly unknown[]).map((item) =>
				typeof item === "object" && item !== null && "id" in item
					? item.id
					: item,
			)
		: cell;
}

/** A link alone where its text says no more. */
export function showUrl(cell: Cell, detail: "compact" | "full"): unknown {
	const value = cell as UrlValue;
	return typeof value === "object" &&
		(detail === "full" || value.text !== value.link)
		? { text: value.text, link: value.link }
		: (value.link ?? cell);
}

/** 0.373 as `37.3%`, by its digits: a product would be rounded. */
export function percentText(fraction: number): string {
	const text = String(fraction);
	const [mantissa = "", exponent] = text.split("e");
	if (exponent !== undefined) return `${mantissa}e${Number(exponent) + 2}%`;
	const sign = text.startsWith("-") ? "-" : "";
	const [whole = "", decimals = ""] = text.slice(sign.length).split(".");
	const moved = (whole + decimals.slice(0, 2).padEnd(2, "0")).replace(
		/^0+(?=\d)/,
		"",
	);
	const left = decimals.slice(2);
	return `${sign}${moved}${left === "" ? "" : `.${left}`}%`;
}
