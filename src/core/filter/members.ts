import { type Column, nameOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type { Field, SystemColumn } from "../contract/field.js";
import type { Operator } from "../contract/table.js";
import { letOthersRun } from "../values/in-turns.js";
import { splitList } from "../values/list-text.js";
import { nameList, quoted } from "../values/names.js";
import { foldName } from "../values/near-names.js";
import { idInBrackets } from "../values/parse-list.js";
import {
	holdsPart,
	type ShownItems,
	type TextPart,
} from "../values/text-lookups.js";
import type { Comparing, ParsedOperands } from "./operands.js";
import { comparesWhole, noValue } from "./operators.js";

/*
 * People and linked records in conditions: names and titles become ids before a row is looked at, so that a name that
 * nobody has is known to be wrong, and every vendor filters by what it stores.
 */

type Members = "people" | "links";

/** How a part of a name is compared once it is known who has it. */
const BY_PART: Readonly<
	Partial<
		Record<Operator, { readonly part: TextPart["op"]; readonly op: Operator }>
	>
> = {
	contains: { part: "contains", op: "any_of" },
	not_contains: { part: "contains", op: "none_of" },
	starts_with: { part: "starts_with", op: "any_of" },
};

/** Wrong names that are told with what is near them. */
const PROBLEMS_TOLD = 20;

/** Names in the nearest of which a slip of the hand is looked for. */
const MOST_NEAR = 20_000;

/** People and linked records: an id as it is, a name, a title or a part of one as the ids of all that have it. */
export async function parseMembers(
	wanted: readonly unknown[],
	kind: Members,
	comparing: Comparing,
): Promise<ParsedOperands | string> {
	const { op } = comparing;
	const asked = askedOf(comparing, kind);
	const items: unknown[] = [];
	for (const item of wanted)
		items.push(
			...(comparesWhole(op) && typeof item === "string"
				? await itemsOf(item, asked)
				: [item]),
		);
	if (items.length === 0 || items.some((item) => item === "" || item === null))
		return noValue(op);
	const part = BY_PART[op];
	const values: string[] = [];
	const texts = new Map<string, string>();
	const problems: string[] = [];
	const given = items.map(String);
	if (part === undefined)
		await asked.lookUp(given.filter((text) => asked.idOf(text) === undefined));
	for (const text of given) {
		// More of them would tell nobody more, and each is looked for in all that there are.
		if (problems.length === PROBLEMS_TOLD) break;
		const known = asked.idOf(text);
		if (known !== undefined && "problem" in known) return known.problem;
		const found =
			known !== undefined
				? new Map([[known.id, undefined]])
				: part === undefined
					? await asked.called(text)
					: await asked.withPart({ op: part.part, text });
		if (typeof found === "string") problems.push(found);
		else
			for (const [id, name] of found) {
				values.push(id);
				if (name !== undefined) texts.set(id, name);
			}
	}
	return problems.length > 0
		? problems.join("; ")
		: {
				values: [...new Set(values)],
				spans: [],
				texts,
				...(part !== undefined && { op: part.op }),
			};
}

/** The items of a list that is compared with as a whole; a name with a comma in it is one. */
async function itemsOf(
	text: string,
	asked: ReturnType<typeof askedOf>,
): Promise<readonly string[]> {
	const items = splitList(text) ?? [text];
	return items.length > 1 && (await asked.known(text)) !== undefined
		? [text]
		: items;
}

/** Ids with the text that each stands for; a text says what is wrong, as the end of a sentence. */
type FoundMembers = ReadonlyMap<string, string | undefined> | string;

/** What is asked of one column; whoever it holds is read at most once for each question. */
function askedOf({ column, context, notes, hints }: Comparing, kind: Members) {
	const { lookups, purpose = "read" } = context;
	const name = nameOfColumn(column);
	let everyone: Promise<ShownItems> | undefined;
	const shown = () => {
		everyone ??= lookups.shownIn(column, { most: MOST_NEAR });
		return everyone;
	};
	const itself = (text: string) => new Map([[text, undefined]]);
	let shownNames: Promise<ShownNames> | undefined;
	const nearestOf = async (text: string) => {
		shownNames ??= shown().then(namesShown);
		const all = await shownNames;
		const { names } = all;
		await letOthersRun();
		const near = nearNames(all, text, hints);
		return near.length > 0
			? `nearest: ${nameList(near)}`
			: names.length === 0
				? kind === "people"
					? `nobody is in "${name}" at all`
					: "the linked table has no records"
				: `there are: ${nameList(names)}`;
	};
	const unread = ({ texts, why }: ShownItems) =>
		[...texts.values()].includes(null)
			? `cannot be compared with names here: ${why ?? "not all of them can be read"}; use any_of or none_of with ids`
			: undefined;
	const named = new Map<string, readonly string[]>();
	const lookUp = async (texts: readonly string[]) => {
		const fresh = [...new Set(texts)].filter((text) => !named.has(text));
		if (fresh.length === 0) return;
		const found = await membersNamed(fresh, column, kind, lookups);
		for (const text of fresh) named.set(text, found.get(text) ?? []);
	};
	const idsOf = async (text: string) => {
		await lookUp([text]);
		return named.get(text) ?? [];
	};
	const known = async (text: string) => {
		const same = await idsOf(text);
		if (same.length > 0) return new Map(same.map((id) => [id, text]));
		const held = await shown();
		if (held.texts.has(text)) return new Map([[text, undefined]]);
		const folded = foldName(text);
		for (const fits of [
			(one: string) => one === text,
			(one: string) => foldName(one) === folded,
		]) {
			const found = idsWhere(held, fits);
			if (found.length > 0) return new Map(found.map((id) => [id, text]));
		}
		const inside = idInBrackets(text);
		return inside !== undefined && held.texts.has(inside)
			? new Map([[inside, undefined]])
			: undefined;
	};
	return {
		/** The id in a text that has the form of one. */
		idOf(text: string) {
			if (text === "@me")
				return lookups.me === undefined
					? {
							problem:
								'does not know "@me": a person sets `me` of the connection in the configuration',
						}
					: { id: lookups.me };
			return [idInBrackets(text), text].flatMap((id) =>
				id !== undefined && lookups.isId(column, id) ? [{ id }] : [],
			)[0];
		},
		known,
		/** Looks these names up together, for those that ask for one of them. */
		lookUp,
		/** All that have this name or title. */
		async called(text: string): Promise<FoundMembers> {
			const found = await known(text);
			if (found !== undefined) return found;
			if (purpose === "kept") return itself(text);
			return (
				unread(await shown()) ??
				`has ${kind === "people" ? "nobody" : "no record"} called ${quoted(text)}; ${await nearestOf(text)}`
			);
		},
		/** All that have this in their name or title. */
		async withPart(part: TextPart): Promise<FoundMembers> {
			const { text } = part;
			const held = await lookups.shownIn(column, { part });
			const ids = idsWhere(held, (one) => holdsPart(one, part));
			const problem = purpose === "kept" ? undefined : unread(held);
			if (problem !== undefined) return problem;
			if (ids.length > 0)
				return new Map(ids.map((id) => [id, held.texts.get(id) ?? undefined]));
			// An id, an e-mail address, or someone who is in no cell of the column.
			const same = held.texts.has(text) ? [text] : await idsOf(text);
			if (same.length > 0) return new Map(same.map((id) => [id, text]));
			if (purpose === "kept") return itself(text);
			const how = part.op === "contains" ? "with" : "that begins with";
			const nothing = `${kind === "people" ? "nobody has a name" : "no record has a title"} ${how} ${quoted(text)}; ${await nearestOf(text)}`;
			if (purpose === "write") return `picks by a name: ${nothing}`;
			notes.add(`"${name}": ${nothing}`);
			return itself(text);
		},
	};
}

/** The names that a column shows, and one that each word of them is in: made once, a search over all of them. */
interface ShownNames {
	readonly names: readonly string[];
	readonly byWord: ReadonlyMap<string, string>;
	readonly words: readonly string[];
}

function namesShown({ texts }: ShownItems): ShownNames {
	const names = [...new Set(texts.values())].filter((one) => one !== null);
	const byWord = new Map<string, string>();
	for (const name of names)
		for (const word of name.split(/\s+/))
			if (!byWord.has(word)) byWord.set(word, name);
	return { names, byWord, words: [...byWord.keys()] };
}

/** The nearest names; where none is near as a whole, those with a word that is. */
function nearNames(
	{ names, byWord, words }: ShownNames,
	text: string,
	hints: Comparing["hints"],
): readonly string[] {
	const whole = hints.nearest(names, text);
	if (whole.length > 0) return whole;
	return [
		...new Set(
			hints.nearest(words, text).map((word) => byWord.get(word) as string),
		),
	];
}

function idsWhere(
	{ texts }: ShownItems,
	fits: (text: string) => boolean,
): readonly string[] {
	return [...texts].flatMap(([id, text]) =>
		text !== null && fits(text) ? [id] : [],
	);
}

/** Who or what has these names, as far as that can be looked up. */
async function membersNamed(
	texts: readonly string[],
	column: Column,
	kind: Members,
	{ linkedByText, people }: Comparing["context"]["lookups"],
): Promise<ReadonlyMap<string, readonly string[]>> {
	const field = typeof column === "string" ? undefined : column;
	if (kind === "links") {
		if (field === undefined) return new Map();
		return idsByName(await linkedByText(field, texts));
	}
	try {
		const at = field ?? systemPeople(column as SystemColumn);
		// Where people are their names, any text is a person: only the cells tell who there is.
		return idsByName(await people(at, texts), (id, name) => id !== name);
	} catch (error) {
		if (!(error instanceof TablesError)) throw error;
		return new Map();
	}
}

function idsByName(
	found: ReadonlyMap<string, readonly { readonly id: string }[]>,
	counts: (id: string, name: string) => boolean = () => true,
): ReadonlyMap<string, readonly string[]> {
	return new Map(
		[...found].map(([name, all]) => [
			name,
			all.flatMap(({ id }) => (counts(id, name) ? [id] : [])),
		]),
	);
}

/** Stands for a column of people that is not a field. */
function systemPeople(column: SystemColumn): Field {
	return {
		id: column,
		name: column,
		type: column === "$created_by" ? "created_by" : "updated_by",
		primary: false,
		settings: {},
		wireType: column,
	};
}
