import type { CallContext } from "../contract/call-context.js";
import type { FieldCodec } from "../contract/codec.js";
import { idOfColumn } from "../contract/condition.js";
import { TablesError } from "../contract/errors.js";
import type {
	Field,
	FieldType,
	LinkedRecord,
	Person,
} from "../contract/field.js";
import type { Running } from "../contract/running.js";
import type { Session } from "../contract/session.js";
import type { Located } from "../places/locate.js";
import { addTo } from "../values/add-to.js";
import { defined } from "../values/defined.js";
import { inTurns } from "../values/in-turns.js";
import { foldName } from "../values/near-names.js";
import { shownWithId } from "../values/parse-list.js";
import type { Lookups, ShownItems } from "../values/text-lookups.js";
import {
	type LinkedTable,
	linkedTable,
	linksIn,
	titlesById,
} from "./linked-table.js";
import { readRowsById } from "./read.js";
import { recordsByTitle } from "./records-by-title.js";
import { shownItems } from "./shown-items.js";

/** Turns titles of linked records and names of people into ids, by reading; nothing is guessed. */
export function lookupsOf(
	session: Session,
	located: Located,
	running: Pick<Running, "call">,
): Lookups {
	const { call } = running;
	return {
		...defined({ me: located.connection.me }),
		async linkedByText(field, texts, loosely = false) {
			const linked = await linkedTable(session, located, field, call);
			if (linked === undefined) return new Map();
			const withIds = shownWithIds(texts);
			const titles = [...withIds.values()].map(({ title }) => title);
			const found = await recordsByTitle(
				linked,
				new Set([...texts, ...titles]),
				{ loosely, call },
			);
			await findShown(located, linked, { withIds, found }, call);
			// Where the shape of an id says nothing, what is not a title may be an id.
			const { isId } = located.adapter.codecs.link as Partial<
				FieldCodec<"link">
			>;
			const ids = texts.filter((text) => !found.has(text) && !/\s/.test(text));
			if (isId === undefined && ids.length > 0)
				for (const [id, text] of await titlesById(linked, ids, call))
					found.set(id, [{ id, text }]);
			return found;
		},
		people: (field, texts) => peopleByText(located, field, texts, call),
		shownIn(column, wanted = {}) {
			const read = () => shownItems({ session, located, call }, column, wanted);
			return wanted.part === undefined && wanted.most !== undefined
				? readOnce(call, idOfColumn(column), read)
				: read();
		},
		async held(ids, fields) {
			const rows = await readRowsById(located, ids, { fields }, call);
			return new Map(
				[...rows].map(([id, { cells }]) => [
					id,
					new Map(
						fields.map((field) => [
							field.id,
							new Set([...linksIn(cells[field.id])].map((item) => item.id)),
						]),
					),
				]),
			);
		},
		isId(column, text) {
			const type =
				typeof column === "string"
					? "user"
					: (column.value?.type ?? column.type);
			const codec = located.adapter.codecs[
				type === "created_by" || type === "updated_by" ? "user" : type
			] as Partial<FieldCodec<FieldType>>;
			return codec.isId?.(text) ?? false;
		},
	};
}

/** What there is in a column, for hints: read once for all pieces of a call. */
const SHOWN = new WeakMap<CallContext, Map<string, Promise<ShownItems>>>();

function readOnce(
	call: CallContext,
	column: string,
	read: () => Promise<ShownItems>,
): Promise<ShownItems> {
	const known = SHOWN.get(call) ?? new Map<string, Promise<ShownItems>>();
	SHOWN.set(call, known);
	const shown = known.get(column) ?? read();
	known.set(column, shown);
	return shown;
}

type ShownWithIds = ReadonlyMap<
	string,
	{ readonly title: string; readonly id: string }
>;

/** Texts that an export wrote as `Title [id]`. */
function shownWithIds(texts: readonly string[]): ShownWithIds {
	return new Map(
		texts.flatMap((text) => {
			const shown = shownWithId(text);
			return shown === undefined ? [] : [[text, shown] as const];
		}),
	);
}

/** The record of the id where it is there; else the id is of another account, and the title counts. */
async function findShown(
	located: Located,
	linked: LinkedTable,
	{
		withIds,
		found,
	}: {
		readonly withIds: ShownWithIds;
		readonly found: Map<string, LinkedRecord[]>;
	},
	call: CallContext,
): Promise<void> {
	if (withIds.size === 0) return;
	const { isId = () => true } = located.adapter.codecs.link as Partial<
		FieldCodec<"link">
	>;
	const ids = [...withIds.values()].map(({ id }) => id).filter(isId);
	const there = await titlesById(linked, [...new Set(ids)], call);
	for (const [text, { title, id }] of withIds) {
		if (found.has(text)) continue;
		const own = there.get(id);
		const meant = own === undefined ? found.get(title) : [{ id, text: own }];
		if (meant !== undefined) found.set(text, meant);
	}
}

async function peopleByText(
	located: Located,
	field: Field,
	texts: readonly string[],
	call: CallContext,
): Promise<ReadonlyMap<string, readonly Person[]>> {
	const { adapter, connection, table } = located;
	if (adapter.findPeople === undefined)
		throw new TablesError(
			"unsupported",
			`${connection.title} cannot look people up by name; write them by id`,
		);
	const withIds = shownWithIds(texts);
	const parts = [...withIds.values()].flatMap(({ title, id }) => [title, id]);
	const people = await adapter.findPeople(
		table,
		field,
		[...new Set([...texts.filter((text) => !withIds.has(text)), ...parts])],
		call,
	);
	const called = await calledBy(people);
	const found = new Map<string, readonly Person[]>();
	await inTurns(texts, (text) => {
		const shown = withIds.get(text);
		const meant =
			called.byId.get(shown?.id ?? "") ?? called.meant(shown?.title ?? text);
		if (meant.length > 0) found.set(text, meant);
	});
	return found;
}

/** People by what they may be called. */
interface Called {
	/** By id. */
	readonly byId: ReadonlyMap<string, readonly Person[]>;
	/** Those whose id, name or e-mail address this is; else those whose name differs only in width or case. */
	meant(text: string): readonly Person[];
}

async function calledBy(people: readonly Person[]): Promise<Called> {
	const [byId, byName, byEmail, byFolded] = [
		new Map<string, Person[]>(),
		new Map<string, Person[]>(),
		new Map<string, Person[]>(),
		new Map<string, Person[]>(),
	];
	await inTurns(people, (person) => {
		const { id, name, email } = person;
		addTo(byId, id, person);
		if (email !== undefined) addTo(byEmail, foldName(email), person);
		if (name === null) return;
		addTo(byName, name, person);
		addTo(byFolded, foldName(name), person);
	});
	return {
		byId,
		meant(text) {
			const folded = foldName(text);
			const same = new Set(
				[byId.get(text), byName.get(text), byEmail.get(folded)].flatMap(
					(some) => some ?? [],
				),
			);
			return same.size > 0 ? [...same] : (byFolded.get(folded) ?? []);
		},
	};
}
