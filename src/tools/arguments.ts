import type { z } from "zod";
import { TablesError } from "../core/contract/errors.js";
import { mapInTurns } from "../core/values/in-turns.js";
import { cutList, quoted } from "../core/values/names.js";
import { type Hints, LONGEST_NAME } from "../core/values/near-names.js";
import { MOST_CELL_CHARACTERS } from "../core/values/parse.js";
import { BROKEN_TEXT, isWholeText } from "../core/values/whole-text.js";
import { decode, decodedLong, holdsText } from "./argument-json.js";
import {
	decodedAt,
	nothingWrong,
	problemsIn,
	type Shaping,
	wrong,
} from "./argument-problems.js";
import { bare, definitionOf, schemaAt } from "./argument-shape.js";
import { describe, join, sentence } from "./argument-words.js";
import { hostOf } from "./host-arguments.js";
import { EMPTY_SAYS, NAME_ALONE } from "./schemas.js";

/**
 * The longest text of an argument: names, references, addresses, cursors, formulas, descriptions. The longest that a
 * vendor takes is a formula or a description of some ten thousand characters. Cells and filter values have their own
 * limits.
 */
const MOST_CHARACTERS = 100_000;

/**
 * Arguments as a tool takes them. Objects and lists that came as JSON text are decoded where the schema says
 * object or list, never inside cell values; null counts as absent, and so does "" of what may be left out; unknown names are refused. What a host adds by
 * itself is ignored, and reported to `heard`.
 * @throws TablesError bad_argument listing every problem.
 */
export function parseArguments<Schema extends z.ZodObject>(
	schema: Schema,
	given: unknown,
	tool: string,
	heard: (message: string) => void = () => {},
): z.infer<Schema> {
	return checked(schema, shaped(schema, given, tool, heard), tool);
}

/** A list of so many entries is looked at in turns. */
const MANY_ENTRIES = 2_000;

/** As `parseArguments`, and lets others run while long lists of records or ids are looked at. */
export async function parseInTurns<Schema extends z.ZodObject>(
	schema: Schema,
	given: unknown,
	tool: string,
	heard: (message: string) => void,
): Promise<z.infer<Schema>> {
	const whole = await decodedLong(schema, given);
	const lists = longLists(schema, whole);
	if (lists.length === 0) return parseArguments(schema, whole, tool, heard);
	const shaping = nothingWrong();
	const rest = { ...(whole as object) };
	for (const { name } of lists) Reflect.deleteProperty(rest, name);
	const others = shapedIn(schema, { given: rest, tool, heard }, shaping);
	const shapedLists: LongList[] = [];
	for (const { name, element, entries } of lists)
		shapedLists.push({
			...{ name, element },
			entries: await mapInTurns(entries, (entry, index) => {
				shaping.decoded = 0;
				return shape(element, entry, `${name}[${index}]`, shaping);
			}),
		});
	refuse(shaping, tool);
	return checkedInTurns(schema, others as object, shapedLists, tool);
}

/** An argument that is a long list. */
interface LongList {
	readonly name: string;
	readonly element: z.ZodType;
	readonly entries: readonly unknown[];
}

/** Those of the arguments that are as long as the work. */
function longLists(schema: z.ZodObject, whole: unknown): readonly LongList[] {
	if (typeof whole !== "object" || whole === null || Array.isArray(whole))
		return [];
	return [...UNBOUNDED].flatMap((name) => {
		const list = (schema.shape as Record<string, z.ZodType>)[name];
		const { element = undefined } =
			list === undefined ? {} : definitionOf(bare(list));
		const entries = decode((whole as Record<string, unknown>)[name], "array");
		return element !== undefined &&
			Array.isArray(entries) &&
			(entries.length >= MANY_ENTRIES || entries.some(holdsText))
			? [{ name, element, entries }]
			: [];
	});
}

/** @throws TablesError bad_argument for what does not fit the schema. */
async function checkedInTurns<Schema extends z.ZodObject>(
	schema: Schema,
	others: object,
	lists: readonly LongList[],
	tool: string,
): Promise<z.infer<Schema>> {
	const shaping = nothingWrong();
	const parsedLists: Record<string, readonly unknown[]> = {};
	for (const { name, element, entries } of lists)
		parsedLists[name] = await mapInTurns(entries, (entry, index) => {
			const parsed = element.safeParse(entry);
			for (const issue of parsed.error?.issues ?? [])
				wrong(shaping, () =>
					sentence(
						{ ...issue, path: [name, index, ...issue.path] },
						{ [name]: entries },
						schema,
					),
				);
			return parsed.data;
		});
	const firsts = Object.entries(parsedLists).map(
		([name, entries]) => [name, entries.slice(0, 1)] as const,
	);
	if (shaping.count > 0) {
		const parsed = schema.safeParse({
			...others,
			...Object.fromEntries(firsts),
		});
		// What is wrong with the entries is known already.
		for (const issue of parsed.error?.issues ?? [])
			if (!(String(issue.path[0]) in parsedLists && issue.path.length > 1))
				wrong(shaping, () => sentence(issue, others, schema));
		refuse(shaping, tool);
	}
	const few = { ...others, ...Object.fromEntries(firsts) };
	return { ...checked(schema, few, tool), ...parsedLists };
}

/** Decoded, and without what is not there. @throws TablesError bad_argument for what is not known. */
function shaped(
	schema: z.ZodObject,
	given: unknown,
	tool: string,
	heard: (message: string) => void,
): unknown {
	const shaping = nothingWrong();
	const decoded = shapedIn(schema, { given, tool, heard }, shaping);
	refuse(shaping, tool);
	return decoded;
}

/** @throws TablesError bad_argument for what is wrong with the form of the arguments. */
function refuse(shaping: Shaping, tool: string): void {
	if (shaping.count > 0)
		throw new TablesError("bad_argument", problemsIn(shaping), {
			next: `Fix the arguments of ${tool} and call again; nothing was done.`,
		});
}

/** @throws TablesError bad_argument for what is not an object, or one of far too many names. */
function shapedIn(
	schema: z.ZodObject,
	{
		given,
		tool,
		heard,
	}: {
		readonly given: unknown;
		readonly tool: string;
		heard(message: string): void;
	},
	shaping: Shaping,
): unknown {
	const whole =
		given === undefined || given === null ? {} : decode(given, "object");
	if (typeof whole !== "object" || whole === null || Array.isArray(whole))
		throw new TablesError(
			"bad_argument",
			`the arguments of ${tool} must be an object, not ${describe(given)}`,
			{
				next: `Arguments: ${Object.keys(schema.shape).join(", ")}.`,
			},
		);
	const many = tooManyKeys(whole);
	if (many !== undefined)
		throw new TablesError("bad_argument", `the arguments of ${tool}: ${many}`, {
			next: `Arguments: ${Object.keys(schema.shape).join(", ")}.`,
		});
	const own = Object.fromEntries(
		Object.entries(whole).filter(([name, value]) => {
			const host = Object.hasOwn(schema.shape, name)
				? undefined
				: hostOf(name, value);
			if (host !== undefined)
				heard(
					`${tool}: the argument ${quoted(name)} is added by the host (${host}) and ignored`,
				);
			return host === undefined;
		}),
	);
	return shape(schema, own, "", shaping);
}

/** @throws TablesError bad_argument for what does not fit the schema. */
function checked<Schema extends z.ZodObject>(
	schema: Schema,
	decoded: unknown,
	tool: string,
): z.infer<Schema> {
	const parsed = schema.safeParse(decoded);
	if (parsed.success) return parsed.data as z.infer<Schema>;
	throw new TablesError(
		"bad_argument",
		cutList(
			parsed.error.issues.map((issue) => sentence(issue, decoded, schema)),
			"; ",
		),
		{
			next: `Fix the arguments of ${tool} and call again; nothing was done.`,
		},
	);
}

/** Any keys, and as they are. */
function free(object: unknown, place: string, shaping: Shaping): unknown {
	if (
		typeof object === "object" &&
		object !== null &&
		Object.hasOwn(object, "__proto__")
	)
		wrong(
			shaping,
			() => `${place || "arguments"}: a key cannot be "__proto__"`,
		);
	return object;
}

/** No text in it may be longer than that of a cell. However deep it is nested, and however many it holds. */
function short(object: unknown, place: string, shaping: Shaping): unknown {
	const many =
		typeof object === "object" && object !== null
			? tooManyKeys(object)
			: undefined;
	if (many !== undefined) {
		wrong(shaping, () => `${place}: ${many}`);
		return {};
	}
	const left: unknown[] = [object];
	while (left.length > 0) {
		const value = left.pop();
		if (typeof value === "string" && value.length > MOST_CELL_CHARACTERS)
			wrong(
				shaping,
				() =>
					`${place}: ${quoted(value)} was given; wanted: at most ${MOST_CELL_CHARACTERS} characters`,
			);
		else if (typeof value === "object" && value !== null)
			for (const [key, part] of Object.entries(value)) left.push(key, part);
	}
	return object;
}

/** Walks value and schema together: decodes, drops nulls, names unknown keys. */
function shape(
	schema: z.ZodType,
	value: unknown,
	place: string,
	shaping: Shaping,
): unknown {
	const inner = bare(schema);
	switch (definitionOf(inner).type) {
		case "object":
			return shapeObject(inner as z.ZodObject, value, place, shaping);
		case "array":
			return shapeList(inner, value, place, shaping);
		case "record":
			return short(
				free(decodedAt([value, "object"], place, shaping), place, shaping),
				place,
				shaping,
			);
		case "unknown":
			return value;
		default:
			return text(value, place, shaping);
	}
}

interface Catching extends ReturnType<typeof definitionOf> {
	readonly catchall?: z.ZodType;
}

function shapeObject(
	schema: z.ZodObject,
	value: unknown,
	place: string,
	shaping: Shaping,
): unknown {
	const given = decodedAt([value, "object"], place, shaping);
	const object =
		typeof given === "string" && NAME_ALONE.has(schema)
			? { name: given }
			: given;
	if (typeof object !== "object" || object === null || Array.isArray(object))
		return object;
	const known = schema.shape as Record<string, z.ZodType>;
	const takesAny = definitionOf<Catching>(schema).catchall !== undefined;
	if (takesAny && Object.keys(known).length === 0)
		return free(object, place, shaping);
	const keys = Object.keys(object);
	if (keys.length > MOST_KEYS) {
		wrong(shaping, () => `${place || "arguments"}: ${tooManyKeys(object)}`);
		return {};
	}
	const result: Record<string, unknown> = {};
	for (const key of keys) {
		const entry = (object as Record<string, unknown>)[key];
		const part = Object.hasOwn(known, key) ? known[key] : undefined;
		if (part !== undefined) {
			if (!isLeftOut(part, entry, place))
				result[key] = shape(part, entry, join(place, key), shaping);
		} else if (takesAny && key !== "__proto__") result[key] = entry;
		else wrong(shaping, () => unknown(key, place, known, shaping.hints));
	}
	return result;
}

/** Models fill what they have nothing to say in with null or "". A record's cells are not left out so. */
function isLeftOut(part: z.ZodType, entry: unknown, place: string): boolean {
	if (entry === null) return true;
	if (entry !== "" || definitionOf(part).type !== "optional") return false;
	const inner = bare(part);
	const { type } = definitionOf(inner);
	if (type === "unknown" || EMPTY_SAYS.has(inner)) return false;
	const isWhole = type === "object" || type === "array" || type === "record";
	return !isWhole || place === "";
}

function shapeList(
	schema: z.ZodType,
	value: unknown,
	place: string,
	shaping: Shaping,
): unknown {
	const list = decodedAt([value, "array"], place, shaping);
	const { element } = definitionOf(schema);
	if (Array.isArray(list) && isTooMany(list.length, place, shaping)) return [];
	return !Array.isArray(list) || element === undefined
		? list
		: list.map((item, index) =>
				shape(element, item, `${place}[${index}]`, shaping),
			);
}

/** Arguments that hold an id, or a name that is given to something: no vendor takes a longer one. */
const NAMES: ReadonlySet<string> = new Set([
	"name",
	"new_name",
	"reverse_name",
	"id",
	"record_id",
	"record_ids",
]);

/** A longer text is refused before anybody looks at it, and so is one that no store keeps as it is. */
function text(value: unknown, place: string, shaping: Shaping): unknown {
	if (typeof value !== "string") return value;
	const most = value.length <= LONGEST_NAME ? LONGEST_NAME : mostOf(place);
	if (value.length > most)
		wrong(
			shaping,
			() =>
				`${place}: ${quoted(value)} was given; wanted: at most ${most} characters`,
		);
	else if (!isWholeText(value))
		wrong(shaping, () => `${place}: ${quoted(value)} ${BROKEN_TEXT}`);
	return value;
}

/** Characters that the argument at this place may have. */
function mostOf(place: string): number {
	const [argument = ""] = place.slice(place.lastIndexOf(".") + 1).split("[", 1);
	return NAMES.has(argument) ? LONGEST_NAME : MOST_CHARACTERS;
}

/** Lists that are as long as the work: records, and their ids. */
const UNBOUNDED: ReadonlySet<string> = new Set(["records", "record_ids"]);

/** Entries of any other list, which names parts of a table or a filter. */
const MOST_ENTRIES = 20_000;

function isTooMany(count: number, place: string, shaping: Shaping): boolean {
	if (count <= MOST_ENTRIES || UNBOUNDED.has(place)) return false;
	wrong(
		shaping,
		() =>
			`${place}: a list of ${count} was given; wanted: at most ${MOST_ENTRIES} entries`,
	);
	return true;
}

/** Names of arguments or settings in one object: no tool has a tenth of them, no table has more fields. */
const MOST_KEYS = 2_000;

/** Looked at before the keys are: undefined = they are not too many. */
function tooManyKeys(object: object): string | undefined {
	const count = Object.keys(object).length;
	return count > MOST_KEYS
		? `an object of ${count} names was given; wanted: at most ${MOST_KEYS} names`
		: undefined;
}

function unknown(
	key: string,
	place: string,
	known: Readonly<Record<string, z.ZodType>>,
	hints: Hints,
): string {
	const names = Object.keys(known);
	const inside = names.filter(
		(name) => schemaAt(known[name] as z.ZodType, [key]) !== undefined,
	);
	const close = inside.length > 0 ? [] : hints.nearest(names, key);
	const there =
		inside.length > 0
			? `it goes into ${inside.map((name) => join(place, `${name}.${key}`)).join(" or ")}`
			: close.length > 0
				? `nearest: ${close.join(", ")}`
				: `there are: ${names.join(", ")}`;
	return `there is no argument ${quoted(join(place, key))}; ${there}`;
}
