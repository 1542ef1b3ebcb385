import type { Field } from "../contract/field.js";
import { foldName, nearest } from "./names.js";
import { type ParseContext, type Parsed, wanted } from "./parsed.js";
import { splitList } from "./values.js";

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

export function parseOptions(
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
