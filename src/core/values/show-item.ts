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
