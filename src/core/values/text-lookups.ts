import type { FieldCodec, FieldCodecs } from "../contract/codec.js";
import type {
	Field,
	FieldType,
	LinkedRecord,
	Person,
	SystemColumn,
} from "../contract/field.js";
import type { Draft } from "./drafts.js";
import { inTurns } from "./in-turns.js";
import { editOf } from "./list-edit.js";
import { runsOf, splitList } from "./list-text.js";
import { isClear } from "./parse.js";
import { lookupText, shownWithId } from "./parse-list.js";
import { KINDS } from "./values.js";

/** How texts become ids; by reading, outside of this module. */
export interface Lookups {
	/** By title. `loosely`: what no record is called to the letter is then what `foldTitle` makes one of. */
	linkedByText(
		field: Field,
		texts: readonly string[],
		loosely?: boolean,
	): Promise<ReadonlyMap<string, readonly LinkedRecord[]>>;
	people(
		field: Field,
		texts: readonly string[],
	): Promise<ReadonlyMap<string, readonly Person[]>>;
	/**
	 * What the people or linked records of a column are called, as compact shows them: those whom its cells hold, or
	 * all of the linked table. `most`: about so many are enough.
	 */
	shownIn(
		column: Field | SystemColumn,
		wanted?: { readonly part?: TextPart; readonly most?: number },
	): Promise<ShownItems>;
	/** Ids in the cells of these records, by record and field; absent: nobody can say. */
	held?(ids: readonly string[], fields: readonly Field[]): Promise<HeldIds>;
	/** Has the text the shape of an id of such a column? */
	isId(column: Field | SystemColumn, text: string): boolean;
	readonly me?: string;
}

/** A part of a text that is looked for; case counts. */
export interface TextPart {
	readonly op: "contains" | "starts_with";
	readonly text: string;
}

/** Is it a part of the text? */
export function holdsPart(text: string, { op, text: part }: TextPart): boolean {
	return op === "contains" ? text.includes(part) : text.startsWith(part);
}

/** People or linked records by what they are called. */
export interface ShownItems {
	/** Text by id; null: it cannot be read. With a part that was looked for, those that hold it are all there. */
	readonly texts: ReadonlyMap<string, string | null>;
	/** Why some are null. */
	readonly why?: string;
	/** The field of the linked table that has these texts. Absent: they are not read there. */
	readonly titleField?: string;
}

/** About so many titles are looked at for the nearest to one that no record has. */
const TITLES_LOOKED_AT = 1_000;

/** What was found for the texts of each field, by its id. */
export interface FoundTexts {
	readonly links: ReadonlyMap<
		string,
		ReadonlyMap<string, readonly LinkedRecord[]>
	>;
	readonly people: ReadonlyMap<string, ReadonlyMap<string, readonly Person[]>>;
	/** Of link fields for which no record was found: what there is. */
	readonly titles: ReadonlyMap<string, ShownItems>;
}

/** Texts of one field that stand for records or people. */
interface WantedTexts {
	readonly field: Field;
	readonly kind: "people" | "links";
	readonly texts: Set<string>;
}

/** Looks up every title and name of every record, once per field. */
export async function lookUp(
	drafts: readonly Draft[],
	codecs: FieldCodecs,
	lookups: Lookups,
): Promise<FoundTexts> {
	const links = new Map<string, ReadonlyMap<string, readonly LinkedRecord[]>>();
	const people = new Map<string, ReadonlyMap<string, readonly Person[]>>();
	const titles = new Map<string, ShownItems>();
	for (const { field, kind, texts } of await wantedTexts(drafts, codecs))
		if (kind === "links") {
			const found = await lookups.linkedByText(field, [...texts], true);
			links.set(field.id, found);
			if (field.leadsTo === undefined && !areFound(texts, found))
				titles.set(
					field.id,
					await lookups.shownIn(field, { most: TITLES_LOOKED_AT }),
				);
		} else people.set(field.id, await lookups.people(field, [...texts]));
	return { links, people, titles };
}

/** Is there a record for each, or for each title of a list? */
function areFound(
	texts: ReadonlySet<string>,
	found: ReadonlyMap<string, unknown>,
): boolean {
	return [...texts].every(
		(text) =>
			found.has(text) || splitList(text)?.every((item) => found.has(item)),
	);
}

/**
 * What the cells hold for which a text was given that several have: what an answer showed for a cell means what is in
 * it. By record and field; read only where there is such a text.
 */
export async function heldFor(
	drafts: readonly Draft[],
	found: FoundTexts,
	lookups: Lookups,
): Promise<HeldIds> {
	const ids = new Set<string>();
	const fields = new Set<Field>();
	await inTurns(drafts, ({ id, values }) => {
		for (const { field, given } of id === undefined ? [] : values) {
			const texts: ReadonlyMap<string, readonly unknown[]> | undefined =
				found.links.get(field.id) ?? found.people.get(field.id);
			if (
				texts === undefined ||
				![given, ...itemsOf(given)].some(
					(item) => (texts.get(String(item))?.length ?? 0) > 1,
				)
			)
				continue;
			ids.add(id as string);
			fields.add(field);
		}
	});
	return ids.size === 0 || lookups.held === undefined
		? new Map()
		: lookups.held([...ids], [...fields]);
}

/** Ids of people or records in cells, by record and field. */
export type HeldIds = ReadonlyMap<
	string,
	ReadonlyMap<string, ReadonlySet<string>>
>;

async function wantedTexts(
	drafts: readonly Draft[],
	codecs: FieldCodecs,
): Promise<Iterable<WantedTexts>> {
	const wanted = new Map<string, WantedTexts>();
	await inTurns(drafts, ({ values, line }) => {
		for (const value of values)
			addWanted(wanted, value, { codecs, ofFile: line !== undefined });
	});
	return wanted.values();
}

function addWanted(
	wanted: Map<string, WantedTexts>,
	{ field, given }: Draft["values"][number],
	from: TextSource,
): void {
	const kind = KINDS[field.type];
	if (kind !== "people" && kind !== "links") return;
	if (field.readOnly !== undefined) return;
	for (const text of textsIn(field, given, from)) {
		const known = wanted.get(field.id);
		if (known !== undefined) known.texts.add(text);
		else wanted.set(field.id, { field, kind, texts: new Set([text]) });
	}
}

/** Where texts come from that may stand for people or records. */
interface TextSource {
	readonly codecs: FieldCodecs;
	/** An id beside a title or name may be of another account. */
	readonly ofFile: boolean;
}

/** The texts of a value that are looked up: titles and names, not ids. */
export function textsIn(
	field: Field,
	given: unknown,
	{ codecs, ofFile }: TextSource,
): readonly string[] {
	const codec = codecs[field.type] as Partial<FieldCodec<FieldType>>;
	const isId = (text: string) => codec.isId?.(text) ?? false;
	const items = itemsOf(given);
	// A title may have a comma in it, or spaces around it.
	const whole =
		KINDS[field.type] === "links" &&
		typeof given === "string" &&
		!isClear(given) &&
		(items.length !== 1 || items[0] !== given)
			? [
					given,
					...runsOf(given).flatMap(({ from, to, text }) =>
						from === to ? [] : [text],
					),
				]
			: [];
	return [...whole, ...items].flatMap((item) =>
		ofFile && typeof item === "string" && shownWithId(item) !== undefined
			? [item]
			: (lookupText(item, isId) ?? []),
	);
}

function itemsOf(given: unknown): readonly unknown[] {
	if (isClear(given)) return [];
	const edit = editOf(given);
	if (edit !== undefined)
		return [...itemsOf(edit.add), ...itemsOf(edit.remove)];
	if (Array.isArray(given)) return given;
	if (typeof given === "string") return splitList(given) ?? [given];
	return [given];
}
