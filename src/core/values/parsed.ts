import type { Cell, LinkedRecord, Person } from "../contract/field.js";
import type { Hints } from "./near-names.js";

/** What parsing needs to know besides the field. Texts have been looked up before. */
export interface ParseContext {
	readonly zone: string;
	readonly allowNewOptions: boolean;
	/** Records of the linked table by title, for this field. */
	readonly linked: ReadonlyMap<string, readonly LinkedRecord[]>;
	/** Of a field that links to its own table: the records of the same call, by title. Absent: they are not known. */
	readonly besides?: ReadonlyMap<string, number> | undefined;
	/** Where a title was not found: the field that has the titles, and what there is. Absent: that is not known. */
	readonly titles?:
		| { readonly field: string; readonly names: readonly string[] }
		| undefined;
	readonly people: ReadonlyMap<string, readonly Person[]>;
	/** Ids of the people or records that the cell holds, where a text that several have was given for it. */
	readonly held?: ReadonlySet<string> | undefined;
	readonly me?: string;
	/** Ids beside titles have been looked up: they may be of another account. Absent: they are taken as they are. */
	readonly ofFile?: boolean;
	isId(text: string): boolean;
	/** Called for an option that does not exist and may be made. */
	newOption(name: string): void;
	note(text: string): void;
	/** What `today` is counted from. Absent: such words are not dates. */
	readonly nowMs?: number;
	/** Of the call; absent: each value has its own. */
	readonly hints?: Hints;
}

export type Parsed =
	| {
			readonly cell: Cell;
			/** Why it is refused, unless the record holds exactly this already. */
			readonly unlessHeld?: string;
	  }
	| { readonly problem: string };

/** Where no record is at hand that could hold it. */
export function unheld(parsed: Parsed): Parsed {
	return "cell" in parsed && parsed.unlessHeld !== undefined
		? { problem: parsed.unlessHeld }
		: parsed;
}

export const ACCEPTED = {
	text: "a text",
	number: "a number",
	checkbox: "true or false",
	option: "the name of an option",
	options: "a list of option names",
	date: "a date such as 2026-11-20, 2026-11-20T14:00 or 2026-11-20T14:00:00+08:00",
	people: 'a list of people by id, or by name or e-mail where unique, or "@me"',
	links:
		"a list of records by id, or by the title of the linked record where unique",
	files: "a list of attachments by token (upload_attachment gives one)",
	url: "a link, or {text, link}",
	location: '{lnglat: "longitude,latitude", address}',
	none: "nothing: it is read only",
} as const;

export function wanted(what: keyof typeof ACCEPTED): { problem: string } {
	return { problem: `takes ${ACCEPTED[what]}` };
}
