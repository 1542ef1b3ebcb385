import type {
	Attachment,
	Cell,
	Field,
	LinkedRecord,
	Person,
	UrlValue,
} from "../contract/field.js";
import { foldName, nearest } from "./names.js";
import { CUT_MARK, KINDS, splitList } from "./values.js";
import { zone as zoneNamed } from "./zone.js";

/** What parsing needs to know besides the field. Texts have been looked up before. */
export interface ParseContext {
	readonly zone: string;
	readonly allowNewOptions: boolean;
	/** Records of the linked table by title, for this field. */
	readonly linked: ReadonlyMap<string, readonly LinkedRecord[]>;
	readonly people: ReadonlyMap<string, readonly Person[]>;
	readonly me?: string;
	isId(text: string): boolean;
	/** Called for an option that does not exist and may be made. */
	newOption(name: string): void;
	note(text: string): void;
}

export type Parsed = { readonly cell: Cell } | { readonly problem: string };

const ACCEPTED = {
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

export function isClear(given: unknown): boolean {
	return (
		given === null ||
		given === "" ||
		(Array.isArray(given) && given.length === 0)
	);
}

/** A given JSON value as a cell of this field. Nothing is guessed; null, "" and [] clear. */
export function parseCell(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	if (isClear(given)) return { cell: null };
	if (isCut(given)) return { problem: CUT_PROBLEM };
	switch (KINDS[field.type]) {
		case "text":
			return parseText(given);
		case "number":
			return parseNumber(given, field);
		case "checkbox":
			return parseCheckbox(given);
		case "option":
			return parseOption(
				Array.isArray(given) && given.length === 1 ? given[0] : given,
				field,
				context,
			);
		case "options":
			return parseOptions(given, field, context);
		case "date":
			return parseMoment(given, field, context);
		case "people":
			return parseList(given, field, (item) => parsePerson(item, context));
		case "links":
			return parseList(given, field, (item) => parseLink(item, field, context));
		case "files":
			return parseList(given, field, parseFile);
		case "url":
			return parseUrl(given);
		case "location":
			return parseLocation(given);
		case "none":
			return { problem: "is read only" };
	}
}

const CUT_PROBLEM = `was cut for the answer and would lose its end: leave it out, or send the whole value without "${CUT_MARK}"`;

/** Does a text in the value end where an answer had cut it? */
function isCut(given: unknown): boolean {
	if (typeof given === "string") return given.endsWith(CUT_MARK);
	return (
		typeof given === "object" &&
		given !== null &&
		(Array.isArray(given) ? given : Object.values(given)).some(isCut)
	);
}

function wanted(what: keyof typeof ACCEPTED): { problem: string } {
	return { problem: `takes ${ACCEPTED[what]}` };
}

function parseText(given: unknown): Parsed {
	if (typeof given !== "string")
		return typeof given === "number"
			? { problem: `takes a text: give "${given}"` }
			: wanted("text");
	return { cell: given };
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** A JSON number, or a text that is plainly one. */
export function parseNumber(given: unknown, field: Field): Parsed {
	const { min, max } = field.settings;
	let value: number;
	if (typeof given === "number") value = given;
	else if (typeof given === "string") {
		const text = given.trim();
		const percent =
			text.endsWith("%") &&
			(field.type === "percent" || field.type === "progress");
		const digits = percent ? text.slice(0, -1).trim() : text;
		if (!DECIMAL.test(digits))
			return field.type === "percent"
				? { problem: 'takes a fraction such as 0.12, or "12%"' }
				: wanted("number");
		value = percent ? hundredth(digits) : Number(digits);
		if (percent) return inRange(value, min, max);
	} else return wanted("number");
	if (!Number.isFinite(value)) return { problem: "is not a finite number" };
	if (Number.isInteger(value) && !Number.isSafeInteger(value))
		return {
			problem:
				"is a whole number larger than can be kept exactly (2^53): keep it in a text field",
		};
	if (
		field.type === "percent" &&
		Number.isInteger(value) &&
		Math.abs(value) > 1
	)
		return {
			problem: `is ambiguous: ${value} could be ${value} % or ${value * 100} %; give "${value}%" or ${value / 100}`,
		};
	if (field.type === "rating" && !Number.isInteger(value))
		return { problem: "is a rating: give a whole number" };
	return inRange(value, min, max);
}

/** A hundredth of a decimal text, rounded once. */
function hundredth(digits: string): number {
	const [mantissa, exponent = "0"] = digits.toLowerCase().split("e");
	return Number(`${mantissa}e${Number(exponent) - 2}`);
}

function inRange(
	value: number,
	min: number | undefined,
	max: number | undefined,
): Parsed {
	if (min !== undefined && value < min)
		return { problem: `is below the least value ${min}` };
	if (max !== undefined && value > max)
		return { problem: `is above the greatest value ${max}` };
	return { cell: value };
}

function parseCheckbox(given: unknown): Parsed {
	if (typeof given === "boolean") return { cell: given };
	if (given === "true") return { cell: true };
	if (given === "false") return { cell: false };
	return wanted("checkbox");
}

/** An option's name by id, exact name, or a name that differs only in width, case or outer spaces. */
export function optionName(
	given: string,
	field: Field,
	note: (text: string) => void,
): string | undefined {
	const options = field.settings.options ?? [];
	const found =
		options.find(({ name }) => name === given) ??
		options.find(({ id }) => id !== "" && id === given);
	if (found !== undefined) return found.name;
	const folded = foldName(given);
	const near = options.filter(({ name }) => foldName(name) === folded);
	if (near.length !== 1 || near[0] === undefined) return undefined;
	note(
		`option "${given}" of "${field.name}" was understood as "${near[0].name}"`,
	);
	return near[0].name;
}

function parseOption(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	const text =
		typeof given === "object" && given !== null && "name" in given
			? (given as { name: unknown }).name
			: given;
	if (typeof text !== "string") return wanted("option");
	if (text === "") return { cell: null };
	const name = optionName(text, field, context.note);
	if (name !== undefined) return { cell: name };
	if (context.allowNewOptions) {
		context.newOption(text);
		return { cell: text };
	}
	const names = (field.settings.options ?? []).map((option) => option.name);
	const close = nearest(names, text);
	const there =
		names.length === 0
			? "it has none"
			: `options: ${names
					.slice(0, 30)
					.map((option) => `"${option}"`)
					.join(
						", ",
					)}${names.length > 30 ? ` and ${names.length - 30} more` : ""}`;
	return {
		problem: `has no option "${text}"; ${close.length > 0 ? `nearest: ${close.map((option) => `"${option}"`).join(", ")}; ` : ""}${there}; allow_new_options would create it`,
	};
}

function parseOptions(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	let items: readonly unknown[];
	if (Array.isArray(given)) items = given;
	else if (typeof given === "string")
		items =
			optionName(given, field, () => {}) === undefined
				? (splitList(given) ?? [given])
				: [given];
	else return wanted("options");
	const names: string[] = [];
	const problems: string[] = [];
	for (const item of items) {
		const parsed = parseOption(item, field, context);
		if ("problem" in parsed) problems.push(parsed.problem);
		else if (typeof parsed.cell === "string" && !names.includes(parsed.cell))
			names.push(parsed.cell);
	}
	return problems.length > 0
		? { problem: problems.join("; ") }
		: { cell: names };
}

/** Numbers below this could be seconds. */
const LEAST_MS = 100_000_000_000;

function parseMoment(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	const where = zoneNamed(context.zone);
	const withTime = field.settings.showsTime ?? false;
	let ms: number;
	let dayOnly = false;
	if (typeof given === "number") {
		if (!Number.isInteger(given) || Math.abs(given) < LEAST_MS)
			return {
				problem: `is a bare number that could be seconds: give ${ACCEPTED.date}`,
			};
		ms = given;
	} else if (typeof given === "string") {
		const parsed = where.parse(given);
		if ("problem" in parsed) return parsed;
		({ ms, dayOnly } = parsed);
	} else return wanted("date");
	if (Math.abs(ms) > 8.64e15) return { problem: "is too far away for a date" };
	if (withTime || dayOnly) return { cell: ms };
	const day = where.startOfDay(ms);
	if (day !== ms)
		context.note(
			`"${field.name}" shows days only: the time of day was left out`,
		);
	return { cell: day };
}

function parseList<T>(
	given: unknown,
	field: Field,
	parse: (
		item: unknown,
	) => { readonly value: T } | { readonly problem: string },
): Parsed {
	const kind = KINDS[field.type];
	const items = Array.isArray(given)
		? given
		: typeof given === "string"
			? (splitList(given) ?? [given])
			: typeof given === "object"
				? [given]
				: undefined;
	if (items === undefined) return wanted(kind);
	const values: T[] = [];
	const problems: string[] = [];
	for (const item of items) {
		const parsed = parse(item);
		if ("problem" in parsed) problems.push(parsed.problem);
		else values.push(parsed.value);
	}
	if (problems.length > 0) return { problem: problems.join("; ") };
	if (field.settings.multiple === false && values.length > 1)
		return {
			problem: `holds one ${kind === "links" ? "record" : "entry"} only, ${values.length} were given`,
		};
	return { cell: values as unknown as Cell };
}

/** The text that an entry of a people or link cell is looked up by; undefined when it has an id. */
export function lookupText(
	item: unknown,
	kind: "people" | "links",
	isId: (text: string) => boolean,
): string | undefined {
	if (typeof item === "object" && item !== null) {
		const { id, name, email, text } = item as Record<string, unknown>;
		if (typeof id === "string") return undefined;
		const by = email ?? name ?? text;
		return typeof by === "string" ? by : undefined;
	}
	if (typeof item !== "string") return undefined;
	if (item === "@me" || isId(item)) return undefined;
	return kind === "links" && idInBrackets(item) !== undefined
		? undefined
		: item;
}

function idInBrackets(text: string): string | undefined {
	return /\[([^[\]\s]+)\]$/.exec(text)?.[1];
}

function parsePerson(
	item: unknown,
	context: ParseContext,
): { readonly value: Person } | { readonly problem: string } {
	if (item === "@me")
		return context.me === undefined
			? {
					problem:
						'"@me" is not known: a person sets `me` of the connection in the configuration',
				}
			: { value: { id: context.me, name: null } };
	if (
		typeof item === "object" &&
		item !== null &&
		typeof (item as Person).id === "string"
	)
		return {
			value: { id: (item as Person).id, name: (item as Person).name ?? null },
		};
	if (typeof item === "string" && context.isId(item))
		return { value: { id: item, name: null } };
	const text = lookupText(item, "people", context.isId);
	if (text === undefined) return wanted("people");
	return unique(
		context.people.get(text),
		text,
		"person",
		({ id, name }) => `${name ?? "?"} [${id}]`,
	);
}

function parseLink(
	item: unknown,
	field: Field,
	context: ParseContext,
): { readonly value: LinkedRecord } | { readonly problem: string } {
	if (
		typeof item === "object" &&
		item !== null &&
		typeof (item as LinkedRecord).id === "string"
	)
		return { value: { id: (item as LinkedRecord).id, text: null } };
	if (typeof item === "string") {
		const id = context.isId(item) ? item : idInBrackets(item);
		if (
			id !== undefined &&
			(id === item || context.isId(id) || !context.linked.has(item))
		)
			return { value: { id, text: null } };
	}
	const text =
		lookupText(item, "links", context.isId) ??
		(typeof item === "string" ? item : undefined);
	if (text === undefined) return wanted("links");
	return unique(
		context.linked.get(text),
		text,
		`record of the table that "${field.name}" links to`,
		({ id, text: title }) => `${title} [${id}]`,
	);
}

function unique<T>(
	found: readonly T[] | undefined,
	text: string,
	what: string,
	show: (item: T) => string,
): { readonly value: T } | { readonly problem: string } {
	const [only, ...others] = found ?? [];
	if (only === undefined) return { problem: `found no ${what} "${text}"` };
	if (others.length > 0)
		return {
			problem: `"${text}" names ${found?.length} of them: ${found?.slice(0, 10).map(show).join(", ")}; use the id`,
		};
	return { value: only };
}

/** An attachment by token; by its name alone only if it is in the cell already: see `token: null`. */
function parseFile(
	item: unknown,
): { readonly value: Attachment } | { readonly problem: string } {
	const none = { size: null, type: null, url: null };
	if (typeof item === "string")
		return item === ""
			? wanted("files")
			: { value: { ...none, name: item, token: null } };
	if (typeof item !== "object" || item === null) return wanted("files");
	const { token, name, size, type, url } = item as Record<string, unknown>;
	if (typeof token !== "string" && typeof name !== "string")
		return wanted("files");
	return {
		value: {
			name: typeof name === "string" ? name : "",
			token: typeof token === "string" ? token : null,
			size: typeof size === "number" ? size : null,
			type: typeof type === "string" ? type : null,
			url: typeof url === "string" ? url : null,
		},
	};
}

function parseUrl(given: unknown): Parsed {
	if (typeof given === "string") return { cell: { text: given, link: given } };
	if (typeof given !== "object" || given === null) return wanted("url");
	const { text, link } = given as Record<string, unknown>;
	if (
		typeof link !== "string" ||
		link === "" ||
		(text !== undefined && text !== null && typeof text !== "string")
	)
		return wanted("url");
	return {
		cell: {
			text: typeof text === "string" && text !== "" ? text : link,
			link,
		} satisfies UrlValue,
	};
}

function parseLocation(given: unknown): Parsed {
	const value =
		typeof given === "string"
			? { lnglat: given, address: "" }
			: (given as Record<string, unknown> | null);
	if (typeof value !== "object" || value === null) return wanted("location");
	const { lnglat, address = "" } = value;
	const match =
		typeof lnglat === "string"
			? /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(lnglat)
			: null;
	if (match === null || typeof address !== "string") return wanted("location");
	const [, longitude, latitude] = match;
	if (Math.abs(Number(longitude)) > 180 || Math.abs(Number(latitude)) > 90)
		return {
			problem:
				"has a longitude beyond 180 or a latitude beyond 90: the longitude comes first",
		};
	return { cell: { lnglat: `${longitude},${latitude}`, address } };
}
