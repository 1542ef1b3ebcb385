import { type Caller, type IdKind, isJson, type Json } from "./call.js";
import { type Code, Refusal } from "./codes.js";
import { isSelect, kind } from "./field-kinds.js";
import type { Base, Cell, Field, Option, Table } from "./model.js";
import { placeAt, tooLarge } from "./rows.js";
import { FIXED_LIMITS, fieldNamed, personNamed, type Store } from "./store.js";

/** Where values are written: into which table, for whom. */
export interface Target {
	readonly store: Store;
	readonly base: Base;
	readonly table: Table;
	readonly idKind: IdKind;
}

/** Values that were checked but not stored; the options that they add exist only after `commit`. */
export interface Plan {
	/** The cells of one record by field id; `undefined` empties. @throws Refusal */
	cells(fields: Json): Map<string, Cell | undefined>;
	commit(): void;
}

/** Decodes the fields of all records of one call: nothing is changed until `commit`. */
export function planValues(target: Target): Plan {
	const added = new Map<Field, Option[]>();
	const optionOf = (field: Field, name: string, own: Set<Option>): Option => {
		const known =
			field.optionIds.get(name) ??
			added.get(field)?.find((each) => each.name === name && !own.has(each));
		if (known !== undefined) return known;
		const list = added.get(field) ?? [];
		const last = list.at(-1) ?? field.options.at(-1);
		const option: Option = {
			id: target.store.identifiers.next("opt"),
			name,
			color: last === undefined ? 0 : (last.color + 1) % 55,
		};
		list.push(option);
		own.add(option);
		added.set(field, list);
		if (field.options.length + list.length > FIXED_LIMITS.optionsPerField)
			throw new Refusal(kind(field).valueCode);
		return option;
	};
	return {
		cells(fields) {
			const cells = new Map<string, Cell | undefined>();
			for (const [name, value] of Object.entries(fields)) {
				const field = namedField(target.table, name);
				cells.set(
					field.id,
					value === null ? undefined : decoded(target, field, value, optionOf),
				);
			}
			return cells;
		},
		commit() {
			for (const [field, options] of added) addOptions(field, options);
		},
	};
}

export function addOptions(field: Field, options: readonly Option[]): void {
	for (const option of options) {
		field.options.push(option);
		field.optionsById.set(option.id, option);
		if (!field.optionIds.has(option.name))
			field.optionIds.set(option.name, option);
	}
}

/** @throws Refusal 1254045 */
function namedField(table: Table, name: string): Field {
	const field = fieldNamed(table, name);
	if (field === undefined)
		throw new Refusal(
			1254045,
			`Invalid request parameter: 'fields.${name}'. The field does not exist.`,
		);
	return field;
}

type OptionOf = (field: Field, name: string, own: Set<Option>) => Option;

function decoded(
	target: Target,
	field: Field,
	value: unknown,
	optionOf: OptionOf,
): Cell | undefined {
	const { writable, valueCode } = kind(field);
	const refuse = (code: Code = valueCode): never => {
		throw new Refusal(
			code,
			`Invalid request parameter: 'fields.${field.name}'. The value does not fit the field.`,
		);
	};
	if (!writable) refuse(1254015);
	if (field.type === 21 && target.store.switches.twoWayLinks === "refused")
		refuse();
	if (isSelect(field.type)) return selected(field, value, optionOf, refuse);
	const decode = DECODERS[field.type];
	if (decode === undefined) return refuse(1254015);
	return decode({ target, field, refuse }, value);
}

interface Decoding {
	readonly target: Target;
	readonly field: Field;
	refuse(code?: Code): never;
}

type Decoder = (at: Decoding, value: unknown) => Cell | undefined;

const text: Decoder = ({ refuse }, value) => {
	if (typeof value !== "string") return refuse();
	if (tooLarge(value)) return refuse(1254130);
	return value === "" ? undefined : value;
};

/** A list of `{id}`, nothing else in it. */
function ids(
	{ refuse, field }: Decoding,
	value: unknown,
	most: number,
): string[] {
	if (!Array.isArray(value) || value.length > most) return refuse();
	if (field.property?.multiple === false && value.length > 1) return refuse();
	return value.map((item) => {
		if (!isJson(item) || typeof item.id !== "string") return refuse();
		if (Object.keys(item).length !== 1) return refuse();
		return item.id;
	});
}

const filled = <Item>(list: readonly Item[]): readonly Item[] | undefined =>
	list.length === 0 ? undefined : list;

const links: Decoder = ({ target, field, refuse }, value) => {
	const list =
		isJson(value) && Array.isArray(value.link_record_ids)
			? value.link_record_ids
			: value;
	if (!Array.isArray(list) || list.length > FIXED_LIMITS.linksPerCell)
		return refuse();
	if (field.property?.multiple === false && list.length > 1) return refuse();
	const other = target.base.tables.get(field.linkTable ?? "");
	for (const id of list)
		if (typeof id !== "string" || !other?.rows.has(id)) return refuse();
	return filled([...new Set(list as string[])]);
};

const DECODERS: Readonly<Record<number, Decoder>> = {
	1: text,
	2: ({ refuse }, value) =>
		typeof value === "number" && Number.isFinite(value) ? value : refuse(),
	5: ({ refuse }, value) =>
		typeof value === "number" && Number.isInteger(value) ? value : refuse(),
	7: ({ refuse }, value) => (typeof value === "boolean" ? value : refuse()),
	11: (at, value) =>
		filled(
			ids(at, value, FIXED_LIMITS.peoplePerCell).map((id) => {
				const person = personNamed(at.target.store, id, at.target.idKind);
				return person === undefined ? at.refuse() : person.openId;
			}),
		),
	13: ({ refuse }, value) => {
		if (typeof value !== "string") return refuse();
		if (!/^\+?\d*$/.test(value) || value.length > 64) return refuse();
		return value === "" ? undefined : value;
	},
	15: ({ refuse }, value) => {
		if (!isJson(value) || typeof value.link !== "string") return refuse();
		const shown = value.text ?? value.link;
		if (typeof shown !== "string") return refuse();
		if (tooLarge(shown) || tooLarge(value.link)) return refuse(1254130);
		return { text: shown, link: value.link };
	},
	17: ({ target, refuse }, value) => {
		if (!Array.isArray(value)) return refuse();
		if (value.length > FIXED_LIMITS.attachmentsPerCell) return refuse(1254106);
		return filled(
			value.map((item) => {
				if (!isJson(item) || typeof item.file_token !== "string")
					return refuse();
				const media = target.store.media.get(item.file_token);
				if (media === undefined) return refuse(1254027);
				if (media.baseToken !== target.base.token) return refuse(1254303);
				return media.token;
			}),
		);
	},
	18: links,
	21: links,
	22: ({ refuse }, value) => {
		const match =
			typeof value === "string"
				? /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(value)
				: null;
		if (match === null) return refuse();
		if (Math.abs(Number(match[1])) > 180 || Math.abs(Number(match[2])) > 90)
			return refuse();
		return placeAt(`${match[1]},${match[2]}`);
	},
	23: (at, value) =>
		filled(
			ids(at, value, FIXED_LIMITS.groupsPerCell).map((id) =>
				at.target.store.chats.has(id) ? id : at.refuse(),
			),
		),
};

function selected(
	field: Field,
	value: unknown,
	optionOf: OptionOf,
	refuse: (code?: Code) => never,
): Cell | undefined {
	const own = new Set<Option>();
	if (field.type === 3) {
		if (typeof value !== "string") return refuse();
		return value === "" ? undefined : optionOf(field, value, own).id;
	}
	if (!Array.isArray(value) || value.length > FIXED_LIMITS.optionsPerCell)
		return refuse();
	return filled(
		value.map((name) =>
			typeof name === "string" && name !== ""
				? optionOf(field, name, own).id
				: refuse(),
		),
	);
}

/** What a write answers: what was sent, in write form, people with nothing but the id. */
export function echoed(table: Table, fields: Json): Json {
	const shown: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(fields)) {
		if (value === null) continue;
		const field = fieldNamed(table, name);
		shown[name] =
			isJson(value) && Array.isArray(value.link_record_ids)
				? value.link_record_ids
				: field?.type === 17 && Array.isArray(value)
					? value.map((item) => ({ file_token: (item as Json).file_token }))
					: value;
	}
	return shown;
}

/** Whom a call writes as. */
export function writerOf(caller: Caller, relaxed: boolean) {
	return { by: caller.openId, relaxed };
}
