import type {
	Attachment,
	Cell,
	LinkedRecord,
	Person,
	UrlValue,
} from "../contract/field.js";

/** How an item of a list is shown in short, by the list's kind. */
export const SHORT_ITEM = {
	people: (item: unknown): string => {
		const { id, name } = item as Person;
		return name ?? id;
	},
	links: (item: unknown): string => {
		const { id, text } = item as LinkedRecord;
		return text === null || text === "" ? `[${id}]` : `${text} [${id}]`;
	},
	files: (item: unknown): string => (item as Attachment).name,
} as const;

/** A link alone where its text says no more. */
export function showUrl(cell: Cell, detail: "compact" | "full"): unknown {
	const value = cell as UrlValue;
	return typeof value === "object" &&
		(detail === "full" || value.text !== value.link)
		? { text: value.text, link: value.link }
		: (value.link ?? cell);
}

/** 12 as `1200%`, by its digits: a product of large numbers would be rounded. */
export function percentText(whole: number): string {
	return Math.abs(whole) < 1e21 ? `${whole}00%` : `${whole * 100}%`;
}
