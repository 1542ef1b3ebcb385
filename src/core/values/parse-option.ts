import type { Field, SelectOption } from "../contract/field.js";
import { splitList } from "./list-text.js";
import {
	cutList,
	findNamed,
	isName,
	nameList,
	namesOf,
	quoted,
} from "./names.js";
import { hintsOf } from "./near-names.js";
import { type ParseContext, type Parsed, wanted } from "./parsed.js";

const NO_OPTIONS: readonly SelectOption[] = [];

/** An option's name by id, exact name, or a name that differs only in width, case or outer spaces. */
export function optionName(
	given: string,
	field: Field,
	note: (text: string) => void,
): string | undefined {
	const options = field.settings.options ?? NO_OPTIONS;
	if (isName(options, given)) return given;
	const { items, exact } = findNamed(options, given);
	const [only, ...others] = items;
	if (only === undefined || others.length > 0) return undefined;
	if (exact) return only.name;
	note(`option "${given}" of "${field.name}" was understood as "${only.name}"`);
	return only.name;
}

/** The names of the options that a name which is none to the letter may stand for. */
export function optionsAlike(given: string, field: Field): readonly string[] {
	const { items } = findNamed(field.settings.options ?? NO_OPTIONS, given);
	return items.map(({ name }) => name);
}

/**
 * A text for several options as its items: the name of one option to the letter is that option, and a list of such
 * names is that list; only then may the whole text, or its items, be meant loosely.
 */
export function optionItems(
	given: string,
	field: Field,
): readonly string[] | { readonly problem: string } {
	const options = field.settings.options ?? NO_OPTIONS;
	if (isName(options, given)) return [given];
	const items = splitList(given) ?? [given];
	if (items.length < 2 || items.every((item) => isName(options, item)))
		return items;
	const whole = optionsAlike(given, field);
	if (whole.length === 0) return items;
	const each = items.map((item) => optionsAlike(item, field));
	if (each.some((found) => found.length === 0)) return [given];
	return {
		problem: `may be the option ${nameList(whole)} or the list ${nameList(items)}: ${quoted(given)} is neither to the letter; give a list of names`,
	};
}

export function parseOption(
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
	const alike = optionsAlike(text, field);
	if (alike.length > 1)
		return {
			problem: `may be each of the options ${nameList(alike)}: ${quoted(text)} is none of them to the letter`,
		};
	if (context.allowNewOptions) {
		context.newOption(text);
		return { cell: text };
	}
	const names = namesOf(field.settings.options ?? NO_OPTIONS);
	const close = (context.hints ?? hintsOf()).nearest(names, text);
	const there =
		names.length === 0 ? "it has none" : `options: ${nameList(names)}`;
	return {
		problem: `has no option ${quoted(text)}; ${close.length > 0 ? `nearest: ${nameList(close)}; ` : ""}${there}; allow_new_options would create it`,
	};
}

export function parseOptions(
	given: unknown,
	field: Field,
	context: ParseContext,
): Parsed {
	const items = typeof given === "string" ? optionItems(given, field) : given;
	if (typeof items === "object" && items !== null && "problem" in items)
		return items as { readonly problem: string };
	if (!Array.isArray(items)) return wanted("options");
	const names = new Set<string>();
	const problems: string[] = [];
	for (const item of items) {
		const parsed = parseOption(item, field, context);
		if ("problem" in parsed) problems.push(parsed.problem);
		else if (typeof parsed.cell === "string") names.add(parsed.cell);
	}
	return problems.length > 0
		? { problem: cutList(problems, "; ") }
		: { cell: [...names] };
}
