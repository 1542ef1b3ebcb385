import type { Json } from "./call.js";
import { type IdKind, isJson } from "./call.js";
import {
	compileExpression,
	ExpressionError,
	isEmptyValue,
	Moment,
	type Reference,
	textOfValue,
	type Value,
} from "./expression.js";
import type {
	Base,
	Cell,
	Field,
	Person,
	Place,
	Row,
	Segment,
	Table,
	Url,
} from "./model.js";
import { cellsSeen } from "./rows.js";
import { fieldNamed, type Store } from "./store.js";
import { formatted } from "./zone.js";

/** Who looks, at what. */
export interface Sight {
	readonly store: Store;
	readonly base: Base;
	readonly table: Table;
	readonly idKind: IdKind;
	/** Links to files begin with it. */
	readonly origin: string;
	/** Whether addresses of people may be shown. */
	readonly showsEmail: boolean;
	readonly nowMs: number;
}

export interface LegacyOptions {
	/** text_field_as_array. */
	readonly textAsArray: boolean;
	/** display_formula_ref. */
	readonly formulaRef: boolean;
	/** Numbers as text. */
	readonly numbersAsText: boolean;
}

/** The value of a field in an answer; `undefined` leaves it out. */
export type Encoder = (row: Row) => unknown;

export function idOf(person: Person, kind: IdKind): string {
	if (kind === "union_id") return person.unionId;
	return kind === "user_id" ? person.userId : person.openId;
}

function shownPerson(sight: Sight, openId: string): Json {
	const person = sight.store.people.get(openId);
	if (person === undefined)
		return { id: openId, name: "", en_name: "", email: "", avatar_url: "" };
	return {
		id: idOf(person, sight.idKind),
		name: person.name,
		en_name: person.enName,
		email: sight.showsEmail ? person.email : "",
		avatar_url: `https://internal-api-lark-file.example.com/avatar/${person.openId}`,
	};
}

function shownFile(sight: Sight, token: string): Json {
	const media = sight.store.media.get(token);
	const extra = encodeURIComponent(
		JSON.stringify({
			bitablePerm: { tableId: sight.table.id, rev: sight.table.revision },
		}),
	);
	const drive = `${sight.origin}/open-apis/drive/v1/medias`;
	return {
		file_token: token,
		name: media?.name ?? "",
		size: media?.bytes.length ?? 0,
		type: media?.mimeType ?? "",
		url: `${drive}/${token}/download?extra=${extra}`,
		tmp_url: `${drive}/batch_get_tmp_download_url?file_tokens=${token}&extra=${extra}`,
	};
}

function segments(cell: Cell): readonly Segment[] {
	return typeof cell === "string"
		? [{ type: "text", text: cell }]
		: (cell as readonly Segment[]);
}

export function textOfCell(cell: Cell): string {
	return typeof cell === "string"
		? cell
		: (cell as readonly Segment[]).map((each) => each.text).join("");
}

/** The number of a row with the fixed parts that the field adds. */
function serialText(
	sight: Sight,
	field: Field,
	row: Row,
	serial: number,
): string {
	const auto = field.property?.auto_serial;
	const options =
		isJson(auto) && Array.isArray(auto.options) ? (auto.options as Json[]) : [];
	if (options.length === 0) return String(serial);
	return options
		.map(({ type, value }) =>
			type === "system_number"
				? String(serial).padStart(Number(value), "0")
				: type === "created_time"
					? formatted(row.createdAtMs, String(value), sight.base.zone)
					: String(value),
		)
		.join("");
}

function optionName(field: Field, id: string): string {
	return field.optionsById.get(id)?.name ?? "";
}

function otherTable(sight: Sight, field: Field): Table | undefined {
	return sight.base.tables.get(field.linkTable ?? "");
}

/** What the index column of a row reads. */
function titleOf(sight: Sight, table: Table, rowId: string): string {
	const row = table.rows.get(rowId);
	const primary = table.fields.get(table.primaryId);
	if (row === undefined || primary === undefined) return "";
	return textOfValue(plainReader({ ...sight, table }, primary, 1)(row));
}

const MOST_DEPTH = 8;

/**
 * The plain value of a cell for formulas, the legacy filter and sorting:
 * options, people, files and links by their names.
 */
export function plainReader(
	sight: Sight,
	field: Field,
	depth = 0,
): (row: Row) => Value {
	const { store, base, nowMs } = sight;
	const cell = (row: Row) => cellsSeen(row, nowMs).get(field.id);
	const nameOf = (openId: string) => store.people.get(openId)?.name ?? "";
	const list = (read: (id: string) => string) => (row: Row) =>
		((cell(row) ?? []) as readonly string[]).map(read);
	switch (field.type) {
		case 1:
			return (row) => {
				const value = cell(row);
				return value === undefined ? null : textOfCell(value);
			};
		case 2:
			return (row) => (cell(row) as number | undefined) ?? null;
		case 3:
			return (row) => {
				const value = cell(row);
				return value === undefined ? null : optionName(field, value as string);
			};
		case 4:
			return list((id) => optionName(field, id));
		case 5:
			return (row) => {
				const value = cell(row);
				return value === undefined
					? null
					: new Moment(value as number, base.zone);
			};
		case 7:
			return (row) => cell(row) === true;
		case 11:
			return list(nameOf);
		case 13:
			return (row) => (cell(row) as string | undefined) ?? null;
		case 15:
			return (row) => (cell(row) as Url | undefined)?.text ?? null;
		case 17:
			return list((token) => store.media.get(token)?.name ?? "");
		case 18:
		case 21: {
			const other = otherTable(sight, field);
			if (other === undefined || depth > MOST_DEPTH) return () => [];
			const primary = other.fields.get(other.primaryId);
			if (primary === undefined) return () => [];
			const read = plainReader({ ...sight, table: other }, primary, depth + 1);
			return list((id) => {
				const row = other.rows.get(id);
				return row === undefined ? "" : textOfValue(read(row));
			});
		}
		case 19: {
			const [link, target, other] = lookedUp(sight, field);
			if (other === undefined || depth > MOST_DEPTH) return () => null;
			const read = plainReader({ ...sight, table: other }, target, depth + 1);
			return (row) =>
				((cellsSeen(row, nowMs).get(link.id) ?? []) as readonly string[])
					.map((id) => other.rows.get(id))
					.filter((each) => each !== undefined)
					.map(read)
					.filter((each) => !isEmptyValue(each));
		}
		case 20:
			return formulaReader(sight, field, depth);
		case 22:
			return (row) => (cell(row) as Place | undefined)?.full_address ?? null;
		case 23:
			return list((id) => store.chats.get(id)?.name ?? "");
		case 1001:
			return (row) => new Moment(row.createdAtMs, base.zone);
		case 1002:
			return (row) => new Moment(row.modifiedAtMs, base.zone);
		case 1003:
			return (row) => [nameOf(row.createdBy)];
		case 1004:
			return (row) => [nameOf(row.modifiedBy)];
		case 1005:
			return (row) => {
				const serial = cell(row);
				return serial === undefined
					? null
					: serialText(sight, field, row, serial as number);
			};
		default:
			return (row) => (cell(row) as string | undefined) ?? null;
	}
}

type Looked =
	| readonly [Field, Field, Table]
	| readonly [undefined, undefined, undefined];

function lookedUp(sight: Sight, field: Field): Looked {
	const link = sight.table.fields.get(field.lookup?.linkField ?? "");
	const other = link === undefined ? undefined : otherTable(sight, link);
	const target = other?.fields.get(field.lookup?.targetField ?? "");
	return link === undefined || other === undefined || target === undefined
		? [undefined, undefined, undefined]
		: [link, target, other];
}

/** A formula that the fake cannot compute is empty. */
function formulaReader(
	sight: Sight,
	field: Field,
	depth: number,
): (row: Row) => Value {
	const source = String(field.property?.formula_expression ?? "");
	if (source === "" || depth > MOST_DEPTH) return () => null;
	try {
		return compileExpression<Row>(source, {
			zone: sight.base.zone,
			nowMs: sight.nowMs,
			column: (reference) =>
				plainReader(sight, referred(sight.table, reference), depth + 1),
		});
	} catch (error) {
		if (error instanceof ExpressionError) return () => null;
		throw error;
	}
}

/** @throws ExpressionError */
export function referred(table: Table, reference: Reference): Field {
	const field =
		"name" in reference
			? fieldNamed(table, reference.name)
			: table.fields.get(reference.fieldId);
	if (field === undefined) throw new ExpressionError("no such column");
	return field;
}

/** The value shapes of search and batch_get. */
export function newEncoder(sight: Sight, field: Field): Encoder {
	const at = sight.nowMs;
	const cell = (row: Row) => cellsSeen(row, at).get(field.id);
	switch (field.type) {
		case 1:
			return (row) => {
				const value = cell(row);
				if (value === undefined) return undefined;
				return field.uiType === "Email"
					? segments(value).map(({ text }) => ({
							type: "url",
							text,
							link: `mailto:${text}`,
						}))
					: segments(value);
			};
		case 18:
		case 21:
			return (row) => {
				const value = cell(row);
				return value === undefined ? {} : { link_record_ids: value };
			};
		case 19: {
			const [link, target, other] = lookedUp(sight, field);
			if (other === undefined) return () => undefined;
			const read = newEncoder({ ...sight, table: other }, target);
			return (row) => {
				const values = (
					(cellsSeen(row, at).get(link.id) ?? []) as readonly string[]
				)
					.map((id) => other.rows.get(id))
					.flatMap((each) => (each === undefined ? [] : [read(each)]))
					.filter((each) => each !== undefined)
					.flat();
				return values.length === 0
					? undefined
					: { type: target.type, value: values };
			};
		}
		case 20: {
			const read = plainReader(sight, field);
			return (row) => computed(read(row));
		}
		case 1003:
			return (row) => [shownPerson(sight, row.createdBy)];
		case 1004:
			return (row) => [shownPerson(sight, row.modifiedBy)];
		default:
			return sharedEncoder(sight, field);
	}
}

/** A computed value with the number of its type; always a list. */
function computed(value: Value): Json | undefined {
	if (isEmptyValue(value)) return undefined;
	const list = Array.isArray(value) ? (value as readonly Value[]) : [value];
	const first = list[0] ?? null;
	if (first instanceof Moment)
		return { type: 5, value: list.map((each) => (each as Moment).ms) };
	if (typeof first === "number") return { type: 2, value: list };
	if (typeof first === "boolean") return { type: 7, value: list };
	return {
		type: 1,
		value: list.map((each) => ({ type: "text", text: textOfValue(each) })),
	};
}

/** The value shapes of list and get. */
export function legacyEncoder(
	sight: Sight,
	field: Field,
	options: LegacyOptions,
): Encoder {
	const at = sight.nowMs;
	const cell = (row: Row) => cellsSeen(row, at).get(field.id);
	switch (field.type) {
		case 1:
			return (row) => {
				const value = cell(row);
				if (value === undefined) return undefined;
				return options.textAsArray && field.uiType !== "Email"
					? segments(value)
					: textOfCell(value);
			};
		case 2:
			return (row) => {
				const value = cell(row);
				if (value === undefined) return undefined;
				return options.numbersAsText ? String(value) : value;
			};
		case 18:
		case 21: {
			const other = otherTable(sight, field);
			return (row) => {
				const value = cell(row) as readonly string[] | undefined;
				if (value === undefined || other === undefined) return undefined;
				const titles = value.map((id) => titleOf(sight, other, id));
				return [
					{
						record_ids: value,
						table_id: other.id,
						text: titles.join(","),
						text_arr: titles,
						type: "text",
					},
				];
			};
		}
		case 19:
		case 20: {
			const read = plainReader(sight, field);
			const exact = newEncoder(sight, field);
			return (row) => {
				const value = read(row);
				if (isEmptyValue(value)) return undefined;
				if (!options.formulaRef)
					return [{ text: textOfValue(value), type: "text" }];
				const shown = exact(row) as { value: readonly unknown[] };
				return shown.value;
			};
		}
		case 1003:
			return (row) => shownPerson(sight, row.createdBy);
		case 1004:
			return (row) => shownPerson(sight, row.modifiedBy);
		default:
			return sharedEncoder(sight, field);
	}
}

/** What both families show the same way. */
function sharedEncoder(sight: Sight, field: Field): Encoder {
	const at = sight.nowMs;
	const cell = (row: Row) => cellsSeen(row, at).get(field.id);
	const list = (read: (id: string) => unknown) => (row: Row) => {
		const value = cell(row) as readonly string[] | undefined;
		return value === undefined ? undefined : value.map(read);
	};
	switch (field.type) {
		case 3:
			return (row) => {
				const value = cell(row);
				return value === undefined
					? undefined
					: optionName(field, value as string);
			};
		case 4:
			return list((id) => optionName(field, id));
		case 11:
			return list((id) => shownPerson(sight, id));
		case 17:
			return list((token) => shownFile(sight, token));
		case 23:
			return list((id) => ({
				id,
				name: sight.store.chats.get(id)?.name ?? "",
				avatar_url: `https://internal-api-lark-file.example.com/chat/${id}`,
			}));
		case 1001:
			return (row) => row.createdAtMs;
		case 1002:
			return (row) => row.modifiedAtMs;
		case 1005:
			return (row) => {
				const serial = cell(row);
				return serial === undefined
					? undefined
					: serialText(sight, field, row, serial as number);
			};
		case 3001:
			return () => undefined;
		default:
			return cell;
	}
}

/** created_by and the like. */
export function automaticFields(sight: Sight, row: Row): Json {
	return {
		created_by: shownPerson(sight, row.createdBy),
		created_time: row.createdAtMs,
		last_modified_by: shownPerson(sight, row.modifiedBy),
		last_modified_time: row.modifiedAtMs,
	};
}
