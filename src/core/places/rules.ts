import type { Policy } from "../contract/policy.js";
import type { Table } from "../contract/table.js";
import { foldName } from "../values/near-names.js";

/** Something that a policy's rule can name; a name that is not known is null. */
export interface Nameable {
	readonly id: string;
	readonly name: string | null;
}

/** A table as a rule can name it. */
export function nameable({ ref, name }: Table): Nameable {
	return { id: ref.table, name };
}

/** What a rule means where it names a base whose name is not known. */
export type Unknown = "matches" | "does not match";

/** By id to the letter, or by name as names match everywhere: NFKC, outer spaces and case do not count. */
export function namesItem(rule: string, { id, name }: Nameable): boolean {
	return (
		rule.trim() === id || (name !== null && foldName(rule) === foldName(name))
	);
}

/** A rule at each of its slashes: names may hold slashes too. */
function splits(rule: string): readonly (readonly [string, string])[] {
	const found: [string, string][] = [];
	for (let at = rule.indexOf("/"); at >= 0; at = rule.indexOf("/", at + 1))
		found.push([rule.slice(0, at), rule.slice(at + 1)]);
	return found;
}

export function namesBase(
	rule: string,
	base: Nameable,
	unknown: Unknown = "does not match",
): boolean {
	return namesItem(rule, base) || (base.name === null && unknown === "matches");
}

/** `table`, or `base/table`. */
export function namesTable(
	rule: string,
	base: Nameable,
	table: Nameable,
	unknown: Unknown = "does not match",
): boolean {
	return (
		namesItem(rule, table) ||
		splits(rule).some(
			([owner, rest]) =>
				namesItem(rest, table) && namesBase(owner, base, unknown),
		)
	);
}

/**
 * The part of a `table/field` or `base/table/field` rule behind a table that it names; more than one where names
 * hold slashes.
 */
export function fieldPartsFor(
	rule: string,
	base: Nameable,
	table: Nameable,
): readonly string[] {
	return splits(rule)
		.filter(([owner]) => namesTable(owner, base, table, "matches"))
		.map(([, field]) => field);
}

/** The parts of a rule that may name a field of a table which the rest of it names, or has named once. */
export function fieldParts(rule: string): readonly string[] {
	return splits(rule).map(([, field]) => field);
}

/** `field`, `table/field` or `base/table/field`. */
export function namesField(
	rule: string,
	base: Nameable,
	table: Nameable,
	field: Nameable,
): boolean {
	return (
		namesItem(rule, field) ||
		fieldPartsFor(rule, base, table).some((part) => namesItem(part, field))
	);
}

/** Does any part of the rule name the item, as its base, its table or its field? */
export function mentions(rule: string, item: Nameable): boolean {
	return partsOf(rule).some((part) => namesItem(part, item));
}

/** The names that rules use, folded: nothing may be made with one or be renamed to one. */
export function usedNames(policy: Policy): ReadonlySet<string> {
	return new Set(
		[
			...(policy.bases ?? []),
			...(policy.tables ?? []),
			...policy.hiddenFields,
		].flatMap((rule) => partsOf(rule).map(foldName)),
	);
}

/** Every run of a rule between two slashes, the whole rule included. */
function partsOf(rule: string): readonly string[] {
	const pieces = rule.split("/");
	return pieces.flatMap((_, from) =>
		pieces
			.slice(from)
			.map((_, length) => pieces.slice(from, from + length + 1).join("/")),
	);
}
