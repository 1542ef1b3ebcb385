import { createHash } from "node:crypto";
import type { Field } from "./field.js";
import { remembered, type Session } from "./session.js";

/*
 * What a person is asked before it is done: the questions, their words, and what `confirm` must hold. How a client
 * is asked, and what its answers mean, stands in src/server/ask.ts.
 */

/** In place of a tool: whichever was called. */
export const ANY_TOOL = "any";

/** Every question there is, and the tool that asks it. These tools take `confirm`, and no others. */
export const QUESTIONS = {
	/** The table with all records, fields and views in it. */
	delete_table: { tool: "delete_table" },
	/** The field with its cell in every record. */
	delete_field: { tool: "delete_field" },
	/** What cells hold that the new type cannot. */
	change_type: { tool: "update_field" },
	/** The options, and that cells held them. */
	remove_options: { tool: "update_field" },
	/** The view with its filter, order and columns; no record. */
	delete_view: { tool: "delete_view" },
	/** More than `ASK_ABOVE` records. */
	delete_records: { tool: "delete_records" },
	/** Links that new records take from others; creating takes no `confirm`. */
	create_over: { tool: ANY_TOOL },
	/** Values of more records than may be overwritten unasked. */
	change_records: { tool: "update_records" },
	/** The same, by a file. */
	import_over: { tool: "import_records" },
	/** The same, where files give way to others. */
	replace_files: { tool: "upload_attachment" },
	/** A file of the files folder. */
	overwrite_file: { tool: "export_records" },
	/** A person or department of the organisation. */
	delete_contact: { tool: "delete_contact" },
	/** The filter of a view, which people look through. */
	empty_filter: { tool: "update_view" },
	/** The role, and the access of all who have it. */
	delete_role: { tool: "delete_role" },
	/** The access of those who lose the role. */
	remove_members: { tool: "remove_role_members" },
	/** What a role could see or do. */
	lower_access: { tool: "update_role" },
	/** That people can open a form. */
	stop_sharing: { tool: "update_form" },
	/** What others have put into records since. */
	undo_records: { tool: "undo_change" },
	/** What is in a table, field or option that an undo removes. */
	undo_made: { tool: "undo_change" },
	/** Nothing that is known: the configuration has every write asked about. */
	any_write: { tool: ANY_TOOL },
} as const satisfies Record<string, { readonly tool: string }>;

/** When a person is asked: as the questions say, at no time, or before every write. */
export const CONSENT_RULES = ["ask", "never", "always"] as const;
/** One of them. */
export type ConsentRule = (typeof CONSENT_RULES)[number];

/** The name of a question. */
export type QuestionKind = keyof typeof QUESTIONS;
/** A tool that can ask, and so takes `confirm`. */
export type AskingTool = Exclude<
	(typeof QUESTIONS)[QuestionKind]["tool"],
	typeof ANY_TOOL
>;

declare const acted: unique symbol;
/** What would be done, in words that can be put before a person: made by `act` alone. */
export type Act = string & { readonly [acted]: true };

/** What a person is asked. */
export interface Question {
	/** Which of `QUESTIONS` it is. */
	readonly kind: QuestionKind;
	/** What would be done, as it is put before a person. */
	readonly action: Act;
	/** What `confirm` must hold: the name of the thing, how many, or, where one thing has several questions, what is asked. */
	readonly expected: string;
	/** The call's `confirm`. Absent: the call had none. */
	readonly given?: string | undefined;
	/** What would be lost, whatever it is called in the call; made by `placeOf`. A person's no holds for all of it. */
	readonly place: string;
	/** Other places that lose something with it, as the tables at the other end of links do: a no holds there as well. Absent: none. */
	readonly also?: readonly string[];
	/** What exactly would be done, in whatever words `action` says it. Absent: `action` says all of it. */
	readonly about?: unknown;
	/**
	 * Called each time before the question is put to a person; not where `confirm` alone decides. What it throws ends
	 * the question. Absent: nothing is to be done before.
	 */
	readonly beforeAsking?: () => Promise<void>;
}

/** That and how a question was agreed to. */
export interface Consent {
	/**
	 * `accept`: the client's answer to the question; `confirm`: the argument, where nobody can be asked; `never`: the
	 * configuration says that nobody is.
	 */
	readonly answer: "accept" | "confirm" | "never";
	/** How long after the question the client answered, ms. Absent: it was not asked. */
	readonly afterMs?: number;
	/** What it answered where `confirm` counted all the same: nobody reads so fast. Absent: it accepted, or was not asked. */
	readonly unread?: "decline" | "cancel" | "error";
}

/** How a question was agreed to, in words. */
export function consentText({ answer, afterMs = 0, unread }: Consent): string {
	if (answer === "never") return "not asked, as TABLES_MCP_CONSENT says";
	if (answer === "accept")
		return `asked, and the client said yes after ${seconds(afterMs)}`;
	return unread === undefined
		? "by `confirm`"
		: `by \`confirm\`; asked as well, the client answered "${unread}" after ${seconds(afterMs)}, which nobody can have read`;
}

/** A span of time as a person reads it. */
export function seconds(ms: number): string {
	return `${(Math.max(0, ms) / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;
}

/** A person's no holds for so long. */
export const NO_HOLDS_MS = 600_000;

/** A person's no. */
export interface Refusal {
	/** The tool whose question it answered. */
	readonly tool: string;
	/** Clock time of the answer. */
	readonly atMs: number;
	/** Nobody is known to have said it: the record of it is damaged or gone, so that it counts as one. Absent: it was read. */
	readonly unread?: true;
}

/** What people said no to, over all processes of one data folder. */
export interface Refusals {
	/**
	 * Keeps a no for as long as it holds.
	 * @throws Error where its folder cannot be written; then this process alone knows it.
	 */
	add(place: string, refusal: Refusal): Promise<void>;
	/**
	 * Those that still hold, of every process.
	 * @throws Error where their folder is there and cannot be read.
	 */
	of(place: string): Promise<readonly Refusal[]>;
}

/** Names are cut after so many characters where a person reads them. */
const NAME_CHARACTERS = 80;
/** How many names of a longer list are shown. */
const NAMES_SHOWN = 10;
/** Of many records the first few are named, so that a person sees which are meant. */
export const RECORDS_NAMED = 3;

/** A text on one line, without what cannot be seen or turns the rest around. */
function oneLine(text: string): string {
	return text
		.replace(/[\s\p{Cc}\p{Zl}\p{Zp}\u2800]+/gu, " ")
		.replace(/[\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, "")
		.replace(/ {2,}/g, " ")
		.trim();
}

function cut(text: string): string {
	const characters = [...text];
	return characters.length <= NAME_CHARACTERS
		? text
		: `${characters.slice(0, NAME_CHARACTERS - 1).join("")}…`;
}

/** A name as `confirm` shows it and asks for it. */
export function shownName(name: string): string {
	return cut(oneLine(name));
}

/** A name in a question: nothing in it can end the quotes. */
function quoted(name: string): string {
	return `"${cut(oneLine(name).replace(/["\u201c-\u201f\u2033\u2036\u275d\u275e\u301d-\u301f\uff02]/g, "'"))}"`;
}

/** So many of what the noun says. */
interface Counted {
	readonly count: number;
	readonly noun: string;
}

/** The names of the first of so many; nothing where none has a name. */
interface FirstOf {
	readonly first: readonly string[];
	readonly of: number;
}

/** Columns of whatever tables; without names where they are in a table that is not shown whole. */
interface Columns {
	/** In the order in which they are said; those that do not fit are counted. */
	readonly columns: readonly {
		/** Name of its table; "" where it is not shown whole. */
		readonly table: string;
		/** Its own name; "" as well then. */
		readonly field: string;
	}[];
}

/** In place of the name of a column that the policy leaves no name of. */
export const COLUMN_UNNAMED = "one of a table that is not shown whole";

/** Template for what would be done: texts in it are names from tables, and are quoted, on one line, cleaned and cut. */
export function act(
	parts: TemplateStringsArray,
	...values: readonly (
		| string
		| number
		| readonly string[]
		| Counted
		| FirstOf
		| Columns
	)[]
): Act {
	const words = values.map((value) => {
		if (typeof value === "string") return quoted(value);
		if (typeof value === "number") return String(value);
		if ("noun" in value)
			return `${value.count} ${value.noun}${value.count === 1 ? "" : "s"}`;
		if ("columns" in value) return columnsOf(value);
		if ("first" in value)
			return value.first.length === 0
				? ""
				: ` (${namesOf(value.first, value.of)})`;
		return namesOf(value.slice(0, NAMES_SHOWN), value.length);
	});
	return parts
		.map((part, index) => `${part}${words[index] ?? ""}`)
		.join("") as Act;
}

function columnsOf({ columns }: Columns): string {
	const shown = columns
		.slice(0, NAMES_SHOWN)
		.map(({ table, field }) =>
			table === "" ? COLUMN_UNNAMED : `${quoted(field)} of ${quoted(table)}`,
		);
	const more = columns.length - shown.length;
	return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function namesOf(names: readonly string[], of: number): string {
	const more = of - names.length;
	return `${names.map(quoted).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/**
 * What would be done, and what follows from it: columns that go as well, values that are lost.
 * What does not follow is undefined, and left out.
 */
export function andSo(
	action: Act,
	...consequences: readonly (Act | undefined)[]
): Act {
	return [action, ...consequences].join("") as Act;
}

/**
 * Several things that are lost, as a list: each is quoted and cut already, as `act` made it.
 * None at all make an empty text.
 */
export function listOfActs(acts: readonly Act[]): Act {
	return acts.join(", ") as Act;
}

/** What would be done, with what it comes to beside the call's own number. */
export function withSums(action: Act, sums: readonly Act[]): Act {
	return (sums.length === 0 ? action : `${action} (${sums.join(", ")})`) as Act;
}

/** The thing that these ids name. Vendors have been seen to mind neither case nor space at the ends of an id. */
export function placeOf(...ids: readonly string[]): string {
	return JSON.stringify(ids.map((id) => id.trim().toLowerCase()));
}

/** A table with all that is in it, whatever connection or base it was reached through. */
export function tablePlace(located: {
	readonly connection: { readonly vendor: string };
	readonly table: { readonly ref: { readonly table: string } };
}): string {
	return placeOf(located.connection.vendor, located.table.ref.table);
}

/**
 * A table, and those that its links lead to: whatever takes links from one end takes them from the other. One-way
 * links lead there as well: they go with the records at their end.
 * @param fields those that are changed or go
 */
export function linkedPlaces(
	located: Parameters<typeof tablePlace>[0],
	fields: Iterable<Pick<Field, "type" | "settings" | "leadsTo">>,
): readonly string[] {
	const places = new Set([tablePlace(located)]);
	for (const { type, settings, leadsTo } of fields) {
		const other = settings.linkTable ?? leadsTo;
		if (type === "link" && other !== undefined)
			places.add(placeOf(located.connection.vendor, other));
	}
	return [...places];
}

/** Is `given` what the refusal named? The whole name is as good as the one that was cut. */
export function confirms(given: string, expected: string): boolean {
	const text = oneLine(given);
	return text === oneLine(expected) || text === shownName(expected);
}

/** Every place that loses something. */
export function placesOf({
	place,
	also = [],
}: Pick<Question, "place" | "also">): readonly string[] {
	return [...new Set([place, ...also])];
}

/** What makes two questions the same. */
export function keyOf({
	kind,
	place,
	expected,
	action,
	about = action,
}: Question): string {
	return createHash("sha256")
		.update(JSON.stringify([kind, place, expected, about]))
		.digest("hex");
}

const ASKED = Symbol("asked");

/** Places about which people are being asked just now, by all clients of this process; how many questions each. */
export function beingAsked(
	session: Pick<Session, "memory">,
): Map<string, number> {
	return remembered(session, ASKED, () => new Map());
}

/**
 * Did a person lately say no to anything here, or are they being asked just now? Then every part of it is asked
 * about: a no to twelve records is a no to ten of them and two of them, and to emptying them as well.
 */
export async function asksLately(
	session: Pick<Session, "refusals" | "memory">,
	places: readonly string[],
): Promise<boolean> {
	const asked = beingAsked(session);
	if (places.some((place) => asked.has(place))) return true;
	for (const place of places)
		if ((await session.refusals.of(place)).length > 0) return true;
	return false;
}
