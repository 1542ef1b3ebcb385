import type {
	Attachment,
	Cell,
	Field,
	LinkedRecord,
	Person,
} from "../contract/field.js";
import { splitList } from "./list-text.js";
import { cutList, nameList, quoted } from "./names.js";
import { foldTitle, hintsOf } from "./near-names.js";
import { type ParseContext, type Parsed, wanted } from "./parsed.js";
import { KINDS } from "./values.js";

export function parseList<T>(
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
	if (problems.length > 0) return { problem: cutList(problems, "; ") };
	if (field.settings.multiple === false && values.length > 1)
		return {
			problem: `holds one ${kind === "links" ? "record" : "entry"} only, ${values.length} were given`,
		};
	return { cell: values as unknown as Cell };
}

/** The text that an entry of a people or link cell is looked up by; undefined when it has an id. */
export function lookupText(
	item: unknown,
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
	const inside = idInBrackets(item);
	return inside !== undefined && isId(inside) ? undefined : item;
}

/** The id in `Title [id]` or `Name [id]`, as records and people are shown where another one is called the same. */
export function idInBrackets(text: string): string | undefined {
	return /\[([^[\]\s]+)\]$/.exec(text)?.[1];
}

/** `Title [id]` in its parts; undefined: the text is something else. */
export function shownWithId(
	text: string,
): { readonly title: string; readonly id: string } | undefined {
	const id = idInBrackets(text);
	return id === undefined
		? undefined
		: { title: text.slice(0, -id.length - 2).trimEnd(), id };
}

export function parsePerson(
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
	if (typeof item === "string") {
		const id = context.isId(item) ? item : idInBrackets(item);
		if (id !== undefined && context.isId(id) && !context.people.has(item))
			return { value: { id, name: null } };
	}
	const text =
		lookupText(item, context.isId) ??
		(typeof item === "string" ? item : undefined);
	if (text === undefined) return wanted("people");
	return unique(
		{ found: context.people.get(text), held: context.held },
		text,
		{ one: "person", many: "people" },
		({ id, name }) => `${name ?? "?"} [${id}]`,
	);
}

export function parseLink(
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
			(id === item || (!context.ofFile && !context.linked.has(item)))
		)
			return { value: { id, text: null } };
	}
	const text =
		lookupText(item, context.isId) ??
		(typeof item === "string" ? item : undefined);
	if (text === undefined) return wanted("links");
	// "Found none" would be untrue: the titles cannot be looked at.
	if (field.leadsTo !== undefined)
		return {
			problem: `the policy keeps the titles hidden that "${field.name}" links to, so that ${quoted(text)} cannot be looked up; give the id of the record`,
		};
	const found = context.linked.get(text);
	const beside = context.besides?.get(text);
	if (found === undefined && beside !== undefined)
		return {
			problem: `${quoted(text)} is the title of record ${beside} of this call, which is not there yet; make the records without this link first, then set it by update_records`,
		};
	const named = unique(
		{ found, held: context.held },
		text,
		{
			one: `record of the table that "${field.name}" links to`,
			many: `records of the table that "${field.name}" links to`,
		},
		({ id, text: title }) => `${title} [${id}]`,
	);
	if ("problem" in named)
		return found === undefined
			? { problem: `${named.problem}${nearTitles(text, context)}` }
			: named;
	const title = named.value.text;
	if (title !== null && title !== text && foldTitle(title) === foldTitle(text))
		context.note(
			`"${field.name}": ${quoted(text)} was understood as ${quoted(title)}`,
		);
	return named;
}

/** What the title is compared with, and the nearest there. */
function nearTitles(
	text: string,
	{ titles, hints = hintsOf() }: ParseContext,
): string {
	if (titles === undefined) return "";
	if (titles.names.length === 0) return "; it has no records";
	const near = hints.nearest(titles.names, text);
	return `; compared with its field "${titles.field}"${near.length === 0 ? "" : `, nearest: ${nameList(near)}`}`;
}

/** The one that a text names: of several, the one that the cell holds already. */
function unique<T extends { readonly id: string }>(
	{
		found,
		held,
	}: {
		readonly found: readonly T[] | undefined;
		readonly held: ReadonlySet<string> | undefined;
	},
	text: string,
	what: { readonly one: string; readonly many: string },
	show: (item: T) => string,
): { readonly value: T } | { readonly problem: string } {
	const [only, ...others] = found ?? [];
	if (only === undefined)
		return { problem: `found no ${what.one} ${quoted(text)}` };
	const inCell = (found ?? []).filter(({ id }) => held?.has(id));
	if (others.length > 0 && inCell.length === 1)
		return { value: inCell[0] as T };
	if (others.length > 0)
		return {
			problem: `${quoted(text)} names ${found?.length} ${what.many}: ${cutList(found ?? [], ", ", show)}; use the id`,
		};
	return { value: only };
}

/** An attachment by token; by its name alone only if it is in the cell already: see `token: null`. */
export function parseFile(
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
